"""Which lines above a byline, a dateline or a text are its headline."""

from __future__ import annotations

import functools

from corpus.bylines import inline_byline
from corpus.lines import LOGO_LENGTH, Line, finished, jump_of, like_title
from corpus.words import tagged

_HALF_LENGTH = 14
_FUNCTION_TAGS = "rpcudm"  # pronoun, preposition, conjunction, particle, adverb, numeral


def title_before(lines: list[Line], at: int, floor: int) -> int:
    """Where the headline that ends before line `at` begins; `at` itself where there is none."""
    start = at
    while start > floor and at - start < 5 and (like_title(lines[start - 1]) or half_title(lines, start - 1)):
        below = lines[start]
        if start < at and below.gap > 1:
            break
        if start < at and part_of_body(lines, start - 1, floor):
            break
        start -= 1
        line = lines[start]
        if start < at - 1 and like_logo(line) and lines[start + 1].gap > 0:
            start += 1  # a page's name or a column's logo above the headline
            break
    return start


def like_logo(line: Line) -> bool:
    """Whether a short line can be the name of a page or column: names do not speak in pronouns and prepositions."""
    return len(line.text) <= LOGO_LENGTH and not _holds_function_word(line.text)


@functools.lru_cache(maxsize=1024)  # logos come again on every page
def _holds_function_word(text: str) -> bool:
    return any(tag[0] in _FUNCTION_TAGS for _, tag in tagged(text))


def half_title(lines: list[Line], at: int) -> bool:
    """Whether a short line that ends with a comma is the first half of a headline: the rest stands right under it."""
    line = lines[at]
    if line.role != "text" or len(line.text) > _HALF_LENGTH or line.key[-1] not in ",、" or at + 1 >= len(lines):
        return False
    return lines[at + 1].gap == 0 and like_title(lines[at + 1]) and (at == 0 or line.gap > 0)


def part_of_body(lines: list[Line], at: int, floor: int) -> bool:
    """Whether a line that looks like a title goes on with a paragraph above it that ends without a full stop."""
    if at == floor or at == 0:
        return False
    above, line = lines[at - 1], lines[at]
    return above.role in ("text", "dateline") and not like_title(above) and not finished(above) and line.gap <= 1


def closes(line: Line) -> bool:
    """Whether an article ends with this line: a signature or a jump mark closes it."""
    mark = jump_of(line)
    if mark is not None and mark.end() >= len(line.key.rstrip()) - 1:
        return True
    return line.key[-1] in ")】" and inline_byline(line.text[-42:]) is not None
