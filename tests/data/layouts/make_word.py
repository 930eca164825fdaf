"""Make word.docx: a newspaper page as an editorial office keeps it in Word, for the tests of the page reader.

    python tests/data/layouts/make_word.py [OUT.docx]

The page holds what such files hold: a page header and footer, a kicker and a headline with heading styles, a headline
that is only large and bold and has a soft line break, bylines, a passage in two columns with a column break inside a
sentence, a tracked deletion and insertion, a photograph with its caption, a table, a text box. What a reader should
make of it stands in word.jsonl. All text, names and places are invented.
"""

import struct
import sys
import zlib
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from docx import Document
from docx.document import Document as Page
from docx.enum.section import WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Pt
from docx.text.paragraph import Paragraph

COLUMN = "¦"  # in a body paragraph: the column breaks here, inside the sentence

LEAD = (
    "本报讯 松陵县山洪预警系统昨天通过省级验收。从今年汛期起,全县26条小流域的水位每五分钟上报一次,"
    "雨量、水位、土壤含水量三样数据合在一起,系统能提前四十分钟说出哪一个村该转移。",
    "过去看水靠人。落星坪村的老支书舒望说,每逢暴雨夜,他要打着手电到桥墩底下看刻度,看一回,跑回来敲一回锣。"
    "2020年7月那一夜,他敲坏了两面铜锣,全村143¦口人一个不少地上了山。",
    "新系统把铜锣也算了进去。县应急管理局在每个村民小组装了一只手摇警报器,断电断网时照样能响,"
    "摇柄交给住得最近、睡得最轻的那户人家。全县一共装了388只,每月一号正午试摇一分钟。",
)
SUBHEAD = "谁来按下转移键"
LEAD_END = (
    "验收组提了一个问题:数据到了,谁说了算?松陵县的答案写在一张塑封卡片上:红色预警一响,村民小组长有权先转移、"
    "后报告,转移错了不追责,转移慢了要问责。",
    "“我们宁可十次白跑。”县应急管理局局长麦田说。",
)
MARKET = (
    "本报讯(记者 唐棣 通讯员 沙鸥) 菜场里也能借雨伞了。4月6日,松陵县城的三家菜场设起共享雨伞架,"
    "第一批投放雨伞900把,伞面上印着当季蔬菜的挑选窍门。",
    "借伞不用押金,报一个手机尾号就行。三天下来,借出去1127次,没有还回来的只有六把,其中两把后来被放在了摊主的秤边上。",
)
CAPTION = "4月7日,松陵县第一中学的学生在校门口的溪滩上测量流速。他们用一只橙子当浮标,二十米的距离漂了31秒。"
COURSES = (
    ("课程", "地点", "时间", "名额"),
    ("竹编入门", "县文化馆", "周二19:00", "20人"),
    ("山歌合唱", "落星坪礼堂", "周四19:30", "60人"),
    ("手机摄影", "县图书馆", "周六14:00", "35人"),
)
COURSE_TEXT = (
    "本报讯 松陵县文化馆的春季公益课今天上午九点开始报名,课程全部免费,竹编和摄影需要自备工具。课表如下:",
    "每人最多选两门,报了名三次不到的,名额让给候补的人。报名电话:6120088。",
)
BOX = (
    "便民提示",
    "南门桥4月11日起封闭检修",
    "南门桥因更换伸缩缝,4月11日零时至4月20日二十四时封闭,行人可走上游便桥,机动车请绕行环城西路。",
)


def square(side: int = 24) -> bytes:
    """A grey PNG of side x side pixels, so that the file holds a picture and the repository no photograph."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x80" * side) * side)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def columns(page: Page, count: int) -> None:
    """Start a continuous section of `count` columns; what was written before keeps its own."""
    section = page.add_section(WD_SECTION.CONTINUOUS)
    cols = section._sectPr.find(qn("w:cols"))
    if cols is None:
        cols = OxmlElement("w:cols")
        section._sectPr.append(cols)
    cols.set(qn("w:num"), str(count))


def body(page: Page, text: str) -> Paragraph:
    """A body paragraph, indented by two characters; COLUMN in the text becomes a column break."""
    paragraph = page.add_paragraph()
    paragraph.paragraph_format.first_line_indent = Pt(21)
    for number, part in enumerate(text.split(COLUMN)):
        if number:
            paragraph.add_run().add_break(WD_BREAK.COLUMN)
        paragraph.add_run(part)
    return paragraph


def large(page: Page, text: str, size: int) -> Paragraph:
    """A headline by looks alone: the Normal style, bold, centred, `size` points; "\\n" is a soft line break."""
    paragraph = page.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = paragraph.add_run(text)  # python-docx writes "\n" as <w:br/>
    run.bold = True
    run.font.size = Pt(size)
    return paragraph


def append(paragraph: Paragraph, xml: str) -> None:
    """Append an element that python-docx has no call for."""
    element: Any = paragraph._p  # the stubs of lxml allow only children of the same class
    element.append(parse_xml(xml))


def tracked(paragraph: Paragraph, removed: str, added: str) -> None:
    """Append a tracked change: `removed` is struck out (not part of the text), `added` is an insertion (part of it)."""
    who = 'w:author="sub-editor" w:date="2026-04-08T20:00:00Z"'
    append(paragraph, f'<w:del {nsdecls("w")} w:id="901" {who}><w:r><w:delText>{removed}</w:delText></w:r></w:del>')
    append(paragraph, f'<w:ins {nsdecls("w")} w:id="902" {who}><w:r><w:t>{added}</w:t></w:r></w:ins>')


def text_box(page: Page, lines: tuple[str, ...]) -> None:
    """A text box of one paragraph a line, in the old VML form that Word and WPS still write as fallback."""
    inner = "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in lines)
    shape = (
        f'<w:r {nsdecls("w")} xmlns:v="urn:schemas-microsoft-com:vml"><w:pict>'
        '<v:shape id="box1" style="width:220pt;height:110pt"><v:textbox><w:txbxContent>'
        f"{inner}</w:txbxContent></v:textbox></v:shape></w:pict></w:r>"
    )
    append(page.add_paragraph(), shape)


def make() -> Page:
    """The whole page, in reading order."""
    page = Document()
    page.core_properties.author = "松陵日报"
    page.core_properties.created = page.core_properties.modified = datetime(2026, 4, 8, 21, 0)
    first = page.sections[0]
    first.header.paragraphs[0].text = "松陵日报 2026年4月9日 第2版 县域新闻"
    first.footer.paragraphs[0].text = "责任编辑:贺知秋 第2页"

    page.add_paragraph("26条小流域装上“千里眼”", style="Subtitle")
    page.add_heading("四十分钟,够一个村子走到高处", level=1)
    page.add_paragraph("■记者 唐棣 云想 通讯员 沙鸥")
    columns(page, 2)
    for text in LEAD:
        body(page, text)
    page.add_heading(SUBHEAD, level=3)
    for text in LEAD_END:
        body(page, text)
    columns(page, 1)

    large(page, "菜场门口的九百把伞\n借走容易,还得也勤", 22)
    body(page, MARKET[0])
    changed = body(page, MARKET[1])
    tracked(changed, "菜场准备再买一千把。", "下一步,伞架要搬到车站去。")

    page.add_picture(BytesIO(square()), width=Pt(160))
    large(page, "一只橙子的速度", 16)
    page.add_paragraph(CAPTION)
    page.add_paragraph("■摄影 记者 云想")

    page.add_heading("春季公益课开班 竹编、山歌、摄影任你挑", level=1)
    page.add_paragraph("■见习记者 白芷")
    body(page, COURSE_TEXT[0])
    table = page.add_table(rows=0, cols=len(COURSES[0]))
    for row in COURSES:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    body(page, COURSE_TEXT[1])

    text_box(page, BOX)
    return page


if __name__ == "__main__":
    make().save(sys.argv[1] if len(sys.argv) > 1 else str(Path(__file__).with_name("word.docx")))
