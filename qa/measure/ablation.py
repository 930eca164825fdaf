"""`python -m qa.measure.ablation PAGES QUESTIONS`: what each stage of the chain is worth, measured by leaving it out.

A line for the chain as it is, and one for each stage that can be left out: the switches of `qa.retriever.Options`, the
features of the second look (`qa.rank`) and the models of the confidence (`qa.abstain`; one that is left out is always
sure). Weights are not fitted anew, so a stage whose work others could have learned looks better than it is. A stage
that costs nothing when it is left out does not pay; but one question more or less is chance. "brier" is the mean
squared distance of confidence and outcome: there, and in milliseconds, lower is better.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from corpus.errors import BaowenError
from qa.abstain import Judgement
from qa.archive import Archive
from qa.measure.asking import Answering, ask_all
from qa.measure.calibration import summary
from qa.measure.metrics import Outcome, grouped, judged
from qa.measure.question_sets import QuestionSet, read_questions
from qa.rank import FEATURES
from qa.retriever import Options

FIGURES = ("hit@1", "mrr@10", "quote", "f1", "answered", "abstained", "brier")
Open = Callable[..., Answering]


def stages() -> Iterator[tuple[str, Options]]:
    """What is left out, and the options that leave it out; first "nothing"."""
    yield "nothing", Options()
    for name, value in dataclasses.asdict(Options()).items():
        if value is True:
            switch: dict[str, Any] = {name: False}
            yield name, Options(**switch)
    for name in (*FEATURES, *(model.name for model in dataclasses.fields(Judgement))):
        yield name, Options(without=(name,))


def ablate(
    pages: Path | str, sets: Sequence[QuestionSet], k: int = 10, open_archive: Open = Archive.open
) -> Iterator[tuple[str, dict[str, float]]]:
    """For each stage left out the FIGURES that the sets have together; "ms" is the mean time of a question.

    :raises InputError: if the pages cannot be read.
    :raises EvaluationError: if a passage, quote or answer is not what its page says.
    """
    for stage, options in stages():
        archive = open_archive(pages, options=options)
        try:
            asked = [pair for questions in sets for pair in ask_all(archive, questions, k)]
        finally:
            archive.close()
        seconds = [row["seconds"] for _, row in asked]
        yield stage, {**_figures([outcome for outcome, _ in asked]), "ms": 1000 * sum(seconds) / len(seconds)}


def _figures(outcomes: Sequence[Outcome]) -> dict[str, float]:
    groups = grouped(outcomes)
    found = {**groups.get("unanswerable", {}), **groups.get("all", {}), **summary(judged(outcomes))}
    return {name: found[name] for name in FIGURES if name in found}


def table(rows: Sequence[tuple[str, dict[str, float]]]) -> str:
    """A Markdown table: the figures of the first row, and of the others with their difference to it."""
    whole = rows[0][1]
    names = [name for name in FIGURES if name in whole]
    lines = [f"| left out | {' | '.join(names)} | ms |", "|---|" + "---|" * (len(names) + 1)]
    for stage, figures in rows:
        cells = [f"{figures[name]:.3f}" for name in names]
        if figures is not whole:
            cells = [f"{cell} ({figures[name] - whole[name]:+.3f})" for cell, name in zip(cells, names, strict=True)]
        lines.append(f"| {stage} | {' | '.join(cells)} | {figures['ms']:.0f} |")
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print.

    :returns: the exit status: 2 on bad input.
    """
    parser = argparse.ArgumentParser(
        prog="python -m qa.measure.ablation",
        description="Measure what each stage of answering is worth, by leaving it out.",
        epilog="example: python -m qa.measure.ablation papers/ questions.jsonl --unanswerable unanswerable.jsonl",
    )
    parser.add_argument("pages", metavar="PAGES", type=Path, help="as for `baowen evaluate`")
    parser.add_argument("questions", metavar="QUESTIONS", type=Path, help="as for `baowen evaluate`")
    parser.add_argument(
        "--unanswerable", metavar="FILE", type=Path, help="more questions, that the pages do not answer"
    )
    parser.add_argument("--json", action="store_true", help="print JSON alone on stdout")
    args = parser.parse_args(argv)
    rows: list[tuple[str, dict[str, Any]]] = []
    try:
        sets = [read_questions(path) for path in (args.questions, args.unanswerable) if path is not None]
        for row in ablate(args.pages, sets):
            rows.append(row)
            print(f"without {row[0]}: measured", file=sys.stderr)
    except BaowenError as error:
        print(f"python -m qa.measure.ablation: {error}", file=sys.stderr)
        return 2
    if args.json:
        print(json.dumps(dict(rows), ensure_ascii=False))
    else:
        print(f"{sum(len(one.questions) for one in sets)} questions\n\n{table(rows)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
