"""The records that leave `corpus`: pages, their articles and the passages that can be found and cited.

Every text here is printed text: the characters of the source file, never a normalised form. A `Span` is a half-open
range of Python characters of a page's `text`; a record with several spans has as its own `text` their concatenation
with white space at the joints dropped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Span = tuple[int, int]
ItemKind = Literal["article", "photo", "index", "document"]
PassageKind = Literal["body", "caption", "headline", "byline", "jump", "index", "document"]


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of printed text and where it stands in its page."""

    text: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Article:
    """One article, photo item or index box of a page.

    `id` is made of the source's name and the article's own text, so that it survives re-indexing.
    `paragraphs` are the body alone; headline, byline, credit and jump mark have blocks of their own.
    """

    id: str
    source: str
    kind: ItemKind
    headline: str
    headline_blocks: tuple[Block, ...]
    bylines: tuple[Block, ...]
    paragraphs: tuple[Block, ...]
    subheads: tuple[Block, ...]
    jump: str
    jump_blocks: tuple[Block, ...]
    reporters: tuple[str, ...]
    correspondents: tuple[str, ...]
    photographers: tuple[str, ...]

    @property
    def spans(self) -> tuple[Span, ...]:
        """Every range of the page's text that belongs to this article, in the order of the page."""
        blocks = (*self.headline_blocks, *self.bylines, *self.paragraphs, *self.subheads, *self.jump_blocks)
        return tuple(sorted(span for block in blocks for span in block.spans))


@dataclass(frozen=True, slots=True)
class Furniture:
    """Text of a page that no article claims, with the reason why."""

    block: Block
    reason: str


@dataclass(frozen=True, slots=True)
class Region:
    """Where a range of a page's text is printed, for formats with a layout (PDF, scanned images).

    `start` and `end` are a half-open range of the page's text; `sheet` is the page of the file, from 1. `box` is left,
    top, right, bottom, counted from the sheet's upper left corner: points in a PDF, pixels in an image.
    """

    start: int
    end: int
    sheet: int
    box: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Extracted:
    """What a file format gives: the text, with line feeds as line ends, one paragraph or title line a line.

    `asides` are ranges that the format itself shows to be no article text (a web page's frame), with the reason;
    `headings` are ranges of lines that it shows to be an article's headline (h1, a title style, the largest letters),
    not its subheads; `regions` are in the order of the text and do not overlap; `notes` are sentences for the user
    about how it was read.
    """

    text: str
    asides: tuple[tuple[Span, str], ...] = ()
    regions: tuple[Region, ...] = ()
    notes: tuple[str, ...] = ()
    headings: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """One source file, decoded and read.

    `text` is the `source_text` with line feeds as line ends: a plain-text file's own text, and for other formats the
    text that was extracted from it. `regions` say where it is printed, `notes` how it was read.
    """

    source: str
    text: str
    sha256: str
    date: str | None
    page: str | None
    articles: tuple[Article, ...]
    furniture: tuple[Furniture, ...]
    regions: tuple[Region, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """The unit that is searched and cited: one paragraph of one article, never more.

    `paragraph` counts the body paragraphs of the article from 0; for a headline, byline or jump mark it is the
    paragraph that the mark stands next to (0 for headline and byline).
    """

    id: str
    source: str
    article_id: str
    headline: str
    kind: PassageKind
    paragraph: int
    text: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was not read, and why, in one sentence.

    `holds`: under what conditions the same bytes would be skipped again (see `corpus.limits.conditions`); "" where
    they might be read the next time.
    """

    source: str
    reason: str
    holds: str = ""


@dataclass(frozen=True, slots=True)
class Corpus:
    """Pages in order of their path, and the files that were skipped."""

    root: str
    pages: tuple[Page, ...]
    skipped: tuple[Skipped, ...]
