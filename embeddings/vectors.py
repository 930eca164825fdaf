"""Passage vectors and their exact search by inner product. The only module that imports faiss.

A score is an inner product of unit vectors: higher is better, 1 is the same direction. Up to some 100,000 passages a
flat scan takes a few milliseconds, so nothing is approximated.
"""

from __future__ import annotations

import functools
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from corpus.errors import StorageError

Rows = NDArray[np.int64]
Floats = NDArray[np.float32]


# So many rows are checked together.
_CHUNK = 65_536


@functools.cache
def _faiss() -> Any:
    import faiss

    return faiss


class Vectors:
    """An immutable flat index. Row i is the vector of passage i."""

    def __init__(self, index: Any) -> None:
        self._index = index

    @classmethod
    def build(cls, matrix: Floats) -> Vectors:
        """An index over `matrix`, float32 (n, dim), unit rows (or zero rows for text without any token).

        :raises ValueError: if `matrix` is not two-dimensional, or holds a value that is not finite.
        """
        if matrix.ndim != 2 or matrix.shape[1] == 0:
            raise ValueError(f"vectors have the shape {matrix.shape}, expected (n, dim) with dim at least 1")
        # faiss would take NaN and then return rows in a meaningless order.
        if not _is_finite(matrix):
            raise ValueError("vectors hold a value that is not finite; check the encoder")
        index = _faiss().IndexFlatIP(matrix.shape[1])
        index.add(np.ascontiguousarray(matrix, dtype=np.float32))
        return cls(index)

    @property
    def dim(self) -> int:
        return int(self._index.d)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def search(self, vector: Floats, k: int) -> tuple[Rows, Floats]:
        """The `k` nearest rows (fewer where there are fewer): int64 rows and float32 scores, best first, ties by row.

        :param vector: float32 (dim,).
        :raises ValueError: if its dim differs, or a value is not finite.
        """
        if vector.shape != (self.dim,):
            raise ValueError(f"the question's vector has the shape {vector.shape}, the index has dim {self.dim}")
        if not np.isfinite(vector).all():
            raise ValueError("the question's vector holds a value that is not finite; check the encoder")
        k = min(k, len(self))
        if k <= 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        scores, rows = self._index.search(np.ascontiguousarray(vector, dtype=np.float32)[None, :], k)
        found = rows[0] >= 0  # faiss pads with -1
        rows, scores = rows[0][found].astype(np.int64), scores[0][found].astype(np.float32)
        order = np.lexsort((rows, -scores))
        return rows[order], scores[order]

    def matrix(self) -> Floats:
        """All vectors, float32 (n, dim), as they were given."""
        if len(self) == 0:
            return np.empty((0, self.dim), np.float32)
        return np.asarray(self._index.reconstruct_n(0, len(self)), dtype=np.float32)

    def rows(self, rows: Rows) -> Floats:
        """The vectors of `rows`, float32 (len(rows), dim), in that order.

        :raises IndexError: if a row is outside the index (faiss itself would read foreign memory or abort).
        """
        rows = np.asarray(rows, dtype=np.int64)
        if rows.size == 0:
            return np.empty((0, self.dim), np.float32)
        if rows.min() < 0 or rows.max() >= len(self):
            raise IndexError(f"rows from {rows.min()} to {rows.max()} were asked for, the index has {len(self)}")
        return np.asarray(self._index.reconstruct_batch(rows), dtype=np.float32)

    def is_finite(self) -> bool:
        """Whether every value is a finite number."""
        return all(
            _is_finite(self.rows(np.arange(first, min(first + _CHUNK, len(self)))))
            for first in range(0, len(self), _CHUNK)
        )

    def write(self, handle: IO[bytes]) -> None:
        """Write the index in faiss's file format, a piece at a time. It needs a checksum: faiss reads a flipped bit
        without complaint.

        :raises OSError: if `handle` cannot be written.
        """
        faiss = _faiss()
        faiss.write_index(self._index, faiss.PyCallbackIOWriter(handle.write))

    @classmethod
    def read(cls, handle: IO[bytes], dim: int) -> Vectors:
        """The index that `write` wrote.

        :raises StorageError: if there is no such index.
        :raises ValueError: if its dim differs from `dim`.
        """
        faiss = _faiss()
        try:
            index = faiss.read_index(faiss.PyCallbackIOReader(handle.read))
        except RuntimeError:
            raise StorageError("the vectors are not a faiss index") from None
        if not isinstance(index, faiss.IndexFlat) or index.metric_type != faiss.METRIC_INNER_PRODUCT:
            raise StorageError("the vectors are not a flat index for inner products")
        if index.d != dim:
            raise ValueError(f"the vectors have dim {index.d}, expected {dim}")
        return cls(index)


def _is_finite(matrix: Floats) -> bool:
    """Whether every value is a finite number; only a few rows are marked at a time."""
    return all(bool(np.isfinite(matrix[at : at + _CHUNK]).all()) for at in range(0, len(matrix), _CHUNK))
