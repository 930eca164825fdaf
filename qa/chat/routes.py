"""What the chat's server answers beside the window itself."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from qa.chat.article import article_page, notice_page
from qa.chat.glosses import partners
from qa.chat.guard import PLAIN_CSP
from qa.chat.labels import language
from qa.chat.meters import CONTENT_TYPE
from qa.chat.service import Service


def add_routes(app: FastAPI, service: Service) -> None:
    """`/health` (alive) and `/ready` (questions can be answered) for supervisors, `/metrics` for Prometheus,
    `/article/ID` for the full text of an article. `/healthz` is another name of `/health`.
    """

    @app.get("/health")
    @app.get("/healthz")
    async def health() -> PlainTextResponse:
        return PlainTextResponse("ok")

    @app.get("/ready")
    async def ready() -> PlainTextResponse:
        return PlainTextResponse("ready") if service.opening.ready else PlainTextResponse("opening the pages", 503)

    @app.get("/metrics")
    async def metrics() -> Response:
        return Response(service.meters.page(), media_type=CONTENT_TYPE)

    @app.get("/article/{article_id}")
    def article(article_id: str, request: Request) -> HTMLResponse:
        lang = language(request.headers.get("accept-language"))
        source = service.opening.source
        found = None if source is None else source.article(article_id)
        if source is None:
            page, status = notice_page("preparing_page", lang), 503
        elif found is None:
            page, status = notice_page("no_article", lang), 404
        else:
            page, status = article_page(found, source.page(found.source), lang, partners(source, article_id)), 200
        return HTMLResponse(page, status, {"content-security-policy": PLAIN_CSP})
