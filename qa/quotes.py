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

from corpus.fold import fold, matching_form
from corpus.offsets import Folded
from qa.aim import aim, nouns, told
from qa.asks import asked
from qa.match import Matcher
from qa.question import Question
from qa.spans import held

LONGEST_QUOTE = 160
WIDE_QUOTE = 120  # two sentences are shown where one may not do, if together they are no longer
_LIKELY = 0.2  # how likely, beside the chosen sentence, its neighbour must be to be shown with it
LONG_QUOTE = 90  # a sentence longer than this is shown in part, where a part makes its answer understandable
_SENTENCE = re.compile(r"[^。!?！？]*(?:[。!?！？]+[”’」』)）]*|$)")
_CLAUSE = re.compile(r"[,;，；:：]+")
_REACH = 12.0  # characters over which nearness to the question's words fades
_AMOUNT = "[\\d〇零一二两三四五六七八九十百千万亿余多几个]"  # what stands before a unit that something is counted in
_FAR = 200  # characters after which a sentence stands late in its passage
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
FEATURES = (
    "said", "focus", "before", "head", "dense", "holds", "near", "unit", "noun", "first", "late", "gap", "second hit",
    "third hit",
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

    `form` is its passage's matching form. `other_year`: it names years, and none of those that the question names.
    """

    source: int
    start: int
    end: int
    features: tuple[float, ...]
    form: Folded
    score: float = 0.0
    other_year: bool = False


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


def placed(matcher: Matcher, form: Folded, start: int, end: int) -> list[tuple[int, int, int, float]]:
    """Where the question's words stand in a slice of the printed text, in its characters, with unit and weight."""
    first, last = form.folded(start, end)
    out = []
    for a, b, unit, weight in matcher.places(form.text[first:last]):
        begin, stop = form.printed(first + a, min(first + b, last))
        out.append((begin - start, stop - start, unit, weight))
    return out


def described(question: Question, matcher: Matcher, sources: Sequence[Source]) -> list[Sentence]:
    """Every sentence of the passages with its features, in printed order, passage by passage.

    How far a sentence says a unit of the question is the nearness of the nearest word in it, through the thesaurus or
    by vectors; of all units together, weighted by rarity:

        said, focus    this for all units, and for what the question asks about most (`qa.aim`)
        before, head   how much more of the question the sentence before says, and the headline
        dense          the cosine of question and sentence
        holds, near    it holds something of the kind asked for; how near to that the question's words stand
        unit, noun     it counts in the unit asked for (多少亩); it has the noun asked with (哪家医院)
        first, late    it is the passage's first; how far from the passage's beginning
        gap            how much better than its passage the first one was found

    :param sources: best first.
    """
    forms = [matching_form(source.text) for source in sources]
    places = [(n, start, end) for n, source in enumerate(sources) for start, end in sentences(source.text)]
    if not places:
        return []
    folded = [slice_of(forms[n], start, end) for n, start, end in places]
    heads = [matching_form(source.headline, join=False).text for source in sources]
    matcher = matcher.scaled(told(question))
    total = float(matcher.weights.sum()) or 1.0
    weights = matcher.weights / total
    focused = aim(question, weights).focus
    near = np.array([matcher.nearness(text) for text in [*folded, *heads]]).reshape(
        len(folded) + len(heads), len(weights)
    )
    cosine = np.zeros(len(folded))
    if matcher.likeness is not None:
        near = np.maximum(near, matcher.likeness.of_units([*folded, *heads]))
        cosine = matcher.likeness.whole(folded)
    wanted = asked(fold(question.text))
    printed_nouns = nouns(question, wanted)
    counted = [re.compile(_AMOUNT + re.escape(unit)) for unit in wanted.units]
    nothing = np.zeros(len(weights))
    out: list[Sentence] = []
    for row, (n, start, end) in enumerate(places):
        text = sources[n].text[start:end]
        said, head = near[row], near[len(folded) + n]
        first = row == 0 or places[row - 1][0] != n
        before = nothing if first else near[row - 1]
        kinds = held(question, text)
        words = placed(matcher, forms[n], start, end) if kinds else []
        features = (
            float(weights @ said),
            float(focused @ said),
            float(weights @ np.maximum(before - said, 0.0)),
            float(weights @ np.maximum(head - said, 0.0)),
            float(cosine[row]),
            float(bool(kinds)),
            max((_closeness(words, span) for span in kinds), default=0.0) / total,
            float(any(pattern.search(folded[row]) for pattern in counted)),
            float(any(noun in folded[row] for noun in printed_nouns)),
            float(first),
            start / _FAR,
            sources[0].score - sources[n].score,
            float(n == 1),
            float(n == 2),
        )
        out.append(Sentence(n, start, end, features, forms[n], other_year=_other_year(question.folded, folded[row])))
    return out


def _closeness(places: Sequence[tuple[int, int, int, float]], span: tuple[int, int]) -> float:
    """The weight of the question's words that stand around a span, each unit once, the nearer the more."""
    best: dict[int, float] = {}
    for start, end, unit, weight in places:
        gap = max(0, span[0] - end, start - span[1])
        best[unit] = max(best.get(unit, 0.0), weight * math.exp(-gap / _REACH))
    return sum(best.values())


def _other_year(question: str, sentence: str) -> bool:
    asked, printed = set(_YEAR.findall(question)), set(_YEAR.findall(sentence))
    return bool(asked and printed) and not asked & printed


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


def quoted(
    matcher: Matcher, text: str, best: Sequence[Sentence], sentence: Sentence, answer: tuple[int, int]
) -> tuple[int, int]:
    """What to quote for an answer in one of the `best` sentences: it, as `tighten` cuts it, or two sentences.

    A neighbour that is likely to answer as well, or in its place, is shown with it: most often one of the two names the
    thing and the other gives the fact.

    :param best: sentences with their worth.
    """
    start, end = tighten(matcher, text, sentence, answer)
    if (start, end) != (sentence.start, sentence.end):
        return start, end
    beside = [
        other
        for other in best
        if other.source == sentence.source
        and other.score >= sentence.score + math.log(_LIKELY)
        and (0 <= start - other.end <= 1 or 0 <= other.start - end <= 1)
        and max(end, other.end) - min(start, other.start) <= WIDE_QUOTE
    ]
    other = max(beside, key=lambda s: s.score, default=sentence)
    return min(start, other.start), max(end, other.end)
