"""Parts of a question exchanged for what was said last, or for what is said instead.

Words said last stand in for what points back to them (这家公司), a correction takes the place of the part that it
corrects, a bare 什么时候? the place of what was asked before. Nothing is written that was not said.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from corpus.fold import fold
from corpus.words import tagged

_END = r"[\s,。.!?、]*"
NUMBERS = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?:\d{4}|[〇零一二三四五六七八九]{4}|去|今|前|明)年",
        r"\d{1,2}月份?",
        r"\d{1,2}[日号]",
        r"第[\d一二三四五六七八九十]+",
    )
)
_NAMED = re.compile(r"《[^》]+》|“[^”]+”|「[^」]+」")
# What asks, and so may be exchanged for what asks otherwise.
_CIRCUMSTANCE = re.compile(
    r"(?:是?[在到从于])?(?:哪(?:里|儿|边|个地方|一?[年天日月]|(?=[?\s]|$))|什么(?:时候|时间|地方|日子)|啥时候|何时|何地"
    r"|几[月号点]|为什么|为何|怎么|如何)"
)
_AMOUNT = r"(?:多少|几)[\u4e00-\u9fff]{0,2}?|多[久大长远高]|第几"
_BARE = re.compile(
    rf"(?:(?:那么?|and |so )?(?:一共|总共|大概|具体|又|都|共)?(?:是|有|在)?"
    rf"(?:(?:{_CIRCUMSTANCE.pattern})|谁|哪[些家个位种]|{_AMOUNT}|啥|什么)的?(?:了|呢|啊|呀|吗)?"
    r"|(?:and |so |since |from |by |at |for |to )?(?:when|where|who|whom|why|which(?: one)?|what"
    r"|how(?: (?:many|much|long|far|old|big))?))" + _END
)
_ASKED = re.compile(
    rf"(?:{_CIRCUMSTANCE.pattern})|谁|哪(?:[一几]?[些家个位种名])|什么|啥|{_AMOUNT}|[吗呢]|"
    r"\b(?:when|where|whom?|whose|why|how(?: (?:many|much|long|far|old|big))?|which|what)\b"
)
_PARALLEL = re.compile(
    r"(?:那么?|and |what about |how about )+(?P<new>[^?!,。]+?)(?:的)?(?:呢)?"
    + _END
    + r"|(?P<bare>[^?!,。]+?)(?:的)?呢"
    + _END
)
_POINTING = re.compile(
    r"(?:(?:这|那|此|本)一?(?:[家个位场次项座所支部条款名种批届笔些块间片处])?|该)(?=[\u4e00-\u9fff])(?![样么里儿边时次些])"
)


def is_bare(question: str) -> bool:
    """Whether a question is nothing but a question word: 什么时候? 多少人? how many?"""
    return bool(_BARE.fullmatch(fold(question).strip()))


def is_elliptic(question: str) -> bool:
    """Whether a question has no more than one short word beside its question word: 谁拍的? 几点开始?

    >>> is_elliptic("谁拍的?"), is_elliptic("照片谁拍的?")
    (True, False)
    """
    folded = fold(question)
    if _ASKED.search(folded) is None or re.search("[a-z]", folded):
        return False
    return len(re.sub(r"[的了是会\s,]", "", without_asking(question))) <= 2


def exchanged(last: str, bare: str) -> str:
    """The last question, asking what `bare` asks.

    >>> exchanged("运动会在哪里举行?", "什么时候?")
    '运动会什么时候举行?'
    >>> exchanged("谁主持了会议?", "多少人?")
    '主持了会议 多少人?'
    """
    asks = fold(bare).strip()
    new = _CIRCUMSTANCE.search(asks)
    old = _CIRCUMSTANCE.search(fold(last))
    if new is not None and old is not None:
        return last[: old.start()] + bare.strip()[new.start() : new.end()] + last[old.end() :]
    return f"{without_asking(last)} {bare.strip()}"


def without_asking(question: str) -> str:
    """A question without the words that ask, and without its mark: what it speaks of."""
    rest = _ASKED.sub(lambda match: " " if match.group().isascii() else "", fold(question))
    kept = "".join(char for char in rest if char not in "?!。")
    return re.sub(r"(?:[有是在共了]|一共)+$", "", " ".join(kept.split()))


def parallel(question: str) -> str:
    """What 那X呢 or "what about X" asks of, "" where the question is no such or has a question word of its own.

    >>> parallel("那二等奖呢?")
    '二等奖'
    """
    found = _PARALLEL.fullmatch(fold(question).strip())
    if found is None:
        return ""
    name = "new" if found.group("new") is not None else "bare"
    text = question.strip()[slice(*found.span(name))].strip()
    return "" if _ASKED.search(fold(text)) else text


def replaced(last: str, new: str, old: str = "", strict: bool = False) -> str | None:
    """The last question with `new` in place of `old`, or of the part that is most like it; None where there is none.

    Alike are numbers of one kind (years, months), names in the same marks, names of persons or of places, and nouns
    with the same ending; not strictly, also words that share most of their characters.

    >>> replaced("2023年的产量是多少?", "2024年")
    '2024年的产量是多少?'
    >>> replaced("二等奖有几人?", "三等奖")
    '三等奖有几人?'
    """
    text, wanted = fold(last), fold(new)
    if old and fold(old) in text:
        at = text.index(fold(old))
        return last[:at] + new + last[at + len(old) :]
    kinds = [pattern for pattern in (*NUMBERS, _NAMED) if pattern.search(wanted)]
    if kinds and _only(wanted, kinds):
        out = last
        for pattern in kinds:
            at_old, at_new = pattern.search(fold(out)), pattern.search(wanted)
            if at_old is None or at_new is None:
                return None
            out = out[: at_old.start()] + new[at_new.start() : at_new.end()] + out[at_old.end() :]
        return out
    best: tuple[float, int, int] | None = None
    tags = {tag for *_, tag in nouns(wanted)}
    for run, start, end, tag in nouns(text):
        for noun, first in _endings(run, start):
            if noun in wanted or wanted in noun:
                continue
            score = 2.0 * _same_ending(noun, wanted) + 3.0 * (tag in ("nr", "ns") and tag in tags)
            if not strict:
                score += 2.0 * difflib.SequenceMatcher(None, noun, wanted).ratio()
            score -= 0.1 * abs(len(noun) - len(wanted))  # of 比赛二等奖 the part that is like 三等奖
            if score >= 1.0 and (best is None or score > best[0]):
                best = score, first, end
    return None if best is None else last[: best[1]] + new + last[best[2] :]


def _endings(run: str, start: int) -> Iterator[tuple[str, int]]:
    """The run and what is left of it without its first words, with where each begins."""
    at = 0
    for word, _ in tagged(run):
        if len(run) - at > 1:
            yield run[at:], start + at
        at += len(word)


def _only(text: str, patterns: list[re.Pattern[str]]) -> bool:
    """Whether a text is made of matches of the patterns alone."""
    for pattern in patterns:
        text = pattern.sub("", text, count=1)
    return not re.search(r"\w", re.sub(r"^[的]|[的]$", "", text.strip()))


def _same_ending(one: str, other: str) -> int:
    n = 0
    while n < min(len(one), len(other)) and one[-1 - n] == other[-1 - n]:
        n += 1
    return n


def nouns(folded: str) -> Iterator[tuple[str, int, int, str]]:
    """Runs of nouns, half-open, with a tag: nr where a person's name is in it, else that of the last word."""
    start = end = at = -1
    tag = ""
    for word, flag in [*tagged(folded), ("", "x")]:
        at = folded.find(word, max(at, 0)) if word else len(folded)
        noun = flag.startswith(("n", "j", "l", "b", "vn")) and _ASKED.fullmatch(word) is None
        if noun and (start < 0 or at == end):
            start, tag = (at, flag[:2]) if start < 0 else (start, "nr" if "nr" in (tag, flag[:2]) else flag[:2])
            end = at + len(word)
            continue
        if end - start > 1:
            yield folded[start:end], start, end, tag
        start, tag = (at, flag[:2]) if noun else (-1, "")
        end = at + len(word) if noun else -1


def resolved(question: str, sources: tuple[str, ...]) -> str:
    """The question with 这家公司, 该园区, 那个镇 replaced by a longer name that ends so, of the first source with one.

    :param sources: what was said last, such as the last question and the last quote, nearest first.

    >>> resolved("这家公司有多少人?", ("青禾电子公司在哪里?",))
    '青禾电子公司有多少人?'
    """
    folded = fold(question)
    found = _POINTING.search(folded)
    if found is None:
        return question
    noun = next(iter(tagged(folded[found.end() :])), ("", ""))[0]
    end = found.end() + len(noun)
    if not re.fullmatch(r"[\u4e00-\u9fff]+", noun):
        return question
    for source in sources:
        names = [name for name in _names(source, noun) if len(name) > len(noun)]
        if names:
            return question[: found.start()] + names[-1] + question[end:]
    return question


def _names(source: str, noun: str) -> list[str]:
    """The runs of nouns of a source that end in a noun, in order."""
    out = []
    for run, start, _, _ in nouns(fold(source)):
        at = run.rfind(noun)
        first = max(run.rfind(word, 0, max(at, 0)) for word in "由是被把从在对向") + 1  # taken for part of a name
        if at > first and _POINTING.match(run) is None:
            out.append(source[start + first : start + at + len(noun)])
    return out
