"""Whether a text is what is printed on its page."""

from __future__ import annotations

from collections.abc import Iterable

from corpus.records import Span


def is_printed(text: str, spans: Iterable[Span], page_text: str) -> bool:
    """Whether `text` is the page's text at these spans, white space aside.

    >>> is_printed("公交公司", ((0, 2), (3, 5)), "公交\\n公司的车")
    True
    """
    return "".join("".join(page_text[start:end] for start, end in spans).split()) == "".join(text.split())
