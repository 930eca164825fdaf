"""Positioned characters → printed lines.

A file gives characters in the order in which they were drawn, which is mostly the order of a line, and seldom that of a
page. Characters drawn one after the other on one baseline make a run; runs that touch make a line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from corpus.formats.printed import Box, Line, is_wide, union

_DRAWN_TOGETHER = 1.2  # widest gap, in ems, inside what one drawing operation prints: tracked headlines
_DRAWN_APART = 0.5  # the same between two operations; a column gutter is wider
_BASELINE = 0.4  # how far, in ems, a baseline may move within a line: raised figures
_RATIO = 1.5  # how far type sizes may differ within a line
_WORD_GAP = 0.18  # from this gap, in ems, two Latin characters are of two words
_ASCENT = 0.88  # of the em square, above the baseline; the usual value of Chinese fonts


@dataclass(frozen=True, slots=True)
class Glyph:
    """A character where it is printed.

    `x`, `y` are the left end of its baseline and `right` where it ends, in a frame in which the text is upright and y
    grows downwards; `place` is its box on the sheet as shown. `drawn` numbers the drawing operation; `apart` says that
    the file's reader saw white space before it, though none was drawn.
    """

    char: str
    x: float
    y: float
    right: float
    size: float
    font: str
    drawn: int
    place: Box
    apart: bool = False


def lines_of(glyphs: Iterable[Glyph]) -> list[Line]:
    """The lines that the glyphs make, in no promised order. Every glyph that is not blank is in one of them.

    :param glyphs: in the order in which they were drawn, all upright in the same frame. A character drawn twice at one
        place (a shadow) is one printed character and is kept once.
    """
    runs = _upright(_runs(glyphs))
    stacked = [run for run in runs if len(run) > 1 and _is_stack(run)]
    rows = _touching([run for run in runs if not (len(run) > 1 and _is_stack(run))])
    return [_line(run) for run in (*rows, *stacked)]


def _runs(glyphs: Iterable[Glyph]) -> list[list[Glyph]]:
    runs: list[list[Glyph]] = []
    for glyph in glyphs:
        if runs and _goes_on(runs[-1][-1], glyph):
            runs[-1].append(glyph)
        else:
            runs.append([glyph])
    return [bare for run in runs if (bare := _bare(run))]


def _goes_on(last: Glyph, glyph: Glyph) -> bool:
    em = max(last.size, glyph.size)
    gap = glyph.x - last.right
    together = glyph.drawn == last.drawn or glyph.char.isspace() or last.char.isspace()
    return (
        abs(glyph.y - last.y) <= _BASELINE * em
        and -0.5 * em <= gap <= (_DRAWN_TOGETHER if together else _DRAWN_APART) * min(last.size, glyph.size)
        and em <= _RATIO * min(last.size, glyph.size)
    )


def _bare(run: list[Glyph]) -> list[Glyph]:
    """The run without blanks at its ends: an indent printed as blanks is an indent."""
    start, end = 0, len(run)
    while start < end and run[start].char.isspace():
        start += 1
    while end > start and run[end - 1].char.isspace():
        end -= 1
    return run[start:end]


def _upright(runs: list[list[Glyph]]) -> list[list[Glyph]]:
    """Runs with columns of single characters, three or more below one another, put together: vertical setting."""
    out: list[list[Glyph]] = []
    at = 0
    while at < len(runs):
        end = at + 1
        while end < len(runs) and _below(runs[end - 1], runs[end]):
            end += 1
        if end - at >= 3:
            out.append([run[0] for run in runs[at:end]])
        else:
            out.extend(runs[at:end])
        at = end
    return out


def _below(above: list[Glyph], run: list[Glyph]) -> bool:
    if len(above) != 1 or len(run) != 1 or not (is_wide(above[0].char) and is_wide(run[0].char)):
        return False
    em = above[0].size
    return abs(run[0].x - above[0].x) <= 0.3 * em and 0.7 * em <= run[0].y - above[0].y <= 1.8 * em


def _is_stack(run: list[Glyph]) -> bool:
    return abs(run[1].y - run[0].y) > 0.5 * run[0].size


def _touching(runs: list[list[Glyph]]) -> list[list[Glyph]]:
    """Runs that stand on one baseline and touch, put together; a run drawn twice, kept once."""
    rows: list[list[list[Glyph]]] = []
    for run in sorted(runs, key=lambda run: run[0].y):
        if rows and run[0].y - rows[-1][0][0].y <= 0.25 * min(run[0].size, rows[-1][0][0].size):
            rows[-1].append(run)
        else:
            rows.append([run])
    out: list[list[Glyph]] = []
    for row in rows:
        row.sort(key=lambda run: run[0].x)
        first = len(out)
        for run in row:
            if len(out) == first:
                out.append(run)
            elif not _is_shadow(out[-1], run):
                if _touches(out[-1], run):
                    out[-1] = [*out[-1], *run]
                else:
                    out.append(run)
    return out


def _touches(left: list[Glyph], right: list[Glyph]) -> bool:
    em = min(left[-1].size, right[0].size)
    gap = right[0].x - left[-1].right
    return -0.5 * em <= gap <= _DRAWN_APART * em and max(left[-1].size, right[0].size) <= _RATIO * em


def _is_shadow(run: list[Glyph], other: list[Glyph]) -> bool:
    return (
        len(run) == len(other)
        and all(a.char == b.char for a, b in zip(run, other, strict=True))
        and abs(run[0].x - other[0].x) <= 0.2 * run[0].size
    )


def _line(run: Sequence[Glyph]) -> Line:
    size = sorted(glyph.size for glyph in run)[len(run) // 2]
    stack = len(run) > 1 and _is_stack(list(run))
    fonts = [glyph.font for glyph in run if is_wide(glyph.char)]
    return Line(
        text="".join(glyph.char for glyph in run) if stack else _text(run),
        box=(
            min(glyph.x for glyph in run),
            run[0].y - _ASCENT * size,
            max(glyph.right for glyph in run),
            run[-1].y + (1 - _ASCENT) * size,
        ),
        size=size,
        place=union(glyph.place for glyph in run),
        font=max(set(fonts), key=lambda font: (fonts.count(font), font)) if fonts else "",
    )


def _text(run: Sequence[Glyph]) -> str:
    out = [run[0].char]
    for last, glyph in pairwise(run):
        if glyph.char.isspace():
            if not last.char.isspace():
                out.append(glyph.char)
            continue
        gap = glyph.x - last.right
        apart = glyph.apart or gap > _WORD_GAP * min(last.size, glyph.size)
        if apart and _is_latin(last.char) and _is_latin(glyph.char):
            out.append(" ")
        out.append(glyph.char)
    return "".join(out)


def _is_latin(char: str) -> bool:
    return not char.isspace() and not is_wide(char)
