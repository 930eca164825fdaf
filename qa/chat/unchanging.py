"""What is the same for everyone who asks for it: the window's page, and the files that it names.

Gradio fills in, reads or compresses each of them anew for every visitor, which takes some fifty milliseconds of the one
thread that serves all, and passes through many turns of its line: under load the page would stand behind the questions
of hundreds of others, again and again.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.chat.guard import PARTS

_PAGES: Final = frozenset(
    "/ /config /theme.css /favicon.ico /manifest.json /robots.txt /gradio_api/info /gradio_api/theme.css".split()
)
_NAMED_BY: Final = ("host", "x-forwarded-host", "x-forwarded-proto", "x-gradio-server")
"""What a page's own address is made of, which stands in it."""

_IN_PART: Final = ("range", "if-range", "if-none-match", "if-modified-since", "if-match", "if-unmodified-since")
_BYTES: Final = 32 * 2**20
_Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Kept:
    """An answer of status 200, whole."""

    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


class Unchanging:
    """Has the app make each of these once, and answers all others who ask for it in the same way out of memory.

    At most `most` bytes are kept; what was not asked for longest goes first. A page that sets a cookie is not kept.
    """

    def __init__(self, app: ASGIApp, most: int = _BYTES) -> None:
        self._app, self._most = app, most
        self._kept: OrderedDict[_Key, _Kept] = OrderedDict()
        self._size = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = _key(scope)
        if key is None:
            await self._app(scope, receive, send)
        elif key in self._kept:
            self._kept.move_to_end(key)
            kept = self._kept[key]
            # A list of its own: the layers around this one add to it.
            await send({"type": "http.response.start", "status": 200, "headers": list(kept.headers)})
            await send({"type": "http.response.body", "body": kept.body})
        else:
            await self._make(key, scope, receive, send)

    async def _make(self, key: _Key, scope: Scope, receive: Receive, send: Send) -> None:
        headers: tuple[tuple[bytes, bytes], ...] | None = None
        parts: list[bytes] = []
        whole = False

        async def sending(message: Message) -> None:
            nonlocal headers, whole
            if message["type"] == "http.response.start" and message["status"] == 200:
                headers = tuple(message["headers"])
            elif message["type"] == "http.response.body":
                parts.append(message.get("body", b""))
                whole = not message.get("more_body", False)
            await send(message)

        await self._app(scope, receive, sending)
        if whole and headers is not None and all(name.lower() != b"set-cookie" for name, _ in headers):
            self._keep(key, _Kept(headers, b"".join(parts)))

    def _keep(self, key: _Key, made: _Kept) -> None:
        names = {name.lower() for name, _ in made.headers}
        if b"content-length" not in names:  # it came in pieces
            made = _Kept((*made.headers, (b"content-length", str(len(made.body)).encode())), made.body)
        before = self._kept.pop(key, None)
        self._size += len(made.body) - (0 if before is None else len(before.body))
        self._kept[key] = made
        while self._size > self._most:
            self._size -= len(self._kept.popitem(last=False)[1].body)


def _key(scope: Scope) -> _Key | None:
    """What tells an answer from others; None for a request whose answer is not kept."""
    if scope["type"] != "http" or scope["method"] != "GET" or scope["query_string"]:
        return None
    path: str = scope["path"]
    part = path.startswith(PARTS)
    if not part and path not in _PAGES:
        return None
    headers = Headers(scope=scope)
    if any(name in headers for name in _IN_PART):
        return None
    wanted = headers.get("accept-encoding", "")
    # As Gradio chooses.
    coding = "br" if "br" in wanted else "gzip" if "gzip" in wanted else ""
    named = () if part else (scope["scheme"], *(headers.get(name, "") for name in _NAMED_BY))
    return path, coding, *named
