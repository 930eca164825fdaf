"""What the server remembers of each open window: its conversation, the messages shown, the replies behind the cards.

Kept here rather than in the browser, so that no handler has to trust a history it is handed.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypedDict

from corpus.records import Article, Page
from qa.records import Reply

WINDOWS = 200
"""How many windows are remembered; the one unused for longest is forgotten first."""

TURNS = 50
"""How many turns of one window stay on show; older ones leave the chat together with their cards."""


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
    """One question and what came of it. `reply` is None while it is being looked for, or where that failed."""

    question: str
    asked: str
    said: str
    reply: Reply | None = None


@dataclass
class Session:
    """One window. `lock` is held while a question is being answered, so that turns stay in order."""

    talk: Talk
    lock: threading.Lock = field(default_factory=threading.Lock)
    turns: OrderedDict[int, Turn] = field(default_factory=OrderedDict)
    last: int = 0

    def begin(self, question: str, asked: str, said: str) -> int:
        """Add a turn and return its number, counted from 1 and never used again."""
        self.last += 1
        self.turns[self.last] = Turn(question, asked, said)
        while len(self.turns) > TURNS:
            self.turns.popitem(last=False)
        return self.last

    def messages(self) -> list[Message]:
        """The chat as it is shown: the user's and our message of each turn, oldest first."""
        out: list[Message] = []
        for turn in list(self.turns.values()):
            out.append({"role": "user", "content": turn.asked})
            out.append({"role": "assistant", "content": turn.said})
        return out


class Sessions:
    """The windows that are open, by the key that the browser made for each."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._by_key: OrderedDict[str, Session] = OrderedDict()

    def get(self, key: str) -> Session:
        """The session of `key`, a new one where there is none."""
        with self._lock:
            session = self._by_key.pop(key, None)
            if session is None:
                session = Session(self._source.conversation())
            self._by_key[key] = session
            while len(self._by_key) > WINDOWS:
                self._by_key.popitem(last=False)
            return session

    def forget(self, key: str) -> None:
        """Start `key` afresh."""
        with self._lock:
            self._by_key.pop(key, None)

    def __len__(self) -> int:
        return len(self._by_key)
