"""Filters in the words of an English question: in the January 2026 papers, on the front page, written by 许冰洲."""

from __future__ import annotations

import calendar
import datetime
import re
from collections.abc import Callable, Mapping
from typing import Final

from qa.filters import Filter

Found = tuple[int, int, Filter]
HeldYear = Callable[[datetime.date, datetime.date], tuple[datetime.date, datetime.date]]
"""The same part of a year of which an issue is held."""

_MONTHS: Final = {
    name.lower(): n
    for names in (calendar.month_name, calendar.month_abbr, ("",) * 9 + ("Sept",))
    for n, name in enumerate(names)
    if name
}
_MONTH: Final = "|".join(sorted(_MONTHS, key=len, reverse=True))
_NTH: Final = "(?:st|nd|rd|th)?"


def _date(n: str) -> str:
    """A day, month or year; its groups end in `n`, so that a pattern can hold it twice."""
    return (
        rf"(?:(?P<iso{n}>\d{{4}}-\d{{2}}-\d{{2}})|(?:(?P<d{n}>\d{{1,2}}){_NTH} (?:of )?)?(?P<m{n}>{_MONTH})\.?"
        rf"(?: (?P<e{n}>\d{{1,2}}){_NTH}(?!\d))?(?:,? (?P<y{n}>(?:19|20)\d{{2}}))?|(?P<z{n}>(?:19|20)\d{{2}}))"
    )


_PAPERS: Final = "(?:news ?)?(?:papers?|issues?|editions?)"
_ISSUE = re.compile(
    rf"\b(?:in|from|on|of|according to) the (?:{_date('0')}(?:'s)? {_PAPERS}"
    rf"|{_PAPERS} (?:of|from|for|in|dated) (?:the )?{_date('1')})\b,?\s*"
)
_PAGE = re.compile(
    r"\bon (?:the )?(?:(?P<front>front page)|page (?P<page>[a-z]?\d{1,2}))\b"
    rf"(?: of the {_PAPERS}\b)?(?! (?:of|in) )(?:,\s*)?"
)
_WRITTEN = re.compile(
    r"\b(?:(?:written|reported|filed) by (?:the )?(?:reporters? |journalists? |correspondents? )?|"
    r"by (?:the )?(?:reporter|journalist|correspondent)s? )"
)
_TAKEN = re.compile(
    r"\b(?:photographed by |(?:taken )?by (?:the )?photographer |taken by |(?<=photo )by |(?<=photos )by "
    r"|(?<=picture )by |(?<=pictures )by )"
)


def issue(text: str, held_year: HeldYear, latest: datetime.date) -> Found | None:
    """The date that names the paper, such as `in the papers of 1 April`.

    :param text: the question in lower case, as are those of the other functions.
    :param held_year: finds the year of a date that has none.
    :param latest: the last issue held; where none fits a date without a year, it is the last before this one.
    """
    match = _ISSUE.search(text)
    if match is None:
        return None
    found = {name[:-1]: value for name, value in match.groupdict().items() if value is not None}
    try:
        if "iso" in found:
            first = last = datetime.date.fromisoformat(found["iso"])
        elif "z" in found:
            first, last = datetime.date(int(found["z"]), 1, 1), datetime.date(int(found["z"]), 12, 31)
        elif "y" in found:
            first, last = _days(found, int(found["y"]))
        else:
            first, last = held_year(*_before(found, latest))
    except ValueError:  # no day of the calendar
        return None
    return match.start(), match.end(), Filter(first=first, last=last)


def _days(found: Mapping[str, str], year: int) -> tuple[datetime.date, datetime.date]:
    """The day or the month in that year.

    :raises ValueError: if it has no such day.
    """
    month, day = _MONTHS[found["m"]], found.get("d", found.get("e"))
    first = datetime.date(year, month, 1 if day is None else int(day))
    return first, first if day is not None else first.replace(day=calendar.monthrange(year, month)[1])


def _before(found: Mapping[str, str], latest: datetime.date) -> tuple[datetime.date, datetime.date]:
    for year in range(latest.year, latest.year - 8, -1):  # eight years hold a 29 February, also about 1900 and 2100
        try:
            first, last = _days(found, year)
        except ValueError:
            continue
        if first <= latest:
            return first, last
    raise ValueError(f"there is no day {dict(found)}")


def page(text: str) -> Found | None:
    """The page that the question names as a place to read."""
    match = _PAGE.search(text)
    if match is None:
        return None
    return match.start(), match.end(), Filter(page="1" if match["front"] else match["page"])


def signed(text: str, signers: Mapping[str, str], photographers: Mapping[str, str]) -> Found | None:
    """Who wrote it or took the picture; names as they are printed, by their folded form."""
    for pattern, names in ((_TAKEN, photographers), (_WRITTEN, signers)):
        for match in pattern.finditer(text):
            end = match.end()
            name = max((one for one in names if text.startswith(one, end)), key=len, default="")
            after = text[end + len(name) : end + len(name) + 1]
            if not name or (name.isascii() and after.isalnum()) or ("\u3400" <= after <= "\u9fff"):
                continue
            printed = names[name]
            wanted = Filter(photographer=printed) if pattern is _TAKEN else Filter(reporter=printed)
            return match.start(), end + len(name), wanted
    return None
