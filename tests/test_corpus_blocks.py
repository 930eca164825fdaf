"""How formats with markup lay out their lines: soft breaks, gaps, headlines, captions, asides."""

from __future__ import annotations

import pytest
from format_kit import headings

from corpus.formats.blocks import SUBHEAD, Piece, lay_out, one_line


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("老菜场\n改造", "老菜场改造"),
        ("three\nmonths", "three months"),
        ("改造\nthree  months\n以后", "改造three months以后"),
        ("“好。”\n  她说", "“好。”她说"),
        ("王\u3000一\u200b说", "王\u3000一说"),
    ],
)
def test_soft_breaks(text: str, want: str) -> None:
    assert one_line(text) == want


def test_gaps_between_articles_and_none_inside_a_headline() -> None:
    found = lay_out(
        [
            Piece("禾风小报", level=1),
            Piece("老菜场换新颜", level=2),
            Piece("摊位多了", level=3),
            Piece("■记者 王一"),
            Piece("开张了。"),
            Piece("租金不涨", level=3),
            Piece("摊主都回来了。"),
            Piece("小学生走进消防站", level=2),
            Piece("■记者 孙五"),
        ]
    )
    assert found.text == (
        "禾风小报\n\n\n\n老菜场换新颜\n摊位多了\n\n■记者 王一\n\n开张了。\n\n租金不涨\n\n摊主都回来了。\n\n\n\n"
        "小学生走进消防站\n\n■记者 孙五\n"
    )


def test_asides_are_ranges_of_the_text() -> None:
    found = lay_out([Piece("首页", aside="menu"), Piece("标题", level=1), Piece("正文。"), Piece("版权", aside="foot")])
    assert [(found.text[start:end], why) for (start, end), why in found.asides] == [("首页", "menu"), ("版权", "foot")]
    assert [found.text[start:end] for start, end in found.headings] == ["标题"]
    assert lay_out([]).text == lay_out([Piece(" \n ")]).text == ""


def test_headings_are_headlines_and_no_subheads_sections_or_page_names() -> None:
    two = lay_out(
        [
            Piece("禾风小报", level=1),
            Piece("要闻", level=2),
            Piece("城东", level=4),
            Piece("老菜场换新颜", level=3),
            Piece("■记者 王一"),
            Piece("开张了。"),
            Piece("租金不涨", level=4),
            Piece("摊主都回来了。"),
            Piece("老码头下月开放", level=3),
            Piece("■记者 周七"),
            Piece("摊主怎么说", level=SUBHEAD),
            Piece("生意好了。"),
            Piece("民生", level=2),
            Piece("小学生走进消防站", level=3),
            Piece("■记者 孙五"),
        ]
    )
    assert headings(two) == ["城东", "老菜场换新颜", "老码头下月开放", "小学生走进消防站"]
    assert "\n\n\n\n城东\n老菜场换新颜\n\n■" in two.text and "民生\n\n\n\n小学生" in two.text
    assert headings(lay_out([Piece("小标题", level=SUBHEAD), Piece("一句话。")])) == []
    bold = lay_out([Piece("菜场换新颜", level=SUBHEAD), Piece("■记者 王一"), Piece("开张了。")])
    assert headings(bold) == ["菜场换新颜"]


def test_caption_stands_apart_but_not_from_its_credit() -> None:
    found = lay_out(
        [Piece("前文。"), Piece("图中文字。", opens=True, closes=True), Piece("王一 摄"), Piece("甲。"), Piece("乙。")]
    )
    assert found.text == "前文。\n\n\n\n图中文字。\n\n王一 摄\n\n甲。\n\n乙。\n"
    found = lay_out(
        [Piece("图。", opens=True, closes=True), Piece("后文。"), Piece("图。", closes=True), Piece("小标题", 7)]
    )
    assert found.text == "图。\n\n\n\n后文。\n\n图。\n\n小标题\n"
