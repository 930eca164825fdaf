"""One generation of an index: its files, how they are made and how they are read.

    manifest.json     counts, model, page files, checksums (see `manifest`)
    pages.jsonl       the text and the articles of each page
    rows.npz          for each passage its key, and the SHA-256 of its embedded and of its word-indexed text
    vectors.faiss     its vector
    lexical.npz, vocabulary.json    its words and pairs
    tantivy/          candidates for large corpora alone

Row i of everything is passage i of the pages in their order.
"""

from __future__ import annotations

import hashlib
import io
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.errors import StorageError
from corpus.passages import passages_of
from corpus.records import Page, Passage
from corpus.words import pairs, words
from embeddings import pages_json, proposals, survey
from embeddings.encoder import Encoder
from embeddings.lexical import Field, Lexical
from embeddings.manifest import Manifest, Source, reader_fingerprint
from embeddings.storage import Damaged, read_checked
from embeddings.vectors import Floats, Vectors

# Up to here all rows are scored, which takes a millisecond; tantivy would cost more than it saves.
DIRECT_ROWS = 2000
_BATCH = 256
_TANTIVY = "tantivy"
Progress = Callable[[str, int, int], None]


def lexical_text(passage: Passage) -> str:
    """The text whose words and pairs are indexed: a body or caption under its article's headline, as on the page."""
    return _with_headline(passage)


def dense_text(passage: Passage) -> str:
    """The text that is embedded: a body or caption under its article's headline, as on the page."""
    return _with_headline(passage)


def _with_headline(passage: Passage) -> str:
    if passage.kind in ("body", "caption") and passage.headline:
        return f"{passage.headline}\n{passage.text}"
    return passage.text


@dataclass(frozen=True, slots=True)
class Stock:
    """Vectors of an older generation, by the hash of the text that was embedded."""

    hashes: NDArray[np.uint8]
    vectors: Vectors


@dataclass(frozen=True, slots=True)
class Generation:
    """A generation in memory (tantivy's files are mapped). Never changed, so safe for several threads."""

    path: Path
    manifest: Manifest
    pages: tuple[Page, ...]
    passages: tuple[Passage, ...]
    stock: Stock
    lexical_hashes: NDArray[np.uint8]
    keys: proposals.Keys
    lexical: Lexical

    @property
    def tantivy(self) -> Path | None:
        """The folder of the tantivy index, if this generation has one."""
        return self.path / _TANTIVY if (self.path / _TANTIVY).is_dir() else None


def write(
    place: Path,
    root: Path,
    found: Mapping[str, Source],
    encoder: Encoder,
    old: Generation | None = None,
    stock: Stock | None = None,
    progress: Progress | None = None,
) -> Manifest:
    """Write all files of a new generation but the manifest, which is returned without checksums.

    :param old: a generation read by the same `corpus`, for what did not change.
    :param stock: vectors of the same encoder, for texts that did not change.
    :raises PagesError: if no page can be read.
    """
    now = time.time_ns()
    known = {page.source: page for page in old.pages} if old is not None else {}
    pages, skipped, sources = survey.read(root, found, known, progress)
    passages = [passage for page in pages for passage in passages_of(page)]
    hashes = _hashes(map(dense_text, passages))
    lexical_hashes = _hashes(map(lexical_text, passages))
    keys = proposals.keys_of([passage.id for passage in passages], [row.tobytes() for row in lexical_hashes])

    lexical = _index_words(passages, lexical_hashes, old, progress)
    matrix = _embed(passages, hashes, encoder, stock, progress)
    if not len(passages) == len(matrix) == len(lexical) == len(keys):
        raise StorageError(f"{len(passages)} passages gave {len(matrix)} vectors and {len(lexical)} rows of words.")

    (place / "pages.jsonl").write_bytes(pages_json.to_lines(pages))
    (place / "vectors.faiss").write_bytes(Vectors.build(matrix).to_bytes())
    for name, data in lexical.to_files().items():
        (place / name).write_bytes(data)
    buffer = io.BytesIO()
    np.savez(buffer, dense=hashes, lexical=lexical_hashes, keys=keys)
    (place / "rows.npz").write_bytes(buffer.getvalue())
    if len(passages) > DIRECT_ROWS:
        previous = (old.tantivy, old.keys) if old is not None and old.tantivy is not None else None
        proposals.write(place / _TANTIVY, keys, lambda row: (lexical.words.row(row), lexical.pairs.row(row)), previous)
    counts = {
        "pages": len(pages),
        "passages": len(passages),
        "vectors": len(matrix),
        "words": len(lexical.words.vocabulary),
        "pairs": len(lexical.pairs.vocabulary),
    }
    return Manifest(
        root=str(root.resolve()),
        created=datetime.fromtimestamp(now / 1e9, UTC).isoformat(timespec="seconds"),
        created_ns=now,
        encoder=encoder.name,
        fingerprint=encoder.fingerprint,
        dim=encoder.dim,
        counts=counts,
        sources=sources,
        skipped=skipped,
        reader=reader_fingerprint(),
    )


def load_stock(path: Path, manifest: Manifest) -> Stock:
    """The vectors of a generation and the hashes of their texts.

    :raises Damaged: if they are not what was written.
    """
    try:
        with np.load(io.BytesIO(read_checked(path, manifest, "rows.npz")), allow_pickle=False) as saved:
            hashes = saved["dense"]
        vectors = Vectors.from_bytes(read_checked(path, manifest, "vectors.faiss"), manifest.dim)
    except (StorageError, ValueError, KeyError) as error:
        raise Damaged(f"vectors.faiss: {error}") from None
    if len(vectors) != len(hashes):
        raise Damaged(f"vectors.faiss holds {len(vectors)} vectors for {len(hashes)} passages")
    return Stock(hashes, vectors)


def load(path: Path, manifest: Manifest) -> Generation:
    """Read a generation, and check every file of it and that row i is passage i throughout.

    :raises Damaged: if anything is missing, is not what was written, or does not belong together.
    """
    stock = load_stock(path, manifest)
    try:
        pages = pages_json.from_lines(read_checked(path, manifest, "pages.jsonl"))
        passages = tuple(passage for page in pages for passage in passages_of(page))
        with np.load(io.BytesIO(read_checked(path, manifest, "rows.npz")), allow_pickle=False) as saved:
            lexical_hashes, keys = saved["lexical"], saved["keys"]
        found = None
        if any(name.startswith(f"{_TANTIVY}/") for name in manifest.files):
            for name in manifest.files:
                if name.startswith(f"{_TANTIVY}/"):
                    read_checked(path, manifest, name)
            found = _open_proposals(path / _TANTIVY, keys)
        arrays, vocabulary = (read_checked(path, manifest, name) for name in ("lexical.npz", "vocabulary.json"))
        lexical = Lexical.from_files(arrays, vocabulary, found)
    except (StorageError, ValueError, KeyError, TypeError, IndexError) as error:
        raise Damaged(f"its files cannot be read together: {error}") from None
    if not len(passages) == len(stock.vectors) == len(lexical) == len(keys) == manifest.counts["passages"]:
        raise Damaged(f"{len(passages)} passages, {len(stock.vectors)} vectors and {len(lexical)} rows of words")
    if not np.array_equal(_hashes(map(dense_text, passages)), stock.hashes):
        raise Damaged("the passages are not those whose vectors are stored")
    return Generation(path, manifest, pages, passages, stock, lexical_hashes, keys, lexical)


def _open_proposals(folder: Path, keys: proposals.Keys) -> proposals.Proposals | None:
    """tantivy's index; None where tantivy cannot open it, as in a read-only folder: it wants to make a lock file.

    Then every row is scored, which is slower and finds the same.
    """
    try:
        return proposals.Proposals.open(folder, keys)
    except (OSError, ValueError):
        return None


def _hashes(texts: Iterable[str]) -> NDArray[np.uint8]:
    """The SHA-256 of each text, uint8 (n, 32)."""
    joined = b"".join(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in texts)
    return np.frombuffer(joined, dtype=np.uint8).reshape(-1, 32)


def _index_words(
    passages: Sequence[Passage], hashes: NDArray[np.uint8], old: Generation | None, progress: Progress | None
) -> Lexical:
    """Both fields of the passages; those of unchanged text are taken from `old`."""
    rows = {digest.tobytes(): row for row, digest in enumerate(old.lexical_hashes)} if old is not None else {}
    fields: tuple[list[Mapping[str, int]], list[Mapping[str, int]]] = ([], [])
    for done, (passage, digest) in enumerate(zip(passages, hashes, strict=True)):
        if progress is not None and done % _BATCH == 0:
            progress("Indexing words", done, len(passages))
        row = rows.get(digest.tobytes())
        if old is not None and row is not None:
            fields[0].append(old.lexical.words.row(row))
            fields[1].append(old.lexical.pairs.row(row))
        else:
            text = lexical_text(passage)
            fields[0].append(Counter(words(text)))
            fields[1].append(Counter(pairs(text)))
    if progress is not None:
        progress("Indexing words", len(passages), len(passages))
    return Lexical(Field.of(fields[0]), Field.of(fields[1]))


def _embed(
    passages: Sequence[Passage],
    hashes: NDArray[np.uint8],
    encoder: Encoder,
    stock: Stock | None,
    progress: Progress | None,
) -> Floats:
    """The vectors of the passages, float32 (n, dim). A text in `stock`, or met before, is not embedded again."""
    matrix = np.empty((len(passages), encoder.dim), np.float32)
    stored = {digest.tobytes(): row for row, digest in enumerate(stock.hashes)} if stock is not None else {}
    digests = [digest.tobytes() for digest in hashes]
    kept = [(row, stored[digest]) for row, digest in enumerate(digests) if digest in stored]
    if stock is not None and kept:
        matrix[[row for row, _ in kept]] = stock.vectors.rows(np.array([source for _, source in kept]))
    rows_of: dict[bytes, list[int]] = {}
    for row, digest in enumerate(digests):
        if digest not in stored:
            rows_of.setdefault(digest, []).append(row)
    new = list(rows_of.values())
    for start in range(0, len(new), _BATCH):
        if progress is not None:
            progress("Embedding passages", start, len(new))
        batch = new[start : start + _BATCH]
        part = encoder.encode_passages([dense_text(passages[rows[0]]) for rows in batch])
        if part.shape != (len(batch), encoder.dim):
            raise ValueError(f"{encoder.name} gave vectors of shape {part.shape}, not {(len(batch), encoder.dim)}")
        for vector, rows in zip(part, batch, strict=True):
            matrix[rows] = vector
    if progress is not None:
        progress("Embedding passages", len(new), len(new))
    return matrix
