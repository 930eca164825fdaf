"""papers.toml: what it says of which file, that nothing wrong in it stops anything, and that it is no page."""

from __future__ import annotations

import dataclasses
import datetime
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy_encoder import ToyEncoder

from corpus.records import Page
from embeddings.index import open_index
from qa import papers
from qa.archive import Archive
from qa.cite import cite
from qa.cite_formats import bibliography, bibtex, csl, gbt, markdown, reference, ris
from qa.papers import Paper, Papers, PapersFile, parse, read_papers
from qa.plain import one_line

PAGE = "新桥通车\n\n■记者 王一山\n\n本报讯 柳湾大桥昨天通车,全长860米。\n\n市民可以步行过桥。\n"
WHOLE = """
title = "柳湾日报"
place = "柳湾"
publisher = "柳湾日报社"
issn = "2049363x"
[files."*.txt"]
page_name = "要闻"
[files."20260402_*"]
date = 2026-05-02
page = "A03"
page_name = "民生"
"""


def page(source: str, date: str | None = None, number: str | None = None) -> Page:
    return Page(source, PAGE, "0", date, number, (), ())


def test_defaults_globs_and_the_page_itself() -> None:
    found = parse(WHOLE.replace("2049363x", "20493630").encode())
    assert found.problems == ()
    common = Paper("柳湾日报", "柳湾", "柳湾日报社", "2049-3630")
    assert found.of(page("a/b.pdf", "2026-04-01", "2")) == Paper(
        *("柳湾日报", "柳湾", "柳湾日报社", "2049-3630"), datetime.date(2026, 4, 1), "2", file="a/b.pdf"
    )
    assert found.defaults == common and found.of(page("b.pdf")) == dataclasses.replace(common, file="b.pdf")
    # What is written wins over what the page and its file's name say, and the last entry that fits over those before.
    wins = found.of(page("2026/20260402_03.txt", "2026-04-02", "3"))
    assert (wins.date, wins.page, wins.page_name) == (datetime.date(2026, 5, 2), "A3", "民生")
    assert found.of(page("c.txt")).page_name == "要闻"


def test_a_name_is_itself_before_it_is_a_glob_whatever_wrote_it() -> None:
    found = parse('[files."[1]e\u0301.txt"]\npage = 4\n'.encode())
    assert found.of(page("x/[1]\u00e9.txt")).page == "4"
    assert found.of(page("1\u00e9.txt")).page == "4"  # as a glob
    assert found.of(page("2\u00e9.txt")).page is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('tittle = "x"', "there is no field 'tittle'; the fields are title, place, publisher, issn, date, page"),
        ("title = 3", "title is 3; expected a text of 1 to 200 characters."),
        ('title = " \\n"', "title is ''; expected a text"),
        ('place = ""', "place is empty; expected a text"),
        (f'publisher = "{"长" * 201}"', "expected a text of 1 to 200 characters."),
        ('issn = "2049-3631"', "issn is '2049-3631'; expected an ISSN with its right check digit"),
        ('date = "2026-02-30"', "date is '2026-02-30'; expected a day such as 2026-04-01."),
        ("date = 2026-04-01T10:00:00", "expected a day such as 2026-04-01."),
        ("page = 0", "page is 0; expected a page's number such as 3 or A3."),
        ("page = true", "page is True; expected a page's number"),
        ('page = "../3"', "page is '../3'; expected a page's number"),
        (f"page = 0x{'f' * 5000}", "page is a long number; expected"),
        ("page = [3]", "page is a list; expected"),
        ("files = 1", "files is 1; expected tables such as"),
        ('[files]\n"a.txt" = 3', "files.a.txt is 3; expected a table of fields."),
        ('[files."a.txt"]\npage = -1', "page under [files.'a.txt'] is -1; expected"),
    ],
)
def test_a_bad_entry_is_one_sentence_and_the_rest_counts(text: str, said: str) -> None:
    good = 'publisher = "柳湾日报社"\n' if "publisher" not in text else 'title = "柳湾日报"\n'
    found = parse((good + text).encode())
    (problem,) = found.problems
    assert said in problem and problem.startswith("papers.toml: ") and "\n" not in problem and problem.endswith(".")
    assert found.of(page("a.txt")) in (Paper(publisher="柳湾日报社", file="a.txt"), Paper("柳湾日报", file="a.txt"))


@pytest.mark.parametrize("data", [b"title = ", "title = '报'".encode("gb18030"), b"a=" + b"[" * 100_000, b"\0"])
def test_what_is_no_toml_says_nothing(data: bytes) -> None:
    found = parse(data)
    assert (found.defaults, found.entries) == (Paper(), ()) and len(found.problems) == 1


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_no_bytes_stop_it(data: bytes) -> None:
    assert all(problem and "\n" not in problem for problem in parse(data).problems)


@given(st.text(min_size=1, max_size=80), st.text(min_size=1, max_size=20))
def test_any_title_is_read_back_on_one_line(title: str, name: str) -> None:
    quoted = "".join(f"\\U{ord(char):08X}" for char in title if not "\ud800" <= char <= "\udfff")
    found = parse(f'title = "{quoted}"'.encode())
    expected = one_line("".join(char for char in title if not "\ud800" <= char <= "\udfff"))
    assert found.of(page(name)).title == (expected or None)


def test_the_file_of_a_folder_or_beside_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(PAGE, "utf-8")
    assert read_papers(tmp_path) == read_papers(tmp_path / "a.txt") == read_papers(tmp_path / "none") == Papers()
    (tmp_path / "papers.toml").write_bytes(b"\xef\xbb\xbf" + 'title = "柳湾日报"\r\n'.encode())
    assert read_papers(tmp_path).defaults == read_papers(tmp_path / "a.txt").defaults == Paper("柳湾日报")
    (tmp_path / "papers.toml").unlink()
    (tmp_path / "papers.toml").mkdir()
    assert read_papers(tmp_path).problems
    (tmp_path / "papers.toml").rmdir()
    (tmp_path / "papers.toml").write_bytes(b"#" * (2**20 + 1))
    assert "1 MB" in read_papers(tmp_path).problems[0]


def test_a_change_shows_at_once_and_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[Path] = []
    monkeypatch.setattr(papers, "read_papers", lambda place: (reads.append(place), read_papers(place))[1])
    follow = PapersFile(tmp_path)
    assert follow.now() == follow.now() == Papers() and len(reads) == 1
    (tmp_path / "papers.toml").write_text('title = "柳湾日报"', "utf-8")
    assert follow.now().defaults.title == follow.now().defaults.title == "柳湾日报" and len(reads) == 2
    (tmp_path / "papers.toml").write_text('title = "山前日报"', "utf-8")
    os.utime(tmp_path / "papers.toml", ns=(1, 1))
    assert follow.now().defaults.title == "山前日报"
    (tmp_path / "papers.toml").unlink()
    assert follow.now() == Papers()


def test_it_is_no_page_and_changes_no_index(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(PAGE, "utf-8")
    encoder = ToyEncoder()
    before = open_index(tmp_path, encoder).statistics()
    (tmp_path / "papers.toml").write_text('title = "柳湾日报"\n', "utf-8")
    after = open_index(tmp_path, encoder)
    assert [one.source for one in after.pages] == ["a.txt"] and not after.skipped
    assert after.statistics() == before


def test_in_every_form_of_citation(tmp_path: Path) -> None:
    (tmp_path / "20260402_03.txt").write_text(PAGE, "utf-8")
    (tmp_path / "papers.toml").write_text(WHOLE.replace("2049363x", "2049-3630"), "utf-8")
    hit = Archive.open(tmp_path).retrieve("柳湾大桥有多长?", k=1)[0]
    known = read_papers(tmp_path)
    one = reference(hit, known)
    assert gbt(one).startswith("王一山. 新桥通车[N]. 柳湾日报, 2026-05-02(A3). 20260402_03.txt 第1段. baowen:")
    lines = ris(one).split("\n")
    for field in ("T2  - 柳湾日报", "SP  - A3", "SE  - 民生", "CY  - 柳湾", "PB  - 柳湾日报社", "SN  - 2049-3630"):
        assert field in lines
    for field in ("location = {柳湾}", "publisher = {柳湾日报社}", "issn = {2049-3630}", "titleaddon = {民生}"):
        assert f"  {field},\n" in bibtex(one)
    assert csl(one) | {
        "section": "民生", "publisher-place": "柳湾", "publisher": "柳湾日报社", "ISSN": "2049-3630"
    } == csl(one)  # fmt: skip
    assert ", *柳湾日报*, 2026-05-02, 第A3版, 民生, " in markdown(one)
    assert cite(hit, known) == "20260402_03.txt 柳湾日报 2026-05-02 第A3版 民生 《新桥通车》第1段"
    assert cite(hit) == "20260402_03.txt 2026-04-02 第3版 《新桥通车》第1段"
    # A name that is given wins over the file's; a file can be shown under another name.
    assert "山前日报, 2026-05-02(A3)" in bibliography([hit], "gbt", known.titled("山前日报"))
    shown = known.showing({"20260402_03.txt": "头版.pdf"})
    assert ". 头版.pdf 第1段. " in bibliography([hit], "gbt", shown)
    assert cite(hit, shown).startswith("头版.pdf 柳湾日报 ")


def test_a_page_that_has_only_a_name() -> None:
    found = parse('title = "柳湾日报"\npage_name = "要闻版"'.encode())
    assert found.of(page("a.txt")) == Paper("柳湾日报", page_name="要闻版", file="a.txt")


@given(st.text(max_size=60), st.integers(1, 30))
def test_one_line(text: str, longest: int) -> None:
    line = one_line(text, longest)
    assert len(line) <= longest and line == line.strip() and len(line.splitlines()) <= 1
    assert one_line(one_line(text)) == one_line(text)
    assert not set(line) & set("\0\t\r\n\u202a\u202e\u2066\u2069\u200e\x85\u2028")
