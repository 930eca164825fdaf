"""Which lines of a web page are its article, and which are the frame around it: menus, related links, footers.

The judge is trafilatura. It gives text, not places, so every line is marked before (two Tangut characters, which spell
the line's number) and found again in what it returns. What it leaves out of an article's midst is put back: a news
archive loses more by a dropped paragraph than by a line too many.
"""

from __future__ import annotations

import copy
import logging
import re
from dataclasses import dataclass, field
from itertools import takewhile
from typing import TYPE_CHECKING

from corpus.bylines import parse_byline
from corpus.formats.blocks import Piece
from corpus.formats.web_stamps import is_tool_bar
from corpus.joins import ends_sentence

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_FIRST, _DIGITS = 0x17000, 6000  # Tangut: letters to every library, and in no newspaper
_MARK = re.compile(f"[{chr(_FIRST)}-{chr(_FIRST + _DIGITS - 1)}]{{2}}")
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FRAME_CLASS = re.compile(
    r"(?:^|[\s_-])(?:nav|menu|breadcrumb|footer|foot|copyright|comments?|related|recommend\w*|share|sidebar|hot|rank|"
    r"tools?|toolbar|font-?size|login|pager|pagination|ads?|advert\w*|friend-?links?|qrcode)(?:$|[\s_-])",
    re.IGNORECASE,
)
_LINKS = 0.5  # share of a line that is links, from which it counts as a menu
_PROSE = 20  # characters that a sentence has at least to be kept by itself
_FRAME = frozenset(("nav", "footer", "aside", "header", "menu", "button", "dialog"))
_FRAME_ROLES = frozenset(("navigation", "banner", "contentinfo", "complementary", "search", "menu", "dialog"))

_BY_CLASS = "class"

REASON = "web page frame"


@dataclass(slots=True)
class WebLine:
    """A printed line of a web page, and what the elements around it say about it."""

    text: str
    block: HtmlElement
    level: int = 0
    tight: bool = False
    article: HtmlElement | None = None  # the outermost <article> around it
    frame: str = ""  # why it is no article text
    caption: HtmlElement | None = None  # what makes it a picture's caption
    linked: float = 0.0  # share of its characters that are links
    bold: bool = False  # whether all of it is in bold letters
    stamp: bool = False  # whether it states an article's date or source, or is a button
    opens: bool = False  # whether an article or caption begins with it
    closes: bool = False  # whether a caption ends with it
    nodes: list[tuple[HtmlElement, bool]] = field(default_factory=list)  # its text nodes: element, whether its tail

    @property
    def piece(self) -> Piece:
        """The line as `lay_out` takes it."""
        return Piece(self.text, self.level, self.tight, self.opens, self.closes, REASON if self.frame else "")


def frame_of(element: HtmlElement, tag: str, main: bool) -> str:
    """Why an element's own name, role or class makes it a part of the frame; "" where it does not.

    :param main: whether it stands in an <article> or <main>: a header there is the article's own.
    """
    if (tag in _FRAME and not (main and tag == "header")) or element.get("role") in _FRAME_ROLES:
        return tag
    if tag in ("body", "html"):
        return ""
    names = f"{element.get('class', '')} {element.get('id', '')}"
    return _BY_CLASS if len(names) > 1 and _FRAME_CLASS.search(names) else ""


def mark_frame(root: HtmlElement, lines: list[WebLine], judge: bool = True) -> list[WebLine]:
    """Set on every line whether it is frame, and whether an article begins with it. Returns the lines given.

    :param judge: whether trafilatura is asked; without it only what names itself a frame is one.
    """
    headed = any(line.level in (1, 2) for line in lines if not line.frame)
    for line in lines:
        if line.stamp or (not line.level and is_tool_bar(line.text)):
            line.frame = line.frame or "stamp"
        if line.frame == "header" and not headed:
            line.frame = ""
        if line.frame and line.article is not None and parse_byline(line.text) is not None:
            line.frame = ""
    several = _open_articles(lines)
    if several:
        kept = {id(line) for line in lines if line.article is not None and not line.frame}
    else:
        found = _kept(root, lines) if judge else set()
        kept = {id(lines[n]) for n in found if lines[n].frame in ("", _BY_CLASS)}
    if _wraps_all(lines, kept):
        for line in lines:
            line.frame = "" if line.frame == _BY_CLASS else line.frame
    body = [line for line in lines if not line.frame]
    kept &= {id(line) for line in body if line.linked < _LINKS or line.level}
    if not kept:  # no article was found: what is no menu is text
        for line in body:
            line.frame = "links" if line.linked >= _LINKS and not _is_prose(line) and not line.level else ""
        return lines
    blocks = {line.block.getparent() for line in body if id(line) in kept}
    first, last = _extent(body, kept)
    for n, line in enumerate(body):
        if id(line) in kept:
            continue
        inside = first <= n <= last and (line.level or parse_byline(line.text) or line.block.getparent() in blocks)
        if line.linked >= _LINKS or not (inside or _is_prose(line) or line.caption is not None):
            line.frame = "not article"
    return lines


def _is_prose(line: WebLine) -> bool:
    return len(line.text) >= _PROSE and ends_sentence(line.text)


def _wraps_all(lines: list[WebLine], kept: set[int]) -> bool:
    """Whether class names would take most of the text for frame: themes name a page's wrapper after its sidebar."""
    prose = [line for line in lines if line.frame in ("", _BY_CLASS) and (id(line) in kept or _is_prose(line))]
    return 2 * sum(len(line.text) for line in prose if line.frame) > sum(len(line.text) for line in prose)


def _open_articles(lines: list[WebLine]) -> bool:
    """Mark the first line of each <article>; whether the page has several with text of their own."""
    groups: dict[HtmlElement, list[WebLine]] = {}
    for line in lines:
        if line.article is not None and not line.frame:
            groups.setdefault(line.article, []).append(line)
    full = [group for group in groups.values() if len(group) > 1 and any(line.linked < _LINKS for line in group)]
    if len(full) < 2:
        return False
    for group in full:
        group[0].opens = True
    return True


def _extent(body: list[WebLine], kept: set[int]) -> tuple[int, int]:
    """From the heading over the first kept line to the last kept line or the bylines after it.

    Where no heading is marked, up to three lines above the first are added to `kept`: title, byline, source.
    """
    places = [n for n, line in enumerate(body) if id(line) in kept]
    first, last = places[0], places[-1]
    headings = [n for n in range(max(0, first - 8), first) if body[n].level]
    if headings and not body[first].level:
        first = headings[-1]
    elif not body[first].level:  # a title without a heading's mark
        above = takewhile(lambda line: line.linked < _LINKS, reversed(body[max(0, first - 3) : first]))
        for line in above:
            kept.add(id(line))
            first -= 1
    while first > 0 and body[first].level and body[first - 1].level:
        first -= 1
    while last + 1 < len(body) and parse_byline(body[last + 1].text) is not None:
        last += 1
    return first, last


def _kept(root: HtmlElement, lines: list[WebLine]) -> set[int]:
    """The numbers of the lines that trafilatura takes for the article; none where it finds no article."""
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # what it cannot do is no news to the user
    import trafilatura

    # on a copy: what marks do to the text, and trafilatura to the tree, is of no concern to the page
    marked = copy.deepcopy(root)
    twins = dict(zip(root.iter(), marked.iter(), strict=True))
    for n, line in enumerate(lines):
        mark = chr(_FIRST + n // _DIGITS) + chr(_FIRST + n % _DIGITS)
        for node, tail in line.nodes:
            twin = twins[node]
            if tail:
                twin.tail = mark + _NO_XML.sub("", twin.tail or "")
            else:
                twin.text = mark + _NO_XML.sub("", twin.text or "")
    try:
        found = trafilatura.bare_extraction(marked, include_comments=False, with_metadata=False)
    except Exception:  # a library that fails on a malformed page must not cost the page
        return set()
    body = getattr(found, "body", None)
    if body is None:
        return set()
    text = "".join(body.itertext())
    numbers = ((ord(m.group()[0]) - _FIRST) * _DIGITS + ord(m.group()[1]) - _FIRST for m in _MARK.finditer(text))
    return {number for number in numbers if number < len(lines)}
