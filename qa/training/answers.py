"""Learn the weights of `qa.quotes` and `qa.answers`.

    python -m qa.training.answers --material DIR --model FOLDER --hold N

Two log-linear models, each a softmax over what one question has to choose from, fitted by L-BFGS with an L2 penalty:
over the sentences of the first passages, then over the spans of the best sentences. The encoder at FOLDER must have
been trained with `--hold N`: the sentences are learned from the documents that it had not seen, since nearness by
vectors is better on those that it had; the spans from all. Figures are of the former, cross-validated over documents (a
document's questions are always in the same part).
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import time
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.answers import Grid, Weights, grid
from qa.extract import SPANS, agreed, weighed
from qa.measure.metrics import bare, character_f1
from qa.quotes import FEATURES, Sentence, quoted
from qa.training.examples import Example, read_examples

Floats = NDArray[np.float64]
FOLDS = 3
SAMPLE = 0.4  # share of the wrong spans that are learned from, drawn by chance
RARE = 200  # a feature in fewer spans' beginnings or ends than this is left out,
RARE_RULE = 30  # but what a rule found for a kind only where it is in fewer than this
_PENALTY_SENTENCE, _PENALTY_SPAN = 1.0, 4.0
_PENALTY_RULE = 0.5  # what a rule says is known to be to the point, and there are few such features
_SMALL = 0.1  # weights nearer to 0 than this are not saved


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m qa.training.answers", description=__doc__)
    parser.add_argument("--material", type=Path, required=True, help="folder with questions.jsonl and passages.jsonl")
    parser.add_argument("--model", required=True, metavar="FOLDER", help="encoder trained with --hold")
    parser.add_argument("--hold", type=int, required=True, help="the --hold that it was trained with")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "answers.json")
    parser.add_argument("--folds", type=int, default=FOLDS, help="parts of the cross-validation; 0 leaves it out")
    args = parser.parse_args(argv)
    examples = read_examples(args.material, args.model, args.hold)
    known = [example for example in examples if example.gold]
    print(f"{len(examples)} questions, {len(known)} with the answer in the passages found")
    if args.folds:
        validate(examples, args.folds)
    weights = learn(known)
    save(weights, args.out)
    print(f"{len(weights.sentence)} + {len(weights.span)} weights in {args.out}")
    return 0


def validate(examples: Sequence[Example], folds: int) -> None:
    """Print the figures of each question answered with weights learned from the other documents'."""
    docs = sorted({example.doc for example in examples})
    part = {doc: n % folds for n, doc in enumerate(np.random.default_rng(7).permutation(docs).tolist())}
    figures: dict[str, list[tuple[float, ...]]] = {}
    best: list[list[Sentence]] = [[] for _ in examples]
    for fold in range(folds):
        sentence = learn_sentences([e for e in examples if e.fair and e.gold and part[e.doc] != fold])
        for n, e in enumerate(examples):
            if part[e.doc] == fold:
                best[n] = weighed(e.question, e.sentences, Weights(sentence, {}))
    table = tabulate(examples, best)
    of = np.array([part[example.doc] for example in examples])[table.example]
    print(f"{len(table.right):,} spans, {len(table.names):,} features", flush=True)
    for fold in range(folds):
        start = time.perf_counter()
        weights = learn_spans(table.part(of != fold))
        held = table.part(of == fold)
        score = held.scores(np.array(list(weights.values())))
        starts = np.flatnonzero(np.r_[True, np.diff(held.example) > 0])
        for a, b in zip(starts, [*starts[1:], len(score)], strict=True):
            n = int(held.example[a])
            example = examples[n]
            if not example.fair:
                continue
            likely = a + np.argsort(-score[a:b], kind="stable")[:SPANS]
            places = np.stack([held.sentence[likely], held.start[likely], held.stop[likely]])
            c = int(likely[agreed(places, np.exp(score[likely] - score[likely].max()))])
            row = judged(example, best[n], best[n][held.sentence[c]], int(held.start[c]), int(held.stop[c]))
            for group in ("all", example.style, f"asks {example.question.asks}", *(["found"] if example.gold else [])):
                figures.setdefault(group, []).append(row)
        print(f"part {fold + 1}: {time.perf_counter() - start:.0f} s", flush=True)
    print(f"{'':18} {'n':>5}  quote  short     em     f1")
    for group, rows in figures.items():
        print(f"{group:18} {len(rows):5}", *(f"{value:6.3f}" for value in np.mean(rows, axis=0)))


def judged(
    example: Example, best: Sequence[Sentence], sentence: Sentence, start: int, end: int
) -> tuple[float, float, float, float]:
    """Whether the quote holds the answer where it is known to stand, the same and at most 100 characters; em and f1."""
    text = example.sources[sentence.source].text
    first, last = quoted(example.matcher, text, best, sentence, (start, end))
    good = any(s == sentence.source and first <= a and b <= last for s, a, b in example.gold)
    said = text[start:end]
    em = any(bare(said) == bare(answer) for answer in example.answers)
    return (
        float(good),
        float(good and last - first <= 100),
        float(em),
        max(character_f1(said, a) for a in example.answers),
    )


def learn(examples: Sequence[Example]) -> Weights:
    """Both models from examples whose answer stands in their passages."""
    sentence = learn_sentences([example for example in examples if example.fair])
    best = [weighed(e.question, e.sentences, Weights(sentence, {})) for e in examples]
    return Weights(sentence, learn_spans(tabulate(examples, best)))


def save(weights: Weights, path: Path) -> None:
    """As JSON, one weight a line, by name."""
    rounded = {
        "sentence": {name: round(value, 3) for name, value in sorted(weights.sentence.items())},
        "span": {name: round(value, 3) for name, value in sorted(weights.span.items()) if abs(value) >= _SMALL},
    }
    path.write_text(json.dumps(rounded, ensure_ascii=False, indent=0) + "\n", "utf-8")


def learn_sentences(examples: Sequence[Example]) -> dict[str, float]:
    names = [*FEATURES, *sorted({f"holds|{example.question.asks}" for example in examples})]
    ids = {name: n for n, name in enumerate(names)}
    rows: list[list[float]] = []
    groups: list[int] = []
    right: list[bool] = []
    for n, example in enumerate(examples):
        for sentence in example.sentences:
            row = [*sentence.features, *[0.0] * (len(names) - len(FEATURES))]
            row[ids[f"holds|{example.question.asks}"]] = sentence.features[FEATURES.index("holds")]
            rows.append(row)
            groups.append(n)
            right.append(_right(example, sentence))
    matrix = np.array(rows)
    weights = _fit(
        lambda w: matrix @ w, lambda r: matrix.T @ r, len(names), np.array(groups), np.array(right), _PENALTY_SENTENCE
    )
    return dict(zip(names, weights.tolist(), strict=True))


def _right(example: Example, sentence: Sentence) -> bool:
    return any(s == sentence.source and sentence.start <= a and b <= sentence.end for s, a, b in example.gold)


@dataclass(frozen=True, slots=True)
class Table:
    """The spans of all examples as sparse matrices over `names`.

    Row c of `whole` is span c; `first` and `last` (int64, spans) are its rows in `begin` and `end`. `example`
    (ascending), `sentence` (rank in the example's best sentences), `start` and `stop` (characters of the passage) say
    which it is; `right` (bool) whether it is the answer.
    """

    names: tuple[str, ...]
    begin: Any
    end: Any
    whole: Any
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    example: NDArray[np.int64]
    sentence: NDArray[np.int64]
    start: NDArray[np.int64]
    stop: NDArray[np.int64]
    right: NDArray[np.bool_]

    def scores(self, weights: Floats) -> Floats:
        total: Floats = (self.begin @ weights)[self.first] + (self.end @ weights)[self.last] + self.whole @ weights
        return total

    def part(self, chosen: NDArray[np.bool_]) -> Table:
        """The spans where `chosen` (bool, spans) holds."""
        cut = {name: getattr(self, name)[chosen] for name in _OF_SPANS}
        return dataclasses.replace(self, whole=self.whole[chosen], **cut)


_OF_SPANS = ("first", "last", "example", "sentence", "start", "stop", "right")


def tabulate(examples: Sequence[Example], best: Sequence[Sequence[Sentence]]) -> Table:
    """The spans of each example's best sentences."""
    begin, end, whole = _Rows(), _Rows(), _Rows()
    columns: dict[str, list[NDArray[Any]]] = {name: [] for name in _OF_SPANS}
    for n, (example, chosen) in enumerate(zip(examples, best, strict=True)):
        for g, sentence in enumerate(chosen):
            spans = grid(example.question, example.matcher, example.sources[sentence.source], sentence)
            if spans is None:
                continue
            first = [begin.add(row) for row in spans.begin]
            last = [end.add(row) for row in spans.end]
            rows, cells = np.nonzero(spans.allowed)
            whole.extend(*_cells(spans, rows, cells))
            a = sentence.start + np.array([atom.start for atom in spans.atoms])[rows]
            b = sentence.start + np.array([atom.end for atom in spans.atoms])[cells]
            gold = [(sentence.source, *cell) in example.gold for cell in zip(a.tolist(), b.tolist(), strict=True)]
            size = len(rows)
            row = (
                np.array(first)[rows],
                np.array(last)[cells],
                np.full(size, n),
                np.full(size, g),
                a,
                b,
                np.array(gold, bool),
            )
            for name, value in zip(_OF_SPANS, row, strict=True):
                columns[name].append(value)
    ids = _Rows.ids(begin, end, whole)
    arrays = {name: np.concatenate(values) for name, values in columns.items()}
    return Table(tuple(ids), begin.matrix(ids), end.matrix(ids), whole.matrix(ids), **arrays)


def learn_spans(table: Table) -> dict[str, float]:
    """The weights of `qa.answers` from the examples of a table that have a right span."""
    having = np.isin(table.example, np.unique(table.example[table.right]))
    lucky = np.random.default_rng(11).random(len(having)) < SAMPLE
    part = table.part(having & (lucky | table.right))
    # Each wrong span stands for those left out as well.
    offset = np.where(part.right, 0.0, -math.log(SAMPLE))

    def back(r: Floats) -> Floats:
        total: Floats = part.whole.T @ r
        total += part.begin.T @ np.bincount(part.first, r, part.begin.shape[0])
        total += part.end.T @ np.bincount(part.last, r, part.end.shape[0])
        return total

    penalty = np.array(
        [_PENALTY_RULE if name.startswith(("rule ", "other kind")) else _PENALTY_SPAN for name in table.names]
    )
    found = _fit(lambda w: part.scores(w) + offset, back, len(table.names), part.example, part.right, penalty)
    return dict(zip(table.names, found.tolist(), strict=True))


class _Rows:
    """Rows of named features on the way to a sparse matrix."""

    def __init__(self) -> None:
        self._names: dict[str, int] = {}
        self._starts, self._columns, self._values = array("q", [0]), array("i"), array("f")

    def add(self, row: Sequence[tuple[str, float]]) -> int:
        for name, value in row:
            if value:
                self._columns.append(self._names.setdefault(name, len(self._names)))
                self._values.append(value)
        self._starts.append(len(self._columns))
        return len(self._starts) - 2

    def extend(self, names: Sequence[str], values: Floats) -> None:
        """Add rows at once, float64 (rows, names)."""
        numbers = np.array([self._names.setdefault(name, len(self._names)) for name in names], np.intc)
        rows, columns = np.nonzero(values)
        self._columns.frombytes(numbers[columns].tobytes())
        self._values.frombytes(values[rows, columns].astype(np.float32).tobytes())
        ends = len(self._columns) - len(rows) + np.cumsum(np.count_nonzero(values, axis=1))
        self._starts.frombytes(ends.astype(np.int64).tobytes())

    def counts(self) -> dict[str, int]:
        """How many rows hold each feature."""
        number = np.bincount(np.array(self._columns), minlength=len(self._names)).tolist()
        return {name: number[n] for name, n in self._names.items()}

    @staticmethod
    def ids(*parts: _Rows) -> dict[str, int]:
        """The features that are not rare in some part, numbered."""
        kept = sorted(
            {
                name
                for part in parts
                for name, count in part.counts().items()
                if count >= (RARE_RULE if name.startswith("rule ") else RARE)
            }
        )
        return {name: n for n, name in enumerate(kept)}

    def matrix(self, ids: Mapping[str, int]) -> Any:
        from scipy.sparse import csr_matrix

        size = len(self._starts) - 1
        full = csr_matrix(
            (np.array(self._values), np.array(self._columns), np.array(self._starts)), (size, len(self._names))
        )
        moved = np.array([ids.get(name, -1) for name in self._names])
        kept = moved >= 0
        turn = csr_matrix((np.ones(kept.sum()), (np.flatnonzero(kept), moved[kept])), (len(moved), len(ids)))
        return (full @ turn).tocsr()


def _cells(spans: Grid, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> tuple[list[str], Floats]:
    """What holds of each span as a whole: the features' names and float64 (spans, features)."""
    bucket = spans.buckets[rows, columns]
    lengths = range(int(bucket.max(initial=0)) + 1)
    values = [array[rows, columns] for array in spans.whole.values()]
    values += [(bucket == b).astype(float) for b in lengths for _ in range(2)]
    values += [np.full(len(rows), spans.sentence.score)] * 2
    names = [*spans.whole, *(name for b in lengths for name in (f"length {b}", f"length {b}|{spans.kind}"))]
    return [*names, "worth", f"worth|{spans.kind}"], np.stack(values, axis=1)


def _fit(
    forward: Callable[[Floats], Floats],
    back: Callable[[Floats], Floats],
    size: int,
    groups: NDArray[np.int64],
    right: NDArray[np.bool_],
    penalty: float | Floats,
) -> Floats:
    """The weights under which the right ones of each group have the most probability together.

    :param forward: weights → scores; `back` its transpose. Both linear.
    :param groups: int64 (n,), ascending from 0, every number at least once.
    """
    from scipy.optimize import minimize

    starts = np.flatnonzero(np.r_[True, np.diff(groups) > 0])
    group = np.cumsum(np.r_[0, np.diff(groups) > 0])

    def loss(w: Floats) -> tuple[float, Floats]:
        score = forward(w)
        top = np.maximum.reduceat(score, starts)[group]
        raised = np.exp(score - top)
        whole = np.add.reduceat(raised, starts)
        good = np.maximum(np.add.reduceat(raised * right, starts), 1e-300)
        value = float((np.log(whole) - np.log(good)).sum()) + 0.5 * float(penalty * w @ w)
        gradient = back(raised / whole[group] - raised * right / good[group]) + penalty * w
        return value, gradient

    found = minimize(loss, np.zeros(size), jac=True, method="L-BFGS-B", options={"maxiter": 300})
    weights: Floats = found.x
    return weights


if __name__ == "__main__":
    raise SystemExit(main())
