"""How well an encoder alone finds passages: R@1 and MRR@10 on held-out questions and on public sets.

`python -m embeddings.training.measure --public DIR` prints a table for the sets in DIR (SQuAD files *.json and BEIR
folders). The public sets are measured with, never trained on.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embeddings.encoder import Encoder, load_encoder
from embeddings.training.material import Question

_WINDOW = 200


def ranks(encoder: Encoder, questions: list[str], passages: list[str], right: list[set[int]]) -> NDArray[np.int64]:
    """int64 (questions,): from 1, where the first right passage of each question stands among all passages."""
    rows = encoder.encode_passages(passages)
    asked = encoder.encode_questions(questions)
    found = np.zeros(len(questions), dtype=np.int64)
    for start in range(0, len(questions), 256):
        scores = asked[start : start + 256] @ rows.T
        for offset, row in enumerate(scores):
            best = row[list(right[start + offset])].max()
            found[start + offset] = 1 + int((row > best).sum())
    return found


def summary(found: NDArray[np.int64]) -> tuple[float, float]:
    """R@1 and MRR@10.

    >>> summary(np.array([1, 2, 11]))
    (0.3333333333333333, 0.5)
    """
    return float((found == 1).mean()), float(np.where(found <= 10, 1.0 / found, 0.0).mean())


def windows(sentences: list[str]) -> list[str]:
    """A document's sentences joined into stretches of about 200 characters."""
    out: list[str] = []
    for sentence in sentences:
        if out and len(out[-1]) + len(sentence) <= _WINDOW:
            out[-1] += sentence
        else:
            out.append(sentence)
    return out


def held_out_ranks(
    encoder: Encoder, asked: list[Question], docs: dict[str, list[str]], held: set[str]
) -> dict[str, NDArray[np.int64]]:
    """Ranks by question style on the held-out documents, among the windows of all documents."""
    passages: list[str] = []
    places: dict[str, range] = {}
    for doc, sentences in docs.items():
        pieces = windows(sentences)
        places[doc] = range(len(passages), len(passages) + len(pieces))
        passages += pieces
    chosen = []
    for question in asked:
        right = {i for i in places[question.doc] if question.answer and question.answer in passages[i]}
        if question.doc in held and right:
            chosen.append((question, right))
    found = ranks(encoder, [q.text for q, _ in chosen], passages, [right for _, right in chosen])
    by_style: dict[str, list[int]] = defaultdict(list)
    for (question, _), rank in zip(chosen, found, strict=True):
        by_style[question.style].append(int(rank))
        by_style["all"].append(int(rank))
    return {style: np.array(values) for style, values in sorted(by_style.items())}


def read_squad(path: Path) -> tuple[list[str], list[str], list[set[int]]]:
    """Questions, distinct contexts, and the right context of each question, of a SQuAD-style file."""
    contexts: dict[str, int] = {}
    questions: list[str] = []
    right: list[set[int]] = []
    for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            number = contexts.setdefault(paragraph["context"], len(contexts))
            for qa in paragraph["qas"]:
                questions.append(qa["question"])
                right.append({number})
    return questions, list(contexts), right


def read_beir(folder: Path) -> tuple[list[str], list[str], list[set[int]]]:
    """Questions, documents (title and text) and the right documents of each question, of a BEIR folder."""
    documents = [json.loads(line) for line in (folder / "corpus.jsonl").read_text(encoding="utf-8").splitlines()]
    queries = [json.loads(line) for line in (folder / "queries.jsonl").read_text(encoding="utf-8").splitlines()]
    row = {document["_id"]: number for number, document in enumerate(documents)}
    judged: dict[str, set[int]] = defaultdict(set)
    for path in sorted((folder / "qrels").glob("*.tsv")):
        for line in path.read_text(encoding="utf-8").splitlines()[1:]:
            query, document, grade = line.split("\t")
            if int(grade) > 0:
                judged[query].add(row[document])
    asked = [q for q in queries if q["_id"] in judged]
    texts = [f"{d.get('title', '')} {d['text']}".strip() for d in documents]
    return [q["text"] for q in asked], texts, [judged[q["_id"]] for q in asked]


def public_ranks(encoder: Encoder, public: Path) -> dict[str, NDArray[np.int64]]:
    """Ranks for every public set found in a folder, by its name."""
    sets = {path.stem: read_squad(path) for path in sorted(public.glob("*.json"))}
    sets.update({path.parent.name: read_beir(path.parent) for path in sorted(public.glob("*/corpus.jsonl"))})
    return {name: ranks(encoder, *data) for name, data in sets.items()}


def table(found: dict[str, NDArray[np.int64]]) -> str:
    """One line for each set: name, questions, R@1, MRR@10."""
    lines = [f"{'set':16} {'n':>5}  R@1  MRR@10"]
    for name, values in found.items():
        first, reciprocal = summary(values)
        lines.append(f"{name:16} {len(values):5d} {first:.3f}  {reciprocal:.3f}")
    return "\n".join(lines)


def main() -> None:
    """Measure one encoder on the public sets."""
    parser = argparse.ArgumentParser(prog="python -m embeddings.training.measure", description=__doc__)
    parser.add_argument("--public", type=Path, required=True, metavar="DIR", help="folder of question sets")
    parser.add_argument("--model", default=None, help="local folder or hub id (default: the bundled encoder)")
    options = parser.parse_args()
    encoder = load_encoder(options.model)
    began = time.perf_counter()
    print(table(public_ranks(encoder, options.public)))
    print(f"{encoder.name}, {encoder.dim} dimensions, {time.perf_counter() - began:.1f} s")


if __name__ == "__main__":
    main()
