"""How the bundled encoder is made, on a few words: pieces, pairs, conflicts, one short training, the measurement."""

from __future__ import annotations

import json
import random
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toy_encoder import ToyEncoder

from embeddings.training.lexicon import Lexicon
from embeddings.training.material import held_out, held_pairs, pairs, questions, sentences, thesaurus
from embeddings.training.measure import held_out_ranks, public_ranks, ranks, summary, table, windows
from embeddings.training.pairs import Asked, Pair, Recipe, Sampler, Texts
from embeddings.training.vocabulary import count_words, make_tokenizer

LEXICON = Lexicon(
    same={1: [[11, 12]]},
    related={},
    english={1: [[21]], 2: [[22, 23]]},
    pinyin={3: [33]},
    characters={2: [4, 5]},
    noise=[90],
    english_noise=[91],
    frequent=frozenset(),
)


@pytest.fixture
def contrast() -> Any:
    with warnings.catch_warnings():
        # Importing torch warns of things that are its own.
        warnings.simplefilter("ignore")
        from embeddings.training import contrast
    return contrast


def sampler(recipe: Recipe, seed: int = 3) -> Sampler:
    articles = Texts([[[1, 2, 3], [4, 5], [6]], [[7, 8], [9]]])
    documents = Texts([[[10, 11], [12]]])
    asked = [Asked([2, 12], 0, 1, False)]
    return Sampler(articles, documents, asked, [([1], [2, 3])], [([[1], [2]], [[21]])], LEXICON, recipe, seed)


def test_sentences_lose_no_character() -> None:
    text = "今年开工。“何时完工?”他问;明年"
    assert sentences(text) == ["今年开工。", "“何时完工?”", "他问;", "明年"]
    assert sentences(" \n") == []


def test_texts_are_slices() -> None:
    texts = Texts([[[1, 2], [3]], [[4], [5, 6], [7]]])
    assert (len(texts), texts.length(0), texts.length(1)) == (2, 2, 3)
    assert texts.slice(1, 1, 3) == [5, 6, 7]
    again = Texts.from_arrays(texts.ids, texts.ends, texts.starts)
    assert again.slice(0, 0, 2) == [1, 2, 3]


def test_same_seed_same_batches_of_the_given_recipe() -> None:
    recipe = Recipe(windows=4, beside=2, asked=2, wrong=0, given=1, thesaurus=0, hide=0.0, forget=0.0)
    first, second = (next(iter(sampler(recipe, seed=8))) for _ in range(2))
    assert first == second
    assert recipe.size == 9 and len(first) <= 9
    # Articles 0 and 1, the document after them, the given pair after that.
    assert {p.group for p in first} <= {0, 1, 2, 3}
    assert first[-1] == Pair([1], [2, 3], 3, 0, 1)


def test_other_windows_of_a_document_stand_as_wrong_ones() -> None:
    recipe = Recipe(windows=0, beside=0, asked=3, wrong=3, given=0, thesaurus=0, hide=0.0, forget=0.0)
    documents = Texts([[[10] * 250, [12] * 250]])
    made = Sampler(Texts([]), documents, [Asked([2, 12], 0, 1, False)], [], [], LEXICON, recipe, 3)
    batch = next(iter(made))
    assert [bool(p.question) for p in batch] == [True, False] * 3
    for pair in batch:
        assert (pair.low, pair.high) == ((1, 2) if pair.question else (0, 1))
        assert set(pair.passage) <= ({10, 12} if pair.question else {10})


def test_shared_words_are_taken_out_of_the_passage_only() -> None:
    made = sampler(Recipe(hide=1.0))
    assert made._hide(Pair([1, 2], [2, 3, 1, 4], 0, 0, 1)) == Pair([1, 2], [3, 4], 0, 0, 1)
    assert made._hide(Pair([1], [1], 0, 0, 1)).passage == [1]  # nothing would be left
    assert sampler(Recipe(hide=0.0))._hide(Pair([1], [1, 2], 0, 0, 1)).passage == [1, 2]


def test_english_takes_renderings_and_pinyin() -> None:
    made = sampler(Recipe())
    seen = set()
    for seed in range(200):
        made.rng = random.Random(seed)
        seen.update(made._to_english([1, 2, 3, 777]))
    # 777 has neither a rendering nor a reading: it stays as printed. The Chinese tokens never do.
    assert seen == {91, 21, 22, 23, 33, 777}


def test_exchange_of_every_token() -> None:
    made = sampler(Recipe())
    assert made._exchange([1, 6], same=1.0, split=0.0) == [11, 12, 6]
    assert made._exchange([2, 6], same=0.0, split=1.0) == [4, 5, 6]


def test_overlapping_windows_are_not_wrong_answers(contrast: Any) -> None:
    batch = [Pair([1], [1], 0, 0, 2), Pair([1], [1], 0, 1, 3), Pair([1], [1], 0, 2, 4), Pair([1], [1], 7, 0, 2)]
    expected = [[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 0]]
    np.testing.assert_array_equal(contrast._conflicts(batch).numpy().astype(int), expected)


class Fixed(Sampler):
    """The same batch for ever."""

    def __init__(self, *batch: Pair) -> None:
        self.batch, self.seed = list(batch), 1

    def __iter__(self) -> Any:
        while True:
            yield self.batch


@pytest.mark.parametrize("soft", [0, 2])
def test_training_brings_a_question_to_its_passage(contrast: Any, soft: int) -> None:
    start = np.random.default_rng(0).normal(size=(5, 8)).astype(np.float32)
    losses: list[float] = []
    plan = contrast.Plan(steps=60, rate=0.05, seconds=60.0, soft=soft, wrong=1, every=30)
    fixed = Fixed(Pair([1], [2], 0, 0, 1), Pair([3], [4], 1, 0, 1))
    after = contrast.train(start, fixed, plan, lambda step, loss, rows: losses.append(loss))
    unit = after[1:] / np.linalg.norm(after[1:], axis=1, keepdims=True)
    assert unit[0] @ unit[1] > unit[0] @ unit[3] + 0.3
    assert losses[1] < losses[0] and not after[0].any()


def test_a_wrong_passage_without_a_question_is_pushed_away(contrast: Any) -> None:
    start = np.random.default_rng(0).normal(size=(4, 8)).astype(np.float32)
    plan = contrast.Plan(steps=100, rate=0.05, seconds=60.0, soft=1, wrong=5, every=100)
    fixed = Fixed(Pair([], [3], 0, 1, 2), Pair([1], [2], 0, 0, 1))
    after = contrast.train(start, fixed, plan, lambda *report: None)

    def lead(rows: Any) -> float:
        unit = rows[1:] / np.linalg.norm(rows[1:], axis=1, keepdims=True)
        return float(unit[0] @ unit[1] - unit[0] @ unit[2])

    assert lead(after) > max(lead(start), 0.0) + 0.2


def test_soft_scores_by_hand(contrast: Any) -> None:
    import torch

    table = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0], [0.6, 0.8], [-3.0, 0.0]])
    asked = torch.tensor([[1, 2, 0], [4, 0, 0]])
    passages = torch.tensor([[[3, 0], [4, 1]], [[3, 1], [2, 4]]])
    # First question: weights 1 and 2. Against token 3: (1 * .6 + 2 * .8) / 3; against 4 and 1: (1 * 1 + 2 * 0) / 3.
    # Second: token 4 against 3 and 1 is nearest to 3, at -.6; against 2 and 4 it meets itself.
    expected = [[2.2 / 3, 1 / 3], [-0.6, 1.0]]
    np.testing.assert_allclose(contrast.soft_scores(table, asked, passages).numpy(), expected, atol=1e-6)


def test_best_path_is_a_word_segmentation() -> None:
    counts = count_words(["图书馆图书馆图书馆", "书"])
    assert counts["图书馆"] == 3
    tokenizer = make_tokenizer({"图书馆": -1.0, "图": -6.0, "书": -5.0, "馆": -6.0, "12": -3.0, "1": -4.0})
    assert tokenizer.encode("图书馆,书 １２ 1。").tokens == ["图书馆", "书", "12", "1"]
    assert tokenizer.encode("龘").ids == [0]


def test_ranks_and_summary_by_hand() -> None:
    found = ranks(ToyEncoder(), ["公交线路", "开放时间"], ["公交线路", "图书馆的开放时间", "天气"], [{0}, {0, 1}])
    assert found.tolist() == [1, 1]
    # Places 1, 2 and 11: one of three first; (1 + 1/2 + 0) / 3.
    assert summary(np.array([1, 2, 11])) == (pytest.approx(1 / 3), pytest.approx(0.5))
    assert table({"x": np.array([1, 2])}).splitlines()[1].split() == ["x", "2", "0.500", "0.750"]


def test_windows_are_about_200_characters() -> None:
    assert [len(w) for w in windows(["字" * 120, "字" * 80, "字" * 10, "字" * 300])] == [200, 10, 300]


def test_public_sets_are_read(tmp_path: Path) -> None:
    squad = {"data": [{"paragraphs": [{"context": "公交线路", "qas": [{"question": "公交"}, {"question": "线路"}]}]}]}
    (tmp_path / "small.json").write_text(json.dumps(squad), encoding="utf-8")
    (tmp_path / "set" / "qrels").mkdir(parents=True)
    documents = [{"_id": "d1", "title": "", "text": "天气晴朗"}, {"_id": "d2", "title": "公交", "text": "线路调整"}]
    queries = [{"_id": "q1", "text": "线路"}, {"_id": "q2", "text": "不在评判之列"}]
    for name, rows in (("corpus", documents), ("queries", queries)):
        lines = "\n".join(json.dumps(row) for row in rows)
        (tmp_path / "set" / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    (tmp_path / "set" / "qrels" / "dev.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td2\t1\n", encoding="utf-8")
    found = public_ranks(ToyEncoder(), tmp_path)
    assert {name: values.tolist() for name, values in found.items()} == {"small": [1, 1], "set": [1]}


def test_material_is_read_folded(tmp_path: Path) -> None:
    (tmp_path / "thesaurus.tsv").write_text("# 頭\n公車\t公交 巴士\t交通\tBus; public-bus\n", encoding="utf-8")
    entry = thesaurus(tmp_path)[0]
    assert (entry.word, entry.same, entry.related) == ("公车", ("公交", "巴士"), ("交通",))
    assert entry.english == ("bus", "public bus")
    (tmp_path / "passages.jsonl").write_text('{"doc": "d", "text": "公車開通。票價2元。"}', encoding="utf-8")
    row = {"doc": "d", "question": "票價?", "answer": "2元", "style": "literal", "type": "number"}
    (tmp_path / "questions.jsonl").write_text(json.dumps(row), encoding="utf-8")
    asked, docs = questions(tmp_path)
    assert docs == {"d": ["公车开通。", "票价2元。"]} and asked[0].text == "票价?"
    assert held_out({str(i): [] for i in range(20)}) == {"0", "18"}
    assert held_out({"a": [], "b": [], "c": []}, 2) == {"a", "c"} and held_out({"a": []}, 0) == set()
    by_style = held_out_ranks(ToyEncoder(), asked, docs, {"d"})
    assert {style: found.tolist() for style, found in by_style.items()} == {"all": [1], "literal": [1]}


def test_pairs_come_from_all_four_files(tmp_path: Path) -> None:
    import lzma

    (tmp_path / "pairs").mkdir()
    for name in ("news_headline_body", "xquad_question_passage", "docs_heading_body", "pawsx_paraphrases"):
        with lzma.open(tmp_path / "pairs" / f"{name}.jsonl.xz", "wt", encoding="utf-8") as file:
            file.write('{"query": "標題", "passage": "一。二。"}\n{"query": " ", "passage": "無"}\n')
    assert pairs(tmp_path) == [("标题", ["一。", "二。"])] * 4
    assert held_pairs(tmp_path, 0) == []
    with lzma.open(tmp_path / "pairs" / "xquad_question_passage.jsonl.xz", "wt", encoding="utf-8") as file:
        for query, passage in (("甲", "一。"), ("乙", "二。"), ("丙", "一。")):
            file.write(json.dumps({"query": query, "passage": passage}) + "\n")
    # Of two passages the first is kept out, with both of its questions.
    assert held_pairs(tmp_path, 2) == [("甲", ["一。"]), ("丙", ["一。"])]
    assert pairs(tmp_path, 2)[0] == ("乙", ["二。"]) and len(pairs(tmp_path, 2)) == 4
