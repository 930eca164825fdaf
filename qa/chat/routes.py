"""What the chat's server answers beside the window itself: for supervisors, and the reading room."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from corpus.errors import BaowenError
from qa.browsing.find import LONGEST
from qa.browsing.issues import Issue, issues, reading
from qa.chat.article import Asked, article_page
from qa.chat.guard import PLAIN_CSP
from qa.chat.labels import Language, language
from qa.chat.meters import CONTENT_TYPE
from qa.chat.plain_page import notice_page
from qa.chat.reading_room import Look, issue_page, issues_page, sheet_of, sheet_page
from qa.chat.room_parts import issue_key
from qa.chat.service import Service
from qa.chat.session import Source
from qa.chat.shelf_source import ShelfSource
from qa.papers import Papers
from qa.plain import one_line

Shown = tuple[str, int]
"""A page as HTML, and its status."""
_READ: Final = ["GET", "HEAD"]


def add_routes(app: FastAPI, service: Service) -> None:
    """`/health` (alive; `/healthz` is another name of it) and `/ready` (questions can be answered) for supervisors,
    `/metrics` for Prometheus, and the reading room of `add_rooms`.
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

    add_rooms(app, service)


def add_rooms(app: FastAPI, service: Service) -> None:
    """`/browse` for the issues (or the issue, where there is but one), `/browse/KEY` for an issue, `/page?file=PATH`
    for a page, `/article/ID` for an article.

    In the query `q` is what is looked up there, `n` the part of a long list, `p` the paragraph of an article, from 1.
    A value that is none is taken as not given.
    """

    kept = _Kept()

    @app.api_route("/browse", methods=_READ)
    def browse(request: Request) -> HTMLResponse:
        def page(asked: _Asked) -> Shown:
            found = kept.issues(asked)
            if len(found) == 1:  # there is nothing to choose
                return issue_page(asked.source, found[0], asked.lang, asked.look, asked.papers), 200
            return issues_page(found, asked.lang, asked.look), 200

        return _answered(request, service, page)

    @app.api_route("/browse/{key}", methods=_READ)
    def issue(key: str, request: Request) -> HTMLResponse:
        def page(asked: _Asked) -> Shown:
            found = next((one for one in kept.issues(asked) if issue_key(one) == key), None)
            if found is None:
                return notice_page("room_no_issue", asked.lang, asked.look.to_pages), 404
            return issue_page(asked.source, found, asked.lang, asked.look, asked.papers), 200

        return _answered(request, service, page)

    @app.api_route("/page", methods=_READ)
    def sheet(request: Request) -> HTMLResponse:
        def page(asked: _Asked) -> Shown:
            found = sheet_of(kept.issues(asked), asked.source, request.query_params.get("file", ""))
            if found is None:
                return notice_page("room_no_page", asked.lang, asked.look.to_pages), 404
            return sheet_page(asked.source, *found, asked.lang, asked.look, asked.papers), 200

        return _answered(request, service, page)

    @app.api_route("/article/{article_id}", methods=_READ)
    def article(article_id: str, request: Request) -> HTMLResponse:
        def page(asked: _Asked) -> Shown:
            found = reading(asked.source, article_id, asked.papers)
            if found is None:
                return notice_page("no_article", asked.lang, asked.look.to_pages), 404
            wanted = Asked(_number(request.query_params.get("p", "")), asked.look.typed, asked.look.to_pages)
            return article_page(asked.source, found, asked.papers, asked.lang, wanted), 200

        return _answered(request, service, page, article_id)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a request is for: the pages that its owner asks, and how they are to be shown."""

    source: Source
    papers: Papers
    lang: Language
    look: Look


class _Kept:
    """The issues of the pages that were looked at last: of a large archive, making them takes a second."""

    def __init__(self) -> None:
        self._made: list[tuple[object, tuple[Issue, ...]]] = []

    def issues(self, asked: _Asked) -> tuple[Issue, ...]:
        """The issues of the pages as they are now."""
        # What tells the pages apart, not the pages themselves: their texts must not outlive them here.
        pages = asked.source.pages
        key = (tuple((page.source, page.sha256) for page in pages), asked.papers)
        for known, made in self._made:
            if known == key:
                return made
        made = issues(pages, asked.papers)
        self._made = [(key, made), *self._made[:3]]
        return made


def _answered(
    request: Request, service: Service, page: Callable[[_Asked], Shown], article_id: str | None = None
) -> HTMLResponse:
    """The page that a request is for; or a notice that the pages are not open, or that too much is looked up."""
    lang = language(request.headers.get("accept-language"))
    owner, client = (str(getattr(request.state, name, "")) for name in ("owner", "client"))
    to_pages = service.shelves is not None
    typed = one_line(request.query_params.get("q", ""))[:LONGEST].strip()
    look = Look(_number(request.query_params.get("n", "")) or 1, typed, to_pages)
    if look.typed and (wait := service.rate.take(client)):
        service.meters.refused.labels(why="rate").inc()
        shown = notice_page("too_often", lang, to_pages, seconds=math.ceil(wait)), 429
    else:
        try:
            source = service.source(owner) if article_id is None else service.source_of(article_id, owner)
            if source is None:
                shown = notice_page("preparing_page", lang, to_pages), 503
            else:
                shown = page(_Asked(source, _papers(service, source, owner), lang, look))
        except BaowenError:  # the pages that are asked have all gone
            shown = notice_page("room_none", lang, to_pages), 404
    # A file's name, or a damaged file's text, may hold what cannot be sent.
    text = shown[0].encode("utf-8", "replace")
    return HTMLResponse(text, shown[1], {"content-security-policy": PLAIN_CSP})


def _papers(service: Service, source: Source, owner: str) -> Papers:
    """What is known of the papers of a source, which need not be the one that the owner asks."""
    if service.shelves is not None and isinstance(source, ShelfSource):
        return service.shelves.papers(source.key)
    return service.papers(owner)


def _number(text: str) -> int | None:
    """A whole number from 1 to 999,999; None for anything else."""
    return int(text) or None if text.isascii() and text.isdigit() and len(text) < 7 else None
