"""Whether a paragraph was cut by a column break, so that the next piece of text belongs to it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from corpus.fold import fold
from corpus.records import Block
from corpus.words import is_word, tokens

_NEVER_FIRST = ",,、。;；:：!?！？”’」』)）》%"
_PARTICLES = frozenset("的了着过地得们")  # as words of their own they never begin a sentence
_NEVER_LAST = "的得之和与及并或在被将从由"
_SEAM = 6
_TAIL = 200  # characters that tell how a text ends: a paragraph grows line by line, and is asked at each
_SHORT_ROW = 16  # a list item shorter than a column is wide was not cut by its end
_TERMINAL = "。!?！？…;；:："
_CLOSING = "”’」』)）】》〉\"'"
_PAIRS = {"“": "”", "‘": "’", "「": "」", "『": "』", "《": "》", "(": ")", "（": "）", "【": "】"}
# What may stand behind the last full stop: a signature or mark in brackets, or a photo's credit.
_SIGNED = re.compile(
    r"(?<=[。!?！？”」』])\s*(?:[(（【][^()（）【】。]{1,40}[)）】]"
    r"|[\u3400-\u9fff /、]{2,24}(?:摄|摄影|攝|攝影|供图|供圖))$"
)
_LATIN_END = re.compile(r"[A-Za-z\d%)\]\"'’”][.]$|[A-Za-z\d]{2}[.][\"'’”)]+$")


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of body text: a line, or what of it is no jump mark.

    `row`: it is a list item or a table row; `indented`: it begins as a paragraph of an indented page does; `short`: by
    its looks it can be a title; `tight`: no blank line parts it from the line above;
    `apart`: it is a table row or the like, no part of a longer paragraph.
    """

    block: Block
    row: bool = False
    indented: bool = False
    short: bool = False
    tight: bool = False
    apart: bool = False


def ends_sentence(text: str) -> bool:
    """Whether `text` ends as a paragraph may: with a full stop or the like, closing marks after it passed over.

    A closing mark alone is no end: `这叫“新房”` goes on, `太好了!”` does not. A Latin full stop ends Latin text alone:
    `增长4.` goes on.
    """
    bare = text.rstrip()[-_TAIL:]
    if (signed := _SIGNED.search(bare)) is not None:
        bare = bare[: signed.start()].rstrip()
    if bare[-40:].isascii() and len(bare) > 3:
        return bool(_LATIN_END.search(bare)) or bare.rstrip(_CLOSING)[-1:] in "!?:"
    bare = bare.rstrip(_CLOSING)
    return bool(bare) and bare[-1] in _TERMINAL


def open_mark(text: str) -> str:
    """The closing mark that `text` still waits for, or ""."""
    waiting: list[str] = []
    for char in text:
        if char in _PAIRS:
            waiting.append(_PAIRS[char])
        elif waiting and char == waiting[-1]:
            waiting.pop()
    if not waiting and text.count('"') % 2:
        return '"'
    return waiting[-1] if waiting else ""


def runs_on(left: str, right: str) -> bool:
    """Whether `right` begins in the middle of what `left` says: with a particle, or inside a word of both.

    >>> runs_on("老街修缮", "的经过。")
    True
    """
    if left[-1:].isascii() and right[:1].isascii():
        return right[:1].islower()
    if right[:1] in _NEVER_FIRST or left[-1:] in _NEVER_LAST or (left[-1:].isdigit() and not right[:1].isdigit()):
        return True
    seam = min(len(left), _SEAM)
    found = tokens(left[-seam:] + right[:_SEAM])
    if any(start < seam < end and is_word(fold(word)) for word, start, end in found):
        return True
    return any(start == seam and word in _PARTICLES for word, start, _ in found)


def is_cut(left: Piece, right: Piece, indented: bool = False) -> bool:
    """Whether the paragraph `left` goes on in `right`, the next body text of the same article.

    The evidence is in the print: a paragraph that ends without a full stop goes on, and so does one whose quotation is
    closed by the next piece before any new one opens. A list item or table row goes on only in what cannot begin one.

    :param indented: whether this page indents the first line of every paragraph.
    """
    before, after = left.block.text, right.block.text
    if left.apart or right.apart:
        return False
    if right.row and (left.row or ends_sentence(before)):
        return False
    if left.row and not ends_sentence(before):
        return not right.row and not right.short and len(before) >= _SHORT_ROW
    if not ends_sentence(before):
        return not (indented and right.indented and not runs_on(before, after))
    if indented and not right.indented and not right.short:
        return True
    mark = open_mark(before)
    if not mark:
        return False
    return _closes_first(after, mark)


def _closes_first(text: str, mark: str) -> bool:
    """Whether `text` closes a mark that it has not opened."""
    if mark == '"':
        return text.count(mark) % 2 == 1 and not text.startswith(mark)
    opening = next(o for o, c in _PAIRS.items() if c == mark)
    closes, opens = text.find(mark), text.find(opening)
    return closes >= 0 and (opens < 0 or closes < opens)


def rest_elsewhere(left: Piece, others: Sequence[Piece]) -> int | None:
    """Which of the next pieces closes the title or quotation that `left` leaves open; None where none does.

    Columns are sometimes dumped out of order: a whole section then stands between the two parts of a paragraph.
    """
    mark = open_mark(left.block.text)
    if not mark or ends_sentence(left.block.text):
        return None
    for n, other in enumerate(others):
        if _closes_first(other.block.text, mark):
            return n
    return None


def join(left: Block, right: Block, text: str) -> Block:
    """Two pieces of one paragraph as one block.

    Latin words are parted by the white space of the page's `text` where nothing else stands between the pieces: the
    two spans then become one. A Chinese paragraph is joined without.
    """
    a, b = left.spans[-1], right.spans[0]
    between = text[a[1] : b[0]]
    last = left.text.rstrip(",;:.")[-1:]
    latin = last.isascii() and last.isalpha() and right.text[:1].isascii() and right.text[:1].isalpha()
    if latin and between and not between.strip():
        return Block(left.text + between + right.text, (*left.spans[:-1], (a[0], b[1]), *right.spans[1:]))
    return Block(left.text + right.text, (*left.spans, *right.spans))
