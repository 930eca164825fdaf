"""What a reader can do with a conversation in the window, as transcripts: retry, undo, stop, suggestions, verdicts,
filters, export. No browser.
"""

from __future__ import annotations

import asyncio
import csv
import html
import io
import re
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from chat_parts import FREE, Echo, request, running, service

from qa.archive import Archive
from qa.chat.examples import examples
from qa.chat.labels import say
from qa.chat.options import Options
from qa.chat.render import shown
from qa.chat.visitors import COOKIE
from qa.feedback import Feedback, questions
from qa.filters import Filter

QUESTION, FOLLOW_UP = "招大引强会议谁主持？", "那谁讲话？"


def event(**data: object) -> Any:
    return SimpleNamespace(_data=data)


def run(step: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(step)


@pytest.fixture
def make() -> Callable[..., Any]:
    made = service()  # sets what Gradio reads when it is imported

    from qa.chat.window import Window

    def window(archive: Any = None, options: Options = made.options) -> Any:
        return Window(service(Echo() if archive is None else archive, options))

    return window


@pytest.fixture(scope="module")
def pages(archive: Archive) -> Any:
    """A window over the sample pages."""
    made = service(archive)

    from qa.chat.window import Window

    return Window(made)


def turn(window: Any, question: str, by: Any) -> Any:
    """What a question's answer gives: the messages, the cards, and what stands below."""
    run(window.ask(question, by))
    return run(window.answer(by))


def test_retry_asks_the_last_question_again_under_a_new_number(make: Callable[..., Any]) -> None:
    echo = Echo()
    window, by = make(echo), request("window1")
    turn(window, "甲", by)
    turn(window, "乙", by)
    box, begun, below = run(window.retry(by))
    assert box == "" and len(begun) == 4 and "正在查找" in begun[-1]["content"] and "stop" in below
    messages, cards, below = run(window.answer(by))
    assert echo.asked == ["甲", "乙", "乙"] and len(messages) == 4
    assert 'data-turn="3"' in cards and "retry" in below
    assert run(make().retry(by))[:2] == ("", [])


def test_undo_puts_the_question_back_and_shows_the_cards_before(make: Callable[..., Any]) -> None:
    window, by = make(), request("window1")
    first = turn(window, "甲", by)
    turn(window, "乙", by)
    assert run(window.undo(by)) == ("乙", *first)
    box, messages, cards, below = run(window.undo(by))
    assert (box, messages) == ("甲", []) and say("zh", "sources_empty") in cards and below == ""
    assert run(window.undo(by))[:2] == ("", [])


def test_a_question_taken_back_is_not_remembered(pages: Any, archive: Archive) -> None:
    """A follow-up after it is completed as if it had not been asked; what was asked before it still counts."""
    by = request("undone1")
    talk = archive.conversation()
    talk.ask(QUESTION)
    wanted = talk.ask(FOLLOW_UP).effective_question
    assert wanted != FOLLOW_UP, "a follow-up is completed"
    turn(pages, QUESTION, by)
    turn(pages, examples(archive)[1], by)
    run(pages.undo(by))
    turn(pages, FOLLOW_UP, by)
    assert run(pages.edit(by, event(turn=3))) == wanted


def test_stop_gives_up_what_waits_and_what_runs_and_the_window_goes_on(make: Callable[..., Any]) -> None:
    echo = Echo()
    window, by = make(echo, Options(rate=0, at_once=1)), request("window1")

    async def steps() -> Any:
        await window.ask("慢", by)
        running_ = asyncio.create_task(window.answer(by))
        while not echo.asked:
            await asyncio.sleep(0.01)
        await window.ask("等", by)
        in_line = asyncio.create_task(window.answer(by))
        await window.ask("再等", by)
        await asyncio.sleep(0.05)
        _, below = await window.stop(by)
        await asyncio.gather(running_, in_line)
        return below, await window.stop(by)

    before, (messages, after) = asyncio.run(steps())
    echo.go.set()
    assert [message["content"].count(say("zh", "stopped")) for message in messages[1::2]] == [1, 1, 1]
    assert "stop" in before and "undo" in after, "nothing waits any more"
    assert say("zh", "off_topic") in turn(window, "好", by)[0][-1]["content"]
    assert echo.asked == ["慢", "好"]


def test_a_handler_that_is_cancelled_itself_stays_cancelled(make: Callable[..., Any]) -> None:
    echo = Echo()
    window, by = make(echo), request("window1")

    async def steps() -> None:
        await window.ask("慢", by)
        answer = asyncio.create_task(window.answer(by))
        while not echo.asked:
            await asyncio.sleep(0.01)
        answer.cancel()
        with pytest.raises(asyncio.CancelledError):
            await answer

    asyncio.run(steps())
    echo.go.set()
    assert window._session(by).pending == 0


def test_what_is_suggested_is_answered_by_the_pages_and_asked_by_a_click(pages: Any, archive: Archive) -> None:
    by = request("suggest1")
    found: list[str] = []
    for question in examples(archive):
        run(pages.clear(by))
        turn(pages, question, by)
        below = run(pages.suggest(by))
        found = [html.unescape(one) for one in re.findall(r'data-next="\d" lang="[^"]*">(.*?)</button>', below)]
        assert question not in found and len(found) == len(set(found)) <= 3
        for one in found:
            assert archive.conversation().ask(one).answered, one
        if found:
            break
    assert found, "some example's article has more to ask about"
    assert run(pages.follow(by, event(next=len(found))))[0] == ""
    run(pages.follow(by, event(next=0)))
    messages, _, below = run(pages.answer(by))
    assert len(messages) == 4 and "<q>" in messages[-1]["content"]
    assert html.escape(found[0]) not in below


def test_nothing_is_suggested_while_others_ask(make: Callable[..., Any], archive: Archive) -> None:
    window, by = make(archive), request("window1")
    turn(window, examples(archive)[0], by)
    window._service.desk._line[asyncio.new_event_loop().create_future()] = None
    assert "data-next" not in run(window.suggest(by))


def test_a_verdict_and_a_word_are_kept_as_a_question_to_measure_by(
    pages: Any, archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BAOWEN_FEEDBACK", str(tmp_path))
    by = request("verdict1")
    turn(pages, QUESTION, by)
    below = run(pages.rate(by, event(turn=1, liked=0, word="", answer="")))
    assert 'data-liked="0" aria-pressed="true"' in below and 'name="answer"' in below and say("zh", "rated") in below
    below = run(pages.rate(by, event(turn=1, liked=0, word="问的是主持", answer="某某\ud800" + "长" * 600)))
    assert "<form" not in below
    verdicts = Feedback(archive.root).verdicts()
    assert [(row["liked"], row["word"]) for row in verdicts.rows] == [(False, ""), (False, "问的是主持")]
    assert questions(verdicts)[0]["question"] == QUESTION and len(questions(verdicts)[0]["answers"][0]) == 500


def test_a_verdict_that_cannot_be_kept_is_said(
    make: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("BAOWEN_FEEDBACK", str(tmp_path / "file"))
    window, by = make(), request("window1")
    turn(window, "问", by)
    assert say("zh", "rate_failed") in run(window.rate(by, event(turn=1, liked=1)))
    fast = make(Echo(), Options(rate=1))
    turn(fast, "问", by)
    monkeypatch.setenv("BAOWEN_FEEDBACK", str(tmp_path))
    assert say("zh", "rate_failed") in run(fast.rate(by, event(turn=1, liked=1)))
    assert not list(tmp_path.glob("*.jsonl"))


def test_questions_are_asked_with_the_windows_settings_until_these_are_dropped(make: Callable[..., Any]) -> None:
    echo = Echo()
    window, by = make(echo), request("window1")
    markup = run(window.narrow(by, event(page="3", reporter="许文", passages="10", last="")))
    assert re.findall(r'data-drop="(\w*)"', markup) == ["page", "reporter", "passages", ""]
    assert "模型 echo；索引建于 2026-04-01 08:30" in markup and "/srv" not in markup
    turn(window, "甲", by)
    run(window.clear(by))
    turn(window, "乙", by)
    assert re.findall(r'data-drop="(\w*)"', run(window.widen(by, event(name="page")))) == ["reporter", "passages", ""]
    turn(window, "丙", by)
    turn(window, "丁", request("window2"))
    assert "data-drop" not in run(window.widen(by, event(name="")))
    both, one = Filter(page="3", reporter="许文"), Filter(reporter="许文")
    assert echo.where == [both, both, one, None]
    for data in (None, [], 7):
        assert "data-drop" not in run(window.narrow(by, SimpleNamespace(_data=data)))


def test_a_filter_of_the_window_leaves_out_what_it_says(pages: Any, archive: Archive) -> None:
    by, question = request("filter1"), examples(archive)[0]
    source = archive.ask(question).hits[0].page.source
    other = next(page.source for page in archive.pages if page.source != source)
    run(pages.narrow(by, event(source=other)))
    messages, cards, _ = turn(pages, question, by)
    places = re.findall(r'<p class="where"><span>([^<]*)</span>', cards)
    assert set(places) == {other} and say("zh", "only_source", value="x")[:2] in messages[0]["content"]


def test_a_conversation_can_be_taken_away_by_its_own_browser_alone() -> None:
    made = service(options=FREE)
    owner = "o" * 43
    from qa.chat.window import Window

    window, by = Window(made), request("window1", owner=owner)
    turn(window, "问<b>一</b>", by)
    with running(made) as address:

        def get(path: str, cookie: str = owner) -> httpx.Response:
            headers = {"accept-language": "zh-CN", **({"cookie": f"{COOKIE}={cookie}"} if cookie else {})}
            return httpx.get(address + path, headers=headers, trust_env=False)

        markdown, page = get("/export/window1.md"), get("/export/window1.html")
        assert markdown.status_code == page.status_code == 200
        assert "问\\<b\\>一\\</b\\>" in markdown.text and "问&lt;b&gt;一&lt;/b&gt;" in page.text
        assert re.fullmatch(r'attachment; filename="baowen-[\d-]{10}\.html"', page.headers["content-disposition"])
        assert page.headers["cache-control"] == "no-store" and "default-src 'none'" in str(page.headers)
        for path, cookie in (
            ("/export/window1.md", "x" * 43),
            ("/export/window1.md", ""),
            ("/export/window2.md", owner),
            ("/export/window1.pdf", owner),
            ("/export/window1", owner),
            ("/export/..%2fwindow1.md", owner),
        ):
            assert get(path, cookie).status_code == 404, (path, cookie)
        assert say("zh", "no_export") in get("/export/window2.md").text
        run(window.clear(by))
        assert get("/export/window1.md").status_code == 404
    assert len(made.sessions) == 1, "asking for an export remembers no window"


def test_the_passages_shown_can_be_taken_away_as_a_table(archive: Archive) -> None:
    made = service(archive)
    owner = "o" * 43
    from qa.chat.window import Window

    window, by = Window(made), request("window1", owner=owner)
    for question in (QUESTION, QUESTION):
        turn(window, question, by)
    with running(made) as address:
        headers = {"cookie": f"{COOKIE}={owner}"}
        got = httpx.get(f"{address}/export/window1.csv", headers=headers, trust_env=False)
        other = httpx.get(f"{address}/export/window1.csv", headers={"cookie": f"{COOKIE}={'x' * 43}"}, trust_env=False)
    assert got.headers["content-type"] == "text/csv; charset=utf-8" and other.status_code == 404
    assert got.headers["content-disposition"].endswith('.csv"')
    rows = list(csv.DictReader(io.StringIO(got.content.decode("utf-8-sig"))))
    reply = archive.conversation().ask(QUESTION)
    texts = [" ".join(reply.hits[n].passage.text.split()) for n in shown(reply)]
    assert [row["text"] for row in rows] == texts and len(texts) == 5, "each passage once, those quoted first"
    assert [row["number"] for row in rows] == list("12345")
