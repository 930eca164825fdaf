"""All indexes under the cache folder: what each is of, how large it is, and taking one away."""

from __future__ import annotations

import re
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path

from corpus.errors import StorageError
from embeddings import locks, storage
from embeddings.manifest import Manifest

_FOLDER = re.compile(r".+-[0-9a-f]{12}", re.DOTALL)
_FORGOTTEN = "forgotten-"


@dataclass(frozen=True, slots=True)
class Entry:
    """One index.

    :param root: the folder of its pages, or its page; None where that cannot be told any more.
    :param state: "ready", or in a few words what is the matter with it.
    :param size: bytes on disk of everything in `folder`, older generations included, but for who has it open.
    :param readers: how many times a process has it open now.
    """

    folder: Path
    root: Path | None
    state: str
    size: int
    readers: int
    manifest: Manifest | None


def entries(cache: Path | None = None) -> list[Entry]:
    """Every index in the cache folder, in the order of their folders' names."""
    cache = storage.cache_root() if cache is None else cache
    try:
        folders = sorted(path for path in cache.iterdir() if _FOLDER.fullmatch(path.name) and path.is_dir())
    except OSError:
        return []
    return [entry(folder) for folder in folders if _is_index(folder)]


def entry(folder: Path) -> Entry:
    """The index in `folder`. Its files are not checked: see `checkup`."""
    manifest = None
    root = storage.pages_folder(folder)
    try:
        found = storage.current(folder)
        manifest = None if found is None else found[1]
        state = "ready" if found is not None else "not complete: a run was broken off"
    except storage.OtherFormat as error:
        state = f"of another version: {error}"
    except storage.Damaged as error:
        state = f"damaged: {error}"
    if root is None and manifest is not None:
        root = Path(manifest.root)
    if state == "ready" and root is not None and not root.exists():
        state = "its pages are gone"
    if (owner := locks.writer(folder)) is not None:
        state = f"being written by {owner}"
    return Entry(folder, root, state, _size(folder), locks.readers(folder), manifest)


def forget(root: Path, cache: Path | None = None) -> Entry:
    """Take away the index of the pages at `root`, which may be gone themselves, or the one whose folder `root` is.

    Pages are never touched. Whoever has the index open goes on in memory.

    :returns: what was taken away.
    :raises StorageError: if there is none, it is being written, or it cannot be removed.
    """
    cache = (storage.cache_root() if cache is None else cache).resolve()
    root = root.expanduser()
    itself = root.resolve().parent == cache and _is_index(root)
    folder = root.resolve() if itself else storage.folder_of(root, cache)
    if not _is_index(folder):
        raise StorageError(f"There is no index of {root} in {cache}; `baowen info` lists those that there are.")
    gone = entry(folder)
    try:
        with locks.writing(folder, 0):
            # Renamed first: a crash on the way leaves no half of an index under its name.
            away = cache / f"{_FORGOTTEN}{uuid.uuid4().hex[:8]}"
            folder.rename(away)
        for rest in cache.glob(f"{_FORGOTTEN}*"):
            shutil.rmtree(rest)
    except OSError as error:
        raise StorageError(
            f"The index in {folder} cannot be removed ({error.strerror or error}); check the rights of {cache}."
        ) from error
    return gone


def _is_index(folder: Path) -> bool:
    names = ("PAGES", "CURRENT", "lock")
    return any((folder / name).is_file() for name in names) or (folder.is_dir() and bool(storage.numbers(folder)))


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() and path.parent.name != "readers" else 0
        except OSError:  # taken away while we look
            continue
    return total
