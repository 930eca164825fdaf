"""What the server remembers of each open window: its conversation, the messages shown, the replies behind the cards.

Kept here rather than in the browser, so that no handler has to trust a history it is handed.
"""

from __future__ import annotations

import asyncio
import dataclasses
import secrets
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypedDict

from qa.browsing.issues import Library
from qa.conversation import TURNS as REMEMBERED
from qa.feedback import standalone
from qa.filters import Filter
from qa.records import Reply

if TYPE_CHECKING:
    from qa.chat.settings import Settings
    from qa.chat.suggestions import Suggestion

WINDOWS = 1000
"""How many windows are remembered; the one unused for longest is forgotten first."""

TURNS = 50
"""How many turns of one window stay on show; older ones leave the chat together with their cards."""

SUGGESTED = 3
"""How many questions are suggested after an answer."""

PENDING = 3
"""How many questions of one window may be unanswered at once."""


class Talk(Protocol):
    """A conversation: follow-up questions are completed from the turns before."""

    def ask(self, question: str, k: int = 10, where: Filter | None = None) -> Reply: ...


class Source(Library, Protocol):
    """What the chat needs of an archive."""

    @property
    def root(self) -> Path: ...
    def statistics(self) -> dict[str, int | str]: ...
    def conversation(self) -> Talk: ...


class Message(TypedDict):
    """One message of the chat, as gr.Chatbot takes it; `content` is Markdown made by `render`."""

    role: str
    content: str


@dataclass
class Turn:
    """One question and what came of it. `waits` until someone sets about answering it; `reply` is None until then,
    and where that failed; `asks` is the key of the pages that it is from, `most` how many of its passages are shown,
    `settings` are what it was asked with. Of a question that is asked again, `asks` and `settings` are known before.

    `next` are questions to go on with. `liked` is what the reader thinks of the reply, None as long as nothing was
    said; `noted` whether that was kept, `worded` whether something was said with it.
    """

    number: int
    question: str
    asked: str
    said: str
    waits: bool = False
    reply: Reply | None = None
    asks: str = ""
    most: int = 0
    settings: Settings | None = None
    next: tuple[Suggestion, ...] = ()
    liked: bool | None = None
    noted: bool = False
    worded: bool = False


@dataclass
class Session:
    """One window. `lock` is held while a question is being answered, so that turns stay in order; `pending` counts
    those that are not answered yet. `talk` is begun with the first question, when the archive is open, and anew where
    other pages are asked than `asks`, the key of a set. `work` are the questions that are being answered or stand in
    line; `cards` are those on show; `settings` are what to ask with, None for the usual ones;
    `id` tells the conversation from others in the browser's list of them.
    """

    talk: Talk | None = None
    asks: str = ""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    turns: OrderedDict[int, Turn] = field(default_factory=OrderedDict)
    last: int = 0
    pending: int = 0
    cards: str = ""
    work: set[asyncio.Future[Any]] = field(default_factory=set)
    settings: Settings | None = None
    id: str = field(default_factory=lambda: secrets.token_urlsafe(9))

    def begin(self, question: str, asked: str, said: str, waits: bool = False) -> Turn:
        """Add a turn. Its number counts from 1 and is never used again."""
        self.last += 1
        turn = self.turns[self.last] = Turn(self.last, question, asked, said, waits)
        self.pending += waits
        while len(self.turns) > TURNS:
            self.pending -= self.turns.popitem(last=False)[1].waits
        return turn

    def next(self) -> Turn | None:
        """The oldest turn that waits, which the caller now answers; None where none does."""
        for turn in self.turns.values():
            if turn.waits:
                turn.waits = False
                return turn
        return None

    @property
    def last_turn(self) -> Turn | None:
        """The turn that was added last; None where there is none."""
        return next(reversed(self.turns.values()), None)

    def drop(self) -> Turn | None:
        """Take back the last turn, as if it had not been; None where there is none, or questions are being answered."""
        if self.pending or not self.turns:
            return None
        self.talk = None  # it has heard the question
        return self.turns.popitem()[1]

    def before(self, turn: Turn) -> list[str]:
        """What a new conversation must hear before a turn's question: the last questions that the same pages answered,
        each as it stands for itself, oldest first.
        """
        replies = (one.reply for one in self.turns.values() if one.number < turn.number and one.asks == turn.asks)
        return [standalone(reply) for reply in replies if reply is not None and reply.answered][-REMEMBERED:]

    def open(self, turn: Turn) -> Sequence[Suggestion]:
        """What can be asked after a turn that has not been asked or told yet."""
        asked = {one.question for one in self.turns.values()}
        replies = [one.reply for one in self.turns.values() if one.reply is not None]
        left = [one for one in turn.next if one.question not in asked and not any(map(one.told_by, replies))]
        return left[:SUGGESTED]

    def messages(self) -> list[Message]:
        """The chat as it is shown: the user's and our message of each turn, oldest first."""
        out: list[Message] = []
        for turn in self.turns.values():
            out.append({"role": "user", "content": turn.asked})
            out.append({"role": "assistant", "content": turn.said})
        return out


class Sessions:
    """The windows that are open, by owner and key. For one event loop."""

    def __init__(self) -> None:
        self._by_key: OrderedDict[tuple[str, str], Session] = OrderedDict()

    def get(self, key: tuple[str, str]) -> Session:
        """The session of `key`, a new one where there is none."""
        session = self._by_key.pop(key, None)
        if session is None:
            session = Session()
        self._by_key[key] = session
        while len(self._by_key) > WINDOWS:
            self._by_key.popitem(last=False)
        return session

    def find(self, key: tuple[str, str]) -> Session | None:
        """The session of `key`; None where there is none."""
        return self._by_key.get(key)

    def renew(self, key: tuple[str, str], id: str = "") -> Session:
        """Start `key` afresh, with the settings that it had, as the conversation `id`; "" for a new one."""
        session = Session(settings=self.get(key).settings)
        if id:
            session.id = id
        self._by_key[key] = session
        return session

    def __len__(self) -> int:
        return len(self._by_key)


def light(reply: Reply, shown: Sequence[int] = ()) -> Reply:
    """The reply without what put its hits where they are, but of those that are `shown`, by index: many are kept."""
    hits = tuple(hit if n in shown else dataclasses.replace(hit, features={}) for n, hit in enumerate(reply.hits))
    return dataclasses.replace(reply, hits=hits)
