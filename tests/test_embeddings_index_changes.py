"""Changes are found by content: renamed, copied, touched and interrupted work costs nothing that was done before."""

from __future__ import annotations

import dataclasses
import logging
import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from index_kit import BUS, RIVER, TEA, Counting, assert_sound, current, lay_out, opened
from numpy.typing import NDArray

from corpus import sample_pages
from corpus.files import list_files, read_file
from corpus.records import Page
from embeddings import building, survey
from embeddings.building import Work
from embeddings.index import dense_text
from embeddings.journal import Journal
from embeddings.renaming import renamed

LAYOUTS = Path(__file__).parent / "data" / "layouts"


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    return lay_out(tmp_path / "papers")


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def test_a_second_run_changes_not_a_byte_of_the_manifest(papers: Path, cache: Path) -> None:
    opened(papers, cache)
    manifest = current(papers, cache) / "manifest.json"
    before = manifest.read_bytes()
    for _ in range(2):
        assert opened(papers, cache).work is None
        assert (current(papers, cache), manifest.read_bytes()) == (manifest.parent, before)


def test_a_renamed_page_is_neither_read_nor_embedded_again(papers: Path, cache: Path) -> None:
    before = opened(papers, cache)
    (papers / "2026").mkdir()
    (papers / "bus.txt").rename(papers / "2026" / "公交.txt")
    encoder = Counting()
    index = opened(papers, cache, encoder)
    assert (index.work, encoder.texts) == (Work(0, 0, 0), [])
    assert [page.source for page in index.pages] == ["2026/公交.txt", "tea.txt"]
    assert index.pages[0] == read_file(papers, Path("2026/公交.txt"))
    old = {article.id for article in before.pages[0].articles}
    assert old.isdisjoint(article.id for page in index.pages for article in page.articles)
    assert_sound(index)


def test_a_copied_page_is_kept_as_well_and_costs_nothing(papers: Path, cache: Path) -> None:
    opened(papers, cache)
    shutil.copy(papers / "bus.txt", papers / "again.txt")
    index = opened(papers, cache)
    assert index.work == Work(0, 0, 0)
    assert [page.source for page in index.pages] == ["again.txt", "bus.txt", "tea.txt"]
    assert index.pages[0].articles[0].id != index.pages[1].articles[0].id
    assert_sound(index)


def test_a_file_that_was_swapped_with_another_is_told_apart(papers: Path, cache: Path) -> None:
    opened(papers, cache)
    (papers / "bus.txt").write_text(TEA, encoding="utf-8")
    (papers / "tea.txt").write_text(BUS, encoding="utf-8")
    index = opened(papers, cache)
    assert index.work == Work(0, 0, 0)
    assert [page.text for page in index.pages] == [TEA, BUS]
    assert_sound(index)


# No scans: reading one takes seconds.
PAGES = [
    (root, path)
    for root in (sample_pages(), LAYOUTS)
    for path in list_files(root)
    if path.suffix in (".txt", ".md", ".html", ".docx")
]


@pytest.mark.parametrize("name", ["x", "20240229_07版", "深/层/2024-02-29"])
def test_a_page_under_another_name_is_what_reading_it_there_gives(name: str, tmp_path: Path) -> None:
    known = 0
    for root, path in PAGES:
        page = read_file(root, path)
        new = Path(f"{name}{path.suffix}")
        place = tmp_path / new
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / path, place)
        found = renamed(page, new.as_posix())
        if found is not None:
            known += 1
            assert found == read_file(tmp_path, new)
        place.unlink()
    assert known > len(PAGES) / 2


def test_what_only_the_file_can_tell_is_read_again(tmp_path: Path, cache: Path) -> None:
    """The old name states the date; under the new one the date that is printed on the page counts."""
    papers = lay_out(tmp_path / "pages")
    (papers / "bus.txt").rename(papers / "2020-01-01.txt")
    assert opened(papers, cache).pages[0].date == "2020-01-01"
    (papers / "2020-01-01.txt").rename(papers / "bus.txt")
    index = opened(papers, cache)
    assert index.pages[0].date == "2026-03-05"
    assert index.work == Work(1, 0, 0)
    assert renamed(index.pages[0], "bus.html") is None  # another format


def test_a_change_hidden_behind_a_clock_that_was_set_back_is_seen(
    papers: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = papers / "bus.txt"
    os.utime(page, ns=(1, 1_000_000_000))
    opened(papers, cache)
    page.write_text(BUS.replace("一千万元。", "九千万元。"), encoding="utf-8")
    os.utime(page, ns=(1, 1_000_000_000))  # as if the clock were back where it was
    monkeypatch.setattr(survey.time, "time_ns", lambda: 1_000_000_000)
    assert "九千万元" in opened(papers, cache).pages[0].text
    monkeypatch.undo()
    os.utime(page, ns=(1, time.time_ns() + 10**15))  # a file of the future is hashed each time
    assert opened(papers, cache).work is None


def test_a_page_that_changes_while_it_is_read_is_followed_at_the_next_opening(
    papers: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = survey.look

    def look_then_change(*given: object) -> object:
        found = looked(*given)  # type: ignore[arg-type]
        (papers / "bus.txt").write_text(BUS.replace("一千万元。", "九千万元。"), encoding="utf-8")
        return found

    monkeypatch.setattr(survey, "look", look_then_change)
    assert "九千万元" in opened(papers, cache).pages[0].text
    monkeypatch.undo()
    place = current(papers, cache)
    assert "九千万元" in opened(papers, cache).pages[0].text
    assert current(papers, cache) == place
    (papers / "bus.txt").write_text(BUS, encoding="utf-8")  # back to what was looked at before it was read
    assert opened(papers, cache).pages[0].text == BUS


class Failing(Counting):
    """Fails at its second batch."""

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if self.texts:
            raise KeyboardInterrupt
        return super().encode_passages(texts)


def test_interrupted_work_is_taken_up_where_it_stopped(
    papers: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "_BATCH", 2)
    texts = [f"第{n}号桥通车\n\n■记者 王一\n\n本报讯 第{n}号桥昨天通车。\n" for n in range(5)]
    for n, text in enumerate(texts):
        (papers / f"p{n}.txt").write_text(text, encoding="utf-8")
    first = Failing()
    with pytest.raises(KeyboardInterrupt):
        opened(papers, cache, first)
    assert len(first.texts) == 2
    (papers / "p0.txt").unlink()
    (papers / "p1.txt").write_text(RIVER, encoding="utf-8")  # changed since it was read
    second = Counting()
    index = opened(papers, cache, second)
    assert index.work is not None and index.work.read == 1
    every = {dense_text(passage) for passage in index.passages}
    assert set(second.texts) == every - set(first.texts) and every & set(first.texts)
    assert_sound(index)
    assert {page.source for page in index.pages} == {"bus.txt", "tea.txt", "p1.txt", "p2.txt", "p3.txt", "p4.txt"}
    assert not (current(papers, cache).parent / "partial").exists()


def test_a_journal_that_was_cut_off_or_damaged_gives_what_is_sound_of_it(tmp_path: Path) -> None:
    encoder = Counting()
    pages = [dataclasses.replace(read_file(root, path), source=path.as_posix()) for root, path in PAGES[:3]]
    digests = [bytes([n]) * 32 for n in range(3)]
    vectors = np.arange(3 * 64, dtype=np.float32).reshape(3, 64)

    def written() -> tuple[Journal, Path, Path]:
        shutil.rmtree(tmp_path / "partial", ignore_errors=True)
        journal = Journal(tmp_path, encoder)
        for page in pages:
            journal.keep_page(page)
        journal.keep_vectors(digests, vectors)
        (page_file,) = (tmp_path / "partial").glob("pages-*")
        (vector_file,) = (tmp_path / "partial").glob("vectors-*")
        return Journal(tmp_path, encoder), page_file, vector_file

    journal, page_file, vector_file = written()
    assert journal.pages() == pages
    assert {digest: vector.tolist() for digest, vector in journal.vectors().items()} == dict(
        zip(digests, vectors.tolist(), strict=True)
    )
    page_file.write_bytes(page_file.read_bytes()[:-5])
    vector_file.write_bytes(vector_file.read_bytes()[:-5])
    assert journal.pages() == pages[:2] and list(journal.vectors()) == digests[:2]
    journal.keep_page(pages[2])  # what is kept after a torn end can be found again
    journal.keep_vectors(digests[2:], vectors[2:])
    assert journal.pages() == pages and list(journal.vectors()) == digests
    data = bytearray(vector_file.read_bytes())
    data[len(data) // 2] ^= 1
    vector_file.write_bytes(data)
    assert list(journal.vectors()) == digests[:1]
    lines = page_file.read_bytes().splitlines(keepends=True)
    page_file.write_bytes(lines[0].replace(b'"source"', b'"sauce!"') + lines[1])
    assert journal.pages() == []
    other = Journal(tmp_path, Counting("other", "toy-2"))
    assert other.vectors() == {}
    journal.clear()
    assert not (tmp_path / "partial").exists()


def test_a_journal_that_cannot_be_written_stops_nothing(
    papers: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    mkdir = Path.mkdir

    def refuse(path: Path, *given: object, **named: object) -> None:
        if path.name == "partial":
            raise OSError(28, "No space left on device")
        mkdir(path, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "mkdir", refuse)
    with caplog.at_level(logging.WARNING):
        assert_sound(opened(papers, cache))
    assert [record for record in caplog.records if "the next starts anew" in record.getMessage()]


def test_unchanged_tells_of_files_and_reads_each_only_once(
    papers: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unchanged = survey.Unchanged(papers, opened(papers, cache).manifest)
    assert unchanged("bus.txt") and not unchanged("no.txt")
    os.utime(papers / "bus.txt", ns=(1, 1))
    assert unchanged("bus.txt")  # the same bytes, and of a time at which nothing can hide any more
    with monkeypatch.context() as patch:
        patch.setattr(survey, "_seen", lambda *_: pytest.fail("it was read again"))
        assert unchanged("bus.txt")
    (papers / "bus.txt").write_text(TEA, encoding="utf-8")
    assert not unchanged("bus.txt")
    (papers / "tea.txt").unlink()
    assert not unchanged("tea.txt")


def test_a_near_duplicate_is_kept(papers: Path, cache: Path) -> None:
    (papers / "bus2.txt").write_text(BUS.replace("百分之三", "百分之四"), encoding="utf-8")
    index = opened(papers, cache)
    assert [page.source for page in index.pages] == ["bus.txt", "bus2.txt", "tea.txt"]
    same = [[p.text for p in index.passages if p.source == source] for source in ("bus.txt", "bus2.txt")]
    assert len(same[0]) == len(same[1]) and same[0] != same[1]
    assert_sound(index)


def test_a_page_is_known_by_name_and_bytes_before_bytes_alone() -> None:
    def page(source: str) -> Page:
        return Page(source, "甲", "00", None, None, (), ())

    found = {name: survey.Source("00", 1, 1) for name in ("a.txt", "b.txt")}
    at_hand = survey._at_hand(found, [page("a.txt"), page("b.txt")])
    assert [(name, one.source) for name, one in at_hand.items()] == [("a.txt", "a.txt"), ("b.txt", "b.txt")]
