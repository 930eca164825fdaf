"""Sentences of a passage, how well each may answer, and the cut of one that is longer than a quote needs to be.

How well a sentence may answer is a weighted sum of readable features (`FEATURES`); the weights are learned, see
`qa.training.answers`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpus.fold import matching_form
from corpus.offsets import Folded
from qa.match import Matcher
from qa.question import Question
from qa.spans import holds

LONGEST_QUOTE = 160
LONG_QUOTE = 90  # a sentence longer than this is shown in part, where a part makes its answer understandable
_BEFORE, _HEAD = 0.45, 0.3  # what a word counts that the sentence before, or the headline, says in place of this one
_SENTENCE = re.compile(r"[^。!?！？]*(?:[。!?！？]+[”’」』)）]*|$)")
_CLAUSE = re.compile(r"[,;，；:：]+")
FEATURES = (
    "covered", "own", "before", "head", "pairs", "holds", "first", "second", "length", "short", "gap", "best",
    "titular", "second hit",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Source:
    """A passage to answer from: text, headline, kind of passage, and retrieval's score (higher is better)."""

    text: str
    headline: str
    kind: str
    score: float


@dataclass(frozen=True, slots=True)
class Sentence:
    """`sources[source].text[start:end]` with its features, in the order of FEATURES, and what they come to.

    `coverage` is the share (0 to 1) of the question that it speaks of, the sentence before it and the headline counted
    in part; `form` is its passage's matching form.
    """

    source: int
    start: int
    end: int
    features: tuple[float, ...]
    coverage: float
    form: Folded
    score: float = 0.0


def sentences(text: str) -> list[tuple[int, int]]:
    """The sentences of a passage, half-open, closing marks with the sentence they close."""
    out = []
    for match in _SENTENCE.finditer(text):
        start, end = match.span()
        while start < end and text[start].isspace():
            start += 1
        if start < end:
            out.append((start, end))
    return out


def slice_of(form: Folded, start: int, end: int) -> str:
    """What a slice of the printed text is in its matching form; a number at its border whole."""
    first, last = form.folded(start, end)
    return form.text[first:last]


def described(question: Question, matcher: Matcher, sources: Sequence[Source]) -> list[Sentence]:
    """Every sentence of the passages with its features, in printed order, passage by passage.

    :param sources: best first.
    """
    out: list[Sentence] = []
    weights = matcher.weights
    total = float(weights.sum()) or 1.0
    asked_pairs = set(question.pairs)
    for n, source in enumerate(sources):
        form = matching_form(source.text)
        head = matcher.nearness(matching_form(source.headline, join=False).text)
        before: NDArray[np.float64] = np.zeros(len(weights))
        for at, (start, end) in enumerate(sentences(source.text)):
            folded = slice_of(form, start, end)
            near = matcher.nearness(folded)
            reach = np.maximum.reduce([near, _BEFORE * before, _HEAD * head])
            covered = float(weights @ reach) / total
            same = sum(pair in folded for pair in asked_pairs) / max(len(asked_pairs), 1)
            features = (
                covered,
                float(weights @ near) / total,
                float(weights @ np.maximum(before - near, 0.0)) / total,
                float(weights @ np.maximum(head - near, 0.0)) / total,
                same,
                float(holds(question, source.text[start:end])),
                float(at == 0),
                float(at == 1),
                math.log(1 + end - start) / 5,
                float(end - start < 12),
                sources[0].score - source.score,
                float(n == 0),
                float(source.kind in ("headline", "index", "byline", "jump")),
                float(n == 1),
            )
            out.append(Sentence(n, start, end, features, covered, form))
            before = near
    return out


def worth(weights: Mapping[str, float], kind: str, features: Sequence[float]) -> float:
    """The learned worth of a sentence; `holds` counts by the kind of answer asked for."""
    total = sum(weights.get(name, 0.0) * value for name, value in zip(FEATURES, features, strict=True))
    return total + weights.get(f"holds|{kind}", 0.0) * features[FEATURES.index("holds")]


def tighten(matcher: Matcher, text: str, sentence: Sentence, answer: tuple[int, int]) -> tuple[int, int]:
    """The part of a sentence to quote: all of it, or, of a long one, the run of clauses that says what is asked.

    A run holds the answer, begins and ends at a comma, colon or semicolon, and is at most LONGEST_QUOTE characters
    long. The one that speaks of most of the question is taken; each character over LONG_QUOTE counts against it.
    """
    start, end = sentence.start, sentence.end
    if end - start <= LONG_QUOTE:
        return start, end
    # Inside quotation marks or brackets too: a clause is what lies between two commas. Never inside a number.
    cuts = [
        match.span()
        for match in _CLAUSE.finditer(text, start, end)
        if not (text[match.start() - 1 : match.start()].isdigit() and text[match.end() : match.end() + 1].isdigit())
    ]
    begins = [start, *(b for _, b in cuts if b <= answer[0])]
    ends = [*(a for a, _ in cuts if a >= answer[1]), end]
    weights = matcher.weights
    total = float(weights.sum()) or 1.0
    best, most = (answer[0], answer[1]), -math.inf
    for first in begins:
        for last in ends:
            if last - first > LONGEST_QUOTE or last <= first:
                continue
            says = float(weights @ matcher.nearness(slice_of(sentence.form, first, last))) / total
            value = says - 0.004 * max(0, last - first - LONG_QUOTE) - 0.0005 * (last - first)
            value += 0.02 * (text[last - 1] in "。!?！？;；”")
            if value > most:
                best, most = (first, last), value
    if most == -math.inf:  # a clause too long by itself: cut where it must be
        first = max(start, min(answer[0], end - LONGEST_QUOTE))
        best = first, min(end, first + LONGEST_QUOTE)
    return best
