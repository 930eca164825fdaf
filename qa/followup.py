"""What a follow-up carries over: the words of its topic, completed in front of it, and how they count in the search."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from corpus.fold import fold, matching_form
from corpus.records import Article
from qa.exchange import NUMBERS, nouns
from qa.question import NAMED, Question
from qa.records import Hit
from qa.retriever import Scored

OWN = 0.5  # the share of a topic's passage's score that what is asked now alone decides
_TOPIC_WORDS = 4


@dataclass(frozen=True, slots=True)
class Topic:
    """What a conversation is about: the article last cited, and the words of the questions about it."""

    article_id: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Carried:
    """What a conversation adds to the search for a question.

    :param own: what is asked now, without what was carried; passages of `article_id` are ranked by it as well.
    :param faint: what was carried over; it counts less than what is asked now.
    :param boost: added to the scores of passages, by the id of an article or of a passage.
    :param shown: ranges of passages' text, by passage id, that are not quoted again.
    """

    article_id: str = ""
    own: str = ""
    faint: str = ""
    boost: Mapping[str, float] = field(default_factory=dict)
    shown: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)


def with_own(found: Sequence[Scored], own: Mapping[int, float]) -> list[Scored]:
    """Scores in which the topic's passages count half by what is asked now; sorted best first.

    What was carried over tells which article is meant. Inside it, it would only draw to the passage that it came from.

    :param own: the score, by row, of each of the topic's passages for the question without what was carried over.
    """
    out = []
    for scored in found:
        if scored.row in own:
            moved = OWN * (own[scored.row] + scored.features["conversation"] - scored.score)
            scored = dataclasses.replace(scored, score=scored.score + moved, features={**scored.features, "own": moved})
        out.append(scored)
    return sorted(out, key=lambda scored: (-scored.score, scored.row))


def unshown(hit: Hit, carried: Carried | None) -> Hit:
    """A hit to read, with what was quoted before blanked out of its text, which keeps its length."""
    text = hit.passage.text
    for start, end in () if carried is None else carried.shown.get(hit.passage.id, ()):
        text = text[:start] + " " * (end - start) + text[end:]
    if text == hit.passage.text:
        return hit
    return dataclasses.replace(hit, passage=dataclasses.replace(hit.passage, text=text))


def complete(question: str, words: tuple[str, ...]) -> str:
    """The effective question: what the topic is about, where the question does not say it, then the question.

    Of two years, months or days the question's own holds.

    >>> complete("2024年在哪里办?", ("2023年花展",))
    '花展 2024年在哪里办?'
    """
    own = [pattern for pattern in NUMBERS if pattern.search(fold(question))]
    for pattern in own:
        words = tuple(pattern.sub("", word) for word in words)
    folded = matching_form(question, join=False).text
    missing = [word for word in words if word and matching_form(word, join=False).text not in folded]
    return f"{' '.join(missing)} {question.strip()}" if missing else question.strip()


def topic_words(question: Question, article: Article, idf: Callable[[str], float]) -> tuple[str, ...]:
    """What a question is about, in its own words and order: those that its article speaks of throughout.

    Words of the headline and words that several paragraphs share name a subject; a word that one paragraph alone
    prints is what was asked of it, and is carried on only where there is nothing else. Neighbours are joined. An
    English word counts as the Chinese words that may stand for it, and a romanised name is carried on as it is printed.
    """
    headline = matching_form(article.headline, join=False).text
    paragraphs = [matching_form(block.text).text for block in article.paragraphs]
    near = {unit.surface: tuple(word for word, _ in unit.near[:3]) for unit in question.units}

    def spread(word: str) -> int:
        printed = (word, *near.get(word, ())) if question.english else (word,)
        return max(2 * (one in headline) + sum(one in text for text in paragraphs) for one in printed)

    asked = tuple(near) if question.english else question.words
    known = [word for word in asked if len(word) > 1 and word in question.folded and spread(word)]
    shared = {word for word in known if spread(word) > 1}
    # What stands right before such a word qualifies it: 柳湾 before 大桥.
    shared |= {word for word in known if any(word + other in question.folded for other in shared)}
    rare = sorted(shared or known, key=lambda word: (-idf(word), -len(word)))
    kept: list[str] = []
    for word in rare:
        if not any(word in other or other in word for other in kept):
            kept.append(word)
    out: list[str] = []
    end = -1
    for word in sorted(kept[:_TOPIC_WORDS], key=question.folded.find):
        at = question.folded.find(word)
        if at == end:
            out[-1] += word
        else:
            out.append(word)
        end = at + len(word)
    names = {unit.surface: unit.near[0][0] for unit in question.units if unit.near and unit.near[0][1] == NAMED}
    return tuple(names.get(word, word) for word in out) or tuple(word for word, *_ in nouns(headline))[:2]
