"""Which browser a request comes from, and that it keeps to its own windows.

Gradio knows a window by a short key that its page makes up, and hands a window's answers to whoever says its key. Here
a key belongs to the browser that first used it, which a cookie that cannot be guessed stands for. Callers without a
cookie (programs) are apart from all browsers; each is as safe as its key is hard to guess.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs

from fastapi.responses import JSONResponse
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.chat.labels import language, say

COOKIE: Final = "baowen_visitor"
_COOKIE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
KEY: Final = re.compile(r"[A-Za-z0-9_-]{6,64}")
"""A window's key: what Gradio's page makes (10 or 11 characters), or a program's UUID."""

_KEYS: Final = 10_000
_AWAY_SECONDS: Final = 2.0
"""How long a window may be without its stream before its questions are taken out of the line: one that only opens a
new stream is not gone."""
_STREAM: Final = "/gradio_api/queue/data"
_HEARTBEAT: Final = "/gradio_api/heartbeat/"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: `owner` of the window, its `key`, and the `client` that its questions are counted for."""

    owner: str
    key: str
    client: str


def caller_of(request: Any) -> Caller:
    """Who sends a request that has come through here; `key` is "" where it carries no proper one."""
    key = str(getattr(request, "session_hash", None))
    owner, client = (str(getattr(request.state, name, "")) for name in ("owner", "client"))
    return Caller(owner, key if KEY.fullmatch(key) else "", client)


class Visitors:
    """Gives each browser its cookie, and lets a window's key be used by its owner only.

    Puts `owner` and `client` into the request's state; `owner` as it is where someone has signed in. Calls `left` with
    (owner, key) when a window's stream has gone and not come back.
    """

    def __init__(self, app: ASGIApp, left: Callable[[object], None]) -> None:
        self._app, self._left = app, left
        self._owners: OrderedDict[str, str] = OrderedDict()
        self._streams: Counter[tuple[str, str]] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        request = Request(scope)
        client = request.client
        state.setdefault("client", "" if client is None else client.host)
        if "owner" not in state:
            cookie = request.cookies.get(COOKIE, "")
            state["owner"] = cookie if _COOKIE.fullmatch(cookie) else ""
            if not state["owner"] and scope["path"] in ("/", "/pages"):
                send = _with_cookie(send, scope["scheme"] == "https")
        key = _key_of(scope)
        if key is None:
            await self._app(scope, receive, send)
            return
        lang = language(request.headers.get("accept-language"))
        if not KEY.fullmatch(key):
            await JSONResponse({"detail": say(lang, "bad_key")}, 400)(scope, receive, send)
        elif not self._claim(key, state["owner"]):
            await JSONResponse({"detail": say(lang, "not_yours")}, 403)(scope, receive, send)
        elif scope["path"] == _STREAM:
            await self._stream((state["owner"], key), scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _claim(self, key: str, owner: str) -> bool:
        """Whether `key` belongs to `owner`; it does from now on where it belonged to nobody."""
        known = self._owners.setdefault(key, owner)
        self._owners.move_to_end(key)
        while len(self._owners) > _KEYS:
            self._owners.popitem(last=False)
        return secrets.compare_digest(known.encode(), owner.encode())

    async def _stream(self, window: tuple[str, str], scope: Scope, receive: Receive, send: Send) -> None:
        self._streams[window] += 1
        ended = False

        async def watched(message: Message) -> None:
            nonlocal ended
            ended = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            self._streams[window] -= 1
            if not self._streams[window]:
                del self._streams[window]
                if not ended:
                    asyncio.get_running_loop().call_later(_AWAY_SECONDS, self._away, window)

    def _away(self, window: tuple[str, str]) -> None:
        if window not in self._streams:
            self._left(window)


def _key_of(scope: Scope) -> str | None:
    """The window's key that a request carries, "" where it is none that can be; None where it has no need of one."""
    path: str = scope["path"]
    if path == _STREAM:
        values = parse_qs(scope["query_string"].decode("latin-1")).get("session_hash", [])
        return values[0] if len(values) == 1 else ""
    if path.startswith(_HEARTBEAT):
        return path.removeprefix(_HEARTBEAT)
    value = scope["state"].get("call", {}).get("session_hash")
    return value if value is None or isinstance(value, str) else ""


def _with_cookie(send: Send, secure: bool) -> Send:
    value = f"{COOKIE}={secrets.token_urlsafe(32)}; Path=/; HttpOnly; SameSite=Strict{'; Secure' if secure else ''}"

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).append("set-cookie", value)
        await send(message)

    return sending
