"""The faults that `stress_index` does to an index, each to a folder of its own."""

from __future__ import annotations

import errno
import os
import random
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from unittest import mock

from index_kit import Counting
from index_place import PAGES, Outcome, Place, check, count, finished, started

from corpus.verbatim import is_printed
from embeddings import building, shelf, storage, survey
from embeddings.index import Index
from qa.archive import Archive
from qa.live import Live
from qa.records import Reply

FILES = ("pages.jsonl", "rows.npz", "vectors.faiss", "lexical.npz", "vocabulary.json", "manifest.json")


def killed_ingest(place: Place, rounds: int) -> Outcome:
    """kill -9 at a random moment of reading, embedding and writing; the next run takes over what was done."""
    outcome = Outcome()
    began = time.monotonic()
    with started(place) as process:
        began = time.monotonic()
        finished(process)
    whole, taken, killed, attempts = time.monotonic() - began, 0, 0, 0
    while killed < rounds and (attempts := attempts + 1) <= 5 * rounds:
        for _ in range(6):
            place.add()
        place.change()
        with started(place) as process:
            time.sleep(place.chance.uniform(0, whole))
            process.kill()
            early = finished(process) == {}
        index = check(place, outcome)
        new = 9  # six and two added, one changed
        taken += early and index is not None and (index.work is None or index.work.read < new)
        killed += early
    outcome.notes += f"{killed} killed before the end, the work of {taken} taken up"
    return outcome


def killed_switch(place: Place, rounds: int) -> Outcome:
    """kill -9 before every write to disk, rename and removal in turn that a switch is made of."""
    outcome = Outcome()
    place.open().close()
    for step in range(1, rounds + 1):
        place.change()
        with started(place, die_at=step) as process:
            outcome.notes = "all steps of a switch" if finished(process) else f"steps 1 to {step}"
        check(place, outcome)
    return outcome


def disk_full(place: Place, rounds: int) -> Outcome:
    """Writing fails for want of space, at each write in turn: answers come from memory, nothing stale."""
    outcome = Outcome()
    place.open().close()
    write = Path.write_bytes
    for nth in range(rounds):
        place.change()
        left = [nth % 8]

        def full(path: Path, data: bytes, left: list[int] = left) -> int:
            if left[0] == 0:
                write(path, data[: len(data) // 2])
                raise OSError(errno.ENOSPC, "No space left on device")
            left[0] -= 1
            return write(path, data)

        with mock.patch.object(Path, "write_bytes", full):
            try:
                count(place, place.open(), outcome)
            except Exception:
                outcome.crashes += 1
        check(place, outcome)
    return outcome


def small_disk(place: Place, rounds: int) -> Outcome:
    """The same on a real file system with too little room, where this user may mount one."""
    outcome = Outcome()
    place.open().close()
    room = 4 * shelf.entry(place.folder).size // 1024  # for two generations, and what is kept of a run
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={room}k", "tmpfs", str(place.cache)], capture_output=True, check=False
    )
    if made.returncode:
        return Outcome(notes="not tried: no right to mount")
    try:
        place.open().close()
        for _ in range(rounds):
            place.change()
            for _ in range(3 * PAGES):
                place.add()
            outcome.tried += 1
            index = place.open()
            count(place, index, outcome)
            outcome.survived += any("No space left" in note for note in index.notes)
            index.close()
            for path in list(place.pages.glob("*.txt"))[PAGES:]:
                path.unlink()
            check(place, outcome)
    finally:
        subprocess.run(["umount", str(place.cache)], check=True)
    return outcome


def changed_while_read(place: Place, rounds: int) -> Outcome:
    """Pages are rewritten between the look at the folder and the reading, and while it goes on."""
    outcome = Outcome()
    look = survey.look

    def look_then_change(*given: object) -> object:
        found = look(*given)  # type: ignore[arg-type]
        for path in place.chance.sample(sorted(place.pages.glob("*.txt")), 3):
            place.write(path)
        return found

    for _ in range(rounds):
        with mock.patch.object(survey, "look", look_then_change):
            place.open().close()
        check(place, outcome)
    return outcome


def two_writers(place: Place, rounds: int) -> Outcome:
    """Two processes bring the same index up to date at once: one does, the other waits and takes what it made."""
    outcome = Outcome()
    for _ in range(rounds):
        place.change()
        with started(place) as one, started(place) as other:
            done = [finished(one), finished(other)]
        outcome.crashes += sum(one == {} for one in done)
        check(place, outcome)
    return outcome


def readers_at_a_switch(place: Place, rounds: int) -> Outcome:
    """Threads open the index all the time while it is switched; each gets one whole generation."""
    outcome = Outcome()
    place.open().close()
    stop = threading.Event()
    failed: list[Exception] = []
    indexes: list[Index] = []

    def read() -> None:
        while not stop.is_set():
            try:
                indexes.append(place.open())
            except Exception as error:
                failed.append(error)

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(rounds):
        for _ in range(2):
            place.add()
        check(place, outcome)
    stop.set()
    for thread in threads:
        thread.join()
    outcome.crashes += len(failed)
    for index in indexes:
        texts = {page.source: page.text for page in index.pages}
        outcome.wrong += sum(
            not is_printed(passage.text, passage.spans, texts[passage.source]) for passage in index.passages
        )
        outcome.wrong += len(index.notes)
    outcome.notes = f"{len(indexes)} opened meanwhile"
    return outcome


def damaged(how: str) -> Callable[[Place, int], Outcome]:
    """Each file of the index in turn is cut, flipped in one bit, removed, or exchanged for the one of before."""

    def fault(place: Place, rounds: int) -> Outcome:
        outcome = Outcome()
        with mock.patch.object(building, "DIRECT_ROWS", 0):
            kept = place.open()  # so that the generation before stays
            for _ in range(max(1, rounds // 5)):
                place.change()
                before, kept = kept, place.open()
                generation = place.generation
                older = place.folder / f"gen-{storage.numbers(place.folder)[0]:06d}"
                names = [*FILES, *(p.relative_to(generation).as_posix() for p in generation.glob("tantivy/[!.]*"))]
                for name in ("CURRENT", *names):
                    path = place.folder / name if name == "CURRENT" else place.generation / name
                    if path.is_file() and path.stat().st_size:
                        damage(path, how, older / name, place.chance)
                        place.chance.choice(list(place.pages.glob("*.txt"))).unlink()
                        place.add()
                        check(place, outcome)
                before.close()
        return outcome

    fault.__doc__ = f"each file of the index {how}"
    return fault


def damage(path: Path, how: str, older: Path, chance: random.Random) -> None:
    data = bytearray(path.read_bytes())
    if how == "missing":
        path.unlink()
    elif how == "truncated":
        path.write_bytes(data[: chance.randrange(len(data))])
    elif how == "exchanged with an older one" and older.is_file():
        shutil.copy(older, path)
    else:
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        path.write_bytes(data)


def model_changed(place: Place, rounds: int) -> Outcome:
    """The model under the index is another one than before: none of its vectors is used."""
    outcome = Outcome()
    for n in range(rounds):
        encoder = Counting(f"model-{n % 2}", f"fingerprint-{n}")
        place.open(encoder).close()
        place.change()
        check(place, outcome)
    return outcome


def clock_set_back(place: Place, rounds: int) -> Outcome:
    """The clock goes back a year, and files carry times that are still to come."""
    outcome = Outcome()
    year = 365 * 86400 * 10**9
    for n in range(rounds):
        place.change()
        place.open().close()
        path = place.chance.choice(sorted(place.pages.glob("*.txt")))
        times = path.stat()
        text = path.read_text(encoding="utf-8")
        path.write_text(
            text.translate(str.maketrans("0123456789", "1234567890")), encoding="utf-8"
        )  # as long as before
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns if n % 2 else time.time_ns() + year))
        last_year = time.time_ns() - year
        with mock.patch.object(survey.time, "time_ns", mock.Mock(return_value=last_year)):
            check(place, outcome)
    return outcome


def questions_while_pages_go(place: Place, rounds: int) -> Outcome:
    """Questions are asked of an archive that follows its folder while pages go, come and change."""
    outcome = Outcome()
    history: dict[str, list[tuple[float, str]]] = {}  # since when a file says what, "" where it is gone

    def note(path: Path) -> None:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        history.setdefault(path.name, []).append((time.monotonic(), text))

    def said(source: str, text: str, start: float, end: float) -> bool:
        """Whether a file said that at any moment of the question. A version is noted just after it is there."""
        versions = history[source]
        until = [since for since, _ in versions[1:]] + [float("inf")]
        return any(
            t == text and since <= end + 1 and start <= stop for (since, t), stop in zip(versions, until, strict=True)
        )

    for path in place.pages.glob("*.txt"):
        note(path)
    stop = threading.Event()
    asked: list[tuple[float, float, Reply]] = []

    with (
        mock.patch.dict(os.environ, {"BAOWEN_CACHE": str(place.cache)}),
        Live(lambda: Archive.open(place.pages)) as live,
    ):

        def ask() -> None:
            talk = live.conversation()
            while not stop.is_set():
                page = place.chance.choice(live.archive.pages)
                question = f"{page.articles[0].headline[:-2]}全长多少米?"
                for one in (live.reply, talk.ask):
                    start = time.monotonic()
                    reply = one(question)
                    asked.append((start, time.monotonic(), reply))

        thread = threading.Thread(target=ask)
        thread.start()
        live.watch(0.1)
        for _ in range(rounds):
            for path, step in (
                (place.chance.choice(sorted(place.pages.glob("*.txt"))), "gone"),
                (place.chance.choice(sorted(place.pages.glob("*.txt"))), "changed"),
            ):
                path.unlink() if step == "gone" else place.write(path)
                note(path)
            place.add()
            note(place.pages / f"page_{place.number:04d}.txt")
            time.sleep(0.5)
        stop.set()
        thread.join()
        outcome.tried = outcome.survived = len(asked)
        for start, end, reply in asked:
            gone = sum(not said(hit.page.source, hit.page.text, start, end) for hit in reply.hits)
            wrong = sum(not is_printed(hit.passage.text, hit.passage.spans, hit.page.text) for hit in reply.hits)
            outcome.stale, outcome.wrong = outcome.stale + gone, outcome.wrong + wrong
            outcome.survived -= gone + wrong > 0
        live.refresh()
        files = {path.name for path in place.pages.glob("*.txt")}
        outcome.lost += len(files ^ {page.source for page in live.pages})
    outcome.notes = f"{sum(reply.answered for _, _, reply in asked)} answered"
    return outcome


FAULTS: dict[str, Callable[[Place, int], Outcome]] = {
    "kill -9 during an ingest": killed_ingest,
    "kill -9 during a switch": killed_switch,
    "disk full, at each write": disk_full,
    "disk full, a small tmpfs": small_disk,
    "a page changed while it is read": changed_while_read,
    "two writers": two_writers,
    "readers during a switch": readers_at_a_switch,
    "index files truncated": damaged("truncated"),
    "index files with a flipped bit": damaged("flipped"),
    "index files missing": damaged("missing"),
    "index files of two generations exchanged": damaged("exchanged with an older one"),
    "the model changed under the index": model_changed,
    "the clock set back": clock_set_back,
    "questions while pages go": questions_while_pages_go,
}


def run(name: str, where: Path, rounds: int, seed: int) -> Outcome:
    """Do one fault to pages of its own below `where`."""
    return FAULTS[name](Place.make(where, seed), rounds)
