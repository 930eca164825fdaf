"""The tables of the chat's options in both READMEs: they name every option that the parser knows, with its default."""

from __future__ import annotations

import argparse
import os
import re
from pathlib import Path

import pytest

from qa.cli import build_parser

ROOT = Path(__file__).resolve().parents[1]


def _known(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """The names of all options, as they are typed, and their defaults."""
    for name in [name for name in os.environ if name.startswith("BAOWEN_")]:
        monkeypatch.delenv(name)
    commands = next(one for one in build_parser()._actions if isinstance(one, argparse._SubParsersAction))
    options = [one for one in commands.choices["chat"]._actions if not isinstance(one, argparse._HelpAction)]
    return {name: one.default for one in options for name in (one.option_strings or [str(one.metavar)])}


def _rows(readme: str) -> dict[str, str]:
    """The names in the first column of the table of options, and what stands in the second."""
    text = (ROOT / readme).read_text("utf-8")
    table = re.search(r"^\| [^|]*`baowen chat`[^|]*\|[^\n]*\n\|---\|---\|---\|\n((?:\|[^\n]*\n)+)", text, re.MULTILINE)
    assert table is not None, f"{readme} has the table"
    out: dict[str, str] = {}
    for line in table[1].splitlines():
        names, default, text = (cell.strip() for cell in line.strip("|").split("|"))
        assert text and default, line
        for name in re.findall(r"`(--[a-z-]+|[A-Z]+)[^`]*`", names):
            assert name not in out, f"{name} stands twice in {readme}"
            out[name] = default
    return out


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_every_option_stands_in_the_table(readme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(_rows(readme)) == set(_known(monkeypatch))


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_defaults_are_those_of_the_parser(readme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    known, rows = _known(monkeypatch), _rows(readme)
    # How many questions are answered at once depends on the machine's cores.
    numbers = {name for name, value in known.items() if str(value).isdecimal()} - {"--at-once"}
    assert len(numbers) > 10
    assert {name: rows[name].replace(",", "") for name in numbers} == {name: str(known[name]) for name in numbers}
    assert rows["--host"] == known["--host"]
