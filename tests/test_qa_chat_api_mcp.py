"""The named calls as tools, as a program that speaks MCP finds and uses them."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from chat_parts import Echo, running, service
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, TextContent

from corpus.errors import InputError
from qa.archive import Archive
from qa.chat import api, users
from qa.chat.examples import examples
from qa.chat.labels import say
from qa.chat.options import Options
from qa.chat.server import build

OPEN = Options(rate=0, mcp=True)


@asynccontextmanager
async def session(address: str, **headers: str) -> AsyncIterator[ClientSession]:
    """The real client, after its greeting."""
    async with (
        httpx.AsyncClient(headers=headers, trust_env=False, timeout=60) as client,
        streamable_http_client(f"{address}/gradio_api/mcp/", http_client=client) as (read, write, _),
        ClientSession(read, write) as made,
    ):
        await made.initialize()
        yield made


def said(result: CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


@pytest.fixture(scope="module")
def address(archive: Archive) -> Iterator[str]:
    with running(service(archive, OPEN)) as address:
        yield address


def test_the_tools_are_the_calls_with_their_descriptions(address: str) -> None:
    async def run() -> list[Any]:
        async with session(address) as program:
            return (await program.list_tools()).tools

    tools = {tool.name: tool for tool in asyncio.run(run())}
    assert set(tools) == {"ask", "search", "article"}
    ask = tools["ask"]
    assert "printed words" in ask.description and "Returns: answered" in ask.description
    assert ask.inputSchema["required"] == ["question"]
    assert ask.inputSchema["properties"]["k"] == {
        "type": "integer",
        "description": "how many passages to give, from 1 to 50",
        "default": 5,
    }
    assert all(value["description"] for tool in tools.values() for value in tool.inputSchema["properties"].values())


def test_a_tool_gives_json(address: str, archive: Archive) -> None:
    question = examples(archive)[0]

    async def run() -> list[Any]:
        async with session(address) as program:
            asked = json.loads(said(await program.call_tool("ask", {"question": question})))
            found = json.loads(said(await program.call_tool("search", {"question": question, "k": 2})))
            article = json.loads(said(await program.call_tool("article", {"id": found[0]["article"]})))
            return [asked, found, article]

    asked, found, article = asyncio.run(run())
    reply = archive.ask(question, 5)
    assert reply.answer is not None
    assert asked["answer"]["text"] == reply.answer.text and asked["citation"] == reply.citation
    assert [one["id"] for one in found] == [hit.passage.id for hit in archive.retrieve(question, 2)]
    assert found[0]["text"] in [one["text"] for one in article["passages"]]


def test_what_goes_wrong_is_told_to_the_program(address: str) -> None:
    async def run() -> list[CallToolResult]:
        async with session(address, **{"accept-language": "zh-CN"}) as program:
            calls: list[tuple[str, dict[str, Any]]] = [
                ("article", {"id": "none"}),
                ("ask", {"question": "谁", "k": 99}),
                ("ask", {"question": {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}}),
                ("ask", {}),
            ]
            return [await program.call_tool(name, values) for name, values in calls]

    results = asyncio.run(run())
    assert all(result.isError for result in results)
    texts = [said(result) for result in results]
    assert texts[0] == say("zh", "no_article") and "from 1 to 50" in texts[1]
    assert not any("root:" in text or "Traceback" in text or "site-packages" in text for text in texts)


def test_only_the_one_address_is_open(address: str) -> None:
    for path in ("", "sse", "messages/", "schema", "http", "http/"):
        got = httpx.get(f"{address}/gradio_api/mcp/{path}", trust_env=False)
        assert got.status_code == (405 if path == "" else 404)
    for path in ("messages/", "http/"):
        assert httpx.post(f"{address}/gradio_api/mcp/{path}", json={}, trust_env=False).status_code == 404
    foreign = {"origin": "http://evil.example"}
    assert httpx.post(f"{address}/gradio_api/mcp/", json={}, headers=foreign, trust_env=False).status_code == 403


def test_tools_are_behind_the_login(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(users, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        users.set_password(tmp_path / "users.txt", "anna", "a long password")
        with running(service(Echo(), Options(rate=0, mcp=True, users=tmp_path / "users.txt"))) as address:
            for body in ({"method": "initialize"}, {"method": "tools/list"}):
                row = {"jsonrpc": "2.0", "id": 1, "params": {}, **body}
                assert httpx.post(f"{address}/gradio_api/mcp/", json=row, trust_env=False).status_code == 401

            async def run() -> CallToolResult:
                secret = base64.b64encode(b"anna:a long password").decode()
                async with session(address, authorization=f"Basic {secret}") as program:
                    return await program.call_tool("article", {"id": "x"})

            assert said(asyncio.run(run())) == say("en", "no_article")


def test_the_server_stops_after_a_tool_was_used() -> None:
    """`running` fails where the server's thread does not end."""
    with running(service(Echo(), OPEN)) as address:

        async def run() -> None:
            async with session(address) as program:
                await program.call_tool("article", {"id": "x"})

        asyncio.run(run())


def test_without_the_package_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'baowen\[mcp\]'"):
        build(service(options=OPEN))
