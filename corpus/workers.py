"""Reading in processes that may crash, hang or run out of memory, each file within its limits: the side that waits.

A process is a fresh Python that is told what to import: unlike those of `multiprocessing`, it does not run the caller's
main module again. Neither do joblib's, but they cannot be stopped over one file, and one crash costs all that are at
work. A file that costs its process is given up, and the files that waited behind it are read by a new one.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Any, TypeVar

from corpus.errors import PagesError
from corpus.names import shown
from corpus.reading import ALIVE, READY, Failed, Job

R = TypeVar("R")
_START = (
    "import sys; from multiprocessing.connection import Connection; told = Connection(int(sys.argv[1])); "
    "sys.path[:] = told.recv(); from corpus.reading import serve; serve(told)"
)
_STARTING = 120.0  # seconds that Python may take to start on a busy machine
_STARTS = 3  # in vain, after which nothing can be read
_CHUNK = 16  # files that are handed out at once
_AHEAD = 4  # chunks for each process that may be read before the first of them is asked for
_Numbered = tuple[int, Job]


def fitting_workers(jobs: Sequence[Job]) -> int:
    """How many processes may read at once: one for each core, as far as the memory holds them at their limits."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**20
    most = max((job.limits.megabytes for job in jobs), default=1)
    return max(1, min(os.cpu_count() or 1, int(memory / most)))


class Workers:
    """Up to `most` processes that read files. They are started when they are needed, and ended with the context."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._workers: list[_Worker] = []
        self._failed_starts = 0

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        for worker in self._workers:
            worker.end()
        self._workers.clear()

    def read(self, read: Callable[[str], R], jobs: Sequence[Job]) -> Iterator[R | Failed]:
        """What `read` gives for each file's name, in the order of `jobs`, or why it gives nothing.

        :param read: a function that can be pickled, and whose results can. No file is given to it twice.
        :raises PagesError: if no process can be started.
        """
        chunk = max(1, min(_CHUNK, len(jobs) // (4 * self._most)))
        done: dict[int, R | Failed] = {}
        again: deque[list[_Numbered]] = deque()
        asked = out = 0
        while out < len(jobs):
            while again or (asked < len(jobs) and asked - out < _AHEAD * chunk * self._most):
                worker = self._free()
                if worker is None:
                    break
                given = again.popleft() if again else list(enumerate(jobs[asked : asked + chunk], asked))
                asked = max(asked, given[-1][0] + 1)
                worker.give(read, given)
            for worker in self._awaited():
                number, result = self._result_of(worker)
                if number is not None:
                    done[number] = result
                if worker.ended:
                    self._workers.remove(worker)
                    again.extend([list(worker.jobs)] if worker.jobs else [])
            while out in done:
                yield done.pop(out)
                out += 1

    def _free(self) -> _Worker | None:
        """A process that has nothing to do; None where all may be started and have."""
        free = next((worker for worker in self._workers if not worker.jobs), None)
        if free is None and len(self._workers) < self._most:
            free = _Worker.start()
            self._workers.append(free)
        return free

    def _awaited(self) -> list[_Worker]:
        """The processes that have something to tell, or have been waited for long enough."""
        busy = [worker for worker in self._workers if worker.jobs]
        rest = min(worker.deadline for worker in busy) - time.monotonic()
        telling = wait([worker.told for worker in busy], max(0.0, rest))
        now = time.monotonic()
        for worker in busy:
            worker.overdue = worker.told not in telling and worker.deadline <= now
        return [worker for worker in busy if worker.overdue or worker.told in telling]

    def _result_of(self, worker: _Worker) -> tuple[int | None, Any]:
        """The number of a job and its result; None where there is none yet."""
        try:
            found = worker.overtime() if worker.overdue else worker.hear()
        except EOFError:
            found = worker.crash()
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
    told: Connection
    jobs: deque[_Numbered] = field(default_factory=deque)
    started: bool = False
    ended: bool = False
    overdue: bool = False
    _silent_until: float = 0.0
    _until: float = 0.0

    @classmethod
    def start(cls) -> _Worker:
        """:raises PagesError: if the system starts no process."""
        told, other = Pipe()
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
        with contextlib.suppress(OSError):  # it has ended already: that is heard when it is listened to
            told.send(sys.path)
        return cls(process, told)

    @property
    def deadline(self) -> float:
        return min(self._silent_until, self._until)

    def give(self, read: Callable[[str], Any], jobs: Sequence[_Numbered]) -> None:
        """Ask for files while the process has none to read."""
        self.jobs.extend(jobs)
        self._begin(0.0 if self.started else _STARTING)
        with contextlib.suppress(OSError):
            self.told.send((read, [job for _, job in jobs]))

    def _begin(self, more: float = 0.0) -> None:
        if self.jobs:
            now, limits = time.monotonic() + more, self.jobs[0][1].limits
            self._silent_until, self._until = now + limits.seconds, now + limits.total

    def hear(self) -> tuple[int | None, Any]:
        """The next result and its job's number, which is None for a sign of life alone.

        :raises EOFError: if the process has ended. :raises RuntimeError: if it cannot import the function that reads.
        """
        try:
            message = self.told.recv()
        except (OSError, pickle.UnpicklingError):
            raise EOFError from None
        if message == READY:
            self.started = True
            self._begin()
            return None, None
        if message == ALIVE:
            self._silent_until = time.monotonic() + self.jobs[0][1].limits.seconds
            return None, None
        if isinstance(message, Failed):
            raise RuntimeError(f"the function that reads cannot be imported by another process:\n{message.fault}")
        result, last = message
        number, _ = self.jobs.popleft()
        self._begin()
        if last:
            self.end(patience=5.0)
        return number, result

    def overtime(self) -> tuple[int | None, Any]:
        """End the process over a file that takes too long."""
        self.end()
        if not self.started:
            return None, None
        limits = self.jobs[0][1].limits
        seconds = limits.total if self._until <= self._silent_until else limits.seconds
        return self._give_up(
            f"takes more than {seconds:.0f} seconds to read; split it, or set BAOWEN_PAGE_SECONDS higher."
        )

    def crash(self) -> tuple[int | None, Any]:
        """Clear away a process that has ended by itself or was killed."""
        status = self.end(patience=5.0)
        if not self.started:
            return None, None
        if status == -signal.SIGKILL:
            return self._give_up(
                "was given up, for the system killed the process that read it, most likely for want of memory; "
                "free some, or split the file."
            )
        how = signal.Signals(-status).name if status < 0 else f"status {status}"
        most = self.jobs[0][1].limits.megabytes
        return self._give_up(
            f"crashed the process that read it ({how}): it is damaged, or takes more than {most} MB of memory; save it "
            "anew or split it."
        )

    def _give_up(self, why: str) -> tuple[int, Failed]:
        number, job = self.jobs.popleft()
        return number, Failed(job.name, f"{shown(job.name)} {why}")

    def end(self, patience: float = 0.0) -> int:
        """End the process, if it does not end by itself; its exit status, negative for a signal."""
        self.ended = True
        self.told.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(patience)
        self.process.kill()
        return self.process.wait()
