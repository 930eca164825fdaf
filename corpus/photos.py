"""Photo items: which credit stands at a picture's caption, and where title and caption begin and end."""

from __future__ import annotations

import re

from corpus.bylines import Byline, inline_credit
from corpus.joins import ends_sentence
from corpus.lines import Line, like_title
from corpus.titles import closes, half_title

PICTURED = re.compile(
    r"^\W?(?:图[为:①-⑨\d一二三四五六七八九]|[上下左右]图|(?:大|小|组|题|附)图|照片|pictured)|图为|^[▲▼△▽]"
)
PHOTO_TITLE_LENGTH = 40
CAPTION_LENGTH = 450
_CAPTION_LINES = 4
_WIDE_GAP = 2  # blank lines that part two items; one parts two paragraphs


def is_credit(lines: list[Line], start: int, byline: Byline, below: Line | None, title: int) -> bool:
    """Whether a byline stands at a caption (a photo's credit) and not under a headline."""
    if not byline.is_credit or start == 0:
        return False
    if below is not None and below.role == "dateline" and below.gap <= 1 and title < start:
        return False
    above = lines[start - 1]
    if above.role not in ("text", "dateline"):
        return not byline.reporters
    if not like_title(above) or PICTURED.search(above.key):
        return True
    if byline.reporters:
        return False
    # A picture's credit right under a title: a photo item unless a whole article follows.
    return below is None or below.role != "text" or len(below.text) <= CAPTION_LENGTH // 2


def caption_start(lines: list[Line], at: int, floor: int) -> tuple[int, int]:
    """Where the title and the caption of the photo item begin whose credit is line `at` (equal where untitled)."""
    start = at
    untitled = at  # where the caption begins if there is no title
    length = 0
    joined = True  # whether all lines so far belong to the credit whatever stands above them
    while start > floor and at - start < _CAPTION_LINES:
        above = lines[start - 1]
        if above.role != "text" or length + len(above.text) > CAPTION_LENGTH:
            break
        if start < at and (closes(above) or inline_credit(above.text) is not None):
            break
        titled = (
            like_title(above)
            and not above.row
            and len(above.text) <= PHOTO_TITLE_LENGTH
            and not (ends_sentence(above.text) and start == at)
            and not PICTURED.search(above.key)
        )
        if titled:
            title = start - 1
            while title > floor and lines[title].gap == 0 and start - title < 3:
                if not (like_title(lines[title - 1]) or half_title(lines, title - 1)):
                    break
                title -= 1
            return title, start  # its credit may stand right under it
        if start < at and lines[start].gap > _WIDE_GAP:
            break
        # Where the credit stands tight under its caption, what is parted from the caption is something else.
        joined = joined and (start == at or lines[start].gap == 0 or lines[at].gap > 0)
        length += len(above.text)
        start -= 1
        if joined:
            untitled = start
    return untitled, untitled


def caption_after(lines: list[Line], at: int) -> tuple[list[Line], int]:
    """The caption that stands after the credit, and the line after it."""
    end = at
    length = 0
    while end < len(lines) and end - at < _CAPTION_LINES - 1 and lines[end].role == "text" and lines[end].gap <= 1:
        length += len(lines[end].text)
        if like_title(lines[end]) or length > CAPTION_LENGTH:
            break
        end += 1
    return lines[at:end], end
