"""A set of pages as the chat asks it: opened again whenever it was closed meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from corpus.records import Article, Page, Passage, Skipped
from qa.filters import Filter
from qa.records import Hit, Reply

if TYPE_CHECKING:
    from qa.folders.corpora import Corpora, Talk


class ShelfSource:
    """The set with a key, as `qa.live.Live` has it. Each call raises what `Corpora.use` does."""

    def __init__(self, corpora: Corpora, key: str) -> None:
        self._corpora, self.key = corpora, key

    @property
    def root(self) -> Path:
        """As `Live.root`."""
        with self._corpora.use(self.key) as live:
            return live.root

    @property
    def pages(self) -> tuple[Page, ...]:
        """As `Live.pages`."""
        with self._corpora.use(self.key) as live:
            return live.pages

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """As `Live.skipped`."""
        with self._corpora.use(self.key) as live:
            return live.skipped

    @property
    def notes(self) -> tuple[str, ...]:
        """As `Live.notes`."""
        with self._corpora.use(self.key) as live:
            return live.notes

    @property
    def continuations(self) -> Mapping[str, str]:
        """As `Live.continuations`."""
        with self._corpora.use(self.key) as live:
            return live.continuations

    def statistics(self) -> dict[str, int | str]:
        """As `Live.statistics`."""
        with self._corpora.use(self.key) as live:
            return live.statistics()

    def article(self, article_id: str) -> Article | None:
        """As `Live.article`."""
        with self._corpora.use(self.key) as live:
            return live.article(article_id)

    def page(self, source: str) -> Page:
        """As `Live.page`."""
        with self._corpora.use(self.key) as live:
            return live.page(source)

    def passages_of(self, article_id: str) -> list[Passage]:
        """As `Live.passages_of`."""
        with self._corpora.use(self.key) as live:
            return live.passages_of(article_id)

    def related(self, article_id: str, k: int = 5) -> list[tuple[Article, float]]:
        """As `Live.related`."""
        with self._corpora.use(self.key) as live:
            return live.related(article_id, k)

    def retrieve(self, question: str, k: int = 5, where: Filter | None = None) -> list[Hit]:
        """As `Live.retrieve`."""
        with self._corpora.use(self.key) as live:
            return live.retrieve(question, k, where)

    def ask(self, question: str, k: int = 10, where: Filter | None = None) -> Reply:
        """As `Live.ask`."""
        with self._corpora.use(self.key) as live:
            return live.ask(question, k, where)

    def reply(self, question: str, k: int = 10, where: Filter | None = None) -> Reply:
        """As `Live.reply`."""
        with self._corpora.use(self.key) as live:
            return live.reply(question, k, where)

    def conversation(self) -> Talk:
        """A conversation that outlives the closing of the set."""
        return self._corpora.conversation(self.key)
