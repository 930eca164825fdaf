"""A page's text → articles, photo items, index boxes and furniture.

The page is read line by line (`lines`), the lines are cut into items (`items`), an item's body into paragraphs
(`body`). Every line that no article claims is kept with a reason.
"""

from __future__ import annotations

from corpus.body import read_body
from corpus.bylines import Byline, inline_byline, inline_credit
from corpus.ids import article_id
from corpus.issue import date_and_page
from corpus.items import Item, cut_into_items, sum_of
from corpus.lines import Line, lines_of
from corpus.records import Article, Extracted, Furniture, Page


def _headline(lines: list[Line]) -> str:
    return " ".join(" ".join(line.text.split()) for line in lines)


def _article(item: Item, source: str, taken: set[str], text: str) -> Article:
    body = read_body(item.body, text)
    byline = sum_of(item.bylines) if item.bylines else Byline()
    if item.signature:
        byline += sum_of(item.signature)
    if item.kind == "photo":
        for paragraph in body.paragraphs:
            byline += inline_credit(paragraph.text) or Byline()
        byline = byline.as_credit()
    elif body.paragraphs:
        for paragraph in (body.paragraphs[0], body.paragraphs[-1]):
            byline += inline_byline(paragraph.text) or Byline()
    headline = _headline(item.headline)
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
        bylines=tuple(line.block for line in (*item.bylines, *item.signature)),
        paragraphs=tuple(body.paragraphs),
        subheads=tuple(body.subheads),
        jump=body.jump,
        jump_blocks=tuple(body.jumps),
        reporters=byline.reporters,
        correspondents=byline.correspondents,
        photographers=byline.photographers,
    )


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
    items = cut_into_items(lines)
    claimed = {id(line) for item in items for line in (*item.headline, *item.bylines, *item.body, *item.signature)}
    taken: set[str] = set()
    placed = [(item.start, _article(item, source, taken, text)) for item in items] + _index_boxes(lines, source)
    placed.sort(key=lambda entry: entry[0])
    furniture = tuple(
        Furniture(line.block, "page name" if line.role in ("text", "dateline", "jump", "byline") else line.role)
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
