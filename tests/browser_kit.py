"""What is needed to try the chat in a real browser: the chat as a user starts it, the machine's Chromium, a window that
notes all that goes wrong in it, and the fixtures of the tests in it.
"""

from __future__ import annotations

import contextlib
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from qa.archive import Archive
from qa.chat.examples import examples
from qa.chat.labels import say
from qa.records import Reply

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright for Python is not installed.")

ROOT: Final = Path(__file__).resolve().parents[1]
APP: Final = (sys.executable, "app.py", "--port", "0")
PHONE: Final = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
FIXED_QUESTION: Final = "招大引强会议谁主持？"
FIXED_FOLLOW_UP: Final = "那谁讲话？"
NOT_FOUND: Final = "火星上最高的山有多高?"
HOSTILE: Final = "<img src=x onerror=\"document.title='ran'\"> ${document.body.setAttribute('id','ran')} *甲* [乙](http://x.example/)"
TIMEOUT_MS: Final = 30_000
# What is waited for is there at once on a machine that is free; one that is busy is no reason to fail.
playwright.expect.set_options(timeout=TIMEOUT_MS)
_START_SECONDS: Final = 120.0
_END_SECONDS: Final = 30.0
# The browser may look up no name but the loopback address.
_ARGUMENTS: Final = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]


@dataclass
class Chat:
    """A chat that was started: `began` is the wall clock's reading before; `said` are the lines printed so far."""

    address: str
    process: subprocess.Popen[str]
    began: float
    said: list[str]


@contextmanager
def running_chat(
    *switches: str,
    environment: Mapping[str, str] | None = None,
    command: Sequence[str] = APP,
    ready: bool = True,
) -> Iterator[Chat]:
    """The chat that a command starts, at a free port; ended with all that it started.

    :param ready: wait until questions can be answered, and not only until the page can be reached.
    :raises RuntimeError: if it ends before, or is silent for two minutes.
    """
    began = time.time()
    process = subprocess.Popen(
        [*command, *switches],
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **(environment if environment is not None else {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # a group of its own, so that what it starts can be ended with it
    )
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    assert process.stdout is not None
    reading = threading.Thread(target=_pass_on, args=(process.stdout, lines.put), daemon=True)
    reading.start()
    said: list[str] = []
    try:
        address = _address(lines, said, r"^Baowen is ready: (http://127\.0\.0\.1:\d+)$" if ready else r"(http://\S+)")
        yield Chat(address, process, began, said)
    finally:
        _end(process)
        reading.join(_END_SECONDS)
        process.stdout.close()


def _pass_on(stream: Iterable[str], put: Callable[[str], None]) -> None:
    for line in stream:
        put(line)
    put("")


def _address(lines: queue.SimpleQueue[str], said: list[str], wanted: str) -> str:
    with contextlib.suppress(queue.Empty):
        while line := lines.get(timeout=_START_SECONDS):
            said.append(line)
            if found := re.search(wanted, line):
                return found.group(1)
    raise RuntimeError(f"the chat did not start; it said {''.join(said)!r}")


def _end(process: subprocess.Popen[str]) -> None:
    """Let a group of processes end; whatever is left of it after a while is killed."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(_END_SECONDS)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def chromium_path() -> str:
    """Where the machine's Chromium is; "" where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if (found := shutil.which(name))), "")


@contextmanager
def chromium() -> Iterator[playwright.Browser]:
    """The machine's Chromium, which can reach nothing but this machine."""
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=chromium_path(), args=_ARGUMENTS)
        yield opened
        opened.close()


@dataclass
class Window:
    """One open window, and everything in it that went wrong: console errors, failed requests and those to elsewhere."""

    page: playwright.Page
    address: str
    wrong: list[str] = field(default_factory=list)

    def open(self) -> None:
        """Go to the chat, and wait for no more than that the page begins to arrive."""
        page = self.page
        page.on("console", lambda message: message.type == "error" and self.wrong.append(message.text))
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("response", lambda got: got.status >= 400 and self.wrong.append(f"{got.status} {got.url}"))
        page.on("request", lambda sent: self._check(sent.url))
        page.goto(self.address, wait_until="commit")

    def _check(self, url: str) -> None:
        if not url.startswith((self.address + "/", "data:", "blob:")):
            self.wrong.append(f"asked {url}")

    def settle(self) -> None:
        """Wait for the example questions, which come last."""
        self.page.locator("#examples .chip").first.wait_for()

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


@contextmanager
def new_window(browser: playwright.Browser, address: str, **options: object) -> Iterator[Window]:
    """A window of a reader who has not been here before, as soon as the page begins to arrive."""
    chosen = {"locale": "zh-CN", "viewport": {"width": 1400, "height": 900}, **options}
    context = browser.new_context(**chosen)
    context.set_default_timeout(TIMEOUT_MS)
    try:
        window = Window(context.new_page(), address)
        window.open()
        yield window
    finally:
        context.close()


@contextmanager
def sound_window(browser: playwright.Browser, address: str, **options: object) -> Iterator[Window]:
    """A window that is ready for questions; in the end nothing may have gone wrong in it."""
    with new_window(browser, address, **options) as window:
        window.settle()
        yield window
        assert window.wrong == []


@pytest.fixture(scope="module")
def url(cache: Path) -> Iterator[str]:
    """The address of a chat on the sample pages."""
    with running_chat() as chat:
        yield chat.address


@pytest.fixture(scope="module")
def browser() -> Iterator[playwright.Browser]:
    if not chromium_path():
        pytest.skip("No Chromium is installed, so the chat cannot be tried in a browser.")
    with chromium() as opened:
        yield opened


@pytest.fixture
def window(browser: playwright.Browser, url: str) -> Iterator[Window]:
    """A desktop window, in Chinese."""
    with sound_window(browser, url) as opened:
        yield opened


@pytest.fixture
def phone(browser: playwright.Browser, url: str) -> Iterator[Window]:
    with sound_window(browser, url, **PHONE) as opened:
        yield opened


@pytest.fixture
def dark(browser: playwright.Browser, url: str) -> Iterator[Window]:
    with sound_window(browser, url, color_scheme="dark", locale="en-US") as opened:
        yield opened


@pytest.fixture(scope="module")
def answered(archive: Archive) -> Reply:
    """The reply to the first example question, which is made of the pages and has an answer in a paragraph."""
    reply = archive.ask(examples(archive)[0])
    assert reply.answer is not None and reply.quote is not None and len(reply.hits) > 1
    assert reply.hits[reply.quote.hit].passage.kind == "body"
    return reply


def one_line(text: str) -> str:
    """Text as the browser lays it out: runs of white space are one space."""
    return " ".join(text.split())


def nothing_ran(window: Window) -> None:
    """Fail where something of `HOSTILE` was taken for markup or script."""
    page = window.page
    assert page.title() == say("zh", "title")
    assert page.locator("body").get_attribute("id") is None
    playwright.expect(page.locator("#chat img, #cards img, #examples img, #chat em")).to_have_count(0)
    playwright.expect(page.locator('a[href*="x.example"]')).to_have_count(0)


_LUMINANCE: Final = """node => { const c = getComputedStyle(node)[%r].match(/[0-9.]+/g).slice(0, 3)
  .map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2]; }"""


def luminance(part: playwright.Locator, colour: str) -> float:
    """The relative luminance, from 0 to 1, of an element's "color" or "backgroundColor", as WCAG 2 defines it."""
    return float(part.evaluate(_LUMINANCE % colour))


def contrast(text: playwright.Locator, ground: playwright.Locator) -> float:
    """The contrast of two elements' text and background colours, as WCAG 2 defines it: 1 to 21."""
    dark, light = sorted((luminance(text, "color") + 0.05, luminance(ground, "backgroundColor") + 0.05))
    return light / dark
