"""The first vectors: word2vec over the tokenised texts, filled in through the thesaurus, weighted by rarity."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from embeddings.training.material import Entry

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_SIF = 3e-4


def first_vectors(
    sentences: list[list[str]], tokenizer: Tokenizer, entries: list[Entry], dim: int, epochs: int, seed: int
) -> NDArray[np.float32]:
    """float32 (vocabulary, dim): direction from word2vec, length from rarity; row 0 (unknown) is zero.

    `sentences` are lists of token ids written as strings, as word2vec wants its words.
    """
    from gensim.models import Word2Vec

    model = Word2Vec(
        sentences,
        vector_size=dim,
        window=6,
        min_count=3,
        sg=1,
        negative=6,
        sample=1e-4,
        epochs=epochs,
        workers=2,
        seed=seed,
    )
    size = tokenizer.get_vocab_size()
    table = np.zeros((size, dim), dtype=np.float32)
    ids = np.array([int(word) for word in model.wv.index_to_key])
    table[ids] = model.wv.vectors
    table[ids] -= table[ids].mean(axis=0)
    table[ids] /= np.linalg.norm(table[ids], axis=1, keepdims=True) + 1e-9

    _fill(table, tokenizer, entries, np.random.default_rng(seed))

    counts = np.ones(size, dtype=np.float64)
    counts[ids] += [model.wv.get_vecattr(word, "count") for word in model.wv.index_to_key]
    for word, n in Counter(w for e in entries for r in e.english for w in r.split()).items():
        # The texts hold little English: how common an English word is shows in the thesaurus.
        if (i := tokenizer.token_to_id(word)) is not None:
            counts[i] += n * 1e-5 * counts.sum()
    weight = _SIF / (_SIF + counts / counts.sum())
    table *= weight[:, None].astype(np.float32)
    table[0] = 0.0
    return table


def _fill(table: NDArray[np.float32], tokenizer: Tokenizer, entries: list[Entry], rng: np.random.Generator) -> None:
    """Give each row still zero the mean of the words that the thesaurus puts beside it, or a short random vector."""
    blend: NDArray[np.bool_] = np.abs(table).sum(axis=1) == 0
    english = {w for e in entries for r in e.english for w in r.split()}
    blend[[i for w in english if (i := tokenizer.token_to_id(w)) is not None]] = True
    total = np.zeros_like(table)
    for entry in entries:
        head = table[tokenizer.encode(entry.word, add_special_tokens=False).ids].sum(axis=0)
        length = float(np.linalg.norm(head))
        if length == 0.0:
            continue
        for words in (*entry.same, *entry.english):
            # A piece of a long rendering says less of the head than a lone one does.
            ids = tokenizer.encode(words, add_special_tokens=False).ids
            for i in ids:
                if blend[i]:
                    total[i] += head / length / len(ids)
    norms = np.linalg.norm(total, axis=1)
    filled = norms > 0
    table[filled] = total[filled] / norms[filled, None]
    empty: NDArray[np.bool_] = np.abs(table).sum(axis=1) == 0
    table[empty] = rng.normal(0.0, 0.3 / np.sqrt(table.shape[1]), (int(empty.sum()), table.shape[1]))
