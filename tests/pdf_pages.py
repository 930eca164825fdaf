"""Newspaper pages for tests, set in type and printed as PDF or as the picture of a scan.

Text and facts are invented (data/stories.json). A page is a list of `Mark`s (text, picture, rule, frame) that either
printer can put on paper. The setter that flows paragraphs into columns knows nothing of the reader that is tested; it
notes what it printed, and where a column cut a paragraph.

    python tests/pdf_pages.py FONT     # makes data/layouts/columns.* and scan.* anew; FONT: a file of Noto Serif CJK
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LAYOUTS = Path(__file__).parent / "data/layouts"
FONT = "STSong-Light"
A3 = (841.9, 1190.6)
A4 = (595.3, 841.9)
_NO_START = "，。、；：！？”’）》」』】%"
_NO_END = "“‘（《「『【"
Width = Callable[[str, float], float]


@dataclass(frozen=True)
class Mark:
    """Something printed: text, its baseline's left end at x, y (points, y downwards), or a picture, rule or frame."""

    kind: str
    x: float
    y: float
    width: float = 0.0
    height: float = 0.0
    text: str = ""
    size: float = 0.0
    stretch: float = 0.0  # added between characters, to fill the line


@dataclass(frozen=True)
class Story:
    """What is written: `titles` are (text, size), `subheads` maps a paragraph's number to the subhead above it."""

    titles: list[tuple[str, float]]
    byline: list[str]
    paragraphs: list[str]
    jump: str
    subheads: dict[str, str]
    kind: str
    reporters: list[str]
    correspondents: list[str]
    photographers: list[str]


STORIES = {
    name: Story(**story) for name, story in json.loads((LAYOUTS.parent / "stories.json").read_text("utf-8")).items()
}
BRIDGE, LIBRARY, WATER, PHOTO, ORCHARD, FERRY = (
    STORIES[name] for name in "bridge library water photo orchard ferry".split()
)
MASTHEAD = "青禾周报　　　第03版　民生　　　2025年4月8日　星期二"
IMPRINT = "责任编辑　温良　　版式　季青"


@dataclass
class Paper:
    """A page being set."""

    width: Width
    body: float = 13.5
    pitch: float = 20.0
    marks: list[Mark] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)

    def text(self, x: float, y: float, text: str, size: float, stretch: float = 0.0) -> None:
        self.marks.append(Mark("text", x, y, text=text, size=size, stretch=stretch))

    def centred(self, left: float, right: float, y: float, text: str, size: float) -> None:
        self.text((left + right - self.width(text, size)) / 2, y, text, size)

    def box(self, kind: str, left: float, top: float, right: float, bottom: float) -> None:
        self.marks.append(Mark(kind, left, top, right - left, bottom - top))

    def titles(self, story: Story, left: float, right: float, y: float) -> float:
        """The headline, centred from y downwards; where it ends."""
        for text, size in story.titles:
            self.centred(left, right, y + 0.9 * size, text, size)
            y += 1.35 * size
        return y

    def story(self, story: Story, top: float, columns: list[tuple[float, float]], more: int = 0) -> float:
        """Byline and body, flowed from `top` through balanced columns (left, right).

        Where the longest column ends is returned. `more` lines than its share are in all columns but the last.
        """
        share = -(-len(self.lines(story, columns[0][1] - columns[0][0])) // len(columns)) + more
        self.flow(story, [(left, right, top, share) for left, right in columns])
        return top + share * self.pitch

    def flow(self, story: Story, pieces: list[tuple[float, float, float, int]]) -> None:
        """Byline and body, flowed through pieces (left, right, top, most lines); the gold row is noted."""
        lines = self.lines(story, pieces[0][1] - pieces[0][0])
        joins: list[list[str]] = []
        at = 0
        for left, right, top, most in pieces:
            if 0 < at < len(lines) and lines[at - 1][3] == lines[at][3] >= 0:
                joins.append([lines[at - 1][0][-8:], lines[at][0][:8]])
            y = top + self.body
            for text, indent, filled, _ in lines[at : at + most]:
                x = left + indent * self.body
                room = right - x - self.width(text, self.body)
                self.text(x, y, text, self.body, room / (len(text) - 1) if filled and len(text) > 1 else 0.0)
                y += self.pitch
            at += most
        if at < len(lines):
            raise ValueError(f"{len(lines) - at} lines of {story.titles[0][0]} find no room; give it more.")
        self.note(story, joins)

    def lines(self, story: Story, wide: float) -> list[tuple[str, float, bool, int]]:
        """The printed lines: (text, indent in ems, whether it is filled, its paragraph or -1)."""
        lines = [(text, 0.0, False, -1) for text in story.byline]
        for n, paragraph in enumerate(story.paragraphs):
            if str(n) in story.subheads:
                lines.append((story.subheads[str(n)], 2.0, False, -1))
            mark = story.jump if n == len(story.paragraphs) - 1 else ""
            lines += [(*line, n) for line in self.set(paragraph + mark, wide)]
        return lines

    def note(self, story: Story, joins: list[list[str]]) -> None:
        self.rows.append(
            {
                "kind": story.kind,
                "headline": " ".join(text for text, _ in story.titles),
                "reporters": story.reporters,
                "correspondents": story.correspondents,
                "photographers": story.photographers,
                "paragraphs": story.paragraphs,
                "jump": story.jump.strip("()（）"),
                "joins": joins,
            }
        )

    def set(self, text: str, wide: float, indent: float = 2.0) -> list[tuple[str, float, bool]]:
        """A paragraph broken into lines: (text, indent in ems, whether it is filled). No line begins with a comma."""
        lines: list[tuple[str, float, bool]] = []
        words = _words(text)
        while words:
            room = wide - indent * self.body
            taken = len(words)
            while self.width("".join(words[:taken]).rstrip(), self.body) > room:
                taken -= 1
            while 1 < taken < len(words) and (words[taken][0] in _NO_START or words[taken - 1][-1] in _NO_END):
                taken -= 1
            lines.append(("".join(words[:taken]).strip(), indent, taken < len(words)))
            words, indent = words[taken:], 0.0
        return lines


def _words(text: str) -> list[str]:
    """What a line break cannot part: a Chinese character, a Latin word with the blank after it, a figure."""
    words: list[str] = []
    for char in text:
        latin = char.isascii() and not char.isspace()
        if words and ((latin and words[-1][-1].isascii() and words[-1][-1] not in " -") or char == " "):
            words[-1] += char
        else:
            words.append(char)
    return words


# --- pages -----------------------------------------------------------------------------------------------------------


def columns_page(width: Width) -> Paper:
    """The A3 page: three columns; headlines over one, two and three of them, a photo over two."""
    paper = Paper(width)
    left, right, gutter = 42.0, 800.0, 16.0
    wide = (right - left - 2 * gutter) / 3
    x = [left + n * (wide + gutter) for n in range(3)]
    paper.text(left, 50, MASTHEAD, 11)
    paper.box("rule", left, 58, right, 58.8)
    column = [(at, at + wide) for at in x]
    low = paper.story(BRIDGE, paper.titles(BRIDGE, x[0], x[1] + wide, 72) + 6, column[:2])
    low = max(low, paper.story(LIBRARY, paper.titles(LIBRARY, x[2], right, 72) + 4, column[2:])) + 14
    end = paper.story(WATER, paper.titles(WATER, x[0], x[0] + wide, low) + 2, column[:1])
    paper.box("picture", x[1], low, right, low + 170)
    at = paper.titles(PHOTO, x[1], right, low + 176) + 10
    for text, indent, _ in Paper(width, 10.5).set(PHOTO.paragraphs[0], right - x[1]):
        paper.text(x[1] + indent * 10.5, at, text, 10.5)
        at += 15
    paper.text(right - width(PHOTO.byline[0], 10.5), at, PHOTO.byline[0], 10.5)
    paper.note(PHOTO, [])
    low = max(end, at) + 20
    paper.story(ORCHARD, paper.titles(ORCHARD, left, right, low) + 4, column, more=1)
    paper.text(right - width(IMPRINT, 10), 1166, IMPRINT, 10)
    return paper


def two_columns_page(width: Width) -> Paper:
    """An A4 page of two columns: a headline over both, then two whose headlines stand side by side at one height."""
    paper = Paper(width, 10.5, 16)
    column = [(50.0, 285.0), (310.0, 545.0)]
    low = paper.story(BRIDGE, paper.titles(BRIDGE, 50, 545, 60) + 6, column, more=1) + 24
    ends = [
        paper.story(story, paper.titles(story, *side, low) + 4, [side])
        for story, side in zip((WATER, LIBRARY), column, strict=True)
    ]
    paper.centred(50, 545, max(ends) + 60, "— 12 —", 9)
    return paper


def four_columns_page(width: Width) -> Paper:
    """An A3 page: a headline over all four columns; below it one that is short, and stands over the inner two alone."""
    paper = Paper(width, 10, 15)
    column = [(40.0 + n * 194, 220.0 + n * 194) for n in range(4)]
    low = paper.story(ORCHARD, paper.titles(ORCHARD, 40, 802, 80) + 8, column, more=1) + 30
    paper.story(BRIDGE, paper.titles(BRIDGE, 40, 802, low) + 8, column, more=1)
    return paper


def framed_page(width: Width) -> Paper:
    """An A4 page: a framed item stands in the second of two columns, in the midst of an article."""
    paper = Paper(width, 10.5, 16)
    left, right = (50.0, 285.0), (310.0, 545.0)
    low = paper.titles(ORCHARD, 50, 545, 60) + 8
    paper.box("frame", 304, low + 102, 551, low + 296)
    paper.story(WATER, paper.titles(WATER, 314, 541, low + 110) + 4, [(314, 541)])
    paper.flow(ORCHARD, [(*left, low, 30), (*right, low, 6), (*right, low + 310, 40)])
    return paper


def english_page(width: Width) -> Paper:
    """A4, English, two columns; some lines end at a printed hyphen."""
    paper = Paper(width, 11, 16)
    paper.story(FERRY, paper.titles(FERRY, 60, 535, 70) + 10, [(60.0, 285.0), (310.0, 535.0)])
    return paper


def scan_page(width: Width) -> Paper:
    """The A4 page that is scanned: two columns, a headline over both, a photo, a short item."""
    paper = Paper(width, 11.5, 17.5)
    left, right = 48.0, 548.0
    column = [(left, 288.0), (308.0, right)]
    paper.text(left, 44, MASTHEAD, 10.5)
    paper.box("rule", left, 52, right, 53)
    low = paper.story(ORCHARD, paper.titles(ORCHARD, left, right, 64) + 6, column, more=2) + 16
    end = paper.story(LIBRARY, paper.titles(LIBRARY, *column[0], low) + 4, column[:1])
    paper.box("picture", 308, low, right, low + 120)
    at = paper.titles(PHOTO, *column[1], low + 126) + 10
    for text, indent, _ in Paper(width, 10).set(PHOTO.paragraphs[0], 240):
        paper.text(308 + indent * 10, at, text, 10)
        at += 14.5
    paper.text(right - width(PHOTO.byline[0], 10), at + 2, PHOTO.byline[0], 10)
    paper.note(PHOTO, [])
    paper.text(left, max(end, at) + 24, IMPRINT, 9.5)
    return paper


# --- printers --------------------------------------------------------------------------------------------------------


def pdf_width(text: str, size: float) -> float:
    """How wide the PDF's font sets a text, in points."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont

    if FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    return float(pdfmetrics.stringWidth(text, FONT, size))


def print_pdf(
    *sheets: list[Mark],
    size: tuple[float, float] = A3,
    rotate: int = 0,
    turned: bool = False,
    encrypt: str = "",
    single: bool = False,
) -> bytes:
    """Sheets as a PDF.

    `rotate`: the sheet's /Rotate; `turned`: all is drawn a quarter turn counter-clockwise; `single`: every character is
    drawn by itself.
    """
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    pdf_width("", 1)
    out = io.BytesIO()
    paper = (size[1], size[0]) if turned else size
    # reportlab changes the sides of a sheet that is shown on its side.
    sides = (paper[1], paper[0]) if rotate % 180 else paper
    canvas = Canvas(out, pagesize=sides, invariant=1, encrypt=StandardEncryption(encrypt) if encrypt else None)
    for sheet in sheets:
        if rotate:
            canvas.setPageRotation(rotate)
        if turned:
            canvas.translate(paper[0], 0)
            canvas.rotate(90)
        for mark in sheet:
            y = size[1] - mark.y
            if mark.kind == "text":
                x = mark.x
                for part in mark.text if single else [mark.text]:
                    text = canvas.beginText(x, y)
                    text.setFont(FONT, mark.size)
                    text.setCharSpace(mark.stretch)
                    text.textOut(part)
                    canvas.drawText(text)
                    x += pdf_width(part, mark.size) + mark.stretch
            elif mark.kind in ("picture", "scan"):
                photo = _photo() if mark.kind == "picture" else str(LAYOUTS / mark.text)
                canvas.drawImage(ImageReader(photo), mark.x, y - mark.height, mark.width, mark.height)
            else:
                canvas.rect(mark.x, y - mark.height, mark.width, mark.height, fill=mark.kind == "rule")
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _photo() -> Any:
    """A picture without any text: a hill under a sky."""
    from PIL import Image, ImageDraw

    image = Image.new("L", (240, 100), 200)
    ImageDraw.Draw(image).ellipse((-40, 50, 280, 220), fill=90)
    return image


def print_scan(sheet: list[Mark], font: str, size: tuple[float, float] = A4, dpi: int = 200) -> Any:
    """A sheet as a scanner gives it: grey, a little askew, not quite sharp, with specks. `font`: a file."""
    import numpy as np
    from PIL import Image, ImageDraw, ImageFilter, ImageFont

    scale = dpi / 72
    image = Image.new("L", (round(size[0] * scale), round(size[1] * scale)), 255)
    draw = ImageDraw.Draw(image)
    for mark in sheet:
        x, y = mark.x * scale, mark.y * scale
        if mark.kind == "text":
            face = ImageFont.truetype(font, mark.size * scale, index=2)
            for char in mark.text:
                draw.text((x, y), char, fill=20, font=face, anchor="ls")
                x += (pdf_width(char, mark.size) + mark.stretch) * scale
        elif mark.kind == "picture":
            image.paste(_photo().resize((round(mark.width * scale), round(mark.height * scale))), (round(x), round(y)))
        else:
            draw.rectangle((x, y, x + mark.width * scale, y + mark.height * scale), fill=20)
    image = image.rotate(0.6, Image.Resampling.BICUBIC, fillcolor=255).filter(ImageFilter.GaussianBlur(0.6))
    grey = np.asarray(image).astype(float) + np.random.default_rng(7).normal(0, 10, (image.height, image.width))
    # Sixteen greys, and clean paper: what a scanner's own "text" setting leaves, and a small file.
    levels = np.clip(np.round((grey - 20) / 11), 0, 15) * 17
    return Image.fromarray(levels.astype("uint8"))


def write_layouts(font: str) -> None:
    """The files that tests/data/layouts holds of this module's pages."""
    columns, scan = columns_page(pdf_width), scan_page(pdf_width)
    (LAYOUTS / "columns.pdf").write_bytes(print_pdf(columns.marks))
    print_scan(scan.marks, font).save(LAYOUTS / "scan.png", optimize=True)
    for paper, source in ((columns, "columns.pdf"), (scan, "scan.png")):
        rows = [json.dumps({"source": source, **row}, ensure_ascii=False) + "\n" for row in paper.rows]
        (LAYOUTS / source).with_suffix(".jsonl").write_text("".join(rows), "utf-8")


if __name__ == "__main__":
    write_layouts(sys.argv[1])
