"""The small form of `python tests/stress_service.py`: ten users for five seconds."""

from __future__ import annotations

import asyncio

from stress_service import HEAD, Level, load, server


def test_ten_users_at_once_are_all_answered() -> None:
    with server(0) as (address, pid):
        level = asyncio.run(load(address, pid, 10, 5.0))
    assert level.wrong == [] and level.busy == 0
    assert len(level.answered) >= 10
    assert level.loads and level.before > 100
    assert level.row().count("|") == HEAD.splitlines()[0].count("|")


def test_what_counts_as_met() -> None:
    met = Level(1, 1.0, [0.1], 0, [], [0.5], 100.0, 104.0)
    assert met.good and "OK" in met.row() and "+4.0 %" in met.row()
    for change in ({"answered": []}, {"wrong": ["500"]}, {"loads": [2.5]}, {"after": 106.0}):
        assert not Level(**{**vars(met), **change}).good
