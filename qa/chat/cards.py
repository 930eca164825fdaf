"""The source cards beside the conversation, as HTML."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from qa.chat.glosses import Partner, date_line, date_notes, partner_link
from qa.chat.labels import Language, say
from qa.chat.render import (
    CARDS,
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
from qa.chat.room_parts import NUMBERED, article_address
from qa.chat.why import why
from qa.cite import cite
from qa.cite_formats import bibliography
from qa.papers import Papers
from qa.records import CitationStyle, Hit, Reply

STYLES: Final[tuple[CitationStyle, ...]] = ("gbt", "ris", "bibtex", "markdown")


def _no_partners(article_id: str) -> Sequence[Partner]:
    return ()


def _no_matches(text: str) -> Sequence[Range]:
    return ()


@dataclass(frozen=True, slots=True)
class Around:
    """What cards tell beside their reply.

    :param papers: what is known of the papers.
    :param partners: the id of an article → the articles that it goes on in or from.
    :param matches: the text of a passage → the ranges of it that speak of the question, half-open, in order.
    :param most: how many cards there are at most, as for `render.shown`.
    """

    papers: Papers = field(default_factory=Papers)
    partners: Callable[[str], Sequence[Partner]] = _no_partners
    matches: Callable[[str], Sequence[Range]] = _no_matches
    most: int = CARDS


ALONE: Final = Around()


def cards(reply: Reply, turn: int, lang: Language, around: Around = ALONE) -> str:
    """All cards of one reply, under headings that say whether they are cited or merely nearest.

    A card's element id is `src-TURN-NUMBER`, so that the links of `render.chat_answer` find it; its own number leads
    back there by `#said-TURN-NUMBER`. A further card of an article says so, in a quieter head.
    """
    order = shown(reply, around.most)
    cited = cited_count(reply) if reply.answered else 0
    out = [f'<p class="for">{escaped(say(lang, "for_question"))}{escaped(_shortened(reply.question, 120))}</p>']
    if not order:
        out.append(f'<p class="empty">{escaped(say(lang, "cards_none"))}</p>')
    first: dict[str, int] = {}
    for number, index in enumerate(order, start=1):
        if number == 1 and cited:
            out.append(_heading("cards_answered", lang))
        elif number == cited + 1:
            out.append(_heading("cards_also" if reply.answered else "cards_nearest", lang))
        before = first.setdefault(reply.hits[index].article.id, number)
        out.append(card(reply, index, turn, number, lang, around, None if before == number else before))
    return f'<div class="cards" data-turn="{turn:d}">{"".join(out)}</div>'


def _heading(key: str, lang: Language) -> str:
    return f"<h2>{escaped(say(lang, key))}</h2>"


def card(
    reply: Reply, index: int, turn: int, number: int, lang: Language, around: Around = ALONE, same: int | None = None
) -> str:
    """The card of `reply.hits[index]`: where it stands, the passage with what speaks of the question and the answer
    marked, which days its dates mean, where the article goes on, how to cite it, and why it is listed.

    :param same: the number of an earlier card of the same article, which tells what need not be told again.
    """
    hit = reply.hits[index]
    text = hit.passage.text
    quote, answer = _ranges(reply, index)
    is_cited = reply.answered and (quote is not None or answer is not None)
    back = (
        f'<a class="number" href="#said-{turn:d}-{number:d}" '
        f'aria-label="{escaped(say(lang, "back_to_answer", n=number))}">[{number:d}]</a>'
    )
    where = DOT.join(f"<span>{escaped(one)}</span>" for one in places(hit, lang, around.papers.of(hit.page)))
    lines = [
        f"<h3>{back} {_title(headline(hit, lang), same, lang)}</h3>",
        f'<p class="where">{where}</p>',
    ]
    if same is None and (names := people(hit, lang)):
        lines.append(f'<p class="people">{" ".join(f"<span>{escaped(line)}</span>" for line in names)}</p>')
    notes = date_notes(text, hit.page)
    body = marked(text, quote, answer, notes=notes, matches=around.matches(text))
    lines.append(f'<p class="passage" lang="{language_of(text)}">{body}</p>')
    lines.append(date_line(text, notes, lang))
    lines.extend(
        f'<p class="continued">{partner_link(partner, lang, True, around.papers)}</p>'
        for partner in (around.partners(hit.article.id) if same is None else ())
    )
    if is_cited:
        lines.append(
            f'<p class="citation"><span class="label">{escaped(say(lang, "citation"))}</span> '
            f"<cite>{escaped(cite(hit, around.papers))}</cite></p>"
        )
    lines.append(_opening(hit, lang))
    lines.append(_formats(hit, lang, around.papers))
    lines.append(why(hit.features, lang))
    kind = (" cited" if is_cited else "") + ("" if same is None else " again")
    return f'<article class="card{kind}" id="src-{turn:d}-{number:d}" tabindex="-1">{"".join(lines)}</article>'


def _title(title: str, same: int | None, lang: Language) -> str:
    """The headline; where there is an earlier card of the article, on the one line that there is room for."""
    text = f'<span lang="{language_of(title)}">{escaped(title)}</span>'
    if same is None:
        return text
    return f'<span class="same"><span lang="{lang}">{escaped(say(lang, "same_article", n=same))}</span>{text}</span>'


def _ranges(reply: Reply, index: int) -> tuple[Range | None, Range | None]:
    """The quote's and the answer's range in the passage of `reply.hits[index]`; what says it again is a quote too."""
    quotes = [one for one in (reply.quote, *reply.also) if one is not None and one.hit == index]
    answer = reply.answer
    return (
        (quotes[0].start, quotes[0].end) if quotes else None,
        (answer.start, answer.end) if answer is not None and answer.hit == index else None,
    )


def _opening(hit: Hit, lang: Language) -> str:
    """The link to the whole article at this paragraph, which is also what to copy to come back to it."""
    paragraph = hit.passage.paragraph + 1 if hit.passage.kind in NUMBERED else None
    address = escaped(article_address(hit.article.id, paragraph))
    return (
        f'<p class="actions copyable"><a class="open text" target="_blank" rel="noopener" href="{address}">'
        f"{escaped(say(lang, 'full_text'))}</a> {_copy('copy_link', lang)}</p>"
    )


def _formats(hit: Hit, lang: Language, papers: Papers) -> str:
    """A fold-out with the passage cited in each style: to copy by a button, or to select."""
    parts = []
    for style in STYLES:
        # With its line feeds: what is copied goes into a file.
        text = html.escape(bibliography([hit], style, papers), quote=True)
        parts.append(
            f'<div class="copyable"><p><span class="label">{escaped(say(lang, f"style_{style}"))}</span> '
            f'{_copy("copy", lang)}</p><pre class="text">{text}</pre></div>'
        )
    return f'<details class="formats"><summary>{escaped(say(lang, "cite_this"))}</summary>{"".join(parts)}</details>'


def _copy(key: str, lang: Language) -> str:
    said = " ".join(f'data-{name}="{escaped(say(lang, text))}"' for name, text in _SAID)
    return f'<button type="button" class="copy" {said}>{escaped(say(lang, key))}</button>'


_SAID: Final = (("done", "copied"), ("failed", "copy_failed"))


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
