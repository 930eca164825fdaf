"""The answer as a reader marks it in the first hits, and the printed sentence around it as quote.

The first `DEPTH` hits are read. Those whose best span is not above the null span do not answer; of the others the one
with the highest

    score of the hit + probability of the span against the null span

is taken: retrieval and reader weigh alike, as do retrieval and the rules' quote (the two are interpolated so in
BERTserini, Yang et al. 2019). A probability near 1 in several hits, usual for readers that were never trained on
questions without answer, leaves the choice to retrieval. Where none answers, the pages speak of it but do not say it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from embeddings.reader import Reader
from qa.extract import LONGEST_QUOTE, Part, sentences
from qa.records import Hit

DEPTH = 5
# A comma between two digits is part of a number.
_CUT = re.compile(r"[，;；:：。！？!?]+|(?<!\d),|,(?!\d)")


@dataclass(frozen=True, slots=True)
class Read:
    """What a reader marked: the index of the hit, and slices of its passage's text; `probability` is above 0.5."""

    hit: int
    quote: Part
    answer: Part
    probability: float


def read_hits(reader: Reader, question: str, hits: Sequence[Hit], depth: int = DEPTH) -> Read | None:
    """The best answer in the first `depth` hits (best first); None where the reader finds none in any of them.

    :raises ModelError: if the reader gives logits that are no numbers.
    """
    chosen = hits[:depth]
    best: Read | None = None
    best_score = 0.0
    for n, reading in enumerate(reader.read(question, [hit.passage.text for hit in chosen])):
        if reading is None or reading.margin <= 0:
            continue
        score = chosen[n].score + reading.probability
        if best is None or score > best_score:
            quote = quote_around(chosen[n].passage.text, reading.start, reading.end)
            best_score = score
            best = Read(n, Part(*quote, score), Part(reading.start, reading.end, reading.score), reading.probability)
    return best


def quote_around(text: str, start: int, end: int) -> tuple[int, int]:
    """The sentence that holds `text[start:end]`, or the sentences it reaches over; at most LONGEST_QUOTE characters.

    What is longer is cut at commas, colons and the like to the longest run of clauses that holds the answer and is
    short enough; a clause too long by itself is cut anywhere, at the answer's beginning at the latest. An answer longer
    than LONGEST_QUOTE is its own quote.

    >>> quote_around("一家开了。两家没开,停了。", 5, 7)  # 两家
    (5, 13)
    """
    around = [(a, b) for a, b in sentences(text) if a < end and start < b]
    first = min([start, *(a for a, _ in around)])
    last = max([end, *(b for _, b in around)])
    if last - first <= LONGEST_QUOTE:
        return first, last
    if end - start >= LONGEST_QUOTE:
        return start, end
    cuts = [match.span() for match in _CUT.finditer(text, first, last)]
    begins = [first, *(b for _, b in cuts if b <= start)]
    ends = [*(a for a, _ in cuts if a >= end), last]
    runs = [(a, b) for a in begins for b in ends if b - a <= LONGEST_QUOTE]
    if runs:
        return max(runs, key=lambda run: (run[1] - run[0], -run[0]))
    first = max(first, min(start, last - LONGEST_QUOTE))
    return first, min(last, first + LONGEST_QUOTE)
