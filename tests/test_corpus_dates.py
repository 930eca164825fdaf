"""Dates in printed text: found as printed, and the days they mean in an issue of Wednesday, 1 April 2026."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.date_words import month_end, months_from, number
from corpus.dates import DateMention, dates_in

ISSUE = datetime.date(2026, 4, 1)


def said(text: str, issue: datetime.date | None = ISSUE) -> list[str]:
    """Each date as `printed = first/last precision`, with the last day left out where it is the first."""
    out = []
    for mention in dates_in(text, issue):
        days = "?" if mention.first is None else mention.first.isoformat()
        days += "" if mention.last == mention.first else f"/{mention.last}"
        out.append(f"{text[mention.start : mention.end]} = {days} {mention.precision}")
    return out


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # printed in full
        ("大桥于2024年3月5日通车。", ["2024年3月5日 = 2024-03-05 day"]),
        ("2024年动工", ["2024年 = 2024-01-01/2024-12-31 year"]),
        ("2025年度考核", ["2025年度 = 2025-01-01/2025-12-31 year"]),
        ("2024年2月的数据", ["2024年2月 = 2024-02-01/2024-02-29 month"]),
        ("二〇二四年三月五日上午", ["二〇二四年三月五日上午 = 2024-03-05 day"]),
        ("二零二四年十二月卅一日", ["二零二四年十二月卅一日 = 2024-12-31 day"]),
        ("一九四九年十月一日", ["一九四九年十月一日 = 1949-10-01 day"]),
        ("２０２４年０３月０５日", ["２０２４年０３月０５日 = 2024-03-05 day"]),
        ("2024 年 3 月 5 日", ["2024 年 3 月 5 日 = 2024-03-05 day"]),
        ("签于2024-03-05", ["2024-03-05 = 2024-03-05 day"]),
        ("2024/3/5和2024.3.6", ["2024/3/5 = 2024-03-05 day", "2024.3.6 = 2024-03-06 day"]),
        ("2025年一季度", ["2025年一季度 = 2025-01-01/2025-03-31 quarter"]),
        ("2025年第四季度", ["2025年第四季度 = 2025-10-01/2025-12-31 quarter"]),
        ("2025年前三季度", ["2025年前三季度 = 2025-01-01/2025-09-30 quarter"]),
        ("2025年下半年", ["2025年下半年 = 2025-07-01/2025-12-31 half"]),
        ("2025年底", ["2025年底 = 2025-12-01/2025-12-31 around"]),
        ("2025年6月上旬", ["2025年6月上旬 = 2025-06-01/2025-06-10 day"]),
        ("2024年2月下旬", ["2024年2月下旬 = 2024-02-21/2024-02-29 day"]),
        ("2025年6月底", ["2025年6月底 = 2025-06-21/2025-06-30 around"]),
        # without a year
        ("11月6日上午签约", ["11月6日上午 = 2025-11-06 day"]),
        ("4月6日开赛", ["4月6日 = 2026-04-06 day"]),
        ("3月启动", ["3月 = 2026-03-01/2026-03-31 month"]),
        ("4月份是读书月", ["4月份 = 2026-04-01/2026-04-30 month"]),
        ("8月20日签约", ["8月20日 = 2025-08-20 day"]),  # 224 days back
        ("8月20日将开幕", ["8月20日 = 2026-08-20 day"]),
        ("展会定于9月举行", ["9月 = 2026-09-01/2026-09-30 month"]),
        ("将3月5日定为学雷锋日", ["3月5日 = 2026-03-05 day"]),  # the next one is 338 days ahead
        ("一季度完工", ["一季度 = 2026-01-01/2026-03-31 quarter"]),
        ("上半年完工", ["上半年 = 2026-01-01/2026-06-30 half"]),
        ("2024年3月动工,10月投产", ["2024年3月 = 2024-03-01/2024-03-31 month", "10月 = 2024-10-01/2024-10-31 month"]),
        ("2024年动工。10月投产", ["2024年 = 2024-01-01/2024-12-31 year", "10月 = 2025-10-01/2025-10-31 month"]),
        ("2019年5月成立,同年12月上市", [
            "2019年5月 = 2019-05-01/2019-05-31 month", "同年12月 = 2019-12-01/2019-12-31 month",
        ]),
        ("2019年成立,次年3月上市", ["2019年 = 2019-01-01/2019-12-31 year", "次年3月 = 2020-03-01/2020-03-31 month"]),
        ("年底前完成", ["年底 = 2026-12-01/2026-12-31 around"]),
        ("月初开会", ["月初 = 2026-04-01/2026-04-10 around"]),
        # told from the issue
        ("昨天上午召开", ["昨天上午 = 2026-03-31 day"]),
        ("昨日", ["昨日 = 2026-03-31 day"]),
        ("昨晚的演出", ["昨晚 = 2026-03-31 day"]),
        ("今天和明天", ["今天 = 2026-04-01 day", "明天 = 2026-04-02 day"]),
        ("前天下午,大前天", ["前天下午 = 2026-03-30 day", "大前天 = 2026-03-29 day"]),
        ("后天闭幕", ["后天 = 2026-04-03 day"]),
        ("上周五", ["上周五 = 2026-03-27 day"]),
        ("上周", ["上周 = 2026-03-23/2026-03-29 day"]),
        ("下周三起", ["下周三 = 2026-04-08 day"]),
        ("本周末", ["本周末 = 2026-04-04/2026-04-05 day"]),
        ("这个星期天", ["这个星期天 = 2026-04-05 day"]),
        ("上个月", ["上个月 = 2026-03-01/2026-03-31 month"]),
        ("下月5日", ["下月5日 = 2026-05-05 day"]),
        ("本月底", ["本月底 = 2026-04-21/2026-04-30 around"]),
        ("去年", ["去年 = 2025-01-01/2025-12-31 year"]),
        ("前年12月", ["前年12月 = 2024-12-01/2024-12-31 month"]),
        ("去年底", ["去年底 = 2025-12-01/2025-12-31 around"]),
        ("今年6月", ["今年6月 = 2026-06-01/2026-06-30 month"]),
        ("今年初以来", ["今年初 = 2026-01-01/2026-01-31 around"]),
        ("明年上半年", ["明年上半年 = 2027-01-01/2027-06-30 half"]),
        ("一季度比去年同期增加", [
            "一季度 = 2026-01-01/2026-03-31 quarter", "去年同期 = 2025-01-01/2025-03-31 quarter",
        ]),
        ("去年上半年好于上年同期", [
            "去年上半年 = 2025-01-01/2025-06-30 half", "上年同期 = 2024-01-01/2024-06-30 half",
        ]),
        ("一季度的销量比2019年同期高", [
            "一季度 = 2026-01-01/2026-03-31 quarter", "2019年同期 = 2019-01-01/2019-03-31 quarter",
        ]),
        ("去年年底和今年年初", ["去年年底 = 2025-12-01/2025-12-31 around", "今年年初 = 2026-01-01/2026-01-31 around"]),
        ("本月 23 日", ["本月 23 日 = 2026-04-23 day"]),
        ("最近几天", ["最近几天 = 2026-03-25/2026-04-01 around"]),
        ("10日下午", ["10日下午 = 2026-03-10 day"]),
        ("2019年5月成立。同年12月上市", [
            "2019年5月 = 2019-05-01/2019-05-31 month", "同年12月 = 2019-12-01/2019-12-31 month",
        ]),
        ("每年5月", ["每年5月 = ? month"]),
        ("3天前", ["3天前 = 2026-03-29 day"]),
        ("两个月前", ["两个月前 = 2026-02-01/2026-02-28 around"]),
        ("十年前", ["十年前 = 2016-01-01/2016-12-31 around"]),
        ("三年来", ["三年来 = 2023-04-01/2026-04-01 around"]),
        ("半年来", ["半年来 = 2025-10-01/2026-04-01 around"]),
        ("近五年", ["近五年 = 2021-04-01/2026-04-01 around"]),
        ("近日,记者获悉", ["近日 = 2026-03-18/2026-04-01 around"]),
        ("日前", ["日前 = 2026-03-18/2026-04-01 around"]),
        ("3日上午", ["3日上午 = 2026-04-03 day"]),
        ("30日下午", ["30日下午 = 2026-03-30 day"]),
        # from … to
        ("4月1日至3日", ["4月1日至3日 = 2026-04-01/2026-04-03 day"]),
        ("4月1—3日", ["4月1—3日 = 2026-04-01/2026-04-03 day"]),
        ("3月29日—4月2日", ["3月29日—4月2日 = 2026-03-29/2026-04-02 day"]),
        ("2023年至2025年", ["2023年至2025年 = 2023-01-01/2025-12-31 year"]),
        ("2021—2025年", ["2021—2025年 = 2021-01-01/2025-12-31 year"]),
        ("2025年6月至9月", ["2025年6月至9月 = 2025-06-01/2025-09-30 month"]),
        ("2025年11月到2月", ["2025年11月到2月 = 2025-11-01/2026-02-28 month"]),
        ("1至3月", ["1至3月 = 2026-01-01/2026-03-31 month"]),
        ("去年10月至今年3月", ["去年10月至今年3月 = 2025-10-01/2026-03-31 month"]),
        ("10月至今年3月", ["10月至今年3月 = 2025-10-01/2026-03-31 month"]),
        ("2023年5月至今", ["2023年5月至今 = 2023-05-01/2026-04-01 month"]),
        ("4月1日、3日", ["4月1日 = 2026-04-01 day", "3日 = 2026-04-03 day"]),
        # traditional characters
        ("去年11月開幕,上個月閉幕", ["去年11月 = 2025-11-01/2025-11-30 month", "上個月 = 2026-03-01/2026-03-31 month"]),
        ("後天下午", ["後天下午 = 2026-04-03 day"]),
    ],
)  # fmt: skip
def test_what_a_date_means(text: str, expected: list[str]) -> None:
    assert said(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "十月革命", "五四运动", "八一路", "五一劳动节", "12月里来", "三月三", "八月十五", "农历三月初三日",
        "五月天演唱会", "近2000年的历史", "1000年前", "公元前1046年", "20世纪80年代", "2020年代", "八年级",
        "3个月", "三年", "30日内", "工期3日", "13月5日", "2025年2月30日", "2024-13-05", "192.168.1.1",
        "今日头条", "以前年度", "文明天下", "生日前", "附近日照", "日本月球", "提前晚交", "上周边环境",
        "三个月中", "第3日上午", "电话2024-1-2-3", "先天后天性", "①②月", "上一季度",
    ],
)  # fmt: skip
def test_what_is_no_date(text: str) -> None:
    assert said(text) == []


def test_a_day_that_is_wrong_leaves_the_others() -> None:
    assert said("13月5日至2025年3月6日") == ["2025年3月6日 = 2025-03-06 day"]
    assert said("2025年3月9日至2月") == ["2025年3月9日至2月 = 2025-03-09/2026-02-28 month"]
    assert said("2025年至2023年") == ["2025年 = 2025-01-01/2025-12-31 year", "2023年 = 2023-01-01/2023-12-31 year"]


def test_without_the_issue_only_what_is_printed_in_full_is_resolved() -> None:
    assert said("昨天,2025年3月6日,4月1日,近日", None) == [
        "昨天 = ? day",
        "2025年3月6日 = 2025-03-06 day",
        "4月1日 = 2025-04-01 day",  # of the year printed before it
        "近日 = ? around",
    ]
    assert said("去年底至上个月,10月3日", None) == ["去年底至上个月 = ? around", "10月3日 = ? day"]


def test_the_turn_of_the_year() -> None:
    january = datetime.date(2026, 1, 3)
    assert said("12月28日完工", january) == ["12月28日 = 2025-12-28 day"]
    assert said("四季度", january) == ["四季度 = 2025-10-01/2025-12-31 quarter"]
    assert said("四季度将开工", january) == ["四季度 = 2026-10-01/2026-12-31 quarter"]
    assert said("2月29日", january) == []  # neither 2025, 2026 nor 2027 has one


def test_a_day_of_an_unsaid_year_is_the_last_one_within_300_days() -> None:
    """300 days before 1 April 2026 is 5 June 2025."""
    assert ISSUE - datetime.timedelta(300) == datetime.date(2025, 6, 5)
    assert said("6月5日、") == ["6月5日 = 2025-06-05 day"]
    assert said("6月4日、") == ["6月4日 = 2026-06-04 day"]


@pytest.mark.parametrize(
    ("text", "value"),
    [("07", 7), ("十", 10), ("十二", 12), ("二十三", 23), ("廿三", 23), ("卅一", 31), ("二〇二六", 2026)],
)
def test_number(text: str, value: int) -> None:
    assert number(text) == value


def test_number_refuses_what_is_none() -> None:
    for text in ("", "年", "1年"):
        with pytest.raises(ValueError):
            number(text)


def test_months() -> None:
    assert month_end(2024, 2) == datetime.date(2024, 2, 29)
    assert months_from(datetime.date(2026, 3, 31), -13) == datetime.date(2025, 2, 28)
    with pytest.raises(ValueError):
        months_from(datetime.date(1, 1, 1), -1)


_PIECES = st.sampled_from(
    "今年 去年 2024年 二〇二四年 同年 每年 12 3 十一 月 日 天 前 来 至 — 、 , 。 上 本 周 五 末 半年 季度 第 一 近 "
    "日前 同期 底 初 9999 0 个 三 百 年 昨 晚 上午 2024-02-30 ２ ① 至今 将 \n".split(" ")
)
_TEXTS = st.one_of(st.text(), st.lists(_PIECES, max_size=14).map("".join))


@given(_TEXTS, st.one_of(st.none(), st.dates()))
def test_whatever_the_text_dates_are_in_order_and_whole(text: str, issue: datetime.date | None) -> None:
    at = 0
    for mention in dates_in(text, issue):
        assert at <= mention.start < mention.end <= len(text)
        at = mention.end
        assert (mention.first is None) == (mention.last is None)
        assert mention.first is None or mention.last is None or mention.first <= mention.last


@given(st.dates(min_value=datetime.date(1900, 1, 1), max_value=datetime.date(2099, 12, 31)), st.none() | st.dates())
def test_a_date_printed_in_full_is_read_back(day: datetime.date, issue: datetime.date | None) -> None:
    text = f"于{day.year}年{day.month}月{day.day}日开工"
    assert dates_in(text, issue) == [DateMention(1, len(text) - 2, day, day, "day")]
