"""Pages that users hand in: checked by their content, kept under names of our own, shown under theirs.

    <data folder>/uploads/
        pages/2026-04-01_第3版_<id>.txt      the pages, an ordinary folder to open an archive of
        about/<id>.json                     what is known of each: the name it came with, size, SHA-256, when
        tmp-…                               what is being written

No part of a user's name reaches the file system but the date and the page that it states, written anew; without these
a page's issue would be lost. Nothing is executed or unpacked here, and a Word file is looked at no further than its
signature: reading it is the business of `corpus`, with bounds of its own.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import re
import secrets
import string
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from corpus.errors import InputError, StorageError
from corpus.formats import SUFFIXES, max_bytes
from corpus.issue import date_and_page
from qa.folders.upload_kinds import check
from qa.folders.user_data import data_folder, locked, private_folder, write_whole
from qa.plain import one_line

_CHUNK: Final = 2**20
_ID: Final = re.compile("[a-z]{16}")
_LONGEST_NAME: Final = 120
_GIVEN_UP: Final = 24 * 3600  # seconds


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may be handed in: bytes of one file, files, bytes of all. A format's own limit counts as well."""

    file_bytes: int = 50 * 2**20
    files: int = 2000
    all_bytes: int = 2 * 2**30


@dataclass(frozen=True, slots=True)
class Upload:
    """A page that was handed in.

    `id` is ours and is what to remove it by; `source` is its path below `Uploads.pages`, `name` the one it is shown
    under, which no other has; `added` is when, in UTC and ISO 8601.
    """

    id: str
    source: str
    name: str
    size: int
    sha256: str
    added: str


class Uploads:
    """The pages handed in on this machine. Several threads and processes may use one folder."""

    def __init__(self, folder: Path | None = None, limits: Limits | None = None) -> None:
        """
        :param folder: where they are kept; None for the user's data folder.
        :raises StorageError: if the folder cannot be made.
        """
        self._folder = data_folder() / "uploads" if folder is None else folder
        self.limits = Limits() if limits is None else limits
        self.pages = private_folder(self._folder / "pages")
        self._about = private_folder(self._folder / "about")
        self._names: tuple[tuple[int, int], dict[str, str]] | None = None

    def all(self) -> tuple[Upload, ...]:
        """What there is, in the order it came."""
        return tuple(sorted(self._kept(), key=lambda upload: (upload.added, upload.id)))

    def names(self) -> dict[str, str]:
        """The names to show, by source; see `qa.papers.Papers.showing`. Read again when pages have come or gone."""
        seen = self._about.stat().st_mtime_ns, self.pages.stat().st_mtime_ns
        if self._names is None or self._names[0] != seen:
            self._names = seen, {upload.source: upload.name for upload in self._kept()}
        return self._names[1]

    def add(self, name: str, content: bytes | BinaryIO) -> Upload:
        """Keep a page.

        :param name: what its owner calls it; its suffix says what it ought to be.
        :param content: its bytes, or what to read them from, which is left where it stands after.
        :raises InputError: if it is of a kind that is not read, is not what its suffix says, is too large, is there
            already, or too much is.
        :raises StorageError: if it cannot be written.
        """
        shown = one_line(re.split(r"[/\\]", name)[-1])
        suffix = PurePosixPath(shown).suffix.lower()
        if suffix not in SUFFIXES:
            raise InputError(
                f"{one_line(shown, 60) or 'A file without a name'} is of no kind that is read; "
                f"give a file whose name ends in {', '.join(SUFFIXES)}."
            )
        shown = one_line(shown[: -len(suffix)], _LONGEST_NAME - len(suffix)) + suffix
        part = self._folder / f"tmp-{secrets.token_hex(8)}"
        try:
            size, digest = self._receive(part, shown, BytesIO(content) if isinstance(content, bytes) else content)
            with locked(self._folder):
                return self._keep(part, shown, suffix, size, digest)
        except OSError as error:
            raise StorageError(f"{shown} cannot be kept ({error.strerror or error}); free some space.") from None
        finally:
            part.unlink(missing_ok=True)

    def _receive(self, part: Path, shown: str, content: BinaryIO) -> tuple[int, str]:
        """Write what comes to `part`, and return its size and SHA-256."""
        most = min(self.limits.file_bytes, max_bytes(shown))
        digest, size = hashlib.sha256(), 0
        with open(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
            while chunk := content.read(_CHUNK):
                size += len(chunk)
                if size > most:
                    raise InputError(f"{shown} has more than {most / 2**20:g} MB, the most that is taken; split it.")
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            check(file, shown, PurePosixPath(shown).suffix)
            os.fsync(file.fileno())
        return size, digest.hexdigest()

    def _keep(self, part: Path, shown: str, suffix: str, size: int, sha256: str) -> Upload:
        """Make a page of `part`. The caller holds the lock."""
        self._sweep()
        kept = list(self._kept())
        self._check_room(shown, size, sha256, kept)
        name = "".join(secrets.choice(string.ascii_lowercase) for _ in range(16))
        source = stored_name(shown, name, suffix)
        added = datetime.datetime.now(datetime.UTC).isoformat()
        upload = Upload(name, source, _unused(shown, suffix, {one.name for one in kept}), size, sha256, added)
        # The page comes last: one whose writer was killed before that is none, and its note is swept.
        write_whole(self._about / f"{name}.json", json.dumps(asdict(upload), ensure_ascii=False).encode())
        os.replace(part, self.pages / source)
        self._names = None
        return upload

    def _check_room(self, shown: str, size: int, sha256: str, kept: list[Upload]) -> None:
        for upload in kept:
            if upload.sha256 == sha256:
                raise InputError(f"{shown} is here already, as {upload.name}; nothing was added.")
        if len(kept) >= self.limits.files:
            raise InputError(
                f"There are {len(kept):,} pages already, the most that are kept; remove some to add {shown}."
            )
        room = self.limits.all_bytes - sum(upload.size for upload in kept)
        if size > room:
            raise InputError(
                f"{shown} has {size / 2**20:.1f} MB, there is room for {max(room, 0) / 2**20:.1f}; remove some pages."
            )

    def remove(self, id: str) -> Upload:
        """Remove a page, and return what it was.

        :raises InputError: if there is none of this id.
        :raises StorageError: if it cannot be removed.
        """
        with locked(self._folder):
            upload = self._one(id) if _ID.fullmatch(id) else None
            if upload is None:
                raise InputError(f"There is no uploaded page {one_line(id, 40)!r}; it may have been removed already.")
            try:
                (self.pages / upload.source).unlink(missing_ok=True)
                (self._about / f"{id}.json").unlink(missing_ok=True)
                self._names = None
            except OSError as error:
                raise StorageError(f"{upload.name} cannot be removed ({error.strerror or error}).") from None
            return upload

    def _kept(self) -> Iterator[Upload]:
        for path in self._about.glob("*.json"):
            if (upload := self._one(path.stem)) is not None and (self.pages / upload.source).is_file():
                yield upload

    def _one(self, id: str) -> Upload | None:
        """What is noted of an upload; None where that is missing or no longer what we wrote."""
        try:
            upload = Upload(**json.loads((self._about / f"{id}.json").read_bytes()))
        except (OSError, ValueError, TypeError, RecursionError):
            return None
        ours = upload.id == id and re.fullmatch(rf"[\w-]*{id}\.[a-z]+", upload.source) is not None
        return upload if ours else None

    def _sweep(self) -> None:
        """Remove what killed writers left. The caller holds the lock."""
        for path in self._about.glob("*"):
            upload = self._one(path.stem)
            if upload is None or not (self.pages / upload.source).is_file():
                path.unlink(missing_ok=True)
        for left in self._folder.glob("tmp-*"):  # somebody may be writing one that is not old
            with suppress(FileNotFoundError):
                if time.time() - left.stat().st_mtime > _GIVEN_UP:
                    left.unlink()


def stored_name(shown: str, id: str, suffix: str) -> str:
    """The file's name: the date and page that the shown name states, which a page's issue is read from, and the id.

    >>> stored_name("禾风/../小报 20260401_03版.txt", "abcdefghijklmnop", ".txt")
    '2026-04-01_第3版_abcdefghijklmnop.txt'
    """
    date, page = date_and_page(shown)
    known = [date] if date is not None else []
    if page is not None and re.fullmatch(r"[A-Za-z]{0,2}\d{1,3}", page):
        known.append(f"第{page}版")
    return "_".join([*known, id]) + suffix


def _unused(shown: str, suffix: str, names: set[str]) -> str:
    """`shown`, with a number behind it where another page has that name."""
    stem, number, name = shown[: -len(suffix)], 1, shown
    while name in names:
        number += 1
        name = f"{stem} ({number}){suffix}"
    return name
