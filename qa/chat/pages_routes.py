"""The addresses of the page of pages. Forms and plain links; a request that accepts JSON alone gets it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Annotated, Final

from fastapi import FastAPI, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.datastructures import UploadFile

from corpus.errors import BaowenError
from corpus.formats import SUFFIXES
from corpus.formats.scan import is_installed
from qa.chat.guard import PLAIN_CSP
from qa.chat.labels import Language, language, say
from qa.chat.pages_view import AT_ONCE, Listed, Room, SetRow, pages_page, report_page
from qa.chat.plain_page import notice_page
from qa.chat.reasons import worded
from qa.chat.service import Service
from qa.chat.shelves import UPLOADS, Shelves
from qa.chat.style import PAGES_JS
from qa.chat.upload_report import Report, reports
from qa.chat.uploading import NotReceivedError, Reception
from qa.folders.uploads import Upload
from qa.plain import one_line

_CSP: Final = PLAIN_CSP + "; script-src 'self'; connect-src 'self'"
_PICTURES: Final = (".png", ".jpg", ".jpeg")
_Given = Annotated[str, Form(max_length=100)]


def add_pages_routes(app: FastAPI, service: Service) -> None:
    """`/pages` and the forms on it; nothing where the service has no sets of pages to choose from."""
    if service.shelves is None:
        return
    pages = _Pages(service, service.shelves)
    app.add_api_route("/pages", pages.show, methods=["GET", "HEAD"])
    app.add_api_route("/pages/script.js", pages.script, methods=["GET", "HEAD"])
    app.add_api_route("/pages/read/{upload_id}", pages.report, methods=["GET", "HEAD"])
    for name in ("choose", "follow", "unfollow", "reread", "remove", "upload"):
        app.add_api_route(f"/pages/{name}", getattr(pages, name), methods=["POST"])


class _Pages:
    """The handlers. Those that may wait for the disk or an index are plain functions, which run in threads."""

    def __init__(self, service: Service, shelves: Shelves) -> None:
        self._service, self._shelves = service, shelves
        self._reception = Reception(service.options.upload_request_mb * 2**20)

    async def script(self) -> Response:
        """What the page runs."""
        return Response(PAGES_JS, media_type="text/javascript")

    def show(self, request: Request) -> Response:
        """The page; `?from=N` lists the uploads from the Nth newest on."""
        return self._page(request)

    def report(self, upload_id: str, request: Request) -> Response:
        """What one uploaded page was read as."""
        kept = [one for one in self._kept() if one.id == upload_id]
        found = next(iter(self._reports(kept)), None)
        if found is None:
            return _html(notice_page("pages_no_report", _lang(request), to_pages=True), 404)
        return _html(report_page(found, _lang(request)))

    def choose(self, request: Request, key: _Given = "") -> Response:
        """Ask other pages from now on."""
        owner = getattr(request.state, "owner", "")
        if not owner:
            return self._page(request, [say(_lang(request), "pages_no_cookie")], 400)
        return self._done(request, lambda: self._shelves.choose(owner, key))

    def follow(self, request: Request, key: _Given = "") -> Response:
        """Follow a folder."""
        return self._done(request, lambda: self._shelves.follow(key, True))

    def unfollow(self, request: Request, key: _Given = "") -> Response:
        """Follow a folder no more."""
        return self._done(request, lambda: self._shelves.follow(key, False))

    def reread(self, request: Request, key: _Given = "") -> Response:
        """Look at a folder now."""
        return self._done(request, lambda: self._shelves.reread(key))

    def remove(self, request: Request, id: _Given = "") -> Response:
        """Remove an uploaded page."""
        lang, uploads = _lang(request), self._shelves.uploads
        if uploads is None:
            return self._page(request, [say(lang, "pages_off")], 403)
        try:
            gone = uploads.remove(id)
        except BaowenError as error:
            return self._page(request, [worded(str(error), lang)], 404)
        self._shelves.reread(UPLOADS)
        return self._page(request, [say(lang, "pages_removed", name=gone.name)])

    async def upload(self, request: Request) -> Response:
        """Take in files."""
        lang = _lang(request)
        client = str(getattr(request.state, "client", ""))
        try:
            if self._shelves.uploads is None:
                raise NotReceivedError("pages_off", 403)
            if not self._service.opening.ready:
                raise NotReceivedError("preparing_page", 503)
            async with self._reception.receive(request, client) as files:
                results = await run_in_threadpool(self._keep, files, lang)
        except NotReceivedError as error:
            most = self._service.options.upload_request_mb
            said = say(lang, error.key, most=most) if error.key == "pages_too_large" else say(lang, error.key)
            return await self._answer(request, [("", False, said)], error.status)
        return await self._answer(request, results, 200)

    def _keep(self, files: Sequence[UploadFile], lang: Language) -> list[tuple[str, bool, str]]:
        """Keep files; for each its name, whether it was kept, and a sentence on that."""
        uploads, results = self._shelves.uploads, []
        assert uploads is not None, "it was looked at before"
        for file in files:
            name = one_line(file.filename or "", 120)
            try:
                if name.lower().endswith(_PICTURES) and not is_installed():
                    results.append((name, False, f"{name}: {say(lang, 'pages_upload_no_scan')}"))
                    continue
                kept = uploads.add(file.filename or "", file.file)
                results.append((name, True, say(lang, "pages_kept", name=kept.name)))
            except BaowenError as error:
                results.append((name, False, worded(str(error), lang)))
        if any(kept for _, kept, _ in results):
            self._shelves.reread(UPLOADS)
        return results

    async def _answer(self, request: Request, results: Sequence[tuple[str, bool, str]], status: int) -> Response:
        if request.headers.get("accept", "").startswith("application/json"):
            rows = [{"name": name, "kept": kept, "said": said} for name, kept, said in results]
            return JSONResponse({"files": rows}, status)
        return await run_in_threadpool(self._page, request, [said for _, _, said in results], status)

    def _done(self, request: Request, do: Callable[[], None]) -> Response:
        try:
            do()
        except BaowenError as error:
            return self._page(request, [worded(str(error), _lang(request))], 400)
        return RedirectResponse("/pages", 303)

    def _page(self, request: Request, said: Sequence[str] = (), status: int = 200) -> Response:
        lang = _lang(request)
        if not self._service.opening.ready:
            return _html(notice_page("preparing_page", lang, to_pages=True), 503)
        options, kept = self._service.options, self._kept()
        first = _number(request.query_params.get("from", ""))
        some = kept[first : first + AT_ONCE]
        listed = Listed(self._reports(some), first, len(kept))
        kinds = SUFFIXES if is_installed() else [suffix for suffix in SUFFIXES if suffix not in _PICTURES]
        place = Room(
            kinds,
            options.upload_mb,
            options.upload_files,
            options.upload_all_mb,
            is_installed(),
        )
        rows = self._rows(getattr(request.state, "owner", ""))
        return _html(pages_page(rows, None if self._shelves.uploads is None else place, listed, lang, said), status)

    def _kept(self) -> list[Upload]:
        """The uploads, newest first."""
        return [] if self._shelves.uploads is None else list(reversed(self._shelves.uploads.all()))

    def _reports(self, kept: Sequence[Upload]) -> list[Report]:
        """What became of some uploads; all of them wait while their set is being opened."""
        source, unread = self._shelves.source(UPLOADS), self._shelves.unread
        state = self._shelves.state(UPLOADS)
        if source is None or not kept:
            return []
        if not state.problem and self._shelves.prepare(UPLOADS):
            with contextlib.suppress(BaowenError):  # closed or emptied meanwhile
                return reports(kept, source.pages, (*source.skipped, *unread))
        return reports(kept, (), unread, "" if state.opening or state.reading else state.problem)

    def _rows(self, owner: str) -> list[SetRow]:
        chosen, rows = self._service.chosen(owner), []
        for one in self._shelves.sets():
            row = SetRow(one, self._shelves.state(one.key), one.key == chosen)
            source = self._shelves.source(one.key)
            if one.state == "open" and source is not None:
                pages = source.pages
                articles = sum(len(page.articles) for page in pages)
                row = SetRow(one, row.state, row.chosen, len(pages), articles, source.skipped, source.notes)
            rows.append(row)
        return rows


def _html(page: str, status: int = 200) -> Response:
    return HTMLResponse(page, status, {"content-security-policy": _CSP})


def _lang(request: Request) -> Language:
    return language(request.headers.get("accept-language"))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0
