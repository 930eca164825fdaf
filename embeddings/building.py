"""Making a generation: reading what is new, embedding what is new, and taking the rest from what there was.

Everything is known by its content: a page by its file's bytes, a vector and a row of words by their text. So whatever
is sound of an older generation, or was left by a writer that was killed, is taken over, and only the rest is made.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from corpus.errors import StorageError
from corpus.passages import passages_of
from corpus.records import Passage
from corpus.words import pairs, words
from embeddings import pages_json, proposals, survey
from embeddings.encoder import Encoder
from embeddings.generation import TANTIVY, Generation, Hashes, Parts, Stock, Words, dense_text, lexical_text, rows_of
from embeddings.journal import Journal
from embeddings.lexical import Field, Lexical
from embeddings.manifest import Manifest, Source, reader_fingerprint
from embeddings.vectors import Floats, Vectors

# Up to here all rows are scored, which takes a millisecond; tantivy would cost more than it saves.
DIRECT_ROWS = 2000
_BATCH = 256
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Work:
    """What had to be done for a generation: files read, passages whose words were counted, texts embedded."""

    read: int
    indexed: int
    embedded: int


@dataclass(frozen=True, slots=True)
class Built:
    """A generation that is nowhere but in memory yet. `tantivy` is an older one's folder and keys, to be followed."""

    generation: Generation
    work: Work
    tantivy: tuple[Path, proposals.Keys] | None

    def save(self, place: Path) -> Manifest:
        """Write all files but the manifest into `place`; the manifest is returned without checksums."""
        made = self.generation
        lexical, keys = made.words.lexical, made.words.keys
        (place / "pages.jsonl").write_bytes(pages_json.to_lines(made.pages))
        (place / "vectors.faiss").write_bytes(made.stock.vectors.to_bytes())
        for name, data in lexical.to_files().items():
            (place / name).write_bytes(data)
        buffer = io.BytesIO()
        np.savez(buffer, dense=made.stock.hashes, lexical=made.words.hashes, keys=keys)
        (place / "rows.npz").write_bytes(buffer.getvalue())
        if len(made.passages) > DIRECT_ROWS:
            proposals.write(
                place / TANTIVY, keys, lambda row: (lexical.words.row(row), lexical.pairs.row(row)), self.tantivy
            )
        return made.manifest


def build(
    root: Path,
    found: Mapping[str, Source],
    looked_ns: int,
    encoder: Encoder,
    parts: Parts | None = None,
    journal: Journal | None = None,
    progress: Progress | None = None,
) -> Built:
    """A generation of the pages in `found`.

    :param looked_ns: the time in nanoseconds since 1970 before the files were looked at.
    :param parts: what can be taken over: pages and words read by the same `corpus`, vectors of the same encoder.
    :param journal: keeps what is read and embedded until the generation is written, and gives what a killed run kept.
    :raises PagesError: if no page can be read.
    """
    known = [] if parts is None or parts.pages is None else list(parts.pages)
    if journal is not None:
        known += journal.pages()
    keep = None if journal is None else journal.keep_page
    reading = survey.read(root, found, known, progress, keep)
    passages = tuple(passage for page in reading.pages for passage in passages_of(page))
    dense, lexical, keys = rows_of(list(passages))
    counted, indexed = _index_words(passages, lexical, None if parts is None else parts.words, progress)
    matrix, embedded = _embed(passages, dense, encoder, None if parts is None else parts.stock, journal, progress)
    if not len(passages) == len(matrix) == len(counted) == len(keys):
        raise StorageError(f"{len(passages)} passages gave {len(matrix)} vectors and {len(counted)} rows of words.")
    manifest = Manifest(
        root=str(root.resolve()),
        created=datetime.fromtimestamp(looked_ns / 1e9, UTC).isoformat(timespec="seconds"),
        created_ns=looked_ns,
        encoder=encoder.name,
        fingerprint=encoder.fingerprint,
        dim=encoder.dim,
        counts={
            "pages": len(reading.pages),
            "passages": len(passages),
            "vectors": len(matrix),
            "words": len(counted.words.vocabulary),
            "pairs": len(counted.pairs.vocabulary),
        },
        sources=reading.sources,
        skipped=reading.skipped,
        reader=reader_fingerprint(),
    )
    made = Generation(
        manifest, reading.pages, passages, Stock(dense, Vectors.build(matrix)), Words(lexical, keys, counted)
    )
    followed = None
    if parts is not None and parts.tantivy is not None and parts.words is not None:
        followed = parts.tantivy, parts.words.keys
    return Built(made, Work(reading.new, indexed, embedded), followed)


def _index_words(
    passages: Sequence[Passage], hashes: Hashes, old: Words | None, progress: Progress | None
) -> tuple[Lexical, int]:
    """Both fields of the passages, those of unchanged text taken from `old`, and how many were not."""
    rows = {digest.tobytes(): row for row, digest in enumerate(old.hashes)} if old is not None else {}
    fields: tuple[list[Mapping[str, int]], list[Mapping[str, int]]] = ([], [])
    new = 0
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
            new += 1
    if progress is not None:
        progress("Indexing words", len(passages), len(passages))
    return Lexical(Field.of(fields[0]), Field.of(fields[1])), new


def _embed(
    passages: Sequence[Passage],
    hashes: Hashes,
    encoder: Encoder,
    stock: Stock | None,
    journal: Journal | None,
    progress: Progress | None,
) -> tuple[Floats, int]:
    """The vectors of the passages, float32 (n, dim), and how many texts were embedded for them.

    A text in `stock` or in the journal, or met before, is not embedded again.
    """
    matrix = np.empty((len(passages), encoder.dim), np.float32)
    stored = {digest.tobytes(): row for row, digest in enumerate(stock.hashes)} if stock is not None else {}
    digests = [digest.tobytes() for digest in hashes]
    kept = [(row, stored[digest]) for row, digest in enumerate(digests) if digest in stored]
    if stock is not None and kept:
        matrix[[row for row, _ in kept]] = stock.vectors.rows(np.array([source for _, source in kept]))
    half_done = {} if journal is None else journal.vectors()
    rows_of: dict[bytes, list[int]] = {}
    for row, digest in enumerate(digests):
        if digest in stored:
            continue
        if digest in half_done:
            matrix[row] = half_done[digest]
        else:
            rows_of.setdefault(digest, []).append(row)
    new = list(rows_of.items())
    for start in range(0, len(new), _BATCH):
        if progress is not None:
            progress("Embedding passages", start, len(new))
        batch = new[start : start + _BATCH]
        part = encoder.encode_passages([dense_text(passages[rows[0]]) for _, rows in batch])
        if part.shape != (len(batch), encoder.dim):
            raise ValueError(f"{encoder.name} gave vectors of shape {part.shape}, not {(len(batch), encoder.dim)}")
        for vector, (_, rows) in zip(part, batch, strict=True):
            matrix[rows] = vector
        if journal is not None:
            journal.keep_vectors([digest for digest, _ in batch], part)
    if progress is not None:
        progress("Embedding passages", len(new), len(new))
    return matrix, len(new)
