"""A conversation to take away: its replies as a document with numbered sources, and hits as a table.

    conversation(replies, papers) → Document → export_forms.as_markdown, export_forms.as_html
    hits_csv(hits, papers)

A document's texts are as printed or asked, on one line each; the forms escape them. The numbers of sources run through
the whole document: a passage that is cited twice is one source.
"""

from __future__ import annotations

import csv
import datetime
import functools
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from corpus.joins import ends_sentence
from qa.cite import cite
from qa.cite_formats import gbt, reference
from qa.papers import Papers
from qa.plain import one_line
from qa.records import Excerpt, FilterName, Hit, Reason, Reply

Language = Literal["zh", "en"]
_NEAREST: Final = 3
"""How many of the nearest passages stand under a question without an answer."""
_FORMULA: Final = tuple("=+-@＝＋－＠")


@dataclass(frozen=True, slots=True)
class Quoted:
    """A passage's words: `before`, `marked` and `after` are its quote in three parts, the answer marked.

    `cut_before` and `cut_after` tell that it begins or ends inside a sentence; `source` is the number of its source,
    from 1.
    """

    before: str
    marked: str
    after: str
    cut_before: bool
    cut_after: bool
    source: int


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and its answer.

    `asked_as` is the completed question where it is another, else ""; `only` are its filters by name. `reason` is ""
    where there is an answer: then `quotes` prove it, the first being the answer's own. Otherwise they are nearest.
    """

    question: str
    asked_as: str
    only: tuple[tuple[FilterName, str], ...]
    answer: str
    reason: Reason
    quotes: tuple[Quoted, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A conversation. `sources` are citations, number 1 first; `when` is its day in ISO 8601."""

    title: str
    pages: str
    when: str
    exchanges: tuple[Exchange, ...]
    sources: tuple[str, ...]


def conversation(
    replies: Sequence[Reply],
    papers: Papers | Sequence[Papers] | None = None,
    title: str = "",
    pages: str = "",
    when: datetime.date | None = None,
) -> Document:
    """The replies of a conversation in their order.

    :param papers: what is known of the papers, for the citations: of all replies, or of each where they are of
        several sets of pages.
    :param title: what it is about; "" for the first question.
    :param pages: what the pages that were asked are called.
    :param when: the day of the conversation; None for today.
    :raises ValueError: if there are not as many papers as replies.
    """
    sources = _Sources()
    exchanges = tuple(
        _exchange(reply, functools.partial(sources.number, known))
        for reply, known in zip(replies, _each(papers, len(replies)), strict=True)
    )
    first = exchanges[0].question if exchanges else ""
    day = datetime.date.today() if when is None else when
    return Document(
        one_line(title) or one_line(first, 60), one_line(pages), day.isoformat(), exchanges, tuple(sources.citations)
    )


def _each(papers: Papers | Sequence[Papers] | None, count: int) -> Sequence[Papers]:
    """The papers of each of `count` records."""
    return [papers or Papers()] * count if papers is None or isinstance(papers, Papers) else papers


class _Sources:
    """The sources so far: each passage has one number, or one in each set of pages that it is cited from otherwise."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], int] = {}
        self.citations: list[str] = []

    def number(self, papers: Papers, hit: Hit) -> int:
        citation = gbt(reference(hit, papers))
        key = (hit.passage.source, citation)  # which holds the passage's id
        if key not in self._numbers:
            self.citations.append(citation)
            self._numbers[key] = len(self.citations)
        return self._numbers[key]


def _exchange(reply: Reply, number: Callable[[Hit], int]) -> Exchange:
    asked, effective = one_line(reply.question), one_line(reply.effective_question)
    quotes: list[Quoted] = []
    if reply.answered and reply.quote is not None:
        quotes.append(_quoted(reply, reply.quote, reply.answer, number))
        quotes += [_quoted(reply, other, None, number) for other in reply.also]
    else:
        for n, hit in enumerate(reply.hits[:_NEAREST]):
            whole = Excerpt(hit.passage.text, n, 0, len(hit.passage.text), hit.passage.spans)
            quotes.append(_quoted(reply, whole, None, number))
    answer = reply.answer if reply.answered else None
    return Exchange(
        question=asked,
        asked_as="" if effective == asked else effective,
        only=tuple((one.name, one_line(one.value)) for one in reply.filters),
        answer="" if answer is None else one_line(answer.text),
        reason=reply.reason,
        quotes=tuple(quotes),
    )


def _quoted(reply: Reply, quote: Excerpt, answer: Excerpt | None, number: Callable[[Hit], int]) -> Quoted:
    hit = reply.hits[quote.hit]
    text, start, end = hit.passage.text, quote.start, quote.end
    low = high = start
    if answer is not None and answer.hit == quote.hit and start <= answer.start and answer.end <= end:
        low, high = answer.start, answer.end
    return Quoted(
        before=_joined(text[start:low]),
        marked=_joined(text[low:high]),
        after=_joined(text[high:end]),
        cut_before=bool(text[:start].strip()) and not ends_sentence(text[:start].rstrip()),
        cut_after=bool(text[end:].strip()) and not ends_sentence(text[start:end].rstrip()),
        source=number(hit),
    )


def _joined(text: str) -> str:
    """On one line, with a space kept at either end: it parts words from the next piece."""
    line = one_line(text)
    if not line:
        return " " if text else ""
    return (" " if text[0].isspace() else "") + line + (" " if text[-1].isspace() else "")


_COLUMNS: Final = (
    "number", "score", "paper", "date", "page", "page name", "headline", "signed", "file", "paragraph", "kind", "text",
    "citation", "address",
)  # fmt: skip


def hits_csv(hits: Sequence[Hit], papers: Papers | Sequence[Papers] | None = None) -> bytes:
    """The hits as a table that spreadsheets open: UTF-8 with its mark, a line of column names, a row for each hit.

    A text that a spreadsheet would take for a formula has an apostrophe before it, as OWASP advises.

    :param papers: what is known of the papers, of all hits or of each.
    :raises ValueError: if there are not as many papers as hits.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for number, (hit, known) in enumerate(zip(hits, _each(papers, len(hits)), strict=True), 1):
        paper, passage, article = known.of(hit.page), hit.passage, hit.article
        signed = (*article.reporters, *article.correspondents, *article.photographers)
        texts = (
            paper.title or "",
            "" if paper.date is None else paper.date.isoformat(),
            paper.page or "",
            paper.page_name or "",
            passage.headline,
            "、".join(signed),
            paper.file,
            str(passage.paragraph + 1),
            passage.kind,
            passage.text,
            cite(hit, known),
            f"baowen:{passage.id}",
        )
        writer.writerow([str(number), f"{hit.score:.4f}", *map(cell, texts)])
    return out.getvalue().encode("utf-8-sig", "replace")


def cell(text: str) -> str:
    """`text` on one line, as a cell that no spreadsheet calculates.

    >>> cell("=1+1"), cell("-5℃")
    ("'=1+1", "'-5℃")
    """
    line = one_line(text)
    return f"'{line}" if line.startswith(_FORMULA) else line
