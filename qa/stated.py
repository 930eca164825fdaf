"""How far an article states what a question is after: its focus with something of the kind asked for.

    together    how far one sentence says the focus that holds such a thing, which the question does not say itself
    beside      how near to each other the two stand, where they are nearest

Rules find what is of a kind (see `qa.spans`). Of a kind that they do not know, the whole article may say the focus, and
what counts is how near to it the short answer stands.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpus.fold import matching_form
from corpus.records import Passage
from qa.asks import AnswerType
from qa.extract import Found
from qa.match import Matcher
from qa.question import Question
from qa.quotes import sentences, slice_of
from qa.rank import KINDS
from qa.retriever import Retriever
from qa.spans import find_answers

Floats = NDArray[np.float64]
MOST = 80  # sentences of an article that are looked at, those of the quote's passage first
_REACH = 10.0  # characters over which nearness fades
_NEAR = 0.4  # the least nearness of a word that stands for one of the question's
_KEPT = 20_000
# Names are often printed without the marks that rules go by (柳湾大桥).
_TOLD = KINDS - {"name"}


@dataclass(frozen=True, slots=True)
class Stated:
    """Both from 0 to 1, 1 where nothing is missing."""

    together: float
    beside: float


def stated(
    retriever: Retriever, question: Question, matcher: Matcher, focus: Floats, passage: Passage, found: Found
) -> Stated:
    """What the article of `passage` states.

    :param focus: float64 (units,), what each unit of the question counts; see `qa.aim`.
    :param found: a quote of `passage`.
    """
    if not len(focus):
        return Stated(0.0, 0.0)
    forms = _forms(retriever, passage)
    head = matching_form(passage.headline).text
    near = np.array([matcher.nearness(form) for form in [*forms, head]])
    said = near
    if retriever.options.soft:
        said = np.minimum(np.maximum(near, retriever.unit_match(question, [*forms, head])), 1.0)
    beside = _of_answer(matcher, focus, passage, found)
    if question.asks not in _TOLD:
        return Stated(float(focus @ said.max(axis=0)), beside)
    # The most telling sentence that holds something of the kind: looking for it is what costs.
    telling = said[:-1] @ focus
    order = np.argsort(-telling, kind="stable").tolist()
    together = next((float(telling[n]) for n in order if _others(forms[n], question)), 0.0)
    most = near[:-1] @ focus
    for n in np.argsort(-most, kind="stable").tolist():
        if most[n] <= beside:
            break
        beside = max(beside, _nearest(matcher, focus, forms[n], _others(forms[n], question)))
    return Stated(together, beside)


def _forms(retriever: Retriever, passage: Passage) -> list[str]:
    """The matching forms of the sentences of a passage and then of its article's others, MOST at most."""
    passages = retriever.index.passages
    others = [passages[row] for row in retriever.rows_of(passage.article_id).tolist()]
    texts = [passage.text, *(other.text for other in others if other.id != passage.id)]
    return [form for text in texts for form in _sentences(text)][:MOST]


@functools.lru_cache(_KEPT)
def _sentences(text: str) -> tuple[str, ...]:
    form = matching_form(text)
    return tuple(slice_of(form, start, end) for start, end in sentences(text))


def _others(form: str, question: Question) -> list[tuple[int, int]]:
    """Where a sentence holds something of the kind asked for that the question does not say."""
    return [(a, b) for a, b in _of_kind(form, question.asks) if form[a:b] not in question.folded]


@functools.lru_cache(_KEPT)
def _of_kind(form: str, kind: AnswerType) -> tuple[tuple[int, int], ...]:
    return tuple(find_answers(kind, form))


def _of_answer(matcher: Matcher, focus: Floats, passage: Passage, found: Found) -> float:
    """How near to the focus the short answer stands, in its sentence."""
    if found.answer is None:
        return 0.0
    for start, end in sentences(passage.text):
        if start <= found.answer.start < end:
            form = matching_form(passage.text)
            first, _ = form.folded(start, end)
            a, b = form.folded(found.answer.start, found.answer.end)
            return _nearest(matcher, focus, slice_of(form, start, end), [(a - first, b - first)])
    return 0.0


def _nearest(matcher: Matcher, focus: Floats, form: str, spans: Sequence[tuple[int, int]]) -> float:
    """For the best of the spans, how near to it the units of the focus stand, together."""
    places = [
        (start, end, unit, nearness)
        for start, end, unit, value in matcher.places(form)
        if focus[unit] > 0 and matcher.weights[unit] > 0 and (nearness := value / matcher.weights[unit]) >= _NEAR
    ]
    best = 0.0
    for a, b in spans:
        reached: dict[int, float] = {}
        for start, end, unit, nearness in places:
            value = nearness * math.exp(-max(0, start - b, a - end) / _REACH)
            reached[unit] = max(reached.get(unit, 0.0), value)
        best = max(best, float(sum(focus[unit] * value for unit, value in reached.items())))
    return best
