"""A folder of pages that changes, the index over it, and what is counted after a fault (see `stress_index`)."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from index_kit import Counting
from toy_encoder import ToyEncoder

from corpus.passages import passages_of
from corpus.verbatim import is_printed
from embeddings import building, checkup, storage
from embeddings.index import Index, dense_text, open_index

PAGES = 12


@dataclass
class Outcome:
    """What came of one fault. `notes` are for people."""

    tried: int = 0
    survived: int = 0
    lost: int = 0
    stale: int = 0
    wrong: int = 0
    crashes: int = 0
    notes: str = ""

    @property
    def clean(self) -> bool:
        return 0 < self.tried == self.survived and not (self.lost or self.stale or self.wrong or self.crashes)


@dataclass
class Place:
    """A folder of pages that is changed from round to round, and the cache with its index."""

    pages: Path
    cache: Path
    chance: random.Random
    number: int = 0

    @classmethod
    def make(cls, where: Path, seed: int) -> Place:
        place = cls(where / "报 纸🎉", where / "cache", random.Random(seed))
        place.pages.mkdir(parents=True)
        for _ in range(PAGES):
            place.add()
        return place

    @property
    def folder(self) -> Path:
        return storage.folder_of(self.pages, self.cache)

    @property
    def generation(self) -> Path:
        return self.folder / storage.named(self.folder)

    def add(self) -> None:
        self.number += 1
        self.write(self.pages / f"page_{self.number:04d}.txt")

    def write(self, path: Path) -> None:
        """A page of three articles that no other is like; in its place in one step, as editors save."""
        articles = []
        for _ in range(3):
            n = self.chance.randrange(10**6)
            body = "".join(
                f"　　本报讯 第{n + k}号桥昨天通车，全长{n % 977 + k}米，{k}号桥墩高{n % 89}米。\n" for k in range(4)
            )
            articles.append(f"第{n}号桥通车\n\n■记者 王一\n\n{body}\n")
        new = path.with_suffix(".part")
        new.write_text("\n".join(articles), encoding="utf-8")
        new.rename(path)

    def change(self) -> None:
        """Some pages new, one changed, one deleted, one renamed."""
        names = sorted(self.pages.glob("*.txt"))
        gone, other, moved = self.chance.sample(names, 3)
        gone.unlink()
        self.write(other)
        self.number += 1
        moved.rename(self.pages / f"page_{self.number:04d}.txt")
        for _ in range(2):
            self.add()

    def open(self, encoder: ToyEncoder | None = None) -> Index:
        return open_index(self.pages, ToyEncoder() if encoder is None else encoder, cache=self.cache)


def check(place: Place, outcome: Outcome, encoder: ToyEncoder | None = None) -> Index | None:
    """Open the index and count what is wrong with it."""
    outcome.tried += 1
    before = dataclasses.replace(outcome)
    try:
        index = place.open(encoder)
        count(place, index, outcome)
        report = checkup.verify(place.folder, place.pages)
        outcome.wrong += len(report.problems) + len(report.behind)
    except Exception as error:
        outcome.crashes += 1
        outcome.notes = f"{type(error).__name__}: {error}"
        return None
    now = (outcome.lost, outcome.stale, outcome.wrong, outcome.crashes)
    outcome.survived += now == (before.lost, before.stale, before.wrong, before.crashes)
    return index


def count(place: Place, index: Index, outcome: Outcome) -> None:
    """Compare an index with the files, its vectors and words with its passages."""
    files = {path.name: path.read_text(encoding="utf-8") for path in place.pages.glob("*.txt")}
    held = {page.source: page.text for page in index.pages}
    outcome.lost += len(files.keys() - held.keys())
    outcome.stale += sum(files.get(name) != text for name, text in held.items())
    assert index.passages == tuple(p for page in index.pages for p in passages_of(page))
    outcome.wrong += sum(
        not is_printed(passage.text, passage.spans, held[passage.source]) for passage in index.passages
    )
    expected = ToyEncoder().encode_passages([dense_text(passage) for passage in index.passages])
    outcome.wrong += int((index.vectors(range(len(index))) != expected).any(axis=1).sum())


def child(pages: Path, cache: Path, die_at: int) -> None:
    """What a subprocess does: open the index, slowly enough to be killed anywhere, or die at a step of the switch."""
    if die_at:
        steps = [0]

        def dying(real: Callable[..., object]) -> Callable[..., object]:
            def step(*given: object, **named: object) -> object:
                steps[0] += 1
                if steps[0] == die_at:
                    os.kill(os.getpid(), signal.SIGKILL)
                return real(*given, **named)

            return step

        os.replace = dying(os.replace)  # type: ignore[assignment]
        os.fsync = dying(os.fsync)  # type: ignore[assignment]
        shutil.rmtree = dying(shutil.rmtree)  # type: ignore[assignment]
    building._BATCH = 4
    encoder = Counting("toy", ToyEncoder.fingerprint)
    print("ready", flush=True)
    index = open_index(pages, encoder, cache=cache)
    work = None if index.work is None else dataclasses.asdict(index.work)
    print(json.dumps({"work": work, "steps": steps[0] if die_at else 0}), flush=True)


@contextlib.contextmanager
def started(place: Place, die_at: int = 0) -> Iterator[subprocess.Popen[str]]:
    """A subprocess that is about to open the index."""
    script = str(Path(__file__).with_name("stress_index.py"))
    command = [sys.executable, script, "--child", str(place.pages), str(place.cache), str(die_at)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process


def finished(process: subprocess.Popen[str]) -> dict[str, object]:
    assert process.stdout is not None
    line = process.stdout.readline()
    process.wait()
    return {} if not line else dict(json.loads(line))
