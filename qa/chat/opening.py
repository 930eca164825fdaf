"""An archive that is opened while the page is already there."""

from __future__ import annotations

import threading
from collections.abc import Callable

from qa.chat.examples import examples
from qa.chat.session import Source


class Opening:
    """An archive once it is open: `source` is None before, and for good where opening failed with `error`."""

    def __init__(self, archive: Source | Callable[[], Source]) -> None:
        self._open = archive if callable(archive) else None
        self._done = threading.Event()
        self.source: Source | None = None
        self.examples: list[str] = []
        self.error: BaseException | None = None
        if not callable(archive):
            self._take(archive)

    @property
    def ready(self) -> bool:
        """Whether questions can be answered."""
        return self._done.is_set() and self.error is None

    def start(self, done: Callable[[], None]) -> None:
        """Open it in a thread, which calls `done` at the end, whatever came of it. At once where it is open."""
        if self._open is None:
            done()
            return
        threading.Thread(target=self._run, args=(self._open, done), name="baowen-opening", daemon=True).start()

    def _run(self, open_archive: Callable[[], Source], done: Callable[[], None]) -> None:
        try:
            self._take(open_archive())
        except BaseException as error:  # also SystemExit: whoever started the server is to see it
            self.error = error
            self._done.set()
        done()

    def _take(self, source: Source) -> None:
        self.examples = examples(source)  # which also loads what a first question would otherwise wait for
        len(source.continuations)
        self.source = source
        self._done.set()
