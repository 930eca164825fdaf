"""What the chat's server answers beside the window itself, and the headers that keep all of it local."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, PlainTextResponse

from qa.chat.article import article_page, missing_page
from qa.chat.glosses import partners
from qa.chat.labels import language
from qa.chat.session import Source

LOOPBACK = ("127.0.0.1", "localhost", "::1")
_CSP = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'self'; object-src 'none'; frame-ancestors 'none'; worker-src 'self' blob:"
)
"""Nothing from elsewhere is fetched, whatever a page's text says. Gradio needs the two 'unsafe' entries."""


def add_routes(app: FastAPI, archive: Source) -> None:
    """`/healthz` for supervisors, `/article/ID` for the full text of an article."""

    @app.get("/healthz")
    def health() -> PlainTextResponse:
        return PlainTextResponse("ok")

    @app.get("/article/{article_id}")
    def article(article_id: str, request: Request) -> HTMLResponse:
        lang = language(request.headers.get("accept-language"))
        found = archive.article(article_id)
        if found is None:
            return HTMLResponse(missing_page(lang), status_code=404)
        return HTMLResponse(article_page(found, archive.page(found.source), lang, partners(archive, article_id)))


class Guard:
    """Adds the security headers to every answer and, where `local_only`, refuses requests made to another name:
    a page elsewhere could otherwise reach a local server through a name that it points here.
    """

    def __init__(self, app: Any, local_only: bool) -> None:
        self._app = app
        self._local_only = local_only
        self._headers = [
            (b"content-security-policy", _CSP.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"no-referrer"),
        ]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._local_only and not _is_local(dict(scope["headers"]).get(b"host", b"").decode("latin-1")):
            await send({"type": "http.response.start", "status": 421, "headers": [(b"content-type", b"text/plain")]})
            await send({"type": "http.response.body", "body": b"This chat answers to 127.0.0.1 and localhost only.\n"})
            return

        async def with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *self._headers]}
            await send(message)

        await self._app(scope, receive, with_headers)


def _is_local(host: str) -> bool:
    """Whether a Host header, with or without a port, names this machine.

    >>> _is_local("localhost:7860"), _is_local("[::1]:80"), _is_local("127.0.0.1.example.org")
    (True, True, False)
    """
    name = host[1:].split("]")[0] if host.startswith("[") else host.rsplit(":", 1)[0]
    return name.lower() in LOOPBACK
