"""How a hit is cited: newspaper file, sheet of a PDF, issue, article, paragraph."""

from __future__ import annotations

from corpus.records import Page, Span
from corpus.regions import sheets_of
from qa.records import Hit

_KINDS = {
    "headline": "标题",
    "byline": "署名",
    "jump": "转版标记",
    "index": "导读",
    "caption": "图片说明",
}


def cite(hit: Hit) -> str:
    """One line that says where a passage stands: `page_3.txt 《headline》第2段`. What is not known is left out.

    第3页 is a sheet of a PDF file, 第3版 a page of the newspaper.
    """
    passage, page = hit.passage, hit.page
    issue = " ".join(part for part in (page.date or "", f"第{page.page}版" if page.page else "") if part)
    title = f"《{passage.headline}》" if passage.headline else ""
    return " ".join(
        part for part in (passage.source, sheet(page, passage.spans), issue, title + _paragraph(hit)) if part
    )


def place(hit: Hit) -> str:
    """Where a passage stands in its file and article: `第3页 第2段`, `标题`."""
    return " ".join(part for part in (sheet(hit.page, hit.passage.spans), _paragraph(hit)) if part)


def _paragraph(hit: Hit) -> str:
    passage = hit.passage
    name = _KINDS.get(passage.kind) or ("" if passage.kind == "document" else f"第{passage.paragraph + 1}段")
    if passage.kind == "caption" and len(hit.article.paragraphs) > 1:
        name += f"第{passage.paragraph + 1}段"
    return name


def sheet(page: Page, spans: tuple[Span, ...]) -> str:
    """第3页 or 第3、4页: the sheets of a PDF on which the text at `spans` stands; "" for any other file.

    An image is one sheet, which need not be named.
    """
    sheets = sheets_of(page, spans) if page.source.lower().endswith(".pdf") else []
    return f"第{'、'.join(map(str, sheets))}页" if sheets else ""
