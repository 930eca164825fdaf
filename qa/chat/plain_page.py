"""The frame of the pages beside the window: no script, own style, and links from one to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qa.chat.labels import Language, say
from qa.chat.render import escaped
from qa.chat.style import ARTICLE_CSS


@dataclass(frozen=True, slots=True)
class Link:
    """A text and the address that it leads to, both plain; `address` is of this server and properly quoted."""

    text: str
    address: str


def document(title: str, body: str, lang: Language) -> str:
    """A page of its own around `body`, which is HTML; `title` is text."""
    return _whole(title, f"<main>{body}</main>", lang)


def room(
    title: str, body: str, lang: Language, way: Sequence[Link] = (), to_pages: bool = False, here: str = ""
) -> str:
    """A page of the reading room: `body`, which is HTML, below the links that lead back.

    :param title: text.
    :param way: the lists that it stands in, the widest first.
    :param to_pages: whether there is a page of pages to lead to.
    :param here: the page's own address, where a link would lead to it.
    """
    pages = [Link(say(lang, "pages_title"), "/pages")] if to_pages else []
    links = [Link(say(lang, "back"), "/"), *pages, Link(say(lang, "room_issues"), "/browse"), *way]
    items = "".join(f"<li>{anchor(link)}</li>" for link in links if link.address != here)
    label = escaped(say(lang, "room_way"))
    head = (
        f'<a class="skip" href="#text">{escaped(say(lang, "room_skip"))}</a>'
        f'<header class="room"><nav aria-label="{label}"><ul>{items}</ul></nav></header>'
    )
    return _whole(title, f'{head}<main id="text" tabindex="-1">{body}</main>', lang)


def notice_page(key: str, lang: Language, to_pages: bool = False, **values: object) -> str:
    """A sentence of our own in place of what was asked for: it is not there, or not yet. `to_pages` as for `room`."""
    title = say(lang, "title")
    body = f'<h1>{escaped(title)}</h1><p class="notice">{escaped(say(lang, key, **values))}</p>'
    return room(title, body, lang, to_pages=to_pages)


def anchor(link: Link, kind: str = "", lang: str = "") -> str:
    """The link as HTML, with a class and a lang attribute where there are any."""
    more = "".join(f' {name}="{escaped(value)}"' for name, value in (("class", kind), ("lang", lang)) if value)
    return f'<a{more} href="{escaped(link.address)}">{escaped(link.text)}</a>'


def _whole(title: str, body: str, lang: Language) -> str:
    return (
        f'<!doctype html><html lang="{"zh-CN" if lang == "zh" else "en"}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><link rel="icon" href="data:,">'
        f"<title>{escaped(' '.join(title.split()))}</title><style>{ARTICLE_CSS}</style></head>"
        f"<body>{body}</body></html>"
    )
