"""An archive that follows its folder: new pages are found soon, deleted and changed ones stop answering at once.

A question is answered by one archive from beginning to end; a newer one takes its place in one step, for the questions
that begin after. Before a reply is given out, the files that it was found in are looked at: if one is no longer what
was indexed, its page is left out from then on, and the question is asked again. So a page that is gone answers nothing,
also between two looks at the folder, and also where the index cannot be brought up to date.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from corpus.errors import BaowenError, PagesError
from corpus.records import Article, Page, Passage, Skipped
from embeddings.survey import CLOCK_STEP_NS, glance
from qa.archive import Archive
from qa.conversation import Conversation
from qa.filters import Filter
from qa.records import Hit, Reply

_log = logging.getLogger(__name__)
_Found = TypeVar("_Found")
SHARE = 0.1  # of the time at most is spent on looking at a folder in which nothing has changed
RETRY = 30.0  # seconds after which what went wrong is tried again
PATIENCE = 2.0  # seconds that a question whose page has changed waits for the new one


class Live:
    """Pages that are followed. Several threads may ask at once."""

    def __init__(self, open_archive: Callable[[], Archive]) -> None:
        """Open the archive; what that raises is raised.

        :param open_archive: opens it, once.
        """
        self._archive = open_archive()
        self._note = ""
        self._listeners: list[Callable[[Archive], None]] = []
        self._refreshing = threading.RLock()
        self._switched = threading.Condition()
        self._wake, self._stop = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Live:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def archive(self) -> Archive:
        """The archive as it is now. It does not change; the next one takes its place."""
        return self._archive

    # Following

    def refresh(self) -> bool:
        """Look at the folder and bring the archive up to date; whether anything changed.

        What goes wrong is logged and told by `notes`. The archive of before then goes on, without the pages that are
        no longer what was indexed.
        """
        with self._refreshing:
            before = self._archive
            changed: frozenset[str] = frozenset()
            try:
                changed = before.changes()
                if not changed and not before.contents.hidden:
                    self._note = ""
                    return False
                self._switch(before.reopened())
                self._note = ""
                return True
            except PagesError as error:  # all pages are gone, or what is left of them cannot be read
                changed = frozenset(page.source for page in before.pages)
                self._note = f"The pages cannot be followed: {error}"
                _log.warning("%s", self._note)
            except Exception as error:
                # Also of an error that nobody thought of: whoever asks must not lose the pages that are still there.
                self._note = (
                    f"The pages have changed and could not be indexed: {error}"
                    if isinstance(error, BaowenError)
                    else "The pages have changed and could not be indexed; the log tells why."
                )
                _log.warning("%s", self._note, exc_info=not isinstance(error, BaowenError))
            gone = changed - before.contents.hidden
            if gone & {page.source for page in before.pages}:
                self._switch(before.without(gone))
                return True
            return False

    def watch(self, seconds: float = 2.0) -> None:
        """Look at the folder every `seconds` in a thread of its own, until `close`.

        A folder so large that looking takes long is looked at less often.
        """
        if self._thread is not None:
            raise RuntimeError("the folder is followed already")
        self._thread = threading.Thread(target=self._follow, args=(seconds,), name="baowen-watch", daemon=True)
        self._thread.start()

    def on_change(self, call: Callable[[Archive], None]) -> None:
        """Have `call` told of every archive that takes the place of another, in the thread that made it.

        What it raises is logged.
        """
        self._listeners.append(call)

    @property
    def following(self) -> bool:
        """Whether the folder is looked at between questions."""
        return self._thread is not None

    def unwatch(self) -> None:
        """Stop following, once what is being indexed now is done. `watch` may begin again."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._stop.clear()
        self._wake.clear()

    def close(self) -> None:
        """Stop following, and end the use of the archive."""
        self.unwatch()
        self._archive.close()

    def _follow(self, seconds: float) -> None:
        last: dict[str, tuple[int, int]] | None = None
        done: dict[str, tuple[int, int]] | None = None
        tried = time.monotonic()
        pressing = False
        while not self._stop.is_set():
            began = time.monotonic()
            seen = glance(self.root)
            looking = time.monotonic() - began
            # A file that is still being written is left to be finished, but what is gone is gone.
            settled = seen == last or len(seen) < len(self.pages)
            again = began - tried > RETRY and (seen != done or bool(self._note))
            if pressing or again or (settled and seen != done):
                if not self.refresh():
                    looking = time.monotonic() - began
                tried = began
                # A file just changed could change once more within the clock's step and look the same.
                newest = max((changed for _, changed in seen.values()), default=0)
                done = seen if newest < time.time_ns() - CLOCK_STEP_NS else None
            last = seen
            pressing = self._wake.wait(max(seconds, looking * (1 / SHARE - 1)))
            self._wake.clear()

    def _switch(self, archive: Archive) -> None:
        with self._switched:
            self._archive = archive
            self._switched.notify_all()
        for call in self._listeners:
            try:
                call(archive)
            except Exception:  # a listener's fault must not stop the following
                _log.exception("a listener failed")

    def _current(self, ask: Callable[[Archive], _Found], sources: Callable[[_Found], Iterable[str]]) -> _Found:
        """What `ask` finds, once all pages that it was found in are as they were indexed."""
        while True:
            archive = self._archive
            found = ask(archive)
            gone = {source for source in set(sources(found)) if not archive.unchanged(source)}
            if not gone:
                return found
            self._leave_out(archive, gone)

    def _leave_out(self, archive: Archive, gone: set[str]) -> None:
        """Bring the archive up to date soon, and leave `gone` out until then."""
        if self._thread is None:
            self.refresh()
        else:
            self._wake.set()
            with self._switched:
                self._switched.wait_for(lambda: self._archive is not archive, PATIENCE)
        with self._switched:
            if self._archive is archive:
                self._archive = archive.without(gone)

    # What an archive can be asked

    @property
    def root(self) -> Path:
        """The folder of the pages."""
        return self._archive.root

    @property
    def pages(self) -> tuple[Page, ...]:
        """All pages, in order of their path."""
        return self._archive.pages

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """Files that were not read, with their reasons."""
        return self._archive.skipped

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences for the user: what happened on opening, and why the pages cannot be followed, if so."""
        return (*self._archive.notes, *([self._note] if self._note else []))

    @property
    def continuations(self) -> Mapping[str, str]:
        """The id of an article → the id of the one that continues it on another page of its issue."""
        return self._archive.continuations

    def statistics(self) -> dict[str, int | str]:
        """Counts of pages and passages, the model, and when the index was made."""
        return self._archive.statistics()

    def article(self, article_id: str) -> Article | None:
        """An article by its id, unless its page has changed or gone."""
        return self._current(
            lambda archive: archive.article(article_id), lambda one: [] if one is None else [one.source]
        )

    def page(self, source: str) -> Page:
        """A page by its path below the folder.

        :raises KeyError: if there is none.
        """
        return self._archive.page(source)

    def passages_of(self, article_id: str) -> list[Passage]:
        """The passages of an article in printed order; none where there is no such article."""
        return self._current(lambda archive: archive.passages_of(article_id), lambda some: [one.source for one in some])

    def related(self, article_id: str, k: int = 5) -> list[tuple[Article, float]]:
        """As `Archive.related`."""
        return self._current(
            lambda archive: archive.related(article_id, k), lambda some: [one.source for one, _ in some]
        )

    def retrieve(self, question: str, k: int = 5, where: Filter | None = None) -> list[Hit]:
        """As `Archive.retrieve`."""
        return self._current(lambda archive: archive.retrieve(question, k, where), _sources)

    def ask(self, question: str, k: int = 10, where: Filter | None = None) -> Reply:
        """As `Archive.ask`."""
        return self._current(lambda archive: archive.ask(question, k, where), lambda reply: _sources(reply.hits))

    def reply(self, question: str, k: int = 10, where: Filter | None = None) -> Reply:
        """As `Archive.reply`."""
        return self._current(lambda archive: archive.reply(question, k, where), lambda reply: _sources(reply.hits))

    def conversation(self) -> LiveConversation:
        """A conversation, in which a question may lean on those before it."""
        return LiveConversation(self)


class LiveConversation:
    """A conversation with pages that are followed. Not for several threads at once."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._talk = live.archive.conversation()

    def reset(self) -> None:
        """Forget what was spoken of."""
        self._talk.reset()

    def ask(self, question: str, k: int = 10, where: Filter | None = None) -> Reply:
        """As `Conversation.ask`. What was spoken of and is no longer in the pages is forgotten before."""

        def asked(archive: Archive) -> tuple[Conversation, set[str], Reply]:
            # A copy: should a page prove to be gone, the question is asked again as if it had not been asked.
            talk = self._talk.moved_to(archive)
            leaning_on = talk.sources
            return talk, leaning_on, talk.ask(question, k, where)

        self._talk, _, reply = self._live._current(asked, lambda found: found[1] | set(_sources(found[2].hits)))
        return reply


def _sources(hits: Iterable[Hit]) -> list[str]:
    return [hit.passage.source for hit in hits]
