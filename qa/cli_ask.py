"""`baowen ask` and `baowen search`."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from qa.cli_open import open_archive
from qa.records import Applied, Excerpt, Hit, Reply

if TYPE_CHECKING:
    from qa.archive import Archive
    from qa.papers import Papers

_REASONS = {
    "off_topic": "Not in these pages: nothing in them is about this.",
    "not_stated": "Not in these pages: they speak of it, but this is not stated.",
    "not_a_question": "There is no question to answer.",
    "too_long": "The question is too long.",
}
_UNKNOWN = {"date": "the date", "page": "the newspaper page"}


def _papers(archive: Archive, args: argparse.Namespace) -> Papers:
    """What papers.toml and --paper say of the papers; what is wrong with the file is told on stderr."""
    from qa.papers import Papers, read_papers

    if args.cite is None:
        return Papers()
    papers = read_papers(archive.root)
    for problem in papers.problems:
        print(f"baowen: {problem}", file=sys.stderr)
    return papers.titled(args.paper)


def _filter_line(filters: Sequence[Applied]) -> str:
    return "Only " + "; ".join(f"{one.name} {one.value}" for one in filters)


def _nothing_left(filters: Sequence[Applied]) -> str:
    """Why a filter left nothing."""
    unknown = [f"of {one.unknown} passages {_UNKNOWN[one.name]} is not known" for one in filters if one.unknown]
    return "; ".join(["Not in these pages: no passage passes this filter", *unknown]) + "."


def _hit_row(hit: Hit, archive: Archive, args: argparse.Namespace, papers: Papers) -> dict[str, object]:
    from qa.cite_formats import bibliography
    from qa.measure.rows import shown_hit_row

    row = shown_hit_row(hit, archive.continuations.get(hit.article.id))
    if args.explain:
        from qa.rank import reasons

        row["why"] = [dataclasses.asdict(one) for one in reasons(hit.features)]
    return row if args.cite is None else row | {"reference": bibliography([hit], args.cite, papers)}


def _again(excerpt: Excerpt, hits: Sequence[Hit]) -> dict[str, object]:
    from qa.cite import cite
    from qa.measure.rows import shown_excerpt_row

    return {**(shown_excerpt_row(excerpt, hits) or {}), "citation": cite(hits[excerpt.hit])}


def _reply(reply: Reply, archive: Archive, args: argparse.Namespace, papers: Papers) -> dict[str, object]:
    from qa.measure.rows import shown_excerpt_row

    return {
        "question": reply.question,
        "effective_question": reply.effective_question,
        "answered": reply.answered,
        "reason": reply.reason,
        "answer": shown_excerpt_row(reply.answer, reply.hits),
        "quote": shown_excerpt_row(reply.quote, reply.hits),
        "citation": reply.citation,
        "also": [_again(again, reply.hits) for again in reply.also],
        "confidence": reply.confidence,
        "filters": [dataclasses.asdict(one) for one in reply.filters],
        "passages": [_hit_row(hit, archive, args, papers) for hit in reply.hits],
        "seconds": reply.seconds,
    }


def ask(args: argparse.Namespace) -> int:
    """Answer one question."""
    from qa.cite import cite

    archive = open_archive(args)
    papers = _papers(archive, args)
    reply = archive.ask(args.question, args.k)
    if args.json:
        print(json.dumps(_reply(reply, archive, args, papers), ensure_ascii=False))
    elif reply.quote is not None:
        if reply.answer is not None:
            print(reply.answer.text)
        print(f"“{reply.quote.text}”")
        if args.cite is None:
            print(f"[1] {reply.citation}")
            for n, again in enumerate(reply.also, 2):
                print(f"[{n}] {cite(reply.hits[again.hit])}")
    elif reply.filters and not reply.hits:
        print(_nothing_left(reply.filters))
    else:
        print(_REASONS[reply.reason])
        for n, hit in enumerate(reply.hits[:3], 1):
            print(f"[{n}] {cite(hit)}: {hit.passage.text[:60]}")
    if args.cite is not None and not args.json and reply.hits:
        from qa.cite_formats import bibliography

        quoted = [] if reply.quote is None else [reply.quote, *reply.also]
        cited = [reply.hits[one.hit] for one in quoted] if quoted else reply.hits[:3]
        print(bibliography(cited, args.cite, papers))
    if reply.filters and not args.json:
        print(_filter_line(reply.filters))
    if args.explain and not args.json:
        print(f"Confidence {reply.confidence:.2f}; the first hits:")
        for n, hit in enumerate(reply.hits[:3], 1):
            print(f"{n}. {hit.score:.3f} {cite(hit)}\n{_why(hit)}")
    return 0


def _why(hit: Hit) -> str:
    """A line for each feature that put a hit where it is."""
    from qa.rank import reasons

    return "\n".join(
        f"    {one.adds:+7.3f}  {one.feature} ({one.weight:g} x {one.value:.3f})" for one in reasons(hit.features)
    )


def search(args: argparse.Namespace) -> int:
    """Print the passages found."""
    from qa.cite import cite
    from qa.cite_formats import bibliography

    archive = open_archive(args)
    papers = _papers(archive, args)
    hits = archive.retrieve(args.question, args.k)
    if filters := archive.filtered(args.question).filters:
        print(f"baowen: {_filter_line(filters)}", file=sys.stderr)
        if not hits:
            print(f"baowen: {_nothing_left(filters)}", file=sys.stderr)
    if args.cite is not None and not args.json:
        print(bibliography(hits, args.cite, papers))
        return 0
    for n, hit in enumerate(hits, 1):
        if args.json:
            print(json.dumps(_hit_row(hit, archive, args, papers), ensure_ascii=False))
        else:
            print(f"[{n}] {hit.score:.3f} {cite(hit)}\n    {hit.passage.text}")
            if args.explain:
                print(_why(hit))
    return 0
