"""An archive asked with the passages given."""

from __future__ import annotations

from pathlib import Path

from conftest import DATA

from corpus.passages import passages_of
from qa.archive import Archive
from qa.measure.asking import ask_given
from qa.measure.question_sets import read_questions

QUESTION = "公交数据贷款贷了多少钱?"


def test_only_the_passages_given_are_asked(archive: Archive) -> None:
    third = archive.retrieve(QUESTION, k=3)[2].passage
    reply = archive.reply_from({third.id, "no such passage"}, QUESTION)
    assert {hit.passage.id for hit in reply.hits} == {third.id}
    found = reply.quote if reply.quote is not None else reply.withheld
    assert found is not None and found.text in third.text


def test_nothing_given_and_nothing_asked(archive: Archive) -> None:
    nothing = archive.reply_from(set(), QUESTION)
    assert (nothing.answered, nothing.hits) == (False, ())
    whole = {passage.id for page in archive.pages for passage in passages_of(page)}
    assert archive.reply_from(whole, " ").reason == "not_a_question"
    assert archive.reply_from(whole, "字" * 2001).reason == "too_long"


def test_all_passages_given_are_as_good_as_none_named(archive: Archive) -> None:
    whole = {passage.id for page in archive.pages for passage in passages_of(page)}
    given, free = archive.reply_from(whole, QUESTION), archive.reply(QUESTION)
    assert (given.quote, given.answer, given.confidence) == (free.quote, free.answer, free.confidence)


def test_each_question_gets_the_passages_that_hold_its_evidence(archive: Archive, tmp_path: Path) -> None:
    few = (DATA / "questions.jsonl").read_text("utf-8").splitlines(keepends=True)[::5]
    (tmp_path / "few.jsonl").write_text("".join(few), "utf-8")
    questions = read_questions(tmp_path / "few.jsonl")
    outcomes = list(ask_given(archive, questions, k=10))
    assert [outcome.question for outcome in outcomes] == list(questions.questions)
    # The sample's evidence is all printed, and every passage that is given is right.
    assert all(outcome.passages for outcome in outcomes)
    found = [outcome.quote or outcome.withheld for outcome in outcomes]
    assert all(quote is not None and quote.text for quote in found)
