"""PDF pages: the order in which columns are read, paragraphs, places on the sheet, and what is refused."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pdf_pages import (
    A3,
    A4,
    BRIDGE,
    FERRY,
    IMPRINT,
    LAYOUTS,
    LIBRARY,
    MASTHEAD,
    ORCHARD,
    PHOTO,
    WATER,
    Mark,
    Paper,
    Story,
    columns_page,
    english_page,
    four_columns_page,
    framed_page,
    pdf_width,
    print_pdf,
    two_columns_page,
)
from structure_score import score

from corpus.__main__ import as_row
from corpus.errors import PagesError
from corpus.files import read_file
from corpus.formats import extract, pdf, scan
from corpus.formats.columns import reading_order
from corpus.formats.glyphs import Glyph, lines_of
from corpus.formats.paragraphs import compose, join
from corpus.formats.printed import Line, Sheet

PAGES = {
    "columns": (columns_page, A3, [MASTHEAD, BRIDGE, LIBRARY, WATER, PHOTO, ORCHARD, IMPRINT]),
    "two columns": (two_columns_page, A4, [BRIDGE, WATER, LIBRARY, "— 12 —"]),
    "four columns": (four_columns_page, A3, [ORCHARD, BRIDGE]),
    "English": (english_page, A4, [FERRY]),
}


def bare(text: str) -> str:
    return "".join(text.split())


def written(story: Story | str) -> str:
    """All that a story prints, in the order in which it is read."""
    if isinstance(story, str):
        return story
    body: list[str] = []
    for n, paragraph in enumerate(story.paragraphs):
        body += [story.subheads.get(str(n), ""), paragraph]
    titles = [text for text, _ in story.titles]
    parts = [*titles, *body, *story.byline] if story.kind == "photo" else [*titles, *story.byline, *body, story.jump]
    return "".join(parts)


def lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line]


def test_structure_of_the_three_column_page_reaches_the_gold() -> None:
    page = read_file(LAYOUTS, Path("columns.pdf"))
    gold = [json.loads(line) for line in (LAYOUTS / "columns.jsonl").read_text("utf-8").splitlines()]
    items = [as_row(page, article) for article in page.articles if article.kind in ("article", "photo")]
    found = score(items, gold)
    assert len(gold) == 5 and sum(len(row["joins"]) for row in gold) == 2
    assert {name: value for name, value in found.figures.items() if value is None or value < 0.9} == {}, found.misses
    assert [f.reason for f in page.furniture] == ["page header", "page footer"]


@pytest.mark.parametrize("name", PAGES)
def test_columns_are_read_one_after_the_other(name: str) -> None:
    make, size, stories = PAGES[name]
    paper = make(pdf_width)
    text = pdf.read(print_pdf(paper.marks, size=size), "page.pdf").text
    assert bare(text) == bare("".join(map(written, stories)))
    # A paragraph is one line, but for those that a column cut, which stand in two.
    found = lines(text)
    for row in paper.rows:
        cuts = 0
        for paragraph in row["paragraphs"]:
            cuts += not any(line.startswith(paragraph) for line in found)
        assert cuts <= len(row["joins"])


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("how", [{"rotate": 90}, {"rotate": 180}, {"turned": True}, {"turned": True, "rotate": 90}])
def test_a_sheet_on_its_side_reads_the_same(name: str, how: dict[str, int]) -> None:
    make, size, _ = PAGES[name]
    marks = make(pdf_width).marks
    assert pdf.read(print_pdf(marks, size=size, **how), "a.pdf").text == pdf.read(print_pdf(marks, size=size), "b").text


@pytest.mark.parametrize("name", PAGES)
def test_the_order_of_drawing_does_not_matter(name: str) -> None:
    make, size, _ = PAGES[name]
    marks = list(make(pdf_width).marks)
    upright = pdf.read(print_pdf(marks, size=size), "page.pdf").text
    random.Random(3).shuffle(marks)
    assert pdf.read(print_pdf(marks, size=size), "page.pdf").text == upright
    # Drawn one by one, characters have no blanks among them: white space is seen by its width alone.
    alone = pdf.read(print_pdf(marks, size=size, single=True), "page.pdf").text
    assert " ".join(alone.split()) == " ".join(upright.split())


def test_a_frame_is_read_as_one_and_apart_from_the_article_around_it() -> None:
    text = pdf.read(print_pdf(framed_page(pdf_width).marks, size=A4), "page.pdf").text
    inside = bare(written(WATER))
    assert inside in bare(text)
    assert bare(text).replace(inside, "") == bare(written(ORCHARD))
    before = text.index(WATER.titles[0][0])
    assert text[before - 4 : before] == "\n\n\n\n"


def test_a_new_article_stands_after_three_blank_lines_and_titles_follow_one_another() -> None:
    text = pdf.read((LAYOUTS / "columns.pdf").read_bytes(), "columns.pdf").text
    assert "\n\n\n\n历时十六个月，两岸居民不再绕路\n柳汀桥昨日通车\n步行过河从二十五分钟缩短到四分钟\n\n■记者" in text
    assert "\n\n\n\n河边剪纸课\n\n上周六" in text and "■摄影　记者　蓝亦\n\n\n\n三百亩梨园" in text
    assert "\n\n枝条放平了\n\n" in text


def test_latin_words_are_parted_and_printed_hyphens_stay() -> None:
    (text,) = [pdf.read(print_pdf(english_page(pdf_width).marks, size=A4), "page.pdf").text]
    assert "For thirty-one years Mr. Tao has rowed across Green Reed Lake before breakfast. On Sunday" in text
    assert "the well-known east bank" in text


@pytest.mark.parametrize("how", [{}, {"rotate": 90}, {"turned": True, "rotate": 270}])
def test_regions_are_where_the_lines_are_printed(how: dict[str, int]) -> None:
    marks = columns_page(pdf_width).marks
    data = print_pdf(marks, english_page(pdf_width).marks, **how)
    found = pdf.read(data, "page.pdf")
    ends = 0
    for region in found.regions:
        assert region.start >= ends and region.end > region.start
        ends = region.end
    covered = "".join(found.text[region.start : region.end] for region in found.regions)
    assert bare(covered) == bare(found.text)
    assert {region.sheet for region in found.regions} == {1, 2}
    # The place of the headline, as the sheet is shown: drawn at known points, 34 points high.
    mark = next(m for m in marks if m.text == "柳汀桥昨日通车")
    left, top, right, bottom = mark.x, mark.y - 0.88 * 34, mark.x + pdf_width(mark.text, 34), mark.y + 0.12 * 34
    if how.get("rotate") == 90:
        left, top, right, bottom = A3[1] - bottom, left, A3[1] - top, right
    elif how:
        # a quarter turn back by the drawing and three on by the sheet: upside down
        left, top, right, bottom = A3[0] - right, A3[1] - bottom, A3[0] - left, A3[1] - top
    region = next(r for r in found.regions if found.text[r.start : r.end] == mark.text)
    assert region.box == pytest.approx((left, top, right, bottom), abs=2.5)


@pytest.mark.parametrize("name", [*PAGES, "framed"])
def test_every_character_of_the_text_layer_is_in_the_text(name: str) -> None:
    make, size = (framed_page, A4) if name == "framed" else PAGES[name][:2]
    data = print_pdf(make(pdf_width).marks, size=size)
    layer = pypdfium2.PdfDocument(data)[0].get_textpage().get_text_range()
    # the library writes a hyphen at a line's end as U+FFFE or U+0002
    expected = Counter(c for c in layer if not c.isspace() and c not in "\ufffe\u0002-")
    assert Counter(c for c in pdf.read(data, "page.pdf").text if not c.isspace() and c != "-") == expected


def test_upright_turned_and_slanted_text_is_kept() -> None:
    from reportlab.pdfgen.canvas import Canvas

    paper = Paper(pdf_width)
    paper.story(WATER, 100, [(50, 290)])
    for n, char in enumerate("水管更换公告"):
        paper.text(420, 120 + 26 * n, char, 22)
    data = print_pdf(paper.marks, size=A4)
    assert "水管更换公告" in lines(pdf.read(data, "page.pdf").text)
    import io

    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    for n in range(6):
        canvas.drawString(50, 700 - 14 * n, "The quick brown fox jumps over the lazy dog.")
    for angle, word in ((90, "margin note"), (45, "specimen copy")):
        canvas.saveState()
        canvas.translate(300, 300)
        canvas.rotate(angle)
        canvas.drawString(0, 0, word)
        canvas.restoreState()
    canvas.save()
    text = pdf.read(out.getvalue(), "page.pdf").text
    assert lines(text)[-2:] == ["margin note", "specimen copy"]
    assert lines(text)[0].startswith("The quick brown fox")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "x.pdf is empty; a page must hold text."),
        (b"%PDF-1.7 and then nothing of the kind", "x.pdf is no PDF that can be read"),
        (print_pdf(english_page(pdf_width).marks)[:2000], "x.pdf is no PDF that can be read"),
        (print_pdf(english_page(pdf_width).marks, encrypt="secret"), "x.pdf needs a password; save it without one"),
        (print_pdf([]), "x.pdf holds no text. A page must hold text."),
        (print_pdf(*[[]] * (pdf.MAX_SHEETS + 1)), "x.pdf has 401 sheets, a file may have 400 at most; split it."),
    ],
    ids=["empty", "no PDF", "cut off", "password", "blank", "too many sheets"],
)
def test_what_cannot_be_read_is_refused_in_one_sentence(data: bytes, reason: str) -> None:
    with pytest.raises(PagesError) as caught:
        extract(data, "x.pdf")
    assert str(caught.value).startswith(reason) and "\n" not in str(caught.value)


def test_a_sheet_of_very_many_characters_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corpus.formats.pdf_sheet.MAX_CHARACTERS", 100)
    with pytest.raises(PagesError, match=r"x\.pdf, sheet 1, has \d{3,} characters, a sheet may have 100 at most"):
        extract(print_pdf(english_page(pdf_width).marks), "x.pdf")


def test_scanned_sheets_without_recognition_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "is_installed", lambda: False)
    picture = [Mark("picture", 0, 0, *A3)]
    with pytest.raises(PagesError, match=r"x\.pdf holds no text\. Scanned sheets .* pip install 'baowen\[ocr\]'"):
        extract(print_pdf(picture), "x.pdf")
    found = extract(print_pdf(english_page(pdf_width).marks, picture), "x.pdf")
    assert "Green Reed Lake" in found.text
    assert found.notes == (f"Scanned sheets were left out (2); {scan.INSTALL}.",)


def at(text: str, left: float, top: float, right: float, size: float = 10.0) -> Line:
    box = (left, top, right, top + size)
    return Line(text, box, size, box)


def order(*found: Line, **more: tuple[tuple[float, float, float, float], ...]) -> str:
    sheet = Sheet(1, 0, 800, found, **more)
    return "".join(line.text for column in reading_order(sheet, 10) for line in column.lines)


def column(names: str, left: float, top: float) -> list[Line]:
    return [at(name, left, top + 16 * n, left + 100) for n, name in enumerate(names)]


def test_a_short_headline_over_the_middle_column_comes_first() -> None:
    body = [*column("abc", 0, 50), *column("def", 115, 50), *column("ghi", 230, 50)]
    assert order(*body, at("H", 140, 10, 190, 20)) == "Habcdefghi"
    below = [*column("jkl", 0, 160), *column("mno", 115, 160), *column("pqr", 230, 160)]
    assert order(*body, *below, at("H", 140, 122, 190, 20)) == "abcdefghiHjklmnopqr"


def test_headlines_side_by_side_keep_their_articles() -> None:
    left = [at("H", 20, 10, 80, 20), *column("abcd", 0, 40)]
    right = [at("I", 130, 10, 190, 20), *column("efgh", 115, 40)]
    assert order(*left, *right) == "HabcdIefgh"


def test_a_rule_parts_what_white_space_would_join() -> None:
    upper = [*column("abc", 0, 10), *column("def", 115, 10)]
    lower = [*column("ghi", 0, 58), *column("jkl", 115, 58)]
    assert order(*upper, *lower) == "abcghidefjkl"
    assert order(*upper, *lower, rules=((0, 54, 215, 55),)) == "abcdefghijkl"


def test_wide_spaces_in_a_byline_are_no_gutters() -> None:
    title = at("H", 20, 10, 95, 20)
    pieces = [at("i", 0, 40, 30), at("j", 42, 40, 70)]
    assert order(title, *pieces, *column("abcd", 0, 56)) == "Hijabcd"


def test_a_picture_keeps_the_column_below_it() -> None:
    # Without the picture, the headline on the left would stand alone over both columns.
    left = [at("H", 10, 10, 90, 20), *column("abcdef", 0, 40)]
    assert order(*left, *column("xyz", 115, 88), pictures=((115, 10, 215, 80),)) == "Habcdefxyz"


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 400), st.integers(0, 600), st.integers(5, 300), st.sampled_from([8, 10, 14, 30])),
        max_size=40,
    ),
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 500), st.integers(1, 200), st.integers(1, 200)), max_size=4),
)
def test_any_arrangement_keeps_every_line_once(
    places: list[tuple[int, int, int, int]], boxes: list[tuple[int, int, int, int]]
) -> None:
    found = tuple(at(chr(0x4E00 + n), x, y, x + wide, size) for n, (x, y, wide, size) in enumerate(places))
    areas = tuple((float(x), float(y), float(x + wide), float(y + high)) for x, y, wide, high in boxes)
    sheet = Sheet(1, 0, 700, found, pictures=areas[:2], rules=areas[2:3], frames=areas[3:])
    text = compose([sheet]).text
    assert sorted(bare(text)) == sorted(line.text for line in found)


def test_a_shadow_is_one_printed_character() -> None:
    def glyphs(x: float, drawn: int) -> list[Glyph]:
        box = (0.0, 0.0, 1.0, 1.0)
        return [Glyph(c, x + 20 * n, 100, x + 20 * n + 20, 20, "F", drawn, box) for n, c in enumerate("通车")]

    assert [line.text for line in lines_of([*glyphs(50, 1), *glyphs(51, 2)])] == ["通车"]
    assert [line.text for line in lines_of([*glyphs(50, 1), *glyphs(90, 2)])] == ["通车通车"]


@pytest.mark.parametrize(
    ("left", "right", "between"),
    [
        ("The first", "bus", " "),
        ("全长15", "公里", ""),
        ("共4", "300人", ""),
        ("well-", "known", ""),
        ("he said.”", "Then", " "),
        ("他说：“好”", "Then", ""),
        ("from 3 -", "5 May", " "),
    ],
)
def test_how_printed_lines_are_joined(left: str, right: str, between: str) -> None:
    assert join(left, right) == between
