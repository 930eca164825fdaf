"""Checking an index on disk: every checksum, every row count, every passage against its page; and mending it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from corpus.errors import PagesError, StorageError
from embeddings import generation, storage, survey
from embeddings.building import Work
from embeddings.encoder import Encoder
from embeddings.generation import Problem
from embeddings.index import open_index
from embeddings.manifest import Manifest, reader_fingerprint

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Report:
    """What was found.

    :param root: the pages' folder, None where that cannot be told any more.
    :param problems: what is wrong, by file.
    :param behind: what the next opening will bring up to date, in sentences: no damage.
    :param checked: how many files and passages were checked.
    """

    folder: Path
    root: Path | None
    problems: tuple[Problem, ...]
    behind: tuple[str, ...]
    checked: dict[str, int]
    manifest: Manifest | None = None


@dataclass(frozen=True, slots=True)
class Repair:
    """What was wrong, what had to be made anew (None: nothing), and what is still wrong."""

    before: Report
    work: Work | None
    after: Report


def verify(folder: Path, root: Path | None = None) -> Report:
    """Check the index in `folder` without changing it.

    :param root: the pages' folder (None: as the index records it).
    :raises StorageError: if there is no index.
    """
    reading = storage.pin(folder)
    try:
        return _verify(folder, root)
    finally:
        if reading is not None:
            reading.release()


def _verify(folder: Path, root: Path | None) -> Report:
    problems: list[Problem] = []
    behind: list[str] = []
    try:
        found = storage.current(folder)
        if found is None:
            raise StorageError(f"There is no index in {folder}; run `baowen index PAGES` to make one.")
    except storage.OtherFormat as error:
        behind.append(f"The index is of another version ({error}) and will be made anew.")
        return Report(folder, root if root is not None else storage.pages_folder(folder), (), tuple(behind), {})
    except storage.Damaged as error:
        problems.append(Problem(error.file, error.what))
        found = storage.salvage(folder)
    recorded = storage.pages_folder(folder)
    if found is None:
        return Report(folder, root if root is not None else recorded, tuple(problems), (), {})
    path, manifest = found
    parts = generation.load(path, manifest, deep=True)
    problems += parts.problems
    if root is None:
        root = recorded if recorded is not None else Path(manifest.root)
    if manifest.root != str(root.resolve()):
        problems.append(Problem("manifest.json", f"is of the pages at {manifest.root}, not of {root}"))
    if manifest.reader != reader_fingerprint():
        behind.append("The pages were read by another version of Baowen and will be read anew.")
    behind += _changes(root, manifest)
    checked = {"files": len(manifest.files) + 1, "passages": manifest.counts["passages"]}
    return Report(folder, root, tuple(problems), tuple(behind), checked, manifest)


def _changes(root: Path, manifest: Manifest) -> list[str]:
    """How the files differ from those that were indexed."""
    try:
        found = survey.look(root, manifest)
    except PagesError as error:
        return [str(error)]
    known = manifest.sources
    kinds = {
        "new": [name for name in found if name not in known],
        "changed": [name for name in found if name in known and found[name].sha256 != known[name].sha256],
        "deleted": [name for name in known if name not in found],
    }
    return [
        f"{len(names)} {kind}: {', '.join(names[:5])}{'…' if len(names) > 5 else ''}"
        for kind, names in kinds.items()
        if names
    ]


def repair(root: Path, encoder: Encoder, progress: Progress | None = None, cache: Path | None = None) -> Repair:
    """Make anew what is wrong with the index of the pages at `root`, and nothing else.

    :raises StorageError: if there is no index, it cannot be written, or another process is writing it.
    :raises PagesError: if there is no page to read any more.
    """
    root = root.expanduser()
    folder = storage.folder_of(root, cache)
    before = verify(folder, root)
    if not before.problems:
        return Repair(before, None, before)
    index = open_index(root, encoder, progress, cache=cache, deep=True)
    index.close()
    return Repair(before, index.work, verify(folder, root))
