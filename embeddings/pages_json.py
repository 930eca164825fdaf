"""Pages as JSON lines and back, without loss: one page a line, its text and its records."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from corpus.records import Article, Block, Furniture, Page, Region


def to_lines(pages: Iterable[Page]) -> bytes:
    """One line a page. ASCII, since text may hold half a surrogate pair, which UTF-8 cannot."""
    return b"".join(json.dumps(page_to_dict(page), ensure_ascii=True).encode("ascii") + b"\n" for page in pages)


def from_lines(data: bytes) -> tuple[Page, ...]:
    """The pages that `to_lines` was given, equal to them."""
    return tuple(page_from_dict(json.loads(line)) for line in data.splitlines())


def page_to_dict(page: Page) -> dict[str, Any]:
    return {
        "source": page.source,
        "text": page.text,
        "sha256": page.sha256,
        "date": page.date,
        "page": page.page,
        "articles": [_article_to_dict(article) for article in page.articles],
        "furniture": [{"block": _block_to_dict(item.block), "reason": item.reason} for item in page.furniture],
        "regions": [[r.start, r.end, r.sheet, *r.box] for r in page.regions],
        "notes": list(page.notes),
    }


def page_from_dict(values: dict[str, Any]) -> Page:
    return Page(
        source=values["source"],
        text=values["text"],
        sha256=values["sha256"],
        date=values["date"],
        page=values["page"],
        articles=tuple(_article_from_dict(article) for article in values["articles"]),
        furniture=tuple(Furniture(_block_from_dict(item["block"]), item["reason"]) for item in values["furniture"]),
        regions=tuple(Region(start, end, sheet, (a, b, c, d)) for start, end, sheet, a, b, c, d in values["regions"]),
        notes=tuple(values["notes"]),
    )


def _article_to_dict(article: Article) -> dict[str, Any]:
    return {
        "id": article.id,
        "source": article.source,
        "kind": article.kind,
        "headline": article.headline,
        "headline_blocks": _blocks_to_list(article.headline_blocks),
        "bylines": _blocks_to_list(article.bylines),
        "paragraphs": _blocks_to_list(article.paragraphs),
        "subheads": _blocks_to_list(article.subheads),
        "jump": article.jump,
        "jump_blocks": _blocks_to_list(article.jump_blocks),
        "reporters": list(article.reporters),
        "correspondents": list(article.correspondents),
        "photographers": list(article.photographers),
    }


def _article_from_dict(values: dict[str, Any]) -> Article:
    return Article(
        id=values["id"],
        source=values["source"],
        kind=values["kind"],
        headline=values["headline"],
        headline_blocks=_blocks_from_list(values["headline_blocks"]),
        bylines=_blocks_from_list(values["bylines"]),
        paragraphs=_blocks_from_list(values["paragraphs"]),
        subheads=_blocks_from_list(values["subheads"]),
        jump=values["jump"],
        jump_blocks=_blocks_from_list(values["jump_blocks"]),
        reporters=tuple(values["reporters"]),
        correspondents=tuple(values["correspondents"]),
        photographers=tuple(values["photographers"]),
    )


def _block_to_dict(block: Block) -> dict[str, Any]:
    return {"text": block.text, "spans": [list(span) for span in block.spans]}


def _block_from_dict(values: dict[str, Any]) -> Block:
    return Block(values["text"], tuple((start, end) for start, end in values["spans"]))


def _blocks_to_list(blocks: Iterable[Block]) -> list[dict[str, Any]]:
    return [_block_to_dict(block) for block in blocks]


def _blocks_from_list(values: list[dict[str, Any]]) -> tuple[Block, ...]:
    return tuple(_block_from_dict(block) for block in values)
