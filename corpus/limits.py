"""How much a page file may hold, and how long and with how much memory it may be read.

BAOWEN_PAGE_SECONDS   seconds that a file may take to be read (60); a picture, or each sheet of a PDF, five times as
                      long, for its text may have to be recognised, and a whole PDF or picture fifty times
BAOWEN_PAGE_MEMORY    MB of memory that reading a file may take (1536); three times as much for pictures and PDFs

A file over a limit is skipped with its reason. Memory is limited on Linux; macOS keeps no such limit.
"""

from __future__ import annotations

import functools
import hashlib
import os
from dataclasses import dataclass
from importlib import metadata

from corpus.errors import InputError, PagesError
from corpus.records import Extracted, Page

_SECONDS, _MEGABYTES = 60.0, 1536.0
_SLOWER, _LARGER, _SHEETS = 5, 3, 10
_LIBRARIES = (
    "charset-normalizer", "lxml", "lxml_html_clean", "markdown-it-py", "onnxruntime", "pillow", "pypdfium2",
    "python-docx", "rapidocr", "trafilatura",
)  # fmt: skip
# A broadsheet page holds some 10,000 characters in 500 lines and 20 items; a file may hold a year's volume.
MOST_CHARACTERS = 6_000_000
MOST_LINES = 200_000
LONGEST_LINE = 200_000
MOST_ARTICLES = 20_000


@dataclass(frozen=True, slots=True)
class Limits:
    """`seconds` without a sign of progress, `total` seconds in all, and `megabytes` of memory."""

    seconds: float
    total: float
    megabytes: int


def reading_limits(recognised: bool) -> Limits:
    """The limits that the environment sets, or the usual ones.

    :param recognised: whether the file may hold pictures whose text has to be recognised.
    :raises InputError: if an environment variable is no number that can be a limit.
    """
    seconds = _number("BAOWEN_PAGE_SECONDS", _SECONDS) * (_SLOWER if recognised else 1)
    megabytes = _number("BAOWEN_PAGE_MEMORY", _MEGABYTES) * (_LARGER if recognised else 1)
    return Limits(seconds, seconds * (_SHEETS if recognised else 1), int(megabytes))


@functools.cache
def _readers() -> str:
    """Which libraries that read page files are installed, in which versions: a short hash."""
    return hashlib.sha256("\n".join(map(_version, _LIBRARIES)).encode()).hexdigest()[:12]


def _version(library: str) -> str:
    try:
        return f"{library} {metadata.version(library)}"
    except metadata.PackageNotFoundError:
        return library


def conditions(limits: Limits | None) -> str:
    """What besides its bytes and Baowen's version decides whether a file can be read, as text that can be compared.

    :param limits: those of the file, where they decide as well.
    """
    if limits is None:
        return f"readers {_readers()}"
    return f"readers {_readers()}, {limits.seconds:g} and {limits.total:g} s, {limits.megabytes} MB"


def _number(variable: str, usual: float) -> float:
    given = os.environ.get(variable)
    if given is None:
        return usual
    try:
        value = float(given)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e6:
        raise InputError(f"{variable} is {given!r}; it must be a number over 0, as {usual:.0f}, or be left unset.")
    return value


def check_text(found: Extracted, name: str) -> None:
    """Refuse text that is too much for one page.

    :raises PagesError: if it has too many characters or lines, or too long a line.
    """
    if len(found.text) > MOST_CHARACTERS:
        raise PagesError(
            f"{name} has {len(found.text):,} characters, a file may have {MOST_CHARACTERS:,} at most; split it."
        )
    lines = found.text.count("\n")
    if lines > MOST_LINES:
        raise PagesError(f"{name} has {lines:,} lines, a file may have {MOST_LINES:,} at most; split it.")
    longest = max(map(len, found.text.split("\n")), default=0)
    if longest > LONGEST_LINE:
        raise PagesError(
            f"{name} has a line of {longest:,} characters, a line may have {LONGEST_LINE:,} at most; break it."
        )


def check_page(page: Page) -> Page:
    """The page given.

    :raises PagesError: if it holds too many articles.
    """
    if len(page.articles) > MOST_ARTICLES:
        raise PagesError(
            f"{page.source} holds {len(page.articles):,} articles, a file may hold {MOST_ARTICLES:,} at most; split it."
        )
    return page
