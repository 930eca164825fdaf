"""English in questions: what of it the thesaurus knows, and what only looks as if it did."""

from __future__ import annotations

from pathlib import Path

import pytest

from embeddings.thesaurus import Thesaurus, read_thesaurus
from qa.question import analyse

WORDS = """
家庭\t\t\tfamily
低收入\t\t\tlow income
社区\t\t\tcommunity
电子商务\t电商\t\te-commerce
人事\thr\t\tpersonnel
联欢\tparty\t\t
5年\t五载\t\t
"""


@pytest.fixture
def thesaurus(tmp_path: Path) -> Thesaurus:
    file = tmp_path / "words.tsv"
    file.write_text(WORDS, "utf-8")
    return read_thesaurus(file)


def surfaces(text: str, thesaurus: Thesaurus) -> list[str]:
    return [unit.surface for unit in analyse(text, thesaurus).units]


def test_a_word_is_not_looked_for_inside_another(thesaurus: Thesaurus) -> None:
    assert surfaces("Three counterparty banks", thesaurus) == ["three", "counterparty", "banks"]
    assert thesaurus.phrases("three hr") == ["hr"] and thesaurus.phrases("这个hr部门") == ["hr"]
    assert thesaurus.phrases("2025年") == [] and thesaurus.phrases("满5年") == ["5年"]


def test_a_plural_whose_singular_was_translated_is_no_word_of_its_own(thesaurus: Thesaurus) -> None:
    assert surfaces("families and communities", thesaurus) == ["family", "community"]


def test_a_compound_is_parted_unless_the_thesaurus_knows_it(thesaurus: Thesaurus) -> None:
    assert thesaurus.translate("low-income families") == {"low incom": {"低收入": 1.0}, "family": {"家庭": 1.0}}
    assert thesaurus.translate("e-commerce") == {"e-commerc": {"电子商务": 1.0}}


def test_number_words_are_matched_as_figures_and_as_numerals() -> None:
    units = {
        unit.surface: dict(unit.near) for unit in analyse("Which two firms won the 3rd or first prize?", None).units
    }
    assert {"2", "两", "二"} <= units["two"].keys()
    assert units["3rd"].keys() == {"第3", "第三"} and {"第1", "第一", "首"} == units["first"].keys()


def test_a_name_stands_for_what_the_pages_print() -> None:
    units = analyse("Where is Wu Feng from?", None, lambda text: {"wu feng": ("吴锋",)}).units
    assert [(unit.surface, [word for word, _ in unit.near]) for unit in units] == [("wu feng", ["吴锋"])]
    chinese = analyse("Wu Feng是哪里人", None, lambda text: {"wu feng": ("吴锋",)}).units
    assert "wu feng" not in [unit.surface for unit in chinese]


def test_words_that_only_ask_are_no_units(thesaurus: Thesaurus) -> None:
    assert surfaces("How many families have to move?", thesaurus) == ["family", "move"]
