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

_DAYS_BACK = 300
_LEAP_YEAR = 2000  # stands in for an unknown year, to check what is printed
_LEAP = datetime.date(_LEAP_YEAR, 1, 31)


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


def _calendar(match: re.Match[str], context: Context) -> Period:
    """A date of years, quarters, months and days."""
    groups = match.groupdict()
    if not any(groups.get(name) for name in ("y", "ry", "ay")):
        year, dated = _unsaid_year(groups, context)
    else:
        year, dated = _said_year(match, context), groups["y"] is not None or groups["ay"] is not None
    if groups.get("same"):
        return _year_before(year, context)
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
    before, ahead = context.before, words.THAT_YEAR.get(match["ay"])
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
            return _ordered(last.replace(day=number(get("d0") or day)), last, "day")
        if part := get("mp"):
            return _part_of_month(year, month, part)
        from_month = number(get("m0") or month_text)
        end = month_end(year + (from_month > month), month)
        return Period(datetime.date(year, from_month, 1), end, "month")
    if half := get("h"):
        return _months(year, 1 if half == "上" else 7, 6, "half")
    if get("q1"):
        return _months(year, 1, 3, "quarter")
    if quarter := get("q"):
        return _months(year, number(quarter) * 3 - 2, 3, "quarter")
    if quarters := get("qs"):
        return _months(year, 1, number(quarters) * 3, "quarter")
    if edge := get("yp"):
        return _months(year, 1 if edge == "初" else 12, 1, "around")
    from_year = number(get("y0") or str(year))
    return _ordered(datetime.date(from_year, 1, 1), datetime.date(year, 12, 31), "year")


def _months(year: int, month: int, count: int, precision: Precision) -> Period:
    return Period(datetime.date(year, month, 1), month_end(year, month + count - 1), precision)


def _ordered(first: datetime.date, last: datetime.date, precision: Precision) -> Period:
    if first > last:
        raise ValueError(f"{first} comes after {last}")
    return Period(first, last, precision)


def _part_of_month(year: int, month: int, part: str) -> Period:
    end = month_end(year, month)
    first, last = {"上": (1, 10), "初": (1, 10), "中": (11, 20)}.get(part[0], (21, end.day))
    return Period(end.replace(day=first), end.replace(day=last), "day" if part.endswith("旬") else "around")


def _year_before(year: int | None, context: Context) -> Period:
    """去年同期: the period of the date before, a year earlier; the whole year where that is not said."""
    before = context.before
    if before is None or before.first is None or before.last is None or before.precision in ("day", "around"):
        return Period(None, None, "around") if year is None else _months(year, 1, 12, "around")
    last = months_from(before.last, -12)
    return Period(months_from(before.first, -12), month_end(last.year, last.month), before.precision)


def _iso(match: re.Match[str], context: Context) -> Period:
    day = datetime.date(int(match["y"]), int(match["m"]), int(match["d"]))
    return Period(day, day, "day", dated=True)


def _near_month(match: re.Match[str], context: Context) -> Period:
    issue = _LEAP if context.issue is None else context.issue
    month = months_from(issue.replace(day=1), words.WEEKS[match["w"]])
    if match["d"]:
        day = month.replace(day=number(match["d"]))
        period = Period(day, day, "day")
    elif match["mp"]:
        period = _part_of_month(month.year, month.month, match["mp"])
    else:
        period = _months(month.year, month.month, 1, "month")
    return _known(period, context)


def _near_day(match: re.Match[str], context: Context) -> Period:
    issue = _LEAP if context.issue is None else context.issue
    day = issue + datetime.timedelta(words.DAYS[match["w"] or match["v"]])
    return _known(Period(day, day, "day"), context)


def _week(match: re.Match[str], context: Context) -> Period:
    issue = _LEAP if context.issue is None else context.issue
    monday = issue + datetime.timedelta(7 * words.WEEKS[match["w"]] - issue.weekday())
    first, last = (5, 6) if match["end"] else (0, 6)
    if match["d"]:
        first = last = words.WEEKDAYS[match["d"]]
    return _known(Period(monday + datetime.timedelta(first), monday + datetime.timedelta(last), "day"), context)


def _span(match: re.Match[str], context: Context) -> Period:
    """:raises ValueError: if the span is not said to end at the issue: 三年, 半天前."""
    issue = _LEAP if context.issue is None else context.issue
    way, unit, half = match["way"], match["unit"], match["n"] == "半"
    count = 0 if half else number(match["n"])
    if (not way and not match["past"]) or (half and unit not in ("年", "个月")) or (not half and count == 0):
        raise ValueError(f"{match.group()} is no date")
    if unit in ("年", "个月") and not (half and unit == "个月"):
        months = 6 if half else count * (12 if unit == "年" else 1)
        then = months_from(issue, -months)
    else:
        days = 15 if half else count * (1 if unit == "天" else 7)
        then = issue - datetime.timedelta(days)
    if not way.endswith("前"):
        period = Period(then, issue, "around")
    elif unit == "天":
        period = Period(then, then, "day")
    elif unit == "年" and not half:
        period = _months(then.year, 1, 12, "around")
    elif unit == "个月" or half:
        period = _months(then.year, then.month, 1, "around")
    else:
        monday = then - datetime.timedelta(then.weekday())
        period = Period(monday, monday + datetime.timedelta(6), "around")
    return _known(period, context)


def _around(match: re.Match[str], context: Context) -> Period:
    issue = _LEAP if context.issue is None else context.issue
    days = 14 if match.group() in ("近日", "日前") else 7
    return _known(Period(issue - datetime.timedelta(days), issue, "around"), context)


def _edge(match: re.Match[str], context: Context) -> Period:
    issue = _LEAP if context.issue is None else context.issue
    if match["m"]:
        return _known(_part_of_month(issue.year, issue.month, match["m"]), context)
    return _known(_months(issue.year, 1 if match["y"] == "初" else 12, 1, "around"), context)


def _day(match: re.Match[str], context: Context) -> Period:
    """A day of the month named before in the sentence; else the last such day, if 20 days back at most, or the next."""
    before, issue = context.before, context.issue
    start = number(match["d0"] or match["d"])
    length = datetime.timedelta(number(match["d1"] or match["d0"] or match["d"]) - start)
    if not 1 <= start <= 31 or length.days < 0:
        raise ValueError(f"{match.group()} is no day of a month")
    if before is not None and before.last is not None and before.precision in ("day", "month"):
        day = before.last.replace(day=start)
        return Period(day, day + length, "day", before.dated)
    if issue is None:
        return Period(None, None, "day")
    days = []
    for months in (-1, 0, 1):
        month = months_from(issue.replace(day=1), months)
        if start <= month_end(month.year, month.month).day:
            days.append(month.replace(day=start))
    past = [day for day in days if 0 <= (issue - day).days <= 20]
    coming = [day for day in days if day >= issue]
    chosen = coming[0] if coming and (context.ahead or not past) else past[-1]
    return Period(chosen, chosen + length, "day")


def _known(period: Period, context: Context) -> Period:
    """The period; without days where the issue that it is counted from is not known."""
    return period if context.issue is not None else Period(None, None, period.precision)


RULES: Final[tuple[tuple[re.Pattern[str], Resolver], ...]] = (
    (words.DATED, _calendar),
    (words.UNDATED, _calendar),
    (words.ISO, _iso),
    (words.NEAR_MONTH, _near_month),
    (words.NEAR_DAY, _near_day),
    (words.WEEK, _week),
    (words.SPAN, _span),
    (words.AROUND, _around),
    (words.EDGE, _edge),
    (words.DAY, _day),
)
