"""`python -m corpus PAGES --json`: the articles and photo items of a folder of pages, one JSON line each."""

from __future__ import annotations

import argparse
import json
import sys

from corpus.errors import BaowenError
from corpus.files import read_pages
from corpus.records import Article, Page


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
    parser.add_argument("pages", metavar="PAGES", help="a folder of .txt pages, or one page")
    parser.add_argument("--json", action="store_true", help="print JSON, one line per article or photo item")
    args = parser.parse_args(argv)
    try:
        corpus = read_pages(args.pages)
    except BaowenError as error:
        print(f"corpus: {error}", file=sys.stderr)
        return 2
    for skipped in corpus.skipped:
        print(f"skipped {skipped.source}: {skipped.reason}", file=sys.stderr)
    for page in corpus.pages:
        for article in page.articles:
            if article.kind not in ("article", "photo"):
                continue
            if args.json:
                print(json.dumps(as_row(page, article), ensure_ascii=False))
            else:
                print(f"{page.source}\t{article.kind}\t{len(article.paragraphs)} paragraphs\t{article.headline}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
