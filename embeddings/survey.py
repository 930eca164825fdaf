"""Which page files there are now, which of them changed, and reading those that did."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
import stat
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from corpus.collections import is_collection, read_collection
from corpus.errors import PagesError
from corpus.files import iter_pages, list_files, resolve, still_skipped
from corpus.formats import max_bytes
from corpus.names import shown
from corpus.places import too_large
from corpus.records import Page, Skipped
from embeddings.manifest import Manifest, Source, reader_fingerprint
from embeddings.renaming import renamed

Progress = Callable[[str, int, int], None]
# A file written within the clock's step of being read could change once more and keep its time of change.
CLOCK_STEP_NS = 2_000_000_000
_PART = 2**20


def look(root: Path, manifest: Manifest | None) -> dict[str, Source]:
    """The files under `root` by their path relative to it, in path order.

    A file whose size and time of change are those in `manifest` is taken to be the same; any other is hashed, and every
    one where the manifest is of another folder or of a time that is still to come: then the clock was set back. A page
    file that is larger than one may be is not read at all.

    :raises PagesError: if there is nothing to read at `root`.
    """
    if manifest is not None and (manifest.root != str(root.resolve()) or manifest.created_ns > time.time_ns()):
        manifest = None
    known = manifest.sources if manifest is not None else {}
    safe = manifest.created_ns - CLOCK_STEP_NS if manifest is not None else 0
    whole = is_collection(root)
    return {name: _seen(path, known.get(name), safe, whole) for name, path in _files(root)}


def glance(root: Path) -> dict[str, tuple[int, int]]:
    """Size and time of change of the files under `root`, by name, without reading them; empty where there is none."""
    out: dict[str, tuple[int, int]] = {}
    try:
        for name, path in _files(root):
            with contextlib.suppress(OSError):
                status = path.stat()
                out[name] = (status.st_size, status.st_mtime_ns)
    except (PagesError, OSError):
        return {}
    return out


def _seen(path: Path, before: Source | None, safe: int, whole: bool) -> Source:
    """A file as it is now: `before` where its size is the same and so is its time of change, which is before `safe`.

    :param whole: whether it is hashed however large it is.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # opening a pipe would wait until somebody writes into it
            return Source("", 0, 0)
        same = before is not None and (before.size, before.mtime_ns) == (status.st_size, status.st_mtime_ns)
        if before is not None and same and before.sha256 and status.st_mtime_ns < safe:
            return before
        digest = _digest(path, sys.maxsize if whole else max_bytes(path.name))
        return Source(digest, status.st_size, status.st_mtime_ns)
    except OSError:
        return Source("", 0, 0)


def _digest(path: Path, most: int) -> str:
    """SHA-256 of a file, hexadecimal; empty where it has more than `most` bytes, of which no more are read.

    :raises OSError: if it cannot be read.
    """
    digest = hashlib.sha256()
    # It may be another by now, and opening a pipe would wait until somebody writes into it.
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb", buffering=0) as handle:
        status = os.fstat(handle.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_size > most:
            return ""
        while most >= 0 and (part := handle.read(_PART)):
            digest.update(part)
            most -= len(part)  # it may grow meanwhile
    return digest.hexdigest() if most >= 0 else ""


def same(found: Mapping[str, Source], known: Mapping[str, Source]) -> bool:
    """Whether the same files hold the same bytes."""
    return {name: source.sha256 for name, source in found.items()} == {n: s.sha256 for n, s in known.items()}


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading gave: the pages in path order, the files skipped, the files with the hash of what was really read.

    `new` counts the files that were read; the others' pages were known.
    """

    pages: tuple[Page, ...]
    skipped: tuple[Skipped, ...]
    sources: dict[str, Source]
    new: int


def read(
    root: Path,
    found: Mapping[str, Source],
    known: Iterable[Page] = (),
    before: Manifest | None = None,
    progress: Progress | None = None,
    keep: Callable[[Page], None] | None = None,
) -> Reading:
    """Read the files in `found`, but for those that hold the bytes of a known page, under whatever name.

    :param before: tells as well which files need not be read, for they were skipped and would be again.
    :param keep: called with every page that was read.
    :raises PagesError: if not one file could be read.
    """
    if is_collection(root):
        collection = read_collection(root)
        return Reading(collection.pages, collection.skipped, dict(found), len(found))
    at_hand: dict[str, Page | Skipped] = {**_at_hand(found, known), **_still_skipped(found, before)}
    new = iter_pages(root, [Path(name) for name in found if name not in at_hand], progress)
    pages: list[Page] = []
    skipped: list[Skipped] = []
    sources = dict(found)
    for name, source in found.items():
        page = at_hand[name] if name in at_hand else next(new)
        if isinstance(page, Skipped):
            skipped.append(page)
            if name not in at_hand and source.sha256 != _seen(resolve(root, Path(name)), None, 0, False).sha256:
                sources[name] = Source("", 0, 0)  # it changed since `look`: what is wrong with it is of other bytes
            continue
        if keep is not None and name not in at_hand:
            keep(page)
        # Should the file have changed since `look`, the next opening must compare with what is indexed.
        sources[name] = dataclasses.replace(source, sha256=page.sha256)
        pages.append(page)
    next(new, None)  # lets the last progress be told
    if not pages:
        raise PagesError(f"None of the {len(skipped)} files at {root} can be read; the first: {skipped[0].reason}")
    return Reading(tuple(pages), tuple(skipped), sources, len(found) - len(at_hand))


def _at_hand(found: Mapping[str, Source], known: Iterable[Page]) -> dict[str, Page]:
    """The files whose page is known, by name: with the same bytes under the same name, or under another."""
    by_name: dict[tuple[str, str], Page] = {}
    by_bytes: dict[str, Page] = {}
    for one in known:
        by_name[one.source, one.sha256] = by_bytes[one.sha256] = one
    out: dict[str, Page] = {}
    for name, source in found.items():
        page: Page | None = by_name.get((name, source.sha256))
        if page is None and (other := by_bytes.get(source.sha256)) is not None:
            page = renamed(other, name)
        if page is not None:
            out[name] = page
    return out


def _still_skipped(found: Mapping[str, Source], before: Manifest | None) -> dict[str, Skipped]:
    """The files that need not be read, by name: too large ones, and what `before` skipped and is as it was."""
    out = {
        name: Skipped(name, why)
        for name, source in found.items()
        if not source.sha256 and (why := too_large(name, source.size)) is not None and shown(name) == name
    }
    if before is None or before.reader != reader_fingerprint():
        return out
    for one in before.skipped:
        now, then = found.get(one.source), before.sources.get(one.source)
        if now is not None and then is not None and now.sha256 == then.sha256 != "" and still_skipped(one):
            out[one.source] = one
    return out


def worth_reading(manifest: Manifest) -> bool:
    """Whether a file that was skipped might be read now with the same bytes: by other limits or other libraries."""
    return any(one.holds and not still_skipped(one) for one in manifest.skipped)


class Unchanged:
    """Tells of single files, as often as one likes, whether they still hold what an index was made of."""

    def __init__(self, root: Path, manifest: Manifest) -> None:
        self._root, self._sources = root, manifest.sources
        self._collection = is_collection(root)
        self._sure: dict[str, tuple[int, int]] = {}

    def __call__(self, name: str) -> bool:
        """Whether the page `name` is still there, and the same. Of a collection, whether all of it is."""
        if self._collection:
            return all(
                self._same(file, self._root / file if self._root.is_dir() else self._root) for file in self._sources
            )
        return name in self._sources and self._same(name, resolve(self._root, Path(name)))

    def _same(self, name: str, path: Path) -> bool:
        before = self._sources[name]
        try:
            status = path.stat()
        except OSError:
            return False
        # Hashed once, when no change can be hidden behind the clock's step any more; then its time of change tells.
        if self._sure.get(name) == (status.st_size, status.st_mtime_ns):
            return True
        now = time.time_ns()
        same = bool(before.sha256) and _seen(path, None, 0, self._collection).sha256 == before.sha256
        if same and status.st_mtime_ns < now - CLOCK_STEP_NS:
            self._sure[name] = (status.st_size, status.st_mtime_ns)
        return same


def _files(root: Path) -> Iterator[tuple[str, Path]]:
    """Name and place of the files that the index of `root` depends on."""
    if is_collection(root):
        # The documents alone: the questions beside them are not indexed.
        path = root / "corpus.jsonl" if root.is_dir() else root
        yield path.name, path
        return
    for path in list_files(root):
        yield path.as_posix(), resolve(root, path)
