"""How well a text speaks of what a question names: word by word, through the thesaurus, weighted by rarity."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from qa.question import Unit

Holds = Callable[[Sequence[str]], NDArray[np.bool_]]
# Words whose pairs are the text's own: numerals may be indexed in another form.
_PAIRED = re.compile("(?:(?![〇零一二两三四五六七八九十百千万亿])[\u3400-\u9fff]){2,}")
FAINT = 0.3
_LONE = 0.4  # a lone character stands in many words that have nothing to do with it


class Likeness(Protocol):
    """How near texts, in their matching form, come to a question in meaning, by vectors."""

    def of_units(self, folded: Sequence[str]) -> NDArray[np.float64]:
        """float64 (texts, units), 0 to 1: how near each text comes to each unit of the question."""

    def whole(self, folded: Sequence[str]) -> NDArray[np.float64]:
        """float64 (texts,): the cosine of the question and each text."""


class Matcher:
    """The units of one question, ready to be matched against many texts.

    :param idf: the rarity of a printed word in the corpus; 0 or more, higher for rarer words.
    :param faint: what a conversation carried over: units of which count less than what is asked now.
    :param likeness: nearness by vectors, for `qa.quotes`; None where words alone are matched.
    """

    def __init__(
        self,
        units: Sequence[Unit],
        idf: Callable[[str], float],
        faint: str = "",
        likeness: Likeness | None = None,
    ) -> None:
        self.units = tuple(units)
        self.likeness = likeness
        scale = [FAINT if unit.surface in faint else 1.0 for unit in units]
        self._near = [
            [(word, near, s * idf(word) * (_LONE if len(word) == 1 else 1.0)) for word, near in unit.near]
            for unit, s in zip(units, scale, strict=True)
        ]
        # What a full match of each unit is worth: its own word's rarity, or for an English phrase its nearest word's.
        self.weights = np.array([max((r * n for _, n, r in near[:1]), default=0.0) for near in self._near])

    def scaled(self, factors: NDArray[np.float64]) -> Matcher:
        """The same, each unit counting so much more, or less; float64 (units,)."""
        other = copy.copy(self)
        other.weights = self.weights * factors
        return other

    def gains(self, folded: str) -> NDArray[np.float64]:
        """float64 (units,): for each unit the best of nearness times rarity among the words that `folded` holds."""
        return np.array(
            [max((n * r for word, n, r in near if _find(folded, word) >= 0), default=0.0) for near in self._near],
            dtype=np.float64,
        )

    def gains_of(self, texts: Sequence[str], holds: Holds) -> NDArray[np.float64]:
        """float64 (texts, units): `gains` of many texts at once.

        :param holds: given distinct character pairs, tells which of the texts hold them, bool (texts, pairs). A word of
            two Chinese characters stands where its pair does, and a longer one only where all of its pairs do, so that
            few texts need be read.
        """
        out = np.zeros((len(texts), len(self.units)))
        if not texts or not self.units:
            return out
        words = list(dict.fromkeys(word for near in self._near for word, _, _ in near))
        found = _standing(words, texts, holds)
        column = {word: n for n, word in enumerate(words)}
        for unit, near in enumerate(self._near):
            if near:
                worth = np.array([n * r for _, n, r in near])
                out[:, unit] = (found[:, [column[word] for word, _, _ in near]] * worth).max(axis=1)
        return out

    def nearness(self, folded: str) -> NDArray[np.float64]:
        """float64 (units,): for each unit the nearness, 0 to 1, of the nearest word that `folded` holds."""
        return np.array(
            [next((n for word, n, _ in near if _find(folded, word) >= 0), 0.0) for near in self._near], dtype=np.float64
        )

    def coverage(self, folded: str) -> float:
        """The share, 0 to 1, of the question's weight that `folded` speaks of; 0 for a question without units."""
        total = float(self.weights.sum())
        return float(self.weights @ self.nearness(folded)) / total if total > 0 else 0.0

    def places(self, folded: str) -> list[tuple[int, int, int, float]]:
        """Where the units stand: (start, end, unit, nearness times weight) for every occurrence of its nearest word."""
        out: list[tuple[int, int, int, float]] = []
        for unit, near in enumerate(self._near):
            for word, nearness, _ in near:
                at = _find(folded, word)
                if at < 0:
                    continue
                while at >= 0:
                    out.append((at, at + len(word), unit, nearness * float(self.weights[unit])))
                    at = _find(folded, word, at + 1)
                break
        return out


def _standing(words: Sequence[str], texts: Sequence[str], holds: Holds) -> NDArray[np.bool_]:
    """bool (texts, words): whether each word stands in each text."""
    found = np.zeros((len(texts), len(words)), dtype=np.bool_)
    pairs = list(
        dict.fromkeys(word[i : i + 2] for word in words if _PAIRED.fullmatch(word) for i in range(len(word) - 1))
    )
    column = {pair: n for n, pair in enumerate(pairs)}
    held = holds(pairs)
    for n, word in enumerate(words):
        if _PAIRED.fullmatch(word):
            rows = held[:, [column[word[i : i + 2]] for i in range(len(word) - 1)]].all(axis=1)
            if len(word) == 2:
                found[:, n] = rows
                continue
            candidates: Sequence[int] = np.flatnonzero(rows).tolist()
        else:
            candidates = range(len(texts))
        standing = [row for row in candidates if word in texts[row]]
        if word.isascii():
            standing = [row for row in standing if _find(texts[row], word) >= 0]
        found[standing, n] = True
    return found


def _find(folded: str, word: str, start: int = 0) -> int:
    """Where `word` next stands in `folded`, -1 where it does not. 2 does not stand in 2025, nor art in start."""
    at = folded.find(word, start)
    if at < 0 or not word.isascii():
        return at
    while at >= 0:
        end = at + len(word)
        before, after = folded[at - 1 : at] if at else "", folded[end : end + 1]
        if not (before.isascii() and before.isalnum()) and not (after.isascii() and after.isalnum()):
            return at
        at = folded.find(word, at + 1)
    return -1
