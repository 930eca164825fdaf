"""Pages for the benchmark: as many as wanted, mixed anew from the sample pages, with words that spread like real ones.

Articles drawn again and again would be near-copies: each word would stand in every seventh page and none would be rare,
so that searching would cost what it never costs. So each copy has most of its words exchanged for others of the same
length, drawn from a lexicon by Zipf's law: the thesaurus's printed words first, in an order of chance, then invented
ones made of their characters, as names are. Digits are drawn anew. Bylines, blank lines and the first characters of a
paragraph (本报讯…) stay as they are, so that pages are read as pages. Among 10,000 such passages half of the words of
made-up questions stand in fewer than one passage in 200, as they do among 10,000 stretches of real news of that length.
"""

from __future__ import annotations

import functools
import itertools
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from corpus.files import iter_pages, sample_pages
from corpus.passages import passages_of
from corpus.records import Page, Passage
from corpus.words import tokens
from embeddings import thesaurus

_EXCHANGED = 0.7  # of the words; the rest are of the sample's own style and subjects
_INVENTED = 120_000
_KEPT = 4  # characters at a paragraph's beginning
_LENGTHS = (2, 3, 4)
_HAN = re.compile("[\u4e00-\u9fff]+")
# Each kind of answer is asked for as often as the others.
_ASKED = ("是多少", "是谁", "在哪里", "是什么时候", "有哪些", "叫什么", "为什么", "怎么办", "电话是多少", "花了多少钱")
_SHORTEST = 12  # characters of a passage that is asked about
_WORDS = 3  # in a question


class Lexicon:
    """Words of two to four characters; a word's chance is inverse to its rank (and 2.7, after Mandelbrot)."""

    def __init__(self, seed: int) -> None:
        rng = random.Random(seed)
        known = [word for word in sorted(thesaurus.bundled().near) if _HAN.fullmatch(word)]
        rng.shuffle(known)
        characters = "".join(known)
        lengths = rng.choices(_LENGTHS, (6, 3, 1), k=_INVENTED)
        invented = ("".join(rng.choices(characters, k=length)) for length in lengths)
        ranked = list(dict.fromkeys((*known, *invented)))
        self._words = {length: [word for word in ranked if len(word) == length] for length in _LENGTHS}
        self._chances = {
            length: list(itertools.accumulate(1.0 / (rank + 2.7) for rank in range(1, len(words) + 1)))
            for length, words in self._words.items()
        }

    def draw(self, rng: random.Random, length: int) -> str:
        """A word of so many characters."""
        return rng.choices(self._words[length], cum_weights=self._chances[length])[0]


@dataclass(frozen=True, slots=True)
class Draft:
    """An article: its text in pieces, each with whether it may be exchanged; and how many passages it has."""

    pieces: tuple[tuple[str, bool], ...]
    passages: int

    def varied(self, rng: random.Random, lexicon: Lexicon) -> str:
        """The text with most of its words, and all its numbers, exchanged."""
        return "".join(_other(piece, rng, lexicon) if free else piece for piece, free in self.pieces)


def _other(piece: str, rng: random.Random, lexicon: Lexicon) -> str:
    if piece.isdecimal():
        return str(rng.randint(10 ** (len(piece) - 1), 10 ** len(piece) - 1))
    if len(piece) in _LENGTHS and _HAN.fullmatch(piece) and rng.random() < _EXCHANGED:
        return lexicon.draw(rng, len(piece))
    return piece


def make_pages(folder: Path, passages: int, seed: int = 7) -> int:
    """Write pages of together at least so many passages to an empty folder.

    :returns: the number of pages.
    """
    rng, lexicon, drafts = random.Random(seed), Lexicon(seed), _drafts()
    done = number = 0
    while done < passages:
        number += 1
        chosen = rng.sample(drafts, rng.randint(5, 8))
        text = "\n\n\n".join(draft.varied(rng, lexicon) for draft in chosen) + "\n"
        (folder / f"{number:06d}.txt").write_text(text, "utf-8")
        done += sum(draft.passages for draft in chosen)
    return number


@functools.cache
def _drafts() -> tuple[Draft, ...]:
    """The articles of the sample pages."""
    return tuple(draft for page in iter_pages(sample_pages()) if isinstance(page, Page) for draft in _articles(page))


def _articles(page: Page) -> Iterator[Draft]:
    """The articles of a page that have a headline."""
    headed = [article for article in page.articles if article.headline_blocks]
    starts = [min(start for block in article.headline_blocks for start, _ in block.spans) for article in headed]
    counts = Counter(passage.article_id for passage in passages_of(page))
    blocks = [block for article in headed for block in (*article.headline_blocks, *article.paragraphs)]
    loose = [(start + _KEPT, end) for block in blocks for start, end in block.spans]
    for article, start, end in zip(headed, starts, [*starts[1:], len(page.text)], strict=True):
        text = page.text[start:end].rstrip()
        pieces = tuple(
            (text[a:b], any(first <= start + a and start + b <= last for first, last in loose))
            for _, a, b in tokens(text)
        )
        yield Draft(pieces, counts[article.id])


def make_questions(passages: Sequence[Passage], count: int, seed: int = 7) -> list[str]:
    """Questions of all kinds about passages drawn by chance: words of the passage in their order, and what is asked.

    :raises ValueError: if no body passage is long enough.
    """
    rng = random.Random(seed)
    about = [passage.text for passage in passages if passage.kind == "body" and len(passage.text) >= _SHORTEST]
    if not about:
        raise ValueError(f"none of {len(passages)} passages is body text of {_SHORTEST} characters or more")
    out = []
    for number in range(count):
        said = [word for word, _, _ in tokens(rng.choice(about)) if len(word) > 1 and _HAN.fullmatch(word)]
        start = rng.randrange(max(1, len(said) - _WORDS + 1))
        out.append("".join(said[start : start + _WORDS]) + _ASKED[number % len(_ASKED)] + "?")
    return out
