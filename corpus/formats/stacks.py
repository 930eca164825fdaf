"""Columns below a headline that spans them: the rows of a region that have a gutter in common.

Where nothing cuts a region from top to bottom, it is because something in it spans several columns. What is above and
below that has its own columns; they are found row by row, as the tallest stack of rows that share white space.
"""

from __future__ import annotations

from itertools import pairwise

from corpus.formats.printed import TITLE
from corpus.formats.white_space import (
    GUTTER,
    Item,
    Strip,
    gaps_along,
    gaps_of_row,
    height,
    hull,
    is_gutter,
    share,
)


def cut_out_columns(rows: list[list[Item]], em: float) -> list[list[Item]]:
    """What is above, the tallest stack of rows with a gutter in common, and what is below.

    A stack does not begin or end where body text runs on, nor below a headline that stands beside something else: that
    would part headlines from their articles.
    """
    left, right = hull([item for row in rows for item in row])[0::2]
    strips = [gaps_of_row(row, left, right) for row in rows]
    ends = [not _is_headline_beside(above, em) and not _runs_on(above, below, em) for above, below in pairwise(rows)]
    whole = [True, *ends, True]  # whole[n]: whether a cut above row n parts nothing
    best: tuple[float, int, int] = (0.0, 0, 0)
    start = 0
    while start < len(rows):
        common, end = strips[start], start + 1
        while end < len(rows) and (narrower := share(common, strips[end], GUTTER * em)):
            common, end = narrower, end + 1
        reach = end
        if end < len(rows):
            end = _without_title(rows, start, end, em)
        first, last = start, end
        while first < last and not whole[first]:
            first += 1
        while last > first and last < len(rows) and (not whole[last] or _is_title(rows[last - 1], em)):
            last -= 1
        # What parts text that runs on has to be twice as tall to be believed.
        for a, b, trust in ((first, last, 1.0), (start, end, 0.5)):
            stack = [item for row in rows[a:b] for item in row]
            if b - a < len(rows) and any(is_gutter(stack, strip, em) for strip in common):
                best = max(best, (trust * height(stack), a, b))
        start = max(start + 1, _restart(strips, start, reach, GUTTER * em))
    if not best[0]:
        return [[item for row in rows for item in row]]
    parts = (rows[: best[1]], rows[best[1] : best[2]], rows[best[2] :])
    return [[item for row in part for item in row] for part in parts if part]


def _is_headline_beside(row: list[Item], em: float) -> bool:
    return any(item.line is not None and item.line.size >= TITLE * em for item in row) and any(
        high - low >= GUTTER * em for low, high in gaps_along(row)
    )


def _runs_on(above: list[Item], below: list[Item], em: float) -> bool:
    """Whether a line of body text has the next one right below it."""
    for item in above:
        for other in below:
            if item.line is None or other.line is None:
                continue
            sizes = sorted((item.line.size, other.line.size))
            across = min(item.box[2], other.box[2]) - max(item.box[0], other.box[0])
            if (
                sizes[1] < TITLE * em
                and sizes[1] <= 1.2 * sizes[0]
                and other.box[1] - item.box[3] <= 0.9 * em
                and across >= 0.5 * min(item.box[2] - item.box[0], other.box[2] - other.box[0])
            ):
                return True
    return False


def _restart(strips: list[list[Strip]], start: int, end: int, narrowest: float) -> int:
    """The first row from which a stack reaches over row `end`; `end` where none does."""
    if end >= len(strips):
        return end
    common, at = strips[end], end
    while at > start + 1 and (narrower := share(common, strips[at - 1], narrowest)):
        common, at = narrower, at - 1
    return at


def _without_title(rows: list[list[Item]], start: int, end: int, em: float) -> int:
    """The end of a stack without the headline that ends it: it belongs to what is below."""
    last = end
    while last > start + 1 and end - last < 4 and _is_title(rows[last - 1], em):
        last -= 1
    return last


def _is_title(row: list[Item], em: float) -> bool:
    return all(item.line is not None and item.line.size >= TITLE * em for item in row)
