"""How formats with markup lay out their text: one title or paragraph a line, blank lines between blocks.

The newspaper's grammar (`corpus.page`) reads lines: it takes one blank line as the end of a paragraph and more than two
as the gap between two items of a page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from corpus.bylines import parse_byline
from corpus.joins import ends_sentence
from corpus.records import Extracted, Span

_LINE, _PARAGRAPH, _ITEM = "\n", "\n\n", "\n\n\n\n"
_ASIAN = "\u2e80-\u303f\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uff60\uffe0-\uffe6“”‘’…—·"
# Where blanks begin, not from each of them anew: a file may hold a million.
_SOFT_BREAK = re.compile(
    rf"(?<=[{_ASIAN}])[ \t\r\f]*\n[ \t\n\r\f]*|(?<![ \t\n\r\f])[ \t\n\r\f]*\n[ \t\r\f]*(?=[{_ASIAN}])"
)
LOWEST = 6  # level of the lowest heading
SUBHEAD = 7  # level of a title that only its looks (bold letters) show: a subhead, unless a byline or dateline follows
_SECTION_LENGTH = 8
_DATELINE = re.compile(r"(?:本报|新华社|据新华社|中新社|本刊)[^,,。\s]{0,14}?[讯电]")
_SPACE = re.compile(r"[ \t\n\r\f\v\x85\u2028\u2029]+")
_INVISIBLE: dict[int, None] = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\ufffe\uffff"))
_INVISIBLE |= {code: None for code in (*range(9), *range(14, 32), 127)}


@dataclass(frozen=True, slots=True)
class Piece:
    """A line of text as a format marks it.

    `level` is 1 to 6 for a heading, `SUBHEAD` for a title by its looks alone and 0 for other text; a `tight` piece
    stands right under the one before it (list items, table rows); `opens` and `closes` are true where the format itself
    says that an item begins or ends with the piece; `aside` is the reason why it is no article text, "" where it is.
    """

    text: str
    level: int = 0
    tight: bool = False
    opens: bool = False
    closes: bool = False
    aside: str = ""


def one_line(text: str) -> str:
    """A paragraph's text on one line: a soft break becomes a space, and nothing next to a Chinese character.

    Characters without a shape (soft hyphens, zero-width spaces, control characters) are dropped: they hide words from
    search.

    >>> one_line("老菜场关门\\n改造 three\\nmonths")
    '老菜场关门改造 three months'
    """
    return _SPACE.sub(" ", _SOFT_BREAK.sub("", text.translate(_INVISIBLE).strip()))


def lay_out(pieces: Sequence[Piece], notes: tuple[str, ...] = ()) -> Extracted:
    """The text of all pieces, with the ranges of the asides and of the articles' headlines, in the order given.

    The headings of one headline (kicker, title, subtitle) stand tight, with a wide gap before the first of them. White
    space inside a piece is kept (a table's tabs), line ends are not: they are taken for soft breaks.

    >>> found = lay_out([Piece("标题", level=1), Piece("第一段。"), Piece("第二段。")])
    >>> found.text, found.headings
    ('标题\\n\\n第一段。\\n\\n第二段。\\n', ((0, 2),))
    """
    shown = [piece for piece in pieces if piece.text.strip()]
    titles = _titles([piece for piece in shown if not piece.aside])
    parts: list[str] = []
    asides: list[tuple[Span, str]] = []
    headings: list[Span] = []
    at = printed = 0  # characters; pieces that are no asides
    title = _NO_TITLE
    above: Piece | None = None
    for piece in shown:
        text = piece.text.strip()
        text = one_line(text) if "\n" in text else text
        last, title = title, _NO_TITLE if piece.aside else titles[printed]
        before = "" if above is None else _distance(piece, above, title, last)
        start = at + len(before)
        at = start + len(text)
        parts += (before, text)
        if piece.aside:
            asides.append(((start, at), piece.aside))
        else:
            printed += 1
            if title in (_FIRST, _NEXT):
                headings.append((start, at))
        above = piece
    return Extracted("".join((*parts, "\n" if parts else "")), tuple(asides), headings=tuple(headings), notes=notes)


_NO_TITLE, _FIRST, _NEXT, _SECTION = range(4)  # what a piece is in a headline; _SECTION names what stands below it


def _distance(piece: Piece, above: Piece, title: int, above_title: int) -> str:
    if piece.tight and piece.aside == above.aside and not (piece.level or above.level):
        return _LINE
    if title == _FIRST or piece.opens or above_title == _SECTION:
        return _ITEM
    if title == _NEXT:
        return _PARAGRAPH if above.aside else _LINE
    if above.closes and not piece.level and not piece.aside and parse_byline(piece.text.strip()) is None:
        return _ITEM
    return _LINE if piece.tight and piece.aside == above.aside else _PARAGRAPH


def _signed(piece: Piece) -> bool:
    return parse_byline(piece.text.strip()) is not None or _DATELINE.match(piece.text.strip()) is not None


def _prose(piece: Piece) -> bool:
    return not piece.level and ends_sentence(piece.text)


def _titles(pieces: Sequence[Piece]) -> list[int]:
    """For each piece, whether an article's headline begins with it or goes on, or a section's name stands in it."""
    out = [_NO_TITLE] * len(pieces)
    runs = list(_runs(pieces))
    page_name = _page_name(pieces)
    if page_name is not None:
        out[page_name] = _SECTION
        runs[0] = (page_name + 1, runs[0][1])
    heading = _article_levels(pieces, runs)
    for start, end in runs:
        levels = [piece.level for piece in pieces[start:end]]
        if not levels or not (min(levels) in heading or min(levels) < min(heading, default=0)):
            continue
        if levels[0] == SUBHEAD and (end == len(pieces) or not _signed(pieces[end])):
            continue
        section = len(pieces[start].text.strip()) <= _SECTION_LENGTH
        if section and any(levels[0] < level <= LOWEST and level in heading for level in levels):
            out[start] = _SECTION
            start += 1
        out[start:end] = [_FIRST, *[_NEXT] * (end - start - 1)]
    return out


def _runs(pieces: Sequence[Piece]) -> Iterator[Span]:
    """Headings that stand one right under the other, half-open; one by its looks alone begins none with real ones."""
    start = 0
    for n, piece in enumerate(pieces):
        above = pieces[n - 1] if n else None
        parted = above is not None and (piece.opens or above.level == SUBHEAD != piece.level)
        if n > start and (not piece.level or parted):
            yield start, n
            start = n
        if not piece.level:
            start = n + 1
    if start < len(pieces):
        yield start, len(pieces)


def _article_levels(pieces: Sequence[Piece], runs: Sequence[Span]) -> set[int]:
    """The levels of the headings that begin articles: all that have a byline or dateline under them.

    Where none has, the highest with a sentence under it. Higher headings name the page or a section, others head a part
    of an article.
    """
    signed: set[int] = set()
    read: set[int] = set()
    for start, end in runs:
        below = pieces[end : end + 2] if end > start else ()  # a name or label may stand in between
        level = min((piece.level for piece in pieces[start:end]), default=0)
        if below and (_signed(below[0]) or (_signed(below[-1]) and not below[0].level and not _prose(below[0]))):
            signed.add(level)
        elif any(_prose(piece) for piece in below) and level <= LOWEST:
            read.add(level)
    return signed or ({min(read)} if read else set())


def _page_name(pieces: Sequence[Piece]) -> int | None:
    """The heading that is the page's own name: alone of its level, above at least two signed articles of the next."""
    first = next((n for n, piece in enumerate(pieces) if piece.level), None)
    if first is None or first + 1 == len(pieces) or not (below := pieces[first + 1].level) > pieces[first].level:
        return None
    signed = run = 0
    for piece in pieces[first + 1 :]:
        signed += run == below and _signed(piece)
        run = min(run, piece.level) if run and piece.level else piece.level
    alone = sum(piece.level == pieces[first].level for piece in pieces) == 1
    return first if alone and signed > 1 else None
