"""From a question to the passages that may answer it: two legs of candidates, one score.

The lexical leg is BM25 over words and character pairs, asked once with the question's own words and once with what the
thesaurus offers for them; the dense leg is the encoder's inner product. All candidates of both are scored alike:

    score = (BM25 + thesaurus match + DENSE * cosine * weight of the question) / weight of the question

so that what both legs like comes first, and a question's length does not change the scale.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpus.fold import matching_form
from corpus.words import pairs
from embeddings.encoder import Encoder
from embeddings.index import Index, lexical_text
from embeddings.thesaurus import Thesaurus
from qa.match import Matcher
from qa.question import Question

CANDIDATES = 100
BM25_WORDS = 0.5
BM25_PAIRS = 1.0
THESAURUS = 2.0
DENSE = 1.0
# A headline that repeats the question answers nothing; the paragraph under it may.
KINDS = {"body": 0.1, "caption": 0.1, "document": 0.1, "headline": -0.4, "index": -0.4}


@dataclass(frozen=True, slots=True)
class Options:
    """What takes part in answering; for measuring what each part is worth.

    `soft` is accepted so that measurements of later versions can be repeated with this one; there is no soft match yet.
    `threshold` replaces the fitted confidence below which a question counts as not answered.
    """

    dense: bool = True
    lexical: bool = True
    pairs: bool = True
    thesaurus: bool = True
    soft: bool = True
    rank: bool = True
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class Scored:
    """A row of the index with its score and what the score is made of."""

    row: int
    score: float
    features: dict[str, float]


class Retriever:
    """Searches one index. Reads only, so that several threads may use one."""

    def __init__(self, index: Index, encoder: Encoder, thesaurus: Thesaurus, options: Options) -> None:
        self.index, self.encoder, self.options = index, encoder, options
        self.thesaurus = thesaurus if options.thesaurus else None
        # Made when a row is first a candidate: a large archive opens without folding all of it.
        self._folded: list[str | None] = [None] * len(index.passages)
        self._highest = index.idf("")
        self._rows: dict[str, list[int]] = {}
        for row, passage in enumerate(index.passages):
            self._rows.setdefault(passage.article_id, []).append(row)

    def idf(self, word: str) -> float:
        """The rarity of a printed word: that of the word, or, where no passage holds it as one, of its rarest pair."""
        rarity = self.index.idf(word)
        if rarity >= self._highest and len(word) > 1:
            rarity = max(map(self.index.pair_idf, pairs(word)), default=rarity)
        return rarity

    def matcher(self, question: Question, faint: str = "") -> Matcher:
        """The question's units with their rarity in this index; those in `faint` count less."""
        return Matcher(question.units, self.idf, faint)

    def folded(self, row: int) -> str:
        """The matching form of a row's headline and text."""
        form = self._folded[row]
        if form is None:
            form = self._folded[row] = matching_form(lexical_text(self.index.passages[row])).text
        return form

    def search(
        self, question: Question, k: int, boost: dict[str, float] | None = None, faint: str = ""
    ) -> list[Scored]:
        """At most `k` rows, sorted best first.

        :param boost: added to the score of the passages of an article, by article id.
        :param faint: as for `Matcher`.
        """
        matcher = self.matcher(question, faint)
        cosine: dict[int, float] = {}
        rows: set[int] = set()
        if self.options.dense:
            vector = self.encoder.encode_questions([question.text])[0]
            cosine = dict(self.index.dense(vector, max(CANDIDATES, k)))
            rows |= cosine.keys()
        if self.options.lexical:
            rows |= self._lexical(question.words, question.pairs, max(CANDIDATES, k))
        if self.thesaurus is not None:
            near = [word for unit in question.units for word, _ in unit.near]
            rows |= self._lexical(near, [p for word in near for p in pairs(word)], max(CANDIDATES, k))
        for article in boost or {}:
            rows |= set(self._rows.get(article, ()))
        ordered = np.array(sorted(rows), dtype=np.int64)
        scored = self._score(question, matcher, ordered, cosine, boost or {})
        return sorted(scored, key=lambda s: (-s.score, s.row))[:k]

    def _lexical(self, words: Iterable[str], pairs: Iterable[str], k: int) -> set[int]:
        found = self.index.lexical(list(words), list(pairs), k, use_pairs=self.options.pairs)
        return {row for row, _ in found}

    def _score(
        self,
        question: Question,
        matcher: Matcher,
        rows: NDArray[np.int64],
        cosine: dict[int, float],
        boost: dict[str, float],
    ) -> list[Scored]:
        weight = max(float(matcher.weights.sum()), 1.0)
        by_word = by_pair = np.zeros(len(rows), dtype=np.float32)
        if self.options.lexical:
            by_word = self.index.lexical_scores(list(question.words), [], rows, use_pairs=False)
            if self.options.pairs:
                by_pair = self.index.lexical_scores([], list(question.pairs), rows, use_words=False)
        out = []
        for n, row in enumerate(rows.tolist()):
            passage = self.index.passages[row]
            features = {
                "words": BM25_WORDS * float(by_word[n]) / weight,
                "pairs": BM25_PAIRS * float(by_pair[n]) / weight,
                "thesaurus": 0.0,
                "dense": DENSE * max(cosine.get(row, 0.0), 0.0),
                "kind": KINDS.get(passage.kind, 0.0) if self.options.rank else 0.0,
                "conversation": boost.get(passage.article_id, 0.0),
            }
            if self.thesaurus is not None:
                features["thesaurus"] = THESAURUS * float(matcher.gains(self.folded(row)).sum()) / weight
            out.append(Scored(row, sum(features.values()), features))
        return out
