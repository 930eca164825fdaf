"""Filters in the words of a question: 2026年1月的报纸里…, 第3版上…, 许冰洲写的…, in the January 2026 papers.

Only what surely is a filter counts; everything else is left to the search. A date is one where it names the paper
(4月1日的报纸上, not 4月6日的揭幕战), a page where it is a place to read (第3版上, not 第3版教材), a name where somebody
signs so in these pages and the words speak of what he or she wrote or took (not of whether: 是许冰洲写的吗).
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from corpus.date_words import NUMBER, months_from
from corpus.dates import dates_in
from corpus.fold import fold
from corpus.issue import issue_day
from corpus.records import Page
from qa import filter_english
from qa.abstain import is_question
from qa.filters import Filter

Found = tuple[int, int, Filter]
"""Half-open range of the words, in characters of the text, and what they ask for."""

_IN: Final = "(?:里面|上面|里边|里头|当中|之中|[里上中内])"
_PAUSE: Final = r"[,:、\s]*"
_PAGE: Final = (
    rf"(?:第\s?(?:{NUMBER}|[a-z]\d{{1,2}})\s?版|(?<![0-9a-z第])(?:[a-z]\d{{1,2}}|{NUMBER})版|头版)"
    "(?![本权块次税式主画])"
)
_TOLD: Final = "说|写|讲|登|刊|报道|提到|谈到|介绍|有|怎么|如何|谁|哪|什么|是|头条"
_PIECE: Final = "(?:新闻)?(?:报道|文章|稿子|稿件|新闻|消息|通讯|特写|评论)"
_PICTURE: Final = "(?:摄影作品|照片|图片|相片|图)"
# Where a sentence has no further word in front that could turn the meaning: 关于…, 登上…, 《某报》….
_START: Final = r"(?:^|[\s,.;:!?。(“\"]|请问|想知道|(?<!存)在|从|按照?|根据|据|看看?|翻翻?|查查?|查一下|那)$"

_PAPER: Final = (
    "(?:(?:那一?|当|这一?)[天日期]|出版|发行)?"
    r"(?:的(?:那|这)?[张份期]?(?:报纸?|报刊|(?<=的)[日晚晨]报)|(?<=[天日期])报纸?|报纸|报刊)"
)
_OF_ISSUE = re.compile(
    r"(?P<open>以来|以后|之后|起|以前|之前)?(?:"
    rf"{_PAPER}(?:{_IN}的?{_PAUSE}|的?(?={_PAGE})|(?<=纸)(?:{_PAUSE}$|[,:]{_PAUSE}|(?={_TOLD})))"
    rf"|(?P<bare>的?\s?(?={_PAGE}))"
    rf"|的{_PIECE}(?:{_IN}{_PAUSE}|(?=说|提到|谈到|[,:]))"
    rf"|(?:刊登|刊发|登载|刊载|刊出|见报|登报)的(?:(?:那|这)?[篇则条]?{_PIECE}{_IN}{_PAUSE})?)"
)
_ON_PAGE = re.compile(
    rf"(?:报纸?的?)?(?P<page>{_PAGE})(?:(?:里面|上面|里|上)的?{_PAUSE}|的(?={_PIECE}|{_PICTURE}|那|头条|内容|广告)"
    rf"|[,:]{_PAUSE}|(?=刊登|登了|刊发)|(?<=头版)(?:的?{_PAUSE}$|(?={_TOLD})))"
)
_AFTER_ISSUE = re.compile(rf"(?P<page>{_PAGE})(?:{_IN}?的?{_PAUSE})")
_PRINTED_ON = re.compile(rf"(?:刊登|登载|刊载|刊发|发表|登|刊)[在于](?:报纸?的?)?(?P<page>{_PAGE})(?:{_IN}?的?)")
_NUMBERED = re.compile("^[0-9〇零一二三四五六七八九十廿卅]")

_ROLE: Final = "(?:(?:本报|见习|实习|首席)*记者|通讯员|实习生|作者|摄影记者|摄影师|摄影者)"
_DID = re.compile(
    rf"(?:(?P<wrote>(?:撰写|采写|执笔|撰|写|报道)的)|(?P<took>(?:拍摄|摄影|拍|摄)的)|(?P<of>的)(?={_PIECE}))"
    rf"(?P<piece>(?:(?:那|这)?[篇则条张幅组]?(?:{_PIECE}|{_PICTURE})){_IN}{_PAUSE})?(?P<rest>.?)"
)
_ABOUT = re.compile("(?:关于|有关|对|是|由|被|给|采访|介绍|涉及)$")
_LONGEST_NAME: Final = 30


@dataclass(frozen=True, slots=True)
class Holdings:
    """What an archive holds that a filter may name: who signs, who takes pictures, and the days of its issues.

    Names are as printed, by their folded form; `days` ascend.
    """

    signers: Mapping[str, str]
    photographers: Mapping[str, str]
    days: tuple[datetime.date, ...]

    @classmethod
    def of(cls, pages: Iterable[Page]) -> Holdings:
        """What these pages hold."""
        signers: dict[str, str] = {}
        photographers: dict[str, str] = {}
        days: set[datetime.date] = set()
        for page in pages:
            if (day := issue_day(page.date)) is not None:
                days.add(day)
            for article in page.articles:
                photographers.update((folded_name(name), name) for name in article.photographers)
                signers.update((folded_name(name), name) for name in (*article.reporters, *article.correspondents))
        return cls(photographers | signers, photographers, tuple(sorted(days)))


def folded_name(name: str) -> str:
    """A name as it is compared: folded, and without the blank that spaces out two characters."""
    form = " ".join(fold(name).split())
    return form if form.isascii() else form.replace(" ", "")


def understand(question: str, holdings: Holdings, today: datetime.date) -> tuple[str, tuple[tuple[Filter, str], ...]]:
    """The question without the words of its filters, and the filters, each with these words.

    A question of nothing else stays as it is, so that there is something to search for.

    :param today: what 今天 and 去年 lean on. A month or day without a year is one of the issues held, if there is one.
    """

    def year_of(first: datetime.date, last: datetime.date) -> tuple[datetime.date, datetime.date]:
        return held_year(first, last, holdings.days)

    rest = question
    out: list[tuple[Filter, str]] = []

    def take(found: Found | None) -> None:
        nonlocal rest
        if found is not None:
            start, end, wanted = found
            out.append((wanted, rest[start:end].strip(" ,，:：、")))
            rest = rest[:start] + rest[end:]

    take(_issue(fold(rest), holdings, today))
    take(_page(fold(rest), after_issue=bool(out)))
    take(_signed(fold(rest), holdings))
    if len(re.findall("[A-Za-z]", rest)) > 2:
        take(filter_english.issue(fold(rest), year_of, holdings.days[-1] if holdings.days else today))
        take(filter_english.page(fold(rest)))
        take(filter_english.signed(fold(rest), holdings.signers, holdings.photographers))
    if not out:
        return question, ()
    rest = re.sub(r"^[\s,，:：、]+", "", rest)
    rest = re.sub(r"[ ,]+(?=[?.!]|$)", "", re.sub(" {2,}", " ", rest).replace(" ,", ","))
    return (rest if is_question(rest) else question), tuple(out)


def _issue(text: str, holdings: Holdings, today: datetime.date) -> Found | None:
    by_issue = {m.start: m for m in dates_in(text, holdings.days[-1] if holdings.days else today)}
    for mention in dates_in(text, today):
        tail = _OF_ISSUE.match(text, mention.end)
        before = re.search(_START, text[: mention.start])
        if tail is None or before is None:
            continue
        printed = text[mention.start : mention.end]
        if _NUMBERED.match(printed):
            mention = by_issue.get(mention.start, mention)
        first, last = mention.first, mention.last
        # A day's third page is the paper's; a year's may be a book's third edition.
        if (
            first is None
            or last is None
            or mention.precision == "around"
            or (tail["bare"] is not None and first != last)
        ):
            continue
        if "年" not in printed and not re.search(r"\d{4}", printed) and _NUMBERED.match(printed):
            first, last = held_year(first, last, holdings.days)
        start = before.start() if before[0] not in ("请问", "想知道") else mention.start
        return start, tail.end(), _dated(first, last, tail["open"])
    return None


def _dated(first: datetime.date, last: datetime.date, way: str | None) -> Filter:
    if way in ("以前", "之前"):
        return Filter(last=first - datetime.timedelta(1))
    if way == "起" or way == "以来":
        return Filter(first=first)
    return Filter(first=first, last=last) if way is None else Filter(first=last + datetime.timedelta(1))


def held_year(
    first: datetime.date, last: datetime.date, days: Sequence[datetime.date]
) -> tuple[datetime.date, datetime.date]:
    """The same part of the latest year of which an issue is held; as given where there is none.

    >>> day = datetime.date
    >>> held_year(day(2026, 4, 1), day(2026, 4, 1), [day(2025, 4, 1), day(2026, 3, 1)])
    (datetime.date(2025, 4, 1), datetime.date(2025, 4, 1))
    """
    for year in sorted({day.year for day in days}, reverse=True):
        months = 12 * (year - first.year)
        begin, end = months_from(first, months), months_from(last, months)
        if any(begin <= day <= end for day in days):
            return begin, end
    return first, last


def _page(text: str, after_issue: bool) -> Found | None:
    match = _AFTER_ISSUE.match(text) if after_issue else None
    if match is None:
        match = _PRINTED_ON.search(text)
    if match is None:
        match = next((m for m in _ON_PAGE.finditer(text) if re.search(_START, text[: m.start()])), None)
    if match is None:
        return None
    start = match.start()
    while start and text[start - 1] in "在从 ":
        start -= 1
    return start, match.end(), Filter(page=match["page"].removeprefix("第").removesuffix("版").strip())


def _signed(text: str, holdings: Holdings) -> Found | None:
    for match in _DID.finditer(text):
        names = holdings.photographers if match["took"] else holdings.signers
        did = match.start()
        start = next((at for at in range(max(0, did - _LONGEST_NAME), did - 1) if text[at:did] in names), None)
        if start is None:
            continue
        name = names[text[start:did]]
        role = re.search(rf"{_ROLE}\s?$", text[:start])
        begin = start if role is None else role.start()
        before = text[:begin]
        together = any(before.rstrip(" 、,和与及").endswith(one) for one in holdings.signers)
        if together or _ABOUT.search(before) or (role is None and not re.search(_START, before)):
            continue
        # 许冰洲写的吗 asks whether, 许冰洲写的? whose; neither says of what it is asked.
        if match["of"] is None and not match["piece"] and match["rest"] in ("", "吗", "吧", "么", "呢", "?"):
            continue
        wanted = Filter(photographer=name) if match["took"] else Filter(reporter=name)
        return begin, match.start("rest"), wanted
    return None
