"""What holds for every format: empty files, any bytes at all, and libraries that load only where they are needed."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.errors import PagesError
from corpus.formats import extract


@pytest.mark.parametrize("name", ["a.md", "a.html", "a.docx"])
def test_empty_files_are_refused(name: str) -> None:
    for data in (b"", b" \n", b"<!-- -->" if name != "a.docx" else b"PK"):
        with pytest.raises(PagesError, match=r"a\.\w+ is "):
            extract(data, name)


_TAGS = (
    "<p> </p> <div> </div> <table> <tr> <td> </table> <article> <h1> </h1> <br> <a> </a> <script> <!-- <nav> <ul> <li> "
    "<title> # ## - > | --- ``` * ** [x](y) ![z](w) & &# ; 记者 ■记者\u3000王一 本报讯\u3000好。 <![CDATA[ \x00 \ufffe "
    "\U00017000\U00017001"
)
_MARKUP = st.lists(st.sampled_from([*_TAGS.split(" "), "\n", "\n\n", " "]), max_size=40)


@settings(max_examples=60, deadline=None)
@given(data=st.one_of(st.binary(max_size=300), _MARKUP.map(lambda parts: "".join(parts).encode())))
@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html", "a.docx"])
def test_any_bytes_give_text_or_one_sentence(name: str, data: bytes) -> None:
    try:
        found = extract(data, name)
    except PagesError as error:
        assert "\n" not in str(error) and name in str(error)
        return
    last = 0
    for (start, end), why in found.asides:
        assert last <= start < end <= len(found.text) and why and found.text[start:end].strip()
        last = end


def test_format_libraries_are_not_imported_with_corpus() -> None:
    heavy = "lxml trafilatura docx markdown_it charset_normalizer"
    code = f"import sys, corpus, corpus.formats; print([m for m in {heavy.split()!r} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
