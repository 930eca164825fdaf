"""Bylines, joins, folding, words, and the date and page that a file's name states."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.bylines import Byline, inline_byline, parse_byline
from corpus.fold import fold
from corpus.issue import date_and_page
from corpus.joins import ends_sentence, is_cut, open_mark, runs_on
from corpus.passages import slice_block
from corpus.records import Block
from corpus.words import pairs, words


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("■记者 张三 李四", Byline(("张三", "李四"))),
        ("■记者 张三 通讯员 李四 王小五", Byline(("张三",), ("李四", "王小五"))),
        ("■记者 张三 实习生 李四", Byline(("张三",), ("李四",))),
        ("通讯员 李四", Byline((), ("李四",))),
        ("■摄影 记者 张三 通讯员 李四", Byline((), ("李四",), ("张三", "李四"), True)),
        ("■通讯员 李四 摄影 记者 张三", Byline((), ("李四",), ("张三",), True)),
        ("■记者 张三 文/图", Byline(("张三",), is_credit=True)),
        ("记者了解到,大桥明年通车。", None),
        ("记者节快乐", None),
        ("", None),
    ],
)
def test_byline(line: str, names: Byline | None) -> None:
    assert parse_byline(line) == names


def test_byline_in_brackets() -> None:
    assert inline_byline("本报讯(记者 张三)大桥通车。") == Byline(("张三",))
    assert inline_byline("大桥通车了(见图)") is None


@pytest.mark.parametrize(
    ("left", "right", "cut"),
    [
        ("今天天气好。", "明天也好。", False),
        ("今天天气好,", "明天也好。", True),
        ("他说:“今天好。", "明天也好。”他走了。", True),
        ("他说:“今天好。", "“明天也好。”", False),
        ("“太好了!”", "他走了。", False),
        ("这叫“新房”", "他走了。", True),
    ],
)
def test_is_cut(left: str, right: str, cut: bool) -> None:
    assert is_cut(left, right) is cut


def test_evidence_of_a_join() -> None:
    assert ends_sentence("好的。”") and not ends_sentence("好的”") and not ends_sentence("")
    assert open_mark("他说“你看《书") == "》" and open_mark("“好”") == ""
    assert runs_on("企业14", "家") and runs_on("深度融合", "的主战场") and not runs_on("留住老味道", "几家老店")


def test_fold_examples() -> None:
    assert fold("ＡＢＣ１２３ 嘉興，") == "abc123 嘉兴,"
    assert fold("臺灣") == "台湾"


@given(st.text())
def test_fold_keeps_length_and_is_idempotent(text: str) -> None:
    assert len(fold(text)) == len(text)
    assert fold(fold(text)) == fold(text)


def test_words_and_pairs() -> None:
    assert words("公共交通,有限公司!") == ["公共", "交通", "公共交通", "有限", "公司", "有限公司"]
    assert pairs("嘉兴市ABC 12.5亿") == ["嘉兴", "兴市", "abc", "12.5", "亿"]
    assert words("") == [] and pairs("。!") == []


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("20260401_01版.txt", ("2026-04-01", "1")),
        ("2026-04-01/A03.txt", ("2026-04-01", "A03")),
        ("2026年4月1日/第5版.txt", ("2026-04-01", "5")),
        ("20261399.txt", (None, None)),
        ("notes.txt", (None, None)),
    ],
)
def test_date_and_page(name: str, found: tuple[str | None, str | None]) -> None:
    assert date_and_page(name) == found


def test_slice_block_over_a_join() -> None:
    block = Block("abcd", ((10, 12), (20, 22)))
    assert slice_block(block, 1, 3) == ((11, 12), (20, 21))
    assert slice_block(block, 0, 4) == block.spans
    assert slice_block(block, 2, 2) == ()
