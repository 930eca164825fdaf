"""Citations: what each form says, that other programs read it back unchanged, and that addresses last."""

from __future__ import annotations

import json
from pathlib import Path

import bibtexparser
import pytest
import rispy
from bibtexparser.middlewares import LatexDecodingMiddleware, RemoveEnclosingMiddleware
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from corpus.passages import passages_of
from corpus.records import Article, Block, Page, Passage
from qa.archive import Archive
from qa.cite import cite, place
from qa.cite_formats import bibliography, bibtex, csl, gbt, latex, markdown, reference, ris
from qa.cli import main
from qa.records import Hit

PAGE = "新桥通车\n\n■记者 王一山 通讯员 李小禾\n\n本报讯 柳湾大桥昨天通车,全长860米。\n\n市民可以步行过桥。\n"
AWKWARD = r"50% of {A_b} & C$ #1 ~ ^ \x *y* [z](u) <b> `q` |"


def hit(
    headline: str = "新桥通车",
    reporters: tuple[str, ...] = ("王一山",),
    correspondents: tuple[str, ...] = (),
    photographers: tuple[str, ...] = (),
    date: str | None = "2026-04-01",
    page: str | None = "3",
    kind: str = "article",
    source: str = "20260401_03版.txt",
    text: str = "柳湾大桥昨天通车,全长860米。",
) -> Hit:
    block = Block(text, ((0, len(text)),))
    photo = kind == "photo"
    article = Article(
        "0123456789ab", source, "photo" if photo else "article", headline, (), (), (block,), (), "", (),
        reporters, correspondents, photographers,
    )  # fmt: skip
    name = "0123456789ab-c0" if photo else "0123456789ab-p0"
    passage = Passage(name, source, article.id, headline, "caption" if photo else "body", 0, text, block.spans)
    return Hit(passage, article, Page(source, text, "0", date, page, (article,), ()), 1.0)


NOTE = "20260401_03版.txt 第1段"
ADDRESS = "baowen:0123456789ab-p0"


def test_all_that_is_known() -> None:
    one = reference(hit(correspondents=("李小禾",)), "柳湾日报")
    assert gbt(one) == f"王一山, 李小禾. 新桥通车[N]. 柳湾日报, 2026-04-01(3). {NOTE}. {ADDRESS}"
    assert ris(one).split("\n") == [
        "TY  - NEWS",
        f"ID  - {ADDRESS}",
        "AU  - 王一山",
        "AU  - 李小禾",
        "TI  - 新桥通车",
        "T2  - 柳湾日报",
        "PY  - 2026",
        "DA  - 2026/04/01",
        "SP  - 3",
        f"N1  - {NOTE}; {ADDRESS}",
        "ER  - ",
    ]
    assert bibtex(one).split("\n") == [
        f"@article{{{ADDRESS},",
        "  author = {{王一山} and {李小禾}},",
        "  title = {{新桥通车}},",
        "  journal = {柳湾日报},",
        "  entrysubtype = {newspaper},",
        "  year = {2026},",
        "  month = apr,",
        "  day = {1},",
        "  pages = {3},",
        "  note = {20260401\\_03版.txt 第1段; " + ADDRESS + "}",
        "}",
    ]
    assert csl(one) == {
        "id": ADDRESS,
        "type": "article-newspaper",
        "title": "新桥通车",
        "author": [{"literal": "王一山"}, {"literal": "李小禾"}],
        "container-title": "柳湾日报",
        "issued": {"date-parts": [[2026, 4, 1]]},
        "page": "3",
        "language": "zh",
        "note": f"{NOTE}; {ADDRESS}",
    }
    assert markdown(one) == (
        f"王一山、李小禾, 《新桥通车》, *柳湾日报*, 2026-04-01, 第3版, 20260401\\_03版.txt 第1段, `{ADDRESS}`"
    )


def test_what_is_not_known_is_left_out() -> None:
    one = reference(hit(reporters=(), date=None, page=None, source="a.txt"))
    assert gbt(one) == f"新桥通车[N]. a.txt 第1段. {ADDRESS}"
    assert ris(one).split("\n") == [
        "TY  - NEWS", f"ID  - {ADDRESS}", "TI  - 新桥通车", f"N1  - a.txt 第1段; {ADDRESS}", "ER  - ",
    ]  # fmt: skip
    assert bibtex(one) == f"@misc{{{ADDRESS},\n  title = {{{{新桥通车}}}},\n  note = {{a.txt 第1段; {ADDRESS}}}\n}}"
    assert set(csl(one)) == {"id", "type", "title", "language", "note"}
    assert markdown(one) == f"《新桥通车》, a.txt 第1段, `{ADDRESS}`"
    for empty in ("", " \n"):
        assert reference(hit(), empty).paper is None


@pytest.mark.parametrize(
    ("date", "page", "paper", "issue"),
    [
        ("2026-04-01", None, "柳湾日报", "柳湾日报, 2026-04-01"),
        ("2026-04-01", "A3", None, "2026-04-01(A3)"),
        (None, "3", "柳湾日报", "柳湾日报(3)"),
        (None, "3", None, "(3)"),
    ],
)
def test_parts_of_an_issue(date: str | None, page: str | None, paper: str | None, issue: str) -> None:
    assert gbt(reference(hit(date=date, page=page), paper)) == f"王一山. 新桥通车[N]. {issue}. {NOTE}. {ADDRESS}"


def test_more_than_three_names() -> None:
    four = reference(hit(reporters=("甲一", "乙二", "丙三", "丁四")))
    assert gbt(four).startswith("甲一, 乙二, 丙三, 等. 新桥通车[N]")
    assert ris(four).count("AU  - ") == 4
    latin = reference(hit(reporters=("Ann Lee", "Bo Hu", "Cy Ma", "Di Xu")))
    assert gbt(latin).startswith("Ann Lee, Bo Hu, Cy Ma, et al. 新桥通车[N]")


def test_a_photo_is_its_photographers_and_an_untitled_item_has_its_opening_words() -> None:
    text = "几只白鹭昨天停在柳湾大桥的栏杆上,引来不少市民拍照。"
    photo = hit("", ("王一山",), (), ("赵青禾",), kind="photo", text=text)
    assert reference(photo).authors == ("赵青禾",)
    assert reference(photo).title == "几只白鹭昨天停在柳湾大桥的栏杆上,引来不…"
    assert len(reference(photo).title) == 21
    assert reference(hit("", kind="photo")).authors == ("王一山",)
    assert place(photo) == "图片说明" and cite(photo).endswith("图片说明")


def test_ris_is_read_back() -> None:
    hits = [hit(AWKWARD, ("王一山", "李小禾")), hit("第二行\nER  - \nTY  - BOOK", date=None)]
    first, second = rispy.loads(bibliography(hits, "ris", "柳湾 & 日报"))
    assert first["type_of_reference"] == second["type_of_reference"] == "NEWS"
    assert first["authors"] == ["王一山", "李小禾"] and first["title"] == AWKWARD
    assert (first["year"], first["date"], first["start_page"]) == ("2026", "2026/04/01", "3")
    assert first["secondary_title"] == "柳湾 & 日报"
    assert second["title"] == "第二行 ER - TY - BOOK" and "year" not in second


def _parsed_bibtex(text: str, decode: bool = True) -> list[dict[str, str]]:
    stack = [RemoveEnclosingMiddleware(), *([LatexDecodingMiddleware()] if decode else [])]
    library = bibtexparser.parse_string(text, parse_stack=stack)
    assert not library.failed_blocks
    return [
        {"type": entry.entry_type, "key": entry.key} | {field.key: str(field.value) for field in entry.fields}
        for entry in library.entries
    ]


def test_bibtex_is_read_back() -> None:
    hits = [hit("100%安全_桥 & 路 $1 #1 ~", ("王一山",)), hit(kind="photo", headline="", date=None)]
    first, second = _parsed_bibtex(bibliography(hits, "bibtex", "柳湾日报"))
    assert (first["type"], first["key"]) == ("article", ADDRESS)
    # The inner braces, which keep a title as it is, are no part of the text.
    assert first["title"].strip("{}") == "100%安全_桥 & 路 $1 #1 ~"
    assert (first["year"], first["month"], first["day"], first["journal"]) == ("2026", "apr", "1", "柳湾日报")
    assert second["key"] == "baowen:0123456789ab-c0" and "year" not in second
    lone, after = _parsed_bibtex(bibliography([hit("单{括号^"), hit("下一篇}", kind="photo")], "bibtex"), decode=False)
    assert (
        lone["title"] == r"{单\textbraceleft{}括号\textasciicircum{}}"
        and after["title"] == r"{下一篇\textbraceright{}}"
    )


@given(st.text(max_size=40))
def test_no_text_breaks_a_form(title: str) -> None:
    one = hit(title, (title, "王一山"))
    text = bibtex(reference(one, title))
    assert text.count("{") == text.count("}")
    depth = 0
    for char in text:
        depth += (char == "{") - (char == "}")
        assert depth >= 0
    lines = ris(reference(one, title)).splitlines()
    assert all(line[2:6] == "  - " for line in lines) and [line[:2] for line in lines].count("ER") == 1
    assert len(markdown(reference(one, title)).splitlines()) == len(gbt(reference(one, title)).splitlines()) == 1
    (item,) = json.loads(bibliography([one], "csl", title))
    assert item["title"] == reference(one).title


def test_markdown_shows_what_is_printed() -> None:
    one = hit(AWKWARD, ("Ann *Lee*",))
    html = MarkdownIt().render(markdown(reference(one, "A_b_c *日报*")))
    text = MarkdownIt().parseInline(markdown(reference(one, "A_b_c *日报*")))[0].children
    assert text is not None
    shown = "".join(token.content for token in text)
    assert shown == f"Ann *Lee*, “{AWKWARD}”, A_b_c *日报*, 2026-04-01, 第3版, {NOTE}, {ADDRESS}"
    assert html.count("<em>") == html.count("<code>") == 1 and "<a " not in html and "<b>" not in html


def test_latex_escapes() -> None:
    assert latex(r"a\b{c}") == r"a\textbackslash{}b\textbraceleft{}c\textbraceright{}"
    assert latex("1 & 2 %") == r"1 \& 2 \%"


def test_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "20260401_03版.txt").write_text(PAGE, "utf-8")
    asked = [str(folder), "柳湾大桥有多长?"]
    assert main(["ask", *asked, "--cite", "gbt", "--paper", "柳湾日报"]) == 0
    *_, quote, cited = capsys.readouterr().out.splitlines()
    assert "860米" in quote
    assert cited.startswith("王一山, 李小禾. 新桥通车[N]. 柳湾日报, 2026-04-01(3). 20260401_03版.txt 第1段. baowen:")
    assert main(["search", *asked, "--cite", "ris", "--k", "3"]) == 0
    assert len(rispy.loads(capsys.readouterr().out)) == 3
    assert main(["search", *asked, "--cite", "csl"]) == 0
    assert {item["type"] for item in json.loads(capsys.readouterr().out)} == {"article-newspaper"}
    assert main(["ask", *asked, "--cite", "bibtex", "--json"]) == 0
    passages = json.loads(capsys.readouterr().out)["passages"]
    assert all(row["reference"].startswith(f"@misc{{baowen:{row['id']},") for row in passages)
    (folder / "papers.toml").write_text('title = "山前日报"\npage = 4\nisn = "1"\n', "utf-8")
    assert main(["search", *asked, "--cite", "gbt", "--k", "1"]) == 0
    shown = capsys.readouterr()
    assert "[N]. 山前日报, 2026-04-01(4). " in shown.out
    assert shown.err.startswith("baowen: papers.toml: there is no field 'isn'; the fields are title")
    assert main(["ask", *asked, "--cite", "csl", "--paper", "柳湾日报"]) == 0
    assert '"container-title": "柳湾日报"' in capsys.readouterr().out
    assert main(["ask", *asked]) == 0 and "papers.toml" not in capsys.readouterr().err
    with pytest.raises(SystemExit) as stop:
        main(["ask", *asked, "--cite", "apa"])
    assert stop.value.code == 2


def _ids(folder: Path) -> dict[tuple[str, str], tuple[str, str]]:
    """(source, text of a passage) → its article's id and its own, as an opened archive gives them."""
    archive = Archive.open(folder)
    return {(p.source, p.text): (p.article_id, p.id) for page in archive.pages for p in passages_of(page)}


def test_addresses_last(tmp_path: Path) -> None:
    folder = tmp_path / "papers"
    folder.mkdir()
    other = PAGE.replace("柳湾", "山前").replace("新桥", "老桥")
    (folder / "m.txt").write_text(PAGE, "utf-8")
    (folder / "z.txt").write_text(other, "utf-8")
    before = _ids(folder)
    kept = {key: value for key, value in before.items() if key[0] == "m.txt"}
    assert len(kept) == 4 and len({passage for _, passage in kept.values()}) == 4
    (folder / "a.txt").write_text(other.replace("860", "910"), "utf-8")
    (folder / "z.txt").write_text(other.replace("860", "920"), "utf-8")
    after = _ids(folder)
    assert {key: after[key] for key in kept} == kept
    changed = {key: value for key, value in after.items() if key[0] == "z.txt"}
    # An article whose text has changed is another one.
    assert {article for article, _ in changed.values()}.isdisjoint({article for article, _ in before.values()})
    (folder / "z.txt").unlink()
    (folder / "a.txt").unlink()
    assert _ids(folder) == kept
    # Read in another place, from nothing: the folder's own path is no part of an id.
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "m.txt").write_text(PAGE, "utf-8")
    assert _ids(elsewhere) == kept
    # Another article on the same page changes nothing.
    (folder / "m.txt").write_text(f"{PAGE}\n\n湖边新路\n\n■记者 陈白石\n\n本报讯 湖边新路昨天开工,长3公里。\n", "utf-8")
    assert {key: value for key, value in _ids(folder).items() if key in kept} == kept


def test_a_renamed_file_has_other_addresses(tmp_path: Path) -> None:
    """The file's name is part of an id: two copies of a text are two things to cite."""
    (tmp_path / "m.txt").write_text(PAGE, "utf-8")
    before = _ids(tmp_path)
    (tmp_path / "m.txt").rename(tmp_path / "n.txt")
    after = _ids(tmp_path)
    assert {text for _, text in before} == {text for _, text in after}
    assert set(before.values()).isdisjoint(after.values())
    # Only the article's part differs: the paragraphs keep theirs.
    assert [value[1].split("-")[1] for value in before.values()] == [v[1].split("-")[1] for v in after.values()]
