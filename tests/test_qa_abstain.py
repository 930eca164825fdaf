"""Deciding whether to answer: the three probabilities and the reasons."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest

from qa.abstain import Judgement, Weights, bundled, is_question, judge, reason_for
from qa.aim import aim
from qa.archive import Archive
from qa.question import Unit, analyse
from qa.retriever import Options
from qa.training.abstaining import AGAINST, MODELS

PLAIN = Weights({"": -1.0, "margin": 2.0, "dense": 4.0}, {"apart": -3.0}, {"": 0.5}, {"dense": 0.25}, 0.15, 0.5)


def sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def test_probabilities_are_logistic() -> None:
    judgement = judge({"margin": 1.0, "dense": 0.5, "apart": 1.0}, PLAIN)
    assert judgement == Judgement(
        pytest.approx(sigmoid(3.0)), pytest.approx(sigmoid(-3.0)), pytest.approx(sigmoid(0.5))
    )
    assert judgement.confidence == pytest.approx(sigmoid(3.0) * sigmoid(-3.0) * sigmoid(0.5))
    # Without the dense leg its usual value stands in: -1 + 2 + 4 * 0.25.
    assert judge({"margin": 1.0}, PLAIN).topic == pytest.approx(sigmoid(2.0))
    assert judge({"margin": 1e9}, PLAIN).topic == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("judgement", "threshold", "reason"),
    [
        (Judgement(0.9, 0.9, 0.1), None, ""),
        (Judgement(0.9, 0.4, 0.9), None, "not_stated"),
        (Judgement(0.2, 0.9, 0.9), None, ""),
        (Judgement(0.1, 0.9, 0.9), None, "off_topic"),
        (Judgement(0.2, 0.4, 0.9), None, "off_topic"),
        (Judgement(0.14, 0.6, 0.9), None, "off_topic"),
        (Judgement(0.16, 0.6, 0.9), None, ""),
        (Judgement(0.9, 0.9, 0.1), 0.1, "not_stated"),
        (Judgement(0.9, 0.4, 0.9), 0.3, ""),
        (Judgement(0.1, 0.1, 0.1), 0.0, ""),
    ],
)
def test_reasons(judgement: Judgement, threshold: float | None, reason: str) -> None:
    assert reason_for(judgement, threshold, PLAIN) == reason


def test_the_bundled_weights_have_the_signs_of_their_features() -> None:
    weights = bundled()
    for name, features in MODELS.items():
        model = getattr(weights, name)
        assert set(model) == {"", *features}
        assert all((value <= 0) if feature in AGAINST else (value >= 0) for feature, value in model.items() if feature)


def test_is_question() -> None:
    assert is_question("2") and not is_question("?_ ")


@pytest.mark.parametrize(
    ("text", "words", "focused"),
    [
        ("包饺子那天一共来了几名快递员", ("饺子", "快递员"), "快递员"),
        ("谁主持了大桥通车仪式", ("主持", "大桥", "仪式"), "主持"),
        ("大桥 通车 地点", ("大桥", "通车", "地点"), "通车"),
    ],
)
def test_the_focus_stands_beside_the_interrogative(text: str, words: tuple[str, ...], focused: str) -> None:
    question = dataclasses.replace(analyse(text, None), units=tuple(Unit(w, ((w, 1.0),)) for w in words))
    found = aim(question, np.full(len(words), 1 / len(words))).focus
    assert found.sum() == pytest.approx(1.0)
    assert words[int(found.argmax())] == focused


def test_a_folder_of_one_article_knows_what_it_does_not_speak_of(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("新桥通车\n\n■记者 王一\n\n本报讯 柳湾大桥昨天通车,全长860米。\n", "utf-8")
    archive = Archive.open(tmp_path)
    assert archive.ask("火星上的奥林匹斯火山海拔几千米?").reason == "off_topic"
    assert archive.ask("柳湾大桥全长多少米?").answer_text == "860米"


def test_what_is_withheld_is_told_apart_from_what_is_shown() -> None:
    question = "火星上最高的山有多高?"
    reply = Archive.open().ask(question)
    assert not reply.answered and reply.reason == "off_topic" and reply.quote is None
    shown = Archive.open(options=Options(threshold=0.0)).ask(question)
    assert shown.answered and shown.withheld is None
    assert shown.quote == reply.withheld and shown.confidence == reply.confidence


def test_a_quote_from_a_passage_that_another_was_found_better_than_is_less_likely_to_state_it() -> None:
    names = {name for model in MODELS.values() for name in model}
    first = dict.fromkeys(names, 0.0) | {"margin": 2.0, "dense": 0.6, "focus": 1.0}
    second = first | {"gap": 1.0}
    assert judge(second).stated < judge(first).stated - 0.05
    assert judge(second).confidence < judge(first).confidence


def test_without_vectors_the_usual_cosine_stands_in() -> None:
    reply = Archive.open(options=Options(dense=False)).ask("残疾人招聘会有多少家企业?")
    assert reply.answered and reply.confidence > 0.3
