"""What is known of pages beside their answers: what to filter by, what to ask next, what readers think.

All of it is made when it is first asked for and kept as long as the pages are the same.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Final

from corpus.records import Page
from qa.chat.session import Source
from qa.chat.settings import Choices, choices
from qa.chat.suggestions import Suggestion, suggestions
from qa.feedback import LONGEST_WORD, Feedback
from qa.records import Reply

_PAGES: Final = 8
_ARTICLES: Final = 1000


@dataclass
class _Known:
    """Of one state of some pages, which are held so that no others can be taken for them."""

    pages: tuple[Page, ...]
    choices: Choices | None = None
    next: OrderedDict[str, tuple[Suggestion, ...]] = field(default_factory=OrderedDict)


class Aside:
    """For all pages of one chat. Several threads may use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[Hashable, _Known] = OrderedDict()

    def choices(self, source: Source) -> Choices:
        """What the pages have to choose from in filters."""
        known = self._of(source)
        if known.choices is None:
            known.choices = choices(known.pages)
        return known.choices

    def suggestions(self, source: Source, article_id: str) -> tuple[Suggestion, ...]:
        """What to ask after an answer from an article; the first time this asks the pages some questions."""
        known = self._of(source)
        found = known.next.get(article_id)
        if found is None:
            found = suggestions(source, article_id)
            with self._lock:
                known.next[article_id] = found
                while len(known.next) > _ARTICLES:
                    known.next.popitem(last=False)
        return found

    @staticmethod
    def rate(source: Source, reply: Reply, liked: bool, word: str, answer: str) -> None:
        """Keep what a reader thinks of a reply, see `qa.feedback`; longer texts are cut.

        :raises BaowenError: as `Feedback.add`.
        """
        Feedback(source.root).add(reply, liked, word[:LONGEST_WORD], answer[:LONGEST_WORD])

    def _of(self, source: Source) -> _Known:
        pages = source.pages
        with self._lock:
            known = self._known.setdefault(id(pages), _Known(pages))
            self._known.move_to_end(id(pages))
            while len(self._known) > _PAGES:
                self._known.popitem(last=False)
        return known
