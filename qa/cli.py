"""`baowen`: the commands and their switches. Results on stdout, everything else on stderr.

Exit status: 0 on success, also where single files were skipped; 1 where `verify` finds damage; 2 on bad use or bad
input, with one line on stderr.
"""

from __future__ import annotations

import argparse
import functools
import io
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from corpus.errors import BaowenError
from qa import cli_ask, cli_index
from qa.chat import options as chat_options
from qa.cli_open import FILTERS, SWITCHES, Models, ProgressBar, models_of, open_archive, options_of, where_of
from qa.records import CitationStyle

if TYPE_CHECKING:
    from qa.live import Live


def _evaluate(args: argparse.Namespace) -> int:
    from qa.archive import Archive
    from qa.measure.evaluate import evaluate

    bar = ProgressBar()
    try:
        figures = evaluate(
            Path(args.pages),
            Path(args.questions),
            Path(args.out),
            model=args.model,
            k=args.k,
            options=options_of(args),
            retrieval_only=args.retrieval_only,
            gold_passages=args.gold_passages,
            progress=bar,
            open_archive=functools.partial(Archive.open, where=where_of(args), **models_of(args)),
            show=None if args.json else print,
            settings={**models_of(args), **{name: getattr(args, name) for name in ("first", "last", *FILTERS)}},
        )
    finally:
        bar.close()
    if args.json:
        print(json.dumps(figures, ensure_ascii=False))
    return 0


def _chat(args: argparse.Namespace) -> int:
    from corpus.files import sample_pages
    from qa.chat import serve
    from qa.chat.guard import LOOPBACK
    from qa.chat.shelves import Shelves
    from qa.folders.uploads import Limits, Uploads

    options = chat_options.options_of(args)
    limits = Limits(options.upload_mb * 2**20, options.upload_files, options.upload_all_mb * 2**20)

    models = Models(args)

    def opened(pages: Path) -> Live:
        from qa.live import Live

        return Live(lambda: open_archive(argparse.Namespace(**{**vars(args), "pages": pages}), models))

    shelves = Shelves(
        opened,
        sample_pages() if args.pages is None else Path(args.pages),
        Uploads(limits=limits) if options.takes_uploads(args.host in LOOPBACK) else None,
        options.also,
        seconds=args.watch or 2.0,
        follow=args.watch is not None,
        title=options.paper,
    )
    try:
        serve(
            shelves.open,
            host=args.host,
            port=args.port,
            open_browser=args.open,
            options=options,
            shelves=shelves,
        )
    except OSError as error:  # no port to be had at this address
        print(f"baowen: {error}", file=sys.stderr)
        return 2
    return 0


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} was given; expected a whole number from 1 on")
    return value


def _seconds(text: str) -> float:
    value = float(text)
    if not 0.1 <= value <= 86400:
        raise argparse.ArgumentTypeError(f"{text} was given; expected seconds from 0.1 to 86400")
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
    _add_watch(chat)
    _add_models(chat)
    _add_reader(chat)
    chat_options.add_arguments(chat)

    for name, run, text in (
        ("ask", cli_ask.ask, "Ask one question; print the answer, its sentence and the citation."),
        ("search", cli_ask.search, "Print the passages found for a question, best first."),
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

    for name, run, text, example in (
        ("index", cli_index.index, "Read and index what is new or changed.", "index papers/ --report"),
        ("info", cli_index.info, "Print what is indexed, and with which model.", "info papers/"),
        ("forget", cli_index.forget, "Take away the index of some pages; the pages stay.", "forget papers/"),
        ("verify", cli_index.verify, "Check every file and row of the index; exit 1 where it is damaged.", "verify"),
        ("repair", cli_index.repair, "Make anew what is damaged in the index, and nothing else.", "repair papers/"),
    ):
        sub = command(name, run, text, example)
        if name in ("index", "forget"):
            sub.add_argument("pages", metavar="PAGES", help="a folder of pages, or one page")
        else:
            sub.add_argument(
                "pages", metavar="PAGES", nargs="?", help="a folder of pages, or one page (default: every index)"
            )
        if name == "index":
            sub.add_argument("--report", action="store_true", help="print what each line of each page was read as")
            _add_watch(sub)

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
    evaluate.add_argument(
        "--gold-passages",
        action="store_true",
        help="ask again with the right passage given, for what finding it costs (use with --threshold 0)",
    )
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


def _add_watch(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--watch",
        type=_seconds,
        nargs="?",
        const=2.0,
        metavar="SECONDS",
        help="follow the folder: look for new, changed and deleted pages so often (default: every 2 seconds)",
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
    for name, (metavar, text) in FILTERS.items():
        group.add_argument(f"--{name}", metavar=metavar, help=text)


def _add_citation(parser: argparse.ArgumentParser, what: str) -> None:
    group = parser.add_argument_group("citations")
    group.add_argument("--cite", choices=get_args(CitationStyle), help=f"{what} in this form")
    group.add_argument("--paper", metavar="NAME", help="the newspaper's name for --cite (default: papers.toml's)")


def _add_switches(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--threshold",
        type=float,
        metavar="P",
        help="confidence (0 to 1) that an answer needs, in place of the fitted limits",
    )
    for name, text in SWITCHES.items():
        parser.add_argument(f"--no-{name}", action="store_true", help=f"leave out {text}")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    :returns: the exit status.
    """
    args = build_parser().parse_args(argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A file's name may hold bytes that are no text; what is shown for them is right in JSON as well.
            stream.reconfigure(errors="backslashreplace")
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
