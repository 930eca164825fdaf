"""A folder of newspaper pages → decoded texts. One bad file never stops a run: it is skipped with its reason."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from corpus.collections import is_collection, read_collection
from corpus.errors import PagesError
from corpus.formats import SUFFIXES, extract, max_bytes
from corpus.page import read_page
from corpus.records import Corpus, Page, Skipped

Progress = Callable[[str, int, int], None]
# Files that people keep beside their pages.
_NO_PAGES = frozenset(("README", "LICENSE", "CHANGELOG", "NOTICE"))
# Starting processes costs two seconds or so, as much as reading some hundred pages.
PARALLEL_FROM = 300
_CHUNK = 16


def sample_pages() -> Path:
    """The folder of the bundled sample pages."""
    return Path(__file__).with_name("sample")


def list_files(root: Path) -> list[Path]:
    """The page files under `root` (or `root` itself where it is a file), relative to it, in path order.

    Hidden files and folders, Word's lock files and files such as README.md are left out.

    :raises PagesError: if `root` does not exist or holds no page file.
    """
    if root.is_file():
        return [Path(root.name)]
    if not root.is_dir():
        raise PagesError(f"There is no folder or file of pages at {root}; give the path of a folder of pages.")
    found = [
        path.relative_to(root)
        for path in root.rglob("*")
        if path.suffix.lower() in SUFFIXES
        and not any(part.startswith((".", "~$")) for part in path.relative_to(root).parts)
        and path.stem.upper() not in _NO_PAGES
        and path.is_file()
    ]
    if not found:
        raise PagesError(
            f"The folder {root} holds no page ({', '.join(SUFFIXES)}); put newspaper pages in it, or name another."
        )
    return sorted(found, key=lambda path: path.as_posix())


def resolve(root: Path, path: Path) -> Path:
    """Where a path given by `list_files` lies."""
    return root if root.is_file() else root / path


def read_file(root: Path, path: Path) -> Page:
    """One page, decoded and read into articles.

    :raises PagesError: if the file is too large, empty, binary, unreadable or in an unknown encoding.
    """
    place = resolve(root, path)
    name = path.as_posix()
    try:
        size = place.stat().st_size
        if size > (limit := max_bytes(name)):
            raise PagesError(
                f"{name} has {size / 2**20:.0f} MB, such a file may have {limit // 2**20} at most; split it."
            )
        data = place.read_bytes()
    except OSError as error:
        raise PagesError(f"{name} cannot be read ({error.strerror or error}); check the file and its rights.") from None
    return read_page(extract(data, name), name, hashlib.sha256(data).hexdigest())


def iter_pages(
    root: Path,
    files: Sequence[Path] | None = None,
    progress: Progress | None = None,
    workers: int | None = None,
) -> Iterator[Page | Skipped]:
    """The pages under `root`, one after the other in the order of `files`; a file that cannot be read as `Skipped`.

    Only a few pages are in memory at a time. Many files are read by several processes (joblib's, which do not run the
    caller's main module again).

    :param files: paths relative to `root`, as `list_files` gives them (None: all).
    :param workers: how many processes (None: one for each core where there are many files, else none).
    :raises PagesError: if there is nothing to read.
    """
    paths = list_files(root) if files is None else list(files)
    if workers is None:
        workers = (os.cpu_count() or 1) if len(paths) >= PARALLEL_FROM else 1
    chunks = [paths[start : start + _CHUNK] for start in range(0, len(paths), _CHUNK)]
    if workers > 1 and len(chunks) > 1:
        from joblib import Parallel, delayed

        run = Parallel(n_jobs=workers, return_as="generator", pre_dispatch=2 * workers, batch_size=1)
        results = run(delayed(_read_chunk)(root, chunk) for chunk in chunks)
    else:
        results = ([_read_or_skip(root, path)] for path in paths)
    done = 0
    if progress is not None:
        progress("Reading pages", 0, len(paths))
    for pages in results:
        for page in pages:
            yield page
            done += 1
        if progress is not None:
            progress("Reading pages", done, len(paths))


def _read_chunk(root: Path, paths: Sequence[Path]) -> list[Page | Skipped]:
    return [_read_or_skip(root, path) for path in paths]


def _read_or_skip(root: Path, path: Path) -> Page | Skipped:
    try:
        return read_file(root, path)
    except PagesError as error:
        return Skipped(path.as_posix(), str(error))


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
