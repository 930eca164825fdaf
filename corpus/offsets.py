"""A rewritten text and the map between it and the printed one.

How the map holds: every step of rewriting looks for a pattern without look-around and rewrites each match by itself. A
slice of a text that begins and ends outside all matches, or at the border of one, therefore has the same matches, and
what becomes of it is the same slice of what becomes of the whole. Matches are never cut: spans are widened to whole
matches, also to matches that were left as they are, since a part of one might be read differently alone.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

# A rewritten stretch: (start, end) in the text before, (start, end) after. What lies outside is the same in both.
Edit = tuple[int, int, int, int]
Edits = Sequence[Edit]


@dataclass(frozen=True, slots=True)
class Folded:
    """`text` is the matching form; `edits`, in order and apart from each other, are where it differs in length or kind.

    Spans are half-open, in characters. Both maps widen a span to whole edits and never cross: a span inside another
    maps to a span inside that one's.
    """

    text: str
    edits: Edits = ()

    def printed(self, start: int, end: int) -> tuple[int, int]:
        """The span of the printed text that gave `text[start:end]`.

        The matching form of that printed slice holds `text[start:end]`. Characters that vanish (soft hyphens) are left
        out at both ends.

        >>> from corpus.fold import matching_form
        >>> form = matching_form("投资1,500万元。")
        >>> form.text, form.printed(2, 6)  # 1500万元, 1,500万元
        ('投资1500万元。', (2, 9))
        """
        return _across(self.edits, start, end, 2, 0)

    def folded(self, start: int, end: int) -> tuple[int, int]:
        """The span of `text` that the printed slice from `start` to `end` gave; empty where it vanished."""
        return _across(self.edits, start, end, 0, 2)


def _across(edits: Edits, start: int, end: int, here: int, there: int) -> tuple[int, int]:
    """A span on one side of the edits (0 before, 2 after), widened to whole edits, on the other side."""
    at = bisect_right(edits, start, key=lambda edit: edit[here]) - 1
    if at < 0:
        first = start
    elif start >= edits[at][here + 1]:
        first = start - edits[at][here + 1] + edits[at][there + 1]
    else:
        first = edits[at][there]
    if end <= start:
        return first, first
    at = bisect_left(edits, end, key=lambda edit: edit[here]) - 1
    if at < 0:
        return first, end
    return first, edits[at][there + 1] + max(0, end - edits[at][here + 1])


def compose(first: Edits, then: Edits) -> Edits:
    """The edits of two steps as those of one; edits that touch the same characters become one.

    >>> compose([(0, 3, 0, 1)], [(0, 2, 0, 5)])  # abcd → xd → 12345
    [(0, 4, 0, 5)]
    """
    if not first or not then:
        return first or then
    # By place in the middle text; an edit that left nothing there goes before one that begins at the same place.
    events = [(a2, a3, (a3 - a2) - (a1 - a0), 0) for a0, a1, a2, a3 in first]
    events += [(b0, b1, 0, (b3 - b2) - (b1 - b0)) for b0, b1, b2, b3 in then]
    events.sort(key=lambda event: event[:2])
    out: list[Edit] = []
    shift_in = shift_out = n = 0  # from the first text to the middle one, and from there to the last
    while n < len(events):
        start = end = events[n][0]
        before = start - shift_in, start + shift_out
        while start == end or (n < len(events) and events[n][0] < end):
            end = max(end, events[n][1])
            shift_in += events[n][2]
            shift_out += events[n][3]
            n += 1
            if start == end:
                break
        out.append((before[0], end - shift_in, before[1], end + shift_out))
    return out


def rewrite(text: str, pattern: re.Pattern[str], change: Callable[[str], str]) -> tuple[str, Edits]:
    """`text` with every match of `pattern`, which looks at nothing outside it, changed; and where the matches are."""
    parts: list[str] = []
    edits: list[Edit] = []
    at = shift = 0
    for match in pattern.finditer(text):
        start, end = match.span()
        new = change(match.group())
        if new:
            parts += (text[at:start], new)
        else:
            parts.append(text[at:start])
        edits.append((start, end, start + shift, start + shift + len(new)))
        shift += len(new) - (end - start)
        at = end
    return ("".join([*parts, text[at:]]), edits) if edits else (text, edits)
