"""A parsed web page → its printed lines, and what the elements around each say about it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from corpus.bylines import credit_at_end, parse_names
from corpus.errors import PagesError
from corpus.formats.blocks import one_line
from corpus.formats.web_frame import WebLine, frame_of
from corpus.formats.web_stamps import stamps
from corpus.joins import ends_sentence

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_HIDDEN = frozenset(
    "script style template noscript title meta link head svg iframe object embed audio video canvas select option "
    "datalist textarea input map area rp frameset".split()
)
# visibility is not asked: pages hide their article so until a script shows it
_HIDING_STYLE = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol p pre search section summary table "
    "tbody td tfoot th thead tr ul".split()
)
_TIGHT = frozenset(("li", "tr", "dt", "dd", "td", "th", "tbody", "thead", "tfoot", "caption"))
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_CAPTION_CLASS = re.compile(
    r"(?:^|[\s_-])(?:caption|(?:pic|img|photo|image|tu)[_-]?(?:desc\w*|note|text|caption|info|shuo))(?:$|[\s_-])",
    re.I,
)
_AUTHOR_CLASS = re.compile(r"(?:^|[\s_-])(?:author|byline|writer|reporter|zuo-?zhe)(?:$|[\s_-])", re.I)
_CENTRED_STYLE = re.compile(r"text-align\s*:\s*center", re.I)
_CAPTION_LENGTH = 300
_TOO_DEEP = 1_500  # elements inside each other; the parser itself stops at 2,048 and drops what lies deeper
_DEEPEST_JUDGED, _MOST_JUDGED = 250, 20_000  # elements; trafilatura's time grows faster than the page
_CELL = 80  # characters: a table with longer cells lays out the page


@dataclass(slots=True)
class _Place:
    """What an element and those around it say about the text in it.

    Never changed; not frozen, since one is made for every element, and a frozen one takes several times as long.
    """

    element: HtmlElement
    block: HtmlElement
    level: int = 0
    article: HtmlElement | None = None
    frame: str = ""
    main: bool = False
    caption: HtmlElement | None = None
    pre: bool = False
    link: bool = False
    bold: bool = False
    centred: bool = False

    def within(self, element: HtmlElement, tag: str) -> _Place:
        """The place of a child."""
        main = self.main or tag in ("article", "main")
        return _Place(
            element,
            block=element if tag in _BLOCKS else self.block,
            level=self.level or (int(tag[1]) if tag in _HEADINGS else 0),
            article=element if self.article is None and tag == "article" else self.article,
            frame=self.frame or frame_of(element, tag, main),
            main=main,
            caption=element if tag == "figcaption" else self.caption,
            pre=self.pre or tag == "pre",
            link=self.link or tag == "a",
            bold=self.bold or tag in ("b", "strong"),
            centred=tag != "table"
            and (self.centred or _is_centred(element, tag)),  # such a table is centred, not its text
        )


class Walk:
    """Goes through a document once and collects its printed lines."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lines: list[WebLine] = []
        self._open: list[tuple[HtmlElement, bool, str]] = []  # text nodes: element, whether its tail, text
        self._linked = self._bold = 0  # characters of them inside links, and in bold letters
        self._pictured = False  # whether a picture stands between the last line and this
        self._gap = 2  # before the next line: 2 a new paragraph, 1 right under the last line
        self.deepest = self.elements = 0

    @property
    def is_ordinary(self) -> bool:
        """Whether the page is of a size and depth that trafilatura judges in a few seconds."""
        return self.deepest <= _DEEPEST_JUDGED and self.elements <= _MOST_JUDGED

    def lines_of(self, root: HtmlElement) -> list[WebLine]:
        """All visible lines in document order.

        :raises PagesError: if elements nest deeper than any written page.
        """
        from lxml import etree

        walk = etree.iterwalk(root, events=("start", "end"))
        path = [_Place(root, root)]
        for event, element in walk:
            tag = element.tag if isinstance(element.tag, str) else ""
            if event == "start":
                self._boundary(tag, path[-1])
                path.append(path[-1].within(element, tag))
                self.deepest, self.elements = max(self.deepest, len(path)), self.elements + 1
                if len(path) > _TOO_DEEP:
                    raise PagesError(f"{self._name} nests its elements too deeply to be read; simplify it and retry.")
                if not tag or tag in _HIDDEN or _is_hidden(element):
                    walk.skip_subtree()
                elif tag == "tr" and (row := _row(element)) is not None:
                    self._open = [(node, tail, text) for node, tail, text in row if text.strip()]
                    self._linked = sum(len(text) for a in element.iter("a") for text in a.itertext())
                    self._flush(path[-1], "\t".join(_cells(element)))
                    walk.skip_subtree()
                else:
                    self._text(element, False, element.text, path[-1])
            else:
                self._boundary(tag, path.pop(), ends=True)
                if element is not root:
                    self._text(element, True, element.tail, path[-1])
        return self._lines

    def _boundary(self, tag: str, place: _Place, ends: bool = False) -> None:
        """The break that an element's start or end makes in the text."""
        if tag == "br" and not ends:
            self._flush(place)
            self._gap = min(2, self._gap + 1)
        elif tag == "img" and not ends:
            self._pictured = self._pictured or not any(text.strip() for _, _, text in self._open)
        elif tag in _BLOCKS:
            self._flush(place)
            self._gap = max(self._gap, 1 if tag in _TIGHT else 2)

    def _text(self, node: HtmlElement, tail: bool, text: str | None, place: _Place) -> None:
        for n, line in enumerate((text or "").split("\n") if place.pre else [text or ""]):
            if n:
                self._flush(place)
                self._gap = max(self._gap, 1)
            if line:
                self._open.append((node, tail, line))
                length = len(line.strip())
                self._linked += length if place.link else 0
                self._bold += length if place.bold else 0

    def _flush(self, place: _Place, row: str = "") -> None:
        text = row or one_line("".join(text for _, _, text in self._open))
        whole = row or place.level or place.pre or len(text) > _CAPTION_LENGTH
        parts = [(text, False)] if whole else self._parts(text, place)
        for n, (part, stamp) in enumerate(parts if text else ()):
            self._lines.append(
                WebLine(
                    part,
                    place.block,
                    level=place.level,
                    tight=self._gap == 1 or n > 0,
                    article=place.article,
                    frame=place.frame,
                    caption=self._caption(part, place),
                    linked=self._linked / max(1, len(text)) if len(parts) == 1 else 0.0,
                    bold=self._bold >= sum(len(text.strip()) for _, _, text in self._open),
                    stamp=stamp,
                    nodes=[(node, tail) for node, tail, text in self._open if text.strip()],
                )
            )
            self._gap, self._pictured = 0, False
        self._open, self._linked, self._bold = [], 0, 0

    def _parts(self, text: str, place: _Place) -> list[tuple[str, bool]]:
        """The line's text, or the parts of a line that states the article's date, source or author."""
        parts: list[str] = []
        authors: set[str] = set()
        last: HtmlElement | None = None
        for node, tail, piece in self._open:
            top = _child_of(place.block, node.getparent() if tail else node)
            if top is not None and top is last:
                parts[-1] += piece
            else:
                parts.append(piece)
            last = top
            if not tail and _has_class(node, _AUTHOR_CLASS) and parse_names(one_line(piece)):
                authors.add(one_line(piece))
        above = next((line for line in reversed(self._lines) if not line.stamp), None)
        found = stamps([one_line(part) for part in parts], above is not None and above.level > 0)
        return [(part, stamp and part not in authors) for part, stamp in found] or [(text, False)]

    def _caption(self, text: str, place: _Place) -> HtmlElement | None:
        """What makes a line a picture's caption: an element around it, or its place right under the picture.

        There it is centred, and a sentence or credited; what is neither may be the title after a logo.
        """
        if place.caption is not None or place.level or len(text) > _CAPTION_LENGTH:
            return place.caption
        under = self._pictured and place.centred and (ends_sentence(text) or credit_at_end(text) is not None)
        return place.block if under or _has_class(place.block, _CAPTION_CLASS) else None


def _child_of(block: HtmlElement, node: HtmlElement | None) -> HtmlElement | None:
    """The child of `block` that a node lies in; None for the block itself."""
    while node is not None and node is not block and node.getparent() is not block:
        node = node.getparent()
    return None if node is block else node


def _has_class(element: HtmlElement, pattern: re.Pattern[str]) -> bool:
    names = f"{element.get('class', '')} {element.get('rel', '')} {element.get('itemprop', '')}"
    return len(names) > 2 and pattern.search(names) is not None


def _is_centred(element: HtmlElement, tag: str) -> bool:
    style = element.get("style")
    return (
        tag == "center"
        or element.get("align", "").lower() in ("center", "middle")
        or (style is not None and _CENTRED_STYLE.search(style) is not None)
    )


def _is_hidden(element: HtmlElement) -> bool:
    style = element.get("style")
    return element.get("hidden") is not None or (style is not None and _HIDING_STYLE.search(style) is not None)


def _row(row: HtmlElement) -> list[tuple[HtmlElement, bool, str]] | None:
    """The text nodes of a table row that is data; None for a row that lays out the page."""
    cells = [cell for cell in row if cell.tag in ("td", "th")]
    stray = (row.text or "", *(cell.tail or "" for cell in row))
    if len(cells) < 2 or len(cells) < len(row) or any(text.strip() for text in stray):
        return None
    nodes: list[tuple[HtmlElement, bool, str]] = []
    for cell in cells:
        blocks = length = 0
        for element in cell.iter():
            if not isinstance(element.tag, str) or element.tag in _HIDDEN or _is_hidden(element):
                return None  # rare: such a row is read as blocks
            blocks += element is not cell and (element.tag in _BLOCKS or element.tag == "br")
            parts = [(element, False, element.text or "")]
            if element is not cell:
                parts.append((element, True, element.tail or ""))
            length += sum(len(text) for _, _, text in parts)
            if blocks > 1 or length > _CELL + 40 or element.tag in ("table", "h1", "h2", "h3"):
                return None
            nodes += parts
    return nodes if sum(any(t.strip() for t in cell.itertext()) for cell in cells) > 1 else None


def _cells(row: HtmlElement) -> list[str]:
    return [one_line("".join(cell.itertext())) for cell in row if cell.tag in ("td", "th")]
