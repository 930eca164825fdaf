"""What the tests share: the sample pages opened once, in a cache folder of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from qa.archive import Archive

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache folder and one for data for all tests, so that none reads or writes the user's."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BAOWEN_CACHE", str(folder))
        patch.setenv("BAOWEN_DATA", str(folder / "data"))
        yield folder


@pytest.fixture(scope="session")
def archive(cache: Path) -> Archive:
    """The sample pages with the bundled encoder."""
    return Archive.open()
