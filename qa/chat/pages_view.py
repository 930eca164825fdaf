"""The page of pages as HTML: the sets to choose from, the form to upload, what became of each upload. Works without
script; `pages.js` adds a progress bar for each file and keeps the lists up to date.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from corpus.records import Skipped
from qa.chat.labels import Language, say
from qa.chat.plain_page import room
from qa.chat.reasons import left_out, worded
from qa.chat.render import DOT, escaped, language_of, page_name
from qa.chat.shelves import State
from qa.chat.style import PAGES_CSS
from qa.chat.upload_report import Report

if TYPE_CHECKING:
    from qa.folders.corpora import PageSet

AT_ONCE: Final = 50
"""How many uploads one page lists."""

_TOLD: Final = 50  # skipped files of a set that are named


@dataclass(frozen=True, slots=True)
class SetRow:
    """A set to choose from. Counts and what was skipped are those of a set that is open."""

    one: PageSet
    state: State
    chosen: bool
    pages: int = 0
    articles: int = 0
    skipped: Sequence[Skipped] = ()
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Room:
    """What may be uploaded: suffixes, MB of a file, files and MB of all; whether text in pictures can be read."""

    kinds: Sequence[str]
    file_mb: int
    files: int
    all_mb: int
    scans: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """Some of the uploads, newest first: `first` counts from 0, `count` is of all."""

    reports: Sequence[Report]
    first: int
    count: int


def pages_page(
    rows: Sequence[SetRow], place: Room | None, listed: Listed, lang: Language, said: Sequence[str] = ()
) -> str:
    """The page of pages.

    :param place: None where uploads are switched off.
    :param said: sentences on what was just done, plain text.
    """
    told = "".join(f"<li>{escaped(text)}</li>" for text in said)
    parts = [
        f"<style>{PAGES_CSS}</style><h1>{escaped(say(lang, 'pages_title'))}</h1>",
        f'<div class="said" role="status"><ul>{told}</ul></div>' if told else "",
        f'<section aria-labelledby="choose"><h2 id="choose">{escaped(say(lang, "pages_choose"))}</h2>'
        f'<p class="where">{escaped(say(lang, "pages_choose_help"))}</p>',
        f'<ul class="sets" id="sets">{"".join(_set(row, lang) for row in rows)}</ul></section>',
        f'<section aria-labelledby="upload"><h2 id="upload">{escaped(say(lang, "pages_upload"))}</h2>',
        f'<p class="where">{escaped(say(lang, "pages_off"))}</p>' if place is None else _form(place, lang),
        "</section>",
        "" if place is None else _uploads(listed, lang),
        '<script src="/pages/script.js" defer></script>',
    ]
    return room(say(lang, "pages_title"), "".join(parts), lang, to_pages=True, here="/pages")


def _set(row: SetRow, lang: Language) -> str:
    one, state = row.one, row.state
    name = say(lang, f"pages_{one.kind}", name=one.name)
    facts = []
    if state.opening or state.reading:
        facts.append(say(lang, "pages_is_opening" if state.opening else "pages_is_reading"))
    elif one.state in ("gone", "empty"):
        facts.append(say(lang, "pages_none") if one.state == "empty" else say(lang, "pages_gone"))
    elif one.state == "closed":
        facts.append(say(lang, "pages_closed"))
    if one.state == "open":
        facts.append(say(lang, "pages_counts", pages=f"{row.pages:,}", articles=f"{row.articles:,}"))
    if state.following and one.kind != "uploads" and one.state == "open":
        facts.append(say(lang, "pages_following"))
    busy = ' data-busy="1"' if state.opening or state.reading else ""
    lines = [f'<h3 lang="{language_of(name)}">{escaped(name)}</h3>', f'<p class="where">{_joined(facts)}</p>']
    if state.problem and one.state not in ("gone", "empty"):
        why = worded(_hidden(state.problem, one), lang)
        lines.append(f'<p class="problem">{escaped(say(lang, "pages_problem", why=why))}</p>')
    lines.extend(f'<p class="where">{escaped(_hidden(note, one))}</p>' for note in row.notes)
    if row.skipped and one.kind != "uploads":
        named = "".join(f"<li>{escaped(worded(file.reason, lang))}</li>" for file in row.skipped[:_TOLD])
        told = escaped(say(lang, "pages_skipped", n=f"{len(row.skipped):,}"))
        lines.append(f"<details><summary>{told}</summary><ul>{named}</ul></details>")
    chosen = f'<strong class="chosen">{escaped(say(lang, "pages_asked_now"))}</strong>' if row.chosen else ""
    actions = [chosen] if row.chosen else [_button("/pages/choose", "key", one.key, say(lang, "pages_ask_these"), name)]
    if one.state == "open":
        actions.append(_button("/pages/reread", "key", one.key, say(lang, "pages_reread"), name))
        if one.kind != "uploads":
            do = "unfollow" if state.following else "follow"
            actions.append(_button(f"/pages/{do}", "key", one.key, say(lang, f"pages_{do}"), name))
    return f'<li class="set"{busy}>{"".join(lines)}<div class="actions">{"".join(actions)}</div></li>'


def _hidden(text: str, one: PageSet) -> str:
    """A sentence without the place of the pages on this machine, which is nobody's business."""
    return text.replace(str(one.path), one.name)


def _button(action: str, field: str, value: str, text: str, on: str) -> str:
    """A form of one button; `on` is what it acts on, for those who hear it."""
    return (
        f'<form method="post" action="{action}"><input type="hidden" name="{field}" value="{escaped(value)}">'
        f'<button aria-label="{escaped(f"{text}: {on}")}">{escaped(text)}</button></form>'
    )


def _joined(facts: Sequence[str]) -> str:
    return DOT.join(f"<span>{escaped(fact)}</span>" for fact in facts)


def _form(place: Room, lang: Language) -> str:
    told = say(
        lang,
        "pages_upload_help",
        kinds=" ".join(place.kinds),
        most=place.file_mb,
        files=f"{place.files:,}",
        all=f"{place.all_mb:,}",
    )
    scans = "" if place.scans else f'<p class="where">{escaped(say(lang, "pages_upload_no_scan"))}</p>'
    words = "".join(
        # The script fills the name in.
        f' data-{name}="{escaped(say(lang, f"pages_{key}", name="{name}", most=place.file_mb))}"'
        for name, key in (
            ("queued", "queued"),
            ("sending", "sending"),
            ("failed", "not_sent"),
            ("stopped", "stopped"),
            ("large", "file_large"),
        )
    )
    return (
        f'<p class="where">{escaped(told)}</p>{scans}'
        '<form id="upload-form" method="post" action="/pages/upload" enctype="multipart/form-data"'
        f' data-most="{place.file_mb * 2**20:d}"{words}>'
        f'<p><label>{escaped(say(lang, "pages_files"))} <input type="file" name="files" multiple required '
        f'accept="{escaped(",".join(place.kinds))}"></label> <button>{escaped(say(lang, "pages_send"))}</button> '
        f'<button type="button" id="upload-stop" hidden>{escaped(say(lang, "pages_stop"))}</button></p></form>'
        '<ul id="upload-files" class="files" aria-live="polite"></ul>'
    )


def _uploads(listed: Listed, lang: Language) -> str:
    title = say(lang, "pages_list", n=f"{listed.count:,}") if listed.count else say(lang, "pages_none")
    rows = "".join(_upload(one, lang) for one in listed.reports)
    links = []
    if listed.first:
        links.append(_link(f"/pages?from={max(0, listed.first - AT_ONCE):d}", say(lang, "pages_newer")))
    if listed.first + len(listed.reports) < listed.count:
        links.append(_link(f"/pages?from={listed.first + AT_ONCE:d}", say(lang, "pages_older")))
    return (
        f'<section id="uploaded" aria-labelledby="uploads"><h2 id="uploads">{escaped(title)}</h2>'
        f'<ul class="sets">{rows}</ul><p class="where">{DOT.join(links)}</p></section>'
    )


def _link(address: str, text: str) -> str:
    return f'<a href="{escaped(address)}">{escaped(text)}</a>'


def _upload(one: Report, lang: Language) -> str:
    upload = one.upload
    size = f"{math.ceil(upload.size / 1024):,} KB" if upload.size < 2**20 else f"{upload.size / 2**20:,.1f} MB"
    facts = [say(lang, "pages_size", size=size, day=upload.added[:10])]
    busy = ' data-busy="1"' if one.became == "waiting" else ""
    lines = [
        f'<h3 lang="{language_of(upload.name)}">{escaped(upload.name)}</h3>',
        f'<p class="where">{_joined(facts)}</p><p class="became {one.became}">{_joined(_became(one, lang))}</p>',
    ]
    actions = [_button("/pages/remove", "id", upload.id, say(lang, "pages_remove"), upload.name)]
    if one.became == "read":
        actions.insert(0, _link(f"/pages/read/{upload.id}", say(lang, "pages_report")))
    return f'<li class="set"{busy}>{"".join(lines)}<div class="actions">{"".join(actions)}</div></li>'


def _became(one: Report, lang: Language) -> list[str]:
    if one.became == "waiting":
        return [say(lang, "pages_waiting")]
    if one.became == "unread":
        return [say(lang, "pages_unread", why=worded(one.reason, lang))]
    mark = "、" if lang == "zh" else ", "
    facts = [] if one.date is None else [one.date]
    if one.page is not None:
        facts.append(page_name(one.page, lang))
    parts = mark.join(say(lang, f"pages_n_{kind}", n=n) for kind, n in one.kinds.items())
    facts.append(say(lang, "pages_read", parts=parts or "0", paragraphs=one.paragraphs))
    if one.left_out_count:
        facts.append(say(lang, "pages_left_out", n=one.left_out_count))
    return facts


def report_page(one: Report, lang: Language) -> str:
    """What an uploaded page was read as, item by item, and which of its lines belong to none."""
    name = one.upload.name
    title = say(lang, "pages_report_of", name=name)
    facts = [*_became(one, lang), say(lang, "pages_characters", n=f"{one.characters:,}")]
    items = [
        (
            _link(f"/article/{item.article_id}", item.headline or say(lang, "untitled")),
            escaped(say(lang, f"pages_{item.kind}")),
            escaped(" ".join(item.signed)),
            f"{item.paragraphs:d}",
        )
        for item in one.items
    ]
    left = [(f"{line.line:d}", escaped(left_out(line.reason, lang)), escaped(line.text)) for line in one.left_out]
    more = one.left_out_count - len(one.left_out)
    parts = [
        f"<style>{PAGES_CSS}</style><h1>{escaped(title)}</h1>",
        f'<p class="where">{_joined(facts)}</p>',
        "".join(f'<p class="where">{escaped(note)}</p>' for note in one.notes),
        _table("pages_items", ("item", "kind", "signed", "paragraphs"), items, lang),
        _table("pages_rest", ("line", "why", "text"), left, lang) if left else "",
        f'<p class="where">{escaped(say(lang, "pages_more", n=f"{more:,}"))}</p>' if more > 0 else "",
        f'<p class="back">{_link("/pages", say(lang, "pages_back"))}</p>',
    ]
    return room(title, "".join(parts), lang, to_pages=True)


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], lang: Language) -> str:
    """A table of cells that are HTML."""
    head = "".join(f'<th scope="col">{escaped(say(lang, f"pages_{name}"))}</th>' for name in columns)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return (
        f"<h2>{escaped(say(lang, title))}</h2>"
        f'<div class="wide" tabindex="0"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )
