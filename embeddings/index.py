"""The index of a folder of pages: opened, brought up to date, and searched.

`open_index` reads and embeds what is new and takes the rest from the last generation on disk. A generation that is
damaged, or was made by another model or version, is made anew and `Index.notes` says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.errors import ModelError, StorageError
from corpus.records import Page, Passage, Skipped
from embeddings import generation, storage, survey
from embeddings.encoder import Encoder
from embeddings.generation import Generation, Stock, dense_text, lexical_text
from embeddings.manifest import Manifest, Source, reader_fingerprint

__all__ = ["Index", "dense_text", "lexical_text", "open_index"]

Progress = Callable[[str, int, int], None]


class Index:
    """One opened generation; row i is passage i. Nothing in it changes: several threads may read at once.

    `notes` are sentences for the user about what happened on opening.
    """

    def __init__(self, opened: Generation, notes: Sequence[str] = ()) -> None:
        self._generation = opened
        self.pages: tuple[Page, ...] = opened.pages
        self.passages: tuple[Passage, ...] = opened.passages
        self.manifest: Manifest = opened.manifest
        self.skipped: tuple[Skipped, ...] = opened.manifest.skipped
        self.notes: tuple[str, ...] = tuple(notes)

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
        rows, scores = self._generation.lexical.search(words, pairs, k, use_words, use_pairs)
        return list(zip(rows.tolist(), scores.tolist(), strict=True))

    def candidates(
        self, words: Sequence[str], pairs: Sequence[str], k: int, use_pairs: bool = True
    ) -> NDArray[np.int64]:
        """At most `k` rows that share a word or pair with the question, the likeliest, in no order, without scores."""
        return self._generation.lexical.candidates(words, pairs, k, use_pairs)

    def lexical_scores(
        self,
        words: Sequence[str],
        pairs: Sequence[str],
        rows: Sequence[int] | NDArray[np.int64],
        use_words: bool = True,
        use_pairs: bool = True,
    ) -> NDArray[np.float32]:
        """BM25 of `rows`, float32 (len(rows),), in their order; the same numbers that `lexical` gives."""
        return self._generation.lexical.score(words, pairs, np.asarray(rows, np.int64), use_words, use_pairs)

    def pairs_held(self, pairs: Sequence[str], rows: Sequence[int] | NDArray[np.int64]) -> NDArray[np.bool_]:
        """bool (len(rows), len(pairs)): whether each of `rows` holds each character pair; pairs must be distinct."""
        return self._generation.lexical.pairs.holds(pairs, np.asarray(rows, np.int64))

    def vectors(self, rows: Sequence[int] | NDArray[np.int64]) -> NDArray[np.float32]:
        """The vectors of `rows`, float32 (len(rows), dim)."""
        return self._generation.stock.vectors.rows(np.asarray(rows, np.int64))

    def idf(self, term: str) -> float:
        """How rare a word is in these passages (the formula is in `lexical`); highest for one that is in none."""
        return self._generation.lexical.words.idf(term)

    def pair_idf(self, pair: str) -> float:
        """The same for a character pair."""
        return self._generation.lexical.pairs.idf(pair)

    def statistics(self) -> dict[str, int | str]:
        """Counts, model and time of creation."""
        made = self.manifest
        return {**made.counts, "skipped": len(made.skipped), "model": made.encoder, "created": made.created}


@dataclass(frozen=True, slots=True)
class _State:
    """What is on disk. `opened` answers for this encoder; `reader_same` tells whether its pages can be taken over."""

    opened: Generation | None = None
    reader_same: bool = False
    fits: bool = False
    stock: Stock | None = None
    note: str = ""

    @property
    def reusable(self) -> Generation | None:
        return self.opened if self.reader_same else None

    def current_for(self, found: dict[str, Source]) -> Generation | None:
        """The generation, where nothing at all has to be done."""
        if self.opened is None or not (self.reader_same and self.fits):
            return None
        return self.opened if survey.same(found, self.opened.manifest.sources) else None


def open_index(
    root: Path,
    encoder: Encoder,
    progress: Progress | None = None,
    *,
    cache: Path | None = None,
    allow_rebuild: bool = True,
) -> Index:
    """The index of the pages at `root`, brought up to date.

    :param progress: called with what is being done, how much of it is done, and of how much.
    :param cache: the folder for indexes (None: BAOWEN_CACHE, or the user's cache folder).
    :param allow_rebuild: whether an index of another model may be replaced.
    :raises PagesError: if there is no page to read.
    :raises ModelError: if the index is of another model and may not be replaced.
    :raises StorageError: if the index has to be written and cannot be.
    """
    root = root.expanduser()
    folder = storage.folder_of(root, cache)
    try:
        state = _look(folder, root, encoder, allow_rebuild)
        found = survey.look(root, state.opened.manifest if state.opened is not None else None)
        ready = state.current_for(found)
        if ready is not None:
            return Index(ready)
        try:
            with storage.writing(folder):
                # Another process may have done the work while this one waited.
                state = _look(folder, root, encoder, allow_rebuild)
                ready = state.current_for(found)
                if ready is not None:
                    return Index(ready)
                storage.publish(
                    folder,
                    lambda place: generation.write(place, root, found, encoder, state.reusable, state.stock, progress),
                )
                written = storage.current(folder)
                if written is None:
                    raise StorageError(f"The index in {folder} vanished while it was written; try again.")
                return Index(generation.load(*written), [state.note] if state.note else [])
        except OSError as error:
            if state.opened is None or not state.fits:
                raise
            return Index(state.opened, [_stale_note(root, folder, state.opened.manifest, error)])
    except OSError as error:
        raise StorageError(
            f"The index folder {folder} cannot be used ({error.strerror or error}); "
            "set BAOWEN_CACHE to a folder that can be written."
        ) from error
    except (storage.Damaged, storage.OtherFormat) as error:
        raise StorageError(f"The index in {folder} was damaged while it was written ({error}); try again.") from error


def _look(folder: Path, root: Path, encoder: Encoder, allow_rebuild: bool) -> _State:
    """Read what is on disk."""
    note = ""
    for _ in range(3):
        name = storage.named(folder)
        try:
            found = storage.current(folder)
            return _state(*found, root, encoder, allow_rebuild) if found is not None else _State()
        except storage.OtherFormat as error:
            return _State(note=f"The index of {root} was written by another version ({error}) and was rebuilt.")
        except storage.Damaged as error:
            note = f"The index of {root} was damaged ({error}) and was rebuilt."
            # A writer may have put the generation away while it was being read: then CURRENT names another.
            if storage.named(folder) == name:
                break
    return _State(note=note)


def _state(path: Path, manifest: Manifest, root: Path, encoder: Encoder, allow_rebuild: bool) -> _State:
    fits = (manifest.fingerprint, manifest.dim) == (encoder.fingerprint, encoder.dim)
    if not fits and not allow_rebuild:
        raise ModelError(
            f"The index of {root} was built with the model {manifest.encoder} (dim {manifest.dim}), not with "
            f"{encoder.name} (dim {encoder.dim}); run `baowen index {root} --model {encoder.name}`."
        )
    note = (
        "" if fits else f"The index of {root} was of the model {manifest.encoder}; it was rebuilt for {encoder.name}."
    )
    if manifest.reader == reader_fingerprint():
        opened = generation.load(path, manifest)
        return _State(opened, True, fits, opened.stock if fits else None, note)
    # Another version of Baowen read these pages: its texts' vectors hold, its articles may not.
    stock = generation.load_stock(path, manifest)
    try:
        opened_by_other = generation.load(path, manifest)
    except storage.Damaged:
        return _State(stock=stock if fits else None, note=note)
    return _State(opened_by_other, False, fits, stock if fits else None, note)


def _stale_note(root: Path, folder: Path, manifest: Manifest, error: OSError) -> str:
    return (
        f"The pages at {root} have changed, but the index folder {folder} cannot be written "
        f"({error.strerror or error}): answers come from the index of {manifest.created}; "
        "set BAOWEN_CACHE to a folder that can be written."
    )
