"""One way of writing numbers, amounts and dates, for matching.

A stretch of number characters is rewritten as a whole: Chinese numerals where they are surely numbers, amounts to the
shortest form with 万 or 亿 that has at least 1 before the point, dates to 2026年4月1日. What is not surely a number
(一带一路, 千方百计, 三思, 十分, 五一) is left as it is printed.
"""

from __future__ import annotations

import functools
import re
from decimal import Decimal

_DIGITS = {c: n % 10 for n, c in enumerate("〇一二三四五六七八九")} | {"零": 0, "○": 0, "两": 2}
_DIGITS |= {str(n): n for n in range(10)}
_PLACES = {"十": 10, "百": 100, "千": 1000}
_ROW = str.maketrans("〇零○一二三四五六七八九", "000123456789")
NUMERALS = "〇零○一二两三四五六七八九十百千万亿"
_R = f"[0-9{NUMERALS}]"

# What follows a count and makes it one. 瓦, 克 and the like are here because 5千瓦 is not 5000 of anything.
_COUNTED = (
    "美元 欧元 港元 日元 元 人次 人 名 户 家 个 项 平方米 立方米 公里 米 吨 亩 辆 台 件 株 册 套 份 次 公斤".split()
)
_OTHER = "% 大 倍 岁 度 天 届 期 条 层 楼 版 级 座 篇 门 位 场 处 种 所 部 多 余 瓦 克 卡 伏 赫".split()
_UNIT = "|".join(sorted(_COUNTED + _OTHER, key=len, reverse=True))
_GRAIN = tuple("瓦克卡伏赫")

# No look-around: a slice of the text that begins and ends outside matches has the same matches (see corpus.offsets).
_MORE = rf"(?:[{NUMERALS}0-9点年月日号时分秒]|[./\-][0-9]|[, ][0-9]{{3}})"
STRETCH = re.compile(rf"百分之{_R}{_MORE}*(?:{_UNIT})?|[几数]?{_R}(?:{_MORE}+(?:{_UNIT})?|{_UNIT})")

_D = "[1-9一二三四五六七八九]"
_BELOW_100 = f"{_D}?十{_D}?"
_BELOW_1000 = f"[2两{_D[1:-1]}]百(?:零{_D}|{_D}十{_D}?)?"
_THOUSANDS = f"[2两{_D[1:-1]}]千(?:零{_D}十{_D}?|零{_D}|{_BELOW_1000})?"
_SECTION = f"(?:{_THOUSANDS}|{_BELOW_1000}|{_BELOW_100}|[两{_D[1:-1]}])"
_PART = rf"(?:[0-9]+(?:\.[0-9]+)?|{_SECTION})"
_PLAIN = re.compile(_PART)
_LARGE = re.compile(
    rf"(?:({_PART})万亿)?(?:({_PART})亿)?(?:零?({_PART})万)?(?:({_THOUSANDS}|[0-9]{{4}})|零({_SECTION}))?"
)
_LARGE_PLACES = (10**12, 10**8, 10**4, 1, 1)
_IN_A_ROW = re.compile("[0-9〇零○一二三四五六七八九]{2,}")
_GROUPED = re.compile(r"(?<![0-9.,])[0-9]{1,3}(?:,[0-9]{3})+(?![0-9,])")
_SPACED = re.compile(r"(?<![0-9., ])[0-9]{1,3}(?: [0-9]{3})+(?=[万亿元美欧港])")
_POINT = re.compile(
    rf"(百分之|(?<!{_R}))(零|{_SECTION})点([〇零一二三四五六七八九]+)(?![十百千])([万亿元倍%米吨公度岁]?)"
)
_TOKEN = re.compile(rf"(百分之)?({_R}+(?:[./\-][0-9]+{_R}*)*)")
_DATE = re.compile(
    r"(?<![0-9./\-])((?:1[89]|20|21)[0-9]{2})([./\-])(0?[1-9]|1[0-2])\2(0?[1-9]|[12][0-9]|3[01])(?![0-9]|[./\-][0-9])日?"
)
_MONTH = re.compile(r"(?<![0-9])0([1-9])(?=月)|(?<=月)0([1-9])(?=[日号])")
_DAY = re.compile(r"(?<=月)([0-9]{1,2})号")
_LONGEST = 24  # more digits than this count nothing


@functools.lru_cache(maxsize=8192)
def canonical(stretch: str) -> str:
    """A match of `STRETCH`, in folded characters, written in the one way that all its spellings share.

    >>> [canonical(s) for s in ("二〇二六年四月一日", "2026-04-01", "一千五百万元", "0.15亿元", "百分之三十")]
    ['2026年4月1日', '2026年4月1日', '1500万元', '1500万元', '30%']
    """
    text = _GROUPED.sub(lambda m: m.group().replace(",", ""), stretch)
    text = _SPACED.sub(lambda m: m.group().replace(" ", ""), text)
    text = _POINT.sub(_with_point, text)
    text = _TOKEN.sub(_number, text)
    text = _DATE.sub(lambda m: f"{m[1]}年{int(m[3])}月{int(m[4])}日", text)
    text = _MONTH.sub(lambda m: m[1] or m[2], text)
    return _DAY.sub(r"\1日", text)


def value(number: str) -> Decimal | None:
    """What a well-formed number counts: digits, Chinese numerals or both; None for anything else.

    >>> [value(n) for n in ("1亿2000万", "一千零五十", "两千", "三千八", "十四五", "百万")]
    [Decimal('120000000'), Decimal('1050'), Decimal('2000'), None, None, None]
    """
    if not number or len(number) > _LONGEST:
        return None
    if _PLAIN.fullmatch(number):
        return _part(number)
    found = _LARGE.fullmatch(number)
    if found is None or not any(found.groups()[:3]):
        return None
    return sum((_part(part) * place for part, place in zip(found.groups(), _LARGE_PLACES, strict=True) if part), _ZERO)


_ZERO = Decimal(0)


def _part(text: str) -> Decimal:
    """The value of a match of _PART."""
    if text[0].isascii() and text[-1].isascii() and not any(c in _PLACES for c in text):
        return Decimal(text)
    total = digit = 0
    for char in text:
        if char in _PLACES:
            total, digit = total + (digit or 1) * _PLACES[char], 0
        else:
            digit = _DIGITS[char]
    return Decimal(total + digit)


def _plain(number: Decimal) -> str:
    """Without exponent and without zeros at the end of a fraction."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _shortest(number: Decimal) -> str:
    """The shortest of 15000000, 1500万 …; the larger unit where two are as short."""
    forms = [_plain(number / place) + unit for place, unit in _UNITS if number >= place]
    return min(forms, key=len, default=_plain(number))


_UNITS = ((Decimal(10**12), "万亿"), (Decimal(10**8), "亿"), (Decimal(10**4), "万"), (Decimal(1), ""))


def _with_point(found: re.Match[str]) -> str:
    """三点五 as 3.5 where a percentage or what follows makes it a number; 三点五十分 is a time, 一点一滴 neither."""
    percent, whole, fraction, unit = found.groups()
    if not percent and not unit:
        return found.group()
    before = "0" if whole == "零" else _plain(_part(whole))
    return f"{percent}{before}.{fraction.translate(_ROW)}{unit}"


def _number(found: re.Match[str]) -> str:
    """One run of number characters within a stretch."""
    percent, run = found.groups()
    before, after = found.string[: found.start()][-1:], found.string[found.end() :]
    counted = value(run)
    if percent:
        counted = Decimal(100) if run == "百" else counted
        return found.group() if counted is None else f"{_plain(counted)}%"
    if before in ("几", "数") and run[0] in "十百千万亿":
        return run
    if run.isascii():
        # 00012 and a telephone number are names, not amounts.
        is_amount = counted is not None and (run[0] != "0" or run[1:2] == ".") and after.startswith(tuple(_COUNTED))
        return _shortest(counted) if counted is not None and is_amount else run
    if _IN_A_ROW.fullmatch(run):
        # 二〇二六, 八〇(后), 一二三四五; but 五一 and 三五 may be two numbers.
        digits = run.translate(_ROW)
        return digits if len(run) > 3 or (any(c in "〇零○" for c in run) and digits.strip("0")) else run
    if len(run) == 1:
        return str(int(_ten(run))) if _counts(before, run, after) else run
    if counted is None or (run[-1] == "千" and after.startswith(_GRAIN)) or after.startswith("大"):
        return run  # 二十大 is a name
    return _shortest(counted) if after.startswith(tuple(_COUNTED)) or re.search("[万亿]", run) else _plain(counted)


def _ten(char: str) -> Decimal:
    return Decimal(10 if char == "十" else _DIGITS[char])


def _counts(before: str, char: str, after: str) -> bool:
    """Whether a lone numeral counts what follows it: 三年, 四月, 十余; not 十分, 百年, 一时.

    Nor 三家: newspapers write small counts of things out, and 哪三家 asks for no 3.
    """
    if char in "百千万亿○":
        return False
    if char in "零〇":
        return after[:1] in ("时", "点")
    if char == "一":
        return after[:1] in tuple("年月岁号元") or (after[:1] == "日" and before == "月")
    if char == "十" and after[:1] in ("多", "余"):
        return True
    return after[:1] in tuple("年月日号时点岁元倍届") or after.startswith(("美元", "欧元", "港元", "日元"))
