"""Whether a paragraph was cut by a column break, so that the next piece of text belongs to it."""

from __future__ import annotations

from corpus.words import is_word, tokens

_NEVER_FIRST = "的了着过地得之们和与及并等,,、。;；:：!?！？”’」』)）》%"
_NEVER_LAST = "的得之和与及并或在把被将从由"
_SEAM = 6
_TERMINAL = "。!?！？…;；:："
_CLOSING = "”’」』)）】》〉\"'"
_PAIRS = {"“": "”", "‘": "’", "「": "」", "『": "』", "《": "》", "(": ")", "（": "）", "【": "】"}


def ends_sentence(text: str) -> bool:
    """Whether `text` ends as a paragraph may: with a full stop or the like, closing marks after it passed over.

    A closing mark alone is no end: `这叫“新房”` goes on, `太好了!”` does not.
    """
    bare = text.rstrip().rstrip(_CLOSING)
    return bool(bare) and bare[-1] in _TERMINAL


def open_mark(text: str) -> str:
    """The closing mark that `text` still waits for, or ""."""
    waiting: list[str] = []
    for char in text:
        if char in _PAIRS:
            waiting.append(_PAIRS[char])
        elif waiting and char == waiting[-1]:
            waiting.pop()
    return waiting[-1] if waiting else ""


def runs_on(left: str, right: str) -> bool:
    """Whether `right` begins in the middle of what `left` says: with a particle, or inside a word of both.

    >>> runs_on("老街修缮", "的经过。")
    True
    """
    if right[:1] in _NEVER_FIRST or left[-1:] in _NEVER_LAST or (left[-1:].isdigit() and not right[:1].isdigit()):
        return True
    seam = min(len(left), _SEAM)
    around = left[-seam:] + right[:_SEAM]
    return any(start < seam < end and is_word(word) for word, start, end in tokens(around))


def is_cut(left: str, right: str) -> bool:
    """Whether the paragraph `left` goes on in `right`, the next body text of the same article.

    The evidence is in the print: a paragraph that ends without a full stop goes on, and so does one whose quotation is
    closed by the next piece before any new one opens.
    """
    if not ends_sentence(left):
        return True
    mark = open_mark(left)
    if not mark:
        return False
    opening = next(o for o, c in _PAIRS.items() if c == mark)
    closes, opens = right.find(mark), right.find(opening)
    return closes >= 0 and (opens < 0 or closes < opens)
