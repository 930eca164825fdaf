"""What a question asks about most: the words beside its interrogative (几名快递员: 快递员), or at its end.

The rest of a question says where to look, and the headline or the sentence before may say it in the answer's place; the
focus must stand with the answer itself.
"""

from __future__ import annotations

import math
import re

import numpy as np
from numpy.typing import NDArray

from corpus.fold import fold
from qa.asks import Asked
from qa.question import Question

Floats = NDArray[np.float64]
_REACH, _REACH_ENGLISH = 4.0, 12.0  # characters over which the focus fades
_ENGLISH_NOUN = 3  # an English question's noun stands within so many words of what, which or how many
_NEAR = 0.7  # the least nearness of a word that may be printed for the noun
_WH = re.compile(
    r"哪|什么|啥|何|多少|几|谁|怎|咋|多(?:久|长|大|高|远|重|深|宽|快)|是否|是不是|有没有|吗|"
    r"\b(?:what|which|who|whose|when|where|why|how (?:many|much|long|old|far|often|big|large)|how)\b"
)


def focus(question: Question, weights: Floats) -> Floats:
    """float64 (units,): the units' weights by how near they stand to the interrogative, or the end.

    They add up to 1, or are all 0.

    :param weights: float64 (units,), what each unit counts, 0 or more.
    """
    text = question.folded
    found = _WH.search(text)
    start, end = found.span() if found is not None else (len(text), len(text))
    reach = _REACH_ENGLISH if question.english else _REACH
    near = np.zeros(len(weights))
    for n, unit in enumerate(question.units):
        places = [(m.start(), m.end()) for m in re.finditer(re.escape(unit.surface.split()[0]), text)]
        gaps = [max(0, start - b, a - end) for a, b in places]
        near[n] = math.exp(-min(gaps) / reach) if gaps else 0.0
    focused = weights * near
    total = float(focused.sum())
    out: Floats = focused / total if total > 0 else focused
    return out


def nouns(question: Question, wanted: Asked) -> frozenset[str]:
    """What the question asks with, in the words that may be printed for it."""
    if not question.english:
        near = next((unit.near for unit in question.units if unit.surface == wanted.noun), ())
        found = {wanted.noun} | {word for word, nearness in near if nearness >= _NEAR}
        return frozenset(noun for noun in found if noun)
    words = fold(question.text).split()
    at = next((i for i, word in enumerate(words) if word in ("what", "which", "many", "much")), None)
    if at is None:
        return frozenset()
    heads = words[at + 1 : at + 1 + _ENGLISH_NOUN]
    return frozenset(
        word
        for unit in question.units
        if any(head.startswith(unit.surface.split()[0][:5]) for head in heads)
        for word, nearness in unit.near
        if nearness >= _NEAR and not word.isascii()
    )
