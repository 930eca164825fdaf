"""What the tests of the index share: three short pages, an encoder that counts, and what makes an index sound."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from toy_encoder import ToyEncoder

from corpus.passages import passages_of
from corpus.verbatim import is_printed
from corpus.words import pairs, words
from embeddings import storage
from embeddings.index import Index, dense_text, lexical_text, open_index

BUS = """嘉兴日报 2026年3月5日

公交公司用数据贷到一千万元

　　本报讯 记者李明报道，市公交公司日前以公交数据为抵押，向银行贷款一千万元。

　　这是全市第一笔数据贷款，利率为百分之三。
"""
TEA = BUS.replace("公交公司用数据贷到一千万元", "春茶开采").replace("公交", "茶叶")
RIVER = "运河清淤工程开工\n\n　　昨天上午，运河清淤工程在南门外开工，工期为八个月。\n"


class Counting(ToyEncoder):
    """Keeps the texts it was given."""

    def __init__(self, name: str = "toy", fingerprint: str = "toy-1") -> None:
        self.name, self.fingerprint = name, fingerprint
        self.texts: list[str] = []

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.texts.extend(texts)
        return super().encode_passages(texts)


def lay_out(folder: Path) -> Path:
    """The folder with two of the pages in it."""
    folder.mkdir(parents=True)
    (folder / "bus.txt").write_text(BUS, encoding="utf-8")
    (folder / "tea.txt").write_text(TEA, encoding="utf-8")
    return folder


def opened(papers: Path, cache: Path, encoder: ToyEncoder | None = None, **more: Any) -> Index:
    return open_index(papers, encoder if encoder is not None else Counting(), cache=cache, **more)


def current(papers: Path, cache: Path) -> Path:
    folder = storage.folder_of(papers, cache)
    return folder / (folder / "CURRENT").read_text(encoding="ascii").split()[0]


def assert_sound(index: Index) -> None:
    """Row i is passage i, in every part."""
    assert index.passages == tuple(p for page in index.pages for p in passages_of(page))
    texts = {page.source: page.text for page in index.pages}
    assert all(is_printed(p.text, p.spans, texts[p.source]) for p in index.passages)
    every = range(len(index))
    expected = ToyEncoder().encode_passages([dense_text(p) for p in index.passages])
    np.testing.assert_array_equal(index.vectors(every), expected)
    for row, passage in enumerate(index.passages):
        found = index.lexical(words(lexical_text(passage)), pairs(lexical_text(passage)), len(index))
        scores = index.lexical_scores(words(lexical_text(passage)), pairs(lexical_text(passage)), every)
        assert dict(found)[row] == scores[row]
        assert scores[row] == scores.max()
