"""What a date means that is told from the issue: 昨天, 上周五, 本月底, 三年来, 近日, 年底, 3日上午.

Each function takes a match of the pattern of its name in `corpus.date_words`; the rules are listed in `corpus.dates`.
"""

from __future__ import annotations

import datetime
import re
from typing import Final

from corpus import date_words as words
from corpus.date_periods import Context, Period, part_of_month, whole_months
from corpus.date_words import month_end, months_from, number

_ANY_ISSUE: Final = datetime.date(2000, 1, 31)  # stands in for an unknown issue, to check what is printed


def near_month(match: re.Match[str], context: Context) -> Period:
    issue = _ANY_ISSUE if context.issue is None else context.issue
    month = months_from(issue.replace(day=1), words.WEEKS[match["w"]])
    if match["d"]:
        day = month.replace(day=number(match["d"]))
        period = Period(day, day, "day")
    elif match["mp"]:
        period = part_of_month(month.year, month.month, match["mp"])
    else:
        period = whole_months(month.year, month.month, 1, "month")
    return _known(period, context)


def near_day(match: re.Match[str], context: Context) -> Period:
    issue = _ANY_ISSUE if context.issue is None else context.issue
    day = issue + datetime.timedelta(words.DAYS[match["w"] or match["v"]])
    return _known(Period(day, day, "day"), context)


def week(match: re.Match[str], context: Context) -> Period:
    issue = _ANY_ISSUE if context.issue is None else context.issue
    monday = issue + datetime.timedelta(7 * words.WEEKS[match["w"]] - issue.weekday())
    first, last = (5, 6) if match["end"] else (0, 6)
    if match["d"]:
        first = last = words.WEEKDAYS[match["d"]]
    return _known(Period(monday + datetime.timedelta(first), monday + datetime.timedelta(last), "day"), context)


def span(match: re.Match[str], context: Context) -> Period:
    """:raises ValueError: if the span is not said to end at the issue: 三年, 半天前."""
    issue = _ANY_ISSUE if context.issue is None else context.issue
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
        period = whole_months(then.year, 1, 12, "around")
    elif unit == "个月" or half:
        period = whole_months(then.year, then.month, 1, "around")
    else:
        monday = then - datetime.timedelta(then.weekday())
        period = Period(monday, monday + datetime.timedelta(6), "around")
    return _known(period, context)


def around(match: re.Match[str], context: Context) -> Period:
    issue = _ANY_ISSUE if context.issue is None else context.issue
    days = 14 if match.group() in ("近日", "日前") else 7
    return _known(Period(issue - datetime.timedelta(days), issue, "around"), context)


def edge(match: re.Match[str], context: Context) -> Period:
    issue = _ANY_ISSUE if context.issue is None else context.issue
    if match["m"]:
        return _known(part_of_month(issue.year, issue.month, match["m"]), context)
    return _known(whole_months(issue.year, 1 if match["y"] == "初" else 12, 1, "around"), context)


def day(match: re.Match[str], context: Context) -> Period:
    """A day of the month named before in the sentence; else the last such day, if 25 days back at most, or the next."""
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
    for away in (-1, 0, 1):
        month = months_from(issue.replace(day=1), away)
        if start <= month_end(month.year, month.month).day:
            days.append(month.replace(day=start))
    past = [day for day in days if 0 <= (issue - day).days <= 25]
    coming = [day for day in days if day >= issue]
    chosen = coming[0] if coming and (context.ahead or not past) else past[-1]
    return Period(chosen, chosen + length, "day")


def _known(period: Period, context: Context) -> Period:
    """The period; without days where the issue that it is counted from is not known."""
    return period if context.issue is not None else Period(None, None, period.precision)
