"""The desk where questions are handed in: a few are answered at once, the next wait in line, the rest are sent away.

Work runs in threads of the desk's own, which are kept: memory that each thread takes for itself is not given back. A
thread cannot be stopped, so a question that takes too long is given up and its place passed on while the thread runs
out; there are never more threads than twice the places.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, cast

T = TypeVar("T")
Why = Literal["busy", "slow", "closing", "left"]

LAST_SECONDS = 2.0
"""How long running questions have once the desk closes."""


class RefusedError(Exception):
    """A question was not answered: too many wait, it took too long, the desk closes, or whoever asked is gone."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why: Why = why


@dataclass(eq=False, slots=True)
class _Job:
    """One question in its thread. `stray`: nobody waits for it any more. `holds`: its place is free when it ends."""

    result: asyncio.Future[Any]
    stray: bool = False
    holds: bool = True


class Desk:
    """`at_once` questions are answered at once and `waiting` more stand in line, each for at most `seconds` once its
    turn has come. Shut at first: `open` lets the line move. For one event loop.
    """

    def __init__(self, at_once: int, waiting: int, seconds: float) -> None:
        self._at_once, self._waiting, self._seconds = at_once, waiting, seconds
        self._free = 0
        self._strays = 0
        self._closed = False
        self._line: dict[asyncio.Future[None], object] = {}
        self._running: set[_Job] = set()
        self._todo: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._threads = self._idle = 0

    @property
    def in_line(self) -> int:
        """How many questions wait."""
        return len(self._line)

    @property
    def running(self) -> int:
        """How many questions are being answered."""
        return len(self._running)

    def open(self) -> None:
        """Let the line move. Once."""
        for _ in range(self._at_once):
            self._pass_on()

    def close(self) -> None:
        """Send the line away, and those that are running soon after. For good."""
        self._closed = True
        for place in list(self._line):
            _fail(place, "closing")
        asyncio.get_running_loop().call_later(LAST_SECONDS, self._end_running)
        for _ in range(self._threads):
            self._todo.put(None)

    def _end_running(self) -> None:
        for job in list(self._running):
            _fail(job.result, "closing")

    def left(self, key: object) -> None:
        """Take out of the line what was asked with `key`: nobody waits for it."""
        for place, asked_by in list(self._line.items()):
            if asked_by == key:
                _fail(place, "left")

    async def ask(self, work: Callable[[], T], key: object = None) -> T:
        """What `work` returns, run in a thread when its turn has come.

        :raises RefusedError: if it was not its turn or not done in time; whatever `work` raises.
        """
        await self._turn(key)
        loop = asyncio.get_running_loop()
        job = _Job(loop.create_future())
        self._running.add(job)
        deadline = loop.call_later(self._seconds, _fail, job.result, "slow")

        def run() -> None:
            value: T | None = None
            error: BaseException | None = None
            try:
                value = work()
            except BaseException as raised:
                error = raised
            with contextlib.suppress(RuntimeError):  # the server has stopped meanwhile
                loop.call_soon_threadsafe(self._ended, job, value, error)

        self._todo.put(run)
        if self._idle:
            self._idle -= 1
        else:
            self._threads += 1
            threading.Thread(target=self._work, name="baowen-question", daemon=True).start()
        try:
            return cast(T, await job.result)
        finally:
            deadline.cancel()
            if job in self._running:
                self._give_up(job)

    def _work(self) -> None:
        while (run := self._todo.get()) is not None:
            run()

    async def _turn(self, key: object) -> None:
        """Come back when it is this question's turn."""
        if self._closed:
            raise RefusedError("closing")
        if self._free:
            self._free -= 1
            return
        if len(self._line) >= self._waiting:
            raise RefusedError("busy")
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._line[place] = key
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled() and place.exception() is None:
                self._pass_on()  # it was just this question's turn
            raise
        finally:
            self._line.pop(place, None)

    def _pass_on(self) -> None:
        """Give a place to the first in line."""
        for place in self._line:
            if not place.done():
                place.set_result(None)
                return
        self._free += 1

    def _give_up(self, job: _Job) -> None:
        """Leave a thread to itself; its place is passed on at once, where not too many run on so."""
        self._running.discard(job)
        self._strays += 1
        job.stray, job.holds = True, self._strays > self._at_once
        if not job.holds:
            self._pass_on()

    def _ended(self, job: _Job, value: object, error: BaseException | None) -> None:
        """A thread is done with its question."""
        self._idle += 1
        self._running.discard(job)
        self._strays -= job.stray
        if job.holds:
            self._pass_on()
        if not job.result.done():
            if error is None:
                job.result.set_result(value)
            else:
                job.result.set_exception(error)


def _fail(future: asyncio.Future[Any], why: Why) -> None:
    if not future.done():
        future.set_exception(RefusedError(why))
