"""`python tests/stress_browser.py`: the chat as its readers feel it, in Chromium, as Markdown tables.

How long it takes from the command to the first paint and to the first answer; how long from Enter to the answer shown,
over a hundred questions; and whether twenty readers who ask at the same moment, each in a browser context of their own,
all get their own answers. The command is given once before it is timed. Exit status 1 where an answer is missing or not
the reader's, or where a window shows an error or asks another host.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from browser_kit import Window, chromium, new_window, playwright, running_chat
from stress_service import questions

from qa.archive import Archive
from qa.chat.labels import say
from qa.records import Reply

COMMAND = ("make", "-s", "chat", "PORT=0")
WINDOW_TURNS = 25
"""So many questions are asked in one window, then in a new one: a chat holds its last turns only."""
TIMEOUT_MS = 60_000
LEAD_MS = 1000
"""So long before they ask together the readers are told when: enough for the word to reach each of them."""
# An answer has links to its cards. The clock starts at the key, or at a click at a time of day, and stops at the frame
# that shows the links.
_WATCH = """([turn, at, most]) => { window.answerShown = new Promise((done, fail) => {
  let began = null;
  setTimeout(() => fail(new Error(`no answer: ${document.querySelector('#chat').innerText.slice(-300)}`)), most);
  if (at) setTimeout(() => { began = performance.now(); document.querySelector('#send').click(); }, at - Date.now());
  else addEventListener('keydown', () => { began = performance.now(); }, {capture: true, once: true});
  const look = () => {
    if (began !== null && document.querySelector(`#chat a[href^="#cite-${turn}-"]`))
      requestAnimationFrame(() => done(performance.now() - began));
    else requestAnimationFrame(look); };
  look(); }); window.answerShown.catch(() => {}); }"""
_PAINT = """() => new Promise(done => { const look = () => {
  const paint = performance.getEntriesByName('first-contentful-paint')[0];
  if (paint) done(performance.timeOrigin + paint.startTime); else requestAnimationFrame(look); }; look(); })"""
HEAD = """| from Enter to the answer shown | answers | p50 ms | p95 ms | slowest ms | wrong |
|---|---|---|---|---|---|"""


@dataclass
class Asked:
    """What came of questions: milliseconds to each answer, and what was missing, not the reader's own or an error."""

    taken: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def row(self, name: str) -> str:
        """A row of the table whose head is `HEAD`."""
        p50, p95, most = np.percentile(self.taken, [50, 95, 100]) if self.taken else (float("nan"),) * 3
        return f"| {name} | {len(self.taken)} | {p50:.0f} | {p95:.0f} | {most:.0f} | {len(self.wrong)} |"


def send(window: Window, question: str, turn: int) -> None:
    """Ask with the Enter key; the page then holds the promise `answerShown`."""
    box = window.page.locator("#question textarea")
    box.fill(question)
    window.page.evaluate(_WATCH, [turn, 0, TIMEOUT_MS])
    box.press("Enter")


def send_together(windows: Sequence[Window], asked: Sequence[str], turn: int) -> None:
    """As `send` in all windows at the same moment, with the button."""
    for window, question in zip(windows, asked, strict=True):
        window.page.locator("#question textarea").fill(question)
    at = time.time() * 1000 + LEAD_MS
    for window in windows:
        window.page.evaluate(_WATCH, [turn, at, TIMEOUT_MS])


def wait(window: Window, result: Asked) -> None:
    """Wait for what was sent."""
    try:
        result.taken.append(float(window.page.evaluate("window.answerShown")))
    except playwright.Error as error:
        result.wrong.append(error.message)


def start_seconds(browser: playwright.Browser) -> tuple[dict[str, float], list[str]]:
    """Seconds from the command to what a reader sees first, the question being asked at once; and what went wrong."""
    first = Asked()
    with (
        running_chat(command=COMMAND, ready=False) as chat,
        new_window(browser, chat.address) as window,
    ):
        paint = float(window.page.evaluate(_PAINT)) / 1000 - chat.began
        window.page.locator("#question textarea").wait_for()
        usable = time.time() - chat.began
        send(window, questions()[0], 1)
        wait(window, first)
        answer = time.time() - chat.began
        return (
            {"the first paint": paint, "the question box": usable, "the first answer": answer},
            first.wrong + window.wrong,
        )


def one_by_one(browser: playwright.Browser, address: str, archive: Archive, amount: int) -> Asked:
    """Ask so many questions, each after the answer to the one before."""
    some, result = questions(), Asked()
    asked = [some[at % len(some)] for at in range(amount)]
    for first in range(0, amount, WINDOW_TURNS):
        own = asked[first : first + WINDOW_TURNS]
        with new_window(browser, address) as window:
            window.settle()
            for turn, question in enumerate(own, start=1):
                send(window, question, turn)
                wait(window, result)
            result.wrong += not_theirs(window, archive, own)
    return result


def together(browser: playwright.Browser, address: str, archive: Archive, readers: int, turns: int) -> Asked:
    """Have `readers` ask at the same moment, each another question, `turns` times; each window is to hold its own."""
    some, result = questions(), Asked()
    mine = [[some[(reader + turn * readers) % len(some)] for turn in range(turns)] for reader in range(readers)]
    with ExitStack() as stack:
        windows = [stack.enter_context(new_window(browser, address)) for _ in range(readers)]
        for window in windows:
            window.settle()
        for turn in range(turns):
            send_together(windows, [own[turn] for own in mine], turn + 1)
            for window in windows:
                wait(window, result)
        for window, own in zip(windows, mine, strict=True):
            result.wrong += not_theirs(window, archive, own)
    return result


def not_theirs(window: Window, archive: Archive, own: Sequence[str]) -> list[str]:
    """What went wrong in a window, and how its conversation differs from what the archive says to its questions."""
    talk, page, wrong = archive.conversation(), window.page, list(window.wrong)
    users, bots = (page.locator(f'#chat [data-testid="{who}"]').all_inner_texts() for who in ("user", "bot"))
    if not len(users) == len(bots) == len(own):
        wrong.append(f"{len(users)} questions and {len(bots)} answers, not {len(own)}")
    for question, asked, said in zip(own, users, bots, strict=False):
        if _bare(question) not in _bare(asked):
            wrong.append(f"the question shown is {asked!r}, not {question!r}")
        if any(_bare(part) not in _bare(said) for part in _parts(talk.ask(question))):
            wrong.append(f"the answer to {question!r} is {said!r}")
    return wrong


def _parts(reply: Reply) -> list[str]:
    """What a reply says: its answer and quote, or why there is none."""
    found = [part.text for part in (reply.answer, reply.quote) if part is not None]
    return found if reply.answered else [say("zh", reply.reason)]


def _bare(text: str) -> str:
    return "".join(text.split())


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python tests/stress_browser.py", description=__doc__)
    parser.add_argument("--questions", type=int, default=100, help="how many, for the time from Enter to the answer")
    parser.add_argument("--readers", type=int, default=20, help="how many at once")
    parser.add_argument("--turns", type=int, default=3, help="how many questions each of them asks")
    args = parser.parse_args(argv)
    # Whoever ends this ends what it has started as well.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory() as name, chromium() as browser:
        # Nothing of the user's is read or written; and a make that this is started by tells the chat's make nothing.
        own = {f"BAOWEN_{what}": str(Path(name) / what.lower()) for what in ("CACHE", "DATA", "LOG")}
        os.environ.update(own, BAOWEN_RATE="0", MAKEFLAGS="", MAKELEVEL="")
        start_seconds(browser)
        seconds, wrong = start_seconds(browser)
        print("| second start of `make chat`, to | seconds |\n|---|---|")
        for what, taken in seconds.items():
            print(f"| {what} | {taken:.1f} |", flush=True)
        print(f"\n{HEAD}", flush=True)
        with running_chat(command=COMMAND) as chat:
            archive = Archive.open()
            one = one_by_one(browser, chat.address, archive, args.questions)
            print(one.row("one reader"), flush=True)
            many = together(browser, chat.address, archive, args.readers, args.turns)
            print(many.row(f"{args.readers} readers at once"), flush=True)
    wrong += one.wrong + many.wrong
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
