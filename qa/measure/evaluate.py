"""`evaluate`: a question set through the whole chain, every result checked against its page, and the figures.

Writes DIR/results.jsonl (one row per question or turn, in the set's order), DIR/metrics.json, DIR/report.txt (the
tables that are shown), and DIR/coverage.csv and coverage.svg with what each threshold gives (see
`qa.measure.calibration`; empty where nothing was answered). All appear only when the run is complete; a run that fails
leaves what was there. metrics.json tells beside the figures what they depend on: the options, the index with its model,
the fitted weights, the versions and the machine.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, TextIO

from corpus.errors import InputError
from corpus.records import Page
from qa.measure.asking import Answering, ask_all, ask_given
from qa.measure.calibration import Bin, curve, curve_csv, curve_svg, operating, reliability, reliability_table, summary
from qa.measure.metrics import RETRIEVAL, Outcome, grouped, is_judged, judged, table
from qa.measure.question_sets import Dialogue, QuestionSet, read_questions
from qa.measure.rows import dump_line

if TYPE_CHECKING:
    from qa.retriever import Options

Progress = Callable[[str, int, int], None]
_FILES = ("results.jsonl", "metrics.json", "report.txt", "coverage.csv", "coverage.svg")
# Whose versions may change a figure.
_PARTS = ("baowen", "numpy", "faiss-cpu", "jieba", "tokenizers", "tantivy", "OpenCC", "sentence-transformers", "torch")


def evaluate(
    pages: Path | str | None,
    questions: Path | str,
    out: Path | str,
    *,
    model: str | None = None,
    k: int = 10,
    options: Options | None = None,
    retrieval_only: bool = False,
    gold_passages: bool = False,
    progress: Progress | None = None,
    open_archive: Callable[..., Answering] | None = None,
    show: Callable[[str], None] | None = print,
    warn: Callable[[str], None] | None = None,
    settings: Mapping[str, object] | None = None,
) -> dict[str, Any]:
    """Ask every question of a set, write the results and the figures to the folder `out`, and return the figures.

    :param pages: folder, file or retrieval set; None for the sample pages.
    :param retrieval_only: find passages but answer nothing; a dialogue's turns are then searched for as they stand.
    :param gold_passages: ask every question a second time with the right passage given and without abstaining (see
        `qa.measure.asking`), for what finding it costs; results.jsonl is of the first time. Where that abstains, the
        cost holds that of abstaining as well: with a threshold of 0 it does not.
    :param progress: as for `Archive.open`, called while the pages are read and indexed.
    :param open_archive: what opens the archive, `Archive.open` if None.
    :param show: given the table and the speed, as text; None for silence.
    :param settings: what else `open_archive` was told (device, re-ranker, …); recorded beside the options.
    :param warn: given one line for each note of the archive, skipped file and doubt about the set; None for stderr.
    :raises InputError: if pages, questions, k or `out` cannot be used.
    :raises EvaluationError: if a passage, quote or answer is not what its page says; the message names the row.
    """
    if k < 1:
        raise InputError(f"k is {k}, the number of passages per question; give 1 or more (10 is usual).")
    if gold_passages and retrieval_only:
        raise InputError("Retrieval alone answers nothing, with passages given or not; leave out one of the two.")
    if warn is None:
        warn = _to_stderr
    if options is None:
        from qa.retriever import Options

        options = Options()
    if open_archive is None:
        from qa.archive import Archive

        open_archive = Archive.open
    asked = read_questions(questions)
    with _writing(Path(out).expanduser(), *_FILES) as (rows, figures, told, sheet, picture):
        archive = open_archive(pages, model=model, options=options, progress=progress)
        try:
            for note in archive.notes:
                warn(note)
            for skipped in archive.skipped:
                warn(f"skipped {skipped.source}: {skipped.reason}")
            for doubt in _doubts(asked, archive.pages):
                warn(doubt)
            outcomes: list[Outcome] = []
            seconds: list[float] = []
            for outcome, row in ask_all(archive, asked, k, retrieval_only):
                outcomes.append(outcome)
                seconds.append(row["seconds"])
                rows.write(dump_line(row))
            again: list[Outcome] = []
            if gold_passages:
                never_abstaining = replace(options, threshold=0.0)
                with closing(open_archive(pages, model=model, options=never_abstaining, progress=progress)) as always:
                    again = list(ask_given(always, asked, k))
            found = judged(outcomes)
            points = curve(found)
            given = operating(found, [outcome.answered is True for outcome in outcomes if is_judged(outcome)])
            metrics = {
                "figures": grouped(outcomes),
                **(_cost(outcomes, again) if gold_passages else {}),
                "calibration": {
                    "bins": [asdict(one) for one in reliability(found)],
                    **summary(found),
                    "operating": None if given is None else asdict(given),
                },
                "counts": _counts(asked, outcomes, archive),
                "speed": _speed(seconds),
                "options": {
                    **asdict(options),
                    "without": list(options.without),
                    "pages": None if pages is None else str(pages),
                    "questions": str(questions),
                    "model": model,
                    "k": k,
                    "retrieval_only": retrieval_only,
                    "gold_passages": gold_passages,
                    **{name: _plain(value) for name, value in (settings or {}).items()},
                },
                "index": dict(archive.statistics()),
                "weights": _weights(),
                "versions": _versions(),
                "machine": {
                    "platform": platform.platform(),
                    "processor": platform.processor() or platform.machine(),
                    "cpus": os.cpu_count(),
                    "python": platform.python_version(),
                },
                "date": datetime.now(UTC).isoformat(timespec="seconds"),
            }
        finally:
            archive.close()
        json.dump(metrics, figures, ensure_ascii=False, indent=2)
        figures.write("\n")
        told.write(report(metrics) + "\n")
        sheet.write(curve_csv(points if found else []))
        picture.write(curve_svg(points if found else [], given))
    if show is not None:
        show(report(metrics))
    return metrics


def report(metrics: dict[str, Any]) -> str:
    """The figures of an evaluation as text: a line per group, the reliability of the confidence, then the speed."""
    speed = metrics["speed"]
    line = f"{metrics['counts']['questions']} questions, p50 {speed['p50_ms']:.1f} ms, p95 {speed['p95_ms']:.1f} ms"
    bins = [Bin(**one) for one in metrics["calibration"]["bins"]]
    told = ["", reliability_table(bins), ""] if any(one.n for one in bins) else []
    return "\n".join([table(metrics["figures"]), *_cost_lines(metrics), *told, line])


def _cost_lines(metrics: dict[str, Any]) -> list[str]:
    """The answers with the right passage given, and what finding it costs; nothing where that was not measured."""
    if not metrics.get("gold_passages"):
        return []
    lines = []
    for label, key in (("passage given", "gold_passages"), ("finding costs", "retrieval_cost")):
        told = [f"{name} {value:.3f}" for name, value in metrics[key].items() if name != "n"]
        lines.append(f"{label}: {', '.join(told)}")
    return ["", *lines]


def _doubts(asked: QuestionSet, pages: Iterable[Page]) -> Iterator[str]:
    """What looks wrong about the set: most often it was made for other pages. The questions count all the same."""
    sources = {page.source for page in pages}
    names = {PurePosixPath(source).name for source in sources}
    missing = sorted(
        {
            q.source
            for q in asked.questions
            if q.gold == "passage" and q.source and PurePosixPath(q.source).name not in names
        }
        | {source for q in asked.questions if q.gold == "source" for source, _ in q.relevant if source not in sources}
    )
    if len(missing) == 1:
        yield f"1 source that the questions name is not among the pages: {missing[0]}."
    elif missing:
        yield f"{len(missing)} sources that the questions name are not among the pages, {missing[0]} for one."
    unmeasured = sum(q.gold == "unknown" and not q.answers for q in asked.questions)
    if unmeasured:
        yield f"{unmeasured} questions without relevance judgements are asked but not measured."


def _counts(asked: QuestionSet, outcomes: Sequence[Outcome], archive: Answering) -> dict[str, int]:
    questions = asked.questions
    return {
        "pages": len(archive.pages),
        "skipped": len(archive.skipped),
        "questions": len(questions),
        "answerable": sum(q.gold != "nothing" for q in questions),
        "unanswerable": sum(q.gold == "nothing" for q in questions),
        "dialogues": sum(isinstance(item, Dialogue) for item in asked.items),
        "answered": sum(outcome.answered is True for outcome in outcomes),
    }


def _speed(seconds: Sequence[float]) -> dict[str, float]:
    """Milliseconds per question; the percentiles are interpolated, the first question includes what it had to load."""
    import numpy as np

    p50, p95 = np.percentile(np.asarray(seconds) * 1000, [50, 95])
    return {
        "p50_ms": round(float(p50), 3),
        "p95_ms": round(float(p95), 3),
        "first_ms": round(seconds[0] * 1000, 3),
        "total_s": round(sum(seconds), 3),
    }


def _cost(outcomes: Sequence[Outcome], again: Sequence[Outcome]) -> dict[str, dict[str, float]]:
    """The figures of answers with the right passage given, and what finding it costs: how much higher they are."""
    names = {outcome.question.id for outcome in again}
    figures = grouped([outcome for outcome in outcomes if outcome.question.id in names]).get("all", {})
    better = {name: value for name, value in grouped(again).get("all", {}).items() if name not in RETRIEVAL}
    cost = {name: better[name] - figures[name] for name in better if name != "n"}
    return {"gold_passages": better, "retrieval_cost": cost}


def _plain(value: object) -> object:
    """What JSON can hold of a setting."""
    return value if value is None or isinstance(value, (str, int, float)) else str(value)


def _versions() -> dict[str, str]:
    """The versions of Baowen and of what it stands on, without importing any of it."""
    found = {}
    for name in _PARTS:
        with suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


def _weights() -> dict[str, str]:
    """The SHA-256 of each file of fitted weights, by its name: a fit changes figures and no version."""
    found = sorted(Path(__file__).parents[1].glob("*.json"))
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr)


@contextmanager
def _writing(folder: Path, *names: str) -> Iterator[tuple[TextIO, ...]]:
    """Files that appear under their names, all together, only if the block ends without an error.

    :raises InputError: if the folder cannot be made or written to.
    """
    parts = [folder / f".{name}.{os.getpid()}.part" for name in names]
    opened: list[TextIO] = []
    try:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for part in parts:
                opened.append(part.open("w", encoding="utf-8", newline="\n"))
        except OSError as error:
            raise InputError(
                f"{folder} cannot be written to ({error.strerror}); name a folder for the results that can be."
            ) from None
        yield tuple(opened)
        for file in opened:
            file.close()
        for part, name in zip(parts, names, strict=True):
            part.replace(folder / name)
    finally:
        for file in opened:
            file.close()
        for part in parts:
            if part.is_file():
                part.unlink()
