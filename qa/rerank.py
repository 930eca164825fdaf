"""The first hits of a question in the order of a re-ranker.

A re-ranker's scores say nothing about passages it has not read, so the first `DEPTH` hits form a block that stays above
the rest. Inside the block

    score = sigmoid of the re-ranker's score + kind + conversation

that is, between 0 and 1 but for what is known beforehand: headlines repeat a question without answering it, and a
conversation stays with its article. Below it, the others keep their order: their score is the retriever's, moved so
that the first of them stands at 0, or at the block's last score where that is lower.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from embeddings.reranker import Reranker
from qa.retriever import Scored

DEPTH = 50
# What the retriever knows of a passage apart from its words.
_PRIORS = ("kind", "conversation")


def rerank(
    reranker: Reranker, question: str, found: Sequence[Scored], text_of: Callable[[int], str], depth: int = DEPTH
) -> list[Scored]:
    """The hits `found` (best first), sorted best first anew; equal ones keep their order.

    Those re-ranked have the re-ranker's own score as the feature "reranker".

    :param text_of: the text of a row that the re-ranker reads.
    :raises ModelError: if the re-ranker gives scores that are no numbers.
    """
    block = found[:depth]
    read = reranker.score(question, [text_of(scored.row) for scored in block])
    # The sigmoid, written so that no exponential overflows.
    sure = 0.5 * (1.0 + np.tanh(0.5 * read.astype(np.float64)))
    out: list[Scored] = []
    for scored, own, probability in zip(block, read.tolist(), sure.tolist(), strict=True):
        score = probability + sum(scored.features.get(name, 0.0) for name in _PRIORS)
        out.append(dataclasses.replace(scored, score=score, features={**scored.features, "reranker": own}))
    # Far from 0 the sigmoid is flat; the re-ranker's own score still tells such hits apart.
    out.sort(key=lambda scored: (-scored.score, -scored.features["reranker"]))
    rest = found[depth:]
    if rest:
        shift = rest[0].score - min(0.0, out[-1].score)
        out += [dataclasses.replace(scored, score=scored.score - shift) for scored in rest]
    return out
