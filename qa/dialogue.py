"""Follow-up questions without a language model: what the last turns were about completes what is left out.

Whether a question is a follow-up is decided by evidence: its form (pronouns, 那…呢, very short) and how well it finds
something by itself, against how well the article spoken of answers it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from corpus.fold import fold
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
    margin = _BY_ITSELF_DEPENDENT if depends(question.text) else _BY_ITSELF
    return elsewhere - here < margin


def complete(question: str, topic: Topic) -> str:
    """The effective question: the topic's words that the question lacks, then the question."""
    folded = fold(question)
    missing = [word for word in topic.words if word not in folded]
    return f"{' '.join(missing)} {question.strip()}" if missing else question.strip()


def topic_words(
    question: Question, article_text: str, idf: dict[str, float], before: tuple[str, ...]
) -> tuple[str, ...]:
    """The rarest of a question's words that its article prints, in the question's order; else the words before."""
    folded = fold(article_text)
    known = [w for w in question.words if w in folded and len(w) > 1]
    rare = sorted(known, key=lambda w: (-idf.get(w, 0.0), -len(w)))
    kept: list[str] = []
    for word in rare:
        if not any(word in other or other in word for other in kept):
            kept.append(word)
    kept = kept[:_TOPIC_WORDS] or [w for w in before if w in folded]
    return tuple(sorted(kept, key=question.folded.find)) or tuple(words(folded)[:1])
