"""Soft word matching: each token of a question against the token of a passage that is nearest to it.

    soft(question, passage) = sum over the question's tokens of
        weight(token) * max over the passage's tokens of nearness / sum of the weights

where the nearness of two tokens is their cosine, 0 or more, or what the thesaurus says of them if that is higher;

after Khattab and Zaharia, "ColBERT: Efficient and Effective Passage Search via Contextualized Late Interaction over
BERT" (2020), but on the bundled encoder's table, where a token has one vector wherever it stands: so the cosines of a
question with many passages are one matrix product, and a passage is no more than the set of its token ids. The table is
trained for this sum as well as for means of rows (see `training.contrast`).
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from embeddings.encoder import BUNDLED, BUNDLED_NAME, Encoder, StaticEncoder, load_encoder

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Ids = NDArray[np.int32]
# Maxima grow with the length of a text: a long one is scored by its best stretch, of the length of a paragraph.
LONGEST = 120
_LONGEST_HEADLINE = 80
_SENTENCE = re.compile(r"[^。!?;\n]+[。!?;\n]*[”’」』)]*|[。!?;\n]+")
_NOTHING: Mapping[str, Any] = {}


def stretches(text: str) -> list[str]:
    """A text in whole sentences of together LONGEST characters at most, or one longer sentence alone; never empty.

    A first line no longer than a headline stands over each of them.

    >>> [part[:4] for part in stretches("短讯\\n" + "甲" * 79 + "。" + "乙" * 59 + "。")]
    ['短讯\\n甲', '短讯\\n乙']
    """
    if len(text) <= LONGEST:
        return [text]
    head, line, body = text.partition("\n")
    if not line or len(head) > _LONGEST_HEADLINE:
        head, body = "", text
    found: list[str] = []
    for sentence in _SENTENCE.findall(body):
        if found and len(found[-1]) + len(sentence) <= LONGEST:
            found[-1] += sentence
        else:
            found.append(sentence)
    return [f"{head}\n{part}" if head else part for part in found] or [text]


class Probe:
    """A question, ready to be held against passages."""

    def __init__(
        self,
        ids: list[int],
        weights: NDArray[np.float32],
        unit: NDArray[np.float32],
        known: Sequence[tuple[int, int, float]] = (),
    ) -> None:
        """`ids` are the question's tokens, `unit` has a row of length one for each token of the vocabulary.

        `weights`, float32 (tokens,), sum to one, or are empty where the question has no known token. `known` are
        (place in `ids`, token id, nearness) of pairs whose nearness is at least so much.
        """
        self.ids, self.weights, self._unit, self._known = ids, weights, unit, known

    def best(self, passages: Sequence[Sequence[Ids]]) -> NDArray[np.float32]:
        """float32 (passages,), from 0 to 1: the highest score among the stretches of each passage, one at least."""
        sizes = np.array([len(parts) for parts in passages], dtype=np.int64)
        scores = self.scores([ids for parts in passages for ids in parts])
        if not len(scores):
            return scores
        best: NDArray[np.float32] = np.maximum.reduceat(scores, np.cumsum(sizes) - sizes)
        return best

    def scores(self, passages: Sequence[Ids]) -> NDArray[np.float32]:
        """float32 (passages,), from 0 to 1, of the passages' token ids; 0 where either side has no token."""
        filled = [n for n, ids in enumerate(passages) if len(ids)]
        out = np.zeros(len(passages), dtype=np.float32)
        if not filled or not len(self.weights):
            return out
        sizes = np.array([len(passages[n]) for n in filled])
        flat = np.concatenate([passages[n] for n in filled])
        # Passages share most of their tokens: each cosine is worked out once.
        place = np.full(len(self._unit), -1, dtype=np.int32)
        place[flat] = 0
        present = np.flatnonzero(place == 0)
        place[present] = np.arange(len(present), dtype=np.int32)
        near = np.maximum(self._unit[self.ids] @ self._unit[present].T, 0.0)
        for token, other, nearness in self._known:
            if (at := place[other]) >= 0:
                near[token, at] = max(near[token, at], nearness)
        best = np.maximum.reduceat(near[:, place[flat]], np.cumsum(sizes) - sizes, axis=1)
        out[filled] = self.weights @ best
        return out


class SoftMatch:
    """The tokens of texts and the nearness of a question's tokens to all others. Safe for several threads."""

    def __init__(self, tokenizer: Tokenizer, table: NDArray[np.float32]) -> None:
        """`table` is float32 (vocabulary, dim); row 0, of the unknown token, is no word."""
        self._tokenizer = tokenizer
        lengths = np.linalg.norm(table, axis=1)
        self._lengths = lengths.astype(np.float32)
        unit = table / np.where(lengths > 0, lengths, 1.0)[:, None]
        self._unit: NDArray[np.float32] = unit.astype(np.float32)

    def tokens(self, folded: Sequence[str]) -> list[Ids]:
        """The different token ids of each text, which must be in its matching form; int32, ascending, 0 left out."""
        found = self._tokenizer.encode_batch_fast(list(folded), add_special_tokens=False)
        return [np.array(sorted({i for i in encoding.ids if i}), dtype=np.int32) for encoding in found]

    def parts(self, folded: Sequence[str]) -> list[tuple[Ids, ...]]:
        """The different token ids of each of the `stretches` of each text."""
        texts = [stretches(text) for text in folded]
        found = iter(self.tokens([part for parts in texts for part in parts]))
        return [tuple(itertools.islice(found, len(parts))) for parts in texts]

    def probe(
        self, folded: str, weight: Callable[[str], float], near: Mapping[str, Mapping[str, float]] = _NOTHING
    ) -> Probe:
        """What a question in its matching form is looked for with.

        :param weight: what a token counts in these pages, 0 or more, beside the importance that training gave it.
        :param near: for words of the question, words that may stand for them and how near they are, from 0 to 1. Only
            those that are one token count.
        """
        ids = [i for i in dict.fromkeys(self._tokenizer.encode(folded, add_special_tokens=False).ids) if i]
        here = np.array([weight(str(self._tokenizer.id_to_token(i))) for i in ids], dtype=np.float32)
        weights = self._lengths[ids] * here
        total = float(weights.sum())
        if total <= 0.0:
            return Probe([], weights[:0], self._unit)
        known = [
            (place, other, nearness)
            for place, i in enumerate(ids)
            for word, nearness in near.get(str(self._tokenizer.id_to_token(i)), _NOTHING).items()
            if (other := self._tokenizer.token_to_id(word))
        ]
        return Probe(ids, weights / total, self._unit, known)


@functools.cache
def bundled() -> SoftMatch:
    """Soft matching on the bundled encoder's table."""
    encoder = load_encoder()
    assert isinstance(encoder, StaticEncoder), f"{BUNDLED_NAME} in {BUNDLED} is a table"
    return SoftMatch(encoder.tokenizer, encoder.table)


def matching_of(encoder: Encoder) -> SoftMatch:
    """Soft matching on an encoder's own table; on the bundled one where the encoder is no table."""
    if isinstance(encoder, StaticEncoder) and encoder.name != BUNDLED_NAME:
        return SoftMatch(encoder.tokenizer, encoder.table)
    return bundled()
