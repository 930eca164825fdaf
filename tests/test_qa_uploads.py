"""Uploads: what is taken by its content, under which name it lies, and that nothing half done is ever a page."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path
from typing import IO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import InputError, StorageError
from corpus.formats import SUFFIXES
from corpus.issue import date_and_page
from qa.archive import Archive
from qa.cite import cite
from qa.folders import uploads as module
from qa.folders.uploads import Limits, Uploads, stored_name
from qa.papers import Papers

TEXT = "新桥通车\n\n■记者 王一山\n\n本报讯 柳湾大桥昨天通车,全长860米。\n"
PAGE = TEXT.encode()
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
JPEG = b"\xff\xd8\xff\xe0" + bytes(40)
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"


def zipped(*names: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as package:
        for name in names:
            package.writestr(name, "<x/>")
    return held.getvalue()


WORD = zipped("[Content_Types].xml", "word/document.xml")


@pytest.fixture
def uploads(tmp_path: Path) -> Uploads:
    return Uploads(tmp_path / "uploads")


def files(uploads: Uploads) -> list[str]:
    """All files but the lock, by their path below the uploads' folder."""
    root = uploads.pages.parent
    return sorted(
        path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file() and path.name != ".lock"
    )


def test_a_page_is_kept_listed_and_removed(uploads: Uploads, tmp_path: Path) -> None:
    first = uploads.add("20260401_03版.TXT", PAGE)
    second = uploads.add("b.md", io.BytesIO(PAGE + b"more"))
    assert (uploads.pages / first.source).read_bytes() == PAGE and first.size == len(PAGE)
    assert first.source == f"2026-04-01_第3版_{first.id}.txt" and second.source == f"{second.id}.md"
    again = Uploads(tmp_path / "uploads")  # after a restart
    assert again.all() == (first, second)
    assert again.names() == {first.source: "20260401_03版.txt", second.source: "b.md"}
    assert again.remove(first.id) == first
    assert uploads.all() == (second,)
    assert files(uploads) == [f"about/{second.id}.json", f"pages/{second.id}.md"]
    with pytest.raises(InputError, match="There is no uploaded page"):
        uploads.remove(first.id)


def test_its_pages_are_an_archive_that_shows_its_names(uploads: Uploads) -> None:
    upload = uploads.add("我的 20260401_03版.txt", PAGE)
    hit = Archive.open(uploads.pages).retrieve("柳湾大桥有多长?", k=1)[0]
    # The issue is read from the stored name, so what the uploader's said about it is not lost.
    assert hit.page.source == upload.source and (hit.page.date, hit.page.page) == ("2026-04-01", "3")
    shown = cite(hit, Papers().showing(uploads.names()))
    assert shown == "我的 20260401_03版.txt 2026-04-01 第3版 《新桥通车》第1段"


def test_what_is_said_of_a_file_names_it_as_it_is_shown(uploads: Uploads) -> None:
    uploads.add("a.txt", PAGE)
    uploads.add("坏的.docx", WORD)  # it begins like one
    (skipped,) = Archive.open(uploads.pages).skipped
    said = Papers().showing(uploads.names()).spoken(skipped.reason)
    assert said.startswith("坏的.docx is a damaged Word file") and skipped.source not in said


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.exe", PAGE, "a.exe is of no kind that is read"),
        ("", PAGE, "A file without a name is of no kind that is read"),
        (".txt", PAGE, "of no kind"),
        ("a.txt", b" \n", "a.txt is empty"),
        ("a.pdf", b"", "a.pdf is empty"),
        ("a.txt", PDF, "a.txt is no plain text: by its content it is a PDF; save it as what it is"),
        ("a.md", b"\n" + PDF, "by its content it is a PDF"),
        ("a.txt", b"#!/bin/sh\nrm -r x\n", "it is a program"),
        ("a.txt", bytes(range(256)) * 4, "a.txt is no text in UTF-8"),
        ("a.html", PNG, "a.html is no web page: by its content it is a PNG picture"),
        ("a.html", b"nothing marked up", "a.html is no web page: its content is something else"),
        ("a.pdf", PAGE, "a.pdf is no PDF: its content is something else"),
        ("a.png", JPEG, "a.png is no PNG picture: by its content it is a JPEG picture"),
        ("a.jpg", PNG, "a.jpg is no JPEG picture"),
        ("a.docx", zipped("mimetype", "content.xml"), "a.docx is no Word file: by its content it is an archive"),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), "it is an Office file of the old kind"),
        ("a.docx", PAGE, "a.docx is no Word file"),
    ],
)
def test_what_is_not_what_it_says_is_refused(uploads: Uploads, name: str, data: bytes, said: str) -> None:
    with pytest.raises(InputError) as refused:
        uploads.add(name, data)
    assert said in str(refused.value) and "\n" not in str(refused.value)
    assert files(uploads) == [] and uploads.all() == ()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        *[("a.png", PNG), ("a.jpg", JPEG), ("a.JPEG", JPEG), ("a.pdf", b"junk\n" + PDF), ("a.docx", WORD)],
        *[("a.html", b"<p>" + PAGE), ("a.htm", "<p>新桥".encode("utf-16")), ("a.md", PAGE)],
        *[("a.txt", TEXT.encode("gb18030")), ("b.txt", TEXT.encode("utf-16"))],
    ],
)
def test_every_kind_that_is_read_is_taken(uploads: Uploads, name: str, data: bytes) -> None:
    upload = uploads.add(name, data)
    assert upload.source.endswith(tuple(SUFFIXES)) and uploads.all() == (upload,)


def test_limits(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path, Limits(file_bytes=100, files=3, all_bytes=205))
    with pytest.raises(InputError, match=r"a\.txt has more than .* MB, the most that is taken; split it\."):
        uploads.add("a.txt", b"x" * 101)
    first = uploads.add("a.txt", b"x" * 100)
    with pytest.raises(InputError, match=r"^b\.txt is here already, as a\.txt; nothing was added\.$"):
        uploads.add("b.txt", b"x" * 100)
    uploads.add("b.txt", b"y" * 100)
    with pytest.raises(InputError, match=r"^c\.txt has 0\.0 MB, there is room for 0\.0; remove some pages\.$"):
        uploads.add("c.txt", b"z" * 6)
    uploads.add("c.txt", b"z" * 5)
    with pytest.raises(
        InputError, match=r"There are 3 pages already, the most that are kept; remove some to add d\.txt"
    ):
        uploads.add("d.txt", b"w")
    uploads.remove(first.id)
    uploads.add("b.txt", b"x" * 100)
    assert sorted(upload.name for upload in uploads.all()) == ["b (2).txt", "b.txt", "c.txt"]
    assert not [name for name in files(uploads) if "tmp" in name]


def test_an_endless_upload_is_cut_off(tmp_path: Path) -> None:
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size: int = -1) -> bytes:
            self.given += size
            return b"x" * size

    stream = Endless()
    with pytest.raises(InputError, match="the most that is taken"):
        Uploads(tmp_path, Limits(file_bytes=3 * 2**20)).add("a.txt", stream)  # type: ignore[arg-type]
    assert stream.given <= 5 * 2**20


HOSTILE = [
    "../../etc/passwd.txt", "..\\..\\x.txt", "/etc/a.txt", "C:\\a.txt", "a\0b.txt", "a\nb.txt", "\u202egpj.txt",
    "CON.txt", "长" * 300 + ".txt", "-rf.txt", "~.txt", "$(id).txt", "<img src=x onerror=alert(1)>.txt",
    "a\ud800.txt", "..txt",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_reaches_the_file_system(uploads: Uploads, name: str) -> None:
    upload = uploads.add(name, PAGE)
    assert upload.source == f"{upload.id}.txt"
    assert files(uploads) == [f"about/{upload.id}.json", f"pages/{upload.id}.txt"]
    assert len(upload.name) <= 120 and upload.name.isprintable() and not set(upload.name) & set("/\\")
    assert [child.name for child in uploads.pages.parent.parent.iterdir()] == ["uploads"]
    assert (uploads.pages / upload.source).stat().st_mode & 0o177 == 0
    assert Uploads(uploads.pages.parent).names() == {upload.source: upload.name}


@given(st.text(max_size=30), st.sampled_from(["", "20260401", "2026-4-1 ", "A03版", "第三版", "20260401_03", "P12"]))
def test_a_stored_name_holds_nothing_of_the_given_but_its_issue(text: str, issue: str) -> None:
    given_name = text.replace("/", "") + issue + text.replace("/", "") + ".txt"
    name = stored_name(given_name, "abcdefghijklmnop", ".txt")
    date, page = date_and_page(given_name)
    found = date_and_page(name)
    assert found[0] == date and found[1] in (page, None if page is None else page.lstrip("0"))
    rest = name.removesuffix("abcdefghijklmnop.txt").replace(date or "", "").replace(f"第{page}版", "").strip("_")
    assert rest == ""


def test_what_a_killed_writer_left_is_no_page(uploads: Uploads) -> None:
    upload = uploads.add("a.txt", PAGE)
    root = uploads.pages.parent
    (root / "about" / ("b" * 16 + ".json")).write_text('{"id": "' + "b" * 16, "utf-8")
    note = json.loads((root / "about" / f"{upload.id}.json").read_bytes())
    other = note | {"id": "c" * 16, "source": "c" * 16 + ".txt"}  # its page was never put in place
    (root / "about" / ("c" * 16 + ".json")).write_text(json.dumps(other), "utf-8")
    away = note | {"id": "d" * 16, "source": "../../secret" + "d" * 16 + ".txt"}
    (root / "about" / ("d" * 16 + ".json")).write_text(json.dumps(away), "utf-8")
    (root / "about" / "tmp-1").write_text("x", "utf-8")
    for name, age in (("tmp-old", 90_000), ("tmp-new", 0)):
        (root / name).write_text("x", "utf-8")
        os.utime(root / name, (time.time() - age,) * 2)
    assert uploads.all() == (upload,)
    with pytest.raises(InputError):
        uploads.remove("d" * 16)
    with pytest.raises(InputError):
        uploads.remove("../about/" + upload.id)
    second = uploads.add("b.txt", PAGE + b"2")
    assert uploads.all() == (upload, second)
    assert files(uploads) == sorted(
        [f"about/{one.id}.json" for one in (upload, second)]
        + [f"pages/{one.id}.txt" for one in (upload, second)]
        + ["tmp-new"]
    )


def test_killed_at_any_step_it_leaves_the_page_or_nothing(tmp_path: Path) -> None:
    """A process that dies at the first, second … call that changes the folder."""
    code = """
import os, sys
from pathlib import Path
from qa.folders.uploads import Uploads

def dying(call, left):
    def run(*args, **kwargs):
        left[0] -= 1
        return call(*args, **kwargs) if left[0] >= 0 else os._exit(9)
    return run

for steps in range(6):
    if not os.fork():
        uploads, left = Uploads(Path(sys.argv[1], str(steps))), [steps]
        os.replace, os.fsync = dying(os.replace, left), dying(os.fsync, left)
        uploads.add("a.txt", b"page")
        os._exit(0)
    os.wait()
"""
    root = Path(module.__file__).parents[1]
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=root, check=True, timeout=60)
    left = []
    for steps in range(6):
        uploads = Uploads(tmp_path / str(steps))
        left.append((len(uploads.all()), len(list(uploads.pages.iterdir()))))
        if not uploads.all():
            uploads.add("a.txt", b"page")
        assert [upload.name for upload in uploads.all()] == ["a.txt"]
    # What is synced and renamed: the page, the note, the note's name, the page's name.
    assert left == [(0, 0)] * 4 + [(1, 1)] * 2


def test_a_full_disk_is_one_sentence(uploads: Uploads, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match=r"^a\.txt cannot be kept \(No space left on device\); free some space\.$"):
        uploads.add("a.txt", PAGE)
    assert files(uploads) == []


def test_many_at_once(tmp_path: Path) -> None:
    """Eight threads with objects of their own hand in the same forty pages."""
    refused: list[str] = []

    def work() -> None:
        mine = Uploads(tmp_path)
        for n in range(40):
            try:
                mine.add("a.txt", PAGE + str(n).encode())
            except InputError as error:
                refused.append(str(error))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = Uploads(tmp_path).all()
    assert len(kept) == len({upload.sha256 for upload in kept}) == len({upload.name for upload in kept}) == 40
    assert len(refused) == 7 * 40 and all("is here already" in text for text in refused)


def test_a_slow_upload_holds_nobody_up(uploads: Uploads) -> None:
    started, go = threading.Event(), threading.Event()

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            started.set()
            assert go.wait(20)
            return super().read(size)

    stream: IO[bytes] = Slow(PAGE)
    thread = threading.Thread(target=uploads.add, args=("slow.txt", stream))
    thread.start()
    assert started.wait(20)
    assert uploads.add("quick.txt", PAGE + b"2").name == "quick.txt"
    go.set()
    thread.join()
    assert {upload.name for upload in uploads.all()} == {"slow.txt", "quick.txt"}
