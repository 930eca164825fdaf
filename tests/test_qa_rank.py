"""The second look at the first hits: by hand, on the sample pages, and the fit of its weights."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from corpus.records import Passage
from qa import cli, rank
from qa.archive import Archive
from qa.match import Matcher
from qa.question import analyse
from qa.rank import FEATURES, Reason, ranked, reasons, typed
from qa.retriever import Options, Scored
from qa.training.ranking import Case, crossed, first_right, fit
from qa.training.shards import Asked, open_parts, parts, read_material, write_pages

WEIGHTS = {"typed": 2.0, "context": 0.5}


def passage(row: int, text: str, article: str = "a", headline: str = "") -> Passage:
    return Passage(f"{article}/{row}", "p.txt", article, headline, "body", row, text, ((0, len(text)),))


def scored(row: int, score: float, conversation: float = 0.0) -> Scored:
    return Scored(row, score, {"dense": score, "conversation": conversation})


def rarity(word: str) -> float:
    return float(len(word))


def test_a_passage_with_what_is_asked_for_rises() -> None:
    question = analyse("大桥有多少米?", None)
    matcher = Matcher(question.units, rarity)
    passages = [passage(0, "大桥很长。", "a"), passage(1, "大桥860米。河宽。", "b"), passage(2, "河宽。", "c")]
    found = ranked(question, matcher, [scored(0, 1.2), scored(1, 1.0), scored(2, 0.9)], passages.__getitem__, WEIGHTS)
    assert [hit.row for hit in found] == [1, 0, 2]
    assert found[0].features["typed"] == typed(question, matcher, passages[1]) > 0.5
    assert found[0].score == pytest.approx(1.0 + 2.0 * found[0].features["typed"])
    assert found[1].features == {"dense": 1.2, "conversation": 0.0, "typed": 0.0, "context": 0.0}


def test_what_the_question_says_itself_is_no_answer() -> None:
    question = analyse("860米的大桥有多少吨?", None)
    matcher = Matcher(question.units, rarity)
    assert typed(question, matcher, passage(0, "大桥860米。")) == 0.0
    assert typed(question, matcher, passage(0, "大桥900吨。")) > 0.0
    assert typed(analyse("大桥是什么?", None), matcher, passage(0, "大桥900吨。")) == 0.0


def test_the_headline_counts_in_part() -> None:
    question = analyse("大桥有多少米?", None)
    matcher = Matcher(question.units, rarity)
    alone = typed(question, matcher, passage(0, "全长860米。"))
    under = typed(question, matcher, passage(0, "全长860米。", headline="大桥通车"))
    whole = typed(question, matcher, passage(0, "大桥860米。"))
    assert alone < under < whole


def test_context_is_the_next_best_of_the_article_without_the_conversation() -> None:
    question = analyse("大桥", None)
    matcher = Matcher(question.units, rarity)
    passages = [passage(0, "一", "a"), passage(1, "二", "b"), passage(2, "三", "a"), passage(3, "四", "a")]
    found = [scored(0, 2.0, 0.6), scored(1, 1.8), scored(2, 1.5, 0.6), scored(3, 1.0, 0.6)]
    features = {hit.row: hit.features for hit in ranked(question, matcher, found, passages.__getitem__, WEIGHTS)}
    # 2.0, 1.5 and 1.0 less 0.6.
    assert [features[row]["context"] for row in range(4)] == pytest.approx([0.9, 0.0, 1.4, 1.4])


def test_only_the_first_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rank, "DEPTH", 2)
    monkeypatch.setattr(rank, "TYPED", 1)
    question = analyse("大桥有多少米?", None)
    passages = [passage(n, "大桥860米。") for n in range(3)]
    found = rank.described(
        question, Matcher(question.units, rarity), [scored(n, 1.0) for n in range(3)], passages.__getitem__
    )
    assert [row["typed"] > 0 for row in found] == [True, False, False]
    assert [row["context"] for row in found] == [1.0, 1.0, 0.0]


def test_reasons_make_up_the_score(archive: Archive) -> None:
    for hit in archive.retrieve("残疾人招聘会有多少家企业?", 5):
        found = reasons(hit.features)
        assert sum(one.adds for one in found) == pytest.approx(hit.score)
        assert [abs(one.adds) for one in found] == sorted((abs(one.adds) for one in found), reverse=True)
        assert all(one.adds == pytest.approx(one.value * one.weight) for one in found)
    assert reasons({"typed": 0.5, "soft": 0.0, "reranker": 4.0}) == [
        Reason("typed", 0.5, rank.bundled()["typed"], 0.5 * rank.bundled()["typed"])
    ]


def test_the_order_does_not_depend_on_how_many_are_wanted(archive: Archive) -> None:
    many = archive.retrieve("残疾人招聘会有多少家企业?", 60)
    assert [hit.score for hit in many] == sorted((hit.score for hit in many), reverse=True)
    for k in (1, 3, 40):
        few = archive.retrieve("残疾人招聘会有多少家企业?", k)
        assert [(hit.passage.id, hit.score) for hit in few] == [(hit.passage.id, hit.score) for hit in many[:k]]


def test_the_second_look_can_be_left_out() -> None:
    hit = Archive.open(options=Options(rank=False)).retrieve("残疾人招聘会有多少家企业?", 1)[0]
    assert not {"typed", "context"} & set(hit.features) and hit.features["kind"] == 0.0


def test_explained_on_the_command_line(capsys: pytest.CaptureFixture[str], archive: Archive) -> None:
    question = "残疾人招聘会有多少家企业?"
    assert cli.main(["search", str(archive.root), question, "--k", "1", "--explain", "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert sum(one["adds"] for one in row["why"]) == pytest.approx(row["score"])
    assert cli.main(["ask", str(archive.root), question, "--explain"]) == 0
    shown = capsys.readouterr().out
    assert "Confidence 0." in shown and "typed (" in shown
    assert cli.main(["ask", str(archive.root), question]) == 0
    assert "typed" not in capsys.readouterr().out


def made(seed: int, n: int = 300) -> list[Case]:
    """The retriever's score tells the right one of five somewhat, the first feature more, the second misleads."""
    rng = np.random.default_rng(seed)
    cases = []
    for number in range(n):
        scores, features = rng.normal(size=5), rng.random(size=(5, len(FEATURES)))
        scores[0] += 1.0
        features[0] += [1.0, -0.5]
        cases.append(Case(number % 3, scores, features, np.arange(5) == 0))
    return cases


def test_fit_by_features_that_tell() -> None:
    weights = fit(made(1), penalty=0.001)
    assert weights[0] > 1.0 and weights[1] == 0.0
    assert first_right(made(2), weights).mean() > first_right(made(2), np.zeros(2)).mean() + 0.15


def test_parts_are_judged_by_weights_of_the_others() -> None:
    cases = made(1)
    # Part 0 turned over: the right one is told by a low first feature, which the other parts do not teach.
    turned = [dataclasses.replace(one, features=-one.features) if one.part == 0 else one for one in cases]
    assert crossed(cases, 0.01) > crossed(turned, 0.01) + 0.1


def test_material_becomes_pages_that_are_asked(tmp_path: Path) -> None:
    material = tmp_path / "material"
    material.mkdir()
    texts = {"a": "原标题：柳湾新桥通车 柳湾新桥昨天通车，全长860米。", "b": "梅园*花展*今天开幕，共有30家花店参加。"}
    lines = [json.dumps({"doc": doc, "text": text}) for doc, text in texts.items()]
    (material / "passages.jsonl").write_text("\n".join(lines), "utf-8")
    asked = [
        {"doc": "a", "question": "新桥多长?", "answer": "860米", "style": "literal"},
        {"doc": "b", "question": "几家花店?", "answer": "30家", "style": "literal"},
    ]
    (material / "questions.jsonl").write_text("\n".join(map(json.dumps, asked)), "utf-8")
    docs, questions = read_material(material, 2)
    assert list(docs) == ["a"] and questions == [Asked("a", "新桥多长?", "860米", "literal")]
    docs, questions = read_material(material, 1)
    assert sorted(doc for part in parts(docs, 1) for doc in part) == ["a", "b"] and len(parts(docs, 10)) == 1
    write_pages(tmp_path / "pages", docs)
    archive = Archive.open(tmp_path / "pages")
    headlines = {page.source: page.articles[0].headline for page in archive.pages}
    assert headlines == {"a.md": "柳湾新桥通车", "b.md": "梅园*花展*今天开幕"}
    hit = archive.retrieve(questions[0].text, 5)
    right = [questions[0].answered_by(one.passage.source, one.passage.text) for one in hit]
    assert right[0] and sum(right) == 1
    assert not Asked("a", "谁?", "", "near_miss").answered_by("a.md", "柳湾")
    assert [part for part, _ in open_parts(tmp_path / "work", docs, 1, str(_model()))] == parts(docs, 1)


def _model() -> Path:
    from embeddings.encoder import BUNDLED

    return BUNDLED
