"""The exact vector index: scores derived by hand, and faiss's traps."""

from __future__ import annotations

import errno
import io

import numpy as np
import pytest

from corpus.errors import StorageError
from embeddings.vectors import Vectors

ROWS = np.array([[1, 0], [0, 1], [0.6, 0.8], [1, 0]], dtype=np.float32)


def saved(vectors: Vectors) -> io.BytesIO:
    """The file of an index, to be read from its beginning."""
    handle = io.BytesIO()
    vectors.write(handle)
    handle.seek(0)
    return handle


def test_scores_are_inner_products_best_first_and_ties_by_row() -> None:
    rows, scores = Vectors.build(ROWS).search(np.array([1, 0], dtype=np.float32), 3)
    assert rows.tolist() == [0, 3, 2]
    assert scores.tolist() == pytest.approx([1, 1, 0.6])
    assert (rows.dtype, scores.dtype) == (np.dtype(np.int64), np.dtype(np.float32))


def test_k_above_the_number_of_rows_gives_all_and_no_padding() -> None:
    rows, scores = Vectors.build(ROWS).search(np.array([0, 1], dtype=np.float32), 100)
    assert rows.tolist() == [1, 2, 0, 3]
    assert scores.tolist() == pytest.approx([1, 0.8, 0, 0])


@pytest.mark.parametrize("k", [0, -1])
def test_k_of_zero_or_less_gives_nothing(k: int) -> None:
    rows, scores = Vectors.build(ROWS).search(np.array([0, 1], dtype=np.float32), k)
    assert (rows.size, scores.size) == (0, 0)


def test_an_empty_index_gives_nothing_and_survives_saving() -> None:
    empty = Vectors.read(saved(Vectors.build(np.empty((0, 2), np.float32))), 2)
    rows, _ = empty.search(np.array([0, 1], dtype=np.float32), 5)
    assert (len(empty), rows.size, empty.matrix().shape, empty.rows(np.array([], np.int64)).shape) == (
        0,
        0,
        (0, 2),
        (0, 2),
    )


def test_another_dim_is_refused_with_both_numbers() -> None:
    vectors = Vectors.build(ROWS)
    with pytest.raises(ValueError, match=r"\(3,\).*dim 2"):
        vectors.search(np.zeros(3, np.float32), 1)
    with pytest.raises(ValueError, match="dim 2, expected 3"):
        Vectors.read(saved(vectors), 3)


def test_values_that_are_not_finite_are_refused() -> None:
    with pytest.raises(ValueError, match="not finite"):
        Vectors.build(np.array([[np.nan, 0]], np.float32))
    with pytest.raises(ValueError, match="not finite"):
        Vectors.build(ROWS).search(np.array([np.inf, 0], np.float32), 1)


@pytest.mark.parametrize("shape", [(3,), (2, 0)])
def test_a_matrix_of_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="shape"):
        Vectors.build(np.zeros(shape, np.float32))


def test_vectors_come_back_bit_by_bit() -> None:
    matrix = np.random.default_rng(7).standard_normal((50, 8)).astype(np.float32)
    loaded = Vectors.read(saved(Vectors.build(matrix)), 8)
    np.testing.assert_array_equal(loaded.matrix(), matrix)
    np.testing.assert_array_equal(loaded.rows(np.array([49, 0, 7])), matrix[[49, 0, 7]])


@pytest.mark.parametrize("row", [-1, 4])
def test_a_row_outside_is_refused(row: int) -> None:
    with pytest.raises(IndexError, match="the index has 4"):
        Vectors.build(ROWS).rows(np.array([0, row]))


@pytest.mark.parametrize("cut", [0, 4, -1])
def test_bytes_that_are_no_index_are_refused(cut: int) -> None:
    with pytest.raises(StorageError, match="not a faiss index"):
        Vectors.read(io.BytesIO(saved(Vectors.build(ROWS)).getvalue()[:cut]), 2)


def test_a_full_disk_is_told_as_what_it_is() -> None:
    """faiss's own writer makes another error of it, which nobody would take for a full disk."""

    class Full(io.BytesIO):
        def write(self, data: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        Vectors.build(ROWS).write(Full())


def test_a_value_that_is_not_finite_is_found_in_what_is_saved() -> None:
    data = bytearray(saved(Vectors.build(ROWS)).getvalue())
    assert Vectors.read(io.BytesIO(data), 2).is_finite()
    data[-4:] = np.float32(np.nan).tobytes()
    assert not Vectors.read(io.BytesIO(data), 2).is_finite()
