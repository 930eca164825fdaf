"""Learning the answer model: paragraphs, the table of spans, the fit, and the program on small material."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from embeddings.encoder import BUNDLED
from qa import answers as model
from qa.extract import Source, choose
from qa.match import Matcher
from qa.question import analyse
from qa.training import answers
from qa.training.examples import paragraphs, read_examples

FAIR = ("--model", str(BUNDLED), "--hold", "1")  # no text here was seen in training
_PEOPLE = "王志军 李春梅 张文博 刘晓燕 陈国平 赵立新 孙秀英 周建华".split()
_PLACES = "东门 南桥 西港 北街 河湾 柳溪 梅林 竹园".split()


@pytest.fixture
def material(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Eight texts of three facts each, and three questions of each."""
    monkeypatch.setenv("BAOWEN_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "material"
    folder.mkdir()
    texts, questions = [], []
    for n, (person, place) in enumerate(zip(_PEOPLE, _PLACES, strict=True)):
        first = f"原标题：{place}图书馆开门 {place}图书馆昨天开门,馆长是{person}。馆里有{n + 3}00册图书。"
        texts.append({"doc": f"t-{n}", "text": first + f"{place}图书馆{n + 2}月{n + 11}日起办理借书证。"})
        for question, answer in (
            (f"{place}图书馆馆长是谁?", person),
            (f"{place}图书馆有多少册图书?", f"{n + 3}00册"),
            (f"{place}图书馆什么时候起办理借书证?", f"{n + 2}月{n + 11}日"),
            (f"{place}图书馆花了多少钱?", ""),
        ):
            questions.append(
                {"doc": f"t-{n}", "question": question, "answer": answer, "style": "literal", "type": "what"}
            )
    for name, rows in (("passages", texts), ("questions", questions)):
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(lines, "utf-8")
    return folder


def test_paragraphs_are_the_text() -> None:
    sentence = "这一句有十个字不多。"
    text = sentence * 100
    pieces = paragraphs(text)
    assert "".join(pieces) == text
    assert len(pieces) > 1 and all(piece.endswith("。") for piece in pieces)
    assert paragraphs("") == [] and paragraphs("没有句号") == ["没有句号"]


def test_examples_know_where_the_answer_stands(material: Path) -> None:
    examples = read_examples(material, str(BUNDLED), 1)
    assert len(examples) == 24  # near misses have no answer
    for example in examples:
        assert example.gold
        for source, start, end in example.gold:
            assert example.sources[source].text[start:end] in example.answers
        assert all(source.headline.endswith("图书馆开门") for source in example.sources)
        assert not any(source.text.startswith(source.headline + "\n") for source in example.sources)


def test_table_scores_as_the_model_does(material: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "RARE", 1)
    example = read_examples(material, str(BUNDLED), 1)[0]
    best = example.sentences[:2]
    table = answers.tabulate([example], [best])
    rng = np.random.default_rng(3)
    weights = dict(zip(table.names, rng.normal(size=len(table.names)).tolist(), strict=True))
    scored = table.scores(np.array(list(weights.values())))
    for g, sentence in enumerate(best):
        spans = model.grid(example.question, example.matcher, example.sources[sentence.source], sentence)
        assert spans is not None
        trust = weights.get("worth", 0.0) + weights.get(f"worth|{spans.kind}", 0.0)
        expected = (model.scores(spans, weights) + trust * sentence.score)[spans.allowed]
        assert np.allclose(scored[table.sentence == g], expected, atol=1e-4)


def test_fit_finds_the_weight_that_tells_right_from_wrong() -> None:
    # Two groups of two; feature 0 marks the right one, feature 1 stands in all and can tell nothing.
    matrix = np.array([[1.0, 1.0], [0.0, 1.0], [0.0, 1.0], [1.0, 1.0]])
    right = np.array([True, False, False, True])
    found = answers._fit(lambda w: matrix @ w, lambda r: matrix.T @ r, 2, np.array([0, 0, 1, 1]), right, 1.0)
    # At the optimum the gradient of 2 ln(1 + exp(-w)) + w² / 2 is 0.
    assert found[0] == pytest.approx(2 / (1 + np.exp(found[0])), abs=1e-4) and abs(found[1]) < 1e-6


def test_learned_weights_answer_other_texts(
    material: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(answers, "RARE", 2)
    monkeypatch.setattr(answers, "RARE_RULE", 2)
    monkeypatch.setattr(answers, "SAMPLE", 0.9)
    out = material / "weights.json"
    assert answers.main(["--material", str(material), "--out", str(out), "--folds", "2", *FAIR]) == 0
    printed = capsys.readouterr().out
    assert "24 questions, 24 with the answer" in printed and "all" in printed
    read = json.loads(out.read_text("utf-8"))
    weights = model.Weights(read["sentence"], read["span"])
    text = "松山图书馆昨天开门,馆长是吴海峰。馆里有7200册图书。松山图书馆6月3日起办理借书证。"
    for question, answer in (("松山图书馆有多少册图书?", "7200册"), ("松山图书馆馆长是谁?", "吴海峰")):
        asked = analyse(question, None)
        found = choose(asked, Matcher(asked.units, lambda word: 1.0), [Source(text, "", "body", 1.0)], weights)
        assert found is not None and found.answer is not None
        assert text[found.answer.start : found.answer.end] == answer
