"""Chinese names in an English question: the printed words that Wang Zhijun or Fengqiao may stand for.

Letters without tones say little, but the pages say which characters stand side by side: a name is read as syllables
(GB/T 16159, with or without hyphen and apostrophe), each syllable as the characters of the pages that are read so, and
those rows of characters are kept whose every pair is printed somewhere; where some are words of the pages, these alone.
"""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Callable, Iterable

_NAME = "[A-Z][a-zü]+(?:['’-][A-Za-z][a-zü]*)*"
_RUN = re.compile(f"{_NAME}(?: {_NAME})*")
_POSSESSIVE = re.compile("['’]s$")
_LONGEST_SYLLABLE = 6  # zhuang
_MOST_SYLLABLES = 6
_MOST_READINGS = 20
_MOST_TOKENS = 4


@functools.cache
def _readings(character: str) -> tuple[str, ...]:
    """The syllables, without tones, that a character may be read as; ü is v."""
    from pypinyin import Style, pinyin

    (found,) = pinyin(character, style=Style.NORMAL, heteronym=True, errors="ignore") or ((),)
    return tuple(found)


class Romanised:
    """The romanised names of one collection of pages. Reads only, so that several threads may use one."""

    def __init__(
        self, characters: Iterable[str], side_by_side: Callable[[str], bool], is_word: Callable[[str], bool]
    ) -> None:
        """`characters` are those of the pages; the two functions tell whether a pair of them stands somewhere, and
        whether several are a word there.
        """
        self._side_by_side, self._is_word = side_by_side, is_word
        by_syllable: dict[str, list[str]] = defaultdict(list)
        for character in sorted(set(characters)):
            if "\u3400" <= character <= "\u9fff":
                for syllable in _readings(character):
                    by_syllable[syllable].append(character)
        self._by_syllable = dict(by_syllable)

    def names(self, question: str) -> dict[str, tuple[str, ...]]:
        """The capitalised names of an English question, in lower case as printed there, and the Chinese words that they
        may stand for, of two characters at least; none for a name that the pages do not print.

        Of names side by side the longest is taken, in the order given or with the family name last.
        """
        out: dict[str, tuple[str, ...]] = {}
        for run in _RUN.findall(question):
            tokens = [_POSSESSIVE.sub("", token) for token in run.split(" ")]
            at = 0
            while at < len(tokens):
                for size in range(min(_MOST_TOKENS, len(tokens) - at), 0, -1):
                    part = tokens[at : at + size]
                    words = self._words(part) or (self._words([part[1], part[0]]) if size == 2 else ())
                    if words:
                        out[" ".join(part).lower()] = words
                        break
                else:
                    size = 1
                at += size
        return out

    def _words(self, tokens: list[str]) -> tuple[str, ...]:
        # An apostrophe or a hyphen parts syllables, as does the space between two names.
        parts = re.split(r"['’-]", "-".join(tokens).lower().replace("ü", "v").replace("lyu", "lv"))
        split: list[tuple[str, ...]] = [()]
        for part in parts:
            split = [(*before, *syllables) for before in split for syllables in self._split(part)]
        found = [
            word for syllables in split if 2 <= len(syllables) <= _MOST_SYLLABLES for word in self._chains(syllables)
        ]
        words = list(filter(self._is_word, found)) or found
        return tuple(dict.fromkeys(words))[:_MOST_READINGS]

    def _split(self, letters: str) -> list[tuple[str, ...]]:
        """Every way to read letters as syllables, the one of the fewest first."""
        ways: list[list[tuple[str, ...]]] = [[()]]
        for end in range(1, len(letters) + 1):
            ways.append(
                [
                    (*before, letters[start:end])
                    for start in range(max(0, end - _LONGEST_SYLLABLE), end)
                    if letters[start:end] in self._by_syllable
                    for before in ways[start]
                ][:_MOST_READINGS]
            )
        return sorted(ways[-1], key=len)

    def _chains(self, syllables: tuple[str, ...]) -> list[str]:
        """The words of which every two neighbours stand side by side in the pages."""
        words = list(self._by_syllable.get(syllables[0], ()))
        for syllable in syllables[1:]:
            follow = self._by_syllable.get(syllable, ())
            words = [word + last for word in words for last in follow if self._side_by_side(word[-1] + last)]
        return words
