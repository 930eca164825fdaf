"""A small deterministic encoder for unit tests: texts that share character pairs are near each other."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from corpus.words import pairs


class ToyEncoder:
    """Each character pair adds 1 to one of 64 places, chosen by its CRC-32; rows are scaled to length one."""

    name = "toy"
    dim = 64
    fingerprint = "toy-encoder-of-character-pairs-64"

    def encode_questions(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """float32 (n, 64), unit rows; a zero row for a text without any pair."""
        return self._encode(texts)

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """float32 (n, 64), unit rows; a zero row for a text without any pair."""
        return self._encode(texts)

    def _encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        for row, text in enumerate(texts):
            for pair in pairs(text):
                vectors[row, zlib.crc32(pair.encode()) % self.dim] += 1.0
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit: NDArray[np.float32] = vectors / np.where(norms > 0, norms, 1.0).astype(np.float32)
        return unit
