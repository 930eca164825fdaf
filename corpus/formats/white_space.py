"""White space between printed things: rows, gutters and what stands on their sides."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from corpus.formats.printed import TITLE, Box, Line

Strip = tuple[float, float]
"""A strip of white space along x: where it begins and ends."""

GUTTER = 0.75  # narrowest strip between columns, in ems of the body text; one em is usual
LONE_GUTTER = 1.6  # the same where there are two lines at most


@dataclass(slots=True)
class Item:
    """A line, a picture (no line), or all that a frame holds (`inner`)."""

    box: Box
    line: Line | None = None
    inner: list[Item] = field(default_factory=list)


def rows_of(group: list[Item]) -> list[list[Item]]:
    """Items from top to bottom, in rows with white space through the whole group between them."""
    rows: list[list[Item]] = []
    bottom = float("-inf")
    for item in sorted(group, key=lambda item: item.box[1]):
        if item.box[1] >= bottom:
            rows.append([])
        rows[-1].append(item)
        bottom = max(bottom, item.box[3])
    return rows


def sections_of(rows: list[list[Item]], em: float) -> list[list[Item]]:
    """Rows put together where the white space between them is that of lines of body text."""
    hulls = [hull(row) for row in rows]
    gaps = [below[1] - above[3] for above, below in pairwise(hulls)]
    usual = sorted(gaps)[len(gaps) // 2] if gaps else 0.0
    out = [list(rows[0])]
    for gap, row in zip(gaps, rows[1:], strict=True):
        if gap > min(usual, em) + 0.5 * em:
            out.append([])
        out[-1].extend(row)
    return out


def lonely(items: list[Item], gutters: list[Strip]) -> bool:
    """Whether all items stand in one and the same column."""
    return len({side(item, gutters) for item in items}) <= 1


def side(item: Item, gutters: list[Strip]) -> int:
    """The number of the column that an item stands in, from 0."""
    return sum(item.box[0] >= gutter[1] - 1e-3 for gutter in gutters)


def gaps_of_row(row: list[Item], left: float, right: float) -> list[Strip]:
    """The same for one row, with the white space at both ends of its region."""
    inner = gaps_along(row)
    first, _, last, _ = hull(row)
    return [(left, first), *inner, (last, right)]


def gaps_along(items: list[Item]) -> list[Strip]:
    """The strips of white space between the items, from left to right, whatever their height."""
    out: list[Strip] = []
    end: float | None = None
    for low, high in sorted((item.box[0], item.box[2]) for item in items):
        if end is not None and low > end:
            out.append((end, low))
        end = high if end is None else max(end, high)
    return out


def share(some: list[Strip], others: list[Strip], narrowest: float) -> list[Strip]:
    """What two lists of strips, each from left to right, have in common, as far as it is wide enough.

    >>> share([(0, 10), (20, 30)], [(5, 22), (28, 40)], 2)
    [(5, 10), (20, 22), (28, 30)]
    """
    out: list[Strip] = []
    n = m = 0
    while n < len(some) and m < len(others):
        (a, b), (c, d) = some[n], others[m]
        if min(b, d) - max(a, c) >= narrowest:
            out.append((max(a, c), min(b, d)))
        n, m = (n + 1, m) if b <= d else (n, m + 1)
    return out


def is_gutter(group: list[Item], strip: Strip, em: float) -> bool:
    """Whether a strip of white space parts columns: items on its left stand beside items on its right.

    Where there are only two lines of body text about, white space has to be wider: it may be in a line, as between the
    names of a byline.
    """
    wide = (strip[1] - strip[0]) / em
    left, right = sides(group, strip)
    if wide < GUTTER or not left or not right:
        return False
    (_, top, _, bottom), (_, other_top, _, other_bottom) = hull(left), hull(right)
    begin, end = max(top, other_top), min(bottom, other_bottom)
    if end <= begin:
        return False
    near = [
        item
        for item in group
        if item.line is not None
        and item.line.size < TITLE * em
        and item.box[3] > begin - 3 * em
        and item.box[1] < end + 3 * em
    ]
    return wide >= LONE_GUTTER or len(near) < 2 or height(near) > 3 * em


def sides(group: list[Item], gutter: Strip) -> tuple[list[Item], list[Item]]:
    """What is on the left and on the right of a gutter."""
    middle = (gutter[0] + gutter[1]) / 2
    return (
        [item for item in group if item.box[0] < middle],
        [item for item in group if item.box[0] >= middle],
    )


def hull(items: list[Item]) -> Box:
    """The smallest box around items.

    :raises ValueError: if there are none.
    """
    return (
        min(item.box[0] for item in items),
        min(item.box[1] for item in items),
        max(item.box[2] for item in items),
        max(item.box[3] for item in items),
    )


def height(items: list[Item]) -> float:
    """From the upper edge of the highest to the lower edge of the lowest."""
    _, top, _, bottom = hull(items)
    return bottom - top
