"""From the passages found to the quote that answers, and inside it the short answer. Both are slices of a passage.

Sentences of the first hits are weighed (`qa.quotes`), the spans of the best of them scored (`qa.answers`). The answer
is the one that agrees best with the likeliest; the quote is its sentence, cut where it is long.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpus.fold import fold
from qa.answers import Weights, bundled, grid, scores
from qa.asks import asked
from qa.match import Matcher
from qa.question import Question
from qa.quotes import LONGEST_QUOTE, Sentence, Source, described, quoted, sentences, worth
from qa.spans import find_answers, without_noun

__all__ = ["HITS", "LONGEST_QUOTE", "Found", "Part", "Source", "choose", "find_answers", "sentences"]
HITS = 3
OTHER_YEAR = 3.0  # 2023's figure is no answer for 2024; too few of the questions learned from name a year to learn it
SENTENCES = 4  # sentences whose spans are scored
SPANS = 10  # the likeliest of these, among which is chosen


@dataclass(frozen=True, slots=True)
class Part:
    """A slice of a passage's text and how well it fits; higher is better."""

    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class Found:
    """The passage chosen, from 0, its quote, and the answer in it; `answer.score` is its probability, 0 to 1.

    `fit` is the log of the sum of what the spans of the answer's sentence come to, its worth not included; 0 without an
    answer, which is lower than with any that is likely.
    """

    source: int
    quote: Part
    answer: Part | None
    fit: float = 0.0


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
    rated = [
        dataclasses.replace(s, score=worth(weights.sentence, kind, s.features) - OTHER_YEAR * s.other_year)
        for s in found
    ]
    return sorted(rated, key=lambda s: (-s.score, s.source, s.start))[:SENTENCES]


def answer_in(
    question: Question, matcher: Matcher, sources: Sequence[Source], best: Sequence[Sentence], weights: Weights
) -> Found | None:
    """The best span of the sentences given, best first, with its quote."""
    if not best:
        return None
    trust = weights.span.get("worth", 0.0) + weights.span.get(f"worth|{question.asks}", 0.0)
    mass, values = {-1: -math.inf}, [np.empty(0)]
    places = [np.empty((3, 0), np.int64)]  # number of the sentence, start and end in the passage
    for n, sentence in enumerate(best):
        spans = grid(question, matcher, sources[sentence.source], sentence)
        if spans is None:
            continue
        first, last = np.nonzero(spans.allowed)
        value = (scores(spans, weights.span) + trust * sentence.score)[first, last]
        mass[n] = float(np.logaddexp.reduce(value, initial=-math.inf))
        likely = np.argsort(-value, kind="stable")[:SPANS]
        starts = np.array([atom.start for atom in spans.atoms])[first[likely]] + sentence.start
        ends = np.array([atom.end for atom in spans.atoms])[last[likely]] + sentence.start
        values.append(value[likely])
        places.append(np.stack([np.full(len(likely), n), starts, ends]))
    value, place = np.concatenate(values), np.concatenate(places, axis=1)
    if not len(value):
        sentence = best[0]
        end = min(sentence.end, sentence.start + LONGEST_QUOTE)
        return Found(sentence.source, Part(sentence.start, end, sentence.score), None)
    likely = np.argsort(-value, kind="stable")[:SPANS]
    probability = np.exp(value[likely] - np.logaddexp.reduce(list(mass.values())))
    chosen = agreed(place[:, likely], probability)
    n, start, end = place[:, likely[chosen]].tolist()
    sentence = best[n]
    text = sources[sentence.source].text[sentence.start : sentence.end]
    noun = asked(fold(question.text)).noun
    end = sentence.start + without_noun(question.asks, noun, text, start - sentence.start, end - sentence.start)
    quote = quoted(matcher, sources[sentence.source].text, best, sentence, (start, end))
    answer = Part(start, end, min(float(probability[chosen]), 1.0))
    return Found(sentence.source, Part(*quote, sentence.score), answer, mass[n] - trust * sentence.score)


def agreed(places: NDArray[np.int64], probability: NDArray[np.float64]) -> int:
    """The number of the span that has most in common with what the answer may be.

    That is the highest mean, by probability, of the share of characters that it has in common with each of the spans
    (F1); after Kumar and Byrne, "Minimum Bayes-Risk Decoding for Statistical Machine Translation" (2004).

    :param places: int64 (3, spans), the number of the sentence, start and end; one span at least.
    :param probability: float64 (spans,).
    """
    sentence, start, end = places
    common = np.minimum(end[:, None], end) - np.maximum(start[:, None], start)
    common = np.maximum(common, 0) * (sentence[:, None] == sentence)
    length = end - start
    return int((2 * common / (length[:, None] + length) @ probability).argmax())
