"""Dates, jump links, sheets and places as the command line and the chat show them, over the pages of one issue."""

from __future__ import annotations

import dataclasses
import datetime
import json
from pathlib import Path

import pytest

from corpus.dates import DateMention, dates_in
from corpus.records import Region
from qa.archive import Archive
from qa.browsing.issues import reading
from qa.chat.article import article_page
from qa.chat.cards import Around, cards
from qa.chat.glosses import date_line, date_notes, days, partner_link, partners
from qa.chat.labels import Language
from qa.chat.render import Note, marked, places
from qa.cite import cite
from qa.cli import main
from qa.measure.rows import dates_rows, hit_row, region_rows, shown_hit_row
from qa.papers import Papers

FRONT = "新桥通车\n\n■记者 王一\n\n本报讯 柳湾大桥昨天上午通车,全长860米,2024年3月5日开工。\n\n(下转2版)\n"
INSIDE = "(上接1版)\n\n新桥通车\n\n■记者 王一\n\n河岸近日种上了<b>香樟</b>,共120棵。\n"


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("papers")
    (folder / "20260401_01版.txt").write_text(FRONT, "utf-8")
    (folder / "20260401_02版.txt").write_text(INSIDE, "utf-8")
    return folder


@pytest.fixture(scope="module")
def issue(papers: Path) -> Archive:
    return Archive.open(papers)


def named(archive: Archive, source: str) -> str:
    (article,) = [a for a in archive.page(source).articles if a.kind == "article"]
    return article.id


def test_ask_says_issue_dates_place_and_continuation(
    papers: Path, issue: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ask", str(papers), "柳湾大桥有多长?", "--json"]) == 0
    reply = json.loads(capsys.readouterr().out)
    row = reply["passages"][reply["quote"]["passage"]]
    assert (row["date"], row["page"], row["regions"]) == ("2026-04-01", "1", [])
    assert row["continued"] == named(issue, "20260401_02版.txt")
    assert row["dates"] == [
        {"text": "昨天上午", "first": "2026-03-31", "last": "2026-03-31", "precision": "day"},
        {"text": "2024年3月5日", "first": "2024-03-05", "last": "2024-03-05", "precision": "day"},
    ]
    assert reply["answer"]["text"] == "860米" and reply["answer"]["dates"] == reply["answer"]["regions"] == []
    assert reply["quote"]["dates"] == row["dates"]


def test_search_says_the_same_and_the_last_article_goes_on_nowhere(
    papers: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["search", str(papers), "香樟种了多少棵", "--json", "--k", "1"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    row = json.loads(line)
    assert (row["page"], row["continued"]) == ("2", None)
    assert row["dates"] == [{"text": "近日", "first": "2026-03-18", "last": "2026-04-01", "precision": "around"}]


def test_a_row_of_results_keeps_its_keys(issue: Archive) -> None:
    (hit,) = issue.retrieve("柳湾大桥有多长?", 1)
    keys = ["id", "source", "article", "headline", "kind", "paragraph", "text", "spans", "score"]
    assert list(hit_row(hit)) == keys
    assert list(shown_hit_row(hit, None)) == [*keys, "date", "page", "dates", "regions", "continued"]


def test_only_dates_that_are_whole_in_the_quote_are_listed(issue: Archive) -> None:
    (hit,) = issue.retrieve("柳湾大桥有多长?", 1)
    start = hit.passage.text.index("上午")
    assert [row["text"] for row in dates_rows(hit, start, len(hit.passage.text))] == ["2024年3月5日"]


def test_a_pdf_is_cited_by_sheet_and_newspaper_page(issue: Archive) -> None:
    (hit,) = issue.retrieve("柳湾大桥有多长?", 1)
    (start, end), *_ = hit.passage.spans
    regions = (Region(start, end - 5, 3, (50, 100, 200, 112)), Region(end - 5, end, 4, (50, 40, 80, 52)))
    page = dataclasses.replace(hit.page, source="20260401.pdf", regions=regions)
    passage = dataclasses.replace(hit.passage, source="20260401.pdf")
    printed = dataclasses.replace(hit, page=page, passage=passage)
    assert cite(printed) == "20260401.pdf 第3、4页 2026-04-01 第1版 《新桥通车》第1段"
    assert cite(hit) == "20260401_01版.txt 2026-04-01 第1版 《新桥通车》第1段"
    assert places(printed, "en") == ["20260401.pdf", "sheet 3", "sheet 4", "2026-04-01", "page 1", "paragraph 1"]
    assert region_rows(page, [(start, start + 2)]) == [{"sheet": 3, "box": [50, 100, 200, 112]}]


def test_the_card_glosses_dates_and_links_the_next_page(issue: Archive) -> None:
    reply = issue.ask("柳湾大桥有多长?")
    markup = cards(reply, 1, "zh", Around(partners=lambda name: partners(issue, name)))
    first = markup.split("<article")[1]
    assert '<time title="= 2026-03-31">昨天上午</time>' in first and "2024年3月5日开工" in first
    assert '<p class="dates">日期：昨天上午 = 2026-03-31</p>' in first
    target = named(issue, "20260401_02版.txt")
    assert f'href="/article/{target}">转第2版《新桥通车》</a>' in first
    assert "转第2版" not in cards(reply, 1, "zh")


def test_the_article_page_links_both_ways(issue: Archive) -> None:
    front, inside = named(issue, "20260401_01版.txt"), named(issue, "20260401_02版.txt")
    assert issue.continuations == {front: inside}

    def shown(name: str, lang: Language) -> str:
        found = reading(issue, name)
        assert found is not None
        return article_page(issue, found, Papers(), lang)

    assert f'<a href="/article/{inside}">转第2版《新桥通车》</a>' in shown(front, "zh")
    back = shown(inside, "en")
    assert f'href="/article/{front}">Continued from page 1: 新桥通车</a>' in back and "Continues on" not in back
    assert "&lt;b&gt;香樟&lt;/b&gt;" in back and "Dates: 近日 ≈ 2026-03-18 – 2026-04-01" in back
    assert partners(issue, "no such article") == []


def test_a_page_without_a_number_is_named_by_its_file_and_everything_is_escaped(issue: Archive) -> None:
    (partner,) = partners(issue, named(issue, "20260401_01版.txt"))
    page = dataclasses.replace(partner.page, page=None, source="<2>.txt")
    article = dataclasses.replace(partner.article, headline='"<i>桥</i>"', id='"x')
    link = partner_link(dataclasses.replace(partner, article=article, page=page), "zh")
    assert link == (
        '<a class="partner" href="/article/&quot;x">转&lt;2&gt;.txt《&quot;&lt;i&gt;桥&lt;/i&gt;&quot;》</a>'
    )


def test_marks_and_dates_in_one_text() -> None:
    assert marked("abcdef", (0, 4), (2, 3), notes=[Note(1, 5, '"n"')]) == (
        '<span class="quote">a<time title="&quot;n&quot;">b</time><mark><time title="&quot;n&quot;">c</time></mark>'
        '<time title="&quot;n&quot;">d</time></span><time title="&quot;n&quot;">e</time>f'
    )


def test_only_dates_that_the_print_leaves_open_are_glossed(issue: Archive) -> None:
    page = issue.pages[0]
    text = "2024年3月5日开工,6月封顶,昨天通车;昨天,2025年一季度"
    notes = date_notes(text, page)
    assert [(text[n.start : n.end], n.text) for n in notes] == [
        ("6月", "= 2024-06"), ("昨天", "= 2026-03-31"), ("昨天", "= 2026-03-31"),
    ]  # fmt: skip
    assert date_line(text, notes, "zh") == '<p class="dates">日期：6月 = 2024-06;昨天 = 2026-03-31</p>'
    assert date_line(text, [], "zh") == ""
    assert date_notes("昨天", dataclasses.replace(page, date=None)) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("昨天", "= 2026-03-31"),
        ("4月1日至3日", "= 2026-04-01 – 2026-04-03"),
        ("上周", "= 2026-03-23 – 2026-03-29"),
        ("去年11月", "= 2025-11"),
        ("一季度", "= 2026-01 – 2026-03"),
        ("去年", "= 2025"),
        ("前年至今年", "= 2024 – 2026"),
        ("去年底", "≈ 2025-12"),
        ("近日", "≈ 2026-03-18 – 2026-04-01"),
    ],
)
def test_days_as_they_are_shown(text: str, expected: str) -> None:
    (mention,) = dates_in(text, datetime.date(2026, 4, 1))
    assert days(mention) == expected


def test_days_need_a_resolved_date() -> None:
    with pytest.raises(ValueError, match="not known"):
        days(DateMention(0, 2, None, None, "day"))
