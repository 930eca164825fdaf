"""The matching form of a text, and where each part of it is printed.

`fold` changes characters one by one and keeps the length. `matching_form` goes on from there: what is printed in several
ways (2026-04-01 and 二〇二六年四月一日, 1,500万元 and 一千五百万元, letter-spaced or cut by a line break) comes out alike, and a
map leads back. Only matching uses it; what is shown is always printed text.

How the map holds: every step looks for a pattern without look-around and rewrites each match by itself. A slice of a
text that begins and ends outside all matches, or at the border of one, therefore has the same matches, and its form is
the same slice of the whole form. Matches are never cut: `printed` and `folded` widen a span to whole matches, also
matches that were left as they are, since a part of one might be read differently alone.
"""

from __future__ import annotations

import functools
import re
import sys
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from corpus.numerals import NUMERALS, STRETCH, canonical


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
    table.update({ord(t): s for t, s in zip(ideographs, simplified, strict=True) if t != s and len(s) == 1})
    return table


def fold(text: str) -> str:
    """`text` in lower case, half width and simplified characters, of the same length.

    Characters whose folding would be longer or shorter than one (℃, ㈱, ﬁ) stay as they are. The bundled encoder was
    trained on text of this form.

    >>> fold("ＡＢＣ１２３ 嘉興，")
    'abc123 嘉兴,'
    """
    return text.translate(_table())


# A rewritten stretch: (start, end) in the text before, (start, end) after. What lies outside is the same in both.
Edit = tuple[int, int, int, int]
Edits = Sequence[Edit]


@dataclass(frozen=True, slots=True)
class Folded:
    """`text` is the matching form; `edits`, in order and apart from each other, are where it differs in length or kind.

    Spans are half-open, in characters. Both maps widen a span to whole edits and never cross: a span inside another
    maps to a span inside that one's.
    """

    text: str
    edits: Edits = ()

    def printed(self, start: int, end: int) -> tuple[int, int]:
        """The span of the printed text that gave `text[start:end]`.

        The matching form of that printed slice holds `text[start:end]`. Characters that vanish (soft hyphens) are left
        out at both ends.

        >>> form = matching_form("投资1,500万元。")
        >>> form.text, form.printed(2, 6)  # 1500万元, 1,500万元
        ('投资1500万元。', (2, 9))
        """
        return _across(self.edits, start, end, 2, 0)

    def folded(self, start: int, end: int) -> tuple[int, int]:
        """The span of `text` that the printed slice from `start` to `end` gave; empty where it vanished."""
        return _across(self.edits, start, end, 0, 2)


def _across(edits: Edits, start: int, end: int, here: int, there: int) -> tuple[int, int]:
    """A span on one side of the edits (0 before, 2 after), widened to whole edits, on the other side."""
    at = bisect_right(edits, start, key=lambda edit: edit[here]) - 1
    if at < 0:
        first = start
    elif start >= edits[at][here + 1]:
        first = start - edits[at][here + 1] + edits[at][there + 1]
    else:
        first = edits[at][there]
    if end <= start:
        return first, first
    at = bisect_left(edits, end, key=lambda edit: edit[here]) - 1
    if at < 0:
        return first, end
    return first, edits[at][there + 1] + max(0, end - edits[at][here + 1])


def compose(first: Edits, then: Edits) -> Edits:
    """The edits of two steps as those of one; edits that touch the same characters become one.

    >>> compose([(0, 3, 0, 1)], [(0, 2, 0, 5)])  # abcd → xd → 12345
    [(0, 4, 0, 5)]
    """
    if not first or not then:
        return first or then
    # By place in the middle text; an edit that left nothing there goes before one that begins at the same place.
    events = [(a2, a3, (a3 - a2) - (a1 - a0), 0) for a0, a1, a2, a3 in first]
    events += [(b0, b1, 0, (b3 - b2) - (b1 - b0)) for b0, b1, b2, b3 in then]
    events.sort(key=lambda event: event[:2])
    out: list[Edit] = []
    shift_in = shift_out = n = 0  # from the first text to the middle one, and from there to the last
    while n < len(events):
        start = end = events[n][0]
        before = start - shift_in, start + shift_out
        while start == end or (n < len(events) and events[n][0] < end):
            end = max(end, events[n][1])
            shift_in += events[n][2]
            shift_out += events[n][3]
            n += 1
            if start == end:
                break
        out.append((before[0], end - shift_in, before[1], end + shift_out))
    return out


def _rewrite(text: str, pattern: re.Pattern[str], change: Callable[[str], str]) -> tuple[str, Edits]:
    """`text` with every match of `pattern`, which looks at nothing outside it, changed; and where the matches are."""
    parts: list[str] = []
    edits: list[Edit] = []
    at = shift = 0
    for match in pattern.finditer(text):
        start, end = match.span()
        new = change(match.group())
        if new:
            parts += (text[at:start], new)
        else:
            parts.append(text[at:start])
        edits.append((start, end, start + shift, start + shift + len(new)))
        shift += len(new) - (end - start)
        at = end
    return ("".join([*parts, text[at:]]), edits) if edits else (text, edits)


_BEYOND = (range(0x10000), range(0x10000, 0x20000), range(0x2F800, 0x2FA20), range(0xE0000, 0xE1000))
_SELECTORS = {0x34F, *range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)}


@functools.cache
def _characters() -> tuple[dict[int, str], dict[str, str], re.Pattern[str]]:
    """Characters that fold to one other; those that fold to none or several; a pattern for the latter."""
    one: dict[int, str] = {}
    several: dict[str, str] = {}
    for code in (code for part in _BEYOND for code in part):
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
_SPACES = re.compile(rf"{_WIDE}?\s+(?:{_WIDE}\s+)*{_WIDE}?")
# Looking ahead at what is consumed next is no looking around. Numerals stay apart: 一、二、三、四年级 is no number.
_LETTER = f"(?![{NUMERALS}])[{_HAN}]"
_LETTERS = re.compile(rf"{_LETTER}([、· ]){_LETTER}(?:\1{_LETTER}){{2,}}")
_TWICE = re.compile(r"(.{6,40}?)\1+", re.DOTALL)
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
        text, edits = _rewrite(text, _SPACES, _joined if join else _parted)
    if "、" in text or "·" in text or " " in text:
        text, more = _rewrite(text, _LETTERS, lambda run: run[::2])
        edits = compose(edits, more)
    text, more = _rewrite(text, STRETCH, canonical)
    edits = compose(edits, more)
    if _repeats(text):
        text, more = _rewrite(text, _TWICE, _once)
        edits = compose(edits, more)
    return text, edits


def matching_form(text: str, join: bool = True) -> Folded:
    """What of `text` counts for matching, alike for all ways of printing it.

    Characters are folded as by `fold`, and ℃, ㈱, ﬁ written out; invisible characters go. Runs of white space become one
    space, and white space beside a Chinese character goes. 产、业、集、聚 becomes 产业集聚. Numbers, amounts and dates are
    written one way (see `corpus.numerals`). A run of 6 to 40 characters that is printed several times in a row, as by a
    bold face that was typed twice, counts once.

    :param join: whether white space between two Chinese characters goes. False where it parts words, as in a question
        of keywords or a headline of two lines.

    >>> matching_form("二〇二六年四月一日，\\n贷 款 1,500万元").text
    '2026年4月1日,贷款1500万元'
    """
    one, several, pattern = _characters()
    text = text.translate(one)
    text, edits = _rewrite(text, pattern, several.__getitem__)
    for _ in range(_ROUNDS):
        new, more = _step(text, join)
        # Also the edits of the round that changes nothing: what it looked at as a whole must stay whole.
        edits = compose(edits, more)
        if new == text:
            break
        text = new
    return Folded(text, tuple(edits))
