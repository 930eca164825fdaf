"""Reading the training material: news, official documents, questions, pairs and the thesaurus, in matching form.

Nothing read here is written anywhere but into a vocabulary and weights.
"""

from __future__ import annotations

import json
import lzma
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from corpus.fold import fold

_SENTENCE = re.compile(r"[^。!?;\n]+[。!?;\n]*[”’」』)]*")
_OFFICIAL_GROUP = 6
_QUESTION_FILE = "xquad_question_passage"
PAIR_FILES = (
    "news_headline_body",
    _QUESTION_FILE,
    "docs_heading_body",
    "pawsx_paraphrases",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the thesaurus: a word, near-synonyms, related words and English renderings, all folded."""

    word: str
    same: tuple[str, ...]
    related: tuple[str, ...]
    english: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A question on document `doc`; `answer` is a verbatim slice of it, or "" where the document does not say."""

    doc: str
    text: str
    answer: str
    style: str


def sentences(text: str) -> list[str]:
    """`text` cut after sentence ends and semicolons; every character with content is in exactly one piece."""
    return [s for s in _SENTENCE.findall(text) if s.strip()]


def _lines(path: Path) -> Iterator[str]:
    with lzma.open(path, "rt", encoding="utf-8") as file:
        yield from file


def articles(material: Path, limit: int, seed: int) -> list[list[str]]:
    """News articles and groups of neighbouring official paragraphs, as lists of folded sentences, shuffled.

    `limit` bounds the characters of all; a quarter of it goes to official documents.
    """
    rng = random.Random(seed)
    news = [sentences(fold(line)) for line in _sample(_lines(material / "news.txt.xz"), limit * 3 // 4, rng)]
    paragraphs = [fold(line) for line in _lines(material / "official.txt.xz")]
    groups = ["".join(paragraphs[i : i + _OFFICIAL_GROUP]) for i in range(0, len(paragraphs), _OFFICIAL_GROUP)]
    official = [sentences(text) for text in _sample(iter(groups), limit // 4, rng)]
    found = [a for a in news + official if len(a) > 1]
    rng.shuffle(found)
    return found


def _sample(lines: Iterator[str], limit: int, rng: random.Random) -> list[str]:
    """Lines in random order until `limit` characters are reached."""
    pool = list(lines)
    rng.shuffle(pool)
    kept: list[str] = []
    total = 0
    for line in pool:
        if total >= limit:
            break
        kept.append(line)
        total += len(line)
    return kept


def thesaurus(material: Path) -> list[Entry]:
    """All entries of thesaurus.tsv, folded."""
    entries = []
    for line in (material / "thesaurus.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        word, same, related, english = (fold(field).strip() for field in line.split("\t"))
        renderings = tuple(e for e in (re.sub(r"[^a-z0-9 ]+", " ", r).strip() for r in english.split(";")) if e)
        entries.append(Entry(word, tuple(same.split()), tuple(related.split()), renderings))
    return entries


def questions(material: Path) -> tuple[list[Question], dict[str, list[str]]]:
    """The questions, folded, and the sentences of each document they are asked on."""
    rows = [json.loads(line) for line in (material / "passages.jsonl").read_text(encoding="utf-8").splitlines()]
    docs = {row["doc"]: sentences(fold(row["text"])) for row in rows}
    asked = []
    for line in (material / "questions.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        asked.append(Question(row["doc"], fold(row["question"]), fold(row["answer"]), row["style"]))
    return asked, docs


Given = tuple[str, list[str]]


def pairs(material: Path, every: int = 0) -> list[Given]:
    """Every (query, sentences of its passage) of the pairs folder, folded, but for those that `held_pairs` gives."""
    found = _questions_of_passages(material)
    held = {id(pair) for pair in _held(found, every)}
    given = [pair for pair in found if id(pair) not in held]
    return given + [pair for name in PAIR_FILES if name != _QUESTION_FILE for pair in _pairs_of(material, name)]


def held_pairs(material: Path, every: int) -> list[Given]:
    """The questions with their passages that are kept for decisions: on every `every`-th passage; none for 0."""
    return _held(_questions_of_passages(material), every)


def _questions_of_passages(material: Path) -> list[Given]:
    return _pairs_of(material, _QUESTION_FILE)


def _held(found: list[Given], every: int) -> list[Given]:
    passages = dict.fromkeys("".join(passage) for _, passage in found)
    held = set(list(passages)[::every]) if every else set()
    return [pair for pair in found if "".join(pair[1]) in held]


def _pairs_of(material: Path, name: str) -> list[Given]:
    found = []
    for line in _lines(material / "pairs" / f"{name}.jsonl.xz"):
        row = json.loads(line)
        passage = sentences(fold(row["passage"]))
        if passage and row["query"].strip():
            found.append((fold(row["query"]), passage))
    return found


def held_out(docs: dict[str, list[str]], every: int = 10) -> set[str]:
    """The documents kept for decisions: the first and every `every`-th after it, in order of name; 0 keeps none."""
    return set(sorted(docs)[::every]) if every else set()
