"""What may stand for a token in a made-up question: near-synonyms, related words, English, pinyin, its characters."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from embeddings.training.material import Entry, Question
from embeddings.training.vocabulary import syllables

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Ids = list[int]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Token id → the id lists that may replace it. `noise` are tokens that questions are made of, by language."""

    same: dict[int, list[Ids]]
    related: dict[int, list[Ids]]
    english: dict[int, list[Ids]]
    pinyin: dict[int, Ids]
    characters: dict[int, Ids]
    noise: Ids
    english_noise: Ids
    frequent: frozenset[int]


def build_lexicon(tokenizer: Tokenizer, entries: list[Entry], asked: list[Question], counts: Counter[int]) -> Lexicon:
    """The lexicon over the tokenizer's ids. `counts` are the tokens of the texts."""

    def encode(text: str) -> Ids:
        return [i for i in tokenizer.encode(text, add_special_tokens=False).ids if i]

    same: dict[int, list[Ids]] = {}
    related: dict[int, list[Ids]] = {}
    english: dict[int, list[Ids]] = {}
    for entry in entries:
        group = [encode(w) for w in (entry.word, *entry.same)]
        renderings = [ids for r in entry.english if (ids := encode(r))]
        for place, member in enumerate(group):
            if len(member) != 1:
                continue
            # The head stands for each synonym, and synonyms for each other; a two-step change is still the same word.
            same.setdefault(member[0], []).extend(other for other in group if other != member and other)
            if renderings and (place == 0 or member[0] not in english):
                english.setdefault(member[0], []).extend(renderings)
        if len(group[0]) == 1:
            related.setdefault(group[0][0], []).extend(ids for w in entry.related if (ids := encode(w)))

    vocabulary = tokenizer.get_vocab()
    han = {piece: i for piece, i in vocabulary.items() if "\u3400" <= piece[0] <= "\u9fff"}
    readings = syllables({c for piece in han for c in piece})
    pinyin = {}
    characters = {}
    for piece, i in han.items():
        spelled = "".join(readings.get(c, "") for c in piece)
        if spelled:
            pinyin[i] = encode(spelled)
        if len(piece) > 1:
            characters[i] = [vocabulary[c] for c in piece if c in vocabulary]

    words: dict[bool, Counter[int]] = {False: Counter(), True: Counter()}
    for question in asked:
        words[question.style == "english"].update(set(encode(question.text)))
    return Lexicon(
        same={i: found for i, found in same.items() if found},
        related={i: found for i, found in related.items() if found},
        english=english,
        pinyin=pinyin,
        characters=characters,
        noise=[i for i, _ in words[False].most_common(70)],
        english_noise=[i for i, _ in words[True].most_common(60)],
        frequent=frozenset(i for i, _ in counts.most_common(400)),
    )
