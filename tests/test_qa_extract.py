"""The quote and the short answer: sentences, what may be an answer, the scorer's parts, and what is chosen."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from corpus.fold import matching_form
from embeddings.thesaurus import Thesaurus
from qa.aim import nouns, told
from qa.answers import Weights, bundled, grid, scores
from qa.asks import asked
from qa.extract import HITS, LONGEST_QUOTE, Found, Source, agreed, answer_in, choose, weighed
from qa.match import Likeness, Matcher
from qa.question import Question, Unit, analyse
from qa.quotes import FEATURES, LONG_QUOTE, WIDE_QUOTE, Sentence, described, quoted, sentences, tighten, worth
from qa.spans import find_answers, parsed, trim_list, without_noun


def rarity(word: str) -> float:
    return float(len(word))


def asking(text: str) -> tuple[Question, Matcher]:
    question = analyse(text, None)
    return question, Matcher(question.units, rarity)


def ask_with(question: Question, text: str) -> tuple[str, str]:
    """Quote and answer of a question taken apart already, from one text."""
    found = choose(question, Matcher(question.units, rarity), [Source(text, "", "body", 1.0)])
    assert found is not None and found.answer is not None
    return text[found.quote.start : found.quote.end], text[found.answer.start : found.answer.end]


def ask(question: str, *texts: str) -> tuple[str, str]:
    """Quote and answer from texts given best first, with scores 1, 0.9, …"""
    sources = [Source(text, "", "body", 1.0 - n / 10) for n, text in enumerate(texts)]
    found = choose(*asking(question), sources)
    assert found is not None and found.answer is not None
    text = texts[found.source]
    assert found.quote.start <= found.answer.start < found.answer.end <= found.quote.end <= len(text)
    assert found.quote.end - found.quote.start <= LONGEST_QUOTE and 0 < found.answer.score <= 1
    return text[found.quote.start : found.quote.end], text[found.answer.start : found.answer.end]


@pytest.mark.parametrize(
    ("question", "noun", "units"),
    [
        ("请了哪家医院来义诊?", "医院", ()),
        ("评上了什么文化活动?", "活动", ()),
        ("共有几家店参加?", "", ("家", "家店")),
        ("他今年多大年纪?", "", ("岁",)),
        ("花了多少钱", "", ("元", "块", "金")),
        ("唱的是哪首歌", "歌", ()),
        ("来了几位老师?", "", ("位", "位老", "名", "人")),
    ],
)
def test_noun_and_units_asked_with(question: str, noun: str, units: tuple[str, ...]) -> None:
    found = asked(question)
    assert found.units == units
    assert found.noun == noun or not noun


@pytest.mark.parametrize(
    ("rule", "text", "found"),
    [
        ("date", "工程2024年3月12日动工", ["2024年3月12日"]),
        ("time", "每天上午9时30分开馆", ["上午9时30分"]),
        ("number", "约有1200余人次到场", ["1200余人次"]),
        ("count", "超过300人报名", ["300人"]),
        ("number", "演出近两个半小时,排练半年,后半年巡演", ["近两个半小时", "半年"]),
        ("count", "孩子3岁半,学琴一个半月", ["3岁半", "一个半月"]),
        ("number", "第三届大赛设12个项目,第5号选手说", ["12个"]),
        ("count", "球迷是球队的第12人", []),
        ("ordinal", "第三届比赛他得了二等奖,是第12人", ["第三届", "二等奖", "第12人"]),
        ("quoted", "他写了《河边的灯》一书", ["河边的灯"]),
        ("marked", "他写了《河边的灯》一书", ["《河边的灯》"]),
        ("list", "课程包括书法、吉他、摄影等十门", ["书法、吉他、摄影"]),
        ("list", "接送老人,以及孕妇、儿童等乘客", ["孕妇、儿童"]),
        ("list", "消息可靠,及时、准确地发", ["及时、准确地发"]),
        ("cause", "由于连日下雨,停课一天", ["连日下雨"]),
        ("means", "村里通过电话联系到他,所以没有误事", ["电话联系到他"]),
        ("phone", "请拨打12345热线或0573-82721234", ["12345", "0573-82721234"]),
        ("phone", "免费电话400-820-0000,报警打110", ["400-820-0000", "110"]),
    ],
)
def test_rules_find_spans(rule: str, text: str, found: list[str]) -> None:
    _, rules = parsed(text)
    assert [text[a:b] for a, b in rules.get(rule, ())] == found


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("她得了第几名", "rank"),
        ("拿了几等奖?", "rank"),
        ("一共来了几名", "number"),
        ("what place did she finish in?", "rank"),
    ],
)
def test_a_rank_is_no_count(question: str, kind: str) -> None:
    assert asked(question).kind == kind


@given(st.text(alphabet="东门大桥花了230万元,在2024年3月修好。“水、电”王志军abc 《》…①", max_size=60))
def test_atoms_are_slices_in_order(text: str) -> None:
    atoms, rules = parsed(text)
    at = 0
    for atom in atoms:
        assert at <= atom.start < atom.end <= len(text) and text[at : atom.start].strip() == ""
        at = atom.end
    assert text[at:].strip() == ""
    assert all(0 <= a < b <= len(text) for spans in rules.values() for a, b in spans)


@pytest.mark.parametrize(
    ("noun", "span", "kept"),
    [
        ("桥", "12座桥", "12座"),
        ("", "12座桥", "12座桥"),
        ("路", "12座桥", "12座桥"),
        ("公里", "24公里", "24公里"),
        ("座", "12座", "12座"),
    ],
)
def test_a_count_goes_without_the_noun_it_was_asked_with(noun: str, span: str, kept: str) -> None:
    text = "全市建成12座桥,路长24公里。"
    start = text.index(span)
    assert text[start : without_noun("number", noun, text, start, start + len(span))] == kept
    assert without_noun("what", noun, text, start, start + len(span)) == start + len(span)


def test_no_list_without_items() -> None:
    assert trim_list("没有", 0, 2) is None
    text = "设有车工、钳工等3个工种"
    span = trim_list(text, 0, len(text))
    assert span is not None and text[slice(*span)] == "车工、钳工"
    assert find_answers("what", text) == []


class Alike:
    """Every text comes to every unit by half, and to the question by its length in tens of characters."""

    def of_units(self, folded: Sequence[str]) -> NDArray[np.float64]:
        return np.full((len(folded), 2), 0.5)

    def whole(self, folded: Sequence[str]) -> NDArray[np.float64]:
        return np.array([len(text) / 10 for text in folded])


BRIDGE = [Unit("大桥", (("大桥", 1.0),)), Unit("造价", (("造价", 1.0),))]


def features_of(text: str, sources: Sequence[Source], likeness: Likeness | None = None) -> list[dict[str, float]]:
    matcher = Matcher(BRIDGE, {"大桥": 3.0, "造价": 1.0}.__getitem__, likeness=likeness)
    question = dataclasses.replace(analyse(text, None), units=tuple(BRIDGE))
    return [dict(zip(FEATURES, s.features, strict=True)) for s in described(question, matcher, sources)]


def test_sentence_features_by_hand() -> None:
    sources = [
        Source("大桥通车了。造价9万元。", "旧闻", "body", 2.0),
        Source("无关。", "大桥", "body", 1.5),
        Source("长9米。", "", "body", 1.0),
    ]
    first, second, third, fourth = features_of("大桥的造价是多少钱?", sources)
    assert (first["said"], first["first"], first["late"], first["gap"], first["holds"]) == (0.75, 1, 0, 0, 0)
    # The sentence before says 大桥, of weight 3 of 4.
    assert (second["said"], second["before"], second["first"], second["late"]) == (0.25, 0.75, 0, 6 / 200)
    # 造价 stands right before 9万元, which is counted in 元; it is nearer to 多少 than 大桥 is: 1 character against 4.
    assert (second["holds"], second["unit"], second["near"]) == (1, 1, 0.25)
    assert second["focus"] == pytest.approx(math.exp(-1 / 4) / (math.exp(-1 / 4) + 3 * math.exp(-4 / 4)))
    assert (third["said"], third["head"], third["gap"], third["second hit"]) == (0, 0.75, 0.5, 1)
    assert (fourth["holds"], fourth["unit"], fourth["third hit"]) == (0, 0, 1)
    assert first["dense"] == 0.0


def test_nearness_by_vectors_counts_where_no_word_is_nearer() -> None:
    sources = [Source("大桥通车了。", "", "body", 2.0)]
    (sentence,) = features_of("大桥造价?", sources, Alike())
    assert sentence["said"] == pytest.approx((3 * 1.0 + 1 * 0.5) / 4)
    assert sentence["dense"] == pytest.approx(0.6)


def test_what_a_question_only_asks_with_counts_nothing() -> None:
    thesaurus = Thesaurus({"多少钱": {"金额": 0.75}, "贷款": {}}, {})
    question = analyse("公交贷款多少钱?", thesaurus)
    assert dict(zip([unit.surface for unit in question.units], told(question).tolist(), strict=True))["多少钱"] == 0
    assert {unit.surface for unit, one in zip(question.units, told(question), strict=True) if one} >= {"公交", "贷款"}
    # So that 金额 beside a sum is no sign that it is the one asked for.
    quote, answer = ask_with(question, "公交拿到1500万元贷款。授信金额达到5100万元。")
    assert (quote, answer) == ("公交拿到1500万元贷款。", "1500万元")


def test_the_noun_asked_with() -> None:
    question, matcher = asking("救助站请了哪家医院来义诊?")
    sources = [Source("市一医院来了。大家很高兴。", "", "body", 1.0)]
    found = [dict(zip(FEATURES, s.features, strict=True))["noun"] for s in described(question, matcher, sources)]
    assert found == [1.0, 0.0]
    assert nouns(question, asked("救助站请了哪家医院来义诊?")) == {"医院"}


def test_worth_is_a_weighted_sum() -> None:
    features = [0.0] * len(FEATURES)
    features[FEATURES.index("said")], features[FEATURES.index("holds")] = 0.5, 1.0
    weights = {"said": 2.0, "holds": 0.25, "holds|who": 1.0, "holds|when": 9.0}
    assert worth(weights, "who", features) == pytest.approx(2.25)
    assert worth({}, "who", features) == 0.0


def test_span_scores_by_hand() -> None:
    text = "来了14家。"
    question, matcher = asking("几家?")
    sentence = described(question, matcher, [Source(text, "", "body", 1.0)])[0]
    spans = grid(question, matcher, Source(text, "", "body", 1.0), sentence)
    assert spans is not None and [atom.text for atom in spans.atoms] == ["来", "了", "14", "家", "。"]
    weights = {"begins #": 1.0, "ends with 家": 2.0, "length 2": 4.0, f"rule number|{question.asks}": 8.0}
    found = scores(spans, weights)
    assert found[2, 3] == 1 + 2 + 4 + 8  # 14家: three characters, the third of the length classes
    assert found[0, 0] == 0.0 and found[0, 3] == 2.0
    assert found[3, 2] == -np.inf and found[2, 4] == -np.inf  # nothing ends before it begins, or with a full stop


def test_a_span_opens_and_closes_its_quotations() -> None:
    text = "“甲”和“乙”。"
    question, matcher = asking("谁?")
    sentence = described(question, matcher, [Source(text, "", "body", 1.0)])[0]
    spans = grid(question, matcher, Source(text, "", "body", 1.0), sentence)
    assert spans is not None
    said = {
        text[a.start : b.end]
        for i, a in enumerate(spans.atoms)
        for j, b in enumerate(spans.atoms)
        if spans.allowed[i, j]
    }
    assert {"“甲”", "甲", "“甲”和“乙”", "和“乙”"} <= said
    assert not {"甲”和“乙", "甲”", "“乙", "和“乙"} & said


def test_probability_is_the_softmax_over_all_spans() -> None:
    text = "甲乙。"
    question, matcher = asking("丙?")
    best = weighed(question, described(question, matcher, [Source(text, "", "body", 1.0)]), Weights({}, {}))
    found = answer_in(question, matcher, [Source(text, "", "body", 1.0)], best, Weights({}, {}))
    atoms, _ = parsed(text)
    words = len(atoms) - 1
    assert found is not None and found.answer is not None
    assert found.answer.score == pytest.approx(1 / (words * (words + 1) / 2))


def test_the_span_most_of_the_likely_ones_agree_on() -> None:
    # 0 to 4 is likeliest, but 6 to 10 and 6 to 9 are much the same: .35 + .3 * 6 / 7 > .4 and .3 + .35 * 6 / 7 > .4.
    places = np.array([[0, 0, 0], [0, 6, 6], [4, 10, 9]])
    assert agreed(places, np.array([0.4, 0.35, 0.3])) == 1
    assert agreed(places, np.array([0.4, 0.1, 0.1])) == 0
    places[0] = 0, 0, 1  # in another sentence
    assert agreed(places, np.array([0.4, 0.35, 0.3])) == 0


@pytest.mark.parametrize(
    ("question", "text", "answer"),
    [
        ("有多少家企业参加?", "会议昨天召开。参加的企业有14家。大家都很高兴。", "14家"),
        ("14家企业招了多少人?", "14家企业招了41人。", "41人"),
        ("大桥什么时候通车?", "大桥造价2亿元,今年5月8日正式通车,全长3公里。", "5月8日"),
        ("修桥花了多少钱?", "大桥长300米,宽12米,修桥共花了2300万元。", "2300万元"),
        ("咨询电话是多少?", "市民有疑问,可拨打咨询电话0573-12345678。", "0573-12345678"),
        ("合格率是多少?", "电缆厂有两条生产线,合格率为85%,比去年提高不少。", "85%"),
        ("最低气温是多少?", "昨天起风,最低气温为3℃,市民都穿上了棉衣。", "3℃"),
        ("开设了哪些课程?", "夜校开设了书法、吉他、摄影等课程,每周两次。", "书法、吉他、摄影"),
    ],
)
def test_answers_end_to_end(question: str, text: str, answer: str) -> None:
    assert answer in ask(question, text)[1]


def test_quote_is_the_sentence_that_says_most() -> None:
    quote, answer = ask("有多少家企业参加?", "会议昨天召开。参加的企业有14家。大家都很高兴。")
    assert (quote, answer) == ("参加的企业有14家。", "14家")


def test_passages_after_the_first_hits_are_not_looked_at() -> None:
    texts = ["无关的话。"] * HITS + ["参加的企业有14家。"]
    assert ask("有多少家企业参加?", *texts)[0] == "无关的话。"


def test_a_clearly_better_sentence_of_a_later_hit_is_quoted() -> None:
    assert ask("有多少家企业参加?", "天气很好。", "参加的企业有14家。") == ("参加的企业有14家。", "14家")


def test_nothing_to_choose_from() -> None:
    assert choose(*asking("几家?"), []) is None
    assert choose(*asking("几家?"), [Source("", "", "body", 1.0)]) is None
    found = choose(*asking("几家?"), [Source("……。", "", "body", 1.0)])
    assert isinstance(found, Found) and found.answer is None and (found.quote.start, found.quote.end) == (0, 3)


def long_sentence(middle: str, times: int) -> str:
    filler = ",".join(["这是一段没有什么要紧事的文字"] * times)
    return f"{filler},{middle},{filler}。"


def test_over_long_sentence_is_cut_at_commas() -> None:
    quote, answer = ask("有多少家企业参加?", long_sentence("参加的企业有14家", 15))
    assert "参加的企业有14家" in quote and "14家" in answer
    assert len(quote) <= LONG_QUOTE and quote[0] not in ",," and quote[-1] not in ",,"


def sentence_of(text: str) -> Sentence:
    return Sentence(0, 0, len(text), (), matching_form(text))


def test_a_short_sentence_is_quoted_whole() -> None:
    text = "大桥通车了,人很多。"
    assert tighten(Matcher([], rarity), text, sentence_of(text), (0, 2)) == (0, len(text))


def test_a_clause_too_long_by_itself_is_cut_where_it_must_be() -> None:
    text = "很" * 200 + "好" + "吧" * 100
    start, end = tighten(Matcher([], rarity), text, sentence_of(text), (200, 201))
    assert end - start <= LONGEST_QUOTE and start <= 200 < end


def two_of(text: str, *scores: float) -> list[Sentence]:
    form = matching_form(text)
    return [Sentence(0, a, b, (), form, score) for (a, b), score in zip(sentences(text), scores, strict=True)]


def test_a_neighbour_that_may_answer_as_well_is_quoted_too() -> None:
    text = "大桥通车了。它长300米。" + "很" * WIDE_QUOTE + "。"
    matcher, answer = Matcher([], rarity), (8, 12)
    whole = text.index("。很") + 1
    for likely, expected in (
        ((0.0, 0.0, 0.0), (0, whole)),  # the third would make the quote too long
        ((-1.6, 0.0, 0.0), (0, whole)),  # a fifth as likely is ln 5 = 1.61 less
        ((-1.7, 0.0, 0.0), (6, whole)),
    ):
        best = two_of(text, *likely)
        assert quoted(matcher, text, best, best[1], answer) == expected
    best = two_of(text, 0.0, 0.0, 0.0)
    assert quoted(matcher, text, [dataclasses.replace(best[0], source=1), best[1]], best[1], answer) == (6, whole)


def test_what_was_blanked_out_between_two_sentences_parts_them() -> None:
    text = "大桥通车了。" + " " * 5 + "它长300米。"
    best = two_of(text, 0.0, 0.0)
    assert quoted(Matcher([], rarity), text, best, best[1], (13, 17)) == (11, len(text))


def test_no_cut_inside_a_number() -> None:
    text = long_sentence("共有1,234,567人到场", 8)
    at = text.index("1,234")
    matcher = Matcher([Unit("到场", (("到场", 1.0),))], rarity)
    start, end = tighten(matcher, text, sentence_of(text), (at, at + 9))
    assert "1,234,567人到场" in text[start:end]
    at = text.index("234")
    assert "1,234,567人" in text[slice(*tighten(matcher, text, sentence_of(text), (at, at + 3)))]


@given(st.text(alphabet="大桥通车,了。230万元;“”、王:!年 ", min_size=1, max_size=400))
def test_quote_and_answer_are_slices(text: str) -> None:
    found = choose(*asking("大桥花了多少钱?"), [Source(text, "大桥", "body", 1.0)])
    if found is None:
        assert not text.strip()
        return
    assert 0 <= found.quote.start < found.quote.end <= len(text)
    assert found.quote.end - found.quote.start <= LONGEST_QUOTE
    if found.answer is not None:
        assert found.quote.start <= found.answer.start < found.answer.end <= found.quote.end


def test_bundled_weights_are_numbers() -> None:
    weights = bundled()
    values = [*weights.sentence.values(), *weights.span.values()]
    assert set(FEATURES) <= weights.sentence.keys() and all(math.isfinite(value) for value in values)
