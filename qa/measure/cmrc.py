"""The F1 of the short answer by the rule of the CMRC 2018 evaluation, to be held against published figures.

Cui et al., "A Span-Extraction Dataset for Chinese Machine Reading Comprehension" (2019), count the longest run that
both answers have in common, in units of Chinese characters and of other scripts' words, some punctuation dropped.
`qa.measure.metrics.character_f1` counts characters wherever they stand and is never lower on answers in Chinese. Exact
match differs by little more than full width and white space. The official script cuts words with NLTK, here a pattern
does.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher

_MARKS = str.maketrans("", "", "-:_*^/\\~`+=，。：？！“”；’《》…·、「」（）－～『』")
_UNIT = re.compile(r"[\u4e00-\u9fa5]|\d[\d.,]*\d|\d+|[^\W\d_\u4e00-\u9fa5]+|\S")


def units(text: str) -> list[str]:
    """What is counted of an answer.

    >>> units("《ABC》第1,500號。")
    ['abc', '第', '1,500', '號']
    """
    return _UNIT.findall(text.lower().translate(_MARKS))


def cmrc_f1(guess: str, gold: str) -> float:
    """The harmonic mean of the shares of the longest common run, 0 where there is none.

    >>> cmrc_f1("百分之三十", "三十人")  # 三十: 2 of 5 and 2 of 3
    0.5
    """
    left, right = units(guess), units(gold)
    common = SequenceMatcher(None, left, right, autojunk=False).find_longest_match().size
    return 2 * common / (len(left) + len(right)) if common else 0.0
