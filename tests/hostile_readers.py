"""Reading functions that break in every way that a format's library can, for `test_corpus_workers.py`.

They stand here because another process imports them.
"""

from __future__ import annotations

import ctypes
import os
import signal
import time
from pathlib import Path

from corpus.errors import PagesError
from corpus.reading import sign_of_progress

_kept: list[bytearray] = []  # what a leaking library would hold


def read(folder: str, name: str) -> tuple[str, int]:
    """The name and the reading process's id, or what the name says. Every call is noted in the file `calls`."""
    with (Path(folder) / "calls").open("a") as calls:
        calls.write(f"{name}\n")
    match name.rstrip("0123456789"):
        case "abort":
            os.abort()
        case "exit":
            os._exit(3)
        case "segfault":
            ctypes.string_at(0)
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "hang":
            time.sleep(600)
        case "memory":
            return str(len(bytearray(2**31))), 0
        case "large":
            _kept.append(bytearray(220 * 2**20))
        case "fault":
            return str(1 // 0), 0
        case "deep":
            return read_deep(name)
        case "refused":
            raise PagesError("refused is no page.")
        case "sheets":
            for _ in range(6):
                time.sleep(0.5)
                sign_of_progress()
        case "endless":
            while True:
                time.sleep(0.1)
                sign_of_progress()
    return name, os.getpid()


def read_deep(name: str) -> tuple[str, int]:
    return read_deep(name)
