"""How good the short answer is with the right paragraph given: `python -m qa.training.measure_answers --public DIR`.

For every SQuAD-style file of the folder: exact match and character F1 (spaces and punctuation aside), the best over the
answers known; the rarity of words is that in the file's paragraphs. Every question with an answer counts.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from corpus.collections import is_squad
from qa.archive import Archive
from qa.extract import Source, choose
from qa.metrics import bare, character_f1
from qa.question_sets import read_questions


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m qa.training.measure_answers", description=__doc__)
    parser.add_argument("--public", type=Path, required=True, help="folder with SQuAD-style files (.json)")
    parser.add_argument("--every", type=int, default=1, help="measure only every n-th question")
    args = parser.parse_args(argv)
    for path in sorted(args.public.glob("*.json")):
        if is_squad(path):
            exact, f1, count = measure(path, args.every)
            print(f"{path.name:24} n {count:5}  em {exact:.3f}  f1 {f1:.3f}", flush=True)
    return 0


def measure(path: Path, every: int = 1) -> tuple[float, float, int]:
    """Exact match, F1 and the number of questions of one file; both 0 to 1.

    :raises PagesError: if the file is malformed.
    """
    archive = Archive.open(path)
    rows: list[tuple[float, float]] = []
    for question in [q for q in read_questions(path).questions if q.answers][::every]:
        text = archive.page(question.relevant[0][0]).text
        analysed = archive._analyse(question.text)
        found = choose(analysed, archive._retriever.matcher(analysed), [Source(text, "", "body", 0.0)])
        said = "" if found is None or found.answer is None else text[found.answer.start : found.answer.end]
        exact = any(bare(said) == bare(answer) for answer in question.answers)
        rows.append((float(exact), max(character_f1(said, answer) for answer in question.answers)))
    means = np.mean(rows, axis=0) if rows else np.zeros(2)
    return float(means[0]), float(means[1]), len(rows)


if __name__ == "__main__":
    raise SystemExit(main())
