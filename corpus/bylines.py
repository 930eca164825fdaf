"""Bylines, photo credits and signatures: who wrote an article and who took a picture.

Patterns are matched on the folded line (simplified characters, half width), names are taken from the printed one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from corpus.fold import fold
from corpus.words import is_plain_word, is_word

_MARKS = "■●◆◇□▲△▇█★☆◎○▶►"
# Each of the words before 记者 is read in one way only: 日报日报日报… can be parted in more ways than can be tried.
_WRITERS = (
    r"(?:(?>[\u3400-\u9fff]{2,4}[日晚]报|本报|本刊|见习|实习|首席|特约|特派|驻地|驻[\u3400-\u9fff]{2}|全媒体|融媒体?|新华社|中新社|文字)*记者"
    r"|特约撰稿人?|撰稿|撰文|作者|整理|采写|执笔|口述|主持人?|栏目主持|策划|统筹|报道组)"
)
_HELPERS = r"(?:(?:本报|特约)?通讯员|实习(?:生|记者)|见习生)"
_PICTURE = r"(?:摄影(?:报道)?|摄制|供图|拍摄|配图|制图|绘图|漫画|图片|照片|图|摄)"
_TEXT = r"(?:文字|文)"
_MEDIA = rf"(?:{_TEXT}\s*[/、·]?\s*{_PICTURE}|{_PICTURE}\s*[/、·]?\s*{_TEXT}|图文(?:报道)?|文图|{_PICTURE}|{_TEXT})"
_NAME = r"[\u3400-\u9fff]{2,4}(?:·[\u3400-\u9fff]{1,8})*"
_NAME = rf"(?:{_NAME}|[\u3400-\u9fff] [\u3400-\u9fff](?= |$))"  # a name of two characters is often spaced out
_ENDS = rf"(?=[\s:、,/|;&()（）{_MARKS}]|$)"
_TOKEN = re.compile(
    rf"(?P<desk>(?:责任)?编辑|责编|美编|校对|版式){_ENDS}|(?P<helper>{_HELPERS}){_ENDS}|(?P<writer>{_WRITERS}){_ENDS}|(?P<media>{_MEDIA}){_ENDS}"
    rf"|(?P<name>{_NAME}){_ENDS}"
)
_GLUED = re.compile(rf"(?P<role>{_HELPERS}|{_WRITERS})?(?P<rest>[\u3400-\u9fff]{{2,4}}?)(?P<did>摄影|摄|供图)?{_ENDS}")
_ROLE = re.compile(rf"{_HELPERS}|{_WRITERS}|{_MEDIA}")
_UNPARTED = re.compile(
    rf"[\u3400-\u9fff]{{2,3}}(?:摄影|摄|供图){_ENDS}|(?:{_HELPERS}|{_WRITERS})[\u3400-\u9fff]{{2,4}}{_ENDS}"
)
_SEPARATORS = re.compile(rf"[\s:、,/|;&{_MARKS}]+|\b(?:和|与)\b")
_BRACKETS = {"(": ")", "【": "】", "[": "]", "〔": "〕"}
_REPORTED = re.compile(
    rf"^(?:{_WRITERS})\s*+(?P<names>(?:[\u3400-\u9fff、, ]*?[\u3400-\u9fff、,])??)\s*+(?:/\s*+)?"
    rf"(?P<place>(?!摄影|图文|图片)[\u3400-\u9fff]{{0,6}}?)(?:综合"
    rf"|专题|连线|专访)?(?:报道|报导|专稿|电|讯)$"
)
_NAMELESS = re.compile(
    r"^(?:(?P<text>(?:本报|本刊|新华社|人民日报)?(?:特约)?(?:评论员|编辑部)|本报综合(?:报道|消息)?|(?:本报)?综合(?:报道"
    r"|消息)|本报记者|Staff (?:reporters?|writers?))"
    r"|(?P<picture>据?(?:新华社|中新社|视觉中国)(?:发|供图|图片)|资料(?:图片?|照片)|(?:受访者|受访单位|主办方|校方)(?:供图|提供)"
    r"|图片?(?:来源|源)[:/].{2,12}))$"
)
_NAMELESS_END = re.compile(
    r"(?<=[。!?”」』])\s*[(]?(?:(?:受访者|受访单位|主办方|校方|资料)(?:供图|提供|图片?|照片)|(?:新华社|中新社|视觉中国)(?:发|供图|图片))[)]?$"
)
_LATIN_NAME = r"[A-Z][A-Za-z'.\-]+(?: [A-Z][A-Za-z'.\-]+){1,3}"
_LATIN = re.compile(
    rf"^(?P<what>(?i:(?:(?:Story|Text|Words|Report(?:ed|ing)?)(?: and (?:photos?|pictures?))? )?by"
    rf"|Photos?(?:graph(?:s|ed)?)? by|Pictures? by|"
    rf"(?:Our )?(?:Staff|Special|Senior|Chief)(?: staff)? (?:reporter|writer|correspondent)s?"
    rf"|Intern|Correspondents?|Photos?(?=[:/])))[:/]?\s*"
    rf"(?P<names>{_LATIN_NAME}(?:\s*(?:,|and|&|/)\s*{_LATIN_NAME})*)(?P<rest>.*)$"
)
_LATIN_CREDIT = re.compile(
    rf"(?<=[.!?\"”]) (?i:photo(?:s|graph)?(?: by|:) )?"
    rf"(?P<names>{_LATIN_NAME}(?:(?:, | and ){_LATIN_NAME})*) ?/ ?[A-Z][\w ]+$"
)
_SURNAMES = frozenset(
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅"
    "皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯管卢莫"
    "经房裘缪干解应宗丁宣邓郁单杭洪包诸左石崔吉钮龚程嵇邢裴陆荣翁荀羊惠甄曲家封芮储靳汲糜松井段富巫乌焦巴弓牧隗山谷车侯宓蓬全郗班仰秋仲伊宫宁仇栾暴甘厉戎祖武符刘景詹束龙叶"
    "幸司韶郜黎蓟薄印宿白怀蒲邰从鄂索咸籍赖卓蔺屠蒙池乔阴胥能苍双闻莘党翟谭贡劳逄姬申扶堵冉宰郦雍璩桑桂濮牛寿通边扈燕冀郏浦尚农温别庄晏柴瞿阎充慕连茹习宦艾鱼容向古易慎戈廖庾终"
    "暨居衡步都耿满弘匡国文寇广禄阙东欧利师巩聂晁勾敖冷訾辛阚那简饶空曾沙养鞠须丰巢关查游盖益桓公欧阳上官诸葛司马东方皇甫尉迟令狐肖闫付代佘佟涂揭亓覃岳仝晋楚缑亢况郈有琴岳帅"
)
_SIGNATURE = re.compile(r"^(?P<names>[\u3400-\u9fff]{2,4}(?:[\s、,]+[\u3400-\u9fff]{2,4}){0,4})$")
_NOT_NAMES = frozenset(
    "见图 完 图 资料图 文图 待续 下转 上接 如图 略 节选 全文 "
    "未完 连载 成绩单 左图 右图 上图 下图 有删节 有删减 广告 综合 摘编 连环画".split()
)
_INLINE_START = re.compile(
    r"^[【\[]?(?:本报|本刊|新华社|中新社|据)[^\s()【】]{0,14}?[讯电]?\s*+(?:[】\]]\s*+)?[(【\[]([^()【】\[\]]{2,60})[)】\]]"
)
_INLINE_BARE = re.compile(
    rf"^(?:本报|本刊)[^\s()【】]{{0,14}}?[讯电]\s*((?:{_WRITERS}|{_HELPERS})\s+[\u3400-\u9fff\s、]{{2,30}}?)\s*(?:报道|[:])"
)
_INLINE_BRACKET = re.compile(r"^[(【〔]([^()【】〔〕]{2,40}(?:报道|报导|电|讯))[)】〕]")
_INLINE_END = re.compile(r"[(【〔]([^()【】〔〕]{2,40})[)】〕]\s*$")
_BARE_CREDIT_END = re.compile(
    rf"(?<=[。!?”」』])\s*+[(]?(?P<credit>(?:(?:{_WRITERS}|{_HELPERS})\s*+)?[\u3400-\u9fff]{{2,4}}?(?:[\s、]++(?:(?:{_WRITERS}"
    rf"|{_HELPERS})\s*+)?[\u3400-\u9fff]{{2,4}}?){{0,3}}\s*+(?:/\s*+)?(?:摄影报道|摄影|摄|供图|[/]图|文[/]图))[)]?\s*$"
)


@dataclass(frozen=True, slots=True)
class Byline:
    """Who signs: names in printed order. A 通讯员 of a photo credit is a photographer and a correspondent."""

    reporters: tuple[str, ...] = ()
    correspondents: tuple[str, ...] = ()
    photographers: tuple[str, ...] = ()
    is_credit: bool = False

    def __add__(self, other: Byline) -> Byline:
        return Byline(
            _union(self.reporters, other.reporters),
            _union(self.correspondents, other.correspondents),
            _union(self.photographers, other.photographers),
            self.is_credit or other.is_credit,
        )

    def as_credit(self) -> Byline:
        """The names as those of a photo's credit: whoever signs it took the photo."""
        return Byline((), self.correspondents, self.photographers or _union(self.reporters, self.correspondents), True)


def _union(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    return (*first, *(name for name in second if name not in first))


def parse_byline(line: str) -> Byline | None:
    """The names of a line that is nothing but a byline or photo credit; None for any other line.

    >>> parse_byline("■记者 张三 通讯员 李四")
    Byline(reporters=('张三',), correspondents=('李四',), photographers=(), is_credit=False)
    >>> parse_byline("记者 张三 摄").photographers
    ('张三',)
    """
    if len(line) > 160:
        return None
    latin = _latin(line.strip().strip(_MARKS).strip())
    if latin is not None:
        return latin
    nameless = _NAMELESS.match(fold(line).strip().strip(_MARKS + "()").strip())
    if nameless is not None:
        return Byline(is_credit=nameless.group("picture") is not None)
    line = re.sub(r"\s*[发發]自\s*[\u3400-\u9fff·]{2,8}\s*$", "", line)  # where it was written
    start, end = 0, len(line)
    while start < end and (line[start].isspace() or line[start] in _MARKS):
        start += 1
    while end > start and line[end - 1].isspace():
        end -= 1
    key = fold(line)
    marked = start > 0 and line[:start].strip() != ""
    bracketed = end - start > 2 and _BRACKETS.get(key[start]) == key[end - 1]
    if bracketed:
        start, end = start + 1, end - 1
    return _parse(line[start:end], marked or bracketed)


def parse_signature(line: str) -> Byline | None:
    """The names of a line that is nothing but names in brackets or after a dash: `(张三)`, `——张三`.

    >>> parse_signature("(张三)").reporters
    ('张三',)
    """
    bare = re.sub(r"^[(（【—–-]+|[)）】]$", "", line.strip()).strip()
    names = parse_names(bare) if bare != line.strip() else ()
    round_ = fold(line).strip()[:1] == "("  # other brackets and dashes stand around ordinary words as well
    return Byline(names) if names and (round_ or not any(is_plain_word(fold(name)) for name in names)) else None


def parse_names(line: str) -> tuple[str, ...]:
    """The names of a line or bracket that holds nothing but names, such as a signature; () for anything else.

    >>> parse_names("张三 李四")
    ('张三', '李四')
    """
    key = fold(line)
    if key in _NOT_NAMES or _SIGNATURE.match(key) is None:
        return ()
    names = re.split(r"[\s、,]+", line)
    folded = re.split(r"[\s、,]+", key)
    return tuple(names) if all(_like_name(name) for name in folded) else ()


def inline_byline(paragraph: str) -> Byline | None:
    """The names in brackets after a dateline or at a paragraph's end: `本报讯(记者 张三)`, `…。(张三)`."""
    key = fold(paragraph)
    found = None
    if match := _INLINE_START.match(key) or _INLINE_BARE.match(key) or _INLINE_BRACKET.match(key):
        found = _parse(paragraph[match.start(1) : match.end(1)].strip(), True)
    if match := _INLINE_END.search(key):
        inside = paragraph[match.start(1) : match.end(1)].strip()
        names = parse_names(inside)
        at_end = (_parse(inside, False) if not names else Byline(names)) if "摄" not in inside else None
        found = (found + at_end) if found is not None and at_end is not None else (found or at_end)
    return found


def inline_credit(paragraph: str) -> Byline | None:
    """The photo credit that ends a caption: `…。张三 摄`, `…。(本报记者 张三 摄)`; None where there is none."""
    found = credit_at_end(paragraph)
    return None if found is None else found[1]


def credit_at_end(paragraph: str) -> tuple[int, Byline] | None:
    """Where the photo credit begins that ends a caption, and whom it names; None where there is none."""
    key = fold(paragraph)
    if nameless := _NAMELESS_END.search(key):
        return nameless.start(), Byline(is_credit=True)
    if latin := _LATIN_CREDIT.search(paragraph):
        return latin.start(), Byline((), (), tuple(re.split(", | and ", latin.group("names"))), True)
    if match := _BARE_CREDIT_END.search(key):
        found = _parse(paragraph[match.start("credit") : match.end("credit")], True)
    elif (match := _INLINE_END.search(key)) is not None:
        found = _parse(paragraph[match.start(1) : match.end(1)].strip(), True)
    else:
        return None
    return (match.start(), found) if found is not None and found.is_credit else None


def _like_name(name: str) -> bool:
    return 2 <= len(name) <= 4 and name[0] in _SURNAMES and _ROLE.fullmatch(name) is None


def _latin(text: str) -> Byline | None:
    if re.fullmatch(r"(?i:(?:our )?staff (?:reporters?|writers?)|agencies|xinhua)", text):
        return Byline()
    if (placed := re.fullmatch(rf"(?P<name>{_LATIN_NAME}) in [A-Z][\w'-]+(?: [A-Z][\w'-]+)*", text)) is not None:
        return Byline((placed.group("name"),))
    match = _LATIN.match(re.sub(r"\s+/\s+[^/]+$", "", text))  # what follows a slash is the paper's name
    if match is None or not match.group("names")[0].isupper() or len(match.group("rest")) > 30:
        return None
    what = match.group("what").lower()
    names = tuple(re.split(r"\s*(?:,|\band\b|&|/)\s*", match.group("names").strip()))
    names = tuple(name.strip() for name in names if name.strip())
    if what.startswith(("photo", "picture")):
        return Byline((), (), names, True)
    if what.startswith(("intern", "correspondent")):
        return Byline((), names)
    return Byline(names, (), names if "photo" in what or "picture" in what else (), "photo" in what)


def _parse(text: str, sure: bool) -> Byline | None:
    """Names and roles of `text`, printed form.

    :param sure: whether something besides the words shows that this is a byline (a mark, brackets), so that a line
        that begins with a name is taken for one.
    """
    key = fold(text)
    if (reported := _REPORTED.match(key)) is not None and not re.search("摄影|图文|图片", key):
        return _reported(text, reported)
    tokens: list[tuple[str, str]] = []
    at = 0
    while at < len(key):
        if gap := _SEPARATORS.match(key, at):
            at = gap.end()
            continue
        if key[at] in "()":
            at += 1
            continue
        if (match := _TOKEN.match(key, at)) and match.lastgroup == "desk":
            break  # those who edited the page sign on
        if match and not (match.lastgroup == "name" and _UNPARTED.match(key, at)):
            tokens.append((match.lastgroup or "", text[at : match.end()].replace(" ", "")))
        elif (match := _GLUED.match(key, at)) and _like_name(match.group("rest")):
            if role := match.group("role"):
                tokens.append(("helper" if re.fullmatch(_HELPERS, role) else "writer", role))
            tokens.append(("name", text[match.start("rest") : match.end("rest")]))
            if did := match.group("did"):
                tokens.append(("media", did))
        else:
            return None
        at = match.end()
    return _assign(tokens, sure)


def _reported(text: str, match: re.Match[str]) -> Byline | None:
    """`记者王小明台北报道`: where no mark parts name and place, the place is a word of the dictionary."""
    printed = text[match.start("names") : match.end("place")]
    names: list[str] = []
    for part in re.split(r"[、,\s/]+", printed):
        key = fold(part)
        if len(key) <= 3:
            if key and (not names or _like_name(key)):
                names.append(part)
            continue
        # The dictionary knows places; a name before one is two to four characters long.
        cut = next((n for n in (3, 2, 4) if len(key) >= n + 2 and key[0] in _SURNAMES and is_word(key[n:])), None)
        names.append(part[:cut] if cut is not None else part[:3])
    return Byline(tuple(names)) if names else None


def _assign(tokens: list[tuple[str, str]], sure: bool) -> Byline | None:
    kinds = [kind for kind, _ in tokens]
    if "name" not in kinds:
        return None
    media = [n for n, kind in enumerate(kinds) if kind == "media"]
    # `张三 摄` and `张三/文 李四/图`: what a name did stands behind it; `文/张三 图/李四`, `摄影 记者 张三`: before it.
    behind = bool(media) and media[-1] == len(tokens) - 1 and "name" in kinds[: media[0]]
    if kinds[0] == "name" and not (behind or (sure and len(set(kinds)) > 1)):
        return None
    if kinds[0] == "media" and not sure and len(tokens[0][1]) == 1 and len(media) < 2 and len(tokens) > 3:
        return None
    reporters: list[str] = []
    helpers: list[str] = []
    photographers: list[str] = []
    person = role = ""
    for n, (kind, value) in enumerate(tokens):
        if kind == "media":
            if not behind:
                role = fold(value)
                person = person if n and kinds[n - 1] in ("writer", "helper") else ""
            continue
        if kind in ("writer", "helper"):
            person = kind
            continue
        if kind != "name":
            continue
        did = next((fold(v) for k, v in tokens[n + 1 :] if k == "media"), "") if behind else role
        pictures, writes = bool(re.search("图|摄|照片|漫画", did)), not did or bool(re.search("文|报道", did))
        if pictures:
            photographers.append(value)
        if person == "helper":
            helpers.append(value)
        elif writes and (person or not pictures or "文" in did):
            reporters.append(value)
    unique = [tuple(dict.fromkeys(found)) for found in (reporters, helpers, photographers)]
    return Byline(unique[0], unique[1], unique[2], any(re.search("图|摄|照片", fold(tokens[n][1])) for n in media))
