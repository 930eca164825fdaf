"""A file that crashes, hangs or fills the memory costs itself alone, whatever reads it."""

from __future__ import annotations

import functools
import json
import logging
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hostile_readers import read, taken_over

from corpus import read_pages
from corpus.errors import InputError, PagesError
from corpus.files import iter_pages, read_file
from corpus.limits import Limits, reading_limits
from corpus.reading import Failed, Job, attempt
from corpus.records import Page, Skipped
from corpus.workers import Workers, fitting_workers

LIMITS = Limits(seconds=6.0, total=6.0, megabytes=400)
HTML = "<h1>菜场换新颜</h1><p>■记者 王一</p><p>本报讯 老菜场改造后,摊位增加到60个。</p>"


def results(folder: Path, names: list[str], limits: Limits = LIMITS, most: int = 1) -> list[tuple[str, int] | Failed]:
    with Workers(functools.partial(read, str(folder)), most) as workers:
        found = workers.read([Job(name, limits) for name in names])
        return [each if isinstance(each, Failed) else tuple(json.loads(each)) for each in found]


def test_each_way_to_break_costs_one_file_and_no_file_is_tried_twice(tmp_path: Path) -> None:
    damaged = "it is damaged, or takes more than 400 MB of memory; save it anew or split it."
    breaking = {
        "abort": f"abort crashed the process that read it (SIGABRT): {damaged}",
        "exit": f"exit crashed the process that read it (status 3): {damaged}",
        "segfault": f"segfault crashed the process that read it (SIGSEGV): {damaged}",
        "kill": "kill was given up, for the system killed the process that read it, most likely for want of memory; "
        "free some, or split the file.",
        "hang": "hang takes more than 6 seconds to read; split it, or set BAOWEN_PAGE_SECONDS higher.",
        "memory": "memory takes more than 400 MB of memory to read; split it, or set BAOWEN_PAGE_MEMORY higher.",
        "starved": "starved takes more than 400 MB of memory to read; split it, or set BAOWEN_PAGE_MEMORY higher.",
        "fault": "fault cannot be read by a fault of Baowen's (ZeroDivisionError, see the log); save it anew, or "
        "report it.",
        "deep": "deep nests too deeply to be read; simplify it and try again.",
        "refused": "refused is no page.",
        "much": "much gives more than 64 MB of text; split it.",
    }
    names = [name for n, each in enumerate(breaking) for name in (f"good{n}", each)] + ["good99"]
    found = results(tmp_path, names, most=2)
    assert [each.name if isinstance(each, Failed) else each[0] for each in found] == names
    assert {each.name: each.reason for each in found if isinstance(each, Failed)} == breaking
    assert sorted((tmp_path / "calls").read_text().split()) == sorted(names)


def test_whatever_a_process_says_that_was_taken_over_costs_its_own_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pickles are never unpickled; rubbish, half messages and false signs of life neither stop nor stall the run."""
    monkeypatch.setattr("corpus.files.packed_page", taken_over)
    monkeypatch.setenv("BAOWEN_PAGE_SECONDS", "6")
    rubbish = "made the process that read it send what is no page; do not open it, and report it."
    no_page = "was read as something that is no page; do not open it, and report it."
    slow = "takes more than 6 seconds to read; split it, or set BAOWEN_PAGE_SECONDS higher."
    expected = {
        **dict.fromkeys(("framed", "reason", "reasons", "unknown", "again", "cannot", "large"), rubbish),
        **dict.fromkeys(("evil", "nested", "number", "other"), no_page),
        **dict.fromkeys(("half", "alive"), slow),
    }
    pages = tmp_path / "pages"
    pages.mkdir()
    for number, name in enumerate(("good", *expected)):
        (pages / f"{name}.html").write_text(HTML, "utf-8")
        (pages / f"good{number}.html").write_text(HTML, "utf-8")
    corpus = read_pages(pages)
    assert {each.source: each.reason for each in corpus.skipped} == {
        f"{name}.html": f"{name}.html {why}" for name, why in expected.items()
    }
    monkeypatch.undo()
    assert [page.source for page in corpus.pages] == sorted(["good.html", *(f"good{n}.html" for n in range(14))])
    assert all(page == read_file(pages, Path(page.source)) for page in corpus.pages)
    assert not (tmp_path / "harm").exists()


def test_the_traceback_of_a_fault_comes_along(tmp_path: Path) -> None:
    (failed,) = results(tmp_path, ["fault"])
    assert isinstance(failed, Failed) and "ZeroDivisionError" in failed.fault and "1 // 0" in failed.fault


def test_a_process_is_used_again_until_it_has_grown_and_ends_with_the_context(tmp_path: Path) -> None:
    first, second, third, fourth = (
        each[1] for each in results(tmp_path, ["a", "large", "b", "c"]) if not isinstance(each, Failed)
    )
    assert first == second != third == fourth
    for process in (first, fourth):
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


def test_signs_of_progress_give_a_file_more_time_but_not_without_end(tmp_path: Path) -> None:
    sheets, endless = results(tmp_path, ["sheets"], Limits(2.5, 60.0, 400)) + results(
        tmp_path, ["endless"], Limits(5.0, 2.0, 400)
    )
    assert not isinstance(sheets, Failed)
    assert isinstance(endless, Failed) and "takes more than 2 seconds" in endless.reason


def test_a_consumer_that_takes_its_time_costs_no_file(tmp_path: Path) -> None:
    jobs = [Job(f"a{n}", Limits(1.0, 1.0, 400)) for n in range(40)]
    with Workers(functools.partial(read, str(tmp_path)), 1) as workers:
        found = workers.read(jobs)
        first = next(found)
        threading.Event().wait(1.5)
        names = [json.loads(each)[0] for each in (first, *found) if isinstance(each, bytes)]
        assert names == [f"a{n}" for n in range(40)]


def test_a_function_that_cannot_be_imported_is_no_files_fault() -> None:
    with Workers(_Local(), 1) as workers, pytest.raises((RuntimeError, AttributeError)):
        list(workers.read([Job("a", LIMITS)]))


class _Local:
    """Its pickle names what only this process has."""

    def __reduce__(self) -> tuple[object, ...]:
        return _only_here, ()

    def __call__(self, name: str) -> bytes:
        return b""


def _only_here() -> None: ...


_only_here.__module__ = "__main__"
sys.modules["__main__"]._only_here = _only_here  # type: ignore[attr-defined]


@pytest.mark.parametrize(("python", "why"), [("/nowhere/python", "No process can be started"), ("/bin/false", "begun")])
def test_no_process_at_all_stops_the_run_in_one_sentence(
    python: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", python)
    with pytest.raises(PagesError, match=why):
        results(tmp_path, ["a"])


def test_in_one_process_errors_become_failures_as_well(tmp_path: Path) -> None:
    got = [attempt(functools.partial(read, str(tmp_path)), Job(name, LIMITS)) for name in ("refused", "deep", "good")]
    assert [isinstance(each, Failed) for each in got] == [True, True, False]


def test_a_fault_of_the_reader_is_logged_and_the_next_page_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from corpus import files

    (tmp_path / "1.txt").write_text("一", "utf-8")
    (tmp_path / "2.txt").write_text("甲事\n\n■记者 王一\n\n本报讯 甲。", "utf-8")
    whole = files.read_page

    def broken(found: object, name: str, digest: str) -> Page:
        if name == "1.txt":
            raise KeyError("一")
        return whole(found, name, digest)  # type: ignore[arg-type]

    monkeypatch.setattr(files, "read_page", broken)
    with caplog.at_level(logging.ERROR):
        skipped, page = list(iter_pages(tmp_path))
    assert isinstance(skipped, Skipped) and "a fault of Baowen's (KeyError" in skipped.reason
    assert isinstance(page, Page) and "KeyError: '一'" in caplog.text


def test_memory_is_bounded_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "1.html").write_text("\U0001f4f0" + "a" * 19_000_000, "utf-8")  # four bytes each, once decoded
    (tmp_path / "2.html").write_text(HTML, "utf-8")
    monkeypatch.setenv("BAOWEN_PAGE_MEMORY", "180")
    corpus = read_pages(tmp_path)
    assert [page.source for page in corpus.pages] == ["2.html"]
    assert "takes more than 180 MB of memory" in corpus.skipped[0].reason


@pytest.mark.parametrize("value", ["", "soon", "0", "-3", "nan", "inf"])
def test_limits_that_are_none_are_refused(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAOWEN_PAGE_SECONDS", value)
    with pytest.raises(InputError, match=r"BAOWEN_PAGE_SECONDS is .* must be a number over 0"):
        reading_limits(recognised=False)


def test_limits_and_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAOWEN_PAGE_SECONDS", "7")
    assert reading_limits(recognised=False) == Limits(7.0, 7.0, 1536)
    assert reading_limits(recognised=True) == Limits(35.0, 350.0, 4608)
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr(os, "sysconf", lambda name: {"SC_PHYS_PAGES": 2**21, "SC_PAGE_SIZE": 2**12}[name])  # 8 GB
    assert fitting_workers([Job("a", reading_limits(recognised=False))]) == 5
    assert fitting_workers([Job("a", reading_limits(recognised=True))]) == 1


def test_a_program_without_a_main_guard_and_its_threads_read(tmp_path: Path) -> None:
    pages = tmp_path / "pages"
    pages.mkdir()
    (pages / "1.html").write_text(HTML, "utf-8")
    program = tmp_path / "program.py"
    program.write_text(
        "import sys, threading\nfrom corpus import read_pages\nprint('begun')\n"
        "def run(): print(len(read_pages(sys.argv[1]).pages[0].articles))\n"
        "run()\nthread = threading.Thread(target=run)\nthread.start()\nthread.join()\n"
    )
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-W", "error", str(program), str(pages)], capture_output=True, text=True, env=env, check=False
    )
    assert (done.stdout, done.stderr) == ("begun\n1\n1\n", "")
