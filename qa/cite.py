"""How a hit is cited: newspaper file, sheet of a PDF, paper and issue, article, paragraph."""

from __future__ import annotations

from corpus.records import Page, Span
from corpus.regions import sheets_of
from qa.papers import Paper, Papers
from qa.records import Hit

_KINDS = {
    "headline": "标题",
    "byline": "署名",
    "jump": "转版标记",
    "index": "导读",
    "caption": "图片说明",
}


def cite(hit: Hit, papers: Papers | None = None) -> str:
    """One line that says where a passage stands: `page_3.txt 《headline》第2段`. What is not known is left out.

    第3页 is a sheet of a PDF file, 第3版 a page of the newspaper.

    :param papers: what is known of the papers; None for what the page itself says.
    """
    passage, paper = hit.passage, (papers or Papers()).of(hit.page)
    title = f"《{passage.headline}》" if passage.headline else ""
    shown = (paper.file, sheet(hit.page, passage.spans), issue(paper), title + _paragraph(hit))
    return " ".join(part for part in shown if part)


def issue(paper: Paper) -> str:
    """Paper, day and page: `柳湾日报 2026-04-01 第3版 民生`. What is not known is left out."""
    day = "" if paper.date is None else paper.date.isoformat()
    page = "" if paper.page is None else f"第{paper.page}版"
    return " ".join(part for part in (paper.title, day, page, paper.page_name) if part)


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
