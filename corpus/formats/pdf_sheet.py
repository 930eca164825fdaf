"""What is printed on one sheet of a PDF, and where: characters, pictures, rules and frames, upright in one frame."""

from __future__ import annotations

import ctypes
import math
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from corpus.errors import PagesError
from corpus.formats.glyphs import Glyph, lines_of
from corpus.formats.printed import Box, Line, Sheet, area, body_size, is_wide, meet, union

MAX_CHARACTERS = 100_000  # of one sheet: ten times a densely printed one
_BACKGROUND = 0.6  # a picture or panel over this share of the sheet is its background
_STAMP = 30  # fewer characters on a picture of a whole sheet are a page number or a stamp
_SLANTED = 4  # after the four quarter turns
_MOST_DRAWINGS = 20_000  # maps and charts have more; these hold no columns
_MOST_FRAMES = 300
_THIN = 3.0  # points; a path no thicker is a rule
_LONG = 40.0  # points; shorter strokes are ornaments


def read_sheet(page: Any, number: int, name: str) -> Sheet:
    """What is printed on a sheet, in the frame in which most of its text is upright."""
    view = _View(page)
    text = page.get_textpage()
    try:
        if text.count_chars() > MAX_CHARACTERS:
            raise PagesError(
                f"{name}, sheet {number}, has {text.count_chars()} characters, a sheet may have {MAX_CHARACTERS} at "
                "most; it is no newspaper page."
            )
        lost = _without_meaning(text)
        by_turn: dict[int, list[Glyph]] = {}
        for turn, glyph in _glyphs(text, view):
            glyphs = by_turn.setdefault(turn, [])
            if (
                turn
                and glyphs
                and glyphs[-1].drawn == glyph.drawn
                and 0.1 < (glyph.x - glyphs[-1].x) / glyph.size < 1.5
            ):
                # The width of turned characters is a guess; the next one shows where the last one ended.
                glyphs[-1] = replace(glyphs[-1], right=glyph.x)
            glyphs.append(glyph)
    finally:
        text.close()
    main = max((turn for turn in by_turn if turn != _SLANTED), key=lambda turn: len(by_turn[turn]), default=0)
    lines = lines_of(by_turn.get(main, []))
    loose = [line for turn in by_turn if turn != main for line in _loose(by_turn[turn], turn)]
    pictures, rules, frames, covered = _drawings(page, view, main, lines)
    read = sum(len(glyphs) for glyphs in by_turn.values())
    empty = not read and (
        lost or next(page.get_objects(), None) is not None
    )  # letters drawn as shapes are no text either
    _, top, _, bottom = view.upright((view.left, view.bottom, view.right, view.top), main)
    return Sheet(
        number=number,
        top=top,
        bottom=bottom,
        lines=tuple(lines),
        pictures=tuple(pictures),
        rules=tuple(rules),
        frames=tuple(frames),
        loose=tuple(loose),
        scanned=bool(empty or lost > read or (covered and read < _STAMP)),
    )


def _without_meaning(text: Any) -> int:
    """How many letters of the text layer do not say which characters they are."""
    import pypdfium2.raw as raw

    return sum(raw.FPDFText_HasUnicodeMapError(text, n) == 1 for n in range(text.count_chars()))


class _View:
    """How a sheet's own coordinates (y upwards) map to the sheet as shown, and to frames in which text is upright."""

    def __init__(self, page: Any) -> None:
        # The crop box, or else the media box; what the library calls the bounding box is turned with the page.
        self.left, self.bottom, self.right, self.top = page.get_cropbox()
        self.rotation = page.get_rotation() % 360

    def shown(self, box: Box) -> Box:
        """A box on the sheet as shown, from its upper left corner, in points."""
        left, bottom, right, top = box
        if self.rotation == 90:
            return bottom - self.bottom, left - self.left, top - self.bottom, right - self.left
        if self.rotation == 180:
            return self.right - right, bottom - self.bottom, self.right - left, top - self.bottom
        if self.rotation == 270:
            return self.top - top, self.right - right, self.top - bottom, self.right - left
        return left - self.left, self.top - top, right - self.left, self.top - bottom

    @staticmethod
    def upright(box: Box, turn: int) -> Box:
        """A box in the frame of text that is turned by `turn` quarters, counter-clockwise."""
        left, bottom, right, top = box
        if turn == 1:
            return bottom, left, top, right
        if turn == 2:
            return -right, bottom, -left, top
        if turn == 3:
            return -top, -right, -bottom, -left
        return left, -top, right, -bottom


def _glyphs(text: Any, view: _View) -> Iterator[tuple[int, Glyph]]:
    """The characters of the text layer in drawing order, each with the quarter turns of its baseline, or _SLANTED."""
    import pypdfium2.raw as raw

    known: dict[int, tuple[float, float, str]] = {}  # of each drawing operation: angle, size, font
    x, y = ctypes.c_double(), ctypes.c_double()
    box, matrix = raw.FS_RECTF(), raw.FS_MATRIX()
    name, flags = ctypes.create_string_buffer(128), ctypes.c_int()
    apart = False
    for n in range(text.count_chars()):
        char = _char(raw, text, n)
        apart = apart or (not char and raw.FPDFText_GetUnicode(text, n) == 0x20)
        if not char or not raw.FPDFText_GetCharOrigin(text, n, x, y):
            continue
        drawn = ctypes.cast(raw.FPDFText_GetTextObject(text, n), ctypes.c_void_p).value or 0
        if drawn not in known:
            raw.FPDFText_GetMatrix(text, n, matrix)
            raw.FPDFText_GetFontInfo(text, n, name, len(name), flags)
            size = raw.FPDFText_GetFontSize(text, n) * (math.hypot(matrix.c, matrix.d) or 1.0)
            known[drawn] = math.atan2(matrix.b, matrix.a), max(size, 0.5), name.value.decode("utf-8", "replace")
        angle, size, font = known[drawn]
        turns = angle / (math.pi / 2)
        turn = round(turns) % 4
        raw.FPDFText_GetLooseCharBox(text, n, box)
        along = box.right - x.value  # the advance; the library gives it for text that is not turned
        if turn or not 0.05 * size < along < 4 * size:
            along = size * (1.0 if is_wide(char) else 0.5)
        own = _own_box(x.value, y.value, along, size, turn)
        left, _, right, _ = view.upright(own, turn)
        base = (-y.value, x.value, y.value, -x.value)[turn]
        if abs(turns - round(turns)) > 0.1:
            turn = _SLANTED
        yield turn, Glyph(char, left, base, right, size, font, drawn, view.shown(own), apart)
        apart = False


def _char(raw: Any, text: Any, n: int) -> str:
    """The printed character; "" for a line end or space that the library put in by itself."""
    if raw.FPDFText_IsHyphen(text, n) == 1:
        return "-"
    code = raw.FPDFText_GetUnicode(text, n)
    if raw.FPDFText_IsGenerated(text, n) == 1 or not 0 < code < 0x110000 or 0xD800 <= code < 0xE000:
        return ""
    char = chr(code)
    return " " if char in "\t\u00a0" else "" if unicodedata.category(char) in ("Cc", "Cn") else char


def _own_box(x: float, y: float, along: float, size: float, turn: int) -> Box:
    """The em square of a character with its baseline's left end at x, y; y upwards."""
    up, down = 0.88 * size, 0.12 * size
    if turn == 1:
        return x - up, y, x + down, y + along
    if turn == 2:
        return x - along, y - up, x, y + down
    if turn == 3:
        return x - down, y - along, x + up, y
    return x, y - down, x + along, y + up


def _loose(glyphs: list[Glyph], turn: int) -> list[Line]:
    """Lines in another direction than the sheet's text; slanted ones as they were drawn."""
    if turn != _SLANTED:
        return sorted(lines_of(glyphs), key=lambda line: (line.box[1], line.box[0]))
    drawn: dict[int, list[Glyph]] = {}
    for glyph in glyphs:
        drawn.setdefault(glyph.drawn, []).append(glyph)
    return [
        Line("".join(g.char for g in run).strip(), place := union(g.place for g in run), run[0].size, place)
        for run in drawn.values()
        if any(not g.char.isspace() for g in run)
    ]


def _drawings(page: Any, view: _View, turn: int, lines: list[Line]) -> tuple[list[Box], list[Box], list[Box], bool]:
    """Pictures, rules and frames of a sheet, in the frame of its text, and whether a picture covers the sheet.

    Backgrounds and icons are left out.
    """
    import pypdfium2.raw as raw

    sheet = view.upright((view.left, view.bottom, view.right, view.top), turn)
    em = body_size(lines)
    pictures: list[Box] = []
    rules: list[Box] = []
    frames: list[Box] = []
    covered = False
    kinds = (raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_PATH)
    for item in islice(page.get_objects(filter=kinds, max_depth=4), _MOST_DRAWINGS):
        box = meet(view.upright(item.get_bounds(), turn), sheet)
        width, height = box[2] - box[0], box[3] - box[1]
        if item.type == raw.FPDF_PAGEOBJ_IMAGE:
            if area(box) >= _BACKGROUND * area(sheet):
                covered = True
            elif min(width, height) >= 2 * em:
                pictures.append(box)
        elif max(width, height) >= _LONG and min(width, height) <= _THIN:
            rules.append(box)
        elif min(width, height) >= _LONG and area(box) < _BACKGROUND * area(sheet):
            frames.append(box)
    overprinted = [p for p in pictures if any(area(meet(p, line.box)) > 0.5 * area(line.box) for line in lines)]
    # A drawing of very many strokes is a map or a table, and frames nothing that is read as one.
    few = len(rules) + len(frames) <= _MOST_FRAMES
    return [p for p in pictures if p not in overprinted], rules if few else [], frames if few else [], covered
