"""A question, taken apart: its words with what may stand for them in print, and what kind of answer it asks for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from corpus.fold import fold, matching_form
from corpus.words import pairs, words
from embeddings.thesaurus import Thesaurus, stem
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
    your our s as into than then there will would can could should about please tell any some
    """.split()
)
_CARDINALS = "one two three four five six seven eight nine ten".split()
_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth".split()
_ORDINAL = re.compile(r"(\d{1,3})(?:st|nd|rd|th)")
_NUMERALS = "〇一二三四五六七八九十"
_MOST_NEAR = 40
NAMED = 0.9  # the nearness of what a romanised name may stand for: characters read alike are not always meant
Names = Callable[[str], Mapping[str, Sequence[str]]]


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


def analyse(text: str, thesaurus: Thesaurus | None, names: Names | None = None) -> Question:
    """Take a question apart. Without a thesaurus each word stands for itself alone.

    :param names: finds the Chinese names in an English question, see `qa.romanised`; None where there is nothing to
        find them in.
    """
    # Half a character, as a shell or JSON may hand over, is no text to tokenizers; as many characters stay.
    text = text.encode("utf-8", "replace").decode("utf-8")
    folded = matching_form(text, join=False).text
    latin = len(re.findall("[a-z]", folded))
    english = latin > 2 * len(re.findall("[\u3400-\u9fff]", folded))
    found = [w for w in dict.fromkeys(words(folded)) if w not in _EMPTY and w not in _EMPTY_ENGLISH]
    near: dict[str, dict[str, float]] = {}
    units: list[Unit] = []
    covered: set[str] = set()
    if english and names is not None:
        for name, readings in names(text).items():
            covered.update(map(stem, re.split("[ '’-]", name)))
            units.append(_unit(name, dict.fromkeys(readings, NAMED)))
    if english:
        for word, digits in _numbers(found):
            covered.add(stem(word))
            units.append(_unit(word, digits))
    if thesaurus is not None:
        near = thesaurus.expand(found)
        if english:
            for phrase, chinese in thesaurus.translate(folded).items():
                if not (covered | _EMPTY_ENGLISH).issuperset(phrase.split()):
                    covered.update(phrase.split())
                    units.append(_unit(phrase, chinese))
        for phrase in thesaurus.phrases(folded):
            if phrase not in found and phrase not in _EMPTY and phrase not in _EMPTY_ENGLISH:
                units.append(_unit(phrase, {phrase: 1.0} | thesaurus.expand([phrase])[phrase]))
    for word in found:
        if english and word.isascii() and (stem(word) in covered or any(word.startswith(part) for part in covered)):
            continue
        units.append(_unit(word, {word: 1.0} | near.get(word, {})))
    return Question(text, folded, tuple(found), tuple(pairs(folded)), tuple(units), asks_for(fold(text)), english)


def _numbers(found: list[str]) -> Iterator[tuple[str, dict[str, float]]]:
    """The number words among English words and how they may be printed: two, 3rd, fifth."""
    for word in found:
        ordinal = _ORDINAL.fullmatch(word)
        if ordinal is not None or word in _ORDINALS:
            number = int(ordinal[1]) if ordinal is not None else _ORDINALS.index(word) + 1
            near = {f"第{number}": 1.0}
            if number < len(_NUMERALS):
                near |= {f"第{_NUMERALS[number]}": 1.0}
            yield word, near | ({"首": NAMED} if number == 1 else {})
        elif word in _CARDINALS:
            number = _CARDINALS.index(word) + 1
            yield (
                word,
                {str(number): 1.0, _NUMERALS[number]: NAMED} | ({"两": NAMED, "双": NAMED} if number == 2 else {}),
            )


def _unit(surface: str, near: dict[str, float]) -> Unit:
    ordered = sorted(near.items(), key=lambda entry: (-entry[1], entry[0]))
    return Unit(surface, tuple(ordered[:_MOST_NEAR]))
