"""Folders, checksums and atomic writes of an index. What is in the files is the business of `generation`.

    <cache>/<name of the pages' folder>-<12 hex digits>/
        PAGES            the path of the pages' folder, as the system's bytes
        CURRENT          "gen-000002 <SHA-256 of its manifest.json>"
        gen-000001/      a generation before, kept while a process has it open (see `locks`)
        gen-000002/      manifest.json and the files whose checksums it lists
        partial/         what was read and embedded of a generation that is not complete (see `journal`)

A generation is written to a temporary folder beside, synced to the disk, renamed, and only then named by CURRENT, which
is itself replaced in one step: a crash at any moment leaves the old generation or the new one, never a half of each.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import platformdirs

from corpus.errors import StorageError
from embeddings.locks import Reading, in_use
from embeddings.manifest import FORMAT, Manifest, format_of

_GENERATION = re.compile(r"gen-(\d{6,})")
_HEX = re.compile(r"[0-9a-f]{64}")


class Damaged(Exception):
    """A file of an index that cannot be trusted, by its path below the index's or the generation's folder, and why."""

    def __init__(self, file: str, what: str) -> None:
        super().__init__(f"{file} {what}")
        self.file, self.what = file, what


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
        if folder.is_dir() and numbers(folder):
            raise Damaged("CURRENT", "is missing") from None
        return None
    if len(named) != 2 or not _GENERATION.fullmatch(named[0]) or not _HEX.fullmatch(named[1]):
        raise Damaged("CURRENT", "names no generation")
    generation = folder / named[0]
    try:
        data = (generation / "manifest.json").read_bytes()
    except OSError as error:
        reason = "is missing" if isinstance(error, FileNotFoundError) else f"cannot be read ({error.strerror or error})"
        raise Damaged(f"{named[0]}/manifest.json", reason) from None
    if hashlib.sha256(data).hexdigest() != named[1]:
        raise Damaged("manifest.json", "does not match its checksum")
    if format_of(data) != FORMAT:
        raise OtherFormat(f"format {format_of(data)}, this Baowen writes format {FORMAT}")
    try:
        return generation, Manifest.from_json(data)
    except ValueError as error:
        raise Damaged("manifest.json", f"is unreadable ({error})") from None


def salvage(folder: Path) -> tuple[Path, Manifest] | None:
    """The newest generation with a readable manifest, where CURRENT names none or the named one's is damaged.

    Nothing vouches for that manifest but itself: its files can be told to be what it lists, not that it is the last.
    """
    for number in reversed(numbers(folder) if folder.is_dir() else []):
        path = folder / f"gen-{number:06d}"
        try:
            data = (path / "manifest.json").read_bytes()
            if format_of(data) == FORMAT:
                return path, Manifest.from_json(data)
        except (OSError, ValueError):
            continue
    return None


def check_file(generation: Path, manifest: Manifest, name: str) -> None:
    """Compare one file of a generation with its checksum, without having all of it in memory.

    :raises Damaged: if the file is missing or is not what was written.
    """
    try:
        found = _sha256(generation / name)
    except FileNotFoundError:
        raise Damaged(name, "is missing") from None
    except OSError as error:
        raise Damaged(name, f"cannot be read ({error.strerror or error})") from None
    if found != manifest.files.get(name):
        raise Damaged(name, "does not match its checksum")


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def publish(folder: Path, root: Path, fill: Callable[[Path], Manifest]) -> None:
    """Make a new generation the current one. The caller holds the lock.

    :param root: the pages' folder.
    :param fill: writes all files into the folder it is given and returns the manifest, still without checksums.
    :raises OSError: if something cannot be written; the generation before then stays as it was.
    """
    sweep(folder)
    if pages_folder(folder) != (whole := root.resolve()):
        _replace(folder / "PAGES", os.fsencode(whole))
    name = f"gen-{max(numbers(folder), default=0) + 1:06d}"
    place = folder / f"tmp-{name}"
    place.mkdir()
    try:
        manifest = fill(place)
        files = sorted(path for path in place.rglob("*") if path.is_file())
        sums = {path.relative_to(place).as_posix(): _sha256(path) for path in files}
        data = dataclasses.replace(manifest, files=sums).to_json()
        (place / "manifest.json").write_bytes(data)
        for path in (*files, place / "manifest.json", *(p for p in place.rglob("*") if p.is_dir()), place):
            _sync(path)
        os.replace(place, folder / name)
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    _sync(folder)
    _replace(folder / "CURRENT", f"{name} {hashlib.sha256(data).hexdigest()}\n".encode("ascii"))
    sweep(folder)


def sweep(folder: Path) -> None:
    """Remove generations that nobody has open, and what killed writers left. The caller holds the lock."""
    for leftover in folder.glob("tmp-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    keep = named(folder)
    if not (folder / keep / "manifest.json").is_file():
        return  # of a damaged index nothing is thrown away that might still be of use
    # A reader says what it opens and then looks at CURRENT again: whoever came before the switch is seen here.
    used = in_use(folder)
    for number in numbers(folder):
        if (old := f"gen-{number:06d}") not in used and old != keep:
            shutil.rmtree(folder / old, ignore_errors=True)


def pages_folder(folder: Path) -> Path | None:
    """The pages' folder of the index in `folder`; None where that is not recorded."""
    try:
        return Path(os.fsdecode((folder / "PAGES").read_bytes()))
    except OSError:
        return None


def pin(folder: Path) -> Reading | None:
    """Keep the current generation on disk until the result is released; None where CURRENT names none."""
    while True:
        name = named(folder)
        reading = Reading(folder, name) if name else None
        # Only now is it kept: a writer may have put it away before. Then CURRENT names another.
        if reading is None or named(folder) == name:
            return reading
        reading.release()


def _replace(path: Path, data: bytes) -> None:
    """Write a file in one step, on the disk when this returns."""
    new = path.with_name(f"{path.name}.tmp")
    new.write_bytes(data)
    _sync(new)
    os.replace(new, path)
    _sync(path.parent)


def named(folder: Path) -> str:
    """The generation that CURRENT names, or an empty string."""
    try:
        words = (folder / "CURRENT").read_bytes().decode("ascii", "replace").split()
    except OSError:
        return ""
    return words[0] if words else ""


def numbers(folder: Path) -> list[int]:
    """The numbers of the generations in `folder`, ascending."""
    found = (_GENERATION.fullmatch(path.name) for path in folder.iterdir())
    return sorted(int(match[1]) for match in found if match)


def _sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    if os.name != "posix" and path.is_dir():
        return  # such a system has no way to say so
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
