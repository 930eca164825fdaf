"""Word files (.docx) → text: paragraphs, tables, text boxes and notes in document order, as a reader sees them.

python-docx opens the package and knows its styles; the text is taken from the XML, because python-docx itself passes
over text boxes, insertions and notes. Deleted and hidden text is not shown.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from corpus.bylines import parse_byline
from corpus.errors import PagesError
from corpus.fold import fold
from corpus.formats.blocks import SUBHEAD, Piece, lay_out, one_line
from corpus.formats.word_looks import Looks, is_on, outline_level, style_levels
from corpus.joins import ends_sentence
from corpus.records import Extracted

if TYPE_CHECKING:
    from docx.document import Document

_Element = Any  # python-docx has a class of its own for every element, and no type for all of them
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # the container of .doc files, and of .docx files with a password
_MOST_BYTES = 200 * 2**20  # of all parts, unpacked
_MOST_XML = 64 * 2**20  # of the parts that are parsed: a thousand pages have 20 MB, and parsing takes ten times as much
_MOST_PARTS = 10_000
_MOST_RATIO, _RATIO_FROM = 250, 8 * 2**20  # unpacked to packed, where it is no matter of a few lines
_NOT_SHOWN = frozenset(
    f"{_W}{name}"
    for name in ("pPr", "rPr", "del", "moveFrom", "rt", "instrText", "delText", "sdtPr", "commentReference")
)
_SIGNS = {f"{_W}tab": " ", f"{_W}noBreakHyphen": "-", f"{_W}cr": "\n", f"{_W}br": "\n"}
_BOX_TITLE = 30  # characters of a line of a text box's headline
_CELL = 80  # characters: a table with longer cells lays out the page
_SAVE = "open it in Word, save it as .docx and try again."


def read(data: bytes, name: str) -> Extracted:
    """The text of a Word file; page headers and footers are asides.

    :raises PagesError: if the file is damaged, no .docx, protected by a password, or unpacks to more than 200 MB; or if
        its XML declares entities, of which Word writes none.
    """
    _check(data, name)
    import docx

    try:
        reader = _Reader(docx.Document(io.BytesIO(data)))
        return lay_out(
            [*reader.margins("header"), *reader.pieces(reader.document.element.body), *reader.margins("footer")]
        )
    except MemoryError:
        raise
    except Exception as error:  # python-docx lets every kind of error of a damaged package through
        raise PagesError(f"{name} is a damaged Word file ({type(error).__name__}); {_SAVE}") from error


def _check(data: bytes, name: str) -> None:
    """Refuse what is no .docx before anything is unpacked."""
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise PagesError(f"{name} is protected by a password; save it without one and try again.")
        raise PagesError(f"{name} is a Word file of the old kind (.doc); {_SAVE}")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = package.infolist()
            _check_sizes(parts, len(data), name)
            if any(_declares(package, part) for part in parts if _is_xml(part)):
                raise PagesError(f"{name} declares XML entities, which Word never does; {_SAVE}")
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError, NotImplementedError, RuntimeError):
        raise PagesError(f"{name} is no Word file or is damaged; {_SAVE}") from None
    if all(part.filename != "[Content_Types].xml" for part in parts):
        raise PagesError(f"{name} is an archive, but no Word file; {_SAVE}")


def _check_sizes(parts: list[zipfile.ZipInfo], size: int, name: str) -> None:
    """Refuse what unpacks to too much, by the sizes that its directory states: no more than these is unpacked."""
    if len(parts) > _MOST_PARTS:
        raise PagesError(f"{name} has {len(parts):,} parts, a Word file may have {_MOST_PARTS:,} at most; {_SAVE}")
    whole, xml = (sum(part.file_size for part in parts if every or _is_xml(part)) for every in (True, False))
    for most, unpacked, what in ((_MOST_BYTES, whole, ""), (_MOST_XML, xml, " of text")):
        if unpacked > most:
            raise PagesError(f"{name} unpacks to more than {most // 2**20} MB{what}; split it and try again.")
    packed = sum(part.compress_size for part in parts)
    if packed > size:
        raise PagesError(f"{name} is a damaged or hostile Word file, whose parts overlap; {_SAVE}")
    if whole > _RATIO_FROM and whole > _MOST_RATIO * size:
        raise PagesError(f"{name} unpacks to more than {_MOST_RATIO} times its size, as no Word file does; {_SAVE}")


def _is_xml(part: zipfile.ZipInfo) -> bool:
    return part.filename.lower().endswith((".xml", ".rels"))


def _declares(package: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    data = package.read(part)
    return any("<!DOCTYPE".encode(encoding) in data for encoding in ("ascii", "utf-16-le", "utf-16-be"))


class _Reader:
    """Reads one document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._levels = style_levels(document.styles.element)
        self._looks = Looks(document.styles.element, document.element.body)
        styles = document.styles.element.iter(f"{_W}style")
        self._listed = {s.get(f"{_W}styleId") for s in styles if s.find(f"{_W}pPr/{_W}numPr") is not None}
        used = {self._level(paragraph) for paragraph in document.element.body.iter(f"{_W}p")}
        self._large = 3 if 3 in used and 2 not in used else 2  # of titles by their looks: as of those with a style
        self._notes = {**_notes_of(document, "footnote"), **_notes_of(document, "endnote")}

    def margins(self, kind: str) -> list[Piece]:
        """The page headers or footers of all sections, each text once."""
        found: dict[str, None] = {}
        for section in self.document.sections:
            names = [kind, *([f"first_page_{kind}"] if section.different_first_page_header_footer else [])]
            if self.document.settings.odd_and_even_pages_header_footer:
                names.append(f"even_page_{kind}")
            for margin in (getattr(section, name) for name in names):
                if not margin.is_linked_to_previous:
                    found.update(dict.fromkeys(piece.text for piece in self.pieces(margin._element)))
        return [Piece(text, aside=f"page {kind}") for text in found]

    def pieces(self, parent: _Element) -> Iterator[Piece]:
        """The lines of a body, a cell, a text box or a margin."""
        empty = 0
        listed = False
        for child in parent.iterchildren():
            if child.tag == f"{_W}p":
                found = list(self._paragraph(child, listed))
                listed = self._is_listed(child)
                if found and empty > 1:  # the gap that a writer leaves between two items
                    found[0] = replace(found[0], opens=True)
                empty = 0 if found else empty + 1
                yield from found
            elif child.tag == f"{_W}tbl":
                yield from self._table(child)
                empty, listed = 0, False
            elif child.tag not in _NOT_SHOWN:  # content controls, insertions
                yield from self.pieces(child)

    def _paragraph(self, paragraph: _Element, in_list: bool) -> Iterator[Piece]:
        boxes: list[_Element] = []
        notes: list[_Element] = []
        text = "".join(self._text(paragraph, boxes, notes))
        listed = self._is_listed(paragraph)
        level = self._level(paragraph) or (0 if listed else self._looks_level(paragraph, text))
        for n, line in enumerate(_printed_lines(text, level)):
            yield Piece(line, 0 if parse_byline(line) else level, (in_list and listed) or n > 0)
        for note in notes:
            yield from self.pieces(note)
        for box in boxes:
            inside = list(self.pieces(box))
            titles = _box_titles(inside)
            for n, piece in enumerate(inside):
                tight = piece.tight or 0 < n < titles
                yield replace(piece, tight=tight, opens=piece.opens or n == 0)

    def _text(self, element: _Element, boxes: list[_Element], notes: list[_Element]) -> Iterator[str]:
        """The text of a paragraph; its text boxes and notes are put aside, in order."""
        for child in element.iterchildren():
            tag = child.tag
            if tag in _NOT_SHOWN or not isinstance(tag, str):
                continue
            if tag == f"{_W}t" or tag.endswith("}t"):  # also of formulas
                yield child.text or ""
            elif tag in _SIGNS:
                yield _SIGNS[tag]
            elif tag == f"{_W}txbxContent":
                boxes.append(child)
            elif tag in (f"{_W}footnoteReference", f"{_W}endnoteReference"):
                note = self._notes.get((tag.removeprefix(_W).removesuffix("Reference"), child.get(f"{_W}id", "")))
                notes += [] if note is None else [note]
            elif tag == f"{_MC}AlternateContent":  # the same twice, for new and old programs
                choice = child.find(f"{_MC}Choice")
                yield from self._text(child if choice is None else choice, boxes, notes)
            elif not (tag == f"{_W}r" and is_on(child.find(f"{_W}rPr/{_W}vanish"))):
                yield from self._text(child, boxes, notes)

    def _table(self, table: _Element) -> Iterator[Piece]:
        """A row of short cells is one line; longer cells are read as columns of text, one after the other."""
        tight = False
        for row in table.iter(f"{_W}tr"):
            if next(row.iterancestors(f"{_W}tbl")) is not table:
                continue  # of a table inside a cell
            cells = [list(self.pieces(cell)) for cell in row.iter(f"{_W}tc") if _row_of(cell) is row]
            full = [cell for cell in cells if cell]
            if len(full) > 1 and all(
                len(c) == 1 and len(c[0].text) <= _CELL and c[0].level in (0, SUBHEAD) for c in full
            ):
                yield Piece("\t".join(cell[0].text if cell else "" for cell in cells), tight=tight)
                tight = True
            else:
                yield from (piece for cell in cells for piece in cell)
                tight = False

    def _looks_level(self, paragraph: _Element, text: str) -> int:
        """The level of a title that has no heading's style."""
        if not text.strip() or ends_sentence(text):
            return 0
        return self._large if self._looks.is_large(paragraph) else SUBHEAD if self._looks.is_bold(paragraph) else 0

    def _is_listed(self, paragraph: _Element) -> bool:
        style = paragraph.find(f"{_W}pPr/{_W}pStyle")
        own = paragraph.find(f"{_W}pPr/{_W}numPr") is not None
        return own or (style is not None and style.get(f"{_W}val") in self._listed)

    def _level(self, paragraph: _Element) -> int:
        own = paragraph.find(f"{_W}pPr/{_W}outlineLvl")
        if own is not None:
            return outline_level(own)
        style = paragraph.find(f"{_W}pPr/{_W}pStyle")
        return 0 if style is None else self._levels.get(style.get(f"{_W}val", ""), 0)


def _box_titles(pieces: list[Piece]) -> int:
    """How many lines at the start of a text box are its headline: short ones, and a sentence under them."""
    count = next((n for n, piece in enumerate(pieces) if ends_sentence(piece.text)), 0)
    titles = pieces[:count]
    short = all(len(p.text) <= _BOX_TITLE and ":" not in fold(p.text) and not p.tight for p in titles)
    return count if short and count <= 3 and all(parse_byline(p.text) is None for p in titles) else 0


def _printed_lines(text: str, level: int) -> list[str]:
    """The lines of a paragraph that Word breaks by hand: kept in titles, and after a byline or a full sentence.

    >>> _printed_lines("菜场换新颜\\n■记者 王一", 0)
    ['菜场换新颜', '■记者 王一']
    >>> _printed_lines("本报讯 老菜场昨天\\n开张。", 0)
    ['本报讯 老菜场昨天开张。']
    """
    lines = [line for line in (one_line(part) for part in text.split("\n")) if line]
    if level or not lines or not ends_sentence(lines[-1]):
        return lines
    out: list[str] = []
    for line in lines:
        if out and not ends_sentence(out[-1]) and parse_byline(out[-1]) is None and parse_byline(line) is None:
            out[-1] = one_line(f"{out[-1]}\n{line}")
        else:
            out.append(line)
    return out


def _notes_of(document: Document, kind: str) -> dict[tuple[str, str], _Element]:
    """Footnotes or endnotes by their id, without the lines that Word puts above them."""
    from docx.oxml import parse_xml

    part = next((r.target_part for r in document.part.rels.values() if r.reltype.endswith(f"/{kind}s")), None)
    root = None if part is None else parse_xml(part.blob)
    notes = [] if root is None else [note for note in root if note.get(f"{_W}type") is None]
    return {(kind, note.get(f"{_W}id", "")): note for note in notes}


def _row_of(cell: _Element) -> _Element:
    return next(cell.iterancestors(f"{_W}tr"))
