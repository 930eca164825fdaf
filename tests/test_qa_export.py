"""Export: what is taken away of a conversation, and that nothing quoted becomes a mark, a tag, a link or a formula."""

from __future__ import annotations

import base64
import csv
import dataclasses
import datetime
import hashlib
import io
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html
from markdown_it import MarkdownIt

from corpus.records import Article, Block, Page, Passage
from qa.archive import Archive
from qa.export import Document, Exchange, Quoted, cell, conversation, hits_csv
from qa.export_forms import as_html, as_markdown, literal
from qa.papers import Papers
from qa.plain import one_line
from qa.records import Applied, Excerpt, Hit, Reply, excerpt

DAY = datetime.date(2026, 11, 21)
HOSTILE = (
    '<script>alert(1)</script><img src=x onerror="alert(1)"> [a](javascript:alert(1)) ![b](http://x.test/i.png) '
    "<http://x.test> www.x.test a@x.test `c` *d* _e_ ~~f~~ $g$ $$h$$ | i | &lt; &#60; \\ # - + 1. > https://x.test "
    "<!-- --> ]]> </style> </title> {{7*7}} ${7*7} \u202e gnp"
)


def hit(text: str, headline: str = "新桥通车", source: str = "20260401_03版.txt", number: int = 0) -> Hit:
    block = Block(text, ((0, len(text)),))
    article = Article("0123456789ab", source, "article", headline, (), (), (block,), (), "", (), ("王一山",), (), ())
    passage = Passage(f"{article.id}-p{number}", source, article.id, headline, "body", number, text, block.spans)
    return Hit(passage, article, Page(source, text, "0", "2026-04-01", "3", (article,), ()), 1.5)


def reply_of(text: str, answer: str, question: str = "多长?") -> Reply:
    found = hit(text)
    at = text.index(answer)
    return Reply(
        question, question, True, "", excerpt(found.passage, 0, 0, len(text)),
        excerpt(found.passage, 0, at, at + len(answer)), (found,), 0.9, 0.1, "",
    )  # fmt: skip


@pytest.fixture(scope="module")
def replies(archive: Archive) -> list[Reply]:
    talk = archive.conversation()
    return [talk.ask("公交数据贷款贷了多少钱?"), talk.ask("那是哪家公司拿到的?"), archive.ask("火星上最高的山有多高?")]


def test_a_real_conversation(replies: list[Reply]) -> None:
    first, second, third = replies
    assert first.quote is not None and first.answer is not None and second.quote is not None and not third.answered
    document = conversation(replies, Papers().titled("禾风小报"), pages="样报", when=DAY)
    assert [one.question for one in document.exchanges] == [reply.question for reply in replies]
    one, two, none = document.exchanges
    assert (one.answer, one.reason, one.asked_as) == (first.answer.text, "", "")
    assert one.quotes[0].before + one.quotes[0].marked + one.quotes[0].after == first.quote.text
    assert one.quotes[0].marked == first.answer.text and one.quotes[0].source == 1
    assert two.asked_as == second.effective_question
    assert (none.answer, none.reason, len(none.quotes)) == ("", third.reason, 3)
    # Each passage is one source, in the order in which they are first quoted.
    numbers = [quote.source for exchange in document.exchanges for quote in exchange.quotes]
    assert list(dict.fromkeys(numbers)) == list(range(1, len(document.sources) + 1))
    same = first.hits[first.quote.hit].passage.id == second.hits[second.quote.hit].passage.id
    assert (two.quotes[0].source == 1) == same
    assert "[N]. 禾风小报. " in document.sources[0] and document.sources[0].endswith(
        first.hits[first.quote.hit].passage.id
    )
    for text in (as_markdown(document), as_html(document)):
        assert "2026-11-21" in text and "这些版面里没有" in text and "最接近的段落" in text and "样报" in text
    english = as_markdown(document, "en")
    assert "Not in these pages" in english and "## Sources" in english and "2026\\-" not in english


def test_the_three_parts_of_a_quote_and_where_it_is_cut() -> None:
    text = "柳湾大桥昨天通车。全长860米,宽30米。"
    found = hit(text)
    start = text.index("全长")
    whole = reply_of(text, "860米")
    cut = dataclasses.replace(whole, quote=excerpt(found.passage, 0, start, text.index(",")))
    (exchange,) = conversation([cut], when=DAY).exchanges
    assert exchange.quotes == (Quoted("全长", "860米", "", False, True, 1),)
    assert "> 全长860米… \\[1\\]" in as_markdown(conversation([cut], when=DAY))
    assert "全长<mark>860米</mark>… <a" in as_html(conversation([cut], when=DAY))
    inner = dataclasses.replace(whole, quote=excerpt(found.passage, 0, start + 2, len(text)))
    assert conversation([inner], when=DAY).exchanges[0].quotes[0] == Quoted("", "860米", ",宽30米。", True, False, 1)


def test_the_same_fact_elsewhere_and_filters() -> None:
    reply = reply_of("大桥全长860米。", "860米")
    other = hit("新桥长860米。", number=4)
    reply = dataclasses.replace(
        reply,
        hits=(*reply.hits, other),
        also=(excerpt(other.passage, 1, 0, 8),),
        filters=(Applied("page", "3", "第3版上"),),
        effective_question="大桥多长?",
    )
    document = conversation([reply, reply], when=DAY)
    assert [quote.source for quote in document.exchanges[0].quotes] == [1, 2] and len(document.sources) == 2
    text = as_markdown(document)
    assert "只看：第3版" in text and "按此检索：大桥多长?" in text and text.count("> 新桥长860米。 \\[2\\]") == 2


def test_each_answer_is_cited_from_the_papers_that_it_is_from() -> None:
    reply = reply_of("大桥全长860米。", "860米")
    one, other = Papers().titled("柳湾日报"), Papers().titled("东岸晚报")
    document = conversation([reply, reply, reply], [one, other, one], when=DAY)
    assert [exchange.quotes[0].source for exchange in document.exchanges] == [1, 2, 1]
    assert ["柳湾日报" in document.sources[0], "东岸晚报" in document.sources[1]] == [True, True]
    rows = list(csv.DictReader(io.StringIO(hits_csv([reply.hits[0]] * 2, [one, other]).decode("utf-8-sig"))))
    assert [row["paper"] for row in rows] == ["柳湾日报", "东岸晚报"] and "东岸晚报" in rows[1]["citation"]
    with pytest.raises(ValueError, match="shorter"):
        conversation([reply, reply], [one])


def test_nothing_and_no_question() -> None:
    empty = conversation([], when=DAY)
    assert as_markdown(empty).startswith("# Baowen\n\n2026-11-21\n") and "<h1" in as_html(empty)
    bad = Reply("?", "?", False, "not_a_question", None, None, (), 0.0, 0.0, "")
    assert "This is no question" in as_html(conversation([bad], when=DAY), "en")


class Seen(HTMLParser):
    """The tags, attributes and text of an HTML file."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()
        self.text: list[str] = []
        self.comments = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {(name, value or "") for name, value in attrs}

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def handle_comment(self, data: str) -> None:
        self.comments += 1


TAGS = set("html head meta title style body main section h1 h2 p strong mark blockquote a footer".split())


def everywhere(text: str) -> Document:
    """A document in which every text is `text`."""
    line = one_line(text)
    quote = Quoted(line, line, line, True, True, 1)
    exchange = Exchange(line, line, (("source", line), ("page", line)), line, "", (quote,))
    none = Exchange(line, "", (), "", "off_topic", (quote,))
    return Document(line, line, "2026-11-21", (exchange, none), (line,))


def check_html(text: str) -> None:
    made = as_html(everywhere(text))
    seen = Seen()
    seen.feed(made)
    seen.close()
    assert seen.tags <= TAGS and seen.comments == 0
    names = {name for name, _ in seen.attributes}
    assert names <= {"lang", "charset", "http-equiv", "content", "name", "class", "dir", "id", "href"}
    assert {value for name, value in seen.attributes if name == "href"} <= {"#source-1"}
    shown = "".join(seen.text)
    assert shown.count(one_line(text)) >= 10 if one_line(text) else True
    # Another parser, with a browser's way of mending what is broken, sees the same.
    tree = lxml_html.document_fromstring(
        made.replace("<!doctype html>", "").encode(), parser=lxml_html.HTMLParser(encoding="utf-8")
    )
    assert {element.tag for element in tree.iter()} <= TAGS


def check_markdown(text: str) -> None:
    line = one_line(text)
    for preset in ("commonmark", "js-default"):
        reader = MarkdownIt(preset)
        made = as_markdown(everywhere(text))
        tokens = reader.parse(made)
        kinds = {token.type for token in tokens}
        assert kinds <= {
            f"{kind}_{end}" for kind in ("heading", "paragraph", "blockquote") for end in ("open", "close")
        } | {"inline"}
        inner = [child for token in tokens for child in token.children or ()]
        assert {child.type for child in inner} <= {"text", "text_special", "strong_open", "strong_close"}
        texts = ["".join(child.content for child in token.children or ()) for token in tokens if token.type == "inline"]
        assert texts[0] == (line or "Baowen")
        if line:
            assert f"1. {line}" in texts and f"{line} [1]" in texts and f"…{line}{line}{line}… [1]" in texts
            assert f"[1] {line}" in texts


@pytest.mark.parametrize(
    "text", [HOSTILE, *HOSTILE.split(), "1. x", "1) x", "- x", "+ x", "=", "---", "x #", "    x", "> x"]
)
def test_hostile_text_stays_text(text: str) -> None:
    check_html(text)
    check_markdown(text)


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("<>&\"'*_`[]()!\\#-+=~$|:/.@1a \n长")), max_size=40))
def test_any_text_stays_text(text: str) -> None:
    check_html(text)
    check_markdown(text)


def test_hostile_pages_and_questions_through_the_whole_of_it() -> None:
    found = hit(HOSTILE, headline=HOSTILE, source=HOSTILE)
    quote = Excerpt(HOSTILE, 0, 0, len(HOSTILE), found.passage.spans)
    answer = Excerpt(HOSTILE[:20], 0, 0, 20, ((0, 20),))
    reply = Reply(HOSTILE, HOSTILE + "?", True, "", quote, answer, (found,), 1.0, 0.0, "")
    document = conversation([reply], Papers().titled(HOSTILE), HOSTILE, HOSTILE, DAY)
    seen = Seen()
    seen.feed(as_html(document))
    assert seen.tags <= TAGS and "".join(seen.text).count("<script>alert(1)</script>") >= 6
    assert "\u202e" not in as_html(document) + as_markdown(document)
    rendered = MarkdownIt("js-default").render(as_markdown(document))
    assert "<script" not in rendered and "<img" not in rendered and "<a " not in rendered


def test_the_file_needs_nothing_and_its_policy_allows_its_own_style_alone(replies: list[Reply]) -> None:
    made = as_html(conversation(replies, when=DAY))
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', made)
    style = re.search(r"<style>(.*?)</style>", made, re.DOTALL)
    assert policy is not None and style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy[1] == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert not re.search(r"\bsrc=|url\(|@import|<link|style=|https?:", made)
    for number in re.findall(r'href="#(source-\d+)"', made):
        assert f'id="{number}"' in made


def test_literal_leaves_plain_text_as_it_is() -> None:
    for text in ("全长860米,于2026-04-01通车(见图)。", "“押”来1500万元", "A & B: 3.5%", ""):
        assert literal(text) == text


def rows_of(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_a_table_of_hits(archive: Archive) -> None:
    hits = archive.retrieve("公交数据贷款贷了多少钱?", k=4)
    head, *rows = rows_of(hits_csv(hits, Papers().titled("禾风小报")))
    assert len(rows) == 4 and all(len(row) == len(head) for row in rows)
    first = dict(zip(head, rows[0], strict=True))
    assert (first["number"], first["paper"], first["text"]) == ("1", "禾风小报", hits[0].passage.text)
    assert first["address"] == f"baowen:{hits[0].passage.id}" and first["file"] == hits[0].passage.source
    assert hits_csv([]).decode("utf-8-sig").count("\r\n") == 1


@pytest.mark.parametrize("start", [*"=+-@＝＋－＠", "\t=", "\r=", "\n+", " -", "\0@", "\u202e=", "\ufeff="])
def test_no_cell_is_a_formula(start: str) -> None:
    text = f"{start}cmd|'/c calc'!A1,\"x\";1"
    _, row = rows_of(hits_csv([hit(text, headline=text, source=text)], Papers().titled(text)))
    assert row[11].startswith("'") and sum("calc" in value for value in row) >= 5
    assert all(value[:1] not in {*"=+-@＝＋－＠\t\r\n"} for value in row)


@given(st.text(max_size=30))
def test_a_cell_is_read_back(text: str) -> None:
    made = cell(text)
    assert made.removeprefix("'") == one_line(text).removeprefix("'")
    assert not made.startswith(tuple("=+-@\t\r"))
