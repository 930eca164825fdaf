"""The matching form of a text, and where each part of it is printed.

`fold` changes characters one by one and keeps the length. `matching_form` goes on from there: what is printed in
several ways comes out alike (2026-04-01 and 二〇二六年四月一日, 1,500万元 and 一千五百万元, what is spaced out or cut
by a line break), and a map leads back. Only matching uses it; what is shown is always printed text.
"""

from __future__ import annotations

import functools
import re
import sys
import unicodedata

from corpus.numerals import NUMERALS, STRETCH, canonical
from corpus.offsets import Edits, Folded, compose, rewrite


@functools.cache
def _table() -> dict[int, str]:
    """Every character that folds to another single one (built once, some 20 ms)."""
    import opencc

    table: dict[int, str] = {}
    for code in range(sys.maxunicode + 1 if sys.maxunicode < 0x10000 else 0x10000):
        char = chr(code)
        if unicodedata.category(char) in ("Cs", "Cn"):
            continue
        folded = unicodedata.normalize("NFKC", char).lower()
        if len(folded) == 1 and folded != char:
            table[code] = folded
    ideographs = [chr(c) for c in range(0x3400, 0xA000)]
    # One character a line, so that OpenCC's phrase rules cannot join neighbours.
    simplified = opencc.OpenCC("t2s").convert("\n".join(ideographs)).split("\n")
    simpler = {ord(t): s for t, s in zip(ideographs, simplified, strict=True) if t != s and len(s) == 1}
    simpler = {code: simpler.get(ord(char), char) for code, char in simpler.items()}  # 藴 would take two steps
    # A compatibility ideograph is a traditional character once more.
    table = {code: folded.translate(simpler) for code, folded in table.items()}
    return table | simpler


def fold(text: str) -> str:
    """`text` in lower case, half width and simplified characters, of the same length.

    Characters whose folding would be longer or shorter than one (℃, ㈱, ﬁ) stay as they are. The bundled encoder was
    trained on text of this form.

    >>> fold("ＡＢＣ１２３ 嘉興，")
    'abc123 嘉兴,'
    """
    return text.translate(_table())


# Where Unicode has characters that NFKC changes, and invisible ones.
_CHANGING = (range(0x20000), range(0x2F800, 0x2FA20), range(0xE0000, 0xE1000))
_SELECTORS = {0x34F, *range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)}


@functools.cache
def _characters() -> tuple[dict[int, str], dict[str, str], re.Pattern[str]]:
    """Characters that fold to one other; those that fold to none or several; a pattern for the latter."""
    one: dict[int, str] = {}
    several: dict[str, str] = {}
    for code in (code for part in _CHANGING for code in part):
        char = chr(code)
        category = unicodedata.category(char)
        if category in ("Cs", "Cn"):
            continue
        if category == "Cf" or code in _SELECTORS:
            several[char] = ""
            continue
        folded = fold(unicodedata.normalize("NFKC", char).lower())
        # ① and ½ are numbers by themselves: they must not run together with digits beside them.
        kind = unicodedata.decomposition(char)
        if kind.startswith("<circle>") and folded.isdigit():
            folded = f"({folded})"
        elif kind.startswith("<fraction>"):
            folded = f" {folded}"
        if folded == char:
            continue
        if len(folded) == 1:
            one[code] = fold(folded)
        else:
            several[char] = "".join(c for c in folded if unicodedata.category(c) != "Cf")
    for code, single in _table().items():
        if chr(code) not in several:
            one.setdefault(code, fold(single))
    return one, several, re.compile("[" + re.escape("".join(several)) + "]")


_HAN = r"\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_SPACE = re.compile(r"\s")
_WIDE = rf"[{_HAN}\u3001-\u303f“”‘’—…·]"
# Patterns without look-around; corpus.offsets says why. Beside a Chinese character white space goes whatever is on its
# other side, so that the match need not reach there.
_SPACES = re.compile(rf"{_WIDE}\s+|\s+{_WIDE}?")
_PARTING = re.compile(rf"{_WIDE}?\s+(?:{_WIDE}\s+)*{_WIDE}?")
# Looking ahead at what is consumed next is no looking around. Numerals stay apart: 一、二、三、四年级 is no number.
_LETTER = f"(?![{NUMERALS}])[{_HAN}]"
_LETTERS = re.compile(rf"{_LETTER}([、· ]){_LETTER}(?:\1{_LETTER}){{2,}}")
_TWICE = re.compile(r"(.{6,40}?)\1+", re.DOTALL)
# What each of these patterns needs, but for the last, which needs 12 characters.
_WORTH_A_LOOK = re.compile(rf"[\s、·0-9{NUMERALS}]")
_ROUNDS = 8  # two nearly always; a text made for it can need one more for every step inside another


def _joined(spaces: str) -> str:
    """White space beside a Chinese character goes, between other characters one space stays."""
    return "".join(spaces.split()) or " "


def _parted(spaces: str) -> str:
    """As `_joined`, but between two Chinese characters one space stays."""
    return " ".join(spaces.split()) or " "


def _repeats(text: str) -> bool:
    """Whether `_TWICE` matches anywhere; the pattern itself takes ten times as long to find that it does not.

    Of the first of two copies of 6 characters or more, one of the four or more places where 3 characters begin is a
    multiple of 4.
    """
    for at in range(0, len(text) - 8, 4):
        three = text[at : at + 3]
        other = text.find(three, at + 6, at + 43)
        while other >= 0:
            size, start, end = other - at, at, at + 3
            while start and at - start < size and text[start - 1] == text[start - 1 + size]:
                start -= 1
            while end - start < size and text[end : end + 1] == text[end + size : end + size + 1] != "":
                end += 1
            if end - start >= size:
                return True
            other = text.find(three, other + 1, at + 43)
    return False


def _once(run: str) -> str:
    """What is printed several times in a row; rules, dots and digits may well repeat."""
    unit = _TWICE.fullmatch(run)
    assert unit is not None
    return unit[1] if sum(c.isalpha() for c in set(unit[1])) > 3 else run


def _step(text: str, join: bool) -> tuple[str, Edits]:
    """All rewritings of several characters, once."""
    edits: Edits = ()
    if _SPACE.search(text):
        text, edits = rewrite(text, *((_SPACES, _joined) if join else (_PARTING, _parted)))
    if "、" in text or "·" in text or " " in text:
        text, more = rewrite(text, _LETTERS, lambda run: run[::2])
        edits = compose(edits, more)
    text, more = rewrite(text, STRETCH, canonical)
    edits = compose(edits, more)
    if _repeats(text):
        text, more = rewrite(text, _TWICE, _once)
        edits = compose(edits, more)
    return text, edits


def matching_form(text: str, join: bool = True) -> Folded:
    """What of `text` counts for matching, alike for all ways of printing it.

    Characters are folded as by `fold`, and ℃, ㈱, ﬁ written out; invisible characters go. Runs of white space become
    one space, and white space beside a Chinese character goes. 产、业、集、聚 becomes 产业集聚. Numbers, amounts and
    dates are written one way (see `corpus.numerals`). A run of 6 to 40 characters that is printed several times in a
    row counts once.

    The map of the result holds for every span of its text: the matching form of the printed slice contains it.

    :param join: whether white space between two Chinese characters goes. False where it parts words, as in a question
        of keywords or a headline of two lines.

    >>> matching_form("二〇二六年四月一日，\\n贷 款 1,500万元").text
    '2026年4月1日,贷款1500万元'
    """
    one, several, pattern = _characters()
    text = text.translate(one)
    if len(text) < 12 and not pattern.search(text) and not _WORTH_A_LOOK.search(text):
        return Folded(text)  # most words of a question and of the thesaurus
    text, edits = rewrite(text, pattern, several.__getitem__)
    for _ in range(_ROUNDS):
        new, more = _step(text, join)
        # Also the edits of the round that changes nothing: what it looked at as a whole must stay whole.
        edits = compose(edits, more)
        if new == text:
            break
        text = new
    return Folded(text, tuple(edits))
