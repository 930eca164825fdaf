"""Candidates for BM25 in a large corpus, named by tantivy. Its own scores are rounded and are not used.

A document of the tantivy index is known by its passage's key and not by its row, since rows shift when a page is
deleted: so a new generation can copy the old index, delete what vanished and add what is new.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import tantivy
from numpy.typing import NDArray

Keys = NDArray[np.uint64]
Terms = Mapping[str, int]
HEAP = 64_000_000


def keys_of(ids: Sequence[str], hashes: Sequence[bytes]) -> Keys:
    """One key for each passage, uint64, all different, made of its id and of the hash of its indexed text.

    A passage whose text changes gets another key. Equal ids are told apart by their number among their equals.
    """
    keys: list[int] = []
    taken: set[int] = set()
    seen: dict[str, int] = {}
    for name, digest in zip(ids, hashes, strict=True):
        nth = seen[name] = seen.get(name, 0) + 1
        mixed = hashlib.sha256(f"{name}#{nth}\n".encode("utf-8", "surrogatepass") + digest).digest()
        key = int.from_bytes(mixed[:8], "big")
        while key in taken:  # one chance in 2**64 for each two passages
            key = (key + 1) % 2**64
        taken.add(key)
        keys.append(key)
    return np.array(keys, dtype=np.uint64)


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("key", stored=False, indexed=True, fast=True)
    for field in ("words", "pairs"):
        builder.add_text_field(field, stored=False, tokenizer_name="whitespace", index_option="freq")
    return builder.build()


def _utf8(term: str) -> str:
    """`term` with half a surrogate pair replaced, which tantivy refuses."""
    return term.encode("utf-8", "replace").decode("utf-8")


def write(
    folder: Path,
    keys: Keys,
    terms: Callable[[int], tuple[Terms, Terms]],
    previous: tuple[Path, Keys] | None = None,
) -> None:
    """Write the index of all passages to `folder`, which must not exist.

    :param terms: the words and the pairs of a row, with how often it holds each.
    :param previous: an older index and its keys; it is copied and brought up to date where most of it still holds.
    """
    old: set[int] = set()
    if previous is not None:
        kept = np.intersect1d(previous[1], keys).size
        if 2 * kept > max(len(keys), previous[1].size):
            shutil.copytree(previous[0], folder, ignore=shutil.ignore_patterns("*.lock"))
            old = set(previous[1].tolist())
    folder.mkdir(parents=True, exist_ok=True)
    index = tantivy.Index(_schema(), path=str(folder))
    # One thread: more would make several small segments, and their order would differ from run to run.
    writer = index.writer(heap_size=HEAP, num_threads=1)
    new = keys.tolist()
    for key in old - set(new):
        # Not delete_documents_by_term: for an unsigned field it deletes nothing, and says nothing (tantivy 0.27).
        writer.delete_documents_by_query(tantivy.Query.term_query(_schema(), "key", key, index_option="basic"))
    for row, key in enumerate(new):
        if key in old:
            continue
        document = tantivy.Document()
        document.add_unsigned("key", key)
        for field, counts in zip(("words", "pairs"), terms(row), strict=True):
            document.add_text(field, _utf8(" ".join(" ".join([term] * n) for term, n in counts.items())))
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()
    for leftover in folder.glob("*.lock"):
        leftover.unlink()
    # tantivy makes some files for their owner alone; whoever may enter the folder may read the index.
    mode = folder.stat().st_mode & 0o666
    for path in folder.iterdir():
        path.chmod(mode)


class Proposals:
    """An open index. Reading is safe from several threads."""

    def __init__(self, searcher: tantivy.Searcher, schema: tantivy.Schema, keys: Keys) -> None:
        self._searcher, self._schema = searcher, schema
        self._rows = {key: row for row, key in enumerate(keys.tolist())}

    @classmethod
    def open(cls, folder: Path, keys: Keys) -> Proposals:
        """The index that `write` made in `folder` of the same keys.

        :raises ValueError: if tantivy cannot read it, or it holds another number of passages.
        """
        index = tantivy.Index.open(str(folder))
        # A generation never changes: without this a thread would watch the folder.
        index.config_reader(reload_policy="manual")
        index.reload()
        searcher = index.searcher()
        if searcher.num_docs != len(keys):
            raise ValueError(f"the tantivy index holds {searcher.num_docs} passages, expected {len(keys)}")
        return cls(searcher, index.schema, keys)

    def rows(self, words: Iterable[str], pairs: Iterable[str], limit: int) -> NDArray[np.int64]:
        """At most `limit` rows that hold a word or a pair of the question, int64, ascending."""
        # Built term by term and never parsed: a question may hold any of a query language's signs.
        clauses = [
            (tantivy.Occur.Should, tantivy.Query.term_query(self._schema, field, _utf8(term), index_option="freq"))
            for field, terms in (("words", words), ("pairs", pairs))
            for term in sorted(set(terms))
        ]
        if not clauses:
            return np.empty(0, np.int64)
        hits = self._searcher.search(tantivy.Query.boolean_query(clauses), limit, count=False).hits
        keys = self._searcher.fast_field_values("key", [address for _, address in hits])
        return np.array(sorted(self._rows[int(key)] for key in keys if key is not None), dtype=np.int64)
