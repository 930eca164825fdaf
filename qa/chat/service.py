"""What all windows of one server share: the archive, the desk where questions wait, limits, counters; and how a
question goes through them.
"""

from __future__ import annotations

import functools
import logging
import math
import time
from typing import Any

from qa.chat.cards import cards
from qa.chat.desk import Desk, RefusedError
from qa.chat.glosses import partners
from qa.chat.labels import Language, say
from qa.chat.logs import note
from qa.chat.meters import Meters
from qa.chat.opening import Opening
from qa.chat.options import Options
from qa.chat.rates import Rate
from qa.chat.render import chat_answer, chat_note, chat_question, note_of
from qa.chat.session import PENDING, Session, Sessions, Turn, light
from qa.chat.visitors import Caller
from qa.records import Reply

_log = logging.getLogger(__name__)


class Service:
    """One server's shared parts. `opening` need not be done yet: questions wait for it."""

    def __init__(self, opening: Opening, options: Options) -> None:
        self.opening, self.options = opening, options
        self.sessions = Sessions()
        self.desk = Desk(options.at_once, options.waiting, options.seconds)
        self.meters = Meters()
        self._rate = Rate(options.rate, 60.0)
        watch = self.meters.watch
        watch("baowen_sessions", "Windows that are remembered", lambda: len(self.sessions))
        watch("baowen_waiting", "Questions in line", lambda: self.desk.in_line)
        watch("baowen_running", "Questions being answered", lambda: self.desk.running)
        watch("baowen_ready", "Whether the archive is open", lambda: self.opening.ready)
        if opening.ready:
            self.desk.open()

    def begin(self, session: Session, question: str, caller: Caller, lang: Language) -> Turn:
        """Add the turn of a question, to be answered; or one that says why it is not."""
        asked = chat_question(question, lang)
        if wait := self._rate.take(caller.client):
            self.meters.refused.labels(why="rate").inc()
            return session.begin(question, asked, note_of(say(lang, "too_often", seconds=math.ceil(wait))))
        if session.pending >= PENDING:
            self.meters.refused.labels(why="window").inc()
            return session.begin(question, asked, chat_note("too_many_open", lang))
        said = chat_note("searching" if self.opening.ready else "preparing", lang)
        return session.begin(question, asked, said, waits=True)

    async def answer(self, session: Session, caller: Caller, lang: Language) -> None:
        """Answer the session's next turn: write what is to be said into it, and put its cards on show. Where there is
        no reply the turn says why. Nothing is done where no turn waits.
        """
        turn = session.next()
        if turn is None:
            return

        def work() -> tuple[Reply, str, str, str]:
            reply = self._ask(session, turn.question)
            asked = chat_question(turn.question, lang, turn.number, reply.effective_question, reply.filters)
            return reply, asked, chat_answer(reply, turn.number, lang), self.cards(reply, turn.number, lang)

        began = time.perf_counter()
        try:
            async with session.lock:
                reply, turn.asked, turn.said, session.cards = await self.desk.ask(work, (caller.owner, caller.key))
            turn.reply = light(reply)
            self._count(reply, began)
        except RefusedError as refused:
            if refused.why == "slow":
                session.talk = None  # its thread may still be at work on it
            self.meters.refused.labels(why=refused.why).inc()
            note(_log, "refused", why=refused.why, seconds=_rounded(began))
            turn.said = chat_note(refused.why, lang)
        except Exception:
            self.meters.errors.inc()
            _log.exception("a question was not answered")
            turn.said = chat_note("failed", lang)
        finally:
            session.pending -= 1

    def cards(self, reply: Reply, number: int, lang: Language) -> str:
        """The cards of a turn's reply."""
        source = self.opening.source
        assert source is not None, "there is a reply"
        return cards(reply, number, lang, functools.partial(partners, source))

    def _ask(self, session: Session, question: str) -> Reply:
        source = self.opening.source
        assert source is not None, "the desk opens when the archive has"
        if session.talk is None:
            session.talk = source.conversation()
        return session.talk.ask(question)

    def _count(self, reply: Reply, began: float) -> None:
        if reply.answered:
            self.meters.answered.inc()
        else:
            self.meters.abstained.labels(reason=reply.reason).inc()
        self.meters.seconds.observe(time.perf_counter() - began)
        values: dict[str, Any] = {"answered": reply.answered, "reason": reply.reason, "seconds": _rounded(began)}
        if self.options.log_questions:
            values["question"] = reply.question
        note(_log, "question", **values)


def _rounded(began: float) -> float:
    return round(time.perf_counter() - began, 3)
