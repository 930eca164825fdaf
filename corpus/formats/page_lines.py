"""Page headers and footers: rows at a sheet's edges that hold a date, a page number or an imprint."""

from __future__ import annotations

import re
from collections.abc import Iterable

from corpus.formats.printed import TITLE, Line, Sheet

_PAGE_LINE = re.compile(
    r"^[^。,，]{0,30}(?:19|20)\d\d\s*[年.\-/]\s*\d{1,2}\s*[月.\-/]\s*\d{1,2}"
    r"(?:\s*日?\s*(?:星期|农历|第)|\s*日?[^。,，]{0,12}$)"
    r"|^(?:第?\s*[A-Z]?\d{1,3}\s*版[^。,，]{0,12}|[^。,，]{0,8}\s[A-Z]?\d{1,3}\s*版)$"
    r"|^[-—–·\s]*\d{1,4}[-—–·\s]*$"
)
_IMPRINT = re.compile(r"^(?:责任编辑|责编|编辑|美编|版式|校对|本版)")
_HEAD_SHARE, _FOOT_SHARE = 0.12, 0.06  # of the sheet's height, where its page lines stand


def page_lines(sheet: Sheet, em: float) -> tuple[tuple[Line, ...], tuple[Line, ...], tuple[Line, ...]]:
    """Page header, text and page footer: rows at the upper and lower edge that hold a date, page number or imprint."""
    rows = printed_rows(sheet.lines)
    head = foot = 0
    for n, row in enumerate(rows[:-1]):
        if row[0].box[1] > sheet.top + _HEAD_SHARE * (sheet.bottom - sheet.top) or any(
            len(line.text) > 60 or "。" in line.text for line in row
        ):
            break
        if any(_PAGE_LINE.search(line.text) and line.size < TITLE * em for line in row):
            head = n + 1
    while foot < len(rows) - head - 1:
        row = rows[-1 - foot]
        low = max(line.box[3] for line in row) >= sheet.bottom - _FOOT_SHARE * (sheet.bottom - sheet.top)
        if not low or not all(_PAGE_LINE.search(line.text) or _IMPRINT.match(line.text) for line in row):
            break
        foot += 1
    text = rows[head : len(rows) - foot]
    return _flat(rows[:head]), _flat(text), _flat(rows[len(rows) - foot :])


def _flat(rows: list[list[Line]]) -> tuple[Line, ...]:
    return tuple(line for row in rows for line in row)


def printed_rows(lines: Iterable[Line]) -> list[list[Line]]:
    """Lines that stand beside one another, from left to right; the rows from top to bottom."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: (line.box[1] + line.box[3], line.box[0])):
        middle = (line.box[1] + line.box[3]) / 2
        if rows and middle <= max(other.box[3] for other in rows[-1]) - 0.15 * line.size:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [sorted(row, key=lambda line: line.box[0]) for row in rows]
