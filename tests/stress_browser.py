"""`python tests/stress_browser.py`: the chat as its readers feel it, in Chromium, as Markdown tables.

How long it takes from the command to the first paint and to the first answer; how long from Enter to the answer shown,
over a hundred questions; and whether twenty readers at once, each in a browser context of their own, all get their own
answers. The command is given once before it is timed. Exit status 1 where an answer is missing or not the reader's.
"""

from __future__ import annotations

import argparse
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright
from stress_service import ROOT, questions

from qa.archive import Archive
from qa.records import Reply

COMMAND = ("make", "-s", "chat", "PORT=0")
WINDOW_TURNS = 25
"""So many questions are asked in one window, then in a new one: a chat holds its last turns only."""
TIMEOUT_MS = 60_000
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
# An answer has links to its cards; the clock starts at the key and stops at the frame that shows them.
_WATCH = """([turn, most]) => { window.answerShown = new Promise((done, fail) => {
  setTimeout(() => fail(new Error(`no answer: ${document.querySelector('#chat').innerText.slice(-300)}`)), most);
  let began = null;
  addEventListener('keydown', event => { if (event.key === 'Enter') began = performance.now(); }, {capture: true});
  const look = () => {
    if (began !== null && document.querySelector(`#chat a[href^="#cite-${turn}-"]`))
      requestAnimationFrame(() => done(performance.now() - began));
    else requestAnimationFrame(look); };
  look(); }); }"""
_PAINT = """() => new Promise(done => { const look = () => {
  const paint = performance.getEntriesByName('first-contentful-paint')[0];
  if (paint) done(performance.timeOrigin + paint.startTime); else requestAnimationFrame(look); }; look(); })"""


@dataclass
class Started:
    """A chat that was just started: `at` is the wall clock's reading before."""

    address: str
    at: float


@contextmanager
def started(command: Sequence[str], environment: dict[str, str]) -> Iterator[Started]:
    """The chat that a command starts, as soon as it names its address; ended with all that it started."""
    began = time.time()
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **environment, "PYTHONUNBUFFERED": "1", "BAOWEN_RATE": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    assert process.stdout is not None
    reading = threading.Thread(target=_pass_on, args=(process.stdout, lines.put), daemon=True)
    reading.start()
    try:
        yield Started(_address(lines), began)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=30)
        reading.join()
        process.stdout.close()


def _pass_on(stream: Iterator[str], put: Callable[[str], None]) -> None:
    for line in stream:
        put(line)
    put("")


def _address(lines: queue.SimpleQueue[str]) -> str:
    said: list[str] = []
    while line := lines.get(timeout=120):
        said.append(line)
        if found := re.search(r"http://127\.0\.0\.1:\d+", line):
            return found.group()
    raise RuntimeError("the chat did not start: " + "".join(said))


def has_chromium() -> bool:
    """Whether there is a browser to try the chat in."""
    return bool(_chromium())


def _chromium() -> str:
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if (found := shutil.which(name))), "")


@contextmanager
def chromium() -> Iterator[Browser]:
    """The machine's Chromium, which can reach nothing but this machine."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium(), args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def window(browser: Browser, address: str) -> Iterator[Page]:
    """A window of a reader who has not been here before."""
    context = browser.new_context(locale="zh-CN", viewport={"width": 1400, "height": 900})
    context.set_default_timeout(TIMEOUT_MS)
    try:
        page = context.new_page()
        page.goto(address, wait_until="commit")
        yield page
    finally:
        context.close()


def send(page: Page, question: str, turn: int) -> None:
    """Ask; the page then holds the promise `answerShown`."""
    box = page.locator("#question textarea")
    box.fill(question)
    page.evaluate(_WATCH, [turn, TIMEOUT_MS])
    box.press("Enter")


def wait(page: Page) -> float:
    """Milliseconds from Enter to the answer shown."""
    return float(page.evaluate("window.answerShown"))


def start_seconds(browser: Browser, command: Sequence[str], environment: dict[str, str]) -> dict[str, float]:
    """Seconds from the command to what a reader sees first; the question is asked at once."""
    with started(command, environment) as chat, window(browser, chat.address) as page:
        paint = float(page.evaluate(_PAINT)) / 1000 - chat.at
        page.locator("#question textarea").wait_for()
        usable = time.time() - chat.at
        send(page, questions()[0], 1)
        wait(page)
        return {"the first paint": paint, "the question box": usable, "the first answer": time.time() - chat.at}


def answer_milliseconds(browser: Browser, address: str, amount: int) -> list[float]:
    """Milliseconds from Enter to the answer shown, for so many questions one after the other."""
    asked, taken = questions(), []
    while len(taken) < amount:
        with window(browser, address) as page:
            for turn in range(1, min(WINDOW_TURNS, amount - len(taken)) + 1):
                send(page, asked[len(taken) % len(asked)], turn)
                taken.append(wait(page))
    return taken


@dataclass
class Crowd:
    """What came of many readers at once: milliseconds to each answer, and what was missing or not the reader's own."""

    taken: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def crowd(browser: Browser, address: str, archive: Archive, readers: int, turns: int) -> Crowd:
    """Have `readers` ask at once, each another question, `turns` times; each window is to hold its own alone."""
    asked, result = questions(), Crowd()
    with ExitStack() as stack:
        pages = [stack.enter_context(window(browser, address)) for _ in range(readers)]
        for page in pages:
            page.locator("#examples .chip").first.wait_for()
        mine = [[asked[(reader + turn * readers) % len(asked)] for turn in range(turns)] for reader in range(readers)]
        for turn in range(turns):
            for page, own in zip(pages, mine, strict=True):
                send(page, own[turn], turn + 1)
            result.taken.extend(wait(page) for page in pages)
        for page, own in zip(pages, mine, strict=True):
            result.wrong += _not_theirs(page, archive, own)
    return result


def _not_theirs(page: Page, archive: Archive, own: list[str]) -> list[str]:
    """How a window's conversation differs from what the archive says to its questions, in their order."""
    talk = archive.conversation()
    users, bots = page.locator('#chat [data-testid="user"]'), page.locator('#chat [data-testid="bot"]')
    wrong = []
    if users.count() != len(own) or bots.count() != len(own):
        wrong.append(f"{users.count()} questions and {bots.count()} answers, not {len(own)}")
    for at, question in enumerate(own[: min(users.count(), bots.count())]):
        reply = talk.ask(question)
        if question not in users.nth(at).inner_text():
            wrong.append(f"question {at + 1} is not {question!r}")
        if not _holds(bots.nth(at).inner_text(), reply):
            wrong.append(f"the answer to {question!r} is {bots.nth(at).inner_text()!r}")
    return wrong


def _holds(text: str, reply: Reply) -> bool:
    squeezed = "".join(text.split())
    parts = [part.text for part in (reply.answer, reply.quote) if part is not None]
    return all("".join(part.split()) in squeezed for part in parts)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python tests/stress_browser.py", description=__doc__)
    parser.add_argument("--questions", type=int, default=100, help="how many, for the time from Enter to the answer")
    parser.add_argument("--readers", type=int, default=20, help="how many at once")
    parser.add_argument("--turns", type=int, default=3, help="how many questions each of them asks")
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as name, chromium() as browser:
        environment = {"BAOWEN_CACHE": name}
        start_seconds(browser, COMMAND, environment)
        print("| second start of `make chat`, to | seconds |\n|---|---|")
        for what, seconds in start_seconds(browser, COMMAND, environment).items():
            print(f"| {what} | {seconds:.1f} |", flush=True)
        os.environ["BAOWEN_CACHE"] = name
        with started(COMMAND, environment) as chat:
            taken = answer_milliseconds(browser, chat.address, args.questions)
            print("\n| from Enter to the answer shown | answers | p50 ms | p95 ms | wrong |\n|---|---|---|---|---|")
            print(_row("one reader", taken, []), flush=True)
            many = crowd(browser, chat.address, Archive.open(), args.readers, args.turns)
            print(_row(f"{args.readers} readers at once", many.taken, many.wrong), flush=True)
    for line in many.wrong:
        print(line, file=sys.stderr)
    return 1 if many.wrong else 0


def _row(name: str, taken: list[float], wrong: list[str]) -> str:
    p50, p95 = np.percentile(taken, [50, 95])
    return f"| {name} | {len(taken)} | {p50:.0f} | {p95:.0f} | {len(wrong)} |"


if __name__ == "__main__":
    sys.exit(main())
