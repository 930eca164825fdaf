"""What a writer has read and embedded so far, kept beside the index until the generation is complete.

    partial/pages-<reader>.jsonl          one page a line, after the first 16 digits of the line's SHA-256
    partial/vectors-<model>-<dim>.bin     records of a text's SHA-256, its vector, and the CRC-32 of both

A run that is killed leaves them, and the next takes over every page whose file still has the same bytes, and every
vector of the same text. A line or record that was cut off, or is damaged, is left out with all that follow it. That
something cannot be kept is no reason to stop the work itself: then the next run has more to do.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import shutil
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import numpy as np

from corpus.page_json import page_from_dict, page_to_dict
from corpus.records import Page
from embeddings.encoder import Encoder
from embeddings.manifest import reader_fingerprint
from embeddings.vectors import Floats

_log = logging.getLogger(__name__)
_SUM = 16


class Journal:
    """The journal of one index folder, for one reader and one encoder. The caller holds the folder's lock."""

    def __init__(self, folder: Path, encoder: Encoder) -> None:
        self._folder = folder / "partial"
        model = hashlib.sha256(encoder.fingerprint.encode()).hexdigest()[:12]
        self._pages = self._folder / f"pages-{reader_fingerprint()[:12]}.jsonl"
        self._vectors = self._folder / f"vectors-{model}-{encoder.dim}.bin"
        self._dim = encoder.dim
        self._works = True

    def pages(self) -> list[Page]:
        """The pages that an earlier run read."""
        out: list[Page] = []
        good = 0
        with _opened(self._pages) as handle:
            for line in handle:
                payload = line[_SUM + 1 : -1]
                if not line.endswith(b"\n") or line[:_SUM] != _sum(payload):
                    break
                out.append(page_from_dict(json.loads(payload)))
                good += len(line)
        self._cut(self._pages, good)
        return out

    def vectors(self) -> dict[bytes, Floats]:
        """The vectors that an earlier run made, float32 (dim,), by the SHA-256 of their text."""
        size = 32 + 4 * self._dim
        out: dict[bytes, Floats] = {}
        good = 0
        with _opened(self._vectors) as handle:
            while len(record := handle.read(size + 4)) == size + 4:
                if struct.unpack("<I", record[size:])[0] != zlib.crc32(record[:size]):
                    break
                out[record[:32]] = np.frombuffer(record[32:size], dtype="<f4").astype(np.float32)
                good += size + 4
        self._cut(self._vectors, good)
        return out

    def keep_page(self, page: Page) -> None:
        """Keep a page that was read."""
        payload = json.dumps(page_to_dict(page), ensure_ascii=True).encode("ascii")
        self._append(self._pages, _sum(payload) + b" " + payload + b"\n")

    def keep_vectors(self, digests: Sequence[bytes], vectors: Floats) -> None:
        """Keep vectors, float32 (n, dim), with the SHA-256 of their texts."""
        records = [digest + vector.astype("<f4").tobytes() for digest, vector in zip(digests, vectors, strict=True)]
        self._append(self._vectors, b"".join(record + struct.pack("<I", zlib.crc32(record)) for record in records))

    def clear(self) -> None:
        """Forget everything: the generation is complete."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _append(self, path: Path, data: bytes) -> None:
        if not self._works:
            return
        try:
            self._folder.mkdir(exist_ok=True)
            with path.open("ab") as handle:
                handle.write(data)
        except OSError as error:
            self._stop(error)

    def _cut(self, path: Path, good: int) -> None:
        """Drop what follows the last good record, so that new ones can be found behind it."""
        try:
            if path.exists() and path.stat().st_size > good:
                with path.open("r+b") as handle:
                    handle.truncate(good)
        except OSError as error:
            self._stop(error)

    def _stop(self, error: OSError) -> None:
        self._works = False
        _log.warning("%s cannot be written (%s): if this run is broken off, the next starts anew", self._folder, error)


def _sum(payload: bytes) -> bytes:
    return hashlib.sha256(payload).hexdigest()[:_SUM].encode("ascii")


def _opened(path: Path) -> IO[bytes]:
    """A file to read; as if it were empty where it cannot be opened."""
    try:
        return path.open("rb")
    except OSError:
        return io.BytesIO()
