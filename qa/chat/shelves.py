"""The sets of pages that the visitors of one chat choose from, and what is done for them in the background: opening a
set, reading what was handed in, following a folder. None of it holds up a question to another set.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from corpus.errors import BaowenError, InputError
from corpus.files import iter_pages
from corpus.records import Skipped
from qa.chat.examples import examples
from qa.chat.shelf_source import ShelfSource
from qa.folders.uploads import Uploads
from qa.papers import Papers

if TYPE_CHECKING:
    from qa.folders.corpora import Corpora, PageSet
    from qa.live import Live

_log = logging.getLogger(__name__)
START: Final = "opened"
"""The key of the pages that the chat was started with, which stay open."""

UPLOADS: Final = "uploads"
_CHOICES: Final = 10_000
_OPENING_STEP: Final = 0.1  # seconds
_MORE: Final = 5  # other folders that may stay open beside those that always may


class UnavailableError(Exception):
    """A chosen set cannot be asked. `key` is the label that says so; the message tells the log why."""

    def __init__(self, key: str, why: str) -> None:
        super().__init__(why)
        self.key = key


@dataclass(frozen=True, slots=True)
class State:
    """A set as it is now: whether it is being opened, read again and followed; `problem` is what went wrong, or ""."""

    opening: bool
    reading: bool
    following: bool
    problem: str


class Shelves:
    """The sets of one chat and who has chosen which. Several threads may use it, `ready` one event loop.

    :param open_live: opens the pages at a path; it does not follow them.
    :param opened: the pages that the chat is started with.
    :param uploads: the pages handed in; None where that is switched off.
    :param more: other folders to choose from, in order.
    :param seconds: how often a folder that is followed is looked at.
    :param follow: whether all folders are followed from the start.
    :param title: the newspaper's name for the pages that the chat is started with; "" for what papers.toml says.
    """

    def __init__(
        self,
        open_live: Callable[[Path], Live],
        opened: Path,
        uploads: Uploads | None = None,
        more: Sequence[Path] = (),
        *,
        seconds: float = 2.0,
        follow: bool = False,
        title: str = "",
    ) -> None:
        self._open_live, self._opened, self.uploads, self._more = open_live, opened, uploads, tuple(more)
        self._seconds, self._follow_all, self._title = seconds, follow, title
        self._lock, self._toggling = threading.Lock(), threading.Lock()
        self._corpora: Corpora | None = None
        self._held = contextlib.ExitStack()
        self._chosen: OrderedDict[str, str] = OrderedDict()
        self._opening: set[str] = set()
        self._reading: set[str] = set()
        self._again: set[str] = set()
        self._threads: weakref.WeakSet[threading.Thread] = weakref.WeakSet()
        self._closed = False
        self._following: dict[Path, bool] = {}
        self._problems: dict[str, str] = {}
        self._examples: dict[str, list[str]] = {}
        self.unread: tuple[Skipped, ...] = ()
        """Uploads that were not read and that their set does not tell of: it knows of none where it could read none."""

    # Opening

    def open(self) -> Live:
        """Open the pages that the chat is started with, which makes all else ready.

        :raises InputError: as `Archive.open`, or if one of the other folders holds no pages.
        """
        from qa.folders.corpora import CAPACITY, Corpora

        # The uploads and each of the others may be in use at once; opening them again and again would be slow.
        corpora = Corpora(self._live, self._opened, self.uploads, capacity=CAPACITY + min(len(self._more), _MORE))
        for path in self._more:
            corpora.add(path)
        live = self._held.enter_context(corpora.use(START))
        self._corpora = corpora
        return live

    def close(self) -> None:
        """Close all sets, once what is being indexed now is done. For good."""
        self._closed = True
        for thread in list(self._threads):
            thread.join()
        self._held.close()
        if self._corpora is not None:
            self._corpora.close()

    def _live(self, path: Path) -> Live:
        live = self._open_live(path)
        if self._followed(path):
            live.watch(self._seconds)
        return live

    def _followed(self, path: Path) -> bool:
        # Uploads always are: a page that is removed must not wait until others have been read.
        own = self.uploads is not None and path == self.uploads.pages.resolve()
        return own or self._following.get(path, self._follow_all)

    def sets(self) -> tuple[PageSet, ...]:
        """What there is to choose from; nothing before `open` is done."""
        return () if self._corpora is None else self._corpora.all()

    def state(self, key: str) -> State:
        """What is being done with a set."""
        path = next((one.path for one in self.sets() if one.key == key), None)
        with self._lock:
            return State(
                key in self._opening,
                key in self._reading,
                path is not None and self._followed(path),
                self._problems.get(key, ""),
            )

    # Choosing and asking

    def chosen(self, owner: str) -> str:
        """The key of the set that an owner asks."""
        return self._chosen.get(owner, START) if owner else START

    def choose(self, owner: str, key: str) -> None:
        """Have an owner ask a set from now on, which is opened meanwhile.

        :raises InputError: if there is no such set, or the owner is not known.
        """
        if not owner or all(one.key != key for one in self.sets()):
            raise InputError("There are no such pages; choose some from the list.")
        with self._lock:
            self._chosen[owner] = key
            self._chosen.move_to_end(owner)
            while len(self._chosen) > _CHOICES:
                self._chosen.popitem(last=False)
        self.prepare(key)

    def prepare(self, key: str) -> bool:
        """Whether a set is open; where it is not, it is being opened from now on."""
        if self._corpora is None or self._corpora.is_open(key):
            return self._corpora is not None
        with self._lock:
            if key in self._opening:
                return False
            self._opening.add(key)
        self._start(self._prepare, key)
        return False

    async def ready(self, key: str) -> None:
        """Come back when a set is open; at once before `open` is done, which questions wait for at the desk.

        :raises UnavailableError: if it cannot be opened.
        """
        if self._corpora is None:
            return
        state = next((one.state for one in self.sets() if one.key == key), "gone")
        if state in ("gone", "empty"):
            raise UnavailableError(f"pages_{state}", f"the pages {key} are {state}")
        if self.prepare(key):
            return
        while key in self._opening:
            await asyncio.sleep(_OPENING_STEP)
        if problem := self._problems.get(key):
            raise UnavailableError("pages_unreadable", problem)

    def source(self, key: str) -> ShelfSource | None:
        """The pages of a set; None before `open` is done."""
        return None if self._corpora is None else ShelfSource(self._corpora, key)

    def having(self, article_id: str) -> ShelfSource | None:
        """Some open set, or the uploads, in which there is an article of this id."""
        for one in self.sets():
            if one.state != "open" and (one.kind, one.state) != ("uploads", "closed"):
                continue
            source = self.source(one.key)
            with contextlib.suppress(BaowenError):
                if source is not None and source.article(article_id) is not None:
                    return source
        return None

    def papers(self, key: str) -> Papers:
        """What is known of a set's papers, and the names that its files are shown under."""
        if self._corpora is None:
            return Papers()
        papers = self._corpora.papers(key)
        return papers.titled(self._title) if key == START else papers

    def examples(self, key: str) -> list[str]:
        """Example questions for a set, once it has been opened; those of `START` are kept elsewhere."""
        return self._examples.get(key, [])

    # In the background

    def _start(self, work: Callable[[str], None], key: str) -> None:
        thread = threading.Thread(target=work, args=(key,), name="baowen-set", daemon=True)
        with self._lock:
            self._threads.add(thread)
        thread.start()

    def _prepare(self, key: str) -> None:
        self._work(key, lambda live: None)
        with self._lock:
            self._opening.discard(key)
        self._make_examples(key)

    def reread(self, key: str) -> None:
        """Look at a set's folder soon, and bring its index up to date.

        :raises InputError: if there is no such set.
        """
        if all(one.key != key for one in self.sets()):
            raise InputError("There are no such pages; choose some from the list.")
        with self._lock:
            if key in self._reading:
                self._again.add(key)
                return
            self._reading.add(key)
        self._start(self._reread, key)

    def _reread(self, key: str) -> None:
        while True:
            self._work(key, lambda live: live.refresh())
            with self._lock:
                if key not in self._again:
                    self._reading.discard(key)
                    break
                self._again.discard(key)
        self._make_examples(key)

    def _work(self, key: str, do: Callable[[Live], object]) -> None:
        """Do something with a set, and keep in mind what went wrong."""
        assert self._corpora is not None, "a key comes from there"
        problem, known = "", frozenset[str]()
        if self._closed:
            return
        try:
            with self._corpora.use(key) as live:
                do(live)
                known = frozenset(page.source for page in live.pages) | {one.source for one in live.skipped}
        except InputError as error:
            problem = str(error)
        except Exception:
            problem = "They could not be opened; the log tells why."
            _log.exception("the pages %s could not be opened", key)
        if key == UPLOADS:
            self.unread = self._why_unread(known)
        with self._lock:
            self._problems[key] = problem

    def _why_unread(self, known: frozenset[str]) -> tuple[Skipped, ...]:
        """Why uploads that are not `known` to their set were not read."""
        assert self.uploads is not None, "they are a set"
        root = self.uploads.pages
        left = [Path(one.source) for one in self.uploads.all() if one.source not in known]
        if not left:
            return ()
        try:
            return tuple(one for one in iter_pages(root, left) if isinstance(one, Skipped))
        except BaowenError:
            return ()

    def _make_examples(self, key: str) -> None:
        source = self.source(key)
        if source is None or key == START or self._problems.get(key) or self._closed:
            return
        try:
            found = examples(source)
        except BaowenError:  # closed or emptied meanwhile
            found = []
        with self._lock:
            self._examples[key] = found

    def follow(self, key: str, on: bool) -> None:
        """Look at a set's folder between questions, or no more.

        :raises InputError: if there is no such set; whatever opening it raises.
        """
        if self._corpora is None or key == UPLOADS:
            raise InputError("These pages are not to be followed or left; choose others from the list.")
        # Not under the lock that others wait for: leaving a folder waits until it has been read.
        with self._toggling, self._corpora.use(key) as live:
            path = next(one.path for one in self._corpora.all() if one.key == key)
            self._following[path] = on
            if on and not live.following:
                live.watch(self._seconds)
            elif not on and live.following:
                live.unwatch()
