"""The issue date and page number that a file's name or folder states."""

from __future__ import annotations

import datetime
import re

_DATE = re.compile(r"(?<!\d)(19\d\d|20\d\d)[-_.年]?(\d{1,2})[-_.月]?(\d{1,2})日?(?!\d)")
_PAGE = re.compile(r"第?(?<![A-Za-z0-9])([A-D]?\d{1,2})\s*版|(?:^|[_\-\s/第])([A-D]\d{2})(?![0-9A-Za-z])")


def date_and_page(name: str) -> tuple[str | None, str | None]:
    """The date (ISO 8601) and page that a path such as `2026-04-01/03版.txt` states; None where it states none.

    >>> date_and_page("20260401_01版.txt")
    ('2026-04-01', '1')
    """
    date = page = None
    for match in _DATE.finditer(name):
        try:
            date = datetime.date(*map(int, match.groups())).isoformat()
        except ValueError:
            continue
        name = name[: match.start()] + "_" + name[match.end() :]
        break
    if found := _PAGE.search(name.rsplit(".", 1)[0]):
        page = (found.group(1) or found.group(2)).lstrip("0") or None
    return date, page
