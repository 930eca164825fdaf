"""A document of `export` as Markdown and as one HTML file. Whatever it quotes stays text in both.

The HTML holds all it needs: no script, no link out of it, and a policy that would refuse both.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Mapping
from typing import Final

from qa.export import Document, Exchange, Language, Quoted

_SAYS: Final[dict[Language, dict[str, str]]] = {
    "zh": {
        "searched": "按此检索：",
        "only": "只看：",
        "date": "日期 {}",
        "page": "第{}版",
        "kind": "类别 {}",
        "reporter": "{}署名",
        "photographer": "{}拍摄",
        "source": "文件 {}",
        "nearest": "最接近的段落（不是答案）：",
        "sources": "出处",
        "about": "报纸：",
        "made": "由“报问”导出，引文均为报上原句。",
        "off_topic": "这些版面里没有：没有一处讲到这件事。",
        "not_stated": "这些版面里没有：讲到了相关的事，但没有说到这一点。",
        "not_a_question": "这不是一个可以查找的问题。",
        "too_long": "问题太长。",
    },
    "en": {
        "searched": "Searched for: ",
        "only": "Only: ",
        "date": "of {}",
        "page": "page {}",
        "kind": "kind {}",
        "reporter": "signed {}",
        "photographer": "photographs by {}",
        "source": "file {}",
        "nearest": "The nearest passages (no answer):",
        "sources": "Sources",
        "about": "Pages: ",
        "made": "Exported from Baowen; what is quoted is printed so.",
        "off_topic": "Not in these pages: nothing in them is about this.",
        "not_stated": "Not in these pages: they speak of it, but do not state this.",
        "not_a_question": "This is no question that can be looked up.",
        "too_long": "The question is too long.",
    },
}

# Everything that begins a mark inside a line, in CommonMark and in the dialects that know tables, formulas and strikes.
_MARKS: Final = re.compile(r"([\\`*_\[\]<>|~$^!#])|&(?=#|\w)|(?<=\w)(@)(?=\w)")
# What begins a block, where the text begins a line; and an address that some readers make a link of.
_BLOCK: Final = re.compile(r"^([+=:-]|\d+(?=[.)]))")
_ADDRESS: Final = re.compile(r"(:)(?=//)|(?<=www)(\.)", re.IGNORECASE)


def literal(text: str) -> str:
    """`text`, which is one line, so that Markdown shows it as it stands.

    >>> literal("1. *a* <b>"), literal("http://x")
    ('1\\\\. \\\\*a\\\\* \\\\<b\\\\>', 'http&#58;//x')
    """
    marked = _MARKS.sub(lambda match: f"&#{ord(match[0])};" if match[0] in "&@" else f"\\{match[0]}", text)
    marked = _ADDRESS.sub(lambda match: f"&#{ord(match[0])};", marked)
    found = _BLOCK.match(marked)
    if found is None:
        return marked
    at = found.end() if marked[0].isdigit() else 0
    return f"{marked[:at]}\\{marked[at:]}"


def as_markdown(document: Document, lang: Language = "zh") -> str:
    """The document as CommonMark, without any HTML."""
    says = _SAYS[lang]
    parts = [f"# {literal(document.title) or 'Baowen'}", literal(_about(document, says))]
    for number, one in enumerate(document.exchanges, 1):
        parts.append(f"## {number}\\. {literal(one.question)}")
        parts += [literal(line) for line in _asked(one, says)]
        if one.answer:
            # The answer is not marked in its sentence again: two stars beside a Chinese quotation mark are no mark.
            parts.append(f"**{literal(one.answer)}** \\[{one.quotes[0].source}\\]")
        if one.reason:
            parts.append(f"**{literal(says[one.reason])}**")
            parts += [literal(says["nearest"])] if one.quotes else []
        parts += [f"> {literal(''.join(_pieces(quote)))} \\[{quote.source}\\]" for quote in one.quotes]
    if document.sources:
        parts.append(f"## {says['sources']}")
        parts += [f"\\[{number}\\] {literal(source)}" for number, source in enumerate(document.sources, 1)]
    return "\n\n".join([*parts, literal(says["made"])]) + "\n"


_STYLE: Final = """
:root { color-scheme: light dark; }
body { max-width: 42rem; margin: 2rem auto; padding: 0 1rem; line-height: 1.7;
  font-family: "Noto Serif CJK SC", "Songti SC", SimSun, Georgia, serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; border-top: 1px solid; padding-top: 1rem; }
blockquote { margin: .7rem 0; padding-left: 1rem; border-left: 3px solid; }
mark { background: #ffe58a; color: #1a1a1a; }
.answer { font-size: 1.15rem; font-weight: bold; } .small { font-size: .9rem; }
@media print { body { margin: 0; } h2, blockquote { break-inside: avoid; } }
"""
_POLICY: Final = (
    "default-src 'none'; style-src 'sha256-"
    + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    + "'; base-uri 'none'; form-action 'none'"
)


def as_html(document: Document, lang: Language = "zh") -> str:
    """The document as one HTML file that asks for nothing else."""
    says, title = _SAYS[lang], html.escape(document.title or "Baowen")
    body = [f'<h1 dir="auto">{title}</h1>', f'<p class="small" dir="auto">{html.escape(_about(document, says))}</p>']
    for number, one in enumerate(document.exchanges, 1):
        body.append(f'<section><h2 dir="auto">{number}. {html.escape(one.question)}</h2>')
        body += [f'<p class="small" dir="auto">{html.escape(line)}</p>' for line in _asked(one, says)]
        if one.answer:
            body.append(f'<p class="answer" dir="auto">{html.escape(one.answer)} {_link(one.quotes[0])}</p>')
        if one.reason:
            body.append(f"<p><strong>{html.escape(says[one.reason])}</strong></p>")
            body += [f"<p>{html.escape(says['nearest'])}</p>"] if one.quotes else []
        for quote in one.quotes:
            before, marked, after = map(html.escape, _pieces(quote))
            marked = f"<mark>{marked}</mark>" if marked else ""
            body.append(f'<blockquote dir="auto">{before}{marked}{after} {_link(quote)}</blockquote>')
        body.append("</section>")
    if document.sources:
        body.append(f"<section><h2>{html.escape(says['sources'])}</h2>")
        for number, source in enumerate(document.sources, 1):
            body.append(f'<p class="small" dir="auto" id="source-{number}">[{number}] {html.escape(source)}</p>')
        body.append("</section>")
    body.append(f'<footer class="small">{html.escape(says["made"])}</footer>')
    return (
        f'<!doctype html>\n<html lang="{"zh-CN" if lang == "zh" else "en"}"><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title><style>{_STYLE}</style></head>\n<body><main>\n{chr(10).join(body)}\n</main></body></html>\n"
    )


def _link(quote: Quoted) -> str:
    return f'<a href="#source-{quote.source}">[{quote.source}]</a>'


def _about(document: Document, says: Mapping[str, str]) -> str:
    pages = f"{says['about']}{document.pages} · " if document.pages else ""
    return pages + document.when


def _asked(one: Exchange, says: Mapping[str, str]) -> list[str]:
    """What stands under a question: as what it was searched for, and in what alone."""
    searched = [says["searched"] + one.asked_as] if one.asked_as else []
    # Not by str.format: braces in a value are its own.
    only = ", ".join(says[name].replace("{}", value) for name, value in one.only)
    return searched + ([says["only"] + only] if only else [])


def _pieces(quote: Quoted) -> tuple[str, str, str]:
    """The three parts of a quote, with an ellipsis where it is cut."""
    before = ("…" if quote.cut_before else "") + quote.before.lstrip()
    return before, quote.marked, quote.after.rstrip() + ("…" if quote.cut_after else "")
