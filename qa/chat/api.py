"""What programs can ask of the chat by name, through gradio_client and as MCP tools: ask, search, article.

A call goes through the same login, limits and counters as a question in the window, and is asked of the same pages. Its
result is plain JSON: what `baowen ask --json` prints, with a citation and an address for each passage.
"""

# Without `from __future__ import annotations`: Gradio reads the type of a result from the signature as it stands.

import dataclasses
import importlib.util
import json
import logging
import math
import time
from collections.abc import Callable
from typing import Any, Final, Protocol, TypeVar, cast

import gradio as gr
from gradio.events import api

from corpus.errors import InputError
from qa.chat.desk import RefusedError
from qa.chat.labels import Language, language, say
from qa.chat.room_parts import NUMBERED, article_address
from qa.chat.service import Service
from qa.chat.session import Source
from qa.chat.shelves import UnavailableError
from qa.chat.visitors import Caller, caller_of
from qa.cite import cite
from qa.filters import Filter, filter_of
from qa.measure.rows import hit_row, shown_excerpt_row, shown_hit_row
from qa.papers import Papers
from qa.records import Excerpt, Hit, Reply

MOST: Final = 50
"""How many passages one call may ask for."""

_log = logging.getLogger(__name__)
_Row = dict[str, Any]
_T = TypeVar("_T")


class Asked(Source, Protocol):
    """What the calls need of an archive."""

    def retrieve(self, question: str, k: int = 5, where: Filter | None = None) -> list[Hit]: ...
    def reply(self, question: str, k: int = 10, where: Filter | None = None) -> Reply: ...


class CallError(gr.Error):
    """A call that has no result. `title` names what is wrong in one word, for programs; the message is for people."""

    def __init__(self, why: str, message: str) -> None:
        super().__init__(message, title=why, print_exception=False)

    def __str__(self) -> str:
        return str(self.message)


class Calls:
    """The calls. Names, types and docstrings are what programs are shown; nothing that they are handed is trusted.

    Each raises `CallError` alone: bad_input, no_article, no_pages, too_often, failed, or what `RefusedError` says.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    async def ask(
        self,
        request: gr.Request,
        question: str,
        k: int = 5,
        first: str = "",
        last: str = "",
        page: str = "",
        kind: str = "",
        reporter: str = "",
        source: str = "",
    ) -> dict[str, Any]:
        """Answer a question from the newspaper pages in their own printed words, or say that they do not answer it.

        Args:
            question: what is asked, in Chinese or English, at most 2,000 characters
            k: how many passages to give, from 1 to 50
            first: only of issues from this day, month or year on, such as 2026-01-31; empty for all
            last: only of issues up to this day, month or year; empty for all
            page: only of this page of the newspaper, such as 1 or A3; empty for all
            kind: only article, photo, index, document, body, caption, headline, byline or jump; empty for all
            reporter: only of articles that this reporter or photographer signs; empty for all
            source: only of files with such a path or name, as 2026*; empty for all

        Returns:
            answered, reason (off_topic, not_stated, not_a_question, too_long), answer and quote (text, start and end
            in the text of the passage of that number, spans of characters in the file), citation, and the passages
        """
        began = time.perf_counter()
        text = _text("question", question)
        count, where = _count(k), _where(first, last, page, kind, reporter, source)

        def found(archive: Asked, papers: Papers) -> tuple[Reply, _Row]:
            reply = archive.reply(text, count, where)
            return reply, _reply_row(reply, archive, papers)

        reply, row = await self._run(request, found)
        self._service.count(reply, began)
        return _plain(row)

    async def search(
        self,
        request: gr.Request,
        question: str,
        k: int = 5,
        first: str = "",
        last: str = "",
        page: str = "",
        kind: str = "",
        reporter: str = "",
        source: str = "",
    ) -> list[dict[str, Any]]:
        """Find the passages of the newspaper pages that are nearest to a question or some words, best first.

        Args:
            question: what is looked for, in Chinese or English, at most 2,000 characters
            k: how many passages to give, from 1 to 50
            first: only of issues from this day, month or year on, such as 2026-01-31; empty for all
            last: only of issues up to this day, month or year; empty for all
            page: only of this page of the newspaper, such as 1 or A3; empty for all
            kind: only article, photo, index, document, body, caption, headline, byline or jump; empty for all
            reporter: only of articles that this reporter or photographer signs; empty for all
            source: only of files with such a path or name, as 2026*; empty for all

        Returns:
            the passages: text, headline, article (its id), citation, url, spans of characters in the file, score
        """
        text = _text("question", question)
        count, where = _count(k), _where(first, last, page, kind, reporter, source)

        def found(archive: Asked, papers: Papers) -> list[_Row]:
            return [_passage_row(hit, archive, papers) for hit in archive.retrieve(text, count, where)]

        return _plain(await self._run(request, found))

    async def article(self, request: gr.Request, id: str) -> dict[str, Any]:
        """Give a whole article as printed, passage by passage in printed order.

        Args:
            id: the article's id, as it stands in the passages that ask and search give

        Returns:
            headline, source (the file), date, page, reporters, continued (the id of the article that goes on with it),
            url, and the passages: kind, text, citation, spans of characters in the file
        """
        wanted = _text("id", id)
        lang = _language(request)

        def found(archive: Asked, papers: Papers) -> _Row:
            row = _article_row(wanted, archive, papers)
            if row is None:
                raise CallError("no_article", say(lang, "no_article"))
            return row

        return _plain(await self._run(request, found))

    async def _run(self, request: gr.Request, work: Callable[[Asked, Papers], _T]) -> _T:
        """What `work` finds in the caller's pages, within the limits that hold for all questions."""
        service, caller, lang = self._service, caller_of(request), _language(request)
        if wait := service.rate.take(caller.client):
            service.meters.refused.labels(why="rate").inc()
            raise CallError("too_often", say(lang, "too_often", seconds=math.ceil(wait)))
        key = service.chosen(caller.owner)
        try:
            if service.shelves is not None:
                await service.shelves.ready(key)
            return await service.desk.ask(lambda: self._work(caller, work), (caller.owner, caller.key))
        except RefusedError as refused:
            service.meters.refused.labels(why=refused.why).inc()
            raise CallError(refused.why, say(lang, refused.why)) from None
        except CallError:
            raise
        except UnavailableError as error:
            raise CallError("no_pages", say(lang, error.key)) from None
        except InputError as error:
            raise CallError("bad_input", str(error)) from None
        except Exception:
            service.meters.errors.inc()
            _log.exception("a call was not answered")
            raise CallError("failed", say(lang, "failed")) from None

    def _work(self, caller: Caller, work: Callable[[Asked, Papers], _T]) -> _T:
        source = self._service.source(caller.owner)
        assert source is not None, "the desk opens when the archive has"
        return work(cast(Asked, source), self._service.papers(caller.owner))


def add_calls(service: Service) -> None:
    """Give the page that is being built the calls. They wait at the service's desk, not in Gradio's queue."""
    calls = Calls(service)
    for call in (calls.ask, calls.search, calls.article):
        api(call, api_name=call.__name__, queue=False)


def check_mcp() -> None:
    """
    :raises InputError: if the package that MCP needs is not installed.
    """
    if importlib.util.find_spec("mcp") is None:
        raise InputError("--mcp needs a package that is not installed; run: pip install 'baowen[mcp]'")


def speak_json(blocks: gr.Blocks) -> None:
    """Have the tools of a page that serves MCP give their results as JSON: Gradio gives what Python prints of them."""
    server = blocks.mcp_server_obj
    assert server is not None, blocks.mcp_error
    from mcp.types import ImageContent, TextContent

    def as_json(data: Any, root_url: str) -> list[TextContent | ImageContent]:
        return [TextContent(type="text", text=json.dumps(result, ensure_ascii=False)) for result in data]

    server.postprocess_output_data = as_json  # type: ignore[method-assign]


def _language(request: gr.Request) -> Language:
    return language(request.headers.get("accept-language"))


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise CallError("bad_input", f"{name} is {value!r:.60}; give a text.")
    # A lone surrogate can arrive in JSON, but could not be sent back.
    return value.encode("utf-8", "replace").decode("utf-8")


def _count(k: object) -> int:
    if isinstance(k, bool) or not isinstance(k, int) or not 1 <= k <= MOST:
        raise CallError("bad_input", f"k is {k!r:.60}; give a whole number from 1 to {MOST}.")
    return k


def _where(*values: object) -> Filter | None:
    names = ("first", "last", "page", "kind", "reporter", "source")
    texts = [_text(name, value) for name, value in zip(names, values, strict=True)]
    try:
        return filter_of(*(text if text.strip() else None for text in texts), dates=names[:2])
    except InputError as error:
        raise CallError("bad_input", str(error)) from None


def _reply_row(reply: Reply, archive: Asked, papers: Papers) -> _Row:
    def cited(excerpt: Excerpt | None) -> _Row | None:
        row = shown_excerpt_row(excerpt, reply.hits)
        if excerpt is None or row is None:
            return None
        return row | {"citation": cite(reply.hits[excerpt.hit], papers)}

    quote = cited(reply.quote)
    return {
        "question": reply.question,
        "effective_question": reply.effective_question,
        "answered": reply.answered,
        "reason": reply.reason,
        "answer": cited(reply.answer),
        "quote": quote,
        "citation": "" if quote is None else quote["citation"],
        "also": [cited(one) for one in reply.also],
        "confidence": reply.confidence,
        "filters": [dataclasses.asdict(one) for one in reply.filters],
        "passages": [_passage_row(hit, archive, papers) for hit in reply.hits],
        "seconds": reply.seconds,
    }


def _passage_row(hit: Hit, archive: Asked, papers: Papers) -> _Row:
    row = shown_hit_row(hit, archive.continuations.get(hit.article.id))
    return row | {"citation": cite(hit, papers), "url": _url(hit)}


def _url(hit: Hit) -> str:
    passage = hit.passage
    return article_address(passage.article_id, passage.paragraph + 1 if passage.kind in NUMBERED else None)


def _article_row(article_id: str, archive: Asked, papers: Papers) -> _Row | None:
    """None where there is no such article, or no longer."""
    article = archive.article(article_id)
    if article is None:
        return None
    try:
        page = archive.page(article.source)
    except KeyError:
        return None
    hits = [Hit(passage, article, page, 0.0) for passage in archive.passages_of(article_id)]
    return {
        "id": article.id,
        "source": article.source,
        "date": page.date,
        "page": page.page,
        "kind": article.kind,
        "headline": article.headline,
        "reporters": article.reporters,
        "correspondents": article.correspondents,
        "photographers": article.photographers,
        "jump": article.jump,
        "continued": archive.continuations.get(article.id),
        "url": article_address(article.id),
        "passages": [_unscored(hit) | {"citation": cite(hit, papers), "url": _url(hit)} for hit in hits],
    }


def _unscored(hit: Hit) -> _Row:
    return {name: value for name, value in hit_row(hit).items() if name != "score"}


def _plain(value: _T) -> _T:
    """The same as plain JSON values; for bytes of a file's name that are no text, a question mark stands."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
    return cast(_T, json.loads(text))
