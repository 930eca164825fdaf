"""How formats with markup lay out their text: one title or paragraph a line, blank lines between blocks.

The newspaper's grammar (`corpus.page`) reads lines: it takes one blank line as the end of a paragraph and more than two
as the gap between two items of a page.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from corpus.bylines import parse_byline
from corpus.joins import ends_sentence
from corpus.records import Span

_LINE, _PARAGRAPH, _ITEM = "\n", "\n\n", "\n\n\n\n"
_ASIAN = "\u2e80-\u303f\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uff60\uffe0-\uffe6“”‘’…—·"
_SOFT_BREAK = re.compile(rf"(?<=[{_ASIAN}])[ \t\r\f]*\n[ \t\n\r\f]*|[ \t\n\r\f]*\n[ \t\r\f]*(?=[{_ASIAN}])")
_DATELINE = re.compile(r"(?:本报|新华社|据新华社|中新社|本刊)[^,,。\s]{0,14}?[讯电]")
_SPACE = re.compile(r"[ \t\n\r\f\v\x85\u2028\u2029]+")
_INVISIBLE: dict[int, None] = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\ufffe\uffff"))
_INVISIBLE |= {code: None for code in (*range(9), *range(14, 32), 127)}


@dataclass(frozen=True, slots=True)
class Piece:
    """A line of text as a format marks it.

    `level` is 1 to 6 for a heading and 0 for other text; a `tight` piece stands right under the one before it (list
    items, table rows); `opens` is true where the format itself says that an article begins; `aside` is the reason why
    a piece is no article text, "" where it is.
    """

    text: str
    level: int = 0
    tight: bool = False
    opens: bool = False
    aside: str = ""


def one_line(text: str) -> str:
    """A paragraph's text on one line: a soft break becomes a space, and nothing next to a Chinese character.

    Characters without a shape (soft hyphens, zero-width spaces, control characters) are dropped: they hide words from
    search.

    >>> one_line("老菜场关门\\n改造 three\\nmonths")
    '老菜场关门改造 three months'
    """
    return _SPACE.sub(" ", _SOFT_BREAK.sub("", text.translate(_INVISIBLE).strip()))


def lay_out(pieces: Sequence[Piece]) -> tuple[str, tuple[tuple[Span, str], ...]]:
    """The text of all pieces and the ranges of the asides in it, both in the order given.

    A heading that begins an article has a wide gap before it; headings right under it belong to the same headline.
    White space inside a piece is kept (a table's tabs), line ends are not: they are taken for soft breaks.

    >>> lay_out([Piece("标题", level=1), Piece("第一段。"), Piece("第二段。")])
    ('标题\\n\\n第一段。\\n\\n第二段。\\n', ())
    """
    shown = [piece for piece in pieces if piece.text.strip()]
    page_name = _page_name(shown)
    level = _article_level(shown, page_name)
    parts: list[str] = []
    asides: list[tuple[Span, str]] = []
    at = 0
    above: Piece | None = None  # the last piece that is no aside
    for n, piece in enumerate(shown):
        text = piece.text.strip()
        text = one_line(text) if "\n" in text else text
        before = _distance(piece, above, level, page_name, shown[n - 1]) if n else ""
        start = at + len(before)
        at = start + len(text)
        parts += (before, text)
        if piece.aside:
            asides.append(((start, at), piece.aside))
        else:
            above = piece
    return "".join((*parts, "\n" if parts else "")), tuple(asides)


def _distance(piece: Piece, above: Piece | None, level: int, page_name: Piece | None, before: Piece) -> str:
    if piece.aside or before.aside:
        return _LINE if piece.tight and piece.aside == before.aside else _ITEM if piece.opens else _PARAGRAPH
    if piece.opens or (above is page_name and page_name is not None):
        return _ITEM
    if 0 < piece.level <= level:
        return _LINE if above is not None and above.level else _ITEM
    if piece.tight or (piece.level and above is not None and above.level):
        return _LINE
    return _PARAGRAPH


def _signed(piece: Piece) -> bool:
    return parse_byline(piece.text.strip()) is not None or _DATELINE.match(piece.text.strip()) is not None


def _article_level(pieces: Sequence[Piece], page_name: Piece | None) -> int:
    """The level of the headings that begin articles: the highest that has a byline or a sentence under it.

    Higher headings name the page or a section, lower ones head a part of an article. 0 where no heading has text.
    """
    level = run = 0
    above: Piece | None = None
    for piece in pieces:
        if piece.aside or piece is page_name:
            continue
        if piece.level:  # a headline may have several lines
            run = min(run, piece.level) if run and above is not None and above.level else piece.level
        elif run and (_signed(piece) or ends_sentence(piece.text)):
            level, run = min(level, run) if level else run, 0
        above = piece
    return level


def _page_name(pieces: Sequence[Piece]) -> Piece | None:
    """The heading that is the page's own name: alone of its level, above at least two signed articles of the next."""
    printed = [piece for piece in pieces if not piece.aside]
    first = next((n for n, piece in enumerate(printed) if piece.level), None)
    if first is None or first + 1 == len(printed) or not (below := printed[first + 1].level) > printed[first].level:
        return None
    signed = run = 0
    for piece in printed[first + 1 :]:
        signed += run == below and _signed(piece)
        run = min(run, piece.level) if run and piece.level else piece.level
    alone = sum(piece.level == printed[first].level for piece in printed) == 1
    return printed[first] if alone and signed > 1 else None
