"""Citations to copy: GB/T 7714-2015, RIS, BibTeX, CSL-JSON and Markdown, of one passage or of many.

What is not known is left out: name, place, publisher and ISSN of a newspaper stand in a citation only where papers.toml
or the caller says them. An article without a headline is cited by its opening words. The writers of an article are its
reporters, then its correspondents; of a photo item, who took the picture, and whoever else signs where nobody did.

GB/T 7714-2015: 主要责任者. 题名[N]. 报纸名, 出版日期(版次). Up to three names, then 等. A page without a number goes by
its name. The place in the file and the passage's address follow as a note.
RIS: Zotero's and EndNote's newspaper article, TY NEWS; UTF-8, one field a line.
BibTeX: @article with entrysubtype newspaper as biblatex has it, @misc where the newspaper is not known.
CSL-JSON: article-newspaper of the CSL 1.0.2 data schema.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from qa.cite import place
from qa.papers import Papers
from qa.plain import one_line
from qa.records import CitationStyle, Hit

_OPENING: Final = 20
_NAMED: Final = 3
_HAN: Final = re.compile("[\u3400-\u9fff]")
_LATEX: Final = {
    "\\": r"\textbackslash{}",
    # BibTeX counts braces also behind a backslash, so that a lone \{ would leave the entry open.
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{char: f"\\{char}" for char in "&%$#_"},
}
_MARKDOWN: Final = re.compile(r"([\\`*_\[\]<>&|~#$!])")
_MONTHS: Final = "jan feb mar apr may jun jul aug sep oct nov dec".split()


@dataclass(frozen=True, slots=True)
class Reference:
    """What is known of a hit for citing it, on one line each; None and () for what is not.

    `paper` is the newspaper's title, `city` where it comes out; `date` is (year, month, day); `page` and `page_name`
    are the newspaper page's. `place` says where in the file (page_3.txt 第2段). `address` is `baowen:` and the
    passage's id, which stays the same as long as the file's name and the article's text do.
    """

    authors: tuple[str, ...]
    title: str
    paper: str | None
    date: tuple[int, int, int] | None
    page: str | None
    place: str
    address: str
    city: str | None = None
    publisher: str | None = None
    issn: str | None = None
    page_name: str | None = None

    @property
    def iso(self) -> str | None:
        """The date as 2026-04-01."""
        return None if self.date is None else "{:04d}-{:02d}-{:02d}".format(*self.date)


def reference(hit: Hit, papers: Papers | str | None = None) -> Reference:
    """What is known of a hit.

    :param papers: what papers.toml says, or the newspaper's name; None where only the pages themselves say something.
    """
    article = hit.article
    paper = _papers(papers).of(hit.page)
    writers = (*article.reporters, *article.correspondents)
    authors = (article.photographers or writers) if article.kind == "photo" else writers
    title = one_line(article.headline or hit.passage.headline)
    if not title:
        text = one_line(article.paragraphs[0].text if article.paragraphs else hit.passage.text)
        title = text if len(text) <= _OPENING else text[:_OPENING] + "…"
    return Reference(
        authors=tuple(one_line(name) for name in authors),
        title=title,
        paper=paper.title,
        date=None if paper.date is None else (paper.date.year, paper.date.month, paper.date.day),
        page=paper.page,
        place=one_line(" ".join(part for part in (paper.file, place(hit)) if part)),
        address=f"baowen:{hit.passage.id}",
        city=paper.place,
        publisher=paper.publisher,
        issn=paper.issn,
        page_name=paper.page_name,
    )


def bibliography(hits: Sequence[Hit], style: CitationStyle, papers: Papers | str | None = None) -> str:
    """The hits cited in their order: a file that other programs read, without a line feed at the end.

    :param papers: as for `reference`.
    """
    papers = _papers(papers)
    references = [reference(hit, papers) for hit in hits]
    if style == "csl":
        return json.dumps([csl(one) for one in references], ensure_ascii=False, indent=2)
    writers: dict[str, Callable[[Reference], str]] = {"gbt": gbt, "ris": ris, "bibtex": bibtex, "markdown": markdown}
    return ("\n\n" if style in ("ris", "bibtex") else "\n").join(writers[style](one) for one in references)


def _papers(papers: Papers | str | None) -> Papers:
    return papers if isinstance(papers, Papers) else Papers().titled(papers)


def gbt(one: Reference) -> str:
    """As GB/T 7714-2015 has it: 王一, 李二. 新桥通车[N]. 柳湾日报, 2026-04-01(3). 20260401_03版.txt 第2段. baowen:…"""
    issue = ", ".join(part for part in (one.paper, one.iso) if part is not None)
    page = one.page or one.page_name
    issue += f"({page})" if page is not None else ""
    names = ", ".join(one.authors[:_NAMED])
    if len(one.authors) > _NAMED:
        names += ", 等" if _HAN.search(names) else ", et al"
    return ". ".join(part for part in (names, f"{one.title}[N]", issue, one.place, one.address) if part)


def ris(one: Reference) -> str:
    """One record from TY to ER."""
    fields = [("TY", "NEWS"), ("ID", one.address), *(("AU", name) for name in one.authors), ("TI", one.title)]
    if one.paper is not None:
        fields.append(("T2", one.paper))
    if one.date is not None:
        fields += [("PY", f"{one.date[0]:04d}"), ("DA", "{:04d}/{:02d}/{:02d}".format(*one.date))]
    if one.page is not None:
        fields.append(("SP", one.page))
    more = (("SE", one.page_name), ("CY", one.city), ("PB", one.publisher), ("SN", one.issn))
    fields += [(tag, value) for tag, value in more if value is not None]
    fields += [("N1", f"{one.place}; {one.address}"), ("ER", "")]
    return "\n".join(f"{tag}  - {value}" for tag, value in fields)


def bibtex(one: Reference) -> str:
    """One entry. Names and title stand in braces of their own, so that no style takes them apart or lowers them."""
    fields: list[tuple[str, str]] = []
    if one.authors:
        fields.append(("author", "{" + " and ".join(f"{{{latex(name)}}}" for name in one.authors) + "}"))
    fields.append(("title", f"{{{{{latex(one.title)}}}}}"))
    if one.paper is not None:
        fields += [("journal", f"{{{latex(one.paper)}}}"), ("entrysubtype", "{newspaper}")]
    if one.date is not None:
        year, month, day = one.date
        fields += [("year", f"{{{year}}}"), ("month", _MONTHS[month - 1]), ("day", f"{{{day}}}")]
    if one.page is not None:
        fields.append(("pages", f"{{{latex(one.page)}}}"))
    more = (("titleaddon", one.page_name), ("location", one.city), ("publisher", one.publisher), ("issn", one.issn))
    fields += [(name, f"{{{latex(value)}}}") for name, value in more if value is not None]
    fields.append(("note", f"{{{latex(one.place)}; {latex(one.address)}}}"))
    lines = ",\n".join(f"  {name} = {value}" for name, value in fields)
    return f"@{'misc' if one.paper is None else 'article'}{{{one.address},\n{lines}\n}}"


def csl(one: Reference) -> dict[str, object]:
    """One item; names are literal, since nothing says where the family name ends."""
    item: dict[str, object] = {"id": one.address, "type": "article-newspaper", "title": one.title}
    if one.authors:
        item["author"] = [{"literal": name} for name in one.authors]
    if one.paper is not None:
        item["container-title"] = one.paper
    if one.date is not None:
        item["issued"] = {"date-parts": [list(one.date)]}
    if one.page is not None:
        item["page"] = one.page
    more = {"section": one.page_name, "publisher-place": one.city, "publisher": one.publisher, "ISSN": one.issn}
    item |= {name: value for name, value in more.items() if value is not None}
    if _HAN.search(one.title):
        item["language"] = "zh"
    return item | {"note": f"{one.place}; {one.address}"}


def markdown(one: Reference) -> str:
    """One line for a text in Markdown: names, title, *newspaper*, date, page, place, address."""
    names = ("、" if _HAN.search("".join(one.authors)) else ", ").join(map(_escaped, one.authors))
    title = f"《{_escaped(one.title)}》" if _HAN.search(one.title) else f"“{_escaped(one.title)}”"
    page = None if one.page is None else f"第{_escaped(one.page)}版"
    parts = (
        names,
        title,
        None if one.paper is None else f"*{_escaped(one.paper)}*",
        one.iso,
        page,
        None if one.page_name is None else _escaped(one.page_name),
        _escaped(one.place),
        f"`{one.address}`",
    )
    return ", ".join(part for part in parts if part)


def latex(text: str) -> str:
    """`text` with everything escaped that TeX or BibTeX reads as a command.

    >>> latex("50% {A_b}")
    '50\\\\% \\\\textbraceleft{}A\\\\_b\\\\textbraceright{}'
    """
    return "".join(_LATEX.get(char, char) for char in text)


def _escaped(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", text)
