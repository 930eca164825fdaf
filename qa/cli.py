"""`baowen`: chat, ask, search, index, evaluate, info. Results on stdout, everything else on stderr.

Exit status: 0 on success, also where single files were skipped; 2 on bad use or bad input, with one line on stderr.
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from corpus.errors import BaowenError
from qa.records import Applied, CitationStyle, Excerpt, Hit, Reply

if TYPE_CHECKING:
    from tqdm import tqdm

    from qa.archive import Archive
    from qa.filters import Filter
    from qa.retriever import Options

_SWITCHES = {
    "dense": "the encoder's vectors",
    "lexical": "BM25",
    "pairs": "character pairs in BM25",
    "thesaurus": "the thesaurus",
    "soft": "soft word match",
    "rank": "the second look at the first hits, and the weight of a passage's kind (body before headline)",
}
_FILTERS = {
    "page": ("N", "of this page of the newspaper, such as 1 or A3"),
    "kind": ("KIND", "of this kind: article, photo, index, document, body, caption, headline, byline or jump"),
    "reporter": ("NAME", "of articles that this reporter, correspondent or photographer signs"),
    "source": ("GLOB", "of files with such a path or name, as '2026*'"),
}
_REASONS = {
    "off_topic": "Not in these pages: nothing in them is about this.",
    "not_stated": "Not in these pages: they speak of it, but this is not stated.",
    "not_a_question": "There is no question to answer.",
    "too_long": "The question is too long.",
}
_UNKNOWN = {"date": "the date", "page": "the newspaper page"}


class ProgressBar:
    """Progress on stderr, one bar for each kind of work; silent where stderr is no terminal."""

    def __init__(self) -> None:
        self._bar: tqdm[Any] | None = None
        self._what = ""

    def __call__(self, what: str, done: int, of: int) -> None:
        from tqdm import tqdm

        if what != self._what or self._bar is None:
            self.close()
            self._bar, self._what = tqdm(total=of, desc=what, file=sys.stderr, disable=None), what
        self._bar.total = of
        self._bar.update(done - self._bar.n)
        if done >= of:
            self.close()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
        self._bar, self._what = None, ""


def _open(args: argparse.Namespace) -> Archive:
    from qa.archive import Archive

    _where(args)  # a bad date is said before anything is read
    bar = ProgressBar()
    try:
        archive = Archive.open(
            args.pages, model=args.model, options=_options(args), progress=bar, where=_where(args), **_models(args)
        )
    finally:
        bar.close()
    for note in archive.notes:
        print(f"baowen: {note}", file=sys.stderr)
    for skipped in archive.skipped:
        print(f"baowen: skipped {skipped.source}: {skipped.reason}", file=sys.stderr)
    return archive


def _models(args: argparse.Namespace) -> dict[str, Any]:
    """What `Archive.open` is told of models beside their name."""
    return {name: getattr(args, name, None) for name in ("device", "reranker", "question_prompt", "reader")}


def _where(args: argparse.Namespace) -> Filter | None:
    from qa.filters import filter_of

    return filter_of(**{name: getattr(args, name, None) for name in ("first", "last", *_FILTERS)})


def _options(args: argparse.Namespace) -> Options:
    from qa.retriever import Options

    switches = {name: not getattr(args, f"no_{name}", False) for name in _SWITCHES}
    return Options(**switches, threshold=getattr(args, "threshold", None))


def _filter_line(filters: Sequence[Applied]) -> str:
    return "Only " + "; ".join(f"{one.name} {one.value}" for one in filters)


def _nothing_left(filters: Sequence[Applied]) -> str:
    """Why a filter left nothing."""
    unknown = [f"of {one.unknown} passages {_UNKNOWN[one.name]} is not known" for one in filters if one.unknown]
    return "; ".join(["Not in these pages: no passage passes this filter", *unknown]) + "."


def _hit_row(hit: Hit, archive: Archive, args: argparse.Namespace) -> dict[str, object]:
    from qa.cite_formats import bibliography
    from qa.rows import shown_hit_row

    row = shown_hit_row(hit, archive.continuations.get(hit.article.id))
    if args.explain:
        from qa.rank import reasons

        row["why"] = [dataclasses.asdict(one) for one in reasons(hit.features)]
    return row if args.cite is None else row | {"reference": bibliography([hit], args.cite, args.paper)}


def _again(excerpt: Excerpt, hits: Sequence[Hit]) -> dict[str, object]:
    from qa.cite import cite
    from qa.rows import shown_excerpt_row

    return {**(shown_excerpt_row(excerpt, hits) or {}), "citation": cite(hits[excerpt.hit])}


def _reply(reply: Reply, archive: Archive, args: argparse.Namespace) -> dict[str, object]:
    from qa.rows import shown_excerpt_row

    return {
        "question": reply.question,
        "effective_question": reply.effective_question,
        "answered": reply.answered,
        "reason": reply.reason,
        "answer": shown_excerpt_row(reply.answer, reply.hits),
        "quote": shown_excerpt_row(reply.quote, reply.hits),
        "citation": reply.citation,
        "also": [_again(again, reply.hits) for again in reply.also],
        "confidence": reply.confidence,
        "filters": [dataclasses.asdict(one) for one in reply.filters],
        "passages": [_hit_row(hit, archive, args) for hit in reply.hits],
        "seconds": reply.seconds,
    }


def _ask(args: argparse.Namespace) -> int:
    from qa.cite import cite

    archive = _open(args)
    reply = archive.ask(args.question, args.k)
    if args.json:
        print(json.dumps(_reply(reply, archive, args), ensure_ascii=False))
    elif reply.quote is not None:
        if reply.answer is not None:
            print(reply.answer.text)
        print(f"“{reply.quote.text}”")
        if args.cite is None:
            print(f"[1] {reply.citation}")
            for n, again in enumerate(reply.also, 2):
                print(f"[{n}] {cite(reply.hits[again.hit])}")
    elif reply.filters and not reply.hits:
        print(_nothing_left(reply.filters))
    else:
        print(_REASONS[reply.reason])
        for n, hit in enumerate(reply.hits[:3], 1):
            print(f"[{n}] {cite(hit)}: {hit.passage.text[:60]}")
    if args.cite is not None and not args.json and reply.hits:
        from qa.cite_formats import bibliography

        quoted = [] if reply.quote is None else [reply.quote, *reply.also]
        cited = [reply.hits[one.hit] for one in quoted] if quoted else reply.hits[:3]
        print(bibliography(cited, args.cite, args.paper))
    if reply.filters and not args.json:
        print(_filter_line(reply.filters))
    if args.explain and not args.json:
        print(f"Confidence {reply.confidence:.2f}; the first hits:")
        for n, hit in enumerate(reply.hits[:3], 1):
            print(f"{n}. {hit.score:.3f} {cite(hit)}\n{_why(hit)}")
    return 0


def _why(hit: Hit) -> str:
    """A line for each feature that put a hit where it is."""
    from qa.rank import reasons

    return "\n".join(
        f"    {one.adds:+7.3f}  {one.feature} ({one.weight:g} x {one.value:.3f})" for one in reasons(hit.features)
    )


def _search(args: argparse.Namespace) -> int:
    from qa.cite import cite
    from qa.cite_formats import bibliography

    archive = _open(args)
    hits = archive.retrieve(args.question, args.k)
    if filters := archive.filtered(args.question).filters:
        print(f"baowen: {_filter_line(filters)}", file=sys.stderr)
        if not hits:
            print(f"baowen: {_nothing_left(filters)}", file=sys.stderr)
    if args.cite is not None and not args.json:
        print(bibliography(hits, args.cite, args.paper))
        return 0
    for n, hit in enumerate(hits, 1):
        if args.json:
            print(json.dumps(_hit_row(hit, archive, args), ensure_ascii=False))
        else:
            print(f"[{n}] {hit.score:.3f} {cite(hit)}\n    {hit.passage.text}")
            if args.explain:
                print(_why(hit))
    return 0


def _index(args: argparse.Namespace) -> int:
    return _report(_open(args), args.json) if args.report else _print_statistics(args)


def _report(archive: Archive, as_json: bool) -> int:
    """Which lines of each file were read as what, and how each file was read."""
    from corpus.report import readings

    for page in archive.pages:
        if not as_json:
            issue = " ".join(part for part in (page.date, f"第{page.page}版" if page.page else None) if part)
            counts = Counter(article.kind for article in page.articles)
            found = ", ".join(f"{counts[kind]} {kind}" for kind in sorted(counts))
            print(f"{page.source}{f' ({issue})' if issue else ''}: {found or 'no article'}")
            for note in page.notes:
                print(f"  {note}")
        for reading in readings(page):
            if as_json:
                row = dataclasses.asdict(reading) | {"source": page.source, "span": list(reading.span)}
                print(json.dumps(row, ensure_ascii=False))
            else:
                text = reading.text if len(reading.text) <= 60 else f"{reading.text[:40]}…{reading.text[-19:]}"
                item = str(reading.item) if reading.item else "-"
                print(f"  {reading.line:5d} {item:>3s}  {reading.role:14s} {' '.join(text.split())}")
    return 0


def _print_statistics(args: argparse.Namespace) -> int:
    archive = _open(args)
    figures = {"pages_folder": str(archive.root), **archive.statistics()}
    if args.json:
        print(json.dumps(figures, ensure_ascii=False))
    else:
        for name, value in figures.items():
            print(f"{name:16s}{value}")
    return 0


def _evaluate(args: argparse.Namespace) -> int:
    from qa.archive import Archive
    from qa.evaluate import evaluate

    bar = ProgressBar()
    try:
        figures = evaluate(
            Path(args.pages),
            Path(args.questions),
            Path(args.out),
            model=args.model,
            k=args.k,
            options=_options(args),
            retrieval_only=args.retrieval_only,
            progress=bar,
            open_archive=functools.partial(Archive.open, where=_where(args), **_models(args)),
            show=None if args.json else print,
            settings={**_models(args), **{name: getattr(args, name) for name in ("first", "last", *_FILTERS)}},
        )
    finally:
        bar.close()
    if args.json:
        print(json.dumps(figures, ensure_ascii=False))
    return 0


def _chat(args: argparse.Namespace) -> int:
    from qa.chat import serve

    try:
        serve(lambda: _open(args), host=args.host, port=args.port, open_browser=args.open)
    except OSError as error:  # no port to be had at this address
        print(f"baowen: {error}", file=sys.stderr)
        return 2
    return 0


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} was given; expected a whole number from 1 on")
    return value


def build_parser() -> argparse.ArgumentParser:
    """The command line; every command has an example in its help."""
    parser = argparse.ArgumentParser(
        prog="baowen",
        description="Ask a folder of Chinese newspaper pages; get the printed sentence that says so.",
        epilog='example: baowen ask papers/ "公交数据贷款贷到多少钱?"',
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(
        name: str, run: Callable[[argparse.Namespace], int], text: str, example: str, json_: bool = True
    ) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text, epilog=f"example: baowen {example}")
        sub.set_defaults(run=run)
        sub.add_argument("--model", metavar="MODEL", help="a sentence-transformers model: folder or hub id")
        sub.add_argument(
            "--device", metavar="DEVICE", help="where named models run: cpu, cuda, mps (default: the best)"
        )
        if json_:
            sub.add_argument("--json", action="store_true", help="print JSON alone on stdout")
        return sub

    chat = command("chat", _chat, "Start the chat in the browser.", "chat papers/ --open", json_=False)
    chat.add_argument("pages", metavar="PAGES", nargs="?", help="a folder of pages (default: the sample pages)")
    chat.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine alone)")
    chat.add_argument("--port", type=int, default=7860, help="port, the next free one where it is taken")
    chat.add_argument("--open", action="store_true", help="open the browser")
    _add_models(chat)
    _add_reader(chat)

    for name, run, text in (
        ("ask", _ask, "Ask one question; print the answer, its sentence and the citation."),
        ("search", _search, "Print the passages found for a question, best first."),
    ):
        sub = command(name, run, text, f'{name} papers/ "展会有多少家企业参加?"')
        sub.add_argument("pages", metavar="PAGES", help="a folder of pages, or one page")
        sub.add_argument("question", metavar="QUESTION")
        sub.add_argument("--k", type=_positive, default=10 if name == "ask" else 5, help="number of passages")
        _add_models(sub)
        if name == "ask":
            _add_reader(sub)
        _add_filters(sub)
        sub.add_argument("--explain", action="store_true", help="print what put each hit where it is")
        _add_citation(sub, "give the source" if name == "ask" else "print the sources alone,")
        _add_switches(sub)

    index = command("index", _index, "Read and index what is new or changed.", "index papers/ --report")
    index.add_argument("pages", metavar="PAGES", help="a folder of pages, or one page")
    index.add_argument("--report", action="store_true", help="print what each line of each page was read as")
    info = command("info", _print_statistics, "Print what is indexed, and with which model.", "info papers/")
    info.add_argument("pages", metavar="PAGES", help="a folder of pages, or one page")

    evaluate = command(
        "evaluate",
        _evaluate,
        "Answer a file of questions and measure the answers.",
        "evaluate papers/ questions.jsonl --out results/",
    )
    evaluate.add_argument("pages", metavar="PAGES", help="a folder of pages, a BEIR folder or a SQuAD-style JSON file")
    evaluate.add_argument("questions", metavar="QUESTIONS", help="JSON Lines; for BEIR and SQuAD the same as PAGES")
    evaluate.add_argument("--out", metavar="DIR", required=True, help="folder for results.jsonl and metrics.json")
    evaluate.add_argument("--k", type=_positive, default=10, help="number of passages (default: 10)")
    evaluate.add_argument("--retrieval-only", action="store_true", help="measure retrieval, do not answer")
    _add_models(evaluate)
    _add_reader(evaluate)
    _add_filters(evaluate)
    _add_switches(evaluate)
    return parser


def _add_models(parser: argparse.ArgumentParser) -> None:
    """What only answering needs; the index is the same without."""
    parser.add_argument("--reranker", metavar="MODEL", help="a CrossEncoder that re-orders the hits: folder or hub id")
    parser.add_argument(
        "--question-prompt",
        metavar="TEXT",
        help="what --model wants before a question (default: BAOWEN_QUESTION_PROMPT, or as the model's card says)",
    )


def _add_reader(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--reader", metavar="MODEL", help="a question-answering model that marks the answer: folder or hub id"
    )


def _add_filters(parser: argparse.ArgumentParser) -> None:
    """What is asked of only a part of the pages."""
    group = parser.add_argument_group("filters", "only passages")
    group.add_argument("--from", dest="first", metavar="DATE", help="of issues from 2026-01-31, 2026-01 or 2026 on")
    group.add_argument("--to", dest="last", metavar="DATE", help="of issues up to this day, month or year")
    for name, (metavar, text) in _FILTERS.items():
        group.add_argument(f"--{name}", metavar=metavar, help=text)


def _add_citation(parser: argparse.ArgumentParser, what: str) -> None:
    group = parser.add_argument_group("citations")
    group.add_argument("--cite", choices=get_args(CitationStyle), help=f"{what} in this form")
    group.add_argument("--paper", metavar="NAME", help="the newspaper's name for --cite (default: left out)")


def _add_switches(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--threshold",
        type=float,
        metavar="P",
        help="confidence (0 to 1) that an answer needs, in place of the fitted limits",
    )
    for name, text in _SWITCHES.items():
        parser.add_argument(f"--no-{name}", action="store_true", help=f"leave out {text}")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    :returns: the exit status.
    """
    args = build_parser().parse_args(argv)
    try:
        return int(args.run(args))
    except BaowenError as error:
        print(f"baowen: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # Whoever reads the output (head, less) has seen enough; what is still to be flushed goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
