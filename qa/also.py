"""The same fact in other articles: sentences among the hits that say again what was quoted.

A sentence says it again where it repeats most of the quote's characters, or where it holds the same answer and speaks
of nearly as much of the question.
"""

from __future__ import annotations

from collections.abc import Sequence

from corpus.fold import matching_form
from corpus.words import pairs
from qa.extract import Part
from qa.match import Matcher
from qa.quotes import LONGEST_QUOTE, sentences
from qa.records import Excerpt, Hit, excerpt

MOST = 3
SAME_TEXT = 0.7  # the share of the shorter one's character pairs that the other has too
SAME_FACT = 0.8  # the share of what the quote says of the question
LEAST = 0.5  # and the least, as the share of the question
_SHORTEST = 8  # characters of a sentence that may count as the quote's copy
_KINDS = ("body", "caption", "document")


def said_again(matcher: Matcher, hits: Sequence[Hit], at: int, quote: Part, answer: Part | None) -> tuple[Excerpt, ...]:
    """At most MOST sentences of other articles, one of each, in the order of the hits.

    :param quote: a slice of the text of `hits[at]`, as is `answer`.
    """
    text = hits[at].passage.text
    mine = frozenset(pairs(text[quote.start : quote.end]))
    says = matcher.coverage(matching_form(text[quote.start : quote.end]).text)
    wanted = "" if answer is None else matching_form(text[answer.start : answer.end]).text
    articles = {hits[at].article.id}
    out: list[Excerpt] = []
    for n, hit in enumerate(hits):
        if hit.article.id in articles or hit.passage.kind not in _KINDS:
            continue
        best: tuple[float, int, int] | None = None
        for start, end in sentences(hit.passage.text):
            if end - start > LONGEST_QUOTE:
                continue
            text = hit.passage.text[start:end]
            same = _same(mine, frozenset(pairs(text))) if len(text) >= _SHORTEST else 0.0
            folded = matching_form(text).text
            again = (
                len(wanted) > 1 and _holds(folded, wanted) and matcher.coverage(folded) >= max(SAME_FACT * says, LEAST)
            )
            if (same >= SAME_TEXT or again) and (best is None or same > best[0]):
                best = same, start, end
        if best is not None:
            articles.add(hit.article.id)
            out.append(excerpt(hit.passage, n, best[1], best[2]))
    return tuple(out[:MOST])


def _same(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / max(1, min(len(one), len(other)))


def _holds(text: str, answer: str) -> bool:
    """Whether the answer stands in a text; a number not as part of a longer one."""
    at = text.find(answer)
    return at >= 0 and not (answer[:1].isdigit() and text[at - 1 : at].isdigit())
