"""Plain text: which encoding a file is in, and its text."""

from __future__ import annotations

import codecs

from corpus.errors import PagesError
from corpus.records import Extracted

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_CONTROL = {chr(c) for c in range(32)} - set("\t\n\r\f\v\x1a")


def read(data: bytes, name: str) -> Extracted:
    """The file's own text.

    :raises PagesError: if the bytes are in no known encoding, or are no text.
    """
    return Extracted(decode(data, name))


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
