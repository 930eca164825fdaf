"""A folder of newspaper pages → decoded texts. One bad file never stops a run: it is skipped with its reason."""

from __future__ import annotations

import functools
import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from corpus.collections import is_collection, read_collection
from corpus.formats import extract, needs_recognition
from corpus.limits import Limits, check_page, conditions, reading_limits
from corpus.names import shown
from corpus.page import read_page
from corpus.page_json import pack, unpack
from corpus.places import list_files, read_bytes, resolve
from corpus.reading import Failed, Job, attempt
from corpus.records import Corpus, Page, Skipped
from corpus.workers import Workers, fitting_workers

__all__ = ["iter_pages", "list_files", "read_file", "read_pages", "resolve", "sample_pages", "still_skipped"]

Progress = Callable[[str, int, int], None]
# Starting a process costs half a second or so, as much as reading some fifty pages.
PARALLEL_FROM = 300
# A plain text of such a size is read by this process: nothing in it can take long or crash a library.
_PLAIN = 64 * 1024
_log = logging.getLogger(__name__)


def sample_pages() -> Path:
    """The folder of the bundled sample pages."""
    return Path(__file__).with_name("sample")


def read_file(root: Path, path: Path) -> Page:
    """One page, decoded and read into articles, by this process.

    :raises PagesError: if the file is too large, empty, binary, unreadable or in an unknown encoding, holds more than a
        page may, or has a name or place that is refused.
    """
    data = read_bytes(root, path)
    name = path.as_posix()
    return check_page(read_page(extract(data, name), name, hashlib.sha256(data).hexdigest()))


def iter_pages(
    root: Path,
    files: Sequence[Path] | None = None,
    progress: Progress | None = None,
    workers: int | None = None,
) -> Iterator[Page | Skipped]:
    """The pages under `root`, one after the other in the order of `files`; a file that cannot be read as `Skipped`.

    Only a few pages are in memory at a time. Short plain texts are read by this process; other formats, and all files
    where they are many, by others, which can crash or be stopped without harm to the run.

    :param files: paths relative to `root`, as `list_files` gives them (None: all).
    :param workers: how many processes read (None: one for each core where there are many files, else one).
    :raises PagesError: if there is nothing to read, or no process can be started.
    :raises InputError: if the environment sets limits that are none.
    """
    paths = list_files(root) if files is None else list(files)
    jobs = [Job(path.as_posix(), reading_limits(needs_recognition(path.name))) for path in paths]
    if workers is None:
        workers = fitting_workers(jobs) if len(paths) >= PARALLEL_FROM else 1
    here = [workers == 1 and _is_plain(resolve(root, path)) for path in paths]
    if progress is not None:
        progress("Reading pages", 0, len(paths))
    with Workers(functools.partial(packed_page, root), workers) as others:
        results = others.read([job for job, own in zip(jobs, here, strict=True) if not own])
        for done, (job, own) in enumerate(zip(jobs, here, strict=True), 1):
            result = attempt(functools.partial(_read_named, root), job) if own else _unpacked(next(results), job.name)
            yield _skipped(result, job.limits) if isinstance(result, Failed) else result
            if progress is not None:
                progress("Reading pages", done, len(paths))


def _is_plain(place: Path) -> bool:
    try:
        return place.suffix.lower() == ".txt" and place.stat().st_size <= _PLAIN
    except OSError:  # which is told when it is read
        return True


def _read_named(root: Path, name: str) -> Page:
    return read_file(root, Path(name))


def packed_page(root: Path, name: str) -> bytes:
    """What another process sends of a page that it has read."""
    return pack(_read_named(root, name))


def _unpacked(data: bytes | Failed, name: str) -> Page | Failed:
    if isinstance(data, Failed):
        return data
    try:
        return unpack(data, name)
    except ValueError as error:
        _log.error("%s gave something else than a page: %s", shown(name), error)
        return Failed(name, f"{shown(name)} was read as something that is no page; do not open it, and report it.")


def _skipped(failed: Failed, limits: Limits) -> Skipped:
    if failed.fault:
        _log.error("%s could not be read:\n%s", shown(failed.name), failed.fault)
    holds = {"readers": conditions(None), "limits": conditions(limits), "any time": ""}[failed.until]
    return Skipped(shown(failed.name), failed.reason, holds)


def still_skipped(skipped: Skipped) -> bool:
    """Whether a file that holds the same bytes as when it was skipped would be skipped again, as far as one can tell.

    :raises InputError: if the environment sets limits that are none.
    """
    limits = reading_limits(needs_recognition(skipped.source))
    return skipped.holds in (conditions(None), conditions(limits))


def read_pages(root: Path | str, progress: Progress | None = None) -> Corpus:
    """All pages under `root`; or the documents of a BEIR folder or a SQuAD-style JSON file.

    :param progress: called with what is being done, how many files are done, and of how many.
    :raises PagesError: if there is nothing to read.
    """
    root = Path(root).expanduser()
    if is_collection(root):
        return read_collection(root)
    found = list(iter_pages(root, progress=progress))
    return Corpus(
        str(root),
        tuple(page for page in found if isinstance(page, Page)),
        tuple(skipped for skipped in found if isinstance(skipped, Skipped)),
    )
