"""What a browser, and a reader who hears the page, would make of a page's markup."""

from __future__ import annotations

import itertools
from collections import Counter
from html.parser import HTMLParser

_VOID = frozenset({"br", "meta", "link", "input"})


class Outline(HTMLParser):
    """Tags with their attributes in order, and the text inside some of them. Markup that is not balanced fails."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self._inside: list[tuple[str, int]] = []
        self._texts: list[str] = []
        self.feed(markup)
        self.close()
        assert not self._inside, f"{self._inside} are not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        self._texts.append("")
        if tag not in _VOID:
            self._inside.append((tag, len(self.tags) - 1))
        elif tag == "br":
            self.handle_data("\n")

    def handle_endtag(self, tag: str) -> None:
        assert self._inside and self._inside.pop()[0] == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        for _, at in self._inside:
            self._texts[at] += data

    def texts(self, tag: str, kind: str = "") -> list[str]:
        """The text of each element of a tag, with one of its classes where that is given."""
        return [
            self._texts[at]
            for at, (name, values) in enumerate(self.tags)
            if name == tag and (not kind or kind in values.get("class", "").split())
        ]

    def text(self, element: str) -> str:
        """The text of the element with an id."""
        (found,) = [self._texts[at] for at, (_, values) in enumerate(self.tags) if values.get("id") == element]
        return found

    @property
    def links(self) -> list[str]:
        return [values["href"] for name, values in self.tags if name == "a"]

    @property
    def names(self) -> Counter[str]:
        return Counter(name for name, _ in self.tags)

    def check(self) -> None:
        """One h1; no heading leaves a step out; ids are unique and what is referred to is there; fields have labels."""
        levels = [int(name[1]) for name, _ in self.tags if name in ("h1", "h2", "h3")]
        assert levels.count(1) == 1 and levels[0] == 1
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
        ids = Counter(values["id"] for _, values in self.tags if "id" in values)
        assert max(ids.values()) == 1, ids
        inner = [link[1:] for link in self.links if link.startswith("#")]
        named = [values[key] for _, values in self.tags for key in ("for", "aria-labelledby") if key in values]
        assert {*inner, *named} <= ids.keys()
        fields = [values for name, values in self.tags if name == "input" and values.get("type") != "hidden"]
        labelled = {values["for"] for name, values in self.tags if name == "label" and "for" in values}
        assert all(values.get("id") in labelled for values in fields)
        assert self.names["main"] == 1 and self.tags[0] == ("html", {"lang": self.tags[0][1]["lang"]})
        assert all(text.strip() for text in (*self.texts("a"), *self.texts("h2"), *self.texts("title")))
