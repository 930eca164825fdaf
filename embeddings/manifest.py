"""The recipe of one generation: what it was made of, by what, and the checksums of its files."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import corpus
from corpus.records import Skipped
from corpus.words import SEGMENTER

FORMAT = 1
METRIC = "inner product"


@dataclass(frozen=True, slots=True)
class Source:
    """A page file as it was read. `sha256` is of its bytes, hexadecimal; empty where it could not be read."""

    sha256: str
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """`counts` holds pages, passages, vectors, words and pairs (terms); `files` the SHA-256 of every other file.

    `created_ns` is the time in nanoseconds since 1970, before the first page was looked at.
    """

    root: str
    created: str
    created_ns: int
    encoder: str
    fingerprint: str
    dim: int
    counts: dict[str, int]
    sources: dict[str, Source]
    skipped: tuple[Skipped, ...]
    reader: str
    segmenter: str = SEGMENTER
    metric: str = METRIC
    format: int = FORMAT
    files: dict[str, str] = dataclasses.field(default_factory=dict)

    def to_json(self) -> bytes:
        return (json.dumps(dataclasses.asdict(self), ensure_ascii=True, indent=1, sort_keys=True) + "\n").encode(
            "ascii"
        )

    @classmethod
    def from_json(cls, data: bytes) -> Manifest:
        """What `to_json` gave.

        :raises ValueError: if `data` is no manifest of this format. `format_of` tells which format it has.
        """
        try:
            values: dict[str, Any] = json.loads(data)
            values["sources"] = {name: Source(**source) for name, source in values["sources"].items()}
            values["skipped"] = tuple(Skipped(**skipped) for skipped in values["skipped"])
            return cls(**values)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"no manifest of format {FORMAT}: {error}") from None


def format_of(data: bytes) -> int | None:
    """The format version of a manifest of any version; None where it is unreadable."""
    try:
        version = json.loads(data)["format"]
    except (ValueError, KeyError, TypeError):
        return None
    return version if isinstance(version, int) else None


@functools.cache
def reader_fingerprint() -> str:
    """SHA-256 over the files of the package `corpus`, hexadecimal: how pages are read and words are told apart.

    A newer Baowen may cut a page into other articles; an index made by an older one is then made anew.
    """
    home = Path(str(corpus.__file__)).parent
    digest = hashlib.sha256()
    for path in sorted(home.rglob("*")):
        inside = path.relative_to(home)
        if path.is_file() and inside.parts[0] != "sample" and path.suffix != ".pyc":
            digest.update(f"{inside.as_posix()}\n".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
