"""What a printed date means: a match of one of the patterns of `corpus.date_words` → the days of the calendar.

The rules for what newspapers leave unsaid are listed in `corpus.dates`.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Literal

from corpus import date_words as words
from corpus.date_words import month_end, months_from, number

Precision = Literal["day", "month", "quarter", "half", "year", "around"]
"""The unit in which a period's bounds are stated, the finer first; "around" where they are a rough window."""

_PERIODS: Final = ("month", "quarter", "half", "year")
_DAYS_BACK: Final = 300
_LEAP_YEAR = 2000  # stands in for an unknown year, to check what is printed


@dataclass(frozen=True, slots=True)
class Period:
    """The days that a date means, both None where that is not known."""

    first: datetime.date | None
    last: datetime.date | None
    precision: Precision
    dated: bool = False  # whether its year is printed, or taken from one that is


@dataclass(frozen=True, slots=True)
class Context:
    """What is known where a date stands."""

    issue: datetime.date | None
    before: Period | None = None  # the date before this one in the sentence
    dated: Period | None = None  # the last date with a printed year in the text
    to: bool = False  # whether this is the end of a range that `before` begins
    ahead: bool = False  # whether the clause speaks of what is to come


Resolver = Callable[[re.Match[str], Context], Period]
"""Raises ValueError or OverflowError where the words are no date after all."""


def day_of(match: re.Match[str], before: Period) -> Period:
    """A further day of the month of `before`; `match` is one of `AFTER_DAY`.

    :raises ValueError: if the month has no such day.
    """
    if before.last is None:
        return before
    day = before.last.replace(day=number(match["d"]))
    return replace(before, first=day, last=day)


def calendar(match: re.Match[str], context: Context) -> Period:
    """A date of years, quarters, months and days."""
    groups = match.groupdict()
    if not any(groups.get(name) for name in ("y", "ry", "ay")):
        year, dated = _unsaid_year(groups, context)
    else:
        year, dated = _said_year(match, context), groups["y"] is not None or groups["ay"] is not None
    if groups.get("same"):
        return _same_period(groups, year, context)
    if year is None:
        return Period(None, None, _in_year(groups, _LEAP_YEAR).precision)
    return replace(_in_year(groups, year), dated=dated)


def _said_year(match: re.Match[str], context: Context) -> int | None:
    """:raises ValueError: if the number before 年 counts years: 近2000年, 1000年前."""
    if match["y"]:
        year = number(match["y"])
        around = match.string[max(0, match.start() - 1) : match.start()] in tuple("近约逾超达有")
        if year % 100 == 0 and (around or re.match("前|以?来|的?历史", match.string[match.end() :])):
            raise ValueError(f"{match.group()} counts years")
        return year
    if match["ry"]:
        return None if context.issue is None else context.issue.year + words.YEARS[match["ry"]]
    before, ahead = context.dated, words.THAT_YEAR.get(match["ay"])
    if ahead is None or before is None or before.first is None or before.last is None:
        return None
    return before.last.year + ahead if before.first.year == before.last.year else None


def _unsaid_year(groups: dict[str, str | None], context: Context) -> tuple[int | None, bool]:
    """The year of a date that is printed without one, and whether another date's printed year says it."""
    before, issue = context.before, context.issue
    if before is not None and before.last is not None and (context.to or before.dated):
        same = _in_year(groups, before.last.year)
        assert same.first is not None
        later = (same.first.year, same.first.month) >= (before.last.year, before.last.month)
        if context.to:
            return before.last.year + (0 if later or before.precision == "year" else 1), before.dated
        if later and before.precision in ("day", "month"):
            return before.last.year, True
    if issue is None:
        return None, False
    if groups.get("m") is None:
        first = _in_year(groups, issue.year).first
        assert first is not None
        return issue.year - (first > issue and issue.month <= 3 and not context.ahead), False
    days = []
    for year in (issue.year - 1, issue.year, issue.year + 1):
        try:
            first = _in_year(groups, year).first
        except ValueError:  # 29 February
            continue
        if first is not None:
            days.append((year, (first - issue).days, first.month == issue.month and first.day == 1))
    if not days:
        raise ValueError("no such day in the years around the issue")
    past = [year for year, distance, _ in days if -_DAYS_BACK <= distance <= 0]
    coming = [(year, distance) for year, distance, now in days if distance > 0 or (now and distance > -31)]
    if coming and context.ahead and coming[0][1] <= _DAYS_BACK:
        return coming[0][0], False
    if past or not coming:
        return past[-1] if past else days[0][0], False
    return coming[0][0], False


def _in_year(groups: dict[str, str | None], year: int) -> Period:
    """What is said beside the year, in that year.

    :raises ValueError: if there is no such day, month or quarter.
    """
    get = groups.get
    if month_text := get("m"):
        month = number(month_text)
        if day := get("d"):
            last = datetime.date(year, month, number(day))
            return ordered(last.replace(day=number(get("d0") or day)), last, "day")
        if part := get("mp"):
            return part_of_month(year, month, part)
        from_month = number(get("m0") or month_text)
        end = month_end(year + (from_month > month), month)
        return Period(datetime.date(year, from_month, 1), end, "month")
    if half := get("h"):
        return whole_months(year, 1 if half == "上" else 7, 6, "half")
    if get("q1"):
        return whole_months(year, 1, 3, "quarter")
    if quarter := get("q"):
        return whole_months(year, number(quarter) * 3 - 2, 3, "quarter")
    if quarters := get("qs"):
        return whole_months(year, 1, number(quarters) * 3, "quarter")
    if edge := get("yp"):
        return whole_months(year, 1 if edge == "初" else 12, 1, "around")
    from_year = number(get("y0") or str(year))
    return ordered(datetime.date(from_year, 1, 1), datetime.date(year, 12, 31), "year")


def whole_months(year: int, month: int, count: int, precision: Precision) -> Period:
    return Period(datetime.date(year, month, 1), month_end(year, month + count - 1), precision)


def ordered(first: datetime.date, last: datetime.date, precision: Precision) -> Period:
    if first > last:
        raise ValueError(f"{first} comes after {last}")
    return Period(first, last, precision)


def part_of_month(year: int, month: int, part: str) -> Period:
    end = month_end(year, month)
    first, last = {"上": (1, 10), "初": (1, 10), "中": (11, 20)}.get(part[0], (21, end.day))
    return Period(end.replace(day=first), end.replace(day=last), "day" if part.endswith("旬") else "around")


def _same_period(groups: dict[str, str | None], year: int | None, context: Context) -> Period:
    """去年同期, 2019年同期: the period of the date before in that year; the whole year where that is not said."""
    before = context.before
    if before is not None and before.first is not None and before.last is not None and before.precision in _PERIODS:
        years = -1 if year is None or groups["ry"] == "上年" else year - before.last.year
        if years < 0 or groups["y"]:
            last = months_from(before.last, 12 * years)
            first = months_from(before.first, 12 * years)
            return Period(first, month_end(last.year, last.month), before.precision, before.dated)
    return Period(None, None, "around") if year is None else whole_months(year, 1, 12, "around")


def iso(match: re.Match[str], context: Context) -> Period:
    day = datetime.date(int(match["y"]), int(match["m"]), int(match["d"]))
    return Period(day, day, "day", dated=True)
