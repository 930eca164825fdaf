"""Which article of its page a photo item belongs to, where it belongs to one."""

from __future__ import annotations

import functools
import math
from collections import Counter
from typing import Final

from corpus.records import Article, Page
from corpus.words import words

SHARE: Final = 0.25
"""How much of what a caption says its article says as well, at least, by the weight of its words.

Of the 36 photos in tests/data/layouts and on the sample pages, the four that belong to an article share .32 and more
with it, the others .19 at most with any.
"""


def pictured(page: Page) -> dict[str, str]:
    """The id of a photo item → the id of the article of its page that it belongs to; stand-alone photos are left out.

    A word weighs the more the fewer items of the page have it; a word of one character weighs nothing.
    """
    held = {article.id: _words(article) for article in page.articles}
    common = Counter(word for some in held.values() for word in some)
    weight = {word: math.log(1 + len(held) / count) for word, count in common.items()}
    out: dict[str, str] = {}
    for photo in page.articles:
        said = held[photo.id] if photo.kind == "photo" else frozenset()
        total = sum(weight[word] for word in said)
        shares = [
            (sum(weight[word] for word in said & held[article.id]) / total, article.id)
            for article in page.articles
            if total and article.kind == "article"
        ]
        share, article_id = max(shares, default=(0.0, ""), key=lambda pair: pair[0])
        if share >= SHARE:
            out[photo.id] = article_id
    return out


def _words(article: Article) -> frozenset[str]:
    blocks = (*article.headline_blocks, *article.paragraphs, *article.subheads)
    return frozenset().union(*(_words_of(block.text) for block in blocks))


@functools.lru_cache(maxsize=4096)
def _words_of(text: str) -> frozenset[str]:
    return frozenset(word for word in words(text) if len(word) > 1)
