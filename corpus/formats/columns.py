"""Lines printed somewhere on a sheet → reading order: what spans several columns first, then column by column.

The sheet is cut along its white space, again and again: the recursive XY-cut (Nagy & Seth 1984, "Hierarchical
representation of optically scanned documents"). Two things are added for newspapers. A cut follows a printed rule or
frame before white space. And where a headline over several columns leaves no white strip through the whole region, the
tallest stack of rows with a strip in common is taken out first, so that the columns of one article stay together (the
white-space columns of Breuel 2002, "Two geometric algorithms for layout analysis", found row by row).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from corpus.formats.printed import HEADLINE, TITLE, Box, Line, Sheet, area, meet
from corpus.formats.stacks import cut_out_columns
from corpus.formats.white_space import (
    Item,
    Strip,
    gaps_along,
    hull,
    is_gutter,
    lonely,
    rows_of,
    sections_of,
    side,
    sides,
)

_MOST_ROWS = 3000  # a group of more items is no newspaper page; it is read from top to bottom


@dataclass(frozen=True, slots=True)
class Column:
    """Lines that stand below one another, from top to bottom. `after_picture`: a picture is printed right above."""

    lines: tuple[Line, ...]
    after_picture: bool = False
    framed: int = 0  # which frame it is printed in, from 1; 0 for none


def reading_order(sheet: Sheet, em: float) -> list[Column]:
    """The sheet's lines in the order in which they are read, cut into columns.

    :param em: type size of the body text. Every line of `sheet.lines` is in exactly one column.
    """
    items = [Item(line.box, line) for line in sheet.lines] + [Item(box) for box in sheet.pictures]
    items = _framed(items, sheet.frames)
    out: list[Column] = []
    if not sheet.lines:
        return out
    frames = 0
    stack: list[tuple[list[Item], int]] = [(items, 0)]
    while stack:
        group, frame = stack.pop()
        parts = _cut(group, sheet.rules, em)
        if len(parts) > 1:
            stack.extend((part, frame) for part in reversed(parts))
            continue
        group.sort(key=lambda item: (item.box[1], item.box[0]))
        inner = next((n for n, item in enumerate(group) if item.inner), None)
        if inner is not None:
            frames += 1
            stack.extend([(group[inner + 1 :], frame), (group[inner].inner, frames), (group[:inner], frame)])
            continue
        out.extend(_columns(group, frame))
    return out


def _columns(group: list[Item], frame: int) -> list[Column]:
    """A group that is cut no further, parted at its pictures."""
    out: list[Column] = []
    lines: list[Line] = []
    picture = False
    for item in group:
        if item.line is not None:
            lines.append(item.line)
            continue
        if lines:
            out.append(Column(tuple(lines), picture, frame))
        lines, picture = [], True
    if lines:
        out.append(Column(tuple(lines), picture, frame))
    return out


def _framed(items: list[Item], frames: Sequence[Box]) -> list[Item]:
    """Items printed in a frame become one item, inner frames first; a frame that cuts through a line is none."""
    for frame in sorted(frames, key=lambda box: (box[2] - box[0]) * (box[3] - box[1])):
        inside = [item for item in items if _holds(frame, item.box)]
        crossed = any(
            not _holds(frame, item.box) and area(meet(frame, item.box)) > 0.2 * area(item.box) for item in items
        )
        if len(inside) > 1 and len(inside) < len(items) and not crossed:
            items = [item for item in items if not _holds(frame, item.box)] + [Item(frame, None, inside)]
    return items


def _cut(group: list[Item], rules: Sequence[Box], em: float) -> list[list[Item]]:
    """The group in parts, in reading order; itself alone where nothing cuts it."""
    if len(group) < 2 or len(group) > _MOST_ROWS:
        return [group]
    if parts := _cut_at_rule(group, rules, em):
        return parts
    rows = rows_of(group)
    gutters = [strip for strip in gaps_along(group) if is_gutter(group, strip, em)]
    if not gutters:
        return cut_out_columns(rows, em)
    if parts := _cut_at_headlines(rows, gutters, em):
        return parts
    widest = max(gutters, key=lambda g: round((g[1] - g[0]) / em, 1))
    return list(sides(group, widest))


def _cut_at_rule(group: list[Item], rules: Sequence[Box], em: float) -> list[list[Item]]:
    """Two parts, where a printed rule crosses the whole group and no item."""
    left, top, right, bottom = hull(group)
    for rule in rules:
        axis = 1 if rule[2] - rule[0] >= rule[3] - rule[1] else 0  # a lying rule cuts along y
        low, high = (left, right) if axis else (top, bottom)
        reach = min(rule[3 - axis], high) - max(rule[1 - axis], low)
        if reach < 0.9 * (high - low):
            continue
        at = (rule[axis] + rule[axis + 2]) / 2
        before = [item for item in group if item.box[axis + 2] <= at + 0.2 * em]
        after = [item for item in group if item.box[axis + 2] > at + 0.2 * em]
        if before and after and all(item.box[axis] >= at - 0.2 * em for item in after):
            return [before, after]
    return []


def _cut_at_headlines(rows: list[list[Item]], gutters: list[Strip], em: float) -> list[list[Item]]:
    """Two parts, where white space crosses all columns and headlines show that what is below is new.

    Either a headline or byline stands there in one column, with nothing beside it, or every column goes on with a
    headline or a picture. Body text has no such gaps. The gutters alone would join the columns above with those below.
    """
    sections = sections_of(rows, em)
    for n, section in enumerate(sections):
        above = [item for part in sections[:n] for item in part]
        below = [item for part in sections[n + 1 :] for item in part]
        if above and not lonely(above, gutters) and _all_new(section, gutters, em):
            return [above, section + below]
        lines = [item.line for item in section if item.line is not None]
        if len(lines) < len(section) or len(lines) > 5 or not lonely(section, gutters) or not below:
            continue
        if lonely(below, gutters):
            continue
        if not above:
            return [section, below]
        if max(line.size for line in lines) >= TITLE * em and not lonely(above, gutters):
            return [above, section + below]
    return []


def _all_new(section: list[Item], gutters: list[Strip], em: float) -> bool:
    """Whether every column of a section begins, at one height, with a headline or a picture, one headline at least."""
    tops: dict[int, Item] = {}
    for item in section:
        column = side(item, gutters)
        if column not in tops or item.box[1] < tops[column].box[1]:
            tops[column] = item
    sizes = [item.line.size for item in tops.values() if item.line is not None]
    heights = [item.box[1] for item in tops.values()]
    return (
        len(tops) > 1
        and bool(sizes)
        and min(sizes) >= HEADLINE * em
        and max(heights) - min(heights) <= 1.5 * em
        and not any(item.inner for item in tops.values())
    )


def _holds(outer: Box, inner: Box) -> bool:
    return area(meet(outer, inner)) >= 0.9 * area(inner)
