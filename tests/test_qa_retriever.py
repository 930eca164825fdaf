"""One score over all candidates: what it is made of, and that it does not depend on how candidates were found."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from embeddings import thesaurus
from embeddings.encoder import load_encoder
from embeddings.index import Index, open_index
from qa import retriever as module
from qa.archive import Archive
from qa.question import analyse
from qa.retriever import WEIGHTS, Options, Retriever

QUESTIONS = (
    "残疾人招聘会有多少家企业?",
    "公交数据贷到多少钱",
    "图书馆啥时候开门",
    "How many companies hire the disabled?",
)


@pytest.fixture(scope="module")
def index(archive: Archive) -> Index:
    return archive._index


def retriever(index: Index) -> Retriever:
    return Retriever(index, load_encoder(), thesaurus.bundled(), Options())


@pytest.mark.parametrize("text", QUESTIONS)
def test_a_score_is_the_weighted_sum_of_its_features(index: Index, text: str) -> None:
    found = retriever(index)
    question = analyse(text, found.thesaurus)
    hits = found.search(question, 20)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    for hit in hits:
        expected = sum(WEIGHTS.get(name, 1.0) * value for name, value in hit.features.items())
        assert hit.score == pytest.approx(expected)
        passage = index.passages[hit.row]
        assert hit.features["kind"] == module.KINDS.get(passage.kind, 0.0)


def test_only_passages_longer_than_a_long_paragraph_lose_by_their_length(tmp_path: Path) -> None:
    sentences = {"short": "大桥全长860米。", "long": "大桥全长860米。" + "河边种着柳树。" * 70 + "游人不少!" * 2}
    texts = {**sentences, "paragraph": "大桥全长860米。" + "河边种着柳树。" * 30}
    pages = tmp_path / "pages"
    pages.mkdir()
    for name, text in texts.items():
        (pages / f"{name}.txt").write_text(text, "utf-8")
    found = retriever(open_index(pages, load_encoder(), cache=tmp_path / "cache"))
    passages = found.index.passages
    hits = found.search(analyse("大桥有多长?", found.thesaurus), 9)
    lost = {passages[hit.row].source: hit.features["length"] for hit in hits}
    assert len(passages[hits[-1].row].text) == 509 and passages[hits[-1].row].source == "long.txt"
    # 9 + 7 * 70 + 5 * 2 characters are 2.036 long paragraphs of 250.
    assert lost == {"short.txt": 0.0, "paragraph.txt": 0.0, "long.txt": pytest.approx(-0.4 * math.log(2.036))}


def test_every_candidate_has_its_true_cosine(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    # Also those that the lexical leg alone brought: with room for one candidate a leg, most are such.
    monkeypatch.setattr(module, "SCORE_ALL", 0)
    found = retriever(index)
    question = analyse(QUESTIONS[0], found.thesaurus)
    rows, features = found.features(question, found.matcher(question), 5)
    vector = found.encoder.encode_questions([question.text])[0]
    assert 5 < len(rows) <= 15
    assert not {row for row, _ in index.dense(vector, 5)} >= set(rows.tolist())
    np.testing.assert_allclose(features["dense"], np.maximum(index.vectors(rows) @ vector, 0), atol=1e-6)


@pytest.mark.parametrize("text", QUESTIONS)
def test_chosen_candidates_and_all_rows_are_scored_alike(
    index: Index, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    found = retriever(index)
    question = analyse(text, found.thesaurus)
    rows, every = found.features(question, found.matcher(question))
    assert rows.tolist() == list(range(len(index)))
    monkeypatch.setattr(module, "SCORE_ALL", 0)
    chosen, some = found.features(question, found.matcher(question))
    assert len(chosen) < len(rows)
    for name in ("words", "pairs", "thesaurus", "dense", "kind"):
        np.testing.assert_allclose(some[name], every[name][chosen], atol=1e-6, err_msg=name)
    best = [hit.row for hit in found.search(question, 3)]
    monkeypatch.undo()
    assert [hit.row for hit in found.search(question, 3)] == best


def test_soft_match_is_for_the_best_rows_and_the_rest_get_the_lowest(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SOFT_ROWS", 7)
    found = retriever(index)
    question = analyse(QUESTIONS[1], found.thesaurus)
    _, features = found.features(question, found.matcher(question))
    prior = sum(WEIGHTS.get(name, 1.0) * values for name, values in features.items() if name != "soft")
    best = np.argsort(-np.asarray(prior), kind="stable")[:7]
    lowest = features["soft"][best].min()
    assert 0 < lowest < features["soft"][best].max() <= 1
    assert set(np.delete(features["soft"], best).tolist()) == {lowest}


def test_what_a_conversation_carried_over_counts_less_in_the_soft_match(index: Index) -> None:
    found = retriever(index)
    question = analyse("图书馆 贷款", found.thesaurus)
    matcher = found.matcher(question)
    loan = next(row for row in range(len(index)) if "贷款" in found.folded(row) and "图书馆" not in found.folded(row))
    plain = found.features(question, matcher)[1]["soft"][loan]
    carried = found.features(question, matcher, faint="图书馆")[1]["soft"][loan]
    assert carried > plain + 0.05


def test_an_encoder_that_is_no_table_leaves_soft_matching_to_the_bundled_one(archive: Archive, tmp_path: Path) -> None:
    from toy_encoder import ToyEncoder

    encoder = ToyEncoder()
    index = open_index(archive.root, encoder, cache=tmp_path)
    found = Retriever(index, encoder, thesaurus.bundled(), Options())
    hits = found.search(analyse(QUESTIONS[0], found.thesaurus), 3)
    assert hits[0].features["soft"] > 0.3
