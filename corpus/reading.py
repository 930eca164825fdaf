"""Reading one file after another in a process of its own, each within its memory: the side that reads.

`corpus.workers` starts such processes, and ends one that is silent for too long.
"""

from __future__ import annotations

import contextlib
import json
import pickle
import resource
import signal
import socket
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, TypeVar

from corpus.errors import BaowenError, PlaceError
from corpus.frames import MOST, send
from corpus.limits import Limits
from corpus.names import shown

R = TypeVar("R")
Until = Literal["readers", "limits", "any time"]
READY, BROKEN, ALIVE, RESULT, FAILED, ENDING = b"r", b"b", b"a", b"d", b"f", b"e"
_STARVED = ("bad_alloc", "bad allocation", "allocate memory", "out of memory")  # as libraries in C++ say it
_listeners: list[socket.socket] = []  # who waits for this process; nobody in the main one


@dataclass(frozen=True, slots=True)
class Job:
    """A file to read, by its name, and the limits within which to."""

    name: str
    limits: Limits


@dataclass(frozen=True, slots=True)
class Failed:
    """A file that was not read, and why, in one sentence.

    `fault` is the traceback of a fault of Baowen's own, or "". `until` says when it is worth while to read the same
    bytes once more: with other readers (libraries) alone, with other limits as well, or at any time.
    """

    name: str
    reason: str
    fault: str = ""
    until: Until = "readers"


def attempt(read: Callable[[str], R], job: Job) -> R | Failed:
    """What `read` gives for a file's name; whatever goes wrong becomes a `Failed`, never an error."""
    name = shown(job.name)
    try:
        return read(job.name)
    except BaowenError as error:
        return Failed(job.name, str(error), until="any time" if isinstance(error, PlaceError) else "readers")
    except RecursionError:
        return Failed(job.name, f"{name} nests too deeply to be read; simplify it and try again.")
    except Exception as error:  # one file must not cost the others, whatever is wrong with the reader
        if isinstance(error, MemoryError) or any(words in str(error).lower() for words in _STARVED):
            why = f"takes more than {job.limits.megabytes} MB of memory to read"
            return Failed(job.name, f"{name} {why}; split it, or set BAOWEN_PAGE_MEMORY higher.", until="limits")
        fault = type(error).__name__
        reason = f"{name} cannot be read by a fault of Baowen's ({fault}, see the log); save it anew, or report it."
        # The system may refuse today what it grants tomorrow.
        until: Until = "any time" if isinstance(error, OSError) else "readers"
        return Failed(job.name, reason, traceback.format_exc(), until)


def sign_of_progress() -> None:
    """Tell who waits for this file that a part of it, such as a sheet, was read. Does nothing in the main process."""
    for listener in _listeners:
        send(listener, ALIVE)


def serve(told: socket.socket, orders: BinaryIO) -> None:
    """Read what is asked for until no more orders come.

    :param told: gets READY or BROKEN (a traceback), then for each job RESULT (what was read) or FAILED (JSON: reason,
        fault, until), in order, ALIVE in between, and ENDING where this process ends before its jobs are done.
    :param orders: pickles, which come from the process that waits: the function that reads, then lists of `Job`.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that waits
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        read: Callable[[str], bytes] = pickle.load(orders)
    except Exception:  # a function that this process cannot import
        send(told, BROKEN, traceback.format_exc().encode("utf-8", "replace"))
        return
    _listeners.append(told)
    with contextlib.suppress(EOFError, OSError):  # nobody waits any more
        send(told, READY)
        while _serve_some(told, read, pickle.load(orders)):
            pass


def _serve_some(told: socket.socket, read: Callable[[str], bytes], jobs: Sequence[Job]) -> bool:
    """Read some files; False where this process had better end."""
    for job in jobs:
        _limit_memory(job.limits.megabytes)
        # Should the process that waits be gone, nobody else ends one that hangs.
        signal.setitimer(signal.ITIMER_REAL, 2 * job.limits.total + 60)
        result = attempt(read, job)
        signal.setitimer(signal.ITIMER_REAL, 0)
        _limit_memory(None)
        if not isinstance(result, Failed) and len(result) > MOST:
            result = Failed(job.name, f"{shown(job.name)} gives more than {MOST // 2**20} MB of text; split it.")
        if isinstance(result, Failed):
            send(told, FAILED, json.dumps([result.reason, result.fault, result.until]).encode("ascii"))
        else:
            send(told, RESULT, result)
        # The next file shall not pay for the memory that this one has left in pieces.
        if _megabytes_held() > job.limits.megabytes / 2:
            send(told, ENDING)
            return False
    return True


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
