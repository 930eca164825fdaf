"""The chat's server over HTTP: health, sessions, limits, slow and vanishing clients, attacks by address and body."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import httpx
import pytest
from chat_client import User
from chat_parts import Echo, running, service, until

from qa.chat.labels import say
from qa.chat.opening import Opening
from qa.chat.options import Options
from qa.chat.service import Service

SMALL = Options(rate=0, at_once=1, waiting=2, body=64)


@pytest.fixture(scope="module")
def echo() -> Iterator[tuple[str, Service]]:
    made = service(options=Options(rate=0, body=64))
    with running(made) as address:
        yield address, made


def get(address: str, path: str, **headers: str) -> httpx.Response:
    return httpx.get(address + path, headers=headers, trust_env=False, timeout=60)


def post(address: str, path: str, **sent: object) -> httpx.Response:
    return httpx.post(address + path, trust_env=False, timeout=60, **sent)  # type: ignore[arg-type]


async def listening(user: User) -> None:
    """Come back when a user's stream is open, so that the question is at the desk."""
    while not user.listening:
        await asyncio.sleep(0.02)


def test_health_readiness_and_counters(echo: tuple[str, Service]) -> None:
    address, _ = echo
    assert [get(address, path).text for path in ("/health", "/healthz", "/ready")] == ["ok", "ok", "ready"]
    counted = get(address, "/metrics")
    assert counted.headers["content-type"].startswith("text/plain") and "baowen_ready 1.0" in counted.text


def test_before_the_archive_is_open_the_page_is_there_and_a_question_waits() -> None:
    gate = threading.Event()

    def opened() -> Echo:
        gate.wait(30)
        return Echo()

    async def run(address: str) -> None:
        user = User.of(address)
        await user.open()
        asked = asyncio.create_task(user.ask("问"))
        await asyncio.sleep(0.3)
        assert not asked.done()
        gate.set()
        said = await asked
        assert said.done and said.has(say("zh", "preparing")) and said.has(say("zh", "off_topic"))
        await user.close()

    with running(Service(Opening(opened), SMALL)) as address:
        assert get(address, "/health").status_code == 200
        assert get(address, "/ready").status_code == 503
        article = get(address, "/article/a", **{"accept-language": "en"})
        assert article.status_code == 503 and say("en", "preparing_page") in article.text
        asyncio.run(run(address))
        assert get(address, "/ready").status_code == 200


def test_a_user_is_answered_and_the_busy_ones_are_told_so() -> None:
    archive = Echo()

    async def run(address: str) -> None:
        users = [User.of(address) for _ in range(5)]
        for user in users:
            await user.open()
        asked = []
        for user in users:
            asked.append(asyncio.create_task(user.ask("慢")))
            await listening(user)
        said = await asyncio.gather(*asked[3:])
        assert all(one.done and one.has(say("zh", "busy")) for one in said)
        archive.go.set()
        said = await asyncio.gather(*asked[:3])
        assert all(one.done and one.has(say("zh", "off_topic")) for one in said)
        for user in users:
            await user.close()

    with running(service(archive, SMALL)) as address:
        asyncio.run(run(address))


def test_a_closed_tab_loses_its_place_in_line() -> None:
    archive = Echo()
    made = service(archive, SMALL)

    async def run(address: str) -> None:
        users = [User.of(address) for _ in range(3)]
        asked = []
        for user, question in zip(users, ("慢一", "慢二", "快"), strict=True):
            await user.open()
            asked.append(asyncio.create_task(user.ask(question)))
            await listening(user)
        assert made.desk.in_line == 2
        asked[1].cancel()
        await users[1].close()
        for _ in range(100):
            await asyncio.sleep(0.1)
            if made.desk.in_line == 1:
                break
        assert made.desk.in_line == 1
        archive.go.set()
        assert (await asked[0]).done and (await asked[2]).done
        await users[0].close()
        await users[2].close()

    with running(made) as address:
        asyncio.run(run(address))
    assert archive.asked == ["慢一", "快"]


def test_a_window_cannot_be_used_by_another_browser(echo: tuple[str, Service]) -> None:
    address, _ = echo

    async def run() -> None:
        mine, other, program = User.of(address), User.of(address), User.of(address)
        await mine.open()
        await other.open()
        program.functions = mine.functions
        assert (await mine.ask("秘密的问题")).done
        for stranger in (other, program):
            stranger.key = mine.key
            said = await stranger.ask("问")
            assert said.status == 403 and not said.has("秘密的问题")
            for path in (f"/gradio_api/queue/data?session_hash={mine.key}", f"/gradio_api/heartbeat/{mine.key}"):
                assert (await stranger.client.get(path)).status_code == 403
            for path in ("cancel", "reset", "run/predict"):
                body = {"session_hash": mine.key, "fn_index": 0, "event_id": "x", "data": []}
                assert (await stranger.client.post(f"/gradio_api/{path}", json=body)).status_code == 403
        for user in (mine, other, program):
            await user.close()

    asyncio.run(run())


def test_the_cookie_is_out_of_scripts_reach(echo: tuple[str, Service]) -> None:
    first, second = get(echo[0], "/"), get(echo[0], "/")
    cookie = first.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and cookie != second.headers["set-cookie"]
    assert len(first.cookies["baowen_visitor"]) == 43
    assert "set-cookie" not in get(echo[0], "/", cookie=f"baowen_visitor={first.cookies['baowen_visitor']}").headers
    assert "set-cookie" in get(echo[0], "/", cookie="baowen_visitor=guess").headers


@pytest.mark.parametrize("key", ["", "short", "x" * 65, "../../etc", "a b c d e f", "键键键键键键", 7, None, ["x"], {}])
def test_a_key_that_is_none_is_refused(echo: tuple[str, Service], key: object) -> None:
    body = {"session_hash": key, "fn_index": 0, "data": ["问"]}
    got = post(echo[0], "/gradio_api/queue/join", json=body)
    assert got.status_code == 400 and "Traceback" not in got.text


CLOSED_GET = [
    "/docs", "/redoc", "/openapi.json", "/monitoring", "/monitoring/summary", "/user", "/token", "/logout",
    "/gradio_api/file=/etc/passwd", "/gradio_api/file=../../etc/passwd", "/gradio_api/file=%2e%2e/%2e%2e/etc/passwd",
    "/gradio_api/file=http://169.254.169.254/", "/gradio_api/file/etc/passwd", "/file=/etc/passwd",
    "/gradio_api/proxy=http://127.0.0.1/", "/proxy=http://127.0.0.1/", "/gradio_api/upload_progress?upload_id=x",
    "/gradio_api/deep_link?session_hash=windowx", "/gradio_api/runs", "/gradio_api/vibe-code",
    "/gradio_api/login_check", "/gradio_api/dev/reload",
    "/gradio_api/custom_component/x/client/component/../../../etc/passwd",
    "/gradio_api/stream/windowx/1/2/playlist.m3u8", "/gradio_api/call/ask/event", "/gradio_api/queue/status",
    "/assets/../../../../etc/passwd", "/assets/..%2f..%2f..%2fetc/passwd", "/assets/%2e%2e/%2e%2e/etc/passwd",
    "/static/..%5c..%5cwindows", "/svelte/....//....//etc/passwd", "/assets//etc/passwd", "/assets/%00",
    "/static/%0d%0ax",
    "/article/../config", "/article/%2e%2e%2fconfig", "/pwa_icon", "/%2e%2e/etc/passwd", "/..;/etc/passwd",
]  # fmt: skip


def _raw(address: str, request: bytes) -> bytes:
    """The answer to bytes sent as they are: a client library would tidy the path up first."""
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as sock:
        sock.sendall(request)
        parts = []
        while part := sock.recv(65536):
            parts.append(part)
        return b"".join(parts)


@pytest.mark.parametrize("path", CLOSED_GET)
def test_addresses_that_the_window_does_not_need_are_closed(echo: tuple[str, Service], path: str) -> None:
    got = _raw(echo[0], f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
    assert got.split(b" ")[1] in (b"404", b"405"), got[:200]
    assert b"root:" not in got and b"Traceback" not in got


@pytest.mark.parametrize(
    "path",
    "upload call/ask call/v2/ask run/ask api/predict process_recording vibe-edit component_server stream/x "
    "stream/x/close run-history/connect custom_component startup-events profiling/clear mcp/ mcp/messages".split(),
)
def test_calls_that_the_window_does_not_need_are_closed(echo: tuple[str, Service], path: str) -> None:
    for sent in ({"json": {"data": []}}, {"files": {"files": ("../../x.html", b"<script>", "text/html")}}):
        got = post(echo[0], f"/gradio_api/{path}", **sent)
        assert got.status_code in (404, 405) and list(got.json()) == ["detail"]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "QUERY"])
def test_other_methods_are_refused(echo: tuple[str, Service], method: str) -> None:
    for path in ("/", "/config", "/gradio_api/queue/join"):
        assert httpx.request(method, echo[0] + path, trust_env=False).status_code == 405


def test_a_body_that_is_too_large_is_refused_whether_it_says_so_or_not(echo: tuple[str, Service]) -> None:
    path = "/gradio_api/queue/join"

    def pieces() -> Iterator[bytes]:
        for _ in range(100):
            yield b"x" * 1024

    for content in (b"x" * 70_000, pieces()):
        got = post(echo[0], path, content=content, headers={"accept-language": "en"})
        assert got.status_code == 413 and got.json()["detail"] == "The request is too large: at most 64 KB."
    lying = _raw(echo[0], f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n".encode())
    assert lying.split(b" ")[1] == b"413"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 30_000, b'{"a":' * 9_000, b'"x"', b"1e999"]
)
def test_bodies_that_are_no_object_are_refused(echo: tuple[str, Service], body: bytes) -> None:
    for name in ("queue/join", "run/predict", "cancel", "reset"):
        got = post(echo[0], f"/gradio_api/{name}", content=body, headers={"content-type": "application/json"})
        assert got.status_code == 400 and "Traceback" not in got.text


def test_a_page_of_another_site_may_not_ask(echo: tuple[str, Service]) -> None:
    address = echo[0]
    body = {"data": ["问"], "fn_index": 0, "session_hash": "windowz"}
    for headers in (
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
        {"origin": "http://["},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"},
    ):
        assert post(address, "/gradio_api/queue/join", json=body, headers=headers).status_code == 403
        got = get(address, "/config", **headers)
        assert got.status_code == 403 and "access-control-allow-origin" not in got.headers
    assert get(address, "/config", origin=address).status_code == 200
    assert get(address, "/", **{"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "[::1", "localhost.evil.example:7860"])
def test_other_names_are_refused(echo: tuple[str, Service], host: str) -> None:
    assert get(echo[0], "/", host=host).status_code == 421


@pytest.mark.parametrize("query", ["page=x", "deep_link=../x", "view=<b>", "page=%00", "a=" * 2000])
def test_the_page_is_the_same_whatever_its_address_says(echo: tuple[str, Service], query: str) -> None:
    plain, asked = get(echo[0], "/"), get(echo[0], "/?" + query)
    assert asked.status_code == 200 and asked.text == plain.text


def test_every_answer_has_the_security_headers(echo: tuple[str, Service]) -> None:
    for path in ("/", "/health", "/config", "/article/none", "/nowhere", "/gradio_api/file=/etc/passwd"):
        headers = get(echo[0], path).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff" and headers["cache-control"] == "no-store"
        assert headers["cross-origin-opener-policy"] == "same-origin" and "camera=()" in headers["permissions-policy"]
        assert "server" not in headers
    assert "script-src" not in get(echo[0], "/article/none").headers["content-security-policy"]


def test_a_slow_client_is_cut_off_and_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Heads and bodies that never end, on many connections, while someone else asks."""
    monkeypatch.setattr("qa.chat.connection.HEADER_SECONDS", 1.0)
    monkeypatch.setattr("qa.chat.doors.BODY_SECONDS", 1.0)
    head = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-"
    body = b"POST /gradio_api/queue/join HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n\r\n{"
    silent = b""

    async def run(address: str) -> None:
        user = User.of(address)
        await user.open()
        assert (await user.ask("问")).done
        await user.close()

    with running(service(options=SMALL)) as address:
        host, port = address.removeprefix("http://").split(":")
        slow = [socket.create_connection((host, int(port)), timeout=20) for _ in range(60)]
        for sock, sent in zip(slow, [head, body, silent] * 20, strict=True):
            sock.sendall(sent)
        asyncio.run(run(address))
        for number, sock in enumerate(slow):
            try:
                got = b"".join(iter(lambda sock=sock: sock.recv(65536), b""))  # type: ignore[misc]
            except ConnectionResetError:
                got = b""
            assert got.split(b" ")[1:2] == ([b"408"] if number % 3 == 1 else [])
            sock.close()


def test_a_second_request_on_a_connection_may_not_dawdle_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.chat.connection.HEADER_SECONDS", 1.0)
    with running(service(options=SMALL)) as address:
        host, port = address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=20) as sock:
            sock.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert sock.recv(65536).startswith(b"HTTP/1.1 200")
            sock.sendall(b"GET /health HTTP/1.1\r\nHo")
            began = time.monotonic()
            try:
                rest = b"".join(iter(lambda: sock.recv(65536), b""))
            except ConnectionResetError:
                rest = b""
            assert b"HTTP" not in rest and time.monotonic() - began < 10


def test_a_stopping_server_tells_those_who_wait() -> None:
    archive = Echo()
    made = service(archive, SMALL)
    said: list[bool] = []
    users: list[User] = []

    async def ask(address: str, question: str) -> None:
        user = User.of(address)
        users.append(user)
        await user.open()
        said.append((await user.ask(question)).has(say("zh", "closing")))
        await user.close()

    with running(made) as address:
        threads = [
            threading.Thread(target=lambda question=question: asyncio.run(ask(address, question)))  # type: ignore[misc]
            for question in ("慢一", "慢二")
        ]
        for thread in threads:
            thread.start()
        until(lambda: made.desk.in_line == 1 and all(user.listening for user in users))
        began = time.monotonic()
    for thread in threads:
        thread.join(10)
    assert time.monotonic() - began < 8
    assert said == [True, True]
    archive.go.set()


def test_when_python_ends_it_does_not_look_through_all_that_was_loaded() -> None:
    """Which took longer than all else in stopping."""
    code = """if True:
        import atexit, gc
        atexit.register(lambda: print(gc.get_freeze_count() > 1000))  # what is registered first is called last
        from corpus.errors import InputError
        from qa.chat.server import serve
        def no_pages():
            raise InputError("no pages")
        try:
            serve(no_pages, port=0)
        except InputError as error:
            print(error)
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.split("\n")[:2] == ["no pages", "True"]


def test_calls_with_wrong_values_get_no_traceback(echo: tuple[str, Service]) -> None:
    """Bodies of the right form with wrong content: refused or answered in the stream, and the server goes on."""
    address, _ = echo
    functions = json.loads(get(address, "/config").text)["dependencies"]
    wrong: list[object] = [None, 0, "x", [], [None], [{"path": "/etc/passwd"}], ["a", "b", "c"], {"a": 1}, [[["x"]]]]
    for one in functions:
        for data in wrong:
            for name in ("run/predict", "queue/join"):
                body = {"data": data, "fn_index": one["id"], "session_hash": "windowq", "event_data": data}
                got = post(address, f"/gradio_api/{name}", json=body)
                assert "Traceback" not in got.text and "site-packages" not in got.text
    for number in (-1, 99, "x", None, 2**70):
        body = {"data": [], "fn_index": number, "session_hash": "windowq"}
        assert post(address, "/gradio_api/queue/join", json=body).status_code in (400, 404, 422, 500)
    assert get(address, "/health").text == "ok"
