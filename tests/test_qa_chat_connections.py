"""Connections over HTTP: too many from one address, clients that do not read, and what frees a place."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import select
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import gradio
import httpx
import pytest
from chat_client import User
from chat_parts import running, service, until

from qa.chat.connection import Patient, origin
from qa.chat.options import Options

FEW = Options(rate=0, address_connections=4)
HEALTH = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"


def largest_asset() -> tuple[str, int]:
    """Path and size of the largest file that anybody may fetch."""
    folder = Path(gradio.__file__).parent / "templates" / "frontend" / "assets"
    largest = max(folder.iterdir(), key=lambda path: path.stat().st_size)
    return f"/assets/{largest.name}", largest.stat().st_size


def connect(address: str, buffer: int = 0) -> socket.socket:
    host, port = address.removeprefix("http://").split(":")
    sock = socket.socket()
    if buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    sock.settimeout(20)
    sock.connect((host, int(port)))
    return sock


def is_served(sock: socket.socket) -> bool:
    """Whether a request on a connection is answered, which stays open."""
    sock.sendall(HEALTH)
    got = b""
    while not got.endswith(b"\r\n\r\nok"):
        part = sock.recv(65536)
        if not part:
            return False
        got += part
    return got.startswith(b"HTTP/1.1 200")


def received(sock: socket.socket) -> bytes:
    """All that comes until the connection ends."""
    with contextlib.suppress(ConnectionResetError):
        return b"".join(iter(lambda: sock.recv(65536), b""))
    return b""


def is_cut(sock: socket.socket) -> bool:
    """Whether the other side has ended the connection, whatever of its answer was not read yet."""
    poll = select.poll()
    poll.register(sock, select.POLLHUP | select.POLLERR | select.POLLRDHUP)
    return bool(poll.poll(0))


@contextlib.contextmanager
def opened(address: str, number: int) -> Iterator[list[socket.socket]]:
    """So many connections that have been served once, and are kept open."""
    socks = [connect(address) for _ in range(number)]
    try:
        for sock in socks:
            assert is_served(sock)
        yield socks
    finally:
        for sock in socks:
            sock.close()


def test_one_address_has_so_many_connections_and_the_next_is_told_so() -> None:
    made = service(options=FEW)
    with running(made) as address:
        with opened(address, 4) as socks:
            with connect(address) as more:
                more.sendall(HEALTH)
                said = received(more).decode()
            assert said.startswith("HTTP/1.1 429") and "retry-after: 5" in said
            assert "close some windows and try again" in said and "请关掉几个窗口" in said
            assert is_served(socks[0])  # who is there goes on
            assert b'baowen_refused_total{why="connections"} 1.0' in made.meters.page()
            socks[1].close()
            until(lambda: httpx.get(address + "/health", trust_env=False).status_code == 200)
        assert httpx.get(address + "/ready", trust_env=False).text == "ready"


def test_far_too_many_are_cut_off_without_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.chat.connection.HEADER_SECONDS", 60.0)
    with running(service(options=FEW)) as address:
        silent = [connect(address) for _ in range(20)]
        until(lambda: sum(map(is_cut, silent)) == 12)
        assert not any(map(is_cut, silent[:4]))
        for sock in silent:
            sock.close()
        until(lambda: httpx.get(address + "/health", trust_env=False).status_code == 200)


def test_behind_a_proxy_all_connections_are_its_own() -> None:
    with (
        running(service(options=dataclasses.replace(FEW, proxy="127.0.0.1"))) as address,
        opened(address, 9),
    ):
        assert httpx.get(address + "/health", trust_env=False).text == "ok"


def test_two_hundred_users_behind_one_address_are_not_too_many() -> None:
    """As many connections as 200 windows keep: a sign of life and a stream each, and some more."""
    with running(service(options=Options(rate=0))) as address, opened(address, 600):
        began = time.monotonic()
        assert httpx.get(address + "/health", trust_env=False).text == "ok"
        assert time.monotonic() - began < 10


@pytest.mark.parametrize("trickle", [0, 200])
def test_a_client_that_does_not_read_is_cut_off(trickle: int) -> None:
    """Not at all, or a few bytes now and then: the answer waits in the server, and would for ever."""
    path, size = largest_asset()
    made = service(options=Options(rate=0, reader_seconds=2))
    with running(made) as address, connect(address, 4096) as sock:
        # Far more than the system holds for a client.
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() * (2 + 30_000_000 // size))
        began = time.monotonic()
        while not is_cut(sock):
            assert time.monotonic() - began < 30
            if trickle:
                with contextlib.suppress(ConnectionResetError):
                    sock.recv(trickle)
            time.sleep(0.1)
        assert time.monotonic() - began > 1.5
        assert b'baowen_refused_total{why="reader"} 1.0' in made.meters.page()
        assert httpx.get(address + "/health", trust_env=False).text == "ok"


def test_an_end_that_is_not_read_is_cut_off_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer is complete, but less of it than makes the server pause has not gone out: it would wait for ever."""
    path, _ = largest_asset()
    made = service(options=Options(rate=0, reader_seconds=1))
    paused: list[bool] = []
    monkeypatch.setattr(Patient, "pause_writing", lambda self: paused.append(True))
    with running(made) as address, connect(address, 4096) as sock:
        request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n"
        sock.sendall(f"{request}\r\n{request}\r\n{request}Connection: close\r\n\r\n".encode())
        until(lambda: is_cut(sock))
        assert paused  # which nobody heeded: all of the answers were ready at once
        assert b'baowen_refused_total{why="reader"} 1.0' in made.meters.page()


def test_a_slow_but_steady_reader_gets_everything() -> None:
    path, size = largest_asset()
    made = service(options=Options(rate=0, reader_seconds=3))
    got, began = 0, time.monotonic()
    with running(made) as address, connect(address, 65536) as sock:
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        while part := sock.recv(131072):
            got += len(part)
            time.sleep(0.13)
    assert got > size and time.monotonic() - began > 3  # it took longer than a pause may
    assert b'why="reader"' not in made.meters.page()


def test_a_window_that_is_closed_frees_its_connections() -> None:
    async def visit(address: str) -> None:
        user = User.of(address)
        await user.open()
        assert (await user.ask("问")).done
        await user.close()

    with running(service(options=dataclasses.replace(FEW, address_connections=8))) as address:
        for _ in range(6):  # each has several
            asyncio.run(visit(address))


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::1", "::"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
        ("2001:db8:1:2::9", "2001:db8:1:2::"),
        ("2001:db8:1:3::9", "2001:db8:1:3::"),
        ("fe80::1%eth0", "fe80::"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", ""),
        ("a socket's file", "a socket's file"),
    ],
)
def test_what_counts_as_one_address(address: str, counted: str) -> None:
    assert origin(address) == counted
