"""File formats → text, one file each. Every reader takes the bytes and the name of a file and gives an `Extracted`.

Libraries are imported when the first file of their format is read.
"""

from __future__ import annotations

import importlib
from pathlib import PurePath

from corpus.errors import PagesError
from corpus.limits import check_text
from corpus.records import Extracted

# suffix → (module, largest file in MB: a plain text page is small, a PDF holds pictures)
_READERS = {
    ".txt": ("text", 20),
    ".md": ("markdown", 20),
    ".html": ("html", 20),
    ".htm": ("html", 20),
    ".docx": ("docx", 50),
    ".pdf": ("pdf", 200),
    ".png": ("scan", 100),
    ".jpg": ("scan", 100),
    ".jpeg": ("scan", 100),
}
SUFFIXES = tuple(_READERS)


def max_bytes(name: str) -> int:
    """How large a file of this name may be."""
    return _reader(name)[1] * 2**20


def needs_recognition(name: str) -> bool:
    """Whether a file of this name may hold pictures whose text has to be recognised, which takes time and memory."""
    return _module(name) in ("pdf", "scan")


def _module(name: str) -> str:
    return _reader(name)[0]


def _reader(name: str) -> tuple[str, int]:
    """A file that is named by itself may have any name: it is read as text."""
    return _READERS.get(PurePath(name).suffix.lower(), _READERS[".txt"])


def extract(data: bytes, name: str) -> Extracted:
    """The text of a file, by the format that its name states.

    :raises PagesError: if the bytes are not of that format, are damaged, or hold no text or too much of it.
    """
    found: Extracted = importlib.import_module(f"corpus.formats.{_module(name)}").read(data, name)
    if not found.text.strip():
        raise PagesError(f"{name} is empty; a page must hold text.")
    check_text(found, name)
    return found
