"""Which addresses the chat's server answers at, and how much may be sent to each. All others are closed.

Gradio brings many addresses of its own (files by path, uploads, a proxy, recordings, an editor for its code) that the
window has no use for. What is not listed here is not there; whoever adds a feature that needs an address adds it here.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any, Final

from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.chat.guard import PLAIN_CSP
from qa.chat.labels import language, say
from qa.chat.meters import Meters
from qa.chat.plain_page import notice_page

BODY_SECONDS: Final = 15.0
"""How long a request may take to arrive."""

_READ: Final = frozenset({"GET", "HEAD"})
_PAGES: Final = frozenset(
    """/ /browse /page /health /healthz /ready /metrics
    /login /config /theme.css /favicon.ico /manifest.json /robots.txt
    /gradio_api/info /gradio_api/app_id /gradio_api/theme.css
    /gradio_api/startup-events /gradio_api/queue/data /pages /pages/script.js""".split()
)
_FOLDERS: Final = tuple(
    "/assets/ /static/ /svelte/ /article/ /browse/ /export/ /pages/read/ /gradio_api/heartbeat/".split()
)
_FORMS: Final = frozenset(
    "/login /logout /pages/choose /pages/follow /pages/unfollow /pages/reread /pages/remove".split()
)
_STREAMS: Final = frozenset({"/pages/upload"})
"""What is not read whole here: `qa.chat.uploading` reads it to the disk, within limits of its own."""

_CALLS: Final = frozenset(
    "/gradio_api/" + name for name in ("queue/join", "run/predict", "run/predict/", "cancel", "reset", "reset/")
)
_MCP: Final = frozenset({"/gradio_api/mcp", "/gradio_api/mcp/"})
_FORM_BYTES: Final = 4096
_WITHOUT_QUERY: Final = frozenset({"/", "/config"})


@dataclass(frozen=True, slots=True)
class _Refusal:
    status: int
    key: str
    values: dict[str, object]


class Doors:
    """Lets through what the window needs, with its body read whole: at most `body` bytes, within `BODY_SECONDS`.

    A slow sender holds nothing but its own connection. The JSON object of a call is put into the request's state as
    `call`. `mcp` opens the one address that its clients need.
    """

    def __init__(self, app: ASGIApp, body: int, meters: Meters, mcp: bool = False) -> None:
        self._app, self._body, self._meters = app, body, meters
        self._posts = _CALLS | _FORMS | _STREAMS | (_MCP if mcp else frozenset())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path, method = scope["path"], scope["method"]
        allowed = self._methods(path)
        if method not in allowed:
            known = bool(allowed)
            refusal = _Refusal(405 if known else 404, "no_method" if known else "no_address", {})
        elif method in _READ:
            # Gradio reads which of its pages, and which stored state, from here: there are none, and it fails on that.
            plain = {**scope, "query_string": b""} if path in _WITHOUT_QUERY else scope
            await self._app(plain, receive, send)
            return
        elif path in _STREAMS:
            await self._app(scope, receive, send)
            return
        else:
            got = await self._read(scope, receive, _FORM_BYTES if path in _FORMS else self._body)
            if got is None:
                return
            if isinstance(got, bytes):
                call = _object(got) if path in _CALLS else {}
                if call is not None:
                    scope.setdefault("state", {})["call"] = call
                    await self._app(scope, _replay(got, receive), send)
                    return
                refusal = _Refusal(400, "no_json", {})
            else:
                refusal = got
        self._meters.refused.labels(why=str(refusal.status)).inc()
        await _said(refusal, scope)(scope, receive, send)

    def _methods(self, path: str) -> frozenset[str]:
        """The methods that a path may be asked with; none where it is closed."""
        if ".." in path or "\\" in path or "//" in path or any(ord(char) < 32 or ord(char) == 127 for char in path):
            return frozenset()
        calls = frozenset({"POST"}) if path in self._posts else frozenset()
        reads = _READ if path in _PAGES or path.startswith(_FOLDERS) else frozenset()
        return calls | reads

    async def _read(self, scope: Scope, receive: Receive, most: int) -> bytes | _Refusal | None:
        """The request's body; None where the client went away."""
        too_large = _Refusal(413, "body_too_large", {"most": f"{most // 1024:,}"})
        said = Headers(scope=scope).get("content-length", "0")
        if not said.isdigit() or len(said) > 15 or int(said) > most:
            return too_large
        parts, size = [], 0
        try:
            async with asyncio.timeout(BODY_SECONDS):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return None
                    parts.append(message.get("body", b""))
                    size += len(parts[-1])
                    if size > most:
                        return too_large
                    if not message.get("more_body", False):
                        return b"".join(parts)
        except TimeoutError:
            return _Refusal(408, "body_too_slow", {"seconds": f"{BODY_SECONDS:.0f}"})


def _said(refusal: _Refusal, scope: Scope) -> Response:
    """The refusal in the reader's language: as a page for who opens an address, else as JSON."""
    asked = Headers(scope=scope)
    lang = language(asked.get("accept-language"))
    if scope["method"] in _READ and "text/html" in asked.get("accept", ""):
        page = notice_page(refusal.key, lang, False, **refusal.values)
        return HTMLResponse(page, refusal.status, {"content-security-policy": PLAIN_CSP})
    headers = {"connection": "close"} if refusal.status in (408, 413) else {}
    return JSONResponse({"detail": say(lang, refusal.key, **refusal.values)}, refusal.status, headers)


def _object(body: bytes) -> dict[str, Any] | None:
    """The call that a body holds; None where it is none that the window makes.

    Its data are plain values: an object with a path or an address would have Gradio open or fetch it.
    """
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    data = value.get("data", []) if isinstance(value, dict) else None
    if not isinstance(data, list) or any(isinstance(one, dict | list) for one in data):
        return None
    return dict(value)


def _replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body in one piece, then what comes after it."""
    sent = False

    async def again() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
