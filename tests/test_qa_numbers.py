"""A number, amount or date is found however question and page write it, and is shown as the page prints it."""

from __future__ import annotations

from pathlib import Path

import pytest

from embeddings.thesaurus import Thesaurus, read_thesaurus
from qa.archive import Archive
from qa.extract import Source, choose
from qa.match import Matcher
from qa.question import analyse

# Alike but for name, amount and day: only these can lead to the right one.
_BRIDGES = {
    "柳湾": ("１,５００万元", "二〇二六年四月一日"),
    "东门": ("二百三十万元", "2026年5月08日"),
    "北街": ("1.2亿元", "2026-11-20"),
}
_ARTICLE = """{name}大桥开工
■记者 张三
  {name}大桥昨天在城郊开工,总投资{amount},计划{day}建成通车,两岸居民出行更加方便。
"""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    folder = tmp_path_factory.mktemp("papers")
    page = "".join(_ARTICLE.format(name=name, amount=amount, day=day) for name, (amount, day) in _BRIDGES.items())
    (folder / "20260405_03.txt").write_text(page, "utf-8")
    return Archive.open(folder)


@pytest.mark.parametrize(
    ("name", "spellings"),
    [
        (
            "柳湾",
            ("一千五百万元", "1500万元", "15000000元", "0.15亿元", "1 500 万元", "２０２６年４月１日", "2026-04-01"),
        ),
        ("东门", ("230万元", "2,300,000元", "0.023亿元", "二〇二六年五月八日", "2026/5/8", "2026年5月8号")),
        ("北街", ("12000万元", "一亿两千万元", "一点二亿元", "120,000,000元", "2026.11.20", "二零二六年十一月二十日")),
    ],
)
def test_found_in_any_spelling(archive: Archive, name: str, spellings: tuple[str, ...]) -> None:
    for spelling in spellings:
        asked = "总投资" if spelling.endswith("元") else "建成通车日期为"
        reply = archive.ask(f"{asked}{spelling}的大桥叫什么?")
        assert reply.quote is not None and reply.quote.text.startswith(name), spelling
        assert all(printed in reply.quote.text for printed in _BRIDGES[name]), spelling
        passage = reply.hits[reply.quote.hit].passage
        assert passage.text[reply.quote.start : reply.quote.end] == reply.quote.text


def test_what_the_question_says_is_not_the_answer() -> None:
    text = "一千五百万元的投资建成了12座桥。"
    question = analyse("1,500万元建了多少座桥?", None)
    found = choose(question, Matcher(question.units, lambda word: 1.0), [Source(text, "", "body", 1.0)])
    assert found is not None and found.answer is not None
    # The number of bridges, not the money, and without the bridges, of which the question speaks itself.
    assert text[found.answer.start : found.answer.end] == "12座"


def test_a_quote_ends_where_its_sentence_is_printed_to_end() -> None:
    text = "会议 于二〇二六\n年四月一日召开。参 加 的 企 业 有十四家。"
    question = analyse("有多少家企业参加?", None)
    found = choose(question, Matcher(question.units, lambda word: float(len(word))), [Source(text, "", "body", 1.0)])
    assert found is not None and text[found.quote.start : found.quote.end] == "参 加 的 企 业 有十四家。"


def test_thesaurus_words_meet_the_matching_form(tmp_path: Path) -> None:
    file = tmp_path / "words.tsv"
    file.write_text("二十四节气\t廿四节令\t\tsolar terms\n", "utf-8")
    thesaurus: Thesaurus = read_thesaurus(file)
    assert thesaurus.near.keys() == {"24节气", "廿四节令"}
    assert analyse("二十四节气", thesaurus).units[0].surface == "24节气"
