"""A question, taken apart: its words with what may stand for them in print, and what kind of answer it asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from corpus.fold import fold, matching_form
from corpus.words import pairs, words
from embeddings.thesaurus import Thesaurus
from qa.asks import AnswerType, asks_for

LONGEST_QUESTION = 2000

# Words that ask or link, and so say nothing of what is asked about.
_EMPTY = frozenset(
    """
    的 了 是 在 和 有 与 及 等 把 被 要 能 会 到 这 那 上 中 里 从 对 就 也 还 没 去 说 做 给 让 为 由 以 于 之 其
    该 吗 呢 啊 吧 呀 嘛 哪 哪些 哪个 哪位 哪里 哪儿 哪家 哪几 哪种 什么 啥 谁 几 多少 多 怎么 怎样 如何 为什么 为何
    为啥 何时 多久 时候 什么时候 几个 多大 多长 咋 一下 一共 总共 大概 请问 想 知道 告诉 可以 来 个 是不是 是否
    有没有 能不能 要不要 我 你 他 她 它 们 您 都 又 再 将 已 所 而 但 或 并 向 往 着 过 得 地 么 叫 叫做 关于 有关
    事 事情 这个 那个 这些 那些 这次 那次 请 帮
    """.split()
)
_EMPTY_ENGLISH = frozenset(
    """
    a an the of in on at to for from by with and or is are was were be been do does did has have had how many much
    what which who whom whose when where why that this these those it its their his her they he she you i we me my
    your our as into than then there will would can could should about please tell any some
    """.split()
)
_MOST_NEAR = 40


@dataclass(frozen=True, slots=True)
class Unit:
    """A word (or English phrase) of the question and the printed words that may stand for it, nearest first.

    Nearness is between 0 and 1; the word itself, where it is Chinese, has 1.
    """

    surface: str
    near: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Question:
    """`folded` is the matching form, in which white space still parts words.

    `words` and `pairs` are search terms; `units` leave out what only asks.
    """

    text: str
    folded: str
    words: tuple[str, ...]
    pairs: tuple[str, ...]
    units: tuple[Unit, ...]
    asks: AnswerType
    english: bool


def analyse(text: str, thesaurus: Thesaurus | None) -> Question:
    """Take a question apart. Without a thesaurus each word stands for itself alone."""
    folded = matching_form(text, join=False).text
    latin = len(re.findall("[a-z]", folded))
    english = latin > 2 * len(re.findall("[\u3400-\u9fff]", folded))
    found = [w for w in dict.fromkeys(words(folded)) if w not in _EMPTY and w not in _EMPTY_ENGLISH]
    near: dict[str, dict[str, float]] = {}
    units: list[Unit] = []
    covered: set[str] = set()
    if thesaurus is not None:
        near = thesaurus.expand(found)
        if english:
            for phrase, chinese in thesaurus.translate(folded).items():
                covered.update(phrase.split())
                units.append(_unit(phrase, chinese))
        for phrase in thesaurus.phrases(folded):
            if phrase not in found and phrase not in _EMPTY:
                units.append(_unit(phrase, {phrase: 1.0} | thesaurus.expand([phrase])[phrase]))
    for word in found:
        if english and word.isascii() and any(word.startswith(part) for part in covered):
            continue
        units.append(_unit(word, {word: 1.0} | near.get(word, {})))
    return Question(text, folded, tuple(found), tuple(pairs(folded)), tuple(units), asks_for(fold(text)), english)


def _unit(surface: str, near: dict[str, float]) -> Unit:
    ordered = sorted(near.items(), key=lambda entry: (-entry[1], entry[0]))
    return Unit(surface, tuple(ordered[:_MOST_NEAR]))
