"""From the passages found to the quote that answers, and inside it the short answer. Both are slices of a passage.

Sentences of the first hits are weighed (`qa.quotes`), the spans of the best of them scored (`qa.answers`); the best
span is the answer, and its sentence, cut where it is long, the quote.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qa.answers import Weights, bundled, grid, scores
from qa.match import Matcher
from qa.question import Question
from qa.quotes import LONGEST_QUOTE, Sentence, Source, described, sentences, tighten, worth
from qa.spans import find_answers

__all__ = ["HITS", "LONGEST_QUOTE", "Found", "Part", "Source", "choose", "find_answers", "sentences"]
HITS = 2
SENTENCES = 4  # sentences whose spans are scored


@dataclass(frozen=True, slots=True)
class Part:
    """A slice of a passage's text and how well it fits; higher is better.

    `coverage`, of a quote, is the share (0 to 1) of the question that it speaks of.
    """

    start: int
    end: int
    score: float
    coverage: float = 0.0


@dataclass(frozen=True, slots=True)
class Found:
    """The passage chosen, from 0, its quote, and the answer in it; `answer.score` is its probability, 0 to 1."""

    source: int
    quote: Part
    answer: Part | None


def choose(
    question: Question, matcher: Matcher, sources: Sequence[Source], weights: Weights | None = None
) -> Found | None:
    """The quote and the short answer from the passages (best first; the first HITS count); None where none has a word.

    :param weights: None for those that come with Baowen.
    """
    weights = bundled() if weights is None else weights
    found = described(question, matcher, sources[:HITS])
    return answer_in(question, matcher, sources, weighed(question, found, weights), weights)


def weighed(question: Question, found: Sequence[Sentence], weights: Weights) -> list[Sentence]:
    """The sentences with their worth, the SENTENCES best, sorted best first."""
    kind = question.asks
    rated = [dataclasses.replace(s, score=worth(weights.sentence, kind, s.features)) for s in found]
    return sorted(rated, key=lambda s: (-s.score, s.source, s.start))[:SENTENCES]


def answer_in(
    question: Question, matcher: Matcher, sources: Sequence[Source], best: Sequence[Sentence], weights: Weights
) -> Found | None:
    """The best span of the sentences given, best first, with its quote."""
    if not best:
        return None
    top: tuple[float, Sentence, int, int] | None = None
    mass: list[float] = []
    trust = weights.span.get("worth", 0.0) + weights.span.get(f"worth|{question.asks}", 0.0)
    for sentence in best:
        spans = grid(question, matcher, sources[sentence.source], sentence)
        if spans is None:
            continue
        score = scores(spans, weights.span) + trust * sentence.score
        i, j = divmod(int(score.argmax()), len(spans.atoms))
        if not math.isfinite(score[i, j]):
            continue
        mass.append(float(np.logaddexp.reduce(score[spans.allowed])))
        if top is None or score[i, j] > top[0]:
            start, end = spans.atoms[i].start, spans.atoms[j].end
            top = float(score[i, j]), sentence, sentence.start + start, sentence.start + end
    if top is None:
        sentence = best[0]
        end = min(sentence.end, sentence.start + LONGEST_QUOTE)
        return Found(sentence.source, Part(sentence.start, end, sentence.score, sentence.coverage), None)
    value, sentence, start, end = top
    probability = math.exp(value - float(np.logaddexp.reduce(mass)))
    quote = tighten(matcher, sources[sentence.source].text, sentence, (start, end))
    return Found(sentence.source, Part(*quote, sentence.score, sentence.coverage), Part(start, end, probability))
