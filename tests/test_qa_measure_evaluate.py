"""A run of the evaluation: its rows, figures, files and tables."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from evaluate_kit import (
    FAIR,
    LOAN,
    ROWS,
    TEXT,
    FakeArchive,
    bus_page,
    run_on,
    with_also,
    with_quote,
    withholding,
    written_rows,
)

import qa.measure.evaluate
from corpus.collections import read_collection
from corpus.errors import EvaluationError, InputError, QuestionSetError
from corpus.ids import article_id
from corpus.passages import passages_of
from qa.measure.evaluate import evaluate, report
from qa.records import Reply
from qa.retriever import Options


def test_a_row_for_every_question_and_turn(tmp_path: Path) -> None:
    archive = FakeArchive((bus_page(),))
    run_on(tmp_path, archive)
    rows = written_rows(tmp_path)
    assert [row["id"] for row in rows] == ["a-1", "n-1", "n-2", "n-3", "d-1/1", "d-1/2"]
    assert [row["answered"] for row in rows] == [True, False, False, False, True, True]
    assert [row["reason"] for row in rows] == ["", "not_a_question", "too_long", "off_topic", "", ""]
    assert rows[5]["effective_question"] == "公交公司贷款多少？展会有几家企业？"
    assert rows[5]["question"] == "展会有几家企业？"
    assert archive.closed


def test_a_row_has_the_agreed_keys_and_points_at_the_printed_text(tmp_path: Path) -> None:
    run_on(tmp_path, FakeArchive((bus_page(),)))
    row = written_rows(tmp_path)[0]
    assert list(row) == [
        "id",
        "question",
        "effective_question",
        "answered",
        "reason",
        "answer",
        "quote",
        "passages",
        "seconds",
    ]
    first, second = row["passages"]
    assert list(first) == ["id", "source", "article", "headline", "kind", "paragraph", "text", "spans", "score"]
    assert first["text"] == "本报讯 公交公司贷款100万元。"
    assert first["spans"] == [[0, 6], [7, 17]]
    assert "".join(TEXT[a:b] for a, b in first["spans"]) == first["text"]
    assert (first["source"], first["article"], first["headline"]) == ("p.txt", article_id("p.txt", TEXT), "公交")
    assert (first["kind"], first["paragraph"], second["paragraph"]) == ("body", 0, 1)
    assert row["quote"] == {"text": first["text"], "passage": 0, "start": 0, "end": 16}
    assert row["answer"] == {"text": "100万元。", "passage": 0, "start": 10, "end": 16}
    assert first["score"] >= second["score"]
    assert row["seconds"] >= 0.0
    empty = written_rows(tmp_path)[1]
    assert (empty["answer"], empty["quote"], empty["passages"]) == (None, None, [])


def test_the_figures_are_written_and_returned(tmp_path: Path) -> None:
    archive = FakeArchive((bus_page(),))
    metrics = run_on(tmp_path, archive, model="m", k=7, options=Options(dense=False))
    assert json.loads((tmp_path / "out" / "run" / "metrics.json").read_text("utf-8")) == metrics
    figures = metrics["figures"]
    assert list(figures) == ["all", "unanswerable", "literal", "empty", "long", "offtopic", "first turn", "follow-up"]
    assert figures["unanswerable"] == {"n": 3, "abstained": 1.0}
    # The follow-up finds the loan's paragraph first: six of its characters are in both questions together.
    assert figures["literal"]["hit@1"] == figures["first turn"]["hit@1"] == figures["literal"]["em"] == 1.0
    assert figures["follow-up"]["mrr@10"] in (0.5, 1.0)
    assert figures["all"]["n"] == 3
    assert metrics["counts"] == {
        "pages": 1,
        "skipped": 1,
        "questions": 6,
        "answerable": 3,
        "unanswerable": 3,
        "dialogues": 1,
        "answered": 3,
    }
    assert (metrics["options"]["dense"], metrics["options"]["model"], metrics["options"]["k"]) == (False, "m", 7)
    assert 0 <= metrics["speed"]["p50_ms"] <= metrics["speed"]["p95_ms"]
    assert set(metrics["machine"]) == {"platform", "processor", "cpus", "python"}
    assert metrics["index"] == {"passages": 3, "model": "toy", "fingerprint": "f" * 64}
    weights = Path(qa.__file__).with_name("rank.json").read_bytes()
    assert metrics["weights"]["rank.json"] == hashlib.sha256(weights).hexdigest()
    assert {"abstain.json", "answers.json"} < set(metrics["weights"])
    assert archive.opened_with == {
        "pages": "papers",
        "model": "m",
        "options": Options(dense=False),
        "progress": None,
    }


def test_confidence_is_held_against_what_is_right(tmp_path: Path) -> None:
    shown: list[str] = []
    metrics = run_on(
        tmp_path,
        FakeArchive((bus_page(),)),
        ROWS[:4],
        show=shown.append,
        settings={"device": "cpu", "reader": Path("r")},
    )
    found = metrics["calibration"]
    # The loan's quote is right with 0.9; the three questions without an answer have confidence 0.
    assert [(one["n"], one["predicted"], one["true"]) for one in found["bins"] if one["n"]] == [(3, 0, 0), (1, 0.9, 1)]
    assert found["ece"] == pytest.approx(0.1 / 4) and found["brier"] == pytest.approx(0.1**2 / 4)
    point = {"threshold": None, "coverage": 0.25, "accuracy": 1.0, "answered": 1.0, "abstained": 1.0}
    assert found["operating"] == point
    table = (tmp_path / "out" / "run" / "coverage.csv").read_text("utf-8").splitlines()
    assert table[1:] == ["0.000000,1.000000,0.250000,1.000000,0.000000", "0.900000,0.250000,1.000000,1.000000,1.000000"]
    assert "this run: 25% answered" in (tmp_path / "out" / "run" / "coverage.svg").read_text("utf-8")
    assert "0.9 to 1.0       1      0.900      1.000" in shown[0]
    assert (tmp_path / "out" / "run" / "report.txt").read_text("utf-8") == shown[0] + "\n"
    assert (metrics["options"]["device"], metrics["options"]["reader"]) == ("cpu", "r")
    assert {"numpy", "torch", "jieba"} <= set(metrics["versions"])


def test_a_withheld_quote_counts_for_the_curve(tmp_path: Path) -> None:
    def unsure(reply: Reply) -> Reply:
        withheld: Reply = withholding()(reply)
        return replace(withheld, confidence=0.3)

    metrics = run_on(tmp_path, FakeArchive((bus_page(),), unsure), ROWS[:1])
    assert metrics["figures"]["all"]["answered"] == metrics["figures"]["all"]["quote"] == 0.0
    assert metrics["calibration"]["bins"][3]["true"] == 1.0
    assert metrics["calibration"]["operating"]["accuracy"] is None


def test_retrieval_alone_answers_nothing(tmp_path: Path) -> None:
    metrics = run_on(tmp_path, FakeArchive((bus_page(),)), retrieval_only=True)
    rows = written_rows(tmp_path)
    assert {(row["answered"], row["reason"], row["quote"], row["answer"]) for row in rows} == {(False, "", None, None)}
    assert [len(row["passages"]) for row in rows] == [2, 0, 0, 2, 2, 2]
    assert set(metrics["figures"]["all"]) == {"n", "hit@1", "hit@3", "hit@5", "mrr@10", "ndcg@10"}
    assert metrics["figures"]["all"]["hit@1"] == 1.0
    assert metrics["figures"]["unanswerable"] == {"n": 3}
    assert metrics["calibration"]["operating"] is None and not any(one["n"] for one in metrics["calibration"]["bins"])
    assert (tmp_path / "out" / "run" / "coverage.csv").read_text("utf-8").count("\n") == 1


def test_a_sentence_that_says_it_again_may_be_shown(tmp_path: Path) -> None:
    assert run_on(tmp_path, FakeArchive((bus_page(),), with_also()), ROWS[:1])["figures"]["all"]["quote"] == 1.0


def test_the_right_passages_are_given_and_what_finding_them_costs_is_told(tmp_path: Path) -> None:
    archive = FakeArchive((bus_page(),))
    # The bus loan is found and answered. The question for the fair is put so that the loan's paragraph is found first.
    misled = {**FAIR, "id": "a-2", "question": "公司的款？", "style": "keyword"}
    elsewhere = {**FAIR, "id": "a-3", "evidence": "没有印出来的话", "style": "keyword"}
    shown: list[str] = []
    rows = [LOAN, misled, elsewhere, *ROWS[1:]]
    metrics = run_on(tmp_path, archive, rows, gold_passages=True, options=Options(threshold=0.5), show=shown.append)
    loan, fair = (passage.id for passage in passages_of(bus_page()) if passage.kind == "body")
    # Neither the turns of the dialogue nor what the pages do not answer; one whose evidence is in no passage counts.
    assert archive.given == [{loan}, {fair}, set()]
    assert archive.opened_with["options"] == Options(threshold=0.0)
    # Exact matches of the three: with the passage given loan and fair, of all passages the loan and the third question.
    assert metrics["gold_passages"]["n"] == 3
    assert metrics["gold_passages"]["em"] == pytest.approx(2 / 3)
    assert metrics["retrieval_cost"]["em"] == pytest.approx(2 / 3 - 2 / 3)
    assert metrics["retrieval_cost"]["quote"] == pytest.approx(2 / 3 - 1 / 3)
    assert "hit@1" not in metrics["gold_passages"] and "hit@1" not in metrics["retrieval_cost"]
    assert "passage given: quote 0.667, tight 0.667, em 0.667" in shown[0]
    assert "finding costs: quote 0.333" in shown[0]
    assert len(written_rows(tmp_path)) == 8 and metrics["options"]["gold_passages"] is True


def test_what_is_said_with_the_passage_given_is_checked_as_well(tmp_path: Path) -> None:
    def lie(reply: Reply) -> Reply:
        return with_quote(start=1)(reply) if len(reply.hits) == 1 else reply

    with pytest.raises(EvaluationError, match="Row a-1, quote: characters 1 to 16"):
        run_on(tmp_path, FakeArchive((bus_page(),), lie), ROWS[:1], gold_passages=True)


def test_nothing_is_told_of_passages_that_were_not_given(tmp_path: Path) -> None:
    metrics = run_on(tmp_path, FakeArchive((bus_page(),)), ROWS[:1])
    assert not {"gold_passages", "retrieval_cost"} & set(metrics)
    assert "passage given" not in report(metrics)
    with pytest.raises(InputError, match="leave out one of the two"):
        run_on(tmp_path, FakeArchive((bus_page(),)), gold_passages=True, retrieval_only=True)


def test_a_retrieval_set_is_read_by_its_own_ids(tmp_path: Path) -> None:
    path = tmp_path / "set.json"
    questions = [{"id": "q1", "question": "在歐洲誰？", "answers": [{"text": "德國"}]}]
    paragraphs = [{"context": "在亞洲有日本。", "qas": []}, {"id": "x", "context": "在歐洲有德國。", "qas": questions}]
    path.write_text(json.dumps({"data": [{"title": "洲", "paragraphs": paragraphs}]}), "utf-8")
    archive = FakeArchive(read_collection(path).pages)
    metrics = evaluate(path, path, tmp_path / "out" / "run", open_archive=archive, show=None, warn=lambda line: None)
    (row,) = written_rows(tmp_path)
    assert (row["id"], row["passages"][0]["source"], row["passages"][0]["kind"]) == ("q1", "x", "document")
    assert metrics["figures"]["all"]["hit@1"] == metrics["figures"]["all"]["quote"] == 1.0
    assert list(metrics["figures"]) == ["all"]


def test_the_table_is_shown_and_doubts_are_told(tmp_path: Path) -> None:
    shown: list[str] = []
    told: list[str] = []
    elsewhere = {**LOAN, "id": "a-2", "source": "elsewhere.txt"}
    run_on(tmp_path, FakeArchive((bus_page(),)), [LOAN, elsewhere], show=shown.append, warn=told.append)
    assert shown[0].splitlines()[1].split()[:3] == ["all", "2", "0.500"]
    assert shown[0].splitlines()[-1].startswith("2 questions, p50 ")
    assert told == [
        "The index was rebuilt.",
        "skipped bad.txt: It is empty.",
        "1 source that the questions name is not among the pages: elsewhere.txt.",
    ]


def test_a_big_set_has_a_progress_bar_on_stderr(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{**LOAN, "id": f"a-{n}"} for n in range(20)]
    run_on(tmp_path, FakeArchive((bus_page(),)), rows, show=print)
    captured = capsys.readouterr()
    assert "20/20" in captured.err
    assert "Asking" not in captured.out
    run_on(tmp_path, FakeArchive((bus_page(),)), rows[:2])
    assert capsys.readouterr().err == ""


def test_the_table_goes_to_stdout_and_warnings_to_stderr(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_on(tmp_path, FakeArchive((bus_page(),)), [LOAN], show=print, warn=None)
    captured = capsys.readouterr()
    assert "hit@1" in captured.out
    assert captured.err == "The index was rebuilt.\nskipped bad.txt: It is empty.\n"


def test_a_failed_run_leaves_the_results_of_the_last_one(tmp_path: Path) -> None:
    run_on(tmp_path, FakeArchive((bus_page(),)))
    before = written_rows(tmp_path)
    archive = FakeArchive((bus_page(),), with_quote(start=1))
    with pytest.raises(EvaluationError):
        run_on(tmp_path, archive)
    assert written_rows(tmp_path) == before
    written = ["coverage.csv", "coverage.svg", "metrics.json", "report.txt", "results.jsonl"]
    assert sorted(path.name for path in (tmp_path / "out" / "run").iterdir()) == written
    assert archive.closed


def test_bad_input_is_refused_before_the_pages_are_read(tmp_path: Path) -> None:
    archive = FakeArchive((bus_page(),))
    with pytest.raises(InputError, match="k is 0"):
        run_on(tmp_path, archive, k=0)
    with pytest.raises(QuestionSetError):
        evaluate("papers", tmp_path / "missing.jsonl", tmp_path / "out", open_archive=archive)
    (tmp_path / "out").write_text("", "utf-8")
    with pytest.raises(InputError, match="cannot be written to"):
        run_on(tmp_path, archive)
    assert archive.opened_with == {}
