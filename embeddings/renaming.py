"""A page whose file got another name: the same page under that name, without reading the file again."""

from __future__ import annotations

import dataclasses
from pathlib import PurePosixPath

from corpus.ids import article_id
from corpus.issue import date_and_page
from corpus.records import Page


def renamed(page: Page, name: str) -> Page | None:
    """What reading the file under `name` would give; None where only reading it can tell.

    A name decides on the file's format, on the ids of its articles, and on the date and page of its issue; where it
    states no date or page, what is printed on the page may, and that is known where the old name stated none either.
    """
    old = PurePosixPath(page.source)
    if old.suffix.lower() != PurePosixPath(name).suffix.lower() or any(old.name in note for note in page.notes):
        return None
    ids = _ids(page, name)
    if ids is None:
        return None
    issue = []
    for before, now, value in zip(date_and_page(page.source), date_and_page(name), (page.date, page.page), strict=True):
        if now is None and before is not None:
            return None
        issue.append(value if now is None else now)
    articles = tuple(
        dataclasses.replace(article, id=new, source=name) for article, new in zip(page.articles, ids, strict=True)
    )
    return dataclasses.replace(page, source=name, date=issue[0], page=issue[1], articles=articles)


def _ids(page: Page, name: str) -> list[str] | None:
    """The ids that the articles have under `name`; None where they are not made of what is known of the articles."""
    out: list[str] = []
    for article in page.articles:
        texts = [block.text for block in article.paragraphs]
        printed = "\n".join(texts if article.kind == "index" else [article.headline, *texts])
        # As often as an article before it on the page was the same, a line feed is added.
        for _ in page.articles:
            if article_id(page.source, printed) == article.id:
                break
            printed += "\n"
        else:
            return None
        out.append(article_id(name, printed))
    return out
