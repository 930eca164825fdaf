"""What the server remembers of each open window: its conversation, the messages shown, the replies behind the cards.

Kept here rather than in the browser, so that no handler has to trust a history it is handed.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypedDict

from corpus.records import Article, Page
from qa.records import Reply

WINDOWS = 1000
"""How many windows are remembered; the one unused for longest is forgotten first."""

TURNS = 50
"""How many turns of one window stay on show; older ones leave the chat together with their cards."""

PENDING = 3
"""How many questions of one window may be unanswered at once."""


class Talk(Protocol):
    """A conversation: follow-up questions are completed from the turns before."""

    def ask(self, question: str) -> Reply: ...


class Source(Protocol):
    """What the chat needs of an archive."""

    @property
    def pages(self) -> tuple[Page, ...]: ...
    @property
    def continuations(self) -> Mapping[str, str]: ...
    def conversation(self) -> Talk: ...
    def article(self, article_id: str) -> Article | None: ...
    def page(self, source: str) -> Page: ...


class Message(TypedDict):
    """One message of the chat, as gr.Chatbot takes it; `content` is Markdown made by `render`."""

    role: str
    content: str


@dataclass
class Turn:
    """One question and what came of it. `waits` until someone sets about answering it; `reply` is None until then,
    and where that failed.
    """

    number: int
    question: str
    asked: str
    said: str
    waits: bool = False
    reply: Reply | None = None


@dataclass
class Session:
    """One window. `lock` is held while a question is being answered, so that turns stay in order; `pending` counts
    those that are not answered yet. `talk` is begun with the first question, when the archive is open. `cards` are
    those on show.
    """

    talk: Talk | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    turns: OrderedDict[int, Turn] = field(default_factory=OrderedDict)
    last: int = 0
    pending: int = 0
    cards: str = ""

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

    def forget(self, key: tuple[str, str]) -> None:
        """Start `key` afresh."""
        self._by_key.pop(key, None)

    def __len__(self) -> int:
        return len(self._by_key)


def light(reply: Reply) -> Reply:
    """The reply without what put its hits where they are: many are kept, and none is asked why."""
    return dataclasses.replace(reply, hits=tuple(dataclasses.replace(hit, features={}) for hit in reply.hits))
