"""An article as a page to read and to print: as it stands in the newspaper, then what belongs to it, then citations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from corpus.records import Article, Passage
from qa.browsing.find import find
from qa.browsing.issues import Item, Library, Part, Reading
from qa.chat.glosses import date_line, date_notes
from qa.chat.labels import Language, say
from qa.chat.plain_page import Link, anchor, room
from qa.chat.render import Range, escaped, language_of
from qa.chat.room_parts import (
    NUMBERED,
    article_address,
    found_marked,
    item_list,
    page_address,
    sheet_name,
    where_printed,
)
from qa.cite_formats import bibliography
from qa.papers import Paper, Papers
from qa.records import CitationStyle, Hit

_STYLES: Final[dict[CitationStyle, str]] = {
    "gbt": "GB/T 7714-2015",
    "ris": "RIS",
    "bibtex": "BibTeX",
    "markdown": "Markdown",
    "csl": "CSL-JSON",
}
_NEIGHBOURS: Final = 30
"""How many other items of its page are listed below an article; the page's own list has all."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of an article: a paragraph to mark, from 1, or None; words to mark, or "".

    `to_pages` as for `plain_page.room`.
    """

    paragraph: int | None = None
    typed: str = ""
    to_pages: bool = False


NOTHING: Final = Asked()


def article_page(library: Library, reading: Reading, papers: Papers, lang: Language, asked: Asked = NOTHING) -> str:
    """The article as printed. Body paragraph n (from 1) has the element id `pN`; the address's `#pN` marks it too.

    Below a paragraph stand the days that its dates mean.
    """
    article = reading.article
    marks = _found(reading, asked.typed)
    head = [_headline(reading, marks, lang), f'<p class="where">{where_printed(reading.paper, lang)}</p>']
    body = []
    for at, part in enumerate(reading.parts):
        if part.kind == "byline":
            head.append(f'<p class="people">{found_marked(part.text, marks.get(at, ()))}</p>')
        elif part.kind != "headline":
            body.append(_part(part, marks.get(at, ()), reading, lang, asked))
    if asked.typed:
        key = "room_in_article" if marks else "room_found_none"
        head.append(f'<p class="notice">{escaped(say(lang, key, typed=asked.typed, n=len(marks)))}</p>')
    papers_of = _papers_of(library, reading, papers)
    lines = [
        *_continued(reading.before, "comes_from", papers_of, lang),
        *body,
        *_continued(reading.after, "goes_on", papers_of, lang),
    ]
    text = f'<article lang="{_language(article)}"><header>{"".join(head)}</header>{"".join(lines)}</article>'
    below = [
        _section("photos", "room_photos", reading.photos, lang),
        _section("story", "room_story", () if reading.story is None else (reading.story,), lang),
        _citations(library, reading, papers, lang, asked),
        _neighbours(reading, lang),
        _section("related", "room_related", reading.related, lang, papers_of),
    ]
    way = [Link(sheet_name(reading.paper, lang), page_address(article.source))]
    return room(_title(reading, lang), text + "".join(below), lang, way, asked.to_pages)


def _title(reading: Reading, lang: Language) -> str:
    if reading.article.headline:
        return reading.article.headline
    return say(lang, "room_photo" if reading.article.kind == "photo" else "untitled")


def _headline(reading: Reading, marks: Mapping[int, Sequence[Range]], lang: Language) -> str:
    """The headline, a line of print a line."""
    lines = [
        f'<span class="line">{found_marked(part.text, marks.get(at, ()))}</span>'
        for at, part in enumerate(reading.parts)
        if part.kind == "headline"
    ]
    if not reading.article.headline or not lines:
        title = _title(reading, lang)
        return f'<h1 lang="{language_of(title)}">{escaped(title)}</h1>'
    return f"<h1>{' '.join(lines)}</h1>"


def _part(part: Part, found: Sequence[Range], reading: Reading, lang: Language, asked: Asked) -> str:
    if part.kind == "subhead":
        return f"<h2>{found_marked(part.text, found)}</h2>"
    if part.paragraph is None:
        return f'<p class="people">{found_marked(part.text, found)}</p>'
    number = part.paragraph + 1
    notes = date_notes(part.text, reading.page)
    # The browser goes to what is in focus where the address names no place.
    here = ' class="body asked" tabindex="-1" autofocus' if asked.paragraph == number else ' class="body"'
    own = (
        f'<a class="number" lang="{lang}" href="{escaped(article_address(reading.article.id, number))}" '
        f'aria-label="{escaped(say(lang, "paragraph", n=number))}">{number:d}</a>'
    )
    return (
        f'<div class="paragraph">{own}<p{here} id="p{number:d}">{found_marked(part.text, found, notes)}</p></div>'
        f"{date_line(part.text, notes, lang)}"
    )


def _found(reading: Reading, typed: str) -> dict[int, tuple[Range, ...]]:
    """Where what is typed stands in the article's parts, by their place among these."""
    if not typed:
        return {}
    article = reading.article
    parts = [
        Passage(str(at), article.source, article.id, article.headline, "body", 0, part.text, part.spans)
        for at, part in enumerate(reading.parts)
    ]
    return {int(one.passage.id): one.ranges for one in find(parts, typed)}


def _language(article: Article) -> str:
    return language_of(article.headline + "".join(block.text for block in article.paragraphs[:1]))


def _papers_of(library: Library, reading: Reading, papers: Papers) -> dict[str, Paper]:
    """The papers of the articles that are linked from other pages, by article."""
    out = {}
    for item in (*(one for one in (reading.before, reading.after) if one is not None), *reading.related):
        article = library.article(item.article_id)
        try:
            if article is not None:
                out[item.article_id] = papers.of(library.page(article.source))
        except KeyError:  # it went while we looked
            continue
    return out


def _continued(item: Item | None, key: str, papers: Mapping[str, Paper], lang: Language) -> list[str]:
    """A link to the other part of an article: 转第2版《…》, 接第1版《…》."""
    if item is None or item.article_id not in papers:
        return []
    title = say(lang, "untitled") if item.untitled else item.title
    said = say(lang, key, place=sheet_name(papers[item.article_id], lang), headline=title)
    return [f'<p class="people" lang="{lang}">{anchor(Link(said, article_address(item.article_id)))}</p>']


def _section(
    name: str, key: str, items: Sequence[Item], lang: Language, papers: dict[str, Paper] | None = None, more: str = ""
) -> str:
    if not items:
        return ""
    return (
        f'<section class="{name}" aria-labelledby="{name}"><h2 id="{name}">{escaped(say(lang, key))}</h2>'
        f"{item_list(items, lang, papers)}{more}</section>"
    )


def _neighbours(reading: Reading, lang: Language) -> str:
    belonging = {one.article_id for one in (*reading.photos, *((reading.story,) if reading.story else ()))}
    others = [one for one in reading.neighbours if one.article_id not in belonging]
    whole = anchor(Link(say(lang, "room_whole_page"), page_address(reading.article.source)))
    return _section("neighbours", "room_neighbours", others[:_NEIGHBOURS], lang, more=f"<p>{whole}</p>")


def _citations(library: Library, reading: Reading, papers: Papers, lang: Language, asked: Asked) -> str:
    """The article, or the paragraph asked for, cited in each style; one click selects a citation."""
    cited, number = _cited(library, reading, asked)
    hit = Hit(cited, reading.article, reading.page, 0.0)
    forms = {style: bibliography([hit], style, papers) for style in _STYLES}
    heading = say(lang, "room_cite") if number is None else say(lang, "room_cite_paragraph", n=number)
    address = article_address(reading.article.id, number)
    others = "".join(
        f'<dt>{name}</dt><dd><pre class="citation" tabindex="0">{escaped(forms[style])}</pre></dd>'
        for style, name in _STYLES.items()
        if style != "gbt"
    )
    return (
        f'<section class="cite" aria-labelledby="cite"><h2 id="cite">{escaped(heading)}</h2>'
        f'<p class="citation">{escaped(forms["gbt"])}</p>'
        f'<p class="where">{anchor(Link(say(lang, "room_permalink"), address))}</p>'
        f"<details><summary>{'、'.join(list(_STYLES.values())[1:])}</summary>"
        f'<p class="where">{escaped(say(lang, "room_select"))}</p><dl>{others}</dl></details></section>'
    )


def _cited(library: Library, reading: Reading, asked: Asked) -> tuple[Passage, int | None]:
    """What to cite and the number of its paragraph: the one asked for, or all of the article as one passage."""
    article = reading.article
    if asked.paragraph is not None:
        for passage in library.passages_of(article.id):
            if passage.kind in NUMBERED and passage.paragraph + 1 == asked.paragraph:
                return passage, asked.paragraph
    text = "".join(block.text for block in article.paragraphs)
    return Passage(article.id, article.source, article.id, article.headline, "document", 0, text, article.spans), None
