"""Which page files there are now, which of them changed, and reading those that did."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from corpus.collections import is_collection, read_collection
from corpus.errors import PagesError
from corpus.files import iter_pages, list_files, resolve
from corpus.records import Page, Skipped
from embeddings.manifest import Manifest, Source
from embeddings.renaming import renamed

Progress = Callable[[str, int, int], None]
# A file written within the clock's step of being read could change once more and keep its time of change.
CLOCK_STEP_NS = 2_000_000_000


def look(root: Path, manifest: Manifest | None) -> dict[str, Source]:
    """The files under `root` by their path relative to it, in path order.

    A file whose size and time of change are those in `manifest` is taken to be the same; any other is hashed, and every
    one where the manifest is of another folder or of a time that is still to come: then the clock was set back.

    :raises PagesError: if there is nothing to read at `root`.
    """
    if manifest is not None and (manifest.root != str(root.resolve()) or manifest.created_ns > time.time_ns()):
        manifest = None
    known = manifest.sources if manifest is not None else {}
    safe = manifest.created_ns - CLOCK_STEP_NS if manifest is not None else 0
    return {name: _seen(path, known.get(name), safe) for name, path in _files(root)}


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


def _seen(path: Path, before: Source | None, safe: int) -> Source:
    """A file as it is now: `before` where its size is the same and so is its time of change, which is before `safe`."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # opening a pipe would wait until somebody writes into it
            return Source("", 0, 0)
        same = before is not None and (before.size, before.mtime_ns) == (status.st_size, status.st_mtime_ns)
        if before is not None and same and before.sha256 and status.st_mtime_ns < safe:
            return before
        with path.open("rb") as handle:
            digest = hashlib.file_digest(handle, "sha256").hexdigest()
        return Source(digest, status.st_size, status.st_mtime_ns)
    except OSError:
        return Source("", 0, 0)


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
    progress: Progress | None = None,
    keep: Callable[[Page], None] | None = None,
) -> Reading:
    """Read the files in `found`, but for those that hold the bytes of a known page, under whatever name.

    :param keep: called with every page that was read.
    :raises PagesError: if not one file could be read.
    """
    if is_collection(root):
        collection = read_collection(root)
        return Reading(collection.pages, collection.skipped, dict(found), len(found))
    at_hand = _at_hand(found, known)
    new = iter_pages(root, [Path(name) for name in found if name not in at_hand], progress)
    pages: list[Page] = []
    skipped: list[Skipped] = []
    sources = dict(found)
    for name, source in found.items():
        page = at_hand[name] if name in at_hand else next(new)
        if isinstance(page, Skipped):
            skipped.append(page)
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
        same = bool(before.sha256) and _seen(path, None, 0).sha256 == before.sha256
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
