"""Fit the weights of `qa.abstain`: `python -m qa.training.abstaining --material DIR --model FOLDER --hold N`.

Folders of some forty articles are asked the questions on their own articles, the near misses on them, questions on
articles that lie elsewhere, and general questions of the pairs folder. Neither the encoder at FOLDER (trained with
`--hold N`) nor the answer model (learned anew for each half of the folders, from all documents outside) has seen them.
Three logistic fits: topic on all, stated on those whose topic is there, right on those that are stated; each by
cross-validation over the folders, then on all. The limits are the highest with which, cross-validated, no more than
LOST_TOPIC of the answerable questions are lost to the topic and LOST in all.
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

from qa.abstain import Judgement, Weights, judge, reason_for
from qa.answers import Weights as AnswerWeights
from qa.archive import Archive
from qa.evidence import HITS, evidence
from qa.extract import HITS as QUOTED
from qa.extract import Source, choose
from qa.measure.calibration import Judged, curve, curve_csv, reliability, reliability_table
from qa.training.answers import learn
from qa.training.examples import read_examples
from qa.training.shards import Asked, open_parts, parts, read_material

Floats = NDArray[np.float64]
MODELS = {
    "topic": ("margin", "dense"),
    "stated": ("missing", "apart", "fit", "gap", "untyped", "untimed", "uncounted"),
    "right": ("focus", "answer", "untimed"),
}
AGAINST = frozenset(("gap", "missing", "apart", "untyped", "untimed", "uncounted"))
# Shares of the answerable questions. A folder of other pages holds more that is on the same topic than these folders of
# all kinds of news do, so that the topic alone may withhold few; what it lets pass, "stated" may still withhold.
LOST_TOPIC, LOST = 0.01, 0.033
ANSWERED = (0.97, 0.95, 0.93, 0.90)  # shares of the answerable questions for which the table tells what is declined
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


def fitted(cases: Sequence[Case]) -> Weights:
    """The three models; without limits, which are 0."""

    def model(name: str, asked: Sequence[Case]) -> dict[str, float]:
        names = MODELS[name]
        rows = np.array([[one.features[feature] for feature in names] for one in asked])
        return fit(rows, np.array([getattr(one, name) for one in asked]), names)

    there = [one for one in cases if one.topic]
    said = [one for one in cases if one.stated]
    usual = {"dense": float(np.mean([one.features["dense"] for one in said]))}
    return Weights(model("topic", cases), model("stated", there), model("right", said), usual, 0.0, 0.0)


def crossed(cases: Sequence[Case]) -> list[tuple[Case, Judgement]]:
    """Each case judged by models of the other folders; folder by folder."""
    out = []
    for part in sorted({one.part for one in cases}):
        weights = fitted([one for one in cases if one.part != part])
        out += [(one, judge(one.features, weights)) for one in cases if one.part == part]
    return out


def limited(weights: Weights, judged: Sequence[tuple[Case, Judgement]]) -> Weights:
    """The models with the limits that lose LOST_TOPIC and LOST of the answerable questions."""
    said = [judgement for one, judgement in judged if one.stated]
    least_topic = _losing(LOST_TOPIC, [judgement.topic for judgement in said])
    least_stated = _losing(LOST, [judgement.stated if judgement.topic >= least_topic else 0.0 for judgement in said])
    return dataclasses.replace(weights, least_topic=least_topic, least_stated=least_stated)


def _losing(share: float, values: Sequence[float]) -> float:
    """The limit that `share` of the values, at most, are below."""
    return sorted(values)[int(share * len(values))]


def report(judged: Sequence[tuple[Case, Judgement]], limits: Weights) -> str:
    """The share of each style that is answered with these limits; what share of the near misses is declined where one
    of ANSWERED of the answerable are answered; the reliability."""
    answered: dict[str, list[bool]] = {}
    for one, judgement in judged:
        answered.setdefault(one.style, []).append(not reason_for(judgement, None, limits))
    lines = [f"{style:12} {len(rows):5} answered {np.mean(rows):.3f}" for style, rows in answered.items()]
    there = [(one.stated, j.stated if j.topic >= limits.least_topic else 0.0) for one, j in judged if one.topic]
    for share in ANSWERED:
        least = _losing(1.0 - share, [value for said, value in there if said])
        declined = [value < least for said, value in there if not said]
        lines.append(f"{share:.0%} of the answerable answered: near misses declined {np.mean(declined):.3f}")
    return "\n".join([*lines, reliability_table(reliability(confidences(judged)))])


def confidences(judged: Sequence[tuple[Case, Judgement]]) -> list[Judged]:
    """As `qa.measure.calibration` wants them."""
    return [Judged(judgement.confidence, one.right, one.stated) for one, judgement in judged]


def save(weights: Weights, path: Path) -> None:
    """As JSON, rounded."""
    row = {
        name: {k: round(v, 3) for k, v in value.items()} if isinstance(value, Mapping) else round(value, 3)
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
    examples = [example for example in read_examples(options.material, options.model, options.hold) if example.gold]
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
    judged = crossed(cases)
    weights = limited(fitted(cases), judged)
    print(report(judged, weights))
    if options.curve is not None:
        options.curve.write_text(curve_csv(curve(confidences(judged))), "utf-8")
    save(weights, options.out)


if __name__ == "__main__":
    main()
