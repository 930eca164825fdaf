"""The index on disk: made once, followed, repaired, and never half written."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from index_kit import BUS, RIVER, TEA, Counting, assert_sound, current, lay_out, opened
from numpy.typing import NDArray
from toy_encoder import ToyEncoder

from corpus.errors import ModelError, PagesError, StorageError
from corpus.fold import fold
from corpus.records import Article, Block, Furniture, Page, Passage
from corpus.words import pairs, words
from embeddings import building, generation, journal, pages_json, storage
from embeddings import index as index_module
from embeddings import manifest as manifest_module
from embeddings.index import Index, dense_text, lexical_text, open_index
from embeddings.proposals import Proposals


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    return lay_out(tmp_path / "papers")


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def best(index: Index, question: str) -> str:
    """The text of the row that both legs put first."""
    (dense, _), *_ = index.dense(ToyEncoder().encode_questions([question])[0], 3)
    (lexical, _), *_ = index.lexical(words(question), pairs(question), 3)
    assert index.passages[dense] == index.passages[lexical]
    return index.passages[dense].text


def test_a_new_index_answers_from_both_legs_and_counts_what_it_holds(papers: Path, cache: Path) -> None:
    index = opened(papers, cache)
    assert (
        best(index, "运茶叶公司向银行贷款")
        == "本报讯 记者李明报道，市茶叶公司日前以茶叶数据为抵押，向银行贷款一千万元。"
    )
    assert [page.source for page in index.pages] == ["bus.txt", "tea.txt"]
    assert index.statistics()["passages"] == len(index) == len(index.passages)
    assert (index.notes, index.skipped) == ((), ())
    assert_sound(index)
    assert index.idf("运河") > index.idf("茶叶") > index.idf("贷款") > 0
    assert index.dense(np.zeros(64, np.float32), 10_000)[0][1] == 0
    assert len(index.dense(np.zeros(64, np.float32), 10_000)) == len(index)


def test_pairs_held_are_those_that_stand_in_the_text(papers: Path, cache: Path) -> None:
    index = open_index(papers, ToyEncoder(), cache=cache)
    every = np.arange(len(index))
    asked = [*sorted({pair for passage in index.passages for pair in pairs(passage.text)})[:40], "龘龘"]
    held = index.pairs_held(asked, every)
    texts = [fold(lexical_text(passage)) for passage in index.passages]
    chinese = [n for n, pair in enumerate(asked) if len(pair) == 2 and not pair.isascii()]
    assert held.any() and not held[:, -1].any()
    for n in chinese:
        assert held[:, n].tolist() == [asked[n] in text for text in texts]


def test_the_headline_goes_before_body_and_caption_alone() -> None:
    def passage(kind: Any, headline: str) -> Passage:
        return Passage("p", "a.txt", "a", headline, kind, 0, "正文", ((0, 2),))

    for text in (dense_text, lexical_text):
        assert text(passage("body", "标题")) == "标题\n正文"
        assert text(passage("caption", "标题")) == "标题\n正文"
        assert text(passage("caption", "")) == "正文"
        assert text(passage("byline", "标题")) == "正文"
        assert text(passage("document", "标题")) == "正文"


def test_reopening_embeds_nothing_and_writes_nothing(papers: Path, cache: Path) -> None:
    first = opened(papers, cache)
    place = current(papers, cache)
    first.close()
    before = {path: path.read_bytes() for path in place.parent.rglob("*") if path.is_file()}
    encoder = Counting()
    again = opened(papers, cache, encoder)
    assert (encoder.texts, again.work) == ([], None)
    again.close()
    assert {path: path.read_bytes() for path in place.parent.rglob("*") if path.is_file()} == before
    assert (again.manifest, again.pages, again.passages) == (first.manifest, first.pages, first.passages)
    assert_sound(again)


def test_a_file_that_is_only_touched_is_unchanged(papers: Path, cache: Path) -> None:
    opened(papers, cache)
    place = current(papers, cache)
    os.utime(papers / "bus.txt", ns=(1, 1))
    encoder = Counting()
    opened(papers, cache, encoder)
    assert (encoder.texts, current(papers, cache)) == ([], place)


def test_a_change_that_keeps_size_and_time_is_seen_right_after_indexing(papers: Path, cache: Path) -> None:
    opened(papers, cache)
    status = (papers / "bus.txt").stat()
    (papers / "bus.txt").write_text(BUS.replace("一千万元。", "九千万元。"), encoding="utf-8")
    os.utime(papers / "bus.txt", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert "九千万元" in opened(papers, cache).pages[0].text


def test_a_new_file_is_followed_and_the_rest_is_not_embedded_again(papers: Path, cache: Path) -> None:
    opened(papers, cache)
    (papers / "river.txt").write_text(RIVER, encoding="utf-8")
    encoder = Counting()
    index = opened(papers, cache, encoder)
    assert sorted(encoder.texts) == sorted({dense_text(p) for p in index.passages if p.source == "river.txt"})
    assert best(index, "运河清淤工期多久").startswith("昨天上午")
    assert index.notes == ()
    assert_sound(index)


def test_a_changed_paragraph_alone_is_embedded_again(papers: Path, cache: Path) -> None:
    opened(papers, cache)
    (papers / "bus.txt").write_text(BUS.replace("百分之三", "百分之四"), encoding="utf-8")
    encoder = Counting()
    index = opened(papers, cache, encoder)
    assert encoder.texts == ["公交公司用数据贷到一千万元\n这是全市第一笔数据贷款，利率为百分之四。"]
    assert_sound(index)


def test_a_deleted_page_stops_answering(papers: Path, cache: Path) -> None:
    opened(papers, cache)
    (papers / "bus.txt").unlink()
    encoder = Counting()
    index = opened(papers, cache, encoder)
    assert encoder.texts == []
    assert {p.source for p in index.passages} == {"tea.txt"}
    assert index.lexical(["公交"], ["公交"], 10) == []
    assert_sound(index)


def test_what_is_followed_step_by_step_equals_what_is_made_at_once(papers: Path, cache: Path, tmp_path: Path) -> None:
    opened(papers, cache)
    (papers / "bus.txt").unlink()
    (papers / "a.txt").write_text(RIVER, encoding="utf-8")
    opened(papers, cache)
    opened(papers, tmp_path / "other")
    step, once = current(papers, cache), current(papers, tmp_path / "other")
    for name in ("pages.jsonl", "rows.npz", "vectors.faiss", "lexical.npz", "vocabulary.json"):
        assert (step / name).read_bytes() == (once / name).read_bytes(), name


def test_with_tantivy_the_index_is_followed_as_well(papers: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "DIRECT_ROWS", 0)
    assert_sound(opened(papers, cache))
    assert (current(papers, cache) / "tantivy" / "meta.json").is_file()
    (papers / "river.txt").write_text(RIVER, encoding="utf-8")
    (papers / "tea.txt").write_text(TEA.replace("百分之三", "百分之四"), encoding="utf-8")
    index = opened(papers, cache)
    assert_sound(index)
    assert index.lexical(["运河"], [], 5)
    place = current(papers, cache)
    assert opened(papers, cache).lexical(["运河"], [], 5) == index.lexical(["运河"], [], 5)
    assert current(papers, cache) == place
    # A folder in which tantivy cannot make its lock file: every row is scored instead.
    monkeypatch.setattr(Proposals, "open", classmethod(_refuse))
    assert opened(papers, cache).lexical(["运河"], [], 5) == index.lexical(["运河"], [], 5)


def _refuse(*_: object) -> None:
    raise ValueError("no lock file")


def test_one_bad_file_is_skipped_with_its_reason_and_followed_when_mended(papers: Path, cache: Path) -> None:
    (papers / "bad.txt").write_bytes(b"")
    index = opened(papers, cache)
    assert [(s.source, "empty" in s.reason) for s in index.skipped] == [("bad.txt", True)]
    place = current(papers, cache)
    assert opened(papers, cache).skipped == index.skipped
    assert current(papers, cache) == place
    (papers / "bad.txt").write_text(RIVER, encoding="utf-8")
    index = opened(papers, cache)
    assert index.skipped == ()
    assert "bad.txt" in {page.source for page in index.pages}


def test_nothing_to_read_is_an_error_and_writes_no_generation(tmp_path: Path, cache: Path) -> None:
    with pytest.raises(PagesError, match="no folder or file"):
        opened(tmp_path / "missing", cache)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(PagesError, match=r"holds no page"):
        opened(empty, cache)
    (empty / "a.txt").write_bytes(b"")
    with pytest.raises(PagesError, match=r"None of the 1 files .* a\.txt is empty"):
        opened(empty, cache)
    assert [path.name for path in cache.rglob("*") if path.is_file()] == ["lock"]


def test_one_file_and_a_collection_are_indexed_too(papers: Path, cache: Path, tmp_path: Path) -> None:
    assert [page.source for page in opened(papers / "bus.txt", cache).pages] == ["bus.txt"]
    squad = tmp_path / "set.json"
    squad.write_text(json.dumps({"data": [{"paragraphs": [{"id": "c1", "context": "运河开工。", "qas": []}]}]}))
    index = opened(squad, cache)
    assert [(p.kind, p.text) for p in index.passages] == [("document", "运河开工。")]
    encoder = Counting()
    assert opened(squad, cache, encoder).passages == index.passages
    assert encoder.texts == []


def test_another_model_rebuilds_with_a_note_or_is_refused(papers: Path, cache: Path) -> None:
    opened(papers, cache)
    other = Counting("other", "toy-2")
    with pytest.raises(ModelError, match=r"model toy .* not with other .*baowen index .*papers --model other"):
        opened(papers, cache, other, allow_rebuild=False)
    index = opened(papers, cache, other)
    assert index.notes == (f"The index of {papers} was of the model toy; it was rebuilt for other.",)
    assert set(other.texts) == {dense_text(p) for p in index.passages}
    assert index.manifest.encoder == "other"
    assert opened(papers, cache, other, allow_rebuild=False).notes == ()


def test_another_format_is_rebuilt_with_a_note(papers: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(papers, cache)
    place = current(papers, cache)
    values = json.loads((place / "manifest.json").read_bytes()) | {"format": 99}
    (place / "manifest.json").write_text(json.dumps(values), encoding="ascii")
    checksum = hashlib.sha256((place / "manifest.json").read_bytes()).hexdigest()
    (place.parent / "CURRENT").write_text(f"{place.name} {checksum}\n", encoding="ascii")
    assert "format 99, this Baowen writes format 1" in opened(papers, cache).notes[0]
    assert opened(papers, cache).notes == ()


def test_pages_read_by_another_version_are_read_anew_but_not_embedded(
    papers: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (manifest_module, building, journal, index_module):
        monkeypatch.setattr(module, "reader_fingerprint", lambda: "an older reader", raising=True)
    opened(papers, cache)
    monkeypatch.undo()
    encoder = Counting()
    index = opened(papers, cache, encoder)
    assert encoder.texts == []
    assert index.manifest.reader == manifest_module.reader_fingerprint()
    assert_sound(index)


def test_a_folder_that_cannot_be_made_is_one_sentence_with_the_way_out(papers: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError, match=r"^The index folder .*file.* cannot be used .*BAOWEN_CACHE [^.]*\.$"):
        opened(papers, tmp_path / "file" / "cache")


def test_an_index_that_cannot_be_written_follows_the_pages_in_memory_and_says_so(
    papers: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(papers, cache)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    assert opened(papers, cache).notes == ()
    (papers / "river.txt").write_text(RIVER, encoding="utf-8")
    (papers / "bus.txt").unlink()
    encoder = Counting()
    index = opened(papers, cache, encoder)
    assert "cannot be written (Permission denied)" in index.notes[0] and "BAOWEN_CACHE" in index.notes[0]
    assert {page.source for page in index.pages} == {"river.txt", "tea.txt"}
    assert sorted(encoder.texts) == sorted({dense_text(p) for p in index.passages if p.source == "river.txt"})
    assert_sound(index)
    with pytest.raises(StorageError, match="Permission denied"):  # another model would embed all of it each time
        opened(papers, cache, Counting("other", "toy-2"))
    monkeypatch.undo()
    assert "river.txt" in {page.source for page in opened(papers, cache).pages}


def test_an_index_is_never_inside_the_pages(papers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAOWEN_CACHE", str(papers / "cache"))
    with pytest.raises(StorageError, match=r"lies inside the pages' folder .*BAOWEN_CACHE"):
        open_index(papers, Counting())
    assert not (papers / "cache").exists()


def test_folders_of_equal_name_have_indexes_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAOWEN_CACHE", str(tmp_path / "cache"))
    one, two = storage.folder_of(tmp_path / "a" / "报 纸"), storage.folder_of(tmp_path / "b" / "报 纸")
    assert one != two
    assert one.parent == tmp_path / "cache"
    assert one.name.startswith("报-纸-")
    monkeypatch.delenv("BAOWEN_CACHE")
    assert "baowen" in str(storage.cache_root())


def test_an_open_index_goes_on_answering_when_its_files_go(
    papers: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "DIRECT_ROWS", 0)
    index = opened(papers, cache)
    shutil.rmtree(cache)
    assert_sound(index)


def test_progress_names_each_stage_and_ends_complete(papers: Path, cache: Path) -> None:
    seen: dict[str, tuple[int, int]] = {}
    index = opened(papers, cache, progress=lambda stage, done, total: seen.update({stage: (done, total)}))
    texts = len({dense_text(p) for p in index.passages})
    assert seen == {
        "Reading pages": (2, 2),
        "Indexing words": (len(index), len(index)),
        "Embedding passages": (texts, texts),
    }


def test_pages_go_to_json_and_back_without_loss(papers: Path, cache: Path) -> None:
    block = Block("题", ((0, 1), (3, 4)))
    article = Article(
        "a1", "p.txt", "photo", "题", (block,), (block,), (block, block), (), "下转2版", (block,), ("甲",), (), ("乙",)
    )
    full = Page("p.txt", "题\n\ud800\u2028\x85x", "00", "2026-03-05", "1", (article,), (Furniture(block, "页码"),))
    bare = Page("q.txt", "", "", None, None, (), ())
    assert pages_json.from_lines(pages_json.to_lines([full, bare])) == (full, bare)
    index = opened(papers, cache)
    assert pages_json.from_lines(pages_json.to_lines(index.pages)) == index.pages


def test_an_encoder_that_gives_another_shape_is_refused(papers: Path, cache: Path) -> None:
    class Wrong(Counting):
        def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
            return super().encode_passages(texts)[:, :63]

    with pytest.raises(ValueError, match=r"shape \(\d+, 63\), not \(\d+, 64\)"):
        opened(papers, cache, Wrong())
    assert_sound(opened(papers, cache))


def test_pages_without_a_passage_make_an_empty_index(
    papers: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (building, generation):
        monkeypatch.setattr(module, "passages_of", lambda page: [])
    for _ in range(2):
        index = opened(papers, cache)
        assert (len(index.pages), len(index), index.notes) == (2, 0, ())
        assert index.dense(np.ones(64, np.float32), 5) == index.lexical(["茶"], ["茶"], 5) == []
        assert index.lexical_scores(["茶"], ["茶"], []).shape == (0,)
        assert index.vectors([]).shape == (0, 64)
