"""What the chat counts of itself, for Prometheus. Numbers alone: nothing of any question."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
_SECONDS: Final = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)


class Meters:
    """The counters of one server, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.answered = Counter("baowen_questions_answered", "Questions with an answer", registry=self._registry)
        self.abstained = Counter(
            "baowen_questions_abstained", "Questions without an answer, by reason", ["reason"], registry=self._registry
        )
        self.errors = Counter("baowen_errors", "Questions that failed by a fault of ours", registry=self._registry)
        self.refused = Counter(
            "baowen_refused", "Questions and requests turned away, by reason", ["why"], registry=self._registry
        )
        self.seconds = Histogram(
            "baowen_question_seconds",
            "From a question's arrival to its answer, waiting included",
            buckets=_SECONDS,
            registry=self._registry,
        )

    def watch(self, name: str, text: str, value: Callable[[], float]) -> None:
        """A gauge that is read whenever the page is."""
        Gauge(name, text, registry=self._registry).set_function(value)

    def page(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self._registry)
