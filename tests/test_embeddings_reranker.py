"""Re-rankers: scores, what is refused, and hits in a re-ranker's order through the archive and the command line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import tiny_models
from numpy.typing import NDArray

from corpus.errors import ModelError
from embeddings.reranker import CrossEncoderReranker, Reranker, load_reranker
from qa.archive import Archive
from qa.cli import main
from qa.measure.rows import check_hits, check_reply
from qa.rerank import rerank
from qa.retriever import Options, Scored

PAGE = """新桥通车

■记者 王一

本报讯 柳湾大桥昨天通车，全长860米。

大桥总投资3亿元，建了两年。

桥下的公园还没有开放。
"""


class Preferring:
    """A re-ranker that likes passages which hold a word; it counts the passages it has read."""

    name = "preferring"

    def __init__(self, word: str) -> None:
        self.word, self.read = word, 0

    def score(self, question: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """4 for a passage with the word, -4 for any other."""
        self.read += len(passages)
        return np.array([4.0 if self.word in passage else -4.0 for passage in passages], dtype=np.float32)


class Given:
    """A re-ranker that gives the scores it was made with."""

    name = "given"

    def __init__(self, *scores: float) -> None:
        self.scores = scores

    def score(self, question: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """The first of the scores, one for each passage."""
        return np.array(self.scores[: len(passages)], dtype=np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_models.save_reranker(tmp_path_factory.mktemp("reranker") / "overlap")


@pytest.fixture(scope="module")
def overlap(folder: Path) -> CrossEncoderReranker:
    return load_reranker(str(folder), "cpu")


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    place = tmp_path / "papers"
    place.mkdir()
    (place / "a.txt").write_text(PAGE, "utf-8")
    return place


def found(*scores: float, **features: float) -> list[Scored]:
    return [Scored(row, score, {"dense": score, **features}) for row, score in enumerate(scores)]


def test_more_shared_characters_score_higher(overlap: Reranker, folder: Path) -> None:
    passages = ["公交通车", "大桥开放", "公交贷款", "公桥通车", "公交贷车"]
    scores = overlap.score("公交贷款", passages)
    assert scores.dtype == np.float32 and scores.shape == (5,)
    # Shared with the question: 2, 0, 4, 1 and 3 characters.
    assert np.argsort(-scores).tolist() == [2, 4, 0, 3, 1]
    assert overlap.name == str(folder)


def test_scores_are_the_models_own(overlap: Reranker, folder: Path) -> None:
    torch, transformers, _ = tiny_models.libraries()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    with torch.no_grad():
        expected = [
            model(**tokenizer("公交贷款", text, return_tensors="pt")).logits.item() for text in ("公交通车", "大桥")
        ]
    # Traditional characters and full-width letters are read as their simple forms.
    np.testing.assert_allclose(overlap.score("公交貸款", ["公交通車", "大橋"]), expected, rtol=1e-4)


def test_many_long_or_no_passages(overlap: Reranker) -> None:
    passages = ["公交贷款", "大桥通车", "公交贷款书馆" * 200, ""] * 20
    scores = overlap.score("公交贷款", passages)
    assert scores.shape == (80,) and np.isfinite(scores).all()
    np.testing.assert_allclose(scores[:4], scores[76:], rtol=1e-5)
    assert np.isfinite(overlap.score("公" * 2000, ["公交" * 500])).all()
    assert overlap.score("公交贷款", []).shape == (0,)


def test_several_threads_may_use_one(overlap: Reranker) -> None:
    passages = ["公交通车", "公交贷款" * 40]
    expected = overlap.score("公交贷款", passages)

    def work() -> None:
        for _ in range(5):
            np.testing.assert_allclose(overlap.score("公交贷款", passages), expected, rtol=1e-5)

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(work) for _ in range(4)]:
            done.result()


def test_other_numbers_of_outputs_are_refused(tmp_path: Path) -> None:
    folder = tiny_models.save_reranker(tmp_path / "classes", outputs=3)
    with pytest.raises(ModelError, match=r"has 3 outputs; expected one"):
        load_reranker(str(folder), "cpu")


def test_an_encoder_is_no_reranker_nor_the_other_way(folder: Path, tmp_path: Path) -> None:
    from embeddings.encoder import load_encoder

    encoder = tiny_models.save_encoder(tmp_path / "encoder")
    with pytest.raises(ModelError, match=r"is a SentenceTransformer, no re-ranker; expected a CrossEncoder"):
        load_reranker(str(encoder), "cpu")
    with pytest.raises(ModelError, match=r"is a CrossEncoder; expected a SentenceTransformer"):
        load_encoder(str(folder), "cpu")


def test_what_cannot_be_loaded(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"There is no model folder '.*missing'"):
        load_reranker(str(tmp_path / "missing"))
    with pytest.raises(ModelError, match=r"The device 'cuda:99' cannot be used"):
        load_reranker(str(folder), "cuda:99")
    damaged = tmp_path / "damaged"
    shutil.copytree(folder, damaged)
    (damaged / "model.safetensors").write_bytes(b"\x00damaged")
    with pytest.raises(ModelError, match=r"The re-ranker .* cannot be loaded .*leave the re-ranker out") as told:
        load_reranker(str(damaged), "cpu")
    assert "\n" not in str(told.value)
    (damaged / "model.safetensors").rename(damaged / "pytorch_model.bin")
    with pytest.raises(ModelError, match=r"has its weights in pytorch_model.bin"):
        load_reranker(str(damaged), "cpu")


def test_a_saved_cross_encoder_gives_the_same(overlap: CrossEncoderReranker, tmp_path: Path) -> None:
    overlap._model.save_pretrained(str(tmp_path / "saved"), create_model_card=False)
    again = load_reranker(str(tmp_path / "saved"), "cpu")
    passages = ["公交通车", "大桥开放"]
    np.testing.assert_array_equal(again.score("公交贷款", passages), overlap.score("公交贷款", passages))


def test_scores_that_are_no_numbers(folder: Path, tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    broken = tmp_path / "broken"
    shutil.copytree(folder, broken)
    weights = load_file(broken / "model.safetensors")
    weights["classifier.bias"] = np.full_like(weights["classifier.bias"], np.nan)
    save_file(weights, broken / "model.safetensors", {"format": "pt"})
    with pytest.raises(ModelError, match=r"gave 1 scores for 1 passages, or one that is no number"):
        load_reranker(str(broken), "cpu").score("公交", ["大桥"])


def test_order_and_scores_by_hand() -> None:
    before = found(3.0, 2.5, 2.0, 1.5, 1.0)
    out = rerank(Given(-2.0, 0.0, 3.0), "?", before, str, depth=3)
    assert [scored.row for scored in out] == [2, 1, 0, 3, 4]
    # sigmoid(3) = 0.9526, sigmoid(0) = 0.5, sigmoid(-2) = 0.1192; then 1.5 and 1.0, less 1.5.
    assert [scored.score for scored in out] == pytest.approx([0.9526, 0.5, 0.1192, 0.0, -0.5], abs=1e-4)
    assert [scored.features.get("reranker") for scored in out] == [3.0, 0.0, -2.0, None, None]
    assert out[0].features["dense"] == 2.0
    assert before == found(3.0, 2.5, 2.0, 1.5, 1.0)


def test_what_is_known_beforehand_counts() -> None:
    hits = [
        Scored(0, 2.0, {"kind": -0.4, "conversation": 0.0}),
        Scored(1, 1.5, {"kind": 0.1, "conversation": 0.0}),
        Scored(2, 1.0, {"kind": 0.1, "conversation": 0.3}),
        Scored(3, 0.9, {"kind": -0.4, "conversation": 0.0}),
        Scored(4, 0.5, {"kind": 0.1, "conversation": 0.0}),
    ]
    out = rerank(Given(2.0, 2.0, 2.0, -9.0), "?", hits, str, depth=4)
    assert [scored.row for scored in out] == [2, 1, 0, 3, 4]
    # The last of the block falls to sigmoid(-9) - 0.4 = -0.3999, and what was not re-ranked begins there.
    assert out[3].score == pytest.approx(-0.3999, abs=1e-4) and out[4].score == pytest.approx(out[3].score)


def test_equal_and_extreme_scores_keep_their_order() -> None:
    out = rerank(Given(1.0, 1.0, 200.0, 300.0, -900.0), "?", found(5, 4, 3, 2, 1), str)
    assert [scored.row for scored in out] == [3, 2, 0, 1, 4]
    assert [scored.score for scored in out] == pytest.approx([1.0, 1.0, 0.7311, 0.7311, 0.0], abs=1e-4)
    assert rerank(Given(), "?", [], str) == []


def test_archive_uses_it_everywhere(pages: Path) -> None:
    plain = Archive.open(pages)
    question = "柳湾大桥通车了吗?"
    assert "总投资" not in plain.retrieve(question)[0].passage.text
    liking = Preferring("总投资")
    archive = Archive.open(pages, reranker=liking, options=Options(threshold=0.0))  # what it likes here is no answer
    hits = archive.retrieve(question)
    check_hits("q", hits)
    assert hits[0].passage.text == "大桥总投资3亿元，建了两年。" and hits[0].features["reranker"] == 4.0
    assert 0.9 < hits[0].score < 1.2
    assert liking.read == len(plain.retrieve(question, 50))
    for reply in (archive.ask(question), archive.conversation().ask(question)):
        check_hits("q", reply.hits)
        check_reply("q", reply)
        assert reply.hits[0].passage.id == hits[0].passage.id
    assert reply.quote is not None and reply.quote.text == "大桥总投资3亿元，建了两年。"


def test_only_the_first_hits_are_read_whatever_k(tmp_path: Path) -> None:
    for page in range(4):
        items = [
            f"大桥{page}{n}号通车\n\n■记者 王一\n\n本报讯 大桥{page}{n}号昨天通车，全长{n + 100}米。\n"
            for n in range(10)
        ]
        (tmp_path / f"{page}.txt").write_text("\n\n".join(items), "utf-8")
    liking = Preferring("107米")
    archive = Archive.open(tmp_path, reranker=liking)
    many = archive.retrieve("大桥通车全长", 70)
    assert liking.read == 50 and len(many) == 70
    check_hits("q", many)
    assert all("reranker" in hit.features for hit in many[:50])
    assert not any("reranker" in hit.features for hit in many[50:])
    few = archive.retrieve("大桥通车全长", 5)
    assert [(hit.passage.id, hit.score) for hit in few] == [(hit.passage.id, hit.score) for hit in many[:5]]
    assert "107米" in few[0].passage.text
    assert len(Archive.open(tmp_path, options=Options(rank=False), reranker=liking).retrieve("大桥", 1)) == 1


def test_command_line(pages: Path, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = [str(pages), "大桥总投资多少?", "--json", "--reranker", str(folder), "--device", "cpu"]
    assert main(["search", *asked]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    hits = Archive.open(pages, reranker=str(folder), device="cpu").retrieve("大桥总投资多少?")
    assert [row["id"] for row in rows] == [hit.passage.id for hit in hits]
    assert [row["score"] for row in rows] == pytest.approx([hit.score for hit in hits], abs=1e-5)
    assert main(["ask", *asked]) == 0
    assert json.loads(capsys.readouterr().out)["passages"][0]["id"] == hits[0].passage.id

    questions = tmp_path / "questions.jsonl"
    questions.write_text(json.dumps({"id": "q1", "question": "大桥总投资多少?", "answers": ["3亿元"]}), "utf-8")
    out = tmp_path / "out"
    argv = ["evaluate", str(pages), str(questions), "--out", str(out), "--reranker", str(folder), "--device", "cpu"]
    assert main(argv) == 0
    (row,) = [json.loads(line) for line in (out / "results.jsonl").read_text("utf-8").splitlines()]
    assert [passage["id"] for passage in row["passages"]][:5] == [hit.passage.id for hit in hits]


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["ask", "{pages}", "桥?", "--reranker", "{pages}/missing"], "There is no model folder"),
        (["search", "{pages}", "桥?", "--reranker", "{folder}", "--device", "cuda:99"], "The device 'cuda:99' cannot"),
        (["index", "{pages}", "--model", "{folder}"], "is a CrossEncoder; expected a SentenceTransformer"),
        (
            ["evaluate", "{pages}", "{pages}/q.jsonl", "--out", "{pages}/o", "--reranker", "{pages}/no"],
            "no model folder",
        ),
    ],
)
def test_one_line_where_it_cannot(
    argv: list[str], says: str, pages: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (pages / "q.jsonl").write_text(json.dumps({"id": "q1", "question": "桥?"}), "utf-8")
    assert main([word.format(pages=pages, folder=folder) for word in argv]) == 2
    out, err = capsys.readouterr()
    (line,) = err.splitlines()
    assert out == "" and line.startswith("baowen: ") and says in line


def test_the_chat_takes_the_same_options(pages: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[Archive] = []
    monkeypatch.setattr("qa.chat.serve", lambda archive, **_: served.append(archive()))
    assert main(["chat", str(pages), "--reranker", str(folder), "--device", "cpu"]) == 0
    (archive,) = served
    assert "reranker" in archive.retrieve("大桥")[0].features
