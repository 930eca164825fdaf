"""Asking an archive the questions of a set, each reply checked against its pages: what every measurement begins with.

`ask_all` goes through the whole chain. `ask_given` asks each question a second time, of the passages that hold its
answer and of no others: how much better the answers then are is what finding the passage costs. After Chen et al.,
"Reading Wikipedia to Answer Open-Domain Questions" (2017), whose reader has 69.5 exact matches in a hundred with the
paragraph given, and 29.8 where it must be found in all of Wikipedia.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from corpus.errors import QuestionError
from corpus.passages import passages_of
from corpus.records import Page, Passage, Skipped
from qa.measure.metrics import Outcome, is_right
from qa.measure.question_sets import Dialogue, Question, QuestionSet
from qa.measure.rows import as_row, check_hits, check_reply
from qa.records import Hit, Reply

_BIG = 20  # from so many questions on, a progress bar is shown


class Talk(Protocol):
    """A conversation: `ask` never raises QuestionError."""

    def ask(self, question: str, k: int = ...) -> Reply: ...


class Answering(Protocol):
    """What an archive must do to be measured: `reply` and `reply_from` never raise QuestionError, `retrieve` may."""

    @property
    def pages(self) -> Sequence[Page]: ...
    @property
    def skipped(self) -> Sequence[Skipped]: ...
    @property
    def notes(self) -> Sequence[str]: ...
    def statistics(self) -> Mapping[str, int | str]: ...
    def reply(self, question: str, k: int = ...) -> Reply: ...
    def reply_from(self, passage_ids: Collection[str], question: str, k: int = ...) -> Reply: ...
    def retrieve(self, question: str, k: int = ...) -> Sequence[Hit]: ...
    def conversation(self) -> Talk: ...
    def close(self) -> None: ...


def ask_all(
    archive: Answering, questions: QuestionSet, k: int, retrieval_only: bool = False
) -> Iterator[tuple[Outcome, dict[str, Any]]]:
    """The outcome of each question and its row, in the set's order; the turns of a dialogue in one conversation.

    :param retrieval_only: find passages but answer nothing; a dialogue's turns are then searched for as they stand.
    :raises EvaluationError: if a passage, quote or answer is not what its page says; the message names the row.
    """
    with _bar("Asking", len(questions.questions)) as advance:
        for item in questions.items:
            talk = archive.conversation() if isinstance(item, Dialogue) and not retrieval_only else None
            for question in item.turns if isinstance(item, Dialogue) else (item,):
                start = time.perf_counter()
                if retrieval_only:
                    reply = _retrieved(archive, question.text, k)
                else:
                    reply = (archive.reply if talk is None else talk.ask)(question.text, k=k)
                seconds = time.perf_counter() - start
                check_hits(question.id, reply.hits)
                if not retrieval_only:
                    check_reply(question.id, reply)
                yield _outcome(question, reply, retrieval_only), as_row(question, reply, seconds)
                advance()


def ask_given(archive: Answering, questions: QuestionSet, k: int) -> Iterator[Outcome]:
    """The outcome of each question whose passages and answers are known, asked of these passages alone.

    Turns of a dialogue lean on each other and are left out. A question none of whose passages is in the pages counts:
    it is asked of nothing.

    :raises EvaluationError: as for `ask_all`.
    """
    known = [item for item in questions.items if isinstance(item, Question) and has_passages(item)]
    passages = [passage for page in archive.pages for passage in passages_of(page)] if known else []
    with _bar("Asking the right passages", len(known)) as advance:
        for question in known:
            right = {passage.id for passage in passages if _holds(question, passage)}
            reply = archive.reply_from(right, question.text, k=k)
            check_hits(question.id, reply.hits)
            check_reply(question.id, reply)
            yield _outcome(question, reply, retrieval_only=False)
            advance()


def has_passages(question: Question) -> bool:
    """Whether it is known which passages are right, and what they answer."""
    return question.gold in ("passage", "source") and bool(question.answers)


def _holds(question: Question, passage: Passage) -> bool:
    if question.gold == "source":
        return any(passage.source == source for source, _ in question.relevant)
    return is_right(question, passage)


def _retrieved(archive: Answering, question: str, k: int) -> Reply:
    try:
        hits = tuple(archive.retrieve(question, k=k))
    except QuestionError:
        hits = ()
    return Reply(question, question, False, "", None, None, hits, 0.0, 0.0, "")


def _outcome(question: Question, reply: Reply, retrieval_only: bool) -> Outcome:
    passages = tuple(hit.passage for hit in reply.hits)
    answered = None if retrieval_only else reply.answered
    return Outcome(question, passages, answered, reply.quote, reply.answer, reply.confidence, reply.withheld)


@contextmanager
def _bar(what: str, total: int) -> Iterator[Callable[[], object]]:
    """A progress bar on stderr for a big set; its `advance`. A log gets a line every ten seconds, no redrawing."""
    from tqdm import tqdm

    interval = 0.2 if sys.stderr.isatty() else 10.0
    with tqdm(total=total, desc=what, unit="q", file=sys.stderr, mininterval=interval, disable=total < _BIG) as bar:
        yield bar.update
