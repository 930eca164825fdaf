"""What a file handed in is by its content, against what its name says."""

from __future__ import annotations

import re
from typing import BinaryIO, Final

from corpus.errors import InputError, PagesError
from corpus.formats.text import decode

_HEAD: Final = 2**16
_TAIL: Final = 2**20
# What files of other kinds begin with, the longer ones first: a text file is none of them.
_SIGNATURES: Final[tuple[tuple[bytes, str], ...]] = (
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Office file of the old kind"),
    (b"SQLite format 3\0", "a database"),
    (b"7z\xbc\xaf\x27\x1c", "an archive"),
    (b"Rar!\x1a\x07", "an archive"),
    (b"PK\x03\x04", "an archive or a Word file"),
    (b"\x7fELF", "a program"),
    (b"GIF8", "a GIF picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"\x1f\x8b\x08", "an archive"),
    (b"MZ\x90", "a program"),
    (b"#!", "a program"),
    (b"{\\rtf", "a text in RTF"),
)
_WANTED: Final = {
    ".pdf": "a PDF",
    ".docx": "a Word file",
    ".png": "a PNG picture",
    ".jpg": "a JPEG picture",
    ".jpeg": "a JPEG picture",
    ".html": "a web page",
    ".htm": "a web page",
}
_TAG: Final = re.compile(rb"<[A-Za-z!/?]")


def check(file: BinaryIO, name: str, suffix: str) -> None:
    """Refuse a file that is not what its suffix says. It is looked at, not read: nothing is parsed or unpacked.

    :param file: all of it, open for reading; left anywhere.
    :raises InputError: naming what it was taken for, what it seems to be, and what to do.
    """
    file.seek(0)
    head = file.read(_HEAD)
    if not head.strip():
        raise InputError(f"{name} is empty; a page must hold text.")
    seems = _seems(head)
    wanted = _WANTED.get(suffix, "")
    if wanted == "a Word file":
        fits = head.startswith(b"PK\x03\x04") and _is_word(file)
    elif wanted == "a web page":
        fits = not seems and _TAG.search(head.replace(b"\0", b"")) is not None
    elif wanted:
        fits = seems == wanted
    else:
        fits = not seems
    if not fits:
        found = f"by its content it is {seems}" if seems else "its content is something else"
        raise InputError(f"{name} is no {wanted[2:] or 'plain text'}: {found}; save it as what it is and try again.")
    if not wanted:
        file.seek(0)
        try:
            decode(file.read(), name)
        except PagesError as error:
            raise InputError(str(error)) from None


def _seems(head: bytes) -> str:
    """What the first bytes show a file to be, "" where they show nothing."""
    if b"%PDF-" in head[:1024]:  # readers of PDF take what comes before it
        return "a PDF"
    return next((kind for signature, kind in _SIGNATURES if head.startswith(signature)), "")


def _is_word(file: BinaryIO) -> bool:
    """Whether an archive's list of contents, which stands at its end, has the parts of a Word file."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _TAIL))
    tail = file.read()
    return b"[Content_Types].xml" in tail and b"word/document.xml" in tail
