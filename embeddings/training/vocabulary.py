"""The tokenizer: a Unigram model whose pieces are counted words, so that its best path is a word segmentation.

Pieces: every common single character, frequent words, thesaurus words, English words and endings, pinyin syllables (so
that a place or person in an English question meets the Chinese characters), frequent numbers and the ten digits.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

from corpus.words import tokens
from embeddings.training.material import Entry

UNKNOWN = "[UNK]"
_MAX_PIECE = 8
_HAN = re.compile(r"[\u3007\u3400-\u9fff]+")
_RUN = re.compile(r"[\u3007\u3400-\u9fff]+|[a-z]+|[0-9]+")
_ENDINGS = (
    "s",
    "es",
    "ed",
    "ing",
    "er",
    "ers",
    "ly",
    "tion",
    "tions",
    "ment",
    "ness",
    "al",
    "ity",
    "est",
    "ive",
    "able",
    "ic",
    "ism",
    "ist",
    "ship",
    "ful",
    "less",
    "un",
    "re",
    "dis",
)


def count_words(texts: Iterable[str]) -> Counter[str]:
    """How often each word (jieba, folded), Latin word and number occurs."""
    counts: Counter[str] = Counter()
    for text in texts:
        for word, _, _ in tokens(text):
            counts.update(_RUN.findall(word))
    return counts


def syllables(characters: Iterable[str]) -> dict[str, str]:
    """The plain pinyin of each character that has one, such as 湖 → hu."""
    from pypinyin import lazy_pinyin

    found = {}
    for character in characters:
        reading = lazy_pinyin(character, errors="ignore")
        if reading:
            found[character] = reading[0].replace("ü", "v")
    return found


def choose_pieces(counts: Counter[str], entries: list[Entry], size: int) -> dict[str, float]:
    """At most `size - 1` pieces with a score (log probability) each."""
    total = sum(counts.values())
    characters: Counter[str] = Counter()
    for word, n in counts.items():
        if _HAN.fullmatch(word):
            for character in word:
                characters[character] += n
    listed = Counter(w for e in entries for w in (e.word, *e.same, *e.related))
    english = Counter(w for e in entries for r in e.english for w in r.split())
    for character in (c for w in listed for c in w if _HAN.fullmatch(c)):
        characters[character] += 1

    weight: dict[str, float] = {}
    for character, n in characters.items():
        if n >= 3 or character in counts:
            # A lone character must never beat a counted word that holds it.
            weight[character] = max(counts[character], 0.5)
    for piece in (*"0123456789abcdefghijklmnopqrstuvwxyz", *_ENDINGS, *set(syllables(weight).values())):
        weight.setdefault(piece, max(counts[piece] * 0.1, 2.0))
    for word in english:
        if word.isascii() and word.isalpha() and 1 < len(word) <= 20:
            weight[word] = max(counts[word], 5 * english[word])

    def usable(word: str) -> bool:
        return word not in weight and _RUN.fullmatch(word) is not None and len(word) <= _MAX_PIECE

    # A thesaurus word seen at least once counts for more than a word that only is frequent.
    ranked = {w: n + (30 * min(listed[w], 4) if n or len(w) <= 3 else 0) for w, n in counts.items() if usable(w)}
    ranked.update({w: 20 * listed[w] for w in listed if usable(w) and w not in ranked and len(w) <= 3})
    room = size - 1 - len(weight)
    for word, _ in sorted(ranked.items(), key=lambda item: (-item[1], item[0]))[:room]:
        weight[word] = max(counts[word], 1.0)
    return {piece: math.log(w / total) for piece, w in weight.items()}


def make_tokenizer(pieces: dict[str, float]) -> Tokenizer:
    """A tokenizer over `pieces`; id 0 is the unknown token. Punctuation and white space give no token."""
    vocabulary = [(UNKNOWN, 0.0), *sorted(((p, round(s, 3)) for p, s in pieces.items()), key=lambda i: (-i[1], i[0]))]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=0, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    pattern = Regex(r"\p{Han}+|[a-z]+|[0-9]+|[^\s\p{P}\p{S}\p{Han}a-z0-9]+")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(pattern, behavior="removed", invert=True)
    return tokenizer
