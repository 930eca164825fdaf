"""The newspaper's grammar: a page's text → articles, photo items, index boxes and furniture.

The page is read line by line; every line gets a role, and every line that no article claims is kept with a reason.
Boundaries come from what newspapers print: a byline under a headline, a dateline (本报讯), a credit under a caption.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from corpus.bylines import Byline, inline_byline, parse_byline
from corpus.ids import article_id
from corpus.issue import date_and_page
from corpus.joins import ends_sentence, is_cut, runs_on
from corpus.records import Article, Block, Extracted, Furniture, ItemKind, Page, Span

_DATELINE = re.compile(
    r"\s*(?:本报|新华社|据新华社|中新社|本刊|通讯员报道)[^,,。\s]{0,14}?[讯电](?=[\s(（]|[^\w]|[\u3400-\u9fff])"
)
_INDEX = re.compile(r"^[■●◆□▲]?\s*(?:导读|今日导读|要闻导读|今日看点)\s*$")
_INDEX_ENTRY = re.compile(r"详见\s*[A-Z]?\d{1,2}\s*版|^[》>〉]+|(?:…|\.{3}|·{2,}|\s)[A-Z]?\d{1,2}\s*版\s*$")
_JUMP = re.compile(r"[(（]\s*([下上][转接]\s*第?\s*[A-Z]?\d{1,2}\s*版)\s*[)）]")
_FURNITURE = (
    (re.compile(r"^扫(?:一扫|码|描)[^。]{0,20}$|^查看更多$|^更多(?:内容|精彩)[^。]{0,12}$"), "QR hint"),
    (re.compile(r"^本版(?:编辑|责编|美编|校对|图片|摄影|责任|组版|内容|为)"), "page note"),
    (re.compile(r"^(?:责任编辑|责编|编辑|美编|版式|校对|电话|邮箱|值班|主编|投稿|热线)[\s:::]"), "imprint"),
    (re.compile(r"^第?\s*[A-Z]?\d{1,2}\s*版(?:\s|$)[^。]{0,20}$"), "page number"),
    (re.compile(r"^[^。]{0,24}(?:19|20)\d\d\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日[^。]{0,24}$"), "masthead"),
)
_TITLE_LENGTH = 90
_SUBHEAD_LENGTH = 30
_PHOTO_TITLE_LENGTH = 40
_LOGO_LENGTH = 6
_WIDE_GAP = 2  # blank lines that part two items; one parts two paragraphs


@dataclass(slots=True)
class _Line:
    text: str
    start: int
    end: int
    gap: int  # blank lines before it
    role: str = "text"
    byline: Byline | None = None

    @property
    def block(self) -> Block:
        return Block(self.text, ((self.start, self.end),))


@dataclass(slots=True)
class _Item:
    """An article under construction."""

    kind: ItemKind = "article"
    headline: list[_Line] = field(default_factory=list)
    bylines: list[_Line] = field(default_factory=list)
    body: list[_Line] = field(default_factory=list)


def _lines(text: str) -> list[_Line]:
    out: list[_Line] = []
    gap = at = 0
    for raw in text.split("\n"):
        bare = raw.strip()
        if bare:
            start = at + raw.index(bare)
            out.append(_Line(bare, start, start + len(bare), gap))
            gap = 0
        else:
            gap += 1
        at += len(raw) + 1
    return out


def _like_title(line: _Line) -> bool:
    text = line.text
    return (
        line.role == "text"
        and len(text) <= _TITLE_LENGTH
        and "。" not in text
        and text[-1] not in ",,、;；"
        and len(re.findall("[,,]", text)) <= 2
    )


def _set_roles(lines: list[_Line]) -> None:
    """Give each line the role that it shows by itself: byline, index, furniture, dateline or text."""
    in_index = False
    for line in lines:
        if line.role != "text":
            continue
        if _INDEX.match(line.text):
            line.role, in_index = "index", True
            continue
        if in_index and (_INDEX_ENTRY.search(line.text) or (line.gap == 0 and len(line.text) <= 40)):
            line.role = "index"
            continue
        in_index = False
        if _INDEX_ENTRY.search(line.text) and len(line.text) <= 40:
            line.role = "index"
        elif (byline := parse_byline(line.text)) is not None:
            line.role, line.byline = "byline", byline
        elif reason := next((why for pattern, why in _FURNITURE if pattern.search(line.text)), ""):
            line.role = reason
        elif _DATELINE.match(line.text):
            line.role = "dateline"


def _byline_groups(lines: list[_Line]) -> Iterator[tuple[int, int]]:
    """Runs of byline lines, half-open: a second part may stand after a blank line (`通讯员 …` without a mark)."""
    at = 0
    while at < len(lines):
        if lines[at].role != "byline":
            at += 1
            continue
        end = at + 1
        while end < len(lines) and lines[end].role == "byline" and lines[end].gap <= 1 and not _marked(lines[end]):
            end += 1
        yield at, end
        at = end


def _marked(line: _Line) -> bool:
    return not line.text[0].isalnum()


def _title_before(lines: list[_Line], at: int, floor: int) -> int:
    """Where the headline that ends before line `at` begins; `at` itself where there is none."""
    start = at
    while start > floor and at - start < 4 and _like_title(lines[start - 1]):
        below = lines[start]
        if start < at and below.gap > 1 + (below.role == "text"):
            break
        start -= 1
        line = lines[start]
        if start < at - 1 and len(line.text) <= _LOGO_LENGTH and lines[start + 1].gap > 0:
            start += 1  # a page's name or a column's logo above the headline
            break
    return start


def _is_credit(lines: list[_Line], start: int, end: int, byline: Byline) -> bool:
    """Whether a byline stands under a caption (a photo's credit) and not under a headline."""
    if not byline.is_credit or start == 0:
        return False
    if end < len(lines) and lines[end].role == "dateline":
        return False
    return not _like_title(lines[start - 1])


def _caption_start(lines: list[_Line], at: int, floor: int) -> tuple[int, int]:
    """Where the title and the caption of the photo item begin whose credit is line `at` (equal where untitled)."""
    start = at
    while start > floor and at - start < 6:
        above = lines[start - 1]
        if above.role != "text":
            break
        wide = lines[start].gap > _WIDE_GAP and start < at
        if _like_title(above) and len(above.text) <= _PHOTO_TITLE_LENGTH and not ends_sentence(above.text):
            title = start - 1
            while title > floor and _like_title(lines[title - 1]) and lines[title].gap == 0:
                title -= 1
            return title, start
        if wide:
            break
        start -= 1
    return start, start


def _cut_into_items(lines: list[_Line]) -> list[_Item]:
    """The articles and photo items in page order; lines that stay in no item keep their role."""
    starts: list[tuple[int, _Item, int]] = []  # first line, item, first body line
    floor = 0
    credits: list[tuple[int, int, _Item]] = []
    for start, end in _byline_groups(lines):
        byline = _sum(lines[start:end])
        item = _Item(bylines=lines[start:end])
        if _is_credit(lines, start, end, byline):
            title, caption = _caption_start(lines, start, floor)
            item.kind = "photo"
            item.headline, item.body = lines[title:caption], lines[caption:start]
            credits.append((title, end, item))
        else:
            title = _title_before(lines, start, floor)
            item.headline = lines[title:start]
            starts.append((title, item, end))
        floor = end
    starts.extend(_unsigned(lines, starts, credits))
    starts.sort(key=lambda entry: entry[0])
    if not starts and not credits:
        starts = _whole_page(lines)
    return _assign_bodies(lines, starts, credits)


def _unsigned(
    lines: list[_Line], starts: list[tuple[int, _Item, int]], credits: list[tuple[int, int, _Item]]
) -> list[tuple[int, _Item, int]]:
    """Articles without a byline: a headline with a dateline right under it."""
    taken = {i for title, _, body in starts for i in range(title, body)}
    taken |= {i for title, end, _ in credits for i in range(title, end)}
    found = []
    for at, line in enumerate(lines):
        if line.role != "dateline" or at == 0 or at - 1 in taken or not _like_title(lines[at - 1]):
            continue
        floor = max((i + 1 for i in taken if i < at), default=0)
        title = _title_before(lines, at, floor)
        if title < at:
            found.append((title, _Item(headline=lines[title:at]), at))
    return found


def _whole_page(lines: list[_Line]) -> list[tuple[int, _Item, int]]:
    """A page on which nothing shows where an article begins is one article."""
    first = next((i for i, line in enumerate(lines) if line.role in ("text", "dateline")), None)
    if first is None:
        return []
    rest = first + 1 < len(lines)
    if rest and _like_title(lines[first]) and not ends_sentence(lines[first].text):
        return [(first, _Item(headline=[lines[first]]), first + 1)]
    return [(first, _Item(), first)]


def _assign_bodies(
    lines: list[_Line], starts: list[tuple[int, _Item, int]], credits: list[tuple[int, int, _Item]]
) -> list[_Item]:
    photo_lines = {i for title, end, _ in credits for i in range(title, end)}
    ordered: list[tuple[int, _Item]] = [(title, item) for title, _, item in credits]
    for n, (title, item, body) in enumerate(starts):
        stop = starts[n + 1][0] if n + 1 < len(starts) else len(lines)
        item.body = [
            lines[i] for i in range(body, stop) if i not in photo_lines and lines[i].role in ("text", "dateline")
        ]
        while len(item.body) > 1 and _is_logo(item.body[-1], item.body[-2]):
            item.body.pop()
        if item.body:
            ordered.append((title, item))
        else:
            for line in (*item.headline, *item.bylines):
                line.role = "repeated headline"
    for _, item in ordered:
        for line in item.headline:
            line.role = "headline"
        for line in item.body:
            line.role = "body"
    ordered.sort(key=lambda entry: entry[0])
    return [item for _, item in ordered]


def _is_logo(line: _Line, above: _Line) -> bool:
    """Whether a line that ends an article is a page's name or the logo of the next column."""
    return (
        len(line.text) <= _LOGO_LENGTH
        and line.gap > 0
        and _like_title(line)
        and _JUMP.search(line.text) is None
        and ends_sentence(above.text)
    )


def _sum(lines: list[_Line]) -> Byline:
    """The names of all lines of a byline, read as one: a role goes on over the line break."""
    return parse_byline(" ".join(line.text for line in lines)) or Byline()


@dataclass(slots=True)
class _Body:
    paragraphs: list[Block] = field(default_factory=list)
    subheads: list[Block] = field(default_factory=list)
    jumps: list[Block] = field(default_factory=list)


def _body(lines: list[_Line]) -> _Body:
    """Body lines → paragraphs, cut ones re-joined; subheads and jump marks apart."""
    out = _Body()
    pieces = [piece for line in lines for piece in _without_jump(line, out.jumps)]
    open_ = False  # whether the last paragraph goes on
    for at, piece in enumerate(pieces):
        text = piece.text
        if open_ and out.paragraphs:
            last = out.paragraphs[-1]
            out.paragraphs[-1] = Block(last.text + text, (*last.spans, *piece.spans))
        elif _is_subhead(pieces, at):
            out.subheads.append(piece)
            continue
        else:
            out.paragraphs.append(piece)
        after = next((p.text for n, p in enumerate(pieces[at + 1 :], at + 1)), None)
        open_ = after is not None and is_cut(out.paragraphs[-1].text, after)
    return out


def _is_subhead(pieces: list[Block], at: int) -> bool:
    """Whether a short piece heads a section, and is not the stub of a paragraph that a column break cut."""
    text = pieces[at].text
    return (
        0 < at < len(pieces) - 1
        and len(text) <= _SUBHEAD_LENGTH
        and not re.search("[,,。;；:：]", text)
        and not ends_sentence(text)
        and not runs_on(text, pieces[at + 1].text)
    )


def _without_jump(line: _Line, jumps: list[Block]) -> list[Block]:
    """The line's text without its jump mark, which is added to `jumps`."""
    match = _JUMP.search(line.text)
    if match is None:
        return [line.block]
    start, end = line.start + match.start(), line.start + match.end()
    jumps.append(Block(match.group(), ((start, end),)))
    parts: list[Span] = [(line.start, start), (end, line.end)]
    out = []
    for a, b in parts:
        text = line.text[a - line.start : b - line.start]
        if bare := text.strip():
            at = a + text.index(bare)
            out.append(Block(bare, ((at, at + len(bare)),)))
    return out


def _headline(lines: list[_Line]) -> str:
    return " ".join(" ".join(line.text.split()) for line in lines)


def _article(item: _Item, source: str, taken: set[str]) -> Article:
    body = _body(item.body)
    byline = _sum(item.bylines)
    if item.kind == "photo":
        byline = Byline((), byline.correspondents, byline.photographers or byline.reporters)
    elif body.paragraphs:
        for paragraph in (body.paragraphs[0], body.paragraphs[-1]):
            byline += inline_byline(paragraph.text) or Byline()
    headline = _headline(item.headline)
    jump = _JUMP.search(body.jumps[-1].text) if body.jumps else None
    printed = "\n".join([headline, *(p.text for p in body.paragraphs)])
    while (name := article_id(source, printed)) in taken:
        printed += "\n"  # the same article printed twice on one page
    taken.add(name)
    return Article(
        id=name,
        source=source,
        kind=item.kind,
        headline=headline,
        headline_blocks=tuple(line.block for line in item.headline),
        bylines=tuple(line.block for line in item.bylines),
        paragraphs=tuple(body.paragraphs),
        subheads=tuple(body.subheads),
        jump="".join(jump.group(1).split()) if jump else "",
        jump_blocks=tuple(body.jumps),
        reporters=byline.reporters,
        correspondents=byline.correspondents,
        photographers=byline.photographers,
    )


def _index_boxes(lines: list[_Line], source: str) -> list[tuple[int, Article]]:
    entries = [line for line in lines if line.role == "index"]
    if not entries:
        return []
    blocks = tuple(line.block for line in entries)
    text = "\n".join(line.text for line in entries)
    box = Article(article_id(source, text), source, "index", "", (), (), blocks, (), "", (), (), (), ())
    return [(entries[0].start, box)]


def read_page(extracted: Extracted, source: str, sha256: str) -> Page:
    """Read one page.

    :param extracted: what the file's format gave; all spans count characters of its text.
    :param source: the file's path below the folder of pages, with forward slashes.
    """
    text = extracted.text
    lines = _lines(text)
    for (start, end), reason in extracted.asides:
        for line in lines:
            if start <= line.start and line.end <= end:
                line.role = reason
    _set_roles(lines)
    items = _cut_into_items(lines)
    claimed = {id(line) for item in items for line in (*item.headline, *item.bylines, *item.body)}
    taken: set[str] = set()
    placed = [(_first(item), _article(item, source, taken)) for item in items] + _index_boxes(lines, source)
    placed.sort(key=lambda entry: entry[0])
    furniture = tuple(
        Furniture(line.block, "page name" if line.role in ("text", "dateline") else line.role)
        for line in lines
        if id(line) not in claimed and line.role != "index"
    )
    date, number = date_and_page(source)
    return Page(
        source=source,
        text=text,
        sha256=sha256,
        date=date,
        page=number,
        articles=tuple(article for _, article in placed),
        furniture=furniture,
        regions=extracted.regions,
        notes=extracted.notes,
    )


def _first(item: _Item) -> int:
    return min(line.start for line in (*item.headline, *item.bylines, *item.body))
