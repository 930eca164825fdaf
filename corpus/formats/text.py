"""Plain text: which encoding a file is in, and its text."""

from __future__ import annotations

import codecs
from typing import NoReturn

from corpus.errors import PagesError
from corpus.fold import fold
from corpus.records import Extracted

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_CONTROL = {chr(c) for c in range(32)} - set("\t\n\r\f\v\x1a")
# What is read when it is detected: the encodings that Chinese papers were kept in, each by its largest form.
_CHINESE = {
    "gb2312": ("GB18030", ("gb18030",)),
    "gbk": ("GB18030", ("gb18030",)),
    "gb18030": ("GB18030", ("gb18030",)),
    "big5": ("Big5", ("big5hkscs", "cp950")),
    "cp950": ("Big5", ("big5hkscs", "cp950")),
    "big5hkscs": ("Big5", ("big5hkscs", "cp950")),
    "utf_16_le": ("UTF-16", ("utf-16-le",)),
    "utf_16_be": ("UTF-16", ("utf-16-be",)),
}
# What a web page may state, where Python's codec of that name is smaller than what browsers read.
_LARGER = {"latin_1": "cp1252", "ascii": "cp1252", "shift_jis": "cp932", "euc_kr": "cp949"}
_NOT_TEXT = {"utf_7", "idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"}
_COMMON = 0.7  # share of common characters from which text counts as Chinese; real pages have 0.9 and more
_JUDGED = 5_000  # characters that are looked at to judge
_TOLD = 12  # characters beyond ASCII from which an encoding can be told
_SAMPLE = 100_000  # bytes that are ranked
_MESS = 0.6  # share of suspicious characters up to which charset-normalizer ranks an encoding at all
# Encodings that the same bytes may be in. Pages in them are refused, by their name.
_NEIGHBOURS = ("cp932", "euc_jp", "cp949", "cp1251", "koi8_r", "cp1252")
_DAMAGED = 1_000  # one damaged place in so many characters is let pass


def read(data: bytes, name: str) -> Extracted:
    """The file's own text; a note where it is not in UTF-8.

    :raises PagesError: if the bytes are in no encoding that can be told, or are no text.
    """
    text, notes = decode(data, name)
    return Extracted(text, notes=notes)


def decode(data: bytes, name: str, stated: str = "") -> tuple[str, tuple[str, ...]]:
    """The text of a file, with line feeds as line ends, and notes on how it was read.

    UTF-8, and UTF-16 with its mark, are known by their form. Any other encoding is taken from `stated`, or detected;
    what is detected must be an encoding of Chinese and give common characters. A note tells of all that is not UTF-8.

    :param stated: the encoding that the file itself states (an HTML page's charset), "" where it states none.
    :raises PagesError: if the bytes are in no encoding that can be told, or are no text.
    """
    if not data.strip():
        raise PagesError(f"{name} is empty; a page must hold text.")
    text, notes = (
        _marked(data, name)
        or _utf8(data, name)
        or _stated(data, name, stated)
        or _bare_utf16(data, name)
        or _detected(data, name)
    )
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise PagesError(f"{name} is empty; a page must hold text.")
    return text, notes


_Read = tuple[str, tuple[str, ...]]


def _marked(data: bytes, name: str) -> _Read | None:
    """UTF-8 or UTF-16 by the mark at its start; bytes of zero are in UTF-16 or in no text."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            if (text := _strict(data, encoding)) is None:
                return _refuse(name)
            return text, () if encoding == "utf-8-sig" else (f"{name} is in UTF-16, by its mark.",)
    if b"\x00" not in data:
        return None
    return _bare_utf16(data, name) or _refuse(name)


def _bare_utf16(data: bytes, name: str) -> _Read | None:
    """UTF-16 without a mark, in the byte order that gives Latin letters and common Chinese characters."""
    for encoding in ("utf-16-le", "utf-16-be"):
        text = _strict(data, encoding)
        if text is not None and _common(text) >= _COMMON:
            return text, (f"{name} is not in UTF-8; it was read as UTF-16 (detected).",)
    return None


def _utf8(data: bytes, name: str) -> _Read | None:
    text = _strict(data, "utf-8")
    if text is not None:
        return text, ()
    return _mended(data, "utf-8", name, ())


def _stated(data: bytes, name: str, stated: str) -> _Read | None:
    codec = _codec(stated)
    label, codecs_ = _CHINESE.get(codec, (stated, (_LARGER.get(codec, codec),)))
    for each in codecs_ if codec else ():
        note = f"{name} is not in UTF-8; it was read as {label} (stated in the file)."
        if (text := _strict(data, each)) is not None:
            return text, (note,)
        if (found := _mended(data, each, name, (note,))) is not None:
            return found
    return None


def _detected(data: bytes, name: str) -> _Read:
    """Chinese in GB18030 or Big5: an encoding that gives common characters and that charset-normalizer ranks first.

    The library ranks it among other countries' encodings, by how little the decoded text looks like a mess.
    """
    for label, codec in (("GB18030", "gb18030"), ("Big5", "big5hkscs"), ("Big5", "cp950")):
        note = f"{name} is not in UTF-8; it was read as {label} (detected)."
        text = _strict(data, codec)
        mended = (text, (note,)) if text is not None else _mended(data, codec, name, (note,))
        if mended is None:
            continue
        whole = mended[0].replace("\ufffd", "")  # the library passes over an encoding for one damaged place
        foreign = _foreign(whole)
        if len(foreign) >= _TOLD and _common(foreign) >= _COMMON and _best(whole.encode(codec), codec) == codec:
            return mended
    found = _best(data)
    _refuse(name, found if found in _NEIGHBOURS else "")


def _best(data: bytes, *chinese: str) -> str:
    """The encoding, of those given and the neighbours', in which the bytes look least like a mess; "" if none fits."""
    from charset_normalizer import from_bytes

    start = data[:_SAMPLE].rpartition(b"\n")[0] if len(data) > _SAMPLE else data
    names = [*chinese, *_NEIGHBOURS]
    # no mark in the text (`charset=`) is believed here, and nothing outside the list is tried
    ranked = from_bytes(
        start or data, cp_isolation=names, threshold=_MESS, preemptive_behaviour=False, enable_fallback=False
    )
    best = ranked.best()
    return "" if best is None else best.encoding


def _codec(label: str) -> str:
    """Python's name of an encoding, with underscores; "" for what is none or carries no text."""
    try:
        info = codecs.lookup(label.strip())
    except (LookupError, ValueError):
        return ""
    name = info.name.replace("-", "_")
    name = {"iso8859_1": "latin_1"}.get(name, name)
    return name if info._is_text_encoding and name not in _NOT_TEXT else ""


def _strict(data: bytes, encoding: str) -> str | None:
    try:
        text = data.decode(encoding)
    except UnicodeError:
        return None
    return text if _printable(text) else None


def _mended(data: bytes, encoding: str, name: str, notes: tuple[str, ...]) -> _Read | None:
    """Text of which a few bytes are damaged (a file cut inside a character), each place shown as U+FFFD."""
    text = data.decode(encoding, "replace")
    bad = text.count("\ufffd")
    foreign = sum(ord(char) > 0x7F for char in text[:_JUDGED])
    if bad > max(1, len(text) / _DAMAGED) or foreign < 20 * bad or not _printable(text):
        return None
    return text, (*notes, f"{name} has {bad} damaged character(s), shown as \ufffd; save it anew if you can.")


def _printable(text: str) -> bool:
    return sum(map(text.count, _CONTROL)) <= 0.005 * len(text)


def _refuse(name: str, found: str = "") -> NoReturn:
    what = (
        f"its bytes look like {found.replace('_', '-').upper()}" if found else "it may be binary or in another encoding"
    )
    raise PagesError(f"{name} is no text in UTF-8, UTF-16, GB18030 or Big5 ({what}); save it as UTF-8 and try again.")


def _foreign(text: str) -> str:
    return "".join(char for char in text if ord(char) > 0x7F)


def _common(text: str) -> float:
    """The share of ASCII and of common Chinese characters: almost any bytes decode as GB18030 or UTF-16.

    Once folded to simplified characters, real text is made of GB 2312's first level (lead bytes B0 to D7, the 3,755
    common characters) and of its signs; wrongly decoded text is not.
    """
    judged = fold(text[:_JUDGED])
    common = 0
    for char in judged:
        code = char.encode("gb18030", "replace")
        common += ord(char) < 0x80 or (
            len(code) == 2 and (0xB0 <= code[0] <= 0xD7 or 0xA1 <= code[0] <= 0xA9) and code[1] >= 0xA1
        )
    return common / max(1, len(judged))
