"""What each line was read as, and reading many files one after the other."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from corpus.files import iter_pages, list_files, sample_pages
from corpus.page import read_page
from corpus.records import Extracted, Page, Skipped
from corpus.report import Reading, readings, unread
from qa.cli import main

TEXT = "云州日报\n\n甲事\n\n■记者 王一\n\n本报讯 甲的开\n\n头。(下转2版)\n\n扫一扫\n"


def test_readings_name_every_line_in_order() -> None:
    page = read_page(Extracted(TEXT), "page.txt", "0" * 64)
    assert [(r.line, r.item, r.role, r.text) for r in readings(page)] == [
        (1, 0, "page name", "云州日报"),
        (3, 1, "headline", "甲事"),
        (5, 1, "byline", "■记者 王一"),
        (7, 1, "paragraph 1", "本报讯 甲的开"),
        (9, 1, "paragraph 1", "头。"),
        (9, 1, "jump mark", "(下转2版)"),
        (11, 0, "QR hint", "扫一扫"),
    ]
    assert all(TEXT[r.span[0] : r.span[1]] == r.text for r in readings(page))
    assert unread(page) == []


def test_what_was_read_as_nothing_is_found() -> None:
    page = read_page(Extracted(TEXT), "page.txt", "0" * 64)
    lost = Page(page.source, page.text, page.sha256, None, None, (), page.furniture)
    assert [page.text[a:b].split() for a, b in unread(lost)] == [
        ["甲事", "■记者", "王一", "本报讯", "甲的开", "头。(下转2版)"]
    ]


def test_report_on_the_command_line(tmp_path: Path, cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "20260401_02版.txt").write_text(TEXT, "utf-8")
    assert main(["index", str(tmp_path), "--report"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "20260401_02版.txt (2026-04-01 第2版): 1 article"
    assert lines[3].split() == ["5", "1", "byline", "■记者", "王一"]
    assert main(["index", str(tmp_path), "--report", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert Reading(**{k: tuple(v) if k == "span" else v for k, v in rows[1].items() if k != "source"}) == Reading(
        3, (6, 8), 1, "headline", "甲事"
    )


def test_several_processes_read_the_same_pages_in_the_same_order(tmp_path: Path) -> None:
    for copy in range(8):
        shutil.copytree(sample_pages(), tmp_path / f"{copy}")
    (tmp_path / "3" / "bad.txt").write_bytes(b"\x00\x01\x02" * 30)
    told: list[tuple[int, int]] = []
    one = list(iter_pages(tmp_path, workers=1))
    two = list(iter_pages(tmp_path, progress=lambda _, done, of: told.append((done, of)), workers=2))
    assert two == one
    assert [page.source for page in one] == [path.as_posix() for path in list_files(tmp_path)]
    assert [page.source for page in one if isinstance(page, Skipped)] == ["3/bad.txt"]
    assert told[0] == (0, 41) and told[-1] == (41, 41) and told == sorted(told)


def test_pages_come_before_all_are_read(tmp_path: Path) -> None:
    (tmp_path / "1.txt").write_text(TEXT, "utf-8")
    (tmp_path / "2.txt").write_text(TEXT, "utf-8")
    pages = iter_pages(tmp_path)
    assert next(pages).source == "1.txt"
    (tmp_path / "2.txt").write_text("", "utf-8")
    assert isinstance(next(pages), Skipped)
