"""How a hit is cited: newspaper file, article, paragraph."""

from __future__ import annotations

from qa.records import Hit

_KINDS = {
    "headline": "标题",
    "byline": "署名",
    "jump": "转版标记",
    "index": "导读",
    "caption": "图片说明",
}


def cite(hit: Hit) -> str:
    """One line that says where a passage stands: `page_3.txt《headline》第2段`. What is not known is left out."""
    passage, page = hit.passage, hit.page
    issue = " ".join(part for part in (page.date or "", f"第{page.page}版" if page.page else "") if part)
    place = _KINDS.get(passage.kind) or ("" if passage.kind == "document" else f"第{passage.paragraph + 1}段")
    if passage.kind == "caption":
        place += f"第{passage.paragraph + 1}段" if len(hit.article.paragraphs) > 1 else ""
    title = f"《{passage.headline}》" if passage.headline else ""
    return " ".join(part for part in (passage.source, issue, title + place) if part)
