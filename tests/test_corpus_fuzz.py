"""A small part of `stress_pages.py`: hostile and broken files are read, or skipped with a clear reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from fuzz_pages import bombs, inputs
from stress_pages import clear
from test_corpus_page import account

from corpus.files import iter_pages
from corpus.records import Skipped


def test_files_are_the_same_for_the_same_seed() -> None:
    assert list(inputs(30, 3)) == list(inputs(30, 3)) != list(inputs(30, 4))


def test_hostile_files_are_read_or_skipped_with_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corpus.files._PLAIN", 0)  # none of them by this process
    files = dict(inputs(150, 11)) | dict(bombs(large=False))
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    found = list(iter_pages(tmp_path, workers=2))
    assert len(found) == len(files)
    skipped = [each for each in found if isinstance(each, Skipped)]
    assert [each for each in skipped if not clear(each.reason) or each.source not in each.reason] == []
    assert [each.reason for each in skipped if "fault of Baowen" in each.reason or "crashed" in each.reason] == []
    pages = [each for each in found if not isinstance(each, Skipped)]
    assert len(pages) > 40 and len(skipped) > 40
    for page in pages:
        account(page)
