"""What a window's questions are asked with: filters, how many passages are listed, how sure an answer must be."""

from __future__ import annotations

import dataclasses
import datetime
import glob
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from corpus.issue import issue_day, page_key
from corpus.records import Page
from qa.chat.render import CARDS
from qa.cite import cite
from qa.filters import KINDS, Filter
from qa.plain import one_line
from qa.records import Reply

PASSAGES: Final = (3, CARDS, 10, 20)
THRESHOLDS: Final = (30, 50, 70, 90)
"""Confidence in per cent."""

LISTED: Final = 300
"""How many names or files are offered at most; others can be typed."""

_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class Settings:
    """As the window shows them. What is None is not asked for; `first` and `last` are days, `source` is a file's path.

    `threshold` is a confidence in per cent, None for the limits that come with Baowen.
    """

    first: datetime.date | None = None
    last: datetime.date | None = None
    page: str | None = None
    kind: str | None = None
    reporter: str | None = None
    source: str | None = None
    passages: int = CARDS
    threshold: int | None = None

    @property
    def where(self) -> Filter | None:
        """The filter to ask with; None where nothing is filtered."""
        source = None if self.source is None else glob.escape(self.source)
        wanted = Filter(self.first, self.last, self.page, self.kind, self.reporter, source=source)
        return None if wanted.empty else wanted

    @property
    def given(self) -> dict[str, str]:
        """What is not as usual, as `settings_of` takes it."""
        usual = Settings()
        names = (field.name for field in dataclasses.fields(self))
        return {name: str(getattr(self, name)) for name in names if getattr(self, name) != getattr(usual, name)}

    def without(self, name: str) -> Settings:
        """The same without one setting, "date" being both days; without all of them for ""."""
        plain = Settings()
        if not name:
            return plain
        names = ("first", "last") if name == "date" else (name,)
        known = {field.name for field in dataclasses.fields(self)}
        return dataclasses.replace(self, **{one: getattr(plain, one) for one in names if one in known})


def settings_of(given: Mapping[str, Any]) -> Settings:
    """The settings that a window sends. What cannot be one counts as not given; days in the wrong order are turned."""

    def text(name: str) -> str | None:
        value = given.get(name)
        line = one_line(value) if isinstance(value, str) and len(value) <= _LONGEST else ""
        return line or None

    def number(name: str, allowed: Collection[int]) -> int | None:
        value = text(name)
        return next((one for one in allowed if str(one) == value), None)

    first, last = (issue_day(text(name)) for name in ("first", "last"))
    if first is not None and last is not None and first > last:
        first, last = last, first
    kind, passages = text("kind"), number("passages", PASSAGES)
    return Settings(
        first=first,
        last=last,
        page=text("page"),
        kind=kind if kind in KINDS else None,
        reporter=text("reporter"),
        source=text("source"),
        passages=CARDS if passages is None else passages,
        threshold=number("threshold", THRESHOLDS),
    )


@dataclass(frozen=True, slots=True)
class Choices:
    """What pages have to choose from, each sorted; of names those that sign most, of files the first `LISTED`."""

    days: tuple[datetime.date, ...] = ()
    pages: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    reporters: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


def choices(pages: Collection[Page]) -> Choices:
    """What these pages have to choose from."""
    signed: Counter[str] = Counter()
    kinds: set[str] = set()
    for article in (article for page in pages for article in page.articles):
        signed.update({*article.reporters, *article.correspondents, *article.photographers})
        kinds.add(article.kind)
    days = {day for page in pages if (day := issue_day(page.date)) is not None}
    numbers = {page_key(page.page) for page in pages if page.page is not None}
    return Choices(
        tuple(sorted(days)),
        tuple(sorted(numbers, key=lambda one: (not one.isdigit(), len(one), one)))[:LISTED],
        tuple(kind for kind in KINDS if kind in kinds),
        tuple(sorted(name for name, _ in signed.most_common(LISTED))),
        tuple(sorted(page.source for page in pages)[:LISTED]),
    )


def held_to(reply: Reply, settings: Settings) -> Reply:
    """The reply as it is with the settings' threshold: an answer is withheld or, where it was, given after all."""
    if settings.threshold is None:
        return reply
    sure = reply.confidence * 100 >= settings.threshold
    if reply.answered and not sure:
        return dataclasses.replace(
            reply, answered=False, reason="not_stated", quote=None, answer=None, also=(), citation="",
            withheld=reply.quote,
        )  # fmt: skip
    if not reply.answered and sure and reply.withheld is not None:
        citation = cite(reply.hits[reply.withheld.hit])
        return dataclasses.replace(
            reply, answered=True, reason="", quote=reply.withheld, citation=citation, withheld=None
        )
    return reply
