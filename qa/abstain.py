"""Whether the passages answer a question at all, and if not, why.

The confidence is a logistic function of how much of the question the best passage and quote speak of. Coverage counts
what the pages never print as the rarest words of all, so that a question about something else covers little.
"""

from __future__ import annotations

import math
import re

from qa.records import Reason

THRESHOLD = 0.5
_OFF_TOPIC = 0.34
_BIAS = -3.4
_QUOTE = 5.0
_PASSAGE = 4.0


def confidence(quote: float, passage: float) -> float:
    """Between 0 and 1, from the coverage (0 to 1) of the question by the quote and by its passage."""
    return 1.0 / (1.0 + math.exp(-(_BIAS + _QUOTE * quote + _PASSAGE * passage)))


def reason_for(passage: float) -> Reason:
    """Why nothing is answered, from the best passage's coverage."""
    return "off_topic" if passage < _OFF_TOPIC else "not_stated"


def is_question(text: str) -> bool:
    """Whether there is anything to look for: a letter, digit or ideograph."""
    return re.search(r"\w", text) is not None
