"""What became of a page that was handed in: what it was read as, what was left out of it and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from corpus.records import Article, Page, Skipped
from corpus.report import readings
from qa.folders.uploads import Upload
from qa.plain import one_line

Became = Literal["waiting", "read", "unread"]
_LONGEST = 120
_MOST = 200
"""How many lines that were left out are told; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Item:
    """An article, photo item or index box: its headline on one line, "" where it has none."""

    article_id: str
    kind: str
    headline: str
    signed: tuple[str, ...]
    paragraphs: int


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A line of the page that no article claims, cut to 120 characters, and why: a word of `corpus.report`."""

    line: int
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Report:
    """A page that was handed in and what became of it.

    `reason` says in one sentence why it was not read. `left_out` are the first 200 lines that no article claims, of
    `left_out_count`. The rest is empty for a page that waits or was not read.
    """

    upload: Upload
    became: Became
    reason: str = ""
    date: str | None = None
    page: str | None = None
    items: tuple[Item, ...] = ()
    characters: int = 0
    left_out: tuple[LeftOut, ...] = ()
    left_out_count: int = 0
    notes: tuple[str, ...] = ()

    @property
    def kinds(self) -> dict[str, int]:
        """How many items there are of each kind, the most frequent first."""
        return dict(Counter(item.kind for item in self.items).most_common())

    @property
    def paragraphs(self) -> int:
        """Paragraphs of all items."""
        return sum(item.paragraphs for item in self.items)


def reports(
    uploads: Iterable[Upload], pages: Iterable[Page], skipped: Iterable[Skipped], problem: str = ""
) -> list[Report]:
    """A report for each upload, in their order.

    :param pages: the pages that were read, by the paths under which uploads are kept.
    :param problem: why none of them could be read, if so.
    """
    kept = tuple(uploads)
    read = {page.source: page for page in pages}
    left = {one.source: one.reason for one in skipped}
    out = []
    for upload in kept:
        reason = left.get(upload.source, problem)
        if upload.source in read:
            out.append(report(upload, read[upload.source]))
        elif reason:
            out.append(Report(upload, "unread", reason.replace(upload.source, upload.name)))
        else:
            out.append(Report(upload, "waiting"))
    return out


def report(upload: Upload, page: Page) -> Report:
    """What a page was read as."""
    left = [
        LeftOut(reading.line, reading.role, one_line(reading.text, _LONGEST))
        for reading in readings(page)
        if reading.item == 0 and reading.text.strip()
    ]
    return Report(
        upload,
        "read",
        date=page.date,
        page=page.page,
        items=tuple(_item(article) for article in page.articles),
        characters=len(page.text),
        left_out=tuple(left[:_MOST]),
        left_out_count=len(left),
        notes=page.notes,
    )


def _item(article: Article) -> Item:
    signed = (*article.reporters, *article.correspondents, *article.photographers)
    return Item(article.id, article.kind, one_line(article.headline, _LONGEST), signed, len(article.paragraphs))
