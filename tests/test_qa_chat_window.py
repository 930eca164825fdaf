"""The window's handlers as transcripts, and the server's port: no browser."""

from __future__ import annotations

import socket
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from corpus.records import Article, Page
from qa.chat.labels import say
from qa.chat.server import listen
from qa.records import Reply


class Echo:
    """An archive without pages that finds nothing; the word 坏 makes it fail."""

    pages: tuple[Page, ...] = ()

    def conversation(self) -> Echo:
        return self

    def ask(self, question: str) -> Reply:
        if "坏" in question:
            raise RuntimeError("secret path /srv/x")
        return Reply(question, question + "（全）", False, "off_topic", None, None, (), 0.0, 0.0, "")

    def article(self, article_id: str) -> Article | None:
        return None

    def page(self, source: str) -> Page:
        raise KeyError(source)


def request(window: str, accept: str = "zh-CN") -> Any:
    return SimpleNamespace(session_hash=window, headers={"accept-language": accept})


def event(**data: object) -> Any:
    return SimpleNamespace(_data=data)


@pytest.fixture(scope="module")
def make() -> Callable[[], Any]:
    from qa.chat.server import prepare

    with pytest.MonkeyPatch.context() as patch:
        for name in ("GRADIO_ANALYTICS_ENABLED", "GRADIO_ANALYTICS_MAX_EVENTS"):
            patch.setenv(name, "False" if name.endswith("ENABLED") else "100")
        prepare()
        from qa.chat.window import Window

        return lambda: Window(Echo())


def texts(messages: list[dict[str, str]]) -> list[tuple[str, str]]:
    return [(message["role"], message["content"]) for message in messages]


def test_a_turn_is_searched_then_said_then_shown(make: Callable[[], Any]) -> None:
    steps = list(make().ask("问一下", request("w1")))
    assert len(steps) == 3
    box, first, _, chips = steps[0]
    assert box == "" and chips["visible"] is False
    assert texts(first) == [
        ("user", '<div class="asked">问一下</div>'),
        ("assistant", '<div class="note">正在查找…</div>'),
    ]
    assert texts(steps[1][1]) == [
        (
            "user",
            '<div class="asked">问一下</div>'
            '<div class="effective">按此检索：问一下（全） <a href="#edit-1">修改</a></div>',
        ),
        ("assistant", '<div class="note">这些版面里没有这方面的内容。</div>'),
    ]
    assert 'data-turn="1"' in steps[2][2]


def test_a_failure_is_said_without_its_cause_and_the_next_turn_works(make: Callable[[], Any]) -> None:
    window = make()
    failed = list(window.ask("坏了", request("w1", "en")))
    assert len(failed) == 2
    said = failed[-1][1][-1]["content"]
    assert "Something went wrong" in said and "secret" not in said
    after = list(window.ask("好了", request("w1")))[-2][1]
    assert [message["role"] for message in after] == ["user", "assistant"] * 2
    assert say("zh", "off_topic") in after[-1]["content"]


def test_windows_do_not_see_each_other(make: Callable[[], Any]) -> None:
    window = make()
    list(window.ask("甲", request("w1")))
    assert len(list(window.ask("乙", request("w2")))[-2][1]) == 2
    assert window.edit(request("w1"), event(turn=1)) == "甲（全）"
    assert window.edit(request("w2"), event(turn=1)) == "乙（全）"


def test_an_empty_question_changes_nothing(make: Callable[[], Any]) -> None:
    window = make()
    assert len(list(window.ask(" \n", request("w1")))) == 1
    assert len(list(window.ask("问", request("w1")))[-2][1]) == 2


@pytest.mark.parametrize("turn", [0, 2, -1, True, "1", None, 1.0, [1], 10**30])
def test_events_that_no_window_sends_are_ignored(make: Callable[[], Any], turn: object) -> None:
    window = make()
    list(window.ask("问", request("w1")))
    for handler in (window.cite, window.edit):
        answer = handler(request("w1"), event(turn=turn))
        assert not isinstance(answer, str)
    assert len(list(window.choose(request("w1"), event(example=turn)))) == 1


def test_a_lone_surrogate_does_not_break_the_chat(make: Callable[[], Any]) -> None:
    messages = list(make().ask("问\ud800", request("w1")))[-2][1]
    assert "问&#63;" in messages[0]["content"]


def test_clearing_forgets_the_turns(make: Callable[[], Any]) -> None:
    window = make()
    list(window.ask("问", request("w1")))
    box, messages, cards, chips = window.clear(request("w1"))
    assert (box, messages, chips["visible"]) == ("", [], True)
    assert say("zh", "sources_empty") in cards
    assert not isinstance(window.cite(request("w1"), event(turn=1)), str)


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
