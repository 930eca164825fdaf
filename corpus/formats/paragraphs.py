"""Columns of printed lines → text: one paragraph or title line a line, and where each printed line went.

What ends a paragraph is what a reader goes by: the next line is indented, or set in another size or face, or lies
further below; or the line ends although the next word would have had room.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from statistics import median

from corpus.formats.columns import Column, reading_order
from corpus.formats.page_lines import page_lines, printed_rows
from corpus.formats.printed import HEADLINE, TITLE, Line, Sheet, body_size, is_wide
from corpus.records import Extracted, Region, Span

_ITEM_GAP = "\n\n\n\n"  # three blank lines: a new article or photo item
_PARAGRAPH_GAP = "\n\n"
_CLOSING = frozenset(",,、。.;；:：!?！？”’」』)）》〉】%％…—")
_OPENING = frozenset("“‘「『(（《〈【")
_CAPTION_LINES = 10


@dataclass(slots=True)
class _Paragraph:
    """Lines that are one paragraph, or one title line."""

    lines: list[Line]
    title: bool = False
    picture: bool = False  # a photo's caption
    column: int = -1
    framed: int = 0
    heading: bool = False  # of an article's headline, not a subhead
    opens: bool = False  # the first line of a headline
    reason: str = ""

    @property
    def size(self) -> float:
        return max(line.size for line in self.lines)


def compose(sheets: Sequence[Sheet], notes: Sequence[str] = ()) -> Extracted:
    """The text of all sheets in reading order.

    Printed lines of a paragraph are joined: without a space after or before a Chinese character, with one between two
    Latin words; a hyphen at a line's end stays as printed. Three blank lines stand before a headline and before and
    after a photo's caption. Page headers and footers are asides.
    """
    em = body_size([line for sheet in sheets for line in sheet.lines])
    writer = _Writer()
    for sheet in sheets:
        own = body_size(sheet.lines)
        # A sheet of large type (a cover) must not turn the next sheet's text into footnotes, nor the other way round.
        for paragraph in _paragraphs(sheet, em if 0.8 * own <= em <= 1.25 * own else own):
            writer.add(paragraph, sheet.number)
    return Extracted(
        text="".join(writer.out),
        asides=tuple(writer.asides),
        headings=tuple(writer.headings),
        regions=tuple(writer.regions),
        notes=tuple(notes),
    )


def join(left: str, right: str) -> str:
    """What stands between two printed lines of one paragraph.

    >>> join("The first", "bus"), join("全长15", "公里"), join("well-", "known")
    (' ', '', '')
    """
    if not left or not right or is_wide(left[-1]) or is_wide(right[0]):
        return ""
    chinese = any(map(is_wide, left))  # then quotation marks and dashes are wide, and figures may be cut
    hyphen = left[-1] in "-‐‑\u00ad" and left[-2:-1].isalpha()
    figure = left[-1].isdigit() and right[0].isdigit()
    marks = unicodedata.east_asian_width(left[-1]) == "A" or unicodedata.east_asian_width(right[0]) == "A"
    return "" if hyphen or (chinese and (figure or marks)) else " "


def _space(left: str, right: str) -> str:
    """What stands between two pieces of one printed line: the white space, unless it is that of a Chinese mark."""
    return "" if (left[-1] in _CLOSING or right[0] in _OPENING) and (is_wide(left[-1]) or is_wide(right[0])) else " "


class _Writer:
    def __init__(self) -> None:
        self.out: list[str] = []
        self.asides: list[tuple[Span, str]] = []
        self.headings: list[Span] = []
        self.regions: list[Region] = []
        self.length = 0
        self.last: _Paragraph | None = None

    def add(self, paragraph: _Paragraph, sheet: int) -> None:
        if self.last is not None:
            self._put(self._gap(self.last, paragraph))
        start = self.length
        before: Line | None = None
        for line in paragraph.lines:
            if before is not None:
                beside = line.box[1] < (before.box[1] + before.box[3]) / 2
                self._put(_space(before.text, line.text) if beside else join(before.text, line.text))
            at = self.length
            self._put(line.text)
            self.regions.append(Region(at, self.length, sheet, line.place))
            before = line
        if paragraph.heading:
            self.headings.append((start, self.length))
        if paragraph.reason:
            self.asides.append(((start, self.length), paragraph.reason))
        self.last = paragraph

    def _put(self, text: str) -> None:
        self.out.append(text)
        self.length += len(text)

    @staticmethod
    def _gap(last: _Paragraph, new: _Paragraph) -> str:
        if new.opens or (new.picture, new.framed, new.reason) != (last.picture, last.framed, last.reason):
            return _ITEM_GAP
        if new.picture and new.column != last.column:
            return _ITEM_GAP
        return "\n" if new.title and last.title else _PARAGRAPH_GAP


def _paragraphs(sheet: Sheet, em: float) -> list[_Paragraph]:
    heads, lines, feet = page_lines(sheet, em)
    out = [_Paragraph(row, reason="page header") for row in printed_rows(heads)]
    for number, column in enumerate(reading_order(replace(sheet, lines=lines), em)):
        out.extend(_column(column, number, em, sheet.measured))
    out.extend(_Paragraph([line], framed=-1) for line in sheet.loose)
    out.extend(_Paragraph(row, reason="page footer") for row in printed_rows(feet))
    for is_title, block in groupby(out, lambda paragraph: paragraph.title):
        titles = list(block)
        if is_title and not titles[0].picture and max(p.size for p in titles) >= HEADLINE * em:
            titles[0].opens = True
            for paragraph in titles:
                paragraph.heading = True
    return out


@dataclass(frozen=True, slots=True)
class _Edges:
    """What is usual in a column: where its lines begin and end, and the white space between two of them."""

    left: float
    right: float
    gap: float


def _column(column: Column, number: int, em: float, measured: bool) -> list[_Paragraph]:
    rows = printed_rows(column.lines)
    kicker = _kicker(rows, em)
    titles = [n < kicker or _is_title(row, em) for n, row in enumerate(rows)]
    edges = _edges([row for row, title in zip(rows, titles, strict=True) if not title] or rows, em)
    out: list[_Paragraph] = []
    for n, (row, title) in enumerate(zip(rows, titles, strict=True)):
        before = rows[max(0, n - 2) : n]
        if not out or title or out[-1].title or _parts(before, row, edges, measured):
            out.append(_Paragraph(list(row), title, False, number, column.framed))
        else:
            out[-1].lines.extend(row)
    if column.after_picture:
        for paragraph in out[: _caption(out, em, edges, measured)]:
            paragraph.picture = True
    return out


def _kicker(rows: Sequence[Sequence[Line]], em: float) -> int:
    """How many rows of small type above a headline, at the top of a column, belong to it: two at most."""
    for n, row in enumerate(rows[:3]):
        if _is_title(row, em):
            return n if _size(row) >= HEADLINE * em else 0
        if any("。" in line.text for line in row):
            break
    return 0


def _is_title(row: Sequence[Line], em: float) -> bool:
    return max(line.size for line in row) >= TITLE * em


def _edges(rows: Sequence[Sequence[Line]], em: float) -> _Edges:
    lefts = [row[0].box[0] for row in rows]
    rights = [row[-1].box[2] for row in rows]
    gaps = [_gap(above, below) for above, below in pairwise(rows)]
    return _Edges(
        left=median(left for left in lefts if left <= min(lefts) + em),
        right=median(right for right in rights if right >= max(rights) - em),
        gap=median(gaps) if gaps else em,
    )


def _gap(above: Sequence[Line], below: Sequence[Line]) -> float:
    return min(line.box[1] for line in below) - max(line.box[3] for line in above)


def _parts(before: Sequence[Sequence[Line]], row: Sequence[Line], edges: _Edges, measured: bool) -> bool:
    """Whether `row` begins a paragraph.

    :param before: the one or two rows above it in the same column.
    """
    last = before[-1]
    size = min(_size(last), _size(row))
    if max(_size(last), _size(row)) > (1.3 if measured else 1.08) * size:
        return True
    if _gap(last, row) > max(edges.gap, 0.2 * size) + 0.5 * size:
        return True
    if last[0].font and row[0].font and last[0].font != row[0].font and len(last) == len(row) == 1:
        return True
    full = edges.right - last[-1].box[2] < _first_word(row[0].text) * size + (1.0 if measured else 0.3) * size
    if not full and len(before) == 2:
        # Three lines that end alike run along a picture.
        full = all(abs(other[-1].box[2] - last[-1].box[2]) <= 0.6 * size for other in (before[0], row))
    indented = row[0].box[0] - edges.left >= 0.8 * size
    alike = abs(row[0].box[0] - last[0].box[0]) <= 0.4 * size  # an indented block, not a first line
    return not full or (indented and not alike)


def _size(row: Sequence[Line]) -> float:
    return max(row, key=lambda line: len(line.text)).size


def _first_word(text: str) -> float:
    """How wide, in ems, the beginning of a line is that cannot be parted from it.

    >>> _first_word("好”,他说"), _first_word("2024年"), _first_word("bus 12")
    (3.0, 2.0, 1.5)
    """
    width = 0.0
    word = ""  # what the last character was: "wide", "latin", or an opening mark
    for char in text:
        kind = "open" if char in _OPENING else "close" if char in _CLOSING else "wide" if is_wide(char) else "latin"
        if char.isspace() or (kind != "close" and word not in ("", "open") and (kind != word or kind == "wide")):
            break
        width += 1.0 if is_wide(char) or kind in ("open", "close") else 0.5
        word = word if kind == "close" and word else kind
    return width


def _caption(paragraphs: Sequence[_Paragraph], em: float, edges: _Edges, measured: bool) -> int:
    """How many paragraphs below a picture are its caption: those set apart from body text by size, face or white space.

    Text in body type that runs on below a picture is no caption.
    """
    body = next((n for n, p in enumerate(paragraphs) if not p.title), len(paragraphs))
    for n in range(body + 1, len(paragraphs)):
        above, below = paragraphs[n - 1].lines[-1:], paragraphs[n].lines[:1]
        resized = abs(_size(above) - _size(below)) > (0.25 if measured else 0.05) * em
        if paragraphs[n].title or resized or _gap(above, below) > max(edges.gap, 0.2 * em) + 0.5 * em:
            return n if sum(len(p.lines) for p in paragraphs[:n]) <= _CAPTION_LINES else 0
    lines = [line for p in paragraphs for line in p.lines]
    return len(paragraphs) if len(lines) <= _CAPTION_LINES else 0
