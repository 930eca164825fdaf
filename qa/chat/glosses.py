"""What the chat adds to printed text: the days that its dates mean, and where an article goes on."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from corpus.dates import DateMention, dates_in
from corpus.issue import issue_day
from corpus.records import Article, Page
from qa.chat.labels import Language, say
from qa.chat.render import Note, escaped, page_name
from qa.chat.session import Source
from qa.papers import Papers


@dataclass(frozen=True, slots=True)
class Partner:
    """An article that continues another, or that the other continues (`onward` False), and its page."""

    article: Article
    page: Page
    onward: bool


def partners(source: Source, article_id: str) -> list[Partner]:
    """The articles that go on from an article and that it goes on from; the latter first."""
    links = source.continuations
    wanted = [(left, False) for left, right in links.items() if right == article_id]
    if article_id in links:
        wanted.append((links[article_id], True))
    found = [(source.article(name), onward) for name, onward in wanted]
    return [Partner(article, source.page(article.source), onward) for article, onward in found if article is not None]


def partner_link(partner: Partner, lang: Language, new_window: bool = False, papers: Papers | None = None) -> str:
    """A link to the partner's full text: 转第2版《…》, 接第1版《…》; by file name where its page is not known."""
    paper = (papers or Papers()).of(partner.page)
    place = paper.file if paper.page is None else page_name(paper.page, lang)
    title = partner.article.headline if partner.article.headline else say(lang, "untitled")
    text = say(lang, "goes_on" if partner.onward else "comes_from", place=place, headline=title)
    target = ' target="_blank" rel="noopener"' if new_window else ""
    return f'<a class="partner"{target} href="/article/{escaped(partner.article.id)}">{escaped(text)}</a>'


def date_notes(text: str, page: Page) -> list[Note]:
    """The days of those dates in `text` that only the issue, or another date, makes plain; not of 2024年3月5日."""
    notes = []
    for mention in dates_in(text, issue_day(page.date)):
        alone = dates_in(text[mention.start : mention.end], None)
        if mention.first is not None and not any(other.first is not None for other in alone):
            notes.append(Note(mention.start, mention.end, days(mention)))
    return notes


def date_line(text: str, notes: Sequence[Note], lang: Language) -> str:
    """A line below the text that says what its dates mean, each once: `昨天 = 2026-03-31`; "" where there is none."""
    said = dict.fromkeys(f"{text[note.start : note.end]} {note.text}" for note in notes)
    mark = ";" if lang == "zh" else "; "
    return f'<p class="dates">{escaped(say(lang, "dates") + mark.join(said))}</p>' if said else ""


def days(mention: DateMention) -> str:
    """`= 2026-03-31`, `= 2025-11`, `= 2026-01 – 2026-03`, `= 2025`; `≈` where the bounds are rough.

    >>> day = datetime.date(2026, 3, 31)
    >>> days(DateMention(0, 4, day, day, "day"))
    '= 2026-03-31'

    :raises ValueError: if the mention's days are not known.
    """
    first, last = mention.first, mention.last
    if first is None or last is None:
        raise ValueError("the days of this date are not known; expected one that is resolved")
    length = 10
    if mention.precision != "day" and first.day == 1 and (last + datetime.timedelta(1)).day == 1:
        length = 4 if (first.month, last.month) == (1, 12) else 7
    bounds = dict.fromkeys(bound.isoformat()[:length] for bound in (first, last))
    return f"{'≈' if mention.precision == 'around' else '='} {' – '.join(bounds)}"
