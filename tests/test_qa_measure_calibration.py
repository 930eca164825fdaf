"""Reliability and coverage, derived by hand."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from qa.measure.calibration import (
    Bin,
    Judged,
    Point,
    curve,
    curve_csv,
    curve_svg,
    operating,
    reliability,
    reliability_table,
)
from qa.measure.calibration import summary as summarised

JUDGED = [
    Judged(0.95, True, True),
    Judged(1.0, False, False),
    Judged(0.32, True, True),
    Judged(0.38, False, True),
    Judged(0.05, False, False),
]


def test_reliability_by_hand() -> None:
    bins = reliability(JUDGED)
    assert len(bins) == 10 and sum(one.n for one in bins) == 5
    assert bins[9] == Bin(0.9, 1.0, 2, pytest.approx(0.975), 0.5)
    assert bins[3] == Bin(0.3, 0.4, 2, pytest.approx(0.35), 0.5)
    assert bins[0] == Bin(0.0, 0.1, 1, pytest.approx(0.05), 0.0)
    assert bins[5] == Bin(0.5, 0.6, 0, None, None)
    found = summarised(JUDGED)
    assert found["ece"] == pytest.approx((2 * 0.475 + 2 * 0.15 + 0.05) / 5)
    assert found["brier"] == pytest.approx((0.05**2 + 1 + 0.68**2 + 0.38**2 + 0.05**2) / 5)
    assert summarised([]) == {} and all(one.n == 0 for one in reliability([]))
    lines = reliability_table(bins).splitlines()
    assert lines[0].split() == ["confidence", "n", "predicted", "true"]
    assert lines[10].split() == ["0.9", "to", "1.0", "2", "0.975", "0.500"]
    assert lines[6].split() == ["0.5", "to", "0.6", "0"]


def test_curve_by_hand() -> None:
    points = curve(JUDGED)
    assert [point.threshold for point in points] == [0.0, 0.05, 0.32, 0.38, 0.95, 1.0]
    assert points[0] == points[1].__class__(0.0, 1.0, 0.4, 1.0, 0.0)
    assert points[2] == Point(0.32, 0.8, 0.5, 1.0, 0.5)
    assert points[3] == Point(0.38, pytest.approx(0.6), pytest.approx(1 / 3), pytest.approx(2 / 3), 0.5)
    assert points[5] == Point(1.0, 0.2, 0.0, 0.0, 0.5)
    assert curve([Judged(0.5, True, True)])[0].abstained is None


def test_the_point_of_a_run_is_what_was_answered_not_the_confidence() -> None:
    assert operating(JUDGED, [True, False, True, False, True]) == Point(
        None, 0.6, pytest.approx(2 / 3), pytest.approx(2 / 3), 0.5
    )
    assert operating([], []) is None


def test_csv_and_picture_hold_every_point() -> None:
    points = curve(JUDGED)
    lines = curve_csv(points).splitlines()
    assert lines[0] == "threshold,coverage,accuracy,answered,abstained" and len(lines) == 7
    assert lines[3] == "0.320000,0.800000,0.500000,1.000000,0.500000"
    assert curve_csv([Point(0.5, 0.0, None, None, None)]).splitlines()[1] == "0.500000,0.000000,,,"
    picture = ElementTree.fromstring(curve_svg(points, operating(JUDGED, [True] * 5)))
    line = picture.find("{http://www.w3.org/2000/svg}polyline")
    assert line is not None
    drawn = [tuple(map(float, pair.split(","))) for pair in line.attrib["points"].split()]
    assert len(drawn) == 6 and drawn[0] == (584.0, 240.8)  # all answered, 0.4 right: 364 - 0.4 * 308
    assert "this run: 100% answered, 40% of these right" in "".join(picture.itertext())
    assert "this run" not in curve_svg([], None)
