"""Which article of an issue goes on in which: `(下转2版)` at the end of one, `(上接1版)` at the head of the other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from corpus.fold import fold
from corpus.issue import page_key
from corpus.joins import ends_sentence, runs_on
from corpus.records import Article, Page
from corpus.words import pairs

_MARK: Final = re.compile(
    r"(?:(?P<on>[下文]{1,2}\s*[转接]|(?:continued|turn|cont[.']?d?) (?:on|to))"
    r"|(?P<back>上文?\s*[转接]|(?<!\w)\w+ from))"
    r"\s*(?:第|page|p\.?)?\s*(?P<page>[a-z]{0,2}\d{1,3}|[一二三四五六七八九十]{1,3}|头)?"
)
_ALIKE: Final = 0.4
"""From this share of common character pairs on, two headlines speak of the same thing."""
_MARGIN: Final = 0.15
"""By how much the best partner must be better than the next."""
_MOST_PAGES: Final = 60
"""No issue has more; what seems to be one is a folder of many issues, and every mark held against every article of
thousands of pages would take all memory."""


@dataclass(frozen=True, slots=True)
class _End:
    """An article with its marks: the pages that it names, "" where it names none, None where there is no mark."""

    article: Article
    page: Page
    number: str  # the page's own number, "" where it is not known
    pairs: frozenset[str]  # of the headline's characters
    on: str | None
    back: str | None


def continuations(pages: Iterable[Page]) -> dict[str, str]:
    """The id of an article → the id of the one that continues it on another page of the same issue.

    Pages are of one issue if they have the same date or, where they have none, lie in the same folder. More than
    _MOST_PAGES of them are taken so many at a time, in their order, as if each lot were an issue.

    Marks and page numbers must not contradict each other where they are known. Beyond that a link needs evidence: marks
    on both sides whose numbers agree and that fit no other article as well, or headlines that have character pairs in
    common, or text that runs on from one to the other. Each article has one partner at most on either side, the best
    one first; where two fit equally well there is no link.
    """
    issues: dict[tuple[str, str], list[Page]] = {}
    for page in pages:
        key = ("date", page.date) if page.date is not None else ("folder", str(PurePosixPath(page.source).parent))
        issues.setdefault(key, []).append(page)
    links: dict[str, str] = {}
    for issue in issues.values():
        for first in range(0, len(issue), _MOST_PAGES):
            links.update(_links([end for page in issue[first : first + _MOST_PAGES] for end in _ends(page)]))
    return links


def _ends(page: Page) -> list[_End]:
    number = "" if page.page is None else page_key(page.page)
    out = []
    for article in page.articles:
        if article.kind == "article":
            on, back = _marks(article)
            out.append(_End(article, page, number, frozenset(pairs(article.headline)), on, back))
    return out


def _marks(article: Article) -> tuple[str | None, str | None]:
    """The pages that an article's marks name, onward (下转, 下接) and back (上接, 上转)."""
    on = back = None
    for text in (article.jump, *(block.text for block in article.jump_blocks)):
        match = _MARK.search(fold(text))
        if match is not None:
            number = page_key(match["page"]) if match["page"] else ""
            on, back = (number, back) if match["on"] else (on, number)
    return on, back


def _links(ends: Sequence[_End]) -> dict[str, str]:
    every = range(len(ends))
    onward = [n for n in every if ends[n].on is not None]
    back = [m for m in every if ends[m].back is not None]
    marked = [(n, m) for n in onward for m in every] + [(n, m) for m in back for n in every if ends[n].on is None]
    scored = [(score, n, m) for n, m in marked if (score := _score(ends[n], ends[m], ends)) > 0]
    scored.sort(key=lambda entry: (-entry[0], entry[1:]))
    links: dict[str, str] = {}
    lefts: set[int] = set()
    rights: set[int] = set()
    for at, (score, n, m) in enumerate(scored):
        if n in lefts or m in rights:
            continue
        rivals = [
            other
            for other, a, b in scored[at + 1 :]
            if (a == n) != (b == m) and a not in lefts and b not in rights and score - other < _MARGIN
        ]
        if rivals:
            continue
        lefts.add(n)
        rights.add(m)
        links[ends[n].article.id] = ends[m].article.id
    return links


def _score(left: _End, right: _End, ends: Sequence[_End]) -> float:
    """How well `right` continues `left`: above 0 where the evidence is enough, higher where there is more of it."""
    if left.page.source == right.page.source or (left.number and left.number == right.number):
        return 0.0
    agree = 0
    for named, number in ((left.on, right.number), (right.back, left.number)):
        if named and number:
            if named != number:
                return 0.0
            agree += 1
    alike = _alike(left.pairs, right.pairs)
    flows = _flows(left.article, right.article)
    marks = (left.on is not None) + (right.back is not None)
    if marks == 2:
        enough = alike >= _ALIKE or flows or (agree > 0 and _only(left, right, ends))
    else:
        enough = (agree > 0 and (alike >= _ALIKE or (flows and alike > 0))) or alike >= 2 * _ALIKE
    nearby = PurePosixPath(left.page.source).parent == PurePosixPath(right.page.source).parent
    return 0.5 * marks + 0.5 * agree + 2 * alike + 0.5 * flows + 0.25 * nearby if enough else 0.0


def _only(left: _End, right: _End, ends: Sequence[_End]) -> bool:
    """Whether no other mark of the issue fits one of the two as well."""
    rivals_left = [
        end
        for end in ends
        if end.on is not None
        and end.page.source != right.page.source
        and (not end.on or not right.number or end.on == right.number)
        and (not right.back or not end.number or end.number == right.back)
    ]
    rivals_right = [
        end
        for end in ends
        if end.back is not None
        and end.page.source != left.page.source
        and (not left.on or not end.number or end.number == left.on)
        and (not end.back or not left.number or end.back == left.number)
    ]
    return len(rivals_left) == 1 and len(rivals_right) == 1


def _alike(left: frozenset[str], right: frozenset[str]) -> float:
    """The character pairs that two headlines have in common, as a share of those of the shorter: 0 to 1.

    The shorter counts, since the second page often prints half of the headline; it must have three pairs at least.
    """
    shorter = min(len(left), len(right))
    return len(left & right) / shorter if shorter >= 3 else 0.0


def _flows(left: Article, right: Article) -> bool:
    """Whether the text of `left` breaks off in a sentence that the text of `right` takes up."""
    if not left.paragraphs or not right.paragraphs:
        return False
    end, start = left.paragraphs[-1].text, right.paragraphs[0].text
    return not ends_sentence(end) and runs_on(end, start)
