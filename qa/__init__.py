"""Ask newspaper pages: `Archive` answers with a verbatim, cited sentence, or says that the pages do not."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qa.records import Excerpt, Hit, Reply

if TYPE_CHECKING:
    from qa.archive import Archive
    from qa.conversation import Conversation
    from qa.retriever import Options

__all__ = ["Archive", "Conversation", "Excerpt", "Hit", "Options", "Reply", "retrieve"]
_LATER = {"Archive": "qa.archive", "Conversation": "qa.conversation", "Options": "qa.retriever"}


def __getattr__(name: str) -> Any:
    # Loaded on first use, so that `import qa` stays quick.
    if name in _LATER:
        import importlib

        return getattr(importlib.import_module(_LATER[name]), name)
    raise AttributeError(f"module 'qa' has no attribute {name!r}")


@functools.lru_cache(maxsize=4)
def _opened(pages: str | None) -> Archive:
    from qa.archive import Archive

    return Archive.open(pages)


def retrieve(question: str, k: int = 5, pages: Path | str | None = None) -> list[Hit]:
    """At most `k` passages of `pages` (None: the sample pages) for a question, sorted best first.

    The archive stays open for the next call.

    :raises PagesError: if there is nothing to read.
    :raises QuestionError: if the question is empty or longer than 2,000 characters.
    """
    return _opened(None if pages is None else str(pages)).retrieve(question, k)
