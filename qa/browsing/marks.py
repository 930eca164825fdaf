"""What of a passage speaks of a question: the words that a reader's eye looks for, as ranges of the printed text."""

from __future__ import annotations

import functools
from typing import Final

from corpus.fold import matching_form
from embeddings import thesaurus
from qa.match import Matcher
from qa.question import analyse

LEAST: Final = 0.5
"""How near a word must be to one of the question's to be marked: words merely related are not, nor lone characters."""

_LONGEST: Final = 2000


def matches(question: str, text: str) -> tuple[tuple[int, int], ...]:
    """The ranges of `text`, half-open, in order and apart, that stand for words of the question.

    For each word of the question these are all places of its nearest word in the text, by the thesaurus; both sides
    are compared in their matching form.

    >>> text = "首筆數據貸款1,500萬元到賬。"
    >>> [text[start:end] for start, end in matches("数据贷款1500万元到账了吗？", text)]
    ['數據貸款1,500萬元到賬']
    """
    form = matching_form(text)
    found = sorted(
        form.printed(start, end)
        for start, end, _, value in _matcher(question[:_LONGEST]).places(form.text)
        if value >= LEAST and (end - start > 1 or form.text[start].isdigit())
    )
    out: list[tuple[int, int]] = []
    for start, end in found:
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return tuple(out)


@functools.lru_cache(256)
def _matcher(question: str) -> Matcher:
    return Matcher(analyse(question, thesaurus.bundled()).units, lambda word: 1.0)
