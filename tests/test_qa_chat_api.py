"""The named calls, as programs make them: through gradio_client, over HTTP."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from chat_parts import FREE, Echo, running, service, until
from gradio_client import Client
from gradio_client.exceptions import AppError, AuthenticationError

from corpus.files import sample_pages
from qa.archive import Archive
from qa.chat import users
from qa.chat.api import MOST
from qa.chat.examples import examples
from qa.chat.labels import say
from qa.chat.options import Options
from qa.cite import cite
from qa.filters import Filter
from qa.records import Hit, Reply

PASSWORD = "a long password"


@contextmanager
def client(address: str, **options: Any) -> Iterator[Client]:
    """A gradio_client, which ends with the block."""
    made = Client(address, verbose=False, analytics_enabled=False, download_files=False, **options)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture(scope="module")
def address(archive: Archive) -> Iterator[str]:
    with running(service(archive)) as address:
        yield address


@pytest.fixture(scope="module")
def program(address: str) -> Iterator[Client]:
    with client(address) as made:
        yield made


@dataclass
class Quick(Echo):
    """An archive that can be called as well."""

    def reply(self, question: str, k: int = 10, where: Filter | None = None) -> Reply:
        return self.ask(question)

    def retrieve(self, question: str, k: int = 5, where: Filter | None = None) -> list[Hit]:
        self.ask(question)
        return []


def test_an_answer_is_what_the_archive_says_with_its_source(address: str, program: Client, archive: Archive) -> None:
    question = examples(archive)[0]
    reply = archive.ask(question, 5)
    assert reply.answer is not None and reply.quote is not None
    got = program.predict(question=question, api_name="/ask")
    assert got["answered"] and got["reason"] == "" and got["question"] == question
    assert got["citation"] == reply.citation and got["confidence"] == reply.confidence
    assert [one["id"] for one in got["passages"]] == [hit.passage.id for hit in reply.hits]
    for name in ("answer", "quote"):
        part, wanted = got[name], getattr(reply, name)
        passage = got["passages"][part["passage"]]
        assert part["text"] == wanted.text == passage["text"][part["start"] : part["end"]]
        source = (sample_pages() / passage["source"]).read_text("utf-8")
        assert "".join(source[start:end].strip() for start, end in part["spans"]) == part["text"]
        assert passage["citation"] == part["citation"] == cite(reply.hits[wanted.hit])
    page = httpx.get(address + got["passages"][0]["url"], trust_env=False, headers={"accept-language": "zh-CN"})
    assert page.status_code == 200 and got["answer"]["text"] in page.text


def test_what_the_pages_do_not_say_is_no_error(program: Client) -> None:
    got = program.predict(question="火星上最高的山有多高?", api_name="/ask")
    assert not got["answered"] and got["reason"] == "off_topic" and got["answer"] is got["quote"] is None
    assert got["citation"] == "" and got["passages"]
    for question, reason in (("", "not_a_question"), ("谁" * 2001, "too_long")):
        assert program.predict(question=question, api_name="/ask")["reason"] == reason


def test_search_gives_the_best_passages(program: Client, archive: Archive) -> None:
    question = examples(archive)[0]
    got = program.predict(question, 3, api_name="/search")
    assert [one["id"] for one in got] == [hit.passage.id for hit in archive.retrieve(question, 3)]
    assert all(one["citation"] and one["spans"] and one["url"].startswith("/article/") for one in got)
    only = program.predict(question, kind="caption", api_name="/search")
    assert only and {one["kind"] for one in only} == {"caption"}


def test_an_article_is_given_whole(program: Client, archive: Archive) -> None:
    article = max((one for page in archive.pages for one in page.articles), key=lambda one: len(one.paragraphs))
    got = program.predict(article.id, api_name="/article")
    assert (got["headline"], got["source"], got["id"]) == (article.headline, article.source, article.id)
    body = [one["text"] for one in got["passages"] if one["kind"] == "body"]
    assert "".join(body) == "".join(block.text for block in article.paragraphs)
    assert all(one["citation"] and one["id"] and one["spans"] and "score" not in one for one in got["passages"])


@pytest.mark.parametrize(
    ("call", "values", "why", "said"),
    [
        ("/article", {"id": "../../etc/passwd"}, "no_article", say("en", "no_article")),
        ("/ask", {"question": "谁", "k": 0}, "bad_input", f"k is 0; give a whole number from 1 to {MOST}."),
        ("/ask", {"question": "谁", "k": True}, "bad_input", f"k is True; give a whole number from 1 to {MOST}."),
        ("/ask", {"question": 7}, "bad_input", "question is 7; give a text."),
        ("/ask", {"question": "谁", "kind": "<b>"}, "bad_input", "The kind is '<b>'"),
        ("/search", {"question": "谁", "first": "soon"}, "bad_input", "first is 'soon', which is no date"),
        ("/search", {"question": "谁", "first": "2026", "last": "2025"}, "bad_input", "give the earlier day first"),
        ("/search", {"question": " "}, "bad_input", "The question is empty"),
    ],
)
def test_bad_input_is_told_in_a_sentence(
    program: Client, call: str, values: dict[str, Any], why: str, said: str
) -> None:
    with pytest.raises(AppError) as error:
        program.predict(**values, api_name=call)
    assert error.value.title == why and said in error.value.message


def test_half_a_character_is_answered(address: str) -> None:
    """gradio_client cannot send it; other programs can."""
    config = httpx.get(address + "/config", trust_env=False).json()
    number = next(one["id"] for one in config["dependencies"] if one["api_name"] == "ask")
    body = {"data": ["谁\ud800", 5, *[""] * 6], "fn_index": number, "session_hash": "windowx"}
    headers = {"content-type": "application/json"}
    got = httpx.post(
        address + "/gradio_api/run/predict", content=json.dumps(body), headers=headers, trust_env=False, timeout=60
    )
    assert got.json()["data"][0]["question"] == "谁?"


def test_the_calls_are_named_typed_and_documented(address: str) -> None:
    info = httpx.get(address + "/gradio_api/info", trust_env=False).json()
    assert info["unnamed_endpoints"] == {} and set(info["named_endpoints"]) == {"/ask", "/search", "/article"}
    ask = info["named_endpoints"]["/ask"]
    names = ["question", "k", "first", "last", "page", "kind", "reporter", "source"]
    assert [one["parameter_name"] for one in ask["parameters"]] == names
    assert [one["type"]["type"] for one in ask["parameters"]] == ["string", "integer", *["string"] * 6]
    assert [one["parameter_has_default"] for one in ask["parameters"]] == [False, *[True] * 7]
    assert ask["returns"][0]["type"]["type"] == "object"
    assert info["named_endpoints"]["/search"]["returns"][0]["type"]["type"] == "array"
    assert "in their own printed words" in ask["description"]


def test_the_window_has_no_use_for_what_the_calls_add(address: str) -> None:
    """Gradio's description of addresses by path, which are closed, is closed as well."""
    for path in ("openapi.json", "call/ask", "call/v2/ask", "run/ask", "api/ask", "mcp/", "mcp/schema"):
        for method in ("GET", "POST"):
            got = httpx.request(method, f"{address}/gradio_api/{path}", trust_env=False)
            assert got.status_code == 404, (method, path)


def test_calls_count_against_the_same_limit_as_the_window() -> None:
    made = service(Quick(), Options(rate=2))
    with running(made) as address, client(address) as program:
        for _ in range(2):
            assert program.predict(question="问", api_name="/ask")["reason"] == "off_topic"
        with pytest.raises(AppError, match="too fast") as error:
            program.predict(question="问", api_name="/search")
        assert error.value.title == "too_often"
        assert b'baowen_questions_abstained_total{reason="off_topic"} 2.0' in made.meters.page()
        assert b'baowen_refused_total{why="rate"} 1.0' in made.meters.page()


def test_a_call_has_its_place_in_line_and_its_time() -> None:
    quick = Quick()
    made = service(quick, Options(rate=0, at_once=1, waiting=0, seconds=2))
    with (
        running(made) as address,
        client(address) as program,
        client(address, headers={"accept-language": "zh"}) as two,
    ):
        job = program.submit(question="慢", api_name="/ask")
        until(lambda: made.desk.running == 1)
        with pytest.raises(AppError) as busy:
            two.predict(question="问", api_name="/search")
        assert (busy.value.title, busy.value.message) == ("busy", say("zh", "busy"))
        with pytest.raises(AppError) as slow:
            job.result(20)
        assert slow.value.title == "slow"
        quick.go.set()
        until(lambda: made.desk.in_line == 0)
        assert two.predict(question="问", api_name="/search") == []


def test_a_fault_of_ours_tells_nothing_of_itself(capfd: pytest.CaptureFixture[str]) -> None:
    made = service(Quick(), FREE)
    with running(made) as address, client(address) as program, pytest.raises(AppError) as error:
        program.predict(question="坏", api_name="/search")
    assert (error.value.title, error.value.message) == ("failed", say("en", "failed"))
    assert b"baowen_errors_total 1.0" in made.meters.page()
    assert "secret" not in capfd.readouterr().out


def test_a_program_signs_in_as_a_reader_does(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(users, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        users.set_password(tmp_path / "users.txt", "王芳", PASSWORD)
        with running(service(Quick(), Options(rate=0, users=tmp_path / "users.txt"))) as address:
            with pytest.raises(AuthenticationError):
                Client(address, verbose=False, analytics_enabled=False)
            secret = base64.b64encode(f"王芳:{PASSWORD}".encode()).decode()
            with client(address, headers={"authorization": f"Basic {secret}"}) as program:
                assert program.predict(question="问", api_name="/ask")["reason"] == "off_topic"
