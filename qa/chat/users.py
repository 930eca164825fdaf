"""Who may use the chat: a file of names with their password hashes, and `python -m qa.chat.users` to write it.

A line is NAME:HASH, with a hash of argon2id; lines that begin with # are left alone.
"""

from __future__ import annotations

import argparse
import getpass
import os
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from corpus.errors import InputError

SHORTEST: Final = 8
LONGEST: Final = 200
_NAME: Final = re.compile(r"[\w.@-]{1,64}")
_HASHER: Final = PasswordHasher()


class Users:
    """The names in a file and their hashes. Read once: a change counts from the next start on."""

    def __init__(self, hashes: dict[str, str]) -> None:
        self._hashes = hashes
        # Verified where there is no such user, so that the time taken does not tell names.
        self._nobody = _HASHER.hash("nobody")

    @classmethod
    def read(cls, path: Path) -> Users:
        """:raises InputError: if the file cannot be read, holds no user, or a line is none."""
        hashes = {}
        for number, line in enumerate(_lines(path), start=1):
            if not line.strip() or line.startswith("#"):
                continue
            name, _, hashed = line.strip().partition(":")
            if not _NAME.fullmatch(name) or not _is_hash(hashed):
                raise InputError(
                    f"Line {number} of {path} is not NAME:HASH; write it with python -m qa.chat.users {path} NAME."
                )
            hashes[name] = hashed
        if not hashes:
            raise InputError(f"{path} names no user; add one with python -m qa.chat.users {path} NAME.")
        return cls(hashes)

    def verify(self, name: str, password: str) -> bool:
        """Whether this is the user's password. Takes some 50 ms, and 64 MiB, whether there is such a user or not."""
        hashed = self._hashes.get(name)
        try:
            right = _HASHER.verify(self._nobody if hashed is None else hashed, password[: LONGEST + 1])
        except (VerificationError, InvalidHashError):
            return False
        return right and hashed is not None


def _is_hash(text: str) -> bool:
    try:
        _HASHER.check_needs_rehash(text)
    except InvalidHashError:
        return False
    return text.startswith("$argon2id$")


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"The users' file {path} cannot be read ({error}); write one with python -m qa.chat.users {path} NAME."
        ) from error


def set_password(path: Path, name: str, password: str) -> None:
    """Add a user, or give one a new password. The file is made where there is none, for its owner's eyes only.

    :raises InputError: if the name or the password cannot be used, or the file cannot be written.
    """
    if not _NAME.fullmatch(name):
        raise InputError(f"The name {name!r} cannot be used; give 1 to 64 letters, digits or any of . @ _ -")
    if not SHORTEST <= len(password) <= LONGEST:
        raise InputError(f"The password has {len(password)} characters; give {SHORTEST} to {LONGEST}.")
    _write(path, [*_others(path, name), f"{name}:{_HASHER.hash(password)}"])


def remove(path: Path, name: str) -> None:
    """:raises InputError: if there is no such user, or the file cannot be written."""
    kept = _others(path, name)
    if len(kept) == len(_lines(path)):
        raise InputError(f"{path} has no user {name!r}; nothing was changed.")
    _write(path, kept)


def _others(path: Path, name: str) -> list[str]:
    return [line for line in _lines(path) if not line.startswith(f"{name}:")] if path.exists() else []


def _write(path: Path, lines: Sequence[str]) -> None:
    """In one step: a server that starts meanwhile reads the old file or the new one."""
    try:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as new:  # mode 0600
            new.writelines(line + "\n" for line in lines)
        os.replace(new.name, path)
    except OSError as error:
        raise InputError(f"The users' file {path} cannot be written ({error}); give a folder that can.") from error


def _asked() -> str:
    """The password, typed twice; or the first line of a pipe."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != password:
        raise InputError("The two passwords differ; nothing was changed.")
    return password


def main(argv: Sequence[str] | None = None) -> int:
    """:returns: the exit status, 2 with one line on stderr on bad input."""
    parser = argparse.ArgumentParser(
        prog="python -m qa.chat.users",
        description="Add a user to the chat's file of users, or change a password; it is asked for.",
        epilog="example: python -m qa.chat.users users.txt anna, then baowen chat papers/ --users users.txt",
    )
    parser.add_argument("file", metavar="FILE", type=Path)
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("--remove", action="store_true", help="take the user out")
    args = parser.parse_args(argv)
    try:
        if args.remove:
            remove(args.file, args.name)
        else:
            set_password(args.file, args.name, _asked())
    except InputError as error:
        print(f"baowen: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
