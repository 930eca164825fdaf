"""The records that leave `qa`: hits, quotes, answers and replies.

An answer and a quote are pointers into a passage: `passage.text[start:end]` is their text. Scores are higher-is-better.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from corpus.records import Article, Page, Passage, Span

Reason = Literal["", "off_topic", "not_stated", "not_a_question", "too_long"]


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


@dataclass(frozen=True, slots=True)
class Reply:
    """What was found for one question.

    `answered` is False where the pages do not answer; then `reason` says why, and `hits` (best first) are what is
    nearest. `quote` and `answer` are None when not answered; `answer` may be None beside a quote where no short answer
    could be marked. `confidence` is between 0 and 1. `seconds` is the wall time.
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

    @property
    def answer_text(self) -> str | None:
        """The short answer's text, or None."""
        return None if self.answer is None else self.answer.text
