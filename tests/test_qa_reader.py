"""Answers marked by a reader: the choice among the hits, the quote around the answer, archive and command line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_reader import save_random_reader, save_reader

from corpus.records import Article, Page, Passage
from embeddings.spans import Reading
from qa.archive import Archive
from qa.cli import main
from qa.extract import LONGEST_QUOTE
from qa.measure.rows import check_hits, check_reply
from qa.reading import DEPTH, quote_around, read_hits
from qa.records import Hit
from qa.retriever import Options

DATA = Path(__file__).parent / "data"
PAGE = """新桥通车

■记者 王一

本报讯 柳湾大桥昨天通车，全长860米。记者看到，两家人
在桥上散步。

大桥总投资3亿元，建了两年。

桥下的公园还没有开放。
"""


class Given:
    """A reader that gives the readings it was made with, and counts the passages it has read."""

    name = "given"

    def __init__(self, *readings: Reading | None) -> None:
        self.readings, self.read_so_far = readings, 0

    def read(self, question: str, passages: Sequence[str]) -> list[Reading | None]:
        """The first of the readings, one for each passage."""
        self.read_so_far += len(passages)
        return list(self.readings[: len(passages)])


class Marking:
    """A reader that marks a word where a passage holds it, and is sure of it; else it finds nothing."""

    name = "marking"

    def __init__(self, word: str, margin: float = 4.0) -> None:
        self.word, self.margin, self.asked = word, margin, ""

    def read(self, question: str, passages: Sequence[str]) -> list[Reading | None]:
        """The first place of the word in each passage."""
        self.asked = question
        places = [passage.find(self.word) for passage in passages]
        return [Reading(at, at + len(self.word), self.margin, 0.0) if at >= 0 else None for at in places]


def hits(*scores: float) -> list[Hit]:
    """Hits of one passage, "一家开了。两家没开。", with these scores."""
    text = "一家开了。两家没开。"
    page = Page("a.txt", text, "0", None, None, (), ())
    article = Article("a", "a.txt", "article", "", (), (), (), (), "", (), (), (), ())
    passage = Passage("a-p0", "a.txt", "a", "", "body", 0, text, ((0, len(text)),))
    return [Hit(passage, article, page, score) for score in scores]


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    place = tmp_path / "papers"
    place.mkdir()
    (place / "a.txt").write_text(PAGE, "utf-8")
    return place


@pytest.fixture(scope="module")
def money(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Answers begin with 3 and end with 元, for 10; the null span has 5."""
    return save_reader(tmp_path_factory.mktemp("reader") / "money", {"3": 6}, {"元": 4}, null=5.0)


def test_hit_and_reader_weigh_alike() -> None:
    # sigmoid(0.5) = 0.6225 and sigmoid(2) = 0.8808: 1.2 + 0.8808 is above 1.4 + 0.6225, 1.1 + 0.8808 is not.
    unsure, sure = Reading(0, 2, 1.5, 1.0), Reading(5, 7, 3.0, 1.0)
    read = read_hits(Given(unsure, sure), "?", hits(1.4, 1.2))
    assert read is not None and (read.hit, read.answer.start, read.answer.end) == (1, 5, 7)
    assert (read.quote.start, read.quote.end) == (5, 10)
    assert read.probability == pytest.approx(0.8808, abs=1e-4) and read.quote.score == pytest.approx(2.0808, abs=1e-4)
    read = read_hits(Given(unsure, sure), "?", hits(1.4, 1.1))
    assert read is not None and (read.hit, read.quote.start, read.quote.end) == (0, 0, 5)


def test_what_does_not_answer_is_passed_over() -> None:
    null, equal, poor = Reading(0, 2, 1.0, 4.0), Reading(0, 2, 1.0, 1.0), Reading(5, 7, 1.1, 1.0)
    read = read_hits(Given(null, None, equal, poor), "?", hits(9.0, 8.0, 7.0, 1.0))
    assert read is not None and read.hit == 3
    assert read_hits(Given(null, None, equal), "?", hits(9.0, 8.0, 7.0)) is None
    assert read_hits(Given(), "?", []) is None


def test_equal_hits_keep_their_order_and_only_the_first_are_read() -> None:
    reader = Given(*[Reading(0, 2, 3.0, 0.0)] * 20)
    read = read_hits(reader, "?", hits(*[1.0] * 20))
    assert read is not None and read.hit == 0 and reader.read_so_far == DEPTH
    assert read_hits(Given(*[None] * DEPTH, Reading(0, 2, 3.0, 0.0)), "?", hits(*[1.0] * 20)) is None


def quoted(text: str, word: str) -> str:
    at = text.index(word)
    start, end = quote_around(text, at, at + len(word))
    return text[start:end]


def test_the_quote_is_the_sentence_that_holds_the_answer() -> None:
    text = "一家开了。 “两家没开,停了!”三家呢?四家"
    assert quoted(text, "一家") == "一家开了。"
    assert quoted(text, "没开") == "“两家没开,停了!”"
    assert quoted(text, "停了!”三家") == "“两家没开,停了!”三家呢?"
    assert quoted(text, "四家") == "四家"


def test_a_long_sentence_is_cut_between_clauses() -> None:
    ten = "一二三四五六七八九"
    # 1,500万元的 has 8 characters, every other clause 9 and its comma. Between two commas all runs of 15 others are
    # widest (150 + 8), and the first of them ends with the answer's clause.
    text = f"{ten}," * 20 + "1,500万元的," + f"{ten}," * 20
    assert quoted(text, "1,500万元") == f"{ten}," * 15 + "1,500万元的"
    # The end of the sentence leaves no mark out, so that a run up to it is wider by one: 50 + 9 + 90 + 10.
    text = f"{ten}," * 20 + "1,500万元的," + f"{ten}," * 9 + f"{ten}。"
    assert quoted(text, "1,500万元") == f"{ten}," * 5 + "1,500万元的," + f"{ten}," * 9 + f"{ten}。"
    # At the beginning the run goes the other way: sixteen clauses, the last without its comma.
    assert quoted(text, text[:2]) == (f"{ten}," * 16)[:-1]
    assert len(quoted("桥" * 400, "桥" * 60)) == LONGEST_QUOTE
    assert quoted("桥" * 390 + "1,500万元。", "1,500万元") == "桥" * 152 + "1,500万元。"


@settings(deadline=None)
@given(st.text("桥一,，。5 ”", min_size=1, max_size=500), st.data())
def test_any_quote_holds_its_answer(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, min(len(text), start + 60)))
    first, last = quote_around(text, start, end)
    assert 0 <= first <= start < end <= last <= len(text) and last - first <= LONGEST_QUOTE


def test_answer_and_quote_are_the_readers(pages: Path, money: Path) -> None:
    archive = Archive.open(pages, reader=str(money), device="cpu")
    reply = archive.ask("柳湾大桥总投资是多少?")
    check_hits("q", reply.hits)
    check_reply("q", reply)
    assert reply.answered and reply.answer is not None and reply.quote is not None
    assert (reply.answer.text, reply.quote.text) == ("3亿元", "大桥总投资3亿元，建了两年。")
    ((start, end),) = reply.answer.spans
    assert PAGE[start:end] == "3亿元"
    assert reply.citation == "a.txt 《新桥通车》第2段"


def test_an_answer_over_a_line_break(pages: Path) -> None:
    reader = Marking("两家人在桥上")
    reply = Archive.open(pages, reader=reader).ask("谁在大桥上散步?")
    check_reply("q", reply)
    assert reply.answer is not None and reply.quote is not None
    assert reply.quote.text == "记者看到，两家人在桥上散步。"
    assert [PAGE[a:b] for a, b in reply.answer.spans] == ["两家人", "在桥上"]


def test_the_answer_may_stand_below_the_hits_asked_for(pages: Path) -> None:
    question = "柳湾大桥全长多少米?"
    fifth = Archive.open(pages).retrieve(question, 5)[4].passage
    archive = Archive.open(pages, reader=Marking(fifth.text[-3:]), options=Options(threshold=0.0))
    for k in (1, 10):
        reply = archive.ask(question, k)
        check_reply("q", reply)
        assert reply.quote is not None and reply.answer is not None and reply.answer.text == fifth.text[-3:]
        assert reply.quote.hit == 4 and reply.hits[4].passage.id == fifth.id and len(reply.hits) == 5


def test_no_answer_is_not_stated(pages: Path, tmp_path: Path) -> None:
    question = "柳湾大桥总投资是多少?"
    cautious = save_reader(tmp_path / "cautious", {"3": 6}, {"元": 4}, null=11.0)
    reply = Archive.open(pages, reader=str(cautious), device="cpu").ask(question, k=2)
    check_reply("q", reply)
    assert not reply.answered and reply.reason == "not_stated" and len(reply.hits) == 2
    assert Archive.open(pages).ask(question).answered


def test_confidence_is_never_above_the_readers(pages: Path) -> None:
    question = "柳湾大桥总投资是多少?"
    plain = Archive.open(pages).ask(question).confidence
    assert plain > 0.6
    reader = Marking("3亿元", margin=0.2)
    reply = Archive.open(pages, reader=reader).ask(question)
    assert reply.answered and reply.confidence == pytest.approx(0.5498, abs=1e-4)  # sigmoid(0.2)
    strict = Archive.open(pages, reader=reader, options=Options(threshold=0.56)).ask(question)
    check_reply("q", strict)
    assert not strict.answered and strict.reason == "not_stated"
    sure = Archive.open(pages, reader=Marking("3亿元", margin=9.0)).ask(question)
    assert sure.confidence == pytest.approx(plain)


def test_what_nothing_is_about_is_not_read(pages: Path) -> None:
    reader = Marking("桥")
    reply = Archive.open(pages, reader=reader).ask("火星上的奥林匹斯火山海拔几千米?")
    assert (reply.answered, reply.reason, reader.asked) == (False, "off_topic", "")


def test_a_follow_up_is_read_as_it_was_completed(pages: Path) -> None:
    reader = Marking("860米")
    talk = Archive.open(pages, reader=reader).conversation()
    assert talk.ask("柳湾大桥全长多少米?").answered
    reader.word = "3亿元"
    reply = talk.ask("那总投资呢?")
    check_reply("q", reply)
    assert reply.answer is not None and reply.answer.text == "3亿元"
    assert reader.asked == reply.effective_question != "那总投资呢?"


def test_all_a_reader_marks_is_printed(tmp_path: Path) -> None:
    """A reader that marks anything: its logits are random, but all the rest is as ever."""
    archive = Archive.open(reader=str(save_random_reader(tmp_path / "random")), device="cpu")
    lines = (DATA / "questions.jsonl").read_text("utf-8").splitlines()[::8]
    answered = 0
    for line in lines:
        reply = archive.reply(json.loads(line)["question"])
        check_hits(line, reply.hits)
        check_reply(line, reply)
        if reply.answer is not None and reply.quote is not None:
            answered += 1
            assert reply.quote.hit == reply.answer.hit
            assert reply.quote.start <= reply.answer.start < reply.answer.end <= reply.quote.end
            assert len(reply.quote.text) <= LONGEST_QUOTE
        else:
            assert not reply.answered
    assert answered > len(lines) // 2


def test_command_line(pages: Path, money: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reader = ["--reader", str(money), "--device", "cpu"]
    assert main(["ask", str(pages), "大桥总投资是多少?", *reader]) == 0
    assert capsys.readouterr().out.splitlines()[:2] == ["3亿元", "“大桥总投资3亿元，建了两年。”"]
    questions = tmp_path / "questions.jsonl"
    asked = [
        {"id": "q1", "question": "大桥总投资是多少?", "answers": ["3亿元"], "evidence": "3亿元", "source": "a.txt"},
        {"id": "q2", "question": ""},
    ]
    questions.write_text("\n".join(json.dumps(row) for row in asked), "utf-8")
    assert main(["evaluate", str(pages), str(questions), "--out", str(tmp_path / "out"), *reader]) == 0
    rows = [json.loads(line) for line in (tmp_path / "out/results.jsonl").read_text("utf-8").splitlines()]
    assert rows[0]["answer"]["text"] == "3亿元" and rows[1]["reason"] == "not_a_question"


def test_one_line_where_it_cannot(pages: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", str(pages), "桥?", "--reader", f"{pages}/missing"]) == 2
    out, err = capsys.readouterr()
    (line,) = err.splitlines()
    assert out == "" and line.startswith("baowen: There is no model folder")


def test_the_chat_takes_it_as_well(pages: Path, money: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[Archive] = []
    monkeypatch.setattr("qa.chat.serve", lambda archive, **_: served.append(archive()))
    assert main(["chat", str(pages), "--reader", str(money), "--device", "cpu"]) == 0
    reply = served[0].ask("柳湾大桥总投资是多少?")
    assert reply.answer is not None and reply.answer.text == "3亿元"
