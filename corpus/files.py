"""A folder of newspaper pages → decoded texts. One bad file never stops a run: it is skipped with its reason."""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Callable
from pathlib import Path

from corpus.collections import is_collection, read_collection
from corpus.errors import PagesError
from corpus.page import read_page
from corpus.records import Corpus, Page, Skipped

MAX_BYTES = 20 * 1024 * 1024
SUFFIXES = (".txt",)
Progress = Callable[[str, int, int], None]

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_CONTROL = {chr(c) for c in range(32)} - set("\t\n\r\f\v\x1a")


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
        raise PagesError(f"There is no folder or file of pages at {root}; give the path of a folder of .txt pages.")
    found = [
        path.relative_to(root)
        for path in root.rglob("*")
        if path.suffix.lower() in SUFFIXES
        and not any(part.startswith(".") for part in path.relative_to(root).parts)
        and path.is_file()
    ]
    if not found:
        raise PagesError(f"The folder {root} holds no .txt page; put newspaper pages (.txt) in it, or name another.")
    return sorted(found, key=lambda path: path.as_posix())


def resolve(root: Path, path: Path) -> Path:
    """Where a path given by `list_files` lies."""
    return root if root.is_file() else root / path


def decode(data: bytes, name: str) -> str:
    """The text of a page: UTF-8, UTF-8 with BOM, UTF-16 or GB18030, with line feeds as line ends.

    :raises PagesError: if the bytes are none of these, or are no text.
    """
    if not data.strip():
        raise PagesError(f"{name} is empty; a page must hold text.")
    text = _decoded(data)
    if text is None:
        raise PagesError(
            f"{name} is no text in UTF-8, UTF-16 or GB18030 (it may be binary or in another encoding); "
            "save it as UTF-8 and try again."
        )
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise PagesError(f"{name} is empty; a page must hold text.")
    return text


def _decoded(data: bytes) -> str | None:
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _strict(data, encoding)
    if b"\x00" in data:
        # UTF-16 without a mark: Latin letters, digits and line ends leave every other byte zero.
        even, odd = data[0::2].count(0), data[1::2].count(0)
        if len(data) % 2 or max(even, odd) <= 8 * min(even, odd):
            return None
        return _strict(data, "utf-16-le" if odd > even else "utf-16-be")
    text = _strict(data, "utf-8")
    if text is None:
        text = _strict(data, "gb18030")
        if text is not None and not _reads_like_chinese(text):
            text = None
    return text


def _strict(data: bytes, encoding: str) -> str | None:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return None
    control = sum(char in _CONTROL for char in text)
    return None if control > 0.005 * len(text) else text


def _reads_like_chinese(text: str) -> bool:
    """Whether text decoded as GB18030 can be meant as such.

    Almost any bytes decode as GB18030. In real text nine in ten characters are of GB 2312's first level (lead bytes
    B0 to D7, the 3,755 common characters); in Big5, Shift JIS or Latin-1 text read as GB18030 most are not.
    """
    foreign = [char for char in text if ord(char) > 0x7F]
    if not foreign:
        return True
    common = 0
    for char in foreign:
        code = char.encode("gb18030")
        common += len(code) == 2 and (0xB0 <= code[0] <= 0xD7 or 0xA1 <= code[0] <= 0xA9) and code[1] >= 0xA1
    return common >= 0.7 * len(foreign)


def read_file(root: Path, path: Path) -> Page:
    """One page, decoded and read into articles.

    :raises PagesError: if the file is too large, empty, binary, unreadable or in an unknown encoding.
    """
    place = resolve(root, path)
    name = path.as_posix()
    try:
        size = place.stat().st_size
        if size > MAX_BYTES:
            raise PagesError(
                f"{name} has {size / 2**20:.0f} MB, a page may have {MAX_BYTES // 2**20} MB at most; split it."
            )
        data = place.read_bytes()
    except OSError as error:
        raise PagesError(f"{name} cannot be read ({error.strerror or error}); check the file and its rights.") from None
    return read_page(decode(data, name), name, hashlib.sha256(data).hexdigest())


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
