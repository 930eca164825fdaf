"""A page as plain data and back, without loss: how it is stored, and how a process that reads hands it over."""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import types
from collections.abc import Iterable
from typing import Any, Literal, get_args, get_origin, get_type_hints

from corpus.records import Article, Block, Furniture, Page, Region
from corpus.verbatim import is_printed


def pack(page: Page) -> bytes:
    """JSON in UTF-8, but that half a surrogate pair is kept, which text may hold."""
    return json.dumps(page_to_dict(page), ensure_ascii=False).encode("utf-8", "surrogatepass")


def unpack(data: bytes, name: str) -> Page:
    """The page that `pack` was given. Nothing of `data` is trusted: it may come from a process that was taken over.

    :param name: the file that it has to be of.
    :raises ValueError: if it is no page of that file, or one whose articles are not what is printed on it.
    """
    try:
        page = page_from_dict(json.loads(data.decode("utf-8", "surrogatepass")))
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"no page: {type(error).__name__}") from None
    if not _is(page, Page) or page.source != name:
        raise ValueError("no page of that file")
    blocks = [item.block for item in page.furniture]
    for article in page.articles:
        blocks += (*article.headline_blocks, *article.bylines, *article.paragraphs, *article.subheads)
        blocks += article.jump_blocks
    spans = [span for block in blocks for span in block.spans] + [(r.start, r.end) for r in page.regions]
    if any(not 0 <= start <= end <= len(page.text) for start, end in spans):
        raise ValueError("a range that is not on the page")
    if any(not is_printed(block.text, block.spans, page.text) for block in blocks):
        raise ValueError("a text that is not printed there")
    return page


def _is(value: object, kind: Any) -> bool:
    """Whether a value is of a type through and through: records, tuples, unions, literals and plain types."""
    args = get_args(kind)
    if dataclasses.is_dataclass(kind):
        return type(value) is kind and all(_is(getattr(value, name), hint) for name, hint in _fields(kind))
    if get_origin(kind) is Literal:
        return value in args
    if get_origin(kind) is types.UnionType:
        return any(_is(value, one) for one in args)
    if get_origin(kind) is tuple:
        if type(value) is not tuple:
            return False
        kinds = (args[0],) * len(value) if args[-1] is ... else args
        return len(value) == len(kinds) and all(map(_is, value, kinds))
    if kind is float:
        return type(value) in (int, float) and math.isfinite(value)  # type: ignore[arg-type]
    return type(value) is kind


@functools.cache
def _fields(record: type) -> tuple[tuple[str, Any], ...]:
    return tuple(get_type_hints(record).items())


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
