"""Reading functions that break in every way that a format's library can, for `test_corpus_workers.py`.

They stand here because another process imports them.
"""

from __future__ import annotations

import ctypes
import json
import os
import pickle
import signal
import time
from collections.abc import Callable
from pathlib import Path

from corpus import reading
from corpus.errors import PagesError
from corpus.files import packed_page
from corpus.frames import MOST, send
from corpus.reading import sign_of_progress

_kept: list[bytearray] = []  # what a leaking library would hold


def read(folder: str, name: str) -> bytes:
    """The name and the reading process's id as JSON, or what the name says. Every call is noted in the file `calls`."""
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
            return bytes(2**31)
        case "starved":  # as ONNX Runtime says it
            raise RuntimeError(
                "Non-zero status code returned while running Conv node: Failed to allocate memory for it"
            )
        case "large":
            _kept.append(bytearray(220 * 2**20))
        case "fault":
            return bytes(1 // 0)
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
        case "much":
            return bytes(MOST + 1)
    return json.dumps([name, os.getpid()]).encode()


def read_deep(name: str) -> bytes:
    return read_deep(name)


class Evil:
    """Its pickle makes a file where it is unpickled."""

    def __init__(self, made: Path) -> None:
        self._made = made

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return Path.touch, (self._made,)


def taken_over(root: Path, name: str) -> bytes:
    """A page as another process packs it; but a file named so has its process say what it likes."""
    (told,) = reading._listeners
    evil = pickle.dumps(Evil(root.parent / "harm"))
    match Path(name).stem.rstrip("0123456789"):
        case "evil":
            return evil
        case "framed":
            # As multiprocessing frames it, and as a reason.
            told.sendall(len(evil).to_bytes(4, "big") + evil)
        case "reason":
            send(told, reading.FAILED, evil)
        case "reasons":
            send(told, reading.FAILED, b'[["a"], 1]')
        case "nested":
            return b"[" * 100_000
        case "number":
            return b"7"
        case "unknown":
            send(told, b"\xff", b"x")
        case "again":
            send(told, reading.READY)
        case "cannot":
            send(told, reading.BROKEN, b"stop the whole run")
        case "large":
            told.sendall(reading.RESULT + (MOST + 1).to_bytes(4, "big"))
        case "half":
            told.sendall(reading.RESULT + b"\x00\x00\x00\x09" + b"x")
            time.sleep(600)
        case "alive":
            while True:
                send(told, reading.ALIVE)
        case "other":
            return packed_page(root, "good1.html")
    return packed_page(root, name)
