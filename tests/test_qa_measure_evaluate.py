import hashlib
import json
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import qa.measure.evaluate
from corpus.collections import read_collection
from corpus.errors import EvaluationError, InputError, QuestionError, QuestionSetError
from corpus.ids import article_id
from corpus.passages import passages_of
from corpus.records import Article, Block, Page, Skipped, Span
from qa.measure.evaluate import evaluate, report
from qa.measure.rows import check_hits, check_reply, dump_line, sliced
from qa.records import Excerpt, Hit, Reply
from qa.retriever import Options

# One page of one article with two paragraphs; the first is cut by a column's end between 公交 and 公司.
TEXT = "本报讯 公交\n公司贷款100万元。\n展会有30家企业参加。\n"
FIRST: tuple[Span, ...] = ((0, 6), (7, 17))
SECOND: tuple[Span, ...] = ((18, 29),)


def _page(text: str = TEXT) -> Page:
    blocks = tuple(Block(sliced(text, spans), spans) for spans in (FIRST, SECOND))
    article = Article(article_id("p.txt", text), "p.txt", "article", "公交", (), (), blocks, (), "", (), (), (), ())
    return Page("p.txt", text, "0" * 64, None, None, (article,), ())


class FakeArchive:
    """Finds the passages that share most characters with the question; answers with what follows 款 or 有.

    A conversation puts its last question before the present one.
    """

    def __init__(self, pages: tuple[Page, ...], change: Any = None) -> None:
        self.pages = pages
        self.skipped = (Skipped("bad.txt", "It is empty."),)
        self.notes = ("The index was rebuilt.",)
        self.closed = False
        self.opened_with: dict[str, Any] = {}
        self.given: list[set[str]] = []
        self._change = change
        self._before = ""

    def __call__(self, pages: Any, **named: Any) -> "FakeArchive":
        self.opened_with = {"pages": pages, **named}
        return self

    def retrieve(self, question: str, k: int = 5) -> list[Hit]:
        if not question.strip() or len(question) > 2000:
            raise QuestionError("The question cannot be asked.")
        hits = [
            Hit(passage, page.articles[0], page, float(len(set(question) & set(passage.text))))
            for page in self.pages
            for passage in passages_of(page)
            if passage.kind in ("body", "document")
        ]
        return sorted(hits, key=lambda hit: -hit.score)[:k]

    def reply(self, question: str, k: int = 10, effective: str | None = None) -> Reply:
        effective = question if effective is None else effective
        if not question.strip() or len(question) > 2000:
            reason = "too_long" if question.strip() else "not_a_question"
            return Reply(question, effective, False, reason, None, None, (), 0.0, 0.0, "")  # type: ignore[arg-type]
        hits = tuple(self.retrieve(effective, k))
        if hits[0].score < 2:
            return Reply(question, effective, False, "off_topic", None, None, hits, 0.0, 0.0, "")
        reply = self.answered(question, effective, hits)
        return reply if self._change is None else self._change(reply)

    def answered(self, question: str, effective: str, hits: tuple[Hit, ...]) -> Reply:
        text = hits[0].passage.text
        start = max(text.find("款"), text.find("有")) + 1
        end = start + 6 if "款" in text else start + 3
        quote = _excerpt(hits[0], 0, 0, len(text))
        return Reply(question, effective, True, "", quote, _excerpt(hits[0], 0, start, end), hits, 0.9, 0.0, "公交")

    def reply_from(self, passage_ids: Collection[str], question: str, k: int = 10) -> Reply:
        self.given.append(set(passage_ids))
        chosen = [passage for page in self.pages for passage in passages_of(page) if passage.id in passage_ids]
        if not chosen:
            return Reply(question, question, False, "off_topic", None, None, (), 0.0, 0.0, "")
        page = next(page for page in self.pages if page.source == chosen[0].source)
        reply = self.answered(question, question, (Hit(chosen[0], page.articles[0], page, 1.0),))
        return reply if self._change is None else self._change(reply)

    def statistics(self) -> dict[str, int | str]:
        return {"passages": 3, "model": "toy", "fingerprint": "f" * 64}

    def conversation(self) -> "FakeArchive":
        return FakeTalk(self.pages)

    def close(self) -> None:
        self.closed = True


class FakeTalk(FakeArchive):
    def ask(self, question: str, k: int = 10) -> Reply:
        effective, self._before = self._before + question, question
        return self.reply(question, k, effective)


def _excerpt(hit: Hit, n: int, start: int, end: int) -> Excerpt:
    from corpus.passages import slice_block

    passage = hit.passage
    spans = slice_block(Block(passage.text, passage.spans), start, end)
    return Excerpt(passage.text[start:end], n, start, end, spans)


LOAN = {
    "id": "a-1",
    "question": "公交公司贷款多少？",
    "answers": ["100万元"],
    "evidence": "公交公司贷款100万元",
    "source": "p.txt",
    "style": "literal",
}
FAIR = {"question": "展会有几家企业？", "answers": ["30家"], "evidence": "展会有30家企业参加", "source": "p.txt"}
ROWS = [
    LOAN,
    {"id": "n-1", "question": "", "kind": "empty"},
    {"id": "n-2", "question": "字" * 2001, "kind": "long"},
    {"id": "n-3", "question": "What?", "kind": "offtopic"},
    {"id": "d-1", "turns": [LOAN, FAIR]},
]


def _questions(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def _run(tmp_path: Path, archive: FakeArchive, rows: list[dict[str, Any]] = ROWS, **named: Any) -> dict[str, Any]:
    questions = _questions(tmp_path / "q.jsonl", rows)
    named = {"options": Options(), "open_archive": archive, "show": None, "warn": lambda line: None, **named}
    return evaluate("papers", questions, tmp_path / "out" / "run", **named)


def _results(tmp_path: Path) -> list[dict[str, Any]]:
    text = (tmp_path / "out" / "run" / "results.jsonl").read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_a_row_for_every_question_and_turn(tmp_path: Path) -> None:
    archive = FakeArchive((_page(),))
    _run(tmp_path, archive)
    rows = _results(tmp_path)
    assert [row["id"] for row in rows] == ["a-1", "n-1", "n-2", "n-3", "d-1/1", "d-1/2"]
    assert [row["answered"] for row in rows] == [True, False, False, False, True, True]
    assert [row["reason"] for row in rows] == ["", "not_a_question", "too_long", "off_topic", "", ""]
    assert rows[5]["effective_question"] == "公交公司贷款多少？展会有几家企业？"
    assert rows[5]["question"] == "展会有几家企业？"
    assert archive.closed


def test_a_row_has_the_agreed_keys_and_points_at_the_printed_text(tmp_path: Path) -> None:
    _run(tmp_path, FakeArchive((_page(),)))
    row = _results(tmp_path)[0]
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
    empty = _results(tmp_path)[1]
    assert (empty["answer"], empty["quote"], empty["passages"]) == (None, None, [])


def test_the_figures_are_written_and_returned(tmp_path: Path) -> None:
    archive = FakeArchive((_page(),))
    metrics = _run(tmp_path, archive, model="m", k=7, options=Options(dense=False))
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
    metrics = _run(
        tmp_path, FakeArchive((_page(),)), ROWS[:4], show=shown.append, settings={"device": "cpu", "reader": Path("r")}
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
        withheld: Reply = _withheld()(reply)
        return replace(withheld, confidence=0.3)

    metrics = _run(tmp_path, FakeArchive((_page(),), unsure), ROWS[:1])
    assert metrics["figures"]["all"]["answered"] == metrics["figures"]["all"]["quote"] == 0.0
    assert metrics["calibration"]["bins"][3]["true"] == 1.0
    assert metrics["calibration"]["operating"]["accuracy"] is None


def test_retrieval_alone_answers_nothing(tmp_path: Path) -> None:
    metrics = _run(tmp_path, FakeArchive((_page(),)), retrieval_only=True)
    rows = _results(tmp_path)
    assert {(row["answered"], row["reason"], row["quote"], row["answer"]) for row in rows} == {(False, "", None, None)}
    assert [len(row["passages"]) for row in rows] == [2, 0, 0, 2, 2, 2]
    assert set(metrics["figures"]["all"]) == {"n", "hit@1", "hit@3", "hit@5", "mrr@10", "ndcg@10"}
    assert metrics["figures"]["all"]["hit@1"] == 1.0
    assert metrics["figures"]["unanswerable"] == {"n": 3}
    assert metrics["calibration"]["operating"] is None and not any(one["n"] for one in metrics["calibration"]["bins"])
    assert (tmp_path / "out" / "run" / "coverage.csv").read_text("utf-8").count("\n") == 1


def test_a_sentence_that_says_it_again_may_be_shown(tmp_path: Path) -> None:
    assert _run(tmp_path, FakeArchive((_page(),), _also()), ROWS[:1])["figures"]["all"]["quote"] == 1.0


def test_the_right_passages_are_given_and_what_finding_them_costs_is_told(tmp_path: Path) -> None:
    archive = FakeArchive((_page(),))
    # The bus loan is found and answered. The question for the fair is put so that the loan's paragraph is found first.
    misled = {**FAIR, "id": "a-2", "question": "公司的款？", "style": "keyword"}
    elsewhere = {**FAIR, "id": "a-3", "evidence": "没有印出来的话", "style": "keyword"}
    shown: list[str] = []
    rows = [LOAN, misled, elsewhere, *ROWS[1:]]
    metrics = _run(tmp_path, archive, rows, gold_passages=True, options=Options(threshold=0.5), show=shown.append)
    loan, fair = (passage.id for passage in passages_of(_page()) if passage.kind == "body")
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
    assert len(_results(tmp_path)) == 8 and metrics["options"]["gold_passages"] is True


def test_what_is_said_with_the_passage_given_is_checked_as_well(tmp_path: Path) -> None:
    def lie(reply: Reply) -> Reply:
        return _quote(start=1)(reply) if len(reply.hits) == 1 else reply

    with pytest.raises(EvaluationError, match="Row a-1, quote: characters 1 to 16"):
        _run(tmp_path, FakeArchive((_page(),), lie), ROWS[:1], gold_passages=True)


def test_nothing_is_told_of_passages_that_were_not_given(tmp_path: Path) -> None:
    metrics = _run(tmp_path, FakeArchive((_page(),)), ROWS[:1])
    assert not {"gold_passages", "retrieval_cost"} & set(metrics)
    assert "passage given" not in report(metrics)
    with pytest.raises(InputError, match="leave out one of the two"):
        _run(tmp_path, FakeArchive((_page(),)), gold_passages=True, retrieval_only=True)


def test_a_retrieval_set_is_read_by_its_own_ids(tmp_path: Path) -> None:
    path = tmp_path / "set.json"
    questions = [{"id": "q1", "question": "在歐洲誰？", "answers": [{"text": "德國"}]}]
    paragraphs = [{"context": "在亞洲有日本。", "qas": []}, {"id": "x", "context": "在歐洲有德國。", "qas": questions}]
    path.write_text(json.dumps({"data": [{"title": "洲", "paragraphs": paragraphs}]}), "utf-8")
    archive = FakeArchive(read_collection(path).pages)
    metrics = evaluate(path, path, tmp_path / "out" / "run", open_archive=archive, show=None, warn=lambda line: None)
    (row,) = _results(tmp_path)
    assert (row["id"], row["passages"][0]["source"], row["passages"][0]["kind"]) == ("q1", "x", "document")
    assert metrics["figures"]["all"]["hit@1"] == metrics["figures"]["all"]["quote"] == 1.0
    assert list(metrics["figures"]) == ["all"]


def test_the_table_is_shown_and_doubts_are_told(tmp_path: Path) -> None:
    shown: list[str] = []
    told: list[str] = []
    elsewhere = {**LOAN, "id": "a-2", "source": "elsewhere.txt"}
    _run(tmp_path, FakeArchive((_page(),)), [LOAN, elsewhere], show=shown.append, warn=told.append)
    assert shown[0].splitlines()[1].split()[:3] == ["all", "2", "0.500"]
    assert shown[0].splitlines()[-1].startswith("2 questions, p50 ")
    assert told == [
        "The index was rebuilt.",
        "skipped bad.txt: It is empty.",
        "1 source that the questions name is not among the pages: elsewhere.txt.",
    ]


def test_a_big_set_has_a_progress_bar_on_stderr(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{**LOAN, "id": f"a-{n}"} for n in range(20)]
    _run(tmp_path, FakeArchive((_page(),)), rows, show=print)
    captured = capsys.readouterr()
    assert "20/20" in captured.err
    assert "Asking" not in captured.out
    _run(tmp_path, FakeArchive((_page(),)), rows[:2])
    assert capsys.readouterr().err == ""


def test_the_table_goes_to_stdout_and_warnings_to_stderr(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _run(tmp_path, FakeArchive((_page(),)), [LOAN], show=print, warn=None)
    captured = capsys.readouterr()
    assert "hit@1" in captured.out
    assert captured.err == "The index was rebuilt.\nskipped bad.txt: It is empty.\n"


def _with(**named: Any) -> Any:
    return lambda reply: replace(reply, **named)


def _quote(**named: Any) -> Any:
    return lambda reply: replace(reply, quote=replace(reply.quote, **named))


def _answer(**named: Any) -> Any:
    return lambda reply: replace(reply, answer=replace(reply.answer, **named))


def _also(**named: Any) -> Any:
    """The other paragraph as one that says it again, but for what is named."""
    return lambda reply: replace(reply, also=(replace(_excerpt(reply.hits[1], 1, 0, 11), **named),))


def _withheld(**named: Any) -> Any:
    """The answer taken back; its quote is kept, but for what is named."""
    return lambda reply: replace(
        reply, answered=False, reason="not_stated", quote=None, answer=None, withheld=replace(reply.quote, **named)
    )


def _hit(**named: Any) -> Any:
    def change(reply: Reply) -> Reply:
        first = reply.hits[0]
        return replace(reply, hits=(replace(first, passage=replace(first.passage, **named)), *reply.hits[1:]))

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            _hit(text="本报讯 公交公司贷款100万元"),
            "Row a-1, passage 0 .*: its page says '本报讯 .*。', it says '本报讯",
        ),
        (_hit(spans=((0, 6), (8, 17))), "Row a-1, passage 0 .*: its page says"),
        (_hit(spans=()), r"Row a-1, passage 0 .*: its spans \[\] are not ranges"),
        (_hit(spans=((0, 99),)), r"Row a-1, passage 0 .*: its spans \[\(0, 99\)\] are not ranges"),
        (_hit(source="q.txt"), "Row a-1, passage 0 .*: it is of q.txt"),
        (_hit(article_id="other"), "Row a-1, passage 0 .*: it is of p.txt, article other"),
        (lambda reply: replace(reply, hits=reply.hits[::-1]), "Row a-1, passage 1 .*: its score"),
        (_quote(text="公交"), "Row a-1, quote: characters 0 to 16 of its passage"),
        (_quote(start=1), "Row a-1, quote: characters 1 to 16 of its passage"),
        (_quote(start=-16), "Row a-1, quote: characters -16 to 16 of its passage"),
        (_quote(hit=2), "Row a-1, quote: it is of passage 2, and there are 2"),
        (_quote(hit=-1), "Row a-1, quote: it is of passage -1"),
        (_quote(spans=SECOND), "Row a-1, quote: its page says '展会有30家企业参加。'"),
        (_answer(start=9), "Row a-1, answer: characters 9 to 16"),
        (_answer(spans=((11, 12),)), "Row a-1, answer: its page says"),
        (_also(text="展会"), "Row a-1, sentence that says it again: characters 0 to 11 of its passage"),
        (_also(hit=2), "Row a-1, sentence that says it again: it is of passage 2"),
        (_also(spans=FIRST), "Row a-1, sentence that says it again: its page says"),
        (_withheld(text="展会"), "Row a-1, quote that was not shown: characters 0 to 16 of its passage"),
        (_withheld(hit=9), "Row a-1, quote that was not shown: it is of passage 9"),
        (_with(quote=None), "Row a-1 is answered, but has no quote"),
        (_with(reason="off_topic"), "Row a-1 is answered, but has no quote or has the reason 'off_topic'"),
        (_with(answered=False, reason="off_topic"), "Row a-1 is not answered, but has a quote"),
        (_with(answered=False, quote=None, answer=None), "Row a-1 is not answered, .* a reason other than"),
    ],
)
def test_a_result_that_contradicts_its_page_fails_the_run(tmp_path: Path, change: Any, message: str) -> None:
    with pytest.raises(EvaluationError, match=message):
        _run(tmp_path, FakeArchive((_page(),), change))
    assert list((tmp_path / "out" / "run").iterdir()) == []


def test_a_failed_run_leaves_the_results_of_the_last_one(tmp_path: Path) -> None:
    _run(tmp_path, FakeArchive((_page(),)))
    before = _results(tmp_path)
    archive = FakeArchive((_page(),), _quote(start=1))
    with pytest.raises(EvaluationError):
        _run(tmp_path, archive)
    assert _results(tmp_path) == before
    written = ["coverage.csv", "coverage.svg", "metrics.json", "report.txt", "results.jsonl"]
    assert sorted(path.name for path in (tmp_path / "out" / "run").iterdir()) == written
    assert archive.closed


def test_white_space_at_the_joints_does_not_count() -> None:
    text = "公交 \n 公司"
    page = replace(_page(), text=text)
    article = page.articles[0]
    passage = replace(passages_of(_page())[0], text="公交公司", spans=((0, 3), (4, 7)))
    check_hits("a", [Hit(passage, article, page, 1.0)])
    with pytest.raises(EvaluationError, match="Row a, passage 0"):
        check_hits("a", [Hit(replace(passage, spans=((0, 7),)), article, page, 1.0)])
    with pytest.raises(EvaluationError, match="its score nan is no number"):
        check_hits("a", [Hit(passage, article, page, float("nan"))])


def test_an_answer_may_be_missing_beside_a_quote() -> None:
    reply = FakeArchive((_page(),)).reply("公交公司贷款多少？")
    check_reply("a", replace(reply, answer=None))


def test_a_line_of_json_is_one_line_for_every_reader() -> None:
    line = dump_line({"text": "甲\u2028乙\u2029丙\x85丁\n戊\x0b"})
    assert len(line.splitlines()) == 1
    assert json.loads(line) == {"text": "甲\u2028乙\u2029丙\x85丁\n戊\x0b"}


def test_bad_input_is_refused_before_the_pages_are_read(tmp_path: Path) -> None:
    archive = FakeArchive((_page(),))
    with pytest.raises(InputError, match="k is 0"):
        _run(tmp_path, archive, k=0)
    with pytest.raises(QuestionSetError):
        evaluate("papers", tmp_path / "missing.jsonl", tmp_path / "out", open_archive=archive)
    (tmp_path / "out").write_text("", "utf-8")
    with pytest.raises(InputError, match="cannot be written to"):
        _run(tmp_path, archive)
    assert archive.opened_with == {}
