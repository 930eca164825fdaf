"""Questions and calls that nobody means well, by hand and generated; and that the server contacts no other host."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from chat_client import User
from chat_parts import FREE, Echo, running, service
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qa.archive import Archive
from qa.chat.render import escaped, literal

ROOT = Path(__file__).resolve().parents[1]
BAD = [
    "😀👨‍👩‍👧‍👦🏳️‍🌈",
    "مرحبا بالعالم",
    "\u202eقلب\u202c谁",
    "谁\u200b\u200d\ufeff是",
    "谁\x00是\x07\x1b[31m",
    "' OR 1=1; DROP TABLE x;--",
    "<script>alert(1)</script>",
    "[a](javascript:alert(1)) ![x](http://x.example/)",
    "$$\\href{javascript:1}{x}$$",
    "{{7*7}} ${7*7} #{7*7} <%= 7*7 %>",
    "=cmd|'/C calc'!A0",
    "../../../../etc/passwd",
    "file:///etc/passwd",
    "http://169.254.169.254/latest/meta-data/",
    "%s%n%x",
    "(" * 1999,
    "*" * 2000,
    "\n" * 500 + "谁",
    "a\u0300" * 900,
    "谁？" * 1000,
    "１２３" * 600,
    "〇" * 2000,
    "2026年" * 300,
    "\ud800",
    "\U000e0001\U000e0020",
    "\u2028\u2029",
    "？？？",
    "。" * 50,
]
FILE = {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}
LINK = {"path": "http://127.0.0.1:1/", "url": "http://127.0.0.1:1/", "meta": {"_type": "gradio.FileData"}}


@pytest.mark.parametrize("question", BAD, ids=range(len(BAD)))
def test_odd_questions_get_a_reply(archive: Archive, question: str) -> None:
    reply = archive.reply(question)
    assert reply.question == question and (reply.answered or reply.reason)


def test_a_question_of_100_000_characters_is_too_long(archive: Archive) -> None:
    assert archive.reply("谁" * 100_000).reason == "too_long"


# Letters of several scripts, marks that do not show, digits in all widths, and what people type between them.
ODD = st.text(
    st.one_of(
        st.sampled_from(
            "谁什么多少哪里年月日公交数据贷款会议 ?？,，。、“”《》()（）〇零一二三亿万元0123456789０１２abcABC"
        ),
        st.characters(exclude_categories=()),
    ),
    max_size=60,
)


@settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
@given(question=ODD)
def test_a_thousand_generated_questions_get_a_reply(archive: Archive, question: str) -> None:
    reply = archive.reply(question, k=3)
    assert reply.answered == (reply.reason == "")
    for one in (reply.quote, reply.answer):
        assert one is None or reply.hits[one.hit].passage.text[one.start : one.end] == one.text


@settings(max_examples=500, deadline=None, database=None)
@given(text=st.text(st.sampled_from("<>&\"'`*_[]()!#$\\{}=:/ a中\n\t\x00\u2028\u202e")))
def test_no_mark_of_html_or_markdown_survives_escaping(text: str) -> None:
    for made in (escaped(text), literal(text)):
        assert not re.search(r"[<>\"']", made.replace("<br>", ""))
    assert not re.search(r"[*_\[\]()!$\\{}=:/`]", literal(text).replace("<br>", ""))


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with running(service(Echo(), FREE)) as address:
        yield address


def test_a_hundred_odd_questions_over_http(address: str) -> None:
    questions = [*BAD, *(f"{bad}{n}{BAD[n % len(BAD)]}" for n, bad in enumerate(BAD * 3)), "谁" * 100_000][:101]

    async def run() -> None:
        user = User.of(address)
        await user.open()
        for question in questions:
            said = await user.ask(question)
            assert said.done, question[:40]
            assert "<script" not in said.text and "<img" not in said.text
        await user.close()

    asyncio.run(run())


@pytest.mark.parametrize("value", [None, 7, 1e308, True, [], ["a"], {}, FILE, LINK, {"__type__": "update"}])
def test_values_that_are_no_text_open_no_file(address: str, value: object) -> None:
    async def run() -> None:
        user = User.of(address)
        await user.open()
        got = await user.call("submit", [value])
        assert "root:" not in got.text and "Traceback" not in got.text
        assert (got.status_code == 400) == isinstance(value, dict | list)
        assert (await user.ask("问")).done
        await user.close()

    asyncio.run(run())


# What stands open, as its own document: Gradio's lists addresses that are closed here.
_CALL = {
    "type": "object",
    "required": ["data", "fn_index", "session_hash"],
    "properties": {
        "data": {"type": "array", "maxItems": 9, "items": {}},
        "fn_index": {"type": "integer", "minimum": -2, "maximum": 40},
        "session_hash": {"type": "string", "pattern": "^[a-z0-9]{6,12}$"},
        "event_data": {},
        "trigger_id": {"type": "integer", "nullable": True},
        "event_id": {"type": "string"},
    },
}
CALLS = ("queue/join", "run/predict", "cancel", "reset")
_TEXT = {"type": "string"}


def _operation(body: dict[str, Any] | None = None, *parameters: tuple[str, str]) -> dict[str, Any]:
    operation: dict[str, Any] = {"responses": {"default": {"description": "any"}}}
    if body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    operation["parameters"] = [{"name": n, "in": where, "required": True, "schema": _TEXT} for n, where in parameters]
    return operation


SCHEMA = schemathesis.openapi.from_dict(
    {
        "openapi": "3.0.2",
        "info": {"title": "chat", "version": "1"},
        "paths": {
            **{f"/gradio_api/{name}": {"post": _operation(_CALL)} for name in CALLS},
            "/article/{id}": {"get": _operation(None, ("id", "path"))},
            "/assets/{name}": {"get": _operation(None, ("name", "path"))},
            "/": {"get": _operation(None, ("deep_link", "query"), ("__theme", "query"), ("accept-language", "header"))},
            "/health": {"get": _operation()},
            "/metrics": {"get": _operation()},
        },
    }
)  # fmt: skip


@SCHEMA.parametrize()
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), database=None)
def test_generated_calls_are_answered_without_a_traceback(case: schemathesis.Case, address: str) -> None:
    got = case.call(base_url=address, timeout=30)
    assert "Traceback" not in got.text and "site-packages" not in got.text and "root:" not in got.text
    if case.path in ("/health", "/metrics", "/article/{id}", "/"):
        assert got.status_code < 500
    assert httpx.get(address + "/health", trust_env=False).text == "ok"


REFUSE = """
import ipaddress, sys
seen = open(sys.argv[1], "a", encoding="utf-8")
def local(host):
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in ("localhost", "", None)
def refuse(event, arguments):
    host = None
    if event in ("socket.connect", "socket.sendto") and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0]
    else:
        return
    host = host.decode() if isinstance(host, bytes) else host
    if not local(host):
        print(event, host, file=seen, flush=True)
        raise OSError("refused")
sys.addaudithook(refuse)
from qa.cli import main
sys.exit(main(["chat", *sys.argv[2:]]))
"""


def test_the_server_contacts_no_other_host(cache: Path, tmp_path: Path) -> None:
    """From its start, through a page load, an answer and attempts to make it fetch something, to its end."""
    seen = tmp_path / "hosts.txt"
    command = [sys.executable, "-c", REFUSE, str(seen), "--port", "0"]
    environment = {**os.environ, "BAOWEN_CACHE": str(cache), "BAOWEN_LOG": str(tmp_path / "chat.log")}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found is not None

        async def run(address: str) -> None:
            user = User.of(address)
            await user.open()
            assert (await user.ask("招大引强会议谁主持？http://x.example/a.png")).done
            outside = {"path": "http://x.example/a", "url": "http://x.example/a", "meta": {"_type": "gradio.FileData"}}
            await user.call("submit", [outside])
            for path in ("file=http://x.example/", "proxy=http://x.example/", "vibe-starter-queries"):
                assert (await user.client.get(f"/gradio_api/{path}")).status_code == 404
            await user.close()

        asyncio.run(run(found.group()))
    finally:
        process.terminate()
        assert process.wait(timeout=30) == 0
        process.communicate()
    assert seen.read_text("utf-8") == ""
    rows = [json.loads(line) for line in (tmp_path / "chat.log").read_text("utf-8").splitlines()]
    assert any(row["event"] == "question" for row in rows)
