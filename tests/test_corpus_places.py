"""Odd names, links, pipes and files that change while they are read."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from corpus import read_pages
from corpus.errors import PagesError
from corpus.files import list_files, read_file
from corpus.places import read_bytes
from corpus.records import Corpus

TEXT = "菜场换新颜\n\n■记者 王一\n\n本报讯 老菜场改造后,摊位增加到60个。\n"


def reasons(corpus: Corpus) -> dict[str, str]:
    return {skipped.source: skipped.reason for skipped in corpus.skipped}


def test_names_that_are_odd_but_can_be_shown_are_read(tmp_path: Path) -> None:
    names = ["a..txt", "a b📰.txt", "-rf.txt", "$(x);'\"&.txt", "<img src=x>.txt", "%2e%2e.txt", "a..\\..\\x.txt",
             "\u200f عدد.txt", "页" * 83 + ".txt", "甲.TXT"]  # fmt: skip
    for name in names:
        (tmp_path / name).write_text(TEXT, "utf-8")
    corpus = read_pages(tmp_path)
    assert sorted(page.source for page in corpus.pages) == sorted(names) and corpus.skipped == ()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"a\nb.txt", "a\\nb.txt"),
        (b"\x1b[31m.txt", "\\x1b[31m.txt"),
        (b"\xff\xfe.txt", "\\udcff\\udcfe.txt"),
        ("a\u202etxt.exe.txt".encode(), "a\\u202etxt.exe.txt"),
        ("\u2028.txt".encode(), "\\u2028.txt"),
    ],
)
def test_names_that_cannot_be_shown_are_refused(tmp_path: Path, name: bytes, shown: str) -> None:
    (tmp_path / os.fsdecode(name)).write_text(TEXT, "utf-8")
    (tmp_path / "good.txt").write_text(TEXT, "utf-8")
    corpus = read_pages(tmp_path)
    assert [page.source for page in corpus.pages] == ["good.txt"]
    assert reasons(corpus) == {shown: f"{shown} has a name with characters that cannot be shown; rename it."}


def test_links_are_followed_inside_the_folder_alone(tmp_path: Path) -> None:
    outside, pages = tmp_path / "outside", tmp_path / "pages"
    (pages / "sub").mkdir(parents=True)
    outside.mkdir()
    for path in (outside / "secret.txt", pages / "sub" / "page.txt"):
        path.write_text(TEXT, "utf-8")
    for link, target in {
        "inside.txt": "sub/page.txt", "out.txt": outside / "secret.txt", "up.txt": "../outside/secret.txt",
        "folder": outside,
        "again": "sub", "loop": ".", "circle.txt": "circle.txt", "gone.txt": "nowhere.txt", "zero.txt": "/dev/zero",
    }.items():  # fmt: skip
        (pages / link).symlink_to(target)
    corpus = read_pages(pages)
    assert [page.source for page in corpus.pages] == ["inside.txt", "sub/page.txt"]
    why = reasons(corpus)
    assert sorted(why) == ["circle.txt", "folder", "gone.txt", "out.txt", "up.txt", "zero.txt"]
    out = "leads out of the folder of pages and was not followed; put the pages themselves in it."
    assert {name for name in why if why[name] == f"{name} {out}"} == {"folder", "out.txt", "up.txt", "zero.txt"}
    assert "circle.txt cannot be read" in why["circle.txt"] and "gone.txt cannot be read" in why["gone.txt"]
    with pytest.raises(PagesError, match="leads out of the folder"):
        read_file(pages, Path("../outside/secret.txt"))


def test_a_link_that_is_named_itself_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "page.txt").write_text(TEXT, "utf-8")
    (tmp_path / "folder").symlink_to("real")
    (tmp_path / "file.txt").symlink_to("real/page.txt")
    assert [page.source for page in read_pages(tmp_path / "folder").pages] == ["page.txt"]
    assert [page.source for page in read_pages(tmp_path / "file.txt").pages] == ["file.txt"]


def test_what_is_no_file_is_named_and_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "folder.txt").mkdir()
    (tmp_path / "folder.txt" / "page.txt").write_text(TEXT, "utf-8")
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(tmp_path / "socket.txt"))
        corpus = read_pages(tmp_path)
    assert [page.source for page in corpus.pages] == ["folder.txt/page.txt"]
    why = reasons(corpus)
    assert why["pipe.txt"] == "pipe.txt is no ordinary file but a pipe, socket or device; put a file in its place."
    assert "socket.txt cannot be read" in why["socket.txt"]


def test_a_folder_that_cannot_be_listed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "closed").mkdir()
    (tmp_path / "page.txt").write_text(TEXT, "utf-8")
    whole = os.scandir

    def scandir(path: str | Path) -> object:
        if os.fspath(path).endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return whole(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert list_files(tmp_path) == [Path("closed"), Path("page.txt")]
    with pytest.raises(
        PagesError, match=r"closed cannot be read \(Permission denied\); check the file and its rights\."
    ):
        read_file(tmp_path, Path("closed"))


def test_a_file_that_changes_while_it_is_read_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "page.txt"
    place.write_text("旧", "utf-8")
    whole, times = os.fstat, 0

    def fstat(number: int) -> os.stat_result:
        nonlocal times
        times += 1
        if times == 2:  # after it was read for the first time
            place.write_text("新的一页", "utf-8")
        return whole(number)

    monkeypatch.setattr("corpus.places.os.fstat", fstat)
    assert read_bytes(tmp_path, Path("page.txt")).decode() == "新的一页"
    assert times == 4


def test_a_file_that_grows_over_the_limit_or_vanishes_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "page.txt").write_bytes(b"a" * 100)
    monkeypatch.setattr("corpus.places.max_bytes", lambda name: 99)
    with pytest.raises(PagesError, match="has 0 MB, such a file may have 0 at most"):
        read_bytes(tmp_path, Path("page.txt"))
    files = list_files(tmp_path)
    (tmp_path / "page.txt").unlink()
    with pytest.raises(PagesError, match=r"page\.txt cannot be read .*No such file"):
        read_bytes(tmp_path, files[0])
