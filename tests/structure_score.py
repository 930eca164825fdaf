"""How well pages were read into articles: the items of `python -m corpus PAGES --json` against rows written by hand.

    python tests/structure_score.py ITEMS.jsonl GOLD.jsonl [GOLD.jsonl …] [--misses]

A gold row has the keys of an item (source, kind, headline, reporters, correspondents, photographers, paragraphs, jump),
and `joins`: pairs [last characters before a column cut, first characters after it]. It may have `tail`: words such as a
signature in brackets that end the printed text, and that an item may keep or leave out.

Figures, all shares from 0 to 1, higher is better; a gold item that was not found fails in every one of the first eight:

    found        an item of the same source holds the first 24 characters of the first gold paragraph
    kind         the found item has the gold kind
    headline     … the gold headline
    bylines      … the same set of reporters, of correspondents and of photographers
    begins       … the gold text's first 24 characters as its own first
    ends         … the gold text's last 16 characters as its own last
    paragraphs   … as many paragraphs
    jump         … the gold jump mark ("" where there is none)
    joins        share of the gold cuts that lie inside one paragraph of some item of the source
    clean        share of the items of these sources that are the found item of a gold row

Everything is compared in a bare form: NFKC, lower case, letters and numbers alone. `joins` rewards glueing and
`paragraphs` punishes it, as `found` rewards many items and `clean` punishes them: read them together.
"""

from __future__ import annotations

import argparse
import json
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]

BEGIN, END = 24, 16
OF_ITEMS = ("found", "kind", "headline", "bylines", "begins", "ends", "paragraphs", "jump")
NAMES = ("reporters", "correspondents", "photographers")
KEYS = ("source", "kind", "headline", *NAMES, "paragraphs", "jump")


@dataclass(frozen=True)
class Score:
    """Figures by name, in the order of the module's list (None: nothing to measure), and what failed, in gold order."""

    figures: dict[str, float | None]
    misses: tuple[str, ...]


def bare(text: str) -> str:
    """Letters and numbers of a text in NFKC and lower case.

    >>> bare("“１.５万元”, 见 A版!")
    '15万元见a版'
    """
    return "".join(c for c in unicodedata.normalize("NFKC", text).lower() if unicodedata.category(c)[0] in "LMN")


def score(items: Sequence[Row], gold: Sequence[Row]) -> Score:
    """Compare the items read with the gold rows; items of sources that gold does not name are left aside.

    :raises ValueError: if gold is empty, or a gold row has neither text nor headline, or a cut of it has an empty side.

    >>> row = dict(source="a", kind="article", headline="", reporters=[], correspondents=[], photographers=[], jump="")
    >>> read = [row | {"paragraphs": ["春天到", "了。"]}]
    >>> wanted = [row | {"paragraphs": ["春天到了。"], "joins": [["春天到", "了。"]]}]
    >>> figures = score(read, wanted).figures
    >>> figures["found"], figures["paragraphs"], figures["joins"], figures["clean"]
    (1.0, 0.0, 0.0, 1.0)
    """
    if not gold:
        raise ValueError("No gold rows were given; at least one is needed to measure anything.")
    sources = {row["source"] for row in gold}
    read = [item for item in items if item["source"] in sources]
    printed = [(item["source"], bare(paragraph)) for item in read for paragraph in item["paragraphs"]]
    found = _pair(read, gold)
    hits = dict.fromkeys(OF_ITEMS, 0)
    misses: list[str] = []
    cuts = joined = 0
    for index, row in enumerate(gold):
        name = f"{row['source']} [{row['headline'] or row['paragraphs'][0][:BEGIN]}]"
        position = found.get(index)
        if position is None:
            misses.append(f"{name} found: no item holds its beginning")
        else:
            hits["found"] += 1
            for figure, (wanted, got, right) in _compare(read[position], row).items():
                hits[figure] += right
                if not right:
                    misses.append(f"{name} {figure}: {wanted!r} expected, {got!r} read")
        for left, right_side in row.get("joins", ()):
            if not (bare(left) and bare(right_side)):
                raise ValueError(f"{name} has the cut {left!r} | {right_side!r}; both sides need a letter or a number.")
            cuts += 1
            if any(source == row["source"] and bare(left + right_side) in text for source, text in printed):
                joined += 1
            else:
                misses.append(f"{name} joins: {left!r} | {right_side!r} stayed apart")
    used = set(found.values())
    misses += [
        f"{item['source']} [{item['headline']}] clean: matches no gold row, begins {_text(item)[:BEGIN]!r}"
        for position, item in enumerate(read)
        if position not in used
    ]
    figures: dict[str, float | None] = {figure: hits[figure] / len(gold) for figure in OF_ITEMS}
    figures["joins"] = joined / cuts if cuts else None
    figures["clean"] = len(used) / len(read) if read else None
    return Score(figures, tuple(misses))


def _pair(items: Sequence[Row], gold: Sequence[Row]) -> dict[int, int]:
    """Position of the item for each gold row that was found, each item once.

    Items that begin as the row does are given away first: an item that swallowed a second article stays with its own.
    """
    texts = [bare(_text(item)) or bare(item["headline"]) for item in items]
    needles = [bare(row["paragraphs"][0] if row["paragraphs"] else row["headline"])[:BEGIN] for row in gold]
    pairs: dict[int, int] = {}
    for at_start in (True, False):
        for index, (row, needle) in enumerate(zip(gold, needles, strict=True)):
            if not needle:
                raise ValueError(f"Row {index + 1} of {row['source']} has neither text nor headline; it needs one.")
            if index in pairs:
                continue
            for position, text in enumerate(texts):
                if position in pairs.values() or items[position]["source"] != row["source"]:
                    continue
                if text.startswith(needle) if at_start else needle in text:
                    pairs[index] = position
                    break
    return pairs


def _compare(item: Row, row: Row) -> dict[str, tuple[object, object, bool]]:
    """Figure → (what gold says, what was read, whether they agree)."""
    text, wanted = bare(_text(item)), bare(_text(row))
    tail = bare(row.get("tail", ""))
    endings = (wanted[-END:], (wanted.removesuffix(tail) if wanted.endswith(tail) else wanted + tail)[-END:])
    bylines = [{name: sorted(bare(person) for person in r[name]) for name in NAMES} for r in (row, item)]
    begin = bare(row["paragraphs"][0])[:BEGIN] if row["paragraphs"] else ""
    counts = len(row["paragraphs"]), len(item["paragraphs"])
    return {
        "kind": (row["kind"], item["kind"], row["kind"] == item["kind"]),
        "headline": (row["headline"], item["headline"], bare(row["headline"]) == bare(item["headline"])),
        "bylines": (*bylines, all(set(bylines[0][name]) == set(bylines[1][name]) for name in NAMES)),
        # where gold has no text, every text would begin and end with it
        "begins": (begin, text[:BEGIN], text.startswith(begin) if wanted else not text),
        "ends": (wanted[-END:], text[-END:], text.endswith(endings) if wanted else not text),
        "paragraphs": (*counts, counts[0] == counts[1]),
        "jump": (row["jump"], item["jump"], bare(row["jump"]) == bare(item["jump"])),
    }


def _text(row: Row) -> str:
    return "".join(row["paragraphs"])


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a JSON Lines file.

    :raises ValueError: if the file cannot be read, or a line is not a JSON object with the keys of an item.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} cannot be read ({error}); name a JSON Lines file in UTF-8.") from error
    rows = []
    # not splitlines: JSON strings may hold U+2028 as it is
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise ValueError(f"{path}, line {number}, is not JSON ({error}); one object a line is expected.") from error
        missing = [key for key in KEYS if key not in row] if isinstance(row, dict) else list(KEYS)
        if missing:
            raise ValueError(f"{path}, line {number}, lacks {', '.join(missing)}; write the rows with --json.")
        rows.append(row)
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    """The command: one line a figure on stdout; exit status 2 where the files cannot be used."""
    parser = argparse.ArgumentParser(description="Score the items read from pages against gold rows.")
    parser.add_argument("items", type=Path, metavar="ITEMS.jsonl", help="written by python -m corpus PAGES --json")
    parser.add_argument("gold", type=Path, nargs="+", metavar="GOLD.jsonl")
    parser.add_argument("--misses", action="store_true", help="also list what failed")
    options = parser.parse_args(arguments)
    try:
        result = score(read_rows(options.items), [row for path in options.gold for row in read_rows(path)])
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    for figure, value in result.figures.items():
        print(f"{figure:<12}{'not measured' if value is None else format(value, '.3f')}")
    if options.misses:
        print(*result.misses, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
