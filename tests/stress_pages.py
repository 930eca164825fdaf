"""`python tests/stress_pages.py [--inputs 3000]`: read hostile and broken page files, and print what came of them.

Every file is read by another process within its limits, as in an ingest. Of each page that is read, every character is
checked as in test_corpus_page.py. Rows are Markdown; the exit status is 1 where anything but a page or a clear reason
came of a file.
"""

from __future__ import annotations

import argparse
import functools
import json
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from fuzz_pages import bombs, inputs, timed
from test_corpus_page import account

from corpus.formats import needs_recognition
from corpus.limits import reading_limits
from corpus.page_json import unpack
from corpus.reading import Failed, Job
from corpus.workers import Workers

_BATCH = 250
_CHECKED = 300_000  # characters: checking larger pages takes longer than reading them


@dataclass
class Outcome:
    """What came of the files so far."""

    counts: Counter[str] = field(default_factory=Counter)
    bad: list[str] = field(default_factory=list)
    slowest: tuple[float, str] = (0.0, "")
    peak: float = 0.0

    def add(self, name: str, result: bytes | Failed) -> None:
        self.counts["inputs"] += 1
        if isinstance(result, Failed):
            kind = kind_of(result)
            self.counts[kind] += 1
            print(f"{kind}: {result.reason} {result.fault}", file=sys.stderr)
            if kind == "faults":
                self.bad.append(result.name)
            return
        told, packed = result.split(b"\n", 1)
        reason, seconds, peak = json.loads(told)
        self.slowest, self.peak = max(self.slowest, (seconds, name)), max(self.peak, peak)
        if not packed:
            self.counts["skipped with a reason"] += 1
            if not clear(reason):
                self.bad.append(f"{name}: {reason!r}")
            return
        self.counts["read"] += 1
        try:
            page = unpack(packed, name)
            if len(page.text) <= _CHECKED:
                account(page)
        except (AssertionError, ValueError):
            self.counts["wrong slices"] += 1
            self.bad.append(name)


def kind_of(failed: Failed) -> str:
    """What a file did to the process that read it."""
    if failed.fault:
        return "faults"
    if "seconds to read" in failed.reason:
        return "stopped for time"
    return "stopped for memory" if "MB of memory to read;" in failed.reason else "crashed their process"


def clear(reason: str) -> bool:
    """Whether a reason is one printable line that says what to do."""
    return 20 < len(reason) < 400 and reason.isprintable() and reason.endswith(".")


def run(files: list[tuple[str, bytes]], outcome: Outcome) -> None:
    with tempfile.TemporaryDirectory() as folder, Workers(functools.partial(timed, folder), 2) as workers:
        for name, data in files:
            (Path(folder) / name).write_bytes(data)
        jobs = [Job(name, reading_limits(needs_recognition(name))) for name, _ in files]
        for (name, _), result in zip(files, workers.read(jobs), strict=True):
            outcome.add(name, result)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python tests/stress_pages.py", description=__doc__)
    parser.add_argument("--inputs", type=int, default=3000, help="how many fuzzed files (default: 3000)")
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args(argv)
    columns = ["inputs", "read", "skipped with a reason", "stopped for time", "stopped for memory",
               "crashed their process", "faults", "wrong slices"]  # fmt: skip
    print(f"| pages | {' | '.join(columns)} | slowest (s) | peak memory (MB) |")
    print("|---" * (len(columns) + 3) + "|", flush=True)
    bad: list[str] = []
    fuzzed = list(inputs(args.inputs, args.seed))
    for label, files in (("bombs", list(bombs(large=True))), ("fuzzed", fuzzed)):
        outcome = Outcome()
        for start in range(0, len(files), _BATCH):
            run(files[start : start + _BATCH], outcome)
        cells = [str(outcome.counts[column]) for column in columns]
        seconds, slow = outcome.slowest
        print(f"| {label} | {' | '.join(cells)} | {seconds:.1f} ({slow}) | {outcome.peak:.0f} |", flush=True)
        bad += outcome.bad
    for name in bad:
        print(f"not right: {name}", file=sys.stderr)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
