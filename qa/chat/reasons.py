"""Sentences on files in Chinese: why one was not taken or not read. The sentences themselves are made in English, where
the file is looked at; one that is not known here is shown as it is.
"""

from __future__ import annotations

import re
from typing import Final

from qa.chat.labels import Language

_KINDS: Final = {
    "plain text": "纯文本",
    "a PDF": "PDF",
    "a Word file": "Word 文件",
    "a web page": "网页",
    "a PNG picture": "PNG 图片",
    "a JPEG picture": "JPEG 图片",
    "a GIF picture": "GIF 图片",
    "an Office file of the old kind": "旧格式的 Office 文件",
    "a database": "数据库",
    "an archive": "压缩包",
    "an archive or a Word file": "压缩包或 Word 文件",
    "a program": "程序",
    "a text in RTF": "RTF 文件",
}
# Groups are put in by number, those that name a kind of file in Chinese. The first that fits counts.
_SENTENCES: Final[tuple[tuple[str, str], ...]] = (
    # as it is uploaded
    (r"A file without a name is of no kind that is read; .*ends in (.*)\.", "没有文件名；可以上传 {1}。"),
    (r"(.*) is of no kind that is read; .*ends in (.*)\.", "{1}：这类文件不能读；可以上传 {2}。"),
    (r"(.*) has more than (.*) MB, the most that is taken; .*", "{1}：超过{2}MB，太大了；请拆成几个文件。"),
    (r"(.*) is here already, as (.*); nothing was added\.", "{1}：已经有了（{2}），没有再收。"),
    (r"There are (.*) pages already, .* to add (.*)\.", "{2}：已有{1}个版面，满了；请先移走一些。"),
    (r"(.*) has (.*) MB, there is room for (.*); remove .*", "{1}：有{2}MB，只剩{3}MB的地方；请先移走一些版面。"),
    (r"(.*) cannot be kept \(.*", "{1}：存不下来；请先腾出一些磁盘空间。"),
    (r"There is no uploaded page .*", "没有这个上传的版面，可能已经移走。"),
    (r"(.*) is no (.*): by its content it is (.*); save .*", "{1}：不是{2}，内容看来是{3}；请另存为相应的格式再传。"),
    (r"(.*) is no (.*): its content is something else; .*", "{1}：内容不是{2}；请另存为相应的格式再传。"),
    # as it is read
    (r"(.*) is empty; .*", "{1}：是空的；版面要有文字。"),
    (r"(.*) is protected by a password; .*", "{1}：有密码；请去掉密码另存再试。"),
    (r"(.*) needs a password; .*", "{1}：有密码；请去掉密码另存再试。"),
    (r"(.*) is a Word file of the old kind .*", "{1}：是旧格式的 Word 文件；请另存为 .docx。"),
    (r"(.*) is a damaged .*", "{1}：文件已损坏；请重新保存再试。"),
    (r"(.*) is damaged .*", "{1}：文件已损坏；请重新保存再试。"),
    (r"(.*) is no PDF that can be read .*", "{1}：不是能读的 PDF；请重新保存再试。"),
    (r"(.*) is no Word file .*", "{1}：不是 Word 文件，或已损坏；请重新保存再试。"),
    (r"(.*) is no PNG or JPEG picture .*", "{1}：不是能读的 PNG 或 JPEG 图片；请重新保存再试。"),
    (r"(.*) is a picture of a page; .*", "{1}：是图片；要装上 baowen[ocr] 才能识别其中的文字。"),
    (r"(.*) is a picture in which no text .*", "{1}：图片里没有认出文字；请用 200 dpi 以上扫描。"),
    (r"(.*) holds no text\..*", "{1}：没有文字。"),
    (r"(.*) has (.*) scanned sheets, .* may have (.*) at most; .*", "{1}：有{2}页是扫描件，最多{3}页；请拆开。"),
    (r"(.*) has (.*) sheets, .* may have (.*) at most; .*", "{1}：有{2}页，最多{3}页；请拆开。"),
    (r"(.*) has (.*) lines, .* may have (.*) at most; .*", "{1}：有{2}行，最多{3}行；请拆开。"),
    (r"(.*) has (.*) characters, .* may have (.*) at most; .*", "{1}：有{2}个字符，最多{3}个；请拆开。"),
    (r"(.*) holds (.*) articles, .* may hold (.*) at most; .*", "{1}：有{2}篇文章，最多{3}篇；请拆开。"),
    (r"(.*) has far more pixels than .*", "{1}：图片太大；请缩小再试。"),
    (r"(.*) has (.*) pixels, .*", "{1}：图片有{2}像素，大小或形状不合适；请缩小或裁开。"),
    (r"(.*) unpacks to more than .*", "{1}：解开后太大；请拆开再试。"),
    (r"(.*) is no text in UTF-8, .*", "{1}：不是 UTF-8、UTF-16、GB18030 或 Big5 编码的文本；请另存为 UTF-8 再试。"),
    (r"(.*) takes more than (.*) seconds to read; .*", "{1}：读了{2}秒还没有读完，已放弃；请拆开。"),
    (r"(.*) takes more than (.*) MB of memory to read; .*", "{1}：读它要用{2}MB以上的内存，已放弃；请拆开。"),
    (r"(.*) crashed the process that read it .*", "{1}：读的时候出错，可能已损坏或太大；请重新保存或拆开。"),
    (r"(.*) was given up, for the system killed .*", "{1}：内存不够，没有读完；请腾出内存或拆开。"),
    (r"(.*) nests .* too deeply .*", "{1}：层次太深，不能读；请简化。"),
    (r"(.*) cannot be read .*", "{1}：不能读；请检查文件再试。"),
    (r"They could not be opened; .*", "打不开，原因见日志。"),
    (r"None of the (.*) files at .* can be read; .*", "{1}个文件都不能读。"),
    (r"There is no folder or file of pages .*", "没有这个文件夹。"),
    (r"There are no such pages; .*", "没有这组版面；请从列表里选。"),
)
_KNOWN: Final = tuple((re.compile(pattern, re.DOTALL), text) for pattern, text in _SENTENCES)


def worded(sentence: str, lang: Language) -> str:
    """The sentence in a language, as plain text.

    >>> worded("a.txt is empty; a page must hold text.", "zh")
    'a.txt：是空的；版面要有文字。'
    """
    if lang != "zh":
        return sentence
    for pattern, text in _KNOWN:
        if found := pattern.fullmatch(sentence):
            return text.format("", *(_kind(group) for group in found.groups()))
    return sentence


def _kind(text: str) -> str:
    return next((named for kind, named in _KINDS.items() if text in (kind, kind.split(" ", 1)[1])), text)


LEFT_OUT: Final = {
    "QR hint": "二维码提示",
    "advertisement": "广告",
    "column name": "栏目名",
    "front matter": "文件头",
    "imprint": "编辑与联系方式",
    "index": "导读",
    "masthead": "报头",
    "page footer": "页脚",
    "page header": "页眉",
    "page name": "版名",
    "page note": "本版说明",
    "page number": "版次",
    "repeated headline": "重复的标题",
    "weather": "天气",
    "web page frame": "网页边框",
}
"""Why a line belongs to no article, by the word of `corpus.report`."""


def left_out(reason: str, lang: Language) -> str:
    """Why a line belongs to no article, in a language."""
    return LEFT_OUT.get(reason, reason) if lang == "zh" else reason
