"""One generation of an index: its files, and reading them, each part for itself.

    manifest.json     counts, model, page files, checksums (see `manifest`)
    pages.jsonl       the text and the articles of each page
    rows.npz          for each passage its key, and the SHA-256 of its embedded and of its word-indexed text
    vectors.faiss     its vector
    lexical.npz, vocabulary.json    its words and pairs
    tantivy/          candidates for large corpora alone

Row i of everything is passage i of the pages in their order. How the files are made is told in `building`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.errors import StorageError
from corpus.passages import passages_of
from corpus.records import Page, Passage
from corpus.verbatim import is_printed
from embeddings import pages_json, proposals
from embeddings.lexical import ARRAYS, VOCABULARY, Lexical
from embeddings.manifest import Manifest
from embeddings.storage import Damaged, check_file
from embeddings.vectors import Vectors

PAGES, ROWS, VECTORS, TANTIVY = "pages.jsonl", "rows.npz", "vectors.faiss", "tantivy"
Hashes = NDArray[np.uint8]
"""The SHA-256 of texts, (n, 32)."""


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


def hashes_of(texts: Iterable[str]) -> Hashes:
    """The SHA-256 of each text, uint8 (n, 32)."""
    joined = b"".join(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in texts)
    return np.frombuffer(joined, dtype=np.uint8).reshape(-1, 32)


@dataclass(frozen=True, slots=True)
class Stock:
    """Vectors by the hash of the text that was embedded."""

    hashes: Hashes
    vectors: Vectors


@dataclass(frozen=True, slots=True)
class Words:
    """Words and pairs by the hash of the text that they stand in; `keys` are tantivy's (see `proposals`)."""

    hashes: Hashes
    keys: proposals.Keys
    lexical: Lexical


@dataclass(frozen=True, slots=True)
class Generation:
    """A generation in memory (tantivy's files are mapped). Never changed, so safe for several threads."""

    manifest: Manifest
    pages: tuple[Page, ...]
    passages: tuple[Passage, ...]
    stock: Stock
    words: Words


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a file of an index; `file` is its path below the generation's folder."""

    file: str
    what: str

    def __str__(self) -> str:
        return f"{self.file} {self.what}"


@dataclass(frozen=True, slots=True)
class Parts:
    """What can be trusted of a generation. `problems` say why the rest cannot; without any, everything is there.

    `passages` are those of `pages`. `tantivy` is the folder with its files, where there are any and all are what was
    written.
    """

    manifest: Manifest
    pages: tuple[Page, ...] | None = None
    passages: tuple[Passage, ...] | None = None
    stock: Stock | None = None
    words: Words | None = None
    tantivy: Path | None = None
    problems: tuple[Problem, ...] = ()

    def whole(self) -> Generation | None:
        """All parts together; None where one is missing."""
        if self.problems or self.pages is None or self.passages is None or self.stock is None or self.words is None:
            return None
        return Generation(self.manifest, self.pages, self.passages, self.stock, self.words)


def load(path: Path, manifest: Manifest, deep: bool = False) -> Parts:
    """Read a generation, check every file of it, and that row i is passage i throughout.

    A part that is missing, is not what was written, or does not belong to the others is left out, with its problem.

    :param deep: check as well that each passage is its page's text at its spans, that no vector holds a value that is
        not finite, and that no file lies there that the manifest does not list.
    """
    problems: list[Problem] = []
    good: dict[str, Path] = {}
    for name in manifest.files:
        try:
            check_file(path, manifest, name)
            good[name] = path / name
        except Damaged as error:
            problems.append(Problem(error.file, error.what))
    pages = _pages(good, manifest, problems, deep)
    passages = None if pages is None else tuple(passage for page in pages for passage in passages_of(page))
    rows = _rows(good, passages, problems)
    stock = _stock(good, manifest, rows, problems, deep)
    tantivy = _tantivy(path, manifest, good)
    words = _words(good, rows, tantivy, problems)
    if passages is not None and rows is not None and not np.array_equal(hashes_of(map(dense_text, passages)), rows[0]):
        problems.append(Problem(ROWS, "holds other passages: the passages are not those whose vectors are stored"))
    if deep and path.is_dir():
        listed = {*manifest.files, "manifest.json"}
        there = sorted(file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file())
        # tantivy makes lock files where it opens its own.
        strays = [name for name in there if name not in listed and not name.endswith(".lock")]
        problems += [Problem(name, "is not listed in manifest.json") for name in strays]
    return Parts(manifest, pages, passages, stock, words, tantivy, tuple(problems))


def _pages(good: dict[str, Path], manifest: Manifest, problems: list[Problem], deep: bool) -> tuple[Page, ...] | None:
    if PAGES not in good:
        return None
    try:
        with good[PAGES].open("rb") as lines:
            pages = pages_json.from_lines(lines)
    except (OSError, ValueError, KeyError, TypeError) as error:
        problems.append(Problem(PAGES, f"cannot be read ({error})"))
        return None
    if len(pages) != manifest.counts["pages"]:
        problems.append(Problem(PAGES, f"holds {len(pages)} pages, the manifest {manifest.counts['pages']}"))
        return None
    wrong = [
        passage.id
        for page in pages
        if deep
        for passage in passages_of(page)
        if not is_printed(passage.text, passage.spans, page.text)
    ]
    if wrong:
        problems.append(Problem(PAGES, f"holds {len(wrong)} passages that are not what is printed ({wrong[0]})"))
        return None
    return pages


Rows = tuple[Hashes, Hashes, proposals.Keys]


def _rows(good: dict[str, Path], passages: Sequence[Passage] | None, problems: list[Problem]) -> Rows | None:
    """The hashes of the embedded and of the word-indexed texts, and the keys: as stored, or made of the passages."""
    if ROWS in good:
        try:
            with np.load(good[ROWS], allow_pickle=False) as saved:
                dense, lexical, keys = saved["dense"], saved["lexical"], saved["keys"]
            if len(dense) == len(lexical) == len(keys):
                return dense, lexical, keys
            problems.append(Problem(ROWS, f"holds {len(dense)}, {len(lexical)} and {len(keys)} rows"))
        except (ValueError, KeyError, OSError) as error:
            problems.append(Problem(ROWS, f"cannot be read ({error})"))
    return None if passages is None else rows_of(passages)


def rows_of(passages: Sequence[Passage]) -> Rows:
    """What rows.npz holds of passages."""
    dense, lexical = hashes_of(map(dense_text, passages)), hashes_of(map(lexical_text, passages))
    return dense, lexical, proposals.keys_of([passage.id for passage in passages], [row.tobytes() for row in lexical])


def _stock(
    good: dict[str, Path], manifest: Manifest, rows: Rows | None, problems: list[Problem], deep: bool
) -> Stock | None:
    if VECTORS not in good or rows is None:
        return None
    try:
        with good[VECTORS].open("rb") as handle:
            vectors = Vectors.read(handle, manifest.dim)
    except (OSError, StorageError, ValueError) as error:
        problems.append(Problem(VECTORS, f"cannot be read ({error})"))
        return None
    if len(vectors) != len(rows[0]):
        problems.append(Problem(VECTORS, f"holds {len(vectors)} vectors for {len(rows[0])} passages"))
        return None
    if deep and not vectors.is_finite():
        problems.append(Problem(VECTORS, "holds a value that is not finite"))
        return None
    return Stock(rows[0], vectors)


def _words(good: dict[str, Path], rows: Rows | None, tantivy: Path | None, problems: list[Problem]) -> Words | None:
    if ARRAYS not in good or VOCABULARY not in good or rows is None:
        return None
    _, hashes, keys = rows
    try:
        found = None if tantivy is None else open_proposals(tantivy, keys)
        lexical = Lexical.read(good[ARRAYS].parent, found)
    except (OSError, StorageError, ValueError, KeyError, TypeError, IndexError) as error:
        problems.append(Problem(ARRAYS, f"cannot be read ({error})"))
        return None
    if len(lexical) != len(hashes):
        problems.append(Problem(ARRAYS, f"holds {len(lexical)} rows of words for {len(hashes)} passages"))
        return None
    return Words(hashes, keys, lexical)


def _tantivy(path: Path, manifest: Manifest, good: dict[str, Path]) -> Path | None:
    names = [name for name in manifest.files if name.startswith(f"{TANTIVY}/")]
    return path / TANTIVY if names and all(name in good for name in names) else None


def open_proposals(folder: Path, keys: proposals.Keys) -> proposals.Proposals | None:
    """tantivy's index; None where tantivy cannot open it, as in a read-only folder: it wants to make a lock file.

    Then every row is scored, which is slower and finds the same.
    """
    try:
        return proposals.Proposals.open(folder, keys)
    except (OSError, ValueError):
        return None
