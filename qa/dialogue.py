"""Follow-up questions without a language model: what the last turns were about completes what is left out.

Whether a question is a follow-up is decided by evidence: its form (pronouns, 那…呢, very short) and how well it finds
something by itself, against how well the article spoken of answers it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from corpus.fold import fold, matching_form
from corpus.records import Article
from corpus.words import words
from qa.question import Question

_SWITCH = re.compile(
    r"^\s*(?:换个?(?:话题|问题)|另外问(?:一下|个)?|再问个?别的|不说这个了?|说点别的)[,,、:。\s]*(?:了)?"
)
_CORRECTION = re.compile(r"^\s*(?:不|不是|不对|错了)[,,。\s]+(?:我)?(?:问的?是|说的?是|想问)?")
_DEPENDENT = re.compile(
    r"^(?:那|那么|这|其中|还有|然后|后来|再|又|它|他|她|此外|and\b|what about|how about)|"
    r"他们|她们|它们|他|她|它|这家|这个|这次|这场|这位|这批|这项|那家|那个|那次|那里|那边|那儿|其中|该|对方|当时|"
    r"\b(?:it|its|they|their|he|his|she|her|there|that one)\b|呢[??]?\s*$"
)
_BY_ITSELF = 0.25  # how much better another article must answer before the topic is left
_BY_ITSELF_DEPENDENT = 0.4
_SPOKEN_OF = 0.12  # coverage below which an article has nothing to do with a question
TOPIC_BOOST = 0.6
_TOPIC_WORDS = 4


@dataclass(frozen=True, slots=True)
class Topic:
    """What a conversation is about: the article last cited, and the words of the questions about it."""

    article_id: str
    words: tuple[str, ...]


def strip_switch(question: str) -> tuple[str, bool]:
    """The question without an opening such as 换个话题, and whether it had one."""
    rest = _SWITCH.sub("", question)
    return (rest, True) if rest != question and rest.strip() else (question, False)


def strip_correction(question: str) -> str:
    """The question without an opening such as 不,我问的是."""
    rest = _CORRECTION.sub("", question)
    return rest if rest.strip() else question


def depends(question: str) -> bool:
    """Whether the form of a question points back: a pronoun, 那…呢, or too few words to stand alone."""
    return bool(_DEPENDENT.search(fold(question)))


def follows(question: Question, here: float, elsewhere: float) -> bool:
    """Whether a question goes on about the topic.

    :param here: the best coverage (0 to 1) of the question in the topic's article.
    :param elsewhere: the best coverage in any other article.
    """
    if depends(question.text):
        return elsewhere - here < _BY_ITSELF_DEPENDENT
    return here >= _SPOKEN_OF and elsewhere - here < _BY_ITSELF


def complete(question: str, topic: Topic) -> str:
    """The effective question: what the topic is about, where the question does not say it, then the question."""
    folded = matching_form(question, join=False).text
    missing = [word for word in topic.words if word not in folded]
    return f"{' '.join(missing)} {question.strip()}" if missing else question.strip()


def topic_words(question: Question, article: Article, idf: Callable[[str], float]) -> tuple[str, ...]:
    """What a question is about, in its own words and order: those that its article speaks of throughout.

    Words of the headline and words that several paragraphs share name a subject; a word that one paragraph alone
    prints is what was asked of it, and is carried on only where there is nothing else. Neighbours are joined.
    """
    headline = matching_form(article.headline, join=False).text
    paragraphs = [matching_form(block.text).text for block in article.paragraphs]

    def spread(word: str) -> int:
        return 2 * (word in headline) + sum(word in text for text in paragraphs)

    known = [word for word in question.words if len(word) > 1 and spread(word)]
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
    return tuple(out) or tuple(words(headline)[:2])
