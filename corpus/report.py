"""What each line of a page was read as: for the reader of `baowen index --report`, and for checking a reader."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from corpus.records import Article, Block, Page, Span


@dataclass(frozen=True, slots=True)
class Reading:
    """A stretch of a page's text and what it was read as.

    `line` counts the lines of the page's text from 1, `span` is the half-open range of its characters. `item` counts
    the page's articles, photo items and index boxes from 1 and is 0 for text that none of them claims. `role` is
    "headline", "byline", "paragraph 1", "subhead", "jump mark", "index entry", or the reason why no item claims it.
    """

    line: int
    span: Span
    item: int
    role: str
    text: str


def readings(page: Page) -> list[Reading]:
    """Every stretch of the page, in the order of its text."""
    found = [
        (span, number, role)
        for number, article in enumerate(page.articles, 1)
        for role, block in _parts(article)
        for span in block.spans
    ]
    found += [(span, 0, rest.reason) for rest in page.furniture for span in rest.block.spans]
    out: list[Reading] = []
    line = 1
    at = 0
    for span, number, role in sorted(found):
        line += page.text.count("\n", at, span[0])
        at = span[0]
        out.append(Reading(line, span, number, role, page.text[span[0] : span[1]]))
    return out


def unread(page: Page) -> list[Span]:
    """Ranges of the page that hold a character other than white space and were read as nothing: always empty."""
    left: list[Span] = []
    at = 0
    for start, end in [*(reading.span for reading in readings(page)), (len(page.text), len(page.text))]:
        if page.text[at:start].strip():
            left.append((at, start))
        at = max(at, end)
    return left


def _parts(article: Article) -> Iterator[tuple[str, Block]]:
    named = "index entry" if article.kind == "index" else "paragraph"
    for block in article.headline_blocks:
        yield "headline", block
    for block in article.bylines:
        yield "byline", block
    for number, block in enumerate(article.paragraphs, 1):
        yield f"{named} {number}", block
    for block in article.subheads:
        yield "subhead", block
    for block in article.jump_blocks:
        yield "jump mark", block
