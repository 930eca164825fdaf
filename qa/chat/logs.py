"""The chat's log: one JSON object a line, in a file that is turned over as it grows. No question's text stands in it
unless that is asked for; of an error it holds the kind and the place, not the message, which may quote a question.
"""

from __future__ import annotations

import datetime
import json
import logging
import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, Final

import platformdirs

_LARGEST: Final = 5_000_000
_KEPT: Final = 3
_OURS: Final = "qa"
_OTHERS: Final = ("uvicorn.error", "asyncio")


def log_file() -> Path:
    """Where the log is written: BAOWEN_LOG, else beside the indexes of BAOWEN_CACHE, else the user's log folder."""
    if named := os.environ.get("BAOWEN_LOG"):
        return Path(named).expanduser()
    if cache := os.environ.get("BAOWEN_CACHE"):
        return Path(cache).expanduser() / "logs" / "chat.log"
    return Path(platformdirs.user_log_dir("baowen")) / "chat.log"


def note(logger: logging.Logger, what: str, level: int = logging.INFO, **values: object) -> None:
    """Write one line: what happened, and its values, which must not be text of a question or a page."""
    logger.log(level, what, extra={"values": values})


class JsonLines(logging.Formatter):
    """One JSON object: time (UTC), level, event, the record's values; for an error its kind and its place in code."""

    def format(self, record: logging.LogRecord) -> str:
        when = datetime.datetime.fromtimestamp(record.created, datetime.UTC).isoformat(timespec="milliseconds")
        # A message of ours is a constant; another library's arguments may hold anything.
        ours = record.name == _OURS or record.name.startswith(_OURS + ".")
        what = record.getMessage() if ours else str(record.msg)
        line: dict[str, Any] = {"time": when, "level": record.levelname.lower(), "event": what.strip()}
        line.update(getattr(record, "values", {}))
        if record.exc_info is not None and record.exc_info[0] is not None:
            kind, _, place = record.exc_info
            line["error"] = kind.__name__
            line["traceback"] = [f"{at.filename}:{at.lineno} {at.name}" for at in traceback.extract_tb(place)]
        return json.dumps(line, ensure_ascii=False, default=str)


class _OneLine(logging.Formatter):
    """For the terminal: what happened, without the traceback that the log has."""

    def format(self, record: logging.LogRecord) -> str:
        return f"baowen: {record.getMessage()}"


@contextmanager
def logging_to(path: Path) -> Iterator[bool]:
    """Write what the chat and its server log to `path`, for its owner alone, and warnings to the terminal as well.

    Yields whether the file can be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=_LARGEST, backupCount=_KEPT, encoding="utf-8")
        path.chmod(0o600)
    except OSError:
        yield False
        return
    handler.setFormatter(JsonLines())
    terminal = logging.StreamHandler()
    terminal.setLevel(logging.WARNING)
    terminal.setFormatter(_OneLine())
    logging.getLogger(_OURS).addHandler(terminal)
    loggers = [logging.getLogger(_OURS), *(logging.getLogger(name) for name in _OTHERS)]
    before = [(logger, logger.level, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.INFO if logger.name == _OURS else logging.WARNING)
        logger.propagate = False
    try:
        yield True
    finally:
        for logger, level, propagate in before:
            logger.removeHandler(handler)
            logger.setLevel(level)
            logger.propagate = propagate
        logging.getLogger(_OURS).removeHandler(terminal)
        handler.close()
