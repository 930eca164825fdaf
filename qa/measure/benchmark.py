"""`python -m qa.measure.benchmark`: milliseconds per question by stage, in archives of growing size.

Pages of about so many passages are made in a temporary folder (see `qa.measure.benchmark_pages`), indexed by a process
of its own, and opened and asked by another, so that memory is that of opening and asking. Every question is new to the
process; afterwards all are asked a second time, when folded texts and tokens are at hand. The peer, in the same run, is
plain BM25 over words with the same index: the question's words cut, ten passages found, nothing more. On a machine that
is busy with other work, `--cpu` counts the processor time of all threads in place of the time that went by.

    analyse      filters said in the question, its words, what the thesaurus has for them, their rarity
    dense        the question's vector, its nearest passages, the candidates' cosines
    lexical      candidates by words and pairs (the question's, and the thesaurus's), and their BM25
    thesaurus    the candidates' texts folded, and what they say of the question's words
    soft         the soft match of the best candidates
    rank         the second look at the first hits
    extract      the quote and the short answer
    abstain      the evidence and the confidence
    also         the same fact in other articles
    rest         what no stage counts
"""

from __future__ import annotations

import argparse
import functools
import json
import multiprocessing
import os
import re
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

import qa.archive
import qa.rank
from corpus.words import words
from embeddings.benchmark import machine
from qa.archive import Archive
from qa.match import Matcher
from qa.measure.benchmark_pages import make_pages, make_questions

Clock = Callable[[], float]
SIZES = (300, 10_000, 100_000)
STAGES = ("analyse", "dense", "lexical", "thesaurus", "soft", "rank", "extract", "abstain", "also", "rest")
WHOLE = ("whole", "again", "peer")
_QUESTIONS = 200
_K = 10


class Stopwatch:
    """Seconds spent in watched functions, by stage. One that is called within another counts for the other."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seconds: dict[str, float] = defaultdict(float)
        self._inside = False

    def timed(self, run: Callable[..., Any], stage: str) -> Callable[..., Any]:
        """`run`, watched."""

        @functools.wraps(run)
        def watched(*args: Any, **named: Any) -> Any:
            if self._inside:
                return run(*args, **named)
            self._inside = True
            start = self._clock()
            try:
                return run(*args, **named)
            finally:
                self._seconds[stage] += self._clock() - start
                self._inside = False

        return watched

    def take(self) -> dict[str, float]:
        """The seconds since it was last asked."""
        taken, self._seconds = dict(self._seconds), defaultdict(float)
        return taken


@contextmanager
def watching(archive: Archive, clock: Clock) -> Iterator[Stopwatch]:
    """A watch over the stages of asking this archive, while the block runs."""
    retriever = archive._retriever
    index = retriever.index
    stages: dict[str, Sequence[tuple[object, str]]] = {
        "analyse": ((archive, "filtered"), (archive, "_analyse"), (retriever, "matcher")),
        "dense": ((retriever.encoder, "encode_questions"), (index, "dense"), (index, "vectors")),
        "lexical": ((index, "candidates"), (index, "lexical_scores")),
        "thesaurus": ((retriever, "folded"), (Matcher, "gains_of")),
        "soft": ((retriever, "_soft"),),
        "rank": ((qa.rank, "ranked"),),
        "extract": ((qa.archive, "choose"),),
        "abstain": ((qa.archive, "evidence"), (qa.archive, "judge")),
        "also": ((qa.archive, "said_again"),),
    }
    watch = Stopwatch(clock)
    with ExitStack() as patches:
        for stage, places in stages.items():
            for owner, name in places:
                patches.enter_context(mock.patch.object(owner, name, watch.timed(getattr(owner, name), stage)))
        yield watch


def measure(
    archive: Archive, questions: Sequence[str], clock: Clock = time.perf_counter
) -> dict[str, dict[str, float]]:
    """Milliseconds per question, `p50` and `p95`, of each of STAGES and WHOLE; the first question warms up, uncounted.

    :raises ValueError: with fewer than two questions.
    """
    if len(questions) < 2:
        raise ValueError(f"there are {len(questions)} questions; at least two are needed, of which the first warms up")
    taken: dict[str, list[float]] = {name: [] for name in (*STAGES, *WHOLE)}
    archive.ask(questions[0], k=_K)
    with watching(archive, clock) as watch:
        watch.take()
        for question in questions[1:]:
            taken["whole"].append(_seconds(clock, archive.ask, question, _K))
            stages = watch.take()
            for stage in STAGES[:-1]:
                taken[stage].append(stages.get(stage, 0.0))
            taken["rest"].append(taken["whole"][-1] - sum(stages.values()))
    index = archive._retriever.index

    def peer(question: str) -> object:
        return index.lexical(words(question), [], _K, use_pairs=False)

    for question in questions[1:]:
        taken["again"].append(_seconds(clock, archive.ask, question, _K))
        taken["peer"].append(_seconds(clock, peer, question))
    out = {}
    for name, seconds in taken.items():
        p50, p95 = np.percentile(np.array(seconds) * 1000, [50, 95]).tolist()
        out[name] = {"p50": round(p50, 3), "p95": round(p95, 3)}
    return out


def _seconds(clock: Clock, run: Callable[..., object], *args: object) -> float:
    start = clock()
    run(*args)
    return clock() - start


def _index(pages: Path, clock: Clock) -> float:
    """Index the pages, in a process of its own; the seconds it took."""
    return _seconds(clock, Archive.open, pages)


def _ask(pages: Path, count: int, clock: Clock) -> dict[str, Any]:
    """Open the index and ask, in a process of its own."""
    start = clock()
    archive = Archive.open(pages)
    opened = clock() - start
    held = _mebibytes("VmRSS")
    passages = archive._retriever.index.passages
    stages = measure(archive, make_questions(passages, count + 1), clock)
    lengths = [len(passage.text) for passage in passages]
    return {
        "passages": len(passages),
        "characters": round(sum(lengths) / len(lengths), 1),
        "open_s": round(opened, 2),
        "open_mib": held,
        "peak_mib": _mebibytes("VmHWM"),
        "ms": stages,
    }


def _mebibytes(field: str) -> float | None:
    """A figure of this process in /proc; None where the system has none."""
    try:
        found = re.search(rf"{field}:\s*(\d+) kB", Path("/proc/self/status").read_text("utf-8"))
    except OSError:
        return None
    return None if found is None else round(int(found[1]) / 1024, 1)


def run(size: int, count: int, folder: Path, clock: Clock = time.perf_counter) -> dict[str, Any]:
    """The figures for about `size` passages; pages and index are made in `folder`, or taken from there."""
    pages, cache = folder / f"pages-{size}", folder / f"index-{size}"
    if not pages.exists():
        pages.mkdir(parents=True)
        make_pages(pages, size)
    with mock.patch.dict(os.environ, BAOWEN_CACHE=str(cache)):
        seconds = _alone(_index, pages, clock)
        figures = _alone(_ask, pages, count, clock)
    disk = sum(path.stat().st_size for path in cache.rglob("*") if path.is_file())
    return {**figures, "index_s": round(seconds, 1), "disk_mib": round(disk / 2**20, 1)}


def _alone(run: Callable[..., Any], *args: object) -> Any:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(run, *args).result()


def table(sizes: Sequence[dict[str, Any]]) -> str:
    """The figures of some sizes as a Markdown table, p50 / p95 in milliseconds, the ratios below."""
    rows = [("passages", [f"{one['passages']:,}" for one in sizes])]
    for name in (*STAGES, *WHOLE):
        rows.append((name, [f"{one['ms'][name]['p50']:.2f} / {one['ms'][name]['p95']:.2f}" for one in sizes]))
    whole = [one["ms"]["whole"]["p50"] for one in sizes]
    rows.append(
        ("whole / peer", [f"{ms / one['ms']['peer']['p50']:.1f}" for ms, one in zip(whole, sizes, strict=True)])
    )
    rows.append((f"whole / at {sizes[0]['passages']:,}", [f"{ms / whole[0]:.1f}" for ms in whole]))
    for name, label in (("index_s", "indexed, s"), ("disk_mib", "index, MiB"), ("open_s", "opened, s")):
        rows.append((label, [f"{one[name]:,}" for one in sizes]))
    for name, label in (("open_mib", "memory opened, MiB"), ("peak_mib", "memory at most, MiB")):
        rows.append((label, ["" if one[name] is None else f"{one[name]:,.0f}" for one in sizes]))
    lines = [f"| {label} | {' | '.join(cells)} |" for label, cells in rows]
    return "\n".join([lines[0], "|---|" + "---|" * len(sizes), *lines[1:]])


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m qa.measure.benchmark",
        description="Milliseconds per question by stage, in archives of growing size.",
    )
    parser.add_argument(
        "--sizes", type=_sizes, default=SIZES, metavar="N,N,…", help="passages (default: 300,10000,100000)"
    )
    parser.add_argument("--questions", type=int, default=_QUESTIONS, metavar="N", help="questions (default: 200)")
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="make pages and indexes here, or use those made before"
    )
    parser.add_argument("--cpu", action="store_true", help="count processor time: for a machine that is busy otherwise")
    parser.add_argument("--json", action="store_true", help="print JSON alone on stdout")
    args = parser.parse_args(argv)
    if args.questions < 1:
        parser.error(f"--questions is {args.questions}; give a whole number from 1 on")
    clock = time.process_time if args.cpu else time.perf_counter
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) if args.keep is None else args.keep
        sizes = [run(size, args.questions, folder, clock) for size in args.sizes]
    if args.json:
        print(
            json.dumps({**machine(), "questions": args.questions, "cpu": args.cpu, "sizes": sizes}, ensure_ascii=False)
        )
        return 0
    print("{processor}, {cores} cores (load {load}), Python {python}, {date}".format(**machine()))
    unit = "milliseconds of processor time" if args.cpu else "milliseconds"
    print(f"{args.questions} questions; {unit}, p50 / p95\n\n{table(sizes)}")
    return 0


def _sizes(text: str) -> tuple[int, ...]:
    sizes = tuple(int(part) for part in text.split(","))
    if min(sizes) < 1:
        raise argparse.ArgumentTypeError(f"{text} was given; expected whole numbers from 1 on, parted by commas")
    return sizes


if __name__ == "__main__":
    raise SystemExit(main())
