"""An article → its passages: the paragraphs, and apart from them headline, byline, jump mark and index entries."""

from __future__ import annotations

import re
from collections.abc import Iterator

from corpus.records import Article, Block, Page, Passage, PassageKind, Span

LONGEST = 600
_LETTERS: dict[PassageKind, str] = {
    "body": "p",
    "caption": "c",
    "headline": "h",
    "byline": "b",
    "jump": "j",
    "index": "i",
    "document": "d",
}
_SENTENCE = re.compile(r"[^。!?！？]*(?:[。!?！？]+[”’」』)）]*|$)")


def slice_block(block: Block, start: int, end: int) -> tuple[Span, ...]:
    """The source spans of `block.text[start:end]`.

    >>> slice_block(Block("abcd", ((10, 12), (20, 22))), 1, 3)
    ((11, 12), (20, 21))
    """
    out: list[Span] = []
    at = 0
    for a, b in block.spans:
        low, high = max(start, at), min(end, at + b - a)
        if low < high:
            out.append((a + low - at, a + high - at))
        at += b - a
    return tuple(out)


def _pieces(block: Block) -> Iterator[Block]:
    """The block itself, or, where it is longer than a passage may be, its parts, split at sentence ends."""
    if len(block.text) <= LONGEST:
        yield block
        return
    start = at = 0
    for match in _SENTENCE.finditer(block.text):
        while match.end() - start > LONGEST:
            stop = at if at > start else start + LONGEST
            yield Block(block.text[start:stop], slice_block(block, start, stop))
            start = at = stop
        at = match.end()
    if start < len(block.text):
        yield Block(block.text[start:], slice_block(block, start, len(block.text)))


def _joined(blocks: tuple[Block, ...]) -> Block:
    return Block("".join(b.text for b in blocks), tuple(span for b in blocks for span in b.spans))


def _parts(article: Article) -> Iterator[tuple[PassageKind, int, Block]]:
    if article.kind == "document":
        yield "document", 0, _joined(article.paragraphs)
        return
    if article.kind == "index":
        for n, block in enumerate(article.paragraphs):
            yield "index", n, block
        return
    if article.headline_blocks:
        yield "headline", 0, _joined(article.headline_blocks)
    kind: PassageKind = "caption" if article.kind == "photo" else "body"
    last = len(article.paragraphs) - 1
    if article.bylines and (kind == "body" or last < 0):
        yield "byline", 0, _joined(article.bylines)
    for n, block in enumerate(article.paragraphs):
        if kind == "caption" and n == last:
            block = _joined((block, *article.bylines))  # who took the photo is asked of its caption
        for piece in _pieces(block):
            yield kind, n, piece
    for n, block in enumerate(article.subheads):
        yield "headline", n, block
    for block in article.jump_blocks:
        yield "jump", max(last, 0), block


def passages_of(page: Page) -> list[Passage]:
    """The passages of a page in the order of its articles. Ids are `<article id>-<letter of the kind><n>`."""
    out: list[Passage] = []
    for article in page.articles:
        counts: dict[str, int] = {}
        for kind, paragraph, block in _parts(article):
            n = counts[kind] = counts.get(kind, -1) + 1
            name = f"{article.id}-{_LETTERS[kind]}{n}"
            out.append(
                Passage(name, page.source, article.id, article.headline, kind, paragraph, block.text, block.spans)
            )
    return out
