"""Where Baowen keeps what its user gave it (uploads, feedback, lists), and how a small file is replaced in one step.

Unlike the indexes, none of it can be made again: it lies in the user's data folder, never in the cache.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import platformdirs
from filelock import FileLock, Timeout

from corpus.errors import StorageError

_PATIENCE: Final = 20.0  # seconds; what is done under a lock takes milliseconds


def data_folder() -> Path:
    """The folder that BAOWEN_DATA names, or the user's data folder."""
    named = os.environ.get("BAOWEN_DATA")
    return Path(named).expanduser() if named else Path(platformdirs.user_data_dir("baowen"))


def private_folder(path: Path) -> Path:
    """`path`, made where it is missing; only its owner may look into what is made.

    :raises StorageError: if it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StorageError(_cannot(path, error)) from None
    return path


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder, against threads and processes alike. It ends with its process.

    :raises StorageError: if the folder cannot be written, or somebody else holds the lock for twenty seconds.
    """
    private_folder(folder)
    lock = FileLock(folder / ".lock", timeout=_PATIENCE, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        raise StorageError(
            f"Another process has been writing to {folder} for {_PATIENCE:.0f} seconds; try again."
        ) from None
    except OSError as error:
        raise StorageError(_cannot(folder, error)) from None
    try:
        yield
    finally:
        lock.release()


def write_whole(path: Path, data: bytes) -> None:
    """Replace a file in one step, on the disk when this returns; only its owner may read it.

    :raises StorageError: if it cannot be written; the file then stays as it was.
    """
    new = path.with_name(f"tmp-{secrets.token_hex(8)}")
    try:
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise StorageError(_cannot(path, error)) from None


def _cannot(path: Path, error: OSError) -> str:
    return f"{path} cannot be written ({error.strerror or error}); free some space, or check its rights."
