"""What a question is after, apart from what it only asks with and from what it says of the matter otherwise.

A near miss names people and things of an article in the article's own words, and then asks for what is not printed:
what it is after stands beside its interrogative. That is the words that follow it (什么时候通车: 通车), those before it
less, or alone where nothing follows (球票多少钱: 球票).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpus.fold import fold
from qa.asks import Asked
from qa.question import Question

Floats = NDArray[np.float64]
_REACH, _REACH_ENGLISH = 4.0, 12.0  # characters over which nearness to the interrogative fades
_BEFORE = 0.5  # what a word before a Chinese interrogative counts where others follow it
_COUNTERS = "个位家所座条支名场项种份年天月日次届"
# With all that belongs to it: 天 of 哪天 and 钱 of 多少钱 are words of the thesaurus too.
_ASKING = re.compile(
    rf"[是在由被从到去有]?(?:哪(?:一?[{_COUNTERS}些里儿]|几[{_COUNTERS}])?|什么(?:时候|时间|地方|原因|样)?"
    rf"|啥(?:时候|时间|地方)?|何[时地处人]?|多少[{_COUNTERS}人元钱]?|几[{_COUNTERS}点号]?|谁|怎么?样?|咋|如何"
    r"|为(?:什么|何|啥)|多[久长大高远重深宽快])|是否|是不是|有没有|能不能|会不会|要不要|能否|可不可以|吗"
    r"|\b(?:what|which|who|whose|when|where|why|how (?:many|much|long|old|far|often|big|large)|how)\b"
)
_ENGLISH_NOUN = 3  # an English question's noun stands within so many words of what, which or how many
_NEAR = 0.7  # the least nearness of a word that may be printed for the noun
# What a question in keywords ends with in place of an interrogative: it is seldom printed beside the answer.
_KIND = re.compile(r"(?:名称|名字|姓名|地点|地址|时间|日期|原因|电话|人数|数量|数目|作者|内容|方式|名单)[??]?$")


@dataclass(frozen=True, slots=True)
class Aim:
    """float64 (units,) each: what the units of a question count as its focus, and as the rest of it. Both add up to 1,
    or are all 0."""

    focus: Floats
    rest: Floats


def aim(question: Question, weights: Floats) -> Aim:
    """Tell the units apart.

    :param weights: float64 (units,), what each counts, 0 or more.
    """
    start, end, free = _parted(question)
    reach = _REACH_ENGLISH if question.english else _REACH
    near, after = np.zeros(len(weights)), np.zeros(len(weights))
    for n, places in enumerate(free):
        if places:
            gap, at = min((max(0, start - b, a - end), a) for a, b in places)
            near[n], after[n] = math.exp(-gap / reach), float(at >= end)
    said = told(question)
    focus = weights * near
    if not question.english and (focus * after).any():
        focus = np.where(after > 0, focus, _BEFORE * focus)
    focus, rest = _shares(focus), _shares(weights * said)
    return Aim(focus, _shares(np.maximum(rest - focus / 2, 0.0)))


def told(question: Question) -> Floats:
    """float64 (units,): 1 for what the question says, 0 for what it only asks with: the thesaurus knows 多少钱."""
    _, _, free = _parted(question)
    first = [unit.surface.split()[0] for unit in question.units]
    known = [bool(places) or word not in question.folded for word, places in zip(first, free, strict=True)]
    return np.array(known, dtype=np.float64)


def _parted(question: Question) -> tuple[int, int, list[list[tuple[int, int]]]]:
    """Where the interrogative begins and ends, and for each unit where it stands beside that."""
    text = question.folded
    asking = _ASKING.search(text) or _KIND.search(text)
    start, end = asking.span() if asking is not None else (len(text), len(text))
    free = []
    for unit in question.units:
        places = [m.span() for m in re.finditer(re.escape(unit.surface.split()[0]), text)]
        free.append([(a, b) for a, b in places if a >= end or b <= start])
    return start, end, free


def _shares(weights: Floats) -> Floats:
    total = float(weights.sum())
    out: Floats = weights / total if total > 0 else weights
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
