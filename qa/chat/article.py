"""The full text of one article as a page of its own, which a source card's link opens: no script, own style."""

from __future__ import annotations

from collections.abc import Sequence

from corpus.records import Article, Block, Page
from qa.chat.glosses import Partner, date_line, date_notes, partner_link
from qa.chat.labels import Language, say
from qa.chat.render import DOT, escaped, language_of, marked, page_name
from qa.chat.style import ARTICLE_CSS


def article_page(article: Article, page: Page, lang: Language, partners: Sequence[Partner] = ()) -> str:
    """The article as printed. Body paragraph n (from 1) has the element id `pN`; the address's `#pN` highlights it.

    Below a paragraph stand the days that its dates mean; `partners` are linked where the article begins or ends.
    """
    title = article.headline if article.headline else say(lang, "untitled")
    where = [page.source]
    if page.date is not None:
        where.append(page.date)
    if page.page is not None:
        where.append(page_name(page.page, lang))
    parts = [f"<h1>{escaped(title)}</h1>", f'<p class="where">{DOT.join(escaped(place) for place in where)}</p>']
    parts.extend(f'<p class="people">{escaped(block.text)}</p>' for block in article.bylines)
    parts.extend(_continued(partners, lang, onward=False))
    parts.extend(_body(article, page, lang))
    if article.jump:
        parts.append(f'<p class="people">{escaped(article.jump)}</p>')
    parts.extend(_continued(partners, lang, onward=True))
    return document(
        title, f'<article id="top" lang="{language_of(title)}">{"".join(parts)}</article>' + _back(lang), lang
    )


def _continued(partners: Sequence[Partner], lang: Language, onward: bool) -> list[str]:
    return [f'<p class="people">{partner_link(one, lang)}</p>' for one in partners if one.onward == onward]


def _body(article: Article, page: Page, lang: Language) -> list[str]:
    """Paragraphs with the subheads between them, in printed order."""
    placed: list[tuple[int, str]] = []
    for number, block in enumerate(article.paragraphs, start=1):
        notes = date_notes(block.text, page)
        body = f'<p class="body" id="p{number:d}">{marked(block.text, None, None, notes=notes)}</p>'
        placed.append((_start(block), body + date_line(block.text, notes, lang)))
    placed.extend((_start(block), f"<h2>{escaped(block.text)}</h2>") for block in article.subheads)
    return [text for _, text in sorted(placed, key=lambda item: item[0])]


def _start(block: Block) -> int:
    return block.spans[0][0] if block.spans else 0


def notice_page(key: str, lang: Language) -> str:
    """A sentence of our own in place of an article: there is none at this address, or none yet."""
    return document(say(lang, "title"), f'<p class="people">{escaped(say(lang, key))}</p>{_back(lang)}', lang)


def _back(lang: Language) -> str:
    return f'<p class="back"><a href="/">{escaped(say(lang, "back"))}</a></p>'


def document(title: str, body: str, lang: Language) -> str:
    """A page of its own around `body`, which is HTML; `title` is text."""
    return (
        f'<!doctype html><html lang="{"zh-CN" if lang == "zh" else "en"}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><link rel="icon" href="data:,">'
        f"<title>{escaped(' '.join(title.split()))}</title><style>{ARTICLE_CSS}</style></head>"
        f"<body><main>{body}</main></body></html>"
    )
