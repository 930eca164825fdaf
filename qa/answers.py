"""Which span of a few sentences answers: a log-linear model over where a span begins, where it ends, and what it is.

    score(i, j) = begin(i) + end(j) + whole(i, j) + worth of the sentence

for the atoms i to j of a sentence (see `qa.spans`), each part a sum of learned weights of named features, most of them
joined with the kind of answer asked for. The probability of a span is the softmax over all spans of the sentences
looked at. The parts are arrays, so that some thousand spans are scored at once. The weights are in answers.json and are
learned by `qa.training.answers`.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.fold import fold
from qa.aim import aim, nouns, told
from qa.asks import asked
from qa.match import Matcher
from qa.question import Question
from qa.quotes import Sentence, Source, placed
from qa.spans import OF_KIND, Atom, parsed

Floats = NDArray[np.float64]
MOST_ATOMS = 16
_LENGTHS = (1, 2, 3, 4, 5, 6, 8, 10, 13, 17, 23, 32, 45)
_REACH = 12.0  # characters over which nearness to the question's words fades
_OPEN, _CLOSE = "“《「‘『【(（<", "”》」’』】)）>"
_SIGNS = "%‰℃°"  # a number may end with them
_TYPED = frozenset(
    ("phone", "money", "number", "ordinal", "date", "day", "time", "person")
)  # rules that are seldom wrong
_COMMAS = frozenset(",，;；:：")


@dataclass(frozen=True, slots=True)
class Weights:
    """`sentence` as for `qa.quotes.worth`, `span` as for `scores`; both by feature name."""

    sentence: Mapping[str, float]
    span: Mapping[str, float]


@functools.cache
def bundled() -> Weights:
    """The weights that come with Baowen."""
    read = json.loads(Path(__file__).with_name("answers.json").read_text("utf-8"))
    return Weights(read["sentence"], read["span"])


@dataclass(frozen=True, slots=True)
class Grid:
    """The spans of one sentence by name of feature.

    `begin` and `end` hold for each atom its features and their values; `whole` holds arrays (atoms, atoms), of which
    row i, column j is the span of the atoms i to j, with the name of their feature; `lengths` the name of each span's
    length feature by bucket. Spans where `allowed` is False are none.
    """

    sentence: Sentence
    atoms: tuple[Atom, ...]
    begin: list[list[tuple[str, float]]]
    end: list[list[tuple[str, float]]]
    whole: dict[str, Floats]
    buckets: NDArray[np.int64]
    allowed: NDArray[np.bool_]
    kind: str


def grid(question: Question, matcher: Matcher, source: Source, sentence: Sentence) -> Grid | None:
    """The spans of a sentence and their features; None where it has no word."""
    text = source.text[sentence.start : sentence.end]
    atoms, rules = parsed(text)
    if not atoms:
        return None
    wanted = asked(fold(question.text))
    kind = wanted.kind
    printed_nouns = nouns(question, wanted)
    n = len(atoms)
    starts = np.array([atom.start for atom in atoms])
    ends = np.array([atom.end for atom in atoms])
    matcher = matcher.scaled(told(question))
    places = placed(matcher, sentence.form, sentence.start, sentence.end)
    shares = matcher.weights / (float(matcher.weights.sum()) or 1.0)
    # Per atom, what counts of all the question's words and what of those it asks about most.
    weights = np.stack([shares, aim(question, shares).focus])
    near = [(a, b, unit, value / matcher.weights[unit]) for a, b, unit, value in places if value > 0]
    left, right, own, clause = (weights @ values for values in _fields(near, atoms, len(shares)))
    begin = [_begin(atoms, i, kind, left[:, i].tolist(), clause[:, i].tolist()) for i in range(n)]
    end = [_end(atoms, j, kind, right[:, j].tolist(), printed_nouns, wanted.units, text) for j in range(n)]
    length = ends[None, :] - starts[:, None]
    index = np.arange(n)
    allowed = (index[None, :] >= index[:, None]) & (index[None, :] - index[:, None] < MOST_ATOMS)
    whole = _whole(question, atoms, own[0], kind)
    at_start = {int(a): i for i, a in enumerate(starts)}
    at_end = {int(b): j for j, b in enumerate(ends)}
    right_kind, other_kind = np.zeros((n, n)), np.zeros((n, n))
    for name, spans in rules.items():
        cells = [(at_start[a], at_end[b]) for a, b in spans if a in at_start and b in at_end]
        if cells:
            mask = np.zeros((n, n))
            rows, columns = zip(*cells, strict=True)
            mask[rows, columns] = 1.0
            whole[f"rule {name}|{kind}"] = mask
            if name in OF_KIND.get(kind, ()):
                right_kind += mask
            elif name in _TYPED:
                other_kind += mask
            if name in ("list", "items", "clause", "cause", "means", "marked", "quoted"):
                allowed |= mask > 0
    if kind in OF_KIND:  # 2亿元 is no answer to 什么时候, however well it stands
        other_kind = ((other_kind > 0) & (right_kind == 0)).astype(float)
        whole["other kind"] = other_kind
        whole[f"other kind|{kind}"] = other_kind
        whole["own kind"] = (right_kind > 0).astype(float)
    buckets = np.searchsorted(_LENGTHS, length, side="right") - 1
    # Only punctuation is no answer, nor is what begins or ends with a comma.
    word = np.array([atom.text[0].isalnum() or atom.text in _OPEN for atom in atoms])
    last = np.array([atom.text[-1].isalnum() or atom.text[-1] in _CLOSE + _SIGNS for atom in atoms])
    allowed &= word[:, None] & last[None, :] & _closed(atoms)
    return Grid(sentence, atoms, begin, end, whole, buckets, allowed, kind)


def scores(grid: Grid, weights: Mapping[str, float]) -> Floats:
    """float64 (atoms, atoms): what each span comes to, -inf where there is none; the sentence's worth not included."""
    total: Floats = _sums(grid.begin, weights)[:, None] + _sums(grid.end, weights)[None, :]
    for name, values in grid.whole.items():
        weight = weights.get(name)
        if weight is not None:
            total += weight * values
    get = weights.get
    table = np.array([get(f"length {b}|{grid.kind}", 0.0) + get(f"length {b}", 0.0) for b in range(len(_LENGTHS))])
    total = total + table[np.maximum(grid.buckets, 0)]
    return np.where(grid.allowed, total, -np.inf)


def _sums(rows: Sequence[Sequence[tuple[str, float]]], weights: Mapping[str, float]) -> Floats:
    """The weighted sum of each row of features."""
    out = np.zeros(len(rows))
    for n, row in enumerate(rows):
        total = 0.0
        for name, value in row:
            weight = weights.get(name)
            if weight is not None:
                total += weight * value
        out[n] = total
    return out


def _fields(
    places: Sequence[tuple[int, int, int, float]], atoms: Sequence[Atom], units: int
) -> tuple[Floats, Floats, Floats, Floats]:
    """Four times float64 (units, atoms), 0 to 1: how near to each atom a unit stands left of it, and right of it; what
    part of it the atom itself says; whether the atom's clause says it.

    :param places: start, end, unit and nearness of the words that stand for the units.
    """
    starts = np.array([atom.start for atom in atoms])
    ends = np.array([atom.end for atom in atoms])
    left, right, own, inside = (np.zeros((units, len(atoms))) for _ in range(4))
    number = np.cumsum([atom.text[0] in _COMMAS for atom in atoms])
    for a, b, unit, nearness in places:
        gap = starts - b
        left[unit] = np.maximum(left[unit], np.where(gap >= 0, nearness * np.exp(-np.maximum(gap, 0) / _REACH), 0.0))
        gap = a - ends
        right[unit] = np.maximum(right[unit], np.where(gap >= 0, nearness * np.exp(-np.maximum(gap, 0) / _REACH), 0.0))
        over = (starts < b) & (ends > a)
        part = (np.minimum(ends, b) - np.maximum(starts, a)) / max(b - a, 1)
        own[unit] = np.maximum(own[unit], np.where(over, nearness * part, 0.0))
        for clause in np.unique(number[over]):
            inside[unit] = np.maximum(inside[unit], np.where(number == clause, nearness, 0.0))
    return left, right, own, inside


def _begin(atoms: Sequence[Atom], i: int, kind: str, left: list[float], clause: list[float]) -> list[tuple[str, float]]:
    atom = atoms[i]
    before = atoms[i - 1] if i else None
    tag, word = (before.tag, before.text) if before is not None else ("^", "^")
    return [
        (f"begins {atom.tag}|{kind}", 1.0),
        (f"begins {atom.tag}", 1.0),
        (f"begins with {atom.text}", 1.0),
        (f"begins with {atom.text}|{kind}", 1.0),
        (f"after {tag}|{kind}", 1.0),
        (f"after {tag}", 1.0),
        (f"after word {word}|{kind}", 1.0),
        (f"after word {word}", 1.0),
        (f"{tag} begins {atom.tag}", 1.0),
        ("left", left[0]),
        (f"left|{kind}", left[0]),
        ("clause", clause[0]),
        (f"clause|{kind}", clause[0]),
        ("focus left", left[1]),
        (f"focus left|{kind}", left[1]),
        ("focus clause", clause[1]),
        (f"focus clause|{kind}", clause[1]),
    ]


def _end(
    atoms: Sequence[Atom], j: int, kind: str, right: list[float], nouns: frozenset[str], units: Sequence[str], text: str
) -> list[tuple[str, float]]:
    atom = atoms[j]
    after = atoms[j + 1] if j + 1 < len(atoms) else None
    tag, word = (after.tag, after.text) if after is not None else ("$", "$")
    out = [
        (f"ends {atom.tag}|{kind}", 1.0),
        (f"ends {atom.tag}", 1.0),
        (f"ends with {atom.text[-1]}", 1.0),
        (f"ends with {atom.text[-1]}|{kind}", 1.0),
        (f"before {tag}|{kind}", 1.0),
        (f"before {tag}", 1.0),
        (f"before word {word}|{kind}", 1.0),
        (f"before word {word}", 1.0),
        (f"{atom.tag} ends {tag}", 1.0),
        ("right", right[0]),
        (f"right|{kind}", right[0]),
        ("focus right", right[1]),
        (f"focus right|{kind}", right[1]),
    ]
    if any(text.startswith(noun, atom.end) for noun in nouns):
        out += [("noun after", 1.0), (f"noun after|{kind}", 1.0)]
    if any(text.endswith(noun, 0, atom.end) for noun in nouns):
        out += [("noun", 1.0), (f"noun|{kind}", 1.0)]
    elif any(atom.text[-1] == noun[-1] for noun in nouns):
        out += [("noun's end", 1.0), (f"noun's end|{kind}", 1.0)]
    if units:
        agrees = any(text.endswith(unit, 0, atom.end) for unit in units)
        out.append((f"unit {agrees}|{kind}", 1.0))
        if any(text.startswith(unit, atom.end) for unit in units):
            out.append((f"unit after|{kind}", 1.0))
    return out


def _whole(question: Question, atoms: Sequence[Atom], own: Floats, kind: str) -> dict[str, Floats]:
    said = np.array([float(atom.text in question.folded) for atom in atoms])
    blank = np.array([float(not atom.text[0].isalnum()) for atom in atoms])
    comma = np.array([float(atom.text[0] in _COMMAS) for atom in atoms])
    stop = np.array([float(atom.text[0] == "、") for atom in atoms])
    repeated = _between(own)
    all_said = (_between((1 - said) * (1 - blank)) == 0).astype(float)
    commas, stops = _between(comma), _between(stop)
    return {
        "repeats": repeated,
        f"repeats|{kind}": repeated,
        "all said": all_said,
        f"all said|{kind}": all_said,
        f"said|{kind}": _between(said * (1 - blank)) / np.maximum(_between(1 - blank), 1),
        f"comma|{kind}": (commas == 1).astype(float),
        f"commas|{kind}": (commas > 1).astype(float),
        f"item stop|{kind}": (stops == 1).astype(float),
        f"item stops|{kind}": (stops > 1).astype(float),
    }


def _closed(atoms: Sequence[Atom]) -> NDArray[np.bool_]:
    """bool (atoms, atoms): whether each quotation and bracket of a span is opened and closed within it."""
    depth = np.array([float(atom.text[0] in _OPEN) - float(atom.text[0] in _CLOSE) for atom in atoms])
    so_far = _between(depth)
    lowest = np.array([np.minimum.accumulate(np.r_[np.zeros(i), row[i:]]) for i, row in enumerate(so_far)])
    closed: NDArray[np.bool_] = (so_far == 0) & (lowest >= 0)
    return closed


def _between(values: Floats) -> Floats:
    """(n,) → (n, n): row i, column j is the sum of the values i to j, both included.

    >>> _between(np.array([1.0, 2.0])).tolist()
    [[1.0, 3.0], [0.0, 2.0]]
    """
    total = np.concatenate([[0.0], np.cumsum(values)])
    sums: Floats = total[None, 1:] - total[:-1, None]
    return sums
