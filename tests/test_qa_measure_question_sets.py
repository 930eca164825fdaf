import json
from pathlib import Path

import pytest

from corpus.errors import QuestionSetError
from qa.measure.question_sets import Dialogue, Question, read_questions


def _write(path: Path, *rows: object) -> Path:
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def test_answerable_and_unanswerable_questions(tmp_path: Path) -> None:
    path = _write(
        tmp_path / "q.jsonl",
        {
            "id": "a-1",
            "question": "贷了多少？",
            "answers": ["100万元"],
            "evidence": "贷款100万元",
            "also": ["拿到100万元"],
            "source": "p.txt",
            "article": "公交",
            "style": "literal",
            "hops": 1,
        },
        "",
        {"id": "n-1", "question": "", "kind": "offtopic", "evidence": None},
        {"id": "k-1", "question": "谁？", "answers": ["甲"]},
    )
    asked = read_questions(path)
    assert asked.form == "jsonl"
    assert asked.items == (
        Question(
            "a-1",
            "贷了多少？",
            ("100万元",),
            "贷款100万元",
            ("拿到100万元",),
            "p.txt",
            "公交",
            "literal",
            "",
            "passage",
        ),
        Question("n-1", "", kind="offtopic", gold="nothing"),
        Question("k-1", "谁？", ("甲",), gold="unknown"),
    )
    assert [q.group for q in asked.questions] == ["literal", "offtopic", "other"]


def test_a_dialogue_numbers_its_turns(tmp_path: Path) -> None:
    turns = [
        {"question": "甲？", "answers": ["一"], "evidence": "甲是一", "style": "literal"},
        {"question": "那乙呢？"},
    ]
    asked = read_questions(_write(tmp_path / "q.jsonl", {"id": "d-01", "turns": turns}))
    (dialogue,) = asked.items
    assert isinstance(dialogue, Dialogue)
    assert [(q.id, q.text, q.group, q.gold) for q in dialogue.turns] == [
        ("d-01/1", "甲？", "first turn", "passage"),
        ("d-01/2", "那乙呢？", "follow-up", "nothing"),
    ]
    assert asked.questions == dialogue.turns


def test_only_a_line_feed_ends_a_row(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_bytes('\ufeff{"id": "a", "question": "甲\u2028乙"}\r\n'.encode())
    assert [q.text for q in read_questions(path).questions] == ["甲\u2028乙"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{", "line 2: expected one JSON object such as"),
        ("[]", "line 2: expected one JSON object such as"),
        ({"question": "甲？"}, 'line 2: expected "id", a string'),
        ({"id": 3, "question": "甲？"}, 'line 2: expected "id", a string'),
        ({"id": "b"}, 'line 2: expected "question", a string'),
        ({"id": "b", "question": None}, 'line 2: expected "question", a string'),
        ({"id": "b", "question": "甲？", "answers": "一"}, 'line 2: expected "answers" to be a list'),
        ({"id": "b", "question": "甲？", "answers": []}, 'line 2: expected "answers" to be a list'),
        ({"id": "b", "question": "甲？", "answers": [1]}, 'line 2: expected "answers" to be a list'),
        ({"id": "b", "question": "甲？", "source": 1}, 'line 2: expected "source" to be a string, found 1'),
        ({"id": "b", "turns": []}, 'line 2: expected "turns" to be a list'),
        ({"id": "b", "turns": [{"question": "甲？"}, {}]}, 'line 2, turn 2: expected "question", a string'),
        ({"id": "a", "question": "甲？"}, "holds the id 'a' twice"),
    ],
)
def test_a_malformed_row_is_named(tmp_path: Path, row: object, message: str) -> None:
    path = _write(tmp_path / "q.jsonl", {"id": "a", "question": "甲？"}, row)
    with pytest.raises(QuestionSetError) as caught:
        read_questions(path)
    assert str(path) in str(caught.value)
    assert message in str(caught.value)


def test_a_turn_and_a_question_of_the_same_id_are_refused(tmp_path: Path) -> None:
    path = _write(tmp_path / "q.jsonl", {"id": "d/1", "question": "甲？"}, {"id": "d", "turns": [{"question": "乙？"}]})
    with pytest.raises(QuestionSetError, match="holds the id 'd/1' twice"):
        read_questions(path)


def test_what_cannot_be_read_at_all(tmp_path: Path) -> None:
    with pytest.raises(QuestionSetError, match="There is no file of questions at"):
        read_questions(tmp_path / "missing.jsonl")
    with pytest.raises(QuestionSetError, match=r"is a folder without corpus\.jsonl"):
        read_questions(tmp_path)
    empty = _write(tmp_path / "empty.jsonl", "")
    with pytest.raises(QuestionSetError, match="holds no question"):
        read_questions(empty)
    (tmp_path / "gbk.jsonl").write_bytes("\n甲".encode("gbk"))
    with pytest.raises(QuestionSetError, match="line 2: expected text in UTF-8"):
        read_questions(tmp_path / "gbk.jsonl")


def _beir(folder: Path, qrels: dict[str, str]) -> Path:
    (folder / "qrels").mkdir(parents=True)
    _write(folder / "corpus.jsonl", {"_id": "d1", "text": "甲"})
    _write(folder / "queries.jsonl", {"_id": "q1", "text": "甲？"}, {"_id": "q2", "text": "乙？"})
    for name, text in qrels.items():
        (folder / "qrels" / name).write_text(text, "utf-8")
    return folder


def test_a_beir_folder(tmp_path: Path) -> None:
    qrels = "query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t0\nq1\td3\t1\nelsewhere\td1\t1\n"
    asked = read_questions(_beir(tmp_path / "set", {"dev.tsv": qrels}))
    assert asked.form == "beir"
    assert asked.items == (
        Question("q1", "甲？", gold="source", relevant=(("d1", 2), ("d3", 1))),
        Question("q2", "乙？", gold="unknown"),
    )


def test_several_beir_splits_are_groups(tmp_path: Path) -> None:
    asked = read_questions(_beir(tmp_path / "set", {"dev.tsv": "q1\td1\t1\n", "test.tsv": "q2\td1\t1\n"}))
    assert [(q.id, q.group) for q in asked.questions] == [("q1", "dev"), ("q2", "test")]


def test_malformed_judgements_are_named(tmp_path: Path) -> None:
    with pytest.raises(QuestionSetError, match=r"dev\.tsv, line 2: expected query-id, corpus-id and a whole number"):
        read_questions(_beir(tmp_path / "a", {"dev.tsv": "q1\td1\t1\nq1\td1\tx\n"}))
    with pytest.raises(QuestionSetError, match=r"dev\.tsv, line 1: expected query-id"):
        read_questions(_beir(tmp_path / "b", {"dev.tsv": "q1 d1 1\n"}))
    with pytest.raises(QuestionSetError, match=r"has no qrels/\*\.tsv"):
        read_questions(_beir(tmp_path / "c", {}))


def test_a_squad_file(tmp_path: Path) -> None:
    path = tmp_path / "set.json"
    questions = [
        {
            "id": "q1",
            "question": "甲？",
            "answers": [{"text": "一", "answer_start": 0}, {"text": "一"}, {"text": "二"}],
        },
        {"id": 7, "question": "乙？", "is_impossible": True, "answers": []},
    ]
    paragraphs = [{"context": "一。", "qas": []}, {"context": "一，二。", "qas": questions}]
    path.write_text(json.dumps({"data": [{"title": "数", "paragraphs": paragraphs}]}), "utf-8")
    asked = read_questions(path)
    assert asked.form == "squad"
    assert asked.items == (
        Question("q1", "甲？", ("一", "二"), source="0-1", article="数", gold="source", relevant=(("0-1", 1),)),
        Question("7", "乙？", source="0-1", article="数", gold="nothing"),
    )


def test_a_malformed_squad_question_is_named(tmp_path: Path) -> None:
    path = tmp_path / "set.json"
    for row, message in (
        ({"id": "q1"}, r'context 0-0, qas\[0\]: expected an object with a string "question"'),
        ({"question": "甲？"}, r'context 0-0, qas\[0\]: expected "id"'),
        ({"id": "q1", "question": "甲？", "answers": ["一"]}, r'context 0-0, qas\[0\]: expected "answers"'),
    ):
        path.write_text(json.dumps({"data": [{"paragraphs": [{"context": "一。", "qas": [row]}]}]}), "utf-8")
        with pytest.raises(QuestionSetError, match=message):
            read_questions(path)
    path.write_text('{"data": [{}]}', "utf-8")
    with pytest.raises(QuestionSetError, match=r'data\[0\]: expected an object with a list "paragraphs"'):
        read_questions(path)
