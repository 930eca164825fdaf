"""Who writes an index, and who reads which generation of it: by process, so that one that died holds nothing.

    <index folder>/lock         the system's own file lock: it ends with its process, whatever kills it
    <index folder>/writer.json  who has that lock, for the message to others; what a dead writer left is overwritten
    <index folder>/readers/     one file for each opened generation, "gen-000002.<random>.json", and who opened it

A process is known by its number and by when it started, counted from the machine's start: numbers are used again, and
a clock may be set back.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import time
import uuid
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from corpus.errors import StorageError

LOCK_SECONDS = 30.0
"""So long a second writer waits for the first, which mostly has only a page or two to add."""

_STEP = 1.5  # seconds by which two readings of one process's start may differ
_FOREIGN_SECONDS = 24 * 3600.0  # so long a reader on another machine is believed to live: nobody here can tell


@dataclass(frozen=True, slots=True)
class Owner:
    """A process. `started` is its start in seconds since 1970, for people; `after_boot` since the machine's start."""

    pid: int
    started: float
    after_boot: float
    host: str

    @classmethod
    def of(cls, pid: int) -> Owner:
        """The process with this number.

        :raises psutil.NoSuchProcess: if there is none.
        """
        started = psutil.Process(pid).create_time()
        return cls(pid, started, started - psutil.boot_time(), platform.node())

    @classmethod
    def read(cls, path: Path) -> Owner | None:
        """What `write` wrote; None where the file is missing or half written."""
        try:
            values = json.loads(path.read_bytes())
            return cls(int(values["pid"]), float(values["started"]), float(values["after_boot"]), str(values["host"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, path: Path) -> None:
        values = {"pid": self.pid, "started": self.started, "after_boot": self.after_boot, "host": self.host}
        path.write_text(json.dumps(values) + "\n", encoding="ascii")

    @property
    def here(self) -> bool:
        """Whether it runs on this machine."""
        return self.host == platform.node()

    @property
    def alive(self) -> bool:
        """Whether the process still runs; of another machine's nobody can tell, so that counts as yes."""
        if not self.here:
            return True
        try:
            if psutil.Process(self.pid).status() == psutil.STATUS_ZOMBIE:
                return False
            return abs(Owner.of(self.pid).after_boot - self.after_boot) < _STEP
        except psutil.NoSuchProcess:
            return False
        except psutil.Error:  # it runs, and is another user's
            return True

    def __str__(self) -> str:
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(self.started))
        return f"process {self.pid}{'' if self.here else f' on {self.host}'}, started {since}"


def _me() -> Owner:
    return Owner.of(os.getpid())


@contextlib.contextmanager
def writing(folder: Path, seconds: float | None = None) -> Iterator[None]:
    """Hold the lock of `folder`, which is made where it is missing. One writer at a time, over all processes.

    :param seconds: how long to wait for another writer (None: LOCK_SECONDS).
    :raises StorageError: if another writer keeps it for longer, naming that process.
    :raises OSError: if the folder cannot be written.
    """
    limit = LOCK_SECONDS if seconds is None else seconds
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / "lock")
    try:
        lock.acquire(timeout=limit)
    except Timeout:
        owner = Owner.read(folder / "writer.json")
        who = str(owner) if owner is not None and owner.alive else "another process"
        raise StorageError(
            f"The index in {folder} is being written by {who}; wait until it is done, or end it, and try again."
        ) from None
    try:
        _me().write(folder / "writer.json")
        yield
    finally:
        # Where the lock still is ours nobody else has written a name there.
        (folder / "writer.json").unlink(missing_ok=True)
        lock.release()


def writer(folder: Path) -> Owner | None:
    """Who is writing the index now; None where nobody is."""
    if not (folder / "lock").exists():
        return None
    lock = FileLock(folder / "lock")
    try:
        lock.acquire(timeout=0)
    except (Timeout, OSError):
        return Owner.read(folder / "writer.json")
    lock.release()
    return None


class Reading:
    """The use of one generation, until `release`, the end of this object, or the end of the process."""

    def __init__(self, folder: Path, generation: str) -> None:
        """Say that `generation` is in use. Where nothing can be written, nobody can remove it either: then not."""
        path = folder / "readers" / f"{generation}.{uuid.uuid4().hex}.json"
        try:
            path.parent.mkdir(exist_ok=True)
            _sweep(path.parent)
            _me().write(path)
        except OSError:
            _unlink(path)  # of a full disk: half of it
        self._release = weakref.finalize(self, _unlink, path)

    def release(self) -> None:
        """End the use; a second time does nothing."""
        self._release()


def in_use(folder: Path) -> set[str]:
    """The generations that a living process has opened."""
    _sweep(folder / "readers")
    return {path.name.split(".")[0] for path in _files(folder / "readers")}


def readers(folder: Path) -> int:
    """How many times living processes have a generation open."""
    _sweep(folder / "readers")
    return len(_files(folder / "readers"))


def _files(readers: Path) -> list[Path]:
    try:
        return [path for path in readers.iterdir() if path.suffix == ".json"]
    except OSError:
        return []


def _sweep(readers: Path) -> None:
    """Remove the files of readers that died."""
    for path in _files(readers):
        owner = Owner.read(path)
        with contextlib.suppress(OSError):
            age = time.time() - path.stat().st_mtime
            # A file without an owner may be one that is being written.
            old = age > 60 if owner is None else not owner.here and age > _FOREIGN_SECONDS
            if old or (owner is not None and not owner.alive):
                path.unlink()


def _unlink(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
