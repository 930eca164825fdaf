import math

import pytest

from corpus.errors import EvaluationError
from corpus.records import Passage, PassageKind
from qa.measure import metrics
from qa.measure.metrics import Outcome, answer_figures, bare, character_f1, grouped, is_right, retrieval_figures, table
from qa.measure.question_sets import Question
from qa.records import Excerpt

GOLD = Question(
    "a", "贷了多少？", ("100万元",), "公司贷款100万元", ("到账100万元",), "p.txt", style="literal", gold="passage"
)
NONE = Question("n", "天气？", kind="offtopic", gold="nothing")


def _passage(text: str, source: str = "p.txt", kind: PassageKind = "body") -> Passage:
    return Passage("id", source, "art", "", kind, 0, text, ((0, len(text)),))


RIGHT = _passage("昨天,公司贷款１００万元。")
WRONG = _passage("公司昨天开会。")


def _excerpt(text: str, hit: int = 0) -> Excerpt:
    return Excerpt(text, hit, 0, len(text), ((0, len(text)),))


def _outcome(question: Question, *passages: Passage) -> Outcome:
    return Outcome(question, passages, answered=False)


def test_bare_keeps_letters_digits_and_percent() -> None:
    assert bare("“ＡＢ－１．５％” 約\n三℃") == "ab15%約三c"


def test_character_f1_counts_repetitions() -> None:
    assert character_f1("二二", "二三") == pytest.approx(2 * 1 / (2 + 2))
    assert character_f1("110亿元", "110亿") == pytest.approx(2 * 4 / (5 + 4))
    assert character_f1("", "三") == 0.0
    assert character_f1("，", "，") == 0.0


def test_a_right_passage_holds_the_evidence_and_comes_from_the_source() -> None:
    assert is_right(GOLD, RIGHT)
    assert is_right(GOLD, _passage("上周到账100万元。"))  # another place that proves it
    assert is_right(GOLD, _passage("公司贷款100万元", source="2024/p.txt"))
    assert not is_right(GOLD, _passage("公司贷款100万元", source="q.txt"))
    assert not is_right(GOLD, WRONG)


def test_seventy_percent_of_the_pairs_and_an_answer_are_enough() -> None:
    # Evidence 甲乙丙丁戊己庚辛壬癸子 has 10 pairs.
    question = Question("a", "?", ("子",), "甲乙丙丁戊己庚辛壬癸子", gold="passage")
    assert is_right(question, _passage("甲乙丙丁戊己庚辛…子"))  # 甲乙 to 庚辛: 7 of 10
    assert not is_right(question, _passage("甲乙丙丁戊己庚…子"))  # 6 of 10
    assert not is_right(question, _passage("甲乙丙丁戊己庚辛…丑"))  # 7 of 10, no answer


def test_a_passage_over_600_characters_is_wrong_unless_it_is_a_document() -> None:
    exact = "公司贷款100万元" + "南" * 591
    assert len(exact) == 600
    assert is_right(GOLD, _passage(exact))
    assert not is_right(GOLD, _passage(exact + "南"))
    assert is_right(GOLD, _passage(exact + "南", kind="document"))


def test_retrieval_figures_of_judged_passages() -> None:
    out = retrieval_figures(
        [
            _outcome(GOLD, WRONG, WRONG, WRONG, RIGHT),
            _outcome(Question("miss", "?", ("一",), "一二三", gold="passage"), WRONG),
            _outcome(Question("empty", "?", ("一",), "一二三", gold="passage")),
            _outcome(NONE, RIGHT),
        ]
    )
    nothing = {"hit@1": 0.0, "hit@3": 0.0, "hit@5": 0.0, "mrr@10": 0.0, "ndcg@10": 0.0}
    assert out["a"] == pytest.approx({"hit@1": 0, "hit@3": 0, "hit@5": 1, "mrr@10": 1 / 4, "ndcg@10": 1 / math.log2(5)})
    assert out == {"a": out["a"], "miss": nothing, "empty": nothing}


def test_the_order_decides_beyond_rank_nine() -> None:
    # As strings "10" comes before "2"; the eleventh passage must not count as one of the first ten.
    assert retrieval_figures([_outcome(GOLD, *[WRONG] * 9, RIGHT)])["a"]["mrr@10"] == pytest.approx(1 / 10)
    assert retrieval_figures([_outcome(GOLD, *[WRONG] * 10, RIGHT)])["a"]["mrr@10"] == 0.0


def test_retrieval_figures_of_named_documents() -> None:
    question = Question("q", "?", gold="source", relevant=(("d1", 2), ("d2", 1)))
    found = [_passage("…", source=name, kind="document") for name in ("x", "d2", "d2", "d1")]
    out = retrieval_figures([_outcome(question, *found[:3]), _outcome(GOLD, RIGHT)])
    # d2, of grade 1, at rank 2 of the best order d1 (2), d2 (1); the second d2 does not count again.
    assert out["q"] == pytest.approx(
        {
            "hit@1": 0,
            "hit@3": 1,
            "hit@5": 1,
            "mrr@10": 1 / 2,
            "ndcg@10": (1 / math.log2(3)) / (2 + 1 / math.log2(3)),
            "r@10": 1 / 2,
        }
    )
    assert "r@10" not in out["a"]
    assert retrieval_figures([_outcome(question, *found)])["q"]["r@10"] == 1.0


def test_nothing_returned_at_all_is_a_miss_and_nothing_asked_is_nothing() -> None:
    assert retrieval_figures([_outcome(GOLD)])["a"] == dict.fromkeys(metrics.RETRIEVAL[:-1], 0.0)
    assert retrieval_figures([_outcome(NONE)]) == {}


def test_a_figure_that_was_not_measured_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    import ir_measures

    monkeypatch.setattr(ir_measures, "iter_calc", lambda measures, qrels, run: iter(()))
    with pytest.raises(EvaluationError, match="Question a: hit@1, hit@3, hit@5, mrr@10, ndcg@10 could not be measured"):
        retrieval_figures([_outcome(GOLD, RIGHT)])


def test_answer_figures_of_a_good_answer() -> None:
    outcome = Outcome(GOLD, (WRONG, RIGHT), True, _excerpt("公司贷款１００万元", 1), _excerpt("１００万", 1))
    # The answer has the 4 characters 100万 of the 5 characters 100万元.
    assert answer_figures(outcome) == pytest.approx({"quote": 1, "tight": 1, "em": 0, "f1": 8 / 9, "answered": 1})


@pytest.mark.parametrize(
    ("length", "quote", "tight"),
    [(100, 1.0, 1.0), (101, 1.0, 0.0), (160, 1.0, 0.0), (161, 0.0, 0.0)],
)
def test_the_length_of_a_quote(length: int, quote: float, tight: float) -> None:
    text = "公司贷款100万元".ljust(length, "南")
    figures = answer_figures(Outcome(GOLD, (_passage(text),), True, _excerpt(text), None))
    assert (figures["quote"], figures["tight"], figures["em"], figures["f1"]) == (quote, tight, 0.0, 0.0)


def test_long_evidence_allows_a_long_quote() -> None:
    evidence = "公司贷款100万元" + "南" * 81  # 90 characters, so that 130 are tight
    question = Question("a", "?", ("100万元",), evidence, gold="passage")
    for length, tight in ((130, 1.0), (131, 0.0)):
        text = evidence.ljust(length, "湖")
        assert answer_figures(Outcome(question, (_passage(text),), True, _excerpt(text)))["tight"] == tight


def test_a_quote_from_a_wrong_passage_or_without_the_answer_is_none() -> None:
    assert answer_figures(Outcome(GOLD, (RIGHT, WRONG), True, _excerpt("100万元", 1)))["quote"] == 0.0
    assert answer_figures(Outcome(GOLD, (RIGHT, WRONG), True, _excerpt("公司贷款", 0)))["quote"] == 0.0


def test_what_is_not_answered_earns_nothing() -> None:
    figures = answer_figures(Outcome(GOLD, (RIGHT,), False))
    assert figures == {"quote": 0, "tight": 0, "em": 0, "f1": 0, "answered": 0}


def test_abstention_and_retrieval_alone() -> None:
    assert answer_figures(Outcome(NONE, (RIGHT,), False)) == {"abstained": 1.0}
    assert answer_figures(Outcome(NONE, (RIGHT,), True, _excerpt("公司"))) == {"abstained": 0.0}
    assert answer_figures(Outcome(NONE, (RIGHT,), None)) == {}
    assert answer_figures(Outcome(GOLD, (RIGHT,), None)) == {}


def test_groups_and_their_means() -> None:
    other = Question("b", "?", ("一",), "一二三", style="keyword", gold="passage")
    unjudged = Question("u", "?", gold="unknown")
    groups = grouped(
        [
            Outcome(GOLD, (RIGHT,), True, _excerpt("100万元"), _excerpt("100万元")),
            Outcome(other, (WRONG,), False),
            Outcome(NONE, (), False),
            Outcome(unjudged, (WRONG,), True, _excerpt("公司")),
        ]
    )
    assert list(groups) == ["all", "unanswerable", "literal", "keyword", "offtopic"]
    assert groups["all"]["n"] == 2
    assert groups["all"]["hit@1"] == groups["all"]["em"] == groups["all"]["quote"] == groups["all"]["answered"] == 0.5
    assert groups["literal"]["hit@1"] == 1.0
    assert groups["unanswerable"] == groups["offtopic"] == {"n": 1, "abstained": 1.0}


def test_a_set_without_styles_has_no_group_of_others() -> None:
    question = Question("q", "?", gold="source", relevant=(("d1", 1),))
    assert list(grouped([_outcome(question, _passage("…", source="d1"))])) == ["all"]


def test_the_table_has_no_column_for_what_nothing_has() -> None:
    text = table({"all": {"n": 2, "hit@1": 0.5}, "offtopic": {"n": 1, "abstained": 1.0}})
    assert text.splitlines() == [
        "              n      hit@1  abstained",
        "all           2      0.500",
        "offtopic      1                 1.000",
    ]
