"""Markdown and HTML give the newspaper's grammar what plain text gives it: titles, bylines and whole paragraphs."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus import read_pages
from corpus.errors import PagesError
from corpus.formats import extract
from corpus.formats.lines import Piece, lay_out, one_line
from corpus.records import Article, Extracted, Page

MARKET = (
    "本报讯 城东的老菜场关门改造了八个月,昨天重新开张。摊位从原来的42个增加到60个,通道拓宽到两米半。",
    "菜场负责人介绍,这次改造花了320万元,其中一半由街道补贴。水产区和熟食区分开了,还新设了一间便民小屋。",
)
FIRE = (
    "本报讯 昨天下午,北河小学的三十名学生走进消防站,学用灭火器,也试穿了消防员的衣服。",
    "消防站站长说,这样的开放日每月一次,今年已有两千多人来过。家长可以在街道的窗口报名。",
)
MENU = '<nav><a href="/">首页</a> <a href="/2">民生</a></nav>'


def page(tmp_path: Path, name: str, source: str | bytes) -> Page:
    (tmp_path / name).write_bytes(source.encode() if isinstance(source, str) else source)
    (found,) = read_pages(tmp_path / name).pages
    return found


def asides(found: Extracted) -> list[str]:
    return [found.text[start:end] for (start, end), _ in found.asides]


def paragraphs(article: Article) -> tuple[str, ...]:
    return tuple(paragraph.text for paragraph in article.paragraphs)


def check_two_articles(found: Page) -> None:
    market, fire = (article for article in found.articles if article.kind == "article")
    assert (market.headline, fire.headline) == ("老菜场换新颜", "小学生走进消防站")
    assert market.reporters == ("王一",) and market.correspondents == ("李小满",) and fire.reporters == ("孙五",)
    assert paragraphs(market) == MARKET and paragraphs(fire) == FIRE
    for article in found.articles:
        for block in (*article.headline_blocks, *article.bylines, *article.paragraphs):
            assert "".join(found.text[start:end] for start, end in block.spans) == block.text


# -- lines


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
    found = lay_out(
        [Piece("首页", aside="menu"), Piece("标题", level=1), Piece("正文。"), Piece("版权", aside="foot")]
    )
    assert [(found.text[start:end], why) for (start, end), why in found.asides] == [("首页", "menu"), ("版权", "foot")]
    assert [found.text[start:end] for start, end in found.headings] == ["标题"]
    assert lay_out([]).text == lay_out([Piece(" \n ")]).text == ""


# -- Markdown

MARKDOWN = f"""# 禾风小报

## 老菜场换新颜

■记者 **王一** 通讯员 李小满

{MARKET[0][:20]}
{MARKET[0][20:]}

{MARKET[1].replace("便民小屋", "[便民小屋](https://example.org/a)")}

![居民在新菜场里挑菜。](a.jpg)
■摄影 记者 赵二

## 小学生走进消防站
■记者 孙五

{FIRE[0]}

{FIRE[1]}
"""


def test_markdown_articles(tmp_path: Path) -> None:
    found = page(tmp_path, "page.md", MARKDOWN)
    check_two_articles(found)
    (photo,) = (article for article in found.articles if article.kind == "photo")
    assert paragraphs(photo) == ("居民在新菜场里挑菜。",) and photo.photographers == ("赵二",)


def test_markdown_in_gb18030_is_noted() -> None:
    found = extract(MARKDOWN.encode("gb18030"), "page.md")
    assert found.text == extract(MARKDOWN.encode(), "page.md").text
    assert found.notes == ("page.md is not in UTF-8; it was read as GB18030 (detected).",)


def test_markdown_blocks() -> None:
    source = (
        "- 甲\n- 乙 *重*\n  1. 丙\n\n> 引文第一行\n> 第二行\n\n| 项目 | 数 |\n|---|---|\n| 摊位 | 60 |\n\n"
        "```\na = 1\n  b\n```\n\n一行  \n硬断<br>再断 &amp; `代码` <b>粗</b><!-- 注 --><script>var x</script>\n\n"
        "<div>块<p>里</p><script>y</script></div>\n\n***\n\n[x]: /url\n末段[x]\n"
    )
    assert extract(source.encode(), "a.md").text == (
        "甲\n乙 重\n丙\n\n引文第一行第二行\n\n项目\t数\n摊位\t60\n\na = 1\nb\n\n一行\n硬断\n"
        "再断 & 代码 粗\n\n块\n\n里\n\n末段x\n"
    )


def test_front_matter_is_an_aside_and_its_title_the_headline() -> None:
    head = "---\ntitle: '老菜场换新颜'\ntags: !!python/object/apply:os.system [ls]\n---\n"
    found = extract(f"{head}{MARKET[0]}\n".encode(), "a.md")
    assert asides(found) == ["title: '", "tags: !!python/object/apply:os.system [ls]"]
    assert "\n老菜场换新颜\n" in found.text
    titled = extract(f"{head}# 菜场\n\n{MARKET[0]}\n".encode(), "a.md")
    assert len(titled.asides) == 3 and titled.text.endswith(f"菜场\n\n{MARKET[0]}\n")
    # a rule at the start is no front matter
    assert extract("---\n\n开头。\n\n---\n\n结尾。".encode(), "a.md").text == "开头。\n\n结尾。\n"


def test_markdown_that_nests_without_end() -> None:
    start = time.perf_counter()
    for source in (
        ">" * 200_000 + "x",
        "- " * 20_000 + "x",
        "[" * 100_000,
        "*" * 100_000 + "x",
        "<div>" * 100_000 + "x",
    ):
        try:
            extract(source.encode(), "deep.md")
        except PagesError as error:
            assert "deep.md" in str(error)
    assert time.perf_counter() - start < 20


# -- HTML


def test_html_with_one_article_and_a_frame(tmp_path: Path) -> None:
    source = f"""<!doctype html><html><head><meta charset="utf-8"><title>老菜场换新颜_禾风小报</title></head><body>
        <header><h1>禾风小报</h1>{MENU}</header>
        <div class="content"><h1>老菜场换新颜</h1><p class="byline">■记者 王一 通讯员 李小满</p>
        <p>{MARKET[0]}</p><div class="ad">大减价</div><p>{MARKET[1].replace("320万元", "<b>320</b>万<!-- x -->元")}</p>
        <table><tr><th>项目</th><th>改造前</th></tr><tr><td>摊位</td><td>42个</td></tr></table>
        <figure><img src="a.jpg"><figcaption>居民在新菜场里挑菜。</figcaption></figure><p>■摄影 记者 赵二</p></div>
        <div class="related"><h3>相关阅读</h3><ul><li><a href="1">公交改线</a></li></ul></div>
        <footer>版权所有&nbsp;&copy;</footer><script>var a = "<p>x</p>"</script><p hidden>藏</p>
        <div style="display: none">藏</div></body></html>"""
    found = extract(source.encode(), "a.html")
    assert asides(found) == ["禾风小报", "首页 民生", "大减价", "相关阅读", "公交改线", "版权所有\xa0©"]
    assert {why for _, why in found.asides} == {"web page frame"} and found.notes == ()
    assert "藏" not in found.text and "var" not in found.text and "项目\t改造前\n摊位\t42个\n" in found.text
    market, photo = page(tmp_path, "a.html", source).articles
    assert (market.headline, market.reporters, market.correspondents) == ("老菜场换新颜", ("王一",), ("李小满",))
    assert paragraphs(market)[:2] == MARKET
    assert photo.kind == "photo" and photo.photographers == ("赵二",)
    assert paragraphs(photo) == ("居民在新菜场里挑菜。",)


def article(tag: str, headline: str, byline: str, body: tuple[str, ...]) -> str:
    return f"<{tag}><h2>{headline}</h2><p>{byline}</p>" + "".join(f"<p>{text}</p>" for text in body) + f"</{tag}>"


@pytest.mark.parametrize("tag", ["article", "div", "section"])
def test_html_with_several_articles(tmp_path: Path, tag: str) -> None:
    found = page(
        tmp_path,
        "two.htm",
        f"<html><body>{MENU}<main>{article(tag, '老菜场换新颜', '■记者 王一 通讯员 李小满', MARKET)}"
        f"{article(tag, '小学生走进消防站', '■记者 孙五', FIRE)}</main><footer>版权所有</footer></body></html>",
    )
    check_two_articles(found)
    assert [line.block.text for line in found.furniture] == ["首页 民生", "版权所有"]


def test_html_of_a_digital_newspaper_in_tables(tmp_path: Path) -> None:
    """Layout by tables, a title that is no heading, indents of full width, a charset smaller than the text's."""
    source = f"""<html><head><meta http-equiv="Content-Type" content="text/html; charset=gb2312">
        <title>老菜场换新颜-禾风小报电子版</title></head><body><table width="100%"><tr><td>2026年3月1日</td></tr>
        <tr><td>
        <table><tr><td align="center"><strong>老菜场换新颜</strong></td></tr><tr><td>■记者 王一</td></tr></table>
        <div id="ozoom"><founder-content><P>  {MARKET[0]}</P>
        <P>  {MARKET[1].replace("街道", "喆街道")}</P></founder-content>
        </div></td></tr></table></body></html>"""
    found = page(tmp_path, "node_1.htm", source.encode("gb18030"))
    (only,) = found.articles
    assert (only.headline, only.reporters) == ("老菜场换新颜", ("王一",))
    assert paragraphs(only) == (MARKET[0], MARKET[1].replace("街道", "喆街道"))
    assert found.notes == ("node_1.htm is not in UTF-8; it was read as GB18030 (stated in the file).",)


def test_html_without_structure(tmp_path: Path) -> None:
    source = "老菜场换新颜<br>■记者 王一<br><br>  " + "<br><br>  ".join(MARKET)
    (only,) = page(tmp_path, "bare.html", source).articles
    assert (only.headline, only.reporters, paragraphs(only)) == ("老菜场换新颜", ("王一",), MARKET)


def test_html_title_is_the_headline_where_the_page_prints_none(tmp_path: Path) -> None:
    source = f"<html><head><title>老菜场换新颜</title></head><body><p>{MARKET[0]}</p><p>{MARKET[1]}</p></body></html>"
    (only,) = page(tmp_path, "titled.html", source).articles
    assert (only.headline, paragraphs(only)) == ("老菜场换新颜", MARKET)


def test_theme_that_names_the_whole_page_after_its_sidebar(tmp_path: Path) -> None:
    body = article("div", "老菜场换新颜", "■记者 王一", MARKET)
    (only,) = page(tmp_path, "theme.html", f'<body><div class="content sidebar">{body}</div></body>').articles
    assert (only.headline, paragraphs(only)) == ("老菜场换新颜", MARKET)


def test_linked_teasers_are_frame() -> None:
    teaser = f'<article class="teaser"><a href="1"><h3>小学生走进消防站</h3><p>{FIRE[0]}</p></a></article>'
    found = extract(f"{article('article', '老菜场换新颜', '■记者 王一', MARKET)}{teaser}".encode(), "a.html")
    assert asides(found) == ["小学生走进消防站", FIRE[0]]


def test_article_that_a_script_would_unveil_is_shown() -> None:
    source = f'<h1>老菜场换新颜</h1><div style="visibility: hidden">{MARKET[0]}</div>'
    assert extract(source.encode(), "a.html").text == f"老菜场换新颜\n\n{MARKET[0]}\n"


@pytest.mark.parametrize(
    ("source", "want"),
    [
        ("一&lt;二&#20013;&hellip;三", "一<二中…三\n"),
        ("一&#1;&#xD800;二\ufffe三\u200b四", "一\ufffd二三四\n"),
        ("<p>一<p>二<div>三", "一\n\n二\n\n三\n"),
        ("<p>老菜场\n  关门<br/>three\n months</p>", "老菜场关门\nthree months\n"),
        ("<ul><li>甲<li>乙<ul><li>丙</ul></ul>丁", "甲\n乙\n\n丙\n\n丁\n"),
        ("<pre>a\n  b\n</pre>", "a\nb\n"),
        ("</p></div><b><i>乱</b></i><p", "乱\n"),
        ("<?xml version='1.0' encoding='gbk'?><html><body>甲</body></html>", "甲\n"),
        ("<select><option>选</select><textarea>填</textarea><noscript>无</noscript>文", "文\n"),
    ],
)
def test_html_text(source: str, want: str) -> None:
    assert extract(source.encode(), "a.html").text == want


def test_stated_charset_gives_way_to_what_the_bytes_are() -> None:
    found = extract(f"<meta charset=gbk><p>{MARKET[0]}</p>".encode(), "a.html")
    assert found.text == f"{MARKET[0]}\n" and found.notes == ()
    japanese = '<meta charset="Shift_JIS"><p>市場が昨日また開きました。</p>'.encode("shift_jis")
    assert extract(japanese, "a.html").text == "市場が昨日また開きました。\n"
    with pytest.raises(PagesError, match="no text in"):
        extract(b'<meta charset="utf-7">' + bytes(range(128, 256)) * 3, "a.html")


@pytest.mark.parametrize("unit", ["<div>x", "<table><tr><td>", "<ul><li>x", "<b>x", "<a>x", "<p>x<font>", "<article>"])
def test_html_bombs_end_quickly(unit: str) -> None:
    start = time.perf_counter()
    try:
        extract((unit * (1_000_000 // len(unit)) + "x").encode(), "bomb.html")
    except PagesError as error:
        assert "bomb.html" in str(error)
    assert time.perf_counter() - start < 15


# -- all formats


@pytest.mark.parametrize("name", ["a.md", "a.html", "a.docx"])
def test_empty_files_are_refused(name: str) -> None:
    for data in (b"", b" \n", b"<!-- -->" if name != "a.docx" else b"PK"):
        with pytest.raises(PagesError, match=r"a\.\w+ is "):
            extract(data, name)


_TAGS = (
    "<p> </p> <div> </div> <table> <tr> <td> </table> <article> <h1> </h1> <br> <a> </a> <script> <!-- <nav> <ul> <li> "
    "<title> # ## - > | --- ``` * ** [x](y) ![z](w) & &# ; 记者 ■记者\u3000王一 本报讯\u3000好。 <![CDATA[ \x00 \ufffe "
    "\U00017000\U00017001"
)
_MARKUP = st.lists(st.sampled_from([*_TAGS.split(" "), "\n", "\n\n", " "]), max_size=40)


@settings(max_examples=60, deadline=None)
@given(data=st.one_of(st.binary(max_size=300), _MARKUP.map(lambda parts: "".join(parts).encode())))
@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html", "a.docx"])
def test_any_bytes_give_text_or_one_sentence(name: str, data: bytes) -> None:
    try:
        found = extract(data, name)
    except PagesError as error:
        assert "\n" not in str(error) and name in str(error)
        return
    last = 0
    for (start, end), why in found.asides:
        assert last <= start < end <= len(found.text) and why and found.text[start:end].strip()
        last = end


_VISIBLE = (
    "<p> </p> <div> </div> <table> <tr> <td> </td> </table> <article> </article> <h1> </h1> <br> <a> </a> <ul> <li> "
    "<nav> </nav> <b> </b> <th> <pre> </pre> <header> <span> </span> <unknown> 菜场 换新颜。 本报讯 60 two"
)


@settings(max_examples=150, deadline=None)
@given(parts=st.lists(st.sampled_from([*_VISIBLE.split(" "), "\n", " "]), max_size=50))
def test_no_visible_character_is_lost_or_moved(parts: list[str]) -> None:
    from lxml import html

    source = "".join(["<p>始</p>", *parts])
    want = "".join(html.document_fromstring(source).text_content().split())
    assert "".join(extract(source.encode(), "a.html").text.split()) == want


def test_format_libraries_are_not_imported_with_corpus() -> None:
    heavy = "lxml trafilatura docx markdown_it charset_normalizer"
    code = f"import sys, corpus, corpus.formats; print([m for m in {heavy.split()!r} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
