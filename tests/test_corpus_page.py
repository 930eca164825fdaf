"""The newspaper's grammar: the sample pages against their gold, and one case for each rule."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus import read_pages, sample_pages
from corpus.__main__ import as_row, main
from corpus.page import read_page
from corpus.passages import LONGEST, passages_of
from corpus.records import Article, Block, Extracted, Page
from corpus.report import unread
from qa.measure.rows import sliced

GOLD = [json.loads(line) for line in (Path(__file__).parent / "data/structure.jsonl").read_text("utf-8").splitlines()]


LAYOUTS = Path(__file__).parent / "data/layouts"
WHOLE = [path.read_text("utf-8") for folder in (sample_pages(), LAYOUTS) for path in sorted(folder.glob("*.txt"))]


def page(text: str) -> Page:
    return read_page(Extracted(text), "page.txt", "0" * 64)


def only(text: str) -> Article:
    (article,) = page(text).articles
    return article


def body(article: Article) -> list[str]:
    return [block.text for block in article.paragraphs]


def test_every_sample_item_is_read_as_its_gold_says() -> None:
    rows = [
        as_row(p, a) for p in read_pages(sample_pages()).pages for a in p.articles if a.kind in ("article", "photo")
    ]
    keys = ("source", "kind", "headline", "reporters", "correspondents", "photographers", "paragraphs", "jump")
    assert [{k: row[k] for k in keys} for row in rows] == [{k: row[k] for k in keys} for row in GOLD]


def test_command_line_prints_the_same_rows(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(sample_pages()), "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert list(rows[0]) == [
        "source", "page", "date", "kind", "headline", "reporters", "correspondents", "photographers", "paragraphs",
        "spans", "jump",
    ]  # fmt: skip
    assert [row["headline"] for row in rows] == [row["headline"] for row in GOLD]


def account(read: Page) -> None:
    """Every block is a slice of the page, and every character that is no white space is in exactly one."""
    seen = [0] * len(read.text)

    def see(block: Block) -> None:
        assert sliced(read.text, block.spans) == block.text
        for a, b in block.spans:
            seen[a:b] = [n + 1 for n in seen[a:b]]

    for article in read.articles:
        for block in (
            *article.headline_blocks,
            *article.bylines,
            *article.paragraphs,
            *article.subheads,
            *article.jump_blocks,
        ):
            see(block)
    for furniture in read.furniture:
        see(furniture.block)
        assert furniture.reason
    assert [c for c, n in zip(read.text, seen, strict=True) if n != 1 and not c.isspace()] == []
    assert unread(read) == []
    for passage in passages_of(read):
        assert sliced(read.text, passage.spans) == passage.text
        assert 0 < len(passage.text) <= LONGEST + 200
    assert len({p.id for p in passages_of(read)}) == len(passages_of(read))


def test_every_character_of_the_sample_pages_is_accounted_for() -> None:
    for read in read_pages(sample_pages()).pages:
        account(read)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_pages_lose_no_character(data: st.DataObject) -> None:
    lines = data.draw(st.sampled_from(WHOLE)).split("\n")
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(lines) - 1))
        change = data.draw(st.sampled_from(["drop", "double", "cut", "glue", "move", "space"]))
        if change == "drop" and len(lines) > 1:
            del lines[at]
        elif change == "double":
            lines.insert(at, lines[at])
        elif change == "glue" and at + 1 < len(lines):
            lines[at : at + 2] = [lines[at] + lines[at + 1]]
        elif change == "move":
            lines.insert(data.draw(st.integers(0, len(lines) - 1)), lines.pop(at))
        elif change == "space":
            lines[at] = data.draw(st.sampled_from(["\u3000\u3000", "  ", "\t", "\xa0"])) + lines[at]
        else:
            place = data.draw(st.integers(0, len(lines[at])))
            lines[at : at + 1] = [lines[at][:place], "", lines[at][place:]]
    account(page("\n".join(lines)))


@given(st.text(max_size=400))
@settings(max_examples=100, deadline=None)
def test_any_text_is_read(text: str) -> None:
    account(page(text.replace("\r", "\n")))


def test_paragraph_cut_inside_a_word_is_joined() -> None:
    article = only(
        "菜场换新颜\n\n■记者 王一\n\n本报讯 老菜场改造后,摊位增加到60个,市\n\n民买菜更方便了。\n\n下月全部完工。"
    )
    assert body(article) == ["本报讯 老菜场改造后,摊位增加到60个,市民买菜更方便了。", "下月全部完工。"]
    assert len(article.paragraphs[0].spans) == 2


def test_paragraph_cut_between_number_and_unit_is_joined_though_the_stub_is_short() -> None:
    article = only("招聘会\n\n■记者 王一\n\n本报讯 招聘会昨天举行。\n\n共有企业14\n\n家参加。")
    assert body(article) == ["本报讯 招聘会昨天举行。", "共有企业14家参加。"]


def test_subhead_is_no_paragraph() -> None:
    article = only("老街新生\n\n■记者 王一\n\n本报讯 老街修好了。\n\n留住老味道\n\n几家老店回来了。")
    assert body(article) == ["本报讯 老街修好了。", "几家老店回来了。"]
    assert [block.text for block in article.subheads] == ["留住老味道"]


def test_an_article_knows_all_its_spans() -> None:
    text = "甲事\n\n■记者 王一\n\n本报讯 甲的开\n\n头。\n\n乙事在后\n\n■记者 李二\n\n本报讯 乙。"
    first, second = page(text).articles
    assert [text[a:b] for a, b in first.spans] == ["甲事", "■记者 王一", "本报讯 甲的开", "头。"]
    assert [text[a:b] for a, b in second.spans] == ["乙事在后", "■记者 李二", "本报讯 乙。"]


def test_two_articles_with_headlines_and_bylines() -> None:
    first, second = page("甲事\n\n■记者 王一\n\n本报讯 甲。\n\n乙事 又一行\n\n■记者 李二\n\n本报讯 乙。").articles
    assert (first.headline, body(first), first.reporters) == ("甲事", ["本报讯 甲。"], ("王一",))
    assert (second.headline, body(second), second.reporters) == ("乙事 又一行", ["本报讯 乙。"], ("李二",))


def test_photo_item_between_articles_keeps_its_caption_and_credit() -> None:
    read = page(
        "甲事\n\n■记者 王一\n\n本报讯 甲。\n\n\n春耕\n\n农民在田里插秧。\n\n■摄影 记者 赵三\n通讯员 钱四\n\n"
        "乙事\n\n■记者 李二\n\n本报讯 乙。"
    )
    photo = read.articles[1]
    assert (photo.kind, photo.headline, body(photo)) == ("photo", "春耕", ["农民在田里插秧。"])
    assert (photo.photographers, photo.correspondents, photo.reporters) == (("赵三", "钱四"), ("钱四",), ())
    caption = next(p for p in passages_of(read) if p.kind == "caption")
    assert caption.text == "农民在田里插秧。■摄影 记者 赵三通讯员 钱四"


def test_photo_between_a_byline_and_the_text() -> None:
    read = page("老街新生\n\n■记者 王一\n\n居民在看书。王一 摄\n\n本报讯 老街修好了。")
    photo, article = sorted(read.articles, key=lambda a: a.kind, reverse=True)
    assert (article.headline, body(article), article.reporters) == ("老街新生", ["本报讯 老街修好了。"], ("王一",))
    assert (photo.kind, body(photo), photo.photographers) == ("photo", ["居民在看书。"], ("王一",))


def test_caption_with_a_credit_that_names_nobody() -> None:
    read = page("甲事\n\n■记者 王一\n\n本报讯 甲。\n\n\n\n周六的船台课。受访者供图\n")
    assert [(a.kind, body(a)) for a in read.articles] == [("article", ["本报讯 甲。"]), ("photo", ["周六的船台课。"])]


def test_jump_mark_is_cut_off_the_last_sentence() -> None:
    article = only("甲事\n\n■记者 王一\n\n本报讯 甲的开头。(下转2版)")
    assert (body(article), article.jump) == (["本报讯 甲的开头。"], "下转2版")


def test_headline_printed_twice_is_one_article() -> None:
    read = page("甲事\n\n■记者 王一\n\n甲事\n\n■记者 王一\n\n本报讯 甲。")
    assert [a.headline for a in read.articles] == ["甲事"]
    assert [f.reason for f in read.furniture] == ["repeated headline", "repeated headline"]


def test_index_box_and_furniture_are_no_articles() -> None:
    read = page("要闻\n\n甲事真不少\n\n■记者 王一\n\n本报讯 甲。\n\n扫一扫\n查看更多\n\n■导读\n学校开学了 详见3版")
    assert [a.kind for a in read.articles] == ["article", "index"]
    assert [(f.block.text, f.reason) for f in read.furniture] == [
        ("要闻", "page name"),
        ("扫一扫", "QR hint"),
        ("查看更多", "QR hint"),
    ]


def test_headline_with_a_dateline_and_no_byline() -> None:
    first, second = page("甲事\n\n■记者 王一\n\n本报讯 甲。\n\n乙事\n\n新华社北京电 乙。").articles
    assert (first.headline, second.headline, body(second)) == ("甲事", "乙事", ["新华社北京电 乙。"])


def test_page_without_any_mark_is_one_article() -> None:
    article = only("通知\n明天停水。\n请大家储水。")
    assert (article.headline, body(article)) == ("通知", ["明天停水。", "请大家储水。"])


def test_long_paragraph_is_split_at_a_sentence() -> None:
    text = "甲事\n\n■记者 王一\n\n本报讯 " + "这一句有十个字呢。" * 100
    parts = [p for p in passages_of(page(text)) if p.kind == "body"]
    assert len(parts) == 2 and all(len(p.text) <= LONGEST and p.text.endswith("。") for p in parts)
    assert {p.paragraph for p in parts} == {0}
