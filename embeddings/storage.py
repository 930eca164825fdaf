"""Folders, checksums and atomic writes of an index. What is in the files is the business of `generation`.

    <cache>/<name of the pages' folder>-<12 hex digits>/
        lock             held while writing
        CURRENT          "gen-000002 <SHA-256 of its manifest.json>"
        gen-000001/      the generation before, kept until the next write for those who have it open
        gen-000002/      manifest.json and the files whose checksums it lists

A generation is written to a temporary folder beside, synced to the disk, renamed, and only then named by CURRENT, which
is itself replaced in one step: a crash at any moment leaves the old generation or the new one, never a half of each.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import hashlib
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import platformdirs

from corpus.errors import StorageError
from embeddings.manifest import FORMAT, Manifest, format_of

LOCK_SECONDS = 60.0
_GENERATION = re.compile(r"gen-(\d{6,})")


class Damaged(Exception):
    """A generation that cannot be trusted; the text says which file, and why."""


class OtherFormat(Exception):
    """A generation in the format of another version; the text says which."""


def cache_root() -> Path:
    """The folder that holds all indexes: BAOWEN_CACHE, or the user's cache folder."""
    named = os.environ.get("BAOWEN_CACHE")
    return Path(named).expanduser() if named else Path(platformdirs.user_cache_dir("baowen"))


def folder_of(root: Path, cache: Path | None = None) -> Path:
    """The folder of the index of the pages at `root`.

    :raises StorageError: if it would lie inside the pages' folder, where it could be taken for pages.
    """
    root = root.resolve()
    cache = (cache_root() if cache is None else cache).resolve()
    if root == cache or (root.is_dir() and root in cache.parents):
        raise StorageError(
            f"The folder for indexes {cache} lies inside the pages' folder {root}; "
            "set BAOWEN_CACHE to a folder outside of it."
        )
    slug = re.sub(r"[^\w.-]+", "-", root.name).strip("-.")[:40] or "pages"
    return cache / f"{slug}-{hashlib.sha256(os.fsencode(root)).hexdigest()[:12]}"


def current(folder: Path) -> tuple[Path, Manifest] | None:
    """The generation that CURRENT names and its manifest; None where nothing was ever written.

    :raises Damaged: if CURRENT or the manifest is missing or unreadable, or does not match its checksum.
    :raises OtherFormat: if the generation was written in another format.
    """
    try:
        named = (folder / "CURRENT").read_bytes().decode("ascii", "replace").split()
    except (FileNotFoundError, NotADirectoryError):
        if folder.is_dir() and _numbers(folder):
            raise Damaged("the file CURRENT is missing") from None
        return None
    if len(named) != 2 or not _GENERATION.fullmatch(named[0]):
        raise Damaged("the file CURRENT names no generation")
    generation = folder / named[0]
    try:
        data = (generation / "manifest.json").read_bytes()
    except OSError as error:
        reason = "is missing" if isinstance(error, FileNotFoundError) else f"cannot be read ({error.strerror or error})"
        raise Damaged(f"{named[0]}/manifest.json {reason}") from None
    if hashlib.sha256(data).hexdigest() != named[1]:
        raise Damaged("manifest.json does not match its checksum")
    if format_of(data) != FORMAT:
        raise OtherFormat(f"format {format_of(data)}, this Baowen writes format {FORMAT}")
    try:
        return generation, Manifest.from_json(data)
    except ValueError as error:
        raise Damaged(f"manifest.json is unreadable ({error})") from None


def read_checked(generation: Path, manifest: Manifest, name: str) -> bytes:
    """The bytes of one file of a generation, after comparing their checksum.

    :raises Damaged: if the file is missing or is not what was written.
    """
    try:
        data = (generation / name).read_bytes()
    except FileNotFoundError:
        raise Damaged(f"{name} is missing") from None
    except OSError as error:
        raise Damaged(f"{name} cannot be read ({error.strerror or error})") from None
    if hashlib.sha256(data).hexdigest() != manifest.files.get(name):
        raise Damaged(f"{name} does not match its checksum")
    return data


@contextlib.contextmanager
def writing(folder: Path, seconds: float | None = None) -> Iterator[None]:
    """Hold the lock of `folder`, which is made where it is missing. One writer at a time, over all processes.

    :raises StorageError: if another writer keeps it for `seconds` (60 unless told).
    :raises OSError: if the folder cannot be written.
    """
    limit = LOCK_SECONDS if seconds is None else seconds
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("ab") as handle:
        until = time.monotonic() + limit
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= until:
                    raise StorageError(
                        f"Another process has been writing the index in {folder} for {limit:g} seconds; "
                        "wait until it is done and try again."
                    ) from None
                time.sleep(0.05)
        # Closing the file gives the lock back, also after an error.
        yield


def publish(folder: Path, fill: Callable[[Path], Manifest]) -> None:
    """Make a new generation the current one. The caller holds the lock.

    :param fill: writes all files into the folder it is given and returns the manifest, still without checksums.
    :raises OSError: if something cannot be written; the generation before then stays as it was.
    """
    for leftover in folder.glob("tmp-*"):  # of a writer that was killed: nobody else can be writing now
        shutil.rmtree(leftover, ignore_errors=True)
    numbers = _numbers(folder)
    name = f"gen-{max(numbers, default=0) + 1:06d}"
    place = folder / f"tmp-{name}"
    place.mkdir()
    try:
        manifest = fill(place)
        files = sorted(path for path in place.rglob("*") if path.is_file())
        sums = {path.relative_to(place).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
        data = dataclasses.replace(manifest, files=sums).to_json()
        (place / "manifest.json").write_bytes(data)
        for path in (*files, place / "manifest.json", *(p for p in place.rglob("*") if p.is_dir()), place):
            _sync(path)
        os.replace(place, folder / name)
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    _sync(folder)
    before = named(folder)
    pointer = folder / "CURRENT.tmp"
    pointer.write_text(f"{name} {hashlib.sha256(data).hexdigest()}\n", encoding="ascii")
    _sync(pointer)
    os.replace(pointer, folder / "CURRENT")
    _sync(folder)
    for number in numbers:
        old = f"gen-{number:06d}"
        if old != before:
            shutil.rmtree(folder / old, ignore_errors=True)


def named(folder: Path) -> str:
    """The generation that CURRENT names, or an empty string."""
    try:
        words = (folder / "CURRENT").read_bytes().decode("ascii", "replace").split()
    except OSError:
        return ""
    return words[0] if words else ""


def _numbers(folder: Path) -> list[int]:
    """The numbers of the generations in `folder`, ascending."""
    found = (_GENERATION.fullmatch(path.name) for path in folder.iterdir())
    return sorted(int(match[1]) for match in found if match)


def _sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
