"""Where printed text stands on the sheets of a file with a layout (PDF, scanned images)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence

from corpus.records import Page, Region, Span

Box = tuple[float, float, float, float]
_LINE_GAP = 1.5
"""The widest gap between two lines of one block, in heights of a line."""


def regions_of(page: Page, spans: Iterable[Span]) -> list[Region]:
    """The places of the text at `spans`: one box around each run of lines that stand below each other on one sheet.

    A column break begins a new box, so that no box covers text between two columns. In the order of the text; empty
    for a page without a layout. A line that a span touches counts whole, since where its characters stand is not known;
    `start` and `end` are the part of the page's text that the box's lines hold.
    """
    wanted = sorted(spans)
    touched = [
        (n, region)
        for n, region in enumerate(page.regions)
        if any(a < region.end and region.start < b for a, b in wanted)
    ]
    return list(_runs(touched))


def sheets_of(page: Page, spans: Iterable[Span]) -> list[int]:
    """The sheets of the file, from 1, on which the text at `spans` stands, in order."""
    return sorted({region.sheet for region in regions_of(page, spans)})


def _runs(regions: Sequence[tuple[int, Region]]) -> Iterator[Region]:
    """Neighbours in the page's own order that also stand together, as one; with the number of each in that order."""
    whole: Region | None = None
    last: tuple[int, Region] | None = None
    for n, region in regions:
        if whole is not None and last is not None and n == last[0] + 1 and _next_line(last[1], region):
            whole = dataclasses.replace(whole, end=region.end, box=_union(whole.box, region.box))
        else:
            if whole is not None:
                yield whole
            whole = region
        last = n, region
    if whole is not None:
        yield whole


def _next_line(last: Region, region: Region) -> bool:
    """Whether `region` stands on the line of `last` or on the one below it, on the same sheet."""
    left, top, right, bottom = last.box
    left2, top2, right2, bottom2 = region.box
    height = max(min(bottom - top, bottom2 - top2), 1e-6)
    if last.sheet != region.sheet:
        return False
    if min(bottom, bottom2) - max(top, top2) >= height / 2:  # one line: the next piece of it
        return left2 - right < 2 * height
    return top2 > top and top2 - bottom <= _LINE_GAP * height and min(right, right2) > max(left, left2)


def _union(a: Box, b: Box) -> Box:
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])
