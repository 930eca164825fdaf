"""Leafing through the pages: issues by date, their pages, the articles on them; an article with what belongs to it.

Records of plain text alone; how they look is the window's business.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final, Literal, Protocol

from corpus.issue import page_key
from corpus.records import Article, Block, ItemKind, Page, Passage, Span
from qa.browsing.find import Found, find
from qa.browsing.pictures import pictured
from qa.papers import Paper, Papers
from qa.plain import one_line

PartKind = Literal["headline", "byline", "paragraph", "subhead", "jump"]
_OPENING: Final = 24
_RELATED: Final = 5


class Library(Protocol):
    """What browsing needs of an archive: `qa.archive.Archive` and `qa.live.Live` have it."""

    @property
    def pages(self) -> tuple[Page, ...]: ...
    @property
    def continuations(self) -> Mapping[str, str]: ...
    def article(self, article_id: str) -> Article | None: ...
    def page(self, source: str) -> Page: ...
    def passages_of(self, article_id: str) -> list[Passage]: ...
    def related(self, article_id: str, k: int = 5) -> list[tuple[Article, float]]: ...


@dataclass(frozen=True, slots=True)
class Item:
    """An article, photo item or index box in a list.

    `title` is its headline on one line; where it has none, its opening words, and `untitled` is set.
    """

    article_id: str
    kind: ItemKind
    title: str
    untitled: bool
    signed: tuple[str, ...]
    paragraphs: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page: its file, its paper and what the file is called there, its items in printed order."""

    source: str
    paper: Paper
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Issue:
    """The pages of one newspaper's day, in the order of their numbers.

    Pages of which no date is known are together by their folder: then `date` is None and `folder` names it.
    """

    title: str | None
    date: datetime.date | None
    folder: str
    sheets: tuple[Sheet, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of an article in printed order; `paragraph` counts the body paragraphs from 0, None for other pieces."""

    kind: PartKind
    text: str
    paragraph: int | None
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """An article to read: its parts, and what belongs to it.

    `before` and `after` are the articles that it continues and that continue it on another page; `photos` are the photo
    items that belong to it, `story` is the article that it belongs to, if it is such a photo item; `neighbours` are all
    other items of its page in printed order; `related` are articles on the same things, the most alike first.
    """

    article: Article
    page: Page
    paper: Paper
    parts: tuple[Part, ...]
    before: Item | None
    after: Item | None
    photos: tuple[Item, ...]
    story: Item | None
    neighbours: tuple[Item, ...]
    related: tuple[Item, ...]


def issues(pages: Iterable[Page], papers: Papers | None = None) -> tuple[Issue, ...]:
    """The issues, the newest first, those without a date last.

    :param papers: what is known of the papers; what it says of a page's date and number counts.
    """
    known = papers or Papers()
    groups: dict[tuple[str | None, datetime.date | None, str], list[Sheet]] = {}
    for page in pages:
        paper = known.of(page)
        folder = str(PurePosixPath(page.source).parent) if paper.date is None else "."
        sheet = Sheet(page.source, paper, tuple(map(item, page.articles)))
        groups.setdefault((paper.title, paper.date, "" if folder == "." else folder), []).append(sheet)
    made = [
        Issue(title, date, folder, tuple(sorted(sheets, key=_sheet_order)))
        for (title, date, folder), sheets in groups.items()
    ]
    return tuple(sorted(made, key=lambda issue: (_days_back(issue.date), issue.title or "", issue.folder)))


def item(article: Article) -> Item:
    """An article as it stands in a list."""
    headline = one_line(article.headline)
    opening = article.paragraphs[0].text if article.paragraphs else "".join(block.text for block in article.bylines)
    signed = dict.fromkeys((*article.reporters, *article.correspondents, *article.photographers))
    return Item(
        article.id,
        article.kind,
        headline or one_line(opening, _OPENING),
        not headline,
        tuple(map(one_line, signed)),
        len(article.paragraphs),
    )


def reading(library: Library, article_id: str, papers: Papers | None = None) -> Reading | None:
    """An article to read; None where there is none of this id."""
    article = library.article(article_id)
    if article is None:
        return None
    try:
        page = library.page(article.source)
    except KeyError:  # it went while we looked
        return None
    after = library.continuations.get(article_id)
    before = next((one for one, on in library.continuations.items() if on == article_id), None)
    shown = pictured(page)
    photos = [photo for photo, story in shown.items() if story == article_id]
    belonging = {before, after, shown.get(article_id), *photos}
    related = [
        other for other, _ in library.related(article_id, _RELATED + len(belonging)) if other.id not in belonging
    ]
    return Reading(
        article=article,
        page=page,
        paper=(papers or Papers()).of(page),
        parts=parts(article),
        before=_item_of(library, before),
        after=_item_of(library, after),
        photos=tuple(one for photo in photos if (one := _item_of(library, photo)) is not None),
        story=_item_of(library, shown.get(article_id)),
        neighbours=tuple(item(other) for other in page.articles if other.id != article_id),
        related=tuple(map(item, related[:_RELATED])),
    )


def parts(article: Article) -> tuple[Part, ...]:
    """What an article prints: headline, signatures, then paragraphs, subheads and jump marks as they stand."""
    body = [_part("paragraph", block, n) for n, block in enumerate(article.paragraphs)]
    for subhead in article.subheads:
        # Paragraphs stand in the order in which they are read; a subhead goes before the first that begins after it.
        at = next((n for n, part in enumerate(body) if _start(part.spans) > _start(subhead.spans)), len(body))
        body.insert(at, _part("subhead", subhead))
    return (
        *(_part("headline", block) for block in article.headline_blocks),
        *(_part("byline", block) for block in article.bylines),
        *body,
        *(_part("jump", block) for block in article.jump_blocks),
    )


def search(library: Library, typed: str, sources: Iterable[str] = (), article_id: str = "") -> list[Found]:
    """The passages that hold what is typed, in printed order, those that hold it in one piece first.

    Every passage is read through, which suits an issue; `Archive.retrieve` searches everything.

    :param sources: the pages to look in, such as those of an issue.
    :param article_id: the one article to look in, in place of these.
    """
    if article_id:
        return find(library.passages_of(article_id), typed)
    wanted = frozenset(sources)
    articles = (article for page in library.pages if page.source in wanted for article in page.articles)
    return find((passage for article in articles for passage in library.passages_of(article.id)), typed)


def _part(kind: PartKind, block: Block, paragraph: int | None = None) -> Part:
    return Part(kind, block.text, paragraph, block.spans)


def _start(spans: tuple[Span, ...]) -> int:
    return spans[0][0] if spans else 0


def _item_of(library: Library, article_id: str | None) -> Item | None:
    article = None if article_id is None else library.article(article_id)
    return None if article is None else item(article)


def _days_back(day: datetime.date | None) -> int:
    return 1 if day is None else -day.toordinal()


def _sheet_order(sheet: Sheet) -> tuple[int, str, int, str]:
    """By section and number (1, 2, 10, A1, B1); pages without a number after those, by their file."""
    match = re.fullmatch(r"([A-Z]*)(\d+)", page_key(sheet.paper.page)) if sheet.paper.page is not None else None
    return (1, "", 0, sheet.paper.file) if match is None else (0, match[1], int(match[2]), sheet.paper.file)
