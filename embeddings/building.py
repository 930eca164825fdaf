"""Making a generation: reading what is new, embedding what is new, and taking the rest from what there was.

Everything is known by its content: a page by its file's bytes, a vector and a row of words by their text. So whatever
is sound of an older generation, or was left by a writer that was killed, is taken over, and only the rest is made.
"""

from __future__ import annotations

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
from embeddings.generation import (
    PAGES,
    ROWS,
    TANTIVY,
    VECTORS,
    Generation,
    Hashes,
    Parts,
    Stock,
    Words,
    dense_text,
    lexical_text,
    rows_of,
)
from embeddings.journal import Journal
from embeddings.lexical import FieldWriter, Lexical
from embeddings.manifest import Manifest, Source, reader_fingerprint
from embeddings.vectors import Vectors

# Up to here all rows are scored, which takes a millisecond; tantivy would cost more than it saves.
DIRECT_ROWS = 2000
_BATCH = 256
_TAKEN = 16_384
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Work:
    """What had to be done for a generation: files read, passages whose words were not known, texts embedded."""

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
        """Write all files but the manifest into `place`; the manifest is returned without checksums.

        Everything is written as it is made: the files of a large generation would fill the memory a second time.
        """
        made = self.generation
        lexical, keys = made.words.lexical, made.words.keys
        with (place / PAGES).open("wb") as lines:
            lines.writelines(pages_json.to_lines(made.pages))
        with (place / VECTORS).open("wb") as handle:
            made.stock.vectors.write(handle)
        lexical.write(place)
        with (place / ROWS).open("wb") as handle:
            np.savez(handle, dense=made.stock.hashes, lexical=made.words.hashes, keys=keys)
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
    reading = survey.read(root, found, known, None if parts is None else parts.manifest, progress, keep)
    passages = tuple(passage for page in reading.pages for passage in passages_of(page))
    dense, lexical, keys = rows_of(passages)
    counted, indexed = _index_words(passages, lexical, None if parts is None else parts.words, progress)
    vectors, embedded = _embed(passages, dense, encoder, None if parts is None else parts.stock, journal, progress)
    if not len(passages) == len(vectors) == len(counted) == len(keys):
        raise StorageError(f"{len(passages)} passages gave {len(vectors)} vectors and {len(counted)} rows of words.")
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
            "vectors": len(vectors),
            "words": len(counted.words.vocabulary),
            "pairs": len(counted.pairs.vocabulary),
        },
        sources=reading.sources,
        skipped=reading.skipped,
        reader=reader_fingerprint(),
    )
    made = Generation(manifest, reading.pages, passages, Stock(dense, vectors), Words(lexical, keys, counted))
    followed = None
    if parts is not None and parts.tantivy is not None and parts.words is not None:
        followed = parts.tantivy, parts.words.keys
    return Built(made, Work(reading.new, indexed, embedded), followed)


def _index_words(
    passages: Sequence[Passage], hashes: Hashes, old: Words | None, progress: Progress | None
) -> tuple[Lexical, int]:
    """Both fields of the passages, those of unchanged text taken from `old`, and how many were not.

    A text that was met before is not taken apart again.
    """
    stored = {digest.tobytes(): row for row, digest in enumerate(old.hashes)} if old is not None else {}
    by_word, by_pair = FieldWriter(), FieldWriter()
    met: dict[bytes, int] = {}
    new = 0
    for row, (passage, digest) in enumerate(zip(passages, hashes, strict=True)):
        if progress is not None and row % _BATCH == 0:
            progress("Indexing words", row, len(passages))
        name = digest.tobytes()
        known = stored.get(name)
        new += known is None
        if (same := met.setdefault(name, row)) != row:
            by_word.repeat(same)
            by_pair.repeat(same)
        elif old is not None and known is not None:
            by_word.add(old.lexical.words.row(known))
            by_pair.add(old.lexical.pairs.row(known))
        else:
            text = lexical_text(passage)
            by_word.add(Counter(words(text)))
            by_pair.add(Counter(pairs(text)))
    if progress is not None:
        progress("Indexing words", len(passages), len(passages))
    return Lexical(by_word.field(), by_pair.field()), new


def _embed(
    passages: Sequence[Passage],
    hashes: Hashes,
    encoder: Encoder,
    stock: Stock | None,
    journal: Journal | None,
    progress: Progress | None,
) -> tuple[Vectors, int]:
    """The vectors of the passages, and how many texts were embedded for them.

    A text in `stock` or in the journal, or met before, is not embedded again.
    """
    matrix = np.empty((len(passages), encoder.dim), np.float32)
    stored = {digest.tobytes(): row for row, digest in enumerate(stock.hashes)} if stock is not None else {}
    digests = [digest.tobytes() for digest in hashes]
    if stock is not None:
        for start in range(0, len(digests), _TAKEN):  # all at once would be a copy of all vectors
            kept = [
                (row, stored[one]) for row, one in enumerate(digests[start : start + _TAKEN], start) if one in stored
            ]
            matrix[[row for row, _ in kept]] = stock.vectors.rows(np.array([source for _, source in kept], np.int64))
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
    return Vectors.build(matrix), len(new)
