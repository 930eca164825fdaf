"""Writers and readers of one index: one writer at a time, and nothing taken away that somebody reads."""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from index_kit import BUS, RIVER, Counting, assert_sound, current, lay_out, opened

from corpus.errors import StorageError
from embeddings import locks, shelf, storage
from embeddings.index import Index
from embeddings.locks import Owner, Reading


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    return lay_out(tmp_path / "papers")


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.mark.parametrize("crash_at", [1, 2])
def test_a_crash_while_writing_leaves_the_generation_before(
    papers: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, crash_at: int
) -> None:
    """The first os.replace puts the generation in place, the second one the pointer."""
    opened(papers, cache)
    (papers / "river.txt").write_text(RIVER, encoding="utf-8")
    calls: list[object] = []
    replace = os.replace

    def crash(*names: Any) -> None:
        calls.append(names)
        if len(calls) == crash_at:
            raise KeyboardInterrupt
        replace(*names)

    monkeypatch.setattr(os, "replace", crash)
    with pytest.raises(KeyboardInterrupt):
        opened(papers, cache)
    monkeypatch.undo()
    assert current(papers, cache).name == "gen-000001"
    (papers / "river.txt").unlink()
    assert opened(papers, cache).notes == ()
    (papers / "river.txt").write_text(RIVER, encoding="utf-8")
    index = opened(papers, cache)
    assert_sound(index)
    assert index.notes == ()
    assert not list(current(papers, cache).parent.glob("tmp-*"))


def test_a_second_writer_waits_and_then_gives_up_in_one_sentence(
    papers: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = storage.folder_of(papers, cache)
    monkeypatch.setattr(locks, "LOCK_SECONDS", 0.1)
    with (
        locks.writing(folder),
        pytest.raises(StorageError, match=rf"is being written by process {os.getpid()}, started 20.*; [^.]*\.$"),
    ):
        opened(papers, cache)
    assert_sound(opened(papers, cache))


def test_of_two_writers_at_once_one_works_and_both_answer(papers: Path, cache: Path) -> None:
    encoders = [Counting(), Counting()]
    results: list[Index] = []
    threads = [
        threading.Thread(target=lambda encoder=encoder: results.append(opened(papers, cache, encoder)))
        for encoder in encoders
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 2
    for index in results:
        assert_sound(index)
    assert sorted(bool(encoder.texts) for encoder in encoders) == [False, True]
    assert current(papers, cache).name == "gen-000001"


def test_what_a_killed_writer_left_is_swept_away_by_the_next(papers: Path, cache: Path) -> None:
    leftover = storage.folder_of(papers, cache) / "tmp-gen-000001"
    leftover.mkdir(parents=True)
    (leftover / "pages.jsonl").write_bytes(b"half")
    assert_sound(opened(papers, cache))
    assert not leftover.exists()


HOLD = """
import sys, time
from pathlib import Path
from embeddings import locks
with locks.writing(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def writing(papers: Path, cache: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock."""
    folder = storage.folder_of(papers, cache)
    command = [sys.executable, "-c", HOLD, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent.parent) as process:
        assert process.stdout is not None and process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_living_writer_is_named_and_a_killed_one_holds_nothing(
    papers: Path, cache: Path, writing: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "LOCK_SECONDS", 0.1)
    folder = storage.folder_of(papers, cache)
    with pytest.raises(StorageError, match=rf"is being written by process {writing.pid}, started 20\d\d-.*; wait"):
        opened(papers, cache)
    owner = locks.writer(folder)
    assert owner is not None and (owner.pid, owner.alive, owner.here) == (writing.pid, True, True)
    with pytest.raises(StorageError, match=f"process {writing.pid}"):
        shelf.forget(papers, cache)
    writing.send_signal(signal.SIGKILL)
    writing.wait()
    assert (folder / "writer.json").exists()  # what it left
    assert locks.writer(folder) is None
    assert_sound(opened(papers, cache))
    assert not (folder / "writer.json").exists()


def test_a_process_is_told_from_another_with_its_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    me = Owner.of(os.getpid())
    assert me.alive
    assert not Owner(me.pid, me.started - 500, me.after_boot - 500, me.host).alive
    # The clock was set back an hour: the start in seconds since 1970 moves, the machine's own start with it.
    monkeypatch.setattr(locks.psutil, "boot_time", lambda real=locks.psutil.boot_time: real() - 3600)
    create_time = locks.psutil.Process.create_time
    monkeypatch.setattr(locks.psutil.Process, "create_time", lambda self: create_time(self) - 3600)
    assert Owner.of(os.getpid()).started < me.started - 3000
    assert me.alive
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    dead = Owner(child.pid, me.started, me.after_boot, me.host)
    child.wait()
    assert not dead.alive
    elsewhere = Owner(dead.pid, dead.started, dead.after_boot, "another-machine")
    assert elsewhere.alive and str(elsewhere).startswith(f"process {dead.pid} on another-machine, started ")
    me.write(tmp_path / "me.json")
    assert Owner.read(tmp_path / "me.json") == me
    (tmp_path / "me.json").write_text('{"pid": 1')
    assert Owner.read(tmp_path / "me.json") is None


def test_a_process_that_ended_and_was_not_waited_for_is_dead() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    owner = Owner.of(child.pid)
    assert owner.alive
    assert child.stdin is not None
    child.stdin.close()
    until = time.monotonic() + 20
    while owner.alive and time.monotonic() < until:
        time.sleep(0.05)
    assert not owner.alive
    child.wait()


def generations(folder: Path) -> list[int]:
    return storage.numbers(folder)


def change(papers: Path, number: int) -> None:
    (papers / "bus.txt").write_text(BUS + f"　　第{number}次。\n", encoding="utf-8")


def test_a_generation_is_kept_while_it_is_open_and_no_longer(papers: Path, cache: Path) -> None:
    folder = storage.folder_of(papers, cache)
    first = opened(papers, cache)
    change(papers, 1)
    second = opened(papers, cache)
    assert generations(folder) == [1, 2]
    second.close()
    change(papers, 2)
    third = opened(papers, cache)
    assert generations(folder) == [1, 3]
    del first
    gc.collect()
    change(papers, 3)
    fourth = opened(papers, cache)
    assert generations(folder) == [3, 4]
    for index in (second, third, fourth):
        assert_sound(index)
    third.close()
    third.close()
    assert [path.name.split(".")[0] for path in (folder / "readers").iterdir()] == ["gen-000004"]


def test_a_reader_that_died_keeps_nothing(papers: Path, cache: Path) -> None:
    folder = storage.folder_of(papers, cache)
    opened(papers, cache).close()
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    owner = Owner(child.pid, 0, 0, locks.platform.node())
    child.wait()
    owner.write(folder / "readers" / "gen-000001.dead.json")
    half = folder / "readers" / "gen-000001.half.json"
    half.write_text("{")
    os.utime(half, (time.time() - 100, time.time() - 100))
    far = Owner(1, 0, 0, "another-machine")
    far.write(folder / "readers" / "gen-000001.far.json")
    assert locks.readers(folder) == 1
    os.utime(folder / "readers" / "gen-000001.far.json", (time.time() - 90_000, time.time() - 90_000))
    change(papers, 1)
    opened(papers, cache)
    assert generations(folder) == [2]
    assert locks.readers(folder) == 0


def test_a_reader_that_comes_while_a_writer_switches_takes_the_new_generation(
    papers: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(papers, cache).close()
    folder = storage.folder_of(papers, cache)
    named, done = storage.named, []

    def slow(path: Path) -> str:
        name = named(path)
        if not done:  # between reading CURRENT and keeping what it names, all of this happens
            done.append(name)
            change(papers, 1)
            opened(papers, cache).close()
            assert generations(folder) == [2]
        return name

    monkeypatch.setattr(storage, "named", slow)
    reading = storage.pin(folder)
    assert reading is not None and done == ["gen-000001"]
    assert locks.in_use(folder) == {"gen-000002"}


def test_reading_while_others_write_always_gives_one_whole_generation(papers: Path, cache: Path) -> None:
    opened(papers, cache)
    stop = threading.Event()
    failed: list[BaseException] = []
    seen: list[Index] = []

    def read() -> None:
        while not stop.is_set():
            try:
                seen.append(opened(papers, cache))
            except BaseException as error:
                failed.append(error)
                return

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for number in range(6):
        change(papers, number)
        (papers / "river.txt").write_text(RIVER + str(number), encoding="utf-8")
        opened(papers, cache)
    stop.set()
    for thread in threads:
        thread.join()
    assert failed == [] and len(seen) >= 2
    for index in seen[:: max(1, len(seen) // 10)]:
        assert index.notes == ()
        assert_sound(index)


def test_the_folder_of_an_index_says_what_it_is_of_and_can_be_forgotten(tmp_path: Path, cache: Path) -> None:
    papers = lay_out(tmp_path / ("报 纸🎉" + os.fsdecode(b"\xff\xfe")))
    opened(papers, cache).close()
    (entry,) = shelf.entries(cache)
    assert (entry.root, entry.state, entry.readers) == (papers, "ready", 0)
    assert entry.manifest is not None and entry.manifest.counts["pages"] == 2
    files = [path for path in entry.folder.rglob("*") if path.is_file()]
    assert entry.size == sum(path.stat().st_size for path in files)
    assert json.loads((current(papers, cache) / "manifest.json").read_bytes())["root"] == str(papers)
    assert shelf.forget(papers, cache).folder == entry.folder
    assert shelf.entries(cache) == [] and not entry.folder.exists()
    assert list(cache.iterdir()) == [] and (papers / "bus.txt").is_file()
    with pytest.raises(StorageError, match=r"There is no index of .*baowen info"):
        shelf.forget(papers, cache)


def test_an_index_whose_pages_are_gone_is_listed_and_forgotten(papers: Path, cache: Path, tmp_path: Path) -> None:
    opened(papers, cache)
    papers.rename(tmp_path / "elsewhere")
    (entry,) = shelf.entries(cache)
    assert (entry.root, entry.state) == (papers, "its pages are gone")
    (entry.folder / "CURRENT").write_text("nothing")
    (entry,) = shelf.entries(cache)
    assert entry.state == "damaged: CURRENT names no generation"
    (entry.folder / "PAGES").unlink()
    assert shelf.entries(cache)[0].root is None
    shelf.forget(entry.folder, cache)
    assert shelf.entries(cache) == []
    assert (tmp_path / "elsewhere").is_dir()


def test_nothing_but_an_index_is_ever_forgotten(papers: Path, cache: Path) -> None:
    opened(papers, cache)
    (cache / "notes-0123456789ab").mkdir()
    (cache / "notes-0123456789ab" / "mine.txt").write_text("x")
    assert len(shelf.entries(cache)) == 1
    for path in (cache, cache / "notes-0123456789ab", papers.parent):
        with pytest.raises(StorageError):
            shelf.forget(path, cache)
    assert (cache / "notes-0123456789ab" / "mine.txt").is_file()


def test_a_reader_in_a_folder_that_cannot_be_written_reads_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "readers").write_text("a file where the folder should be")
    Reading(tmp_path, "gen-000001").release()
    assert locks.in_use(tmp_path) == set()


def test_pages_that_change_while_a_writer_waits_are_seen(
    papers: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While this one waits for the lock another writer ends its work, and a page goes and another comes."""
    opened(papers, cache).close()
    change(papers, 1)
    writing = locks.writing

    def waiting(folder: Path) -> object:
        monkeypatch.setattr(locks, "writing", writing)
        opened(papers, cache).close()
        (papers / "bus.txt").unlink()
        (papers / "river.txt").write_text(RIVER, encoding="utf-8")
        return writing(folder)

    monkeypatch.setattr(locks, "writing", waiting)
    index = opened(papers, cache)
    assert [page.source for page in index.pages] == ["river.txt", "tea.txt"] and index.skipped == ()
    assert_sound(index)
