"""The index of a folder of pages: opened, brought up to date, and searched.

`open_index` reads and embeds what is new and takes the rest from the last generation on disk. Of a generation that is
damaged, or was made by another model or version, only what cannot be used is made anew, and `Index.notes` says so.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.errors import ModelError, StorageError
from corpus.records import Page, Passage, Skipped
from embeddings import generation, locks, storage, survey
from embeddings.building import Built, Work, build
from embeddings.encoder import Encoder
from embeddings.generation import Generation, Parts, dense_text, lexical_text
from embeddings.journal import Journal
from embeddings.lexical import Lexical
from embeddings.locks import Reading
from embeddings.manifest import Manifest, Source, reader_fingerprint

__all__ = ["Index", "dense_text", "lexical_text", "open_index"]

Progress = Callable[[str, int, int], None]


class Index:
    """One opened generation; row i is passage i. Nothing in it changes: several threads may read at once.

    `notes` are sentences for the user about what happened on opening; `work` is what was done to bring it up to date,
    None where nothing was. The generation's files stay on disk until `close`, or until this object is gone.
    """

    def __init__(
        self,
        opened: Generation,
        notes: Sequence[str] = (),
        work: Work | None = None,
        reading: Reading | None = None,
    ) -> None:
        self._generation = opened
        self._reading = reading
        self.pages: tuple[Page, ...] = opened.pages
        self.passages: tuple[Passage, ...] = opened.passages
        self.manifest: Manifest = opened.manifest
        self.skipped: tuple[Skipped, ...] = opened.manifest.skipped
        self.notes: tuple[str, ...] = tuple(notes)
        self.work = work

    def close(self) -> None:
        """Let the next writer remove this generation's files. It can still be searched: it is in memory or mapped."""
        if self._reading is not None:
            self._reading.release()

    def __len__(self) -> int:
        return len(self.passages)

    def dense(self, vector: NDArray[np.float32], k: int) -> list[tuple[int, float]]:
        """At most `k` rows nearest to `vector`, float32 (dim,), with their inner products, best first.

        :raises ValueError: if its dim differs from the index's.
        """
        rows, scores = self._generation.stock.vectors.search(vector, k)
        return list(zip(rows.tolist(), scores.tolist(), strict=True))

    def lexical(
        self, words: Sequence[str], pairs: Sequence[str], k: int, use_words: bool = True, use_pairs: bool = True
    ) -> list[tuple[int, float]]:
        """At most `k` rows that share a word or pair with the question, with their BM25, best first."""
        rows, scores = self._generation.words.lexical.search(words, pairs, k, use_words, use_pairs)
        return list(zip(rows.tolist(), scores.tolist(), strict=True))

    def candidates(
        self, words: Sequence[str], pairs: Sequence[str], k: int, use_pairs: bool = True
    ) -> NDArray[np.int64]:
        """At most `k` rows that share a word or pair with the question, the likeliest, in no order, without scores."""
        return self._generation.words.lexical.candidates(words, pairs, k, use_pairs)

    def lexical_scores(
        self,
        words: Sequence[str],
        pairs: Sequence[str],
        rows: Sequence[int] | NDArray[np.int64],
        use_words: bool = True,
        use_pairs: bool = True,
    ) -> NDArray[np.float32]:
        """BM25 of `rows`, float32 (len(rows),), in their order; the same numbers that `lexical` gives."""
        return self._generation.words.lexical.score(words, pairs, np.asarray(rows, np.int64), use_words, use_pairs)

    def pairs_held(self, pairs: Sequence[str], rows: Sequence[int] | NDArray[np.int64]) -> NDArray[np.bool_]:
        """bool (len(rows), len(pairs)): whether each of `rows` holds each character pair; pairs must be distinct."""
        return self._generation.words.lexical.pairs.holds(pairs, np.asarray(rows, np.int64))

    def vectors(self, rows: Sequence[int] | NDArray[np.int64]) -> NDArray[np.float32]:
        """The vectors of `rows`, float32 (len(rows), dim)."""
        return self._generation.stock.vectors.rows(np.asarray(rows, np.int64))

    def idf(self, term: str) -> float:
        """How rare a word is in these passages (the formula is in `lexical`); highest for one that is in none."""
        return self._generation.words.lexical.words.idf(term)

    def pair_idf(self, pair: str) -> float:
        """The same for a character pair."""
        return self._generation.words.lexical.pairs.idf(pair)

    def pair_printed(self, pair: str) -> bool:
        """Whether two characters stand side by side in some passage, in matching form."""
        return pair in self._generation.words.lexical.pairs

    def word_printed(self, word: str) -> bool:
        """Whether some passage holds a word as one, in matching form."""
        return word in self._generation.words.lexical.words

    def characters(self) -> frozenset[str]:
        """The characters of all pairs that are printed, in matching form."""
        return frozenset("".join(self._generation.words.lexical.pairs.vocabulary))

    def statistics(self) -> dict[str, int | str]:
        """Counts, model with its fingerprint, and time of creation."""
        made = self.manifest
        known = {"model": made.encoder, "fingerprint": made.fingerprint, "created": made.created}
        return {**made.counts, "skipped": len(made.skipped), **known}


@dataclass(frozen=True, slots=True)
class _State:
    """What is on disk.

    :param opened: the generation, where it is sound, read by this `corpus` and of this encoder.
    :param manifest: its manifest, where that tells which files were indexed.
    :param parts: what of it can be taken over.
    :param fits: whether it is of this encoder.
    :param note: what to tell the user if it has to be made anew.
    :param reading: keeps it there.
    """

    opened: Generation | None = None
    manifest: Manifest | None = None
    parts: Parts | None = None
    fits: bool = False
    note: str = ""
    reading: Reading | None = None

    def ready(self, found: dict[str, Source]) -> Index | None:
        """The index, where nothing at all has to be done."""
        if self.opened is not None:
            made = self.opened.manifest
            if survey.same(found, made.sources) and not survey.worth_reading(made):
                return Index(self.opened, reading=self.reading)
        self.release()
        return None

    def release(self) -> None:
        if self.reading is not None:
            self.reading.release()


def open_index(
    root: Path,
    encoder: Encoder,
    progress: Progress | None = None,
    *,
    cache: Path | None = None,
    allow_rebuild: bool = True,
    deep: bool = False,
) -> Index:
    """The index of the pages at `root`, brought up to date.

    :param progress: called with what is being done, how much of it is done, and of how much.
    :param cache: the folder for indexes (None: BAOWEN_CACHE, or the user's cache folder).
    :param allow_rebuild: whether an index of another model may be replaced.
    :param deep: check what is on disk as `generation.load` does with `deep`.
    :raises PagesError: if there is no page to read.
    :raises ModelError: if the index is of another model and may not be replaced.
    :raises StorageError: if the index has to be written and cannot be, or another process keeps writing it.
    """
    root = root.expanduser()
    folder = storage.folder_of(root, cache)
    try:
        state = _look(folder, root, encoder, allow_rebuild, deep)
        looked_ns, found = time.time_ns(), survey.look(root, state.manifest)
        if (index := state.ready(found)) is not None:
            return index
        try:
            with locks.writing(folder):
                # Another process may have done the work while this one waited, or the pages have changed once more.
                state = _look(folder, root, encoder, allow_rebuild, deep)
                looked_ns, found = time.time_ns(), survey.look(root, state.manifest)
                if (index := state.ready(found)) is not None:
                    return index
                return _made(folder, root, found, looked_ns, encoder, state, progress)
        except OSError as error:
            if not state.fits:
                raise
            return _in_memory(build(root, found, looked_ns, encoder, state.parts, None, progress), folder, state, error)
    except OSError as error:
        raise StorageError(
            f"The index folder {folder} cannot be used ({error.strerror or error}); "
            "set BAOWEN_CACHE to a folder that can be written."
        ) from error


def _made(
    folder: Path,
    root: Path,
    found: dict[str, Source],
    looked_ns: int,
    encoder: Encoder,
    state: _State,
    progress: Progress | None,
) -> Index:
    """Make a generation, switch to it, and open it. The caller holds the lock."""
    journal = Journal(folder, encoder)
    built = build(root, found, looked_ns, encoder, state.parts, journal, progress)
    try:
        try:
            storage.publish(folder, root, built.save)
        except OSError:
            journal.clear()  # on a full disk it takes the room that is missing, and all of it is in memory
            storage.publish(folder, root, built.save)
    except OSError as error:
        if not state.fits:
            raise
        return _in_memory(built, folder, state, error)
    journal.clear()
    reading = storage.pin(folder)
    return Index(_switched(folder, built.generation), [state.note] if state.note else [], built.work, reading)


def _switched(folder: Path, made: Generation) -> Generation:
    """`made` as it is on disk now: with the checksums there, which are compared once more, and with tantivy's files.

    It is not read again: in a large archive that would take as long as reading the pages, and the memory twice.
    """
    try:
        found = storage.current(folder)
        if found is None:
            raise storage.Damaged("CURRENT", "is missing")
        path, manifest = found
        for name in manifest.files:
            storage.check_file(path, manifest, name)
    except storage.Damaged as error:
        raise StorageError(
            f"The index in {folder} was damaged or taken away while it was written ({error}); try again."
        ) from None
    words = made.words
    if (path / generation.TANTIVY).is_dir():
        found_by = generation.open_proposals(path / generation.TANTIVY, words.keys)
        words = replace(words, lexical=Lexical(words.lexical.words, words.lexical.pairs, found_by))
    return replace(made, manifest=manifest, words=words)


def _in_memory(built: Built, folder: Path, state: _State, error: OSError) -> Index:
    """What was made, where it cannot be written: an answer from what is on disk might be of a page that is deleted."""
    return Index(built.generation, [*([state.note] if state.note else []), _unwritten(folder, error)], built.work)


def _look(folder: Path, root: Path, encoder: Encoder, allow_rebuild: bool, deep: bool = False) -> _State:
    """Read what is on disk."""
    reading = storage.pin(folder)
    try:
        on_disk, why = storage.current(folder), ""
    except storage.OtherFormat as error:
        return _State(note=f"The index of {root} was written by another version ({error}) and was rebuilt.")
    except storage.Damaged as error:
        on_disk, why = storage.salvage(folder), str(error)
    if on_disk is None:
        return _State(note=_damaged(root, why) if why else "")
    path, manifest = on_disk
    parts = generation.load(path, manifest, deep)
    if not why and manifest.root != str(root.resolve()):
        why = f"it is of the pages at {manifest.root}"
    if not why and parts.problems:
        why = "; ".join(str(problem) for problem in parts.problems)
    fits = (manifest.fingerprint, manifest.dim) == (encoder.fingerprint, encoder.dim)
    if not fits and not allow_rebuild:
        raise ModelError(
            f"The index of {root} was built with the model {manifest.encoder} (dim {manifest.dim}), not with "
            f"{encoder.name} (dim {encoder.dim}); run `baowen index {root} --model {encoder.name}`."
        )
    # Another version of Baowen read these pages: its texts' vectors hold, its articles may not.
    read_here = manifest.reader == reader_fingerprint()
    usable = Parts(
        manifest,
        pages=parts.pages if read_here else None,
        passages=parts.passages if read_here else None,
        stock=parts.stock if fits else None,
        words=parts.words if read_here else None,
        tantivy=parts.tantivy if read_here else None,
    )
    if why:
        note = _damaged(root, why)
    else:
        note = (
            ""
            if fits
            else f"The index of {root} was of the model {manifest.encoder}; it was rebuilt for {encoder.name}."
        )
    opened = parts.whole() if read_here and fits and not why else None
    return _State(opened, None if why else manifest, usable, fits, note, reading)


def _damaged(root: Path, why: str) -> str:
    return f"The index of {root} was damaged ({why}) and was rebuilt."


def _unwritten(folder: Path, error: OSError) -> str:
    return (
        f"The index folder {folder} cannot be written ({error.strerror or error}): what is new in the pages is indexed "
        "in memory alone, and again next time; set BAOWEN_CACHE to a folder that can be written."
    )
