"""Which newspaper a file is of, as a file papers.toml beside the pages says.

    title = "柳湾日报"             # of all pages; every line may be left out
    place = "柳湾"
    publisher = "柳湾日报社"
    issn = "2049-3630"

    [files."20260401_*.txt"]      # a file's name or path, or a glob for it; of several that fit the last counts
    date = 2026-04-01
    page = 3
    page_name = "民生"

What stands there wins over what a page prints and its file's name says, since somebody wrote it on purpose; where it
says nothing, date and page are the page's own, and all else is left out. It is read apart from the pages: a change
shows at once, and nothing is indexed anew.
"""

from __future__ import annotations

import dataclasses
import datetime
import re
import tomllib
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any, Final

from corpus.issue import issue_day, page_key
from corpus.records import Page
from qa.plain import one_line

FILE: Final = "papers.toml"
_LARGEST: Final = 2**20  # bytes
_LONGEST: Final = 200  # characters of a value
_PAGE: Final = re.compile(r"[A-Z]{0,2}[1-9]\d{0,2}")
_ISSN: Final = re.compile(r"(\d{4})-?(\d{3}[\dXx])")


@dataclass(frozen=True, slots=True)
class Paper:
    """What is known of a file's newspaper and issue, on one line each; None for what is not known.

    `issn` is 1234-5679; `page` is a number or a letter and a number (3, A3). `file` is what the file is called where it
    is shown, "" in what is said of several files.
    """

    title: str | None = None
    place: str | None = None
    publisher: str | None = None
    issn: str | None = None
    date: datetime.date | None = None
    page: str | None = None
    page_name: str | None = None
    file: str = ""

    def over(self, below: Paper) -> Paper:
        """This, and `below` where this says nothing."""
        known = {part.name: value for part in fields(self) if (value := getattr(self, part.name))}
        return dataclasses.replace(below, **known)


@dataclass(frozen=True, slots=True)
class Papers:
    """What is known of the papers of a folder.

    `entries` are globs with what they say, of which the last counts; `problems` are sentences on entries that could not
    be used; `names` are what files are called where they are shown, by their path below the folder.
    """

    defaults: Paper = Paper()
    entries: tuple[tuple[str, Paper], ...] = ()
    problems: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    def of(self, page: Page) -> Paper:
        """What is known of a page's paper: date and page are the page's own where papers.toml is silent."""
        number = None if page.page is None or not one_line(page.page) else one_line(page.page)
        found = self.defaults.over(Paper(date=issue_day(page.date), page=number))
        for pattern, paper in self.entries:
            if _fits(pattern, page.source):
                found = paper.over(found)
        return dataclasses.replace(found, file=self.names.get(page.source, page.source))

    def titled(self, title: str | None) -> Papers:
        """The same with another newspaper's name for every file; None changes nothing."""
        if title is None or not one_line(title):
            return self
        return dataclasses.replace(self, entries=(*self.entries, ("*", Paper(title=one_line(title)))))

    def showing(self, names: Mapping[str, str]) -> Papers:
        """The same with other names to show for files, by their path below the folder."""
        return dataclasses.replace(self, names=names)

    def spoken(self, text: str) -> str:
        """A sentence on a file, such as why it was not read, with the name that the file is shown under."""
        for source, name in self.names.items():
            text = text.replace(source, name)
        return text


def read_papers(pages: Path) -> Papers:
    """What papers.toml says, in the folder `pages` or beside it where that is a file; nothing where there is none.

    It never fails: an entry that is wrong is left out, and `problems` say which and what was expected.
    """
    place = _place(pages)
    try:
        if not place.exists():
            return Papers()
        if not place.is_file() or place.stat().st_size > _LARGEST:
            return _unread("is no file of at most 1 MB")
        return parse(place.read_bytes())
    except OSError as error:
        return _unread(f"cannot be read ({error.strerror or error})")


def _place(pages: Path) -> Path:
    return pages / FILE if pages.is_dir() else pages.with_name(FILE)


def parse(data: bytes) -> Papers:
    """What the bytes of a papers.toml say. As `read_papers`, it never fails."""
    try:
        whole = tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return _unread("is not in UTF-8")
    except (ValueError, RecursionError) as error:  # a TOMLDecodeError, or a number of thousands of digits
        return _unread(f"is no TOML ({one_line(str(error), 120) or 'nested too deep'})")
    problems: list[str] = []
    files = whole.pop("files", {})
    defaults = _paper(whole, "", problems)
    if not isinstance(files, dict):
        problems.append(_problem("files", files, 'tables such as [files."20260401_*.txt"]'))
        files = {}
    entries = []
    for pattern, table in files.items():
        where = f" under [files.{one_line(pattern, 60)!r}]"
        if not isinstance(table, dict):
            problems.append(_problem("files." + one_line(pattern, 60), table, "a table of fields"))
        elif (paper := _paper(table, where, problems)) != Paper():
            entries.append((pattern, paper))
    return Papers(defaults, tuple(entries), tuple(problems))


def _unread(why: str) -> Papers:
    return Papers(problems=(f"{FILE} {why}; its entries are left out until it is a TOML file in UTF-8.",))


def _paper(table: Mapping[str, Any], where: str, problems: list[str]) -> Paper:
    known: dict[str, Any] = {}
    for key, value in table.items():
        reader = _FIELDS.get(key)
        if reader is None:
            names = ", ".join(_FIELDS)
            problems.append(f"{FILE}: there is no field {one_line(key, 60)!r}{where}; the fields are {names}.")
            continue
        read, expected = reader
        found = read(value)
        if found is None:
            problems.append(_problem(key + where, value, expected))
        else:
            known[key] = found
    return Paper(**known)


def _problem(key: str, value: object, expected: str) -> str:
    return f"{FILE}: {key} is {_shown(value)}; expected {expected}."


def _shown(value: object) -> str:
    if isinstance(value, str):
        return repr(one_line(value, 40)) if value else "empty"
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "a list"
    if isinstance(value, int) and abs(value) > 10**12:  # Python may refuse to write it down
        return "a long number"
    return str(value)


def _text(value: object) -> str | None:
    if not isinstance(value, str) or len(value) > _LONGEST:
        return None
    return one_line(value) or None


def _day(value: object) -> datetime.date | None:
    if type(value) is datetime.date:  # a time of day is no date, though Python has it as a kind of date
        return value
    return issue_day(value) if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value) else None


def _page_number(value: object) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1000:
        return str(value)
    key = page_key(value) if isinstance(value, str) and len(value) < 10 else ""
    return key if _PAGE.fullmatch(key) else None


def _issn(value: object) -> str | None:
    """The number with its hyphen, if its check digit is right: the sum of the digits times 8, 7 … 1 divides by 11."""
    match = _ISSN.fullmatch(value.strip()) if isinstance(value, str) and value.isascii() else None
    if match is None:
        return None
    digits = (match[1] + match[2]).upper()
    total = sum((10 if char == "X" else int(char)) * (8 - n) for n, char in enumerate(digits))
    return f"{digits[:4]}-{digits[4:]}" if total % 11 == 0 else None


_TEXT: Final = f"a text of 1 to {_LONGEST} characters"
_FIELDS: Final[dict[str, tuple[Callable[[object], Any], str]]] = {
    "title": (_text, _TEXT),
    "place": (_text, _TEXT),
    "publisher": (_text, _TEXT),
    "issn": (_issn, "an ISSN with its right check digit, such as 2049-3630"),
    "date": (_day, "a day such as 2026-04-01"),
    "page": (_page_number, "a page's number such as 3 or A3"),
    "page_name": (_text, _TEXT),
}


def _fits(pattern: str, source: str) -> bool:
    """Whether a name or glob means a file, by its path below the folder or its name alone."""
    # A Mac writes the same letters in another form than the editor in which the name was typed.
    wanted, path = (unicodedata.normalize("NFC", text) for text in (pattern, source))
    names = (path, PurePosixPath(path).name)
    return any(name == wanted or fnmatchcase(name, wanted) for name in names)


class PapersFile:
    """The papers.toml of a folder, read again when it has changed. Several threads may use one."""

    def __init__(self, pages: Path) -> None:
        self._pages = pages
        self._read: tuple[tuple[int, int] | None, Papers] | None = None

    def now(self) -> Papers:
        """What it says now."""
        seen = self._seen()
        last = self._read
        if last is None or last[0] != seen:
            last = self._read = (seen, read_papers(self._pages))
        return last[1]

    def _seen(self) -> tuple[int, int] | None:
        try:
            status = _place(self._pages).stat()
        except OSError:
            return None
        return status.st_size, status.st_mtime_ns
