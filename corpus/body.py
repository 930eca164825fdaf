"""The body lines of an article → its paragraphs, with cut ones re-joined; subheads and jump marks apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from corpus.joins import Piece, ends_sentence, is_cut, join, rest_elsewhere, runs_on
from corpus.lines import Line, jump_of, like_title
from corpus.records import Block, Span

_SUBHEAD_LENGTH = 30
_FAR = 4  # how many pieces away the rest of a paragraph is looked for
_SUBHEAD_MARK = re.compile(r"^[■●◆▶►★◎□◇▲](?:\s|(?=\S))")


@dataclass(slots=True)
class Body:
    """What an article's body is made of, in the order of the page."""

    paragraphs: list[Block] = field(default_factory=list)
    subheads: list[Block] = field(default_factory=list)
    jumps: list[Block] = field(default_factory=list)
    jump: str = ""


def read_body(lines: Sequence[Line], text: str) -> Body:
    """The paragraphs of an article.

    :param text: the page's text, from which joined Latin words keep the white space between them.
    """
    out = Body()
    indented = _marks_paragraphs(lines)
    pieces = [piece for line in lines for piece in _without_jump(line, out)]
    wrapped = _wraps_lines(pieces)
    open_ = False  # whether the last paragraph goes on
    for at, piece in enumerate(pieces):  # which loses the pieces that were joined out of turn
        if open_ and out.paragraphs:
            out.paragraphs[-1] = join(out.paragraphs[-1], piece.block, text)
        elif _is_subhead(pieces, at):
            out.subheads.append(piece.block)
            continue
        else:
            out.paragraphs.append(piece.block)
            elsewhere = rest_elsewhere(piece, pieces[at + 1 : at + 1 + _FAR])
            if elsewhere:
                out.paragraphs[-1] = join(out.paragraphs[-1], pieces.pop(at + 1 + elsewhere).block, text)
        after = pieces[at + 1] if at + 1 < len(pieces) else None
        left = replace(piece, block=out.paragraphs[-1])
        open_ = after is not None and (is_cut(left, after, indented) or (wrapped and _same_paragraph(left, after)))
    return out


def _marks_paragraphs(lines: Sequence[Line]) -> bool:
    """Whether this page prints a paragraph's first line indented, so that one that is not goes on with the last."""
    long = [line for line in lines if len(line.text) > 40]
    return len(long) > 2 and sum(line.indented for line in long) >= 0.5 * len(long)


def _wraps_lines(pieces: Sequence[Piece]) -> bool:
    """Whether this article is printed line by line: what stands right under a line then goes on with it."""
    tight = [(a, b) for a, b in pairwise(pieces) if b.tight and not a.row and not b.row]
    return len(tight) > 2 and sum(not ends_sentence(a.block.text) for a, _ in tight) >= 0.6 * len(tight)


def _same_paragraph(left: Piece, right: Piece) -> bool:
    return right.tight and not (left.row or right.row or left.apart or right.apart)


def _is_subhead(pieces: Sequence[Piece], at: int) -> bool:
    """Whether a short piece heads a section, and is not the stub of a paragraph that a column break cut."""
    piece = pieces[at]
    text = piece.block.text
    if not 0 < at < len(pieces) - 1 or len(text) > _SUBHEAD_LENGTH + 30 * text.isascii():
        return False
    if piece.row and not _SUBHEAD_MARK.match(text):
        # `一、…` heads a section where whole paragraphs stand under it, and is a list's entry among its like
        after, before = pieces[at + 1], pieces[at - 1]
        if after.row or before.row or not re.match("[一二三四五六七八九十(（]", text):
            return False
    return (
        not re.search("[,,。;；]", text)
        and (not re.search("[:：]", text) or pieces[at + 1].tight)
        and not ends_sentence(text)
        and not runs_on(text, pieces[at + 1].block.text)
        and not pieces[at + 1].apart
    )


def _without_jump(line: Line, out: Body) -> list[Piece]:
    """The line's text without its jump mark, which is noted in `out`."""
    match = jump_of(line)
    if match is None:
        return [Piece(line.block, line.row, line.indented, like_title(line), line.gap == 0, line.apart)]
    start, end = line.start + match.start(), line.start + match.end()
    while end > start and line.text[end - line.start - 1].isspace():
        end -= 1
    while line.text[start - line.start].isspace():
        start += 1
    out.jumps.append(Block(line.text[start - line.start : end - line.start], ((start, end),)))
    mark = line.text[match.start("mark") : match.end("mark")]
    out.jump = " ".join(mark.split()) if mark.isascii() else "".join(mark.split())
    parts: list[Span] = [(line.start, start), (end, line.end)]
    pieces = []
    for a, b in parts:
        text = line.text[a - line.start : b - line.start]
        if bare := text.strip():
            at = a + text.index(bare)
            pieces.append(Piece(Block(bare, ((at, at + len(bare)),)), False, line.indented and a == line.start))
    return pieces
