"""Retrieval sets as pages: a BEIR folder, or a SQuAD-style JSON file. Each document or context is one passage.

A page's `source` is the set's own id, so that relevance judgements and questions can name it. A SQuAD page's text is
its context alone, so that `answer_start` counts the same characters; a BEIR page's text is title, line feed and text.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.errors import PagesError
from corpus.ids import article_id
from corpus.records import Article, Block, Corpus, Page, Skipped

_HEAD = 64 * 1024
_DATA = re.compile(r'"data"\s*:\s*\[')
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Context:
    """One paragraph of a SQuAD-style file: its id, its article's title, its text and its questions as they stand."""

    id: str
    title: str
    text: str
    questions: tuple[Any, ...]


def is_beir(path: Path) -> bool:
    """Whether `path` is a folder with the two files that make a BEIR set."""
    return (path / "corpus.jsonl").is_file() and (path / "queries.jsonl").is_file()


def is_squad(path: Path) -> bool:
    """Whether `path` is a .json file whose top level has a list "data". Most often the file's beginning tells."""
    if path.suffix.lower() != ".json" or not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD).decode("utf-8-sig", "ignore")
        if not head.lstrip().startswith("{"):
            return False
        if _DATA.search(head):
            return True
        whole = json.loads(path.read_text("utf-8-sig"))  # "data" may come after something long
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(whole, dict) and isinstance(whole.get("data"), list)


def is_collection(path: Path) -> bool:
    """Whether `path` is a BEIR folder or a SQuAD-style JSON file."""
    return is_beir(path) or is_squad(path)


def read_collection(path: Path) -> Corpus:
    """The documents of a set, in the set's order, each a page with one article and one passage of kind "document".

    A document without text is skipped and named in `Corpus.skipped`.

    :raises PagesError: if the set is malformed (the message names file and line or paragraph), an id comes twice, or no
        document has any text.
    """
    beir = is_beir(path)
    pages: list[Page] = []
    skipped: list[Skipped] = []
    seen: set[str] = set()
    for source, title, text in _beir_documents(path / "corpus.jsonl") if beir else _squad_documents(path):
        if source in seen:
            raise PagesError(f"{path} holds the id {source!r} twice; every document needs an id of its own.")
        seen.add(source)
        printed = "\n".join(part for part in (title, text) if part.strip()) if beir else text
        if printed.strip():
            pages.append(_page(source, title, printed))
        else:
            skipped.append(Skipped(source, f"The document {source} has no text."))
    if not pages:
        raise PagesError(f"{path} holds no document with text; give a set with at least one.")
    return Corpus(str(path), tuple(pages), tuple(skipped))


def squad_contexts(path: Path) -> Iterator[Context]:
    """The paragraphs of a SQuAD-style file. One without an id is called "<article>-<paragraph>", both from 0.

    :raises PagesError: if the file cannot be read or is not of the form data → paragraphs → context.
    """
    try:
        whole = json.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise PagesError(f"{path} cannot be read ({error.strerror}); check the file and its rights.") from None
    except (ValueError, RecursionError) as error:
        raise PagesError(f"{path} is no JSON in UTF-8 ({error}); give a SQuAD-style file.") from None
    data = whole.get("data") if isinstance(whole, dict) else None
    if not isinstance(data, list):
        raise PagesError(f'{path} has no list "data"; a SQuAD-style file is {{"data": [{{"paragraphs": […]}}, …]}}.')
    for a, article in enumerate(data):
        paragraphs = article.get("paragraphs") if isinstance(article, dict) else None
        if not isinstance(paragraphs, list):
            raise PagesError(f'{path}, data[{a}]: expected an object with a list "paragraphs".')
        title = article.get("title")
        for p, paragraph in enumerate(paragraphs):
            context = paragraph.get("context") if isinstance(paragraph, dict) else None
            questions = paragraph.get("qas", []) if isinstance(paragraph, dict) else None
            if not isinstance(context, str) or not isinstance(questions, list):
                raise PagesError(f'{path}, data[{a}].paragraphs[{p}]: expected a string "context" and a list "qas".')
            name = paragraph.get("id")
            yield Context(
                printable(str(name)) if isinstance(name, str | int) and str(name) else f"{a}-{p}",
                printable(title).strip() if isinstance(title, str) else "",
                printable(context),
                tuple(questions),
            )


def printable(text: str) -> str:
    """`text` with line feeds as line ends, and with a mark in place of half a surrogate pair (JSON can hold one).

    >>> printable("a\\r\\nb")
    'a\\nb'
    """
    return _SURROGATE.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def _squad_documents(path: Path) -> Iterator[tuple[str, str, str]]:
    for context in squad_contexts(path):
        yield context.id, context.title, context.text


def _beir_documents(path: Path) -> Iterator[tuple[str, str, str]]:
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                try:
                    row = json.loads(line.decode("utf-8-sig"))
                except (ValueError, RecursionError):
                    raise PagesError(f"{path}, line {number}: expected one JSON object in UTF-8.") from None
                yield _beir_document(row, f"{path}, line {number}")
    except OSError as error:
        raise PagesError(f"{path} cannot be read ({error.strerror}); check the file and its rights.") from None


def _beir_document(row: Any, place: str) -> tuple[str, str, str]:
    name = row.get("_id") if isinstance(row, dict) else None
    if not isinstance(name, str | int) or not str(name):
        raise PagesError(f'{place}: expected an object with a string "_id".')
    title, text = row.get("title"), row.get("text")
    if not isinstance(text, str) or not (title is None or isinstance(title, str)):
        raise PagesError(f'{place}: expected the string "text" and, if any, the string "title".')
    return printable(str(name)), printable(title or "").strip(), printable(text)


def _page(source: str, title: str, text: str) -> Page:
    start = len(text) - len(text.lstrip())
    end = len(text.rstrip())
    article = Article(
        id=article_id(source, text),
        source=source,
        kind="document",
        headline=" ".join(title.split()),
        headline_blocks=(),  # where the title is printed, it is in the paragraph
        bylines=(),
        paragraphs=(Block(text[start:end], ((start, end),)),),
        subheads=(),
        jump="",
        jump_blocks=(),
        reporters=(),
        correspondents=(),
        photographers=(),
    )
    return Page(source, text, hashlib.sha256(text.encode()).hexdigest(), None, None, (article,), ())
