"""A conversation: each message is read, completed by what the last turns were about where it needs to be, and answered.

Whether a question goes on about a topic is decided by evidence: how much of it the topic's article speaks of, against
the best of all others, with more patience for one whose form points back (`qa.dialogue.depends`). The last few topics
are kept: a question that says more about an earlier one goes back to it.
"""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from corpus.fold import matching_form
from qa import dialogue, exchange, followup
from qa.cite import cite
from qa.dialogue import Message
from qa.filters import Filter, Rows
from qa.followup import Carried, Topic
from qa.moving import moved
from qa.quotes import LONG_QUOTE, LONGEST_QUOTE, sentences
from qa.records import Applied, Excerpt, Hit, Reply, excerpt

if TYPE_CHECKING:
    from qa.archive import Archive

TURNS = 4  # so many turns are remembered
CANDIDATES = 1000  # all that the retriever scores
OTHERS = 20  # so many passages elsewhere are looked at
# How far the topic may lag behind the best of all other articles before it is left: see `Evidence.lags`. Measured on
# questions about the sample pages, each asked after one about another article, and on follow-ups.
PATIENCE, PATIENCE_DEPENDENT = 0.5, 1.0
TOPIC = 0.6  # added to the scores of the topic's article
_READ_ON = ("body", "caption", "document")
ENOUGH = 0.6  # another answer must speak of so much of the question, as a share of what the first one does


Shown = dict[str, tuple[tuple[int, int], ...]]
"""Ranges of passages' text, by passage id."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What is remembered of a turn that was answered.

    :param question: what was asked, completed so that it stands for itself.
    :param shown: what was quoted for this question.
    """

    question: str
    topic: Topic
    reply: Reply
    hit: Hit
    carried: Carried | None
    rows: Rows | None
    filters: tuple[Applied, ...]
    shown: Shown


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an article has on a question: its best passage's score, and the most that one of them says of it.

    `says` is the weight of the question's words that a passage speaks of, in words that no passage holds.
    """

    score: float
    says: float

    def lags(self, other: Evidence) -> float:
        """How much better another article does: about 1 where it says two rare words more, or scores twice as high."""
        if other.score <= 0:
            return 0.0
        return 2.0 * (other.score - self.score) / other.score + 0.5 * (other.says - self.says)


class Conversation:
    """One user's conversation. Not for several threads at once."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._turns: list[Turn] = []

    def reset(self) -> None:
        """Forget what was spoken of."""
        self._turns.clear()

    @property
    def sources(self) -> set[str]:
        """The paths of the pages that were spoken of."""
        return {turn.hit.passage.source for turn in self._turns}

    def moved_to(self, archive: Archive) -> Conversation:
        """This conversation going on with a newer archive of the same pages; what has gone from it is forgotten."""
        other = Conversation(archive)
        if archive is self._archive:
            other._turns = list(self._turns)
        else:
            other._turns = [new for turn in self._turns if (new := moved(turn, self._archive, archive)) is not None]
        return other

    def ask(self, question: str, k: int = 10, where: Filter | None = None) -> Reply:
        """As `Archive.reply`; a follow-up is completed by what the last turns were about, and the reply shows how.

        还有吗 is answered by the next best sentence for the last question, 详细说说 by the text after the last quote,
        and thanks are no question. A filter holds for its own turn, and for 还有吗 after it.
        """
        archive = self._archive
        if archive._unaskable(question):
            return archive.reply(question, k)
        message = dialogue.read(question)
        if message.kind in ("pleasantry", "switch"):
            if message.kind == "switch":
                self.reset()
            return Reply(question, question, False, "not_a_question", None, None, (), 0.0, 0.0, "")
        last = self._turns[-1] if self._turns else None
        if last is not None and message.kind == "more":
            return self._more(question, last)
        if last is not None and message.kind == "another" and self._same(message, last):
            return self._another(question, last, k)
        selected = archive.filtered(message.text, where)
        message = dataclasses.replace(message, text=selected.question)
        effective, carried = self._completed(message, selected.rows)
        reply = archive._answer(question, effective, k, carried, selected.rows)
        reply = dataclasses.replace(reply, filters=selected.filters)
        self._keep(reply, effective, carried, selected.rows)
        return reply

    # The effective question

    def _completed(self, message: Message, rows: Rows | None) -> tuple[str, Carried | None]:
        """The question to search for, and what was added to it; None where it stands for itself."""
        question = message.text
        if not self._turns or message.switched:
            return question, None
        last = self._turns[-1]
        if message.kind == "correction":
            corrected = exchange.replaced(last.question, message.text, message.old)
            if corrected is not None:
                return corrected, self._carried(last, corrected, corrected)
        if exchange.is_bare(question):
            exchanged = exchange.exchanged(last.question, question)
            return exchanged, self._carried(last, exchanged, exchanged)
        other = exchange.parallel(question)
        beside = exchange.replaced(last.question, other, strict=True) if other else None
        if beside is not None and self._topic_of(beside, True, rows) is last:
            return beside, self._carried(last, beside, beside)
        own = exchange.resolved(question, self._said(last))
        depends = own == question and (dialogue.depends(question) or message.kind == "correction")
        turn = last if exchange.is_elliptic(own) else self._topic_of(own, depends, rows, message.back)
        if turn is None:
            return own, None
        effective = followup.complete(own, turn.topic.words)
        return effective, self._carried(turn, effective, own)

    @staticmethod
    def _said(last: Turn) -> tuple[str, ...]:
        """What was said last, nearest first."""
        quote = last.reply.quote.text if last.reply.quote is not None else ""
        answer = last.reply.answer_text
        return (last.question, "" if answer is None else answer, quote, last.hit.article.headline)

    def _topic_of(self, question: str, depends: bool, rows: Rows | None, back: bool = False) -> Turn | None:
        """The turn whose topic a question goes on about; None where it has its own."""
        turns = {turn.topic.article_id: turn for turn in self._turns}  # of two turns on one article, the later
        mine = self._archive._retriever.rows_of(self._turns[-1].topic.article_id)
        if rows is not None and not np.isin(mine, rows).any():
            return self._turns[-1] if depends else None  # a filter leaves the article out; its words may still lead on
        evidence = self._evidence(question, set(turns), rows)
        elsewhere = evidence.pop("")
        order = sorted(turns.values(), key=lambda turn: -evidence[turn.topic.article_id].score)
        last, patience = self._turns[-1], PATIENCE_DEPENDENT if depends else PATIENCE
        before = [evidence[turn.topic.article_id] for turn in order if turn.topic.article_id != last.topic.article_id]
        here = evidence[last.topic.article_id]
        if not back and all(here.lags(other) < patience for other in (*before[:1], elsewhere)):
            return last
        best = order[0]
        return best if evidence[best.topic.article_id].lags(elsewhere) < patience else None

    def _evidence(self, question: str, articles: set[str], rows: Rows | None) -> dict[str, Evidence]:
        """What each of the articles has on a question, by id, and under "" what the best of all others has."""
        archive = self._archive
        retriever, analysed = archive._retriever, archive._analyse(question)
        matcher = retriever.matcher(analysed)
        weight = float(matcher.weights.sum()) / max(retriever.idf(""), 1e-9)
        out = dict.fromkeys([*articles, ""], Evidence(0.0, 0.0))
        others = 0
        boost = dict.fromkeys(articles, 0.0)  # so that their passages are among the candidates
        for scored in retriever.search(analysed, CANDIDATES, boost, allowed=rows):
            article = archive._index.passages[scored.row].article_id
            name = article if article in articles else ""
            others += name == ""
            if name == "" and others > OTHERS:
                continue
            says = weight * matcher.coverage(retriever.folded(scored.row))
            out[name] = Evidence(max(out[name].score, scored.score), max(out[name].says, says))
        return out

    @staticmethod
    def _carried(turn: Turn, effective: str, own: str) -> Carried:
        """What is added to the search for `effective`, of which `own` is what is asked now."""
        article = turn.topic.article_id
        if effective == own:
            return Carried(article, boost={article: TOPIC})
        return Carried(article, own, effective.removesuffix(own.strip()), {article: TOPIC})

    # The next answer, and the text after the last

    @staticmethod
    def _same(message: Message, last: Turn) -> bool:
        """Whether another one is wanted of what was asked for: a noun that is named must be of the last question."""
        return not message.noun or message.noun in last.question or message.noun.rstrip("s") in last.question

    def _another(self, asked: str, last: Turn, k: int) -> Reply:
        """The best sentence not shown yet that speaks of nearly as much of the last question as what was."""
        archive = self._archive
        carried = dataclasses.replace(Carried() if last.carried is None else last.carried, shown=last.shown)
        reply = archive._answer(asked, last.question, k, carried, last.rows)
        enough = ENOUGH * self._says(last.question, last.reply)
        if reply.quote is None or self._says(last.question, reply) < enough:
            hits, sure, seconds = reply.hits, reply.confidence, reply.seconds
            return Reply(asked, last.question, False, "not_stated", None, None, hits, sure, seconds, "", last.filters)
        hits = _first(reply.hits[reply.quote.hit], reply.hits)
        places = {hit.passage.id: n for n, hit in enumerate(hits)}

        def moved(one: Excerpt) -> Excerpt:
            return dataclasses.replace(one, hit=places[reply.hits[one.hit].passage.id])

        answer = None if reply.answer is None else moved(reply.answer)
        also = tuple(moved(one) for one in reply.also)
        reply = dataclasses.replace(
            reply, filters=last.filters, hits=hits, quote=moved(reply.quote), answer=answer, also=also
        )
        self._turns[-1] = dataclasses.replace(last, hit=hits[0], shown=_shown(last.shown, reply))
        return reply

    def _says(self, question: str, reply: Reply) -> float:
        """How much of a question, 0 to 1, the quote speaks of."""
        matcher = self._archive._retriever.matcher(self._archive._analyse(question))
        return 0.0 if reply.quote is None else matcher.coverage(matching_form(reply.quote.text).text)

    def _more(self, asked: str, last: Turn) -> Reply:
        """The sentences after the last quote, at most a quote's length; then the article's next paragraphs."""
        began = time.perf_counter()
        passages = [p for p in self._archive.passages_of(last.hit.article.id) if p.kind in _READ_ON]
        ids = [passage.id for passage in passages]
        at = ids.index(last.hit.passage.id) if last.hit.passage.id in ids else 0
        for passage in passages[at:]:
            shown = last.shown.get(passage.id, ())
            after = max((end for _, end in shown), default=0)
            rest = [(a, b) for a, b in sentences(passage.text) if a >= after]
            if not rest:
                continue
            start, end = rest[0][0], min(rest[0][1], rest[0][0] + LONGEST_QUOTE)
            for _, b in rest[1:]:
                if b - start > LONG_QUOTE:
                    break
                end = b
            hit = next((h for h in last.reply.hits if h.passage.id == passage.id), None)
            hit = dataclasses.replace(last.hit, passage=passage, features={}) if hit is None else hit
            hits = _first(hit, last.reply.hits)
            reply = dataclasses.replace(
                last.reply,
                question=asked,
                quote=excerpt(passage, 0, start, end),
                answer=None,
                hits=hits,
                seconds=time.perf_counter() - began,
                citation=cite(hits[0]),
                also=(),
            )
            self._turns[-1] = dataclasses.replace(last, hit=hits[0], shown=_shown(last.shown, reply))
            return reply
        return Reply(asked, last.question, False, "not_stated", None, None, last.reply.hits, 0.0, 0.0, "")

    # What is remembered

    def _keep(self, reply: Reply, question: str, carried: Carried | None, rows: Rows | None) -> None:
        if reply.quote is None:
            return
        archive = self._archive
        hit = reply.hits[reply.quote.hit]
        before = next((t.topic for t in reversed(self._turns) if t.topic.article_id == hit.article.id), None)
        if before is not None and carried is not None and carried.own:
            topic = before
        else:
            analysed = archive._analyse(question)
            topic = Topic(hit.article.id, followup.topic_words(analysed, hit.article, archive._retriever.idf))
        self._turns.append(Turn(question, topic, reply, hit, carried, rows, reply.filters, _shown({}, reply)))
        del self._turns[:-TURNS]


def _first(hit: Hit, hits: tuple[Hit, ...]) -> tuple[Hit, ...]:
    """As many hits, `hit` before the others: what is quoted stands first, with the best score."""
    others = tuple(other for other in hits if other.passage.id != hit.passage.id)
    best = max([hit.score, *(other.score for other in others)])
    return (dataclasses.replace(hit, score=best), *others)[: len(hits)]


def _shown(before: Shown, reply: Reply) -> Shown:
    """`before` with the sentences that a reply's quote, and what says it again, lie in."""
    out = dict(before)
    for one in (reply.quote, *reply.also):
        if one is not None:
            passage = reply.hits[one.hit].passage
            around = [(a, b) for a, b in sentences(passage.text) if a < one.end and one.start < b]
            first, last = min([one.start, *(a for a, _ in around)]), max([one.end, *(b for _, b in around)])
            out[passage.id] = (*out.get(passage.id, ()), (first, last))
    return out
