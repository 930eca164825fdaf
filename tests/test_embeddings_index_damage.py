"""A damaged index is noticed, named, and mended by making anew what is damaged and nothing else."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from index_kit import BUS, RIVER, Counting, assert_sound, current, lay_out, opened
from toy_encoder import ToyEncoder

from corpus import page_json
from corpus.errors import StorageError
from corpus.passages import passages_of
from corpus.records import Page
from embeddings import building, generation, locks, pages_json, storage
from embeddings.building import Work
from embeddings.checkup import repair, verify
from embeddings.index import dense_text


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    return lay_out(tmp_path / "papers")


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


FILES = ["pages.jsonl", "rows.npz", "vectors.faiss", "lexical.npz", "vocabulary.json", "manifest.json"]


@pytest.mark.parametrize("name", [*FILES, "tantivy/meta.json"])
@pytest.mark.parametrize("how", ["flipped", "cut", "missing"])
def test_damage_is_noticed_told_and_mended(
    papers: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, name: str, how: str
) -> None:
    monkeypatch.setattr(building, "DIRECT_ROWS", 0)
    opened(papers, cache)
    path = current(papers, cache) / name
    data = bytearray(path.read_bytes())
    if how == "missing":
        path.unlink()
    elif how == "cut":
        path.write_bytes(data[: len(data) // 2])
    else:
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    index = opened(papers, cache)
    assert len(index.notes) == 1
    reason = "is missing" if how == "missing" else "does not match its checksum"
    assert f"{name} {reason}" in index.notes[0]
    assert index.notes[0].startswith(f"The index of {papers} was damaged (") and "was rebuilt." in index.notes[0]
    assert_sound(index)
    assert opened(papers, cache).notes == ()
    texts = len({dense_text(passage) for passage in index.passages})
    anew = {
        "pages.jsonl": Work(read=2, indexed=0, embedded=0),
        "rows.npz": Work(0, 0, 0),
        "vectors.faiss": Work(0, 0, texts),
        "lexical.npz": Work(0, len(index), 0),
        "vocabulary.json": Work(0, len(index), 0),
        "tantivy/meta.json": Work(0, 0, 0),
    }
    if name in anew:  # of a damaged manifest it depends on what is still to be read
        assert index.work == anew[name]


def test_damage_while_it_is_written_is_no_index(papers: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish = storage.publish

    def damaging(folder: Path, *given: Any) -> None:
        publish(folder, *given)
        path = current(papers, cache) / "vectors.faiss"
        path.write_bytes(path.read_bytes()[:-1] + b"?")

    monkeypatch.setattr(storage, "publish", damaging)
    with pytest.raises(StorageError, match=r"while it was written \(vectors.faiss does not match its checksum\)"):
        opened(papers, cache)
    assert locks.readers(storage.folder_of(papers, cache)) == 0
    monkeypatch.undo()
    assert_sound(opened(papers, cache))


@pytest.mark.parametrize("text", [None, b"", b"\xff\xfe", b"gen-000009 00", b"../../x 00"])
def test_a_damaged_pointer_is_mended(papers: Path, cache: Path, text: bytes | None) -> None:
    opened(papers, cache)
    pointer = current(papers, cache).parent / "CURRENT"
    if text is None:
        pointer.unlink()
    else:
        pointer.write_bytes(text)
    index = opened(papers, cache)
    assert "was damaged" in index.notes[0]
    assert index.work == Work(0, 0, 0)
    assert_sound(index)
    assert opened(papers, cache).notes == ()


def test_rows_that_are_not_the_passages_are_noticed(papers: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(papers, cache)
    # The same files, all checksums right, but the pages now give their passages in another order.
    for module in (building, generation):
        monkeypatch.setattr(module, "passages_of", lambda page: list(reversed(passages_of(page))))
    index = opened(papers, cache)
    assert "not those whose vectors are stored" in index.notes[0]


def test_what_is_taken_over_from_a_damaged_index_is_no_page_that_was_deleted(papers: Path, cache: Path) -> None:
    opened(papers, cache)
    (papers / "bus.txt").unlink()
    (current(papers, cache).parent / "CURRENT").unlink()
    index = opened(papers, cache)
    assert {passage.source for passage in index.passages} == {"tea.txt"}
    assert index.lexical(["公交"], ["公交"], 10) == []
    assert_sound(index)


def test_files_of_two_generations_exchanged_are_noticed(papers: Path, cache: Path) -> None:
    kept = opened(papers, cache)
    first = current(papers, cache)
    (papers / "river.txt").write_text(RIVER, encoding="utf-8")
    opened(papers, cache)
    second = current(papers, cache)
    for name in ("vectors.faiss", "pages.jsonl"):
        shutil.copy(first / name, second / name)
    problems = {str(problem) for problem in verify(second.parent).problems}
    assert problems >= {f"{name} does not match its checksum" for name in ("vectors.faiss", "pages.jsonl")}
    index = opened(papers, cache)
    assert {page.source for page in index.pages} == {"bus.txt", "river.txt", "tea.txt"}
    assert_sound(index)
    assert_sound(kept)


def test_an_index_of_other_pages_in_its_place_is_noticed(papers: Path, cache: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(papers, other)
    (other / "bus.txt").write_text(BUS.replace("百分之三", "百分之七"), encoding="utf-8")
    opened(papers, cache)
    opened(other, cache)
    mine, theirs = storage.folder_of(papers, cache), storage.folder_of(other, cache)
    shutil.rmtree(mine)
    shutil.copytree(theirs, mine)
    assert f"is of the pages at {other}" in str(verify(mine, papers).problems[0])
    index = opened(papers, cache)
    assert f"it is of the pages at {other}" in index.notes[0]
    assert "百分之三" in index.pages[0].text
    assert_sound(index)
    assert verify(mine, papers).problems == ()


@pytest.mark.parametrize("name", [*FILES, "tantivy/meta.json", "CURRENT"])
def test_verify_names_what_is_wrong_and_repair_mends_it(
    papers: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(building, "DIRECT_ROWS", 0)
    opened(papers, cache).close()
    folder = storage.folder_of(papers, cache)
    clean = verify(folder)
    assert (clean.problems, clean.behind, clean.root) == ((), (), papers)
    path = folder / name if name == "CURRENT" else current(papers, cache) / name
    path.write_bytes(path.read_bytes()[:-9])
    problems = verify(folder).problems
    assert [problem.file for problem in problems] == [name]
    encoder = Counting()
    done = repair(papers, encoder, cache=cache)
    assert done.before.problems == problems and done.after.problems == ()
    assert bool(encoder.texts) == (name in ("vectors.faiss", "manifest.json"))
    assert done.work is not None and bool(done.work.read) == (name in ("pages.jsonl", "manifest.json"))
    assert_sound(opened(papers, cache))


def test_repair_of_a_sound_index_does_nothing(papers: Path, cache: Path) -> None:
    opened(papers, cache)
    place = current(papers, cache)
    (papers / "river.txt").write_text(RIVER, encoding="utf-8")
    done = repair(papers, ToyEncoder(), cache=cache)
    assert (done.work, done.before.problems, current(papers, cache)) == (None, (), place)
    assert done.before.behind == ("1 new: river.txt",)


def test_verify_tells_what_the_next_opening_will_bring_up_to_date(papers: Path, cache: Path) -> None:
    opened(papers, cache)
    (papers / "river.txt").write_text(RIVER, encoding="utf-8")
    (papers / "bus.txt").write_text(RIVER, encoding="utf-8")
    (papers / "tea.txt").unlink()
    report = verify(storage.folder_of(papers, cache))
    assert (report.problems, report.behind) == ((), ("1 new: river.txt", "1 changed: bus.txt", "1 deleted: tea.txt"))
    shutil.rmtree(papers)
    (line,) = verify(storage.folder_of(papers, cache)).behind
    assert "There is no folder" in line


def test_verify_finds_a_passage_that_is_not_what_is_printed(
    papers: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of our own, which no checksum shows: the page's text and its articles do not fit."""
    whole = page_json.page_to_dict

    def shifted(page: Page) -> dict[str, object]:
        return whole(page) | {"text": "　" + page.text}

    monkeypatch.setattr(pages_json, "page_to_dict", shifted)
    opened(papers, cache)
    monkeypatch.undo()
    (problem,) = verify(storage.folder_of(papers, cache)).problems
    assert problem.file == "pages.jsonl" and "passages that are not what is printed" in problem.what
    done = repair(papers, Counting("toy", "toy-1"), cache=cache)
    assert done.work == Work(2, 0, 0) and done.after.problems == ()


def test_verify_finds_files_that_do_not_belong_there(papers: Path, cache: Path) -> None:
    opened(papers, cache)
    (current(papers, cache) / "stray.bin").write_bytes(b"x")
    (problem,) = verify(storage.folder_of(papers, cache)).problems
    assert str(problem) == "stray.bin is not listed in manifest.json"
    assert repair(papers, Counting("toy", "toy-1"), cache=cache).after.problems == ()


def test_verify_without_an_index_says_so(papers: Path, cache: Path) -> None:
    with pytest.raises(StorageError, match=r"There is no index in .*baowen index PAGES"):
        verify(storage.folder_of(papers, cache))


def test_a_manifest_with_wrong_counts_is_damage(papers: Path, cache: Path) -> None:
    """Counts that differ from what the files hold, with all checksums right."""
    import hashlib

    opened(papers, cache)
    place = current(papers, cache)
    values = json.loads((place / "manifest.json").read_bytes())
    values["counts"]["pages"] = 3
    (place / "manifest.json").write_text(json.dumps(values), encoding="ascii")
    checksum = hashlib.sha256((place / "manifest.json").read_bytes()).hexdigest()
    (place.parent / "CURRENT").write_text(f"{place.name} {checksum}\n", encoding="ascii")
    assert "holds 2 pages, the manifest 3" in str(verify(place.parent).problems[0])
    assert_sound(opened(papers, cache))
