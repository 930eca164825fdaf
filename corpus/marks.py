"""Articles and photo items that something printed marks.

A byline under a headline, a dateline (本报讯), a credit under a caption, a mark of continuation (上接1版), a signature
at an article's end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from corpus.bylines import Byline, inline_credit, parse_byline, parse_names, parse_signature
from corpus.fold import fold
from corpus.joins import ends_sentence
from corpus.lines import Line, finished, jump_of, like_title
from corpus.photos import CAPTION_LENGTH, PHOTO_TITLE_LENGTH, PICTURED, caption_after, caption_start, is_credit
from corpus.records import ItemKind
from corpus.titles import title_before
from corpus.words import is_plain_word

_NAME_LENGTH = 3


@dataclass(slots=True)
class Item:
    """An article or photo item under construction."""

    kind: ItemKind = "article"
    headline: list[Line] = field(default_factory=list)
    bylines: list[Line] = field(default_factory=list)
    body: list[Line] = field(default_factory=list)
    signature: list[Line] = field(default_factory=list)

    @property
    def start(self) -> int:
        return min(line.start for line in (*self.headline, *self.bylines, *self.body))


@dataclass(slots=True)
class Start:
    """Where an article begins: its first line, and the first line of its body."""

    first: int
    body: int
    item: Item


@dataclass(slots=True)
class Photo:
    """A photo item claims the lines `first` to `end`, half-open."""

    first: int
    end: int
    item: Item


@dataclass(slots=True)
class Found:
    starts: list[Start] = field(default_factory=list)
    photos: list[Photo] = field(default_factory=list)
    signatures: list[tuple[int, int]] = field(default_factory=list)

    def taken(self) -> set[int]:
        """The lines that are no body text of an article still to be found."""
        lines = {n for s in self.starts for n in range(s.first, s.body)}
        lines |= {n for p in self.photos for n in range(p.first, p.end)}
        return lines | {n for a, b in self.signatures for n in range(a, b)}


def _byline_groups(lines: list[Line]) -> Iterator[tuple[int, int]]:
    """Runs of byline lines, half-open: a second part may stand after a blank line (`通讯员 …` without a mark)."""
    at = 0
    while at < len(lines):
        if lines[at].role != "byline":
            at += 1
            continue
        end = at + 1
        while (
            end < len(lines)
            and lines[end].gap <= 1
            and (
                (lines[end].role == "byline" and not _marked(lines[end]))
                or _only_names(lines[end])
                or _last_name(lines, end)
            )
        ):
            lines[end].role = "byline"
            end += 1
        yield at, end
        at = end


def _only_names(line: Line) -> bool:
    """Whether a line holds nothing but names that are no ordinary words: `贺兰舟`."""
    names = parse_names(line.text) if line.role == "text" and len(line.text) <= 20 else ()
    return bool(names) and all(len(name) <= _NAME_LENGTH and not is_plain_word(fold(name)) for name in names)


def _last_name(lines: list[Line], at: int) -> bool:
    """Whether a byline's last name stands on the next line by itself; it may be a word as well: `祁连山`."""
    line, below = lines[at], lines[at + 1] if at + 1 < len(lines) else None
    if line.role != "text" or len(line.text) > _NAME_LENGTH or not parse_names(line.text) or below is None:
        return False
    return below.role == "dateline"


def _marked(line: Line) -> bool:
    return not line.text[0].isalnum()


def signed(lines: list[Line], found: Found) -> None:
    """Articles with a byline under the headline, photo items with a credit under the caption, signatures."""
    _name_bylines(lines)
    floor = 0
    for start, end in _byline_groups(lines):
        byline = sum_of(lines[start:end])
        below = lines[end] if end < len(lines) else None
        if all(parse_signature(line.text) is not None for line in lines[start:end]):
            found.signatures.append((start, end))
            floor = end
            continue
        title = title_before(lines, start, floor)
        if is_credit(lines, start, byline, below, title):
            first, caption = caption_start(lines, start, floor)
            stop = end
            body = lines[caption:start]
            if not body and below is not None:  # title, credit, then the caption
                body, stop = caption_after(lines, end)
            item = Item("photo", lines[first:caption], lines[start:end], body)
            if not body:
                item.headline, item.body = [], lines[first:caption]
            found.photos.append(Photo(first, stop, item))
            end = stop
        elif title == start and _is_signature(lines, start, below):
            found.signatures.append((start, end))
        else:
            found.starts.append(Start(title, end, Item(headline=lines[title:start], bylines=lines[start:end])))
        floor = end


def _name_bylines(lines: list[Line]) -> None:
    """A line of names alone between a headline and its text is a byline."""
    for above, line, below in zip(lines, lines[1:], lines[2:], strict=False):
        body = below.role == "dateline" or (
            below.role == "text" and len(below.text) > 20 and (not like_title(below) or ends_sentence(below.text))
        )
        if like_title(above) and above.role == "text" and body and line.gap <= 1 and _only_names(line):
            line.role = "byline"


def _is_signature(lines: list[Line], start: int, below: Line | None) -> bool:
    """Whether a byline signs the article above it."""
    above = lines[start - 1] if start else None
    if above is None or above.role not in ("text", "dateline", "jump"):
        return False
    return below is None or below.gap > 1 or below.role != "dateline"


def credited_inline(lines: list[Line], found: Found) -> None:
    """Photo items whose caption ends with its credit: `…。张三 摄`."""
    taken = found.taken()
    for at, line in enumerate(lines):
        if at in taken or line.role != "text" or len(line.text) > CAPTION_LENGTH:
            continue
        if inline_credit(line.text) is None:
            continue
        first = at
        above = lines[at - 1] if at and at - 1 not in taken else None
        pictured = PICTURED.search(line.key) is not None
        if above is not None and like_title(above) and len(above.text) <= PHOTO_TITLE_LENGTH and above.role == "text":
            prior = lines[at - 2] if at > 1 else None
            parted = prior is not None and like_title(prior) and above.gap > 0
            body = prior is not None and prior.role in ("text", "dateline") and at - 2 not in taken
            if prior is None or not body or finished(prior) or parted:
                first = at - 1
        elif not pictured and line.gap <= 1 and above is not None and above.role in ("text", "dateline"):
            continue  # the end of an article that was photographed by its author
        item = Item("photo", lines[first:at], [], [line])
        found.photos.append(Photo(first, at + 1, item))
        taken |= set(range(first, at + 1))


def continued(lines: list[Line], found: Found) -> None:
    """Articles that come from another page: `(上接1版)` before their text."""
    taken = found.taken()
    bodies = {start.body for start in found.starts}
    for at, line in enumerate(lines):
        mark = jump_of(line)
        if at in taken or at in bodies or mark is None or not re.search("[上紧文]接|from", mark.group()):
            continue
        if mark.start() > 4 and line.role != "jump":
            continue
        headed = next((start for start in found.starts if start.first == at + 1), None)
        if headed is not None and line.role == "jump":  # the mark stands above the headline
            headed.first, headed.item.body = at, [line]
            continue
        floor = max((n + 1 for n in taken if n < at), default=0)
        title = title_before(lines, at, floor)
        found.starts.append(Start(title, at, Item(headline=lines[title:at])))
        below = at + 1
        if title == at and line.role == "jump":
            while below < len(lines) and below not in taken and like_title(lines[below]) and below - at <= 3:
                below += 1
            if below > at + 1 and below < len(lines) and lines[below].role in ("text", "dateline"):
                found.starts[-1].item.headline = lines[at + 1 : below]
                found.starts[-1].item.body = [line]
                found.starts[-1].body = below
        taken |= set(range(title, at + 1))


def dated(lines: list[Line], found: Found) -> None:
    """Articles without a byline: a dateline begins one, with the headline above it where there is one."""
    taken = found.taken()
    photos = {n for p in found.photos for n in range(p.first, p.end)}
    bodies = set()
    for start in found.starts:  # a picture may stand between a headline and its text
        body = start.body
        while body in photos:
            body += 1
        bodies.add(body)
    for at, line in enumerate(lines):
        if line.role != "dateline" or at in taken or at in bodies:
            continue
        floor = max((n + 1 for n in taken if n < at), default=0)
        title = title_before(lines, at, floor)
        above = lines[at - 1] if at else None
        if title == at and above is not None and above.role in ("text", "dateline") and not finished(above):
            continue  # 本报讯 inside a paragraph that a column break cut
        found.starts.append(Start(title, at, Item(headline=lines[title:at])))
        taken |= set(range(title, at))


def sum_of(lines: Sequence[Line]) -> Byline:
    """The names of all lines of a byline, read as one: a role goes on over the line break."""
    joined = " ".join(line.text for line in lines)
    whole = parse_byline(joined) if not joined.isascii() else None
    if whole is not None:
        return whole
    out = Byline()
    for line in lines:
        out += line.byline or Byline(parse_names(line.text))
    return out
