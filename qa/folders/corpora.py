"""The sets of pages that one chat can switch between: the one it was started with, the sample, the uploads, and more.

Each is opened when it is first used. As many as `capacity` stay open; beyond that the one unused for longest is closed,
and is opened again when it is used again. A conversation (`Talk`) outlives that.

A set is added by whoever starts the chat, or by code, never by a path that comes from the window: whoever uses the
window could otherwise look into any folder.
"""

from __future__ import annotations

import hashlib
import os
import threading
import weakref
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from corpus.collections import is_collection
from corpus.errors import InputError
from corpus.files import list_files, sample_pages
from qa.conversation import TURNS
from qa.feedback import standalone
from qa.filters import Filter
from qa.folders.uploads import Uploads
from qa.live import Live, LiveConversation
from qa.papers import Papers, PapersFile
from qa.plain import one_line
from qa.records import Reply

Kind = Literal["opened", "sample", "uploads", "added"]
State = Literal["open", "closed", "empty", "gone"]
CAPACITY: Final = 3


@dataclass(frozen=True, slots=True)
class PageSet:
    """A set of pages. `key` tells it apart; `name` is for people, that of the folder or the one it was added under.

    `state` is "gone" where the folder is no longer there, "empty" where nothing was uploaded yet.
    """

    key: str
    name: str
    kind: Kind
    path: Path
    state: State


@dataclass(slots=True)
class _Open:
    """A set that is open or being opened. `users` counts who is using it now; `talks` are its conversations."""

    users: int = 0
    live: Live | None = None
    opening: threading.Lock = field(default_factory=threading.Lock)
    talks: weakref.WeakSet[Talk] = field(default_factory=weakref.WeakSet)


class Corpora:
    """The sets of pages of one chat. Several threads may use it at once."""

    def __init__(
        self,
        open_live: Callable[[Path], Live],
        opened: Path,
        uploads: Uploads | None = None,
        capacity: int = CAPACITY,
    ) -> None:
        """
        :param open_live: opens the pages at a path.
        :param opened: the pages that the chat was started with.
        :param uploads: the pages handed in; None where that is switched off.
        :raises ValueError: if capacity is below 1.
        """
        if capacity < 1:
            raise ValueError(f"capacity is {capacity}; expected 1 or more")
        self._open_live, self._capacity = open_live, capacity
        self.uploads = uploads
        self._lock = threading.Lock()
        self._open: OrderedDict[str, _Open] = OrderedDict()
        self._sets: dict[str, tuple[str, Kind, Path]] = {}
        self._papers: dict[str, PapersFile] = {}
        self._enter(opened, "", "opened")
        self._enter(sample_pages(), "", "sample")
        if uploads is not None:
            self._enter(uploads.pages, "", "uploads")

    def _enter(self, path: Path, name: str, kind: Kind) -> str:
        """Add a set, unless its pages are one already; return its key."""
        path = path.expanduser().resolve()
        for key, (_, _, known) in self._sets.items():
            if known == path:
                return key
        key = kind if kind != "added" else hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
        self._sets[key] = (one_line(name) or one_line(path.name) or str(path), kind, path)
        return key

    def all(self) -> tuple[PageSet, ...]:
        """The sets: the one that was opened, the sample, the uploads, then the others in the order they came."""
        with self._lock:
            known = list(self._sets.items())
            running = {key for key, slot in self._open.items() if slot.live is not None}
        return tuple(
            PageSet(key, name, kind, path, self._state(kind, path, key in running)) for key, (name, kind, path) in known
        )

    def _state(self, kind: Kind, path: Path, running: bool) -> State:
        if not path.exists():
            return "gone"
        if kind == "uploads" and next(path.iterdir(), None) is None:
            return "empty"
        return "open" if running else "closed"

    def add(self, path: Path, name: str = "") -> str:
        """Add a folder or file of pages and return its key; one that is there already keeps its name.

        It is not remembered for the next start: a folder that was once shown to one reader alone would then be shown
        to all whom a later chat is opened for.

        :raises PagesError: if it holds no pages.
        """
        path = path.expanduser().resolve()
        if not is_collection(path):
            list_files(path)
        with self._lock:
            return self._enter(path, name, "added")

    def is_open(self, key: str) -> bool:
        """Whether a set is open, so that it can be asked without waiting."""
        with self._lock:
            slot = self._open.get(key)
            return slot is not None and slot.live is not None

    @contextmanager
    def use(self, key: str) -> Iterator[Live]:
        """The pages of a set, opened if need be. They are not closed before the block ends.

        :raises InputError: if there is no such set, nothing was uploaded yet, or whatever opening it raises.
        """
        _, kind, path = self._known(key)
        if self._state(kind, path, running=False) == "empty":
            raise InputError("No page has been uploaded yet; upload one first.")
        with self._lock:
            slot = self._open.setdefault(key, _Open())
            self._open.move_to_end(key)
            slot.users += 1
        try:
            with slot.opening:
                if slot.live is None:
                    slot.live = self._open_live(path)
            self._close_unused()
            yield slot.live
        finally:
            with self._lock:
                slot.users -= 1
            self._close_unused()

    def conversation(self, key: str) -> Talk:
        """A conversation with a set.

        :raises InputError: if there is no such set.
        """
        self._known(key)
        return Talk(self, key)

    def papers(self, key: str) -> Papers:
        """What is known of a set's papers now, and the names to show for uploaded files.

        :raises InputError: if there is no such set.
        """
        _, kind, path = self._known(key)
        with self._lock:
            file = self._papers.setdefault(key, PapersFile(path))
        papers = file.now()
        return papers if kind != "uploads" or self.uploads is None else papers.showing(self.uploads.names())

    def close(self) -> None:
        """Close all sets. Whoever uses one now ends in peace, and it may be opened again."""
        with self._lock:
            slots = list(self._open.values())
            self._open.clear()
        _end(slots)

    def _known(self, key: str) -> tuple[str, Kind, Path]:
        with self._lock:
            if (known := self._sets.get(key)) is None:
                raise InputError(f"There are no pages {one_line(key, 40)!r} here; choose some from the list.")
            return known

    def _close_unused(self) -> None:
        """Close what nobody uses: sets that failed to open, and those unused for longest."""
        with self._lock:
            idle = [key for key, slot in self._open.items() if slot.users == 0]
            over = [key for key in idle if self._open[key].live is None]
            rest = [key for key in idle if key not in over]
            over += rest[: max(0, len(self._open) - len(over) - self._capacity)]
            slots = [self._open.pop(key) for key in over]
        _end(slots)

    def _register(self, key: str, talk: Talk) -> None:
        with self._lock:
            if (slot := self._open.get(key)) is not None:
                slot.talks.add(talk)


def _end(slots: list[_Open]) -> None:
    for slot in slots:
        for talk in list(slot.talks):
            talk.let_go()
        if slot.live is not None:
            slot.live.close()


class Talk:
    """A conversation with a set of pages, which may be closed and opened again meanwhile. One question at a time.

    It holds no pages while their set is closed: what was spoken of is found again by asking the last few questions,
    each as it stands for itself.
    """

    def __init__(self, corpora: Corpora, key: str) -> None:
        self._corpora, self.key = corpora, key
        self._talk: LiveConversation | None = None
        self._asked: deque[str] = deque(maxlen=TURNS)

    def ask(self, question: str, k: int = 10, where: Filter | None = None) -> Reply:
        """As `Conversation.ask`.

        :raises InputError: as `Corpora.use`.
        """
        with self._corpora.use(self.key) as live:
            if (talk := self._talk) is None:
                talk = live.conversation()
                for earlier in self._asked:
                    talk.ask(earlier, 1)
                self._talk = talk
                self._corpora._register(self.key, self)
            reply = talk.ask(question, k, where)
        if reply.answered:
            self._asked.append(standalone(reply))
        return reply

    def reset(self) -> None:
        """Forget what was spoken of."""
        self._asked.clear()
        self._talk = None

    def let_go(self) -> None:
        """Hold no pages any more: their set is being closed."""
        self._talk = None
