"""Fitting the weights of the score: on made-up cases, and the set that is written for it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from embeddings import thesaurus
from embeddings.index import open_index
from embeddings.training.material import Question
from qa.retriever import Options, Retriever
from qa.training.retrieval import Case, cases, fit, hits, stretches, write_set


def made(seed: int, n: int = 200) -> list[Case]:
    """Questions with ten candidates, the first right: feature 0 tells it, 1 is noise, 2 misleads."""
    rng = np.random.default_rng(seed)
    found = []
    for number in range(n):
        features = rng.normal(size=(10, 3))
        features[0] += [2.0, 0.0, -1.0]
        found.append(Case(f"d{number}", features, np.arange(10) == 0))
    return found


def test_fit_finds_what_tells_the_right_candidate() -> None:
    prior = np.array([1.0, 1.0, 1.0])
    weights = fit(made(1), prior, penalty=0.001)
    assert weights[0] > 1.0 and weights[1] < 0.3 * weights[0] and weights[2] == 0.0
    assert hits(made(2), weights).mean() > hits(made(2), prior).mean() + 0.2


def test_a_high_penalty_keeps_the_proportions_of_the_prior() -> None:
    prior = np.array([1.0, 2.0, 0.5])
    weights = fit(made(1), prior, penalty=30.0, rounds=2000)
    assert weights / weights.sum() == pytest.approx(prior / prior.sum(), abs=0.05)


def test_cases_without_a_right_candidate_teach_nothing() -> None:
    lost = Case("x", np.array([[0.0, 9.0, 9.0], [0.0, 0.0, 0.0]]), np.array([False, False]))
    prior = np.ones(3)
    assert fit([*made(1), lost], prior).tolist() == fit(made(1), prior).tolist()
    assert hits([lost], prior).tolist() == [False]


def test_stretches_stand_under_the_beginning_of_their_document() -> None:
    sentences = ["甲" * 150 + "。", "乙" * 100 + "。"]
    assert stretches(sentences) == [sentences[0], "甲" * 28 + "\n" + sentences[1]]
    assert stretches([]) == []


def test_questions_become_cases_on_an_index_of_their_documents(tmp_path: Path) -> None:
    from toy_encoder import ToyEncoder

    docs = {"a": ["大桥通车。" * 35, "全长860米。" * 25], "b": ["花展开幕。"]}
    others = [["无关的事。" * 30 for _ in range(9)]]
    folder = tmp_path / "set"
    folder.mkdir()
    texts = write_set(folder, docs, others)
    assert list(texts) == ["a#0", "a#1", "b#0"]
    names = [json.loads(line)["_id"] for line in (folder / "corpus.jsonl").read_text("utf-8").splitlines()]
    assert names == [*texts, *(f"other0#{n}" for n in range(6))]
    encoder = ToyEncoder()
    index = open_index(folder, encoder, cache=tmp_path / "cache")
    retriever = Retriever(index, encoder, thesaurus.bundled(), Options())
    asked = [Question("a", "大桥多长?", "860米", "literal"), Question("b", "谁开的?", "", "near_miss")]
    found = cases(retriever, asked, texts)
    assert [case.doc for case in found] == ["a"]
    assert found[0].right.tolist() == [passage.source == "a#1" for passage in index.passages]
