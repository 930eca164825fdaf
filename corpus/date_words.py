"""The words that newspapers print for dates: their grammar as one pattern, Chinese numerals, and month arithmetic.

The pattern is meant for folded text (corpus.fold: simplified characters, half-width digits), which keeps positions.
"""

from __future__ import annotations

import calendar
import datetime
import re

_DIGITS = {char: n for n, char in enumerate("〇一二三四五六七八九")} | {"零": 0, "○": 0, "两": 2}
_TENS = {"十": 10, "廿": 20, "卅": 30}


def number(text: str) -> int:
    """A whole number in Arabic or Chinese numerals, digit by digit or with tens and hundreds.

    >>> number("二〇二六"), number("廿三"), number("十二"), number("一百二十"), number("07")
    (2026, 23, 12, 120, 7)

    :raises ValueError: if `text` is no such number.
    """
    if text.isascii():
        return int(text)
    if not text or any(char not in _DIGITS and char not in _TENS and char != "百" for char in text):
        raise ValueError(f"{text!r} is no number; expected Arabic or Chinese numerals")
    if all(char in _DIGITS for char in text):
        return int("".join(str(_DIGITS[char]) for char in text))
    total = last = 0
    for char in text:
        if char in _DIGITS:
            last = _DIGITS[char]
        elif char == "百":
            total, last = total + max(last, 1) * 100, 0
        else:
            ten = _TENS[char]
            total, last = total + (max(last, 1) * 10 if ten == 10 else ten), 0
    return total + last


def month_end(year: int, month: int) -> datetime.date:
    """The last day of a month.

    :raises ValueError: if there is no such month, or its year is not one from 1 to 9999.
    """
    if not 1 <= year <= 9999 or not 1 <= month <= 12:
        raise ValueError(f"{year}-{month} is no month")
    return datetime.date(year, month, calendar.monthrange(year, month)[1])


def months_from(day: datetime.date, months: int) -> datetime.date:
    """The same day `months` later (earlier where negative), or the last day of a shorter month.

    >>> months_from(datetime.date(2026, 3, 31), -1)
    datetime.date(2026, 2, 28)

    :raises ValueError: if that is outside the years 1 to 9999.
    """
    count = day.year * 12 + day.month - 1 + months
    end = month_end(count // 12, count % 12 + 1)
    return end.replace(day=min(day.day, end.day))


YEARS = {"今年": 0, "本年": 0, "去年": -1, "上年": -1, "前年": -2, "大前年": -3, "明年": 1, "来年": 1, "后年": 2}
THAT_YEAR = {"同年": 0, "当年": 0, "次年": 1, "翌年": 1}
DAYS = {"大前": -3, "前": -2, "昨": -1, "今": 0, "明": 1, "后": 2, "大后": 3}
WEEKS = {"上上": -2, "上": -1, "本": 0, "这": 0, "下": 1, "下下": 2}
WEEKDAYS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6}

_S = "[ ]?"
TO = rf"{_S}(?:至|到|—{{1,2}}|-{{1,2}}|–|~){_S}"
NUMBER = "(?:[0-9]{1,2}|[一二三四五六七八九十廿卅]{1,3})"
YEAR = "(?:1[0-9]{3}|20[0-9]{2}|(?:一[八九]|二[〇零○])[〇零○一二三四五六七八九]{2})"
TIME = (
    "(?:凌晨|清晨|清早|早晨|早上|早间|上午|中午|午间|午后|下午|傍晚|晚上|晚间|夜间|夜里|深夜|当晚"
    "|晚(?![会报宴餐稻期年些点育]))"
)
# 初, 底 and 末, but not as the first half of another word: 初中, 初三, 底部, 末端.
_EDGE = "(?:初(?![中级期步心次创衷见始夏冬春秋一二三四五六七八九十])|[底末](?![层部线气色蕴特盘价端位尾梢]))"
# A number before 月 is no month of the calendar in 革命, 党人 (history), 薪, 饼 and the like (other words), nor before
# a day of the lunar year, which has no 日: 三月三, 八月十五.
_NO_MONTH = (
    "(?!革命|党人|里来|围城|[花兔河薪租嫂球亮刊票均供饼季龄子经]|天(?!气)|初?[一二三四五六七八九十]{1,3}(?![日号]))"
)
_LUNAR = "(?<![农旧阴]历)(?<![农旧阴]历 )"
_UPPER = "(?<![以马晚早线海会台地])上"
_THIS = "(?<![日根基])本|这"

_MONTH = (
    rf"(?:(?P<m0>{NUMBER}){TO}(?={NUMBER}{_S}月))?(?P<m>{NUMBER}){_S}月{_NO_MONTH}份?"
    rf"(?:{_S}(?:(?P<d0>{NUMBER}){TO}(?={NUMBER}{_S}[日号]))?(?P<d>{NUMBER}){_S}[日号]{TIME}?"
    rf"|(?P<mp>[上中下]旬|{_EDGE}))?"
)
_PART = (
    r"(?<![上下本这])第?(?P<q>[一二三四1-4])季度|(?P<q1>首季)度?|前(?P<qs>[二两三23])个?季度|(?P<h>[上下])半年(?!级)"
)
_YEAR = (
    rf"(?:(?<![0-9.a-z一二〇])(?<!公元前)(?:(?P<y0>{YEAR}){TO}(?={YEAR}{_S}年(?!代|级)))?(?P<y>{YEAR}){_S}年(?!代|级)"
    "|(?P<ry>大前年|今年|(?<!过)去年|(?<![日根基])本年(?![级龄])|(?<![以马])上年(?![纪龄])|(?<![以此之0-9年])前年"
    "|(?<![文光透说证声表黎])明年|(?<![以年月往])来年(?!均)|(?<![此以之今其往最随战])后年(?![均度龄产轻]))"
    "|(?P<ay>同年|当年|次年|翌年|每年|往年|历年|常年)的?"
    rf"(?={_S}{NUMBER}{_S}月|[初底末上下][^级中部端]))"
)

DATED = re.compile(rf"{_YEAR}度?(?!假)(?:{_S}(?:{_MONTH}|{_PART}|年?(?P<yp>{_EDGE})|(?P<same>同期|同月)))?")
"""A year, alone or with something shorter: 2025年, 去年底, 今年6月, 2024年3月5日上午, 去年同期."""

UNDATED = re.compile(rf"{_LUNAR}(?<![0-9.第个〇一二三四五六七八九十廿卅年])(?:{_MONTH}|{_PART})")
"""A month, day, quarter or half of a year that is not said: 11月6日, 一季度, 上半年."""

ISO = re.compile(
    "(?<![0-9a-z.-])(?<![0-9]/)(?P<y>1[0-9]{3}|20[0-9]{2})(?P<sep>[-/.])(?P<m>[0-9]{1,2})(?P=sep)(?P<d>[0-9]{1,2})"
    "(?![0-9a-z]|[-/.][0-9])"
)

NEAR_MONTH = re.compile(
    rf"(?P<w>上上|{_UPPER}|{_THIS}|下下|下)(?:个月|(?<!这)月(?![球经]))"
    rf"(?:{_S}(?P<d>{NUMBER}){_S}[日号]{TIME}?|(?P<mp>[上中下]旬|{_EDGE}))?"
)
"""上个月, 本月底, 下月5日."""

NEAR_DAY = re.compile(
    "(?:(?P<w>大前|大后|(?<![先以大])前|昨|今|(?<![文光透说证声表])明|(?<![先以大])后)"
    rf"(?:天(?![性赋生])|日(?!头条|说法|之星|导读|看点|黄花|重现)){TIME}?"
    "|(?P<v>昨|今|(?<![提之以目文])前|(?<![文光透说证声表])明)(?:[晚夜晨早](?![报稻期熟餐])|上午|下午|中午|凌晨))"
)
"""昨天上午, 今晚, 后天."""

WEEK = re.compile(
    rf"(?P<w>上上|{_UPPER}|{_THIS}|下下|(?<![线乡])下)个?(?:周|星期|礼拜)"
    rf"(?:(?P<d>[一二三四五六日天])(?![共直些致定样均]){TIME}?|(?P<end>末)"
    "|(?![一二三四五六日天末期年岁转庄边围刊长密到全恩总]))"
)
"""上周五, 本周末, 下周."""

SPAN = re.compile(
    "(?:(?P<past>近|过去|最近))?(?<![0-9.第几数多余〇十百])(?P<n>[0-9]{1,3}|半|[一二两三四五六七八九十百]{1,3})"
    "(?P<unit>天|个?星期|周(?![年岁])|个月|年)"
    "(?P<way>(?:以|之)?前(?![后夕景往进列沿瞻年三几])|以?来(?![到自临电访客源信])|(?![度代级份货月初底末0-9]))"
)
"""3天前, 三年来, 近五年: counted back from the issue."""

AROUND = re.compile(
    "(?<![附接靠临最])近日(?![照点本元益])|连日来?|(?:最近|近|这)[几两][天日]"
    "|(?<![生节假今次即近翌每昨明末周平往某0-9〇一二三四五六七八九十几数半])日前"
)
"""近日, 日前: some days before the issue."""

EDGE = re.compile(
    rf"(?<![每近今去明前后本0-9])(?<!半)年(?P<y>{_EDGE})|岁(?P<z>[末])(?!端)"
    rf"|(?<![每正个腊冬岁几数0-9一二三四五六七八九十])月(?P<m>{_EDGE})"
)
"""年底, 月初: of the issue's own year or month."""

DAY = re.compile(rf"(?<![0-9.月第年])(?:(?P<d0>{NUMBER})日?{TO}(?P<d1>{NUMBER})日|(?P<d>{NUMBER})日(?={TIME})){TIME}?")
"""A day whose month is not said, where it cannot be a number of days: 3日上午, 5日至8日."""

AFTER_DAY = re.compile(rf"(?:(?P<to>{TO})|[、和与及])(?P<d>{NUMBER})[日号]{TIME}?")
"""A further day of the month just named: 4月1日至3日, 4月1日、3日."""

TO_NEXT = re.compile(TO)
TO_NOW = re.compile("(?:以来)?(?:至今(?![年天日晚])|迄今|到现在|到目前)")

AHEAD = re.compile("将(?![军近])|(?<![模虚])拟(?!人)|计划|预计|预定|定于|届时|有望|力争|报名|截止")
"""Words that speak of what is to come."""
