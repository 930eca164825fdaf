"""Replies as HTML. Pure functions: a record and a language in, a string out.

All text of pages and of users goes through `escaped` (for the source cards and the article page, which the browser
shows as they are) or through `literal` (for the chat, which is read as Markdown first). No tag, attribute or
Markdown mark ever comes from data.
"""

from __future__ import annotations

import html
import itertools
import re
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from corpus.regions import sheets_of
from qa.chat.labels import Language, say
from qa.papers import Paper, Papers
from qa.records import Applied, Excerpt, Hit, Reply

CARDS: Final = 5
"""How many passages are shown for a question, the cited one included."""

_SPECIAL: Final = frozenset(string.punctuation)
_SENTENCE_END: Final = frozenset("。！？!?…")
_CLOSING: Final = frozenset("”’」』）)》〉】]\"'")
_CHINESE: Final = re.compile("[㐀-鿿]")
_LONGEST_ECHO: Final = 300
"""How much of an over-long question the chat repeats, in characters."""

Range = tuple[int, int]

_NO_PAPERS: Final = Papers()

DOT: Final = "\u00a0· "
"""Between the parts of a place; a line never begins with it."""


@dataclass(frozen=True, slots=True)
class Note:
    """What to say of `text[start:end]`, half-open: plain text. Notes are in order and do not overlap."""

    start: int
    end: int
    text: str


def escaped(text: str) -> str:
    """`text` for HTML: `& < > " '` as entities, line breaks as <br>."""
    return "<br>".join(html.escape(line, quote=True) for line in text.splitlines())


def literal(text: str) -> str:
    """`text` for the chat, which reads Markdown, LaTeX and HTML: every ASCII punctuation and control character as an
    entity, line breaks as <br>, so that all of it is shown as it stands.

    >>> literal("<b>*")
    '&#60;b&#62;&#42;'
    """
    return "<br>".join(
        "".join(f"&#{ord(char)};" if char in _SPECIAL or ord(char) < 32 else char for char in line)
        for line in text.splitlines()
    )


def cut_marks(text: str, start: int, end: int) -> tuple[str, str]:
    """An ellipsis for each side on which `text[start:end]` does not begin or end a sentence; else an empty string.

    >>> cut_marks("一二，三四。", 3, 6)
    ('…', '')
    """
    before, slice_, after = text[:start].rstrip(), text[start:end].rstrip(), text[end:].strip()
    return ("…" if before and not _ends_sentence(before) else "", "…" if after and not _ends_sentence(slice_) else "")


def _ends_sentence(text: str) -> bool:
    bare = text.rstrip("".join(_CLOSING))
    return bare == "" or bare[-1] in _SENTENCE_END or (bare[-1] == "." and not _CHINESE.search(bare))


def marked(
    text: str,
    quote: Range | None,
    answer: Range | None,
    escape: Callable[[str], str] = escaped,
    notes: Sequence[Note] = (),
    matches: Sequence[Range] = (),
) -> str:
    """`text` with the quote in `<span class="quote">` and the answer in `<mark>`; ranges are half-open, in characters.

    Where the answer reaches out of the quote it is marked there as well, in a <mark> of its own. What of `matches` is
    outside of the answer stands in `<span class="match">`. Each of `notes` is the title of a <time> around its words,
    of one for each part where a mark cuts them.

    >>> marked("abcd", (1, 4), (2, 3))
    'a<span class="quote">b<mark>c</mark>d</span>'
    """
    edges = {0, len(text)}
    matches = [part for match in matches for part in _outside(match, answer)]
    for wanted in (quote, answer, *matches, *((note.start, note.end) for note in notes)):
        if wanted is not None:
            edges.update(min(max(edge, 0), len(text)) for edge in wanted)
    points = sorted(edges)
    out: list[str] = []
    open_quote = False
    for start, end in itertools.pairwise(points):
        in_quote = quote is not None and quote[0] <= start and end <= quote[1]
        if in_quote != open_quote:
            out.append('<span class="quote">' if in_quote else "</span>")
            open_quote = in_quote
        piece = escape(text[start:end])
        note = next((note for note in notes if note.start <= start and end <= note.end), None)
        if note is not None:
            piece = f'<time title="{escaped(note.text)}">{piece}</time>'
        in_answer = answer is not None and answer[0] <= start and end <= answer[1]
        if in_answer:
            piece = f"<mark>{piece}</mark>"
        elif any(match[0] <= start and end <= match[1] for match in matches):
            piece = f'<span class="match">{piece}</span>'
        out.append(piece)
    if open_quote:
        out.append("</span>")
    return "".join(out)


def _outside(match: Range, answer: Range | None) -> list[Range]:
    """What of a range is outside of the answer, which it would cut."""
    parts = [match] if answer is None else [(match[0], min(match[1], answer[0])), (max(match[0], answer[1]), match[1])]
    return [(start, end) for start, end in parts if start < end]


def shown(reply: Reply, most: int = CARDS) -> list[int]:
    """The hits to show, as indexes into `reply.hits`: those quoted from first, then the best of the others.

    There are `most` of them, or as many as are quoted from, where these are more.
    """
    cited = _cited(reply)
    order = list(dict.fromkeys([*cited, *range(len(reply.hits))]))
    return order[: max(most, len(cited))]


def cited_count(reply: Reply) -> int:
    """How many of the passages shown, from the first, are quoted from or say the same again."""
    return len(_cited(reply))


def _cited(reply: Reply) -> list[int]:
    excerpts = (reply.quote, reply.answer, *reply.also)
    return list(dict.fromkeys(excerpt.hit for excerpt in excerpts if excerpt is not None))


def language_of(text: str) -> str:
    """The lang attribute for printed text, so that Chinese gets Chinese glyphs: "zh-CN" or "en"."""
    return "zh-CN" if _CHINESE.search(text) else "en"


def chat_question(
    question: str, lang: Language, turn: int = 0, effective: str | None = None, filters: Sequence[Applied] = ()
) -> str:
    """The user's turn; with the question that was searched for below it, where that differs, and its filters."""
    shortened = question if len(question) <= _LONGEST_ECHO else question[:_LONGEST_ECHO] + "…"
    out = f'<div class="asked">{literal(shortened)}</div>'
    if effective is not None and effective.strip() != question.strip() and len(effective) <= _LONGEST_ECHO:
        label, edit = literal(say(lang, "searched_as")), literal(say(lang, "edit"))
        out += f'<div class="effective">{label}{literal(effective)} <a href="#edit-{turn:d}">{edit}</a></div>'
    if filters:
        only = DOT.join(say(lang, f"only_{one.name}", value=one.value) for one in filters)
        out += f'<div class="effective">{literal(say(lang, "only") + only)}</div>'
    return out


def editable(reply: Reply) -> str:
    """The question that was searched for, to be edited, with the words of its filters, which it would lose."""
    effective = reply.effective_question
    said = dict.fromkeys(one.words for one in reply.filters if one.words not in effective)
    joint = ", " if effective[:1].isascii() else ""
    return "".join([*(words + joint for words in said), effective])


def chat_note(key: str, lang: Language) -> str:
    """A sentence of our own as a chat message."""
    return note_of(say(lang, key))


def note_of(text: str) -> str:
    """A sentence, given as plain text, as a chat message."""
    return f'<div class="note">{literal(text)}</div>'


def chat_answer(reply: Reply, turn: int, lang: Language, papers: Papers = _NO_PAPERS, most: int = CARDS) -> str:
    """The reply as a chat message: the short answer, the quote with the answer marked, and links to the cards.

    A link's address is `#cite-TURN-NUMBER`; numbers count the cards from 1.

    :param papers: what is known of the papers.
    :param most: how many cards there are at most, as for `shown`.
    """
    order = shown(reply, most)
    if reply.filters and not reply.hits:
        unknown = [say(lang, f"unknown_{one.name}", n=one.unknown) for one in reply.filters if one.unknown]
        text = ("" if lang == "zh" else " ").join([say(lang, "nothing_left"), *unknown])
        return note_of(text)
    if not reply.answered:
        reason = reply.reason if reply.reason else "off_topic"
        nearest = _links(turn, range(1, len(order) + 1)) if reason in ("off_topic", "not_stated") else ""
        more = f'<div class="also">{literal(say(lang, "nearest"))} {nearest}</div>' if nearest else ""
        return chat_note(reason, lang) + more
    parts: list[str] = []
    if reply.answer is not None:
        number = order.index(reply.answer.hit) + 1
        link = "" if reply.quote is not None and reply.quote.hit == reply.answer.hit else " " + _links(turn, [number])
        parts.append(f'<div class="answer"><strong>{literal(reply.answer.text)}</strong>{link}</div>')
    if reply.quote is not None:
        parts.append(_chat_quote(reply, reply.quote, order, turn, lang, papers))
    others = range(cited_count(reply) + 1, len(order) + 1)
    if others:
        parts.append(f'<div class="also">{literal(say(lang, "see_also"))} {_links(turn, others)}</div>')
    return "".join(parts)


def _chat_quote(reply: Reply, quote: Excerpt, order: list[int], turn: int, lang: Language, papers: Papers) -> str:
    hit = reply.hits[quote.hit]
    before, after = cut_marks(hit.passage.text, quote.start, quote.end)
    inner: Range | None = None
    if reply.answer is not None and reply.answer.hit == quote.hit:
        inner = (reply.answer.start - quote.start, reply.answer.end - quote.start)
    text = marked(quote.text, None, inner, literal)
    source = DOT.join([headline(hit, lang), *places(hit, lang, papers.of(hit.page))])
    # The same fact in other articles is cited with it.
    link = _links(turn, [order.index(one.hit) + 1 for one in (quote, *reply.also)])
    return (
        f'<blockquote class="cited">{before}<q>{text}</q>{after} {link}</blockquote>'
        f'<div class="source">{literal(source)}</div>'
    )


def _links(turn: int, numbers: range | list[int]) -> str:
    return " ".join(f'<a href="#cite-{turn}-{number}">&#91;{number}&#93;</a>' for number in numbers)


def headline(hit: Hit, lang: Language) -> str:
    """The headline to print for a hit; a stand-in where there is none."""
    text = hit.passage.headline if hit.passage.headline else hit.article.headline
    return text if text else say(lang, "untitled")


def places(hit: Hit, lang: Language, paper: Paper | None = None) -> list[str]:
    """Where a passage stands: newspaper, its file, sheet of a PDF, date and page where known, then paragraph or kind.

    Plain text.

    :param paper: what is known of the page's paper; None for what the page itself says.
    """
    if paper is None:
        paper = _NO_PAPERS.of(hit.page)
    out = [paper.file] if paper.title is None else [paper.title, paper.file]
    if hit.page.source.lower().endswith(".pdf"):
        out.extend(say(lang, "sheet", n=sheet) for sheet in sheets_of(hit.page, hit.passage.spans))
    day = hit.page.date if paper.date is None else paper.date.isoformat()
    if day is not None:
        out.append(day)
    if paper.page is not None:
        out.append(page_name(paper.page, lang))
    if paper.page_name is not None:
        out.append(paper.page_name)
    body = hit.passage.kind == "body"
    out.append(say(lang, "paragraph", n=hit.passage.paragraph + 1) if body else say(lang, hit.passage.kind))
    return out


def page_name(page: str, lang: Language) -> str:
    """A page's number as it is spoken of: "第2版"; a name that is no number stays as it is."""
    return say(lang, "page", page=page) if re.fullmatch(r"[A-Za-z]?\d+", page) else page


def people(hit: Hit, lang: Language) -> list[str]:
    """One plain line for each kind of author: reporters, correspondents, photographers."""
    groups = (
        ("reporters", hit.article.reporters),
        ("correspondents", hit.article.correspondents),
        ("photographers", hit.article.photographers),
    )
    mark = "、" if lang == "zh" else ", "
    return [f"{say(lang, key)} {mark.join(names)}" for key, names in groups if names]
