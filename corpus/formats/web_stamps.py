"""The line under a web page's headline: date, source, who wrote it, buttons; each of its parts becomes a line.

A page sets them as the elements of one line, or as one text: `2026-04-01 08:30 来源:禾风小报 记者 王一 字号:大 中 小`.
The author's part is printed text of the article, the others belong to the page.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from corpus.bylines import parse_byline
from corpus.fold import fold

_LONGEST, _LONGEST_PART = 160, 50  # characters
_DAY = r"(?:19|20)\d\d\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}\s*日?"
_CLOCK = r"\d{1,2}:\d\d(?::\d\d)?"
_DATED = r"(?:(?:发布|更新|发稿|发表|出版)?(?:时间|日期)|(?:发布|更新|发表)于)"
_ORIGIN = r"(?:(?:文章|信息|稿件|新闻)?来源|稿源|转自)"
_COUNTED = r"(?:阅读|浏览|点击|访问|评论|点赞|人气)(?:量|数|次数|人数)?"
_EDITED = r"(?:责任编辑|责编|编辑|审核|校对|作者|撰文|撰稿)"
_FONT = r"(?:字号|字体)(?:大小)?"
_SURE = re.compile(
    rf"(?:{_DATED}\s*:?\s*)?{_DAY}\s*{_CLOCK}.{{0,8}}|{_ORIGIN}\s*:.*|{_COUNTED}\s*[:(]?\s*[\d.,万+-]*\s*[次条人)]?"
    rf"|{_FONT}\s*:?.{{0,16}}"
)
_DATE = re.compile(rf"(?:{_DATED}\s*:?\s*)?{_DAY}")
_WRITER = r"(?:[\u3400-\u9fff]{0,6}记者|通讯员|实习生)[\s:]"
_LABEL = re.compile(
    rf"[\s|]+(?=(?:{_DATED}|{_ORIGIN}|{_EDITED})\s*:|{_COUNTED}\s*[:\d]|{_FONT}\s*:"
    rf"|{_WRITER}|{_DAY})"
)
_TOOL = (
    "放大|缩小|朗读|听新闻|语音播报|分享(?:到|至)?|转发|打印(?:本[页文])?|收藏(?:本[页文])?|关闭(?:窗口|本页)?|纠错|举报|点赞|复制链接"
    "|返回(?:顶部|首页|列表|目录)?|[上下]一[篇版页期]|默认|微信(?:好友)?|微博|新浪微博|朋友圈|QQ(?:空间|好友)?|评论|我要评论"
)
_TOOLS = re.compile(rf"(?:(?:{_TOOL}|{_FONT}|[大中小]|[AaT][+-]?)[\s:|/·,、\[\]()【】+-]*)+", re.IGNORECASE)
_SOME_TOOL = re.compile(rf"{_TOOL}|{_FONT}", re.IGNORECASE)


def is_tool_bar(text: str) -> bool:
    """Whether a line is nothing but a web page's buttons.

    >>> is_tool_bar("放大 缩小 朗读"), is_tool_bar("大 中 小"), is_tool_bar("微信缩小差距")
    (True, False, False)
    """
    key = fold(text).strip().lstrip("[【(")
    return len(key) <= _LONGEST_PART and _TOOLS.fullmatch(key) is not None and _SOME_TOOL.search(key) is not None


def stamps(parts: Sequence[str], under_title: bool) -> list[tuple[str, bool]]:
    """The parts of a line that states date, source or author, each with whether the page alone says it; else [].

    No character but white space is dropped.

    >>> stamps(["2026-04-01 08:30", "来源:禾风小报 记者 王一 通讯员 李小满"], True)
    [('2026-04-01 08:30', True), ('来源:禾风小报', True), ('记者 王一 通讯员 李小满', False)]

    :param parts: the text of each element of the line, in order.
    :param under_title: whether the line stands under a title: a date alone there is the page's, elsewhere a notice's.
    """
    if sum(map(len, parts)) > _LONGEST or any("。" in part for part in parts):
        return []
    found = [piece for part in _joined(parts) for piece in _split(part)]
    sure = any(
        _SURE.fullmatch(key) or (under_title and _DATE.fullmatch(key)) for key in (fold(p).strip(" |·/") for p in found)
    )
    if not sure or any(len(piece) > _LONGEST_PART for piece in found):
        return []
    return [(piece, parse_byline(piece) is None) for piece in found]


def _joined(parts: Sequence[str]) -> list[str]:
    """The parts with labels (`作者:`) joined to what they label, and bare signs to what stands before them."""
    out: list[str] = []
    for part in parts:
        if out and (fold(out[-1]).rstrip().endswith(":") or not any(char.isalnum() for char in part)):
            out[-1] += part
        else:
            out.append(part)
    return [part.strip() for part in out if part.strip()]


def _split(text: str) -> list[str]:
    """A text before each of its labels, but not within a byline."""
    key = fold(text)
    at = 0
    out: list[str] = []
    cuts = [match.end() for match in _LABEL.finditer(key)]
    for n, cut in enumerate(cuts):
        to = cuts[n + 1] if n + 1 < len(cuts) else len(text)
        helper = re.match(_WRITER, key[cut:]) and parse_byline(text[at:to].strip(" |\u3000\xa0"))
        if not helper:
            out.append(text[at:cut].strip())
            at = cut
    return [*(part for part in out if part), text[at:].strip()]
