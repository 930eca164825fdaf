"""Fit the weights of `qa.rank`: `python -m qa.training.ranking --material DIR --model FOLDER --hold N`.

Each question is asked of a folder of some forty articles, its own among them. The weights are those of a conditional
logit over the first hits whose offset is the retriever's score, scaled: they make the right passages likeliest. The
encoder at FOLDER must have been trained with `--hold N`; figures are by cross-validation over the folders. A feature is
kept where it helps there and hurts on no other collection; see `qa.rank` for what was tried.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qa.archive import Archive
from qa.rank import DEPTH, FEATURES, described
from qa.training.shards import Asked, open_parts, read_material

Floats = NDArray[np.float64]
# On the squared weights of features scaled to unit variance. Hit@1 is the same, within half its standard error, at all
# of PENALTIES but the last; the one taken is the highest of these with which the sample pages lose no question.
PENALTY = 0.03
PENALTIES = (0.003, 0.01, PENALTY, 0.1, 0.3)
_MOST_RIGHT = 2


@dataclass(frozen=True, slots=True)
class Case:
    """A question's first hits: its part, the retriever's scores, float64 (n,), FEATURES, float64 (n, features), and
    which hits are right, bool (n,).
    """

    part: int
    scores: Floats
    features: Floats
    right: NDArray[np.bool_]


def case(archive: Archive, asked: Asked, part: int) -> Case | None:
    """What is found for a question; None unless one or two passages of all that are found are right."""
    retriever = archive._retriever
    question = archive._analyse(asked.text)
    matcher = retriever.matcher(question)
    found = retriever.search(question, DEPTH)
    passages = retriever.index.passages
    rows = [passages[scored.row] for scored in found]
    right = np.array([p.kind == "body" and asked.answered_by(p.source, p.text) for p in rows], dtype=np.bool_)
    if not 1 <= right.sum() <= _MOST_RIGHT:
        return None
    features = described(question, matcher, found, passages.__getitem__)
    matrix = np.array([[row[name] for name in FEATURES] for row in features])
    return Case(part, np.array([scored.score for scored in found]), matrix, right)


def fit(cases: Sequence[Case], penalty: float) -> Floats:
    """float64 (features,): weights of 0 or more, in the unit of the retriever's score."""
    from scipy.optimize import minimize

    rows = np.concatenate([one.features for one in cases])
    scale = rows.std(axis=0) + 1e-9
    rows = rows / scale
    offset = np.concatenate([one.scores for one in cases])
    right = np.concatenate([one.right for one in cases])
    sizes = np.array([len(one.right) for one in cases])
    starts = np.cumsum(sizes) - sizes
    group = np.repeat(np.arange(len(cases)), sizes)

    def loss(at: Floats) -> tuple[float, Floats]:
        score = at[0] * offset + rows @ at[1:]
        odds = np.exp(score - np.maximum.reduceat(score, starts)[group])
        every = np.add.reduceat(odds, starts)
        good = np.maximum(np.add.reduceat(odds * right, starts), 1e-300)
        pull = (odds / every[group] - odds * right / good[group]) / len(cases)
        value = float((np.log(every) - np.log(good)).mean()) + penalty * float(at[1:] @ at[1:])
        return value, np.r_[pull @ offset, rows.T @ pull + 2 * penalty * at[1:]]

    start = np.r_[3.0, np.zeros(rows.shape[1])]
    bounds = [(1e-3, None), *[(0.0, None)] * rows.shape[1]]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    weights: Floats = found[1:] / scale / found[0]
    return weights


def first_right(cases: Sequence[Case], weights: Floats) -> NDArray[np.bool_]:
    """bool (cases,): whether the hit with the highest score is right."""
    return np.array([bool(one.right[(one.scores + one.features @ weights).argmax()]) for one in cases])


def crossed(cases: Sequence[Case], penalty: float) -> float:
    """The share of cases whose first hit is right by weights fitted on the other parts' cases."""
    right: list[bool] = []
    for n in sorted({one.part for one in cases}):
        weights = fit([one for one in cases if one.part != n], penalty)
        right += first_right([one for one in cases if one.part == n], weights).tolist()
    return float(np.mean(right))


def main() -> None:
    """Ask, fit, validate, print and save."""
    parser = argparse.ArgumentParser(prog="python -m qa.training.ranking", description=__doc__)
    parser.add_argument("--material", type=Path, required=True, metavar="DIR", help="folder of the training material")
    parser.add_argument("--model", required=True, metavar="FOLDER", help="encoder trained with --hold")
    parser.add_argument("--hold", type=int, default=2, help="the --hold that it was trained with")
    parser.add_argument("--size", type=int, default=40, help="articles of a folder")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "rank.json")
    options = parser.parse_args()
    docs, asked = read_material(options.material, options.hold)
    cases: list[Case] = []
    with tempfile.TemporaryDirectory() as work:
        for n, (part, archive) in enumerate(open_parts(Path(work), docs, options.size, options.model)):
            mine = set(part)
            found = [case(archive, question, n) for question in asked if question.doc in mine]
            cases += [one for one in found if one is not None]
    plain = first_right(cases, np.zeros(len(FEATURES))).mean()
    print(f"{len(cases)} questions; hit@1 {plain:.3f} without; cross-validated, by penalty:")
    print(*(f"{penalty}: {crossed(cases, penalty):.3f}" for penalty in PENALTIES), sep="\n")
    weights = fit(cases, PENALTY)
    saved = {name: round(float(weight), 3) for name, weight in zip(FEATURES, weights, strict=True)}
    options.out.write_text(json.dumps(saved, indent=1) + "\n", "utf-8")
    print(saved)


if __name__ == "__main__":
    main()
