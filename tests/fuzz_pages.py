"""Hostile and broken page files, made anew from a seed: what `test_corpus_fuzz.py` and `stress_pages.py` read.

Each is given as a suffix and bytes. Well-formed files to break are ours (the sample pages, data/layouts) or made here.
"""

from __future__ import annotations

import codecs
import io
import json
import random
import struct
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

from corpus.errors import PagesError
from corpus.files import read_file
from corpus.page_json import pack

DATA = Path(__file__).parent / "data/layouts"
SAMPLE = Path(__file__).parent.parent / "corpus/sample"
Input = tuple[str, bytes]
_ODD = "\u200b\u202e\u2066\ufeff\u00ad\x00\x1a\x1b\x7f\u2028\u3000\xa0\t\v\f\u0301\U0001f4f0\U000e0001\uffff"
_ODD += "甲,。“”《》(下转2版)■记者 "


@lru_cache(maxsize=64)
def _base(name: str) -> bytes:
    return (DATA / name).read_bytes()


def _page(rng: random.Random) -> str:
    """Some lines of one of the sample pages."""
    lines = (SAMPLE / f"page_{rng.randint(1, 5)}.txt").read_text("utf-8").split("\n")
    start = rng.randrange(len(lines))
    return "\n".join(lines[start : start + rng.randint(3, 60)]) or "菜场换新颜\n"


def _flipped(rng: random.Random, data: bytes) -> bytes:
    """The bytes with some changed, left out, doubled or cut off."""
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 3, 10, 60))):
        at = rng.randrange(len(out))
        kind = rng.randrange(5)
        if kind < 2:
            out[at] ^= 1 << rng.randrange(8)
        elif kind == 2:
            out[at : at + rng.randint(1, 40)] = rng.randbytes(rng.randint(0, 40))
        elif kind == 3:
            out[at:at] = out[at : at + rng.randint(1, 400)]
        else:
            out[at : at + rng.randint(1, 8)] = b"\xff" * rng.randint(1, 8)
        if rng.random() < 0.05:
            del out[rng.randrange(len(out)) :]
        if not out:
            return b"\x00"
    return bytes(out)


def random_bytes(rng: random.Random) -> Input:
    suffix = rng.choice((".txt", ".md", ".html", ".docx", ".pdf", ".png", ".jpg"))
    return suffix, rng.randbytes(rng.choice((1, 2, 7, 64, 999, 5000)))


def encodings(rng: random.Random) -> Input:
    """Pages in one encoding or several at once, cut anywhere, with marks that may lie."""
    text = _page(rng)
    names = ("utf-8", "gb18030", "utf-16-le", "utf-16-be", "utf-32-le", "big5", "utf-7", "cp932", "cp1252")
    data = text.encode(rng.choice(names), "ignore")
    if rng.random() < 0.4:
        data += _page(rng).encode(rng.choice(names), "ignore")
    cut = rng.randrange(len(data) + 1) if rng.random() < 0.6 else len(data)
    marks = (b"", b"", codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE)
    data = rng.choice(marks) + data[rng.randint(0, 1) : cut]
    if rng.random() < 0.3:
        data = _flipped(rng, data or b"\n")
    return rng.choice((".txt", ".txt", ".md", ".html")), data


def odd_text(rng: random.Random) -> Input:
    """Well-encoded text of characters that no page has, in any order."""
    text = list(_page(rng))
    for _ in range(rng.randint(1, 200)):
        text.insert(rng.randrange(len(text) + 1), rng.choice(_ODD) * rng.choice((1, 1, 2, 300)))
    return rng.choice((".txt", ".txt", ".md", ".html")), "".join(text).encode()


def long_lines(rng: random.Random) -> Input:
    """Lines of a few characters again and again: what makes a pattern search take for ever."""
    parts = [rng.choice((*_ODD, "1", "一", "a", " ", ".", "…", "记者 张三 ", "2026年", "下转", "摄", "版 "))
             for _ in range(rng.randint(1, 3))]  # fmt: skip
    line = "".join(part * rng.choice((1, 40, 3000)) for part in parts) * rng.choice((1, 1, 9))
    return rng.choice((".txt", ".md", ".html")), "\n\n".join(("标题", line, _page(rng))).encode()


def broken_html(rng: random.Random) -> Input:
    base = _base(rng.choice(("web.html", "web_edition.html")))
    kind = rng.randrange(5)
    if kind == 0:
        return ".html", _flipped(rng, base)
    tag = rng.choice(("div", "table", "table><tr><td", "b", "a", "p", "ul><li", "font", "form", "select", "svg", "h1"))
    if kind == 1:
        times = rng.choice((10, 300, 1400, 3000))
        return ".html", f"<{tag}>".encode() * times + _page(rng).encode()
    if kind == 2:
        names = " ".join(
            f'{rng.choice(("class", "style", "id", "on"))}{n}="{"x" * rng.choice((0, 9))}"' for n in range(500)
        )
        return ".html", f"<p {names}>{_page(rng)}".encode()
    if kind == 3:
        junk = (
            "<![CDATA[",
            "<!--",
            "<!DOCTYPE a [<!ENTITY b 'c'>]>&b;",
            "&#x110000;&#0;&#xD800;&amp;amp",
            "<?php",
            "</",
            "<script>",
        )
        return ".html", rng.choice(junk).encode() * rng.choice((1, 500)) + base[: rng.randrange(len(base))]
    cut = rng.randrange(len(base))
    return ".html", base[cut:] + base[:cut]


def broken_markdown(rng: random.Random) -> Input:
    atom = rng.choice(
        ("[", "![", "*", "_a", "`", "> ", "- ", "|a", "<b>", "](", "&", "\\", "# ", "1. ", "~", "<!--", "---\n")
    )
    return ".md", (_page(rng) + "\n\n" + atom * rng.choice((3, 200, 3000)) + "\n\n" + _page(rng)).encode()


def packed(parts: dict[str, bytes]) -> bytes:
    """A zip archive of the parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


@lru_cache(maxsize=1)
def _word_parts() -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(_base("word.docx"))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def broken_word(rng: random.Random) -> Input:
    kind = rng.randrange(4)
    if kind == 0:
        return ".docx", _flipped(rng, _base("word.docx"))
    parts = dict(_word_parts())
    name = rng.choice(list(parts))
    if kind == 1:
        del parts[name]
    elif kind == 2:
        parts[name] = _flipped(rng, parts[name] or b" ")
    else:
        tag = rng.choice(("w:p", "w:tbl><w:tr><w:tc", "w:r", "w:sdt><w:sdtContent", "w:ins", "w:p><w:r><w:txbxContent"))
        body = f"<{tag}>".encode() * rng.choice((5, 100, 400))
        parts["word/document.xml"] = parts["word/document.xml"].replace(b"<w:body>", b"<w:body>" + body, 1)
    return ".docx", packed(parts)


def small_pdf(pages: bytes, more: bytes = b"") -> bytes:
    """A PDF without a table of its objects, which readers then look for themselves."""
    return (
        b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj" + pages + b"endobj\n" + more
        + b"trailer<</Root 1 0 R/Size 99>>\n%%EOF\n"
    )  # fmt: skip


def broken_pdf(rng: random.Random) -> Input:
    base = _base("columns.pdf")
    kind = rng.randrange(4)
    if kind == 0:
        return ".pdf", _flipped(rng, base)
    if kind == 1:
        return ".pdf", base[: rng.randrange(len(base))]
    if kind == 2:
        at = base.rfind(b"startxref")
        return ".pdf", base[:at] + b"startxref\n%d\n%%%%EOF\n" % rng.choice((0, 1, at, len(base) * 9, 2**40))
    box = rng.choice((b"[0 0 0 0]", b"[0 0 1e9 1e9]", b"[9 9 -9 -9]", b"[0 0 .001 9e5]", b"[0 0 a b]", b""))
    stream = b"BT /F1 9 Tf 1 0 0 1 9 9 Tm (news) Tj ET " * rng.choice((1, 900)) + b"q " * rng.choice((0, 9000))
    sheet = b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox%s/Contents 4 0 R>>endobj\n" % box
    kids = rng.choice((b"3 0 R", b"2 0 R", b"3 0 R 3 0 R 1 0 R", b"3 0 R 2 0 R", b"7 0 R"))
    content = b"4 0 obj<</Length %d>>stream\n%s\nendstream endobj\n" % (rng.choice((len(stream), 0, 2**31)), stream)
    return ".pdf", small_pdf(
        b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, rng.choice((1, 0, -1, 3, 2**31))), sheet + content
    )


def picture(width: int, height: int, rows: int = 1) -> bytes:
    """A PNG that states its size and holds so many rows of pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\x00" * ((width + 1) * rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def broken_picture(rng: random.Random) -> Input:
    width, height = rng.choice(((0, 0), (60_000, 60_000), (1, 90_000), (9_400, 9_600), (2**31 - 1, 1), (40, 9_000)))
    data = picture(width, height, rng.randint(0, 2) if width < 10**5 else 0)
    return rng.choice((".png", ".jpg")), _flipped(rng, data) if rng.random() < 0.4 else data


def wrong_format(rng: random.Random) -> Input:
    """A file of one format under the name of another."""
    name = rng.choice(("word.docx", "columns.pdf", "web.html", "briefs.txt", "scan.png"))
    suffix = rng.choice([s for s in (".txt", ".md", ".docx", ".pdf", ".jpg") if not name.endswith(s)])
    return suffix, _base(name)[: rng.choice((500, 50_000))]


KINDS: tuple[tuple[int, Callable[[random.Random], Input]], ...] = (
    (10, random_bytes),
    (25, encodings),
    (20, odd_text),
    (15, long_lines),
    (15, broken_html),
    (8, broken_markdown),
    (10, broken_word),
    (10, broken_pdf),
    (4, broken_picture),
    (4, wrong_format),
)


def inputs(count: int, seed: int = 7) -> Iterator[tuple[str, bytes]]:
    """`count` files: name and bytes; the same for the same seed."""
    rng = random.Random(seed)
    weights, kinds = zip(*KINDS, strict=True)
    for number in range(count):
        make = rng.choices(kinds, weights)[0]
        suffix, data = make(random.Random(rng.random()))
        yield f"{number:05d}_{make.__name__}{suffix}", data


def bombs(large: bool) -> Iterator[tuple[str, bytes]]:
    """Files that grow when they are opened, and nest or repeat beyond measure.

    :param large: whether those are given as well that take seconds to be refused.
    """
    parts = dict(_word_parts())
    entities = b'<!DOCTYPE a [<!ENTITY b "cccccccc">%s]><a>&b9;</a>' % b"".join(
        b'<!ENTITY b%d "%s">' % (n, b"&b%d;" % (n - 1) * 10 if n else b"&b;" * 10) for n in range(10)
    )
    yield "word_entities.docx", packed({**parts, "word/document.xml": entities})
    yield "word_deep.docx", packed({**parts, "word/document.xml": b"<a>" * 200_000})
    yield "word_parts.docx", packed({**parts, **{f"word/{n}.xml": b"" for n in range(10_001)}})
    yield "word_inside_word.docx", packed({**parts, "word/document.xml": _base("word.docx")})
    yield "divs.html", b"<div>" * 100_000 + "菜场".encode()
    yield "tables.html", b"<table><tr><td>" * 30_000 + "菜场".encode()
    yield "quotes.md", b"> " * 20_000 + "菜场".encode()
    yield "brackets.md", b"[" * 50_000
    yield "pixels.png", picture(60_000, 60_000, 0)
    yield "kids.pdf", small_pdf(b"<</Type/Pages/Kids[2 0 R 2 0 R 2 0 R]/Count 9>>")
    yield "line.txt", "菜场".encode() * 1_000_000
    yield "lines.txt", b"a\n" * 300_000
    if not large:
        return
    zeros = zlib.compressobj(9)
    flat = b"".join(zeros.compress(bytes(2**20)) for _ in range(1500)) + zeros.flush()
    flat = zlib.compress(flat, 9)
    sheet = b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R>>endobj\n"
    stream = b"4 0 obj<</Length %d/Filter[/FlateDecode/FlateDecode]>>stream\n%s\nendstream endobj\n" % (len(flat), flat)
    yield "streams.pdf", small_pdf(b"<</Type/Pages/Kids[3 0 R]/Count 1>>", sheet + stream)
    yield "picture.pdf", pdf_picture(20_000, 20_000, 20_000)
    yield "picture_cut_off.pdf", pdf_picture(60_000, 60_000, 100)
    yield "picture_of_all_sizes.pdf", pdf_picture(2**31 - 1, 2**31 - 1, 1)
    yield "word_bomb.docx", packed({**parts, "word/document.xml": b"<a>" + bytes(60 * 2**20)})
    yield "word_pictures.docx", packed({**parts, "word/media/a.png": bytes(190 * 2**20)})
    yield "attributes.html", b"<p " + b" ".join(b"a%d=1" % n for n in range(100_000)) + b">x"
    yield "tags.html", b"<b>x</b>" * 400_000
    yield "paragraphs.html", "<p>菜场换新颜。</p>".encode() * 240_000
    yield "rows.html", b"<table>" + "<tr><td>菜<td>场".encode() * 100_000
    yield "stars.md", b"*a_ " * 400_000
    yield "links.md", b"[a](" * 200_000
    yield "titles.txt", "甲事\n\n■记者 王一\n\n本报讯 甲。\n\n\n".encode() * 25_000
    yield "marks.txt", "“《".encode() * 3_000_000
    yield "spaces.txt", b"x" + b" " * 190_000 + b"x"


def pdf_picture(width: int, height: int, rows: int) -> bytes:
    """A PDF of one sheet that is a grey picture, which states its size and holds so many rows of it, packed twice."""
    squeeze = zlib.compressobj(9)
    pixels = b"".join(squeeze.compress(bytes(min(width, 2**20))) for _ in range(rows)) + squeeze.flush()
    pixels = zlib.compress(pixels, 9)
    draw = b"q 600 0 0 800 0 0 cm /I Do Q"
    return small_pdf(
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</XObject<</I 5 0 R>>>>>>"
        b"endobj\n4 0 obj<</Length %d>>stream\n%s\nendstream endobj\n"
        % (len(draw), draw)
        + b"5 0 obj<</Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 8"
        b"/Filter[/FlateDecode/FlateDecode]/Length %d>>stream\n%s\nendstream endobj\n"
        % (width, height, len(pixels), pixels),
    )


def timed(root: str, name: str) -> bytes:
    """As JSON: reason why there is no page, or ""; seconds, the process's peak memory in MB; then the page, packed."""
    start = time.perf_counter()
    page, reason = b"", ""
    try:
        page = pack(read_file(Path(root), Path(name)))
    except PagesError as error:
        reason = str(error)
    status = Path("/proc/self/status").read_text().split()
    peak = int(status[status.index("VmHWM:") + 1]) / 1024
    return json.dumps([reason, time.perf_counter() - start, peak]).encode() + b"\n" + page
