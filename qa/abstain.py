"""Whether the passages answer a question at all, and if not, why.

The confidence is a logistic function of how much of the question the quote and its passage speak of, and of how near
the passage's vector is. Coverage counts what the pages never print as the rarest words of all, so that a question about
something else covers little. The weights were set by hand, near those of a logistic fit on questions about
other news; that of the cosine was lowered, since the encoder knew these questions.
"""

from __future__ import annotations

import math
import re

from qa.records import Reason

THRESHOLD = 0.06
_QUOTE, _PASSAGE, _COSINE, _BIAS = 3.0, 1.5, 4.0, -4.9
_BLIND_QUOTE, _BLIND_PASSAGE, _BLIND_BIAS = 3.6, 1.0, -4.4  # where there are no vectors to go by
_SPOKEN_OF = 0.34
_NEAR = 0.35


def confidence(quote: float, passage: float, cosine: float | None) -> float:
    """Between 0 and 1.

    :param quote: the coverage (0 to 1) of the question by the quote.
    :param passage: that by the best passages.
    :param cosine: the best passages' inner product with the question; None where the dense leg is left out.
    """
    if cosine is None:
        at = _BLIND_BIAS + _BLIND_QUOTE * quote + _BLIND_PASSAGE * passage
    else:
        at = _BIAS + _QUOTE * quote + _PASSAGE * passage + _COSINE * cosine
    return 1.0 / (1.0 + math.exp(-at))


def reason_for(passage: float, cosine: float | None) -> Reason:
    """Why nothing is answered, from the best passages' coverage and cosine."""
    spoken_of = passage >= _SPOKEN_OF or (cosine is not None and cosine >= _NEAR)
    return "not_stated" if spoken_of else "off_topic"


def is_question(text: str) -> bool:
    """Whether there is anything to look for: a letter, digit or ideograph."""
    return re.search(r"[^\W_]", text) is not None
