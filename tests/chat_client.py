"""A chat user as a program: opens the page, joins the queue, reads the stream, as Gradio's own page does."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import httpx

TIMEOUT = httpx.Timeout(180.0)


@dataclass
class Said:
    """What came of one question: `text` is all that the stream brought, `done` whether it came to its end."""

    text: str
    done: bool
    status: int = 200

    def has(self, words: str) -> bool:
        """Whether the words were said; they may stand there as JSON writes them, and with their marks as entities."""
        return words in self.text or json.dumps(words)[1:-1] in self.text


@dataclass
class User:
    """One browser with one window."""

    client: httpx.AsyncClient
    key: str = field(default_factory=lambda: secrets.token_hex(5))
    functions: dict[str, int] = field(default_factory=dict)
    listening: bool = False

    @classmethod
    def of(cls, address: str, language: str = "zh-CN") -> User:
        headers = {"accept-language": language}
        # The server closes what is idle for 5 seconds; a request sent at that very moment would be lost, and unlike a
        # browser httpx does not send it again.
        limits = httpx.Limits(max_connections=8, keepalive_expiry=2.0)
        return cls(
            httpx.AsyncClient(base_url=address, headers=headers, timeout=TIMEOUT, limits=limits, trust_env=False)
        )

    async def open(self) -> None:
        """Load the page (which sets the cookie) and learn which number each handler has."""
        (await self.client.get("/")).raise_for_status()
        config = (await self.client.get("/config")).raise_for_status().json()
        self.functions = functions(config)

    async def ask(self, question: Any) -> Said:
        """Ask, and read the stream of the answer to its end."""
        begun = await self.call("submit", [question])
        if begun.status_code != 200:
            return Said(begun.text, False, begun.status_code)
        body = {"data": [], "fn_index": self.functions["answer"], "session_hash": self.key, "trigger_id": None}
        joined = await self.client.post("/gradio_api/queue/join", json=body)
        if joined.status_code != 200:
            return Said(joined.text, False, joined.status_code)
        event, lines = joined.json()["event_id"], [json.dumps(begun.json(), ensure_ascii=False)]
        async with self.client.stream("GET", "/gradio_api/queue/data", params={"session_hash": self.key}) as stream:
            self.listening = True
            async for line in stream.aiter_lines():
                if not line.startswith("data: "):
                    continue
                message = json.loads(line.removeprefix("data: "))
                lines.append(json.dumps(message, ensure_ascii=False))
                if message["msg"] == "process_completed" and message.get("event_id") == event:
                    return Said("\n".join(lines), bool(message["success"]), stream.status_code)
        return Said("\n".join(lines), False, stream.status_code)

    async def call(self, name: str, data: list[Any]) -> httpx.Response:
        """Run a handler that answers at once."""
        body = {"data": data, "fn_index": self.functions[name], "session_hash": self.key, "trigger_id": None}
        # ASCII with escapes, in which half a character can stand as well.
        headers = {"content-type": "application/json"}
        return await self.client.post("/gradio_api/run/predict", content=json.dumps(body), headers=headers)

    async def close(self) -> None:
        await self.client.aclose()


def functions(config: dict[str, Any]) -> dict[str, int]:
    """The number of each handler, by the name of what sets it off; `answer` is what follows on `submit`."""
    found = {target[1]: one["id"] for one in config["dependencies"] for target in one["targets"]}
    after = [one["id"] for one in config["dependencies"] if one["trigger_after"] == found["submit"] and one["queue"]]
    return {**found, "answer": after[0]}
