"""Recognised lines cut at white space, and put together again where that is no gutter between columns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from corpus.formats.printed import TITLE, Box, Line, is_wide, union

Quad = Sequence[tuple[float, float]]
"""Upper left, upper right, lower right and lower left corner, in pixels."""

Found = tuple[Line, float]
"""A line, and the confidence of its recognition, 0 to 1."""

_SPACE = 0.6  # from this gap, in heights of a character, white space parts a line; from twice that beside punctuation
_WIDEST = 2.5  # ems of white space that a line may have inside it, as between the names of a byline
_APART = 1.2  # ems between a line and the next one of the same column


def pieces_of(quad: Quad, text: str, chars: Sequence[tuple[str, float, Quad]]) -> list[tuple[Quad, str]]:
    """A recognised line in the pieces between which white space of a character's width is printed.

    Recognition takes lines on both sides of a narrow gutter for one, and drops wide spaces, as those between the names
    of a byline; the layout tells the one from the other.

    :param chars: character, confidence and corners of each that is not blank.
    """
    if "".join(char for char, _, _ in chars) != "".join(text.split()):
        return [(quad, text)]
    out: list[tuple[Quad, str]] = []
    if not chars:
        return [(quad, text)]
    left, piece = (quad[0], quad[3]), ""
    rest = iter(text)
    for n, (char, _, corners) in enumerate(chars):
        blank = ""
        while (printed := next(rest)).isspace():
            blank = printed
        if n:
            last, _, before = chars[n - 1]
            letters = last.isalnum() and char.isalnum() and (is_wide(last) or is_wide(char))
            gap = math.dist(before[1], corners[0]) / max(1.0, math.dist(corners[0], corners[3]))
            if gap >= (_SPACE if letters else 2 * _SPACE):
                out.append(([left[0], before[1], before[2], left[1]], piece))
                left, piece, blank = (corners[0], corners[3]), "", ""
        piece += blank + char
    # The last character says better than the line's own box where it ends: that may reach into the next column.
    _, _, end = chars[-1]
    out.append(([left[0], end[1], end[2], left[1]], piece))
    return out


def rejoined(found: Sequence[Found], em: float) -> list[Found]:
    """Pieces beside each other become one line, with a space between, where the next line runs on below the space.

    White space between a byline's names or after 本报讯 is as wide as a gutter, and the layout would see columns in it.
    A gutter goes on below. Where nothing is printed below, what is above tells. The confidence is that of the worse.

    >>> def line(text, left, top, right):
    ...     return Line(text, (left, top, right, top + 10), 10, (left, top, right, top + 10)), 0.9
    >>> below = [line("四个长的字", 0, 15, 50), line("右栏也有字", 60, 15, 110)]
    >>> [text.text for text, _ in rejoined([line("记者", 0, 0, 20), line("某某", 30, 0, 50), *below], 10)]
    ['四个长的字', '右栏也有字', '记者 某某']
    """
    rows = sorted(found, key=lambda one: -one[0].box[1])
    out: list[Found] = []
    # From the bottom up, so that the line below is whole when it is asked.
    while rows:
        low = rows[0][0].box[1]
        row = sorted((one for one in rows if low - one[0].box[1] < 0.4 * em), key=lambda one: one[0].box[0])
        above = rows[len(row) :]
        whole: list[Found] = row[:1]
        for one in row[1:]:
            before, sure = whole[-1]
            if _belong(before, one[0], out, above, em):
                whole[-1] = (_join(before, one[0]), min(sure, one[1]))
            else:
                whole.append(one)
        out.extend(whole)
        rows = above
    return out


def _belong(left: Line, right: Line, below: Sequence[Found], above: Sequence[Found], em: float) -> bool:
    """Whether two lines beside each other are pieces of one."""
    gap = (left.box[2], right.box[0])
    alike = abs(left.size - right.size) <= 0.05 * em and abs(left.box[1] - right.box[1]) <= 0.3 * em
    if not alike or not -em < gap[1] - gap[0] < _WIDEST * em or left.size >= TITLE * em:
        return False
    low, high = max(left.box[3], right.box[3]), min(left.box[1], right.box[1])
    under = [line.box for line, _ in below if line.size < TITLE * em and -0.4 < (line.box[1] - low) / em < _APART]
    if any(_beside(box, left.box, right.box) for box in under):
        return any(_spans(box, gap, em) for box in under)
    return any(
        _spans(line.box, gap, em)
        for line, _ in above
        if line.size < TITLE * em and -0.4 < (high - line.box[3]) / em < _APART
    )


def _beside(box: Box, left: Box, right: Box) -> bool:
    """Whether a box lies in the columns of two others."""
    return box[0] < right[2] and box[2] > left[0]


def _spans(box: Box, gap: tuple[float, float], em: float) -> bool:
    """Whether a box reaches well beyond white space on both sides: recognition is not quite sure where that is."""
    return box[0] < min(gap) - 0.3 * em and box[2] > max(gap) + 0.3 * em


def _join(left: Line, right: Line) -> Line:
    return replace(
        left, text=f"{left.text} {right.text}", box=union([left.box, right.box]), place=union([left.place, right.place])
    )
