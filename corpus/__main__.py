"""`python -m corpus PAGES --json`: the articles and photo items of a folder of pages, one JSON line each."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from corpus.collections import is_collection, read_collection
from corpus.errors import BaowenError
from corpus.files import iter_pages
from corpus.records import Article, Page, Skipped


def as_row(page: Page, article: Article) -> dict[str, object]:
    """An article as other programs read it: the keys and their order are an interface."""
    return {
        "source": page.source,
        "page": page.page,
        "date": page.date,
        "kind": article.kind,
        "headline": article.headline,
        "reporters": list(article.reporters),
        "correspondents": list(article.correspondents),
        "photographers": list(article.photographers),
        "paragraphs": [block.text for block in article.paragraphs],
        "spans": [[list(span) for span in block.spans] for block in article.paragraphs],
        "jump": article.jump,
    }


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m corpus",
        description="Read newspaper pages into articles and photo items.",
        epilog="example: python -m corpus papers/ --json > items.jsonl",
    )
    parser.add_argument("pages", metavar="PAGES", help="a folder of pages, or one page")
    parser.add_argument("--json", action="store_true", help="print JSON, one line per article or photo item")
    args = parser.parse_args(argv)
    root = Path(args.pages).expanduser()
    try:
        for page in read_collection(root).pages if is_collection(root) else iter_pages(root):
            _print(page, args.json)
    except BaowenError as error:
        print(f"corpus: {error}", file=sys.stderr)
        return 2
    return 0


def _print(page: Page | Skipped, as_json: bool) -> None:
    if isinstance(page, Skipped):
        print(f"skipped {page.source}: {page.reason}", file=sys.stderr)
        return
    for note in page.notes:
        print(f"{page.source}: {note}", file=sys.stderr)
    for article in page.articles:
        if article.kind not in ("article", "photo"):
            continue
        if as_json:
            print(json.dumps(as_row(page, article), ensure_ascii=False))
        else:
            print(f"{page.source}\t{article.kind}\t{len(article.paragraphs)} paragraphs\t{article.headline}")


if __name__ == "__main__":
    sys.exit(main())
