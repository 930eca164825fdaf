"""Which page files there are now, which of them changed, and reading those that did."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from corpus.collections import is_collection, read_collection
from corpus.errors import PagesError
from corpus.files import iter_pages, list_files, resolve
from corpus.records import Page, Skipped
from embeddings.manifest import Manifest, Source

Progress = Callable[[str, int, int], None]
# A file written within the clock's step of being read could change once more and keep its time of change.
_CLOCK_STEP_NS = 2_000_000_000


def look(root: Path, manifest: Manifest | None) -> dict[str, Source]:
    """The files under `root` by their path relative to it, in path order.

    A file whose size and time of change are those in `manifest` is taken to be the same; any other is hashed.

    :raises PagesError: if there is nothing to read at `root`.
    """
    known = manifest.sources if manifest is not None else {}
    safe = manifest.created_ns - _CLOCK_STEP_NS if manifest is not None else 0
    found: dict[str, Source] = {}
    for name, path in _files(root):
        try:
            status = path.stat()
            before = known.get(name)
            if (
                before is not None
                and before.sha256
                and (before.size, before.mtime_ns) == (status.st_size, status.st_mtime_ns)
                and status.st_mtime_ns < safe
            ):
                found[name] = before
            else:
                with path.open("rb") as handle:
                    digest = hashlib.file_digest(handle, "sha256").hexdigest()
                found[name] = Source(digest, status.st_size, status.st_mtime_ns)
        except OSError:
            found[name] = Source("", 0, 0)
    return found


def same(found: Mapping[str, Source], known: Mapping[str, Source]) -> bool:
    """Whether the same files hold the same bytes."""
    return {name: source.sha256 for name, source in found.items()} == {n: s.sha256 for n, s in known.items()}


def read(
    root: Path,
    found: Mapping[str, Source],
    known: Mapping[str, Page],
    progress: Progress | None = None,
) -> tuple[tuple[Page, ...], tuple[Skipped, ...], dict[str, Source]]:
    """Read the files in `found`; a page in `known` that has the same bytes is taken from there.

    Returns the pages in path order, the files skipped, and `found` with the hash of what was really read.

    :raises PagesError: if not one file could be read.
    """
    if is_collection(root):
        collection = read_collection(root)
        return collection.pages, collection.skipped, dict(found)
    pages: list[Page] = []
    skipped: list[Skipped] = []
    sources = dict(found)
    same_as = {name: page for name, page in known.items() if name in found and page.sha256 == found[name].sha256}
    new = iter_pages(root, [Path(name) for name in found if name not in same_as], progress)
    for name, source in found.items():
        read = same_as[name] if name in same_as else next(new)
        if isinstance(read, Skipped):
            skipped.append(read)
            continue
        # Should the file have changed since `look`, the next opening must compare with what is indexed.
        sources[name] = dataclasses.replace(source, sha256=read.sha256)
        pages.append(read)
    next(new, None)  # lets the last progress be told
    if not pages:
        raise PagesError(f"None of the {len(skipped)} files at {root} can be read; the first: {skipped[0].reason}")
    return tuple(pages), tuple(skipped), sources


def _files(root: Path) -> Iterator[tuple[str, Path]]:
    """Name and place of the files that the index of `root` depends on."""
    if is_collection(root):
        # The documents alone: the questions beside them are not indexed.
        path = root / "corpus.jsonl" if root.is_dir() else root
        yield path.name, path
        return
    for path in list_files(root):
        yield path.as_posix(), resolve(root, path)
