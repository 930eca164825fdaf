"""How often something may be done, by key: a token bucket for each.

The `limits` library was weighed: its memory store starts a thread at each use, goes by the wall clock, and keeps a
lock for every key it has ever seen.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

_KEYS = 10_000
"""How many keys are remembered; the one unused for longest is forgotten first."""


class Rate:
    """At most `amount` at a stretch and `amount` in each `seconds` on average, for each key; amount 0 is no limit."""

    def __init__(self, amount: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._amount, self._seconds, self._clock = amount, seconds, clock
        self._lock = threading.Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> float:
        """Use one. Returns 0.0, or in how many seconds there will be one; then nothing is used."""
        if self._amount == 0:
            return 0.0
        with self._lock:
            now = self._clock()
            left, since = self._left.pop(key, (float(self._amount), now))
            left = min(left + (now - since) * self._amount / self._seconds, float(self._amount))
            wait = 0.0 if left >= 1 else (1 - left) * self._seconds / self._amount
            self._left[key] = (left if wait else left - 1, now)
            while len(self._left) > _KEYS:
                self._left.popitem(last=False)
            return wait

    def forgive(self, key: str) -> None:
        """Give `key` its full amount again."""
        with self._lock:
            self._left.pop(key, None)
