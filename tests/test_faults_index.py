"""A small form of `stress_index`: each fault once or twice, nothing lost, stale or wrong after it."""

from __future__ import annotations

from pathlib import Path

import pytest
from index_faults import FAULTS, run
from index_kit import Counting
from index_place import Outcome, Place, check

from embeddings import generation
from embeddings.storage import Damaged

SEVERAL = {"kill -9 during an ingest": 2, "kill -9 during a switch": 4, "questions while pages go": 3}


@pytest.mark.parametrize("name", FAULTS)
def test_nothing_is_lost_stale_or_wrong_after(name: str, tmp_path: Path) -> None:
    found = run(name, tmp_path, SEVERAL.get(name, 1), seed=1)
    if found.notes.startswith("not tried"):
        pytest.skip(found.notes)
    assert found.clean, found


def test_the_check_counts_what_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The figures above are worth something only if a fault that is not survived shows in them."""
    place = Place.make(tmp_path, seed=2)
    place.open().close()
    stale = place.open()
    deleted = sorted(place.pages.glob("*.txt"))[0]
    deleted.unlink()
    place.add()
    monkeypatch.setattr(Place, "open", lambda self, encoder=None: stale)
    outcome = Outcome()
    check(place, outcome)
    assert (outcome.lost, outcome.stale, outcome.survived) == (1, 1, 0)
    monkeypatch.undo()
    place.open().close()

    def unchecked(folder: Path, manifest: object, name: str) -> None:
        if not (folder / name).exists():
            raise Damaged(name, "is missing")

    vectors = place.generation / "vectors.faiss"
    data = bytearray(vectors.read_bytes())
    data[-1] ^= 64
    vectors.write_bytes(data)
    monkeypatch.setattr(generation, "check_file", unchecked)
    outcome = Outcome()
    check(place, outcome, Counting("toy", Counting.fingerprint))
    assert outcome.wrong == 1 and not outcome.clean
