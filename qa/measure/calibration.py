"""Whether confidence can be trusted: how often answers of a given confidence are right, and what a threshold costs.

A question counts as right where the quote that was found for it holds a gold answer in a right passage, shown or not; a
question that the pages do not answer is never right. So one run tells what every threshold would have given.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass

BINS = 10
_WIDTH, _HEIGHT, _EDGE = 640, 420, 56


@dataclass(frozen=True, slots=True)
class Judged:
    """A question's confidence (0 to 1), whether its quote is right, and whether the pages answer it at all."""

    confidence: float
    right: bool
    answerable: bool


@dataclass(frozen=True, slots=True)
class Bin:
    """Questions with a confidence from `low` to below `high` (1.0 is in the last): `predicted` is their mean
    confidence and `true` the share that is right; both None where there is no question."""

    low: float
    high: float
    n: int
    predicted: float | None
    true: float | None


@dataclass(frozen=True, slots=True)
class Point:
    """What a threshold gives, or, where it is None, what the archive decided.

    `coverage` is the share of all questions that is answered, `accuracy` the share of these that is right; `answered`
    the share of the answerable ones that is answered, `abstained` that of the others that is not. None where there is
    nothing to take a share of.
    """

    threshold: float | None
    coverage: float
    accuracy: float | None
    answered: float | None
    abstained: float | None


def reliability(judged: Sequence[Judged], bins: int = BINS) -> list[Bin]:
    """`bins` equal ranges of confidence from 0 to 1.

    >>> reliability([Judged(0.95, True, True), Judged(1.0, False, False)])[-1]
    Bin(low=0.9, high=1.0, n=2, predicted=0.975, true=0.5)
    """
    members: list[list[Judged]] = [[] for _ in range(bins)]
    for one in judged:
        members[min(int(one.confidence * bins), bins - 1)].append(one)
    return [
        Bin(n / bins, (n + 1) / bins, len(m), _mean([j.confidence for j in m]), _mean([float(j.right) for j in m]))
        for n, m in enumerate(members)
    ]


def summary(judged: Sequence[Judged]) -> dict[str, float]:
    """`ece`, the mean distance of predicted and true over the bins, weighted by their questions; `brier`, the mean
    squared distance of confidence and outcome. Both 0 at best; empty without questions."""
    if not judged:
        return {}
    off = sum(
        b.n * abs(b.predicted - b.true) for b in reliability(judged) if b.predicted is not None and b.true is not None
    )
    brier = sum((j.confidence - j.right) ** 2 for j in judged)
    return {"ece": off / len(judged), "brier": brier / len(judged)}


def curve(judged: Sequence[Judged]) -> list[Point]:
    """A point for every confidence that occurs as threshold, ascending, after one for 0, where all is answered."""
    return [
        _point(threshold, judged, [one.confidence >= threshold for one in judged])
        for threshold in sorted({0.0, *(one.confidence for one in judged)})
    ]


def operating(judged: Sequence[Judged], answered: Sequence[bool]) -> Point | None:
    """The point of a run in which those questions were answered; None without questions."""
    return _point(None, judged, answered) if judged else None


def _point(threshold: float | None, judged: Sequence[Judged], answered: Sequence[bool]) -> Point:
    pairs = list(zip(judged, answered, strict=True))
    return Point(
        threshold,
        sum(answered) / len(judged) if judged else 0.0,
        _mean([float(one.right) for one, shown in pairs if shown]),
        _mean([float(shown) for one, shown in pairs if one.answerable]),
        _mean([float(not shown) for one, shown in pairs if not one.answerable]),
    )


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def reliability_table(bins: Sequence[Bin]) -> str:
    """The bins as aligned lines; a bin without questions has no figures."""
    lines = [f"{'confidence':11}  {'n':>5}  {'predicted':>9}  {'true':>9}"]
    for one in bins:
        cells = "".join(f"  {value:9.3f}" for value in (one.predicted, one.true) if value is not None)
        lines.append(f"{one.low:.1f} to {one.high:.1f}   {one.n:5}{cells}")
    return "\n".join(lines)


def curve_csv(points: Sequence[Point]) -> str:
    """The curve as CSV with a header; an empty cell where there is nothing to take a share of."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(Point.__dataclass_fields__), lineterminator="\n")
    writer.writeheader()
    for point in points:
        writer.writerow({k: "" if v is None else f"{v:.6f}" for k, v in asdict(point).items()})
    return out.getvalue()


def curve_svg(points: Sequence[Point], given: Point | None) -> str:
    """The curve as an SVG picture: accuracy over coverage, with the point `given`, that of the run, marked."""
    drawn = [(p.coverage, p.accuracy) for p in points if p.accuracy is not None]
    line = " ".join(f"{_x(coverage):.1f},{_y(accuracy):.1f}" for coverage, accuracy in drawn)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        'font-size="13" fill="#333">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
    ]
    for tenth in range(0, 11, 2):
        share = tenth / 10
        parts.append(
            f'<path d="M{_x(share):.1f} {_y(0):.1f}V{_y(1):.1f}M{_x(0):.1f} {_y(share):.1f}H{_x(1):.1f}" '
            'stroke="#ddd" fill="none"/>'
        )
        parts.append(f'<text x="{_x(share):.1f}" y="{_y(0) + 18:.1f}" text-anchor="middle">{share:.1f}</text>')
        parts.append(f'<text x="{_x(0) - 8:.1f}" y="{_y(share) + 4:.1f}" text-anchor="end">{share:.1f}</text>')
    parts.append(f'<polyline points="{line}" stroke="#1f5fa8" stroke-width="2" fill="none"/>')
    if given is not None and given.accuracy is not None:
        parts.append(f'<circle cx="{_x(given.coverage):.1f}" cy="{_y(given.accuracy):.1f}" r="5" fill="#b3261e"/>')
        label = f"this run: {given.coverage:.0%} answered, {given.accuracy:.0%} of these right"
        parts.append(f'<text x="{_x(0.02):.1f}" y="{_y(0.04):.1f}">{label}</text>')
    parts.append(f'<text x="{_x(0.5):.1f}" y="{_HEIGHT - 10}" text-anchor="middle">share of questions answered</text>')
    parts.append(
        f'<text transform="translate(16 {_y(0.5):.1f}) rotate(-90)" text-anchor="middle">share of answers right</text>'
    )
    return "\n".join([*parts, "</svg>"]) + "\n"


def _x(share: float) -> float:
    return _EDGE + share * (_WIDTH - 2 * _EDGE)


def _y(share: float) -> float:
    return _HEIGHT - _EDGE - share * (_HEIGHT - 2 * _EDGE)
