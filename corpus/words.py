"""Words and character pairs of a text, in its matching form. The only module that imports jieba."""

from __future__ import annotations

import functools
import logging
import re
import warnings
from typing import Any

from corpus.fold import fold

_CJK = r"\u3400-\u9fff\uf900-\ufaff"
_WORDLIKE = re.compile(rf"[{_CJK}A-Za-z0-9]")
_RUNS = re.compile(rf"[{_CJK}]+|[a-z0-9]+(?:[.\-][a-z0-9]+)*")
SEGMENTER = "jieba 0.42.1 search mode, HMM"


@functools.cache
def _jieba() -> Any:
    with warnings.catch_warnings():
        # jieba 0.42 has escape sequences that newer Pythons warn of when they compile it.
        warnings.simplefilter("ignore")
        import jieba
    jieba.setLogLevel(logging.WARNING)
    return jieba


def tokens(text: str) -> list[tuple[str, int, int]]:
    """The words of `text` in order, each with its half-open range; together they cover all of `text`."""
    return [(word, start, end) for word, start, end in _jieba().tokenize(fold(text))]


def words(text: str) -> list[str]:
    """The words of `text` for searching: long words also give the shorter words in them; no punctuation."""
    return [w for w in _jieba().cut_for_search(fold(text)) if _WORDLIKE.search(w)]


def is_word(text: str) -> bool:
    """Whether the dictionary holds `text` as one word."""
    jieba = _jieba()
    jieba.initialize()
    return bool(jieba.dt.FREQ.get(text, 0))


def tagged(text: str) -> list[tuple[str, str]]:
    """The words of `text` with their part of speech (ICTCLAS tags: nr person, ns place, nt organisation, m number…)."""
    _jieba()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jieba.posseg
    return [(pair.word, pair.flag) for pair in jieba.posseg.cut(fold(text))]


def pairs(text: str) -> list[str]:
    """The overlapping character pairs of each run of Chinese characters; Latin words and numbers whole.

    Pairs find names that no dictionary holds. A lone character is given as it is.

    >>> pairs("嘉兴市ABC 12.5亿")
    ['嘉兴', '兴市', 'abc', '12.5', '亿']
    """
    out: list[str] = []
    for run in _RUNS.findall(fold(text)):
        if run[0].isascii() or len(run) == 1:
            out.append(run)
        else:
            out.extend(run[i : i + 2] for i in range(len(run) - 1))
    return out
