"""Reading one file after another in a process of its own, each within its memory: the side that reads.

`corpus.workers` starts such processes, and ends one that is silent for too long.
"""

from __future__ import annotations

import contextlib
import resource
import signal
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TypeVar

from corpus.errors import BaowenError
from corpus.limits import Limits
from corpus.names import shown

R = TypeVar("R")
READY, ALIVE = "ready", "alive"
_listeners: list[Connection] = []  # who waits for this process; nobody in the main one


@dataclass(frozen=True, slots=True)
class Job:
    """A file to read, by its name, and the limits within which to."""

    name: str
    limits: Limits


@dataclass(frozen=True, slots=True)
class Failed:
    """A file that was not read, and why, in one sentence. `fault`: the traceback of a fault of Baowen's own, or ""."""

    name: str
    reason: str
    fault: str = ""


def attempt(read: Callable[[str], R], job: Job) -> R | Failed:
    """What `read` gives for a file's name; whatever goes wrong becomes a `Failed`, never an error."""
    name = shown(job.name)
    try:
        return read(job.name)
    except BaowenError as error:
        return Failed(job.name, str(error))
    except MemoryError:
        most = job.limits.megabytes
        return Failed(
            job.name, f"{name} takes more than {most} MB of memory to read; split it, or set BAOWEN_PAGE_MEMORY higher."
        )
    except RecursionError:
        return Failed(job.name, f"{name} nests too deeply to be read; simplify it and try again.")
    except Exception as error:  # one file must not cost the others, whatever is wrong with the reader
        fault = type(error).__name__
        reason = f"{name} cannot be read by a fault of Baowen's ({fault}, see the log); save it anew, or report it."
        return Failed(job.name, reason, traceback.format_exc())


def sign_of_progress() -> None:
    """Tell who waits for this file that a part of it, such as a sheet, was read. Does nothing in the main process."""
    for listener in _listeners:
        listener.send(ALIVE)


def serve(told: Connection) -> None:
    """Read what is asked for over a connection until it is closed.

    Asked with (function of a file's name, list of `Job`); answers each job with (result or `Failed`, whether this
    process ends with it), in order; or with one `Failed` alone, where the function cannot be imported.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that waits
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _listeners.append(told)
    told.send(READY)
    while True:
        try:
            read, jobs = told.recv()
        except (EOFError, OSError):
            return
        except Exception:  # a function that this process cannot import
            told.send(Failed("", "", traceback.format_exc()))
            return
        for job in jobs:
            _limit_memory(job.limits.megabytes)
            # Should the process that waits be gone, nobody else ends one that hangs.
            signal.setitimer(signal.ITIMER_REAL, 2 * job.limits.total + 60)
            result = attempt(read, job)
            signal.setitimer(signal.ITIMER_REAL, 0)
            _limit_memory(None)
            # The next file shall not pay for the memory that this one has left in pieces.
            last = _megabytes_held() > job.limits.megabytes / 2
            told.send((result, last))
            if last:
                return


def _limit_memory(megabytes: int | None) -> None:
    """Set how much this process may allocate; None: as much as the system lets it."""
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    size = most if megabytes is None else megabytes * 2**20
    with contextlib.suppress(ValueError, OSError):  # a system that keeps no such limit
        resource.setrlimit(resource.RLIMIT_DATA, (size if most == resource.RLIM_INFINITY else min(size, most), most))


def _megabytes_held() -> float:
    """What of this process counts for the limit; 0 on a system that keeps none.

    The peak that `getrusage` tells is no less than that of the process which started this one.
    """
    try:
        return int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize() / 2**20
    except OSError:
        return 0.0
