"""From a passage to the quote that answers, and inside it the short answer. Both are slices of the printed passage."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from corpus.fold import fold, matching_form
from corpus.offsets import Folded
from corpus.words import tagged
from qa.match import Matcher
from qa.question import AnswerType, Question

LONGEST_QUOTE = 160
# How much it counts that a sentence holds something of the kind asked for; the rest is what it says of the question.
_TYPE_WEIGHTS: dict[AnswerType, float] = {
    "phone": 0.5,
    "money": 0.3,
    "when": 0.3,
    "number": 0.3,
    "who": 0.25,
    "list": 0.15,
    "where": 0.15,
}
# Kinds for which a clause is no answer: where no such thing stands in the quote, none is marked.
_EXACT = ("phone", "money", "number", "when")
_SHORT_QUOTE = 100
_SENTENCE = re.compile(r"[^。!?！？]*(?:[。!?！？]+[”’」』)）]*|$)")
_CLAUSE = re.compile(r"[^,;:。!?，；：！？]+")
_DIGITS = r"(?:\d[\d,.]*|[〇零一二两三四五六七八九十百千]+)"
_UNITS = """
    平方米 平方公里 公里 分钟 小时 余元 万元 亿元 万人 周岁 台 人 名 个 家 项 元 岁 年 月 日 天 次 门 篇 场 部 首 套
    户 批 位 件 条 种 类 辆 只 对 米 层 期 轮 所 支 级 倍 例 座 间 本 册 张 份 处 款 成 分 吨 亩 届 章 幕
    项目 岗位
    """.split()
_UNIT = "|".join(sorted(_UNITS, key=len, reverse=True))
_AMOUNT = rf"{_DIGITS}[万亿千百]*[余多几]?(?:%|ms|[A-Za-z]{{1,4}}\b|{_UNIT})?"
_NUMBER = re.compile(
    rf"(?:近|超过?|逾|约|达|小于|大于|不到|至少|第|前)?{_AMOUNT}(?:(?:至|到|-|—|~){_AMOUNT})?(?:以上|以下|左右)?"
)
_DAYTIME = r"(?:[上下中]午|晚上?|清晨)?"
_WHEN = re.compile(
    r"(?:(?:19|20)\d\d|去|今|明|前|当)年(?:度)?(?:\d{1,2}月)?(?:\d{1,2}日)?[初底末]?(?:前后)?"
    rf"|\d{{1,2}}月(?:\d{{1,2}}日)?(?:至(?:\d{{1,2}}月)?\d{{1,2}}日)?[初底末]?{_DAYTIME}"
    rf"|(?:昨天|前天|今天|当天|昨晚|日前|近日){_DAYTIME}|[上下]午\d{{1,2}}时(?:\d{{1,2}}分)?"
    r"|(?:每|上|下|本)[周月年]|[一二两三四五六七八九十\d]+(?:个半?)?(?:小时|分钟|个月)"
)
_PHONE = re.compile(r"(?:\d{3,4}-)?\d{7,8}|1\d{10}|\b\d{5}\b")
_QUOTED = re.compile(r"[“《「]([^”》」]{1,40})[”》」]")
_LIST = re.compile(r"[^,;:。!?，；：！？、]{1,30}(?:、[^,;:。!?，；：！？、]{1,40})+")
_LIST_LEAD = re.compile(
    r"^.*?(?:分别[为是]|包括|涵盖|覆盖|包含|设有|有|为|是|以|对|由|在|从|像|按|请|来自|通过|依托|[\u4e00-\u9fff]了)(?=[^、]{2,})"
)
_LIST_TAIL = re.compile(r"(?:等(?!级).*|\d+[个家项名].*)$")
_NOUNS = ("n", "j", "b", "s", "f")
_ORGANISATION = re.compile(
    r".{2,}(?:公司|集团|[^全当]局|委|委员会|总?工会|银行|协会|医院|学院|大学|中心|部门|组织部|街道|合作社|研究院|残联)$"
)
_PLACE_NAME = re.compile(
    r"[\u4e00-\u9fffA-Za-z0-9]{2,16}?(?:街道|社区|车间|中心|镇|村|区|县|市|路|馆|院|厂|大厦|广场|驿站|基地|学院|剧场|小学|食堂|公司|园区)"
)


@dataclass(frozen=True, slots=True)
class Part:
    """A slice of a passage's text and how well it fits; higher is better.

    `coverage`, of a quote, is the share (0 to 1) of the question that it speaks of.
    """

    start: int
    end: int
    score: float
    coverage: float = 0.0


def sentences(text: str) -> list[tuple[int, int]]:
    """The sentences of a passage, half-open, closing marks with the sentence they close."""
    out = []
    for match in _SENTENCE.finditer(text):
        start, end = match.span()
        while start < end and text[start].isspace():
            start += 1
        if start < end:
            out.append((start, end))
    return out


def best_quote(question: Question, matcher: Matcher, text: str, headline: str) -> Part:
    """The sentence of `text` that says most of what is asked and can hold the answer, at most LONGEST_QUOTE characters.

    Its score is between 0 and 1. A word that the headline says need not stand in the sentence, but counts less.
    """
    form, head = matching_form(text), matcher.nearness(matching_form(headline, join=False).text)
    weights = matcher.weights
    total = float(weights.sum()) or 1.0
    best = Part(0, min(len(text), LONGEST_QUOTE), 0.0)
    spans = sentences(text)
    for n, (start, end) in enumerate(spans):
        near = matcher.nearness(_slice(form, start, end))
        before = matcher.nearness(_slice(form, spans[n - 1][0], start)) if n else near * 0
        covered = float((weights * np.maximum.reduce([near, 0.45 * before, 0.3 * head])).sum()) / total
        type_weight = _TYPE_WEIGHTS.get(question.asks, 0.0)
        fits = bool(type_weight) and _can_answer(question, text[start:end])
        score = (1 - type_weight) * covered + type_weight * fits
        if score > best.score + 1e-9:
            best = Part(start, end, score, covered)
    return _cut(question, matcher, text, form, best)


def _can_answer(question: Question, sentence: str) -> bool:
    """Whether a sentence holds something of the kind asked for that the question does not say itself."""
    found = find_answers(question.asks, sentence)
    return any(matching_form(sentence[a:b]).text not in question.folded for a, b in found)


def _slice(form: Folded, start: int, end: int) -> str:
    """What a slice of the printed text is in its matching form; a number at its border whole."""
    first, last = form.folded(start, end)
    return form.text[first:last]


def _cut(question: Question, matcher: Matcher, text: str, form: Folded, part: Part) -> Part:
    """A sentence longer than a quote may be, cut at commas to the run of clauses that says most."""
    if part.end - part.start <= LONGEST_QUOTE:
        return part
    clauses = [(m.start() + part.start, m.end() + part.start) for m in _CLAUSE.finditer(text[part.start : part.end])]
    best, most = (part.start, min(part.end, part.start + LONGEST_QUOTE)), -1.0
    for i, (start, _) in enumerate(clauses):
        for end in (e for _, e in clauses[i:]):
            if end - start > LONGEST_QUOTE:
                break
            worth = float(matcher.weights @ matcher.nearness(_slice(form, start, end)))
            worth += 0.5 * bool(find_answers(question.asks, text[start:end]))
            worth -= 0.001 * max(0, end - start - _SHORT_QUOTE)
            if worth > most:
                best, most = (start, end), worth
    return Part(*best, part.score, part.coverage)


def find_answers(asks: AnswerType, text: str) -> list[tuple[int, int]]:
    """The slices of a sentence that are of the kind asked for, in printed order; none where nothing is."""
    if asks in ("number", "money"):
        numbers = [m.span() for m in _NUMBER.finditer(text) if _is_amount(m.group())]
        return [(a, b) for a, b in numbers if asks == "number" or "元" in text[a:b]]
    if asks == "when":
        return [m.span() for m in _WHEN.finditer(text)]
    if asks == "phone":
        return [m.span() for m in _PHONE.finditer(text)]
    if asks == "who":
        return _people(text)
    if asks == "where":
        return [m.span() for m in _PLACE_NAME.finditer(text)] + [m.span(1) for m in _QUOTED.finditer(text)]
    if asks == "list":
        return [span for m in _LIST.finditer(text) if (span := _trim_list(text, *m.span())) is not None]
    return []


def _is_amount(text: str) -> bool:
    """Whether a run of number characters counts something: 十余门 does, the 一 of 一方面 does not."""
    return re.search(r"\d", text) is not None or re.search(rf"(?:{_UNIT})", text) is not None


def _trim_list(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The items of an enumeration alone: what leads to it and what closes it (等10个领域) left out."""
    items = text[start:end].split("、")
    lead = _LIST_LEAD.match(items[0])
    if lead is not None and lead.end() < len(items[0]):
        start += lead.end()
    tail = _LIST_TAIL.search(items[-1])
    if tail is not None and tail.start() > 0:
        end -= len(items[-1]) - tail.start()
    return (start, end) if "、" in text[start:end] else None


def _people(text: str) -> list[tuple[int, int]]:
    """Persons by jieba's tags, and organisations: runs of nouns that end like one."""
    people: list[tuple[int, int]] = []
    organisations: list[tuple[int, int]] = []
    folded, at = fold(text), 0
    run = -1  # where the present run of nouns began
    for word, flag in tagged(text):
        start = folded.find(word, at)
        if start < 0:
            continue
        if start != at or not flag.startswith(_NOUNS):
            run = -1
        at = start + len(word)
        if not flag.startswith(_NOUNS):
            continue
        run = start if run < 0 else run
        if flag in ("nr", "nrt", "nrfg") and 2 <= len(word) <= 5:
            people.append((start, at))
        if _ORGANISATION.search(text[run:at]):
            if organisations and organisations[-1][0] == run:
                organisations.pop()
            organisations.append((run, at))
    free = [(a, b) for a, b in people if not any(c <= a and b <= d for c, d in organisations)]
    return sorted(free + organisations)


def best_answer(question: Question, matcher: Matcher, text: str, quote: Part) -> Part | None:
    """The short answer in the quote: of the kind asked for, near the question's words, and not one of them."""
    start, sentence = quote.start, text[quote.start : quote.end]
    form = matching_form(sentence)
    places = [(*form.printed(a, b), unit, weight) for a, b, unit, weight in matcher.places(form.text)]
    found = [Part(a, b, 1.0) for a, b in find_answers(question.asks, sentence)]
    if not found and question.asks in _EXACT:
        return None
    if not found:
        found = [Part(*m.span(1), 0.6) for m in _QUOTED.finditer(sentence)]
        found += [Part(*span, 0.4) for m in _LIST.finditer(sentence) if (span := _trim_list(sentence, *m.span()))]
        found += [Part(*m.span(), 0.5) for m in _CLAUSE.finditer(sentence) if len(m.group()) > 1]
    best: Part | None = None
    for part in found:
        inside = matching_form(sentence[part.start : part.end]).text
        if inside in question.folded:
            continue
        near = sum(weight / (1.0 + _gap(part, a, b) / 6.0) for a, b, _, weight in places if not _overlap(part, a, b))
        own = sum(weight for a, b, _, weight in places if _overlap(part, a, b))
        unit = 0.5 * float(inside[-1:] in question.folded) if question.asks in ("number", "money") else 0.0
        score = part.score * (1.0 + near + unit * max(near, 1.0)) - 0.5 * own
        if best is None or score > best.score:
            best = Part(start + part.start, start + part.end, score)
    return best


def _gap(part: Part, start: int, end: int) -> int:
    return max(0, start - part.end, part.start - end)


def _overlap(part: Part, start: int, end: int) -> bool:
    return start < part.end and part.start < end
