"""The lines of a page, and what each shows by itself: byline, dateline, index entry, list row, furniture.

Patterns are matched on the folded line (simplified characters, half width, lower case), so that one rule serves
simplified and traditional pages.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from corpus.bylines import Byline, parse_byline, parse_signature
from corpus.fold import fold
from corpus.joins import ends_sentence
from corpus.records import Block, Extracted, Span

TITLE_LENGTH = 90
LOGO_LENGTH = 6
_KICKER_LENGTH = 12
_LABEL_LENGTH = 40
_ENTRY_LENGTH = 200
# Bounded: in a line of blanks alone, an unbounded run is looked for again from each of them.
_BLANKS = r"\s{0,8}"
_NUMBER = r"[a-z]?(?:\d{1,3}|[一二三四五六七八九十]{1,3})"
_AGENCIES = (
    r"(?:新华社|中新社|中新网|新华网|人民网|央视|中国新闻网|路透社|法新社|美联社|中央社|"
    r"[\u3400-\u9fff]{2,6}(?:[日晚时早]报|新闻网|在线|发布)|本(?:网|台|站))"
)
_DATELINE = re.compile(
    rf"[【\[(]?(?:本报|本刊|通讯员报道|据?{_AGENCIES})[^,。\s()】\]]{{0,18}}?(?:讯|电|消息|报道|报导)"
    r"[】\])]?(?=[\s(【:]|[^\w]|[\u3400-\u9fff]|$)"
    r"|[A-Z]{3,}(?:[ \-][A-Z]{2,})*(?:, [A-Z][a-z]+)?, (?:[A-Z][a-z]{2,8}\.? \d{1,2}|[A-Z][a-z]+day)[^.]{0,24}(?:--"
    r"|—|–)"
)
JUMP = re.compile(
    rf"[(]?{_BLANKS}(?P<mark>(?:[下上紧文]{{1,2}}[转接]|(?:continued|turn|cont[.']?d?) (?:on|from|to)){_BLANKS}(?:第"
    rf"|page|p\.?)?{_BLANKS}{_NUMBER}{_BLANKS}版?){_BLANKS}[)]?",
)
_JUMP_SURE = re.compile(r"版|page|[(]")
_INDEX = re.compile(
    r"^\W{0,2}(?:今日|本期|要闻|新闻|封面|内页|本报)?(?:导读|看点|索引|提要|导航|inside|index|contents)\W{0,2}$"
)
_INDEX_ENTRY = re.compile(
    rf"(?:详见|见|刊|请看)\s*(?:第\s*)?{_NUMBER}\s*版[)]?$|^[》>〉]+|(?:…+|\.{{3,}}|·{{2,}}|[▶►→>]|\s"
    rf"|[/])\s*(?:第\s*)?[a-z]?\d{{1,2}}\s*版\s*$"
    rf"|^[a-z]\d{{2}}(?:\s*[\-–—~]\s*[a-z]?\d{{2}})?\s*版?\s*[\u3400-\u9fff:|/·]|(?:\.{{3,}}"
    rf"|…+|\s{{2,}})(?:p\.?\s*)?[a-z]?\d{{1,2}}$"
)
_ROW_MARK = re.compile(
    r"^(?:第?[一二三四五六七八九十]{1,3}[、.)]|[(][一二三四五六七八九十\d]{1,3}[)]|\d{1,3}(?:[、)]|[.](?!\d))|[●•▪◦○◇◆★☆►▶✓√·-]\s*)(?=\S)"
)
_CIRCLED = re.compile("^[①-⑳❶-❿⑴-⒇]")
_CELLS = re.compile(r"\S(?:\t+|[ \u3000]{2,}|\s*\|\s*)\S")
_RANKED = re.compile(r"^\d{1,3}\s+\D")
_LABELLED = re.compile(
    r"^[\u3400-\u9fff]{0,6}(?:时间|地点|电话|热线|方式|地址|日期|范围|对象|条件|价格|票价|费用|邮箱|网址|单位|来源|联系人|编号):\S"
)
_DATE = (
    r"(?:(?:19|20)\d\d|[一二][〇零○0-9一二三四五六七八九]{3})\s*年"
    r"\s*[\d一二三四五六七八九十]{1,3}\s*月\s*[\d一二三四五六七八九十]{1,3}\s*日"
)
_PHONE = r"(?:0\d{2,3}[- ]?)?\d{3,4}[- ]?\d{4}|1[3-9]\d{9}|400-?\d{3}-?\d{4}"
_FURNITURE = (
    (
        re.compile(
            r"^扫(?:一扫|码|描)[^。]{0,24}$|^(?:查看更多|了解更多|阅读全文|长按识别)[^。]{0,12}$|^更多(?:内容|精彩|新闻|资讯)[^。]{0,16}$"
            r"|^[^。]{0,16}二维码[^。]{0,10}$"
        ),
        "QR hint",
    ),
    (re.compile(r"^[\w.+-]+@[\w-]+(?:\.[\w-]+)+$"), "imprint"),
    (re.compile(r"^版权(?:声明|所有)|^未经(?:授权|许可|书面)"), "page note"),
    (re.compile(r"^本版(?:编辑|责编|美编|校对|图片|摄影|照片|责任|组版|内容|为|文图|文字|除|均|由)"), "page note"),
    (
        re.compile(
            r"^\W?(?:(?:[\u3400-\u9fff]{0,4})(?:责任编辑|责编|编辑|美编|美术编辑|版式|版面|校对|值班(?:编委|总编|主任)?|主编"
            r"|总编辑?|审[校读]|组版|监制|统筹|策划)|投稿(?:邮箱|电话|热线|信箱)?|督印人?|出版人|电子邮箱|邮箱|信箱|e-?mail|热线电话|电话"
            r"|热线|传真|微信|微博|网址)\s*[::/]|^(?:责任编辑|责编|美编|校对|编辑|版式|组版|主编|值班编委)\s+\S{2,4}(?:\s|$)|^editors?\s*:"
        ),
        "imprint",
    ),
    (
        re.compile(
            rf"^\W?(?:第\s*)?{_NUMBER}\s*版(?:\s|$|[:|·/])[^。]{{0,24}}$|^page\s*[a-d]?\d{{1,2}}(?:\s.{{0,20}})?$"
            rf"|^[\u3400-\u9fff·\s]{{1,12}}[a-d]?\d{{1,2}}\s*版$|^[\u3400-\u9fff·]{{2,8}}\s+[a-d]?\d{{1,2}}$"
            rf"|^-\s*\d+\s*-$"
        ),
        "page number",
    ),
    (
        re.compile(
            rf"^[^。,;]{{0,30}}{_DATE}[^。,;]{{0,60}}$|^[^。]{{0,12}}(?:民国|中华民国)[\d一二三四五六七八九十百〇]+年[^。]{{0,40}}$"
            rf"|^[^。]{{0,16}}(?:mon|tues|wednes|thurs|fri|satur|sun)day,? [a-z]+ \d{{1,2}},? \d{{4}}.{{0,40}}$"
        ),
        "masthead",
    ),
    (
        re.compile(
            r"^[^。]{0,40}(?:国内统一|统一刊号|刊号|邮发代号|邮政编码|cn\d\d-\d{4}|issn|总第\s*[\d,]+\s*[期号]|第\s*[\d,]{3,}\s*[期号]"
            r"|今日[\d一二三四五六七八九十]+版|本期[\d一二三四五六七八九十]+版|农历|零售价|每份|每月定价|月价|社长|社址|报社地址|本报地址|承印|印刷[::厂]"
            r"|发行[::部]|主管[::]|主办[::]|出版[::]|集团(?:主管|主办|出版)|出版$|数字报|新闻热线|订阅热线|发行热线|官方(?:微博|微信|网站"
            r"|客户端|抖音)|www\.|https?://)[^。]{0,80}$|^(?:星期|周)[一二三四五六日天]\b[^。]{0,30}$|^[\u3400-\u9fff]{1,8}[年月](?:初"
            r"|十|廿|正月|腊月)?[一二三四五六七八九十]{1,3}[日]?$"
        ),
        "masthead",
    ),
    (
        re.compile(
            r"^(?:\W|今[日天]|明[日天]|后天|今晚|夜间|白天|天气(?:预报)?|[\u3400-\u9fff]{2,6}天气)?[^。]{0,60}(?:晴"
            r"|阴|多云|小雨|中雨|大雨|阵雨|暴雨|雷雨|小雪|大雪|雾|霾)[^。]{0,40}-?\d{1,2}\s*(?:℃|°c|°|度)?\s*[~～—–\-至到/]\s*-?\d{1,2}\s*(?:℃"
            r"|°c|°|度)[^。]{0,60}$|^(?:今日|明日)?天气(?:预报)?$"
        ),
        "weather",
    ),
)
_BARE_NUMBER = re.compile(r"^[a-d]?\d{1,2}$|^-\s*\d+\s*-$")
_PAGE_NAME = re.compile(
    r"^[\u3400-\u9fff·]{2,6}(?:\s*(?:第\s*)?[a-d]?\d{1,2}\s*版|(?:\s+|第)[a-d]?\d{1,2}|[a-d]\d{2})$"
    r"|^[a-d]?\d{1,2}(?:版|\s)\s*[\u3400-\u9fff·]{2,6}$"
)
TOP = 16  # lines that a masthead may take
_EDGE = 4  # a bare number is a page's only near its upper or lower edge: elsewhere it may be a cut sentence's
_LONG = 40
_NOTICE = re.compile(r"(?:公告|通告|通知|公示|告示)$")
_ADVERTS = re.compile(
    r"^\W{0,2}(?:分类(?:广告|信息)|遗失(?:声明|启事|公告)?|挂失|声明公告|公告声明|广告(?:专栏|专版|天地|信息)?|便民(?:信息|服务"
    r"|广告|热线)|供求信息|中缝(?:广告)?|商业广告|公益广告|租售信息|房屋(?:出租|租售)|二手车?|家政服务|诚聘|急聘|招工|招聘|转让|求购|便民"
    r"|广告|启事)\W{0,2}$"
)
_NO_NEWS = re.compile(
    r"声明作废|^\W?遗失|(?:遗失|丢失)[^。]{0,40}(?:证|照|章|票|本)[^。]{0,30}(?:作废|声明)"
    r"|^[^。]{0,16}广告(?:热线|刊登|咨询|投放|许可|代理|审查)|^[^。]{0,8}(?:刊登|登报)(?:热线|电话)"
)
_ADVERT_LINE = re.compile(
    rf"(?:{_PHONE})\s*\W?$|(?:咨询|预约|订购|联系|报名|招商|加盟|订票|抢购|服务|看房|租赁|贵宾|垂询|客服)(?:电话|热线|专线|方式)"
    r"|^(?:地址|乘车路线|公交路线|联系人|营业时间)\s*:|待遇面议|月薪|包吃|(?:店面|房屋|厂房|商铺|写字楼|车位)出租|^\W?收购"
)


@dataclass(slots=True)
class Line:
    """One line of a page without the white space around it. `key` is its folded text, of the same length."""

    text: str
    start: int
    end: int
    gap: int  # blank lines before it
    indented: bool
    key: str
    role: str = "text"
    byline: Byline | None = None
    heading: bool = False  # the file's format says that it is a headline

    @property
    def block(self) -> Block:
        return Block(self.text, ((self.start, self.end),))

    @property
    def apart(self) -> bool:
        """Whether the line is a table row, or the date under a notice: no part of a longer paragraph."""
        return _CELLS.search(self.text) is not None or self.date

    @property
    def date(self) -> bool:
        """Whether the line is nothing but a date, as under a notice."""
        return re.fullmatch(_DATE, self.key) is not None

    @property
    def row(self) -> bool:
        """Whether the line is a list item or a table row: a paragraph whatever it ends with."""
        labelled = len(self.key) <= _LABEL_LENGTH and _LABELLED.match(self.key)
        return self.apart or bool(labelled or _ROW_MARK.match(self.key) or _CIRCLED.match(self.text))


def lines_of(extracted: Extracted) -> list[Line]:
    """The lines of a page, with its role: "text", "byline", "dateline", "jump", "index", or why it is furniture."""
    lines: list[Line] = []
    gap = at = 0
    for raw in extracted.text.split("\n"):
        bare = raw.strip()
        if bare:
            start = at + raw.index(bare)
            indented = raw[:1] in ("\u3000", "\t") or raw.startswith("  ")
            lines.append(Line(bare, start, start + len(bare), gap, indented, fold(bare)))
            gap = 0
        else:
            gap += 1
        at += len(raw) + 1
    for span, reason in extracted.asides:
        for line in _within(lines, span):
            line.role = reason
    for span in extracted.headings:
        for line in _within(lines, span):
            line.heading = True
    _set_roles(lines)
    return lines


def _within(lines: Sequence[Line], span: Span) -> Iterator[Line]:
    """The lines that stand wholly in a range of the page's text."""
    at = bisect_left(lines, span[0], key=lambda line: line.start)
    while at < len(lines) and lines[at].end <= span[1]:
        yield lines[at]
        at += 1


def like_title(line: Line) -> bool:
    """Whether a line can be one of a headline: not long, no full sentence, not cut at a comma."""
    key = line.key
    return (
        line.role == "text"
        and len(key) <= (TITLE_LENGTH if not key.isascii() else 2 * TITLE_LENGTH)
        and "。" not in key
        and not (key[0] == "(" and key[-1] == ")")
        and key[-1] not in ",、;"
        and (key[-1] != ":" or len(key) <= _KICKER_LENGTH)
        and not (key.isascii() and key[-1] == "." and len(key) > 20)
        and key.count(",") <= 2
        and not _CELLS.search(line.text.replace("\u3000", " ").replace("  ", " "))
    )


def jump_of(line: Line) -> re.Match[str] | None:
    """The jump mark in a line: `(下转2版)`; a bare one counts only where it is the whole line."""
    for match in JUMP.finditer(line.key):
        whole = match.end() - match.start() >= len(line.key.strip(" ()▶►→")) - 2
        if _JUMP_SURE.search(match.group()) and (match.group()[0] == "(" or whole):
            return match
    return None


def _set_roles(lines: Sequence[Line]) -> None:
    in_index = in_adverts = False
    filler: list[int] = []  # lines that are an advertisement's only by what stands above them
    for n, line in enumerate(lines):
        if line.role != "text":
            continue
        key = line.key
        if _INDEX.match(key):
            line.role, in_index, in_adverts = "index", True, False
            continue
        # The length comes first: the pattern takes time that grows with the square of a line of dots or blanks.
        entry = len(key) <= _ENTRY_LENGTH and _INDEX_ENTRY.search(key) is not None
        if in_index and (entry or (line.gap == 0 and len(key) <= 40)):
            line.role = "index"
            continue
        in_index = False
        if jump_of(line) is not None and len(key) <= 16:
            line.role = "jump"
        elif _PAGE_NAME.match(key) and n < 2 * _EDGE:
            line.role = "page number"
        elif entry and len(key) <= 40 and not line.row:
            line.role = "index"
        elif (byline := parse_byline(line.text) or parse_signature(line.text)) is not None:
            line.role, line.byline, in_adverts = "byline", byline, False
        elif _DATELINE.match(line.text) or _DATELINE.match(key):
            line.role, in_adverts = "dateline", False
        elif _BARE_NUMBER.match(key) and not 2 * _EDGE <= n < len(lines) - _EDGE:
            line.role = "page number"
        elif _ADVERTS.match(key):
            line.role, in_adverts = "advertisement", True
        elif reason := next((why for pattern, why in _FURNITURE if pattern.search(key)), ""):
            # A date in the middle of a page signs a notice.
            line.role = reason if reason != "masthead" or not TOP <= n < len(lines) - _EDGE else "text"
        elif n and lines[n - 1].role == "QR hint" and line.gap == 0 and len(key) <= 20 and "。" not in key:
            line.role = "QR hint"
        elif in_adverts and n + 1 < len(lines) and line.gap > 0 and _heads_notice(line, lines[n + 1]):
            in_adverts = False
        elif _NO_NEWS.search(key) or (in_adverts and _ADVERT_LINE.search(key)):
            line.role, in_adverts = "advertisement", in_adverts or "广告" in key
        elif in_adverts and len(key) <= 120:
            line.role = "advertisement"
            filler.append(n)
        if line.role in ("byline", "dateline"):
            # The title lines above a byline are no advertisement's, whatever stood above them.
            at = n - 1
            while at in filler and n - at <= 4 and (at == n - 1 or lines[at + 1].gap <= 1):
                lines[at].role = "text"
                if not like_title(lines[at]):
                    lines[at].role = "advertisement"
                    break
                at -= 1


def _heads_notice(line: Line, below: Line) -> bool:
    """Whether the item after an advertisement is one to read: a public notice or a piece with a whole paragraph."""
    if not like_title(line) or below.role != "text":
        return False
    return bool(_NOTICE.search(line.key)) or (len(below.key) > 60 and ends_sentence(below.text))


def paragraph_gap(lines: Sequence[Line]) -> int:
    """How many blank lines this page puts between two paragraphs, as a rule."""
    gaps = sorted(line.gap for line in lines[1:] if len(line.text) >= _LONG and line.role == "text")
    return min(gaps[len(gaps) // 2], 2) if gaps else 1


def finished(line: Line) -> bool:
    """Whether nothing more of this line's paragraph need follow: it ends a sentence, or a jump mark or row ends it."""
    mark = jump_of(line)
    return ends_sentence(line.text) or line.row or (mark is not None and mark.end() >= len(line.key.rstrip()) - 1)
