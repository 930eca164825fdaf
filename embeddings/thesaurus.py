"""A thesaurus between what people say and what newspapers print.

The file has four tab-separated columns: word, words that mean the same, related or broader words (both separated by
spaces), English phrases (separated by `; `). Lines that begin with # are comments.
"""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from corpus.fold import fold, matching_form
from corpus.numerals import NUMERALS

SAME = 0.75
STEP = 0.45
RELATED = 0.35
_LATIN = re.compile(r"[a-z0-9]+(?:['\-][a-z0-9]+)*")
_CUT = re.compile("[a-z0-9]{2}")
_LONGEST_PHRASE = 4
_LONGEST_WORD = 12
_NUMBER = re.compile(f"[0-9{NUMERALS}]")
_COMMON = frozenset(
    """
    a an the of in on at to for from by with and or is are was were be been do does did has have had how many much
    what which who whom whose when where why that this these those it its their his her they he she s as into than
    then there will would can could should about over after before during between per not no any some
    """.split()
)


@dataclass(frozen=True)
class Thesaurus:
    """Near words with how near they are: between 0 and 1, the same word not among them."""

    near: Mapping[str, Mapping[str, float]]
    english: Mapping[str, Mapping[str, float]]

    def expand(self, words: list[str]) -> dict[str, dict[str, float]]:
        """For each known word of a question the printed words that may stand for it, with their nearness."""
        out: dict[str, dict[str, float]] = {}
        for word in words:
            if word in self.near:
                out[word] = dict(self.near[word])
        return out

    def phrases(self, folded: str) -> list[str]:
        """The thesaurus words, two characters or more, that a folded question holds, the longest first from the left.

        Segmentation cuts 送件小哥 in two; the thesaurus knows it as one.
        """
        out: list[str] = []
        at = 0
        while at < len(folded):
            for size in range(min(_LONGEST_WORD, len(folded) - at), 1, -1):
                if folded[at : at + size] in self.near and _whole(folded, at, at + size):
                    out.append(folded[at : at + size])
                    at += size - 1
                    break
            at += 1
        return list(dict.fromkeys(out))

    def _stems(self, printed: list[str]) -> list[str]:
        """The stems of English words; a compound that the thesaurus does not know is parted at its hyphens."""
        found: list[str] = []
        for word in printed:
            known = "-" not in word or stem(word) in self.english
            found += [stem(part) for part in ([word] if known else word.split("-"))]
        return found

    def translate(self, question: str) -> dict[str, dict[str, float]]:
        """The English phrases of a question, the longest first, and the Chinese words for them with their nearness."""
        tokens = self._stems(_LATIN.findall(fold(question)))
        out: dict[str, dict[str, float]] = {}
        at = 0
        while at < len(tokens):
            for size in range(min(_LONGEST_PHRASE, len(tokens) - at), 0, -1):
                phrase = " ".join(tokens[at : at + size])
                if phrase in self.english and not (size == 1 and phrase in _COMMON):
                    out[phrase] = dict(self.english[phrase])
                    break
            else:
                size = 1
            at += size
        return out


def _whole(folded: str, start: int, end: int) -> bool:
    """Whether neither end of a range cuts a Latin word or a number in two: hr does not stand in three."""
    return not any(_CUT.fullmatch(folded[max(at - 1, 0) : at + 1]) for at in (start, end))


def stem(word: str) -> str:
    """An English word without its commonest endings, enough to bring plural and tense forms together."""
    word = word.removesuffix("'s")
    for ending, least in (("ies", 5), ("ing", 6), ("ed", 5), ("es", 5), ("s", 4)):
        if word.endswith(ending) and len(word) >= least and not word.endswith("ss"):
            word = word[: -len(ending)] + ("y" if ending == "ies" else "")
            break
    return word.removesuffix("e") if len(word) > 4 else word


def _fold(column: str) -> str:
    """The matching form; the costlier part of it only where a number may stand: the file has 100,000 columns."""
    folded = fold(column)
    return matching_form(folded, join=False).text if _NUMBER.search(folded) else folded


def read_thesaurus(path: Path) -> Thesaurus:
    """Read a thesaurus file (UTF-8)."""
    near: dict[str, dict[str, float]] = defaultdict(dict)
    english: dict[str, dict[str, float]] = defaultdict(dict)

    def link(a: str, b: str, weight: float) -> None:
        if a != b:
            near[a][b] = max(weight, near[a].get(b, 0.0))

    same: dict[str, set[str]] = defaultdict(set)
    for line in path.read_text("utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        columns = [_fold(c) for c in line.split("\t")] + ["", "", ""]
        word = columns[0].strip()
        for other in columns[1].split():
            link(word, other, SAME)
            link(other, word, SAME)
            same[word].add(other)
        for other in columns[2].split():
            link(word, other, RELATED)
            link(other, word, RELATED)
        for phrase in columns[3].split(";"):
            tokens = [stem(t) for t in _LATIN.findall(phrase)]
            if not tokens:
                continue
            english[" ".join(tokens)][word] = 1.0
            for token in tokens if len(tokens) > 1 else ():
                if token not in _COMMON and len(token) > 2:
                    english[token].setdefault(word, STEP)
    for siblings in same.values():
        for a in siblings:
            for b in siblings:
                link(a, b, max(STEP, near[a].get(b, 0.0)))
    return Thesaurus(dict(near), dict(english))


@functools.cache
def bundled() -> Thesaurus:
    """The thesaurus that comes with Baowen."""
    return read_thesaurus(Path(__file__).with_name("thesaurus.tsv"))
