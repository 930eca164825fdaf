"""Files of every encoding are read; a bad one is skipped with its reason and never stops the rest."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from corpus import read_pages
from corpus.__main__ import main
from corpus.errors import PagesError
from corpus.files import list_files
from corpus.formats.text import decode

TEXT = "菜场换新颜\n\n■记者 王一\n\n本报讯 老菜场改造后,摊位增加到60个。\n"


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        codecs.BOM_UTF8 + TEXT.encode(),
        TEXT.encode("gb18030"),
        TEXT.encode("utf-16"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        TEXT.encode("utf-16-le"),
        TEXT.replace("\n", "\r\n").encode(),
    ],
    ids=["utf-8", "bom", "gb18030", "utf-16", "utf-16-be", "utf-16-le bare", "crlf"],
)
def test_encodings(data: bytes) -> None:
    assert decode(data, "page.txt") == TEXT


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b" \n\t", "empty"),
        (codecs.BOM_UTF8 + b" \n", "empty"),
        (bytes(range(256)) * 40, "no text"),
        (b"\x7fELF\x02\x01\x01" + b"\x00\x01\x02\x03" * 100, "no text"),
        ("新聞の見出しをここに書いておきます。".encode("shift_jis") * 5, "no text"),
        ("Les élèves ont déjà été reçus à Évian".encode("latin-1"), "no text"),
    ],
    ids=["empty", "white", "white with bom", "bytes", "elf", "shift-jis", "latin-1"],
)
def test_what_is_no_page(data: bytes, why: str) -> None:
    with pytest.raises(PagesError, match=why):
        decode(data, "page.txt")


def test_one_bad_file_is_skipped_with_its_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "子 文件夹📰").mkdir()
    (tmp_path / "子 文件夹📰" / "good.txt").write_text(TEXT, "utf-8")
    (tmp_path / "binary.txt").write_bytes(b"\x00\x01\x02\x03" * 50)
    (tmp_path / "empty.txt").write_bytes(b"")
    with (tmp_path / "large.txt").open("wb") as large:
        large.truncate(30 * 1024 * 1024)
    (tmp_path / ".hidden.txt").write_text(TEXT, "utf-8")
    (tmp_path / "notes.doc").write_text(TEXT, "utf-8")
    corpus = read_pages(tmp_path)
    assert [page.source for page in corpus.pages] == ["子 文件夹📰/good.txt"]
    assert {s.source: s.reason for s in corpus.skipped} == {
        "binary.txt": "binary.txt is no text in UTF-8, UTF-16 or GB18030 (it may be binary or in another encoding); "
        "save it as UTF-8 and try again.",
        "empty.txt": "empty.txt is empty; a page must hold text.",
        "large.txt": "large.txt has 30 MB, such a file may have 20 at most; split it.",
    }
    assert main([str(tmp_path)]) == 0
    assert capsys.readouterr().err.count("skipped") == 3


def test_single_file_is_a_corpus(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text(TEXT, "utf-8")
    (page,) = read_pages(tmp_path / "one.txt").pages
    assert page.source == "one.txt"


def test_missing_and_empty_folders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(PagesError, match="no folder or file"):
        list_files(tmp_path / "missing")
    with pytest.raises(PagesError, match="holds no page"):
        list_files(tmp_path)
    assert main([str(tmp_path / "missing")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
