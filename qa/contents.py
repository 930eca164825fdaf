"""What an archive holds, by id and by path, without the pages that are hidden in it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cached_property

import numpy as np

from corpus.records import Article, Page, Passage
from embeddings.index import Index
from qa.filters import Rows


class Contents:
    """The pages, articles and passages of an index. `articles` by id and `pages` by path are of hidden pages too."""

    def __init__(self, index: Index, hidden: Collection[str] = ()) -> None:
        """:param hidden: paths of pages that are as if they were not there."""
        self.hidden = frozenset(hidden)
        self.passages = index.passages
        self.articles = {article.id: article for page in index.pages for article in page.articles}
        self.pages = {page.source: page for page in index.pages}

    @cached_property
    def shown(self) -> tuple[Page, ...]:
        """All pages but the hidden ones, in order of their path."""
        return tuple(page for page in self.pages.values() if page.source not in self.hidden)

    def article(self, article_id: str) -> Article | None:
        """An article by its id."""
        found = self.articles.get(article_id)
        return None if found is None or found.source in self.hidden else found

    def page(self, source: str) -> Page:
        """A page by its path.

        :raises KeyError: if there is none.
        """
        if source in self.hidden:
            raise KeyError(source)
        return self.pages[source]

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {passage.id: row for row, passage in enumerate(self.passages) if passage.source not in self.hidden}

    def passage(self, passage_id: str) -> Passage | None:
        """A passage by its id."""
        row = self._rows.get(passage_id)
        return None if row is None else self.passages[row]

    def ids(self, rows: Rows) -> list[str]:
        """The ids of the passages in `rows`."""
        return [self.passages[row].id for row in rows.tolist()]

    def rows(self, passage_ids: Iterable[str]) -> Rows:
        """The rows of the passages with these ids, as far as there are any, int64, ascending."""
        found = (self._rows.get(name) for name in passage_ids)
        return np.array(sorted(row for row in found if row is not None), dtype=np.int64)

    def seen(self, rows: Rows | None) -> Rows | None:
        """`rows` (None: all) without those of hidden pages."""
        if not self.hidden:
            return rows
        shown = np.array(sorted(self._rows.values()), dtype=np.int64)
        return shown if rows is None else np.intersect1d(shown, rows)
