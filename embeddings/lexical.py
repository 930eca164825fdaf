"""BM25 over two fields of each passage: its words and its character pairs.

The formula is that of Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), with
k1 = 1.2 and b = 0.75:

    score(passage) = sum over the question's distinct terms of
        idf(term) * tf * (k1 + 1) / (tf + k1 * (1 - b + b * length / average length))
    idf(term) = ln(1 + (N - df + 0.5) / (df + 0.5))

The two fields are scored each with its own lengths and added. Every score comes from the one function here and from
our own statistics. In a large corpus tantivy names the candidates that are worth scoring (see `proposals`); in a small
one every row is scored.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.errors import StorageError
from embeddings.proposals import Proposals

K1 = 1.2
B = 0.75
CANDIDATES = 200
ARRAYS, VOCABULARY = "lexical.npz", "vocabulary.json"
Rows = NDArray[np.int64]
Floats = NDArray[np.float32]
# So many rows are looked at together, which bounds what is needed beside the index itself.
_CHUNK = 8192


class Field:
    """The terms of one field: a forward index in compressed rows.

    `indptr` int64 (n + 1,); `terms` int32 and `tf` an integer type (nnz,): row i holds terms[indptr[i]:indptr[i + 1]],
    ascending. The vocabulary is sorted, so that a field depends on its rows alone and not on the order in which they
    came.
    """

    def __init__(
        self, vocabulary: Sequence[str], indptr: Rows, terms: NDArray[np.int32], tf: NDArray[np.integer]
    ) -> None:
        self.vocabulary = tuple(vocabulary)
        self.indptr, self.terms, self.tf = indptr, terms, tf
        self._ids = {term: i for i, term in enumerate(self.vocabulary)}
        n = len(indptr) - 1
        self.lengths = np.zeros(n)
        self.df = np.zeros(len(self.vocabulary), np.int64)
        for first, last, part in _parts(indptr):
            row_of = np.repeat(np.arange(last - first), np.diff(indptr[first : last + 1]))
            self.lengths[first:last] = np.bincount(row_of, weights=tf[part], minlength=last - first)
            self.df += np.bincount(terms[part], minlength=len(self.vocabulary))
        average = self.lengths.mean() if n else 0.0
        self._norm = K1 * (1 - B + B * self.lengths / average) if average > 0 else np.full(n, K1 * (1 - B))

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, int]]) -> Field:
        """The field whose row i holds each term of `rows[i]` as often as it says."""
        writer = FieldWriter()
        for row in rows:
            writer.add(row)
        return writer.field()

    def __len__(self) -> int:
        return len(self.indptr) - 1

    def __contains__(self, term: str) -> bool:
        return term in self._ids

    def row(self, row: int) -> dict[str, int]:
        """The terms of one row and how often it holds each."""
        part = slice(self.indptr[row], self.indptr[row + 1])
        return {self.vocabulary[t]: c for t, c in zip(self.terms[part].tolist(), self.tf[part].tolist(), strict=True)}

    def idf(self, term: str) -> float:
        """ln(1 + (N - df + 0.5) / (df + 0.5)); a term that no row holds has df 0."""
        known = self._ids.get(term)
        df = int(self.df[known]) if known is not None else 0
        return float(np.log(1 + (len(self) - df + 0.5) / (df + 0.5)))

    def score(self, question: Iterable[str], rows: Rows | None = None) -> NDArray[np.float64]:
        """BM25 of each of `rows` (None: all), float64, in their order. A term counts once, also if asked twice."""
        known = [self._ids[term] for term in set(question) if term in self._ids]
        if rows is None:
            rows = np.arange(len(self))
        if not known or rows.size == 0:
            return np.zeros(len(rows))
        weight = np.zeros(len(self.vocabulary))
        weight[known] = np.log(1 + (len(self) - self.df[known] + 0.5) / (self.df[known] + 0.5))
        parts = [self._weighed(weight, rows[first : first + _CHUNK]) for first in range(0, len(rows), _CHUNK)]
        return np.concatenate(parts)

    def _weighed(self, weight: NDArray[np.float64], rows: Rows) -> NDArray[np.float64]:
        """BM25 of each of `rows` where each term's share is `weight`, float64 (vocabulary,)."""
        entry, place = self._entries(rows)
        hit = weight[self.terms[entry]] > 0
        entry, place = entry[hit], place[hit]
        tf = self.tf[entry]
        part = weight[self.terms[entry]] * tf * (K1 + 1) / (tf + self._norm[rows][place])
        total: NDArray[np.float64] = np.bincount(place, weights=part, minlength=len(rows)).astype(np.float64)
        return total

    def holds(self, terms: Sequence[str], rows: Rows) -> NDArray[np.bool_]:
        """bool (rows, terms): whether each of `rows` holds each term."""
        out = np.zeros((len(rows), len(terms)), dtype=np.bool_)
        known = [(column, self._ids[term]) for column, term in enumerate(terms) if term in self._ids]
        if not known or len(rows) == 0:
            return out
        column_of = np.full(len(self.vocabulary), -1, np.int32)
        for column, term in known:
            column_of[term] = column
        entry, place = self._entries(rows)
        columns = column_of[self.terms[entry]]
        hit = columns >= 0
        out[place[hit], columns[hit]] = True
        return out

    def _entries(self, rows: Rows) -> tuple[Rows, Rows]:
        """The places of the entries of all `rows` in one array, and beside each the number of its row among `rows`."""
        counts = self.indptr[rows + 1] - self.indptr[rows]
        place = np.repeat(np.arange(len(rows)), counts)
        # Each row's start, counted on from where its part begins.
        entry = np.arange(len(place)) + np.repeat(self.indptr[rows] - (np.cumsum(counts) - counts), counts)
        return entry, place

    def arrays(self, name: str) -> dict[str, NDArray[np.generic]]:
        """What `Lexical.to_files` saves of this field beside the vocabulary."""
        return {f"{name}_indptr": self.indptr, f"{name}_terms": self.terms, f"{name}_tf": self.tf}


class FieldWriter:
    """A field in the making: rows go straight into its arrays, some 8 bytes a term.

    A mapping kept for each row until all are known would take ten times as much.
    """

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self._indptr, self._terms, self._tf = array("q", [0]), array("i"), array("i")

    def add(self, row: Mapping[str, int]) -> None:
        """The next row, which holds each term as often as it says."""
        ids = self._ids
        self._terms.extend([ids.setdefault(term, len(ids)) for term in row])
        self._tf.extend(row.values())
        self._indptr.append(len(self._terms))

    def repeat(self, row: int) -> None:
        """The next row, which is the same as the one that was added as number `row`, counted from 0."""
        part = slice(self._indptr[row], self._indptr[row + 1])
        self._terms.extend(self._terms[part])
        self._tf.extend(self._tf[part])
        self._indptr.append(len(self._terms))

    def field(self) -> Field:
        """The field of all rows. Nothing can be added afterwards."""
        vocabulary = sorted(self._ids)
        rank = np.empty(len(vocabulary), np.int32)
        rank[[self._ids[term] for term in vocabulary]] = np.arange(len(vocabulary), dtype=np.int32)
        indptr = np.array(self._indptr, np.int64)
        terms, self._terms = np.array(self._terms, np.int32), array("i")
        tf = np.array(self._tf, np.int32)
        # In a passage no term occurs often: mostly one byte is enough.
        tf, self._tf = tf.astype(np.min_scalar_type(int(tf.max(initial=0)))), array("i")
        for first, last, part in _parts(indptr):
            row_of = np.repeat(np.arange(last - first), np.diff(indptr[first : last + 1]))
            ranked = rank[terms[part]]
            order = np.lexsort((ranked, row_of))
            terms[part], tf[part] = ranked[order], tf[part][order]
        return Field(vocabulary, indptr, terms, tf)


def _parts(indptr: Rows) -> Iterator[tuple[int, int, slice]]:
    """All rows, some at a time: the first, the one behind the last, and where their entries stand."""
    n = len(indptr) - 1
    for first in range(0, n, _CHUNK):
        last = min(first + _CHUNK, n)
        yield first, last, slice(int(indptr[first]), int(indptr[last]))


class Lexical:
    """Both fields of a corpus, and tantivy's proposals where there are any. Row i is passage i."""

    def __init__(self, words: Field, pairs: Field, proposals: Proposals | None = None) -> None:
        if len(words) != len(pairs):
            raise ValueError(f"there are {len(words)} rows of words and {len(pairs)} rows of pairs; expected as many")
        self.words, self.pairs, self._proposals = words, pairs, proposals

    def __len__(self) -> int:
        return len(self.words)

    def score(
        self,
        words: Sequence[str],
        pairs: Sequence[str],
        rows: Rows | None = None,
        use_words: bool = True,
        use_pairs: bool = True,
    ) -> Floats:
        """BM25 over the words plus BM25 over the pairs, float32, one for each of `rows` (None: all rows)."""
        if rows is not None:
            rows = np.asarray(rows, dtype=np.int64)
            if rows.size and (rows.min() < 0 or rows.max() >= len(self)):
                raise IndexError(f"rows from {rows.min()} to {rows.max()} were asked for, the index has {len(self)}")
        total = np.zeros(len(self) if rows is None else len(rows))
        if use_words:
            total += self.words.score(words, rows)
        if use_pairs:
            total += self.pairs.score(pairs, rows)
        return total.astype(np.float32)

    def search(
        self, words: Sequence[str], pairs: Sequence[str], k: int, use_words: bool = True, use_pairs: bool = True
    ) -> tuple[Rows, Floats]:
        """At most `k` rows that hold a term of the question: rows and scores, best first, ties by row."""
        if k <= 0 or len(self) == 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        rows = np.arange(len(self))
        if self._proposals is not None:
            rows = self._proposals.rows(
                words if use_words else (), pairs if use_pairs else (), max(CANDIDATES, 4 * min(k, len(self)))
            )
        scores = self.score(words, pairs, rows, use_words, use_pairs)
        order = np.lexsort((rows, -scores))[:k]
        order = order[scores[order] > 0]
        return rows[order], scores[order]

    def candidates(self, words: Sequence[str], pairs: Sequence[str], k: int, use_pairs: bool = True) -> Rows:
        """At most `k` rows that are worth scoring, int64, without their scores: as `search`, but in a large corpus
        tantivy's own order decides, which costs a third.
        """
        if self._proposals is None or k <= 0 or len(self) == 0:
            return self.search(words, pairs, k, use_pairs=use_pairs)[0]
        return self._proposals.rows(words, pairs if use_pairs else (), min(k, len(self)))

    def write(self, folder: Path) -> None:
        """Write the two files of the fields: arrays (lexical.npz, no pickle) and vocabularies (vocabulary.json)."""
        with (folder / ARRAYS).open("wb") as handle:
            np.savez(handle, **self.words.arrays("words"), **self.pairs.arrays("pairs"))  # type: ignore[arg-type]
        vocabularies = {"words": self.words.vocabulary, "pairs": self.pairs.vocabulary}
        # ASCII: a damaged PDF can give half a surrogate pair, which UTF-8 cannot hold.
        (folder / VOCABULARY).write_text(json.dumps(vocabularies), encoding="ascii")

    @classmethod
    def read(cls, folder: Path, proposals: Proposals | None = None) -> Lexical:
        """What `write` wrote.

        :raises StorageError: if the arrays and the vocabularies do not belong together.
        """
        names = json.loads((folder / VOCABULARY).read_bytes())
        with np.load(folder / ARRAYS, allow_pickle=False) as saved:
            fields = []
            for name in ("words", "pairs"):
                indptr, terms, tf = (saved[f"{name}_{part}"] for part in ("indptr", "terms", "tf"))
                if len(terms) != len(tf) or indptr[-1] != len(terms) or terms.max(initial=-1) >= len(names[name]):
                    raise StorageError(f"the arrays of {name} do not fit their vocabulary")
                fields.append(Field(names[name], indptr, terms, tf))
        return cls(fields[0], fields[1], proposals)
