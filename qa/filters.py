"""Filters: which passages a question is asked of, by date, newspaper page, kind, signature and file.

A filter is about what is known. A page whose date is not known is left out by a filter of dates, since nobody can say
that it is of that day; `select` counts such passages, so that a reply can say why nothing is left.
"""

from __future__ import annotations

import calendar
import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Final, get_args

import numpy as np
from numpy.typing import NDArray

from corpus.errors import InputError
from corpus.fold import fold
from corpus.issue import issue_day, page_key
from corpus.records import Article, ItemKind, Page, Passage, PassageKind
from qa.records import Applied, FilterName

Rows = NDArray[np.int64]
KINDS: Final[tuple[str, ...]] = tuple(dict.fromkeys((*get_args(ItemKind), *get_args(PassageKind))))
_DAY = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?|月?)|年?)")


@dataclass(frozen=True, slots=True)
class Filter:
    """What a passage must be of; every condition that is not None must hold.

    `first` and `last` are the first and last day of the issues, both included. `page` is a newspaper page, written in
    any of its ways (3, 03, 三, A3). `kind` is that of the item (article, photo, index, document) or of the passage
    (body, caption, headline, byline, jump, index, document). `reporter` is anyone who signs the article: reporter,
    correspondent or photographer; `photographer` only who took its picture. `source` is a glob for the file's path
    below the folder or for its name alone, where `*` also stands for `/`.

    :raises InputError: if `first` is after `last`, there is no such kind, or a condition is empty.
    """

    first: datetime.date | None = None
    last: datetime.date | None = None
    page: str | None = None
    kind: str | None = None
    reporter: str | None = None
    photographer: str | None = None
    source: str | None = None

    def __post_init__(self) -> None:
        if self.first is not None and self.last is not None and self.first > self.last:
            raise InputError(f"The dates run from {self.first} to {self.last}; give the earlier day first.")
        if self.kind is not None and self.kind not in KINDS:
            raise InputError(f"The kind is {self.kind!r}; give one of {', '.join(KINDS)}.")
        for name in ("page", "reporter", "photographer", "source"):
            value = getattr(self, name)
            if value is not None and not value.strip():
                raise InputError(f"The filter's {name} is empty; give one, or leave the filter out.")

    @property
    def empty(self) -> bool:
        """Whether it lets everything through."""
        return all(getattr(self, field.name) is None for field in fields(self))

    def matches(self, page: Page, article: Article, passage: Passage) -> bool:
        """Whether a passage of this page and article passes."""
        return self._page(page) and self._article(article) and self._kind(article, passage)

    def _page(self, page: Page) -> bool:
        if self.first is not None or self.last is not None:
            day = issue_day(page.date)
            if day is None or (self.first is not None and day < self.first):
                return False
            if self.last is not None and day > self.last:
                return False
        if self.page is not None and (page.page is None or page_key(page.page) != page_key(self.page)):
            return False
        if self.source is None:
            return True
        return fnmatchcase(page.source, self.source) or fnmatchcase(PurePosixPath(page.source).name, self.source)

    def _article(self, article: Article) -> bool:
        signed = (*article.reporters, *article.correspondents, *article.photographers)
        return (self.reporter is None or _name(self.reporter) in map(_name, signed)) and (
            self.photographer is None or _name(self.photographer) in map(_name, article.photographers)
        )

    def _kind(self, article: Article, passage: Passage) -> bool:
        return self.kind is None or self.kind in (article.kind, passage.kind)

    def parts(self) -> tuple[tuple[FilterName, str], ...]:
        """Each condition by its name and what it asks for, dates in ISO 8601.

        >>> Filter(first=datetime.date(2026, 1, 1), last=datetime.date(2026, 1, 31), page="3").parts()
        (('date', '2026-01-01–2026-01-31'), ('page', '3'))
        """
        days = [day.isoformat() if day is not None else "" for day in (self.first, self.last)]
        date = days[0] if days[0] == days[1] else "–".join(days)
        page = None if self.page is None else page_key(self.page)
        found: tuple[tuple[FilterName, str | None], ...] = (
            ("date", date or None),
            ("page", page),
            ("kind", self.kind),
            ("reporter", self.reporter),
            ("photographer", self.photographer),
            ("source", self.source),
        )
        return tuple((name, value) for name, value in found if value is not None)


def filter_of(
    first: str | None = None,
    last: str | None = None,
    page: str | None = None,
    kind: str | None = None,
    reporter: str | None = None,
    source: str | None = None,
    *,
    dates: Sequence[str] | None = None,
) -> Filter | None:
    """The filter that a command line names, None where it names none.

    :param first: a day (2026-01-31, 2026年1月31日), or a month or year, of which it takes the first day.
    :param last: the same, of which it takes the last day.
    :param dates: what an error calls the two; None for the command line's switches.
    :raises InputError: if a date is none, or `Filter` refuses the rest.
    """
    dates = ("--from", "--to") if dates is None else dates
    wanted = Filter(
        None if first is None else _day(dates[0], first, end=False),
        None if last is None else _day(dates[1], last, end=True),
        page,
        kind,
        reporter,
        source=source,
    )
    return None if wanted.empty else wanted


def _day(option: str, text: str, end: bool) -> datetime.date:
    found = _DAY.fullmatch(fold(text).strip())
    try:
        if found is None:
            raise ValueError
        year, month, day = int(found[1]), found[2], found[3]
        known_month = int(month) if month else (12 if end else 1)
        known_day = int(day) if day else (calendar.monthrange(year, known_month)[1] if end else 1)
        return datetime.date(year, known_month, known_day)
    except ValueError:  # no date by its form, or no day of the calendar
        raise InputError(
            f"{option} is {text!r}, which is no date; give a day, month or year such as 2026-01-31, 2026-01 or 2026."
        ) from None


@dataclass(frozen=True, slots=True)
class Selected:
    """What a question is asked of: `question` without the words of its filters, the rows that pass them, and these.

    `rows` are int64, ascending; None where there is no filter.
    """

    question: str
    rows: Rows | None
    filters: tuple[Applied, ...]


def select(
    question: str,
    asked: Sequence[tuple[Filter, str]],
    passages: Sequence[Passage],
    articles: Mapping[str, Article],
    pages: Mapping[str, Page],
) -> Selected:
    """The rows that pass all filters.

    :param asked: each filter with the words of the question that it was understood from, "" where it was given.
    :param passages: row i is passage i; `articles` by id, `pages` by source.
    """
    if all(wanted.empty for wanted, _ in asked):
        return Selected(question, None, ())
    by_page = {source: all(wanted._page(page) for wanted, _ in asked) for source, page in pages.items()}
    by_article = {name: all(wanted._article(article) for wanted, _ in asked) for name, article in articles.items()}
    rows = [
        row
        for row, passage in enumerate(passages)
        if by_page[passage.source]
        and by_article[passage.article_id]
        and all(wanted._kind(articles[passage.article_id], passage) for wanted, _ in asked)
    ]
    undated = {source for source, page in pages.items() if issue_day(page.date) is None}
    unpaged = {source for source, page in pages.items() if page.page is None}

    def unknown(name: FilterName) -> int:
        without = {"date": undated, "page": unpaged}.get(name, set())
        return sum(passage.source in without for passage in passages) if without else 0

    applied = tuple(
        Applied(name, value, words, unknown(name)) for wanted, words in asked for name, value in wanted.parts()
    )
    return Selected(question, np.array(rows, dtype=np.int64), applied)


def _name(name: str) -> str:
    """Names of two characters are often spaced out, and Latin ones come in either case."""
    return "".join(fold(name).split())
