"""The newspapers to leaf through: the list of issues, an issue with its pages, a page with what is printed on it.

A page whose file has gone or changed is not shown, also where the archive has not been brought up to date yet.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from qa.browsing.find import Found
from qa.browsing.issues import Issue, Item, Library, Sheet, search
from qa.chat.labels import Language, say
from qa.chat.plain_page import Link, anchor, room
from qa.chat.render import DOT, Range, escaped, language_of
from qa.chat.room_parts import (
    NUMBERED,
    article_address,
    find_form,
    found_marked,
    issue_address,
    issue_name,
    item_list,
    known_places,
    page_address,
    pager,
    sheet_name,
    where_printed,
)
from qa.papers import Papers

ISSUES: Final = 60
SHEETS: Final = 40
ITEMS: Final = 300
"""How many are listed at once, of the archive, an issue and a page."""
FOUND: Final = 100
"""How many of the paragraphs found are listed."""
SECONDS: Final = 3.0
"""How long looking up may take: a folder without dates is one issue, of any size."""
_BEFORE, _SHOWN = 40, 200  # characters of a found passage: before the first match, and in all
_Some = TypeVar("_Some")


@dataclass(frozen=True, slots=True)
class Look:
    """How a list is looked at: which of its parts, from 1, and what is looked up in it, one short line or "".

    `to_pages` as for `plain_page.room`.
    """

    part: int = 1
    typed: str = ""
    to_pages: bool = False


def issues_page(found: Sequence[Issue], lang: Language, look: Look) -> str:
    """All issues, the newest first, each with its pages."""
    title = say(lang, "room_issues")
    shown, n, of = _part(found, ISSUES, look.part)
    lines = []
    for issue in shown:
        sheets = "".join(
            f"<li>{anchor(Link(sheet_name(sheet.paper, lang), page_address(sheet.source)))} "
            f'<span class="by">{escaped(say(lang, "room_items", n=len(sheet.items)))}</span></li>'
            for sheet in issue.sheets[:SHEETS]
        )
        name = anchor(Link(issue_name(issue, lang), issue_address(issue)))
        count = escaped(say(lang, "room_sheets", n=len(issue.sheets)))
        lines.append(f'<section><h2>{name}</h2><p class="where">{count}</p><ul class="sheets">{sheets}</ul></section>')
    none = "" if found else f'<p class="notice">{escaped(say(lang, "room_none"))}</p>'
    body = f"<h1>{escaped(title)}</h1>{none}{''.join(lines)}{pager(n, of, '/browse?', lang)}"
    return room(title, body, lang, to_pages=look.to_pages, here="/browse")


def issue_page(library: Library, issue: Issue, lang: Language, look: Look, papers: Papers) -> str:
    """An issue: its pages in order with all that is printed on them, or where what is looked up stands in it."""
    title = issue_name(issue, lang)
    head = f"<h1>{escaped(title)}</h1>{find_form(say(lang, 'room_find_issue'), look.typed, {}, lang)}"
    if look.typed:
        body = _findings(library, [item for sheet in issue.sheets for item in sheet.items], look.typed, papers, lang)
        return room(title, head + body, lang, [Link(title, issue_address(issue))], look.to_pages)
    shown, n, of = _part(issue.sheets, SHEETS, look.part)
    there = [sheet for sheet in shown if _is_there(library, sheet)]
    links = "".join(
        f"<li>{anchor(Link(sheet_name(sheet.paper, lang), f'#s{at:d}'))}</li>" for at, sheet in enumerate(there)
    )
    if len(there) > 1:
        head += f'<nav aria-label="{escaped(say(lang, "room_pages"))}"><ul class="sheets">{links}</ul></nav>'
    body = "".join(
        f'<section id="s{at:d}"><h2>{anchor(Link(sheet_name(sheet.paper, lang), page_address(sheet.source)))}</h2>'
        f"{item_list(sheet.items[:ITEMS], lang)}</section>"
        for at, sheet in enumerate(there)
    )
    body += pager(n, of, issue_address(issue) + "?", lang)
    return room(title, head + body, lang, to_pages=look.to_pages)


def sheet_page(library: Library, issue: Issue, sheet: Sheet, lang: Language, look: Look, papers: Papers) -> str:
    """A page: what is printed on it in order, or where what is looked up stands on it."""
    title = sheet_name(sheet.paper, lang)
    where = DOT.join([*known_places(sheet.paper, lang), escaped(say(lang, "room_file", name=sheet.paper.file))])
    address = page_address(sheet.source)
    head = (
        f'<h1>{escaped(title)}</h1><p class="where">{where}</p>'
        f"{find_form(say(lang, 'room_find_page'), look.typed, {'file': sheet.source}, lang)}"
    )
    if look.typed:
        body = _findings(library, sheet.items, look.typed, papers, lang)
    else:
        shown, n, of = _part(sheet.items, ITEMS, look.part)
        body = item_list(shown, lang) + pager(n, of, address + "&", lang) + _turning(issue, sheet, lang)
    return room(f"{issue_name(issue, lang)} {title}", head + body, lang, [_to(issue, lang)], look.to_pages)


def sheet_of(issues: Iterable[Issue], library: Library, file: str) -> tuple[Issue, Sheet] | None:
    """The page of a file, by its path, and its issue; None where there is none, or no more."""
    for issue in issues:
        for sheet in issue.sheets:
            if sheet.source == file:
                return (issue, sheet) if _is_there(library, sheet) else None
    return None


def _to(issue: Issue, lang: Language) -> Link:
    return Link(issue_name(issue, lang), issue_address(issue))


def _turning(issue: Issue, sheet: Sheet, lang: Language) -> str:
    """Links to the pages before and after."""
    at = issue.sheets.index(sheet)
    links = [
        anchor(
            Link(say(lang, key, name=sheet_name(issue.sheets[to].paper, lang)), page_address(issue.sheets[to].source))
        )
        for key, to in (("room_previous_page", at - 1), ("room_next_page", at + 1))
        if 0 <= to < len(issue.sheets)
    ]
    label = escaped(say(lang, "room_pages"))
    return f'<nav class="pager" aria-label="{label}">{" ".join(links)}</nav>' if links else ""


def _is_there(library: Library, sheet: Sheet) -> bool:
    """Whether the file of a page is still the one that was read: an archive that follows its folder looks."""
    return not sheet.items or library.article(sheet.items[0].article_id) is not None


def _part(some: Sequence[_Some], most: int, n: int) -> tuple[Sequence[_Some], int, int]:
    """The `n`th part of a list of which `most` are shown at once, its number, and of how many; else the nearest."""
    of = max(-(-len(some) // most), 1)
    n = min(max(n, 1), of)
    return some[(n - 1) * most : n * most], n, of


def _findings(library: Library, items: Sequence[Item], typed: str, papers: Papers, lang: Language) -> str:
    found, looked = _look_up(library, items, typed)
    said = [say(lang, "room_found" if found else "room_found_none", typed=typed, n=len(found))]
    if len(found) > FOUND:
        said.append(say(lang, "room_found_first", n=FOUND))
    if looked < len(items):
        said.append(say(lang, "room_found_in_part", n=looked, of=len(items)))
    shown = found[:FOUND]
    lines = "".join(
        f"<li>{_finding(library, one, typed, papers, lang, _goes_on(shown, at))}</li>" for at, one in enumerate(shown)
    )
    return f"<h2>{escaped(' '.join(said))}</h2>" + (f'<ol class="found">{lines}</ol>' if lines else "")


def _look_up(library: Library, items: Sequence[Item], typed: str) -> tuple[list[Found], int]:
    """What is found in the first of the items, as many as can be read through in time, and in how many."""
    end, found, looked = time.monotonic() + SECONDS, list[Found](), 0
    for item in items:
        found.extend(search(library, typed, article_id=item.article_id))
        looked += 1
        if time.monotonic() > end:
            break
    return sorted(found, key=lambda one: not one.exact), looked


def _goes_on(found: Sequence[Found], at: int) -> bool:
    """Whether what is found is of the article of the one above it, whose headline need not be said again."""
    return at > 0 and found[at].passage.article_id == found[at - 1].passage.article_id


def _finding(library: Library, one: Found, typed: str, papers: Papers, lang: Language, goes_on: bool) -> str:
    passage = one.passage
    number = passage.paragraph + 1 if passage.kind in NUMBERED else None
    title = passage.headline or say(lang, "untitled")
    address = article_address(passage.article_id, number, typed)
    place = say(lang, passage.kind) if number is None else say(lang, "paragraph", n=number)
    extract = f'<p class="passage" lang="{language_of(passage.text)}">{_extract(passage.text, one.ranges)}</p>'
    if goes_on:
        # Whoever goes from link to link hears of which article it is.
        label = escaped(f"{place} {title}")
        return f'<a class="item again" href="{escaped(address)}" aria-label="{label}">{escaped(place)}</a>{extract}'
    link = anchor(Link(title, address), "item", language_of(title))
    try:
        where = where_printed(papers.of(library.page(passage.source)), lang)
    except KeyError:  # it went while we looked
        return link
    return f'{link} <span class="by">{where}{DOT}{escaped(place)}</span>{extract}'


def _extract(text: str, found: Sequence[Range]) -> str:
    """The words around the first match, with an ellipsis where the passage goes on."""
    start = max(found[0][0] - _BEFORE, 0)
    end = min(max(start + _SHOWN, found[0][1]), len(text))
    inside = [(low - start, min(high, end) - start) for low, high in found if low < end]
    before, after = "…" if start else "", "…" if end < len(text) else ""
    return before + found_marked(text[start:end], inside) + after
