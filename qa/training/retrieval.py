"""How the weights of the retriever were fitted: `python -m qa.training.retrieval --material DIR --model FOLDER`.

Each question of the training material is asked of an index of the material's own passages, in stretches of some 200
characters, and of other news articles that only stand in the way. The weights are those of a conditional logit (softmax
regression) over a question's candidates: they make the right passages likeliest. Only questions are used whose
documents the encoder at FOLDER was not trained on (its training's `--hold`); the figures are by cross-validation over
these documents.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embeddings import thesaurus
from embeddings.encoder import load_encoder
from embeddings.index import open_index
from embeddings.training import material as read
from embeddings.training.measure import windows
from qa.question import analyse
from qa.retriever import WEIGHTS, Options, Retriever

_HEADLINE = 28
_FOLDS = 5
_PENALTY = 0.3
# Set by hand, before there was a fit.
_PRIOR = {"words": 0.5, "pairs": 1.0, "thesaurus": 2.0, "dense": 1.0, "soft": 4.0}
_OTHER_WINDOWS = 6


@dataclass(frozen=True, slots=True)
class Case:
    """A question: its document, the features of its candidates, float64 (rows, names), and which of them are right."""

    doc: str
    features: NDArray[np.float64]
    right: NDArray[np.bool_]


def stretches(sentences: list[str]) -> list[str]:
    """A document's stretches, each under the beginning of the document as under a headline."""
    found = windows(sentences)
    return [f"{found[0][:_HEADLINE]}\n{text}" if n else text for n, text in enumerate(found)]


def write_set(folder: Path, docs: dict[str, list[str]], others: list[list[str]]) -> dict[str, str]:
    """Write the stretches of all texts as a BEIR folder without questions; gives each stretch's text by its id."""
    texts = {f"{doc}#{n}": text for doc, sentences in docs.items() for n, text in enumerate(stretches(sentences))}
    other = {f"other{i}#{n}": t for i, s in enumerate(others) for n, t in enumerate(stretches(s)[:_OTHER_WINDOWS])}
    lines = [json.dumps({"_id": name, "title": "", "text": text}) for name, text in (texts | other).items()]
    (folder / "corpus.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (folder / "queries.jsonl").write_text("", encoding="utf-8")
    return texts


def cases(retriever: Retriever, asked: list[read.Question], texts: dict[str, str]) -> list[Case]:
    """The questions that one or two stretches of their document answer, with their candidates."""
    row_of = {passage.source: row for row, passage in enumerate(retriever.index.passages)}
    by_doc: dict[str, list[str]] = {}
    for name in texts:
        by_doc.setdefault(name.rsplit("#", 1)[0], []).append(name)
    found = []
    for question in asked:
        right = [row_of[n] for n in by_doc[question.doc] if question.answer and question.answer in texts[n]]
        if not 1 <= len(right) <= 2:
            continue
        analysed = analyse(question.text, retriever.thesaurus)
        rows, features = retriever.features(analysed, retriever.matcher(analysed))
        matrix = np.stack([features[name] for name in WEIGHTS], axis=1)
        found.append(Case(question.doc, matrix, np.isin(rows, right)))
    return found


def fit(
    found: list[Case], prior: NDArray[np.float64], penalty: float = _PENALTY, rounds: int = 400
) -> NDArray[np.float64]:
    """float64 (names,): the weights, 0 or more, that make the right candidates likeliest.

    Proximal gradient steps with momentum on features scaled to unit variance. `penalty` is on the squared distance of
    these weights from the line along `prior`: the styles and lengths of the training questions are not those of every
    reader, and without it the weights of BM25 go to 0. Questions none of whose right passages is among the candidates
    teach nothing and are left out.
    """
    usable = [case for case in found if case.right.any()]
    rows = np.concatenate([case.features for case in usable])
    scale = rows.std(axis=0) + 1e-9
    rows = rows / scale
    sizes = np.array([len(case.right) for case in usable])
    starts = np.cumsum(sizes) - sizes
    right = np.concatenate([case.right for case in usable])
    line = prior * scale / np.linalg.norm(prior * scale)
    weights = 3 * prior * scale
    speed = np.zeros_like(weights)

    def shares(scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Each candidate's share of its question's odds."""
        odds = np.exp(scores - np.repeat(np.maximum.reduceat(scores, starts), sizes))
        share: NDArray[np.float64] = odds / np.repeat(np.add.reduceat(odds, starts), sizes)
        return share

    for _ in range(rounds):
        scores = rows @ weights
        pull = shares(np.where(right, scores, -np.inf)) - shares(scores)
        speed = 0.9 * speed + 0.3 * (rows.T @ pull / len(usable))
        weights = weights + speed
        # A proximal step: stable for any penalty. Momentum of 0.9 makes each step's worth 10 times its rate.
        along = weights @ line * line
        weights = np.maximum(along + (weights - along) / (1 + 2 * 3.0 * penalty), 0.0)
    fitted: NDArray[np.float64] = weights / scale
    return fitted


def hits(found: list[Case], weights: NDArray[np.float64]) -> NDArray[np.bool_]:
    """bool (cases,): whether the candidate with the highest score is right."""
    return np.array([bool(case.right[(case.features @ weights).argmax()]) for case in found])


def main() -> None:
    """Index, ask, fit, and print the weights beside the present ones."""
    parser = argparse.ArgumentParser(prog="python -m qa.training.retrieval", description=__doc__)
    parser.add_argument("--material", type=Path, required=True, metavar="DIR", help="folder of the training material")
    parser.add_argument("--model", required=True, metavar="FOLDER", help="encoder trained with --hold")
    parser.add_argument("--hold", type=int, default=5, help="the --hold that it was trained with")
    parser.add_argument("--others", type=int, default=1000, help="articles that only stand in the way")
    options = parser.parse_args()
    asked, docs = read.questions(options.material)
    held = read.held_out(docs, options.hold)
    given = read.held_pairs(options.material, options.hold)
    number = {text: f"pair{n}" for n, text in enumerate(dict.fromkeys("".join(passage) for _, passage in given))}
    asked += [read.Question(number["".join(p)], q, "".join(p), "pair") for q, p in given]
    docs = docs | {name: [text] for text, name in number.items()}
    held |= set(number.values())
    known = {"".join(sentences)[:60] for sentences in docs.values()}
    articles = read.articles(options.material, 4_000_000, 5)
    others = [a for a in articles if "".join(a)[:60] not in known][: options.others]
    random.Random(5).shuffle(others)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "set"
        folder.mkdir()
        texts = write_set(folder, docs, others)
        encoder = load_encoder(options.model)
        index = open_index(folder, encoder, cache=Path(name) / "cache")
        retriever = Retriever(index, encoder, thesaurus.bundled(), Options())
        found = cases(retriever, [q for q in asked if q.doc in held], texts)
    fold_of = {doc: n % _FOLDS for n, doc in enumerate(sorted(held))}
    prior = np.array([_PRIOR[name] for name in WEIGHTS])
    crossed = []
    for fold in range(_FOLDS):
        inside = [case for case in found if fold_of[case.doc] == fold]
        crossed.append(hits(inside, fit([case for case in found if fold_of[case.doc] != fold], prior)))
    present = np.array(list(WEIGHTS.values()))
    print(
        f"{len(found)} questions; hit@1 {np.concatenate(crossed).mean():.3f} cross-validated, "
        f"{hits(found, present).mean():.3f} with the present weights"
    )
    weights = fit(found, prior)
    for n, word in enumerate(WEIGHTS):
        print(f"{word:12} {weights[n] / weights.sum() * present.sum():7.3f}   now {present[n]:7.3f}")


if __name__ == "__main__":
    main()
