"""Scanned pages: what recognition makes of the printed scan, offline, and what is refused."""

from __future__ import annotations

import io
import json
import re
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest
from pdf_pages import A4, LAYOUTS, Mark, english_page, pdf_width, print_pdf
from PIL import Image
from structure_score import score

from corpus.__main__ import as_row
from corpus.errors import PagesError
from corpus.formats import extract, scan
from corpus.formats.ink import Ink, photos
from corpus.formats.paragraphs import compose
from corpus.formats.pieces import pieces_of, rejoined
from corpus.formats.printed import Line
from corpus.formats.upright import Turned, upright
from corpus.page import read_page
from corpus.records import Extracted

needs_recognition = pytest.mark.skipif(not scan.is_installed(), reason="the extra ocr is not installed")


@pytest.fixture(scope="module", autouse=True)
def no_network() -> Iterator[None]:
    """For the whole module, so that the models are loaded without a network too."""

    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("recognition tried to reach the network")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", refuse)
        patch.setattr(socket, "getaddrinfo", refuse)
        yield


@pytest.fixture(scope="module")
def page() -> Extracted:
    return extract((LAYOUTS / "scan.png").read_bytes(), "scan.png")


@pytest.fixture(scope="module")
def strip() -> Image.Image:
    """The upper part of the left column: a few lines, which are read quickly."""
    return Image.open(LAYOUTS / "scan.png").crop((80, 290, 830, 620))


def saved(image: Image.Image, form: str = "PNG", **how: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **how)
    return out.getvalue()


@needs_recognition
def test_structure_of_the_scan_reaches_the_gold(page: Extracted) -> None:
    gold = [json.loads(line) for line in (LAYOUTS / "scan.jsonl").read_text("utf-8").splitlines()]
    read = read_page(page, "scan.png", "0" * 64)
    items = [as_row(read, article) for article in read.articles if article.kind in ("article", "photo")]
    found = score(items, gold)
    assert len(gold) == 3 and sum(len(row["joins"]) for row in gold) == 1
    assert {name: value for name, value in found.figures.items() if value is None or value < 0.9} == {}, found.misses


@needs_recognition
def test_the_user_is_told_that_it_was_recognised_and_how_surely(page: Extracted) -> None:
    (note,) = page.notes
    match = re.fullmatch(
        r"Read by text recognition, which makes mistakes: mean confidence (0\.\d{3}|1\.000) over (\d+) lines\.", note
    )
    assert match and float(match[1]) > 0.9 and int(match[2]) == len(page.regions)


@needs_recognition
def test_regions_are_in_pixels_of_the_picture(page: Extracted) -> None:
    grey = Image.open(LAYOUTS / "scan.png").convert("L")
    assert len(page.regions) > 40
    for region in page.regions:
        left, top, right, bottom = region.box
        assert 0 <= left < right <= grey.width and 0 <= top < bottom <= grey.height and region.sheet == 1
        # There is ink in the box.
        assert min(grey.crop((int(left), int(top), int(right), int(bottom))).tobytes()) < 80
    title = next(r for r in page.regions if page.text[r.start : r.end].startswith("三百亩梨园"))
    # 28 points at 200 dpi are 78 pixels, and the page is a little askew
    assert 70 < title.box[3] - title.box[1] < 130 and title.box[2] - title.box[0] > 1300


@needs_recognition
def test_a_photograph_lying_on_its_side_is_turned_by_its_own_mark(strip: Image.Image) -> None:
    upright = extract(saved(strip), "a.png")
    assert "方知夏" in upright.text
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by a quarter
    turned = extract(saved(strip.transpose(Image.Transpose.ROTATE_90), "JPEG", quality=95, exif=exif), "a.jpg")
    assert "方知夏" in turned.text and "本报讯 清明前后" in turned.text
    assert turned.regions[0].box == pytest.approx(upright.regions[0].box, abs=6)


@needs_recognition
@pytest.mark.parametrize("mode", ["1", "I;16", "RGBA", "P"])
def test_kinds_of_pictures(strip: Image.Image, mode: str) -> None:
    if mode == "I;16":
        picture = strip.convert("I").point(lambda value: value * 257).convert("I;16")
    elif mode == "RGBA":
        ink = strip.point(lambda value: 255 - value)
        picture = Image.merge("RGBA", [Image.new("L", strip.size, 0)] * 3 + [ink])  # black on nothing
    else:
        picture = strip.convert(mode)
    assert "清明前后" in extract(saved(picture), "a.png").text


@needs_recognition
def test_scanned_sheets_of_a_pdf_are_recognised_and_named(strip: Image.Image, tmp_path: Path) -> None:
    place = tmp_path / "strip.png"
    strip.save(place)
    # Drawn at 200 dpi, 750 × 330 pixels are 270 × 119 points; the sheet is just as large.
    size = (270.0, 118.8)
    data = print_pdf(
        [Mark("scan", 0, 0, *size, text=str(place))], [Mark("text", 20, 40, text="第二张", size=12)], size=size
    )
    found = extract(data, "a.pdf")
    assert found.notes[0].startswith("Scanned sheets: 1. Read by text recognition")
    assert "方知夏" in found.text and "第二张" in found.text
    first = [region for region in found.regions if region.sheet == 1]
    assert first and all(0 <= r.box[0] < r.box[2] <= 271 and 0 <= r.box[1] < r.box[3] <= 120 for r in first)
    assert [found.text[r.start : r.end] for r in found.regions if r.sheet == 2] == ["第二张"]


@needs_recognition
def test_too_many_scanned_sheets_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corpus.formats.pdf.MAX_SCANNED", 1)
    picture = [Mark("picture", 0, 0, *A4)]
    with pytest.raises(PagesError, match=r"a\.pdf has 2 scanned sheets, a file may have 1 at most; split it\."):
        extract(print_pdf(picture, picture, english_page(pdf_width).marks, size=A4), "a.pdf")


@needs_recognition
@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "a.png is no PNG or JPEG picture that can be read"),
        (b"\x89PNG\r\n\x1a\n and nothing", "a.png is no PNG or JPEG picture that can be read"),
        ((LAYOUTS / "scan.png").read_bytes()[:50_000], "a.png is no PNG or JPEG picture that can be read"),
        (saved(Image.new("L", (64, 64), 255), "GIF"), "a.png is no PNG or JPEG picture that can be read"),
        (saved(Image.new("L", (300, 200), 255)), "a.png is a picture in which no text was recognised"),
        (saved(Image.new("1", (20_001, 4))), "a.png has 20001 × 4 pixels, a picture may have 90,000,000 in all"),
        (saved(Image.new("1", (15_000, 7_000))), "a.png has 15000 × 7000 pixels"),
        (saved(Image.new("1", (20_000, 20_000))), "a.png has far more pixels than 90,000,000"),
    ],
    ids=["empty", "no picture", "cut off", "GIF", "blank", "long", "large", "bomb"],
)
def test_what_cannot_be_read_is_refused_in_one_sentence(data: bytes, reason: str) -> None:
    with pytest.raises(PagesError) as caught:
        extract(data, "a.png")
    assert str(caught.value).startswith(reason) and "\n" not in str(caught.value)


@needs_recognition
@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_picture_on_its_side_or_head_without_a_mark_is_read_upright(strip: Image.Image, quarters: int) -> None:
    turn = (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270)[quarters - 1]
    turned = strip.transpose(turn)
    found = extract(saved(turned), "a.png")
    assert "方知夏" in found.text and "本报讯 清明前后" in found.text
    # Regions are in pixels of the picture as it is given: what they mark is there, and lies as the picture does.
    region = next(r for r in found.regions if "清明前后" in found.text[r.start : r.end])
    left, top, right, bottom = region.box
    assert 0 <= left < right <= turned.width and 0 <= top < bottom <= turned.height
    assert (bottom - top > 5 * (right - left)) == (quarters != 2)
    assert min(turned.crop((int(left), int(top), int(right), int(bottom))).tobytes()) < 80
    # The line is the second of the strip: near the edge that was the upper one.
    near = {1: left, 2: turned.height - bottom, 3: turned.width - right}[quarters]
    assert near < 0.4 * strip.height


@needs_recognition
def test_large_letters_are_recognised_in_a_smaller_copy_and_marked_in_the_picture(
    strip: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[float] = []

    def noted(image: Any, engine: Any) -> Turned:
        seen.append((turned := upright(image, engine)).shrink)
        return turned

    monkeypatch.setattr(scan, "upright", noted)
    large = strip.resize((3 * strip.width, 3 * strip.height), Image.Resampling.LANCZOS)
    once, thrice = extract(saved(strip), "a.png"), extract(saved(large), "a.png")
    # 11.5 points at 200 dpi are 32 pixels, at 600 dpi 96: they are made 36 high or a little less.
    assert seen[0] == 1.0 and 0.28 < seen[1] < 0.42
    assert "方知夏" in thrice.text and "本报讯 清明前后" in thrice.text
    line = [next(r for r in found.regions if "清明前后" in found.text[r.start : r.end]) for found in (once, thrice)]
    assert [side / 3 for side in line[1].box] == pytest.approx(line[0].box, abs=8)


def test_without_the_extra_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    # find_spec answers None for a module that is marked as missing
    monkeypatch.setattr(scan, "find_spec", lambda name: None)
    with pytest.raises(PagesError) as caught:
        extract((LAYOUTS / "scan.png").read_bytes(), "scan.png")
    assert str(caught.value) == (
        "scan.png is a picture of a page; to read scanned pages, run: pip install 'baowen[ocr]'."
    )


def test_a_recognised_line_is_cut_at_white_space_as_wide_as_a_character() -> None:
    def corners(left: float) -> list[tuple[float, float]]:
        return [(left, 0), (left + 30, 0), (left + 30, 32), (left, 32)]

    quad = [(0.0, 0.0), (210.0, 0.0), (210.0, 32.0), (0.0, 32.0)]  # into the next column
    chars = [(c, 0.99, corners(x)) for c, x in zip("记者方知夏", (0, 31, 95, 126, 157), strict=True)]
    assert pieces_of(quad, "记者方知夏", chars) == [
        ([(0, 0), (61, 0), (61, 32), (0, 32)], "记者"),
        ([(95, 0), (187, 0), (187, 32), (95, 32)], "方知夏"),
    ]
    # Punctuation has white space of its own, and a text that does not fit its characters is left alone.
    stops = [(c, 0.99, corners(x)) for c, x in zip("好，来", (0, 31, 95), strict=True)]
    assert [text for _, text in pieces_of(quad, "好，来", stops)] == ["好，来"]
    assert pieces_of(quad, "记者方", chars) == [(quad, "记者方")]


@needs_recognition
def test_photos_are_found_and_letters_are_none() -> None:
    from PIL import ImageDraw

    image = Image.new("RGB", (800, 600), "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((320, 160, 639, 399), fill=(120, 120, 120))
    for n in range(20):
        draw.rectangle((40 + 10 * n, 40, 42 + 10 * n, 70), fill="black")  # strokes with paper between them
    assert photos(image, 0.0, 20.0) == ((320.0, 160.0, 640.0, 400.0),)
    assert photos(image, 0.0, 60.0) == ()  # large type: what is smaller than five lines may be a letter
    assert photos(Image.new("RGB", (9, 9)), 0.0, 20.0) == ()


@needs_recognition
def test_a_line_recognised_across_a_gutter_is_read_in_two_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Recognition takes the second of four lines for one with its neighbour; the columns stand 30 pixels apart."""

    def line(left: int, top: int, *texts: str) -> tuple[Any, str, float, Any]:
        chars, x = [], left
        for n, text in enumerate(texts):
            x += 48 if n else 0
            for char in text:
                chars.append((char, 0.99, [[x, top], [x + 30, top], [x + 30, top + 32], [x, top + 32]]))
                x += 30
        return [[left, top], [x, top], [x, top + 32], [left, top + 32]], "".join(texts), 0.99, chars

    left, right = (
        ["天亮以后开门", "客人陆续进店", "掌柜忙着招呼", "一天很快过去"],
        ["夜里下了小雨", "街上没有行人", "灯还亮着几盏", "狗也不再叫了"],
    )
    found = [line(0, 0, left[0]), line(228, 0, right[0]), line(0, 50, left[1], right[1])]
    for n in (2, 3):
        found += [line(0, 50 * n, left[n]), line(228, 50 * n, right[n])]
    boxes, txts, scores, words = zip(*found, strict=True)
    result = SimpleNamespace(boxes=boxes, txts=txts, scores=scores, word_results=words)
    monkeypatch.setattr(scan, "_engine", lambda: lambda *_, **__: result)
    monkeypatch.setattr(scan, "upright", lambda image, _: Turned(image, 0, 1.0))
    sheet, _ = scan.recognise(Image.new("RGB", (410, 200), "white"), 1)
    assert "".join(compose([sheet]).text.split()) == "".join(left + right)


def test_recognition_is_loaded_only_when_a_picture_is_read() -> None:
    import subprocess

    code = "import sys, qa, corpus.formats.scan; sys.exit('rapidocr' in sys.modules or 'PIL' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@needs_recognition
def test_ink_tells_the_height_of_a_line_that_falls_and_the_white_space_in_it() -> None:
    from PIL import ImageDraw

    image = Image.new("L", (400, 120), 255)
    draw = ImageDraw.Draw(image)
    for n in range(400):
        if not 180 <= n < 220:
            draw.line((n, 40 + n // 10, n, 69 + n // 10), fill=0)  # 30 pixels high, falls a pixel in ten
    ink = Ink(image, 0.1)
    # Recognition's box is a few pixels larger; on the level page the line is where its left end is.
    begin, end = ink.rows(0, 399, 35, 75) or (0.0, 0.0)
    assert (begin, end) == pytest.approx((40, 70), abs=1.5)
    assert ink.gap(100, 300, 45, 65) == pytest.approx((180, 220), abs=1)
    assert ink.gap(0, 100, 45, 65) is None
    # Something else is printed right above, as far as the reach: the line's own height cannot be told.
    draw.rectangle((0, 0, 399, 80), fill=0)
    assert Ink(image, 0.1).rows(0, 399, 35, 75) is None


def test_pieces_of_a_line_are_joined_unless_white_space_goes_on_below() -> None:
    def line(text: str, left: float, top: float, right: float, sure: float = 0.9) -> tuple[Line, float]:
        return Line(text, (left, top, right, top + 10), 10, (left, top, right, top + 10)), sure

    byline = [line("记者", 0, 0, 20), line("方知夏", 30, 0, 60, 0.8)]
    across, gutter = [line("今早雨停了。", 0, 15, 60)], [line("上午", 0, 15, 20), line("下午", 30, 15, 60)]
    ((joined, sure),) = [found for found in rejoined([*byline, *across], 10) if "记者" in found[0].text]
    assert (joined.text, joined.box, joined.place, sure) == ("记者 方知夏", (0, 0, 60, 10), (0, 0, 60, 10), 0.8)
    assert len(rejoined([*byline, *gutter], 10)) == 4
    # Nothing is printed below: what is above tells.
    above = [line("昨晚下过雨。", 0, -15, 60)]
    assert [found[0].text for found in rejoined([*above, *byline], 10)] == ["记者 方知夏", "昨晚下过雨。"]
    assert len(rejoined(byline, 10)) == 2
