"""Readers: spans from hand-made logits, windows, what a model is given, and what is refused."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import tiny_models
from tiny_reader import change_json, save_random_reader, save_random_roberta, save_reader

from corpus.errors import ModelError
from embeddings.reader import Reader, TransformersReader, load_reader
from embeddings.spans import Reading, best_span, printed

LOW = -9.0


def spanned(
    start: Sequence[Sequence[float]],
    end: Sequence[Sequence[float]],
    first: Sequence[int] = (0,),
    longest: int = 60,
) -> Reading | None:
    """`best_span` where every window is [CLS], a question of one token, and tokens of one character each.

    :param first: for each window the place in the passage where it begins.
    """
    places = [[(0, 0), (0, 1), *((at + n, at + n + 1) for n in range(len(start[0]) - 2))] for at in first]
    context = [[n > 1 for n in range(len(start[0]))] for _ in first]
    return best_span(
        np.array(start, dtype=np.float32),
        np.array(end, dtype=np.float32),
        np.array(places, dtype=np.int64),
        np.array(context),
        np.zeros(len(first), dtype=np.int64),
        longest,
    )


def test_the_highest_sum_of_start_and_end() -> None:
    # 5 + 4 for characters 1 to 3, though a higher end stands before the start, and the question's logits are highest.
    reading = spanned([[1, 99, 0, 5, 1, 2]], [[0, 99, 7, 1, 2, 4]])
    assert reading == Reading(1, 4, 9.0, 1.0)
    assert reading.margin == 8.0 and reading.probability == pytest.approx(0.99966, abs=1e-5)


def test_the_end_never_stands_before_the_start() -> None:
    # Start 9 and end 9 are in the wrong order: 9 + 1 for the last character alone, or 1 + 9 for the first alone, are
    # equal, and the one printed first is taken.
    assert spanned([[0, 0, 1, 2, 9]], [[0, 0, 9, 2, 1]]) == Reading(0, 1, 10.0, 0.0)
    assert spanned([[0, 0, 1, 2, 9]], [[0, 0, 9, 2, 1.5]]) == Reading(2, 3, 10.5, 0.0)


def test_of_equal_spans_the_first_then_the_shortest() -> None:
    assert spanned([[0, 0, 1, 3, 3]], [[0, 0, 0, 2, 2]]) == Reading(1, 2, 5.0, 0.0)
    assert spanned([[0, 0, 0, 0, 0]], [[0, 0, 0, 0, 0]]) == Reading(0, 1, 0.0, 0.0)
    # Characters 1 and 2 of the passage, as the last of the first window and the first of the second.
    assert spanned([[0, 0, 0, 4], [0, 0, 4, 4]], [[0, 0, 0, 4], [0, 0, 4, 4]], (0, 1)) == Reading(1, 2, 8.0, 0.0)
    # The same score: the second window's span stands earlier in print.
    assert spanned([[0, 0, LOW, 4], [0, 0, 4, 0]], [[0, 0, LOW, 4], [0, 0, 4, 0]], (4, 2)) == Reading(2, 3, 8.0, 0.0)


def test_longer_than_allowed() -> None:
    start, end = [[0, 0, 5, 0, 0, 2]], [[0, 0, 0, 1, 0, 5]]
    assert spanned(start, end, longest=4) == Reading(0, 4, 10.0, 0.0)
    # Without it: 2 + 5 for the last character is above 5 + 1 for the first two.
    assert spanned(start, end, longest=3) == Reading(3, 4, 7.0, 0.0)
    assert spanned(start, end, longest=0) is None


def test_length_is_counted_in_characters() -> None:
    logits = np.array([[0, 3, 1, 0]], dtype=np.float32), np.array([[0, 0, 1, 3]], dtype=np.float32)
    context, null = np.array([[False, True, True, True]]), np.array([0])
    offsets = np.array([[[0, 0], [0, 3], [3, 12], [12, 14]]])
    assert best_span(*logits, offsets, context, null, 14) == Reading(0, 14, 6.0, 0.0)
    # Too long by one; then 3 + 1 for the first two tokens (12 characters) before 1 + 3 for the last two (11).
    assert best_span(*logits, offsets, context, null, 13) == Reading(0, 12, 4.0, 0.0)
    assert best_span(*logits, offsets, context, null, 11) == Reading(3, 14, 4.0, 0.0)
    # Three tokens of one character, as byte-level vocabularies have them.
    offsets = np.array([[[0, 0], [5, 6], [5, 6], [5, 6]]])
    assert best_span(*logits, offsets, context, null, 1) == Reading(5, 6, 6.0, 0.0)


def test_windows_that_overlap() -> None:
    # Characters 0 to 3 and 2 to 5. The second window sees the answer (2 to 4) better: 4 + 5 against 2 + 2.
    start = [[3, 0, 0, 0, 2, 0], [1, 0, 4, 0, 0, 0]]
    end = [[3, 0, 0, 0, 0, 2], [1, 0, 0, 5, 0, 0]]
    # The first window says with 6 that it has no answer; the lowest, 2, counts.
    assert spanned(start, end, (0, 2)) == Reading(2, 4, 9.0, 2.0)
    # No span runs from one window into the other: start 8 at 0 and end 8 at 5 never meet.
    start, end = [[0, 0, 8, 0], [0, 0, 0, 0]], [[0, 0, 0, 1], [0, 0, 0, 8]]
    assert spanned(start, end, (0, 4)) == Reading(0, 2, 9.0, 0.0)


def test_the_null_span_may_be_best() -> None:
    reading = spanned([[4, 0, 1, 2]], [[3, 0, 2, 1]])
    assert reading == Reading(0, 1, 3.0, 7.0)
    assert reading.margin == -4.0 and reading.probability == pytest.approx(0.01799, abs=1e-5)
    assert Reading(0, 1, 1000.0, -1000.0).probability == 1.0 and Reading(0, 1, -1e4, 1e4).probability == 0.0


def test_one_character_and_none() -> None:
    assert spanned([[1, 5, 2]], [[1, 5, 2]]) == Reading(0, 1, 4.0, 2.0)
    assert spanned([[1, 5]], [[1, 5]]) is None
    nothing = np.zeros((0, 4), dtype=np.float32)
    assert best_span(nothing, nothing, np.zeros((0, 4, 2), int), np.zeros((0, 4), bool), np.zeros(0, int)) is None


def test_against_every_span_tried_one_by_one() -> None:
    random = np.random.default_rng(3)
    for _ in range(200):
        start, end = random.integers(-3, 4, (2, 3, 9)).astype(np.float32)
        first, longest = random.integers(0, 12, 3).tolist(), int(random.integers(1, 8))
        tried = [
            (float(start[w, a] + end[w, b]), -(at + a), -(at + b + 1))
            for w, at in enumerate(x - 2 for x in first)
            for a in range(2, 9)
            for b in range(a, min(9, a + longest))
        ]
        score, low, high = max(tried)
        expected = Reading(-low, -high, score, float((start[:, 0] + end[:, 0]).min()))
        assert spanned(start.tolist(), end.tolist(), first, longest) == expected


def test_white_space_is_no_part_of_a_token() -> None:
    text = "桥 \n长"
    offsets = np.array([[[0, 0], [0, 2], [1, 3], [2, 4], [0, 1]]])
    context = np.array([[False, True, True, True, False]])
    places, inside = printed(text, offsets, context)
    assert inside.tolist() == [[False, True, False, True, False]]
    assert [text[a:b] for a, b in places[inside]] == ["桥", "长"]
    assert offsets[0, 1].tolist() == [0, 2] and context[0, 2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Answers begin with 3 and end with 元; 公 is a worse answer by itself, and the null span is between the two."""
    return save_reader(tmp_path_factory.mktemp("reader") / "money", {"3": 6, "公": 1}, {"元": 4, "公": 1}, null=5.0)


@pytest.fixture(scope="module")
def money(folder: Path) -> TransformersReader:
    return load_reader(str(folder), "cpu")


def test_the_span_is_of_the_printed_passage(money: Reader, folder: Path) -> None:
    assert money.name == str(folder)
    passages = ["总投资3亿元。", "大桥通车", "公交", "", " \n", "\u200b", "3", "總投資３億元,用了 3 0 元"]
    found = money.read("总投资多少钱", passages)
    assert [None if r is None else passages[n][r.start : r.end] for n, r in enumerate(found)] == [
        "3亿元", "大", "公", None, None, None, "3", "３億元"
    ]  # fmt: skip
    sums = [(r.score, r.null, r.margin > 0) for r in found if r is not None]
    assert sums[0] == pytest.approx((10.0, 5.0, True)) and sums[1] == pytest.approx((0.0, 5.0, False), abs=1e-5)
    assert sums[2] == pytest.approx((2.0, 5.0, False)) and sums[3] == pytest.approx((6.0, 5.0, True))
    assert money.read("总投资", []) == []


def test_an_answer_is_found_wherever_it_stands(money: TransformersReader) -> None:
    # 62 tokens at once, of which 20 overlap: an answer of 15 lies whole in some window.
    answer = "3亿" * 7 + "元"
    passages = ["桥" * at + answer + "桥" * (585 - at) for at in range(0, 586, 39)]
    found = money.read("大桥总投资", passages)
    assert all(reading is not None and reading.score == pytest.approx(10.0) for reading in found)
    assert [(r.start, r.end) for r in found if r is not None] == [(at, at + 15) for at in range(0, 586, 39)]


def test_a_long_question_is_read_from_its_end(money: TransformersReader) -> None:
    question = "大桥" * 990 + "通车总投资是多少钱"
    assert money._shortened(question) == question[-20:] and money._shortened(question[-20:]) == question[-20:]
    (reading,) = money.read(question, ["桥" * 300 + "3亿元"])
    assert reading is not None and (reading.start, reading.end) == (300, 303)


def test_several_passages_are_read_as_one_by_one(tmp_path: Path) -> None:
    reader = load_reader(str(save_random_reader(tmp_path / "random")), "cpu")
    passages = ["大桥通车", "总投资3亿元," * 40, "公", "柳湾大桥昨天通车全长860米" * 9, "两家人"] * 6
    together = reader.read("大桥总投资多少", passages)
    for passage, reading in zip(passages[:5], together[:5], strict=True):
        (alone,) = reader.read("大桥总投资多少", [passage])
        assert alone is not None and reading is not None
        assert (alone.start, alone.end) == (reading.start, reading.end)
        assert (alone.score, alone.null) == pytest.approx((reading.score, reading.null), abs=1e-4)
    # Not all alike, or the test would say nothing.
    assert len({round(reading.score, 3) for reading in together if reading is not None}) == 5


@pytest.mark.parametrize(
    ("save", "each", "before", "window"),
    [
        # [CLS], the question's four characters, [SEP], then the passage.
        (save_random_reader, 1, 6, 126),
        # <s>, twelve bytes, </s></s>, then three bytes for each character of the passage.
        (save_random_roberta, 3, 15, 128),
    ],
)
def test_the_logits_are_the_models_own(
    save: Callable[[Path], Path], each: int, before: int, window: int, tmp_path: Path
) -> None:
    folder = save(tmp_path / "random")
    torch, transformers, _ = tiny_models.libraries()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForQuestionAnswering.from_pretrained(folder).eval()
    question, passage = "大桥多少", "柳湾大桥昨天通车"
    with torch.no_grad():
        given = model(**tokenizer(question, passage, return_tensors="pt"))
    start, end = given.start_logits[0].tolist(), given.end_logits[0].tolist()
    assert len(start) == before + 8 * each + 1
    tokens = range(8 * each)
    score, a, b = max((start[before + a] + end[before + b], -a, -b) for a in tokens for b in tokens if a <= b)
    # Traditional characters and full-width letters are read as their simple forms.
    reader = load_reader(str(folder), "cpu")
    (reading,) = reader.read("大橋多少", ["柳灣大橋昨天通車"])
    assert reading is not None and (reading.start, reading.end) == (-a // each, -b // each + 1)
    assert (reading.score, reading.null) == pytest.approx((score, start[0] + end[0]), abs=1e-4)
    # All positions that the model has may be used, and none that it has not.
    assert reader._window == window


def test_no_answer_begins_or_ends_with_white_space(tmp_path: Path) -> None:
    # Read as bytes, a space is a token like any other; only one character is left to be marked.
    passages = [" 桥", "桥\n", "\n 桥 ", "\u3000桥\u3000\u3000", "     桥"]
    found = load_reader(str(save_random_roberta(tmp_path / "random")), "cpu").read("大桥多少", passages)
    assert [passages[n][r.start : r.end] for n, r in enumerate(found) if r is not None] == ["桥"] * 5


def test_models_that_pad_on_the_left_get_the_passage_first(folder: Path, tmp_path: Path) -> None:
    left = tmp_path / "left"
    shutil.copytree(folder, left)
    change_json(left / "tokenizer_config.json", padding_side="left")
    reader = load_reader(str(left), "cpu")
    columns, _, context, _, _ = reader._windows("总投资", ["大桥3亿元"])
    # [CLS], the passage of five, [SEP], the question of three, [SEP]
    assert context.tolist() == [[False] + [True] * 5 + [False] * 5]
    passages = ["大桥3亿元", "桥" * 300 + "3亿元桥"]
    found = reader.read("总投资3元多少", passages)
    assert [passages[n][r.start : r.end] for n, r in enumerate(found) if r is not None] == ["3亿元", "3亿元"]
    assert sorted(columns) == ["attention_mask", "input_ids", "token_type_ids"]


def test_several_threads_may_use_one(money: TransformersReader) -> None:
    passages = ["总投资3亿元", "大桥" * 100 + "3元"]
    expected = money.read("总投资", passages)

    def work() -> None:
        for _ in range(5):
            assert money.read("总投资", passages) == expected

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(work) for _ in range(4)]:
            done.result()


def test_models_of_other_kinds(tmp_path: Path) -> None:
    encoder = tmp_path / "encoder"
    tiny_models.save_encoder(encoder)
    with pytest.raises(ModelError, match=r"is a BertModel, no reader; expected a model for extractive"):
        load_reader(str(tmp_path / "encoder-bert"), "cpu")
    reranker = tiny_models.save_reranker(tmp_path / "reranker")
    with pytest.raises(ModelError, match=r"is a BertForSequenceClassification, no reader"):
        load_reader(str(reranker), "cpu")
    # Where the files do not tell, the weights do.
    change_json(reranker / "config.json", architectures=None)
    with pytest.raises(ModelError, match=r"has no weights for qa_outputs\.bias; expected a model trained to answer"):
        load_reader(str(reranker), "cpu")


def test_what_cannot_be_loaded(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ModelError, match=r"There is no model folder '.*missing'"):
        load_reader(str(tmp_path / "missing"))
    with pytest.raises(ModelError, match=r"There is no reader 'missing'.* a hub id names its owner"):
        load_reader("missing")
    with pytest.raises(ModelError, match=r"The device 'cuda:99' cannot be used"):
        load_reader(str(folder), "cuda:99")
    damaged = tmp_path / "damaged"
    shutil.copytree(folder, damaged)
    (damaged / "model.safetensors").write_bytes(b"\x00damaged")
    with pytest.raises(ModelError, match=r"The reader .* cannot be loaded .*leave the reader out") as told:
        load_reader(str(damaged), "cpu")
    assert "\n" not in str(told.value)
    (damaged / "model.safetensors").rename(damaged / "pytorch_model.bin")
    with pytest.raises(ModelError, match=r"has its weights in pytorch_model.bin"):
        load_reader(str(damaged), "cpu")
    out, err = capsys.readouterr()
    assert out == err == ""


def test_a_tokenizer_that_tells_no_places(folder: Path, tmp_path: Path) -> None:
    slow = tmp_path / "slow"
    shutil.copytree(folder, slow)
    (slow / "tokenizer.json").unlink()
    change_json(slow / "tokenizer_config.json", tokenizer_class="CanineTokenizer")
    with pytest.raises(ModelError, match=r"has the tokenizer CanineTokenizer, which does not tell where .* a fast one"):
        load_reader(str(slow), "cpu")


def test_code_that_comes_with_a_model_is_not_run(folder: Path, tmp_path: Path) -> None:
    strange = tmp_path / "strange"
    shutil.copytree(folder, strange)
    (strange / "own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nclass Model: pass\n", "utf-8")
    change_json(
        strange / "config.json",
        model_type="own",
        architectures=["OwnForQuestionAnswering"],
        auto_map={"AutoConfig": "own.Model", "AutoModelForQuestionAnswering": "own.Model"},
    )
    with pytest.raises(ModelError, match=r"The reader .* cannot be loaded"):
        load_reader(str(strange), "cpu")
    assert not (tmp_path / "ran").exists()


def test_positions_that_the_tokenizer_does_not_know_of(folder: Path, tmp_path: Path) -> None:
    long = tmp_path / "long"
    shutil.copytree(folder, long)
    change_json(long / "tokenizer_config.json", model_max_length=None)
    assert load_reader(str(long), "cpu")._window == 62
    change_json(long / "tokenizer_config.json", model_max_length=40)
    assert load_reader(str(long), "cpu")._window == 40
    # No room for a passage beside a question.
    change_json(long / "tokenizer_config.json", model_max_length=4)
    with pytest.raises(ModelError, match=r"The reader .* cannot be loaded"):
        load_reader(str(long), "cpu")


def test_logits_that_are_no_numbers(folder: Path, tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    broken = tmp_path / "broken"
    shutil.copytree(folder, broken)
    weights = load_file(broken / "model.safetensors")
    weights["qa_outputs.bias"] = np.full_like(weights["qa_outputs.bias"], np.nan)
    save_file(weights, broken / "model.safetensors", {"format": "pt"})
    with pytest.raises(ModelError, match=r"gave a logit that is no number"):
        load_reader(str(broken), "cpu")
