"""Files that were skipped cost nothing until they, or what reads them, change; huge ones are not even hashed."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest
from index_kit import BUS, RIVER, assert_sound, lay_out, opened

from corpus import files, reading
from corpus.errors import PagesError
from corpus.records import Page
from embeddings import survey
from embeddings.building import Work


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    return lay_out(tmp_path / "papers")


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def _count_reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are read from now on, by this process."""
    read: list[str] = []
    whole = files.read_bytes

    def counting(root: Path, path: Path) -> bytes:
        read.append(path.as_posix())
        return whole(root, path)

    monkeypatch.setattr(files, "read_bytes", counting)
    return read


def test_what_was_skipped_is_read_again_only_when_its_bytes_change(
    papers: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (papers / "bad.txt").write_bytes(b"\x00\x01\x02" * 50)
    before = opened(papers, cache)
    (bad,) = before.skipped
    read = _count_reads(monkeypatch)
    (papers / "river.txt").write_text(RIVER, encoding="utf-8")
    index = opened(papers, cache)
    assert (read, index.work) == (["river.txt"], Work(1, 2, 2))
    assert index.skipped == (bad,) and bad.source == "bad.txt"
    (papers / "bad.txt").rename(papers / "worse.txt")  # its reason names it
    (renamed_one,) = opened(papers, cache).skipped
    assert "worse.txt" in renamed_one.reason and "bad.txt" not in renamed_one.reason
    (papers / "worse.txt").write_text(BUS, encoding="utf-8")
    index = opened(papers, cache)
    assert index.skipped == () and [page.source for page in index.pages] == [
        "bus.txt", "river.txt", "tea.txt", "worse.txt",
    ]  # fmt: skip
    (papers / "worse.txt").unlink()
    assert opened(papers, cache).skipped == ()


@pytest.mark.parametrize("until", ["readers", "limits", "any time"])
def test_other_limits_other_libraries_and_another_reader_let_what_was_skipped_be_tried_again(
    until: reading.Until, papers: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heavy = [True]
    whole = files.read_page

    def read_page(found: object, name: str, digest: str) -> Page:
        if heavy[0] and name == "bus.txt":
            raise {"readers": PagesError, "limits": MemoryError, "any time": OSError}[until]("It is too much.")
        return whole(found, name, digest)  # type: ignore[arg-type]

    monkeypatch.setattr(files, "read_page", read_page)
    assert [one.source for one in opened(papers, cache).skipped] == ["bus.txt"]
    read = _count_reads(monkeypatch)
    assert opened(papers, cache).work is None and read == []
    monkeypatch.setenv("BAOWEN_PAGE_MEMORY", "2000")
    index = opened(papers, cache)
    assert read == (["bus.txt"] if until == "limits" else []) and len(index.skipped) == 1
    assert opened(papers, cache).work is None  # tried once
    del read[:]
    (papers / "river.txt").write_text(RIVER, encoding="utf-8")
    opened(papers, cache)
    assert read == (["bus.txt", "river.txt"] if until == "any time" else ["river.txt"])
    del read[:]
    monkeypatch.setattr("corpus.limits._readers", lambda: "newer")
    opened(papers, cache)
    assert read == ([] if until == "any time" else ["bus.txt"])
    heavy[0] = False
    monkeypatch.setattr("embeddings.index.reader_fingerprint", lambda: "newer")
    monkeypatch.setattr("embeddings.survey.reader_fingerprint", lambda: "newer")
    index = opened(papers, cache)
    assert index.skipped == () and "bus.txt" in read
    assert_sound(index)


def test_what_was_skipped_for_bytes_that_are_gone_is_read_at_the_next_opening(
    papers: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Broken only while it was read, then as it was looked at: its hash alone would not tell."""
    page = papers / "bus.txt"
    good = page.read_bytes()
    whole = files.read_bytes

    def torn(root: Path, path: Path) -> bytes:
        if path.name == "bus.txt":
            page.write_bytes(b"")
        return whole(root, path)

    with monkeypatch.context() as patch:
        patch.setattr(files, "read_bytes", torn)
        assert [one.source for one in opened(papers, cache).skipped] == ["bus.txt"]
    page.write_bytes(good)
    index = opened(papers, cache)
    assert index.skipped == () and len(index.pages) == 2


def test_a_file_that_is_too_large_is_named_and_never_read(
    papers: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = papers / "large.txt"
    with large.open("wb") as handle:
        handle.truncate(2**40)  # it takes no room on the disk, and an hour to be hashed
    read = _count_reads(monkeypatch)
    began = time.monotonic()
    (skipped,) = opened(papers, cache).skipped
    assert time.monotonic() - began < 20
    assert skipped.source == "large.txt" and "has 1048576 MB, such a file may have 20 at most" in skipped.reason
    assert read == ["bus.txt", "tea.txt"]
    assert opened(papers, cache).work is None
    with large.open("wb") as handle:
        handle.write(RIVER.encode())
    assert opened(papers, cache).skipped == () and read[2:] == ["large.txt"]


def test_a_file_that_grows_while_it_is_hashed_is_not_followed_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page.txt"
    page.write_bytes(b"x" * 10)
    assert survey._digest(page, 10) == hashlib.sha256(b"x" * 10).hexdigest()
    assert survey._digest(page, 9) == ""
    part = 5
    monkeypatch.setattr(survey, "_PART", part)
    status = os.fstat

    def smaller(handle: int) -> os.stat_result:
        seen = list(status(handle))
        seen[6] = 4  # as it was a moment ago
        return os.stat_result(seen)

    monkeypatch.setattr(survey.os, "fstat", smaller)
    assert survey._digest(page, 9) == ""


def test_a_pipe_in_the_place_of_a_page_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "page.txt")
    assert survey._digest(tmp_path / "page.txt", 10) == ""
