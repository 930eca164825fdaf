"""Fit the weights of `qa.abstain`: `python -m qa.training.abstaining --material DIR --model FOLDER --hold N`.

Folders of some forty articles are asked the questions on their own articles, the near misses on them, questions on
articles that lie elsewhere, and general questions of the pairs folder. Neither the encoder at FOLDER (trained with
`--hold N`) nor the answer model (learned anew for each half of the folders, from all documents outside) has seen them.
Three logistic fits: topic on all, stated on those whose topic is there, right on those that are stated; each by
cross-validation over the folders, then on all. The limits stand as they are in abstain.json: they were chosen on these
questions and on the project's own, so that about 5 of 100 answerable questions are lost.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import lzma
import random
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qa.abstain import Weights, bundled, judge, reason_for
from qa.answers import Weights as AnswerWeights
from qa.archive import Archive
from qa.calibration import Judged, curve, curve_csv, reliability, reliability_table
from qa.evidence import HITS, evidence
from qa.extract import HITS as QUOTED
from qa.extract import Source, choose
from qa.training.answers import learn
from qa.training.examples import read_examples
from qa.training.shards import Asked, open_parts, parts, read_material

Floats = NDArray[np.float64]
MODELS = {
    "topic": ("margin", "dense"),
    "stated": ("lag", "undated", "untyped", "answer", "uncounted"),
    "right": ("focus", "answer", "lag", "gap", "untimed", "typed"),
}
AGAINST = frozenset(("gap", "lag", "untyped", "untimed", "undated", "uncounted"))
PENALTY = 0.002  # on the squared weights of features scaled to unit variance
ELSEWHERE = 5  # one question on another folder's article for so many of a folder's own
GENERAL = 24
_XQUAD = Path("pairs") / "xquad_question_passage.jsonl.xz"


@dataclass(frozen=True, slots=True)
class Case:
    """What was found for a question in folder `part`, and whether its topic is there, it is stated, the quote right."""

    part: int
    style: str
    features: Mapping[str, float]
    topic: bool
    stated: bool
    right: bool


def case(archive: Archive, asked: Asked, part: int, here: bool, weights: AnswerWeights | None) -> Case | None:
    """A question's case; None where nothing is found. `here`: its document is in the archive."""
    question = archive._analyse(asked.text)
    matcher = archive._retriever.matcher(question)
    hits = archive.retrieve(asked.text, HITS)
    sources = [Source(h.passage.text, h.passage.headline, h.passage.kind, h.score) for h in hits[:QUOTED]]
    found = choose(question, matcher, sources, weights)
    if found is None:
        return None
    features = evidence(archive._retriever, question, matcher, hits, found)
    passage = hits[found.source].passage
    right = here and asked.answered_by(passage.source, passage.text[found.quote.start : found.quote.end])
    return Case(part, asked.style, features, here, here and bool(asked.answer), right)


def fit(rows: Floats, right: NDArray[np.bool_], names: Sequence[str], penalty: float = PENALTY) -> dict[str, float]:
    """A logistic model by name, "" the constant; weights of names in AGAINST are 0 or less, all others 0 or more."""
    from scipy.optimize import minimize

    mean, scale = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    scaled = (rows - mean) / scale
    sign = np.where(right, 1.0, -1.0)

    def loss(at: Floats) -> tuple[float, Floats]:
        score = at[0] + scaled @ at[1:]
        value = float(np.logaddexp(0.0, -sign * score).mean()) + penalty * float(at[1:] @ at[1:])
        pull = (1.0 / (1.0 + np.exp(-score)) - right) / len(right)
        return value, np.r_[pull.sum(), scaled.T @ pull + 2 * penalty * at[1:]]

    bounds = [(None, None), *((None, 0.0) if name in AGAINST else (0.0, None) for name in names)]
    found = minimize(loss, np.zeros(len(names) + 1), jac=True, method="L-BFGS-B", bounds=bounds).x
    weights = found[1:] / scale
    return {"": float(found[0] - mean @ weights)} | dict(zip(names, weights.tolist(), strict=True))


def fitted(cases: Sequence[Case], limits: Weights) -> Weights:
    """The three models; the limits are those of `limits`."""

    def model(name: str, asked: Sequence[Case]) -> dict[str, float]:
        names = MODELS[name]
        rows = np.array([[one.features[feature] for feature in names] for one in asked])
        return fit(rows, np.array([getattr(one, name) for one in asked]), names)

    there = [one for one in cases if one.topic]
    said = [one for one in cases if one.stated]
    usual = {"dense": float(np.mean([one.features["dense"] for one in said]))}
    return dataclasses.replace(
        limits, topic=model("topic", cases), stated=model("stated", there), right=model("right", said), usual=usual
    )


def crossed(cases: Sequence[Case], limits: Weights) -> list[tuple[Case, Judged, bool]]:
    """Each case judged by models of the other folders, and whether it is answered; folder by folder."""
    out = []
    for part in sorted({one.part for one in cases}):
        weights = fitted([one for one in cases if one.part != part], limits)
        for one in (one for one in cases if one.part == part):
            judgement = judge(one.features, weights)
            judged = Judged(judgement.confidence, one.right, one.stated)
            out.append((one, judged, not reason_for(judgement, None, weights)))
    return out


def report(judged: Sequence[tuple[Case, Judged, bool]]) -> str:
    """The share of each style that is answered, and the reliability."""
    answered: dict[str, list[bool]] = {}
    for one, _, shown in judged:
        answered.setdefault(one.style, []).append(shown)
    lines = [f"{style:12} {len(rows):5} answered {np.mean(rows):.3f}" for style, rows in answered.items()]
    return "\n".join([*lines, reliability_table(reliability([row for _, row, _ in judged]))])


def save(weights: Weights, path: Path) -> None:
    """As JSON, rounded."""
    row = {
        name: {k: round(v, 3) for k, v in value.items()} if isinstance(value, Mapping) else value
        for name, value in dataclasses.asdict(weights).items()
    }
    path.write_text(json.dumps(row, indent=1) + "\n", "utf-8")


def main() -> None:
    """Ask, fit, validate, print and save."""
    parser = argparse.ArgumentParser(prog="python -m qa.training.abstaining", description=__doc__)
    parser.add_argument("--material", type=Path, required=True, metavar="DIR", help="folder of the training material")
    parser.add_argument("--model", required=True, metavar="FOLDER", help="encoder trained with --hold")
    parser.add_argument("--hold", type=int, default=2, help="the --hold that it was trained with")
    parser.add_argument("--size", type=int, default=40, help="articles of a folder")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "abstain.json")
    parser.add_argument("--curve", type=Path, metavar="FILE", help="write the cross-validated coverage-accuracy table")
    options = parser.parse_args()
    docs, asked = read_material(options.material, options.hold)
    halves = [set().union(*parts(docs, options.size)[half::2]) for half in (0, 1)]
    examples = [example for example in read_examples(options.material) if example.gold]
    answers = [learn([example for example in examples if example.doc not in half]) for half in halves]
    rng = random.Random(5)
    with lzma.open(options.material / _XQUAD, "rt", encoding="utf-8") as file:
        general = [Asked("", json.loads(line)["query"], "", "general") for line in file]
    cases: list[Case] = []
    with tempfile.TemporaryDirectory() as work:
        for n, (part, archive) in enumerate(open_parts(Path(work), docs, options.size, options.model)):
            mine = set(part)
            own = [question for question in asked if question.doc in mine]
            far = [question for question in asked if question.doc not in mine and question.answer]
            far = [dataclasses.replace(q, style="elsewhere") for q in rng.sample(far, len(own) // ELSEWHERE)]
            posed = [(q, True) for q in own] + [(q, False) for q in far + rng.sample(general, GENERAL)]
            found = [case(archive, question, n, here, answers[n % 2]) for question, here in posed]
            cases += [one for one in found if one is not None]
    judged = crossed(cases, bundled())
    print(report(judged))
    if options.curve is not None:
        options.curve.write_text(curve_csv(curve([row for _, row, _ in judged])), "utf-8")
    save(fitted(cases, bundled()), options.out)


if __name__ == "__main__":
    main()
