"""Pages as JSON lines and back, without loss: one page a line, its text and its records."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from corpus.page_json import page_from_dict, page_to_dict
from corpus.records import Page


def to_lines(pages: Iterable[Page]) -> Iterator[bytes]:
    """One line a page, with its line feed. ASCII, since text may hold half a surrogate pair, which UTF-8 cannot."""
    return (json.dumps(page_to_dict(page), ensure_ascii=True).encode("ascii") + b"\n" for page in pages)


def from_lines(lines: Iterable[bytes]) -> tuple[Page, ...]:
    """The pages that `to_lines` was given, equal to them."""
    return tuple(page_from_dict(json.loads(line)) for line in lines)
