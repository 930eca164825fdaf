"""The training material as small folders of pages, and the questions on them."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from corpus.fold import fold
from qa.archive import Archive
from qa.training.examples import paragraphs

_TITLE = re.compile(r"^原标题[：:]\s*(.{4,30}?)(?=[。！？\s]|$)")
_FIRST_CLAUSE = re.compile(r".{6,30}?(?=[，,。！？；:：])")
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#+!|~])")
SEED = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of the material on document `doc`; `answer` is "" for a near miss."""

    doc: str
    text: str
    answer: str
    style: str

    def answered_by(self, source: str, printed: str) -> bool:
        """Whether a text of a page holds the answer and the page is the document's."""
        return bool(self.answer) and source == f"{self.doc}.md" and fold(self.answer) in fold(printed)


def read_material(material: Path, hold: int) -> tuple[dict[str, str], list[Asked]]:
    """The texts by document, and the questions on them; of every `hold`-th document, which the encoder did not see."""
    texts = {row["doc"]: row["text"] for row in _rows(material / "passages.jsonl")}
    held = set(sorted(texts)[::hold])
    rows = [row for row in _rows(material / "questions.jsonl") if row["doc"] in held]
    asked = [Asked(row["doc"], row["question"], row["answer"], row["style"]) for row in rows]
    return {doc: text for doc, text in texts.items() if doc in held}, asked


def _rows(path: Path) -> Iterator[dict[str, str]]:
    for line in path.read_text("utf-8").splitlines():
        if line.strip():
            yield json.loads(line)


def parts(docs: dict[str, str], size: int) -> list[list[str]]:
    """The documents in random order, parted into lists of about `size`, one at least."""
    order = sorted(docs)
    random.Random(SEED).shuffle(order)
    count = max(1, round(len(order) / size))
    return [order[n::count] for n in range(count)]


def write_pages(folder: Path, docs: dict[str, str]) -> None:
    """A Markdown page for each document: its title or first clause as headline, then its paragraphs."""
    folder.mkdir(parents=True)
    for doc, text in docs.items():
        title = _TITLE.match(text)
        if title is not None:
            headline, body = title[1], text[title.end() :]
        else:
            clause = _FIRST_CLAUSE.match(text)
            headline, body = clause[0] if clause is not None else text[:24], text
        pieces = [f"# {_plain(headline)}", *map(_plain, paragraphs(body))]
        (folder / f"{doc}.md").write_text("\n\n".join(pieces) + "\n", "utf-8")


def _plain(text: str) -> str:
    return _MARKUP.sub(r"\\\1", text)


def open_parts(work: Path, docs: dict[str, str], size: int, model: str) -> Iterator[tuple[list[str], Archive]]:
    """Each part's documents and an archive of them."""
    for n, part in enumerate(parts(docs, size)):
        folder = work / str(n)
        write_pages(folder, {doc: docs[doc] for doc in part})
        yield part, Archive.open(folder, model=model)
