"""BM25: numbers derived by hand, and candidates that lose nothing."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from corpus.errors import StorageError
from embeddings import lexical as bm25
from embeddings import proposals
from embeddings.lexical import Field, FieldWriter, Lexical

# Lengths 2, 3 and 1; their average is 2.
WORDS = [{"公交": 1, "贷款": 1}, {"公交": 2, "车": 1}, {"茶": 1}]
PAIRS = [{"公交": 1, "贷款": 1}, {"公交": 2}, {"茶": 1}]
FILES = ("lexical.npz", "vocabulary.json")


def lexical(proposed: proposals.Proposals | None = None) -> Lexical:
    return Lexical(Field.of(WORDS), Field.of(PAIRS), proposed)


def test_idf_by_hand() -> None:
    field = Field.of(WORDS)
    assert field.idf("公交") == pytest.approx(math.log(1 + 1.5 / 2.5))  # in 2 of 3
    assert field.idf("茶") == pytest.approx(math.log(1 + 2.5 / 1.5))  # in 1 of 3
    assert field.idf("火车") == pytest.approx(math.log(1 + 3.5 / 0.5))  # in none


def test_scores_by_hand() -> None:
    # Row 0 has the average length: k1 * (1 - b + b) = 1.2, so tf 1 gives 1 * 2.2 / (1 + 1.2) = 1.
    # Row 1 has 1.5 of it: 1.2 * (0.25 + 0.75 * 1.5) = 1.65, so tf 2 gives 2 * 2.2 / (2 + 1.65) = 4.4 / 3.65.
    idf = math.log(1.6)
    assert Field.of(WORDS).score(["公交"]).tolist() == pytest.approx([idf, idf * 4.4 / 3.65, 0])
    # A rare word adds its own idf; a word asked twice, or one that is in no row, adds nothing.
    rare = math.log(1 + 2.5 / 1.5)
    assert Field.of(WORDS).score(["公交", "贷款", "公交", "火车"]).tolist() == pytest.approx(
        [idf + rare, idf * 4.4 / 3.65, 0]
    )


def test_holds_tells_which_rows_hold_which_terms() -> None:
    field = Field.of(WORDS)
    found = field.holds(["车", "火车", "公交"], np.array([1, 0, 2, 1]))
    assert found.tolist() == [[True, False, True], [False, False, True], [False, False, False], [True, False, True]]
    assert field.holds([], np.array([0])).shape == (1, 0) and field.holds(["车"], np.array([], np.int64)).shape == (
        0,
        1,
    )


def test_both_fields_are_added_each_with_its_own_average() -> None:
    # Pairs: lengths 2, 2, 1, average 5/3. Row 1: 1.2 * (0.25 + 0.75 * 2 / (5 / 3)) = 1.38; 2 * 2.2 / 3.38.
    words, pairs = math.log(1.6) * 4.4 / 3.65, math.log(1.6) * 4.4 / 3.38
    both = lexical()
    assert both.score(["公交"], ["公交"])[1] == pytest.approx(words + pairs)
    assert both.score(["公交"], ["公交"], use_pairs=False)[1] == pytest.approx(words)
    assert both.score(["公交"], ["公交"], use_words=False)[1] == pytest.approx(pairs)
    assert both.score(["公交"], ["公交"], use_words=False, use_pairs=False).tolist() == [0, 0, 0]


def test_scores_of_chosen_rows_are_those_of_all_rows_in_the_order_asked() -> None:
    both = lexical()
    every = both.score(["公交", "茶"], ["贷款"])
    assert both.score(["公交", "茶"], ["贷款"], np.array([2, 0, 2])).tolist() == every[[2, 0, 2]].tolist()
    assert both.score(["公交"], [], np.array([], np.int64)).shape == (0,)
    with pytest.raises(IndexError, match="the index has 3"):
        both.score(["公交"], [], np.array([3]))


def test_search_is_best_first_and_leaves_out_rows_without_a_term() -> None:
    rows, scores = lexical().search(["公交"], ["公交"], 10)
    assert rows.tolist() == [1, 0]
    assert scores[0] > scores[1] > 0
    assert lexical().search(["公交"], [], 1)[0].tolist() == [1]
    assert lexical().search(["公交"], [], 0)[0].size == 0
    assert lexical().search([], [], 5)[0].size == 0


def test_empty_rows_and_an_empty_corpus() -> None:
    assert Lexical(Field.of([{}, {}]), Field.of([{}, {}])).search(["茶"], ["茶"], 5)[0].size == 0
    assert Lexical(Field.of([]), Field.of([])).search(["茶"], ["茶"], 5)[0].size == 0
    assert Field.of([]).idf("茶") == pytest.approx(math.log(2))


def test_a_field_is_written_row_by_row_whatever_the_order_of_its_terms() -> None:
    writer = FieldWriter()
    writer.add({"车": 300, "公交": 2})
    writer.add({})
    writer.repeat(0)
    writer.add({"茶": 1, "公交": 1})
    writer.repeat(1)
    field = writer.field()
    assert field.vocabulary == ("公交", "茶", "车")
    assert (field.indptr.tolist(), field.terms.tolist()) == ([0, 2, 2, 4, 6, 6], [0, 2, 0, 2, 0, 1])
    assert (field.tf.tolist(), field.lengths.tolist()) == ([2, 300, 2, 300, 1, 1], [302, 0, 302, 2, 0])
    assert field.df.tolist() == [3, 1, 2]


def test_rows_that_are_looked_at_some_at_a_time_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, question = random_rows(50, 40, 4), ["词1", "词2", "词7"]
    whole = Field.of(rows)
    monkeypatch.setattr(bm25, "_CHUNK", 3)
    parts = Field.of(rows)
    for name in ("indptr", "terms", "tf", "lengths", "df"):
        np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name))
    assert [parts.row(i) for i in range(50)] == rows
    asked = np.array([7, 0, 49, 7, 12, 3, 1])
    np.testing.assert_array_equal(
        parts.score(question, asked), [whole.score(question, asked[n : n + 1])[0] for n in range(7)]
    )


def test_fields_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="3 rows of words and 2 rows of pairs"):
        Lexical(Field.of(WORDS), Field.of(PAIRS[:2]))


def test_saving_and_loading_keeps_every_row(tmp_path: Path) -> None:
    odd = [{'"+a:b OR*\\': 2, "\0": 1}, {"\ud800": 1}, {}]
    Lexical(Field.of(odd), Field.of(PAIRS)).write(tmp_path)
    loaded = Lexical.read(tmp_path)
    assert [loaded.words.row(i) for i in range(3)] == odd
    assert [loaded.pairs.row(i) for i in range(3)] == PAIRS
    (again := tmp_path / "again").mkdir()
    loaded.write(again)
    assert [(again / name).read_bytes() == (tmp_path / name).read_bytes() for name in FILES] == [True, True]


def test_arrays_that_do_not_fit_their_vocabulary_are_refused(tmp_path: Path) -> None:
    lexical().write(tmp_path)
    (other := tmp_path / "other").mkdir()
    Lexical(Field.of([{"a": 1}]), Field.of([{"a": 1}])).write(other)
    (other / "vocabulary.json").replace(tmp_path / "vocabulary.json")
    with pytest.raises(StorageError, match="do not fit"):
        Lexical.read(tmp_path)


def test_keys_differ_for_equal_ids_and_for_changed_text() -> None:
    keys = proposals.keys_of(["p", "p", "q"], [b"1", b"1", b"1"])
    assert len(set(keys.tolist())) == 3
    changed = proposals.keys_of(["p", "p", "q"], [b"2", b"1", b"1"])
    assert changed[0] != keys[0]
    assert changed[1:].tolist() == keys[1:].tolist()


def random_rows(count: int, vocabulary: int, seed: int) -> list[Counter[str]]:
    draws = np.random.default_rng(seed).zipf(1.3, (count, 30)) % vocabulary
    return [Counter(f"词{term}" for term in row.tolist()) for row in draws]


def assert_candidates_lose_nothing(
    words: list[Counter[str]], pairs: list[Counter[str]], folder: Path, keys: proposals.Keys
) -> None:
    fields = Field.of(words), Field.of(pairs)
    quick, full = Lexical(*fields, proposals.Proposals.open(folder, keys)), Lexical(*fields)
    rng = np.random.default_rng(3)
    for _ in range(30):
        question = [f"词{t}" for t in rng.integers(1, 100, 5)], [f"词{t}" for t in rng.integers(1, 100, 5)]
        for found, expected in zip(quick.search(*question, 20), full.search(*question, 20), strict=True):
            np.testing.assert_array_equal(found, expected)


def test_candidates_and_all_rows_give_the_same_results_also_after_adding_and_deleting(tmp_path: Path) -> None:
    words, pairs = random_rows(1500, 900, 1), random_rows(1500, 1500, 2)
    ids = [f"p{i % 1400}" for i in range(1500)]  # a hundred ids occur twice
    keys = proposals.keys_of(ids, [b""] * 1500)
    first = tmp_path / "first"
    proposals.write(first, keys, lambda row: (words[row], pairs[row]))
    assert_candidates_lose_nothing(words, pairs, first, keys)

    words, pairs = words[40:] + random_rows(7, 900, 5), pairs[40:] + random_rows(7, 1500, 6)
    keys = np.concatenate([keys[40:], proposals.keys_of([f"new{i}" for i in range(7)], [b""] * 7)])
    asked: list[int] = []

    def terms(row: int) -> tuple[Counter[str], Counter[str]]:
        asked.append(row)
        return words[row], pairs[row]

    second = tmp_path / "second"
    proposals.write(second, keys, terms, (first, proposals.keys_of(ids, [b""] * 1500)))
    assert asked == list(range(1460, 1467))  # the rest was copied
    assert_candidates_lose_nothing(words, pairs, second, keys)


def test_whoever_may_enter_the_folder_may_read_the_files(tmp_path: Path) -> None:
    proposals.write(tmp_path / "index", proposals.keys_of(["a"], [b""]), lambda row: (WORDS[0], PAIRS[0]))
    folder = (tmp_path / "index").stat().st_mode & 0o444
    assert {path.stat().st_mode & 0o444 for path in (tmp_path / "index").iterdir()} == {folder}


def test_an_index_of_other_passages_is_made_anew_and_not_copied(tmp_path: Path) -> None:
    old, new = proposals.keys_of(["a", "b"], [b""] * 2), proposals.keys_of(["c"], [b""])
    proposals.write(tmp_path / "old", old, lambda row: (WORDS[row], PAIRS[row]))
    proposals.write(tmp_path / "new", new, lambda row: (WORDS[2], PAIRS[2]), (tmp_path / "old", old))
    found = proposals.Proposals.open(tmp_path / "new", new)
    assert (found.rows(["茶"], [], 9).tolist(), found.rows(["公交"], ["公交"], 9).tolist()) == ([0], [])
    with pytest.raises(ValueError, match="holds 1 passages, expected 2"):
        proposals.Proposals.open(tmp_path / "new", old)


@pytest.mark.parametrize("term", ['"', "+公交 -茶", "words:公交", "*", "\\", "\0", "\ud800", "x" * 70_000, "("])
def test_a_term_is_a_term_whatever_it_holds(tmp_path: Path, term: str) -> None:
    keys = proposals.keys_of(["a", "b", "c"], [b""] * 3)
    proposals.write(tmp_path / "index", keys, lambda row: (WORDS[row], PAIRS[row]))
    found = lexical(proposals.Proposals.open(tmp_path / "index", keys))
    assert found.search([term, "茶"], [term], 5)[0].tolist() == [2]
    assert found.search([term], [term], 5)[0].size == 0
