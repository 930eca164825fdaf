"""HTML → text: every visible character in document order; what is not the page's article is an aside."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from corpus.errors import PagesError
from corpus.formats.lines import Piece, lay_out, one_line
from corpus.formats.text import decode
from corpus.formats.web_frame import WebLine, frame_of, mark_frame
from corpus.records import Extracted

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w:.-]{2,40})""", re.IGNORECASE)
_XML_ENCODING = re.compile(r"\s*<\?xml[^>]{0,200}\?>")
_CONTROL = dict.fromkeys(c for c in range(32) if chr(c) not in "\t\n\r\f")
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
_TOO_DEEP = 1_500  # elements inside each other; the parser itself stops at 2,048 and drops what lies deeper
_DEEPEST_JUDGED, _MOST_JUDGED = 250, 20_000  # elements; trafilatura's time grows faster than the page
_CELL = 80  # characters: a table with longer cells lays out the page


def read(data: bytes, name: str) -> Extracted:
    """The text that a browser shows, with the web page's frame (menus, related links, footer) as asides.

    The page's `<title>` is the headline where nothing on the page is marked as a heading. Nothing is fetched or run.

    :raises PagesError: if the bytes are no text, or the page nests too deeply to be read.
    """
    meta = _CHARSET.search(data[:8192])
    source, notes = decode(data, name, meta.group(1).decode("ascii") if meta else "")
    root = _parse(source)
    if root is None:
        return Extracted("", notes=notes)
    walk = _Walk(name)
    lines = mark_frame(root, walk.lines_of(root), judge=walk.is_ordinary)
    if not any(line.level for line in lines if not line.frame):
        lines = _with_title(root, lines)
    text, asides = lay_out([line.piece for line in lines])
    return Extracted(text, asides, notes=notes)


def pieces_of(source: str, name: str) -> list[Piece]:
    """The visible lines of a piece of HTML, as it may stand in Markdown; nothing of it counts as a frame.

    :raises PagesError: if it nests too deeply.
    """
    root = _parse(source)
    return [] if root is None else [line.piece for line in _Walk(name).lines_of(root)]


def _parse(source: str) -> HtmlElement | None:
    from lxml import etree, html

    parser = html.HTMLParser(huge_tree=True, no_network=True, remove_comments=True, remove_pis=True)
    try:
        return html.document_fromstring(_XML_ENCODING.sub("", source, count=1).translate(_CONTROL), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return None  # a document without any element


def _with_title(root: HtmlElement, lines: list[WebLine]) -> list[WebLine]:
    """The lines with a headline: the one that repeats the page's title, or the title above all."""
    title = one_line(root.findtext(".//title") or "")
    if not title:
        return lines
    # a site adds its own name to the title: 菜场换新颜_禾风小报
    same = (line for line in lines if not line.frame and len(line.text) >= 4 and title.startswith(line.text))
    if (found := next(same, None)) is not None:
        found.level = 1
        return lines
    return [WebLine(title, root, level=1), *lines]


@dataclass(frozen=True, slots=True)
class _Place:
    """What an element and those around it say about the text in it."""

    element: HtmlElement
    block: HtmlElement
    level: int = 0
    article: HtmlElement | None = None
    frame: str = ""
    main: bool = False
    caption: bool = False
    pre: bool = False
    link: bool = False

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
            caption=self.caption or tag == "figcaption",
            pre=self.pre or tag == "pre",
            link=self.link or tag == "a",
        )


class _Walk:
    """Goes through a document once and collects its printed lines."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lines: list[WebLine] = []
        self._open: list[tuple[HtmlElement, bool, str]] = []  # text nodes: element, whether its tail, text
        self._linked = 0  # characters of them inside links
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
                self._linked += len(line.strip()) if place.link else 0

    def _flush(self, place: _Place, row: str = "") -> None:
        text = row or one_line("".join(text for _, _, text in self._open))
        if text:
            self._lines.append(
                WebLine(
                    text,
                    place.block,
                    level=place.level,
                    tight=self._gap == 1,
                    article=place.article,
                    frame=place.frame,
                    caption=place.caption,
                    linked=self._linked / len(text),
                    nodes=[(node, tail) for node, tail, text in self._open if text.strip()],
                )
            )
            self._gap = 0
        self._open, self._linked = [], 0


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
