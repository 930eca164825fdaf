"""The matching form: what comes out alike, what stays as printed, and the way back to the printed characters."""

from __future__ import annotations

import doctest
import re
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus import fold as fold_module
from corpus import numerals, offsets
from corpus.fold import fold, matching_form
from corpus.offsets import Folded, compose, rewrite
from corpus.words import pairs, tokens, words


def form(text: str) -> str:
    return matching_form(text).text


def test_doctests() -> None:
    for module in (fold_module, numerals, offsets):
        failed, tried = doctest.testmod(module)
        assert tried and not failed


def test_fold_examples() -> None:
    assert fold("ＡＢＣ１２３ 嘉興，") == "abc123 嘉兴,"
    assert fold("臺灣") == "台湾"
    assert fold("25℃") == "25℃"
    assert fold("\uf91a") == fold("駱") == "骆"


@given(st.text())
def test_fold_keeps_length_and_is_idempotent(text: str) -> None:
    assert len(fold(text)) == len(text)
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("spellings", "alike"),
    [
        (["二〇二六年", "二零二六年", "二○二六年", "2〇26年", "２０２６年"], "2026年"),
        (
            ["2026-04-01", "2026/4/1", "2026.4.1", "2026年04月01日", "二〇二六年四月一日", "2026年4月1号",
             "2026 年 4 月 1 日"],
            "2026年4月1日",
        ),
        (["4月01日", "四月一日", "04月1日"], "4月1日"),
        (["1,500万元", "1 500万元", "15000000元", "一千五百万元", "0.15亿元", "1500万元", "1500.0万元"], "1500万元"),
        (["12000万元", "1.2亿元", "一亿二千万元", "120,000,000元", "一点二亿元", "1亿2000万元"], "1.2亿元"),
        (["百分之三十", "30％", "30%"], "30%"),
        (["百分之三十五点六", "35.6%"], "35.6%"),
        (["百分之百", "100%"], "100%"),
        (["两千米", "二千米", "2000米", "2,000米"], "2000米"),
        (["三万五千名", "35000名", "3.5万名", "3万5千名"], "3.5万名"),
        (["上午九时三十分", "上午9时30分"], "上午9时30分"),
        (["十余门", "10余门"], "10余门"),
        (["八〇后", "八零后", "80后"], "80后"),
        (["第十五届", "第15届"], "第15届"),
        (["三十五", "35"], "35"),
        (["产、业、集、聚", "产 业 集 聚", "产·业·集·聚", "产业\n集聚", "產業集聚"], "产业集聚"),
        (["㈱", "(株)"], "(株)"),
        (["25℃", "25°C"], "25°c"),
        (["ﬁne day", "fi\u00adne  day", "FI\u200bNE\n day"], "fine day"),
        (["⼀⽉", "一月"], "1月"),
        (["NBA 比赛", "nba比赛"], "nba比赛"),
    ],
)  # fmt: skip
def test_spellings_that_are_alike(spellings: list[str], alike: str) -> None:
    assert {spelling: form(spelling) for spelling in spellings} == dict.fromkeys(spellings, alike)


@pytest.mark.parametrize(
    "text",
    """
    九龙 三思而行 一带一路 四大 十分 千方百计 百年 万达 一点一滴 五一 十四五 十五五 二十大 万一 百万 千万别 一五一十
    三三两两 七八百人 十三四岁 几十年 数百万元 半年 一时 一个 两次 哪三家 一半 九9 三分之一 统一 入伍
    500千瓦时 5千瓦 100万千瓦
    0573-82200573 13812345678 00012元 2026.4 1.2.3 192.168.1.10 2025-26赛季 2026-13-01 甲、乙、丙
    哈哈哈哈哈哈哈哈哈哈哈哈哈哈 123456123456 1000000000000号
    """.split(),
)
def test_what_stays(text: str) -> None:
    assert form(text) == text


def test_every_character_folds_for_good() -> None:
    changed = [chr(code) for code in range(0x30000) if not 0xD800 <= code < 0xE000 and form(chr(code)) != chr(code)]
    assert len(changed) > 9000
    assert [char for char in changed if form(form(char)) != form(char)] == []


def test_numbers_beside_others() -> None:
    assert form("①2026年") == "(1)2026年" and form("⑩") == "(10)"
    assert form("3½小时") == "3 1⁄2小时"
    assert form("1月2日元旦") == "1月2日元旦"
    assert form("售价12.50元") == "售价12.5元"
    assert form("一、二、三、四年级") == "一、二、三、4年级"
    assert form("日产5千克") == "日产5千克" and form("5千") == "5000"
    assert form("1" * 300 + "万元") == "1" * 300 + "万元"


@pytest.mark.parametrize(
    ("number", "counts"),
    [
        ("十", 10), ("十五", 15), ("二十", 20), ("二十五", 25), ("一百零五", 105), ("一百一十五", 115), ("两千", 2000),
        ("一千零五十", 1050), ("一千零五", 1005), ("一万零三百", 10300), ("三万亿", 3 * 10**12),
        ("1亿零50万", 100500000),
        ("二十三万四千五百六十七", 234567), ("2.5亿", 250000000), ("3百", 300), ("一亿", 10**8),
    ],
)  # fmt: skip
def test_value_of_a_number(number: str, counts: int) -> None:
    assert numerals.value(number) == Decimal(counts)


@pytest.mark.parametrize(
    "number", ["", "百", "万", "百万", "一一", "三八百", "一百五", "三千八", "万一", "一千五十", "十百", "1万5", "15百"]
)
def test_no_value(number: str) -> None:
    assert numerals.value(number) is None


def _spelled(number: int) -> str:
    """A number below 10,000 in Chinese numerals, by the school rules."""
    out = ""
    zero = False
    for place, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // place % 10
        if digit:
            out += ("零" if zero and out else "") + "零一二三四五六七八九"[digit] + name
        zero = not digit
    return out[1:] if 10 <= number < 20 else out


def test_every_number_below_ten_thousand_is_understood() -> None:
    for number in range(1, 10_000):
        assert numerals.value(_spelled(number)) == number, _spelled(number)


@given(st.integers(10_000, 10**12), st.sampled_from(["元", "人", "吨"]))
def test_an_amount_keeps_its_value(number: int, unit: str) -> None:
    text = form(f"{number}{unit}")
    assert numerals.value(text.removesuffix(unit)) == number
    assert form(f"{number:,}{unit}") == text and len(text) <= len(str(number)) + 1


def test_printed_twice_counts_once() -> None:
    once = "老街的茶馆又开门了"
    assert form(once * 2) == form(once * 5) == once
    assert form(f"昨天,{once}{once},来了很多人") == f"昨天,{once},来了很多人"
    assert form("开门了" * 2) == "开门了" * 2  # five characters or fewer may well be repeated
    long = "".join(chr(0x4E10 + 7 * n) for n in range(41))
    assert form(long * 2) == fold(long * 2) and form(long[:40] * 2) == fold(long[:40])


def test_white_space_may_part_words() -> None:
    assert matching_form("柳湾  大桥\n通车 2026 年", join=False).text == "柳湾 大桥 通车2026年"
    assert words("柳湾 大桥") == ["柳湾", "大桥"] and pairs("柳湾 大桥") == ["柳湾", "大桥"]


def test_where_it_is_printed() -> None:
    text = "总 投资　一千五百万元,25℃,产、业、集、聚"
    found = matching_form(text)
    assert found.text == "总投资1500万元,25°c,产业集聚"

    def printed(part: str) -> str:
        start = found.text.index(part)
        first, last = found.printed(start, start + len(part))
        return text[first:last]

    assert printed("1500万元") == "一千五百万元"
    # White space belongs to the character it stands beside: before another, it would stay.
    assert printed("总") == "总 "
    assert printed("25°c") == "25℃" and printed("业集") == "产、业、集、聚" and printed("25") == "25"
    assert found.folded(text.index("℃"), text.index("℃") + 1) == (found.text.index("°"), found.text.index("c") + 1)
    assert matching_form("\u00ad嘉\u00ad兴\u00ad").printed(0, 2) == (1, 4)
    assert matching_form("\u00ad嘉").folded(0, 1) == (0, 0)
    assert matching_form("") == Folded("") and Folded("").printed(0, 0) == (0, 0)


def test_words_of_alike_texts_are_alike() -> None:
    assert words("贷款一千五百万元") == words("贷款1,500万元") == words("贷款1500万元")
    assert pairs("二〇二六年四月一日") == pairs("2026-04-01")


@given(st.text(alphabet="大桥一千二百万 2026-年4月1日,.ab"))
def test_tokens_cover_the_printed_text(text: str) -> None:
    found = tokens(text)
    assert "".join(text[start:end] for _, start, end in found) == text
    assert all(word == fold(text[start:end]) for word, start, end in found)


_FRAGMENTS = st.sampled_from(
    [
        *"二〇二六年 四月一日 2026-04-01 2026/4/1 2026.4.1 1500万元 1,500万元 一千五百万元 0.15亿元".split(),
        *"百分之三十 30% 三十 十 二 几十 一带一路 数 产、业、集、聚 产·业·集·聚区 ℃ ① ½ ㈱ ﬁ 嘉興".split(),
        *["老街的茶馆开门"] * 3,
        *["NBA", "0573-82200573", *"点分号大，、", "千瓦", "\u00ad", "\u200b", "\u3000", " ", "  ", "\n", "1 500"],
    ]
)  # fmt: skip
_NASTY = st.text(alphabet="12 0〇零○一二十百千万亿两点年月日号元%.,-/、·中文abＡ①½\u00ad\n几数分之大")
_NUMERALS = st.text("一二三十百万2,0月年", max_size=9)
_REPEATED = st.tuples(st.text("ab中文1", min_size=1, max_size=40), st.integers(1, 4), st.text("ab中1", max_size=6)).map(
    lambda drawn: drawn[0] * drawn[1] + drawn[2]
)
_TEXTS = st.one_of(
    st.text(),
    _NASTY,
    _NUMERALS,
    _REPEATED,
    st.lists(st.one_of(_FRAGMENTS, _NASTY, _REPEATED), max_size=10).map("".join),
)


@settings(max_examples=500, deadline=None)
@given(_TEXTS, st.booleans(), st.data())
def test_a_printed_span_holds_what_was_found(text: str, join: bool, data: st.DataObject) -> None:
    found = matching_form(text, join)
    start = data.draw(st.integers(0, len(found.text)))
    end = data.draw(st.integers(start, len(found.text)))
    first, last = found.printed(start, end)
    assert 0 <= first <= last <= len(text)
    again = matching_form(text[first:last], join).text
    assert found.text[start:end] in again
    if start < end:
        back = found.folded(first, last)
        assert back[0] <= start and end <= back[1]
        assert again == found.text[slice(*back)]


@settings(max_examples=300, deadline=None)
@given(_TEXTS, st.booleans())
def test_the_form_of_a_form_is_itself(text: str, join: bool) -> None:
    found = matching_form(text, join)
    assert matching_form(found.text, join).text == found.text


@pytest.mark.parametrize("text", ["七八百人", "二三十年", "几十年", "三一五万元", "第一十五", "1,2345人", "十四五年"])
def test_no_part_of_a_number_is_read_alone(text: str) -> None:
    """Every span of a stretch that stays as printed leads to all of it: 三十 alone would be 30."""
    found = matching_form(text)
    for start in range(len(found.text)):
        for end in range(start + 1, len(found.text) + 1):
            first, last = found.printed(start, end)
            assert found.text[start:end] in form(text[first:last])


def _is_monotone(found: Folded, text: str) -> bool:
    """Whether the edits are in order on both sides, with as much between them on the one as on the other."""
    borders = [(0, 0, 0, 0), *found.edits, (len(text), len(text), len(found.text), len(found.text))]
    return all(a[1] <= b[0] and a[3] <= b[2] and b[0] - a[1] == b[2] - a[3] for a, b in pairwise(borders))


@settings(max_examples=200, deadline=None)
@given(_TEXTS)
def test_the_map_is_monotone(text: str) -> None:
    assert _is_monotone(matching_form(text), text)
    found = matching_form(text)
    spans = [found.printed(n, n + 1) for n in range(len(found.text))]
    assert all(a[0] <= b[0] and a[1] <= b[1] for a, b in pairwise(spans))


_SUBSTITUTIONS = st.sampled_from(["ab", "b", "a+", "ba", "cc?", "[abc]{3}"])


@given(st.text("abc", max_size=12), _SUBSTITUTIONS, _SUBSTITUTIONS, st.sampled_from(["", "x", "abc"]))
def test_two_steps_composed_are_one(text: str, first: str, then: str, new: str) -> None:
    middle, edits = rewrite(text, re.compile(first), lambda run: new)
    last, more = rewrite(middle, re.compile(then), lambda run: run[::-1] + "c")
    whole = Folded(last, compose(edits, more))
    assert _is_monotone(whole, text)
    # Between the edits both texts are the same, and each edit's slice gives, alone, what stands in the last text.
    for start, end, first_out, last_out in whole.edits:
        part = re.sub(first, new, text[start:end])
        assert re.sub(then, lambda m: m[0][::-1] + "c", part) == last[first_out:last_out]


@settings(max_examples=300, deadline=None)
@given(st.one_of(_REPEATED, _TEXTS))
def test_the_quick_look_for_repetitions_misses_none(text: str) -> None:
    assert fold_module._repeats(text) == bool(re.search(r"(.{6,40})\1", text, re.DOTALL))
