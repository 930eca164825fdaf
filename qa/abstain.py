"""Whether the passages answer a question at all, and if not, why.

Three logistic models over the features of `qa.evidence`, one after the other:

    topic     the pages speak of what is asked about
    stated    if so, they state what is asked of it: a near miss names the same people and things, but asks for
              something that is not printed
    right     if so, the quote that was found is the place

Their product is the confidence: the probability that the quote answers the question. Whether to answer is decided by
the first two, each by a limit of its own: where the pages do state it, the best place found is shown even if another
may be better. Weights and limits are in abstain.json, fitted by `qa.training.abstaining`; what speaks for an answer can
only have a weight of 0 or more, what speaks against it only one of 0 or less, so that no habit of the questions'
authors is learned.

Among thousands of articles some passage is always near, and more of what is off the topic is answered. Left out, since
they declined that by declining more paraphrases of what the pages do state: the distance to the mean of ten other hits,
how much of the question the article says (as a share, or by rarity), cosines held against those of passages drawn by
chance, and the size of the archive.
"""

from __future__ import annotations

import functools
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from qa.records import Reason

SPOKEN_OF = 0.5  # with a topic less likely than this, what is not answered is about something else


@dataclass(frozen=True, slots=True)
class Weights:
    """The models by name of feature; "" is the constant. `usual` stands in for features of a leg that is left out.
    To be answered, a question needs `least_topic` and `least_stated`.
    """

    topic: Mapping[str, float]
    stated: Mapping[str, float]
    right: Mapping[str, float]
    usual: Mapping[str, float]
    least_topic: float
    least_stated: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """Three probabilities, 0 to 1; `stated` if the topic is there, `right` if it is stated."""

    topic: float
    stated: float
    right: float

    @property
    def confidence(self) -> float:
        """The probability that the quote answers the question."""
        return self.topic * self.stated * self.right


@functools.cache
def bundled() -> Weights:
    """The weights that come with Baowen."""
    return Weights(**json.loads(Path(__file__).with_name("abstain.json").read_text("utf-8")))


def judge(features: Mapping[str, float], weights: Weights | None = None) -> Judgement:
    """The probabilities for a quote with these features (see `qa.evidence`)."""
    weights = bundled() if weights is None else weights

    def probability(model: Mapping[str, float]) -> float:
        at = sum(
            weight * (features.get(name, weights.usual.get(name, 0.0)) if name else 1.0)
            for name, weight in model.items()
        )
        return 1.0 / (1.0 + math.exp(-max(-50.0, min(50.0, at))))

    return Judgement(probability(weights.topic), probability(weights.stated), probability(weights.right))


def reason_for(judgement: Judgement, threshold: float | None = None, weights: Weights | None = None) -> Reason:
    """Why nothing is answered, or "" where it is.

    :param threshold: the confidence that an answer needs, in place of the fitted limits; None for these.
    """
    weights = bundled() if weights is None else weights
    if threshold is not None:
        answered = judgement.confidence >= threshold
    else:
        answered = judgement.topic >= weights.least_topic and judgement.stated >= weights.least_stated
    if answered:
        return ""
    return "not_stated" if judgement.topic >= SPOKEN_OF else "off_topic"


def is_question(text: str) -> bool:
    """Whether there is anything to look for: a letter, digit or ideograph."""
    return re.search(r"[^\W_]", text) is not None
