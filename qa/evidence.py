"""What speaks for a quote being the answer, and what against it: readable features for `qa.abstain`.

A question's units (its content words) count by their rarity here. How far a text says a unit is the higher of two: the
thesaurus' nearness of the nearest word in it, and the soft match of the unit's tokens. A near miss names everything
else in the article's own words, but what it is after (its focus, see `qa.aim`) is not stated there (`qa.stated`); a
paraphrase is as free with the rest as with the focus, so that what is missing counts by how much of the rest stands in
the article, word for word:

    margin      how much better the quote's passage was found than the best of any article that is not much the same
    gap         how much better some other passage was found
    dense       the cosine of question and passage
    focus       how far the quote says the focus
    missing     no sentence of the article says the focus and holds something of the kind asked for
    apart       the focus does not stand beside such a thing
    answer      the log odds of the short answer among all that might be one
    fit         how well the spans of the answer's sentence fit, together: the log of their sum before it is shared out
    untyped     the quote holds nothing of the kind asked for, though rules would find it
    untimed     the quote has no time as exact as asked for (哪年, 几点)
    uncounted   the article has no number of the unit asked for (多少亩)
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np

from corpus.fold import fold, matching_form
from corpus.words import pairs
from qa.aim import aim
from qa.asks import asked
from qa.extract import Found
from qa.match import Matcher
from qa.question import Question
from qa.rank import KINDS, strength
from qa.records import Hit
from qa.retriever import Retriever
from qa.spans import holds
from qa.stated import stated

# What the best passage of another article usually comes to: for a folder of one article, and hits of one alone.
UNRELATED = 3.0
HITS = 10  # so many are looked at, of which most are beside the quote's
SAME = 0.5  # passages that share so much of their character pairs tell of much the same
_AMOUNT = r"(?:\d[\d,.]*|[〇零一二两三四五六七八九十百千]+)[万亿千百]*[余多几]?[个多余]?"
# What a question for a time must find in print; only where it says how exact a time it wants.
_TIMES = tuple(
    (re.compile(wanted), re.compile(printed))
    for wanted, printed in (
        (r"哪一?年|几几年|何年|\byear\b", r"(?:19|20)\d\d年|[去今明前当]年"),
        (r"几点|what time", r"\d{1,2}[时点:]"),
        (r"哪一?天|几号|几月|日期|何日|\bdate\b|which day|what day", r"\d{1,2}[日号]|[昨今当前]天"),
        (r"周几|星期几", r"周[一二三四五六日]|星期"),
    )
)


def evidence(
    retriever: Retriever, question: Question, matcher: Matcher, hits: Sequence[Hit], found: Found
) -> dict[str, float]:
    """The features of `found`, a quote from `hits` (best first), by name.

    "dense" is absent where that leg is left out.

    :param hits: HITS of them at least, where so many are found.
    """
    hit, hits = hits[found.source], hits[:HITS]
    text = hit.passage.text
    quote = text[found.quote.start : found.quote.end]
    article = retriever.article_text(hit.article.id)
    form = matching_form(quote).text
    said = matcher.nearness(form)
    if retriever.options.soft:
        said = np.maximum(said, retriever.unit_match(question, [form])[0])
    weights = matcher.weights / (float(matcher.weights.sum()) or 1.0)
    after = aim(question, weights)
    in_print = np.array([float(bool(unit.near) and unit.near[0][0] in article) for unit in question.units])
    printed = float(after.rest @ in_print)
    states = stated(retriever, question, matcher, after.focus, hit.passage, found)
    best = strength(hit)
    out = {
        "margin": best - max(_elsewhere(hit, hits), default=UNRELATED),
        "gap": max(0.0, *(strength(other) - best for other in hits)),
        "focus": float(after.focus @ said),
        "missing": printed * (1.0 - states.together),
        "apart": printed * (1.0 - states.beside),
        "answer": _logit(0.0 if found.answer is None else found.answer.score),
        "fit": found.fit,
        "untyped": float(question.asks in KINDS and not holds(question, quote)),
        "untimed": float(_untimed(question, form)),
        "uncounted": float(_uncounted(question, article)),
    }
    if retriever.options.dense:
        out["dense"] = hit.features["dense"]
    return out


def _elsewhere(hit: Hit, hits: Sequence[Hit]) -> list[float]:
    """The strength of the hits in other articles.

    Not of those that tell of much the same: that two articles speak of a thing is no sign that none does.
    """
    mine = frozenset(pairs(matching_form(hit.passage.text).text))
    same = {hit.article.id}
    for other in hits:
        theirs = frozenset(pairs(matching_form(other.passage.text).text))
        if len(mine & theirs) >= SAME * max(len(mine | theirs), 1):
            same.add(other.article.id)
    return [strength(other) for other in hits if other.article.id not in same]


def _logit(probability: float) -> float:
    return math.log((probability + 1e-3) / (1.0 - probability + 1e-3))


def _untimed(question: Question, form: str) -> bool:
    """Whether a time is asked for more exactly than any that `form` prints."""
    if question.asks != "when":
        return False
    folded = fold(question.text)
    printed = next((printed for wanted, printed in _TIMES if wanted.search(folded)), None)
    return printed is not None and printed.search(form) is None


def _uncounted(question: Question, form: str) -> bool:
    """Whether a number of a unit is asked for (多少亩) and `form` prints no number of that unit."""
    units = asked(fold(question.text)).units
    return bool(units) and not any(re.search(_AMOUNT + re.escape(unit), form) for unit in units)
