"""What the person who starts the chat can set: limits suited to a laptop, each with a switch and a variable."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final


@dataclass(frozen=True, slots=True)
class Options:
    """The chat's limits and choices.

    `rate` is questions in a minute from one client (a user who is signed in, else a network address), 0 for no limit;
    `seconds` is how long one question may take once its turn has come; `body` is a request's size in KiB.
    `uploads` None leaves uploading to those who can be trusted with it: see `takes_uploads`.
    """

    at_once: int = min(os.cpu_count() or 1, 2)
    waiting: int = 250
    rate: int = 60
    seconds: int = 30
    body: int = 1024
    connections: int = 1000
    address_connections: int = 800
    reader_seconds: int = 30
    users: Path | None = None
    proxy: str = ""
    log_questions: bool = False
    mcp: bool = False
    uploads: bool | None = None
    upload_mb: int = 50
    upload_files: int = 2000
    upload_all_mb: int = 2048
    upload_request_mb: int = 200
    also: tuple[Path, ...] = ()
    paper: str = ""

    def takes_uploads(self, local: bool) -> bool:
        """Whether pages may be uploaded: as it was said, else where only this machine or who signed in can come."""
        if self.uploads is not None:
            return self.uploads
        return self.users is not None or (local and not self.proxy)


_NUMBERS: Final[dict[str, tuple[int, int, str]]] = {
    "at_once": (1, 64, "questions answered at once"),
    "waiting": (0, 10_000, "questions that may wait for their turn"),
    "rate": (0, 100_000, "questions a minute from one client, 0 for no limit"),
    "seconds": (1, 3600, "longest time for one question"),
    "body": (16, 1 << 20, "largest request in KiB"),
    "connections": (10, 100_000, "open connections"),
    "address_connections": (1, 100_000, "open connections from one address, where there is no --proxy"),
    "reader_seconds": (1, 3600, "longest time for a client to read 64 KB of what it asked for"),
    "upload_mb": (1, 1024, "largest uploaded file in MB; a format's own limit counts as well"),
    "upload_files": (1, 100_000, "uploaded pages that are kept"),
    "upload_all_mb": (1, 1 << 20, "size of all uploaded pages in MB"),
    "upload_request_mb": (1, 1 << 14, "largest upload at one go in MB"),
}
_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "users": ("FILE", "ask for a name and password from this file, which python -m qa.chat.users writes"),
    "proxy": ("ADDRESS", "a reverse proxy whose X-Forwarded headers are believed"),
    "paper": ("TITLE", "the newspaper's name for citations (default: what papers.toml beside the pages says)"),
}
_FLAGS: Final[dict[str, str]] = {
    "log_questions": "write the text of questions into the log as well",
    "mcp": "let programs that speak MCP ask as well, at /gradio_api/mcp/ (needs the extra 'mcp')",
}
_STANDARD: Final = Options()
_TRUE: Final = frozenset({"1", "true", "yes", "on"})


def add_arguments(parser: argparse.ArgumentParser, environment: Mapping[str, str] | None = None) -> None:
    """Add a switch for each of `Options`; BAOWEN_RATE and so on in `environment` (None: os.environ) is its default."""
    given = os.environ if environment is None else environment
    group = parser.add_argument_group("service", "each also as a variable: --at-once is BAOWEN_AT_ONCE")
    for name, (low, high, text) in _NUMBERS.items():
        standard = getattr(_STANDARD, name)
        group.add_argument(
            _switch(name),
            type=_Number(low, high),
            metavar="N",
            # Given as text, so that a bad variable is told apart like a bad switch.
            default=given.get(_variable(name), str(standard)),
            help=f"{text} (default: {standard:,})",
        )
    for name, (metavar, text) in _TEXTS.items():
        group.add_argument(_switch(name), metavar=metavar, default=given.get(_variable(name), ""), help=text)
    for name, text in _FLAGS.items():
        default = given.get(_variable(name), "").lower() in _TRUE
        group.add_argument(_switch(name), action="store_true", default=default, help=text)
    said = given.get("BAOWEN_UPLOADS", "").lower()
    group.add_argument(
        "--uploads",
        action=argparse.BooleanOptionalAction,
        default=said in _TRUE if said else None,
        help="let pages be uploaded (default: where only this machine can come, or there is a login)",
    )
    group.add_argument(
        "--also",
        metavar="PAGES",
        action="append",
        default=[path for path in given.get("BAOWEN_ALSO", "").split(os.pathsep) if path],
        help="another folder of pages to choose from in the window; may be given several times",
    )


def options_of(args: argparse.Namespace) -> Options:
    """The options that a parsed command line carries."""
    values = {field.name: getattr(args, field.name) for field in fields(Options)}
    values["users"] = Path(args.users).expanduser() if args.users else None
    values["also"] = tuple(Path(path).expanduser() for path in args.also)
    return Options(**values)


class _Number:
    """An argparse type: a whole number from `low` to `high`."""

    def __init__(self, low: int, high: int) -> None:
        self._low, self._high = low, high

    def __call__(self, text: str) -> int:
        value = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
        if value is None or not self._low <= value <= self._high:
            raise argparse.ArgumentTypeError(
                f"{text!r} was given; expected a whole number from {self._low:,} to {self._high:,}"
            )
        return value


def _switch(name: str) -> str:
    return "--" + name.replace("_", "-")


def _variable(name: str) -> str:
    return "BAOWEN_" + name.upper()
