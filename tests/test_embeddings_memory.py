"""The memory that an index takes beside what it holds: whatever grows with the passages must be small."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from index_kit import assert_sound, lay_out, opened

from corpus.passages import passages_of
from corpus.records import Article, Block, Page
from embeddings import building, generation, lexical, pages_json, storage
from embeddings.building import Built, Work
from embeddings.generation import Generation, Stock, Words, rows_of
from embeddings.manifest import Manifest
from embeddings.vectors import Vectors

R = TypeVar("R")
PAGES, PARAGRAPHS, TERMS, DIM = 30, 100, 60, 64
PASSAGES = PAGES * PARAGRAPHS


def traced(work: Callable[[], R]) -> tuple[R, int, int]:
    """What `work` gives, the bytes that it took at the most, and those that are left of them."""
    tracemalloc.start()
    try:
        result = work()
        left, peak = tracemalloc.get_traced_memory()
        return result, peak, left
    finally:
        tracemalloc.stop()


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Generation:
    """A generation of paragraphs of 60 words each, no two alike, all of the same few hundred words."""
    monkeypatch.setattr(lexical, "_CHUNK", 256)  # what is taken for a chunk of rows does not grow with them
    for name in ("words", "pairs"):  # cut quickly: what is measured is what becomes of the words
        monkeypatch.setattr(building, name, str.split)
    rng = random.Random(5)
    vocabulary = [f"word{n}" for n in range(500)]
    pages = []
    for number in range(PAGES):
        source = f"{number}.txt"
        texts = [" ".join(rng.sample(vocabulary, TERMS)) for _ in range(PARAGRAPHS)]
        starts = [sum(map(len, texts[:n])) for n in range(PARAGRAPHS)]
        blocks = tuple(Block(text, ((start, start + len(text)),)) for text, start in zip(texts, starts, strict=True))
        article = Article(f"a{number}", source, "article", "", (), (), blocks, (), "", (), (), (), ())
        pages.append(Page(source, "".join(texts), f"{number:064x}", None, None, (article,), ()))
    passages = tuple(passage for page in pages for passage in passages_of(page))
    dense, hashes, keys = rows_of(passages)
    counted, _ = building._index_words(passages, hashes, None, None)
    vectors = Vectors.build(np.random.default_rng(5).standard_normal((PASSAGES, DIM)).astype(np.float32))
    counts = {"pages": PAGES, "passages": PASSAGES, "vectors": PASSAGES, "words": 500, "pairs": 500}
    manifest = Manifest("/pages", "", 0, "toy", "toy-1", DIM, counts, {}, (), "reader")
    return Generation(manifest, tuple(pages), passages, Stock(dense, vectors), Words(hashes, keys, counted))


def test_the_words_of_a_passage_take_bytes_and_no_mapping(made: Generation) -> None:
    """A mapping for each passage took 12 kB of each, half a million of which were more than most machines have."""
    (found, new), peak, _ = traced(lambda: building._index_words(made.passages, made.words.hashes, None, None))
    assert (len(found), new) == (PASSAGES, PASSAGES)
    assert peak / PASSAGES < 3_000


def test_neither_writing_nor_reading_has_the_files_in_memory(made: Generation, tmp_path: Path) -> None:
    """They were: at once, and some twice."""
    (folder := tmp_path / "index").mkdir()
    _, written, _ = traced(lambda: storage.publish(folder, tmp_path / "pages", Built(made, Work(0, 0, 0), None).save))
    found = storage.current(folder)
    assert found is not None
    path, manifest = found
    size = sum((path / name).stat().st_size for name in manifest.files)
    parts, read, left = traced(lambda: generation.load(path, manifest))
    assert (parts.pages, parts.passages, parts.problems) == (made.pages, made.passages, ())
    assert written < size / 3
    assert read - left < size / 3


def test_what_was_written_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A first opening had all of it in memory twice: as it was made, and as it was read."""
    papers = lay_out(tmp_path / "papers")
    with monkeypatch.context() as patch:
        patch.setattr(pages_json, "from_lines", lambda lines: pytest.fail("it was read again"))
        assert_sound(opened(papers, tmp_path / "cache"))
    assert_sound(opened(papers, tmp_path / "cache"))
