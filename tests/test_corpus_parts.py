"""Bylines, joins, words."""

from __future__ import annotations

import pytest

from corpus.bylines import Byline, credit_at_end, inline_byline, parse_byline, parse_signature
from corpus.joins import Piece, ends_sentence, is_cut, join, open_mark, rest_elsewhere, runs_on
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
        ("■记者 张三 文/图", Byline(("张三",), (), ("张三",), True)),
        ("记者 张三 摄", Byline((), (), ("张三",), True)),
        ("张三/文 李四/图", Byline(("张三",), (), ("李四",), True)),
        ("文/张三 图/李四", Byline(("张三",), (), ("李四",), True)),
        ("图文/张三", Byline(("张三",), (), ("张三",), True)),
        ("(通讯员 李四 摄)", Byline((), ("李四",), ("李四",), True)),
        ("見習記者 張三 實習生 李四", Byline(("張三",), ("李四",))),
        ("【記者王小明台北報導】", Byline(("王小明",))),
        ("本报记者 王 军 发自伦敦", Byline(("王军",))),
        ("栏目主持 记者 慕容秋", Byline(("慕容秋",))),
        ("据新华社发", Byline(is_credit=True)),
        ("■本报评论员", Byline()),
        ("By ZHANG San and Peter Holt", Byline(("ZHANG San", "Peter Holt"))),
        ("Photo by Li Si", Byline((), (), ("Li Si",), True)),
        ("记者 张三 通讯员 李小满 编辑:赵二", Byline(("张三",), ("李小满",))),
        ("责任编辑 张三", None),
        ("文明城市 创建", None),
        ("记者了解到,大桥明年通车。", None),
        ("记者节快乐", None),
        ("", None),
    ],
)
def test_byline(line: str, names: Byline | None) -> None:
    assert parse_byline(line) == names


def test_byline_in_brackets() -> None:
    assert inline_byline("本报讯(记者 张三)大桥通车。") == Byline(("张三",))
    assert inline_byline("【本報訊】(記者王小明)大橋通車。") == Byline(("王小明",))
    assert inline_byline("大桥通车。(张三)") == Byline(("张三",))
    assert inline_byline("大桥通车。(通讯员 李四)") == Byline((), ("李四",))
    assert inline_byline("大桥通车了(见图)") is None
    assert inline_byline("大桥通车。(下转2版)") is None


def test_credit_at_the_end_of_a_caption() -> None:
    assert credit_at_end("图为大桥。张三 摄") == (5, Byline((), (), ("张三",), True))
    assert credit_at_end("图为大桥。(本报记者 张三 摄)") == (5, Byline((), (), ("张三",), True))
    assert credit_at_end("图为大桥。记者张三摄") == (5, Byline((), (), ("张三",), True))
    assert credit_at_end("图为大桥。") is None


def test_signature() -> None:
    assert parse_signature("(张三)") == parse_signature("——张三") == Byline(("张三",))
    assert parse_signature("【广告】") is None and parse_signature("张三") is None and parse_signature("(完)") is None


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
    assert is_cut(piece(left), piece(right)) is cut


def piece(text: str, **looks: bool) -> Piece:
    return Piece(Block(text, ((0, len(text)),)), **looks)


def test_list_items_and_table_rows_stay_apart() -> None:
    assert not is_cut(piece("1.带身份证", row=True), piece("2.带照片", row=True))
    assert not is_cut(piece("名次\t姓名", row=True, apart=True), piece("他跑得最快。"))
    assert not is_cut(piece("某某供水公司"), piece("2026年3月1日", row=True, apart=True))
    assert is_cut(piece("③顶层和底层的住户乘以系数,最低的打七五", row=True), piece("折,已经算进去了。"))


def test_where_paragraphs_are_indented_one_that_is_not_goes_on() -> None:
    assert is_cut(piece("今天天气好。", indented=True), piece("明天也好。"), indented=True)
    assert not is_cut(piece("今天天气好。", indented=True), piece("明天也好。", indented=True), indented=True)
    assert not is_cut(piece("今天天气好。", indented=True), piece("明天怎么样", short=True), indented=True)


def test_the_rest_of_a_title_is_found_behind_a_section() -> None:
    left = piece("写成一本《和")
    assert rest_elsewhere(left, [piece("先喝茶"), piece("大家坐下。"), piece("事桌规则》。")]) == 2
    assert rest_elsewhere(left, [piece("先喝茶")]) is None
    assert rest_elsewhere(piece("写成一本书。"), [piece("规则》。")]) is None


def test_joined_latin_words_keep_the_space_between_them() -> None:
    text = "the boat left\n\nthe quay 4\n\n百万"
    left, right = Block("the boat left", ((0, 13),)), Block("the quay 4", ((15, 25),))
    assert join(left, right, text) == Block("the boat left\n\nthe quay 4", ((0, 25),))
    assert join(right, Block("百万", ((27, 29),)), text) == Block("the quay 4百万", ((15, 25), (27, 29)))


def test_evidence_of_a_join() -> None:
    assert ends_sentence("好的。”") and not ends_sentence("好的”") and not ends_sentence("")
    assert open_mark("他说“你看《书") == "》" and open_mark("“好”") == ""
    assert runs_on("企业14", "家") and runs_on("深度融合", "的主战场") and not runs_on("留住老味道", "几家老店")


def test_words_and_pairs() -> None:
    assert words("公共交通,有限公司!") == ["公共", "交通", "公共交通", "有限", "公司", "有限公司"]
    assert pairs("嘉兴市ABC 12.5亿") == ["嘉兴", "兴市", "abc", "12.5", "亿"]
    assert words("") == [] and pairs("。!") == []


def test_slice_block_over_a_join() -> None:
    block = Block("abcd", ((10, 12), (20, 22)))
    assert slice_block(block, 1, 3) == ((11, 12), (20, 21))
    assert slice_block(block, 0, 4) == block.spans
    assert slice_block(block, 2, 2) == ()
