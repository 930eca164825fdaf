"""The bundled encoder against sentence-transformers, models of other kinds, and what goes wrong when loading."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_models
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models, pre_tokenizers
from toy_encoder import ToyEncoder

from corpus.errors import ModelError
from embeddings.encoder import BUNDLED, Encoder, StaticEncoder, TransformerEncoder, fingerprint_of, load_encoder

TEXTS = [
    "嘉兴市今年新开通了三条公交线路,市民出行更方便。",
    "公交数据贷款贷到多少钱?",
    "How much did the bus company borrow?",
    "12.5亿元 ABC 〇",
    "湖",
    "图书馆每周二至周日开放," * 200,
]


@pytest.fixture(scope="module")
def bundled() -> Encoder:
    return load_encoder()


@pytest.fixture(scope="module")
def sentence_transformers() -> Any:
    with warnings.catch_warnings():
        # Importing torch and its neighbours warns of things that are theirs.
        warnings.simplefilter("ignore")
        import sentence_transformers
    return sentence_transformers


@pytest.fixture
def small_static(tmp_path: Path) -> Path:
    """A static model of three tokens in two dimensions, such that vectors can be worked out by hand."""
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "a": 1, "b": 2}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    save_file(
        {"embedding.weight": np.array([[0, 0], [3, 0], [0, 4]], dtype=np.float16)}, tmp_path / "model.safetensors"
    )
    modules = [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.StaticEmbedding"}]
    (tmp_path / "modules.json").write_text(json.dumps(modules), encoding="utf-8")
    return tmp_path


@pytest.fixture(scope="module")
def prompted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random transformer with an instruction on the question only."""
    return tiny_models.save_encoder(tmp_path_factory.mktemp("models") / "prompted", {"query": "问题", "document": ""})


@pytest.fixture(scope="module")
def silent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same without any instruction of its own."""
    return tiny_models.save_encoder(tmp_path_factory.mktemp("models") / "silent")


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BAOWEN_QUESTION_PROMPT", raising=False)


def test_bundled_equals_sentence_transformers(bundled: Encoder, sentence_transformers: Any) -> None:
    model = sentence_transformers.SentenceTransformer(str(BUNDLED), device="cpu").float()
    expected = model.encode(TEXTS, show_progress_bar=False)
    np.testing.assert_allclose(bundled.encode_passages(TEXTS), expected, atol=1e-5)
    np.testing.assert_allclose(bundled.encode_questions(TEXTS), expected, atol=1e-5)


def test_bundled_loads_without_torch() -> None:
    code = (
        "import sys, embeddings.encoder as e; m = e.load_encoder(); m.encode_questions(['公交']);"
        "print(m.dim, [n for n in ('torch', 'transformers', 'sentence_transformers') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=BUNDLED.parents[1]
    )
    assert done.stdout == "256 []\n"


def test_bundled_rows(bundled: Encoder) -> None:
    rows = bundled.encode_passages(["公交线路", "", "  \n", "。,!", "公交线路"])
    assert rows.shape == (5, bundled.dim) and rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), [1, 0, 0, 0, 1], atol=1e-6)
    np.testing.assert_array_equal(rows[0], rows[4])
    assert bundled.encode_questions([]).shape == (0, bundled.dim)


def test_many_texts_keep_their_rows(bundled: Encoder) -> None:
    texts = [TEXTS[i % 5] for i in range(2500)]
    rows = bundled.encode_passages(texts)
    np.testing.assert_array_equal(rows[1023:1026], bundled.encode_passages(texts[1023:1026]))
    np.testing.assert_array_equal(rows[2495:], rows[:5])


def test_script_width_and_case_do_not_matter(bundled: Encoder) -> None:
    rows = bundled.encode_questions(["嘉興圖書館開放時間 ＡＢＣ", "嘉兴图书馆开放时间 abc"])
    np.testing.assert_allclose(rows[0], rows[1], atol=1e-6)


@pytest.mark.parametrize(
    ("question", "near", "far"),
    [
        ("看病花了多少钱", "住院医疗费用共计三万元。", "足球队昨晚以二比一获胜。"),
        ("How many hospitals are there?", "全市共有医院二十家。", "桥梁工程预计明年完工。"),
        ("学校啥时候开学", "中小学秋季学期9月1日开始上课。", "油价今日再次上调。"),
        ("subway in Hangzhou", "杭州地铁三号线通车。", "宁波港口货物吞吐量增长。"),
    ],
)
def test_meaning_is_found_without_shared_words(bundled: Encoder, question: str, near: str, far: str) -> None:
    rows = bundled.encode_passages([near, far]) @ bundled.encode_questions([question])[0]
    assert rows[0] > rows[1] + 0.1


def test_static_mean_by_hand(small_static: Path) -> None:
    encoder = load_encoder(str(small_static))
    assert isinstance(encoder, StaticEncoder) and encoder.dim == 2
    # Mean of (3, 0), (3, 0) and (0, 4) is (2, 4/3), of length sqrt(52)/3; the unknown word z only makes it shorter.
    expected = np.array([[6, 4], [1, 0], [0, 0]]) / np.array([[np.sqrt(52)], [1], [1]])
    np.testing.assert_allclose(encoder.encode_passages(["A b Ａ z", "a", "z"]), expected, atol=1e-6)


def test_static_with_prompts_is_left_to_sentence_transformers(small_static: Path, sentence_transformers: Any) -> None:
    (small_static / "config_sentence_transformers.json").write_text('{"prompts": {"query": "b "}}', encoding="utf-8")
    encoder = load_encoder(str(small_static), device="cpu")
    assert isinstance(encoder, TransformerEncoder)
    np.testing.assert_allclose(encoder.encode_questions(["a"]), [[0.6, 0.8]], atol=1e-3)
    np.testing.assert_allclose(encoder.encode_passages(["a"]), [[1, 0]], atol=1e-3)


def test_transformer_gives_questions_their_instruction(prompted: Path, sentence_transformers: Any) -> None:
    encoder = load_encoder(str(prompted), device="cpu")
    model = sentence_transformers.SentenceTransformer(str(prompted), device="cpu")
    questions = encoder.encode_questions(["公交貸款", ""])
    passages = encoder.encode_passages(["公交貸款", " "])
    assert encoder.dim == 16 and questions.dtype == passages.dtype == np.float32
    expected = model.encode(["问题公交贷款", "公交贷款"], normalize_embeddings=True, show_progress_bar=False)
    np.testing.assert_allclose(questions, [expected[0], np.zeros(16)], atol=1e-5)
    np.testing.assert_allclose(passages, [expected[1], np.zeros(16)], atol=1e-5)
    assert np.abs(questions[0] - passages[0]).max() > 0.01
    assert encoder.fingerprint == fingerprint_of(prompted)


@pytest.mark.parametrize(
    ("name", "question", "passage"),
    [
        ("bge-small-zh-v1.5", "为这个句子生成表示以用于检索相关文章：", ""),
        ("BGE-large-en", "Represent this sentence for searching relevant passages: ", ""),
        ("multilingual-e5-small", "query: ", "passage: "),
        ("models--intfloat--e5-base-v2/snapshots/0f3a", "query: ", "passage: "),
        ("bge-m3", "", ""),
        ("multilingual-e5-large-instruct", "", ""),
        ("my-bge-small-zh", "", ""),
    ],
)
def test_families_without_prompts_get_those_of_their_cards(
    name: str, question: str, passage: str, silent: Path, tmp_path: Path, sentence_transformers: Any
) -> None:
    folder = tmp_path / name
    shutil.copytree(silent, folder)
    encoder = load_encoder(str(folder), device="cpu")
    model = sentence_transformers.SentenceTransformer(str(silent), device="cpu")
    # The instruction as it stands, the text in its matching form.
    expected = model.encode(
        [question + "公交贷款", passage + "公交贷款"], normalize_embeddings=True, show_progress_bar=False
    )
    np.testing.assert_allclose(encoder.encode_questions(["公交貸款"])[0], expected[0], atol=1e-5)
    np.testing.assert_allclose(encoder.encode_passages(["公交貸款"])[0], expected[1], atol=1e-5)
    # An index with other passage vectors must not pass for one of this model.
    assert (encoder.fingerprint == fingerprint_of(silent)) == (passage == "")


def test_a_models_own_instruction_comes_before_its_familys(prompted: Path, tmp_path: Path) -> None:
    folder = tmp_path / "bge-small-zh-v1.5"
    shutil.copytree(prompted, folder)
    expected = load_encoder(str(prompted), device="cpu").encode_questions(["公交"])
    np.testing.assert_array_equal(load_encoder(str(folder), device="cpu").encode_questions(["公交"]), expected)


def test_the_users_instruction_comes_first(prompted: Path, silent: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def question(model: Path, prompt: str | None = None) -> Any:
        return load_encoder(str(model), device="cpu", question_prompt=prompt).encode_questions(["公交"])

    without, own = question(silent), question(prompted)
    np.testing.assert_allclose(question(prompted, ""), without, atol=1e-6)
    np.testing.assert_allclose(question(silent, "问题"), own, atol=1e-6)
    assert np.abs(own - without).max() > 0.01
    monkeypatch.setenv("BAOWEN_QUESTION_PROMPT", "问题")
    np.testing.assert_allclose(question(silent), own, atol=1e-6)
    np.testing.assert_allclose(question(silent, ""), without, atol=1e-6)
    monkeypatch.setenv("BAOWEN_QUESTION_PROMPT", "")
    np.testing.assert_allclose(question(prompted), without, atol=1e-6)


def test_the_bundled_encoder_takes_no_instruction(bundled: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAOWEN_QUESTION_PROMPT", "为这个句子")
    np.testing.assert_array_equal(load_encoder().encode_questions(TEXTS[1:2]), bundled.encode_questions(TEXTS[1:2]))


def test_a_static_model_with_the_users_instruction(small_static: Path, sentence_transformers: Any) -> None:
    encoder = load_encoder(str(small_static), device="cpu", question_prompt="b ")
    np.testing.assert_allclose(encoder.encode_questions(["a"]), [[0.6, 0.8]], atol=1e-3)
    np.testing.assert_allclose(encoder.encode_passages(["a"]), [[1, 0]], atol=1e-3)


def test_several_threads_may_use_one(silent: Path) -> None:
    encoder = load_encoder(str(silent), device="cpu")
    texts = ["公交", "公交贷款" * 40]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: encoder.encode_passages(texts), range(20)))
    for rows in found:
        np.testing.assert_allclose(rows, found[0], atol=1e-5)


def test_fingerprint_follows_the_files_not_the_card(small_static: Path) -> None:
    before = load_encoder(str(small_static)).fingerprint
    assert len(before) == 64
    (small_static / "README.md").write_text("A card.", encoding="utf-8")
    assert load_encoder(str(small_static)).fingerprint == before
    save_file({"embedding.weight": np.ones((3, 2), dtype=np.float32)}, small_static / "model.safetensors")
    assert load_encoder(str(small_static)).fingerprint != before
    assert load_encoder().fingerprint == fingerprint_of(BUNDLED)


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"There is no model folder .*no-such.*expected a folder"):
        load_encoder(str(tmp_path / "no-such"))


def test_folder_that_is_no_model(tmp_path: Path, sentence_transformers: Any) -> None:
    with pytest.raises(ModelError, match=r"cannot be loaded .*expected a folder saved by sentence-transformers"):
        load_encoder(str(tmp_path), device="cpu")


def test_unknown_hub_model_without_network(monkeypatch: pytest.MonkeyPatch, sentence_transformers: Any) -> None:
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(
        ModelError, match=r"The model example/no-such-model is not in the local cache .*leave the model out"
    ):
        load_encoder("example/no-such-model", device="cpu")


@pytest.mark.parametrize("file", ["model.safetensors", "tokenizer.json"])
def test_damaged_static_model(small_static: Path, file: str) -> None:
    (small_static / file).write_bytes(b"\x00damaged")
    with pytest.raises(ModelError, match=r"cannot be read .*Copy or install it again"):
        load_encoder(str(small_static))


def test_table_and_tokenizer_of_different_models(small_static: Path) -> None:
    save_file({"embedding.weight": np.ones((2, 2), dtype=np.float32)}, small_static / "model.safetensors")
    with pytest.raises(ModelError, match=r"shape \(2, 2\) but 3 tokens"):
        load_encoder(str(small_static))


def test_bundled_folder_is_small_and_holds_no_long_pieces() -> None:
    assert sum(p.stat().st_size for p in BUNDLED.rglob("*") if p.is_file()) <= 25_000_000
    pieces = [p for p, _ in json.loads((BUNDLED / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]]
    assert max(len(p) for p in pieces if not p.isascii()) <= 8
    assert len(pieces) <= 45_000


def test_toy_encoder_is_an_encoder() -> None:
    toy: Encoder = ToyEncoder()
    rows = toy.encode_passages(["公交线路", "公交公司", "", "公交线路"])
    assert rows.shape == (4, 64) and rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), [1, 1, 0, 1], atol=1e-6)
    np.testing.assert_array_equal(rows[0], toy.encode_questions(["公交線路"])[0])
