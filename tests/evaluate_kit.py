"""A page of two paragraphs, an archive that answers from it by rule, and a run of the evaluation over both."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

from corpus.errors import QuestionError
from corpus.ids import article_id
from corpus.passages import passages_of, slice_block
from corpus.records import Article, Block, Page, Skipped, Span
from qa.measure.evaluate import evaluate
from qa.measure.rows import sliced
from qa.records import Excerpt, Hit, Reply
from qa.retriever import Options

# One page of one article with two paragraphs; the first is cut by a column's end between 公交 and 公司.
TEXT = "本报讯 公交\n公司贷款100万元。\n展会有30家企业参加。\n"
FIRST: tuple[Span, ...] = ((0, 6), (7, 17))
SECOND: tuple[Span, ...] = ((18, 29),)


def bus_page(text: str = TEXT) -> Page:
    blocks = tuple(Block(sliced(text, spans), spans) for spans in (FIRST, SECOND))
    article = Article(article_id("p.txt", text), "p.txt", "article", "公交", (), (), blocks, (), "", (), (), (), ())
    return Page("p.txt", text, "0" * 64, None, None, (article,), ())


class FakeArchive:
    """Finds the passages that share most characters with the question; answers with what follows 款 or 有.

    A conversation puts its last question before the present one.
    """

    def __init__(self, pages: tuple[Page, ...], change: Any = None) -> None:
        self.pages = pages
        self.skipped = (Skipped("bad.txt", "It is empty."),)
        self.notes = ("The index was rebuilt.",)
        self.closed = False
        self.opened_with: dict[str, Any] = {}
        self.given: list[set[str]] = []
        self._change = change
        self._before = ""

    def __call__(self, pages: Any, **named: Any) -> FakeArchive:
        self.opened_with = {"pages": pages, **named}
        return self

    def retrieve(self, question: str, k: int = 5) -> list[Hit]:
        if not question.strip() or len(question) > 2000:
            raise QuestionError("The question cannot be asked.")
        hits = [
            Hit(passage, page.articles[0], page, float(len(set(question) & set(passage.text))))
            for page in self.pages
            for passage in passages_of(page)
            if passage.kind in ("body", "document")
        ]
        return sorted(hits, key=lambda hit: -hit.score)[:k]

    def reply(self, question: str, k: int = 10, effective: str | None = None) -> Reply:
        effective = question if effective is None else effective
        if not question.strip() or len(question) > 2000:
            reason = "too_long" if question.strip() else "not_a_question"
            return Reply(question, effective, False, reason, None, None, (), 0.0, 0.0, "")  # type: ignore[arg-type]
        hits = tuple(self.retrieve(effective, k))
        if hits[0].score < 2:
            return Reply(question, effective, False, "off_topic", None, None, hits, 0.0, 0.0, "")
        reply = self.answered(question, effective, hits)
        return reply if self._change is None else self._change(reply)

    def answered(self, question: str, effective: str, hits: tuple[Hit, ...]) -> Reply:
        text = hits[0].passage.text
        start = max(text.find("款"), text.find("有")) + 1
        end = start + 6 if "款" in text else start + 3
        quote = excerpt_of(hits[0], 0, 0, len(text))
        return Reply(question, effective, True, "", quote, excerpt_of(hits[0], 0, start, end), hits, 0.9, 0.0, "公交")

    def reply_from(self, passage_ids: Collection[str], question: str, k: int = 10) -> Reply:
        self.given.append(set(passage_ids))
        chosen = [passage for page in self.pages for passage in passages_of(page) if passage.id in passage_ids]
        if not chosen:
            return Reply(question, question, False, "off_topic", None, None, (), 0.0, 0.0, "")
        page = next(page for page in self.pages if page.source == chosen[0].source)
        reply = self.answered(question, question, (Hit(chosen[0], page.articles[0], page, 1.0),))
        return reply if self._change is None else self._change(reply)

    def statistics(self) -> dict[str, int | str]:
        return {"passages": 3, "model": "toy", "fingerprint": "f" * 64}

    def conversation(self) -> FakeArchive:
        return FakeTalk(self.pages)

    def close(self) -> None:
        self.closed = True


class FakeTalk(FakeArchive):
    def ask(self, question: str, k: int = 10) -> Reply:
        effective, self._before = self._before + question, question
        return self.reply(question, k, effective)


def excerpt_of(hit: Hit, n: int, start: int, end: int) -> Excerpt:
    passage = hit.passage
    spans = slice_block(Block(passage.text, passage.spans), start, end)
    return Excerpt(passage.text[start:end], n, start, end, spans)


LOAN = {
    "id": "a-1",
    "question": "公交公司贷款多少？",
    "answers": ["100万元"],
    "evidence": "公交公司贷款100万元",
    "source": "p.txt",
    "style": "literal",
}
FAIR = {"question": "展会有几家企业？", "answers": ["30家"], "evidence": "展会有30家企业参加", "source": "p.txt"}
ROWS = [
    LOAN,
    {"id": "n-1", "question": "", "kind": "empty"},
    {"id": "n-2", "question": "字" * 2001, "kind": "long"},
    {"id": "n-3", "question": "What?", "kind": "offtopic"},
    {"id": "d-1", "turns": [LOAN, FAIR]},
]


def question_file(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def run_on(tmp_path: Path, archive: FakeArchive, rows: list[dict[str, Any]] = ROWS, **named: Any) -> dict[str, Any]:
    questions = question_file(tmp_path / "q.jsonl", rows)
    named = {"options": Options(), "open_archive": archive, "show": None, "warn": lambda line: None, **named}
    return evaluate("papers", questions, tmp_path / "out" / "run", **named)


def written_rows(tmp_path: Path) -> list[dict[str, Any]]:
    text = (tmp_path / "out" / "run" / "results.jsonl").read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


def with_reply(**named: Any) -> Any:
    return lambda reply: replace(reply, **named)


def with_quote(**named: Any) -> Any:
    return lambda reply: replace(reply, quote=replace(reply.quote, **named))


def with_answer(**named: Any) -> Any:
    return lambda reply: replace(reply, answer=replace(reply.answer, **named))


def with_also(**named: Any) -> Any:
    """The other paragraph as one that says it again, but for what is named."""
    return lambda reply: replace(reply, also=(replace(excerpt_of(reply.hits[1], 1, 0, 11), **named),))


def withholding(**named: Any) -> Any:
    """The answer taken back; its quote is kept, but for what is named."""
    return lambda reply: replace(
        reply, answered=False, reason="not_stated", quote=None, answer=None, withheld=replace(reply.quote, **named)
    )


def with_hit(**named: Any) -> Any:
    def change(reply: Reply) -> Reply:
        first = reply.hits[0]
        return replace(reply, hits=(replace(first, passage=replace(first.passage, **named)), *reply.hits[1:]))

    return change
