"""A page's lines → its articles and photo items.

Boundaries come from what newspapers print: a byline under a headline, a dateline (本报讯), a credit under a caption, a
mark of continuation (上接1版), a signature at an article's end; and where none of these stands, a headline is told from
a subhead by several weaker signs together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from corpus.bylines import Byline, inline_byline, inline_credit, parse_byline, parse_names, parse_signature
from corpus.fold import fold
from corpus.joins import ends_sentence, open_mark, runs_on
from corpus.lines import LOGO_LENGTH, Line, finished, jump_of, like_title, paragraph_gap
from corpus.photos import CAPTION_LENGTH, PHOTO_TITLE_LENGTH, PICTURED, caption_after, caption_start, is_credit
from corpus.records import ItemKind
from corpus.titles import closes, like_logo, title_before
from corpus.words import is_plain_word

_WIDE_GAP = 2  # blank lines that part two items; one parts two paragraphs
_LEAD = re.compile(
    r"^(?:近日|日前|昨[天日晚]|今[天日晨晚]|前天|连日来|近年来|\d{1,2}月\d{1,2}日|\d{1,2}日|记者(?:从|昨|近|获)|(?:本|上|这)周|据|[《“「『])"
)
_BRIEFS = re.compile(
    r"^\W{0,2}(?:[\u3400-\u9fff]{0,4}(?:简讯|短讯|短波|快讯|速览|速递|集锦|简报|简明新闻|一句话新闻|微新闻|要闻简报|动态"
    r"|新闻眼|短新闻)|briefs?|in brief|news in brief)\W{0,2}$"
)
_NOTICE = re.compile(r"(?:公告|通告|通知|启事|公示|声明|告示|预告)$")
_NAME_LENGTH = 3
_ENOUGH = 3


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
class _Start:
    """Where an article begins: its first line, and the first line of its body."""

    first: int
    body: int
    item: Item


@dataclass(slots=True)
class _Photo:
    """A photo item claims the lines `first` to `end`, half-open."""

    first: int
    end: int
    item: Item


@dataclass(slots=True)
class _Found:
    starts: list[_Start] = field(default_factory=list)
    photos: list[_Photo] = field(default_factory=list)
    signatures: list[tuple[int, int]] = field(default_factory=list)

    def taken(self) -> set[int]:
        """The lines that are no body text of an article still to be found."""
        lines = {n for s in self.starts for n in range(s.first, s.body)}
        lines |= {n for p in self.photos for n in range(p.first, p.end)}
        return lines | {n for a, b in self.signatures for n in range(a, b)}


def cut_into_items(lines: list[Line]) -> list[Item]:
    """The articles and photo items in page order. Lines that no item claims keep their role."""
    found = _Found()
    _signed(lines, found)
    _credited_inline(lines, found)
    _continued(lines, found)
    _dated(lines, found)
    _unmarked(lines, found)
    if not found.starts and not found.photos:
        found.starts = _whole_page(lines)
    return _assign_bodies(lines, found)


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


def _signed(lines: list[Line], found: _Found) -> None:
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
            found.photos.append(_Photo(first, stop, item))
            end = stop
        elif title == start and _is_signature(lines, start, below):
            found.signatures.append((start, end))
        else:
            found.starts.append(_Start(title, end, Item(headline=lines[title:start], bylines=lines[start:end])))
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


def _credited_inline(lines: list[Line], found: _Found) -> None:
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
        found.photos.append(_Photo(first, at + 1, item))
        taken |= set(range(first, at + 1))


def _continued(lines: list[Line], found: _Found) -> None:
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
        found.starts.append(_Start(title, at, Item(headline=lines[title:at])))
        below = at + 1
        if title == at and line.role == "jump":
            while below < len(lines) and below not in taken and like_title(lines[below]) and below - at <= 3:
                below += 1
            if below > at + 1 and below < len(lines) and lines[below].role in ("text", "dateline"):
                found.starts[-1].item.headline = lines[at + 1 : below]
                found.starts[-1].item.body = [line]
                found.starts[-1].body = below
        taken |= set(range(title, at + 1))


def _dated(lines: list[Line], found: _Found) -> None:
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
        found.starts.append(_Start(title, at, Item(headline=lines[title:at])))
        taken |= set(range(title, at))


def _unmarked(lines: list[Line], found: _Found) -> None:
    """Articles that only a headline begins, told from subheads by several signs."""
    taken = found.taken()
    bodies = {s.body for s in found.starts}
    photos = {n for p in found.photos for n in range(p.first, p.end)}
    # Whether this page sets a headline right above what follows, as far as the articles found so far show it.
    style = _style(lines, found)
    for line, below in pairwise(lines):
        if _BRIEFS.match(line.key) and line.role == "text" and not below.row:
            line.role = "column name"
    briefs = False
    at = 0
    while at < len(lines):
        line = lines[at]
        briefs = (briefs or line.role == "column name") and line.role != "byline"
        if at in taken:
            at += 1
            continue
        if not like_title(line) or _starts_row(line):
            at += 1
            continue
        end = at + 1
        while end < len(lines) and end - at < 4 and end not in taken and like_title(lines[end]) and lines[end].gap <= 1:
            if lines[end].row:
                break
            end += 1
        under = lines[end] if end < len(lines) and end not in taken and lines[end].role == "text" else None
        if under is None or under.gap > _WIDE_GAP + 1 or at in bodies:
            at = end
            continue
        first = _after_logo(lines, at, end)
        signs = _headline_signs(lines, at, first, end, taken, photos, briefs, style)
        if signs is not None and _signed_below(lines, end, taken, photos):
            # Who signed under the headline does not sign again at the end: another article begins between the two.
            opened = [start for start in found.starts if start.first < at]
            signs += _ENOUGH if opened and max(opened, key=lambda start: start.first).item.bylines else 1
        if signs is not None and signs >= _ENOUGH:
            found.starts.append(_Start(first, end, Item(headline=lines[first:end])))
            taken |= set(range(first, end))
        at = end


@dataclass(frozen=True, slots=True)
class _Style:
    """How this page sets its text, as far as the articles found so far show it.

    `paragraph`: blank lines before a paragraph; `headline`: the least before a headline, where that is more; `tight`:
    whether a headline stands right above what follows.
    """

    paragraph: int
    headline: int
    tight: bool


def _style(lines: list[Line], found: _Found) -> _Style:
    base = paragraph_gap(lines)
    headed = [start for start in found.starts if start.item.headline and start.body < len(lines)]
    above = [lines[start.first].gap for start in headed if start.first > 0]
    below = [lines[start.first + len(start.item.headline)].gap for start in headed]
    tight = not below or 4 * below.count(0) >= len(below)
    return _Style(base, max(min(above, default=0), base + 1), tight)


def _after_logo(lines: list[Line], at: int, end: int) -> int:
    while at < end - 1 and like_logo(lines[at]) and lines[at + 1].gap > 0:
        at += 1
    return at


def _headline_signs(
    lines: list[Line], top: int, at: int, end: int, taken: set[int], photos: set[int], briefs: bool, style: _Style
) -> int | None:
    """How much speaks for the title lines `at` to `end` being a headline; None what can be none.

    `top` is the line that the gap is above: the first title line, or a column's logo over it.
    """
    base = style.paragraph
    before = top - 1
    while before in photos:  # a picture in the middle of an article ends nothing
        before -= 1
    above = lines[before] if before >= 0 else None
    below = lines[end]
    title = "".join(line.key for line in lines[at:end])
    in_body = above is not None and above.role in ("text", "dateline") and before not in taken
    if in_body and above is not None and lines[top].gap <= base and (not finished(above) or lines[top].gap < base):
        return None
    if before != top - 1 and above is not None and in_body and not finished(above):
        return None
    if (
        len(title) < 4
        or _starts_row(lines[at])
        or below.date  # who signs a notice
        or any(open_mark(line.text) for line in lines[at:end])
        or runs_on(lines[end - 1].text, below.text)
    ):
        return None
    signs = 0
    if not in_body or (above is not None and closes(above)):
        signs += 2
    if lines[top].gap > base:
        signs += 1 + (lines[top].gap > base + 1 or lines[top].gap >= style.headline)
    if below.gap < base:
        signs += 1 + style.tight  # set tight above its text, as a headline may be
    signs += end - at > 1 or top < at
    signs += 2 * any(line.heading for line in lines[at:end])
    signs += len(title) >= 16 or any(len(part) >= 4 for part in title.split()[1:])
    signs += bool(_LEAD.match(below.key)) and len(below.text) >= 20
    signs += bool(_NOTICE.search(title)) and len(title) >= 6
    signs += 2 * briefs
    if below.row:
        signs += 1  # a list or table of its own
    elif len(below.text) < 20 and not ends_sentence(below.text):
        signs -= 1
    return signs


def _signed_below(lines: list[Line], at: int, taken: set[int], photos: set[int]) -> bool:
    """Whether the text from line `at` on ends with a signature before another title comes."""
    while at < len(lines):
        line = lines[at]
        if at in photos:
            at += 1
            continue
        if line.role == "byline":
            return parse_signature(line.text) is not None
        if at in taken or line.role not in ("text", "dateline"):
            return False
        if like_title(line) and line.gap > 0 and not ends_sentence(line.text) and finished(lines[at - 1]):
            return False  # the next title
        if line.key[-1] in ")】" and inline_byline(line.text[-42:]) is not None:
            return True
        at += 1
    return False


def _starts_row(line: Line) -> bool:
    return line.row and not line.apart


def _whole_page(lines: list[Line]) -> list[_Start]:
    """A page on which nothing shows where an article begins is one article."""
    first = next((i for i, line in enumerate(lines) if line.role in ("text", "dateline", "jump")), None)
    if first is None:
        return []
    rest = first + 1 < len(lines)
    if rest and like_title(lines[first]) and not ends_sentence(lines[first].text):
        return [_Start(first, first + 1, Item(headline=[lines[first]]))]
    return [_Start(first, first, Item())]


def _assign_bodies(lines: list[Line], found: _Found) -> list[Item]:
    photo_lines = {n for p in found.photos for n in range(p.first, p.end)}
    signed = {n: (a, b) for a, b in found.signatures for n in range(a, b)}
    starts = sorted(found.starts, key=lambda start: start.first)
    ordered: list[tuple[int, Item]] = [(photo.first, photo.item) for photo in found.photos]
    for n, start in enumerate(starts):
        stop = starts[n + 1].first if n + 1 < len(starts) else len(lines)
        item = start.item
        for at in range(start.body, stop):
            if at in signed:
                item.signature.append(lines[at])
            elif at not in photo_lines and lines[at].role in ("text", "dateline", "jump"):
                item.body.append(lines[at])
        while len(item.body) > 1 and _is_logo(item.body[-1], item.body[-2]):
            item.body.pop().role = "column name"
        if item.body:
            ordered.append((start.first, item))
            if not item.bylines and len(item.body) <= 2 and any(PICTURED.match(line.key) for line in item.body):
                item.kind = "photo"
        else:
            for line in (*item.headline, *item.bylines, *item.signature):
                line.role = "repeated headline"
    for _, item in ordered:
        for line in item.signature:
            line.role = "byline"
        for line in item.headline:
            line.role = "headline"
        for line in item.body:
            line.role = "body"
    return [item for _, item in sorted(ordered, key=lambda entry: entry[0])]


def _is_logo(line: Line, above: Line) -> bool:
    """Whether a line that ends an article is a page's name or the logo of the next column."""
    short = len(line.text) <= LOGO_LENGTH and line.gap > 0
    return (
        (short or (line.gap > 1 and len(line.text) <= 30))
        and like_title(line)
        and not line.row
        and jump_of(line) is None
        and not parse_names(line.text.strip("()（）"))
        and ends_sentence(above.text)
    )


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
