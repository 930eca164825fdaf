"""The page of an article: as printed, with what was asked for marked, what belongs to it linked, and citations."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from chat_parts import Echo, service
from fastapi import FastAPI
from fastapi.testclient import TestClient
from page_outline import Outline

from corpus.passages import passages_of
from corpus.records import Article, Block, Page, Passage
from qa.archive import Archive
from qa.browsing.issues import Reading, item, parts, reading
from qa.chat.article import NOTHING, Asked, article_page
from qa.chat.labels import LANGUAGES, Language, say
from qa.chat.render import Note
from qa.chat.room_parts import found_marked
from qa.chat.routes import add_routes
from qa.cite_formats import bibliography
from qa.live import Live
from qa.papers import Paper, Papers, parse
from qa.records import CitationStyle, Hit

FRONT = """水库除险加固完工

石门水库蓄水

■记者 周远山 通讯员 孙小岭

本报讯 石门水库昨日开始蓄水,总投资一亿五千万元。

怎么走

市民可以乘8路公交车到石门水库,全程25公里。 (下转2版)

渡口村小学搬迁

■记者 孙小岭

本报讯 渡口村小学下周搬进新校舍,教室多了12间。



几个孩子趴在新校舍的窗台上,渡口村小学的教室多了12间。

摄影 陈一帆
"""
INNER = """石门水库蓄水

(上接1版)

石门水库的养护由水务公司负责,每年检查两次。
"""
PAPERS = parse('title = "石门日报"\nplace = "石门"\n[files."*"]\npage_name = "要闻"'.encode())
STYLES: list[CitationStyle] = ["gbt", "ris", "bibtex", "markdown", "csl"]


@pytest.fixture(scope="module")
def dam(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    """Two pages of one issue."""
    folder = tmp_path_factory.mktemp("dam")
    (folder / "20260402_01版.txt").write_text(FRONT, "utf-8")
    (folder / "20260402_02版.txt").write_text(INNER, "utf-8")
    with_pages = Archive.open(folder)
    yield with_pages
    with_pages.close()


def named(archive: Archive, words: str) -> Article:
    """The one article that prints some words."""
    (found,) = {
        article.id: article
        for page in archive.pages
        for article in page.articles
        if any(words in block.text for block in article.paragraphs)
    }.values()
    return found


def shown(
    archive: Archive, article: Article, lang: Language = "zh", asked: Asked = NOTHING, papers: Papers = PAPERS
) -> Outline:
    found = reading(archive, article.id, papers)
    assert found is not None
    out = Outline(article_page(archive, found, papers, lang, asked))
    out.check()
    return out


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_article_reads_as_it_is_printed(dam: Archive, lang: Language) -> None:
    article = named(dam, "总投资")
    page = shown(dam, article, lang)
    assert page.texts("h1") == ["水库除险加固完工 石门水库蓄水"] == page.texts("title")
    assert page.texts("span", "line") == ["水库除险加固完工", "石门水库蓄水"]
    assert page.texts("p", "body") == [block.text for block in article.paragraphs]
    assert [page.text(f"p{n}") for n in (1, 2)] == page.texts("p", "body")
    # In printed order: the subhead stands between its paragraphs, the jump mark at the end.
    whole = page.texts("article")[0]
    order = ["石门水库蓄水", "■记者 周远山", "一亿五千万元", "怎么走", "8路公交车", "下转2版"]
    assert sorted(order, key=whole.index) == order
    assert page.texts("h2")[0] == "怎么走"
    place = {"zh": "第1版 要闻", "en": "page 1 要闻"}[lang]
    assert page.texts("p", "where")[0] == f"石门日报\u00a0· 2026-04-02\u00a0· {place}"
    assert page.tags[0][1]["lang"] == {"zh": "zh-CN", "en": "en"}[lang]
    assert next(values for name, values in page.tags if name == "article") == {"lang": "zh-CN"}
    assert page.names["script"] == page.names["mark"] == 0


def test_the_paragraph_asked_for_is_marked_and_cited(dam: Archive) -> None:
    article = named(dam, "总投资")
    page = shown(dam, article, asked=Asked(paragraph=2))
    marked = [values for _, values in page.tags if "asked" in values.get("class", "").split()]
    assert marked == [{"class": "body asked", "tabindex": "-1", "autofocus": "", "id": "p2"}]
    assert say("zh", "room_cite_paragraph", n=2) in page.texts("h2")
    passage = next(one for one in dam.passages_of(article.id) if one.kind == "body" and one.paragraph == 1)
    hit = Hit(passage, article, dam.page(article.source), 0.0)
    forms = [bibliography([hit], style, PAPERS) for style in STYLES]
    assert page.texts("p", "citation") == forms[:1] and page.texts("pre", "citation") == forms[1:]
    assert "石门日报, 2026-04-02(1)" in forms[0] and "第2段" in forms[0]
    assert f"/article/{article.id}?p=2#p2" in page.links


@pytest.mark.parametrize("number", [None, 3, 999_999])
def test_without_a_paragraph_that_is_there_the_article_is_cited(dam: Archive, number: int | None) -> None:
    article = named(dam, "总投资")
    page = shown(dam, article, asked=Asked(paragraph=number))
    assert not any("asked" in values.get("class", "") for _, values in page.tags)
    (citation,) = page.texts("p", "citation")
    assert citation == (
        "周远山, 孙小岭. 水库除险加固完工 石门水库蓄水[N]. "
        f"石门日报, 2026-04-02(1). 20260402_01版.txt. baowen:{article.id}"
    )
    assert f"/article/{article.id}" in page.links and say("zh", "room_cite") in page.texts("h2")


@pytest.mark.parametrize(
    ("typed", "found"),
    [("1.5亿元", ["一亿五千万元"]), ("石门水库", ["石门水库"] * 3), ("孙小岭", ["孙小岭"]), ("渡槽", []), ("", [])],
)
def test_what_is_looked_up_is_marked_as_printed(dam: Archive, typed: str, found: list[str]) -> None:
    page = shown(dam, named(dam, "总投资"), asked=Asked(typed=typed))
    assert page.texts("mark") == found
    assert len(page.texts("p", "notice")) == bool(typed)
    if typed and not found:
        assert page.texts("p", "notice") == [say("zh", "room_found_none", typed=typed)]


def test_what_belongs_to_an_article_is_linked(dam: Archive) -> None:
    front, inner, school = (named(dam, words) for words in ("总投资", "水务公司", "下周搬进"))
    photo = named(dam, "几个孩子")
    first, second = shown(dam, front), shown(dam, inner)
    assert "转第2版 要闻《石门水库蓄水》" in first.texts("a") and f"/article/{inner.id}" in first.links
    assert (
        "接第1版 要闻《水库除险加固完工 石门水库蓄水》" in second.texts("a") and f"/article/{front.id}" in second.links
    )
    assert "/page?file=20260402_02%E7%89%88.txt" in second.links
    with_photo, of_photo = shown(dam, school), shown(dam, photo)
    assert say("zh", "room_photos") in with_photo.texts("h2") and say("zh", "room_photo") in with_photo.texts("span")
    assert say("zh", "room_story") in of_photo.texts("h2") and of_photo.texts("h1") == [say("zh", "room_photo")]
    # What is linked as a photo or a story is not listed again beside it.
    assert with_photo.links.count(f"/article/{photo.id}") == 1 == of_photo.links.count(f"/article/{school.id}")
    assert f"/article/{front.id}" in with_photo.links


def test_the_numbers_of_paragraphs_are_links_with_a_spoken_name(dam: Archive) -> None:
    page = shown(dam, named(dam, "总投资"), "en")
    numbers = [values for name, values in page.tags if name == "a" and values.get("class") == "number"]
    assert [one["aria-label"] for one in numbers] == ["paragraph 1", "paragraph 2"]
    assert all(one["lang"] == "en" for one in numbers)


PAYLOADS = [
    "<script>alert(1)</script>",
    '<img src=x onerror="document.body.id=1">',
    "\"' onmouseover='alert(1)' autofocus x=\"",
    "${document.body.setAttribute(/a/.source,1)} \\u00zz {{value}} {n} {typed}",
    "<!-- --> </article></main></p> <style>*{display:none}</style> &lt;b&gt; &#60;",
    "第一行\n    第二行\r\n\t第三行",
    "</title><base href=//x.example/><meta http-equiv=refresh content=0>",
]


class OneArticle:
    """A library of one article whose every text is the same."""

    def __init__(self, text: str, source: str) -> None:
        block = Block(text, ((0, len(text)),))
        names = (text, text)
        self._article = Article(
            "a1", source, "article", text, (block,), (block,), (block,), (block,), text, (block,), names, names, names
        )
        self.pages = (Page(source, text, "0" * 64, "2026-04-02", text, (self._article,), ()),)
        self.continuations: dict[str, str] = {}

    def article(self, article_id: str) -> Article:
        return self._article

    def page(self, source: str) -> Page:
        return self.pages[0]

    def passages_of(self, article_id: str) -> list[Passage]:
        return passages_of(self.pages[0])

    def conversation(self) -> Echo:
        return Echo()

    def related(self, article_id: str, k: int = 5) -> list[tuple[Article, float]]:
        return [(self._article, 1.0)]

    def everywhere(self, lang: Language) -> Outline:
        """Its page, with the text in every place that takes one."""
        text, one = self._article.headline, (item(self._article),)
        paper = Paper(text, text, text, None, None, text, text, text)
        found = Reading(
            self._article, self.pages[0], paper, parts(self._article), one[0], one[0], one, one[0], one, one
        )
        return Outline(article_page(self, found, Papers(paper), lang, Asked(1, text)))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("text", PAYLOADS)
def test_no_text_becomes_markup(text: str, lang: Language) -> None:
    text = f"甲{text}"
    out = OneArticle(text, text).everywhere(lang)
    safe = "\n".join("甲" * len(line) for line in text.splitlines())
    harmless = OneArticle(safe, safe).everywhere(lang)
    assert [name for name, _ in out.tags if name != "mark"] == [name for name, _ in harmless.tags if name != "mark"]
    attributes = [(name, values.keys()) for name, values in out.tags if name != "mark"]
    assert attributes == [(name, values.keys()) for name, values in harmless.tags if name != "mark"]
    assert out.texts("p", "body") == ["\n".join(text.splitlines())]


def test_half_a_character_is_shown_as_a_question_mark() -> None:
    app = FastAPI()
    add_routes(app, service(OneArticle("甲\ud800乙", "a.txt")))
    got = TestClient(app).get("/article/a1")
    assert got.status_code == 200 and Outline(got.text).texts("p", "body") == ["甲?乙"]


def test_days_are_said_below_their_paragraph(dam: Archive) -> None:
    page = shown(dam, named(dam, "总投资"))
    assert ("time", {"title": "= 2026-04-01"}) in page.tags and page.texts("p", "dates") == ["日期：昨日 = 2026-04-01"]


def test_marks_and_notes_cut_across_each_other() -> None:
    notes = [Note(1, 4, "= 2026-04")]
    assert found_marked("去年四月完工", [(0, 2), (3, 5)], notes) == (
        "<mark>去</mark>"
        '<mark><time title="= 2026-04">年</time></mark><time title="= 2026-04">四</time>'
        '<mark><time title="= 2026-04">月</time></mark><mark>完</mark>工'
    )
    assert found_marked("<b>", [(0, 3)]) == "<mark>&lt;b&gt;</mark>" and found_marked("", []) == ""


def test_an_article_of_a_deleted_page_is_not_there_any_more(tmp_path: Path) -> None:
    (tmp_path / "20260402_01版.txt").write_text(FRONT, "utf-8")
    (tmp_path / "20260402_02版.txt").write_text(INNER, "utf-8")
    with Live(lambda: Archive.open(tmp_path)) as live:
        front, inner = live.pages[0].articles[0], live.pages[1].articles[0]
        (tmp_path / "20260402_02版.txt").unlink()
        assert reading(live, inner.id) is None
        found = reading(live, front.id)
        assert found is not None
        page = Outline(article_page(live, found, Papers(), "zh"))
        assert f"/article/{inner.id}" not in page.links
