"""From the logits of an extractive reader to one span of the printed text, and how sure it is.

A reader gives every token two logits: that an answer begins with it, and that it ends with it. The score of a span is
the sum of the two (Devlin et al. 2019, "BERT"), and so is that of the null span, which begins and ends at [CLS] and
says that the text holds no answer (Rajpurkar et al. 2018, "Know What You Don't Know").
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LONGEST_ANSWER = 60


@dataclass(frozen=True, slots=True)
class Reading:
    """The best span of a passage, `passage[start:end]`; `score` and `null` are sums of two logits, unbounded."""

    start: int
    end: int
    score: float
    null: float

    @property
    def margin(self) -> float:
        """How far the span is above the null span: above 0 the passage answers, else it does not."""
        return self.score - self.null

    @property
    def probability(self) -> float:
        """That of the span, between 0 and 1, where it and the null span are all there is: above 0.5 it answers."""
        # The logistic function of the margin, written so that no exponential overflows.
        return 0.5 * (1.0 + math.tanh(0.5 * self.margin))


def best_span(
    start: NDArray[np.float32],
    end: NDArray[np.float32],
    offsets: NDArray[np.int64],
    context: NDArray[np.bool_],
    null: NDArray[np.int64],
    longest: int = LONGEST_ANSWER,
) -> Reading | None:
    """The best span over the windows in which one passage was read; None where there is no span at all.

    All pairs of a first and a last token are looked at. Of equal spans the one printed first is taken, then the
    shortest. The null score is the lowest of the windows, as in the evaluation of SQuAD 2.0: a window that misses the
    answer says rightly that it has none.

    :param start: float (windows, tokens), the logits of a span's first token; `end` those of its last.
    :param offsets: int (windows, tokens, 2), the half-open range of the passage's characters that each token stands
        for, in the order of the passage.
    :param context: bool (windows, tokens), whether a token is one of the passage: not of the question, no [CLS], [SEP]
        or filling.
    :param null: int (windows,), where the token of the null span stands.
    :param longest: how many characters a span may have.

    >>> start, end = np.array([[1.0, 0.0, 3.0, 0.0]]), np.array([[1.0, 0.0, 0.0, 2.0]])
    >>> offsets = np.array([[[0, 0], [0, 0], [0, 1], [1, 2]]])  # [CLS], a question of one token, two characters
    >>> context = np.array([[False, False, True, True]])
    >>> best_span(start, end, offsets, context, np.array([0]))
    Reading(start=0, end=2, score=5.0, null=2.0)
    """
    best: tuple[float, int, int] | None = None  # score, and start and end with their signs changed: the highest wins
    for row in range(len(start)):
        tokens = np.flatnonzero(context[row])
        first, last = offsets[row, tokens, 0], offsets[row, tokens, 1]
        length = last[None, :] - first[:, None]
        allowed = np.triu(np.ones(length.shape, dtype=bool)) & (length > 0) & (length <= longest)
        if not allowed.any():
            continue
        sums = start[row, tokens].astype(np.float64)[:, None] + end[row, tokens].astype(np.float64)[None, :]
        a, b = divmod(int(np.where(allowed, sums, -np.inf).argmax()), len(tokens))
        found = (float(sums[a, b]), -int(first[a]), -int(last[b]))
        best = found if best is None else max(best, found)
    if best is None:
        return None
    rows = np.arange(len(null))
    nothing = start[rows, null].astype(np.float64) + end[rows, null].astype(np.float64)
    return Reading(-best[1], -best[2], best[0], float(nothing.min()))


def printed(
    text: str, offsets: NDArray[np.int64], context: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Offsets without white space at either end; tokens that are nothing else no longer belong to the context.

    Some tokenizers count the space before a word to the word. Shapes as for `best_span`.

    >>> offsets, context = printed("a b", np.array([[[0, 1], [1, 3], [1, 2]]]), np.array([[True, True, True]]))
    >>> offsets.tolist(), context.tolist()
    ([[[0, 1], [2, 3], [2, 2]]], [[True, True, False]])
    """
    offsets, context = offsets.copy(), context.copy()
    for row, token in np.argwhere(context):
        a, b = offsets[row, token].tolist()
        piece = text[a:b]
        a += len(piece) - len(piece.lstrip())
        offsets[row, token] = a, a + len(piece.strip())
        context[row, token] = bool(piece.strip())
    return offsets, context
