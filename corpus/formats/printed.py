"""What is printed on a sheet, before any order is known: lines, pictures, rules and frames, each with its place."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Box = tuple[float, float, float, float]
"""Left, top, right, bottom; y grows downwards."""

TITLE = 1.18  # a line this many times as large as the body text is no body text
HEADLINE = 1.4  # a title this many times as large heads an article; smaller ones are subheads


@dataclass(frozen=True, slots=True)
class Line:
    """A printed line, or a part of one.

    `box` is where the layout sees it: upright, y downwards, with the em square as height; `place` is where the reader
    sees it on the sheet. `size` is the type size, in the unit of `box`; `font` the face of its Chinese characters, or
    "" where that is unknown.
    """

    text: str
    box: Box
    size: float
    place: Box
    font: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is printed on one page of a file, in any order.

    `loose` are lines that run in another direction than the sheet's text; they are read last. `measured` says that type
    sizes are estimates from a picture. `top` and `bottom` are the sheet's edges, in the frame of the lines' boxes.
    `scanned`: its text is a picture, or letters without a meaning, and has to be recognised.
    """

    number: int
    top: float
    bottom: float
    lines: tuple[Line, ...]
    pictures: tuple[Box, ...] = ()
    rules: tuple[Box, ...] = ()
    frames: tuple[Box, ...] = ()
    loose: tuple[Line, ...] = ()
    measured: bool = False
    scanned: bool = False


def body_size(lines: Sequence[Line]) -> float:
    """The type size of the middle character, by size: that of body text; 0 where there are none."""
    left = sum(len(line.text) for line in lines) / 2
    for line in sorted(lines, key=lambda line: line.size):
        left -= len(line.text)
        if left <= 0:
            return line.size
    return 0.0


def union(boxes: Iterable[Box]) -> Box:
    """The smallest box around boxes.

    :raises ValueError: if there are none.
    """
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def area(box: Box) -> float:
    """Zero where the box is turned inside out."""
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])


def meet(a: Box, b: Box) -> Box:
    """What two boxes have in common; turned inside out where that is nothing."""
    return max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])


def is_wide(char: str) -> bool:
    """Whether a character takes a whole em, as Chinese ones do."""
    return unicodedata.east_asian_width(char) in "WF"
