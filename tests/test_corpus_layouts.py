"""Pages of many layouts against their gold: how much of each is read as it was printed.

The pages are ours and were written, with their gold, by authors who had not read the reader's rules.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import pytest
from structure_score import read_rows, score

from corpus.__main__ import as_row
from corpus.files import read_file
from corpus.records import Page
from corpus.report import unread
from qa.measure.rows import sliced

LAYOUTS = Path(__file__).parent / "data/layouts"
FIGURES = ("found", "kind", "headline", "bylines", "begins", "ends", "paragraphs", "jump", "joins", "clean")
# An article that goes on on another page is one layout of two pages.
GROUPS = {
    "continued": ("continued_1", "continued_2"),
    **{path.stem: (path.stem,) for path in sorted(LAYOUTS.glob("*.jsonl")) if not path.stem.startswith("continued")},
}
# Three whole pages of the usual kind, harder than most: they were written to find out what is still misread.
HARD = ("blind_1", "blind_2", "blind_3")


def gold_of(group: str) -> list[dict[str, Any]]:
    return [row for name in GROUPS[group] for row in read_rows(LAYOUTS / f"{name}.jsonl")]


@functools.cache
def pages_of(group: str) -> list[Page]:
    return [read_file(LAYOUTS, Path(source)) for source in sorted({row["source"] for row in gold_of(group)})]


@pytest.mark.parametrize("group", GROUPS)
def test_layout_is_read_as_its_gold_says(group: str) -> None:
    items = [as_row(page, a) for page in pages_of(group) for a in page.articles if a.kind in ("article", "photo")]
    found = score(items, gold_of(group))
    figures = {name: value for name in FIGURES if (value := found.figures[name]) is not None}
    assert sum(figures.values()) / len(figures) >= 0.9, found.misses
    if group not in HARD:
        assert min(figures.values()) >= 0.9, (figures, found.misses)


@pytest.mark.parametrize("group", GROUPS)
def test_every_character_of_a_layout_is_accounted_for(group: str) -> None:
    for page in pages_of(group):
        assert unread(page) == []
        for article in page.articles:
            for block in (*article.headline_blocks, *article.bylines, *article.paragraphs, *article.subheads):
                assert sliced(page.text, block.spans) == block.text


def test_the_scorer_notices_what_is_wrong() -> None:
    gold = read_rows(LAYOUTS / "masthead.jsonl")
    rows = json.loads(json.dumps(gold))
    assert all(value in (1.0, None, len(gold)) for value in score(rows, gold).figures.values())
    rows[0]["headline"] = "又一行"
    rows[1]["paragraphs"] = rows[1]["paragraphs"][1:]
    worse = score(rows, gold).figures
    assert worse["headline"] == pytest.approx((len(gold) - 2) / len(gold))
    assert worse["found"] == pytest.approx((len(gold) - 1) / len(gold))
