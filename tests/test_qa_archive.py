"""Asking: every slice is what is printed, bad questions are refused, follow-ups lean on what was spoken of."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import qa
from corpus import sample_pages
from corpus.errors import PagesError, QuestionError
from corpus.records import Span
from qa.archive import Archive
from qa.records import Excerpt, Reply
from qa.retriever import Options

DATA = Path(__file__).parent / "data"


def questions(name: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (DATA / name).read_text("utf-8").splitlines()]


def every_question() -> list[str]:
    single = [str(q["question"]) for name in ("questions.jsonl", "unanswerable.jsonl") for q in questions(name)]
    turns = [str(t["question"]) for d in questions("dialogues.jsonl") for t in d["turns"]]  # type: ignore[attr-defined]
    return single + turns


def check_slices(archive: Archive, reply: Reply) -> None:
    """Everything shown is its source's slice: passages, quote and answer."""

    def printed(source: str, spans: tuple[Span, ...]) -> str:
        return "".join(archive.page(source).text[a:b] for a, b in spans)

    def check(part: Excerpt) -> None:
        passage = reply.hits[part.hit].passage
        assert passage.text[part.start : part.end] == part.text == printed(passage.source, part.spans)
        assert part.text

    for hit in reply.hits:
        assert hit.passage.text == printed(hit.passage.source, hit.passage.spans)
        assert hit.article.id == hit.passage.article_id and hit.page.source == hit.passage.source
    assert [h.score for h in reply.hits] == sorted((h.score for h in reply.hits), reverse=True)
    assert reply.answered == (reply.quote is not None) == (reply.reason == "")
    if reply.quote is not None:
        check(reply.quote)
        assert len(reply.quote.text) <= 160 and reply.citation
    if reply.answer is not None:
        assert reply.quote is not None and reply.answer.hit == reply.quote.hit
        assert reply.quote.start <= reply.answer.start < reply.answer.end <= reply.quote.end
        check(reply.answer)


def test_every_shown_slice_of_the_whole_question_set(archive: Archive) -> None:
    asked = every_question()
    assert len(asked) > 200
    for question in asked:
        check_slices(archive, archive.reply(question))
    for dialogue in questions("dialogues.jsonl"):
        talk = archive.conversation()
        for turn in dialogue["turns"]:  # type: ignore[attr-defined]
            check_slices(archive, talk.ask(turn["question"]))


@pytest.mark.parametrize(
    ("name", "group", "measure", "least"),
    [
        ("questions.jsonl", "all", "hit@1", 0.75),
        ("questions.jsonl", "literal", "quote", 0.9),
        ("dialogues.jsonl", "follow-up", "hit@1", 0.75),
        ("unanswerable.jsonl", "offtopic", "abstained", 0.9),
    ],
)
def test_the_sample_questions_are_answered_well_enough(
    tmp_path: Path, name: str, group: str, measure: str, least: float
) -> None:
    from qa.measure.evaluate import evaluate

    figures = evaluate(sample_pages(), DATA / name, tmp_path, show=None)
    assert figures["figures"][group][measure] >= least


def test_the_public_names_are_these() -> None:
    assert sorted(qa.__all__) == ["Archive", "Conversation", "Excerpt", "Hit", "Options", "Reply", "retrieve"]
    assert all(getattr(qa, name) for name in qa.__all__)
    with pytest.raises(AttributeError, match="nothing"):
        _ = qa.nothing


def test_import_is_quick() -> None:
    heavy = "torch sentence_transformers gradio jieba faiss tantivy"
    code = f"import sys, qa; assert not [m for m in '{heavy}'.split() if m in sys.modules]"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_asking_does_not_load_torch_or_reach_out(cache: Path) -> None:
    """The whole way from a folder to an answer with every socket to another host refused."""
    code = """
import socket, sys
def refuse(self, address, *rest):
    raise AssertionError(f"a connection to {address} was tried")
socket.socket.connect = refuse
socket.socket.connect_ex = refuse
socket.getaddrinfo = lambda *a, **k: (_ for _ in ()).throw(AssertionError(f"a look-up of {a} was tried"))
from qa import Archive
archive = Archive.open()
question = archive.pages[0].articles[0].headline
assert archive.ask(question).answered
assert "torch" not in sys.modules
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=120)


def test_retrieve_as_one_function() -> None:
    hits = qa.retrieve("电影 舞剧 演出", k=3)
    assert len(hits) == 3
    assert qa.retrieve("电影 舞剧 演出", k=3, pages=sample_pages())[0].passage == hits[0].passage


def test_k_above_the_corpus_and_below_one(archive: Archive) -> None:
    hits = archive.retrieve("南湖", k=100_000)
    assert 10 < len(hits) <= sum(1 for _ in archive._index.passages)
    with pytest.raises(ValueError, match="k is 0"):
        archive.retrieve("南湖", k=0)


@pytest.mark.parametrize("question", ["", " \t\n\u3000", "???", "。。。"])
def test_empty_questions(archive: Archive, question: str) -> None:
    with pytest.raises(QuestionError, match="empty"):
        archive.ask(question)
    with pytest.raises(QuestionError, match="empty"):
        archive.retrieve(question)
    reply = archive.reply(question)
    assert (reply.answered, reply.reason, reply.hits) == (False, "not_a_question", ())
    assert archive.conversation().ask(question).reason == "not_a_question"


def test_over_long_question(archive: Archive) -> None:
    with pytest.raises(QuestionError, match="10,000 characters, 2,000 are allowed"):
        archive.ask("问" * 10_000)
    assert archive.reply("问" * 2_001).reason == "too_long"
    assert archive.ask("南湖" * 1_000).question == "南湖" * 1_000


def test_missing_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(PagesError, match="There is no folder"):
        Archive.open(tmp_path / "missing")


def test_answered_question_names_its_article(archive: Archive) -> None:
    gold = questions("questions.jsonl")[0]
    reply = archive.ask(str(gold["question"]))
    assert reply.answered and reply.quote is not None
    assert reply.hits[reply.quote.hit].article.headline == gold["article"]
    assert reply.citation.startswith(f"{gold['source']} 《{gold['article']}》第")


def test_off_topic_question_is_not_answered(archive: Archive) -> None:
    reply = archive.ask("火星上的奥林匹斯火山海拔几千米")
    assert (reply.answered, reply.reason, reply.quote, reply.answer) == (False, "off_topic", None, None)
    assert reply.hits  # what is nearest is still listed


def test_threshold_moves_abstention() -> None:
    question = str(questions("questions.jsonl")[0]["question"])
    assert Archive.open(options=Options(threshold=0.0)).ask("火星上的火山").answered
    assert not Archive.open(options=Options(threshold=1.0)).ask(question).answered


def test_changed_pages_are_followed(tmp_path: Path) -> None:
    page = tmp_path / "a.txt"
    page.write_text("新桥通车\n\n■记者 王一\n\n本报讯 柳湾大桥昨天通车,全长860米。\n", "utf-8")
    assert Archive.open(tmp_path).ask("柳湾大桥有多长?").answer_text == "860米"
    page.write_text("新桥通车\n\n■记者 王一\n\n本报讯 柳湾大桥昨天通车,全长1200米。\n", "utf-8")
    assert Archive.open(tmp_path).ask("柳湾大桥有多长?").answer_text == "1200米"
    (tmp_path / "b.txt").write_text("花展开幕\n\n■记者 李二\n\n本报讯 梅园花展今天开幕。\n", "utf-8")
    page.unlink()
    archive = Archive.open(tmp_path)
    assert [p.source for p in archive.pages] == ["b.txt"]
    assert not any("柳湾" in hit.passage.text for hit in archive.retrieve("柳湾大桥有多长?", k=50))


@pytest.mark.parametrize(
    ("switch", "features"),
    [
        ("dense", ["dense"]),
        ("lexical", ["words", "pairs"]),
        ("pairs", ["pairs"]),
        ("thesaurus", ["thesaurus"]),
        ("soft", ["soft"]),
        ("rank", ["kind"]),
    ],
)
def test_each_part_can_be_left_out(archive: Archive, switch: str, features: list[str]) -> None:
    question = "残疾人招聘会有多少家企业?"
    without = Archive.open(options=Options(**{switch: False})).retrieve(question)
    assert not any(hit.features[name] for hit in without for name in features)
    assert all(archive.retrieve(question)[0].features[name] for name in features)
