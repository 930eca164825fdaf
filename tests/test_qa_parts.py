"""Taking questions apart, matching, quoting, marking the short answer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from corpus.fold import fold
from corpus.words import pairs
from embeddings.thesaurus import RELATED, SAME, STEP, Thesaurus, bundled, read_thesaurus
from qa.extract import find_answers, sentences
from qa.match import Matcher
from qa.question import Unit, analyse, asks_for


@pytest.fixture
def thesaurus(tmp_path: Path) -> Thesaurus:
    file = tmp_path / "words.tsv"
    file.write_text("# word\tsame\trelated\tEnglish\n快递员\t送件小哥 派件员\t物流\tcourier; delivery rider\n", "utf-8")
    return read_thesaurus(file)


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("社保认证打哪个电话?", "phone"),
        ("贷款贷到多少钱", "money"),
        ("参加的有几家企业", "number"),
        ("哪天开幕?", "when"),
        ("在哪里举行?", "where"),
        ("谁主持会议", "who"),
        ("请了哪家医院来义诊?", "organisation"),
        ("哪位医生坐诊", "who"),
        ("那首歌叫什么?", "name"),
        ("修了多久才修好?", "number"),
        ("春茶节 开幕 时间", "when"),
        ("义诊活动 参加 人数", "number"),
        ("老楼到底拆没拆不", "yes_no"),
        ("靠什么办法省下水?", "how"),
        ("Which company built the bridge?", "organisation"),
        ("Did the bridge open?", "yes_no"),
        ("包括哪些方面", "list"),
        ("为啥停业", "why"),
        ("怎么办理", "how"),
        ("要交钱吗?", "yes_no"),
        ("主题是什么", "name"),
        ("书记送来了什么?", "what"),
        ("how many companies took part?", "number"),
        ("how many flats are on the renovation list?", "number"),
        ("list the winners of the contest", "list"),
        ("who is the director?", "who"),
    ],
)
def test_what_a_question_asks_for(question: str, kind: str) -> None:
    assert asks_for(fold(question)) == kind


def test_thesaurus_weights(thesaurus: Thesaurus) -> None:
    assert thesaurus.near["送件小哥"] == {"快递员": SAME, "派件员": STEP}
    assert thesaurus.near["快递员"] == {"送件小哥": SAME, "派件员": SAME, "物流": RELATED}
    assert thesaurus.translate("How many delivery riders?") == {"delivery rider": {"快递员": 1.0}}
    assert thesaurus.translate("the couriers") == {"courier": {"快递员": 1.0}}
    assert bundled().near


def test_question_units(thesaurus: Thesaurus) -> None:
    question = analyse("快递员是谁?", thesaurus)
    # Segmentation knows no 快递员; the thesaurus does.
    assert [unit.surface for unit in question.units] == ["快递员", "快递", "员"]
    assert question.units[0].near == (("快递员", 1.0), ("派件员", SAME), ("送件小哥", SAME), ("物流", RELATED))
    assert analyse("快递员", None).units[0].near == (("快递", 1.0),)
    english = analyse("Who are the couriers?", thesaurus)
    assert english.english and english.units == (Unit("courier", (("快递员", 1.0),)),)


def test_matcher_by_hand() -> None:
    units = [Unit("大桥", (("大桥", 1.0), ("桥梁", 0.5))), Unit("2", (("2", 1.0),))]
    matcher = Matcher(units, {"大桥": 2.0, "桥梁": 3.0, "2": 5.0}.__getitem__)
    assert matcher.weights.tolist() == [2.0, 2.0]  # a lone character counts 0.4 of its rarity
    assert matcher.gains("新桥梁").tolist() == [1.5, 0.0]
    assert matcher.nearness("大桥和桥梁").tolist() == [1.0, 0.0]
    assert matcher.coverage("桥梁 2 座") == pytest.approx((2 * 0.5 + 2 * 1) / 4)
    assert matcher.nearness("大桥2025年").tolist() == [1.0, 0.0]  # 2 does not stand in 2025
    assert [place[:3] for place in matcher.places("大桥边的大桥")] == [(0, 2, 0), (4, 6, 0)]
    assert Matcher([], lambda word: 1.0).coverage("桥") == 0.0


def test_gains_of_many_texts_are_those_of_each() -> None:
    near = (("大桥", 1.0), ("跨江大桥", 0.9), ("江桥", 0.8), ("桥", 0.4), ("bridge", 0.7), ("二桥", 0.6))
    units = [Unit("大桥", near), Unit("2", (("2", 1.0),)), Unit("", ())]
    matcher = Matcher(units, lambda word: 1.0 + len(word))
    # Of the third text all pairs of 跨江大桥 stand somewhere, but not the word.
    texts = ["大桥边", "跨江大桥通车", "跨江,江大,大桥", "二桥有2座", "the bridge", "abridged 12", "江边", ""]

    def holds(asked: Sequence[str]) -> NDArray[np.bool_]:
        return np.array([[pair in pairs(text) for pair in asked] for text in texts]).reshape(len(texts), len(asked))

    expected = [matcher.gains(text).tolist() for text in texts]
    assert matcher.gains_of(texts, holds).tolist() == expected
    assert expected[1][0] == pytest.approx(0.9 * 5) and expected[2][0] == 3.0 and expected[3][1] == pytest.approx(0.8)
    assert matcher.gains_of([], holds).shape == (0, 3)


@pytest.mark.parametrize(
    ("kind", "text", "found"),
    [
        ("number", "14家企业有岗位200余个,占62%,一方面好", ["14家", "200余个", "62%"]),
        ("money", "月薪4000元至10000元", ["4000元至10000元"]),
        ("number", "开了十余门课", ["十余门"]),
        ("money", "23个项目,总投资70.77亿元", ["70.77亿元"]),
        ("when", "今年2月8日办过,2025年7月停了,昨天上午又开", ["今年2月8日", "2025年7月", "昨天上午"]),
        ("phone", "可打0573-12345678咨询", ["0573-12345678"]),
        ("list", "课程包括书法、吉他、摄影等十门", ["书法、吉他、摄影"]),
        ("why", "因为连日下雨,停了课", ["连日下雨"]),
        ("yes_no", "因为连日下雨,停了课", []),
    ],
)  # fmt: skip
def test_answers_by_kind(kind: str, text: str, found: list[str]) -> None:
    assert [text[a:b] for a, b in find_answers(kind, text)] == found  # type: ignore[arg-type]


def test_people_and_organisations() -> None:
    text = "会议由区长王志军主持"
    assert [text[a:b] for a, b in find_answers("who", text)] == ["王志军"]
    text = "本次贷款由嘉兴银行股份有限公司发放"
    assert "嘉兴银行股份有限公司" in [text[a:b] for a, b in find_answers("organisation", text)]


def test_sentences_keep_closing_marks() -> None:
    text = "他说:“好。”走了!真的?是"
    assert [text[a:b] for a, b in sentences(text)] == ["他说:“好。”", "走了!", "真的?", "是"]
