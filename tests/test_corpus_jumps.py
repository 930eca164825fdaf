"""Issue and page of a file's name or masthead, articles that go on on another page, and places on a sheet."""

from __future__ import annotations

import dataclasses
import datetime
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.issue import date_and_page, issue_day, masthead_date_and_page, page_key
from corpus.jumps import continuations
from corpus.records import Article, Block, Page, Region
from corpus.regions import regions_of, sheets_of


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("20260401_01版.txt", ("2026-04-01", "1")),
        ("2026-04-01/A03.txt", ("2026-04-01", "A03")),
        ("2026年4月1日/第5版.txt", ("2026-04-01", "5")),
        ("2026年4月1日 A03.txt", ("2026-04-01", "A03")),
        ("2026-04/01/nbs.D110000renmrb_03.txt", ("2026-04-01", "3")),
        ("2026/04/01/node_12.html", ("2026-04-01", "12")),
        ("2026-04-01/03.txt", ("2026-04-01", "3")),
        ("20260401_02.pdf", ("2026-04-01", "2")),
        ("20260401A05.txt", ("2026-04-01", "A05")),
        ("晨报20260401第1版.txt", ("2026-04-01", "1")),
        ("２０２６年４月１日/第２版.txt", ("2026-04-01", "2")),
        ("二〇二六年四月一日第三版.txt", ("2026-04-01", "3")),
        ("2026.4.1/二版.txt", ("2026-04-01", "2")),
        ("2025-12-31/20260101 第12版.txt", ("2026-01-01", "12")),
        ("2026-04-01.txt", ("2026-04-01", None)),
        ("A3版.txt", (None, "A3")),
        ("第03版.txt", (None, "3")),
        # what only looks like it
        ("2026-04-01/article_12.txt", ("2026-04-01", None)),
        ("page_3.txt", (None, None)),
        ("A4.txt", (None, None)),
        ("20261399.txt", (None, None)),
        ("20260401123000.txt", (None, None)),
        ("260401-02.txt", (None, None)),
        ("017_4be0c92a7d5513f8.txt", (None, None)),
        ("007_6d57617c5f20260401.txt", (None, None)),
        ("软件1.2版.txt", (None, None)),
        ("notes.txt", (None, None)),
        ("", (None, None)),
    ],
)
def test_date_and_page(name: str, found: tuple[str | None, str | None]) -> None:
    assert date_and_page(name) == found


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (["2026年4月1日 星期三 农历丙午年二月十四", "第02版 要闻"], ("2026-04-01", "2")),
        (["二〇二六年四月一日", "星期三", "第三版"], ("2026-04-01", "3")),
        (["２０２６年４月１日　星期三", "Ａ０３"], ("2026-04-01", "A03")),
        (["農曆二月十四 2026年4月1日 星期三", "要聞 A05"], ("2026-04-01", "A05")),
        (["2026-04-01 星期三 02 要闻"], ("2026-04-01", "2")),
        (["04", "2026年4月1日"], ("2026-04-01", "4")),
        (["头版"], (None, "1")),
        (["中華民國一一五年四月一日 星期三", "A3 地方要聞"], ("2026-04-01", "A3")),
        (["Page 1  Wednesday, April 1, 2026  English edition"], ("2026-04-01", "1")),
        (["某晚报 2026年4月1日 A6 城事·服务"], ("2026-04-01", "A6")),
        (["2 综合"], (None, "2")),
        # one that its weekday bears out goes before one that stands alone
        (["2025年3月1日起施行", "2026年4月1日 星期三"], ("2026-04-01", None)),
        (["2026年4月1日 星期二"], (None, None)),  # it was a Wednesday
        (["2026年2月30日"], (None, None)),
        (["2026年4月1日,大桥通车。"], (None, None)),
        (["今日8版 总第1234期"], (None, None)),
        (["今日四版"], (None, None)),
        (["共12版", "第2版"], (None, "2")),
        (["扫一扫", ""], (None, None)),
        ([], (None, None)),
    ],
)
def test_masthead(lines: list[str], found: tuple[str | None, str | None]) -> None:
    assert masthead_date_and_page(lines) == found


@given(st.text())
def test_any_name_or_line_gives_a_day_of_the_calendar_or_none(text: str) -> None:
    for date, page in (date_and_page(text), masthead_date_and_page([text, text])):
        assert date is None or datetime.date.fromisoformat(date).isoformat() == date
        assert page is None or page_key(page)


def test_forms_of_one_page_number() -> None:
    assert [page_key(page) for page in ("2", "02", "二", "Ａ03", "a3", "特刊")] == ["2", "2", "2", "A3", "A3", "特刊"]
    assert issue_day("2026-04-01") == datetime.date(2026, 4, 1)
    assert issue_day(None) is None and issue_day("April") is None


ENDED, BROKEN = "河堤加高了两米。", "河堤加高了两米,两岸还"
STARTED, TAKEN_UP = "新桥同日开工。", "的步道也铺好了。"


def article(name: str, headline: str, mark: str = "", text: str = ENDED) -> Article:
    block = Block(text, ((0, len(text)),))
    marks = (Block(f"({mark})", ((0, len(mark) + 2),)),) if mark else ()
    return Article(name, "", "article", headline, (), (), (block,), (), mark, marks, (), (), ())


def page(source: str, *articles: Article, date: str | None = "2026-04-01", number: str | None = None) -> Page:
    return Page(source, "", "0" * 64, date, number, tuple(dataclasses.replace(a, source=source) for a in articles), ())


def test_marks_whose_numbers_agree_link_even_under_another_headline() -> None:
    first = page("1.txt", article("a", "治水三年见成效", "下转2版"), article("x", "菜价平稳"), number="1")
    second = page("2.txt", article("b", "一条河的新生", "上接第一版"), article("y", "学校放假"), number="02")
    assert continuations([first, second]) == {"a": "b"}
    assert continuations([second, first]) == {"a": "b"}


def test_two_articles_that_go_on_on_one_page_are_told_apart_by_their_headlines() -> None:
    first = page(
        "1.txt", article("a", "治水三年见成效 清河两岸换新颜", "下转3版"), article("b", "老厂房办起新课堂", "下转3版"),
        number="1",
    )  # fmt: skip
    third = page(
        "3.txt", article("c", "老厂房办起新课堂", "上接1版"), article("d", "清河两岸换新颜", "上接1版"), number="3"
    )
    assert continuations([first, third]) == {"a": "d", "b": "c"}


def test_two_that_fit_equally_well_are_not_linked() -> None:
    first = page("1.txt", article("a", "甲乡修路", "下转3版"), article("b", "乙乡建桥", "下转3版"), number="1")
    third = page("3.txt", article("c", "丙村种树", "上接1版"), article("d", "丁村养鱼", "上接1版"), number="3")
    assert continuations([first, third]) == {}


def test_a_text_that_runs_on_tells_them_apart_as_well() -> None:
    first = page("1.txt", article("a", "甲乡修路", "下转3版", BROKEN), article("b", "乙乡建桥", "下转3版"), number="1")
    third = page(
        "3.txt", article("c", "丙村种树", "上接1版", STARTED), article("d", "丁村养鱼", "上接1版", TAKEN_UP), number="3"
    )
    assert continuations([first, third])["a"] == "d"


def test_one_mark_alone_needs_the_number_and_the_headline() -> None:
    first = page("1.txt", article("a", "治水三年见成效", "下转2版"), number="1")
    same, other = article("b", "治水三年见成效"), article("c", "一条河的新生")
    assert continuations([first, page("2.txt", same, number="2")]) == {"a": "b"}
    assert continuations([first, page("2.txt", other, number="2")]) == {}
    assert continuations([first, page("4.txt", same, number="4")]) == {}
    back = page("2.txt", dataclasses.replace(same, jump="上接1版"), number="2")
    assert continuations([page("1.txt", article("a", "治水三年见成效"), number="1"), back]) == {"a": "b"}


def test_without_page_numbers_the_text_must_show_it() -> None:
    first = page("x.txt", article("a", "治水三年见成效", "下转2版"))
    assert continuations([first, page("y.txt", article("b", "治水三年见成效", "上接1版"))]) == {"a": "b"}
    assert continuations([first, page("y.txt", article("b", "一条河的新生", "上接1版"))]) == {}


def test_numbers_that_contradict_the_mark_forbid_a_link() -> None:
    first = page("1.txt", article("a", "治水三年见成效", "下转2版"), number="1")
    for back, number in (("上接1版", "3"), ("上接4版", "2")):
        assert continuations([first, page("2.txt", article("b", "治水三年见成效", back), number=number)]) == {}


def test_an_issue_is_a_date_or_a_folder() -> None:
    def pair(one: str, two: str, first: str | None, second: str | None) -> dict[str, str]:
        a = page(one, article("a", "治水三年见成效", "下转2版"), date=first, number="1")
        return continuations([a, page(two, article("b", "治水三年见成效", "上接1版"), date=second, number="2")])

    assert pair("1.txt", "2.txt", "2026-04-01", "2026-04-02") == {}
    assert pair("u/1.txt", "v/2.txt", "2026-04-01", "2026-04-01") == {"a": "b"}
    assert pair("u/1.txt", "u/2.txt", None, None) == {"a": "b"}
    assert pair("u/1.txt", "v/2.txt", None, None) == {}


def test_a_folder_of_many_undated_issues_is_no_issue() -> None:
    # Each pair of pages is like every other. Held against all others they would take hours and all memory.
    pages = []
    for n in range(3_000):
        pages.append(page(f"{n:04}a.txt", article(f"a{n}", f"清河治理第{n}年见成效", "下转2版"), date=None, number="1"))
        pages.append(page(f"{n:04}b.txt", article(f"b{n}", f"清河治理第{n}年见成效", "上接1版"), date=None, number="2"))
    start = time.process_time()
    links = continuations(pages)
    assert time.process_time() - start < 60
    assert set(links) <= {f"a{n}" for n in range(3_000)}
    assert continuations(pages[:2]) == {"a0": "b0"}


def test_letter_pages_traditional_marks_and_a_chain_over_three_pages() -> None:
    middle = dataclasses.replace(
        article("b", "治水三年见成效"), jump="下轉A03版", jump_blocks=(Block("(上接A1版)", ((0, 7),)),)
    )
    pages = [
        page("1.txt", article("a", "治水三年见成效", "下轉Ａ２版"), number="A01"),
        page("2.txt", middle, number="A02"),
        page("3.txt", article("c", "治水三年见成效", "上接A02版"), number="A03"),
    ]
    assert continuations(pages) == {"a": "b", "b": "c"}


@pytest.mark.parametrize(
    ("on", "back"),
    [
        ("下转2版", "上接1版"),
        ("下接第二版", "上接头版"),
        ("文转02版", "上接第1版"),
        ("continued on page 2", "continued from page 1"),
    ],
)
def test_forms_of_marks(on: str, back: str) -> None:
    first, second = article("a", "治水三年见成效", on), article("b", "一条河的新生", back)
    assert continuations([page("1.txt", first, number="1"), page("2.txt", second, number="2")]) == {"a": "b"}
    assert continuations([page("1.txt", first, number="2"), page("2.txt", second, number="1")]) == {}


def test_nothing_to_link() -> None:
    assert continuations([]) == {}
    assert continuations([page("1.txt", article("a", "治水", "下转2版"), article("b", "治水", "上接1版"))]) == {}


def laid_out(*regions: tuple[int, int, int, tuple[float, float, float, float]]) -> Page:
    return dataclasses.replace(page("p.pdf"), regions=tuple(Region(*region) for region in regions))


def test_lines_below_each_other_are_one_box_and_a_column_or_sheet_break_begins_another() -> None:
    found = laid_out(
        (0, 10, 1, (20, 700, 120, 710)),
        (10, 20, 1, (20, 714, 118, 724)),
        (20, 30, 1, (140, 50, 240, 60)),  # the next column
        (30, 35, 1, (140, 64, 180, 74)),
        (35, 40, 1, (182, 64, 240, 74)),  # the same line goes on
        (40, 50, 2, (20, 50, 120, 60)),
    )
    whole = [
        Region(0, 20, 1, (20, 700, 120, 724)),
        Region(20, 40, 1, (140, 50, 240, 74)),
        Region(40, 50, 2, (20, 50, 120, 60)),
    ]
    assert regions_of(found, [(0, 50)]) == whole
    assert regions_of(found, [(5, 8), (32, 33)]) == [
        Region(0, 10, 1, (20, 700, 120, 710)),
        Region(30, 35, 1, (140, 64, 180, 74)),
    ]
    assert [region.box for region in regions_of(found, [(22, 23), (36, 37)])] == [
        (140, 50, 240, 60),
        (182, 64, 240, 74),
    ]
    assert sheets_of(found, [(15, 45)]) == [1, 2]
    assert regions_of(found, [(50, 60)]) == [] and regions_of(found, []) == [] and sheets_of(found, []) == []
    assert regions_of(page("p.txt"), [(0, 5)]) == []


def test_a_line_far_below_is_another_box() -> None:
    found = laid_out((0, 5, 1, (0, 0, 50, 10)), (5, 9, 1, (0, 40, 50, 50)))
    assert [region.box for region in regions_of(found, [(0, 9)])] == [(0, 0, 50, 10), (0, 40, 50, 50)]
