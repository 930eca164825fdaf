"""Dates in printed text, and the days they mean in an issue of a known date.

    >>> day = datetime.date(2026, 4, 1)  # a Wednesday
    >>> [(m.first.isoformat(), m.last.isoformat()) for m in dates_in("昨天上午开工,11月6日至8日验收。", day)]
    [('2026-03-31', '2026-03-31'), ('2025-11-06', '2025-11-08')]

Rules, each for what newspapers leave unsaid:

- A month or a day without a year takes the year of a date with a printed year before it in the same sentence, if it
  is not earlier in the year (`2024年3月动工,10月投产`). Otherwise it is the last one that began on or before the issue,
  if that is at most 300 days back, and else the next one; where its clause speaks of what is to come (将, 计划 …) the
  next one comes first, if it is at most 300 days ahead.
- A quarter or a half without a year is one of the issue's year; in January to March one that has not begun is last
  year's, unless the clause speaks of what is to come.
- 同年, 当年 and 次年 lean on the last date with a printed year; 去年同期 is the period named before, a year earlier.
- 年底, 月初 and the like, 近日 (14 days), 三年来: the window is rough, and the precision says "around".

Without the issue's date only what is printed in full is resolved; the rest is found, with `first` and `last` None.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, get_args

from corpus import date_offsets as offsets
from corpus import date_words as words
from corpus.date_periods import Context, Period, Precision, Resolver, calendar, day_of, iso
from corpus.date_words import months_from
from corpus.fold import fold

_COARSER: Final = get_args(Precision)
_RULES: Final[tuple[tuple[re.Pattern[str], Resolver], ...]] = (
    (words.DATED, calendar),
    (words.UNDATED, calendar),
    (words.ISO, iso),
    (words.NEAR_MONTH, offsets.near_month),
    (words.NEAR_DAY, offsets.near_day),
    (words.WEEK, offsets.week),
    (words.SPAN, offsets.span),
    (words.AROUND, offsets.around),
    (words.EDGE, offsets.edge),
    (words.DAY, offsets.day),
)


@dataclass(frozen=True, slots=True)
class DateMention:
    """A printed date: `text[start:end]`, half-open, in characters of the text given.

    `first` and `last` are the first and the last day meant (the same for one day), or both None where the text alone
    does not say. `precision` is the unit in which they are stated: "day" also for a week or for `4月1日至3日`, whose
    bounds are days; "around" where the bounds are a rough window.
    """

    start: int
    end: int
    first: datetime.date | None
    last: datetime.date | None
    precision: Precision


def dates_in(text: str, issue: datetime.date | None) -> list[DateMention]:
    """The dates printed in `text`, in order, without overlaps.

    :param text: printed text; traditional characters, full-width digits and Chinese numerals are read as well.
    :param issue: the day on which the newspaper appeared, None where it is not known.
    """
    folded = _folded(text)
    out: list[DateMention] = []
    for start, end, period in _ranges(folded, issue):
        out.append(DateMention(start, end, period.first, period.last, period.precision))
    return out


def _folded(text: str) -> str:
    """The matching form; a digit in a ring or raised stays, since it is no part of a number."""
    return "".join(
        printed if char.isdecimal() and not printed.isdecimal() else char
        for printed, char in zip(text, fold(text), strict=True)
    )


def _ranges(text: str, issue: datetime.date | None) -> Iterator[tuple[int, int, Period]]:
    """Each date with its place; two with 至 or a dash between them as one."""
    held: tuple[int, int, Period] | None = None
    for start, end, period, to in _single(text, issue):
        if held is not None and to and (joined := _joined(held[2], period)) is not None:
            held = (held[0], end, joined)
            continue
        if held is not None:
            yield held
        held = (start, end, period)
    if held is not None:
        yield held


def _single(text: str, issue: datetime.date | None) -> Iterator[tuple[int, int, Period, bool]]:
    """Each date by itself, and whether it ends a range that the one before it begins."""
    found = sorted(
        ((m.start(), -m.end(), n, m) for n, (pattern, _) in enumerate(_RULES) for m in pattern.finditer(text)),
        key=lambda entry: entry[:3],
    )
    at = 0
    before: Period | None = None
    dated: Period | None = None
    for start, _, rule, match in found:
        if start < at:
            continue
        between = text[at:start]
        if before is not None and re.search("[。!?;\n]", between):
            before = None
        to = before is not None and words.TO_NEXT.fullmatch(between) is not None
        try:
            period = _RULES[rule][1](match, Context(issue, before, dated, to, _ahead(text, start, match.end())))
        except (ValueError, OverflowError):  # no day of the calendar, or no date at all
            continue
        before, at = period, match.end()
        dated = period if period.dated and period.last is not None else dated
        yield start, at, period, to
        while period.precision == "day" and (more := words.AFTER_DAY.match(text, at)) is not None:
            try:
                period = day_of(more, period)
            except ValueError:
                break
            before, at = period, more.end()
            first = more.end("to") if more["to"] else more.start() + 1
            yield first, at, period, more["to"] is not None
        if (now := words.TO_NOW.match(text, at)) is not None:
            at = now.end()
            yield now.start(), at, Period(issue, issue, period.precision), True


def _joined(left: Period, right: Period) -> Period | None:
    """The period from `left` to `right`; None where right does not come after left."""
    precision = max(left.precision, right.precision, key=_COARSER.index)
    if left.first is None or right.last is None:
        return Period(None, None, precision)
    first = left.first
    if right.dated and not left.dated and right.first is not None and first > right.first:
        first = months_from(first, 12 * (right.first.year - first.year))
        first = first if first <= right.first else months_from(first, -12)
    return Period(first, right.last, precision, right.dated) if first <= right.last else None


def _ahead(text: str, start: int, end: int) -> bool:
    before = re.split("[,。!?;:]", text[max(0, start - 25) : start])[-1]
    after = re.split("[,。!?;:]", text[end : end + 12])[0]
    return words.AHEAD.search(before) is not None or words.AHEAD.search(after) is not None
