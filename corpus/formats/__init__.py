"""File formats → text, one file each. Every reader takes the bytes and the name of a file and gives an `Extracted`.

Libraries are imported when the first file of their format is read.
"""

from __future__ import annotations

import importlib
from pathlib import PurePath

from corpus.errors import PagesError
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
    return _READERS[PurePath(name).suffix.lower()][1] * 2**20


def extract(data: bytes, name: str) -> Extracted:
    """The text of a file, by the format that its name states.

    :raises PagesError: if the bytes are not of that format, are damaged, or hold no text.
    """
    module, _ = _READERS[PurePath(name).suffix.lower()]
    found: Extracted = importlib.import_module(f"corpus.formats.{module}").read(data, name)
    if not found.text.strip():
        raise PagesError(f"{name} is empty; a page must hold text.")
    return found
