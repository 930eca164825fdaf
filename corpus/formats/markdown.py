"""Markdown → text, by markdown-it-py's CommonMark parser with tables."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from corpus.bylines import parse_byline
from corpus.errors import PagesError
from corpus.formats.blocks import Piece, lay_out, one_line
from corpus.formats.text import decode
from corpus.records import Extracted

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_FRONT_MATTER = re.compile(r"---[ \t]*\n((?:[^\n]*\n){0,200}?)(?:---|\.\.\.)[ \t]*(?:\n|\Z)")
_TITLE = re.compile(r"title[ \t]*:[ \t]*(['\"]?)(.+?)\1[ \t]*")
_HTML_BREAK = re.compile(r"<br\b", re.IGNORECASE)


def read(data: bytes, name: str) -> Extracted:
    """The text that a reader of the rendered page sees; the front matter is an aside, its title the headline.

    :raises PagesError: if the bytes are no text, or nest too deeply to be read.
    """
    source, notes = decode(data, name)
    head, body = _front_matter(source)
    try:
        pieces = list(_pieces(_parser().parse(body), name))
    except RecursionError:
        raise PagesError(f"{name} nests lists or quotes too deeply to be read; simplify it and try again.") from None
    if any(piece.level for piece in pieces):
        head = [Piece(line.text, tight=line.tight, aside=_FRONT) for line in head]  # the page has its own title
    return lay_out([*head, *pieces], notes)


_FRONT = "front matter"


@functools.cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable(["table", "strikethrough"])


def _front_matter(source: str) -> tuple[list[Piece], str]:
    """The lines between the marks at the start of the file (never run as YAML), and what follows them."""
    match = _FRONT_MATTER.match(source)
    if match is None or ":" not in match.group(1):
        return [], source
    pieces = []
    for line in match.group(1).split("\n"):
        title = _TITLE.fullmatch(line)
        if title is None:
            pieces.append(Piece(line, tight=True, aside=_FRONT))
        else:
            pieces += [Piece(line[: title.start(2)], tight=True, aside=_FRONT), Piece(title.group(2), level=1)]
    return pieces, source[match.end() :]


def _pieces(tokens: Sequence[Token], name: str) -> Iterator[Piece]:
    level = 0
    in_list = 0
    first = False  # whether the next text is the first of a list, a table or a quotation
    row: list[str] | None = None
    for token in tokens:
        match token.type:
            case "heading_open":
                level = int(token.tag[1])
            case "heading_close":
                level = 0
            case "bullet_list_open" | "ordered_list_open":
                first = first or not in_list
                in_list += 1
            case "bullet_list_close" | "ordered_list_close":
                in_list -= 1
            case "table_open":
                first = True
            case "tr_open":
                row = []
            case "tr_close":
                yield Piece("\t".join(row or ()), tight=not first)
                row, first = None, False
            case "inline" if row is not None:
                row.append(" ".join(line.text for line in _inline(token.children or ())))
            case "inline":
                for n, line in enumerate(_inline(token.children or ())):
                    yield Piece(line.text, level, line.tight if n else bool(in_list) and not first, line.opens)
                    first = False
            case "fence" | "code_block":
                for n, text in enumerate(token.content.split("\n")):
                    yield Piece(text.replace("\t", "    "), tight=n > 0)
            case "html_block":
                from corpus.formats.html import pieces_of

                yield from pieces_of(token.content, name)


def _inline(tokens: Sequence[Token]) -> list[Piece]:
    """A paragraph's lines: soft breaks are undone, except beside a byline; an image's words have their own line."""
    lines: list[Piece] = []
    text = ""
    hidden = ""  # an element whose text is not shown

    def end() -> str:
        lines.extend(Piece(line, tight=bool(lines) or n > 0) for n, line in enumerate(_soft(text)))
        return ""

    for token in tokens:
        match token.type:
            case "text" | "code_inline" | "text_special":
                text += "" if hidden else token.content
            case "softbreak":
                text += "\n"
            case "hardbreak":
                text = end()
            case "image":
                text = end()
                if caption := one_line(token.content):
                    lines.append(Piece(caption, opens=True))
            case "html_inline" if _HTML_BREAK.match(token.content):
                text = end()
            case "html_inline":
                tag = token.content.strip("<> \n").lower()
                if tag.split(" ")[0] in ("script", "style", "template"):
                    hidden = tag.split(" ")[0]
                elif hidden and tag == f"/{hidden}":
                    hidden = ""
    end()
    return lines


def _soft(text: str) -> list[str]:
    """Lines of a paragraph → its printed lines: a byline keeps its own, all others are joined.

    >>> _soft("菜场换新颜\\n■记者 王一\\n本报讯 老菜场\\n昨天开张。")
    ['菜场换新颜', '■记者 王一', '本报讯 老菜场昨天开张。']
    """
    out: list[list[str]] = [[]]
    for line in text.split("\n"):
        if parse_byline(line.strip()) is not None:
            out += [[line], []]
        else:
            out[-1].append(line)
    return [joined for group in out if (joined := one_line("\n".join(group)))]
