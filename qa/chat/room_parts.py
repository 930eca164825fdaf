"""What the pages of the reading room share: addresses, where something is printed, lists, what was looked up."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote, urlencode

from qa.browsing.find import LONGEST
from qa.browsing.issues import Issue, Item
from qa.chat.labels import Language, say
from qa.chat.plain_page import Link, anchor
from qa.chat.render import DOT, Note, Range, escaped, language_of, marked, page_name
from qa.papers import Paper

NUMBERED: Final = ("body", "caption", "document", "index")
"""The kinds of passages that stand at a paragraph of the article's page; others are found at its top."""


def article_address(article_id: str, paragraph: int | None = None, typed: str = "") -> str:
    """The permalink of an article, or of a paragraph of it, counted from 1; what is `typed` is marked there."""
    asked = {"p": str(paragraph)} if paragraph is not None else {}
    query = urlencode(asked | ({"q": typed} if typed else {}))
    place = f"#p{paragraph:d}" if paragraph is not None else ""
    return f"/article/{quote(article_id, safe='')}{'?' if query else ''}{query}{place}"


def page_address(source: str) -> str:
    """The address of a newspaper page, by its file's path below the folder of the pages."""
    return f"/page?{urlencode({'file': source})}"


def issue_key(issue: Issue) -> str:
    """What tells an issue apart: its day, and, where it has a newspaper's name or a folder, a sum of these."""
    day = "undated" if issue.date is None else issue.date.isoformat()
    named = f"{issue.title or ''}\n{issue.folder}"
    known = hashlib.sha256(named.encode()).hexdigest()[:8]
    return day if named == "\n" else f"{day}-{known}"


def issue_address(issue: Issue) -> str:
    return f"/browse/{issue_key(issue)}"


def issue_name(issue: Issue, lang: Language) -> str:
    """What an issue is called, as plain text: newspaper, day, and folder where no day is known."""
    day = say(lang, "room_undated") if issue.date is None else issue.date.isoformat()
    return " ".join(part for part in (issue.title, day, issue.folder) if part)


def sheet_name(paper: Paper, lang: Language) -> str:
    """What a page is called in its issue, as plain text: `第3版 民生`, or the file's name."""
    number = "" if paper.page is None else page_name(paper.page, lang)
    return " ".join(part for part in (number, paper.page_name) if part) or paper.file


def where_printed(paper: Paper, lang: Language) -> str:
    """Newspaper, day and page as HTML, as far as they are known; the file's name where nothing is."""
    return DOT.join(known_places(paper, lang)) or escaped(paper.file)


def known_places(paper: Paper, lang: Language) -> list[str]:
    """Newspaper, day and page, each as HTML, as far as they are known."""
    day = paper.date
    parts = [escaped(paper.title)] if paper.title else []
    if day is not None:
        parts.append(f'<time datetime="{day.isoformat()}">{day.isoformat()}</time>')
    if paper.page is not None or paper.page_name is not None:
        parts.append(escaped(sheet_name(paper, lang)))
    return parts


def item_list(items: Sequence[Item], lang: Language, papers: dict[str, Paper] | None = None) -> str:
    """Articles and photo items as a list of links.

    :param papers: by an item's id, the paper that is to be named with it.
    """
    lines = []
    for item in items:
        line = [anchor(Link(item.title or say(lang, "untitled"), article_address(item.article_id)), "item")]
        line[0] = f'<span lang="{language_of(item.title)}">{line[0]}</span>'
        if item.kind in ("photo", "index"):
            line.append(f'<span class="kind">{escaped(say(lang, f"room_{item.kind}"))}</span>')
        more = [escaped(("、" if lang == "zh" else ", ").join(item.signed))] if item.signed else []
        if papers is not None and item.article_id in papers:
            more.append(where_printed(papers[item.article_id], lang))
        if more:
            line.append(f'<span class="by">{DOT.join(more)}</span>')
        lines.append(f"<li>{' '.join(line)}</li>")
    return f'<ul class="items">{"".join(lines)}</ul>'


def find_form(label: str, typed: str, hidden: dict[str, str], lang: Language) -> str:
    """A box to look words up; it asks the page's own address with `q`, and with the `hidden` values."""
    kept = "".join(
        f'<input type="hidden" name="{escaped(name)}" value="{escaped(value)}">' for name, value in hidden.items()
    )
    return (
        f'<form role="search" class="find">{kept}<label for="q">{escaped(label)}</label>'
        f'<input type="search" id="q" name="q" value="{escaped(typed)}" maxlength="{LONGEST:d}" autocomplete="off">'
        f"<button>{escaped(say(lang, 'room_find'))}</button></form>"
    )


def pager(n: int, of: int, address: str, lang: Language) -> str:
    """Links to the parts before and after the `n`th of `of` parts of a long list; "" where there is one part alone.

    :param address: of the list, ending in a `?` or a `&`.
    """
    if of < 2:
        return ""
    links = [
        anchor(Link(say(lang, key), f"{address}n={to:d}"))
        for key, to in (("room_before", n - 1), ("room_after", n + 1))
        if 1 <= to <= of
    ]
    said = f"<span>{escaped(say(lang, 'room_part', n=n, of=of))}</span>"
    return f'<nav class="pager" aria-label="{escaped(say(lang, "room_parts"))}">{said} {" ".join(links)}</nav>'


def found_marked(text: str, found: Sequence[Range], notes: Sequence[Note] = ()) -> str:
    """`text` as HTML with all the ranges `found` in <mark>; they are half-open, in order and apart. `notes` as for
    `render.marked`.

    There may be thousands in a long document, so each is looked at once.

    >>> found_marked("一二三二", [(1, 2), (3, 4)])
    '一<mark>二</mark>三<mark>二</mark>'
    """
    out, at = [], 0
    for start, end in [*found, (len(text), len(text))]:
        out.append(_piece(text, at, start, False, notes))
        out.append(_piece(text, start, end, True, notes))
        at = end
    return "".join(out)


def _piece(text: str, start: int, end: int, found: bool, notes: Sequence[Note]) -> str:
    inside = [
        Note(max(note.start, start) - start, min(note.end, end) - start, note.text)
        for note in notes
        if note.start < end and start < note.end
    ]
    whole = (0, end - start)
    return marked(text[start:end], None, whole if found else None, notes=inside) if start < end else ""
