"""`python tests/stress_service.py`: the chat's server under load, as a Markdown table.

A server is started on its own pages; then so many users at once open the page, ask, wait for the answer and ask again.
A busy user waits a second. Beside them a newcomer loads the whole page every few seconds, from the first on; in a
process of its own, as in a browser of its own, for what the users' own program takes would count otherwise. Memory is
the server's resident memory, first after every question has been asked once and all users have asked at once for a
while. Exit status 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import multiprocessing
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np
import psutil
from chat_client import Said, User

from corpus.benchmark import make_pages
from corpus.files import iter_pages, sample_pages
from corpus.records import Page
from qa.chat.examples import number_questions
from qa.chat.labels import say

ROOT = Path(__file__).resolve().parents[1]
PAGE_SECONDS, GROWTH = 2.0, 0.05
WARM_SECONDS = 20.0
_PROBE_SECONDS = 3.0
_BUSY = ("busy", "too_often", "too_many_open")


@dataclass
class Level:
    """What came of one number of users."""

    users: int
    seconds: float = 0.0
    answered: list[float] = field(default_factory=list)
    busy: int = 0
    wrong: list[str] = field(default_factory=list)
    loads: list[float] = field(default_factory=list)
    before: float = 0.0
    after: float = 0.0

    @property
    def growth(self) -> float:
        return self.after / self.before - 1 if self.before else 0.0

    @property
    def good(self) -> bool:
        """Whether all targets are met."""
        slowest = max(self.loads, default=0.0)
        return bool(self.answered) and not self.wrong and slowest < PAGE_SECONDS and self.growth < GROWTH

    def row(self) -> str:
        """One line of the table."""
        p50, p95, p99 = np.percentile(self.answered, [50, 95, 99]) if self.answered else (0.0, 0.0, 0.0)
        cells = (
            f"{self.users}",
            f"{len(self.answered) / self.seconds:.1f}",
            *(f"{value:.2f}" for value in (p50, p95, p99)),
            f"{len(self.answered)}",
            f"{self.busy}",
            f"{len(self.wrong)}",
            f"{max(self.loads, default=0.0):.2f}",
            f"{self.before:.0f} → {self.after:.0f} ({100 * self.growth:+.1f} %)",
            "OK" if self.good else "FAIL",
        )
        return "| " + " | ".join(cells) + " |"


HEAD = """| users | answers/s | p50 s | p95 s | p99 s | answers | busy | errors | page s, slowest | memory MiB | |
|---|---|---|---|---|---|---|---|---|---|---|"""


def questions() -> list[str]:
    """Questions about the sample pages' numbers, of which the larger sets are made as well."""
    texts = (
        block.text
        for page in iter_pages(sample_pages())
        if isinstance(page, Page)
        for article in page.articles
        for block in article.paragraphs
    )
    return [question for text in texts for question, _ in itertools.islice(number_questions(text), 1)]


@contextmanager
def server(pages: int, *switches: str) -> Iterator[tuple[str, int]]:
    """A server on the sample pages (0) or on so many made of them: its address and process id, once it is ready."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "pages"
        folder.mkdir()
        if pages:
            make_pages(folder, pages)
        where = [str(folder)] if pages else []
        command = [sys.executable, str(ROOT / "app.py"), *where, "--port", "0", "--rate", "0", *switches]
        cache = {"BAOWEN_CACHE": str(Path(name) / "cache")}
        process = subprocess.Popen(command, env=os.environ | cache, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            found = re.search(r"http://\S+", process.stdout.readline())
            assert found is not None, "the server did not start"
            yield found.group(), process.pid
        finally:
            process.terminate()
            process.communicate(timeout=30)


def memory(pid: int) -> float:
    """A process's resident memory in MiB."""
    return float(psutil.Process(pid).memory_info().rss) / 2**20


async def load(address: str, pid: int, users: int, seconds: float) -> Level:
    """Put `users` on the server for so long."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as newcomer:
        newcomer.submit(newcomers, address, 0).result()  # it has started when the users begin
        return await _load(address, pid, users, seconds, newcomer)


async def _load(address: str, pid: int, users: int, seconds: float, newcomer: ProcessPoolExecutor) -> Level:
    level, asked = Level(users), questions()
    people = [User.of(address) for _ in range(users)]
    await asyncio.gather(*(user.open() for user in people))
    # All is asked once, and by all at once: what so many take is there before memory is read, and growth is a leak.
    for question in asked:
        level.wrong += _wrong(await people[0].ask(question))
    warm = Level(users)
    await _ask_at_once(people, asked, min(seconds, WARM_SECONDS), warm)
    level.wrong += warm.wrong
    level.before = memory(pid)
    began = time.perf_counter()
    loads = asyncio.get_running_loop().run_in_executor(newcomer, newcomers, address, seconds)
    await _ask_at_once(people, asked, seconds, level)
    level.loads = await loads
    level.seconds = time.perf_counter() - began
    level.after = memory(pid)
    for user in people:
        await user.close()
    return level


async def _ask_at_once(people: list[User], asked: list[str], seconds: float, level: Level) -> None:
    end = time.perf_counter() + seconds
    await asyncio.gather(*(_ask_until(end, user, random.Random(n), asked, level) for n, user in enumerate(people)))


async def _ask_until(end: float, user: User, chance: random.Random, asked: list[str], level: Level) -> None:
    while time.perf_counter() < end:
        began = time.perf_counter()
        said = await user.ask(chance.choice(asked))
        if any(said.has(say("zh", key)) for key in _BUSY):
            level.busy += 1
            await asyncio.sleep(1)
            continue
        level.wrong += (wrong := _wrong(said))
        if not wrong:
            level.answered.append(time.perf_counter() - began)


def _wrong(said: Said) -> list[str]:
    """What is wrong with what was said; empty where it is an answer, or the reason why there is none."""
    # The cards' heading stands in every reply that was looked up.
    if said.done and said.has(say("zh", "for_question")):
        return []
    return [f"{said.status} {said.text[-300:]}"]


def newcomers(address: str, seconds: float) -> list[float]:
    """How long the page took each time that it was loaded, for so long."""
    end, loads = time.perf_counter() + seconds, []
    while time.perf_counter() < end:
        loads.append(asyncio.run(page_seconds(address)))
        time.sleep(_PROBE_SECONDS)
    return loads


async def page_seconds(address: str) -> float:
    """How long the page takes to load with all that it names, six at a time as a browser does."""
    limits = httpx.Limits(max_connections=6)
    async with httpx.AsyncClient(base_url=address, limits=limits, timeout=60, trust_env=False) as client:
        began = time.perf_counter()
        text = (await client.get("/")).raise_for_status().text
        parts = sorted(set(re.findall(r'(?:src|href)="\.?(/(?:assets|static)/[^"]+)"', text)))
        parts += ["/theme.css", "/config", "/gradio_api/info"]
        for answer in await asyncio.gather(*(client.get(part) for part in parts)):
            answer.raise_for_status()
        return time.perf_counter() - began


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python tests/stress_service.py", description=__doc__)
    parser.add_argument("--pages", type=int, default=0, help="pages made of the samples (default: the samples)")
    parser.add_argument("--seconds", type=float, default=120, help="for each number of users")
    parser.add_argument("--users", default="1,10,50,200", help="numbers of users at once")
    args, switches = parser.parse_known_args(argv)
    good = True
    with server(args.pages, *switches) as (address, pid):
        print(HEAD, flush=True)
        for users in args.users.split(","):
            level = asyncio.run(load(address, pid, int(users), args.seconds))
            print(level.row(), flush=True)
            for wrong in level.wrong[:3]:
                print(wrong, file=sys.stderr)
            good = good and level.good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
