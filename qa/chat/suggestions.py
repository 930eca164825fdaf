"""Questions to ask next, made of the article that was just quoted from and of what belongs to it, and tried out first.

A clause of another paragraph with a number in it asks for the number; the articles that it goes on in or from, its
photo item or its story, and those on the same things are asked about by their headlines. What the pages do not answer
is not offered.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from corpus.records import Article
from qa.browsing.pictures import pictured
from qa.chat.examples import about, number_questions
from qa.chat.glosses import partners
from qa.chat.session import Source
from qa.records import Reply

NUMBERS: Final = 3
OTHERS: Final = 2
_TRIED: Final = 6


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question that the pages answer, and the passage and range of the sentence that answers it, half-open."""

    question: str
    passage: str
    start: int
    end: int

    def told_by(self, reply: Reply) -> bool:
        """Whether a reply shows the sentence already."""
        return any(
            reply.hits[one.hit].passage.id == self.passage and one.start < self.end and self.start < one.end
            for one in (reply.quote, *reply.also)
            if one is not None
        )


def suggestions(source: Source, article_id: str) -> tuple[Suggestion, ...]:
    """At most `NUMBERS` questions of the article itself and `OTHERS` of articles that belong to it."""
    article = source.article(article_id)
    if article is None:
        return ()
    own = (_numbered(source, article_id, *pair) for pair in islice(_numbers(article), _TRIED))
    others = (_told(source, one, about(one.headline)) for one in islice(_belonging(source, article), _TRIED))
    found = [
        *islice((one for one in own if one is not None), NUMBERS),
        *islice((one for one in others if one is not None), OTHERS),
    ]
    return tuple({one.question: one for one in found}.values())


def _numbers(article: Article) -> Iterator[tuple[str, str]]:
    """Questions with their numbers, one of each paragraph."""
    for block in article.paragraphs:
        yield from islice(number_questions(block.text), 1)


def _belonging(source: Source, article: Article) -> Iterator[Article]:
    """What the article goes on in or from, its photos or its story, and related articles; each once."""
    shown = pictured(source.page(article.source))
    photos = [photo for photo, story in shown.items() if story == article.id]
    found = [partner.article for partner in partners(source, article.id)]
    found += [one for name in (shown.get(article.id, ""), *photos) if (one := source.article(name)) is not None]
    found += [one for one, _ in source.related(article.id, _TRIED)]
    return iter({one.id: one for one in found if one.headline.strip() and one.id != article.id}.values())


def _numbered(source: Source, article_id: str, question: str, number: str) -> Suggestion | None:
    reply = source.conversation().ask(question)
    if reply.answer is None or number not in reply.answer.text:
        return None
    return _of(reply, article_id)


def _told(source: Source, article: Article, question: str) -> Suggestion | None:
    return _of(source.conversation().ask(question), article.id)


def _of(reply: Reply, article_id: str) -> Suggestion | None:
    """What a reply quotes, if it quotes that article."""
    quote = reply.quote
    if quote is None or reply.hits[quote.hit].article.id != article_id:
        return None
    return Suggestion(reply.question, reply.hits[quote.hit].passage.id, quote.start, quote.end)
