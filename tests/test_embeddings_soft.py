"""Soft word matching: by hand on three-dimensional words, and on the bundled table."""

from __future__ import annotations

import numpy as np
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from embeddings import soft
from embeddings.soft import LONGEST, SoftMatch, stretches


@pytest.fixture
def matching() -> SoftMatch:
    """Words a, b and c: b is of length 2, and c lies between a and b (cosines .6 and .8)."""
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "a": 1, "b": 2, "c": 3, "d": 4}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    table = np.array([[9, 9], [1, 0], [0, 2], [0.6, 0.8], [-1, 0]], dtype=np.float32)
    return SoftMatch(tokenizer, table)


def test_tokens_are_a_set_without_the_unknown(matching: SoftMatch) -> None:
    assert [ids.tolist() for ids in matching.tokens(["c a x c", "", "x"])] == [[1, 3], [], []]
    assert matching.tokens([]) == []


def test_scores_by_hand(matching: SoftMatch) -> None:
    passages = matching.tokens(["a b", "c", "d", "", "x", "b"])
    probe = matching.probe("a b a", lambda token: 1.0)
    # a weighs 1 and b 2. "c": (1 * .6 + 2 * .8) / 3; d is opposite to a, which counts as no nearness.
    expected = [1.0, 2.2 / 3, 0.0, 0.0, 0.0, 2 / 3]
    np.testing.assert_allclose(probe.scores(passages), expected, atol=1e-6)
    # With b worth half as much both weigh 1.
    lower = matching.probe("a b", {"a": 1.0, "b": 0.5}.__getitem__)
    np.testing.assert_allclose(lower.scores(passages[:2]), [1.0, 0.7], atol=1e-6)


def test_stretches_are_whole_sentences_under_the_headline() -> None:
    first, second, third = "甲" * 79 + "。", "乙" * 39 + "!", "丙" * 300 + "。"
    assert stretches(first) == [first] and stretches("") == [""]
    assert stretches(f"短讯\n{first}{second}{third}") == [f"短讯\n{first}{second}", f"短讯\n{third}"]
    # 80 and 40 are 120, which is not too long; a first line of 81 characters is no headline.
    assert stretches(f"{first}{second}{first}") == [first + second, first]
    assert stretches("题" * 81 + f"\n{first}{second}") == ["题" * 81 + "\n", first + second]
    assert stretches("\n" * 300) == ["\n" * 299]


def test_no_character_is_lost_or_doubled() -> None:
    text = "没有标题的长长的第一行" * 8 + "一。”二!?三;;四\n五" * 60
    assert "".join(stretches(text)) == text and max(map(len, stretches(text))) <= LONGEST


def test_a_passage_is_as_good_as_its_best_stretch(matching: SoftMatch) -> None:
    probe = matching.probe("a b", lambda token: 1.0)
    parts = [matching.tokens(["a", "b", "c"]), matching.tokens(["d"]), matching.tokens(["x", "a b"])]
    np.testing.assert_allclose(probe.best(parts), [2.2 / 3, 0.0, 1.0], atol=1e-6)
    assert probe.best([]).tolist() == []
    assert [len(found) for found in matching.parts(["a " * 200, "b"])] == [1, 1]


def test_thesaurus_pairs_are_near_by_hand(matching: SoftMatch) -> None:
    near = {"a": {"d": 0.75, "c": 0.5, "unheard": 1.0}, "e": {"a": 1.0}}
    passages = matching.tokens(["d", "c", "d a", "b"])
    # d is opposite to a but stands for it with .75; c is nearer by its cosine of .6 than the .5 that is said of it.
    expected = [0.75, 0.6, 1.0, 0.0]
    scores = matching.probe("a", lambda token: 1.0, near).scores(passages)
    np.testing.assert_allclose(scores, expected, atol=1e-6)


def test_a_score_does_not_depend_on_the_other_passages(matching: SoftMatch) -> None:
    passages = matching.tokens(["c", "a d", "b"])
    probe = matching.probe("a b", lambda token: 1.0)
    together = probe.scores(passages)
    alone = [float(probe.scores([ids])[0]) for ids in passages]
    np.testing.assert_allclose(together, alone, atol=1e-6)


@pytest.mark.parametrize("question", ["", "x y", "。"])
def test_question_without_a_known_token(matching: SoftMatch, question: str) -> None:
    probe = matching.probe(question, lambda token: 1.0)
    assert probe.scores(matching.tokens(["a b", "c"])).tolist() == [0.0, 0.0]
    assert probe.scores([]).tolist() == []


def test_tokens_that_weigh_nothing(matching: SoftMatch) -> None:
    assert matching.probe("a", lambda token: 0.0).scores(matching.tokens(["a"])).tolist() == [0.0]


@pytest.mark.parametrize(
    ("question", "near", "far"),
    [
        ("看病花了多少钱", "住院医疗费用共计三万元。", "足球队昨晚以二比一获胜。"),
        ("How many hospitals are there?", "全市共有医院二十家。", "桥梁工程预计明年完工。"),
        ("娃娃啥时候开学", "中小学秋季学期9月1日开始上课。", "油价今日再次上调。"),
    ],
)
def test_bundled_table_matches_what_means_the_same(question: str, near: str, far: str) -> None:
    matching = soft.bundled()
    scores = matching.probe(question.lower(), lambda token: 1.0).scores(matching.tokens([near, far]))
    assert scores[0] > scores[1] + 0.05
