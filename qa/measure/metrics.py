"""How good the answers are: figures per question, and their means per group. Higher is better throughout.

    hit@k       a right passage is among the first k
    mrr@10      one over the rank of the first right passage, 0 beyond rank 10
    ndcg@10     discounted gain of the first ten; where right passages are known only among those returned, against the
                best order of these
    r@10        the share of the relevant documents among the first ten (sets that name relevant documents only)
    quote       the quote holds a gold answer, stands in a right passage of the first ten and has at most 160 characters
    tight       such a quote that is no longer than the evidence and 40 characters (100 are always allowed)
    em, f1      exact match and character F1 of the short answer, the best over the gold answers
    cmrc_f1     its F1 by the rule of the CMRC 2018 evaluation (questions of retrieval sets only; see `qa.measure.cmrc`)
    answered    the share that was answered
    abstained   over the questions that the pages do not answer: the share that was not answered

A right passage holds the evidence (or another place known to prove the answer), or 70% of its character pairs together
with one of the answers, and comes from the gold source; it has at most 600 characters unless it is a document of a
retrieval set. Texts are compared after NFKC folding, without spaces and punctuation. A figure that was not measured for
a question is absent, never 0.
"""

from __future__ import annotations

import functools
import itertools
import math
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from corpus.errors import EvaluationError
from corpus.records import Passage
from qa.measure.calibration import Judged
from qa.measure.cmrc import cmrc_f1
from qa.measure.question_sets import Question
from qa.records import Excerpt

LONGEST_PASSAGE = 600
LONGEST_QUOTE = 160
DEPTH = 10
RETRIEVAL = ("hit@1", "hit@3", "hit@5", "mrr@10", "ndcg@10", "r@10")
FIGURES = (*RETRIEVAL, "quote", "tight", "em", "f1", "cmrc_f1", "answered", "abstained")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one question. `passages` best first; `answered` is None where answering was left out.

    `withheld` is the quote that was found but not shown; `confidence` is in it, or in the quote that was shown.
    """

    question: Question
    passages: tuple[Passage, ...]
    answered: bool | None
    quote: Excerpt | None = None
    answer: Excerpt | None = None
    confidence: float = 0.0
    withheld: Excerpt | None = None


@functools.lru_cache(maxsize=4096)
def bare(text: str) -> str:
    """The form in which texts are compared: letters, digits and percent signs, case folded.

    >>> bare("１.5 亿元，约（30％）")
    '15亿元约30%'
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in folded if char == "%" or unicodedata.category(char)[0] in "LMN")


def character_f1(guess: str, gold: str) -> float:
    """The harmonic mean of the shares of common characters (with repetitions), 0 where there are none.

    >>> character_f1("110亿元", "110亿")  # 4 common of 5 and of 4
    0.8888888888888888
    """
    left, right = Counter(bare(guess)), Counter(bare(gold))
    common = (left & right).total()
    return 2 * common / (left.total() + right.total()) if common else 0.0


def is_right(question: Question, passage: Passage) -> bool:
    """Whether a passage proves the answer of a question whose `gold` is "passage"."""
    if len(passage.text) > LONGEST_PASSAGE and passage.kind != "document":
        return False
    # Questions name a page's file; the same page may lie in a sub-folder.
    if question.source and PurePosixPath(passage.source).name != PurePosixPath(question.source).name:
        return False
    text, evidence = bare(passage.text), bare(question.evidence)
    if any(place and place in text for place in (evidence, *map(bare, question.also))):
        return True
    wanted = _pairs(evidence)
    if not wanted or len(wanted & _pairs(text)) < 0.7 * len(wanted):
        return False
    return any(bare(answer) in text for answer in question.answers)


def _pairs(text: str) -> set[str]:
    return {a + b for a, b in itertools.pairwise(text)} or ({text} if text else set())


def right_ranks(outcome: Outcome) -> list[int]:
    """The ranks, from 0, of the right passages among the first ten."""
    question, first = outcome.question, outcome.passages[:DEPTH]
    if question.gold == "passage":
        return [rank for rank, passage in enumerate(first) if is_right(question, passage)]
    sources = {source for source, _ in question.relevant}
    return [rank for rank, passage in enumerate(first) if passage.source in sources]


def retrieval_figures(outcomes: Iterable[Outcome]) -> dict[str, dict[str, float]]:
    """Question id → its retrieval figures, for the questions whose retrieval can be judged.

    :raises EvaluationError: if a figure was not measured for one of them.
    """
    import ir_measures
    from ir_measures import RR, Qrel, R, ScoredDoc, Success, nDCG

    measures = {
        Success @ 1: "hit@1",
        Success @ 3: "hit@3",
        Success @ 5: "hit@5",
        RR @ DEPTH: "mrr@10",
        nDCG @ DEPTH: "ndcg@10",
        R @ DEPTH: "r@10",
    }
    qrels: list[Qrel] = []
    run: list[ScoredDoc] = []
    expected: dict[str, tuple[str, ...]] = {}
    for outcome in outcomes:
        question = outcome.question
        if question.gold == "passage":
            # Which passages of all pages are right is not known; those returned are judged. A miss is a right passage
            # that was not returned.
            judged = {str(rank): 1 for rank in right_ranks(outcome)} or {"not returned": 1}
            returned = [str(rank) for rank in range(len(outcome.passages))]
            expected[question.id] = RETRIEVAL[:-1]
        elif question.gold == "source":
            judged = dict(question.relevant)
            returned = list(dict.fromkeys(passage.source for passage in outcome.passages))
            expected[question.id] = RETRIEVAL
        else:
            continue
        qrels += [Qrel(question.id, name, grade) for name, grade in judged.items()]
        # The order decides, not the scores: equal scores would be put in the order of their ids.
        run += [ScoredDoc(question.id, name, -float(rank)) for rank, name in enumerate(returned)]
    out: dict[str, dict[str, float]] = {name: {} for name in expected}
    if run:
        for metric in ir_measures.iter_calc(list(measures), qrels, run):
            name = measures[metric.measure]
            if name in expected[metric.query_id]:
                out[metric.query_id][name] = float(metric.value)
    elif expected:  # nothing returned for any question
        out = {name: dict.fromkeys(figures, 0.0) for name, figures in expected.items()}
    for name, figures in expected.items():
        missing = [figure for figure in figures if not math.isfinite(out[name].get(figure, math.nan))]
        if missing:
            raise EvaluationError(f"Question {name}: {', '.join(missing)} could not be measured.")
    return out


def answer_figures(outcome: Outcome) -> dict[str, float]:
    """The figures of one question that do not come from retrieval; none where answering was left out."""
    question = outcome.question
    if outcome.answered is None:
        return {}
    if question.gold == "nothing":
        return {"abstained": float(not outcome.answered)}
    out: dict[str, float] = {}
    if question.answers:
        if question.gold != "unknown":
            good = outcome.answered and quote_is_good(outcome, outcome.quote)
            limit = max(100, len(question.evidence) + 40)
            out["quote"] = float(good)
            out["tight"] = float(good and outcome.quote is not None and len(outcome.quote.text) <= limit)
        short = outcome.answer.text if outcome.answered and outcome.answer is not None else ""
        out["em"] = float(bool(bare(short)) and any(bare(short) == bare(answer) for answer in question.answers))
        out["f1"] = max(character_f1(short, answer) for answer in question.answers)
        if question.gold == "source":
            out["cmrc_f1"] = max(cmrc_f1(short, answer) for answer in question.answers)
    out["answered"] = float(outcome.answered)
    return out


def quote_is_good(outcome: Outcome, quote: Excerpt | None) -> bool:
    """Whether a quote, the one shown or another, holds a gold answer, short enough and from a right passage."""
    if quote is None or not 0 < len(quote.text) <= LONGEST_QUOTE:
        return False
    if quote.hit not in right_ranks(outcome):
        return False
    return any(bare(answer) in bare(quote.text) for answer in outcome.question.answers)


def is_judged(outcome: Outcome) -> bool:
    """Whether it can be said if a quote for this question is right."""
    question = outcome.question
    known = question.gold == "nothing" or (question.gold != "unknown" and bool(question.answers))
    return known and outcome.answered is not None


def judged(outcomes: Iterable[Outcome]) -> list[Judged]:
    """The confidences of the questions for which `is_judged`, and whether their quotes are right, in order."""
    return [
        Judged(
            outcome.confidence,
            quote_is_good(outcome, outcome.quote if outcome.answered else outcome.withheld),
            outcome.question.gold != "nothing",
        )
        for outcome in outcomes
        if is_judged(outcome)
    ]


def grouped(outcomes: Sequence[Outcome]) -> dict[str, dict[str, float]]:
    """Group → n and the means of its figures. Groups: "all" (answerable), "unanswerable", then styles in their order.

    A figure is the mean over the group's questions it is measured for, and absent where there are none. Questions that
    cannot be measured at all are left out.
    """
    retrieval = retrieval_figures(outcomes)
    groups: dict[str, list[Mapping[str, float]]] = {"all": [], "unanswerable": []}
    styled = any(outcome.question.group != "other" for outcome in outcomes)
    for outcome in outcomes:
        question = outcome.question
        figures = {**retrieval.get(question.id, {}), **answer_figures(outcome)}
        if question.gold == "unknown" and not question.answers:
            continue
        groups["unanswerable" if question.gold == "nothing" else "all"].append(figures)
        if styled:
            groups.setdefault(question.group, []).append(figures)
    return {name: _means(members) for name, members in groups.items() if members}


def _means(members: Sequence[Mapping[str, float]]) -> dict[str, float]:
    out: dict[str, float] = {"n": len(members)}
    for figure in FIGURES:
        values = [member[figure] for member in members if figure in member]
        if values:
            out[figure] = math.fsum(values) / len(values)
    return out


def table(groups: Mapping[str, Mapping[str, float]]) -> str:
    """The figures as aligned lines, one per group; a figure that no group has gets no column."""
    figures = [figure for figure in FIGURES if any(figure in group for group in groups.values())]
    width = max([5, *map(len, groups)])
    lines = [f"{'':{width}}  {'n':>5}" + "".join(f"  {figure:>9}" for figure in figures)]
    for name, group in groups.items():
        cells = (f"{group[figure]:9.3f}" if figure in group else " " * 9 for figure in figures)
        lines.append(f"{name:{width}}  {group['n']:5.0f}" + "".join(f"  {cell}" for cell in cells))
    return "\n".join(line.rstrip() for line in lines)
