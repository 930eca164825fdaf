"""What readers thought of answers, kept on this machine, and the questions to measure by that come of it.

    <data folder>/feedback/                                  or the folder that BAOWEN_FEEDBACK names
        <name of the pages' folder>-<12 hex digits>.jsonl             every verdict, one JSON object a line
        <name of the pages' folder>-<12 hex digits>.questions.jsonl   questions for `baowen evaluate PAGES`

Of several verdicts on one question the last counts. An answer that was liked is a question with its answer and its
sentence; "not in these pages", liked, is one without answers, which the pages do not answer. What was disliked is a
question only where the reader said the right answer: otherwise nobody knows whether the pages have one.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from corpus.collections import printable
from corpus.errors import InputError, StorageError
from qa.folders.user_data import data_folder, locked, private_folder, write_whole
from qa.measure.rows import dump_line
from qa.question import LONGEST_QUESTION
from qa.records import Reply

LONGEST_WORD: Final = 500
"""How many characters a reader's word, or the answer that a reader gives, may have."""

_LARGEST: Final = 20 * 2**20


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The verdicts on one folder of pages, oldest first, and sentences on lines that could not be read."""

    rows: tuple[Mapping[str, Any], ...]
    notes: tuple[str, ...]


class Feedback:
    """The verdicts on the answers of one folder of pages. Several threads and processes may use one file."""

    def __init__(self, pages: Path, folder: Path | None = None) -> None:
        """
        :param pages: the folder or file of the pages that were asked.
        :param folder: where verdicts are kept; None for BAOWEN_FEEDBACK or the user's data folder.
        """
        self._folder = feedback_folder() if folder is None else folder
        root = pages.resolve()
        slug = re.sub(r"[^\w-]+", "-", printable(root.name)).strip("-")[:40] or "pages"
        name = f"{slug}-{hashlib.sha256(os.fsencode(root)).hexdigest()[:12]}"
        self.file = self._folder / f"{name}.jsonl"
        self.questions_file = self._folder / f"{name}.questions.jsonl"

    def add(self, reply: Reply, liked: bool, word: str = "", answer: str = "") -> None:
        """Keep a verdict, and bring the file of questions up to date.

        :param word: what the reader has to say, if anything.
        :param answer: the right answer, if the reader says it.
        :raises InputError: if a text is too long, or more verdicts are kept than there is room for.
        :raises StorageError: if it cannot be written.
        """
        for name, text in (("remark", word), ("answer", answer)):
            if len(text) > LONGEST_WORD:
                raise InputError(f"The {name} has {len(text):,} characters, {LONGEST_WORD} are allowed; shorten it.")
        row = _row(reply, liked, word, answer)
        with locked(private_folder(self._folder)):
            self._append(dump_line(row).encode("utf-8", "replace"))
            write_whole(self.questions_file, "".join(dump_line(one) for one in questions(self.verdicts())).encode())

    def _append(self, line: bytes) -> None:
        try:
            handle = os.open(self.file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            with open(handle, "r+b", buffering=0) as file:
                size = file.seek(0, os.SEEK_END)
                if size > _LARGEST:
                    raise InputError(
                        f"There are {size / 2**20:.0f} MB of verdicts in {self.file.name}, the most that is kept; "
                        "move the file away."
                    )
                if size and os.pread(handle, 1, size - 1) != b"\n":
                    line = b"\n" + line  # a writer was killed in the middle of its line
                if file.write(line) != len(line):
                    raise OSError(28, "the disk is full")
                os.fsync(handle)
        except OSError as error:
            raise StorageError(f"{self.file} cannot be written ({error.strerror or error}); free some space.") from None

    def verdicts(self) -> Verdicts:
        """What was kept. A line that is no verdict, such as one that was cut off, is left out and named in the notes.

        :raises StorageError: if the file cannot be read.
        """
        try:
            lines = self.file.read_bytes().split(b"\n")
        except FileNotFoundError:
            return Verdicts((), ())
        except OSError as error:
            raise StorageError(f"{self.file} cannot be read ({error.strerror or error}); check its rights.") from None
        rows, notes = [], []
        for number, line in enumerate(lines, 1):
            row = _verdict(line)
            if row is not None:
                rows.append(row)
            elif line.strip():
                notes.append(f"{self.file.name}, line {number}: this is no whole verdict; it was left out.")
        return Verdicts(tuple(rows), tuple(notes))


def feedback_folder() -> Path:
    """The folder that BAOWEN_FEEDBACK names, or one in the user's data folder."""
    named = os.environ.get("BAOWEN_FEEDBACK")
    return Path(named).expanduser() if named else data_folder() / "feedback"


def questions(verdicts: Verdicts) -> list[dict[str, Any]]:
    """The verdicts as rows of a question file, each question once, in the order in which they were first asked."""
    last = {row["question"]: row for row in verdicts.rows}
    out: list[dict[str, Any]] = []
    for question, row in last.items():
        known = _answers(row)
        if known is not None and question.strip():
            name = "fb-" + hashlib.sha256(question.encode("utf-8", "replace")).hexdigest()[:12]
            out.append({"id": name, "question": question, **known, "style": "feedback"})
    return out


def _answers(row: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a verdict says of a question's answer; None where it says nothing."""
    if row["given"]:
        return {"answers": [row["given"]]}
    if not row["liked"]:
        return None
    if not row["answered"]:
        return {}
    # Where no short answer was marked the sentence is the answer.
    return {
        "answers": [row["answer"] or row["quote"]],
        "evidence": row["quote"],
        "source": row["source"],
        "article": row["headline"],
    }


def _row(reply: Reply, liked: bool, word: str, given: str) -> dict[str, Any]:
    quote, answer = reply.quote, reply.answer
    passage = None if quote is None else reply.hits[quote.hit].passage
    return {
        "time": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "liked": liked,
        "word": printable(word).strip(),
        "given": printable(given).strip(),
        "question": printable(standalone(reply))[:LONGEST_QUESTION],
        "asked": printable(reply.question)[:LONGEST_QUESTION],
        "answered": reply.answered,
        "reason": reply.reason,
        "answer": "" if answer is None else answer.text,
        "quote": "" if quote is None else quote.text,
        "source": "" if passage is None else printable(passage.source),
        "headline": "" if passage is None else passage.headline,
        "passage": "" if passage is None else passage.id,
        "confidence": round(reply.confidence, 4),
    }


def standalone(reply: Reply) -> str:
    """The question as it can be asked again without the conversation: completed, and with the words of its filters."""
    effective = reply.effective_question
    said = dict.fromkeys(one.words for one in reply.filters if one.words and one.words not in effective)
    return (", " if effective[:1].isascii() else "").join([*said, effective])


_TEXTS: Final = ("question", "given", "answer", "quote", "source", "headline")


def _verdict(line: bytes) -> Mapping[str, Any] | None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(row, dict) or not all(isinstance(row.get(key), str) for key in _TEXTS):
        return None
    whole = all(isinstance(row.get(key), bool) for key in ("liked", "answered"))
    # An answer without its sentence would measure nothing.
    return row if whole and (row["quote"] or not (row["liked"] and row["answered"])) else None
