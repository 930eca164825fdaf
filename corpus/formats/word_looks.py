"""Which paragraphs of a Word file are titles: by their style, or by their looks alone, large letters or bold ones.

Editorial offices mark headlines by hand more often than by styles. Sizes are in half-points, as Word keeps them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from corpus.formats.printed import HEADLINE

_Element = Any  # python-docx has a class of its own for every element, and no type for all of them
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_SIZE = 20  # what Word takes where a file states no size
_LONGEST = 60  # characters of a title


class Looks:
    """The type sizes of a document, told from its styles and runs."""

    def __init__(self, styles: _Element, body: _Element) -> None:
        self._styles = {style.get(f"{_W}styleId"): style for style in styles.iter(f"{_W}style")}
        plain = (s for s in self._styles.values() if s.get(f"{_W}type") == "paragraph" and is_on(s, "default", "0"))
        self._plain = next((style.get(f"{_W}styleId") for style in plain), None)
        size = styles.find(f"{_W}docDefaults/{_W}rPrDefault/{_W}rPr/{_W}sz")
        self._size = _half_points(size) or _SIZE
        self.body = self._body_size(body)

    def is_large(self, paragraph: _Element) -> bool:
        """Whether all of a short paragraph is in letters as large as those of a headline."""
        runs = list(self._runs(paragraph))
        return _is_short(runs) and min(size for _, size, _ in runs) >= HEADLINE * self.body

    def is_bold(self, paragraph: _Element) -> bool:
        """Whether all of a short paragraph is in bold letters, not smaller than body text."""
        runs = list(self._runs(paragraph))
        return _is_short(runs) and all(bold and size >= self.body for _, size, bold in runs)

    def _runs(self, paragraph: _Element) -> Iterator[tuple[int, float, bool]]:
        """The number of characters, type size and boldness of each run of text."""
        style = paragraph.find(f"{_W}pPr/{_W}pStyle")
        chain = list(self._chain(self._plain if style is None else style.get(f"{_W}val")))
        for run in paragraph.iter(f"{_W}r"):
            length = sum(len((text.text or "").strip()) for text in run.findall(f"{_W}t"))
            if not length or next(run.iterancestors(f"{_W}p")) is not paragraph:
                continue
            named = run.find(f"{_W}rPr/{_W}rStyle")
            stated = [run, *([] if named is None else self._chain(named.get(f"{_W}val"))), *chain]
            size = next((n for at in stated if (n := _half_points(at.find(f"{_W}rPr/{_W}sz")))), self._size)
            bold = next((b for at in stated if (b := at.find(f"{_W}rPr/{_W}b")) is not None), None)
            yield length, size, is_on(bold)

    def _chain(self, key: str | None) -> Iterator[_Element]:
        """A style and those that it is based on."""
        seen: set[str | None] = set()
        while (style := self._styles.get(key)) is not None and key not in seen:
            seen.add(key)
            yield style
            above = style.find(f"{_W}basedOn")
            key = None if above is None else above.get(f"{_W}val")

    def _body_size(self, body: _Element) -> float:
        """The size of the middle character, by size."""
        sizes = sorted((size, length) for p in body.iter(f"{_W}p") for length, size, _ in self._runs(p))
        left = sum(length for _, length in sizes) / 2
        for size, length in sizes:
            left -= length
            if left <= 0:
                return size
        return self._size


def _is_short(runs: list[tuple[int, float, bool]]) -> bool:
    return 0 < sum(length for length, _, _ in runs) <= _LONGEST


def _half_points(size: _Element | None) -> float:
    value = "" if size is None else size.get(f"{_W}val", "")
    return float(value) if value.isascii() and value.isdigit() and len(value) < 5 else 0.0


def is_on(switch: _Element | None, key: str = "val", default: str = "true") -> bool:
    """Whether a property that is there or not, or says so in an attribute, is switched on."""
    return switch is not None and switch.get(f"{_W}{key}", default) not in ("0", "false", "off")


def style_levels(styles: _Element) -> dict[str, int]:
    """Style id → heading level: Title is 1, Heading 1 is 2 and so on; a style without a level has its base's."""
    own: dict[str, int] = {}
    base: dict[str, str] = {}
    for style in styles.iter(f"{_W}style"):
        name, outline, above = (style.find(f"{_W}{tag}") for tag in ("name", f"pPr/{_W}outlineLvl", "basedOn"))
        key = style.get(f"{_W}styleId", "")
        words = ("" if name is None else name.get(f"{_W}val", "")).lower().split()
        if words in (["title"], ["subtitle"]):
            own[key] = 1 if words == ["title"] else 6
        elif len(words) == 2 and words[0] == "heading" and words[1].isdigit():
            own[key] = min(6, int(words[1]) + 1)
        elif outline is not None:
            own[key] = outline_level(outline)
        elif above is not None:
            base[key] = above.get(f"{_W}val", "")
    for key in base:
        at, seen = key, {key}
        while at in base and base[at] not in seen:
            at = base[at]
            seen.add(at)
        own[key] = own.get(at, 0)
    return own


def outline_level(element: _Element) -> int:
    """The heading level that an outline level of Word's stands for; 0 for body text."""
    value = element.get(f"{_W}val", "")
    return min(6, int(value) + 2) if value.isdigit() and int(value) < 9 else 0  # 9 is body text
