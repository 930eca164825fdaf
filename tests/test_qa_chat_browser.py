"""The chat as a reader meets it: app.py on the sample pages, in a real browser that can reach nothing else.

What is asked is made of the pages themselves, and what is expected is what the same archive says, opened here.
"""

from __future__ import annotations

import os
import re
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from corpus.files import sample_pages
from qa.archive import Archive
from qa.chat.examples import examples
from qa.chat.labels import say
from qa.chat.render import headline, shown
from qa.records import Reply

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright for Python is not installed.")

ROOT = Path(__file__).resolve().parents[1]
FIXED_QUESTION = "招大引强会议谁主持？"
FIXED_FOLLOW_UP = "那谁讲话？"
HOSTILE = "<img src=x onerror=\"document.title='ran'\"> ${document.body.setAttribute('id','ran')} *甲* [乙](http://x.example/)"
HOSTILE_PAGE = f"""<b>晨报</b>

飞艇首航 {HOSTILE}

■记者 周知

本报讯 紫云号飞艇昨日首航，载客十二人，机长是郑远帆。{HOSTILE}

飞艇航线全长三十公里，票价九十九元。
"""
# The browser may look up no name but the loopback address.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]
TIMEOUT_MS = 30_000
READY = re.compile(r"^Baowen is ready: (http://127\.0\.0\.1:\d+)$")


def _serve(cache: Path, *arguments: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """app.py with `arguments` at a free port: its address, once it has printed it, and its process."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        # Asking for a port that is taken makes the server go on to a free one.
        port = taken.getsockname()[1]
        command = [sys.executable, str(ROOT / "app.py"), *arguments, "--port", str(port)]
        environment = {**os.environ, "BAOWEN_CACHE": str(cache), "PYTHONUNBUFFERED": "1"}
        with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
            process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True
            )
            try:
                assert process.stdout is not None
                readable, _, _ = select.select([process.stdout], [], [], 120)
                line = process.stdout.readline().strip() if readable else ""
                ready = READY.match(line)
                errors.seek(0)
                written = errors.read()
                assert ready is not None, f"app.py said {line!r} and {written!r}"
                assert written.count(f"Port {port} is taken") == 1
                yield ready.group(1), process
            finally:
                process.terminate()
                process.communicate(timeout=30)


@pytest.fixture(scope="module")
def url(cache: Path) -> Iterator[str]:
    for address, _ in _serve(cache):
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[playwright.Browser]:
    found = [path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))]
    if not found:
        pytest.skip("No Chromium is installed, so the chat cannot be tried in a browser.")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=found[0], args=ARGUMENTS)
        yield opened
        opened.close()


@dataclass
class Window:
    """One open window, and everything in it that went wrong."""

    page: playwright.Page
    address: str
    wrong: list[str] = field(default_factory=list)

    def open(self) -> None:
        page = self.page
        page.on("console", lambda message: message.type == "error" and self.wrong.append(message.text))
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("response", lambda got: got.status >= 400 and self.wrong.append(f"{got.status} {got.url}"))
        page.on("request", lambda sent: self._check(sent.url))
        page.goto(self.address)
        page.locator("#examples .chip").first.wait_for()

    def _check(self, url: str) -> None:
        if not url.startswith((self.address + "/", "data:", "blob:")):
            self.wrong.append(f"asked {url}")

    def ask(self, question: str, turn: int) -> None:
        """Ask, and wait for that turn's cards, which come last."""
        box = self.page.locator("#question textarea")
        box.fill(question)
        box.press("Enter")
        self.page.locator(f'#cards [data-turn="{turn}"]').wait_for()

    def asked(self, turn: int) -> playwright.Locator:
        return self.page.locator('#chat [data-testid="user"]').nth(turn - 1)

    def said(self, turn: int) -> playwright.Locator:
        return self.page.locator('#chat [data-testid="bot"]').nth(turn - 1)

    def width(self) -> int:
        """How far the page can be scrolled sideways, in pixels."""
        return int(
            self.page.evaluate(
                """Math.max(...[document.documentElement, document.body, ...document.querySelectorAll(
                   '.gradio-container, .gradio-container .fillable, #columns, #talk, #sources, #chat .bubble-wrap')]
                   .map(part => part.scrollWidth - part.clientWidth))"""
            )
        )


def _window(browser: playwright.Browser, url: str, **options: object) -> Iterator[Window]:
    chosen = {"locale": "zh-CN", "viewport": {"width": 1400, "height": 900}, **options}
    context = browser.new_context(**chosen)
    context.set_default_timeout(TIMEOUT_MS)
    try:
        window = Window(context.new_page(), url)
        window.open()
        yield window
        assert window.wrong == []
    finally:
        context.close()


@pytest.fixture
def window(browser: playwright.Browser, url: str) -> Iterator[Window]:
    """A desktop window, in Chinese; the test fails on any console error, failed or outside request in it."""
    yield from _window(browser, url)


@pytest.fixture
def phone(browser: playwright.Browser, url: str) -> Iterator[Window]:
    yield from _window(browser, url, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)


@pytest.fixture
def dark(browser: playwright.Browser, url: str) -> Iterator[Window]:
    yield from _window(browser, url, color_scheme="dark", locale="en-US")


@pytest.fixture(scope="module")
def answered(archive: Archive) -> Reply:
    """The reply to the first example question, which is made of the pages and has an answer in a paragraph."""
    reply = archive.ask(examples(archive)[0])
    assert reply.answer is not None and reply.quote is not None and len(reply.hits) > 1
    assert reply.hits[reply.quote.hit].passage.kind == "body"
    return reply


def _shown_text(text: str) -> str:
    """Text as the browser lays it out: runs of white space are one space."""
    return " ".join(text.split())


def test_an_answer_is_shown_marked_and_cited(window: Window, answered: Reply) -> None:
    assert answered.answer is not None and answered.quote is not None
    window.ask(answered.question, 1)
    expect = playwright.expect
    said, card = window.said(1), window.page.locator("#src-1-1")
    expect(window.asked(1)).to_contain_text(_shown_text(answered.question))
    expect(said.locator(".answer strong")).to_have_text(answered.answer.text)
    expect(said.locator("q")).to_have_text(answered.quote.text)
    expect(said.locator("q mark")).to_have_text(answered.answer.text)
    expect(card.locator(".quote")).to_have_text(answered.quote.text)
    expect(card.locator(".quote mark")).to_have_text(answered.answer.text)
    hit = answered.hits[answered.quote.hit]
    expect(card.locator(".passage")).to_have_text(hit.passage.text)
    expect(card.locator("h3")).to_contain_text(_shown_text(headline(hit, "zh")))
    expect(card.locator(".where")).to_contain_text(hit.page.source)
    expect(card.locator(".citation")).to_contain_text(_shown_text(answered.citation))
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
    playwright.expect(opened.value.locator("h1")).to_have_text(_shown_text(hit.article.headline))
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
    _nothing_ran(window)


def _nothing_ran(window: Window) -> None:
    page = window.page
    assert page.title() == say("zh", "title")
    assert page.locator("body").get_attribute("id") is None
    playwright.expect(page.locator("#chat img, #cards img, #examples img, #chat em")).to_have_count(0)
    playwright.expect(page.locator('a[href*="x.example"]')).to_have_count(0)


def test_a_hostile_page_is_shown_literally(browser: playwright.Browser, tmp_path: Path) -> None:
    pages, cache = tmp_path / "pages", tmp_path / "cache"
    shutil.copytree(sample_pages(), pages)
    cache.mkdir()
    name = "<i>飞艇<b> & ${1+1}.txt"
    (pages / name).write_text(HOSTILE_PAGE, encoding="utf-8")
    for address, _ in _serve(cache, str(pages)):
        for window in _window(browser, address):
            window.ask("紫云号飞艇的机长是谁？", 1)
            card = window.page.locator("#cards .card", has_text="紫云号飞艇昨日首航").first
            playwright.expect(card.locator(".passage")).to_contain_text(HOSTILE)
            playwright.expect(card.locator(".where")).to_contain_text(name)
            playwright.expect(window.said(1)).to_contain_text(name)
            _nothing_ran(window)
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
    phone.said(1).get_by_role("link", name="[1]").tap()
    playwright.expect(phone.page.locator("#src-1-1.hit")).to_be_in_viewport()


_LUMINANCE = """node => { const c = getComputedStyle(node)[%r].match(/[0-9.]+/g).slice(0, 3)
  .map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2]; }"""


def _contrast(text: playwright.Locator, ground: playwright.Locator) -> float:
    """The contrast of two elements' text and background colours, as WCAG 2 defines it: 1 to 21."""
    light, dark = sorted(
        (
            float(text.evaluate(_LUMINANCE % "color")) + 0.05,
            float(ground.evaluate(_LUMINANCE % "backgroundColor")) + 0.05,
        ),
        reverse=True,
    )
    return light / dark


@pytest.mark.parametrize("look", ["window", "dark"])
def test_text_can_be_read_in_light_and_dark(look: str, request: pytest.FixtureRequest, answered: Reply) -> None:
    window: Window = request.getfixturevalue(look)
    window.ask(answered.question, 1)
    page = window.page
    playwright.expect(page.locator("#send")).to_have_text(say("en" if look == "dark" else "zh", "send"))
    ground = float(page.locator(".gradio-container").first.evaluate(_LUMINANCE % "backgroundColor"))
    assert (ground < 0.05) == (look == "dark")
    card = page.locator("#src-1-1")
    for part in ("h3", ".where", ".passage", ".citation", ".open"):
        assert _contrast(card.locator(part).first, card) >= 4.5, part
    for mark in (card.locator("mark").first, window.said(1).locator("mark").first):
        assert _contrast(mark, mark) >= 4.5
    assert _contrast(card.locator(".passage"), card.locator(".quote")) >= 4.5
    assert _contrast(page.locator("#send"), page.locator("#send")) >= 4.5


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


def test_the_server_stops_while_a_window_is_open(browser: playwright.Browser, cache: Path) -> None:
    for address, process in _serve(cache):
        for _ in _window(browser, address):
            started = time.monotonic()
            process.terminate()
            process.wait(timeout=30)
            assert time.monotonic() - started < 5
            assert process.returncode == 0
            break
