"""`python -m corpus.benchmark`: how fast pages are read, and how much memory that takes.

Pages are made from the sample pages (their articles mixed anew, so that no two are alike) in a temporary folder, and
read in growing numbers, by one process and by one for each core. Beside each figure stands its ratio to a peer in the
same run: the same files decoded and split at blank lines, which is what retrieval libraries do with a text file.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from corpus.files import iter_pages, list_files, sample_pages
from corpus.records import Page

_SIZES = (1_000, 2_500, 5_000, 10_000)


def make_pages(folder: Path, count: int, seed: int = 7) -> None:
    """Write `count` pages of five to eight articles each, drawn from the sample pages."""
    rng = random.Random(seed)
    articles = []
    for page in iter_pages(sample_pages()):
        if isinstance(page, Page):
            starts = [min(a for block in article.headline_blocks for a, _ in block.spans)
                      for article in page.articles if article.headline_blocks]  # fmt: skip
            articles += [page.text[a:b].strip() for a, b in zip(starts, [*starts[1:], len(page.text)], strict=True)]
    for number in range(count):
        chosen = rng.sample(articles, rng.randint(5, 8))
        (folder / f"{number:06d}.txt").write_text("\n\n\n".join(chosen) + "\n", "utf-8")


def split_plainly(folder: Path, files: Iterable[Path]) -> int:
    """The peer: how many pieces the files have when they are split at blank lines."""
    return sum(len((folder / path).read_text("utf-8").split("\n\n")) for path in files)


def _megabytes(who: int) -> float:
    return resource.getrusage(who).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m corpus.benchmark", description=__doc__)
    parser.add_argument("--pages", type=int, default=_SIZES[-1], help="the largest number of pages (default: 10,000)")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes beside the single one")
    args = parser.parse_args(argv)
    sizes = [size for size in _SIZES if size < args.pages] + [args.pages]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_pages(folder, sizes[-1])
        files = list_files(folder)
        print(f"{'pages':>7} {'processes':>9} {'seconds':>8} {'pages/s':>8} {'ms/page':>8} {'peer':>7} {'peak MB':>8}")
        for workers in dict.fromkeys((1, args.workers)):
            for size in sizes:
                start = time.perf_counter()
                split_plainly(folder, files[:size])
                peer = time.perf_counter() - start
                start = time.perf_counter()
                read = sum(1 for _ in iter_pages(folder, files[:size], workers=workers))
                seconds = time.perf_counter() - start
                assert read == size
                peak = _megabytes(resource.RUSAGE_SELF)
                print(
                    f"{size:7,} {workers:9} {seconds:8.1f} {size / seconds:8.0f} {1000 * seconds / size:8.2f} "
                    f"{seconds / peer:6.0f}x {peak:8.0f}",
                    flush=True,
                )
    return 0


if __name__ == "__main__":
    sys.exit(main())
