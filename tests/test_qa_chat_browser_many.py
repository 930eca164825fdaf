"""The small form of `python tests/stress_browser.py`: a few readers at once, each with answers of their own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from qa.archive import Archive

pytest.importorskip("playwright.sync_api", reason="Playwright for Python is not installed.")

from stress_browser import answer_milliseconds, chromium, crowd, has_chromium, started


@pytest.mark.skipif(not has_chromium(), reason="No Chromium is installed.")
def test_readers_at_once_do_not_mix(archive: Archive, cache: Path) -> None:
    command = (sys.executable, "app.py", "--port", "0")
    with chromium() as browser, started(command, {"BAOWEN_CACHE": str(cache)}) as chat:
        many = crowd(browser, chat.address, archive, readers=4, turns=1)
        assert many.wrong == [] and len(many.taken) == 4
        assert all(taken > 0 for taken in answer_milliseconds(browser, chat.address, 2))
