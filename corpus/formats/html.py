"""HTML → text: every visible character in document order; what is not the page's article is an aside."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from corpus.bylines import parse_byline
from corpus.errors import PagesError
from corpus.formats.blocks import LOWEST, SUBHEAD, Piece, lay_out, one_line
from corpus.formats.text import decode
from corpus.formats.web_frame import REASON, WebLine, mark_frame
from corpus.formats.web_walk import Walk
from corpus.joins import ends_sentence
from corpus.records import Extracted

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w:.-]{2,40})""", re.IGNORECASE)
_XML_ENCODING = re.compile(r"(?<!\s)\s*<\?xml[^>]{0,200}\?>")
_CONTROL = dict.fromkeys(c for c in range(32) if chr(c) not in "\t\n\r\f")
# What sites call the lines over and under a title, in words and in the Latin letters of the Chinese ones.
_KICKER_CLASS = re.compile(
    r"(?:^|[\s_-])(?:pre-?title|intro-?title|shoulder-?title|yin-?ti|jian-?ti|mei-?ti|kicker|eyebrow|overline)(?:$|[\s_-])",
    re.I,
)
_SUBTITLE_CLASS = re.compile(
    r"(?:^|[\s_-])(?:sub-?title|vice-?title|fu-?ti|fu-?biaoti|dek|standfirst)(?:$|[\s_-])", re.I
)
_PUBLISHED = frozenset(
    "article:published_time publishdate publish-date publish_date publishtime pubdate pubtime datepublished "
    "dc.date dc.date.issued dcterms.created dcterms.issued".split()
)
_ISO_DATE = re.compile(r"(?:19|20)\d\d-\d{1,2}-\d{1,2}(?!\d)")
_MOST_TAGS, _MOST_ATTRIBUTES = 500_000, 10_000  # a long page has 20,000 tags; a script may look like a long one
_TAG = re.compile("<[a-zA-Z][^<>]*")
_TITLE_LENGTH = 60  # characters of a title that only its looks or class show


def read(data: bytes, name: str) -> Extracted:
    """The text that a browser shows, with the web page's frame (menus, related links, footer) as asides.

    The page's `<title>` is the headline where nothing on the page is marked as a heading. A date that only the page's
    metadata state stands above all as an aside. Nothing is fetched or run.

    :raises PagesError: if the bytes are no text, or the page has too many tags or nests them too deeply.
    """
    meta = _CHARSET.search(data[:8192])
    source, notes = decode(data, name, meta.group(1).decode("ascii") if meta else "")
    _check_tags(source, name)
    root = _parse(source)
    if root is None:
        return Extracted("", notes=notes)
    walk = Walk(name)
    lines = walk.lines_of(root)
    _mark_titles(lines)
    mark_frame(root, lines, judge=walk.is_ordinary)
    if not any(line.level for line in lines if not line.frame):
        lines = _with_title(root, lines)
    _mark_subheads(lines)
    _part_captions(lines)
    date = [Piece(found, aside=REASON) for found in _published(root)]
    return lay_out([*date, *(line.piece for line in lines)], notes)


def _check_tags(source: str, name: str) -> None:
    """Refuse what the parser would take too long for: its time grows with the square of a tag's attributes."""
    if (tags := source.count("<")) > _MOST_TAGS:
        raise PagesError(f"{name} has {tags:,} tags, a web page may have {_MOST_TAGS:,} at most; split it.")
    words = max((len(tag.group().split()) for tag in _TAG.finditer(source)), default=0)
    if words > _MOST_ATTRIBUTES:
        raise PagesError(
            f"{name} has a tag with {words:,} attributes, a tag may have {_MOST_ATTRIBUTES:,}; simplify it."
        )


def pieces_of(source: str, name: str) -> list[Piece]:
    """The visible lines of a piece of HTML, as it may stand in Markdown; nothing of it counts as a frame.

    :raises PagesError: if it nests too deeply.
    """
    root = _parse(source)
    return [] if root is None else [line.piece for line in Walk(name).lines_of(root)]


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


def _mark_titles(lines: list[WebLine]) -> None:
    """Make headings of kickers and subtitles that only their class names, beside a heading."""
    for above, line in pairwise(lines):
        if above.level and not line.level and _is_named(line, _SUBTITLE_CLASS):
            line.level = LOWEST
    for below, line in pairwise(reversed(lines)):
        if below.level and not line.level and _is_named(line, _KICKER_CLASS):
            line.level = LOWEST


def _is_named(line: WebLine, pattern: re.Pattern[str]) -> bool:
    """Whether a short line's class says that it is a part of a headline."""
    short = len(line.text) <= _TITLE_LENGTH and not ends_sentence(line.text)
    return short and pattern.search(line.block.get("class", "")) is not None


def _mark_subheads(lines: list[WebLine]) -> None:
    """Make titles of short lines that are all in bold letters."""
    for line in lines:
        title = line.bold and not line.level and not line.tight and line.caption is None and not line.frame
        if title and len(line.text) <= _TITLE_LENGTH and not ends_sentence(line.text) and "\t" not in line.text:
            line.level = 0 if parse_byline(line.text) is not None else SUBHEAD


def _part_captions(lines: list[WebLine]) -> None:
    """Set each caption, of one line or several, apart as an item of its own."""
    for above, line in zip([None, *lines], lines, strict=False):
        if line.caption is not None:
            line.opens = line.opens or above is None or above.caption is not line.caption
            line.closes = True
            if above is not None and above.caption is line.caption:
                above.closes = False


def _published(root: HtmlElement) -> list[str]:
    """The date of publication that the page's metadata state, ISO 8601, where they do."""
    for element in root.iter("meta", "time"):
        names = (element.get(key, "").lower() for key in ("name", "property", "itemprop"))
        value = element.get("datetime" if element.tag == "time" else "content", "")
        if (element.tag == "time" or any(name in _PUBLISHED for name in names)) and (date := _ISO_DATE.match(value)):
            return [date.group()]
    return []
