"""Browsing: issues and pages in order, an article with what belongs to it, looking words up in what is open."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.files import read_pages
from corpus.fold import matching_form
from corpus.passages import passages_of
from corpus.records import Passage
from qa.archive import Archive
from qa.browsing.find import LONGEST, find
from qa.browsing.issues import issues, item, parts, reading, search
from qa.live import Live
from qa.papers import Papers, parse

DATA = Path(__file__).parent / "data"
FIRST = """新桥通车

■记者 王一山 通讯员 李小禾

本报讯 柳湾大桥昨天通车,全长860米。

怎么走

市民可以步行过桥,也可以坐12路公交车。大桥总投资一亿五千万元。 (下转2版)

小学搬迁

■记者 李小禾

本报讯 山前小学下周搬进新校舍,教室多了12间。
"""
SECOND = """新桥通车

(上接1版)

柳湾大桥的养护由市政公司负责,每年检查两次。



几只白鹭停在柳湾大桥的栏杆上,全长860米的大桥昨天通车。

摄影 赵青禾
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (
        ("20260401_01版", FIRST),
        ("20260401_02版", SECOND),
        ("20260401_A10版", FIRST),
        ("散页", SECOND),
    ):
        (tmp_path / f"{name}.txt").write_text(text, "utf-8")
    (tmp_path / "旧报").mkdir()
    (tmp_path / "旧报" / "20251231_2版.txt").write_text(SECOND.replace("柳湾", "山前"), "utf-8")
    (tmp_path / "旧报" / "散页.txt").write_text(FIRST.replace("柳湾", "山前"), "utf-8")
    return tmp_path


def test_issues_newest_first_and_pages_by_number(folder: Path) -> None:
    (folder / "20260401_A9版.txt").write_text(FIRST.replace("新桥", "旧桥"), "utf-8")
    found = issues(read_pages(folder).pages)
    assert [(issue.date, issue.folder, [sheet.source for sheet in issue.sheets]) for issue in found] == [
        (
            datetime.date(2026, 4, 1),
            "",
            ["20260401_01版.txt", "20260401_02版.txt", "20260401_A9版.txt", "20260401_A10版.txt"],
        ),
        (datetime.date(2025, 12, 31), "", ["旧报/20251231_2版.txt"]),
        (None, "", ["散页.txt"]),
        (None, "旧报", ["旧报/散页.txt"]),
    ]
    items = found[0].sheets[0].items
    assert [(one.title, one.kind, one.signed, one.paragraphs) for one in items] == [
        ("新桥通车", "article", ("王一山", "李小禾"), 2),
        ("小学搬迁", "article", ("李小禾",), 1),
    ]


def test_what_papers_toml_says_of_date_page_and_paper_counts(folder: Path) -> None:
    said = parse(
        'title = "柳湾日报"\n[files."散页.txt"]\ndate = 2026-04-02\npage = 7\n'
        '[files."旧报/*"]\ntitle = "山前日报"'.encode()
    )
    found = issues(read_pages(folder).pages, said.showing({"散页.txt": "我的散页.pdf"}))
    assert (
        [(issue.title, issue.date) for issue in found]
        == [
            ("山前日报", datetime.date(2026, 4, 2)),  # the last entry that fits: 散页.txt is the name of both
            ("柳湾日报", datetime.date(2026, 4, 2)),
            ("柳湾日报", datetime.date(2026, 4, 1)),
            ("山前日报", datetime.date(2025, 12, 31)),
        ]
        or [issue.title for issue in found[:2]] == ["柳湾日报", "山前日报"]
    )
    sheet = next(sheet for issue in found for sheet in issue.sheets if sheet.source == "散页.txt")
    assert (sheet.paper.page, sheet.paper.file) == ("7", "我的散页.pdf")


def test_every_article_of_the_sample_is_listed_once_and_can_be_read(archive: Archive) -> None:
    listed = [one for issue in issues(archive.pages) for sheet in issue.sheets for one in sheet.items]
    assert [one.article_id for one in listed] == [a.id for page in archive.pages for a in page.articles]
    assert all(one.title and one.title == " ".join(one.title.split()) for one in listed)
    for one in listed:
        found = reading(archive, one.article_id)
        assert found is not None
        article = found.article
        assert [part.text for part in found.parts if part.kind == "paragraph"] == [b.text for b in article.paragraphs]
        numbers = [part.paragraph for part in found.parts if part.paragraph is not None]
        assert numbers == list(range(len(article.paragraphs)))
        # All that the article prints is in some part, and nothing twice.
        assert sorted(span for part in found.parts for span in part.spans) == list(article.spans)
        names = [other.article_id for other in found.neighbours]
        assert names == [a.id for a in found.page.articles if a.id != article.id]
        assert (
            article.id not in {other.article_id for other in (*found.related, *found.photos)}
            and len(found.related) <= 5
        )


def test_parts_stand_as_printed(folder: Path) -> None:
    article = read_pages(folder).pages[0].articles[0]
    assert [(part.kind, part.paragraph, part.text[:7]) for part in parts(article)] == [
        ("headline", None, "新桥通车"),
        ("byline", None, "■记者 王一山"),
        ("paragraph", 0, "本报讯 柳湾大"),
        ("subhead", None, "怎么走"),
        ("paragraph", 1, "市民可以步行过"),
        ("jump", None, "(下转2版)"),
    ]


def test_partners_photos_and_stories(folder: Path) -> None:
    for extra in ("20260401_A10版.txt", "散页.txt", "旧报/20251231_2版.txt", "旧报/散页.txt"):
        (folder / extra).unlink()
    archive = Archive.open(folder)
    first, school = archive.pages[0].articles
    second, photo = archive.pages[1].articles
    before = reading(archive, first.id)
    after = reading(archive, second.id)
    shown = reading(archive, photo.id)
    assert before is not None and after is not None and shown is not None
    assert (before.before, before.after) == (None, item(second))
    assert (after.before, after.after) == (item(first), None)
    assert [one.article_id for one in before.neighbours] == [school.id]
    # The photo's words stand in the front page's article, which is on another page.
    assert (
        (after.photos, shown.story) == ((), None) and item(photo).untitled and item(photo).title.startswith("几只白鹭")
    )
    assert second.id not in {one.article_id for one in before.related}
    assert reading(archive, "no such id") is None


def test_a_photo_beside_its_article(tmp_path: Path) -> None:
    page = FIRST + "\n\n几只白鹭停在新校舍的屋顶上,山前小学的教室多了12间。\n\n摄影 赵青禾\n"
    (tmp_path / "a.txt").write_text(page, "utf-8")
    archive = Archive.open(tmp_path)
    school, photo = archive.pages[0].articles[1:]
    assert photo.kind == "photo"
    story, shown = reading(archive, school.id), reading(archive, photo.id)
    assert story is not None and shown is not None
    assert story.photos == (item(photo),) and shown.story == item(school) and shown.photos == ()
    assert photo.id not in {one.article_id for one in story.related}


def test_a_page_that_goes_while_it_is_read(folder: Path) -> None:
    live = Live(lambda: Archive.open(folder))
    name = live.pages[0].articles[0].id
    assert reading(live, name) is not None
    (folder / live.pages[0].source).unlink()
    assert reading(live, name) is None
    live.close()


def shown(text: str, typed: str) -> list[tuple[list[str], bool]]:
    passage = Passage("x-p0", "a.txt", "x", "", "body", 0, text, ((0, len(text)),))
    return [([text[start:end] for start, end in one.ranges], one.exact) for one in find([passage], typed)]


@pytest.mark.parametrize(
    ("text", "typed", "found"),
    [
        ("柳湾大桥昨天通车,大桥很长。", "大桥", [(["大桥", "大桥"], True)]),
        ("大桥大桥大桥", "大桥", [(["大桥大桥大桥"], True)]),
        ("总投资一亿五千万元。", "1.5亿元", [(["一亿五千万元"], True)]),
        ("贷款1,500万元到账", "一千五百万", [(["1,500万元"], True)]),
        ("嘉興市的電車", "嘉兴市的电车", [(["嘉興市的電車"], True)]),
        ("ＡＢＣ公司", "abc", [(["ＡＢＣ"], True)]),
        ("二〇二六年四月一日开业", "2026年4月1日", [(["二〇二六年四月一日"], True)]),
        ("山前小学的新校舍下周启用", "小学 启用", [(["小学", "启用"], False)]),
        ("山前小学的新校舍下周启用", "校舍的小学", [(["小学", "校舍"], False)]),
        ("山前小学的新校舍", "小学 食堂", []),
        ("山前小学的新校舍", "的", [(["的"], True)]),
        ("山前小学的新校舍", " \n ", []),
        ("<b>&amp;</b>", "<b>", [(["<b>"], True)]),
        ("", "大桥", []),
    ],
)
def test_what_is_typed_is_found_however_it_is_printed(
    text: str, typed: str, found: list[tuple[list[str], bool]]
) -> None:
    assert shown(text, typed) == found


@given(
    st.text(alphabet="大桥1500万,元 一二AＢb\n〇興兴", max_size=30), st.text(alphabet="大桥15万元一Ab興 ", max_size=6)
)
def test_ranges_are_slices_that_hold_what_is_typed(text: str, typed: str) -> None:
    passage = Passage("x-p0", "a.txt", "x", "", "body", 0, text, ((0, len(text)),))
    wanted = matching_form(" ".join(typed.split())).text.strip()
    for one in find([passage], typed):
        assert wanted and one.ranges == tuple(sorted(one.ranges))
        assert all(0 <= start < end <= len(text) for start, end in one.ranges)
        if one.exact:
            assert all(wanted in matching_form(text[start:end]).text for start, end in one.ranges)


def test_in_pages_an_issue_and_an_article(folder: Path) -> None:
    archive = Archive.open(folder)
    pages = [page.source for page in reversed(archive.pages)]
    everywhere = search(archive, "大桥", pages)
    assert {one.passage.source for one in everywhere} == {page.source for page in archive.pages}
    order = [passage.id for page in archive.pages for passage in passages_of(page)]
    assert [one.passage.id for one in everywhere] == sorted((one.passage.id for one in everywhere), key=order.index)
    issue = next(issue for issue in issues(archive.pages) if issue.date == datetime.date(2025, 12, 31))
    assert {one.passage.source for one in search(archive, "大桥", [sheet.source for sheet in issue.sheets])} == {
        "旧报/20251231_2版.txt"
    }
    article = archive.pages[0].articles[0]
    inside = search(archive, "860 米", article_id=article.id)
    assert [one.passage.text[start:end] for one in inside for start, end in one.ranges] == ["860米"]
    # What stands there in one piece comes before what has the words alone.
    mixed = [one.exact for one in search(archive, "昨天通车 大桥", pages)]
    assert mixed == sorted(mixed, reverse=True) and not any(mixed)
    mixed = [one.exact for one in search(archive, "柳湾大桥", pages)]
    assert True in mixed and mixed == sorted(mixed, reverse=True)
    assert search(archive, "大桥", []) == [] and search(archive, "大桥", article_id="no such id") == []
    assert search(archive, "x" * 10 * LONGEST, pages) == []


def test_papers_are_optional(archive: Archive) -> None:
    assert issues(archive.pages) == issues(archive.pages, Papers()) and issues([]) == ()
