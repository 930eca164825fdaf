"""The records that leave `qa`: hits, quotes, answers and replies.

An answer and a quote are pointers into a passage: `passage.text[start:end]` is their text. Scores are higher-is-better.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from corpus.passages import slice_block
from corpus.records import Article, Block, Page, Passage, Span

Reason = Literal["", "off_topic", "not_stated", "not_a_question", "too_long"]
CitationStyle = Literal["gbt", "ris", "bibtex", "csl", "markdown"]
FilterName = Literal["date", "page", "kind", "reporter", "photographer", "source"]


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found for a question. `score` is comparable within one question only."""

    passage: Passage
    article: Article
    page: Page
    score: float
    features: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A slice of a passage: `passage.text[start:end] == text`.

    `spans` are the source spans it maps to; `hit` is the index, from 0, of its passage among the reply's hits.
    """

    text: str
    hit: int
    start: int
    end: int
    spans: tuple[Span, ...]


def excerpt(passage: Passage, hit: int, start: int, end: int) -> Excerpt:
    """The slice of a passage's text, half-open, with its source spans; `hit` as for `Excerpt`."""
    spans = slice_block(Block(passage.text, passage.spans), start, end)
    return Excerpt(passage.text[start:end], hit, start, end, spans)


@dataclass(frozen=True, slots=True)
class Applied:
    """A filter that a question was asked with: its name, and the value that a passage had to have.

    `words` are those of the question that it was understood from, "" where it was given apart from the question.
    `unknown` counts the passages that it left out because nothing is known of theirs (date or page).
    """

    name: FilterName
    value: str
    words: str = ""
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """What was found for one question.

    `answered` is False where the pages do not answer; then `reason` says why, and `hits` (best first) are what is
    nearest. `quote` and `answer` are None when not answered; `answer` may be None beside a quote where no short answer
    could be marked. `also` are sentences of other articles, among `hits`, that say the same. `confidence` is between
    0 and 1. `seconds` is the wall time. `filters` are those the question was
    asked with; their words stand in `question` and no longer in `effective_question`. `withheld` is the quote that was
    found but not shown, its confidence being too low; it too is of one of `hits`.
    """

    question: str
    effective_question: str
    answered: bool
    reason: Reason
    quote: Excerpt | None
    answer: Excerpt | None
    hits: tuple[Hit, ...]
    confidence: float
    seconds: float
    citation: str
    filters: tuple[Applied, ...] = ()
    also: tuple[Excerpt, ...] = ()
    withheld: Excerpt | None = None

    @property
    def answer_text(self) -> str | None:
        """The short answer's text, or None."""
        return None if self.answer is None else self.answer.text
