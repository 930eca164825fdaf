"""What speaks for a quote being the answer, and what against it: readable features for `qa.abstain`.

A question's units (its content words) count by their rarity here. How far a text says a unit is the higher of two: the
thesaurus' nearness of the nearest word in it, and the soft match of the unit's tokens. The focus of a question is what
stands beside its interrogative (几名快递员: 快递员), or at its end. A near miss names everything else in the article's
own words, but its focus is not there; a paraphrase is as free with the rest as with the focus:

    margin      how much better the quote's passage was found than the best of any other article
    gap         how much better some other passage was found
    dense       the cosine of question and passage
    focus       how far the quote says the focus
    lag         how much more of the rest stands in the article, word for word, than of the focus in the quote
    answer      the log odds of the short answer among all that might be one
    typed       the quote holds something of the kind asked for; untyped: it does not, though rules would find it
    untimed     the quote has no time as exact as asked for (哪年, 几点); undated: nor has the article
    uncounted   the article has no number of the unit asked for (多少亩)
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from corpus.fold import fold, matching_form
from qa.asks import asked
from qa.extract import Found
from qa.match import Matcher
from qa.question import Question
from qa.rank import KINDS, strength
from qa.records import Hit
from qa.retriever import Retriever
from qa.spans import holds

Floats = NDArray[np.float64]
# What the best passage of another article usually comes to: for a folder of one article, and hits of one alone.
UNRELATED = 3.0
HITS = 10  # so many are looked at, of which most are beside the quote's
_REACH, _REACH_ENGLISH = 4.0, 12.0  # characters over which the focus fades
_WH = re.compile(
    r"哪|什么|啥|何|多少|几|谁|怎|咋|多(?:久|长|大|高|远|重|深|宽|快)|是否|是不是|有没有|吗|"
    r"\b(?:what|which|who|whose|when|where|why|how (?:many|much|long|old|far|often|big|large)|how)\b"
)
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
    focus = _focus(question, weights)
    rest = np.maximum(weights - focus / 2, 0.0)
    rest = rest / (float(rest.sum()) or 1.0)
    printed = np.array([float(bool(unit.near) and unit.near[0][0] in article) for unit in question.units])
    focused = float(focus @ said)
    elsewhere = [strength(other) for other in hits if other.article.id != hit.article.id]
    best = strength(hit)
    typed = question.asks in KINDS and holds(question, quote)
    out = {
        "margin": best - max(elsewhere, default=UNRELATED),
        "gap": max(0.0, *(strength(other) - best for other in hits)),
        "focus": focused,
        "lag": max(0.0, float(rest @ printed) - focused),
        "answer": _logit(0.0 if found.answer is None else found.answer.score),
        "typed": float(typed),
        "untyped": float(question.asks in KINDS and not typed),
        "untimed": float(_untimed(question, form)),
        "undated": float(_untimed(question, article)),
        "uncounted": float(_uncounted(question, article)),
    }
    if retriever.options.dense:
        out["dense"] = hit.features["dense"]
    return out


def _focus(question: Question, weights: Floats) -> Floats:
    """The units' weights by how near they stand to the interrogative, or the end; they add up to 1, or are all 0."""
    text = question.folded
    found = _WH.search(text)
    start, end = found.span() if found is not None else (len(text), len(text))
    reach = _REACH_ENGLISH if question.english else _REACH
    near = np.zeros(len(weights))
    for n, unit in enumerate(question.units):
        places = [(m.start(), m.end()) for m in re.finditer(re.escape(unit.surface.split()[0]), text)]
        gaps = [max(0, start - b, a - end) for a, b in places]
        near[n] = math.exp(-min(gaps) / reach) if gaps else 0.0
    focus = weights * near
    total = float(focus.sum())
    out: Floats = focus / total if total > 0 else focus
    return out


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
