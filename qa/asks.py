"""What a question asks for: the kind of answer, the noun it asks with (哪家医院: 医院) and the units a count may have.

Rules over Chinese and English interrogatives; a question in keywords asks with its last noun (热线, 人数, 地点, 主席).
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Literal

from corpus.words import tagged

AnswerType = Literal[
    "phone", "money", "number", "rank", "when", "where", "who", "organisation", "list", "why", "how", "yes_no", "name",
    "what",
]  # fmt: skip

_ROLES = (
    "书记|主任|局长|院长|校长|市长|区长|县长|镇长|部长|会长|主席|队长|厂长|所长|处长|科长|站长|馆长|经理|董事长|总裁"
    "|记者|作者|医生|教授|教练|冠军|导演|主持人|负责人|创始人|嘉宾|专家|代表|民警|辅警|老师|干部|委员|秘书长|摄影"
)
_GROUPS = (
    "公司|企业|单位|机构|部门|集团|银行|协会|基金会|商会|法院|医院|学校|大学|高校|小学|中学|幼儿园|组织|媒体"
    "|委员会|局|队伍|战队|团队|服务队|志愿队"
)
_PLACES = (
    "街道|镇|村|社区|区|县|市|省|国家|城市|地方|车间|学院|中心|园区|馆|广场|基地|路|街|河|山|站|景区|酒店|公园"
    "|小区|城|岛|港"
)
_PATTERNS: tuple[tuple[AnswerType, str], ...] = (
    # What a question ends with goes before what it says of the thing: 开工日期为5月的大桥叫什么 asks for no date.
    ("name", r"叫(?:什么|啥)[??]?$"),
    ("phone", r"电话|热线|手机号|联系方式|拨打什么|打哪个|打几|phone|hotline|telephone|what number (should|can|do)"),
    ("why", r"为什么|为何|为啥|何以|什么原因|啥原因|原因(是|何在)|干嘛要|凭啥|咋会|图(的是)?(什么|啥)"),
    ("why", r"怎么会|\bwhy\b|原因[??]?$"),
    ("money", r"多少钱|几块钱|多少块|多少.{0,4}元|金额|贷款?到?多少|投资.{0,6}(多少|多大)"),
    ("money", r"(花|赔|捐|罚|赚|挣|卖|欠|借|贷)(了|给)?多少"),
    ("money", r"(工资|月薪|薪资|薪水|授信|贷款).{0,6}(多少|几|区间|什么水平)"),
    ("money", r"how much (money|was|is|did|does|loan|fund)"),
    ("money", r"(投资|工资|月薪|薪资|票价|价格|费用|贷款|总额|资金)(多少)?呢?[??]?$"),
    ("money", r"what (fine|price|amount of money)"),
    ("number", r"多久|多长时间|几(个)?(小时|分钟|天|个月|周|年)(?!级|[初底末])"),
    ("number", r"多少(个)?(小时|分钟|天|月|周|年)|how long|时长[??]?$"),
    ("when", r"什么时候|何时|时段|时间点|月份|哪个年代|哪天|哪一?[年日天]|几[月号时]"),
    ("when", r"几点(?!要求|建议|意见|钟头)|什么时间|哪个月|哪几天|啥时|日期|何年|几几年|什么日子|星期几|周几"),
    ("when", r"\bwhen\b|(what|which) (exact |specific )?(date|time|year|month|day|evening|morning)"),
    ("when", r"(时间|年份|截止)[??]?$"),
    ("list", r"哪些|哪几|哪[两2三3四4五5六6七7八8九9十]|分别|有啥|几类|都(有|是)(什么|啥)"),
    ("list", r"what are\b|^(please )?list\b"),
    ("list", r"(what|which) (\w+ )?(two|three|four|five|six|seven|eight|nine|ten)\b"),
    ("list", r"which .*\b(companies|areas|industries|organizations|departments|cities|provinces|countries)\b"),
    ("rank", r"第几|第多少|名次|排名|排(在)?(多少|几)|几等奖|what (rank|place) did|how .*\brank(ed)?\b"),
    ("number", r"几(成|折|岁|度|级|届|期|轮|等)|how old|多大(年纪|岁数|年龄|了)|比例|占比|百分之|百分比|几分之"),
    ("how", r"(什么|啥)(方式|办法|方法|手段|途径|举措)"),
    ("organisation", rf"(哪|什么|啥|何)一?(个|家|所|支|间|类)?[^,,??]{{0,4}}?({_GROUPS})(?!长)|哪一?家"),
    ("organisation", r"(which|what) [^,?]{0,40}?(company|organi[sz]ation|bank|hospital|foundation|association)"),
    ("organisation", r"(which|what) [^,?]{0,40}?(department|court)"),
    ("organisation", r"(which|what) [^,?]{0,40}?(university|school|agency|bureau|institution|team|group|authority)"),
    ("who", rf"谁|哪一?位|什么人|哪个人|何人|啥人|叫什么名字|姓名|哪名|(哪|什么|啥)个?({_ROLES})|姓(啥|什么)"),
    ("who", r"which (\w+ ){0,2}(man|woman|boy|girl|person|doctor|teacher|official|student|driver|player|coach)\b"),
    ("who", r"\bwho(m|se)?\b|what is the name of the (man|woman|boy|girl|person|doctor|teacher)"),
    ("where", r"哪里|哪儿|何处|何地|什么地方|啥地方|在哪|去哪|到哪|从哪|往哪|地点|地址|什么位置|\bwhere\b"),
    ("where", rf"(哪|什么|啥)一?(个|座|条|处|片|所)?[^,,??]{{0,4}}?({_PLACES})"),
    ("where", r"(which|what) [^,?]{0,30}?(city|village|town|district|county|province|community)"),
    ("where", r"(which|what) [^,?]{0,30}?(place|street|country|venue)"),
    ("number", r"多少|几(?!年前|乎|百年|十年|月)|多大|多沉|多高|多长|多宽|多深|多重|多远|多快|规模"),
    ("number", r"how (many|long|old|large|big|much|far|tall|high|deep|heavy|fast|often)"),
    ("number", r"what (percentage|share|number|age|proportion)"),
    ("number", r"(人数|数量|数|架次|公里|套|额|面积|长度|比例|占比)[??]?$"),
    ("number", r"(年龄|率|总数|高度|次数|场次|总量|周期|缩短|增长|下降)[??]?$"),
    ("yes_no", r"(吗|没|不|否|没有|没事了吧)[啊呀了吧的]?[??]?$|给不给|成没成|是否|是不是|要不要|能不能"),
    ("yes_no", r"有没有|可不可以|会不会|能否|可否|用不用|需不需要|有无|好不好"),
    ("yes_no", r"^(is|are|does|do|did|can|was|were|has|have|will|must|should)\b"),
    ("how", r"怎么|怎样|如何|咋|靠啥|靠什么|通过什么|用什么"),
    ("how", r"\bhow\b|(办法|方式|方法|措施|途径)[??]?$"),
    ("name", r"叫什么|叫啥|什么名字|名称|名字|什么名|书名|片名|called\b|\bname\b|\bnamed\b|title\b|题目"),
    ("name", r"主题|口号|slogan|theme"),
    ("who", rf"({_ROLES})(是|名字|名单)?[??]?$"),
    ("list", r"(名单|内容|项目|方面|成员单位|哪类|类型|服务项目)[??]?$"),
    ("organisation", r"(单位|企业|公司|机构|医院|主办方|部门)[??]?$"),
)  # fmt: skip
# In this order: 打哪个电话 asks for a phone number although it holds 哪个.
_TYPES = tuple((kind, re.compile(pattern)) for kind, pattern in _PATTERNS)

_ASKING = re.compile(
    r"(?:哪|什么|啥|何|多少|几)(?:一)?(?:[个位家所座条支名场项种份块款部件届次类首本篇辆幅](?![月人]))?|第几"
)
_PEOPLE_UNITS = ("人", "名", "位", "个", "人次", "口", "户", "岁")
# What a count asked for in these words is printed with.
_UNITS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"多少钱|几块钱|多少块|金额|工资|月薪|薪|票价|价格|费用|投资|贷款|资金", ("元", "块", "金")),
    (r"罚款|money|loan|fine|price|cost|yuan", ("元", "块", "金")),
    (r"百分|比例|占比|率|几成|percent|share|proportion", ("%", "成", "分之")),
    (r"多大(年纪|岁数|年龄|了|啊|呀)?[??]?$|几岁|年龄|年纪|岁数|how old|\bage\b", ("岁",)),
    (r"多久|多长时间|how long|时长|周期", ("小时", "分钟", "天", "月", "年", "周", "秒", "日")),
    (r"几点|what time", ("时", "点", "分", "许")),
    (r"面积|多大|占地|how large|area", ("米", "亩", "里", "顷")),
    (r"多长|多高|多深|多宽|多远|how (far|tall|high|deep|wide)|长度|高度", ("米", "里", "尺")),
    (r"多重|重量|how heavy", ("斤", "吨", "克")),
    (r"多少(个)?(人|名|位|居民|村民|学生|老师|志愿者|群众|孩子|游客)", _PEOPLE_UNITS),
    (r"多少(个)?(职工|党员|干部|老人)|几(个)?人|人数", _PEOPLE_UNITS),
    (r"how many (people|persons?|students|residents|volunteers|workers|children|visitors)", _PEOPLE_UNITS),
    (r"how many (patients|participants|officers|members|teachers|athletes)", _PEOPLE_UNITS),
    (r"多少次|几次|how many times|第几(次|届|期|轮)", ("次", "届", "期", "轮", "遍")),
)  # fmt: skip
_UNITS_READ = tuple((re.compile(pattern), units) for pattern, units in _UNITS)
# Counters that are printed for one another: 几位志愿者, 5名志愿者.
_ALIKE = {"位": "名人", "名": "位人", "层": "楼", "楼": "层", "项": "个", "样": "个项种类", "种": "类个", "类": "种个"}
_COUNTER = re.compile(r"(?:多少|几)([\u4e00-\u9fff]{1,2})")


@dataclass(frozen=True, slots=True)
class Asked:
    """`kind` of answer; `noun` asked with, "" where none or English; `units` that a number may be printed with."""

    kind: AnswerType
    noun: str
    units: tuple[str, ...]


def asks_for(folded: str) -> AnswerType:
    """What kind of answer a question asks for, folded character by character: 哪两个 shows it, 哪2个 would not."""
    return next((kind for kind, pattern in _TYPES if pattern.search(folded)), "what")


@functools.lru_cache(maxsize=256)
def asked(folded: str) -> Asked:
    """What a question asks for.

    >>> asked("救助站请了哪家医院来义诊?")
    Asked(kind='organisation', noun='医院', units=())
    >>> asked("一共有多少家企业?")
    Asked(kind='number', noun='企业', units=('家', '家企'))
    """
    kind = asks_for(folded)
    return Asked(kind, _noun(folded), _units(folded, kind))


def _noun(folded: str) -> str:
    """The noun after the interrogative: the last of the run of nouns there, 什么文化活动 → 活动."""
    found = list(_ASKING.finditer(folded))
    if not found:
        return ""
    noun = ""
    for word, flag in tagged(folded[found[-1].end() :][:12]):
        if flag[0] not in "nvajbsxl" or not re.match(r"[\u4e00-\u9fff]", word):
            break
        if flag[0] in "va" and flag != "vn" and noun:
            break
        if flag[0] in "nsl" or flag == "vn":
            noun = word
    return noun


def _units(folded: str, kind: AnswerType) -> tuple[str, ...]:
    if kind not in ("number", "money", "rank"):
        return ()
    for pattern, units in _UNITS_READ:
        if pattern.search(folded):
            return units
    counter = _COUNTER.search(folded)
    return (counter[1][:1], counter[1], *_ALIKE.get(counter[1][0], "")) if counter else ()
