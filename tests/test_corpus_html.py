"""HTML gives the newspaper's grammar what plain text gives it; what is not the article is an aside."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from format_kit import FIRE, MARKET, asides, check_two_articles, headings, page, paragraphs
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.errors import PagesError
from corpus.formats import extract
from corpus.formats.web_stamps import is_tool_bar, stamps

MENU = '<nav><a href="/">首页</a> <a href="/2">民生</a></nav>'


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


STAMPS = {
    "elements": "<span>2026-04-01&nbsp;17:26:03</span> <span>来源:<a href='/'>禾风小报</a></span> "
    "<span>记者 王一 通讯员 李小满</span> <span>阅读 <i>--</i></span> <span>字号:<a>大</a> <a>中</a> <a>小</a></span>",
    "one text": "2026-04-01 17:26  来源:禾风小报  记者 王一 通讯员 李小满  编辑:赵二",
    "one author": "2026年4月1日 | <span>作者:</span><span>王一</span>",
    "author by class": "<span>原创</span><span class='author'>王一</span><em>2026年4月1日 08:12</em>",
}


@pytest.mark.parametrize("stamp", STAMPS.values(), ids=list(STAMPS))
def test_author_under_the_headline_is_text_and_date_and_buttons_are_frame(tmp_path: Path, stamp: str) -> None:
    source = (
        f"<head><title>老菜场换新颜</title></head><body><p class='pretitle'>城东</p><h1>老菜场换新颜</h1>"
        f"<h4>摊位多了&nbsp;&nbsp;租金没涨</h4><div>{stamp}</div><div><p>{MARKET[0]}</p><p>&nbsp;</p><p>{MARKET[1]}</p>"
        "<p>2026年4月2日</p></div><div>放大 缩小 朗读</div><p>分享到:<a>微信</a><a>微博</a></p></body>"
    )
    found = extract(source.encode(), "a.html")
    assert headings(found) == ["城东", "老菜场换新颜", "摊位多了\xa0\xa0租金没涨"]
    (only,) = page(tmp_path, "a.html", source).articles
    assert only.headline == "城东 老菜场换新颜 摊位多了 租金没涨"
    assert only.reporters == ("王一",) and set(only.correspondents) <= {"李小满"}
    assert paragraphs(only)[:2] == MARKET
    frame = " ".join(asides(found))
    assert "2026" in frame and "放大 缩小 朗读" in frame and "微博" in frame and "王一" not in frame
    assert "2026年4月2日" not in frame  # who signs a notice states its date


def test_stamps_keep_every_character_and_leave_prose_alone() -> None:
    assert stamps(["2026-04-01"], True) == [("2026-04-01", True)] and stamps(["2026-04-01"], False) == []
    assert stamps(["记者", "昨天在菜场看到,来源:不明"], True) == []
    assert stamps(["来源:市场管理处。"], True) == []
    assert stamps(["时间:2026年4月8日 地点:北河小学"], False) == []
    assert is_tool_bar("【打印】【关闭】") and is_tool_bar("字号:大 中 小")
    assert not is_tool_bar("大 中 小") and not is_tool_bar("分享会昨天举行") and not is_tool_bar("缩小差距")


@pytest.mark.parametrize(
    "picture",
    [
        "<figure><img src='a.jpg'><figcaption>居民在新菜场里挑菜。<br>赵二 摄</figcaption></figure>",
        "<p align='center'><img src='a.jpg'></p><p align='center'>居民在新菜场里挑菜。<span> 赵二 摄</span></p>",
        "<p style='text-align: center'><img src='a.jpg'><br>居民在新菜场里挑菜。(赵二 摄)</p>",
        "<div><img src='a.jpg'><div class='pic-note'>居民在新菜场里挑菜。赵二 摄</div></div>",
    ],
)
def test_caption_inside_an_article(tmp_path: Path, picture: str) -> None:
    source = (
        f"<h1>老菜场换新颜</h1><p>■记者 王一</p><div><p>{MARKET[0]}</p>{picture}<p><strong>租金不涨</strong></p>"
        f"<p>{MARKET[1]}<br><br>“我们都回来了。”摊主说。</p></div>"
    )
    market, photo = page(tmp_path, "a.html", source).articles
    assert (photo.kind, photo.photographers, paragraphs(photo)) == ("photo", ("赵二",), ("居民在新菜场里挑菜。",))
    assert paragraphs(market) == (*MARKET, "“我们都回来了。”摊主说。")
    assert [subhead.text for subhead in market.subheads] == ["租金不涨"]


def test_logo_over_a_centred_title_and_centred_tables_make_no_captions(tmp_path: Path) -> None:
    source = (
        "<table align='center'><tr><td align='center'><img src='logo.gif'></td></tr><tr><td align='center'><b>"
        "老菜场换新颜</b></td></tr></table><table align='center'><tr><td><img src='a.jpg'></td></tr>"
        f"<tr><td><p>{MARKET[0]}</p><p>{MARKET[1]}</p></td></tr></table>"
    )
    (only,) = page(tmp_path, "a.html", f"<title>老菜场换新颜-禾风小报</title>{source}").articles
    assert (only.headline, paragraphs(only)) == ("老菜场换新颜", MARKET)


@pytest.mark.parametrize(
    ("head", "want"),
    [
        ('<meta property="article:published_time" content="2026-04-01T08:30:00+08:00">', ["2026-04-01"]),
        ('<meta name="PubDate" content="2026-04-01 08:30">', ["2026-04-01"]),
        ('<meta name="keywords" content="2026-04-01">', []),
        ('<meta name="publishdate" content="昨天">', []),
    ],
)
def test_date_of_the_metadata_is_an_aside(head: str, want: list[str]) -> None:
    assert asides(extract(f"<head>{head}</head><h1>老菜场换新颜</h1><p>{MARKET[0]}</p>".encode(), "a.html")) == want


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
    start = time.process_time()
    try:
        extract((unit * (1_000_000 // len(unit)) + "x").encode(), "bomb.html")
    except PagesError as error:
        assert "bomb.html" in str(error)
    assert time.process_time() - start < 15


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
