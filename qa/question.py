"""A question, taken apart: its words with what may stand for them in print, and what kind of answer it asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from corpus.fold import fold, matching_form
from corpus.words import pairs, words
from embeddings.thesaurus import Thesaurus

LONGEST_QUESTION = 2000
AnswerType = Literal["phone", "money", "number", "when", "where", "who", "list", "why", "how", "yes_no", "what"]

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
_PATTERNS: tuple[tuple[AnswerType, str], ...] = (
    ("phone", r"电话|热线|手机号|联系方式|拨打什么|打哪个|phone|hotline|telephone"),
    ("why", r"为什么|为何|为啥|何以|什么原因|原因是|咋会|\bwhy\b"),
    ("money", r"多少钱|几块钱|多少.{0,4}元|金额|贷款?到?多少|投资.{0,6}(多少|多大)"),
    ("money", r"(工资|月薪|薪资|薪水|授信|贷款).{0,6}(多少|几|区间|什么水平)|how much (money|was|is|did|does|loan)"),
    ("money", r"(投资|工资|月薪|薪资|票价|价格|费用|贷款|金额)呢?[??]?$"),
    ("when", r"什么时候|何时|哪天|哪一?年|几月|几号|几点|多久|什么时间|哪个月|啥时|日期"),
    ("when", r"\bwhen\b|what (date|time|year|month)"),
    ("list", r"哪些|哪几|哪[两三四五六七八九十]|分别|有啥|几类|which .*(and|companies|areas)|list\b|what are"),
    ("who", r"谁|哪位|什么人|哪个人|何人|叫什么名字|姓名|摄影记者|\bwho(m|se)?\b"),
    ("where", r"哪里|哪儿|何处|什么地方|在哪|去哪|到哪|地点|\bwhere\b"),
    ("where", r"哪个(街道|镇|村|社区|区|县|市|车间|学院|中心|园区|单位|地方)"),
    ("number", r"多少|几[^乎]|多大|多高|多长|比例|占比|百分之"),
    ("number", r"how many|how (long|old|large|big|much)|what (percentage|share|number)"),
    ("yes_no", r"吗[??]?$|是否|是不是|要不要|能不能|有没有|可不可以|^(is|are|does|do|did|can|was|were)\b"),
    ("how", r"怎么|怎样|如何|咋|\bhow\b"),
)
# In this order: 打哪个电话 asks for a phone number although it holds 哪个.
_TYPES = tuple((kind, re.compile(pattern)) for kind, pattern in _PATTERNS)
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


def asks_for(folded: str) -> AnswerType:
    """What kind of answer a question asks for, folded character by character: 哪两个 shows it, 哪2个 would not."""
    return next((kind for kind, pattern in _TYPES if pattern.search(folded)), "what")


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
