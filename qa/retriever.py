"""From a question to the passages that may answer it: two legs of candidates, one score.

The lexical leg is BM25 over words and character pairs, asked once with the question's own words and once with what the
thesaurus offers for them; the dense leg is the encoder's inner product. All candidates of both are scored alike, by a
weighted sum of

    words, pairs    BM25 over the weight of the question
    thesaurus       what the passage says of the question's words through the thesaurus, over the same weight
    dense           the cosine of question and passage, 0 or more
    soft            the question's tokens, each with the nearest of the passage's, thesaurus pairs among the near;
                    of a long passage its best stretch (see `embeddings.soft`)
    kind            headlines less than paragraphs
    length          long passages less, which have more chances to match

so that what all like comes first, and a question's length does not change the scale. `WEIGHTS` were fitted on questions
about other news (see `qa.training.retrieval`).
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpus.fold import matching_form
from corpus.words import pairs
from embeddings import soft
from embeddings.encoder import Encoder, StaticEncoder
from embeddings.index import Index, lexical_text
from embeddings.thesaurus import Thesaurus
from qa.match import FAINT, Matcher
from qa.question import Question, analyse
from qa.romanised import Romanised

CANDIDATES = 100
SCORE_ALL = 500  # of so few rows, an index's or those that a filter leaves, none need be chosen to be scored
SOFT_ROWS = 100  # so many of the best otherwise are matched softly
RARITY = 0.5  # the power of a token's rarity that it counts with in the soft match, beside what training gave it
WEIGHTS = {"words": 0.2, "pairs": 0.5, "thesaurus": 1.8, "dense": 1.25, "soft": 3.75}
# A headline that repeats the question answers nothing; the paragraph under it may.
KINDS = {"body": 0.1, "caption": 0.1, "document": 0.1, "headline": -0.4, "index": -0.4}
# A passage as long as n paragraphs has n chances to say a word that is near to the question's, and the best of n
# chances grows as ln n. Both were chosen on questions about held-out articles, alone and among 5,000 other news texts;
# the length of ordinary paragraphs is left alone: the longer of two more often has the answer.
PARAGRAPH = 250  # characters of a long one
CHANCE = 0.4
_PRIORS = ("kind", "length", "conversation")  # not weighted: what is known of a passage apart from the question
Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Options:
    """What takes part in answering; for measuring what each part is worth.

    `threshold` replaces the fitted confidence below which a question counts as not answered. `without` names features
    of the second look (`qa.rank`) and models of the confidence (`qa.abstain`) that are left out as well.
    """

    dense: bool = True
    lexical: bool = True
    pairs: bool = True
    thesaurus: bool = True
    soft: bool = True
    rank: bool = True
    threshold: float | None = None
    without: tuple[str, ...] = ()


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
        self._kinds = np.array([KINDS.get(passage.kind, 0.0) for passage in index.passages])
        sizes = np.array([len(passage.text) for passage in index.passages], dtype=np.float64)
        self._lengths = -CHANCE * np.log(np.maximum(sizes / PARAGRAPH, 1.0))
        self._highest = index.idf("")
        self._rows: dict[str, list[int]] = {}
        for row, passage in enumerate(index.passages):
            self._rows.setdefault(passage.article_id, []).append(row)
        # Filled as rows are met; two threads that fill the same row write the same.
        self._parts: dict[int, tuple[soft.Ids, ...]] = {}

    def rows_of(self, article_id: str) -> Rows:
        """The rows of an article's passages, ascending; none where there is no such article."""
        return np.array(self._rows.get(article_id, ()), dtype=np.int64)

    @functools.cached_property
    def _matching(self) -> soft.SoftMatch:
        return soft.matching_of(self.encoder)

    @property
    def _has_legs(self) -> bool:
        """Whether anything but the soft match looks for candidates."""
        return self.options.dense or self.options.lexical or self.thesaurus is not None

    @functools.cached_property
    def _romanised(self) -> Romanised:
        return Romanised(self.index.characters(), self.index.pair_printed, self.index.word_printed)

    def analyse(self, question: str) -> Question:
        """Take a question apart, with the thesaurus if there is one and the names that these pages print."""
        return analyse(question, self.thesaurus, lambda text: self._romanised.names(text))

    def idf(self, word: str) -> float:
        """The rarity of a printed word: that of the word, or, where no passage holds it as one, of its rarest pair."""
        rarity = self.index.idf(word)
        if rarity >= self._highest and len(word) > 1:
            rarity = max(map(self.index.pair_idf, pairs(word)), default=rarity)
        return rarity

    def matcher(self, question: Question, faint: str = "") -> Matcher:
        """The question's units with their rarity in this index; those in `faint` count less."""
        return Matcher(question.units, self.idf, faint, _Likeness(self, question))

    def folded(self, row: int) -> str:
        """The matching form of a row's headline and text."""
        form = self._folded[row]
        if form is None:
            form = self._folded[row] = matching_form(lexical_text(self.index.passages[row])).text
        return form

    def _embedded(self, row: int) -> str:
        """A row's headline and text, each in its matching form on a line of its own, as the soft match wants them."""
        return "\n".join(matching_form(line).text for line in lexical_text(self.index.passages[row]).split("\n"))

    def search(
        self,
        question: Question,
        k: int,
        boost: Mapping[str, float] | None = None,
        faint: str = "",
        allowed: Rows | None = None,
    ) -> list[Scored]:
        """At most `k` rows, sorted best first.

        :param boost: added to the score of the passages of an article, by article id.
        :param faint: as for `Matcher`.
        :param allowed: the rows that may be found, ascending; None for all.
        """
        matcher = self.matcher(question, faint)
        rows, features = self.features(question, matcher, max(CANDIDATES, k), boost, faint, allowed)
        names = [*WEIGHTS, *_PRIORS]
        parts = np.stack([WEIGHTS.get(name, 1.0) * features[name] for name in names])
        score = parts.sum(axis=0)
        best = np.lexsort((rows, -score))[:k]
        return [
            Scored(int(rows[n]), float(score[n]), {name: float(features[name][n]) for name in names})
            for n in best.tolist()
        ]

    def features(
        self,
        question: Question,
        matcher: Matcher,
        k: int = CANDIDATES,
        boost: Mapping[str, float] | None = None,
        faint: str = "",
        allowed: Rows | None = None,
    ) -> tuple[Rows, dict[str, Floats]]:
        """The candidates, ascending, and by name what their scores are made of, float64 (rows,), not weighted yet."""
        options, index = self.options, self.index
        vector = self.encoder.encode_questions([question.text])[0] if options.dense else None
        if allowed is None:
            rows = self._candidates(question, vector, k, boost or {})
        else:
            rows = self._among(allowed, question, vector, k, boost or {})
        weight = max(float(matcher.weights.sum()), 1.0)
        nothing = np.zeros(len(rows))
        found: dict[str, Floats] = dict.fromkeys((*WEIGHTS, *_PRIORS), nothing)
        if options.lexical:
            by_word = index.lexical_scores(list(question.words), [], rows, use_pairs=False)
            found["words"] = by_word.astype(np.float64) / weight
            if options.pairs:
                by_pair = index.lexical_scores([], list(question.pairs), rows, use_words=False)
                found["pairs"] = by_pair.astype(np.float64) / weight
        if self.thesaurus is not None:
            texts = [self.folded(row) for row in rows.tolist()]
            gains = matcher.gains_of(texts, lambda terms: index.pairs_held(terms, rows))
            found["thesaurus"] = gains.sum(axis=1) / weight
        if vector is not None:
            found["dense"] = np.maximum(index.vectors(rows) @ vector, 0.0).astype(np.float64)
        if options.rank:
            found["kind"], found["length"] = self._kinds[rows], self._lengths[rows]
        if boost:
            found["conversation"] = np.array([boost.get(index.passages[row].article_id, 0.0) for row in rows.tolist()])
        if options.soft:
            prior = sum((WEIGHTS.get(name, 1.0) * values for name, values in found.items()), nothing)
            found["soft"] = self._soft(question, rows, prior, faint)
        return rows, found

    def _candidates(
        self, question: Question, vector: NDArray[np.float32] | None, k: int, boost: Mapping[str, float]
    ) -> Rows:
        """Rows worth scoring, ascending."""
        if len(self.index) <= SCORE_ALL or not self._has_legs:
            return np.arange(len(self.index))
        rows: set[int] = set()
        if vector is not None:
            rows |= {row for row, _ in self.index.dense(vector, k)}
        for words, by_pair in self._lexical_legs(question):
            rows |= set(self.index.candidates(words, by_pair, k, self.options.pairs).tolist())
        for article in boost:
            rows |= set(self._rows.get(article, ()))
        return np.array(sorted(rows), dtype=np.int64)

    def _among(
        self, allowed: Rows, question: Question, vector: NDArray[np.float32] | None, k: int, boost: Mapping[str, float]
    ) -> Rows:
        """As `_candidates`, of the rows of a filter alone.

        Every leg scores all of these: the best of the whole index, filtered afterwards, might all be filtered out.
        """
        if len(allowed) <= max(SCORE_ALL, k):
            return allowed
        legs = [] if vector is None else [self.index.vectors(allowed) @ vector]
        legs += [
            self.index.lexical_scores(words, by_pair, allowed, use_pairs=self.options.pairs)
            for words, by_pair in self._lexical_legs(question)
        ]
        best = [allowed[np.argsort(-leg, kind="stable")[:k]] for leg in legs]
        spoken_of = [row for article in boost for row in self._rows.get(article, ())]
        best.append(np.intersect1d(allowed, np.array(spoken_of, dtype=np.int64)))
        return np.unique(np.concatenate(best))

    def _lexical_legs(self, question: Question) -> Iterator[tuple[list[str], list[str]]]:
        """The words and pairs that the lexical leg is asked with: the question's own, and those of the thesaurus."""
        if self.options.lexical:
            yield list(question.words), list(question.pairs)
        if self.thesaurus is not None:
            near = [word for unit in question.units for word, _ in unit.near]
            yield near, [pair for word in near for pair in pairs(word)]

    def unit_match(self, question: Question, folded: Sequence[str]) -> Floats:
        """float64 (texts, units), from 0 to 1: the soft match of each unit of a question with each text."""
        ids = self._matching.tokens(folded)
        out = np.zeros((len(ids), len(question.units)))
        for n, unit in enumerate(question.units):
            probe = self._matching.probe(unit.surface, lambda token: 1.0, {unit.surface: dict(unit.near)})
            out[:, n] = probe.scores(ids)
        return out

    def article_text(self, article_id: str) -> str:
        """The matching form of all that an article prints."""
        return "\n".join(self.folded(row) for row in self._rows[article_id])

    def _probe(self, question: Question, faint: str) -> soft.Probe:
        def weight(token: str) -> float:
            return float(self.idf(token) ** RARITY * (FAINT if token in faint else 1.0))

        return self._matching.probe(question.folded, weight, {unit.surface: dict(unit.near) for unit in question.units})

    def _soft(self, question: Question, rows: Rows, prior: Floats, faint: str) -> Floats:
        """The soft match of the rows that are best by `prior`; the others get the lowest of these."""
        matching, probe = self._matching, self._probe(question, faint)
        # Without any other leg there is no best otherwise: every row is matched.
        best = np.argsort(-prior, kind="stable")[: SOFT_ROWS if self._has_legs else len(rows)]
        missing = [row for row in rows[best].tolist() if row not in self._parts]
        for row, parts in zip(missing, matching.parts([self._embedded(row) for row in missing]), strict=True):
            self._parts[row] = parts
        scores = probe.best([self._parts[row] for row in rows[best].tolist()])
        out = np.full(len(rows), float(scores.min(initial=1.0)) if len(best) else 0.0)
        out[best] = scores
        return out


@dataclass(frozen=True, slots=True)
class _Likeness:
    """`qa.match.Likeness` of one question; what the options leave out is 0 for every text."""

    retriever: Retriever
    question: Question

    def of_units(self, folded: Sequence[str]) -> Floats:
        if self.retriever.options.soft:
            return self.retriever.unit_match(self.question, folded)
        return np.zeros((len(folded), len(self.question.units)))

    def whole(self, folded: Sequence[str]) -> Floats:
        encoder = self.retriever.encoder
        # A transformer would take longer for the sentences of three passages than all else together.
        if not (self.retriever.options.dense and isinstance(encoder, StaticEncoder)):
            return np.zeros(len(folded))
        vector = encoder.encode_questions([self.question.text])[0]
        cosines: Floats = (encoder.encode_passages(folded) @ vector).astype(np.float64)
        return cosines
