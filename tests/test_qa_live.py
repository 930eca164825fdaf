"""An archive that follows its folder: new pages answer, deleted and changed ones do not, conversations go on."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from corpus.errors import StorageError
from corpus.files import read_file
from qa import live as live_module
from qa.archive import Archive
from qa.live import Live
from qa.records import Reply

BRIDGE = "新桥通车\n\n■记者 王一\n\n本报讯 柳湾大桥昨天通车,全长860米。大桥总投资3亿元,由市交通局建设。\n"
SHOW = "花展开幕\n\n■记者 李二\n\n本报讯 梅园花展今天开幕,展出牡丹420盆。\n"
FERRY = "轮渡停航\n\n■记者 赵三\n\n本报讯 东湾轮渡下月停航,船票每张2元。\n"


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    folder = tmp_path / "报 纸🎉"
    folder.mkdir()
    (folder / "bridge.txt").write_text(BRIDGE, "utf-8")
    (folder / "show.txt").write_text(SHOW, "utf-8")
    return folder


@pytest.fixture
def live(papers: Path) -> Iterator[Live]:
    with Live(lambda: Archive.open(papers)) as live:
        yield live


def answer(reply: Reply) -> str:
    """The short answer, each slice checked against the page that the reply itself carries."""
    for hit in reply.hits:
        assert "".join(hit.page.text[a:b] for a, b in hit.passage.spans) == hit.passage.text
    if reply.quote is not None:
        assert reply.hits[reply.quote.hit].passage.text[reply.quote.start : reply.quote.end] == reply.quote.text
    return reply.answer_text or ""


def until(true: Callable[[], bool], seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.05)
    return true()


def fail(*_: object, **__: object) -> None:
    raise StorageError("The index is being written by process 1; wait.")


def test_what_is_new_answers_after_a_refresh_and_nothing_is_done_without_need(papers: Path, live: Live) -> None:
    assert answer(live.ask("柳湾大桥有多长?")) == "860米"
    before = live.archive
    assert not live.refresh() and live.archive is before
    (papers / "ferry.txt").write_text(FERRY, "utf-8")
    assert live.refresh() and not live.refresh()
    assert answer(live.ask("轮渡的船票每张多少钱?")) == "2元"
    assert [page.source for page in live.pages] == ["bridge.txt", "ferry.txt", "show.txt"]
    assert live.notes == () and live.statistics()["pages"] == 3


def test_a_changed_page_answers_with_what_it_says_now_without_being_told(papers: Path, live: Live) -> None:
    (papers / "bridge.txt").write_text(BRIDGE.replace("860米", "1200米"), "utf-8")
    assert answer(live.ask("柳湾大桥有多长?")) == "1200米"
    assert "1200米" in live.retrieve("柳湾大桥有多长?")[0].passage.text


def test_a_deleted_page_stops_answering_without_being_told(papers: Path, live: Live) -> None:
    article = live.pages[0].articles[0]
    assert live.article(article.id) == article and live.passages_of(article.id)
    (papers / "bridge.txt").unlink()
    reply = live.ask("柳湾大桥有多长?")
    assert not reply.answered and all(hit.passage.source == "show.txt" for hit in reply.hits)
    assert live.article(article.id) is None and live.passages_of(article.id) == []
    assert [page.source for page in live.pages] == ["show.txt"]
    assert not any("柳湾" in hit.passage.text for hit in live.retrieve("柳湾大桥", k=50))
    with pytest.raises(KeyError):
        live.page("bridge.txt")


@pytest.mark.parametrize("error", [fail, lambda *_, **__: 1 / 0])
def test_where_the_index_cannot_follow_a_deleted_page_is_silent_all_the_same(
    papers: Path, live: Live, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: object
) -> None:
    monkeypatch.setattr(Archive, "reopened", error)
    article = live.pages[0].articles[0]
    (papers / "bridge.txt").unlink()
    (papers / "ferry.txt").write_text(FERRY, "utf-8")
    with caplog.at_level(logging.WARNING):
        reply = live.ask("柳湾大桥有多长?")
    assert not reply.answered and all(hit.passage.source == "show.txt" for hit in reply.hits)
    assert live.article(article.id) is None
    assert answer(live.ask("花展展出了多少盆牡丹?")) == "420盆"
    assert [page.source for page in live.pages] == ["show.txt"]
    (note,) = live.notes
    assert "could not be indexed" in note and ("process 1" in note) == (error is fail)
    (record, *_) = caplog.records
    assert bool(record.exc_info) == (error is not fail)  # a fault of ours keeps its traceback, in the log alone
    monkeypatch.undo()
    assert live.refresh() and live.notes == ()
    assert answer(live.ask("轮渡的船票每张多少钱?")) == "2元"


def test_without_any_page_left_nothing_is_answered_and_it_comes_back(papers: Path, live: Live, tmp_path: Path) -> None:
    talk = live.conversation()
    assert answer(talk.ask("柳湾大桥有多长?")) == "860米"
    papers.rename(tmp_path / "away")
    for ask in (live.ask, live.reply, talk.ask):
        reply = ask("柳湾大桥有多长?")
        assert (reply.answered, reply.hits) == (False, ())
    assert live.retrieve("柳湾大桥") == [] and live.pages == ()
    assert "There is no folder" in live.notes[0]
    (tmp_path / "away").rename(papers)
    assert live.refresh()
    assert answer(talk.ask("柳湾大桥有多长?")) == "860米"


def test_a_conversation_goes_on_in_the_new_generation(papers: Path, live: Live) -> None:
    talk = live.conversation()
    assert answer(talk.ask("柳湾大桥有多长?")) == "860米"
    (papers / "ferry.txt").write_text(FERRY, "utf-8")
    (papers / "bridge.txt").write_text("报社地址:和平路1号\n\n" + BRIDGE, "utf-8")  # all of it stands further down
    assert live.refresh()
    reply = talk.ask("那总投资呢?")
    assert answer(reply) == "3亿元" and "柳湾" in reply.effective_question
    assert answer(talk.ask("轮渡的船票每张多少钱?")) == "2元"


@pytest.mark.parametrize("follow_up", ["那总投资呢?", "还有吗", "详细说说"])
def test_a_conversation_quotes_nothing_of_a_page_that_is_gone(papers: Path, live: Live, follow_up: str) -> None:
    talk = live.conversation()
    assert answer(talk.ask("柳湾大桥有多长?")) == "860米"
    (papers / "bridge.txt").unlink()
    reply = talk.ask(follow_up)
    assert not reply.answered and "柳湾" not in reply.effective_question
    assert all(hit.passage.source == "show.txt" for hit in reply.hits)


def test_reading_on_goes_on_where_the_page_has_moved_and_leaves_out_what_is_gone(papers: Path, live: Live) -> None:
    talk = live.conversation()
    first = talk.ask("柳湾大桥有多长?")
    assert first.quote is not None and {hit.passage.source for hit in first.hits} == {"bridge.txt", "show.txt"}
    (papers / "bridge.txt").rename(papers / "zoo.txt")
    (papers / "show.txt").unlink()
    live.refresh()
    assert talk.ask("详细说说").quote is None  # under another name it is another article
    (papers / "zoo.txt").rename(papers / "bridge.txt")
    live.refresh()
    talk = live.conversation()
    talk.ask("柳湾大桥有多长?")
    (papers / "ferry.txt").write_text(FERRY, "utf-8")
    live.refresh()
    reply = talk.ask("详细说说")
    answer(reply)
    assert reply.quote is not None and {hit.passage.source for hit in reply.hits} == {"bridge.txt"}


def test_a_filter_of_the_last_turn_holds_after_a_switch(papers: Path) -> None:
    for number in range(3):
        (papers / f"2026-01-0{number + 1}.txt").write_text(
            f"大桥{number}号完工\n\n■记者 王一\n\n本报讯 第{number}座大桥全长{number + 5}00米。\n", "utf-8"
        )
    with Live(lambda: Archive.open(papers)) as live:
        talk = live.conversation()
        talk.ask("大桥全长多少米?", where=None)
        first = talk.ask("2026年1月2日的报纸里大桥全长多少米?")
        assert answer(first) == "600米"
        (papers / "a.txt").write_text(FERRY, "utf-8")
        assert live.refresh()
        again = talk.ask("还有吗")
        assert all(hit.passage.source == "2026-01-02.txt" for hit in again.hits)


def test_a_folder_is_followed_in_the_background(papers: Path) -> None:
    told: list[int] = []
    with Live(lambda: Archive.open(papers)) as live:
        live.on_change(lambda archive: told.append(len(archive.pages)))
        live.watch(0.1)
        with pytest.raises(RuntimeError, match="already"):
            live.watch(0.1)
        (papers / "ferry.txt").write_text(FERRY, "utf-8")
        assert until(lambda: len(live.pages) == 3)
        (papers / "show.txt").unlink()
        assert until(lambda: len(live.pages) == 2)
        (papers / "bridge.txt").write_text(BRIDGE.replace("860米", "1200米"), "utf-8")
        assert until(lambda: "1200米" in live.pages[0].text)
    assert told == [3, 2, 2]
    assert not [thread for thread in threading.enumerate() if thread.name == "baowen-watch"]


def test_a_listener_that_fails_stops_nothing(papers: Path, live: Live, caplog: pytest.LogCaptureFixture) -> None:
    live.on_change(lambda archive: archive.pages[99])  # type: ignore[arg-type, return-value]
    (papers / "ferry.txt").write_text(FERRY, "utf-8")
    assert live.refresh() and live.notes == () and len(live.pages) == 3
    assert "a listener failed" in caplog.text


def test_what_went_wrong_is_tried_again(
    papers: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(live_module, "RETRY", 0.2)
    with Live(lambda: Archive.open(papers)) as live:
        with monkeypatch.context() as patch:
            patch.setattr(Archive, "reopened", fail)
            live.watch(0.05)
            (papers / "ferry.txt").write_text(FERRY, "utf-8")
            assert until(lambda: bool(live.notes))
        assert until(lambda: len(live.pages) == 3)
        assert live.notes == ()


def test_questions_asked_while_the_pages_change_are_right_or_not_answered(papers: Path) -> None:
    """The bridge is given another length again and again; what is answered is always what the page says then."""
    said: list[tuple[str, set[str]]] = []
    written = ["860米"]
    stop = threading.Event()

    with Live(lambda: Archive.open(papers)) as live:

        def ask() -> None:
            while not stop.is_set():
                first = len(written) - 1
                got = answer(live.ask("柳湾大桥有多长?"))
                said.append((got, {*written[first:], ""}))

        threads = [threading.Thread(target=ask) for _ in range(2)]
        for thread in threads:
            thread.start()
        live.watch(0.1)
        for length in range(901, 907):
            written.append(f"{length}米")  # said before it is so, since the question may see either
            new = papers / "new.part"
            new.write_text(BRIDGE.replace("860米", f"{length}米"), "utf-8")
            new.rename(papers / "bridge.txt")
            time.sleep(0.3)
        stop.set()
        for thread in threads:
            thread.join()
        assert answer(live.ask("柳湾大桥有多长?")) == "906米"
    assert len(said) >= 2
    for got, right in said:
        assert got in right


def test_hidden_pages_are_in_nothing_that_an_archive_gives(papers: Path) -> None:
    archive = Archive.open(papers)
    part = archive.without({"bridge.txt"})
    bridge, show = (page.articles[0].id for page in archive.pages)
    assert [page.source for page in part.pages] == ["show.txt"]
    assert part.article(bridge) is None and part.article(show) is not None
    assert part.passages_of(bridge) == [] and part.passages_of(show) == archive.passages_of(show)
    assert not part.ask("柳湾大桥有多长?").answered
    assert archive.ask("柳湾大桥有多长?").answered
    ids = [passage.id for passage in archive.passages_of(bridge)]
    assert part.contents.rows(ids).size == 0 and archive.contents.rows(ids).size == len(ids)
    assert part.contents.passage(ids[0]) is None and archive.contents.passage(ids[0]) is not None
    assert not part.reply_from(ids, "柳湾大桥有多长?").answered


def test_what_is_taken_over_is_what_reading_gives(papers: Path, live: Live) -> None:
    """A refresh takes pages over from the generation before: they must be what reading them gives."""
    shutil.copy(papers / "bridge.txt", papers / "copy.txt")
    live.refresh()
    assert [read_file(papers, Path(page.source)) for page in live.pages] == list(live.pages)


def test_a_near_duplicate_is_kept_and_named_beside_the_answer(papers: Path, live: Live) -> None:
    (papers / "bridge2.txt").write_text(BRIDGE.replace("新桥通车", "柳湾大桥建成").replace("昨天", "日前"), "utf-8")
    live.refresh()
    reply = live.ask("柳湾大桥有多长?")
    assert answer(reply) == "860米" and reply.quote is not None
    (again,) = reply.also
    sources = {reply.hits[one.hit].passage.source for one in (reply.quote, again)}
    assert sources == {"bridge.txt", "bridge2.txt"} and "860米" in again.text
    (papers / reply.hits[reply.quote.hit].passage.source).unlink()
    left = live.ask("柳湾大桥有多长?")
    assert answer(left) == "860米" and left.also == ()
