"""The issue that a page belongs to: its date, and the number of the newspaper page.

A file's name or folder says them; where these are silent, the masthead that is printed on the page may.
"""

from __future__ import annotations

import contextlib
import datetime
import re
import unicodedata
from collections.abc import Iterator, Sequence

from corpus.date_words import NUMBER, WEEKDAYS, YEAR, number

# A date within a path: its parts may be folders, 2026-04/01. Without marks between them month and day have two digits.
_NAME_DATE = re.compile(
    r"(?<!\d)(?:(?P<y>(?:19|20)\d\d)(?:[-_./ ]|年[-_./ ]?)(?P<m>\d{1,2})(?:[-_./ ]|月[-_./ ]?)(?P<d>\d{1,2})日?(?!\d)"
    r"|(?P<y2>(?:19|20)\d\d)(?P<m2>\d\d)(?P<d2>\d\d)(?!\d)"
    rf"|(?P<y3>{YEAR})年(?P<m3>{NUMBER})月(?P<d3>{NUMBER})日)"
)
_HASH = re.compile(r"(?<![0-9A-Za-z])(?=[0-9]*[a-f])[0-9a-f]{12,}(?![0-9A-Za-z])")
_HAN = "[一二三四五六七八九十]{1,3}"
_PAGE_WORD = re.compile(
    r"(?:(?<![0-9A-Za-z.])|第\s*)(?P<page>[A-Za-z]{0,2}\d{1,3})\s*版(?![本权块])"
    rf"|(?:第|(?:^|(?<=[\s/_-])))(?P<han>{_HAN}|头|頭)版(?![本权块条])"
)
_LETTER_PAGE = re.compile(r"(?<![0-9A-Za-z])(?:第)?(?P<page>[A-Z]\d{2})(?![0-9A-Za-z])")
# What stands after the date in a name, or alone in a folder of that date.
_AFTER_DATE = re.compile(
    r"^[-_/ ]*(?:(?:nbs|node|page|p|版面?)[^/]*?[-_]?)?(?P<page>\d{1,3}|[A-Z]\d{1,2})$", re.IGNORECASE
)

_MASTHEAD_DATE = re.compile(
    rf"(?<![0-9.])(?P<y>{YEAR})(?:\s*年\s*(?P<m>{NUMBER})\s*月\s*(?P<d>{NUMBER})\s*日"
    r"|(?P<sep>[-./])(?P<m2>\d{1,2})(?P=sep)(?P<d2>\d{1,2})(?![\d]))"
)
_WEEKDAY = re.compile(r"(?:星期|周|礼拜|禮拜|週)\s*(?P<day>[一二三四五六日天])")
_COUNTED = re.compile(
    r"(?:今日|本期|共|总计|合计)\s?[^\s第]{0,4}?[\d一二三四五六七八九十]{1,3}\s*(?:个|大)?版|\d\s*版\s*[/／]\s*共"
)
_SECTIONS = (
    "要闻 新闻 综合 国内 国际 时政 政治 经济 文化 体育 副刊 广告 专版 专题 专刊 民生 社会 教育 健康 评论 理论 视点 "
    "聚焦 深度 本地 财经 文艺 科技 天下 中国 世界 要聞 新聞 綜合"
)
_BARE_PAGE = re.compile(
    r"^\s*+(?:[-·—|]\s*+)?(?P<page>[A-Z]{0,2}\d{1,2})\s*+(?:[-·—|]\s*+)?$"
    rf"|(?:^|\s)(?P<before>[A-Z]{{1,2}}\d{{1,2}}|\d{{2}})\s+[\u3400-\u9fff·]{{0,6}}(?:{'|'.join(_SECTIONS.split())})\b"
    r"|(?:^|\s)(?P<named>[A-Z]\d{1,2}|^\d{1,2})\s+[\u3400-\u9fff·]{2,10}$"
    rf"|(?:{'|'.join(_SECTIONS.split())})\s+(?P<after>[A-Z]{{1,2}}\d{{1,2}}|\d{{2}})\s*$"
    r"|^(?:PAGE|Page|page)\s+(?P<word>[A-Z]?\d{1,2})\b"
)
_REPUBLIC = re.compile(
    rf"民[国國]\s*(?P<y>{NUMBER}|[一二三四五六七八九〇零○]{{2,3}})\s*年\s*(?P<m>{NUMBER})\s*月\s*(?P<d>{NUMBER})\s*日"
)
_REPUBLIC_BEGAN = 1911  # the year before its first
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_ENGLISH_DATE = re.compile(
    rf"\b(?P<month>{'|'.join(_MONTHS)})[a-z]*\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>(?:19|20)\d\d)\b",
    re.IGNORECASE,
)


def date_and_page(name: str) -> tuple[str | None, str | None]:
    """The date (ISO 8601) and page that a path such as `2026-04-01/03版.txt` states; None where it states none.

    Of several dates the last counts, since a file's name is closer than its folder's. A number alone is a page only
    beside a date, and a string of hexadecimal digits is neither. A plain page has no leading zeros; one with a letter
    stays as it stands.

    >>> date_and_page("20260401_01版.txt")
    ('2026-04-01', '1')
    >>> date_and_page("2026-04/01/nbs.D110000_03.txt")
    ('2026-04-01', '3')
    """
    bare = re.sub(r"\.[A-Za-z]\w{0,4}$", "", unicodedata.normalize("NFKC", name))
    bare = _HASH.sub("#", bare)
    found = [(match, day) for match in _NAME_DATE.finditer(bare) if (day := _day(match)) is not None]
    if not found:
        return None, _page_word(bare) or _letter_page(bare)
    match, day = found[-1]
    rest = bare[match.end() :]
    page = _page_word(rest) or _letter_page(rest)
    if page is None and (number_ := _AFTER_DATE.search(rest)) is not None:
        page = _page(number_["page"])
    before = bare[: match.start()]
    return day.isoformat(), page or _page_word(before) or _letter_page(before)


def masthead_date_and_page(lines: Sequence[str]) -> tuple[str | None, str | None]:
    """The date (ISO 8601) and page that a page's masthead states; None where it states none.

    A date whose weekday is printed beside it and agrees is taken before one without; one whose weekday contradicts it
    is not believed. 今日8版 counts pages and names none.

    >>> masthead_date_and_page(["二〇二六年四月一日 星期三", "第02版 要闻"])
    ('2026-04-01', '2')

    :param lines: lines of the page that are no article text, in the order of the page.
    """
    plain = [unicodedata.normalize("NFKC", line).strip() for line in lines]
    return _masthead_date(plain), next((page for line in plain if (page := _masthead_page(line)) is not None), None)


def issue_day(date: str | None) -> datetime.date | None:
    """The date of a page as a day; None where it is not known."""
    try:
        return None if date is None else datetime.date.fromisoformat(date)
    except ValueError:
        return None


def page_key(page: str) -> str:
    """The form in which two ways to print a page's number are one: 02 and 2, A03 and a3.

    >>> page_key("A03"), page_key("02"), page_key("二"), page_key("头")
    ('A3', '2', '2', '1')
    """
    plain = unicodedata.normalize("NFKC", page).strip().upper()
    if plain in ("头", "頭"):
        return "1"
    match = re.fullmatch(r"([A-Z]*)0*(\d+)", plain)
    if match is not None:
        return match[1] + match[2]
    try:
        return str(number(plain))
    except ValueError:
        return plain


def _masthead_date(lines: Sequence[str]) -> str | None:
    unsure: str | None = None
    for line, after in zip(lines, [*lines, ""][1:], strict=True):
        if re.search("[。!?;]", line):
            continue  # a sentence that speaks of a date
        for day in _printed_days(line):
            weekday = _WEEKDAY.search(line) or _WEEKDAY.match(after)
            if weekday is not None and WEEKDAYS[weekday["day"]] == day.weekday():
                return day.isoformat()
            if weekday is None and unsure is None:
                unsure = day.isoformat()
    return unsure


def _printed_days(line: str) -> Iterator[datetime.date]:
    for match in _MASTHEAD_DATE.finditer(line):
        if (day := _day(match)) is not None:
            yield day
    for match in _REPUBLIC.finditer(line):
        with contextlib.suppress(ValueError):
            yield datetime.date(_REPUBLIC_BEGAN + number(match["y"]), number(match["m"]), number(match["d"]))
    for match in _ENGLISH_DATE.finditer(line):
        with contextlib.suppress(ValueError):
            month = _MONTHS.index(match["month"].lower()) + 1
            yield datetime.date(int(match["year"]), month, int(match["day"]))


def _masthead_page(line: str) -> str | None:
    line = _MASTHEAD_DATE.sub(" ", _COUNTED.sub(" ", line))
    if (page := _page_word(line)) is not None:
        return page
    match = _BARE_PAGE.search(line)
    return None if match is None else _page(next(found for found in match.groups() if found))


def _page_word(text: str) -> str | None:
    match = _PAGE_WORD.search(text)
    return None if match is None else _page(match["page"] or match["han"])


def _letter_page(text: str) -> str | None:
    match = _LETTER_PAGE.search(text)
    return None if match is None else _page(match["page"])


def _page(printed: str) -> str | None:
    """The page as it is kept: a plain number without leading zeros, one with a letter as printed; 0 is none."""
    if printed in "头頭":
        return "1"
    if printed[0].isascii() and not printed.isdigit():
        return printed if printed.strip("0").isalnum() and re.search("[1-9]", printed) else None
    value = number(printed)
    return str(value) if value > 0 else None


def _day(match: re.Match[str]) -> datetime.date | None:
    parts: Iterator[str] = (text for name, text in match.groupdict().items() if name != "sep" and text is not None)
    try:
        year, month, day = (number(text) for text in parts)
        return datetime.date(year, month, day)
    except ValueError:
        return None
