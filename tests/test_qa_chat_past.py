"""Conversations that the browser keeps: what it is handed, what of it is believed later, and how one is taken up."""

from __future__ import annotations

import asyncio
import html
import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from chat_parts import Echo, request, service
from test_qa_chat_window import event, run, turn

from qa.archive import Archive
from qa.chat.examples import examples
from qa.chat.labels import say
from qa.chat.options import Options
from qa.chat.past import KEPT, Past, past_of, past_panel
from qa.chat.session import TURNS, Session
from qa.chat.settings import Settings, settings_of
from qa.question import LONGEST_QUESTION

QUESTION, FOLLOW_UP = "招大引强会议谁主持？", "那谁讲话？"
ID = "abcDEF012_-x"
SETTINGS = Settings(date(2026, 1, 2), date(2026, 2, 3), "3", "article", "周知", "a [1].txt", 10, 70)


@pytest.fixture(scope="module")
def make() -> Callable[..., Any]:
    made = service()  # sets what Gradio reads when it is imported

    from qa.chat.window import Window

    def window(archive: Any = None, options: Options = made.options) -> Any:
        return Window(service(Echo() if archive is None else archive, options))

    return window


def kept(panel: str) -> tuple[str, Any]:
    """The id and the turns that a panel hands to the browser."""
    found = re.search(r'data-id="([^"]*)" data-whose="[^"]*" data-turns="([^"]*)"', panel)
    assert found is not None
    return found[1], json.loads(html.unescape(found[2]))


async def _resume(window: Any, by: Any, **data: object) -> list[Any]:
    return [step async for step in window.resume(by, event(**data))]


def resume(window: Any, by: Any, **data: object) -> list[Any]:
    """All that the window shows while a conversation is taken up."""
    return asyncio.run(_resume(window, by, **data))


def test_settings_are_the_same_after_they_were_kept() -> None:
    assert settings_of(SETTINGS.given) == SETTINGS and settings_of(json.loads(json.dumps(SETTINGS.given))) == SETTINGS
    assert Settings().given == {} and Settings(passages=10).given == {"passages": "10"}


def test_the_browser_is_handed_the_last_questions_as_text(make: Callable[..., Any]) -> None:
    session = Session()
    hostile = '"><img src=x onerror=alert(1)> </div>\u2028'
    for number in range(KEPT + 5):
        session.begin(f"{number}{hostile}", "asked", "said")
    session.begin("长" * (LONGEST_QUESTION + 1), "asked", "said")
    session.turns[KEPT + 5].settings, session.turns[KEPT + 5].asks = SETTINGS, "uploads"
    panel = past_panel(session, '"x', "zh")
    id, turns = kept(panel)
    assert id == session.id and re.fullmatch(r"[A-Za-z0-9_-]{12}", id) and Session().id != id
    assert [one["question"] for one in turns] == [f"{number}{hostile}" for number in range(5, KEPT + 5)]
    assert turns[-1] | {"question": ""} == {"question": "", "settings": SETTINGS.given, "asks": "uploads"}
    assert "<img" not in panel and 'data-whose="&quot;x"' in panel


@pytest.mark.parametrize(
    "given",
    [None, [], "x", 1, {}, {"id": 5, "turns": "x"}, {"id": "../../x", "turns": [None, 1, [], {}, {"question": 3}]},
     {"id": ID + "x", "turns": [{"question": " \n"}, {"question": "长" * (LONGEST_QUESTION + 1)}]}],
)  # fmt: skip
def test_what_no_browser_keeps_is_left_out(given: object) -> None:
    assert past_of(given) == ("", ())


def test_only_so_much_is_taken_and_each_value_is_checked() -> None:
    turns: list[object] = [{"question": str(number)} for number in range(TURNS)]
    turns += [{"question": "问\ud800", "settings": {"kind": "x", "passages": "9999", "page": "3"}, "asks": "../x"}]
    id, past = past_of({"id": ID, "turns": turns})
    assert id == ID and len(past) == KEPT
    assert past[-1] == Past("问?", Settings(page="3"), "") and past[0].question == str(TURNS + 1 - KEPT)


def test_a_conversation_is_taken_up_and_a_follow_up_works_in_it(make: Callable[..., Any], archive: Archive) -> None:
    talk = archive.conversation()
    talk.ask(QUESTION)
    wanted = talk.ask(FOLLOW_UP).effective_question
    assert wanted != FOLLOW_UP, "a follow-up is completed"
    window, first = make(archive), request("window1")
    _, (said, cards) = turn(window, QUESTION, first)
    id, turns = kept(run(window.kept(first)))
    other = request("window2")
    turn(window, examples(archive)[1], other)
    shown = resume(window, other, id=id, turns=turns)
    assert [len(step[0]) for step in shown] == [2, 2], "the other conversation is not shown beside it"
    assert say("zh", "searching") in shown[0][0][1]["content"] and 'class="do stop"' in shown[0][2]
    assert shown[-1][:2] == (said, cards) and kept(run(window.kept(other))) == (id, turns)
    turn(window, FOLLOW_UP, other)
    assert run(window.edit(other, event(turn=2))) == wanted


def test_each_question_is_asked_with_the_settings_that_it_had(make: Callable[..., Any]) -> None:
    echo = Echo()
    window, by = make(echo), request("window1")
    turn(window, "甲", by)
    run(window.narrow(by, event(**SETTINGS.given)))
    turn(window, "乙", by)
    id, turns = kept(run(window.kept(by)))
    run(window.widen(by, event(name="")))
    resume(window, by, id=id, turns=turns)
    turn(window, "丙", by)
    assert echo.asked == ["甲", "乙"] * 2 + ["丙"]
    assert echo.where == [None, SETTINGS.where] * 2 + [None], "the window's own settings stay as they are"
    assert kept(run(window.kept(by)))[1][:2] == turns


def test_clearing_keeps_the_conversations_name_and_a_new_one_has_its_own(make: Callable[..., Any]) -> None:
    window, by = make(), request("window1")
    turn(window, "甲", by)
    first, turns = kept(run(window.kept(by)))
    assert [one["question"] for one in turns] == ["甲"]
    run(window.clear(by))
    assert kept(run(window.kept(by))) == (first, []), "so that the browser forgets it"
    turn(window, "乙", by)
    assert run(window.begin(by))[1] == []
    second, turns = kept(run(window.kept(by)))
    assert second != first and turns == []
    assert resume(window, by, id="?", turns=[])[-1][0] == [] and kept(run(window.kept(by)))[0] not in (first, second)
    assert len(window._service.sessions) == 1, "the server keeps none but the one on show"


def test_taking_one_up_costs_as_many_questions(make: Callable[..., Any]) -> None:
    window, by = make(options=Options(rate=3)), request("window1")
    turns = [{"question": name} for name in "甲乙丙丁"]
    messages = resume(window, by, id=ID, turns=turns)[-1][0]
    assert [say("zh", "off_topic") in message["content"] for message in messages[1::2]] == [True] * 3 + [False]
    assert "提问太快了" in messages[-1]["content"]
    assert [one["question"] for one in kept(run(window.kept(by)))[1]] == list("甲乙丙丁"), "none is lost"


def test_going_to_another_one_gives_up_what_is_being_answered(make: Callable[..., Any]) -> None:
    echo = Echo()
    window, by = make(echo, Options(rate=0, at_once=2)), request("window1")

    async def steps() -> tuple[Any, list[Any]]:
        await window.ask("慢", by)
        answering = asyncio.create_task(window.answer(by))
        while not echo.asked:
            await asyncio.sleep(0.01)
        shown = await _resume(window, by, id=ID, turns=[{"question": "甲"}])
        return await answering, shown

    (messages, _, _), shown = asyncio.run(steps())
    echo.go.set()
    assert "甲" in messages[0]["content"] and len(messages) == 2, "what came late shows the conversation that is open"
    assert say("zh", "off_topic") in shown[-1][0][1]["content"] and len(shown[-1][0]) == 2


def test_what_comes_late_is_of_the_conversation_that_is_open(make: Callable[..., Any], archive: Archive) -> None:
    window, by = make(archive), request("window1")
    turn(window, QUESTION, by)

    async def steps() -> tuple[str, str, str]:
        suggesting = asyncio.create_task(window.suggest(by))
        rating = asyncio.create_task(window.rate(by, event(turn=1, liked=1)))
        await asyncio.sleep(0)
        begun = await window.begin(by)
        return begun[3], await suggesting, await rating

    below, suggested, rated = asyncio.run(steps())
    assert suggested == below and rated == below and "data-example" in below


def test_pages_that_are_gone_are_asked_no_more(make: Callable[..., Any]) -> None:
    window, by = make(), request("window1")
    messages = resume(window, by, id=ID, turns=[{"question": "甲", "asks": "uploads"}])[-1][0]
    assert say("zh", "off_topic") in messages[-1]["content"], "those that are there are asked"
    assert kept(run(window.kept(by)))[1][0]["asks"] == "opened"


def test_who_signs_in_has_a_list_of_their_own(make: Callable[..., Any], tmp_path: Path) -> None:
    def whose(window: Any, client: str) -> str:
        found = re.search(r'data-whose="([^"]*)"', run(window.kept(request("window1", client=client))))
        assert found is not None
        return found[1]

    open_, closed = make(), make(options=Options(rate=0, users=tmp_path / "users"))
    assert whose(open_, "a") == whose(open_, "b") == ""
    assert whose(closed, "周知") not in ("", "周知", whose(closed, "郑远帆"))
