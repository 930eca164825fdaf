"""Looking words up in given passages, as a reader's eye would: what is typed, however it is printed.

Both sides are compared in their matching form (traditional and simplified, 1,500万元 and 一千五百万元); what is
returned are ranges of the printed text.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass

from corpus.fold import matching_form
from corpus.offsets import Folded
from corpus.records import Passage
from corpus.words import tokens
from qa.plain import one_line

LONGEST = 200
"""How many characters of what is looked for count."""


@dataclass(frozen=True, slots=True)
class Found:
    """A passage and the ranges of its text that match, half-open, in order, apart from each other.

    `exact` tells that all that was typed stands there as one piece; else its words do, each somewhere.
    """

    passage: Passage
    ranges: tuple[tuple[int, int], ...]
    exact: bool


def find(passages: Iterable[Passage], typed: str) -> list[Found]:
    """The passages that hold what is typed in one piece, in their order; after these, those that hold all its words."""
    whole = _folded(one_line(typed)[:LONGEST]).text.strip()
    parts = _parts(one_line(typed)[:LONGEST])
    exact: list[Found] = []
    loose: list[Found] = []
    for passage in passages if whole else ():
        form = _folded(passage.text)
        if ranges := _ranges(form, [whole]):
            exact.append(Found(passage, ranges, True))
        elif len(parts) > 1 and all(part in form.text for part in parts):
            loose.append(Found(passage, _ranges(form, parts), False))
    return exact + loose


@functools.lru_cache(maxsize=4096)
def _folded(text: str) -> Folded:
    return matching_form(text)


def _parts(typed: str) -> list[str]:
    """The words of what is typed, in their matching form; particles and marks of one character say nothing alone."""
    words = [_folded(word).text for word, _, _ in tokens(typed)]
    return list(dict.fromkeys(word for word in words if len(word) > 1 or (word.isascii() and word.isalnum())))


def _ranges(form: Folded, wanted: Iterable[str]) -> tuple[tuple[int, int], ...]:
    """Where any of `wanted` is printed; ranges that touch or overlap are one."""
    found: list[tuple[int, int]] = []
    for part in wanted:
        at = form.text.find(part)
        while at >= 0:
            found.append(form.printed(at, at + len(part)))
            at = form.text.find(part, at + len(part))
    out: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        elif start < end:
            out.append((start, end))
    return tuple(out)
