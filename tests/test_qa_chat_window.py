"""The window's handlers as transcripts, and the server's port: no browser."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine
from types import SimpleNamespace
from typing import Any

import pytest
from chat_parts import Echo, request, service

from qa.chat.labels import say
from qa.chat.options import Options
from qa.chat.server import listen


def event(**data: object) -> Any:
    return SimpleNamespace(_data=data)


def run(step: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(step)


def turn(window: Any, question: str, by: Any) -> tuple[Any, Any]:
    """What a question's two steps give: as it is put into the chat, and as it is answered."""
    return run(window.ask(question, by)), run(window.answer(by))[:2]


@pytest.fixture(scope="module")
def make() -> Callable[..., Any]:
    made = service()  # sets what Gradio reads when it is imported

    from qa.chat.window import Window

    return lambda options=made.options: Window(service(Echo(), options))


def texts(messages: list[dict[str, str]]) -> list[tuple[str, str]]:
    return [(message["role"], message["content"]) for message in messages]


def test_a_turn_is_searched_then_said_and_shown(make: Callable[..., Any]) -> None:
    (box, first, below), (messages, cards) = turn(make(), "问一下", request("window1"))
    assert box == "" and "stop" in below and "undo" not in below
    assert texts(first) == [
        ("user", '<div class="asked">问一下</div>'),
        ("assistant", '<div class="note">正在查找…</div>'),
    ]
    assert texts(messages) == [
        (
            "user",
            '<div class="asked">问一下</div>'
            '<div class="effective">按此检索：问一下（全） <a href="#edit-1">修改</a></div>',
        ),
        ("assistant", '<div class="note">这些版面里没有这方面的内容。</div>'),
    ]
    assert 'data-turn="1"' in cards


def test_a_failure_is_said_without_its_cause_and_the_next_turn_works(make: Callable[..., Any]) -> None:
    window = make()
    messages, cards = turn(window, "坏了", request("window1", "en"))[1]
    said = messages[-1]["content"]
    assert "Something went wrong" in said and "secret" not in said and say("en", "sources_empty") in cards
    after = turn(window, "好了", request("window1"))[1][0]
    assert [message["role"] for message in after] == ["user", "assistant"] * 2
    assert say("zh", "off_topic") in after[-1]["content"]


def test_windows_do_not_see_each_other(make: Callable[..., Any]) -> None:
    window = make()
    turn(window, "甲", request("window1"))
    assert len(turn(window, "乙", request("window2"))[1][0]) == 2
    assert run(window.edit(request("window1"), event(turn=1))) == "甲（全）"
    assert run(window.edit(request("window2"), event(turn=1))) == "乙（全）"


def test_a_window_belongs_to_its_browser(make: Callable[..., Any]) -> None:
    """The same key from another browser is another window; a key that is none is remembered for nobody."""
    window = make()
    turn(window, "甲", request("window1", owner="a"))
    theirs = request("window1", owner="b")
    assert run(window.edit(theirs, event(turn=1))) == ""
    assert len(turn(window, "乙", theirs)[1][0]) == 2
    for key in ("", "short", "x" * 65, "../../etc", "键键键键键键", "a b c d e"):
        assert turn(window, "丙", request(key))[1][0] == []
        assert run(window.edit(request(key), event(turn=1))) == ""
    assert len(window._service.sessions) == 2


def test_who_asks_too_fast_is_told_so_in_the_chat(make: Callable[..., Any]) -> None:
    window = make(Options(rate=2))
    for _ in range(2):
        assert say("zh", "off_topic") in turn(window, "问", request("window1"))[1][0][-1]["content"]
    begun, answered = turn(window, "问", request("window2"))
    assert begun[1] == answered[0]
    assert begun[1][-1]["content"] == '<div class="note">提问太快了，请过30秒再问。</div>'
    assert say("zh", "off_topic") in turn(window, "问", request("window3", client="d"))[1][0][-1]["content"]


def test_questions_put_one_after_the_other_are_answered_in_order(make: Callable[..., Any]) -> None:
    window, by = make(), request("window1")
    for question in ("甲", "乙", "丙", "丁"):
        run(window.ask(question, by))
    for _ in range(4):
        messages = run(window.answer(by))[0]
    assert ["（全）" in message["content"] for message in messages[::2]] == [True, True, True, False]
    assert say("zh", "too_many_open") in messages[-1]["content"]


def test_an_empty_question_changes_nothing(make: Callable[..., Any]) -> None:
    window = make()
    begun, answered = turn(window, " \n", request("window1"))
    assert begun[:2] == (" \n", []) and answered[0] == []
    assert len(turn(window, "问", request("window1"))[1][0]) == 2


@pytest.mark.parametrize("number", [0, 2, -1, True, "1", None, 1.0, [1], 10**30])
def test_events_that_no_window_sends_are_ignored(make: Callable[..., Any], number: object) -> None:
    window, by = make(), request("window1")
    _, (messages, cards) = turn(window, "问", by)
    assert run(window.cite(by, event(turn=number))) == cards
    assert run(window.edit(by, event(turn=number))) == ""
    for step in (window.choose(by, event(example=number)), window.follow(by, event(next=number))):
        assert run(step)[:2] == ("", messages)
    assert 'aria-pressed="true"' not in run(window.rate(by, event(turn=number, liked=1)))
    assert 'aria-pressed="true"' not in run(window.rate(by, event(turn=1, liked=2 if number in (0, 1) else number)))
    for data in (None, [], "x", 1):
        assert run(window.edit(by, SimpleNamespace(_data=data))) == ""


def test_a_lone_surrogate_does_not_break_the_chat(make: Callable[..., Any]) -> None:
    messages = turn(make(), "问\ud800", request("window1"))[1][0]
    assert "问&#63;" in messages[0]["content"]


def test_clearing_forgets_the_turns(make: Callable[..., Any]) -> None:
    window = make()
    turn(window, "问", request("window1"))
    box, messages, cards, chips = run(window.clear(request("window1")))
    assert (box, messages) == ("", []) and chips == run(make().start(request("window2")))[1]
    assert say("zh", "sources_empty") in cards
    assert run(window.edit(request("window1"), event(turn=1))) == ""


def test_a_step_that_failed_in_gradio_is_said_and_frees_the_window(make: Callable[..., Any]) -> None:
    window, by = make(), request("window1")
    for question in ("甲", "乙", "丙"):
        run(window.ask(question, by))
    messages, below = run(window.failed(by))
    assert "undo" in below
    assert all(say("zh", "failed") in message["content"] for message in messages[1::2])
    assert say("zh", "off_topic") in turn(window, "丁", by)[1][0][-1]["content"]


def test_a_port_that_is_taken_is_passed_over() -> None:
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with listen("127.0.0.1", port) as second:
            assert port < second.getsockname()[1] < port + 100


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_out_of_range_is_refused(port: int) -> None:
    with pytest.raises(OSError, match="between 0 and 65535"):
        listen("127.0.0.1", port)


def test_a_host_of_another_machine_is_refused() -> None:
    with pytest.raises(OSError) as refused:
        listen("192.0.2.1", 7860)
    assert not isinstance(refused.value, socket.gaierror)
