"""The sets that visitors choose from: each asks its own; opening and reading hold up nobody else; following folders."""

from __future__ import annotations

import argparse
import asyncio
import datetime
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from chat_parts import until

from corpus.errors import InputError
from qa.archive import Archive
from qa.chat.export_routes import made
from qa.chat.labels import say
from qa.chat.opening import Opening
from qa.chat.options import Options, add_arguments, options_of
from qa.chat.past import Past
from qa.chat.service import Service
from qa.chat.settings import Settings
from qa.chat.shelves import START, Shelves, UnavailableError
from qa.chat.visitors import Caller
from qa.folders.uploads import Uploads
from qa.live import Live
from qa.papers import Papers

BRIDGE = "新桥通车\n\n■记者 王一山\n\n本报讯 柳湾大桥昨天通车，全长860米。大桥总投资3亿元。\n"
FARM = "稻田丰收\n\n■记者 陈白石\n\n本报讯 山后村的晚稻开镰，亩产620公斤。\n"
BRIDGE_QUESTION, FARM_QUESTION = "柳湾大桥全长多少米？", "晚稻亩产多少公斤？"


class Gate:
    """Opens archives; those in `held` wait for `go`."""

    def __init__(self) -> None:
        self.held: set[str] = set()
        self.go = threading.Event()

    def __call__(self, path: Path) -> Live:
        if path.name in self.held:
            assert self.go.wait(30)
        return Live(lambda: Archive.open(path))


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    made = {}
    for name, text in (("桥", BRIDGE), ("田", FARM)):
        made[name] = tmp_path / name
        made[name].mkdir()
        (made[name] / "20260401_01版.txt").write_text(text, "utf-8")
    return made


@pytest.fixture
def shelves(folders: dict[str, Path], gate: Gate, tmp_path: Path) -> Iterator[Shelves]:
    made = Shelves(gate, folders["桥"], Uploads(tmp_path / "uploads"), [folders["田"]], seconds=0.1)
    yield made
    gate.go.set()
    made.close()


@pytest.fixture
def service(shelves: Shelves) -> Service:
    return Service(Opening(shelves.open()), Options(rate=0), shelves)


def field(shelves: Shelves) -> str:
    return next(one.key for one in shelves.sets() if one.name == "田")


def asks(service: Service, owner: str, *questions: str) -> list[str]:
    """What one visitor's window is told, in English."""

    async def run() -> list[str]:
        session, caller = service.sessions.get((owner, "window")), Caller(owner, "window", owner)
        turns = []
        for question in questions:
            turns.append(service.begin(session, question, caller, "en"))
            await service.answer(session, caller, "en")
        return [turn.said for turn in turns]

    return asyncio.run(run())


def test_each_visitor_asks_the_pages_that_they_chose(service: Service, shelves: Shelves) -> None:
    shelves.choose("farmer", field(shelves))
    assert "620" in asks(service, "farmer", FARM_QUESTION)[0]
    assert "620" not in asks(service, "driver", FARM_QUESTION)[0]
    assert "860" in asks(service, "driver", BRIDGE_QUESTION)[0]
    shelves.choose("farmer", START)
    assert "860" in asks(service, "farmer", BRIDGE_QUESTION)[0]
    assert shelves.chosen("") == shelves.chosen("nobody") == START


def test_a_conversation_is_taken_up_with_the_pages_that_it_was_with(service: Service, shelves: Shelves) -> None:
    """Whichever the reader has chosen since; those that are asked now where they are no more."""
    session, caller = service.sessions.get(("driver", "window")), Caller("driver", "window", "driver")
    past = [Past(FARM_QUESTION, Settings(), field(shelves)), Past(BRIDGE_QUESTION, Settings(), "0123456789ab")]

    async def run() -> list[str]:
        service.resume(session, past, caller, "en")
        for _ in past:
            await service.answer(session, caller, "en")
        return [turn.said for turn in session.turns.values()]

    farm, bridge = asyncio.run(run())
    assert "620" in farm and "860" in bridge
    assert [turn.asks for turn in session.turns.values()] == [field(shelves), START]


def test_an_answer_keeps_its_papers_whichever_are_chosen_since(
    service: Service, shelves: Shelves, folders: dict[str, Path]
) -> None:
    """In its cards and in what is taken away; where its pages have gone, they are not named after others."""
    for name, title in (("桥", "柳湾日报"), ("田", "山后农报")):
        (folders[name] / "papers.toml").write_text(f'title = "{title}"\n', "utf-8")
    asks(service, "reader", BRIDGE_QUESTION)
    shelves.choose("reader", field(shelves))
    asks(service, "reader", FARM_QUESTION)
    session = service.sessions.get(("reader", "window"))
    for number, own, other in ((1, "柳湾日报", "山后农报"), (2, "山后农报", "柳湾日报")):
        service.show(session, session.turns[number], "zh")
        assert own in session.cards and other not in session.cards
    day = datetime.date(2026, 4, 2)
    for kind in ("md", "html", "csv"):
        text = made(session, kind, service.papers_of, day, "zh").decode()
        assert 0 < text.index("柳湾日报") < text.index("山后农报"), kind
    assert service.papers_of("0123456789ab") == Papers()


def test_a_question_asked_before_the_pages_are_open_waits_for_them(shelves: Shelves) -> None:
    service = Service(Opening(shelves.open), Options(rate=0), shelves)

    async def run() -> str:
        session, caller = service.sessions.get(("driver", "window")), Caller("driver", "window", "driver")
        turn = service.begin(session, BRIDGE_QUESTION, caller, "en")
        answer = asyncio.create_task(service.answer(session, caller, "en"))
        await asyncio.sleep(0.05)
        assert not answer.done() and turn.reply is None
        loop = asyncio.get_running_loop()
        service.opening.start(lambda: loop.call_soon_threadsafe(service.desk.open))
        await answer
        return turn.said

    assert "860" in asyncio.run(run())


def test_an_article_is_found_whatever_was_chosen(service: Service, shelves: Shelves) -> None:
    source = shelves.source(field(shelves))
    assert source is not None
    article = source.pages[0].articles[0]
    found = service.source_of(article.id, "driver")
    assert found is not None and found.article(article.id) == article
    opened = service.source_of("none", "driver")
    assert opened is not None and opened.article("none") is None


def test_what_cannot_be_chosen(service: Service, shelves: Shelves) -> None:
    for owner, key in (("a", "../etc"), ("", START), ("a", "")):
        with pytest.raises(InputError, match="no such pages"):
            shelves.choose(owner, key)
    with pytest.raises(InputError, match="no such pages"):
        shelves.reread("none")


def test_chosen_pages_that_cannot_be_asked_say_so(service: Service, shelves: Shelves, folders: dict[str, Path]) -> None:
    shelves.choose("a", "uploads")
    assert say("en", "pages_empty") in asks(service, "a", FARM_QUESTION)[0].replace("&#45;", "-").replace(
        "&#44;", ","
    ).replace("&#46;", ".").replace("&#8220;", "“")
    key = field(shelves)
    folders["田"].rename(folders["田"].with_name("elsewhere"))
    with pytest.raises(UnavailableError) as raised:
        asyncio.run(shelves.ready(key))
    assert raised.value.key == "pages_gone"


def test_opening_one_set_holds_up_no_question_to_another(service: Service, shelves: Shelves, gate: Gate) -> None:
    gate.held.add("田")
    key = field(shelves)
    shelves.choose("a", key)
    assert shelves.state(key).opening and not shelves.prepare(key)

    async def run() -> None:
        sessions = {owner: service.sessions.get((owner, "window")) for owner in "abc"}
        for owner in "abc":
            service.begin(
                sessions[owner], FARM_QUESTION if owner == "a" else BRIDGE_QUESTION, Caller(owner, "w", owner), "en"
            )
        waits = [
            asyncio.create_task(service.answer(sessions[owner], Caller(owner, "w", owner), "en")) for owner in "abc"
        ]
        await asyncio.wait_for(asyncio.gather(*waits[1:]), 20)
        assert all("860" in turn.said for owner in "bc" for turn in sessions[owner].turns.values())
        assert not waits[0].done()
        gate.go.set()
        await asyncio.wait_for(waits[0], 20)
        assert all("620" in turn.said for turn in sessions["a"].turns.values())

    asyncio.run(run())


def test_reading_uploads_holds_up_neither_others_nor_removal(
    service: Service, shelves: Shelves, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploads = shelves.uploads
    assert uploads is not None
    page = uploads.add("20260402_05版.txt", FARM.encode())
    shelves.reread("uploads")
    until(lambda: not shelves.state("uploads").reading)
    shelves.choose("a", "uploads")
    assert "620" in asks(service, "a", FARM_QUESTION)[0]
    go, at_it, real = threading.Event(), threading.Event(), Archive.reopened

    def slow(archive: Archive) -> Archive:
        at_it.set()
        assert go.wait(30)
        return real(archive)

    monkeypatch.setattr(Archive, "reopened", slow)
    uploads.add("20260403_05版.txt", BRIDGE.encode())
    shelves.reread("uploads")
    assert at_it.wait(10) and shelves.state("uploads").reading
    assert "620" in asks(service, "a", FARM_QUESTION)[0] and "860" in asks(service, "b", BRIDGE_QUESTION)[0]
    uploads.remove(page.id)
    shelves.reread("uploads")
    assert "620" not in asks(service, "a", FARM_QUESTION)[0]
    go.set()
    until(lambda: not shelves.state("uploads").reading)
    assert "860" in asks(service, "a", BRIDGE_QUESTION)[0]


def test_a_folder_is_followed_and_left(service: Service, shelves: Shelves, folders: dict[str, Path]) -> None:
    assert not shelves.state(START).following
    for _ in range(2):
        shelves.follow(START, True)
    assert shelves.state(START).following
    (folders["桥"] / "20260402_05版.txt").write_text(FARM, "utf-8")
    source = shelves.source(START)
    assert source is not None
    until(lambda: len(source.pages) == 2)
    for _ in range(2):
        shelves.follow(START, False)
    assert not shelves.state(START).following and not any(
        one.name == "baowen-watch" for one in threading.enumerate() if one.is_alive()
    )
    (folders["桥"] / "20260402_05版.txt").unlink()
    assert len(source.pages) == 2
    shelves.reread(START)
    until(lambda: len(source.pages) == 1)
    with pytest.raises(InputError, match="not to be followed"):
        shelves.follow("uploads", False)


def test_the_papers_name_is_for_the_pages_of_the_start(folders: dict[str, Path], gate: Gate) -> None:
    shelves = Shelves(gate, folders["桥"], None, [folders["田"]], title="柳湾日报")
    live = shelves.open()
    assert shelves.papers(START).of(live.pages[0]).title == "柳湾日报"
    assert shelves.papers(field(shelves)).of(live.pages[0]).title is None
    shelves.close()


def test_who_may_upload_where_nothing_was_said() -> None:
    users = Path("users.txt")
    assert Options().takes_uploads(local=True) and not Options().takes_uploads(local=False)
    assert not Options(proxy="10.0.0.1").takes_uploads(local=True)
    assert Options(users=users, proxy="10.0.0.1").takes_uploads(local=False)
    assert Options(uploads=True).takes_uploads(local=False) and not Options(uploads=False).takes_uploads(local=True)


def test_the_switches_and_their_variables() -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser, {"BAOWEN_UPLOADS": "no", "BAOWEN_ALSO": f"a{os.pathsep}b", "BAOWEN_UPLOAD_MB": "7"})
    found = options_of(parser.parse_args([]))
    assert (found.uploads, found.also, found.upload_mb) == (False, (Path("a"), Path("b")), 7)
    found = options_of(parser.parse_args(["--uploads", "--also", "c", "--upload-files", "3", "--paper", "柳湾日报"]))
    assert (found.uploads, found.also[-1], found.upload_files, found.paper) == (True, Path("c"), 3, "柳湾日报")
    bare = argparse.ArgumentParser()
    add_arguments(bare, {})
    assert options_of(bare.parse_args([])) == Options()
