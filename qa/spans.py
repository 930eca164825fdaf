"""What in a sentence may be an answer: its words' boundaries, and spans that rules find (amounts, people, lists)."""

from __future__ import annotations

import bisect
import functools
import re
from dataclasses import dataclass

from corpus.dates import dates_in
from corpus.fold import fold, matching_form
from corpus.words import tokens_tagged
from qa.asks import AnswerType
from qa.question import Question

_DIGITS = r"(?:\d[\d,.]*|[〇零一二两三四五六七八九十百千]+)"
_UNITS = """
    平方米 平方公里 公里 千米 厘米 毫米 分钟 小时 余元 万元 亿元 万人 人次 场次 周岁 个月 年级 公斤 公顷 美元 欧元
    港元 日元 台 人 名 个 家 项 元 岁 年 月 日 天 次 门 篇 场 部 首 套 户 批 位 件 条 种 类 辆 只 对 米 层 期 轮 所
    支 级 倍 例 座 间 本 册 张 份 处 款 成 分 吨 亩 届 章 幕 项目 岗位 颗 棵 株 头 艘 架 枚 块 斤 克 周 秒 度 路 片
    组 幅 村 站 点 尺 折 里
    """.split()
_UNIT = "|".join(sorted(set(_UNITS), key=len, reverse=True))
_HALF = rf"{_DIGITS}个半(?:小时|钟头|月)|{_DIGITS}(?:年|天|岁)半|(?<![前上下后])半(?:个?(?:小时|月)|年|天)"
_AMOUNT = rf"(?:{_HALF}|{_DIGITS}[万亿千百]*[余多几]?(?:%|ms|[A-Za-z]{{1,4}}\b|{_UNIT})?)"
_NUMBER = re.compile(
    rf"(?:近|超过?|逾|约|达|小于|大于|不到|至少|前)?{_AMOUNT}(?:(?:至|到|-|—|~){_AMOUNT})?(?:以上|以下|左右)?"
)
# 第12人 is one among others, and counts nothing.
_ORDINAL = re.compile(rf"第{_DIGITS}(?:{_UNIT})?|[〇零一二三四五六七八九十特]等奖|[冠亚季殿]军")
_BARE = re.compile(rf"{_DIGITS}[万亿]*$")
_COUNT = re.compile(rf"{_HALF}|(?:百分之)?{_DIGITS}[万亿千百]*[余多几]?(?:%|{_UNIT})?")
_DAYTIME = re.compile(
    r"(?:上午|下午|中午|晚上?|凌晨|清晨|傍晚|早上?)?\d{1,2}(?:时|点|:)(?:\d{1,2}分?|半|许|整)?(?:左右|许)?"
    r"|(?:周|星期)[一二三四五六日天](?:上午|下午|晚上?)?|(?:每|上|下|本)[周月年](?:[一二三四五六日])?"
    r"|(?:昨天|前天|今天|当天|昨晚|当晚|日前|近日)(?:[上下中]午|晚上?|清晨)?"
)
_AFTER_DATE = re.compile(r"(?:[上下中]午|晚上?|凌晨|清晨|傍晚|早上?|起|前后|左右)")
# With area code, mobile, free of charge, or a short hot line; what counts something is none.
_PHONE = re.compile(
    r"(?<![\d.-])(?:(?:\(0\d{2,3}\)|0\d{2,3}-?)?\d{7,8}|1\d{10}|[48]00-?\d{3,4}-?\d{3,4}|1[12]\d|12\d{3}|9\d{4,5})"
    rf"(?![\d.%万亿余多]|{_UNIT})"
)
_QUOTED = re.compile(r"[“《「‘『【]([^”》」’』】]{1,40})[”》」’』】]")
_CLAUSE = re.compile(r"(?:[^,;:。!?，；：！？]|(?<=\d),(?=\d))+")  # 1,500 is one
_LIST = re.compile(r"[^,;:。!?，；：！？、]{1,30}(?:、[^,;:。!?，；：！？、]{1,40})+")
_LIST_LEAD = re.compile(
    r"^.*?(?:分别[为是]|包括|涵盖|覆盖|包含|设有|有|为|是|以(?!及)|对|由|在|从|像|按|请|来自|通过|依托|[\u4e00-\u9fff]了)(?=[^、]{2,})"
)
_JOINT = re.compile(r"以?及(?![时格早])")  # a clause that goes on with an enumeration may begin so
_LIST_TAIL = re.compile(r"(?:等(?!级).*|\d+[个家项名].*)$")
_ORGANISATION = re.compile(
    r"(?:公司|集团|局|委|委员会|工会|银行|协会|医院|学院|大学|中学|小学|中心|部门|组织部|街道|合作社|研究院|残联|商会|基金会|支队|大队"
    r"|派出所|法院|检察院|党委|支部|联盟|政府|服务队|志愿队|团队|俱乐部|学校)$"
)
_PLACE = re.compile(
    r"(?:街道|社区|车间|中心|镇|村|区|县|市|省|路|街|馆|院|厂|大厦|广场|驿站|基地|学院|剧场|小学|食堂|公司|园区|公园|小区|机场|车站|港|岛|河|山|店|所)$"
)
_CAUSE = re.compile(r"(?:因为|由于|出于|因|为了|为)([^,，;；。]{3,40})")
_MEANS = re.compile(
    r"(?:通过|采用|采取|利用|依托|凭借|借助|运用|(?<![所可予加])以(?![及上下来后前内外为]))([^,，;；。]{2,40})"
)
_SURNAMES = frozenset(
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏窦章苏潘葛奚范彭郎鲁韦昌马苗方俞任袁柳鲍史唐费"
    "廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛狄米贝明臧计伏成戴谈宋庞熊纪舒屈项祝董梁"
    "杜阮蓝闵席季贾路娄江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯管卢莫房裘缪解应宗丁宣邓单洪包诸左石崔吉龚程邢裴陆荣翁"
    "荀羊惠甄曲封储靳段焦巴牧山谷车侯全班仰秋仲伊宫宁仇栾甘厉祖武符刘景詹束龙叶司黎白蒲赖卓池乔阴胥能苍双闻党翟谭贡申扶冉桑桂牛"
    "边尚农温庄柴瞿阎充慕连茹习艾鱼容向古易廖终居衡步耿满匡文寇广东欧利师巩聂晁勾敖融辛那简饶曾关查游权盖益桓公付肖闫涂敬植覃原苟"
)
_LATIN = re.compile(r"[A-Za-z]")
Word = tuple[str, int, int, str]


@dataclass(frozen=True, slots=True)
class Atom:
    """A piece of a sentence that no answer begins or ends inside of; `tag` is a coarse part of speech."""

    start: int
    end: int
    text: str
    tag: str


@functools.lru_cache(maxsize=512)
def parsed(sentence: str) -> tuple[tuple[Atom, ...], dict[str, tuple[tuple[int, int], ...]]]:
    """A sentence's atoms, in order, and the spans that rules find in it, by the rule's name, in characters.

    Atoms are jieba's words, parted further where a span of a rule begins or ends.
    """
    folded = fold(sentence)
    words = _grouped(tokens_tagged(sentence))
    rules = {name: tuple(spans) for name, spans in _rules(sentence, folded, words).items() if spans}
    marks = {mark for name, spans in rules.items() if name not in ("cause", "means") for span in spans for mark in span}
    borders = sorted(marks)
    atoms: list[Atom] = []
    for _, start, end, flag in words:
        inner = borders[bisect.bisect_right(borders, start) : bisect.bisect_left(borders, end)]
        for a, b in zip([start, *inner], [*inner, end], strict=True):
            piece = folded[a:b]
            if not piece.strip():
                continue
            atoms.append(Atom(a, b, piece, _tag(piece, flag if b - a == end - start else "")))
    return tuple(atoms), rules


def _grouped(words: list[Word]) -> list[Word]:
    """The words with a number whole that commas divide into groups of digits."""
    out: list[Word] = []
    for n, (word, start, end, flag) in enumerate(words):
        last = out[-1][0] if out else ""
        inside = word == "," and last[-1:].isdigit() and n + 1 < len(words) and words[n + 1][0][0].isdigit()
        if out and (inside or (last.endswith(",") and last[0].isdigit())):
            out[-1] = (last + word, out[-1][1], end, "")
        else:
            out.append((word, start, end, flag))
    return out


def _tag(word: str, flag: str) -> str:
    first = word[0]
    if len(word) == 1 and not first.isalnum():
        return first
    if first.isdigit():
        return "#"
    if _LATIN.match(first):
        return "eng"
    if flag:
        return flag[:2] if flag[0] in "nv" else flag[0]
    if first in _SURNAMES and 2 <= len(word) <= 4:
        return "nr?"
    return f"?{min(len(word), 3)}"


def _rules(sentence: str, folded: str, words: list[Word]) -> dict[str, list[tuple[int, int]]]:
    dates = [(m.start, m.end) for m in dates_in(sentence, None)]
    longer = []
    for a, b in dates:
        after = _AFTER_DATE.match(folded, b)
        longer.append((a, after.end() if after else b))
    times = [m.span() for m in _DAYTIME.finditer(folded) if len(m.group()) > 1]
    joined = [(a, d) for a, b in longer for c, d in times if b == c]
    ordinals = [m.span() for m in _ORDINAL.finditer(folded)]
    ranked = {at for a, b in ordinals for at in range(a, b)}
    numbers = [m.span() for m in _NUMBER.finditer(folded) if is_amount(m.group()) and m.start() not in ranked]
    people, names = _named(folded, words)
    return {
        "date": dates,
        "day": [span for span in longer if span not in dates] + joined,
        "time": times,
        "number": numbers,
        "count": [m.span() for m in _COUNT.finditer(folded) if is_amount(m.group()) and m.start() not in ranked],
        "ordinal": ordinals,
        "money": [(a, b) for a, b in numbers if "元" in folded[a:b]],
        "phone": [m.span() for m in _PHONE.finditer(folded)],
        "quoted": [m.span(1) for m in _QUOTED.finditer(sentence)],
        "marked": [m.span() for m in _QUOTED.finditer(sentence)],
        "list": [span for m in _LIST.finditer(folded) if (span := trim_list(folded, *m.span())) is not None],
        "items": [m.span() for m in _LIST.finditer(folded)],
        "clause": [m.span() for m in _CLAUSE.finditer(folded) if len(m.group()) > 1],
        "cause": [m.span(1) for m in _CAUSE.finditer(folded)],
        "means": [m.span(1) for m in _MEANS.finditer(folded)],
        "person": people,
        "organisation": [span for span in names if _ORGANISATION.search(folded[slice(*span)])],
        "place": [span for span in names if _PLACE.search(folded[slice(*span)])],
    }


def _named(folded: str, words: list[Word]) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Persons, and runs of nouns: whole, and up to every word that ends like an organisation or a place."""
    people: list[tuple[int, int]] = []
    runs: list[tuple[int, int]] = []
    first = -1
    for word, start, end, flag in words:
        unknown = not flag and re.fullmatch(r"[\u4e00-\u9fff·]+", word) is not None
        if 2 <= end - start <= 4 and (flag.startswith("nr") or (unknown and word[0] in _SURNAMES)):
            people.append((start, end))
        noun = unknown or flag[:1] in ("n", "j", "b", "s", "f", "m", "l", "i", "z") or flag in ("vn", "an", "eng", "k")
        noun = noun or (len(word) > 1 and flag == "v" and first >= 0)
        if not noun:
            first = -1
            continue
        first = start if first < 0 else first
        if _ORGANISATION.search(word) or _PLACE.search(word):
            runs.append((first, end))
    return people, runs


def is_amount(text: str) -> bool:
    """Whether a run of number characters counts something: 十余门 does, the 一 of 一方面 does not."""
    return re.search(r"\d", text) is not None or re.search(rf"(?:{_UNIT})", text) is not None


def trim_list(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The items of an enumeration alone: what leads to it and what closes it (等10个领域) left out."""
    items = text[start:end].split("、")
    lead = _JOINT.match(items[0]) or _LIST_LEAD.match(items[0])
    if lead is not None and lead.end() < len(items[0]):
        start += lead.end()
    tail = _LIST_TAIL.search(items[-1])
    if tail is not None and tail.start() > 0:
        end -= len(items[-1]) - tail.start()
    return (start, end) if "、" in text[start:end] else None


# The rules that find what is of a kind.
OF_KIND: dict[AnswerType, tuple[str, ...]] = {
    "phone": ("phone",),
    "money": ("money",),
    "number": ("number",),
    "rank": ("ordinal",),
    "when": ("date", "day", "time"),
    "where": ("place",),
    "who": ("person",),
    "organisation": ("organisation",),
    "list": ("list",),
    "name": ("quoted",),
    "why": ("cause",),
    "how": ("means",),
}


def find_answers(asks: AnswerType, sentence: str) -> list[tuple[int, int]]:
    """The slices of a sentence that rules take to be of the kind asked for, in printed order; none where nothing is."""
    _, rules = parsed(sentence)
    return sorted({span for name in OF_KIND.get(asks, ()) for span in rules.get(name, ())})


def without_noun(asks: AnswerType, noun: str, sentence: str, start: int, end: int) -> int:
    """Where a span ends without the noun that a count was asked with: 12座桥 says no more of 多少座桥 than 12座 does.

    A bare number keeps its noun, which is its unit.

    :param noun: as `qa.asks.asked` gives it; "" leaves the span as it is.
    """
    if asks not in ("number", "money") or not noun:
        return end
    counts = (b for a, b in find_answers(asks, sentence) if a == start and not _BARE.search(fold(sentence[a:b])))
    return next((b for b in counts if fold(sentence[b:end]) == noun), end)


def held(question: Question, sentence: str) -> list[tuple[int, int]]:
    """The slices of the kind asked for that the question does not say itself, in printed order."""
    spans = find_answers(question.asks, sentence)
    return [(a, b) for a, b in spans if matching_form(sentence[a:b]).text not in question.folded]


def holds(question: Question, sentence: str) -> bool:
    """Whether a sentence holds something of the kind asked for that the question does not say itself."""
    return bool(held(question, sentence))
