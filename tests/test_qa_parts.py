"""Taking questions apart, matching, quoting, marking the short answer, deciding on follow-ups."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from corpus.words import pairs
from embeddings.thesaurus import RELATED, SAME, STEP, Thesaurus, bundled, read_thesaurus
from qa import dialogue
from qa.abstain import confidence, is_question, reason_for
from qa.extract import LONGEST_QUOTE, Part, best_answer, best_quote, find_answers, sentences
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
        ("包括哪些方面", "list"),
        ("为啥停业", "why"),
        ("怎么办理", "how"),
        ("要交钱吗?", "yes_no"),
        ("主题是什么", "what"),
        ("how many companies took part?", "number"),
        ("who is the director?", "who"),
    ],
)
def test_what_a_question_asks_for(question: str, kind: str) -> None:
    assert asks_for(question) == kind


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
        ("why", "因为下雨", []),
    ],
)  # fmt: skip
def test_answers_by_kind(kind: str, text: str, found: list[str]) -> None:
    assert [text[a:b] for a, b in find_answers(kind, text)] == found  # type: ignore[arg-type]


def test_people() -> None:
    def found(text: str) -> list[str]:
        return [text[a:b] for a, b in find_answers("who", text)]

    assert found("会议由区长王志军主持") == ["王志军"]
    assert found("本次贷款由嘉兴银行股份有限公司发放") == ["嘉兴银行股份有限公司"]


def test_sentences_keep_closing_marks() -> None:
    text = "他说:“好。”走了!真的?是"
    assert [text[a:b] for a, b in sentences(text)] == ["他说:“好。”", "走了!", "真的?", "是"]


def rarity(word: str) -> float:
    return float(len(word))


def test_quote_is_the_sentence_that_says_most() -> None:
    text = "会议昨天召开。参加的企业有14家。大家都很高兴。"
    question = analyse("有多少家企业参加?", None)
    matcher = Matcher(question.units, rarity)
    quote = best_quote(question, matcher, text, "")
    assert text[quote.start : quote.end] == "参加的企业有14家。"
    answer = best_answer(question, matcher, text, quote)
    assert answer is not None and text[answer.start : answer.end] == "14家"


def test_over_long_sentence_is_cut_at_commas() -> None:
    text = (
        "。".join(["开头一句", ",".join(["这是一段没有什么要紧事的文字"] * 15) + ",参加的企业有14家,后面还有"]) + "。"
    )
    question = analyse("有多少家企业参加?", None)
    quote = best_quote(question, Matcher(question.units, rarity), text, "")
    assert quote.end - quote.start <= LONGEST_QUOTE and "14家" in text[quote.start : quote.end]


def test_answer_is_not_what_was_asked_with() -> None:
    text = "14家企业招了41人。"
    question = analyse("14家企业招了多少人?", None)
    answer = best_answer(question, Matcher(question.units, rarity), text, Part(0, len(text), 1.0))
    assert answer is not None and text[answer.start : answer.end] == "41人"


def test_confidence_is_logistic() -> None:
    assert confidence(0, 0, 0) == pytest.approx(1 / (1 + math.exp(4.9)))
    assert confidence(1, 1, 1) > confidence(1, 1, 0.5) > confidence(0.5, 1, 0.5)
    assert confidence(1, 1, None) > 0.5 > confidence(0, 0, None)
    assert reason_for(0.1, 0.1) == "off_topic" and reason_for(0.5, 0.1) == "not_stated"
    assert is_question("2") and not is_question("?_ ")


def test_dialogue_forms() -> None:
    assert dialogue.strip_switch("换个话题,社保打哪个电话?") == ("社保打哪个电话?", True)
    assert dialogue.strip_switch("社保") == ("社保", False)
    assert dialogue.strip_correction("不,我问的是2024年的") == "2024年的"
    assert dialogue.depends("他写过几篇?") and dialogue.depends("那总投资呢?") and not dialogue.depends("总投资多少?")
    topic = dialogue.Topic("a", ("大桥", "通车"))
    assert dialogue.complete("总投资多少?", topic) == "大桥 通车 总投资多少?"
    assert dialogue.complete("大桥何时通车?", topic) == "大桥何时通车?"
    assert dialogue.follows(analyse("总投资多少?", None), here=0.5, elsewhere=0.5)
    assert not dialogue.follows(analyse("总投资多少?", None), here=0.2, elsewhere=0.9)
