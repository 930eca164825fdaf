"""From questions with known answers to what the model sees of them: passages found, sentences, spans."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from embeddings.training.material import held_out
from qa.archive import Archive
from qa.extract import HITS
from qa.match import Matcher
from qa.question import Question
from qa.quotes import Sentence, Source, described, sentences

_TITLE = re.compile(r"^原标题[：:]\s*(.{4,30}?)(?=[。！？\s]|$)")
_SHORTEST, _LONGEST = 90, 260  # characters of a paragraph cut from a text without line ends


@dataclass(frozen=True, slots=True)
class Example:
    """A question, the passages found for it, and where in them the answer stands.

    `gold` holds (source, start, end); it is empty where none of the passages has the answer. `answers` are those that
    count as right. `fair` says whether the encoder had not seen the document.
    """

    doc: str
    fair: bool
    style: str
    question: Question
    matcher: Matcher
    sources: tuple[Source, ...]
    sentences: tuple[Sentence, ...]
    gold: frozenset[tuple[int, int, int]]
    answers: tuple[str, ...]


def paragraphs(text: str) -> list[str]:
    """A text without line ends in pieces as long as a newspaper's paragraphs, cut at sentence ends."""
    out, start, last = [], 0, 0
    for _, end in sentences(text):
        # The cut falls where a paragraph is long enough, and sooner where the next sentence would make it too long.
        if last - start >= _SHORTEST and end - start > _LONGEST:
            out.append(text[start:last])
            start = last
        if end - start >= _LONGEST * 2 // 3:
            out.append(text[start:end])
            start = end
        last = end
    if start < len(text):
        out.append(text[start:])
    return [piece for piece in out if piece.strip()]


def read_examples(material: Path, model: str, hold: int) -> list[Example]:
    """The answerable questions of questions.jsonl with what is found for each among all of passages.jsonl.

    :param model: folder of an encoder that was trained with `--hold` and the number `hold`.
    """
    titles: dict[str, str] = {}
    docs: dict[str, list[str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        pages = Path(folder) / "pages"
        (pages / "qrels").mkdir(parents=True)
        (pages / "queries.jsonl").write_text("", "utf-8")
        with (pages / "corpus.jsonl").open("w", encoding="utf-8") as file:
            for row in _rows(material / "passages.jsonl"):
                title, body = _titled(row["text"])
                docs[row["doc"]] = paragraphs(body)
                for n, piece in enumerate(docs[row["doc"]]):
                    titles[f"{row['doc']}/{n}"] = title
                    entry = {"_id": f"{row['doc']}/{n}", "title": title, "text": piece}
                    file.write(json.dumps(entry, ensure_ascii=False) + "\n")
        archive = Archive.open(pages, model=model)
        held = held_out(docs, hold)
        return [
            example(archive, row["question"], (row["answer"],), row["doc"], row["doc"] in held, row["style"], titles)
            for row in _rows(material / "questions.jsonl")
            if row["answer"]
        ]


def _titled(text: str) -> tuple[str, str]:
    found = _TITLE.match(text)
    return (found[1], text[found.end() :]) if found is not None else ("", text)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    for line in path.read_text("utf-8").splitlines():
        if line.strip():
            yield json.loads(line)


def example(
    archive: Archive, asked: str, answers: tuple[str, ...], doc: str, fair: bool, style: str, titles: dict[str, str]
) -> Example:
    """What is found for one question; the passage of `doc` (ids begin with it and a slash) with the answer is right.

    :param titles: by source, the title that the passage's text begins with; it counts as its headline.
    """
    question = archive._analyse(asked)
    matcher = archive._retriever.matcher(question)
    sources: list[Source] = []
    gold: set[tuple[int, int, int]] = set()
    for n, hit in enumerate(archive.retrieve(asked, HITS)):
        text, title = hit.passage.text, titles.get(hit.passage.source, "")
        text = text[len(title) :].lstrip("\n") if title else text
        sources.append(Source(text, title, "body", hit.score))
        if hit.passage.source.startswith(doc + "/"):
            for answer in answers:
                gold.update((n, m.start(), m.end()) for m in re.finditer(re.escape(answer), text))
    described_ = tuple(described(question, matcher, sources))
    return Example(doc, fair, style, question, matcher, tuple(sources), described_, frozenset(gold), answers)
