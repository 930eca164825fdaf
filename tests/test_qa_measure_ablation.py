"""Each stage left out in turn: on an archive made up by hand, and the command on the sample pages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import DATA

from qa.archive import Archive
from qa.measure import ablation
from qa.measure.question_sets import read_questions
from qa.retriever import Options


def test_every_stage_is_left_out_once() -> None:
    found = dict(ablation.stages())
    assert found["nothing"] == Options()
    assert found["soft"] == Options(soft=False)
    assert found["typed"] == Options(without=("typed",))
    assert found["stated"] == Options(without=("stated",))
    assert len(set(found.values())) == len(found)
    assert {"dense", "lexical", "pairs", "thesaurus", "soft", "rank", "typed", "context", "right"} < set(found)


def _few(tmp_path: Path, name: str, count: int) -> Path:
    path = tmp_path / name
    path.write_text("".join((DATA / name).read_text("utf-8").splitlines(keepends=True)[:count]), "utf-8")
    return path


def test_the_figures_of_both_sets_stand_in_one_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sets = [read_questions(_few(tmp_path, name, 2)) for name in ("questions.jsonl", "unanswerable.jsonl")]
    chosen = [(name, options) for name, options in ablation.stages() if name in ("nothing", "soft", "stated")]
    monkeypatch.setattr(ablation, "stages", lambda: iter(chosen))
    opened: list[Options] = []

    def open_archive(pages: Any, options: Options) -> Archive:
        opened.append(options)
        return Archive.open(None, options=options)

    rows = dict(ablation.ablate("sample", sets, open_archive=open_archive))
    assert list(rows) == [name for name, _ in chosen] and len(chosen) == 3
    assert opened == [options for _, options in chosen]
    for figures in rows.values():
        assert set(figures) == {"hit@1", "mrr@10", "quote", "f1", "answered", "abstained", "brier", "ms"}
    # One of eight questions takes some milliseconds.
    assert 0.1 < rows["nothing"]["ms"] < 10_000


def test_what_is_left_out_counts_for_nothing(archive: Archive) -> None:
    question = "南湖区这次推进会的主持人是谁?"
    whole = archive.retrieve(question, k=30)
    typed = Archive.open(options=Options(without=("typed",))).retrieve(question, k=30)
    assert any(hit.features["typed"] > 0 for hit in whole)
    assert all("typed" not in hit.features and "context" in hit.features for hit in typed)
    # Each model that is left out is sure: all three together leave nothing to doubt.
    near_miss = "包青团那天一共来了多少名快递员?"
    assert archive.ask(near_miss).confidence < 0.99
    sure = Archive.open(options=Options(without=("topic", "stated", "right"))).ask(near_miss)
    assert sure.answered and sure.confidence == 1.0


def test_the_table_shows_the_difference() -> None:
    whole = {"hit@1": 0.75, "f1": 0.5, "ms": 12.4}
    lines = ablation.table([("nothing", whole), ("dense", {"hit@1": 0.5, "f1": 0.625, "ms": 8.0})]).splitlines()
    assert lines == [
        "| left out | hit@1 | f1 | ms |",
        "|---|---|---|---|",
        "| nothing | 0.750 | 0.500 | 12 |",
        "| dense | 0.500 (-0.250) | 0.625 (+0.125) | 8 |",
    ]


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    chosen = list(ablation.stages())[:2]
    monkeypatch.setattr(ablation, "stages", lambda: iter(chosen))
    questions, others = (_few(tmp_path, name, 3) for name in ("questions.jsonl", "unanswerable.jsonl"))
    pages = str(DATA.parents[1] / "corpus" / "sample")
    assert ablation.main([pages, str(questions), "--unanswerable", str(others), "--json"]) == 0
    printed = capsys.readouterr()
    figures = json.loads(printed.out)
    assert list(figures) == ["nothing", "dense"] and 0.0 < figures["nothing"]["hit@1"] <= 1.0
    assert printed.err == "without nothing: measured\nwithout dense: measured\n"
    assert ablation.main([pages, str(questions)]) == 0
    assert capsys.readouterr().out.startswith(
        "3 questions\n\n| left out | hit@1 | mrr@10 | quote | f1 | answered | brier | ms |\n"
    )
    assert ablation.main([pages, str(tmp_path / "missing.jsonl")]) == 2
    assert capsys.readouterr().err.startswith("python -m qa.measure.ablation: There is no file of questions at ")
