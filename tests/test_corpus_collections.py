import hashlib
import json
from pathlib import Path

import pytest

from corpus.collections import is_collection, read_collection
from corpus.errors import PagesError
from corpus.ids import article_id
from corpus.passages import passages_of


def _beir(folder: Path, *documents: dict[str, object] | str) -> Path:
    folder.mkdir(exist_ok=True)
    lines = [d if isinstance(d, str) else json.dumps(d, ensure_ascii=False) for d in documents]
    (folder / "corpus.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    (folder / "queries.jsonl").write_text("", "utf-8")
    return folder


def _squad(path: Path, *articles: dict[str, object]) -> Path:
    path.write_text(json.dumps({"version": "1", "data": list(articles)}, ensure_ascii=False), "utf-8")
    return path


def test_a_beir_document_is_one_page_one_article_one_passage(tmp_path: Path) -> None:
    corpus = read_collection(_beir(tmp_path / "set", {"_id": "d1", "title": "公交", "text": "公司贷款。\n共三笔。"}))
    (page,) = corpus.pages
    (article,) = page.articles
    (passage,) = passages_of(page)
    assert page.source == "d1"
    assert page.text == "公交\n公司贷款。\n共三笔。"
    assert page.sha256 == hashlib.sha256("公交\n公司贷款。\n共三笔。".encode()).hexdigest()
    assert (article.kind, article.headline, article.id) == ("document", "公交", article_id("d1", page.text))
    assert (passage.kind, passage.paragraph, passage.source, passage.article_id) == ("document", 0, "d1", article.id)
    assert passage.spans == ((0, 13),)
    assert passage.text == page.text[0:13] == "公交\n公司贷款。\n共三笔。"


def test_white_space_around_a_document_is_not_in_its_passage(tmp_path: Path) -> None:
    corpus = read_collection(_beir(tmp_path / "set", {"_id": "d1", "text": " 公交\r\n公司。\n"}))
    (passage,) = passages_of(corpus.pages[0])
    assert corpus.pages[0].text == " 公交\n公司。\n"
    assert passage.spans == ((1, 7),)
    assert passage.text == "公交\n公司。" == corpus.pages[0].text[1:7]


def test_a_long_document_stays_one_passage(tmp_path: Path) -> None:
    text = "南湖的春天来了。" * 200
    corpus = read_collection(_beir(tmp_path / "set", {"_id": "d1", "title": "", "text": text}))
    assert [p.text for p in passages_of(corpus.pages[0])] == [text]


def test_documents_keep_the_sets_order_and_empty_ones_are_named(tmp_path: Path) -> None:
    corpus = read_collection(
        _beir(
            tmp_path / "set",
            {"_id": "b", "title": "", "text": "乙"},
            {"_id": "empty", "title": "", "text": " \n"},
            {"_id": "a", "title": "只有题目", "text": ""},
        )
    )
    assert [(page.source, page.text) for page in corpus.pages] == [("b", "乙"), ("a", "只有题目")]
    assert [(s.source, s.reason) for s in corpus.skipped] == [("empty", "The document empty has no text.")]


def test_half_a_surrogate_pair_is_replaced(tmp_path: Path) -> None:
    corpus = read_collection(_beir(tmp_path / "set", '{"_id": "d1", "text": "甲\\ud83d乙\\ud83d\\ude00"}'))
    assert corpus.pages[0].text == "甲\ufffd乙\U0001f600"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "corpus.jsonl, line 2: expected one JSON object"),
        ("[1]", 'corpus.jsonl, line 2: expected an object with a string "_id"'),
        ('{"_id": "", "text": "a"}', 'corpus.jsonl, line 2: expected an object with a string "_id"'),
        ('{"_id": "d2"}', 'corpus.jsonl, line 2: expected the string "text"'),
        ('{"_id": "d2", "text": "a", "title": 3}', 'corpus.jsonl, line 2: expected the string "text"'),
        ('{"_id": "d1", "text": "a"}', "holds the id 'd1' twice"),
    ],
)
def test_a_malformed_beir_line_is_named(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(PagesError, match="set") as caught:
        read_collection(_beir(tmp_path / "set", {"_id": "d1", "text": "甲"}, line))
    assert message in str(caught.value)


def test_a_set_without_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PagesError, match="holds no document with text"):
        read_collection(_beir(tmp_path / "set", {"_id": "d1", "text": ""}))


def test_a_squad_context_is_the_passage_and_the_title_its_headline(tmp_path: Path) -> None:
    path = _squad(
        tmp_path / "set.json",
        {
            "title": "梵文",
            "paragraphs": [{"id": "1147-5", "context": "在歐洲。", "qas": []}, {"context": "在亞洲。", "qas": []}],
        },
        {"paragraphs": [{"context": "第三段。", "qas": []}]},
    )
    corpus = read_collection(path)
    assert [page.source for page in corpus.pages] == ["1147-5", "0-1", "1-0"]
    assert [page.text for page in corpus.pages] == ["在歐洲。", "在亞洲。", "第三段。"]
    assert [page.articles[0].headline for page in corpus.pages] == ["梵文", "梵文", ""]
    (passage,) = passages_of(corpus.pages[0])
    assert (passage.text, passage.spans, passage.kind) == ("在歐洲。", ((0, 4),), "document")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([3], 'data[0]: expected an object with a list "paragraphs"'),
        ([{"paragraphs": [{"qas": []}]}], 'data[0].paragraphs[0]: expected a string "context"'),
        ([{"paragraphs": [{"context": "a", "qas": 3}]}], 'data[0].paragraphs[0]: expected a string "context"'),
    ],
)
def test_a_malformed_squad_file_is_named(tmp_path: Path, data: object, message: str) -> None:
    path = tmp_path / "set.json"
    path.write_text(json.dumps({"data": data}), "utf-8")
    with pytest.raises(PagesError) as caught:
        read_collection(path)
    assert message in str(caught.value)


def test_what_is_a_collection(tmp_path: Path) -> None:
    assert is_collection(_beir(tmp_path / "set", {"_id": "d1", "text": "甲"}))
    assert is_collection(_squad(tmp_path / "set.json"))
    late = tmp_path / "late.JSON"
    late.write_text(json.dumps({"notes": "x" * 70_000, "data": []}), "utf-8")
    assert is_collection(late)


def test_what_is_no_collection(tmp_path: Path) -> None:
    (tmp_path / "corpus.jsonl").write_text("", "utf-8")
    assert not is_collection(tmp_path)  # no queries.jsonl
    assert not is_collection(tmp_path / "missing.json")
    for name, text in (("list.json", "[]"), ("other.json", '{"a": 1}'), ("broken.json", '{"a": '), ("page.txt", "{}")):
        (tmp_path / name).write_text(text, "utf-8")
        assert not is_collection(tmp_path / name)
