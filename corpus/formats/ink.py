"""What the pixels of a scanned page say that text recognition does not: how high letters are, where photos are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from corpus.formats.printed import Box

if TYPE_CHECKING:
    from PIL.Image import Image

INK = 0.93  # height of a line of Chinese characters' ink, in ems
_BLANK = 0.02  # of a row of pixels may be dark: specks
_REACH = 0.2  # how far ink may reach beyond a recognised line's box, in heights of the box
_TILE = 0.5  # ems of body text; the side of the squares in which photos are looked for, at any resolution
_PHOTO = 5  # heights of a line of body text; a dark area that is smaller may be a letter


class Ink:
    """A page's dark pixels, sheared so that its lines lie level.

    Recognition's boxes are a tenth too high or too low, one this way and the next that way. That hides the difference
    between body text and a slightly larger subhead, and whether white space is printed between the two.
    """

    def __init__(self, image: Image, slope: float) -> None:
        """:param slope: pixels that the lines fall a pixel to the right."""
        import cv2
        import numpy as np

        grey = np.asarray(image.convert("L"))
        height, width = grey.shape
        self._slope = slope
        self._down = max(0.0, slope * width)  # so that nothing is pushed out at the top
        shear = np.array([[1.0, 0.0, 0.0], [-slope, 1.0, self._down]])
        size = (width, height + int(abs(slope) * width) + 1)
        level = cv2.warpAffine(grey, shear, size, borderValue=255)
        self._dark: Any = level < 0.6 * float(np.percentile(grey, 90))

    def rows(self, left: float, right: float, top: float, bottom: float) -> tuple[float, float] | None:
        """Where a line's ink begins and ends along y, or None where it runs into something else.

        `left` and `right` are in pixels of the picture, `top` and `bottom` and the result in those of the level page,
        y − slope · x.
        """
        high = bottom - top
        first = max(0, int(top + self._down - _REACH * high))
        window = self._dark[first : int(bottom + self._down + _REACH * high) + 1, max(0, int(left)) : int(right) + 1]
        if not window.size:
            return None
        inked = (window.mean(axis=1) >= _BLANK).tolist()
        # The middle of the line is taken as printed even where a row of it is blank.
        begin = int(top + 0.3 * high + self._down) - first
        end = min(len(inked), int(bottom - 0.3 * high + self._down) - first)
        while begin > 0 and inked[begin - 1]:
            begin -= 1
        while end < len(inked) and inked[end]:
            end += 1
        if begin <= 0 or end >= len(inked):
            return None  # a rule, a tint, the next line
        return first + begin - self._down, first + end - self._down

    def gap(self, left: float, right: float, top: float, bottom: float) -> tuple[float, float] | None:
        """The widest white space between `left` and `right` in a line, along x; None where nothing is white.

        Frames as in `rows`.
        """
        first, last = max(0, int(left)), int(right) + 1
        window = self._dark[max(0, int(top + self._down)) : int(bottom + self._down) + 1, first:last]
        best, start = (0, 0), 0
        for n, inked in enumerate([*(window.any(axis=0).tolist() if window.size else []), True]):
            if inked:
                best, start = max(best, (n - start, start)), n + 1
        return (float(first + best[1]), float(first + best[1] + best[0])) if best[0] else None


def photos(image: Image, slope: float, em: float) -> tuple[Box, ...]:
    """Areas without white paper in them, in the frame of the page held straight.

    They are found in squares: letters leave most of a square white, photos and tints next to nothing.
    """
    import cv2
    import numpy as np

    grey = np.asarray(image.convert("L"))
    tile = max(2, round(_TILE * em))  # pixels
    rows, columns = grey.shape[0] // tile, grey.shape[1] // tile
    if not rows or not columns:
        return ()
    squares = grey[: rows * tile, : columns * tile].reshape(rows, tile, columns, tile)
    paper = float(np.percentile(grey, 90)) * 0.85
    dark = ((squares > paper).mean(axis=(1, 3)) < 0.1).astype(np.uint8)
    _, _, found, _ = cv2.connectedComponentsWithStats(dark, connectivity=8)
    out: list[Box] = []
    for x, y, width, height, count in found[1:].tolist():
        if min(width, height) * tile >= _PHOTO * em and count >= 0.5 * width * height:
            left, top, right, bottom = (float(side * tile) for side in (x, y, x + width, y + height))
            out.append((left + slope * top, top - slope * left, right + slope * bottom, bottom - slope * right))
    return tuple(out)
