"""Bylines and photo credits: `■记者 A B 通讯员 C`, `■摄影 记者 X`, `本报讯(记者 A)`."""

from __future__ import annotations

import re
from dataclasses import dataclass

_MARKS = "■●◆◇□▲△▇█★☆"
_ROLE = (
    r"(?:(?:本报|见习|实习|首席|特约|驻地|全媒体)*记者|通讯员|实习生|特约撰稿人?|撰稿|撰文|摄影报道|摄影|供图|拍摄|"
    r"文/图|图/文|文图|图文|文/摄|文|图|摄)"
)
_NAME = r"[\u3400-\u9fff]{2,4}(?:·[\u3400-\u9fff]{1,8})*"
_TOKEN = re.compile(rf"(?P<role>{_ROLE})(?=[\s::/、|]|$)|(?P<name>{_NAME})(?=[\s,、/]|$)")
_SEPARATORS = re.compile(rf"[\s::、,/|{_MARKS}]+")
_STARTS = re.compile(rf"\s*[{_MARKS}]?\s*{_ROLE}(?:[\s::/]|$)")
_INLINE = re.compile(
    r"^本报[^\s(（]{0,12}[讯电]\s*[(（]([^()（）]{2,40})[)）]|[(（]((?:本报)?记者[^()（）]{2,40})[)）]$"
)
_PHOTO_ROLES = ("摄影", "摄影报道", "供图", "拍摄", "文/图", "图/文", "文图", "图文", "文/摄", "图", "摄")
_TEXT_ROLES = ("撰稿", "撰文", "文", "文/图", "图/文", "文图", "图文", "文/摄")


@dataclass(frozen=True, slots=True)
class Byline:
    """Who signs: names in printed order. A 通讯员 of a photo credit is a photographer and a correspondent."""

    reporters: tuple[str, ...] = ()
    correspondents: tuple[str, ...] = ()
    photographers: tuple[str, ...] = ()
    is_credit: bool = False

    def __add__(self, other: Byline) -> Byline:
        return Byline(
            (*self.reporters, *(n for n in other.reporters if n not in self.reporters)),
            (*self.correspondents, *(n for n in other.correspondents if n not in self.correspondents)),
            (*self.photographers, *(n for n in other.photographers if n not in self.photographers)),
            self.is_credit or other.is_credit,
        )


def parse_byline(line: str) -> Byline | None:
    """The names of a line that is nothing but a byline or photo credit; None for any other line.

    >>> parse_byline("■记者 张三 通讯员 李四")
    Byline(reporters=('张三',), correspondents=('李四',), photographers=(), is_credit=False)
    """
    if len(line) > 160 or not _STARTS.match(line):
        return None
    return _parse(line.strip().lstrip(_MARKS).strip())


def inline_byline(paragraph: str) -> Byline | None:
    """The names in brackets after a dateline or at a paragraph's end: `本报讯(记者 张三)`."""
    match = _INLINE.search(paragraph)
    return _parse((match.group(1) or match.group(2)).strip()) if match else None


def _parse(text: str) -> Byline | None:
    names: dict[str, list[str]] = {"reporters": [], "correspondents": [], "photographers": []}
    person = ""  # 记者 or 通讯员: what the next names are
    photo = credit = False
    writes = True
    at = 0
    while at < len(text):
        if gap := _SEPARATORS.match(text, at):
            at = gap.end()
            continue
        match = _TOKEN.match(text, at)
        if match is None:
            return None
        at = match.end()
        if role := match.group("role"):
            if role in _PHOTO_ROLES or role in _TEXT_ROLES:
                photo, writes = role in _PHOTO_ROLES, role in _TEXT_ROLES
                credit = credit or photo
                person = person if role in ("摄", "图", "文") else ""
            else:
                person = role
            continue
        name = match.group("name")
        if photo:
            names["photographers"].append(name)
        if person.startswith(("通讯员", "实习生")):
            names["correspondents"].append(name)
        elif writes and (person or not photo):
            names["reporters"].append(name)
    if not any(names.values()):
        return None
    unique = {role: tuple(dict.fromkeys(found)) for role, found in names.items()}
    return Byline(unique["reporters"], unique["correspondents"], unique["photographers"], credit)
