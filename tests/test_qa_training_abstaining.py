"""Fitting the models of `qa.abstain` and choosing their limits."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from qa.abstain import Judgement, Weights, judge
from qa.training.abstaining import LOST, LOST_TOPIC, MODELS, Case, crossed, fit, fitted, limited, report, save

NOTHING = Weights({}, {}, {}, {}, 0.0, 0.0)


def test_fit_finds_the_model_and_keeps_to_the_signs() -> None:
    rng = np.random.default_rng(3)
    rows = rng.normal(size=(4000, 3))
    right = rng.random(4000) < 1 / (1 + np.exp(-(0.5 + 2 * rows[:, 0] - rows[:, 1] - rows[:, 2])))
    found = fit(rows, right, ("focus", "apart", "typed"), penalty=1e-5)
    assert found[""] == pytest.approx(0.4, abs=0.15)
    assert found["focus"] > 1.4 and found["apart"] < -0.6
    assert found["typed"] == 0.0  # speaks against an answer here, which it may not


def test_fitted_on_cases_whose_truth_is_known() -> None:
    rng = np.random.default_rng(4)
    names = sorted({name for features in MODELS.values() for name in features})
    cases = []
    for n in range(600):
        features = dict.fromkeys(names, 0.0) | {"dense": rng.random() * 0.1}
        topic, stated = n % 3 > 0, n % 3 > 1
        features["margin"] = rng.normal(3.0 if topic else 0.0, 0.3)
        features["apart"] = rng.normal(0.1 if stated else 0.9, 0.05)
        features["focus"] = rng.random()
        cases.append(Case(n % 5, "style", features, topic, stated, stated and features["focus"] > 0.5))
    weights = fitted(cases)
    assert 0.0 < weights.usual["dense"] < 0.1
    for one in cases[:30]:
        judgement = judge(one.features, weights)
        assert (judgement.topic > 0.5) == one.topic
        assert not one.topic or (judgement.stated > 0.5) == one.stated
    judged = crossed(cases)
    lines = report(judged, limited(weights, judged)).splitlines()
    assert lines[0].startswith("style          600 answered 0.3")
    assert lines[1] == "97% of the answerable answered: near misses declined 1.000"
    assert lines[-1].split()[:3] == ["0.9", "to", "1.0"]


def test_limits_lose_the_shares_that_are_said() -> None:
    # Of 1,000 answerable questions a part is lost to the topic, the rest of the share to "stated", which are others.
    def case(stated: bool) -> Case:
        return Case(0, "style", {}, True, stated, stated)

    judged = [(case(True), Judgement(n / 1000, 1.0 - n / 1000, 1.0)) for n in range(1000)]
    judged += [(case(False), Judgement(0.0, 0.0, 0.0))] * 50
    weights = limited(NOTHING, judged)
    topic, lost = round(1000 * LOST_TOPIC), round(1000 * LOST)
    assert weights.least_topic == pytest.approx(topic / 1000)
    under = [j for one, j in judged if one.stated and (j.topic < topic / 1000 or j.stated < weights.least_stated)]
    assert 0 < topic < lost == len(under)
    assert weights.least_stated == pytest.approx((lost - topic + 1) / 1000)
    assert f"answered {(1000 - lost) / 1050:.3f}" in report(judged, weights)
    assert "near_miss" not in report(judged, weights)


def test_the_file_holds_what_was_fitted(tmp_path: Path) -> None:
    weights = Weights({"": 1.23456, "margin": 2.0}, {"": 0.5}, {"": -1.0}, {"dense": 0.5}, 0.11111, 0.4)
    save(weights, tmp_path / "abstain.json")
    assert json.loads((tmp_path / "abstain.json").read_text("utf-8")) == {
        "topic": {"": 1.235, "margin": 2.0},
        "stated": {"": 0.5},
        "right": {"": -1.0},
        "usual": {"dense": 0.5},
        "least_topic": 0.111,
        "least_stated": 0.4,
    }
