"""Question sets: JSON Lines of questions and dialogues, BEIR folders, SQuAD-style JSON files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from corpus.collections import is_beir, is_squad, printable, squad_contexts
from corpus.errors import PagesError, QuestionSetError

Gold = Literal["passage", "source", "nothing", "unknown"]


@dataclass(frozen=True, slots=True)
class Question:
    """One question, or one turn of a dialogue, and what is known of its answer.

    `gold` says what makes a passage right: "passage" (it holds the evidence), "source" (it is one of `relevant`, pairs
    of source and grade from 1), "nothing" (the pages do not answer: none is right) or "unknown" (retrieval cannot be
    judged). `answers` are empty where none are known. `also` are other places that prove the answer as well.
    """

    id: str
    text: str
    answers: tuple[str, ...] = ()
    evidence: str = ""
    also: tuple[str, ...] = ()
    source: str = ""
    article: str = ""
    style: str = ""
    kind: str = ""
    gold: Gold = "unknown"
    relevant: tuple[tuple[str, int], ...] = ()

    @property
    def group(self) -> str:
        """What its figures are grouped under, beside those of all questions."""
        return self.style or self.kind or "other"


@dataclass(frozen=True, slots=True)
class Dialogue:
    """Questions asked in one conversation; turn 1 of d-01 has the id d-01/1."""

    id: str
    turns: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """The questions and dialogues of one set in its order. All question ids differ."""

    path: Path
    form: Literal["jsonl", "beir", "squad"]
    items: tuple[Question | Dialogue, ...]

    @property
    def questions(self) -> tuple[Question, ...]:
        """All questions, dialogues turn by turn."""
        return tuple(q for item in self.items for q in (item.turns if isinstance(item, Dialogue) else (item,)))


def read_questions(path: Path | str) -> QuestionSet:
    """The questions of a JSON Lines file, a BEIR folder or a SQuAD-style file.

    :raises QuestionSetError: if there is none, one is malformed or an id comes twice; the message names file and line.
    """
    path = Path(path).expanduser()
    if path.is_dir():
        if not is_beir(path):
            raise QuestionSetError(
                f"{path} is a folder without corpus.jsonl and queries.jsonl; give a JSON Lines file of questions, "
                "a BEIR folder or a SQuAD-style JSON file."
            )
        found = QuestionSet(path, "beir", tuple(_beir(path)))
    elif is_squad(path):
        found = QuestionSet(path, "squad", tuple(_squad(path)))
    else:
        found = QuestionSet(path, "jsonl", tuple(_jsonl(path)))
    if not found.items:
        raise QuestionSetError(f"{path} holds no question; it needs at least one.")
    seen: set[str] = set()
    for question in found.questions:
        if question.id in seen:
            raise QuestionSetError(f"{path} holds the id {question.id!r} twice; every question needs an id of its own.")
        seen.add(question.id)
    return found


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    """The lines that hold anything, each with its place for messages. Only a line feed ends a line."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise QuestionSetError(f"There is no file of questions at {path}; give a JSON Lines file.") from None
    except OSError as error:
        raise QuestionSetError(f"{path} cannot be read ({error.strerror}); check the file and its rights.") from None
    for number, line in enumerate(data.split(b"\n"), 1):
        place = f"{path}, line {number}"
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            raise QuestionSetError(f"{place}: expected text in UTF-8.") from None
        if text.strip():
            yield place, text.rstrip("\r")


def _objects(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for place, line in _lines(path):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            raise QuestionSetError(
                f'{place}: expected one JSON object such as {{"id": "q-1", "question": "…"}}, '
                f"found {line.strip()[:40]!r}."
            )
        yield place, row


def _string(row: dict[str, Any], key: str, place: str) -> str:
    """A field that may be missing or null."""
    value = row.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise QuestionSetError(f'{place}: expected "{key}" to be a string, found {json.dumps(value)[:40]}.')
    return printable(value)


def _strings(row: dict[str, Any], key: str, place: str) -> tuple[str, ...]:
    value = row.get(key)
    if value is None:
        return ()
    if not isinstance(value, list) or not value or not all(isinstance(item, str) and item.strip() for item in value):
        raise QuestionSetError(
            f'{place}: expected "{key}" to be a list of one or more strings (left out where the pages do not answer), '
            f"found {json.dumps(value, ensure_ascii=False)[:40]}."
        )
    return tuple(printable(item) for item in value)


def _identity(row: dict[str, Any], key: str, place: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not value:
        raise QuestionSetError(f'{place}: expected "{key}", a string that is not empty, in every row.')
    return printable(value)


def _question(row: dict[str, Any], name: str, place: str, style: str | None = None) -> Question:
    if not isinstance(row.get("question"), str):
        raise QuestionSetError(f'{place}: expected "question", a string (empty if need be), or "turns".')
    answers, evidence = _strings(row, "answers", place), _string(row, "evidence", place)
    return Question(
        id=name,
        text=printable(row["question"]),
        answers=answers,
        evidence=evidence,
        also=_strings(row, "also", place),
        source=_string(row, "source", place),
        article=_string(row, "article", place),
        style=style if style is not None else _string(row, "style", place),
        kind=_string(row, "kind", place),
        gold="nothing" if not answers else "passage" if evidence.strip() else "unknown",
    )


def _jsonl(path: Path) -> Iterator[Question | Dialogue]:
    for place, row in _objects(path):
        name = _identity(row, "id", place)
        if "turns" not in row:
            yield _question(row, name, place)
            continue
        turns = row["turns"]
        if not isinstance(turns, list) or not turns or not all(isinstance(turn, dict) for turn in turns):
            raise QuestionSetError(f'{place}: expected "turns" to be a list of one or more objects with a "question".')
        yield Dialogue(
            name,
            tuple(
                _question(turn, f"{name}/{n}", f"{place}, turn {n}", "first turn" if n == 1 else "follow-up")
                for n, turn in enumerate(turns, 1)
            ),
        )


def _beir(path: Path) -> Iterator[Question]:
    """All queries. Those that no file of judgements names are asked, but not measured."""
    files = sorted((path / "qrels").glob("*.tsv"))
    if not files:
        raise QuestionSetError(
            f"{path} has no qrels/*.tsv; a BEIR folder needs relevance judgements to be measured by."
        )
    relevant: dict[str, dict[str, int]] = {}
    split: dict[str, str] = {}
    for file in files:
        for query, document, grade in _judgements(file):
            if grade > 0:
                relevant.setdefault(query, {})[document] = grade
                split.setdefault(query, file.stem)
    for place, row in _objects(path / "queries.jsonl"):
        name = printable(str(row["_id"])) if isinstance(row.get("_id"), int) else _identity(row, "_id", place)
        if not isinstance(row.get("text"), str):
            raise QuestionSetError(f'{place}: expected "text", a string.')
        gold = tuple(relevant.get(name, {}).items())
        yield Question(
            id=name,
            text=printable(row["text"]),
            style=split.get(name, "") if len(files) > 1 else "",
            gold="source" if gold else "unknown",
            relevant=gold,
        )


def _judgements(file: Path) -> Iterator[tuple[str, str, int]]:
    first = True
    for place, line in _lines(file):
        cells = line.split("\t")
        try:
            query, document, grade = cells
            yield printable(query), printable(document), int(grade)
        except ValueError:
            if not (first and len(cells) == 3):  # the heading
                raise QuestionSetError(
                    f"{place}: expected query-id, corpus-id and a whole number as score, separated by tabs."
                ) from None
        first = False


def _squad(path: Path) -> Iterator[Question]:
    try:
        for context in squad_contexts(path):
            for n, row in enumerate(context.questions):
                place = f"{path}, context {context.id}, qas[{n}]"
                if not isinstance(row, dict) or not isinstance(row.get("question"), str):
                    raise QuestionSetError(f'{place}: expected an object with a string "question".')
                name = printable(str(row["id"])) if isinstance(row.get("id"), int) else _identity(row, "id", place)
                impossible = row.get("is_impossible") is True
                yield Question(
                    id=name,
                    text=printable(row["question"]),
                    answers=() if impossible else _squad_answers(row, place),
                    source=context.id,
                    article=context.title,
                    gold="nothing" if impossible else "source",
                    relevant=() if impossible else ((context.id, 1),),
                )
    except PagesError as error:
        raise QuestionSetError(str(error)) from None


def _squad_answers(row: dict[str, Any], place: str) -> tuple[str, ...]:
    answers = row.get("answers")
    if answers is None:
        return ()
    texts = [a.get("text") if isinstance(a, dict) else None for a in answers] if isinstance(answers, list) else [None]
    if not all(isinstance(text, str) for text in texts):
        raise QuestionSetError(f'{place}: expected "answers" to be a list of objects with a string "text".')
    return tuple(dict.fromkeys(printable(text) for text in texts if text and text.strip()))
