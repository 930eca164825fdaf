"""The desk, the limits, the counters, the log and the switches of the chat: no browser, no port."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from chat_parts import FREE, Echo, service

from qa.chat.desk import Desk, RefusedError
from qa.chat.labels import say
from qa.chat.logs import log_file, logging_to, note
from qa.chat.opening import Opening
from qa.chat.options import Options, add_arguments, options_of
from qa.chat.rates import Rate
from qa.chat.service import Service
from qa.chat.session import PENDING, Session
from qa.chat.visitors import Caller

CALLER = Caller("o", "window", "c")


async def outcome(asked: Awaitable[object]) -> object:
    try:
        return await asked
    except RefusedError as refused:
        return refused.why


async def settle() -> None:
    """Let what is under way come to where it waits."""
    for _ in range(5):
        await asyncio.sleep(0)


def held(gate: threading.Event) -> Callable[[], str]:
    def work() -> str:
        gate.wait(20)
        return "done"

    return work


def test_so_many_are_answered_so_many_wait_and_the_next_are_sent_away() -> None:
    async def run() -> tuple[int, int, list[object]]:
        desk, gate = Desk(2, 3, 20), threading.Event()
        desk.open()
        asked = [asyncio.create_task(outcome(desk.ask(held(gate)))) for _ in range(7)]
        await settle()
        counts = desk.running, desk.in_line
        gate.set()
        return *counts, await asyncio.gather(*asked)

    running, in_line, found = asyncio.run(run())
    assert (running, in_line) == (2, 3)
    assert found == ["done"] * 5 + ["busy"] * 2


def test_the_line_is_served_in_order() -> None:
    async def run() -> list[int]:
        desk, gate = Desk(1, 9, 20), threading.Event()
        desk.open()
        order: list[int] = []
        asked = [asyncio.create_task(desk.ask(held(gate)))]
        asked += [asyncio.create_task(desk.ask(lambda n=n: order.append(n))) for n in range(5)]  # type: ignore[misc]
        await settle()
        gate.set()
        await asyncio.gather(*asked)
        return order

    assert asyncio.run(run()) == [0, 1, 2, 3, 4]


def test_a_question_that_takes_too_long_frees_its_place_but_threads_are_bounded() -> None:
    async def run() -> None:
        desk, gate = Desk(1, 5, 0.1), threading.Event()
        desk.open()
        assert await outcome(desk.ask(held(gate))) == "slow"
        assert await outcome(desk.ask(lambda: "next")) == "next"
        # A second one runs on as well; now its place is held until it ends.
        assert await outcome(desk.ask(held(gate))) == "slow"
        waiting = asyncio.create_task(outcome(desk.ask(lambda: "at last")))
        await asyncio.sleep(0.3)
        assert not waiting.done() and (desk.running, desk.in_line) == (0, 1)
        gate.set()
        assert await waiting == "at last"
        assert await outcome(desk.ask(lambda: "and on")) == "and on"

    asyncio.run(run())


def test_who_leaves_loses_the_place_in_line() -> None:
    async def run() -> None:
        desk, gate = Desk(1, 2, 20), threading.Event()
        desk.open()
        first = asyncio.create_task(outcome(desk.ask(held(gate), "a")))
        await settle()
        second = asyncio.create_task(outcome(desk.ask(held(gate), "b")))
        third = asyncio.create_task(outcome(desk.ask(lambda: "third", "c")))
        await settle()
        desk.left("b")
        assert await second == "left" and desk.in_line == 1
        third.cancel()
        await asyncio.gather(third, return_exceptions=True)
        assert desk.in_line == 0
        gate.set()
        assert await first == "done"
        assert await desk.ask(lambda: "free again") == "free again"

    asyncio.run(run())


def test_closing_tells_the_line_and_then_those_running(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.chat.desk.LAST_SECONDS", 0.2)

    async def run() -> None:
        desk, gate = Desk(1, 2, 20), threading.Event()
        desk.open()
        running = asyncio.create_task(outcome(desk.ask(held(gate))))
        await settle()
        waiting = asyncio.create_task(outcome(desk.ask(held(gate))))
        await settle()
        desk.close()
        assert await waiting == "closing" and not running.done()
        assert await outcome(desk.ask(lambda: "late")) == "closing"
        assert await running == "closing"
        gate.set()

    asyncio.run(run())


def test_an_error_in_the_work_is_raised_and_frees_the_place() -> None:
    async def run() -> None:
        desk = Desk(1, 0, 20)
        desk.open()
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                await desk.ask(lambda: 1 // 0)
        assert await desk.ask(lambda: "works") == "works"

    asyncio.run(run())


def test_a_rate_lets_through_its_amount_then_one_for_each_share_of_the_time() -> None:
    now = [100.0]
    rate = Rate(3, 60.0, lambda: now[0])
    assert [rate.take("a") for _ in range(4)] == [0.0, 0.0, 0.0, 20.0]
    assert rate.take("b") == 0.0
    now[0] += 15.0
    assert rate.take("a") == pytest.approx(5.0)
    now[0] += 5.0
    assert rate.take("a") == 0.0 and rate.take("a") == pytest.approx(20.0)
    rate.forgive("a")
    assert rate.take("a") == 0.0
    now[0] += 1e9
    assert [bool(rate.take("a")) for _ in range(4)] == [False, False, False, True]
    assert all(Rate(0, 60.0).take("a") == 0.0 for _ in range(1000))


def test_a_rate_forgets_the_keys_of_long_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.chat.rates._KEYS", 10)
    rate = Rate(1, 60.0)
    for number in range(100):
        rate.take(str(number))
    assert len(rate._left) == 10


async def turn(made: Service, session: Session, question: str, caller: Caller = CALLER) -> str:
    """What is said to a question."""
    begun = made.begin(session, question, caller, "zh")
    await made.answer(session, caller, "zh")
    return begun.said


def test_a_slow_question_is_given_up_in_a_sentence_and_the_window_goes_on() -> None:
    archive = Echo()
    made = service(archive, Options(rate=0, seconds=1, at_once=1))

    async def run() -> list[str]:
        session = Session()
        return [await turn(made, session, "慢慢来"), await turn(made, session, "快")]

    said = asyncio.run(run())
    archive.go.set()
    assert say("zh", "slow") in said[0] and say("zh", "off_topic") in said[1]
    assert b'baowen_refused_total{why="slow"} 1.0' in made.meters.page()


def test_one_window_may_have_a_few_questions_open() -> None:
    archive = Echo()
    made = service(archive, Options(rate=0, at_once=1))

    async def run() -> list[str]:
        session = Session()
        asked = [asyncio.create_task(turn(made, session, "慢")) for _ in range(PENDING)]
        await settle()
        more = await turn(made, session, "还有")
        archive.go.set()
        return [more, *await asyncio.gather(*asked)]

    said = asyncio.run(run())
    assert say("zh", "too_many_open") in said[0]
    assert all(say("zh", "off_topic") in one for one in said[1:])


def test_questions_wait_while_the_archive_is_being_opened() -> None:
    gate, done = threading.Event(), threading.Event()

    def open_archive() -> Any:
        gate.wait(20)
        return Echo()

    opening = Opening(open_archive)
    made = Service(opening, FREE)

    async def run() -> str:
        session = Session()
        loop = asyncio.get_running_loop()
        opening.start(lambda: loop.call_soon_threadsafe(made.desk.open) and done.set())
        begun = made.begin(session, "问", CALLER, "zh")
        assert begun.waits and say("zh", "preparing") in begun.said and not opening.ready
        answer = asyncio.create_task(made.answer(session, CALLER, "zh"))
        await asyncio.sleep(0.05)
        assert not answer.done() and made.desk.in_line == 1
        gate.set()
        await answer
        return begun.said

    assert say("zh", "off_topic") in asyncio.run(run())
    assert opening.ready


def test_what_is_counted() -> None:
    made = service()

    async def run() -> None:
        session = Session()
        for question in ("一", "二", "坏"):
            await turn(made, session, question)

    asyncio.run(run())
    page = made.meters.page().decode()
    for line in (
        'baowen_questions_abstained_total{reason="off_topic"} 2.0',
        "baowen_questions_answered_total 0.0",
        "baowen_errors_total 1.0",
        "baowen_question_seconds_count 2.0",
        "baowen_ready 1.0",
        "baowen_waiting 0.0",
    ):
        assert line in page.splitlines()


@pytest.mark.parametrize("wanted", [False, True])
def test_the_log_is_json_lines_and_holds_a_questions_text_only_on_demand(tmp_path: Path, wanted: bool) -> None:
    made = service(options=Options(rate=0, log_questions=wanted))
    path = tmp_path / "日志 📰" / "chat.log"

    async def run() -> None:
        session = Session()
        for question in ("谁是市长", "坏了谁知道"):
            await turn(made, session, question)

    with logging_to(path) as written:
        assert written
        asyncio.run(run())
        logging.getLogger("uvicorn.error").error("of %s", "谁是市长")
    text = path.read_text("utf-8")
    rows = [json.loads(line) for line in text.splitlines()]
    assert [(row["level"], row["event"]) for row in rows] == [
        ("info", "question"),
        ("error", "a question was not answered"),
        ("error", "of %s"),
    ]
    assert rows[0]["reason"] == "off_topic" and rows[0]["seconds"] >= 0
    assert rows[1]["error"] == "RuntimeError" and "chat_parts.py" in rows[1]["traceback"][-1]
    assert ("谁是市长" in text) == wanted and "坏了谁知道" not in text and "secret" not in text
    assert path.stat().st_mode & 0o077 == 0


def test_the_log_is_turned_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.chat.logs._LARGEST", 1000)
    with logging_to(tmp_path / "chat.log"):
        for number in range(100):
            note(logging.getLogger("qa.chat.test"), "something", number=number)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["chat.log", "chat.log.1", "chat.log.2", "chat.log.3"]
    assert all(path.stat().st_size <= 1000 for path in tmp_path.iterdir())


def test_a_log_that_cannot_be_written_does_not_stop_the_chat(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with logging_to(tmp_path / "file" / "chat.log") as written:
        assert not written


def test_the_logs_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BAOWEN_CACHE", str(tmp_path))
    assert log_file() == tmp_path / "logs" / "chat.log"
    monkeypatch.setenv("BAOWEN_LOG", str(tmp_path / "mine.log"))
    assert log_file() == tmp_path / "mine.log"
    monkeypatch.delenv("BAOWEN_CACHE")
    monkeypatch.delenv("BAOWEN_LOG")
    assert log_file().name == "chat.log" and "baowen" in log_file().parts


def parsed(arguments: list[str], environment: dict[str, str] | None = None) -> Options:
    parser = argparse.ArgumentParser()
    add_arguments(parser, {} if environment is None else environment)
    return options_of(parser.parse_args(arguments))


def test_switches_and_variables() -> None:
    assert parsed([]) == Options()
    given = {"BAOWEN_RATE": "7", "BAOWEN_AT_ONCE": "3", "BAOWEN_LOG_QUESTIONS": "yes", "BAOWEN_USERS": "/u"}
    assert parsed(["--rate", "8"], given) == Options(rate=8, at_once=3, log_questions=True, users=Path("/u"))
    assert parsed(["--mcp"]) == parsed([], {"BAOWEN_MCP": "1"}) == Options(mcp=True)


@pytest.mark.parametrize("value", ["0", "-1", "65", "x", "", "9" * 30, "1.5", "３"])
def test_a_bad_limit_is_named(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, environment in ((["--at-once", value], {}), ([], {"BAOWEN_AT_ONCE": value})):
        with pytest.raises(SystemExit) as stopped:
            parsed(arguments, environment)
        assert stopped.value.code == 2
        said = capsys.readouterr().err
        assert "whole number from 1 to 64" in said or "expected one argument" in said


def test_a_failed_opening_is_kept_for_whoever_started_it() -> None:
    def fail() -> Any:
        raise OSError("no such folder")

    opening, done = Opening(fail), threading.Event()
    opening.start(done.set)
    assert done.wait(10) and not opening.ready and isinstance(opening.error, OSError)


def test_the_desk_holds_up_under_many_threads() -> None:
    """A thousand short questions, some of them leaving: every place comes back."""

    async def run() -> None:
        desk = Desk(4, 2000, 20)
        desk.open()
        asked = [asyncio.create_task(outcome(desk.ask(lambda: time.sleep(0.0005), n))) for n in range(1000)]
        await asyncio.sleep(0.02)
        for number in range(0, 1000, 7):
            desk.left(number)
        found = await asyncio.gather(*asked)
        assert set(found) == {None, "left"}
        assert (desk.running, desk.in_line, desk._free) == (0, 0, 4)

    asyncio.run(run())
