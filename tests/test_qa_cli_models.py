"""The models of a chat are loaded once, however many sets of pages are opened."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import embeddings.encoder
from corpus.errors import ModelError
from qa.chat.shelves import UPLOADS, Shelves
from qa.cli import main

NEWS = "渡船复航\n\n■记者 周知\n\n停了半年的{name}渡船昨日复航，首班载客六十人。\n"


@pytest.mark.parametrize("named", [False, True])
def test_one_encoder_serves_all_sets(named: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bundled one, or one that is named: here the same table, by its folder."""
    for name in ("东埠", "西埠"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "20260401_01版.txt").write_text(NEWS.format(name=name), "utf-8")
    loaded: list[str] = []
    embeddings.encoder._bundled.cache_clear()
    load: Callable[..., Any] = embeddings.encoder._load_static

    def counted(name: str, folder: Path) -> Any:
        loaded.append(name)
        return load(name, folder)

    def served(opening: Callable[[], Any], shelves: Shelves, **_: object) -> None:
        encoders = {id(opening().archive._retriever.encoder)}
        corpora = shelves._corpora
        assert corpora is not None

        def use(key: str) -> None:
            with corpora.use(key) as live:
                encoders.add(id(live.archive._retriever.encoder))
                assert live.ask("渡船首班载客多少人？").hits

        keys = [one.key for one in shelves.sets() if one.key != UPLOADS]
        threads = [threading.Thread(target=use, args=(key,)) for key in keys]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(keys) == 3 and len(encoders) == 1, "the started pages, the sample and another folder share one"
        (tmp_path / "东埠" / "20260402_01版.txt").write_text(NEWS.format(name="南埠"), "utf-8")
        with corpora.use(keys[0]) as live:
            assert live.refresh() and id(live.archive._retriever.encoder) in encoders
        shelves.close()

    monkeypatch.setattr(embeddings.encoder, "_load_static", counted)
    monkeypatch.setattr("qa.chat.serve", served)
    folder = str(embeddings.encoder.BUNDLED)
    model = ["--model", folder] if named else []
    assert main(["chat", str(tmp_path / "东埠"), "--also", str(tmp_path / "西埠"), *model]) == 0
    assert loaded == [folder if named else embeddings.encoder.BUNDLED_NAME]


def test_a_model_that_cannot_be_loaded_is_said_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tries: list[str] = []

    def served(opening: Callable[[], Any], **_: object) -> None:
        for _again in range(2):
            with pytest.raises(ModelError) as refused:
                opening()
            tries.append(str(refused.value))

    monkeypatch.setattr("qa.chat.serve", served)
    assert main(["chat", "--model", str(tmp_path / "none")]) == 0
    assert len(tries) == 2 and all("none" in one for one in tries)
