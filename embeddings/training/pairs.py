"""Batches of (question, passage) token ids, made afresh for every step from articles, questions and the thesaurus."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embeddings.training.lexicon import Ids, Lexicon


class Pair(NamedTuple):
    """Token ids of both sides, and where the passage stands: sentences `low` to `high` (half-open) of `group`.

    A pair without a question gives a wrong passage to the questions of the batch, no right one.
    """

    question: Ids
    passage: Ids
    group: int
    low: int
    high: int


class Texts:
    """Tokenised texts, sentence by sentence, in two flat arrays (a list of lists would take gigabytes)."""

    def __init__(self, texts: list[list[Ids]]) -> None:
        """`texts[t][s]` are the ids of sentence s of text t."""
        sentences = [s for text in texts for s in text]
        self.ids = np.fromiter((i for s in sentences for i in s), dtype=np.int32)
        self.ends = np.concatenate([[0], np.cumsum([len(s) for s in sentences])]).astype(np.int64)
        self.starts = np.concatenate([[0], np.cumsum([len(text) for text in texts])]).astype(np.int64)

    @classmethod
    def from_arrays(cls, ids: NDArray[np.int32], ends: NDArray[np.int64], starts: NDArray[np.int64]) -> Texts:
        """Texts from the three arrays of others."""
        texts = cls([])
        texts.ids, texts.ends, texts.starts = ids, ends, starts
        return texts

    def __len__(self) -> int:
        return len(self.starts) - 1

    def length(self, text: int) -> int:
        """How many sentences text number `text` has."""
        return int(self.starts[text + 1] - self.starts[text])

    def slice(self, text: int, low: int, high: int) -> Ids:
        """The ids of sentences `low` to `high` (half-open) of a text."""
        first = self.starts[text]
        found: NDArray[np.int32] = self.ids[self.ends[first + low] : self.ends[first + high]]
        out: Ids = found.tolist()
        return out


@dataclass(frozen=True, slots=True)
class Asked:
    """A training question: its ids, its text and the sentence that answers it (-1 where it is not known)."""

    ids: Ids
    text: int
    sentence: int
    english: bool


@dataclass(frozen=True, slots=True)
class Recipe:
    """How many pairs of each kind are in a batch.

    A word that question and passage share is taken out of the passage with probability `hide`, so that what stands
    beside it must do; a word of a question of the material is left out with probability `forget`, against learning
    these few questions by heart.
    """

    windows: int = 640
    beside: int = 96
    asked: int = 96
    wrong: int = 96
    given: int = 64
    thesaurus: int = 96
    hide: float = 0.3
    forget: float = 0.15

    @property
    def size(self) -> int:
        return self.windows + self.beside + self.asked + self.wrong + self.given + self.thesaurus


class Sampler:
    """Endless batches; the same seed gives the same ones."""

    def __init__(
        self,
        articles: Texts,
        documents: Texts,
        asked: list[Asked],
        given: list[tuple[Ids, Ids]],
        groups: list[tuple[list[Ids], list[Ids]]],
        lexicon: Lexicon,
        recipe: Recipe,
        seed: int,
    ) -> None:
        """`given` are (query, passage) ids; `groups` are (Chinese words, English renderings) of thesaurus entries."""
        self.articles, self.documents, self.asked, self.given = articles, documents, asked, given
        self.groups, self.lexicon, self.recipe = groups, lexicon, recipe
        self.seed = seed
        self.rng = random.Random(seed)

    def __iter__(self) -> Iterator[list[Pair]]:
        while True:
            batch = [*self._windows(), *self._beside(), *self._asked(), *self._given(), *self._thesaurus()]
            yield [p for p in map(self._hide, batch) if p.passage]

    def _hide(self, pair: Pair) -> Pair:
        """The pair with some of the shared tokens taken out of the passage."""
        if self.recipe.hide == 0.0 or len(pair.passage) < 2:
            return pair
        hidden = {i for i in set(pair.question).intersection(pair.passage) if self.rng.random() < self.recipe.hide}
        return pair._replace(passage=[i for i in pair.passage if i not in hidden]) if hidden else pair

    def _window(self, texts: Texts, text: int, sentence: int) -> tuple[int, int]:
        """A stretch of sentences around one, about as long as a newspaper paragraph (20 to 180 tokens)."""
        goal = self.rng.choice((20, 40, 60, 90, 130, 180))
        low, high, last = sentence, sentence + 1, texts.length(text)
        first = texts.starts[text]
        while texts.ends[first + high] - texts.ends[first + low] < goal and (low > 0 or high < last):
            if low > 0 and (high >= last or self.rng.random() < 0.5):
                low -= 1
            else:
                high += 1
        return low, high

    def _passage(self, texts: Texts, text: int, low: int, high: int) -> Ids:
        """The window's ids, now and then after the start of the text, as a paragraph after its headline."""
        ids = texts.slice(text, low, high)[:260]
        if low > 0 and self.rng.random() < 0.35:
            return texts.slice(text, 0, 1)[: self.rng.randint(6, 16)] + ids
        return ids

    def _windows(self) -> Iterator[Pair]:
        """Two windows of each article drawn, so that each is the other's hard negative."""
        for _ in range(self.recipe.windows // 2):
            text = self.rng.randrange(len(self.articles))
            for sentence in self.rng.sample(range(self.articles.length(text)), 2):
                low, high = self._window(self.articles, text, sentence)
                question = self.corrupt(self.articles.slice(text, sentence, sentence + 1))
                if self.rng.random() < 0.3 and sentence > 0:
                    # Readers name the affair as well as the fact.
                    question = self.corrupt(self.articles.slice(text, 0, 1)[:14]) + question
                yield Pair(question, self._passage(self.articles, text, low, high), text, low, high)

    def _beside(self) -> Iterator[Pair]:
        """The opening sentence, or one from a window, against the window without it."""
        for _ in range(self.recipe.beside):
            text = self.rng.randrange(len(self.articles))
            sentence = 0 if self.rng.random() < 0.5 else self.rng.randrange(self.articles.length(text))
            low, high = self._window(self.articles, text, sentence)
            low, high = (low, high) if high - low > 1 else (max(0, low - 1), min(high + 1, self.articles.length(text)))
            passage = self.articles.slice(text, low, sentence) + self.articles.slice(text, sentence + 1, high)
            yield Pair(self.articles.slice(text, sentence, sentence + 1)[:60], passage[:260], text, low, high)

    def _asked(self) -> Iterator[Pair]:
        """Questions with their windows, and other windows of the same documents as wrong ones."""
        offset = len(self.articles)
        for number, question in enumerate(self.rng.choices(self.asked, k=self.recipe.asked)):
            length = self.documents.length(question.text)
            if question.sentence >= 0:
                low, high = self._window(self.documents, question.text, question.sentence)
            else:
                low, high = 0, length
            ids = [i for i in question.ids if self.rng.random() >= self.recipe.forget]
            if not question.english and self.rng.random() < 0.5:
                ids = self._exchange(ids, 0.25, 0.1)
            passage = self._passage(self.documents, question.text, low, high)
            yield Pair(ids, passage, offset + question.text, low, high)
            if number < self.recipe.wrong and (low > 0 or high < length):
                sentence = self.rng.choice([*range(low), *range(high, length)])
                low, high = self._window(self.documents, question.text, sentence)
                passage = self._passage(self.documents, question.text, low, high)
                yield Pair([], passage, offset + question.text, low, high)

    def _given(self) -> Iterator[Pair]:
        offset = len(self.articles) + len(self.documents)
        for number in self.rng.sample(range(len(self.given)), self.recipe.given):
            query, passage = self.given[number]
            yield Pair(query, passage[:260], offset + number, 0, 1)

    def _thesaurus(self) -> Iterator[Pair]:
        """Several entries' words together, as each other's renderings: a lone word is too little to place."""
        offset = len(self.articles) + len(self.documents) + len(self.given)
        for number in range(self.recipe.thesaurus):
            left: Ids = []
            right: Ids = []
            for chinese, english in self.rng.sample(self.groups, self.rng.choice((1, 1, 2, 3))):
                first, second = self.rng.sample(chinese, 2) if len(chinese) > 1 else (chinese[0], chinese[0])
                if english and (self.rng.random() < 0.5 or first == second):
                    first = self.rng.choice(english)
                left += first
                right += second
            yield Pair(left, right, offset + number, 0, 1)

    def corrupt(self, ids: Ids) -> Ids:
        """A sentence's ids made into what a reader may type who does not know its words."""
        rng, lexicon = self.rng, self.lexicon
        length = rng.randint(5, 18)
        start = rng.randrange(max(1, len(ids) - length + 1))
        ids = ids[start : start + length]
        mode = rng.random()
        if mode < 0.2:
            return self._to_english(ids)
        if mode < 0.35:
            return ids
        kept = [i for i in ids if rng.random() > (0.5 if i in lexicon.frequent else 0.25)]
        out = self._exchange(kept, 0.5, 0.12)
        if rng.random() < 0.5:
            out = out + rng.choices(lexicon.noise, k=rng.randint(1, 4))
        return out

    def _exchange(self, ids: Ids, same: float, split: float) -> Ids:
        """Exchange tokens for synonyms with probability `same`, for their characters with probability `split`."""
        rng, lexicon = self.rng, self.lexicon
        out: Ids = []
        for i in ids:
            chance = rng.random()
            if chance < same and i in lexicon.same:
                out += rng.choice(lexicon.same[i])
            elif chance < same + 0.05 and i in lexicon.related:
                out += rng.choice(lexicon.related[i])
            elif chance > 1 - split and i in lexicon.characters:
                out += lexicon.characters[i]
            else:
                out.append(i)
        return out

    def _to_english(self, ids: Ids) -> Ids:
        """English renderings of what has one, pinyin of some of the rest, among the words of English questions."""
        rng, lexicon = self.rng, self.lexicon
        out = rng.choices(lexicon.english_noise, k=rng.randint(2, 6))
        for i in ids:
            chance = rng.random()
            if i in lexicon.english and chance < 0.85:
                out += rng.choice(lexicon.english[i])
            elif i not in lexicon.pinyin and i not in lexicon.english:
                out.append(i)
            elif chance < 0.5 and i not in lexicon.frequent:
                out += lexicon.pinyin[i]
        return out
