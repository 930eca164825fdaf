"""What is too large, too deep or too much of the same is refused before it costs time, by a sentence that says so."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

import pytest
from fuzz_pages import bombs, packed, picture
from test_corpus_page import account

from corpus import limits
from corpus.errors import PagesError
from corpus.formats import extract
from corpus.jumps import continuations
from corpus.limits import check_page
from corpus.page import read_page
from corpus.records import Article, Extracted, Page
from corpus.words import is_plain_word, tagged

WORD = {"[Content_Types].xml": b"<Types/>"}


@pytest.fixture(scope="module", autouse=True)
def loaded() -> None:
    """The word lists and the libraries that load at first use, whose time is no page's."""
    is_plain_word("菜场")
    tagged("菜场")
    extract("<p>菜场".encode(), "a.html")
    extract("菜场".encode(), "a.md")


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("a.docx", packed({**WORD, "word/media/a.png": bytes(201 * 2**20)}), "unpacks to more than 200 MB; split it"),
        ("a.docx", packed({**WORD, "word/document.xml": bytes(65 * 2**20)}), "unpacks to more than 64 MB of text"),
        ("a.docx", packed({**WORD, "word/a.png": bytes(9 * 2**20)}), "unpacks to more than 250 times its size"),
        ("a.docx", packed({**WORD, **{f"{n}": b"" for n in range(10_000)}}), "has 10,001 parts, .* 10,000 at most"),
        ("a.docx", packed({**WORD, "word/document.xml": b"<!DOCTYPE a><a/>"}), "declares XML entities"),
        ("a.docx", packed({**WORD, "word/a.xml": "<!DOCTYPE a><a/>".encode("utf-16")}), "declares XML entities"),
        ("a.html", b"<b>x</b>" * 250_001, "has 500,002 tags, a web page may have 500,000 at most; split it"),
        ("a.html", b"<p " + b"a " * 10_000 + b">x", "a tag with 10,001 attributes, a tag may have 10,000; simplify it"),
        ("a.html", b"<div>" * 1_600 + b"x", "nests its elements too deeply"),
        ("a.txt", "菜".encode() * 200_001, "has a line of 200,001 characters, a line may have 200,000 at most"),
        ("a.txt", b"a\n" * 200_001, "has 200,001 lines, a file may have 200,000 at most; split it"),
        ("a.txt", b"abcdefgh\n" * 700_000, "has 6,300,000 characters, a file may have 6,000,000 at most; split it"),
        ("a.png", picture(60_000, 60_000), "has far more pixels than 90,000,000|60000 × 60000 pixels"),
        ("a.png", picture(20_001, 1), "has 20001 × 1 pixels, a picture may have"),
        ("a.png", picture(9_000, 400), "has 9000 × 400 pixels, a page is no such strip"),
    ],
)  # fmt: skip
def test_too_much_is_refused_quickly(name: str, data: bytes, why: str) -> None:
    start = time.process_time()
    with pytest.raises(PagesError, match=f"{name} .*(?:{why})"):
        extract(data, name)
    assert time.process_time() - start < 5


def test_parts_that_overlap_are_refused() -> None:
    data = packed({**WORD, "word/media/a.png": bytes(range(256)) * 40})
    end = data.rfind(b"PK\x05\x06")
    start = int.from_bytes(data[end + 16 : end + 20], "little")
    entry = data[data.rindex(b"PK\x01\x02") : end]
    more = b"".join(entry.replace(b"a.png", b"%d.png" % n) for n in range(10) for _ in range(1))
    count = (2 + 10).to_bytes(2, "little")
    size = (end - start + len(more)).to_bytes(4, "little")
    directory = b"PK\x05\x06" + bytes(4) + count * 2 + size + data[end + 16 : end + 20] + bytes(2)
    with pytest.raises(PagesError, match="whose parts overlap"):
        extract(data[:end] + more + directory, "a.docx")


def test_too_many_articles_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    page = read_page(Extracted("甲事\n\n■记者 王一\n\n本报讯 甲。\n\n\n" * 3), "page.txt", "0" * 64)
    assert check_page(page) is page
    monkeypatch.setattr(limits, "MOST_ARTICLES", 2)
    with pytest.raises(PagesError, match=r"page.txt holds 3 articles, a file may hold 2 at most; split it\."):
        check_page(page)


ATOMS = [" ", "\t", ".", "…", "版", "张三 ", "日报", "本报讯", "。记者"]


@pytest.mark.parametrize("first", ATOMS)
def test_a_line_of_one_thing_again_and_again_is_read_in_little_time(first: str) -> None:
    for second in ATOMS:
        text = f"标题\n\n{first}{second * 16_000}\n\n{(first + second) * 8_000}\n\n下转{second * 9_000}{first}\n"
        start = time.process_time()
        read_page(Extracted(text), "page.txt", "0" * 64)
        assert time.process_time() - start < 1.5, (first, second)


@pytest.mark.parametrize(
    "line",
    [
        "日报" * 79,
        "本报记者 " + "日报" * 70,
        "记者" + " " * 150 + "甲",
        "好。" + "日报" * 16_000,
        "好。记者" + " " * 16_000 + "摄",
        "好。张三" + " " * 32_000 + "甲",
        "本报讯" + " " * 16_000 + "甲",
        "12" + " " * 32_000 + "甲",
        "12" + " " * 32_000 + "—" + " " * 32_000 + "甲",
    ],
    ids=lambda line: f"{line[:8]}{len(line)}",
)
def test_a_line_that_can_be_parted_in_many_ways_is_read_in_little_time(line: str) -> None:
    start = time.process_time()
    read_page(Extracted(f"{line}\n\n标题\n\n■记者 王一\n\n{line}\n"), "page.txt", "0" * 64)
    assert time.process_time() - start < 1.5


@pytest.mark.parametrize("name", ["a.html", "a.md"])
@pytest.mark.parametrize("blank", [" ", "\t", "\n ", " \n"])
def test_blanks_inside_a_paragraph_are_passed_over_in_little_time(name: str, blank: str) -> None:
    start = time.process_time()
    found = extract(f"<p>two{blank * 90_000}words</p>".encode(), name)
    assert time.process_time() - start < 1.5
    assert found.text.split() == ["two", "words"]


def test_a_mark_of_continuation_is_looked_for_once_in_a_long_word() -> None:
    article = Article("a", "", "article", "题", (), (), (), (), "甲" * 60_000, (), (), (), ())
    start = time.process_time()
    assert continuations([Page("a.txt", "", "0" * 64, None, None, (article,), ())]) == {}
    assert time.process_time() - start < 1.5


@pytest.mark.parametrize("text", ["甲事\n\n■记者 王一\n\n本报讯 甲。\n\n\n", "本报讯 甲到了。\n\n", "a\n", "甲事\n\n"])
def test_time_grows_with_the_page_and_not_with_its_square(text: str) -> None:
    start = time.process_time()
    page = read_page(Extracted(text * 3_000), "page.txt", "0" * 64)
    assert time.process_time() - start < 6
    assert len({article.id for article in page.articles}) == len(page.articles)


def test_an_articles_id_is_that_of_before_for_each_copy() -> None:
    from corpus.ids import article_id

    page = read_page(Extracted("甲事\n\n■记者 王一\n\n本报讯 甲。\n\n\n" * 3), "page.txt", "0" * 64)
    printed = "甲事\n本报讯 甲。"
    assert [a.id for a in page.articles] == [article_id("page.txt", printed + "\n" * n) for n in range(3)]


def test_asides_and_headings_mark_the_lines_inside_them_alone() -> None:
    text = "甲\n乙乙\n丙\n\n标题在这里\n丁"
    spans = [(0, 1), (2, 4)], [(8, 13)]
    page = read_page(Extracted(text, tuple((s, "note") for s in spans[0]), headings=tuple(spans[1])), "a.txt", "0" * 64)
    account(page)
    assert [(f.block.text, f.reason) for f in page.furniture] == [("甲", "note"), ("乙乙", "note")]


def test_a_picture_bomb_has_the_size_that_it_states() -> None:
    assert len(picture(60_000, 60_000, 0)) < 200
    names = [name for name, _ in itertools.islice(bombs(large=False), 20)]
    assert len(names) == len(set(names)) and all(Path(name).suffix for name in names)
