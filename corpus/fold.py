"""The matching form of a text: width, case and script folded, character by character.

`fold` keeps the length, so that position i of the folded text is position i of the printed one and a match needs no
further map. Characters whose folding would be longer or shorter than one (℃, ㈱, ﬁ) stay as they are.
"""

from __future__ import annotations

import functools
import sys
import unicodedata


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
    """The matching form of `text`, of the same length.

    >>> fold("ＡＢＣ１２３ 嘉興，")
    'abc123 嘉兴,'
    """
    return text.translate(_table())
