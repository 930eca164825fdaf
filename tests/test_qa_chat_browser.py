"""The chat as a reader meets it: app.py on the sample pages, in a real browser that can reach nothing else.

What is asked is made of the pages themselves, and what is expected is what the same archive says, opened here.
"""

from __future__ import annotations

import re
import shutil
import socket
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import pytest
from browser_kit import (
    FIXED_FOLLOW_UP,
    FIXED_QUESTION,
    HOSTILE,
    Window,
    answered,
    browser,
    contrast,
    dark,
    luminance,
    new_window,
    nothing_ran,
    one_line,
    phone,
    playwright,
    running_chat,
    sound_window,
    url,
    window,
)
from chat_parts import until

from corpus.files import sample_pages
from qa.archive import Archive
from qa.chat.examples import examples
from qa.chat.labels import say
from qa.chat.render import headline, shown
from qa.records import Reply

__all__ = ["answered", "browser", "dark", "phone", "url", "window"]  # fixtures

HOSTILE_PAGE = f"""<b>晨报</b>

飞艇首航 {HOSTILE}

■记者 周知

本报讯 紫云号飞艇昨日首航，载客十二人，机长是郑远帆。{HOSTILE}

飞艇航线全长三十公里，票价九十九元。
"""


def test_an_answer_is_shown_marked_and_cited(window: Window, answered: Reply) -> None:
    assert answered.answer is not None and answered.quote is not None
    window.ask(answered.question, 1)
    expect = playwright.expect
    said, card = window.said(1), window.page.locator("#src-1-1")
    expect(window.asked(1)).to_contain_text(one_line(answered.question))
    expect(said.locator(".answer strong")).to_have_text(answered.answer.text)
    expect(said.locator("q")).to_have_text(answered.quote.text)
    expect(said.locator("q mark")).to_have_text(answered.answer.text)
    expect(card.locator(".quote")).to_have_text(answered.quote.text)
    expect(card.locator(".quote mark")).to_have_text(answered.answer.text)
    hit = answered.hits[answered.quote.hit]
    expect(card.locator(".passage")).to_have_text(hit.passage.text)
    expect(card.locator("h3")).to_contain_text(one_line(headline(hit, "zh")))
    expect(card.locator(".where")).to_contain_text(hit.page.source)
    expect(card.locator(".citation")).to_contain_text(one_line(answered.citation))
    expect(window.page.locator("#cards .card")).to_have_count(len(shown(answered)))


def test_the_fixed_question_and_its_follow_up(window: Window, archive: Archive) -> None:
    """A transcript: each turn of the window is what a conversation with the archive says."""
    talk = archive.conversation()
    expect = playwright.expect
    for turn, question in enumerate((FIXED_QUESTION, FIXED_FOLLOW_UP), start=1):
        window.ask(question, turn)
        reply = talk.ask(question)
        expect(window.asked(turn)).to_contain_text(question)
        if reply.effective_question != question:
            expect(window.asked(turn)).to_contain_text(say("zh", "searched_as") + reply.effective_question)
        if reply.quote is None:
            expect(window.said(turn)).to_contain_text(say("zh", reply.reason))
        else:
            expect(window.said(turn).locator("q")).to_have_text(reply.quote.text)
        assert turn == 2 or reply.answered, "the fixed question has an answer on the sample pages"
    expect(window.page.locator('#chat [data-testid="bot"]')).to_have_count(2)


def test_a_citation_leads_to_its_card_also_of_an_earlier_turn(window: Window, answered: Reply) -> None:
    assert answered.answer is not None
    window.ask(answered.question, 1)
    page = window.page
    window.said(1).get_by_role("link", name="[1]").click()
    playwright.expect(page.locator("#src-1-1")).to_have_class(re.compile(r"\bhit\b"))
    window.ask(FIXED_QUESTION, 2)
    playwright.expect(page.locator("#src-1-1")).to_have_count(0)
    window.said(1).get_by_role("link", name="[2]").click()
    card = page.locator("#src-1-2.hit")
    card.wait_for()
    playwright.expect(card).to_be_in_viewport()
    playwright.expect(page.locator("#cards .card.hit")).to_have_count(1)
    assert page.url.rstrip("/") == window.address
    playwright.expect(page.locator('#chat [data-testid="bot"]')).to_have_count(2)


def test_the_card_opens_the_article_at_its_paragraph(window: Window, answered: Reply) -> None:
    assert answered.quote is not None
    window.ask(answered.question, 1)
    with window.page.context.expect_page() as opened:
        window.page.locator("#src-1-1 .open").click()
    hit = answered.hits[answered.quote.hit]
    playwright.expect(opened.value.locator("h1")).to_have_text(one_line(hit.article.headline))
    paragraph = hit.passage.paragraph + 1
    assert opened.value.url == f"{window.address}/article/{hit.article.id}?p={paragraph}#p{paragraph}"
    playwright.expect(opened.value.locator("p.body")).to_have_count(len(hit.article.paragraphs))


def test_an_example_question_can_be_clicked(window: Window, archive: Archive) -> None:
    wanted = examples(archive)
    chips = window.page.locator("#examples [data-example]")
    playwright.expect(chips).to_have_text(wanted)
    chips.nth(1).click()
    window.page.locator('#cards [data-turn="1"]').wait_for()
    playwright.expect(window.asked(1)).to_contain_text(wanted[1])
    playwright.expect(chips).to_have_count(0)


def test_clearing_starts_over(window: Window) -> None:
    window.ask(FIXED_QUESTION, 1)
    window.page.locator("#clear").click()
    playwright.expect(window.page.locator('#chat [data-testid="bot"]')).to_have_count(0)
    playwright.expect(window.page.locator("#cards .card")).to_have_count(0)
    window.page.locator("#examples .chip").first.wait_for()
    window.ask(FIXED_QUESTION, 1)
    playwright.expect(window.page.locator('#chat [data-testid="bot"]')).to_have_count(1)


def test_a_question_that_is_too_long_gets_a_message(window: Window) -> None:
    window.ask("长" * 2001, 1)
    playwright.expect(window.said(1)).to_contain_text(say("zh", "too_long"))
    window.ask(FIXED_QUESTION, 2)
    window.said(2).locator("q").wait_for()


def test_a_hostile_question_is_shown_literally(window: Window) -> None:
    window.ask(HOSTILE, 1)
    playwright.expect(window.asked(1)).to_have_text(HOSTILE)
    playwright.expect(window.page.locator("#cards .for")).to_contain_text(HOSTILE)
    nothing_ran(window)


def test_a_hostile_page_is_shown_literally(browser: playwright.Browser, tmp_path: Path) -> None:
    pages, cache = tmp_path / "pages", tmp_path / "cache"
    shutil.copytree(sample_pages(), pages)
    cache.mkdir()
    name = "<i>飞艇<b> & ${1+1}.txt"
    (pages / name).write_text(HOSTILE_PAGE, encoding="utf-8")
    with (
        running_chat(str(pages), environment={"BAOWEN_CACHE": str(cache)}) as chat,
        sound_window(browser, chat.address) as window,
    ):
        window.ask("紫云号飞艇的机长是谁？", 1)
        card = window.page.locator("#cards .card", has_text="紫云号飞艇昨日首航").first
        playwright.expect(card.locator(".passage")).to_contain_text(HOSTILE)
        playwright.expect(card.locator(".where")).to_contain_text(name)
        playwright.expect(window.said(1)).to_contain_text(name)
        nothing_ran(window)
        with window.page.context.expect_page() as opened:
            card.locator(".open").click()
        playwright.expect(opened.value.locator("main")).to_contain_text(HOSTILE)
        playwright.expect(opened.value.locator("main img, main em, main i")).to_have_count(0)


def test_a_phone_scrolls_down_but_not_sideways(phone: Window, answered: Reply) -> None:
    assert phone.width() == 0
    phone.ask(answered.question, 1)
    assert phone.width() == 0
    chat, cards = phone.page.locator("#chat").bounding_box(), phone.page.locator("#cards").bounding_box()
    assert chat is not None and cards is not None and cards["y"] >= chat["y"] + chat["height"]
    size = phone.page.locator("#question textarea").evaluate("box => getComputedStyle(box).fontSize")
    assert size == "16px"
    last = phone.page.locator("#cards .card").last
    playwright.expect(last).not_to_be_in_viewport()
    # As a reader does: a script may move what no finger can.
    phone.page.mouse.move(195, 40)
    phone.page.mouse.wheel(0, 20_000)
    playwright.expect(last).to_be_in_viewport()
    phone.said(1).get_by_role("link", name="[1]").tap()
    playwright.expect(phone.page.locator("#src-1-1.hit")).to_be_in_viewport()


@pytest.mark.parametrize("look", ["window", "dark"])
def test_text_can_be_read_in_light_and_dark(look: str, request: pytest.FixtureRequest, answered: Reply) -> None:
    window: Window = request.getfixturevalue(look)
    window.ask(answered.question, 1)
    page = window.page
    playwright.expect(page.locator("#send")).to_have_text(say("en" if look == "dark" else "zh", "send"))
    ground = luminance(page.locator(".gradio-container").first, "backgroundColor")
    assert (ground < 0.05) == (look == "dark")
    card = page.locator("#src-1-1")
    for part in ("h3", ".where", ".passage", ".citation", ".open"):
        assert contrast(card.locator(part).first, card) >= 4.5, part
    for mark in (card.locator("mark").first, window.said(1).locator("mark").first):
        assert contrast(mark, mark) >= 4.5
    assert contrast(card.locator(".passage"), card.locator(".quote")) >= 4.5
    assert contrast(page.locator("#send"), page.locator("#send")) >= 4.5
    page.emulate_media(media="print")
    for part in (card.locator("h3"), card.locator(".passage"), card.locator("mark"), window.said(1).locator("q")):
        assert luminance(part.first, "color") < 0.05, "on paper, which is white"


def test_the_server_answers_to_local_names_only_and_forbids_outside_content(url: str) -> None:
    with urllib.request.urlopen(url + "/healthz", timeout=30) as got:
        assert got.read() == b"ok"
        assert "default-src 'self'" in got.headers["content-security-policy"]
    foreign = urllib.request.Request(url + "/", headers={"Host": "evil.example"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(foreign, timeout=30)
    assert refused.value.code == 421
    refused.value.close()
    with pytest.raises(urllib.error.HTTPError) as missing:
        urllib.request.urlopen(url + "/article/none", timeout=30)
    assert missing.value.code == 404
    missing.value.close()


def test_a_taken_port_is_passed_over(cache: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with running_chat("--port", str(port)) as chat:
            assert not chat.address.endswith(f":{port}")
            assert sum(f"Port {port} is taken" in line for line in chat.said) == 1


def test_the_server_stops_while_a_window_is_open(browser: playwright.Browser, cache: Path) -> None:
    with running_chat() as chat, new_window(browser, chat.address) as window:
        window.settle()
        started = time.monotonic()
        chat.process.terminate()
        chat.process.wait(timeout=30)
        assert time.monotonic() - started < 5  # it would be for ever with an open stream
        assert chat.process.returncode == 0


def test_whatever_a_started_chat_has_started_ends_with_it() -> None:
    """The helper itself: a child that the command leaves behind does not go on."""
    code = (
        "import subprocess, sys; p = subprocess.Popen(['sleep', '600']); print('http://127.0.0.1:1', p.pid, flush=True)"
    )
    with running_chat(command=[sys.executable, "-c", code], ready=False) as chat:
        child = psutil.Process(int(chat.said[0].split()[1]))
        assert child.status() != psutil.STATUS_ZOMBIE
    # In a container there may be nobody to take note of its end.
    until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)
    with pytest.raises(RuntimeError, match="it said 'no'"), running_chat(command=["printf", "no"]):
        pass
