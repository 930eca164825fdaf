"""The outermost layer of the chat's server: who it answers to, and the headers that keep all of it local."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from fastapi.responses import PlainTextResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
_CSP: Final = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'self'; object-src 'none'; frame-ancestors 'none'; worker-src 'self' blob:"
)
"""Nothing from elsewhere is fetched, whatever a page's text says. Gradio needs the two 'unsafe' entries."""

PLAIN_CSP: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
"""For pages of our own, which have no script."""

_HEADERS: Final = {
    "content-security-policy": _CSP,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # With no-referrer a browser would send the login form as from nowhere.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}
PARTS: Final = ("/assets/", "/static/", "/svelte/")
"""Gradio's own files, the same for everyone: all that a browser may keep."""
_ALLOW: Final = ("access-control-allow-origin", "access-control-allow-credentials")


class Guard:
    """Adds the security headers to every answer, and refuses what comes by another way than its own page.

    Where `local_only`, a request made to another name is refused: a page elsewhere could otherwise reach a local server
    through a name that it points here. A request that a page of another origin makes is refused everywhere.
    """

    def __init__(self, app: ASGIApp, local_only: bool) -> None:
        self._app = app
        self._local_only = local_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if not scope["path"].startswith(PARTS):
                    headers.setdefault("cache-control", "no-store")
                for name in _ALLOW:
                    del headers[name]
            await send(message)

        headers = Headers(scope=scope)
        app = self._app
        if self._local_only and not _is_local(headers.get("host", "")):
            app = PlainTextResponse("This chat answers to 127.0.0.1 and localhost only.\n", 421)
        elif not _same_origin(headers):
            app = PlainTextResponse("A page of another site may not ask here.\n", 403)
        await app(scope, receive, with_headers)


def _is_local(host: str) -> bool:
    """Whether a Host header, with or without a port, names this machine.

    >>> _is_local("localhost:7860"), _is_local("[::1]:80"), _is_local("127.0.0.1.example.org")
    (True, True, False)
    """
    named = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([^:\[\]]+))(?::\d+)?", host)
    return named is not None and (named[1] or named[2]).lower() in LOOPBACK


def _same_origin(headers: Headers) -> bool:
    """Whether a request comes from a page of this server, or from no page at all."""
    origin = headers.get("origin")
    if origin is not None:
        try:
            return urlsplit(origin).netloc.lower() == headers.get("host", "").lower()
        except ValueError:
            return False
    # A link followed from elsewhere asks for a document; anything else from there is not ours to serve.
    elsewhere = headers.get("sec-fetch-site", "none") in ("cross-site", "same-site")
    return not elsewhere or headers.get("sec-fetch-mode") == "navigate"
