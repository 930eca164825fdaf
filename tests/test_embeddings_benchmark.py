"""The benchmark's parts on a small scale, and what opening an archive and asking must not import."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence

import numpy as np
import pytest
import tiny_models
from numpy.typing import NDArray

from embeddings import benchmark


class Waiting:
    """An encoder that takes two milliseconds a text, and twenty for its first texts."""

    name, dim, fingerprint = "waiting", 1, ""

    def __init__(self) -> None:
        self.warm = False
        self.calls: list[int] = []

    def encode_questions(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self.encode_passages(texts)

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        time.sleep(0.002 * len(texts) if self.warm else 0.02)
        self.warm = True
        self.calls.append(len(texts))
        return np.ones((len(texts), 1), dtype=np.float32)


def test_asking_imports_no_torch() -> None:
    assert benchmark.heavy_imports("公交数据贷款贷到多少钱?") == []


def test_the_check_sees_what_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark, "HEAVY", ("torch", "faiss", "no_such_package"))
    monkeypatch.setattr(
        benchmark, "_ASK", benchmark._ASK.replace("import HEAVY", "import HEAVY as _\nHEAVY = ['faiss']")
    )
    assert benchmark.heavy_imports("公交数据贷款贷到多少钱?") == ["faiss"]


def test_loading_takes_less_than_its_limits() -> None:
    seconds, peak = benchmark.loading()
    assert 0.0 < seconds < 20.0
    # Python and numpy alone take some 30 MiB; torch would add 200. What this very process holds must not count.
    assert 40.0 < peak < 300.0


def test_speed_by_hand() -> None:
    encoder = Waiting()
    speed = benchmark.measure(encoder, ["a"] * 40, ["q"] * 5, least=0.3)
    # 40 texts of 2 ms: 500 a second at best. Sleeping may take longer, never less.
    assert 100 < speed.passages_per_second <= 500
    assert 2.0 <= speed.question_ms < 20.0
    # A little beforehand, then at least three rounds and 0.3 s (80 ms each at best: four rounds or fewer).
    assert encoder.calls[:2] == [32, 1]
    rounds = encoder.calls.count(40)
    assert 3 <= rounds <= 4 and encoder.calls[2 : 2 + rounds] == [40] * rounds
    assert encoder.calls[2 + rounds :] == [1] * 5


def test_peer_is_a_transformer_of_the_shape_asked_for() -> None:
    tiny_models.libraries()
    texts = ["图书馆每天开放2小时到晚上九点市民都很高兴", "新桥通车", "abc"]
    peer = benchmark.random_transformer(texts, layers=2, dim=64, tokens=16)
    rows = peer.encode_passages(texts)
    assert rows.shape == (3, 64)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)
    # What stands after the first 14 characters and the two marks is cut off.
    np.testing.assert_allclose(peer.encode_passages([texts[0][:14]])[0], rows[0], atol=1e-5)
    assert np.abs(rows[0] - rows[1]).max() > 1e-3


def test_prints_figures_and_their_ratio(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    tiny_models.libraries()
    shape = benchmark.random_transformer
    monkeypatch.setattr(benchmark, "random_transformer", lambda texts: shape(texts, layers=1, dim=32, tokens=16))
    monkeypatch.setattr(benchmark, "sample_texts", lambda: ["市民昨天在新桥上散步。", "图书馆开放到晚上九点。"])
    monkeypatch.setattr(benchmark, "_QUESTIONS", 3)
    monkeypatch.setattr(benchmark, "loading", lambda: (0.5, 120.0))
    monkeypatch.setattr(benchmark, "heavy_imports", lambda _: ["torch"])
    for name in ("RAYON_NUM_THREADS", "OMP_NUM_THREADS", "TOKENIZERS_PARALLELISM"):
        monkeypatch.setenv(name, "1")
    # Torch imported while asking is a failure that the exit status tells.
    assert benchmark.main(["--threads", "1", "--repeat", "2", "--json"]) == 1
    figures = json.loads(capsys.readouterr().out)
    assert figures["passages"] == 4 and figures["threads"] == 1 and figures["cores"] >= 1
    ratio = figures["bundled"]["passages_per_second"] / figures["transformer"]["passages_per_second"]
    assert figures["times_passages"] == pytest.approx(ratio)
    benchmark._print(figures | {"heavy_imports": []})
    assert capsys.readouterr().out.endswith("no torch imported: OK\n")
    with pytest.raises(SystemExit):
        benchmark.main(["--threads", "0"])
