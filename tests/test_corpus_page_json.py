"""A page goes through plain data without loss, and nothing but a page of the file asked for comes out of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from corpus import sample_pages
from corpus.files import list_files, read_file
from corpus.frames import MOST
from corpus.limits import MOST_CHARACTERS
from corpus.page import read_page
from corpus.page_json import pack, unpack
from corpus.records import Block, Extracted, Furniture, Page, Region

LAYOUTS = Path(__file__).parent / "data" / "layouts"
TEXT = "甲事\n\n■记者 王一\n\n本报讯 甲到了。\n\n乙也到了。\n"


def page() -> Page:
    return read_page(Extracted(TEXT, regions=(Region(0, 2, 1, (1, 2.5, 3, 4)),)), "a.txt", "0" * 64)


def test_every_page_comes_back_as_it_was() -> None:
    for root in (sample_pages(), LAYOUTS):
        for path in list_files(root):
            if path.suffix in (".txt", ".md", ".html", ".docx"):
                one = read_file(root, path)
                assert unpack(pack(one), path.as_posix()) == one
    assert unpack(pack(page()), "a.txt") == page()


def test_half_a_surrogate_pair_and_both_halves_apart_come_back() -> None:
    text = "一\ud83d二\ud83d\udcf0三"
    one = Page("a.txt", text, "0" * 64, None, None, (), (Furniture(Block(text, ((0, len(text)),)), "x"),))
    assert unpack(pack(one), "a.txt") == one


def test_the_largest_text_that_a_page_may_have_fits_into_a_message() -> None:
    text = "\U0001f4f0" * MOST_CHARACTERS
    one = Page("a.txt", text, "0" * 64, None, None, (), (Furniture(Block(text, ((0, len(text)),)), "x"),))
    assert len(pack(one)) < MOST


Change = Callable[[dict[str, Any]], object]
WRONG: dict[str, Change] = {
    "another file": lambda page: page.update(source="b.txt"),
    "no text": lambda page: page.update(text=None),
    "a number for a text": lambda page: page.update(text=7),
    "a truth for a sheet": lambda page: page["regions"][0].__setitem__(2, True),
    "no number": lambda page: page["regions"][0].__setitem__(3, float("nan")),
    "a box of three": lambda page: page["regions"][0].pop(),
    "a region off the page": lambda page: page["regions"][0].__setitem__(1, 1000),
    "a range off the page": lambda page: page["articles"][0]["paragraphs"][0].update(spans=[[0, 1000]]),
    "a range before it": lambda page: page["articles"][0]["paragraphs"][0].update(spans=[[-3, 2]]),
    "a range backwards": lambda page: page["articles"][0]["paragraphs"][0].update(spans=[[4, 2]]),
    "a broken range": lambda page: page["articles"][0]["paragraphs"][0].update(spans=[[1.5, 2]]),
    "another text": lambda page: page["articles"][0]["paragraphs"][0].update(text="本报讯 乙到了。"),
    "another kind": lambda page: page["articles"][0].update(kind="advert"),
    "a kind of lists": lambda page: page["articles"][0].update(kind=[]),
    "names of lists": lambda page: page["articles"][0].update(reporters=[["王一"]]),
    "a date of numbers": lambda page: page.update(date=20260305),
    "nothing": lambda page: page.clear(),
    "an article of text": lambda page: page.update(articles=["甲事"]),
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG.keys())
def test_what_is_no_page_of_the_file_is_refused(change: Change) -> None:
    values = json.loads(pack(page()))
    assert unpack(json.dumps(values).encode(), "a.txt") == page()
    change(values)
    with pytest.raises(ValueError):
        unpack(json.dumps(values).encode(), "a.txt")


@pytest.mark.parametrize("data", [b"", b"\x80\x04.", b"null", b"[]", b"7", b"[" * 100_000, b'{"source": "a.txt"'])
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        unpack(data, "a.txt")
