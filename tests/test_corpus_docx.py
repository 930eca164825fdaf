"""Word files, written by python-docx: what a reader sees is read, in order, and nothing else."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import docx
import pytest
from docx.document import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus import read_pages
from corpus.errors import PagesError
from corpus.formats import extract
from corpus.records import Extracted

MARKET = (
    "本报讯 城东的老菜场关门改造了八个月,昨天重新开张。摊位从原来的42个增加到60个。",
    "菜场负责人介绍,这次改造花了320万元,其中一半由街道补贴。",
)
FIRE = ("本报讯 昨天下午,北河小学的三十名学生走进消防站。", "消防站站长说,这样的开放日每月一次。")
W = nsdecls("w")


def packed(document: Document) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def read(*xml: str) -> Extracted:
    """A document of the paragraphs given."""
    document = docx.Document()
    for one in xml:
        document.element.body.insert(len(document.element.body) - 1, parse_xml(one))
    return extract(packed(document), "a.docx")


def paragraph(inner: str) -> str:
    return f"<w:p {W}>{inner}</w:p>"


def run(text: str) -> str:
    return f"<w:r><w:t>{text}</w:t></w:r>"


def newspaper(styled: bool) -> Document:
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "禾风小报 第2版"
    document.sections[0].footer.paragraphs[0].text = "2026年3月1日"
    document.add_heading("老菜场换新颜", 1) if styled else document.add_paragraph("老菜场换新颜")
    document.add_paragraph("■记者 王一 通讯员 李小满")
    document.add_paragraph("  " + MARKET[0])
    document.add_paragraph(MARKET[1])
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip((c for row in table.rows for c in row.cells), ("项目", "数", "摊位", "60"), strict=True):
        cell.text = text
    for _ in range(0 if styled else 3):
        document.add_paragraph("")
    document.add_paragraph("居民在新菜场里挑菜。")
    document.add_paragraph("■摄影 记者 赵二")
    document.add_heading("小学生走进消防站", 1) if styled else document.add_paragraph("小学生走进消防站")
    document.add_paragraph("■记者 孙五")
    for text in FIRE:
        document.add_paragraph(text)
    return document


@pytest.mark.parametrize("styled", [True, False])
def test_newspaper_page(tmp_path: Path, styled: bool) -> None:
    (tmp_path / "page.docx").write_bytes(packed(newspaper(styled)))
    (page,) = read_pages(tmp_path).pages
    market, fire = (article for article in page.articles if article.kind == "article")
    (photo,) = (article for article in page.articles if article.kind == "photo")
    assert (market.headline, market.reporters, market.correspondents) == ("老菜场换新颜", ("王一",), ("李小满",))
    assert (fire.headline, fire.reporters) == ("小学生走进消防站", ("孙五",))
    assert tuple(p.text for p in market.paragraphs)[:2] == MARKET
    assert tuple(p.text for p in fire.paragraphs) == FIRE
    assert photo.photographers == ("赵二",) and "项目\t数\n摊位\t60\n" in page.text
    assert {(f.block.text, f.reason) for f in page.furniture} >= {
        ("禾风小报 第2版", "page header"),
        ("2026年3月1日", "page footer"),
    }


def test_text_inside_a_paragraph() -> None:
    found = read(
        paragraph(
            run("摊位")
            + f"<w:ins w:id='1' w:author='a'>{run('增加')}</w:ins>"
            + "<w:del w:id='2' w:author='a'><w:r><w:delText>减少</w:delText></w:r></w:del>"
            + f"<w:moveFrom w:id='3' w:author='a'>{run('移走')}</w:moveFrom>"
            + f"<w:hyperlink>{run('到60个')}</w:hyperlink>"
            + "<w:r><w:softHyphen/><w:t>,A</w:t><w:noBreakHyphen/><w:t>1</w:t><w:tab/><w:t>区</w:t></w:r>"
            + "<w:r><w:rPr><w:vanish/></w:rPr><w:t>藏</w:t></w:r>"
            + "<w:r><w:rPr><w:vanish w:val='0'/></w:rPr><w:t>见。</w:t></w:r>"
            + "<w:r><w:instrText>PAGE</w:instrText></w:r>"
        )
    )
    assert found.text == "摊位增加到60个,A-1 区见。\n"


@pytest.mark.parametrize(
    ("lines", "want"),
    [
        (("本报讯 老菜场昨天", "开张。"), "本报讯 老菜场昨天开张。\n"),
        (("第一段。", "第二段。"), "第一段。\n第二段。\n"),
        (("老菜场换新颜", "■记者 王一", "本报讯 开张了。"), "老菜场换新颜\n■记者 王一\n本报讯 开张了。\n"),
        (("老菜场", "换新颜"), "老菜场\n换新颜\n"),
    ],
)
def test_breaks_by_hand(lines: tuple[str, ...], want: str) -> None:
    assert read(paragraph("<w:r><w:br/></w:r>".join(run(line) for line in lines))).text == want


def test_text_boxes_follow_the_paragraph_they_hang_on_and_are_read_once() -> None:
    box = (
        f"<w:txbxContent>{paragraph(run('框中'))}{paragraph(run('标题'))}{paragraph(run('框中正文。'))}</w:txbxContent>"
    )
    names = nsdecls("w", "wp", "a") + (
        ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
        ' xmlns:v="urn:schemas-microsoft-com:vml"'
        ' xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
    )
    new = f"<w:drawing><wp:anchor><a:graphic><wps:txbx>{box}</wps:txbx></a:graphic></wp:anchor></w:drawing>"
    old = f"<w:pict><v:shape><v:textbox>{box}</v:textbox></v:shape></w:pict>"
    choice = f"<mc:Choice Requires='wps'>{new}</mc:Choice><mc:Fallback>{old}</mc:Fallback>"
    both = f"<mc:AlternateContent>{choice}</mc:AlternateContent>"
    for drawing in (both, new, old):
        found = read(f"<w:p {names}>{run('前文')}<w:r>{drawing}</w:r>{run('续。')}</w:p>", paragraph(run("后文。")))
        assert found.text == "前文续。\n\n\n\n框中\n标题\n\n框中正文。\n\n后文。\n"


def test_layout_table_is_read_cell_by_cell_and_a_nested_one_once() -> None:
    document = docx.Document()
    left, right = document.add_table(rows=1, cols=2).rows[0].cells
    left.text = MARKET[0]
    left.add_paragraph(MARKET[1])
    for cell, text in zip(right.add_table(rows=1, cols=2).rows[0].cells, "甲乙", strict=True):
        cell.text = text
    assert extract(packed(document), "a.docx").text == f"{MARKET[0]}\n\n{MARKET[1]}\n\n甲\t乙\n"


def test_lists_and_content_controls() -> None:
    document = docx.Document()
    for text in ("摊位60个", "通道两米半"):
        document.add_paragraph(text, style="List Bullet")
    body = document.element.body
    body.insert(2, parse_xml(f"<w:sdt {W}><w:sdtContent>{paragraph(run('控件里。'))}</w:sdtContent></w:sdt>"))
    assert extract(packed(document), "a.docx").text == "摊位60个\n通道两米半\n\n控件里。\n"


def looks(text: str, size: int, bold: bool = True) -> str:
    mark = "<w:b/>" if bold else ""
    lines = "<w:br/>".join(f"<w:t>{line}</w:t>" for line in text.split("\n"))
    return paragraph(f"<w:r><w:rPr>{mark}<w:sz w:val='{size}'/></w:rPr>{lines}</w:r>")


def test_headlines_by_style_and_by_looks() -> None:
    """Large letters make a headline, bold ones of the body's size a subhead; neither makes one of a sentence."""
    document = docx.Document()
    document.add_paragraph("城东", style="Subtitle")
    document.add_heading("老菜场换新颜", 1)
    document.add_paragraph("■记者 王一")
    document.add_paragraph(MARKET[0])
    document.add_heading("租金不涨", 3)
    document.add_paragraph(MARKET[1])
    body = document.element.body
    for xml in (
        looks("小学生\n走进消防站", 44),
        looks("■记者 孙五", 44),
        paragraph(run(FIRE[0])),
        looks("每月一次", 22),
        looks("字大的一句话。", 44),
        paragraph(run(FIRE[1])),
        looks("老码头开放", 36, bold=False),
        paragraph(run("老码头下月开放。")),
    ):
        body.insert(len(body) - 1, parse_xml(xml))
    found = extract(packed(document), "a.docx")
    titles = ["城东", "老菜场换新颜", "小学生", "走进消防站", "老码头开放"]
    assert [found.text[start:end] for start, end in found.headings] == titles
    assert found.text.startswith("城东\n老菜场换新颜\n\n■记者 王一\n\n")
    assert "\n\n\n\n小学生\n走进消防站\n\n■记者 孙五\n\n" in found.text and "。\n\n每月一次\n\n字大" in found.text


def test_bold_head_of_a_table_is_a_row() -> None:
    document = docx.Document()
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip((c for row in table.rows for c in row.cells), ("项目", "数", "摊位", "60"), strict=True):
        cell.paragraphs[0].add_run(text).bold = text in "项目数"
    assert extract(packed(document), "a.docx").text == "项目\t数\n摊位\t60\n"


def changed(data: bytes, change: Callable[[str, bytes], bytes], extra: dict[str, bytes] | None = None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, change(part, old.read(part)))
        for part, content in (extra or {}).items():
            new.writestr(part, content)
    return out.getvalue()


def test_footnote_stands_after_the_paragraph_that_refers_to_it() -> None:
    document = docx.Document()
    document.element.body.insert(0, parse_xml(paragraph(run("正文。") + "<w:r><w:footnoteReference w:id='2'/></w:r>")))
    document.add_paragraph("后文。")
    notes = f"""<w:footnotes {W}><w:footnote w:type="separator" w:id="0">{paragraph(run("线"))}</w:footnote>
        <w:footnote w:id="2">{paragraph(run("注文。"))}</w:footnote></w:footnotes>"""
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
    data = changed(
        packed(document),
        lambda part, content: (
            content.replace(
                b"</Relationships>",
                f'<Relationship Id="n" Type="{kind}" Target="footnotes.xml"/></Relationships>'.encode(),
            )
            if part == "word/_rels/document.xml.rels"
            else content
        ),
        {"word/footnotes.xml": notes.encode()},
    )
    assert extract(data, "a.docx").text == "正文。\n\n注文。\n\n后文。\n"


def test_entities_are_refused_and_never_expanded() -> None:
    lol = '<!DOCTYPE w [<!ENTITY a "哈哈哈哈"><!ENTITY b "&a;&a;&a;&a;">]>'

    def bomb(part: str, content: bytes) -> bytes:
        if part != "word/document.xml":
            return content
        head, rest = content.split(b"?>", 1)
        return head + b"?>" + lol.encode() + rest.replace("正文".encode(), "正文&b;".encode())

    document = docx.Document()
    document.add_paragraph("正文。")
    with pytest.raises(PagesError, match="declares XML entities"):
        extract(changed(packed(document), bomb), "a.docx")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "is no Word file or is damaged"),
        (b"PK\x03\x04 nothing", "is no Word file or is damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "of the old kind"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
        (changed(packed(newspaper(True)), lambda _, content: content[: len(content) // 2]), "is a damaged Word file"),
        (packed(newspaper(True))[:-2000], "is no Word file or is damaged"),
    ],
    ids=["empty", "no zip", "doc", "password", "cut parts", "cut file"],
)
def test_what_is_no_word_file(data: bytes, why: str) -> None:
    with pytest.raises(PagesError, match=why):
        extract(data, "a.docx")


def test_archives_that_are_no_word_file_or_a_bomb() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", "x")
    with pytest.raises(PagesError, match="an archive, but no Word file"):
        extract(out.getvalue(), "a.docx")
    bomb = changed(packed(docx.Document()), lambda _, content: content, {"word/media/a.png": bytes(201 * 2**20)})
    assert len(bomb) < 2**20
    with pytest.raises(PagesError, match="unpacks to more than 200 MB"):
        extract(bomb, "a.docx")


_PAGE = packed(newspaper(True))


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, len(_PAGE) - 1), new=st.binary(min_size=1, max_size=8))
def test_damage_anywhere_gives_text_or_one_sentence(at: int, new: bytes) -> None:
    try:
        extract(_PAGE[:at] + new + _PAGE[at + len(new) :], "a.docx")
    except PagesError as error:
        assert "\n" not in str(error) and "a.docx" in str(error)
