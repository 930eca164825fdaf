"""Feedback: what is kept of a verdict, that nothing tears the file, and that it measures what readers confirmed."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from corpus.errors import InputError, StorageError
from corpus.files import sample_pages
from qa import feedback as module
from qa.archive import Archive
from qa.feedback import LONGEST_WORD, Feedback, feedback_folder, questions, standalone
from qa.folders.user_data import write_whole
from qa.measure.evaluate import evaluate
from qa.measure.question_sets import Question, read_questions
from qa.records import Applied, Reply

ASKED = "公交数据贷款贷了多少钱?"


@pytest.fixture(scope="module")
def answered(archive: Archive) -> Reply:
    reply = archive.ask(ASKED)
    assert reply.answered and reply.answer is not None
    return reply


@pytest.fixture(scope="module")
def declined(archive: Archive) -> Reply:
    reply = archive.ask("火星上最高的山有多高?")
    assert not reply.answered
    return reply


@pytest.fixture
def feedback(tmp_path: Path) -> Feedback:
    return Feedback(sample_pages(), tmp_path / "feedback")


def test_a_liked_answer_is_a_question_with_its_evidence(feedback: Feedback, answered: Reply, tmp_path: Path) -> None:
    feedback.add(answered, liked=True, word="很好\n谢谢")
    (question,) = read_questions(feedback.questions_file).questions
    assert answered.quote is not None and answered.answer is not None
    passage = answered.hits[answered.quote.hit].passage
    assert question == Question(
        id=question.id,
        text=ASKED,
        answers=(answered.answer.text,),
        evidence=answered.quote.text,
        source=passage.source,
        article=passage.headline,
        style="feedback",
        gold="passage",
    )
    (row,) = feedback.verdicts().rows
    assert (row["liked"], row["word"], row["passage"]) == (True, "很好\n谢谢", passage.id)
    # And it is measured as one: its passage is found, its answer given.
    figures = evaluate(sample_pages(), feedback.questions_file, tmp_path / "out", show=None)
    text = json.dumps(figures)
    assert '"quote": 1.0' in text and '"f1": 1.0' in text, text


def test_a_liked_no_is_a_question_without_an_answer(feedback: Feedback, declined: Reply) -> None:
    feedback.add(declined, liked=True)
    (question,) = read_questions(feedback.questions_file).questions
    assert (question.gold, question.answers, question.text) == ("nothing", (), declined.question)


def test_what_was_disliked_counts_neither_as_answerable_nor_as_not(
    feedback: Feedback, answered: Reply, declined: Reply
) -> None:
    feedback.add(answered, liked=False, word="答非所问")
    feedback.add(declined, liked=False)
    assert questions(feedback.verdicts()) == [] and feedback.questions_file.read_bytes() == b""
    assert len(feedback.verdicts().rows) == 2
    feedback.add(answered, liked=False, answer="1500万元")
    (question,) = read_questions(feedback.questions_file).questions
    # The answer is known, its place is not: retrieval cannot be judged by it.
    assert (question.answers, question.evidence, question.gold) == (("1500万元",), "", "unknown")


def test_the_last_verdict_on_a_question_counts(feedback: Feedback, answered: Reply, declined: Reply) -> None:
    feedback.add(answered, liked=True)
    feedback.add(declined, liked=True)
    feedback.add(answered, liked=False)
    assert [question.text for question in read_questions(feedback.questions_file).questions] == [declined.question]
    feedback.add(answered, liked=True)
    feedback.add(answered, liked=True)
    assert [q.text for q in read_questions(feedback.questions_file).questions] == [ASKED, declined.question]
    assert len(feedback.verdicts().rows) == 5


def test_a_sentence_without_a_short_answer(feedback: Feedback, answered: Reply) -> None:
    feedback.add(dataclasses.replace(answered, answer=None), liked=True)
    (question,) = read_questions(feedback.questions_file).questions
    assert question.answers == (question.evidence,) != ("",)


def test_a_question_stands_for_itself(answered: Reply) -> None:
    date = Applied("date", "2026-01-01–2026-01-31", "2026年1月的报纸里")
    given = Applied("page", "3")
    reply = dataclasses.replace(answered, question="那呢?", effective_question="贷了多少钱?", filters=(date, given))
    assert standalone(reply) == "2026年1月的报纸里贷了多少钱?"
    english = dataclasses.replace(reply, effective_question="how much?")
    assert standalone(english) == "2026年1月的报纸里, how much?"


def test_long_words_are_refused(feedback: Feedback, answered: Reply) -> None:
    for texts in ({"word": "长" * (LONGEST_WORD + 1)}, {"answer": "长" * (LONGEST_WORD + 1)}):
        with pytest.raises(InputError, match=r"has 501 characters, 500 are allowed; shorten it\.$"):
            feedback.add(answered, liked=True, **texts)
    assert not feedback.file.exists()
    feedback.add(answered, liked=True, word="a\u2028\ud800\0" + "长" * (LONGEST_WORD - 4))
    assert len(feedback.file.read_bytes().splitlines()) == 1 and len(feedback.verdicts().rows) == 1


def test_a_torn_line_is_skipped_and_said(feedback: Feedback, answered: Reply, declined: Reply) -> None:
    feedback.add(answered, liked=True)
    whole = feedback.file.read_bytes()
    for cut in range(1, len(whole), 97):
        feedback.file.write_bytes(whole + whole[:cut])
        found = feedback.verdicts()
        assert len(found.rows) == 1
        assert found.notes == (f"{feedback.file.name}, line 2: this is no whole verdict; it was left out.",)
        feedback.add(declined, liked=True)
        assert len(feedback.verdicts().rows) == 2 and len(feedback.verdicts().notes) == 1
    assert len(read_questions(feedback.questions_file).questions) == 2
    bad = [b"[]", b"3", b"\xff\xfe", b"{}", b"[" * 100_000, json.dumps({"question": 3, "liked": True}).encode()]
    feedback.file.write_bytes(b"\n".join([*bad, b"", whole]))
    assert len(feedback.verdicts().rows) == 1 and len(feedback.verdicts().notes) == len(bad)


def test_a_full_disk_and_a_full_file(feedback: Feedback, answered: Reply, monkeypatch: pytest.MonkeyPatch) -> None:
    feedback.add(answered, liked=True)
    monkeypatch.setattr(module, "_LARGEST", 10)
    with pytest.raises(InputError, match="the most that is kept; move the file away"):
        feedback.add(answered, liked=True)
    monkeypatch.undo()

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match=r"cannot be written \(No space left on device\); free some space\.$"):
        feedback.add(answered, liked=True)
    monkeypatch.undo()
    (feedback.file.parent / "x").write_text("")
    with pytest.raises(StorageError, match="cannot be written"):
        Feedback(sample_pages(), feedback.file.parent / "x").add(answered, liked=True)


def test_where_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAOWEN_FEEDBACK", str(tmp_path / "here"))
    assert feedback_folder() == tmp_path / "here"
    monkeypatch.delenv("BAOWEN_FEEDBACK")
    monkeypatch.setenv("BAOWEN_DATA", str(tmp_path))
    assert feedback_folder() == tmp_path / "feedback"
    names = {Feedback(tmp_path / name).file.name for name in ("a", "b", "报 纸/a", "..", "😀")}
    assert len(names) == 5 and all("/" not in name and not name.startswith(".") for name in names)
    assert Feedback(tmp_path / "a" / ".." / "b").file == Feedback(tmp_path / "b").file


def test_the_questions_never_fall_behind_the_verdicts(
    feedback: Feedback, answered: Reply, declined: Reply, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else adds a verdict between one's line and its questions: these must not replace the newer ones."""
    writing, overtaken = threading.Event(), threading.Event()

    def slow(path: Path, data: bytes) -> None:
        if not writing.is_set():
            writing.set()
            overtaken.wait(0.5)
        write_whole(path, data)

    def second() -> None:
        assert writing.wait(20)
        feedback.add(declined, liked=True)
        overtaken.set()

    monkeypatch.setattr(module, "write_whole", slow)
    thread = threading.Thread(target=second)
    thread.start()
    feedback.add(answered, liked=True)
    thread.join()
    assert len(read_questions(feedback.questions_file).questions) == 2


WRITER = """
import dataclasses, sys
from pathlib import Path
from qa.feedback import Feedback
from qa.records import Reply
feedback = Feedback(Path(sys.argv[1]), Path(sys.argv[2]))
print("ready", flush=True)
for n in range(10 ** 9 if sys.argv[4] == "on" else int(sys.argv[4])):
    name = sys.argv[3] + str(n)
    feedback.add(Reply(name, name, False, "off_topic", None, None, (), 0.0, 0.0, ""), True, "长" * 400)
"""


def test_several_writers_and_one_that_is_killed(tmp_path: Path) -> None:
    root = Path(module.__file__).parents[1]

    def start(name: str, count: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", WRITER, str(tmp_path), str(tmp_path / "feedback"), name, count]
        return subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True)

    doomed, first, second = start("doomed-", "on"), start("a-", "30"), start("b-", "30")
    with doomed, first, second:
        assert doomed.stdout is not None and doomed.stdout.readline() == "ready\n"
        time.sleep(0.5)
        doomed.kill()
        assert first.wait(60) == second.wait(60) == 0
    kept = Feedback(tmp_path, tmp_path / "feedback")
    found = kept.verdicts()
    asked = [row["question"] for row in found.rows]
    for name in ("a-", "b-"):
        assert [text for text in asked if text.startswith(name)] == [f"{name}{n}" for n in range(30)]
    assert len(found.notes) <= 1
    # The writer may have been killed before its last line reached the questions: the next verdict brings it there.
    kept.add(Reply("next", "next", False, "off_topic", None, None, (), 0.0, 0.0, ""), True)
    asked.append("next")
    assert {question.text for question in read_questions(kept.questions_file).questions} == set(asked)
