"""The features that speak for and against an answer: what a question is after, and whether an article states it."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest

from qa.aim import aim
from qa.archive import Archive
from qa.evidence import UNRELATED, _uncounted, _untimed, evidence
from qa.extract import Found, Part
from qa.match import Matcher
from qa.question import Question, Unit, analyse
from qa.rank import strength
from qa.stated import _nearest, stated

_BRIDGE = """新桥通车
■记者 王一
  柳湾大桥9月1日通车。大桥全长860米,投资由市里承担。开工仪式很热闹,来了许多居民。
"""
_COPY = """{name}大桥开工
■记者 张三
  {name}大桥昨天在城郊开工,总投资{amount}万元,计划后年建成通车,两岸居民出行更加方便。
"""


def asked(text: str, *words: str) -> Question:
    """A question with these units, each of which stands for itself alone."""
    return dataclasses.replace(analyse(text, None), units=tuple(Unit(word, ((word, 1.0),)) for word in words))


def test_the_aim_by_hand() -> None:
    found = aim(asked("大桥什么时候通车", "大桥", "什么时候", "通车"), np.array([0.3, 0.4, 0.3]))
    # Both stand at the interrogative; what stands before it counts half. What only asks is neither focus nor rest.
    assert found.focus == pytest.approx([1 / 3, 0.0, 2 / 3])
    assert found.rest == pytest.approx([2 / 3, 0.0, 1 / 3])  # 1/2 less half the focus, made to add up to 1


@pytest.mark.parametrize(
    ("text", "words", "focused"),
    [
        ("看球的球票多少钱", ("看球", "球票", "多少钱"), "球票"),
        ("大桥是哪天建成通车的", ("大桥", "哪天", "建成"), "建成"),
        ("包饺子那天一共来了几名快递员", ("饺子", "一共", "快递员"), "快递员"),
        ("柳湾大桥 承建单位 名称", ("大桥", "单位", "名称"), "单位"),
        ("柳湾 大桥", ("柳湾", "大桥"), "大桥"),
        ("how much did the bridge toll cost drivers in the end", ("toll", "drivers", "end"), "toll"),
    ],
)
def test_what_a_question_is_after(text: str, words: tuple[str, ...], focused: str) -> None:
    focus = aim(asked(text, *words), np.full(len(words), 1 / len(words))).focus
    assert focus.sum() == pytest.approx(1.0) and words[int(focus.argmax())] == focused


def test_a_question_that_only_asks_has_no_aim() -> None:
    found = aim(asked("为什么", "为什么"), np.ones(1))
    assert found.focus.tolist() == [0.0] and found.rest.tolist() == [0.0]


def test_nearness_by_hand() -> None:
    question = asked("球票多少钱", "球票", "大桥")
    matcher = Matcher(question.units, lambda word: 2.0)
    focus = np.array([0.75, 0.25])
    assert _nearest(matcher, focus, "球票20元", [(2, 5)]) == pytest.approx(0.75)
    assert _nearest(matcher, focus, "球票一共卖出20元", [(6, 9)]) == pytest.approx(0.75 * math.exp(-0.4))
    assert _nearest(matcher, focus, "20元在大桥看球票", [(0, 3)]) == pytest.approx(
        0.25 * math.exp(-0.1) + 0.75 * math.exp(-0.4)
    )
    assert _nearest(matcher, focus, "球票20元", []) == 0.0 == _nearest(matcher, focus, "门口20元", [(2, 5)])


@pytest.fixture(scope="module")
def bridge(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    folder = tmp_path_factory.mktemp("bridge")
    (folder / "a.txt").write_text(_BRIDGE, "utf-8")
    return Archive.open(folder)


def features(archive: Archive, text: str) -> dict[str, float]:
    question = archive._analyse(text)
    hits = archive.retrieve(text, 10)
    whole = Part(0, len(hits[0].passage.text), 1.0)
    return evidence(archive._retriever, question, archive._retriever.matcher(question), hits, Found(0, whole, None))


def test_the_focus_must_be_said_with_something_of_the_kind(bridge: Archive) -> None:
    def found(text: str, word: str, kind: str = "when") -> tuple[float, float]:
        question = asked(text, word)
        assert question.asks == kind
        passage = bridge.retrieve(text, 1)[0].passage
        matcher = Matcher(question.units, lambda word: 1.0)
        quote = Found(0, Part(0, len(passage.text), 1.0), None)
        out = stated(bridge._retriever, question, matcher, np.ones(1), passage, quote)
        return out.together, out.beside

    assert found("大桥哪天通车?", "通车") == (1.0, 1.0)  # 9月1日通车
    together, beside = found("大桥哪天开工?", "开工")  # the sentence that says so has no date
    assert together < 0.9 and beside == 0.0
    # A name need not stand in quotation marks, which is how rules would find it.
    assert found("全长860米的大桥叫什么?", "大桥", "name") == (1.0, 0.0)


def test_a_near_miss_misses_what_it_is_after(archive: Archive) -> None:
    said, missed = features(archive, "残疾人招聘会有多少家企业?"), features(archive, "残疾人招聘会的门票多少钱?")
    assert missed["missing"] > said["missing"] and missed["apart"] > said["apart"]
    assert missed["focus"] < said["focus"]
    assert said["untyped"] == 0.0
    assert said["gap"] == 0.0 and said["margin"] > 1.0
    assert said["answer"] == pytest.approx(math.log(1e-3 / 1.001)) and said["fit"] == 0.0  # no answer was marked


def test_articles_that_tell_of_the_same_do_not_count_against_the_topic(tmp_path: Path) -> None:
    copies = [_COPY.format(name=name, amount=amount) for name, amount in (("柳湾", 300), ("东门", 800), ("北街", 150))]
    (tmp_path / "a.txt").write_text("".join(copies), "utf-8")
    archive = Archive.open(tmp_path)
    text = "柳湾大桥总投资多少?"
    best = strength(archive.retrieve(text, 1)[0])
    assert features(archive, text)["margin"] == pytest.approx(best - UNRELATED)
    assert archive.ask(text).answer_text == "300万元"
    other = "市民艺校招生\n■记者 王一\n  市民艺校昨天开始招生,钢琴、书法、舞蹈三门课程最受欢迎,报名的居民排起了长队。\n"
    (tmp_path / "b.txt").write_text(other, "utf-8")
    archive = Archive.open(tmp_path)
    found = archive.retrieve(text, 10)
    strange = max(strength(hit) for hit in found if hit.passage.source == "b.txt")
    assert features(archive, text)["margin"] == pytest.approx(strength(found[0]) - strange)


def test_times_and_units_that_are_asked_for() -> None:
    year = analyse("大桥是哪年建的?", None)
    assert _untimed(year, "大桥9月1日通车") and not _untimed(year, "大桥2019年通车")
    assert not _untimed(analyse("大桥什么时候建的?", None), "大桥很长")
    area = analyse("园区占地多少亩?", None)
    assert _uncounted(area, "园区投资3亿元") and not _uncounted(area, "园区占地300余亩")
