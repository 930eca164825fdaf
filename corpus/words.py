"""Words and character pairs of a text, in its matching form. The only module that imports jieba."""

from __future__ import annotations

import functools
import logging
import re
import warnings
from typing import Any

from corpus.fold import fold, matching_form

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


@functools.lru_cache(maxsize=1024)
def _form(text: str) -> str:
    """The matching form in which white space still parts words; the same text is asked for twice, words and pairs."""
    return matching_form(text, join=False).text


def tokens(text: str) -> list[tuple[str, int, int]]:
    """The words of `text` in order, each with its half-open range; together they cover all of `text`.

    Folded character by character only, so that the ranges are those of the printed text.
    """
    return [(word, start, end) for word, start, end in _jieba().tokenize(fold(text))]


def words(text: str) -> list[str]:
    """The words of `text` for searching: long words also give the shorter words in them; no punctuation.

    Numbers, amounts and dates are those of the matching form: 一千五百万元 and 1,500万元 give the same words.
    """
    return [w for w in _jieba().cut_for_search(_form(text)) if _WORDLIKE.search(w)]


def is_word(text: str) -> bool:
    """Whether the dictionary holds `text` as one word."""
    jieba = _jieba()
    jieba.initialize()
    return bool(jieba.dt.FREQ.get(text, 0))


@functools.cache
def _tags() -> dict[str, str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jieba.posseg
    jieba.posseg.initialize()
    tags: dict[str, str] = jieba.posseg.dt.word_tag_tab
    return tags


def is_plain_word(text: str) -> bool:
    """Whether the dictionary holds `text`, and not as a person's name."""
    return is_word(text) and not _tags().get(text, "").startswith("nr")


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
    for run in _RUNS.findall(_form(text)):
        if run[0].isascii() or len(run) == 1:
            out.append(run)
        else:
            out.extend(run[i : i + 2] for i in range(len(run) - 1))
    return out


def tokens_tagged(text: str) -> list[tuple[str, int, int, str]]:
    """As `tokens`, with the part of speech that the dictionary gives a word, "" for one that it does not hold.

    Five times as quick as `tagged`, which weighs the tags against each other.
    """
    tags = _tags()
    return [(word, start, end, tags.get(word, "")) for word, start, end in tokens(text)]
