"""Names of files, as they may be shown: on one line, and in the order in which they are written."""

from __future__ import annotations

import unicodedata

# Marks that change the order in which a name is shown: evil\u202etxt.exe.
_ORDER_MARKS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def shown(name: str) -> str:
    """A file's name with what cannot be shown written as Python would.

    >>> shown("a\\nb.txt"), shown("页.txt")
    ('a\\\\nb.txt', '页.txt')
    """
    return "".join(char.encode("unicode_escape").decode("ascii") if _is_odd(char) else char for char in name)


def _is_odd(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") or char in _ORDER_MARKS
