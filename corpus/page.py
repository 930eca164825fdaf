"""A page's text → articles, photo items, index boxes and furniture.

The page is read line by line (`lines`), the lines are cut into items (`marks`, `items`), an item's body into paragraphs
(`body`). Every line that no article claims is kept with a reason.
"""

from __future__ import annotations

from collections import Counter

from corpus.body import read_body
from corpus.bylines import Byline, credit_at_end, inline_byline
from corpus.ids import article_id
from corpus.issue import date_and_page, masthead_date_and_page
from corpus.items import cut_into_items
from corpus.lines import TOP, Line, lines_of
from corpus.marks import Item, sum_of
from corpus.passages import slice_block
from corpus.records import Article, Block, Extracted, Furniture, Page


def _headline(lines: list[Line]) -> str:
    return " ".join(" ".join(line.text.split()) for line in lines)


def _article(item: Item, source: str, copies: Counter[str], text: str) -> Article:
    body = read_body(item.body, text)
    credits: list[Block] = []
    byline = sum_of(item.bylines) if item.bylines else Byline()
    if item.signature:
        byline += sum_of(item.signature)
    if item.kind == "photo":
        body.paragraphs, credits, named = _without_credits(body.paragraphs)
        byline = (byline + named).as_credit()
    elif body.paragraphs:
        for paragraph in (body.paragraphs[0], body.paragraphs[-1]):
            byline += inline_byline(paragraph.text) or Byline()
    headline = _headline(item.headline)
    printed = "\n".join([headline, *(p.text for p in body.paragraphs)])
    copies[printed] += 1
    printed += "\n" * (copies[printed] - 1)  # the same article printed twice on one page
    return Article(
        id=article_id(source, printed),
        source=source,
        kind=item.kind,
        headline=headline,
        headline_blocks=tuple(line.block for line in item.headline),
        bylines=(*(line.block for line in (*item.bylines, *item.signature)), *credits),
        paragraphs=tuple(body.paragraphs),
        subheads=tuple(body.subheads),
        jump=body.jump,
        jump_blocks=tuple(body.jumps),
        reporters=byline.reporters,
        correspondents=byline.correspondents,
        photographers=byline.photographers,
    )


def _masthead(lines: list[Line], asides: set[str]) -> list[str]:
    """The lines that may state the issue's date and page: those at the head of the page, or of its format's headers."""
    roles = {"masthead", "page number", "page name", "imprint", "text"}
    return [line.text for n, line in enumerate(lines) if line.role in asides or (n < TOP and line.role in roles)]


def _inside(lines: list[Line], asides: set[str]) -> list[Line]:
    """The lines without those that the file's format shows to be no article text, as if they were not there."""
    if not asides:
        return lines
    out: list[Line] = []
    gap = 0
    for line in lines:
        gap = max(gap, line.gap)
        if line.role not in asides:
            line.gap = gap
            out.append(line)
            gap = 0
    return out


def _without_credits(captions: list[Block]) -> tuple[list[Block], list[Block], Byline]:
    """The captions without the credit that stands at their end: `…。张三 摄`."""
    texts: list[Block] = []
    credits: list[Block] = []
    named = Byline()
    for block in captions:
        found = credit_at_end(block.text)
        if found is None or not block.text[: found[0]].strip():
            texts.append(block)
            continue
        at, byline = found
        named += byline
        for part, start, end in ((texts, 0, len(block.text[:at].rstrip())), (credits, at, len(block.text))):
            while block.text[start].isspace():
                start += 1
            part.append(Block(block.text[start:end], slice_block(block, start, end)))
    return texts, credits, named


def _index_boxes(lines: list[Line], source: str) -> list[tuple[int, Article]]:
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
    lines = lines_of(extracted)
    items = cut_into_items(_inside(lines, {reason for _, reason in extracted.asides}))
    claimed = {id(line) for item in items for line in (*item.headline, *item.bylines, *item.body, *item.signature)}
    copies: Counter[str] = Counter()
    placed = [(item.start, _article(item, source, copies, text)) for item in items] + _index_boxes(lines, source)
    placed.sort(key=lambda entry: entry[0])
    furniture = tuple(
        Furniture(line.block, "page name" if line.role in ("text", "dateline", "jump", "byline") else line.role)
        for line in lines
        if id(line) not in claimed and line.role != "index"
    )
    date, number = date_and_page(source)
    if date is None or number is None:
        printed = masthead_date_and_page(_masthead(lines, {reason for _, reason in extracted.asides}))
        date, number = (date or printed[0], number or printed[1])
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
