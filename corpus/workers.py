"""Reading in processes that may crash, hang or run out of memory, each file within its limits: the side that waits.

A process is a fresh Python that is told what to import: unlike those of `multiprocessing`, it does not run the caller's
main module again. Neither do joblib's, but they cannot be stopped over one file, and one crash costs all that are at
work. A file that costs its process is given up, and the files that waited behind it are read by a new one.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from types import TracebackType
from typing import get_args

from corpus.errors import PagesError
from corpus.frames import Frames
from corpus.names import shown
from corpus.reading import ALIVE, BROKEN, ENDING, FAILED, READY, RESULT, Failed, Job, Until

_START = (
    "import pickle, socket, sys; told = socket.socket(fileno=int(sys.argv[1])); orders = told.makefile('rb'); "
    "sys.path[:] = pickle.load(orders); from corpus.reading import serve; serve(told, orders)"
)
_STARTING = 120.0  # seconds that Python may take to start on a busy machine
_STARTS = 3  # in vain, after which nothing can be read
_REASON = 2000  # characters; names can be long
_CHUNK = 16  # files that are handed out at once
_AHEAD = 4  # chunks for each process that may be read before the first of them is asked for
_KINDS = READY + BROKEN + ALIVE + RESULT + FAILED + ENDING
_Numbered = tuple[int, Job]
_Result = tuple[int, bytes | Failed]


def fitting_workers(jobs: Sequence[Job]) -> int:
    """How many processes may read at once: one for each core, as far as the memory holds them at their limits."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**20
    most = max((job.limits.megabytes for job in jobs), default=1)
    return max(1, min(os.cpu_count() or 1, int(memory / most)))


class Workers:
    """Up to `most` processes that read files. They are started when they are needed, and ended with the context."""

    def __init__(self, read: Callable[[str], bytes], most: int) -> None:
        """:param read: what a file's name gives; a function that can be pickled. No file is given to it twice."""
        self._read = read
        self._most = most
        self._workers: list[_Worker] = []
        self._failed_starts = 0

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        for worker in self._workers:
            worker.end()
        self._workers.clear()

    def read(self, jobs: Sequence[Job]) -> Iterator[bytes | Failed]:
        """What each file gives, in the order of `jobs`, or why it gives nothing.

        A process may have been taken over by what it read: its bytes are not to be trusted.

        :raises PagesError: if no process can be started. :raises RuntimeError: if none can import the function.
        """
        chunk = max(1, min(_CHUNK, len(jobs) // (4 * self._most)))
        done: dict[int, bytes | Failed] = {}
        again: deque[list[_Numbered]] = deque()
        asked = out = 0
        while out < len(jobs):
            while again or (asked < len(jobs) and asked - out < _AHEAD * chunk * self._most):
                worker = self._free()
                if worker is None:
                    break
                given = again.popleft() if again else list(enumerate(jobs[asked : asked + chunk], asked))
                asked = max(asked, given[-1][0] + 1)
                worker.give(given)
            for worker in self._awaited():
                found = self._told_by(worker)
                if found is not None:
                    done[found[0]] = found[1]
                if worker.ended:
                    self._workers.remove(worker)
                    again.extend([list(worker.jobs)] if worker.jobs else [])
            while out in done:
                given_out = time.monotonic()
                yield done.pop(out)
                # How long the caller takes is not the files' fault.
                for worker in self._workers:
                    worker.postpone(time.monotonic() - given_out)
                out += 1

    def _free(self) -> _Worker | None:
        """A process that has nothing to do; None where all may be started and have."""
        free = next((worker for worker in self._workers if not worker.jobs), None)
        if free is None and len(self._workers) < self._most:
            free = _Worker.start(self._read)
            self._workers.append(free)
        return free

    def _awaited(self) -> list[_Worker]:
        """The processes that have files to read, once one of them tells something or has been waited for enough."""
        busy = [worker for worker in self._workers if worker.jobs]
        rest = min(worker.deadline for worker in busy) - time.monotonic()
        wait([worker.told for worker in busy], max(0.0, rest))
        return busy

    def _told_by(self, worker: _Worker) -> _Result | None:
        """The number of a job and its result; None where there is none yet."""
        try:
            found = worker.hear()
            if found is None and not worker.ended and worker.deadline <= time.monotonic():
                found = worker.overtime()
        except EOFError:
            found = worker.crash()
        except ValueError:
            found = worker.rubbish()
        if worker.started:
            self._failed_starts = 0
        elif worker.ended:
            self._failed_starts += 1
            if self._failed_starts == _STARTS:
                raise PagesError(
                    "The process that reads pages ends before it has begun; free some memory and try again."
                )
        return found


@dataclass(slots=True, eq=False)
class _Worker:
    """A process, what it has to read by number, and until when it may be silent and may take for the first of them."""

    process: subprocess.Popen[bytes]
    told: socket.socket
    frames: Frames
    jobs: deque[_Numbered] = field(default_factory=deque)
    started: bool = False
    ended: bool = False
    _silent_until: float = 0.0
    _until: float = 0.0

    @classmethod
    def start(cls, read: Callable[[str], bytes]) -> _Worker:
        """:raises PagesError: if the system starts no process."""
        orders = pickle.dumps(sys.path) + pickle.dumps(read)
        told, other = socket.socketpair()
        nothing = subprocess.DEVNULL
        with other:
            command = [sys.executable, "-c", _START, str(other.fileno())]
            try:
                process = subprocess.Popen(
                    command, pass_fds=(other.fileno(),), stdin=nothing, stdout=nothing, stderr=nothing
                )
            except OSError as error:
                told.close()
                why = error.strerror or error
                raise PagesError(f"No process can be started to read pages ({why}); free some memory.") from None
        started = cls(process, told, Frames(told, _KINDS))
        started._order(orders)
        return started

    @property
    def deadline(self) -> float:
        return min(self._silent_until, self._until)

    def give(self, jobs: Sequence[_Numbered]) -> None:
        """Ask for files while the process has none to read."""
        self.jobs.extend(jobs)
        self._begin(0.0 if self.started else _STARTING)
        self._order(pickle.dumps([job for _, job in jobs]))

    def _order(self, pickled: bytes) -> None:
        with contextlib.suppress(OSError):  # it has ended already: that is heard when it is listened to
            self.told.sendall(pickled)

    def _begin(self, more: float = 0.0) -> None:
        if self.jobs:
            now, limits = time.monotonic() + more, self.jobs[0][1].limits
            self._silent_until, self._until = now + limits.seconds, now + limits.total

    def postpone(self, seconds: float) -> None:
        """Give the process so much more time."""
        self._silent_until += seconds
        self._until += seconds

    def hear(self) -> _Result | None:
        """The next result and its job's number; None where there is none yet, but perhaps a sign of life.

        :raises EOFError: if the process has ended. :raises ValueError: if it says what no process of ours would.
        :raises RuntimeError: if it cannot import the function that reads.
        """
        if (message := self.frames.next()) is None:
            return None
        kind, data = message
        if not self.started and kind == READY:
            self.started = True
            self._begin()
        elif not self.started and kind == BROKEN:
            why = data.decode("utf-8", "replace")
            raise RuntimeError(f"the function that reads cannot be imported by another process:\n{why}")
        elif not self.started or kind in (READY, BROKEN):
            raise ValueError("what is said at another time")
        elif kind == ALIVE:
            self._silent_until = time.monotonic() + self.jobs[0][1].limits.seconds
        elif kind == ENDING:
            self.end(patience=5.0)
        else:
            result = data if kind == RESULT else _failed(self.jobs[0][1].name, data)
            number, _ = self.jobs.popleft()
            self._begin()
            return number, result
        return None

    def rubbish(self) -> _Result | None:
        """End the process over a file, for it says what makes no sense: something else speaks through it."""
        self.end()
        if not self.started:
            return None
        return self._give_up(
            "made the process that read it send what is no page; do not open it, and report it.", "readers"
        )

    def overtime(self) -> _Result | None:
        """End the process over a file that takes too long."""
        self.end()
        if not self.started:
            return None
        limits = self.jobs[0][1].limits
        seconds = limits.total if self._until <= self._silent_until else limits.seconds
        return self._give_up(
            f"takes more than {seconds:.0f} seconds to read; split it, or set BAOWEN_PAGE_SECONDS higher.", "limits"
        )

    def crash(self) -> _Result | None:
        """Clear away a process that has ended by itself or was killed."""
        status = self.end(patience=5.0)
        if not self.started:
            return None
        if status == -signal.SIGKILL:
            return self._give_up(
                "was given up, for the system killed the process that read it, most likely for want of memory; "
                "free some, or split the file.",
                "any time",
            )
        how = signal.Signals(-status).name if status < 0 else f"status {status}"
        most = self.jobs[0][1].limits.megabytes
        return self._give_up(
            f"crashed the process that read it ({how}): it is damaged, or takes more than {most} MB of memory; save it "
            "anew or split it.",
            "limits",
        )

    def _give_up(self, why: str, until: Until) -> _Result:
        number, job = self.jobs.popleft()
        return number, Failed(job.name, f"{shown(job.name)} {why}", until=until)

    def end(self, patience: float = 0.0) -> int:
        """End the process, if it does not end by itself; its exit status, negative for a signal."""
        self.ended = True
        self.told.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(patience)
        self.process.kill()
        return self.process.wait()


def _failed(name: str, data: bytes) -> Failed:
    """What a process says of a file that it could not read.

    :raises ValueError: if it is no reason.
    """
    try:
        reason, fault, until = json.loads(data)
    except (TypeError, RecursionError) as error:
        raise ValueError(f"no reason: {error}") from None
    if not (isinstance(reason, str) and isinstance(fault, str) and until in get_args(Until)):
        raise ValueError("no reason")
    return Failed(name, shown(reason[:_REASON]), fault, until)
