"""The folders of pages that a user has added to the chat, remembered in a small file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from corpus.errors import InputError
from qa.plain import one_line
from qa.user_data import data_folder, locked, write_whole

MOST: Final = 100


class Shelf:
    """The folders and the names they are shown under. Several processes may use one."""

    def __init__(self, folder: Path | None = None) -> None:
        """:param folder: where the file lies; None for the user's data folder."""
        self._folder = data_folder() if folder is None else folder
        self._file = self._folder / "corpora.json"

    def all(self) -> dict[Path, str]:
        """The names by path, in the order they came. What is no longer such a list is taken for an empty one."""
        try:
            rows = json.loads(self._file.read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}
        return {
            Path(row["path"]): one_line(row["name"])
            for row in (rows if isinstance(rows, list) else [])
            if isinstance(row, dict) and isinstance(row.get("path"), str) and isinstance(row.get("name"), str)
        }

    def put(self, path: Path, name: str) -> None:
        """Remember a folder, under a new name where it is known.

        :raises InputError: if as many are remembered as there is room for.
        :raises StorageError: if the file cannot be written.
        """
        with locked(self._folder):
            known = self.all()
            if path not in known and len(known) >= MOST:
                raise InputError(f"{MOST} folders of pages are remembered, the most that are; remove one first.")
            self._write(known | {path: name})

    def drop(self, path: Path) -> None:
        """Forget a folder, if it is known.

        :raises StorageError: if the file cannot be written.
        """
        with locked(self._folder):
            known = self.all()
            if known.pop(path, None) is not None:
                self._write(known)

    def _write(self, known: dict[Path, str]) -> None:
        # In ASCII: a path may hold bytes that are no UTF-8, which Python shows as halves of surrogate pairs.
        rows = [{"path": str(path), "name": name} for path, name in known.items()]
        write_whole(self._file, json.dumps(rows, indent=1).encode("ascii"))
