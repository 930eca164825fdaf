"""Text from pages, files and users, made fit for one line of a list, a citation or a file."""

from __future__ import annotations

import unicodedata
from typing import Final

_KEPT: Final = frozenset("\u200c\u200d")  # they join letters, and the parts of an emoji


def one_line(text: str, longest: int | None = None) -> str:
    """`text` on one line: white space is one space each, characters that are never seen are gone.

    Control characters, marks that turn the direction of writing, halves of surrogate pairs and characters that Unicode
    has not given out are taken for white space: a name cannot break a line, nor show itself the other way round.

    :param longest: how many characters may be left; a longer text is cut and ends in an ellipsis. At least 1.

    >>> one_line("a\\u202egpj.exe\\n b"), one_line("abcdef", 4)
    ('a gpj.exe b', 'abc…')
    """
    line = " ".join("".join(char if char in _KEPT or char.isprintable() else " " for char in text).split())
    if longest is None or len(line) <= longest:
        return line
    cut = longest - 1
    while cut > 1 and (line[cut] in _KEPT or unicodedata.combining(line[cut])):
        cut -= 1  # a letter keeps its accent, or goes with it
    return line[:cut].rstrip() + "…"
