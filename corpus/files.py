"""A folder of newspaper pages → decoded texts. One bad file never stops a run: it is skipped with its reason."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from corpus.collections import is_collection, read_collection
from corpus.errors import PagesError
from corpus.formats import SUFFIXES, extract, max_bytes
from corpus.page import read_page
from corpus.records import Corpus, Page, Skipped

Progress = Callable[[str, int, int], None]


def sample_pages() -> Path:
    """The folder of the bundled sample pages."""
    return Path(__file__).with_name("sample")


def list_files(root: Path) -> list[Path]:
    """The page files under `root` (or `root` itself where it is a file), relative to it, in path order.

    Hidden files and folders are left out.

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
        and not any(part.startswith(".") for part in path.relative_to(root).parts)
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


def read_pages(root: Path | str, progress: Progress | None = None) -> Corpus:
    """All pages under `root`; or the documents of a BEIR folder or a SQuAD-style JSON file.

    :param progress: called with what is being done, how many files are done, and of how many.
    :raises PagesError: if there is nothing to read, or nothing could be read.
    """
    root = Path(root).expanduser()
    if is_collection(root):
        return read_collection(root)
    files = list_files(root)
    pages: list[Page] = []
    skipped: list[Skipped] = []
    for done, path in enumerate(files):
        if progress is not None:
            progress("Reading pages", done, len(files))
        try:
            pages.append(read_file(root, path))
        except PagesError as error:
            skipped.append(Skipped(path.as_posix(), str(error)))
    if progress is not None:
        progress("Reading pages", len(files), len(files))
    return Corpus(str(root), tuple(pages), tuple(skipped))
