"""Filters: what passes, what a question's words mean, and that few passages left by a filter are still found."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from corpus.errors import InputError
from qa import retriever
from qa.archive import Archive
from qa.chat.render import chat_answer, chat_question, editable
from qa.cli import main
from qa.filter_words import Holdings, understand
from qa.filters import Filter, filter_of
from qa.records import Applied, Reply

DAY = datetime.date
TODAY = DAY(2026, 11, 21)  # a Saturday
PAGES = {
    "20250401_01版.txt": "老桥拆除\n\n■记者 陈白石\n\n本报讯 柳湾老桥昨天拆除,历时40天。\n",
    "20260105_01版.txt": "新桥通车\n\n■记者 王一山 通讯员 李小禾\n\n本报讯 柳湾大桥昨天通车,全长860米。\n",
    "20260105_03版.txt": "书店开门\n\n■记者 陈白石\n\n本报讯 山前书店昨天开门,藏书3万册。\n",
    "2026/20260120_A3版.txt": "江上晨练\n\n游泳爱好者昨天在柳湾大桥下晨练。\n\n■摄影 记者 赵青禾\n",
    "notes.txt": "大桥评奖\n\n■记者 王一山\n\n本报讯 柳湾大桥去年获评优质工程,评委共7名。\n",
}
HELD = Holdings(
    {"王一山": "王一山", "陈白石": "陈白石", "赵青禾": "赵青禾", "jane doe": "Jane Doe"},
    {"赵青禾": "赵青禾", "jane doe": "Jane Doe"},
    (DAY(2025, 4, 1), DAY(2026, 1, 5), DAY(2026, 1, 20)),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("papers")
    for name, text in PAGES.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text, "utf-8")
    return root


@pytest.fixture(scope="module")
def dated(folder: Path) -> Archive:
    return Archive.open(folder)


def quoted(reply: Reply) -> str:
    assert reply.quote is not None
    return reply.quote.text


def sources(archive: Archive, where: Filter, question: str = "柳湾大桥") -> set[str]:
    return {hit.page.source for hit in archive.retrieve(question, k=50, where=where)}


@pytest.mark.parametrize(
    ("where", "left"),
    [
        (Filter(), set(PAGES)),
        (Filter(first=DAY(2026, 1, 5)), {"20260105_01版.txt", "20260105_03版.txt", "2026/20260120_A3版.txt"}),
        (Filter(last=DAY(2026, 1, 4)), {"20250401_01版.txt"}),
        (Filter(first=DAY(2026, 1, 20), last=DAY(2026, 1, 20)), {"2026/20260120_A3版.txt"}),
        (Filter(page="三"), {"20260105_03版.txt"}),
        (Filter(page="01"), {"20250401_01版.txt", "20260105_01版.txt"}),
        (Filter(page="a03"), {"2026/20260120_A3版.txt"}),
        (Filter(kind="photo"), {"2026/20260120_A3版.txt"}),
        (Filter(kind="caption"), {"2026/20260120_A3版.txt"}),
        (Filter(reporter="王一山"), {"20260105_01版.txt", "notes.txt"}),
        (Filter(reporter="李小禾"), {"20260105_01版.txt"}),
        (Filter(reporter="赵青禾"), {"2026/20260120_A3版.txt"}),
        (Filter(photographer="王一山"), set()),
        (Filter(source="202601*"), {"20260105_01版.txt", "20260105_03版.txt", "2026/20260120_A3版.txt"}),
        (Filter(source="2026/*"), {"2026/20260120_A3版.txt"}),
        (Filter(reporter="陈白石", page="3"), {"20260105_03版.txt"}),
    ],
    ids=str,
)
def test_what_passes(dated: Archive, where: Filter, left: set[str]) -> None:
    assert sources(dated, where) == left
    passed = {
        (page.source, passage.id)
        for passage in dated._index.passages
        for page in [dated.page(passage.source)]
        if (article := dated.article(passage.article_id)) and where.matches(page, article, passage)
    }
    assert passed == {(h.page.source, h.passage.id) for h in dated.retrieve("柳湾大桥", k=50, where=where)}


def test_a_kind_may_be_that_of_the_passage(dated: Archive) -> None:
    hits = dated.retrieve("柳湾大桥", k=50, where=Filter(kind="byline"))
    assert {hit.passage.text for hit in hits} == {
        "■记者 陈白石",
        "■记者 王一山 通讯员 李小禾",
        "■记者 王一山",
    }


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"first": "2026-02-30"}, "--from is '2026-02-30', which is no date"),
        ({"last": "yesterday"}, "--to is 'yesterday', which is no date"),
        ({"first": "2026-02", "last": "2026-01"}, "from 2026-02-01 to 2026-01-31; give the earlier day first"),
        ({"kind": "essay"}, "'essay'; give one of article, photo"),
        ({"reporter": " "}, "The filter's reporter is empty"),
    ],
)
def test_a_filter_that_cannot_be(bad: dict[str, str], message: str) -> None:
    with pytest.raises(InputError) as error:
        filter_of(**bad)
    assert message in str(error.value) and "\n" not in str(error.value)


def test_dates_of_the_command_line() -> None:
    assert filter_of() is None
    assert filter_of("2026", "2026") == Filter(DAY(2026, 1, 1), DAY(2026, 12, 31))
    assert filter_of("2026-02", "2028-02") == Filter(DAY(2026, 2, 1), DAY(2028, 2, 29))
    assert filter_of("2026/3/5", "２０２６年３月６日") == Filter(DAY(2026, 3, 5), DAY(2026, 3, 6))


@pytest.mark.parametrize(
    ("question", "rest", "filters"),
    [
        ("2026年1月的报纸里,展会有几家企业?", "展会有几家企业?", ["date 2026-01-01–2026-01-31"]),
        ("在二〇二六年一月五日的报纸上，谁获奖？", "谁获奖？", ["date 2026-01-05"]),
        ("4月1日的报纸上说老桥拆了几天?", "说老桥拆了几天?", ["date 2025-04-01"]),  # the year that is held
        ("9月9日的报纸上说了什么桥?", "说了什么桥?", ["date 2025-09-09"]),  # none held: the one before the last issue
        ("昨天的报纸上写了谁?", "写了谁?", ["date 2026-11-20"]),
        ("去年以来的报纸里谁获奖?", "谁获奖?", ["date 2025-01-01–"]),
        ("1月5日见报的展会有几家企业?", "展会有几家企业?", ["date 2026-01-05"]),
        ("1月5日第3版上哪家店开门?", "哪家店开门?", ["date 2026-01-05", "page 3"]),
        ("第３版上有哪些企业？", "有哪些企业？", ["page 3"]),
        ("头版头条讲的是什么?", "头条讲的是什么?", ["page 1"]),
        ("刊登在A3版上的照片是谁拍的?", "照片是谁拍的?", ["page A3"]),
        ("王一山写的报道里,大桥多长?", "大桥多长?", ["reporter 王一山"]),
        ("請問王一山寫的報道裏，大橋多長？", "請問大橋多長？", ["reporter 王一山"]),
        ("记者陈白石的报道提到几册书?", "报道提到几册书?", ["reporter 陈白石"]),
        ("赵青禾拍的照片里是什么人?", "是什么人?", ["photographer 赵青禾"]),
        (
            "1月5日的报纸第1版上王一山写的那篇报道里,桥有多长?",
            "桥有多长?",
            ["date 2026-01-05", "page 1", "reporter 王一山"],
        ),
        (
            "How long is the bridge in the January 2026 papers?",
            "How long is the bridge?",
            ["date 2026-01-01–2026-01-31"],
        ),
        ("In the papers of 1 April, who won?", "who won?", ["date 2025-04-01"]),
        ("In the papers of 9 September, who won?", "who won?", ["date 2025-09-09"]),
        ("In the papers of 29 February, who won?", "who won?", ["date 2024-02-29"]),
        ("In the Jan 5, 2026 issue, who won?", "who won?", ["date 2026-01-05"]),
        ("Which shop is on the front page?", "Which shop is?", ["page 1"]),
        ("How many books, by reporter 陈白石?", "How many books?", ["reporter 陈白石"]),
        ("What do the photos by Jane Doe show?", "What do the photos show?", ["photographer Jane Doe"]),
    ],
)
def test_words_that_are_a_filter(question: str, rest: str, filters: list[str]) -> None:
    left, found = understand(question, HELD, TODAY)
    assert left == rest
    assert [f"{name} {value}" for wanted, _ in found for name, value in wanted.parts()] == filters
    assert all(words for _, words in found)


@pytest.mark.parametrize(
    "question",
    [
        "4月6日的揭幕战比分是多少?",
        "2026年1月柳湾大桥通车了吗?",
        "4月1日的报告里说了什么?",
        "4月1日报名的有多少人?",
        "1月的报道会在哪里开?",
        "关于4月6日的报道有哪些?",
        "2月30日的报纸上谁获奖?",
        "近日的报纸上谁获奖?",
        "第3版教材卖多少钱?",
        "第三版的教材卖多少钱?",
        "2025年第3版教材卖多少钱?",
        "他登上《柳湾日报》头版了吗?",
        "这款软件第2版什么时候发布?",
        "孙不在写的报道里说了什么?",
        "陈王一山写的书叫什么?",
        "这篇是王一山写的吗?",
        "王一山写的吗?",
        "关于王一山的报道有哪些?",
        "王一山和陈白石写的报道里说了什么?",
        "王一山拍的照片里是什么人?",  # signs articles, took no picture
        "记者王一山是哪里人?",
        "Which firm made it on the front page of the Times?",
        "Was the bridge opened in January 2026?",
        "In the papers of 31 February 2026, who won?",
        "Which book was written by Nobody Known?",
        "What did Jane Doering show in the photos by Jane Doering?",
        "",
    ],
)
def test_words_that_are_none(question: str) -> None:
    assert understand(question, HELD, TODAY) == (question, ())


def test_a_question_of_nothing_else_stays_as_it_is() -> None:
    left, found = understand("2026年1月的报纸上", HELD, TODAY)
    assert left == "2026年1月的报纸上" and found[0][0] == Filter(DAY(2026, 1, 1), DAY(2026, 1, 31))


def test_asking_within_a_filter(dated: Archive) -> None:
    anywhere = dated.ask("柳湾大桥有多长?")
    assert "860米" in quoted(anywhere) and anywhere.filters == ()
    reply = dated.ask("2026年1月的报纸里,柳湾大桥有多长?")
    assert "860米" in quoted(reply) and reply.effective_question == "柳湾大桥有多长?"
    assert reply.question == "2026年1月的报纸里,柳湾大桥有多长?"
    undated = len([p for p in dated._index.passages if p.source == "notes.txt"])
    assert reply.filters == (Applied("date", "2026-01-01–2026-01-31", "2026年1月的报纸里", undated),)
    assert {hit.page.date for hit in reply.hits} == {"2026-01-05", "2026-01-20"}
    # Both the words and what is given must hold.
    both = dated.ask("王一山写的报道里,评委有几名?", where=Filter(source="notes*"))
    assert {hit.page.source for hit in both.hits} == {"notes.txt"} and "7名" in quoted(both)
    assert [one.name for one in both.filters] == ["source", "reporter"]


def test_nothing_left(dated: Archive) -> None:
    reply = dated.ask("柳湾大桥有多长?", where=Filter(first=DAY(2030, 1, 1)))
    assert (reply.answered, reply.reason, reply.hits, reply.quote) == (False, "off_topic", (), None)
    assert reply.filters[0].unknown == len([p for p in dated._index.passages if p.source == "notes.txt"]) > 0
    assert dated.retrieve("柳湾大桥", where=Filter(reporter="孙不在")) == []
    assert dated.reply("", where=Filter(page="1")).reason == "not_a_question"


def test_a_follow_up_within_a_filter(dated: Archive) -> None:
    talk = dated.conversation()
    assert "860米" in quoted(talk.ask("柳湾大桥有多长?"))
    reply = talk.ask("评委有几名呢?", where=Filter(source="notes.txt"))
    assert {hit.page.source for hit in reply.hits} == {"notes.txt"} and "7名" in quoted(reply)
    # The filter was for that turn alone.
    assert talk.ask("它有多长?").filters == ()
    assert talk.ask("那2030年的报纸里呢?").hits == ()


def test_a_re_ranker_reads_what_a_filter_leaves(folder: Path) -> None:
    class Longest:
        name = "longest first"

        def score(self, question: str, passages: Sequence[str]) -> NDArray[np.float32]:
            return np.array([len(text) for text in passages], np.float32)

    archive = Archive.open(folder, reranker=Longest())
    hits = archive.retrieve("柳湾大桥", k=9, where=Filter(page="3"))
    assert {hit.page.source for hit in hits} == {"20260105_03版.txt"} and "reranker" in hits[0].features
    assert archive.ask("柳湾大桥有多长?", where=Filter(page="9")).hits == ()


def test_an_archive_with_a_filter_of_its_own(folder: Path) -> None:
    archive = Archive.open(folder, where=Filter(page="3"))
    assert {hit.page.source for hit in archive.ask("藏书有几册?").hits} == {"20260105_03版.txt"}
    assert archive.retrieve("藏书有几册?", where=Filter(page="1")) == []


@pytest.mark.parametrize("all_of", [500, 0])
def test_what_a_filter_leaves_is_found_however_far_down_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, all_of: int
) -> None:
    """120 passages match the question better than the one of the wanted day, which no leg proposes among its 100."""
    for n in range(120):
        text = f"大桥工程{n}\n\n■记者 王一山\n\n本报讯 柳湾大桥工程第{n}号桥墩昨天浇筑,大桥全长860米。\n"
        (tmp_path / f"202603{n % 28 + 1:02d}_{n // 28 + 1:02d}版.txt").write_text(text, "utf-8")
    weak = "街边小店\n\n■记者 陈白石\n\n本报讯 一家小店昨天开门,店主说从前在大桥边摆摊,如今有了店面和三名帮工。\n"
    (tmp_path / "20260405_01版.txt").write_text(weak, "utf-8")
    archive = Archive.open(tmp_path)
    monkeypatch.setattr(retriever, "SCORE_ALL", all_of)
    monkeypatch.setattr(retriever, "CANDIDATES", 2)
    question = "柳湾大桥工程的桥墩"
    assert "20260405_01版.txt" not in {hit.page.source for hit in archive.retrieve(question, k=100)}
    hits = archive.retrieve(question, k=5, where=Filter(first=DAY(2026, 4, 1)))
    assert hits and {hit.page.source for hit in hits} == {"20260405_01版.txt"}
    # A filter that leaves most gives the best of these, in the order in which they stand without it.
    most = Filter(source="202603*")
    assert [h.passage.id for h in archive.retrieve(question, 3, most)] == [
        h.passage.id for h in archive.retrieve(question, 3)
    ]


def test_on_the_command_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", str(folder), "大桥有多长?", "--from", "2026-01", "--to", "2026-01-05", "--page", "1"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert "860米" in out[1] and out[-1] == "Only date 2026-01-01–2026-01-05; page 1"
    assert main(["ask", str(folder), "王一山写的报道里,大桥有多长?", "--json"]) == 0
    reply = json.loads(capsys.readouterr().out)
    assert reply["filters"] == [
        {"name": "reporter", "value": "王一山", "words": "王一山写的报道里", "unknown": 0},
    ]
    assert main(["search", str(folder), "大桥", "--source", "notes*", "--kind", "body", "--json"]) == 0
    out_, err = capsys.readouterr()
    assert [json.loads(line)["source"] for line in out_.splitlines()] == ["notes.txt"]
    assert err.splitlines() == ["baowen: Only kind body; source notes*"]


def test_nothing_left_on_the_command_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", str(folder), "大桥有多长?", "--from", "2030"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("Not in these pages: no passage passes this filter; of 3 passages the date is not known.")
    assert second == "Only date 2030-01-01–"
    for argv, why in (
        (["--from", "2026-02-30"], "which is no date"),
        (["--from", "2026", "--to", "2025"], "give the earlier day first"),
        (["--kind", "essay"], "give one of article"),
    ):
        assert main(["ask", str(folder), "大桥有多长?", *argv]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith("baowen: ") and why in line


def test_evaluating_within_a_filter(folder: Path, tmp_path: Path) -> None:
    asked = tmp_path / "q.jsonl"
    asked.write_text('{"id": "q1", "question": "大桥有多长?", "answers": ["860米"]}\n', "utf-8")
    out = tmp_path / "out"
    assert main(["evaluate", str(folder), str(asked), "--out", str(out), "--page", "3", "--json"]) == 0
    row = json.loads((out / "results.jsonl").read_text("utf-8"))
    assert {passage["source"] for passage in row["passages"]} == {"20260105_03版.txt"}


def test_in_the_chat(dated: Archive) -> None:
    reply = dated.ask("王一山写的报道里,大桥有多长?")
    asked = chat_question(reply.question, "zh", 1, reply.effective_question, reply.filters)
    assert "只看：王一山署名" in asked and "按此检索：大桥有多长" in asked
    assert editable(reply) == "王一山写的报道里大桥有多长?"
    english = dated.ask("How long is the bridge in the January 2026 papers?")
    assert editable(english) == "in the January 2026 papers, How long is the bridge?"
    # What is put into the box is understood again as it was.
    for one in (reply, english):
        again = dated.ask(editable(one))
        assert [f.value for f in again.filters] == [f.value for f in one.filters]
        assert again.effective_question == one.effective_question
    nothing = dated.ask("2030年的报纸里,大桥有多长?")
    assert "没有符合条件的段落。有3个段落的日期不详。" in chat_answer(nothing, 1, "zh")
    assert "No passage passes this filter&#46; The date of 3 passages" in chat_answer(nothing, 1, "en")
