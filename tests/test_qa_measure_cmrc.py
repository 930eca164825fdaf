import pytest

from qa.measure.cmrc import cmrc_f1, units
from qa.measure.metrics import Outcome, answer_figures, character_f1
from qa.measure.question_sets import Question
from qa.records import Excerpt


def test_units_are_chinese_characters_and_words_of_other_scripts() -> None:
    assert units("IBM公司，1,230.5萬元") == ["ibm", "公", "司", "1,230.5", "萬", "元"]
    assert units("“甲·乙”…… 3%") == ["甲", "乙", "3", "%"]
    assert units("2") == ["2"]
    assert units("。") == []


def test_only_the_longest_common_run_counts() -> None:
    # 南湖 and 公園 are both common, but apart: 2 of 6 and 2 of 4. Counted wherever they stand, all 4 are.
    assert cmrc_f1("南湖人民公園", "南湖公園") == pytest.approx(2 * 2 / (6 + 4))
    assert character_f1("南湖人民公園", "南湖公園") == pytest.approx(2 * 4 / (6 + 4))
    assert cmrc_f1("《南湖公園》", "南湖公園。") == 1.0
    # A number is one unit: 12 shares nothing with 120.
    assert cmrc_f1("12", "120") == 0.0
    assert cmrc_f1("", "南") == cmrc_f1("，", "，") == 0.0


def test_it_is_measured_for_retrieval_sets_alone() -> None:
    short = Excerpt("南湖人民公園", 0, 0, 6, ((0, 6),))
    known = Question("q", "?", ("南湖公園", "湖"), gold="source", relevant=(("d1", 1),))
    assert answer_figures(Outcome(known, (), True, None, short))["cmrc_f1"] == pytest.approx(0.4)
    assert answer_figures(Outcome(known, (), False))["cmrc_f1"] == 0.0
    other = Question("q", "?", ("南湖公園",), evidence="在南湖公園", gold="passage")
    assert "cmrc_f1" not in answer_figures(Outcome(other, (), True, None, short))
