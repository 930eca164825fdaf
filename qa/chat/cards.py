"""The source cards beside the conversation, and the example questions below it, as HTML."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import quote as percent

from qa.chat.glosses import Partner, date_line, date_notes, partner_link
from qa.chat.labels import Language, say
from qa.chat.render import (
    DOT,
    Range,
    cited_count,
    escaped,
    headline,
    language_of,
    marked,
    people,
    places,
    shown,
)
from qa.cite import cite
from qa.records import Reply

Partners = Callable[[str], Sequence[Partner]]
"""The id of an article → the articles that it goes on in or from."""


def _none(article_id: str) -> Sequence[Partner]:
    return ()


def cards(reply: Reply, turn: int, lang: Language, partners: Partners = _none) -> str:
    """All cards of one reply, under headings that say whether they are cited or merely nearest.

    A card's element id is `src-TURN-NUMBER`, so that the links of `render.chat_answer` find it.
    """
    order = shown(reply)
    cited = cited_count(reply) if reply.answered else 0
    out = [f'<p class="for">{escaped(say(lang, "for_question"))}{escaped(_shortened(reply.question, 120))}</p>']
    if not order:
        out.append(f'<p class="empty">{escaped(say(lang, "cards_none"))}</p>')
    for number, index in enumerate(order, start=1):
        if number == 1 and cited:
            out.append(_heading("cards_answered", lang))
        elif number == cited + 1:
            out.append(_heading("cards_also" if reply.answered else "cards_nearest", lang))
        out.append(card(reply, index, turn, number, lang, partners))
    return f'<div class="cards" data-turn="{turn:d}">{"".join(out)}</div>'


def _heading(key: str, lang: Language) -> str:
    return f"<h2>{escaped(say(lang, key))}</h2>"


def card(reply: Reply, index: int, turn: int, number: int, lang: Language, partners: Partners = _none) -> str:
    """The card of `reply.hits[index]`, with the reply's quote and answer marked where they come from this passage.

    Below the passage it says which days its dates mean, and where the article goes on.
    """
    hit = reply.hits[index]
    text = hit.passage.text
    quote: Range | None = None
    answer: Range | None = None
    if reply.quote is not None and reply.quote.hit == index:
        quote = (reply.quote.start, reply.quote.end)
    if reply.answer is not None and reply.answer.hit == index:
        answer = (reply.answer.start, reply.answer.end)
    again = next((excerpt for excerpt in reply.also if excerpt.hit == index), None)
    citation = reply.citation
    if again is not None and quote is None:
        quote, citation = (again.start, again.end), cite(hit)
    title = headline(hit, lang)
    is_cited = reply.answered and (quote is not None or answer is not None)
    lines = [
        f'<h3 lang="{language_of(title)}"><span class="number">[{number:d}]</span> {escaped(title)}</h3>',
        f'<p class="where">{DOT.join(f"<span>{escaped(place)}</span>" for place in places(hit, lang))}</p>',
    ]
    if names := people(hit, lang):
        lines.append(f'<p class="people">{" ".join(f"<span>{escaped(line)}</span>" for line in names)}</p>')
    notes = date_notes(text, hit.page)
    lines.append(f'<p class="passage" lang="{language_of(text)}">{marked(text, quote, answer, notes=notes)}</p>')
    lines.append(date_line(text, notes, lang))
    lines.extend(
        f'<p class="continued">{partner_link(partner, lang, new_window=True)}</p>'
        for partner in partners(hit.article.id)
    )
    anchor = f"p{hit.passage.paragraph + 1:d}" if hit.passage.kind in ("body", "document") else "top"
    address = f"/article/{percent(hit.article.id, safe='')}#{anchor}"
    opening = f'<a class="open" target="_blank" rel="noopener" href="{address}">{escaped(say(lang, "full_text"))}</a>'
    if is_cited and citation:
        lines.append(
            f'<p class="citation"><span class="label">{escaped(say(lang, "citation"))}</span> '
            f'<cite>{escaped(citation)}</cite></p>'
            f'<p class="actions"><button type="button" class="copy" data-done="{escaped(say(lang, "copied"))}">'
            f'{escaped(say(lang, "copy"))}</button> {opening}</p>'
        )  # fmt: skip
    else:
        lines.append(f'<p class="actions">{opening}</p>')
    kind = " cited" if is_cited else ""
    return f'<article class="card{kind}" id="src-{turn:d}-{number:d}" tabindex="-1">{"".join(lines)}</article>'


def chips(questions: Sequence[str], lang: Language) -> str:
    """The example questions as buttons; a button carries its number alone."""
    if not questions:
        return ""
    buttons = "".join(
        f'<button type="button" class="chip" data-example="{index:d}" lang="{language_of(question)}">'
        f"{escaped(question)}</button>"
        for index, question in enumerate(questions)
    )
    return f'<p class="label">{escaped(say(lang, "examples"))}</p><div class="chips">{buttons}</div>'


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
