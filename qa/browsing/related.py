"""Which articles speak of the same things as another: by the direction in which both differ from the paper's average.

An article's vector is the mean of its paragraphs' vectors less the mean of all paragraphs; the likeness of two is the
cosine. Measured on the 34 items of the sample pages against 25 pairs that were named beforehand (see
tests/test_qa_related.py), MRR of the first related article / recall@5: this .83 / .95, without taking the average away
.78 / .91, tf-idf of the words .69 / .84, the question search asked with the headline .63 / .68; adding BM25 of the
headline made it worse (.81 / .90).
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from corpus.records import Passage
from embeddings.index import Index

ALIKE = 0.2
"""The least cosine of what is called related: on the sample pages what lies above is as often right as not."""

_NEAR = 200  # passages whose articles are looked at
_BATCH = 4096
_BODY = ("body", "caption", "document")
Floats = NDArray[np.float32]


class Related:
    """Finds related articles in one index. Several threads may use one."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._rows: dict[str, list[int]] = {}
        for row, passage in enumerate(index.passages):
            if passage.kind in _BODY:
                self._rows.setdefault(passage.article_id, []).append(row)

    def of(self, article_id: str, k: int = 5) -> list[tuple[str, float]]:
        """At most `k` ids of articles and their likeness, at least `ALIKE`, best first, ties in the index's order.

        None for an article that is not there or has no body, such as an index box.
        """
        rows = self._rows.get(article_id)
        if rows is None:
            return []
        mine = self._vector(rows)
        near = [self._index.passages[row] for row, _ in self._index.dense(mine, max(_NEAR, 4 * k))]
        others = [name for name in self._articles(near) if name != article_id]
        found = [(name, float(self._vector(self._rows[name]) @ mine)) for name in others]
        best = sorted(found, key=lambda pair: (-round(pair[1], 5), self._rows[pair[0]][0]))
        return [(name, likeness) for name, likeness in best if likeness >= ALIKE][:k]

    def _articles(self, passages: Sequence[Passage]) -> list[str]:
        return list(dict.fromkeys(passage.article_id for passage in passages if passage.article_id in self._rows))

    def _vector(self, rows: Sequence[int]) -> Floats:
        """float32 (dim,), of length one; zeros for an article that is the average."""
        vector: Floats = self._index.vectors(rows).mean(axis=0, dtype=np.float32) - self._average
        length = np.float32(np.linalg.norm(vector))
        return vector / length if length > 1e-6 else np.zeros_like(vector)

    @functools.cached_property
    def _average(self) -> Floats:
        rows = [row for some in self._rows.values() for row in some]
        parts = [self._index.vectors(rows[at : at + _BATCH]).sum(axis=0) for at in range(0, len(rows), _BATCH)]
        total: NDArray[np.float64] = np.stack(parts).sum(axis=0, dtype=np.float64)
        return (total / len(rows)).astype(np.float32)
