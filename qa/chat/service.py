"""What all windows of one server share: the archive, the desk where questions wait, limits, counters; and how a
question goes through them.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import math
import time
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from corpus.errors import BaowenError, InputError
from qa.browsing.marks import matches
from qa.chat.aside import Aside
from qa.chat.cards import Around, cards
from qa.chat.desk import Desk, RefusedError
from qa.chat.glosses import Partner, partners
from qa.chat.labels import Language, say
from qa.chat.logs import note
from qa.chat.meters import Meters
from qa.chat.opening import Opening
from qa.chat.options import Options
from qa.chat.panel import panel
from qa.chat.past import Past
from qa.chat.rates import Rate
from qa.chat.render import chat_answer, chat_note, chat_question, note_of, shown
from qa.chat.session import PENDING, Session, Sessions, Source, Talk, Turn, light
from qa.chat.settings import Choices, Settings, held_to
from qa.chat.shelves import START, Shelves, UnavailableError
from qa.chat.visitors import Caller
from qa.papers import Papers
from qa.records import Reply

_HITS = 10
_log = logging.getLogger(__name__)


class Service:
    """One server's shared parts. `opening` need not be done yet: questions wait for it.

    `shelves` are the sets of pages to choose from; None where there is but one, that of `opening`.
    """

    def __init__(self, opening: Opening, options: Options, shelves: Shelves | None = None) -> None:
        self.opening, self.options, self.shelves = opening, options, shelves
        self.sessions, self.aside = Sessions(), Aside()
        self.desk = Desk(options.at_once, options.waiting, options.seconds)
        self.meters = Meters()
        self.rate = Rate(options.rate, 60.0)
        watch = self.meters.watch
        watch("baowen_sessions", "Windows that are remembered", lambda: len(self.sessions))
        watch("baowen_waiting", "Questions in line", lambda: self.desk.in_line)
        watch("baowen_running", "Questions being answered", lambda: self.desk.running)
        watch("baowen_ready", "Whether the archive is open", lambda: self.opening.ready)
        if opening.ready:
            self.desk.open()

    def chosen(self, owner: str) -> str:
        """The key of the set of pages that an owner asks."""
        return START if self.shelves is None else self.shelves.chosen(owner)

    def source(self, owner: str) -> Source | None:
        """The pages that an owner asks; None while those that the chat was started with are being opened."""
        return self._source(self.chosen(owner))

    def _source(self, key: str) -> Source | None:
        return self.opening.source if self.shelves is None or key == START else self.shelves.source(key)

    def source_of(self, article_id: str, owner: str) -> Source | None:
        """The pages that an article is of: those that an owner asks, where they have it, else any. As `source`."""
        source = self.source(owner)
        if self.shelves is None or source is None:
            return source
        with contextlib.suppress(BaowenError):  # what was chosen may be gone
            if source.article(article_id) is not None:
                return source
        return self.shelves.having(article_id) or source

    def papers(self, owner: str) -> Papers:
        """What is known of the papers that an owner asks, and the names that their files are shown under."""
        return self.papers_of(self.chosen(owner))

    def papers_of(self, key: str) -> Papers:
        """As `papers`, of the set of pages with a key; nothing is known where it has gone."""
        if self.shelves is None:
            return Papers()
        try:
            return self.shelves.papers(key)
        except InputError:
            return Papers()

    def examples(self, owner: str) -> list[str]:
        """Example questions for the pages that an owner asks; none while these are being opened."""
        key = self.chosen(owner)
        return self.opening.examples if self.shelves is None or key == START else self.shelves.examples(key)

    def begin(self, session: Session, question: str, caller: Caller, lang: Language, most: int = PENDING) -> Turn:
        """Add the turn of a question, to be answered; or one that says why it is not: at `most` so many may wait."""
        asked = chat_question(question, lang)
        if wait := self.rate.take(caller.client):
            self.meters.refused.labels(why="rate").inc()
            return session.begin(question, asked, note_of(say(lang, "too_often", seconds=math.ceil(wait))))
        if session.pending >= most:
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
        began = time.perf_counter()
        work = asyncio.ensure_future(self._answer(session, turn, caller, lang))
        session.work.add(work)
        try:
            reply = await work
            turn.reply = light(reply, shown(reply, turn.most))
            self.count(reply, began)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            session.talk = None  # its thread may still be at work on it
            turn.said = chat_note("stopped", lang)
        except RefusedError as refused:
            if refused.why == "slow":
                session.talk = None  # as above
            self.meters.refused.labels(why=refused.why).inc()
            note(_log, "refused", why=refused.why, seconds=_rounded(began))
            turn.said = chat_note(refused.why, lang)
        except UnavailableError as error:
            note(_log, "no pages", why=str(error))
            turn.said = chat_note(error.key, lang)
        except InputError as error:  # the pages went while they were being asked
            note(_log, "no pages", why=str(error))
            turn.said = chat_note("pages_unreadable", lang)
        except Exception:
            self.meters.errors.inc()
            _log.exception("a question was not answered")
            turn.said = chat_note("failed", lang)
        finally:
            session.work.discard(work)
            session.pending -= 1

    async def _answer(self, session: Session, turn: Turn, caller: Caller, lang: Language) -> Reply:
        owner = caller.owner
        async with session.lock:
            settings = next(one for one in (turn.settings, session.settings, Settings()) if one is not None)
            turn.settings, turn.most = settings, settings.passages
            if not self._knows(turn.asks):
                turn.asks = self.chosen(owner)
            if self.shelves is not None:
                await self.shelves.ready(turn.asks)
            earlier = session.before(turn)
            going_on = session.talk if session.asks == turn.asks else None

            def work() -> tuple[Talk, Reply, str, str, str]:
                papers = self.papers_of(turn.asks)  # known once the pages are open
                talk = self._talk(turn.asks, earlier) if going_on is None else going_on
                found = talk.ask(turn.question, max(_HITS, settings.passages), settings.where)
                reply = held_to(found, settings)
                asked = chat_question(turn.question, lang, turn.number, reply.effective_question, reply.filters)
                said = chat_answer(reply, turn.number, lang, papers, turn.most)
                return talk, reply, asked, said, self.cards(turn, reply, papers, lang)

            talk, reply, turn.asked, turn.said, session.cards = await self.desk.ask(work, (owner, caller.key))
            # Only now: a thread that nobody waits for any more must not hand its conversation on.
            session.talk, session.asks = talk, turn.asks
            return reply

    def _knows(self, key: str) -> bool:
        """Whether there is a set of pages with a key."""
        return key == START or (self.shelves is not None and any(one.key == key for one in self.shelves.sets()))

    def _talk(self, key: str, earlier: Sequence[str]) -> Talk:
        """A conversation with the pages of a key that has heard the `earlier` questions."""
        source = self._source(key)
        assert source is not None, "the desk opens when the archive has"
        talk = source.conversation()
        for question in earlier:
            talk.ask(question, 1)
        return talk

    def cards(self, turn: Turn, reply: Reply, papers: Papers, lang: Language) -> str:
        """The cards of a turn's reply."""
        source = self._source(turn.asks)
        assert source is not None, "there is a reply"
        around = Around(
            papers,
            functools.partial(_partners, source),
            functools.partial(matches, reply.effective_question),
            turn.most,
        )
        return cards(reply, turn.number, lang, around)

    def show(self, session: Session, turn: Turn | None, lang: Language) -> None:
        """Put the cards of an earlier turn on show; none where it has no reply."""
        reply = None if turn is None else turn.reply
        session.cards = (
            "" if turn is None or reply is None else self.cards(turn, reply, self.papers_of(turn.asks), lang)
        )

    # What can be done with a conversation

    def stop(self, session: Session, lang: Language) -> None:
        """Give up the session's questions that are not answered yet."""
        for turn in session.turns.values():
            if turn.waits:
                turn.waits = False
                turn.said = chat_note("stopped", lang)
                session.pending -= 1
        for work in session.work:
            work.cancel()

    def resume(self, session: Session, past: Sequence[Past], caller: Caller, lang: Language) -> None:
        """Ask the questions of an earlier conversation again, of the same pages where they are still to be chosen; so
        the session has heard all of them. They are answered like all others.
        """
        for one in past:
            turn = self.begin(session, one.question, caller, lang, len(past))
            turn.settings, turn.asks = one.settings, one.asks

    def undo(self, session: Session, caller: Caller, lang: Language) -> str | None:
        """Take back the last turn and put the cards before it on show; its question, None where there is none."""
        dropped = session.drop()
        if dropped is None:
            return None
        self.show(session, session.last_turn, lang)
        return dropped.question

    async def suggest(self, session: Session, caller: Caller) -> None:
        """Find what to ask after the last turn, where nobody else has to wait for that."""
        turn = session.last_turn
        reply = None if turn is None else turn.reply
        if turn is None or reply is None or not reply.hits or turn.next or session.pending:
            return
        source, settings = self.source(caller.owner), session.settings
        if source is None or turn.asks != self.chosen(caller.owner) or self.desk.in_line or self.desk.running:
            return
        if settings is not None and (settings.where is not None or settings.threshold is not None):
            return  # what is tried out is asked of all pages, with the usual limits
        article = reply.hits[0 if reply.quote is None else reply.quote.hit].article.id
        try:
            look = functools.partial(self.aside.suggestions, source, article)
            turn.next = await self.desk.ask(look, (caller.owner, caller.key))
        except RefusedError as refused:
            note(_log, "nothing suggested", why=refused.why)
        except (BaowenError, KeyError) as error:  # the page went while it was looked at
            note(_log, "nothing suggested", why=str(error))
        except Exception:
            _log.exception("nothing was suggested")

    async def judge(self, turn: Turn, liked: bool, word: str, answer: str, caller: Caller) -> None:
        """Keep what a reader thinks of a turn's reply; the turn tells whether it was kept."""
        source = self._source(turn.asks)
        if turn.reply is None or source is None:
            return
        turn.liked, turn.noted = liked, False
        if self.rate.take(caller.client):
            return
        try:
            await asyncio.to_thread(self.aside.rate, source, turn.reply, liked, word, answer)
            turn.noted, turn.worded = True, bool(word.strip() or answer.strip())
        except BaowenError as error:
            note(_log, "a verdict was not kept", logging.WARNING, why=str(error))
        except Exception:
            _log.exception("a verdict was not kept")

    def panel(self, session: Session, caller: Caller, lang: Language) -> str:
        """The filters and settings of a session, with what its pages have to choose from once they are open."""
        settings = Settings() if session.settings is None else session.settings
        owner = caller.owner
        source, found = self.source(owner), Choices()
        about: dict[str, int | str] = {}
        if source is not None and (self.shelves is None or self.shelves.prepare(self.chosen(owner))):
            try:
                found, about = self.aside.choices(source), _about(source)
            except BaowenError as error:
                note(_log, "no pages", why=str(error))
        return panel(settings, found, about, self.papers(owner), lang)

    def count(self, reply: Reply, began: float) -> None:
        """Count and log a reply; `began` is the performance counter's reading when its question came."""
        if reply.answered:
            self.meters.answered.inc()
        else:
            self.meters.abstained.labels(reason=reply.reason).inc()
        self.meters.seconds.observe(time.perf_counter() - began)
        values: dict[str, Any] = {"answered": reply.answered, "reason": reply.reason, "seconds": _rounded(began)}
        if self.options.log_questions:
            values["question"] = reply.question
        note(_log, "question", **values)


def _partners(source: Source, article_id: str) -> list[Partner]:
    """None where the article's pages have gone meanwhile."""
    try:
        return partners(source, article_id)
    except (BaowenError, KeyError):
        return []


def _about(source: Source) -> dict[str, int | str]:
    """Counts of the pages in use and their index. Of a model that lies in a folder only the folder's name is told."""
    known = source.statistics()
    return {
        "pages": known["pages"],
        "passages": known["passages"],
        "model": PurePath(str(known["model"])).name,
        "created": str(known["created"]).replace("T", " ")[:16],
    }


def _rounded(began: float) -> float:
    return round(time.perf_counter() - began, 3)
