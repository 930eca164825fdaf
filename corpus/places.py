"""Which page files a folder holds, and opening one of them and nothing else.

Links to files are followed inside the folder of pages and nowhere else; links to folders are not followed. What is
left out so, a folder that cannot be listed, and what has a page's name but is no file (a pipe, a device) is listed all
the same, and `read_bytes` says why it is not read.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path, PurePath

from corpus.errors import PagesError, PlaceError
from corpus.formats import SUFFIXES, max_bytes
from corpus.names import shown

# Files that people keep beside their pages.
_NO_PAGES = frozenset(("README", "LICENSE", "CHANGELOG", "NOTICE"))
_TRIES = 3  # to read a file that is being written


def list_files(root: Path) -> list[Path]:
    """The page files under `root` (or `root` itself where it is a file), relative to it, in path order.

    Hidden files and folders, Word's lock files and files such as README.md are left out.

    :raises PagesError: if `root` does not exist or holds no page file.
    """
    if root.is_file():
        return [Path(root.name)]
    if not root.is_dir():
        raise PagesError(f"There is no folder or file of pages at {root}; give the path of a folder of pages.")
    found = [Path(name) for name in _listed(os.fspath(root))]
    if not found:
        raise PagesError(
            f"The folder {root} holds no page ({', '.join(SUFFIXES)}); put newspaper pages in it, or name another."
        )
    return sorted(found, key=lambda path: path.as_posix())


def _listed(root: str) -> Iterator[str]:
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        try:
            entries = list(os.scandir(os.path.join(root, folder)))
        except OSError:
            yield folder or "."
            continue
        for entry in entries:
            name = os.path.join(folder, entry.name)
            if entry.name.startswith((".", "~$")):
                continue
            if entry.is_dir(follow_symlinks=False):
                waiting.append(name)
            elif _is_folder(entry):
                if not _lies_in(root, entry.path):
                    yield name
            elif _is_page(entry.name):
                yield name


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads in a circle
        return False


def _is_page(name: str) -> bool:
    path = PurePath(name)
    return path.suffix.lower() in SUFFIXES and path.stem.upper() not in _NO_PAGES


def _lies_in(root: str, place: str) -> bool:
    whole, inside = os.path.realpath(root), os.path.realpath(place)
    return os.path.commonpath((whole, inside)) == whole


def resolve(root: Path, path: Path) -> Path:
    """Where a path given by `list_files` lies."""
    return root if root.is_file() else root / path


def read_bytes(root: Path, path: Path) -> bytes:
    """The bytes of one page file, as it was at one moment: a file that is being written is read again.

    :raises PlaceError: if its name cannot be shown, it is no file, lies outside `root`, is too large or cannot be read.
    """
    name = shown(path.as_posix())
    if name != path.as_posix():
        raise PlaceError(f"{name} has a name with characters that cannot be shown; rename it.")
    place = resolve(root, path)
    try:
        if place != root and not _lies_in(os.fspath(root), os.fspath(place)):
            raise PlaceError(
                f"{name} leads out of the folder of pages and was not followed; put the pages themselves in it."
            )
        if place.is_dir():
            os.scandir(place).close()
            raise PlaceError(f"{name} is a folder, a page must be a file.")
        data = b""
        for _ in range(_TRIES):
            before, data, after = _read_once(place, name)
            if (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns) and len(
                data
            ) == after.st_size:
                break
        return data  # one that changes all the time is read as it is: its bytes' hash will tell
    except OSError as error:
        raise PlaceError(f"{name} cannot be read ({error.strerror or error}); check the file and its rights.") from None


def too_large(name: str, size: int) -> str | None:
    """Why a file of so many bytes is not read; None where it may be."""
    limit = max_bytes(name)
    if size <= limit:
        return None
    return f"{name} has {size / 2**20:.0f} MB, such a file may have {limit // 2**20} at most; split it."


def _read_once(place: Path, name: str) -> tuple[os.stat_result, bytes, os.stat_result]:
    """The file before, its bytes, and the file after.

    :raises PlaceError: if it is no ordinary file, or too large. :raises OSError: if it cannot be read.
    """
    limit = max_bytes(name)
    # Not to wait: opening a pipe would wait until somebody writes into it.
    with open(os.open(place, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        before = os.fstat(file.fileno())
        if not stat.S_ISREG(before.st_mode):
            raise PlaceError(f"{name} is no ordinary file but a pipe, socket or device; put a file in its place.")
        data = b"" if before.st_size > limit else file.read(limit + 1)
        if (why := too_large(name, max(before.st_size, len(data)))) is not None:
            raise PlaceError(why)
        return before, data, os.fstat(file.fileno())
