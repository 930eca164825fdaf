"""Pictures of pages: text recognition, an optional extra (`baowen[ocr]`) whose models come inside its package.

RapidOCR runs the PP-OCR models of PaddleOCR (Apache-2.0) with ONNX Runtime. Nothing is fetched at run time.
"""

from __future__ import annotations

import io
import math
import threading
import warnings
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from importlib.util import find_spec
from statistics import median
from typing import TYPE_CHECKING, Any

from corpus.errors import PagesError
from corpus.formats.ink import INK, Ink, photos
from corpus.formats.paragraphs import compose
from corpus.formats.pieces import Found, Quad, pieces_of, rejoined
from corpus.formats.printed import Line, Sheet, body_size, is_wide
from corpus.formats.upright import upright
from corpus.records import Extracted

if TYPE_CHECKING:
    from PIL.Image import Image

INSTALL = "to read scanned pages, run: pip install 'baowen[ocr]'"
MAX_SIDE = 20_000  # pixels
MAX_PIXELS = 90_000_000  # a broadsheet page at 400 dpi has 60 million
MOST_UNEVEN = 20  # longer side to shorter: recognition enlarges the shorter one, and takes gigabytes for a strip
_DPI = 200  # at which a PDF's scanned sheet is drawn: body type of 9 points is 25 pixels high
_UNSURE = 0.5  # lines recognised with less confidence are mostly specks and photos

_FEWEST = 4  # Chinese characters whose ink tells the type size: that of 一二三 alone does not
_EVEN = (0.95, 1.05)  # measured sizes of the same type, where ink shows them
_ROUGH = (0.85, 1.25)  # the same where only recognition's boxes do

_LOCK = threading.Lock()


def is_installed() -> bool:
    """Whether the extra `ocr` is there."""
    return all(find_spec(name) is not None for name in ("rapidocr", "onnxruntime", "PIL"))


def read(data: bytes, name: str) -> Extracted:
    """The text of a picture of a page in reading order; regions are in pixels of the picture held upright.

    :raises PagesError: if text recognition is not installed, or the picture is damaged, too large or without text.
    """
    if not is_installed():
        raise PagesError(f"{name} is a picture of a page; {INSTALL}.")
    image = _opened(data, name)
    sheet, confidence = recognise(image, 1)
    if not sheet.lines:
        raise PagesError(f"{name} is a picture in which no text was recognised; scan the page at 200 dpi or more.")
    return compose([sheet], [note(confidence)])


def note(confidence: Sequence[float]) -> str:
    """What the user should know about recognised text.

    :param confidence: of each line, 0 to 1.
    """
    if not confidence:
        return "No text was recognised."
    mean = sum(confidence) / len(confidence)
    return f"Read by text recognition, which makes mistakes: mean confidence {mean:.3f} over {len(confidence)} lines."


def recognise_sheet(page: Any, number: int) -> tuple[Sheet, list[float]]:
    """A PDF's sheet drawn and recognised, with regions in points, and the confidence of each line."""
    width, height = page.get_size()
    scale = min(_DPI / 72, math.sqrt(MAX_PIXELS / max(1.0, width * height)), MAX_SIDE / max(1.0, width, height))
    image = page.render(scale=scale, may_draw_forms=False).to_pil().convert("RGB")
    return recognise(image, number, scale)


def recognise(image: Image, number: int, scale: float = 1.0) -> tuple[Sheet, list[float]]:
    """The lines of a picture, and the confidence of each, 0 to 1; a picture that lies on its side is read upright.

    :param image: RGB. :param scale: pixels to a unit of the regions, which are those of the picture as it is given.
    """
    if max(image.size) > MOST_UNEVEN * min(image.size):
        return Sheet(number, 0.0, float(image.height), (), measured=True), []
    with _LOCK:
        engine = _engine()
        turned = upright(image, engine)
        found = _found(turned.image, turned.shrink, engine)
    image = turned.image
    if not found:
        return Sheet(number, 0.0, float(image.height), (), measured=True), []
    slope = _slope([quad for quad, _, _, _ in found])
    ink = Ink(image, slope)
    lines: list[Found] = []
    heights: list[float | None] = []
    for quad, text, score, chars in found:
        whole = _rows(ink, quad, slope) if _tells_size(text) else None
        for corners, piece in _parted(ink, pieces_of(quad, text, chars), slope):
            rows = _rows(ink, corners, slope)
            heights.append(None if rows is None else (rows[1] - rows[0]) / INK)
            # A piece of few characters is as high as the line that it is part of.
            line = _line(corners, piece, slope, rows if _tells_size(piece) else whole)
            left, top, right, bottom = turned.given(line.place)
            line = replace(line, place=(left / scale, top / scale, right / scale, bottom / scale))
            lines.append((line, score))
    em = body_size([line for line, _ in lines])
    even = [
        (replace(line, size=em) if _is_body(line, height, em) else line, sure)
        for (line, sure), height in zip(lines, heights, strict=True)
    ]
    even = rejoined(even, em)
    printed = tuple(line for line, _ in even)
    sheet = Sheet(number, 0.0, float(image.height), printed, photos(image, slope, em), measured=True)
    return sheet, [sure for _, sure in even]


def _found(image: Image, shrink: float, engine: Any) -> list[tuple[Quad, str, float, list[tuple[str, float, Quad]]]]:
    """Lines with corners in pixels of `image`, text, confidence, and the same of each character that is not blank."""
    import numpy as np
    from PIL import Image as Pictures

    width, height = max(1, round(image.width * shrink)), max(1, round(image.height * shrink))
    seen = image.resize((width, height), Pictures.Resampling.LANCZOS) if shrink < 1 else image
    x_scale, y_scale = image.width / width, image.height / height

    def corners(quad: Any) -> Quad:
        return [(float(x) * x_scale, float(y) * y_scale) for x, y in quad]

    found = engine(
        np.asarray(seen)[:, :, ::-1],
        use_det=True,
        use_cls=True,
        use_rec=True,
        return_word_box=True,
        return_single_char_box=True,
    )
    if found.boxes is None or not len(found.boxes):
        return []
    return [
        (corners(quad), text.strip(), float(score), [(char, sure, corners(box)) for char, sure, box in chars])
        for quad, text, score, chars in zip(found.boxes, found.txts, found.scores, found.word_results, strict=True)
        if text.strip() and score >= _UNSURE
    ]


def _rows(ink: Ink, quad: Quad, slope: float) -> tuple[float, float] | None:
    """Where the line's ink begins and ends along y on the page held straight; None where that cannot be told."""
    ys = [y - slope * x for x, y in quad]
    left, right = (quad[0][0] + quad[3][0]) / 2, (quad[1][0] + quad[2][0]) / 2
    return ink.rows(left, right, (ys[0] + ys[1]) / 2, (ys[2] + ys[3]) / 2)


def _parted(ink: Ink, pieces: list[tuple[Quad, str]], slope: float) -> list[tuple[Quad, str]]:
    """Pieces of a line that end and begin where the white space between them does.

    Recognition tells the places of characters to about half a character; a thin 一 may seem to stand in the gutter.
    """
    quad, text = pieces[0]
    out = [(_trimmed(ink, quad, slope), text)]
    for quad, text in pieces[1:]:
        before, last = out[-1]
        ys = [y - slope * x for x, y in (*before, *quad)]
        reach = 0.9 * math.dist(quad[0], quad[3])  # to the far side of the characters beside the gap
        high = (max(ys) - min(ys)) * 0.2
        gap = ink.gap(before[1][0] - reach, quad[0][0] + reach, min(ys) + high, max(ys) - high)
        if gap is not None and gap[1] - gap[0] >= 0.3 * reach:
            out[-1] = ([before[0], (gap[0], before[1][1]), (gap[0], before[2][1]), before[3]], last)
            quad = [(gap[1], quad[0][1]), quad[1], quad[2], (gap[1], quad[3][1])]
        out.append((quad, text))
    return out


def _trimmed(ink: Ink, quad: Quad, slope: float) -> Quad:
    """A line without white space before its first character: its box may begin in the gutter, or across it."""
    ys = [y - slope * x for x, y in quad]
    high = math.dist(quad[0], quad[3])
    left = (quad[0][0] + quad[3][0]) / 2
    gap = ink.gap(left, left + 2 * high, min(ys) + 0.2 * high, max(ys) - 0.2 * high)
    if gap is None or gap[0] > left + 0.3 * high or gap[1] - gap[0] < 0.5 * high or gap[1] >= quad[1][0]:
        return quad
    return [(gap[1], quad[0][1]), quad[1], quad[2], (gap[1], quad[3][1])]


def _tells_size(text: str) -> bool:
    """Whether a line holds enough Chinese characters for the height of its ink to be that of its type."""
    return sum(char.isalnum() and is_wide(char) for char in text) >= _FEWEST


def _is_body(line: Line, height: float | None, em: float) -> bool:
    """Whether a line is set in body type, as far as that can be measured.

    :param height: type size by its ink; a line of few characters may be larger than that.
    """
    if height is not None and _tells_size(line.text):
        return _EVEN[0] * em <= height <= _EVEN[1] * em
    low, high = _ROUGH
    return low * em <= line.size <= high * em or (
        height is not None and low * em <= line.size and height <= _EVEN[1] * em
    )


@lru_cache(maxsize=1)
def _engine() -> Any:
    from rapidocr import RapidOCR

    return RapidOCR(params={"Global.log_level": "error", "Global.max_side_len": MAX_SIDE})


def _opened(data: bytes, name: str) -> Image:
    """The picture, upright and in RGB.

    :raises PagesError: if it is damaged or too large.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            # A bomb is refused below, by a sentence of our own.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data), formats=("PNG", "JPEG"))
        if image.width * image.height > MAX_PIXELS or max(image.size) > MAX_SIDE:
            raise PagesError(
                f"{name} has {image.width} × {image.height} pixels, a picture may have {MAX_PIXELS:,} in all and "
                f"{MAX_SIDE:,} a side at most; make it smaller."
            )
        if max(image.size) > MOST_UNEVEN * min(image.size):
            raise PagesError(
                f"{name} has {image.width} × {image.height} pixels, a page is no such strip; cut it into pieces."
            )
        image.load()
        upright = ImageOps.exif_transpose(image)
    except Image.DecompressionBombError:
        raise PagesError(
            f"{name} has far more pixels than {MAX_PIXELS:,}, the most a picture may have; make it smaller."
        ) from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise PagesError(f"{name} is no PNG or JPEG picture that can be read ({error}); save it anew.") from None
    if upright.mode.startswith("I"):
        upright = upright.point(lambda value: value / 256).convert("L")  # 16 bits of grey
    if upright.has_transparency_data:
        paper = Image.new("RGBA", upright.size, "white")
        upright = Image.alpha_composite(paper, upright.convert("RGBA"))
    return upright.convert("RGB")


def _slope(quads: Sequence[Quad]) -> float:
    """How the lines of a skewed scan fall, in pixels down a pixel to the right."""
    long = [(q[1][0] - q[0][0], q[1][1] - q[0][1]) for q in quads]
    slopes = [dy / dx for dx, dy in long if dx > 100 and abs(dy) < 0.2 * dx]
    return median(slopes) if slopes else 0.0


def _line(quad: Quad, text: str, slope: float, rows: tuple[float, float] | None = None) -> Line:
    """A recognised line in the frame of the page held straight; its place is in pixels.

    Recognition draws its boxes around the ink with a margin, which would close a narrow gutter: the em square is about
    nine tenths of their height, and the ink begins and ends a seventh of that further in.

    :param rows: where the ink begins and ends along y, in that frame, if known.
    """
    straight = [(x + slope * y, y - slope * x) for x, y in quad]
    xs, ys = [x for x, _ in straight], [y for _, y in straight]
    top, bottom = (ys[0] + ys[1]) / 2, (ys[2] + ys[3]) / 2
    margin = 0.05 * (bottom - top)
    inset = min(3 * margin, 0.2 * (max(xs) - min(xs)))
    if rows is None:
        top, bottom = top + margin, bottom - margin
    else:
        beyond = (rows[1] - rows[0]) * (1 / INK - 1) / 2
        top, bottom = rows[0] - beyond, rows[1] + beyond
    box = (min(xs) + inset, top, max(xs) - inset, bottom)
    place = (min(x for x, _ in quad), min(y for _, y in quad), max(x for x, _ in quad), max(y for _, y in quad))
    return Line(text, box, max(1.0, bottom - top), place)
