"""The second look at the first hits: what needs their sentences and their neighbours, on top of the retriever's score.

    typed      how much of the question the best sentence speaks of that holds something of the kind asked for (an
               amount, a person, a date, …) which the question does not say itself; the headline's words count in part
    context    the score, without what a conversation adds, of the next best passage of the same article: an article
               that speaks of a thing throughout is about it

Both are 0 or more and so are their weights, so that hits only rise and those that are not looked at keep their place.
The weights are in rank.json, fitted by `qa.training.ranking` on questions about other news, with the retriever's own
score as it is: what else was tried (ranks in each leg, headline and body apart, names and numbers, proximity, place in
the article, length, years) did not help on documents that were held out, or hurt on other collections.
"""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from corpus.fold import matching_form
from corpus.records import Passage
from qa.asks import AnswerType
from qa.match import Matcher
from qa.question import Question
from qa.quotes import sentences, slice_of
from qa.records import Hit
from qa.retriever import WEIGHTS, Scored
from qa.spans import find_answers

DEPTH = 30  # hits among which an article's next best passage is looked for
TYPED = 10  # hits whose sentences are looked at
# Kinds that rules tell well; what they find for the others says too little.
KINDS: frozenset[AnswerType] = frozenset(
    ("phone", "money", "number", "rank", "when", "where", "who", "organisation", "list", "name", "why", "how")
)
FEATURES = ("typed", "context")
_HEAD = 0.3  # what a word counts that the headline says in place of the sentence, as in `qa.quotes`
_KEPT = 20_000


@functools.cache
def bundled() -> dict[str, float]:
    """The weights that come with Baowen, by feature."""
    read: dict[str, float] = json.loads(Path(__file__).with_name("rank.json").read_text("utf-8"))
    return read


def ranked(
    question: Question,
    matcher: Matcher,
    found: Sequence[Scored],
    passage_of: Callable[[int], Passage],
    weights: Mapping[str, float] | None = None,
    without: Collection[str] = (),
) -> list[Scored]:
    """The hits `found` (best first) in their new order, best first; of equal ones that come first which did before.

    :param passage_of: the passage of a row.
    :param weights: None for those that come with Baowen.
    :param without: features that count as not there.
    """
    weights = bundled() if weights is None else weights
    out = []
    for scored, known in zip(found, described(question, matcher, found, passage_of), strict=True):
        features = {name: value for name, value in known.items() if name not in without}
        gain = sum(weights.get(name, 0.0) * value for name, value in features.items())
        out.append(dataclasses.replace(scored, score=scored.score + gain, features={**scored.features, **features}))
    return sorted(out, key=lambda scored: -scored.score)


def described(
    question: Question, matcher: Matcher, found: Sequence[Scored], passage_of: Callable[[int], Passage]
) -> list[dict[str, float]]:
    """FEATURES of each of the hits, which stand best first; 0.0 for those beyond DEPTH or TYPED."""
    passages = [passage_of(scored.row) for scored in found]
    bare = [scored.score - scored.features.get("conversation", 0.0) for scored in found[:DEPTH]]
    best: dict[str, list[float]] = {}
    for score, passage in zip(bare, passages, strict=False):
        best.setdefault(passage.article_id, []).append(score)
    out = []
    for n, passage in enumerate(passages):
        context = 0.0
        if n < DEPTH:
            others = sorted(best[passage.article_id], reverse=True)
            others.remove(bare[n])
            context = max(others[0], 0.0) if others else 0.0
        out.append({"typed": typed(question, matcher, passage) if n < TYPED else 0.0, "context": context})
    return out


def typed(question: Question, matcher: Matcher, passage: Passage) -> float:
    """From 0 to 1: the feature "typed" of a passage; 0 where the question asks for nothing that rules can tell."""
    if question.asks not in KINDS:
        return 0.0
    total = float(matcher.weights.sum())
    if total <= 0:
        return 0.0
    head = _HEAD * matcher.nearness(_form(passage.headline))
    said = [
        (float(matcher.weights @ np.maximum(matcher.nearness(form), head)) / total, sentence)
        for sentence, form in _sentences(passage.text)
    ]
    # The best first: that one is most often of the kind, and looking for it in a sentence is what costs.
    for covered, sentence in sorted(said, key=lambda pair: -pair[0]):
        if any(form not in question.folded for form in _answers(sentence, question.asks)):
            return covered
    return 0.0


@functools.lru_cache(_KEPT)
def _form(text: str) -> str:
    return matching_form(text).text


@functools.lru_cache(_KEPT)
def _sentences(text: str) -> tuple[tuple[str, str], ...]:
    """The sentences of a passage, as printed and in their matching form."""
    form = matching_form(text)
    return tuple((text[start:end], slice_of(form, start, end)) for start, end in sentences(text))


@functools.lru_cache(_KEPT)
def _answers(sentence: str, kind: AnswerType) -> tuple[str, ...]:
    """What of a sentence is of a kind, in its matching form."""
    return tuple(matching_form(sentence[start:end]).text for start, end in find_answers(kind, sentence))


@dataclass(frozen=True, slots=True)
class Reason:
    """What a feature adds to a hit's score: its value times its weight."""

    feature: str
    value: float
    weight: float
    adds: float


def strength(hit: Hit) -> float:
    """What the retriever and the second look find in a hit, without what a conversation or a re-ranker adds."""
    return sum(one.adds for one in reasons(hit.features) if one.feature != "conversation")


def reasons(features: Mapping[str, float]) -> list[Reason]:
    """Why a hit stands where it does, the most telling first; what is 0 is left out.

    What they add makes up the score; where a re-ranking model decides, the score that the hit had before it.
    """
    weights = {**WEIGHTS, **bundled()}
    found = [
        Reason(name, value, weights.get(name, 1.0), weights.get(name, 1.0) * value)
        for name, value in features.items()
        if value and name != "reranker"
    ]
    return sorted(found, key=lambda one: -abs(one.adds))
