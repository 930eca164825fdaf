"""What a message of a conversation is by its form: a question, a correction, "another one", "go on", thanks.

Only the wording is read here; a follow-up is completed in `qa.exchange` and `qa.followup`, and whether it leans on
anything at all is decided by what it finds, in `qa.conversation`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from corpus.fold import fold

Kind = Literal["question", "another", "more", "correction", "pleasantry", "switch"]

_END = r"[\s,、。.!?:;~…]*"
_POLITE = (
    r"你好啊?|您好|大家好|嗨|哈[喽啰]|早上好|上午好|中午好|下午好|晚上好|早安|晚安|早"
    r"|(?:非常|十分|多|太)?(?:感谢|谢)谢?(?:你|您|了|啦|啊|哈|大家)*|辛苦(?:你|您|了|啦)*"
    r"|好(?:的|吧|嘞|滴|呀|啊)?|行(?:吧)?|嗯+|哦+|噢+|明白(?:了|啦)?|知道(?:了|啦)|我?懂了|了解(?:了)?|清楚了|收到"
    r"|原来如此|太好了|真棒|不错|没事(?:了)?|没(?:有)?(?:别的)?(?:问题)?了|不用了|再见|拜拜|回头见|没关系"
    r"|(?:good )?(?:morning|afternoon|evening|night|bye)|hello(?: there)?|hi(?: there)?|hey|bye bye"
    r"|thanks?(?: you)?(?: (?:so|very) much| a lot)?|many thanks|thx|cheers|ok(?:ay)?|all right|alright|got it|i see"
    r"|great|nice|perfect"
)
_PLEASANTRY = re.compile(rf"(?:{_END}(?:{_POLITE})(?![a-z]))+{_END}")
_POLITE_FIRST = re.compile(rf"^{_END}(?:(?:{_POLITE})[\s,、。.!~…]+)+")

_SWITCH = re.compile(
    r"^\s*(?:(?:我们|咱们?)?换一?个?(?:话题|问题|别的|一个)(?:了|吧|问)?|再?问一?个?别的(?:问题|事)?"
    r"|不说(?:这个|它|他)了?|说点别的|(?:a )?(?:new|different|another) (?:topic|question|subject)"
    r"|(?:to )?change (?:of |the )?(?:topic|subject))[\s,、:。;!.]*"
)
_ASIDE = re.compile(
    r"^\s*(?:(?:另外|顺便|还想|我想|想)(?:再)?问(?:一下|一?个|问)?|对了|请问(?:一下)?|by the way)[\s,、:。;]*"
    r"|^\s*(?:另外|此外|顺便|还有就是)[\s,、:。;]+"
)
_BACK = re.compile(
    r"^\s*(?:那|再)?(?:(?:我们)?(?:再)?(?:回到|说回|问回|回头(?:说|看)|回过头来?(?:说|看)?)"
    r"|(?:刚才|刚刚|前面|之前|上面|先前)(?:说|提|讲|问|聊)(?:到|起)?的?(?:那个|那家|那位)?"
    r"|(?:going |coming )?back to(?: the)?)\s*"
)

_ANOTHER = re.compile(
    r"(?:那么?|请问|除此之外|除了这个)?,?(?:"
    r"(?:还有(?:没有)?|有没有|有)(?:别的|其[他它]|另外|更多)的?(?P<noun>[\u4e00-\u9fff]{0,6}?)(?:没有|没|吗|么|呢)?"
    r"|还有(?:没有?|么|吗|呢|谁|哪些|什么)(?:了|呢|吗)?|(?:别的|其[他它]的?|另外的|其余的?)呢"
    r"|(?:第[二三四五六2-6]|下一|另一|换一?|再来一?)[条个处家位种项](?:答案|结果)?(?:呢)?"
    r"|(?:and |is there |are there )?(?:any(?:thing|one|body)?|something|someone|what|who) (?:more|else|others?)"
    r"(?: (?P<thing>[a-z]+))?|another(?: one)?|(?:any |the )?others?|(?:the )?next(?: one)?)" + _END
)
_MORE = re.compile(
    r"(?:(?:那|能|可以|能不能|请|麻烦)*(?:你|您)?(?:再|给我)?(?:说|讲|介绍)?(?:得|的)?(?:更)?"
    r"(?:详细|具体|展开|仔细|细|多|继续|接着|往下)地?(?:说|讲|介绍|谈|念|读|展开|细)?(?:一?[说讲谈下点些]|一下)*"
    r"(?:说|讲)?(?:吧|吗|么|呢)?|(?:然后|后来|接下来|之后|下文|后面)呢|还说了?些?什么"
    r"|(?:please )?(?:(?:tell|give|show) me )?(?:some |a bit )?more(?: details?)?(?: about (?:it|that|this))?"
    r"(?:,? please)?|(?:please )?(?:go on|continue|keep going|carry on)|and then)" + _END
)
_NOT_BUT = (
    re.compile(
        r"^\s*(?:(?:不|不对|错了|no)[,。!\s]+)?(?:我(?:问|说|指)的?)?不是(?:问|说|指)?(?P<old>[^,。;!?]{1,30})[,。;!\s]+"
        r"(?:而)?(?:我?(?:问|说|指|想问)的?)?是(?:问|说|指)?(?P<new>.+)$"
    ),
    re.compile(r"^\s*(?:no[,.!\s]+)?(?:i (?:meant|mean) )?not (?P<old>.{1,60}?),? but (?:rather )?(?P<new>.+)$"),
    re.compile(
        r"^\s*(?:不|不是|不对|不是的|不是这个|错了|[搞弄]错了|你[搞弄]错了)[,。!;\s]+"
        r"(?:我?(?:其实|想|要|是)*(?:问|说|指)的?(?:其实)?是?|(?:应该|应)?是)?(?P<new>.+)$"
    ),
    re.compile(r"^\s*我(?:其实|想|要|是)*(?:问|说|指)的(?:其实)?是(?P<new>.+)$"),
    re.compile(r"^\s*(?:no|nope|wrong|sorry)[,.!]\s*(?:i (?:meant|mean|asked about|was asking about) )?(?P<new>.+)$"),
    re.compile(r"^\s*i (?:meant|was asking about) (?P<new>.+)$"),
)

_DEPENDENT = re.compile(
    r"^(?:那(?!些年)|那么|这|其中|还有|然后|后来|再|又|它|他|她|此外|and\b|what about|how about)|"
    r"他们|她们|它们|他(?!人)|(?<![其])她|(?<!其)它|这[家个次场位批项支座所部条款届笔些里儿边样]|那[家个次场位批项支座所部条款届笔些里儿边]|其中|其(?![他它实中次])|"
    r"该(?=[\u4e00-\u9fff])(?<!应该)|此[次事类处]|对方|当时|双方|两者|前者|后者|"
    r"\b(?:it|its|they|them|their|he|him|his|she|her|there|that one|those|these|this)\b|呢\??\s*$"
)


@dataclass(frozen=True, slots=True)
class Message:
    """A message by its form.

    `text` is what is asked, without an opening such as 换个话题 or 不,我问的是. `old` is what a correction says was not
    meant, `noun` what another one is wanted of; "" where that is not said. `switched` and `back` tell that the message
    leaves the present topic, or goes back to an earlier one, in so many words.
    """

    kind: Kind
    text: str
    old: str = ""
    noun: str = ""
    switched: bool = False
    back: bool = False


def read(message: str) -> Message:
    """What a message is, by its wording alone.

    >>> read("不是2023年,是2024年")
    Message(kind='correction', text='2024年', old='2023年', noun='', switched=False, back=False)
    >>> read("谢谢!换个话题,公园几点开门?").text
    '公园几点开门?'
    """
    folded = fold(message)
    if _PLEASANTRY.fullmatch(folded):
        return Message("pleasantry", message)
    text = _after(_POLITE_FIRST, message)
    switch = _SWITCH.match(fold(text))
    if switch is not None:
        rest = text[switch.end() :].strip()
        return Message("question" if re.search(r"\w", rest) else "switch", rest, switched=True)
    folded = fold(text).strip()
    another = _ANOTHER.fullmatch(folded)
    if another is not None:
        return Message("another", text, noun=next((noun for noun in another.groups() if noun), ""))
    if _MORE.fullmatch(folded):
        return Message("more", text)
    for pattern in _NOT_BUT:
        found = pattern.match(fold(text))
        if found is not None:
            old = text[slice(*found.span("old"))].strip() if "old" in pattern.groupindex else ""
            return Message("correction", text[slice(*found.span("new"))].strip(), old=old)
    rest = _after(_BACK, text)
    if rest != text:
        return Message("question", rest.strip(), back=True)
    return Message("question", _after(_ASIDE, text).strip())


def _after(pattern: re.Pattern[str], text: str) -> str:
    """The text after an opening; all of it where the opening is all there is."""
    found = pattern.match(fold(text))
    return text[found.end() :] if found is not None and re.search(r"\w", text[found.end() :]) else text


def depends(question: str) -> bool:
    """Whether the form of a question points back: a pronoun, 那…呢, "what about"."""
    return bool(_DEPENDENT.search(fold(question)))
