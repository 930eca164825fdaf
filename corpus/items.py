"""A page's lines → its articles and photo items.

Boundaries come from what newspapers print (`marks`); and where nothing of that stands, a headline is told from a
subhead by several weaker signs together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from corpus.bylines import inline_byline, parse_names, parse_signature
from corpus.joins import ends_sentence, open_mark, runs_on
from corpus.lines import LOGO_LENGTH, Line, finished, jump_of, like_title, paragraph_gap
from corpus.marks import Found, Item, Start, continued, credited_inline, dated, signed
from corpus.photos import PICTURED
from corpus.titles import closes, like_logo

_WIDE_GAP = 2  # blank lines that part two items; one parts two paragraphs
_LEAD = re.compile(
    r"^(?:近日|日前|昨[天日晚]|今[天日晨晚]|前天|连日来|近年来|\d{1,2}月\d{1,2}日|\d{1,2}日|记者(?:从|昨|近|获)|(?:本|上|这)周|据|[《“「『])"
)
_BRIEFS = re.compile(
    r"^\W{0,2}(?:[\u3400-\u9fff]{0,4}(?:简讯|短讯|短波|快讯|速览|速递|集锦|简报|简明新闻|一句话新闻|微新闻|要闻简报|动态"
    r"|新闻眼|短新闻)|briefs?|in brief|news in brief)\W{0,2}$"
)
_NOTICE = re.compile(r"(?:公告|通告|通知|启事|公示|声明|告示|预告)$")
_ENOUGH = 3


def cut_into_items(lines: list[Line]) -> list[Item]:
    """The articles and photo items in page order. Lines that no item claims keep their role."""
    found = Found()
    signed(lines, found)
    credited_inline(lines, found)
    continued(lines, found)
    dated(lines, found)
    _unmarked(lines, found)
    if not found.starts and not found.photos:
        found.starts = _whole_page(lines)
    return _assign_bodies(lines, found)


def _unmarked(lines: list[Line], found: Found) -> None:
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
            found.starts.append(Start(first, end, Item(headline=lines[first:end])))
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


def _style(lines: list[Line], found: Found) -> _Style:
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


def _whole_page(lines: list[Line]) -> list[Start]:
    """A page on which nothing shows where an article begins is one article."""
    first = next((i for i, line in enumerate(lines) if line.role in ("text", "dateline", "jump")), None)
    if first is None:
        return []
    rest = first + 1 < len(lines)
    if rest and like_title(lines[first]) and not ends_sentence(lines[first].text):
        return [Start(first, first + 1, Item(headline=[lines[first]]))]
    return [Start(first, first, Item())]


def _assign_bodies(lines: list[Line], found: Found) -> list[Item]:
    photo_lines = {n for p in found.photos for n in range(p.first, p.end)}
    signatures = {n for a, b in found.signatures for n in range(a, b)}
    starts = sorted(found.starts, key=lambda start: start.first)
    ordered: list[tuple[int, Item]] = [(photo.first, photo.item) for photo in found.photos]
    for n, start in enumerate(starts):
        stop = starts[n + 1].first if n + 1 < len(starts) else len(lines)
        item = start.item
        for at in range(start.body, stop):
            if at in signatures:
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
