"""Every row of an evaluation is held against its page; one that contradicts it fails the run."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from evaluate_kit import (
    FIRST,
    SECOND,
    FakeArchive,
    bus_page,
    run_on,
    with_also,
    with_answer,
    with_hit,
    with_quote,
    with_reply,
    withholding,
)

from corpus.errors import EvaluationError
from corpus.passages import passages_of
from qa.measure.rows import check_hits, check_reply, dump_line
from qa.records import Hit


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            with_hit(text="本报讯 公交公司贷款100万元"),
            "Row a-1, passage 0 .*: its page says '本报讯 .*。', it says '本报讯",
        ),
        (with_hit(spans=((0, 6), (8, 17))), "Row a-1, passage 0 .*: its page says"),
        (with_hit(spans=()), r"Row a-1, passage 0 .*: its spans \[\] are not ranges"),
        (with_hit(spans=((0, 99),)), r"Row a-1, passage 0 .*: its spans \[\(0, 99\)\] are not ranges"),
        (with_hit(source="q.txt"), "Row a-1, passage 0 .*: it is of q.txt"),
        (with_hit(article_id="other"), "Row a-1, passage 0 .*: it is of p.txt, article other"),
        (lambda reply: replace(reply, hits=reply.hits[::-1]), "Row a-1, passage 1 .*: its score"),
        (with_quote(text="公交"), "Row a-1, quote: characters 0 to 16 of its passage"),
        (with_quote(start=1), "Row a-1, quote: characters 1 to 16 of its passage"),
        (with_quote(start=-16), "Row a-1, quote: characters -16 to 16 of its passage"),
        (with_quote(hit=2), "Row a-1, quote: it is of passage 2, and there are 2"),
        (with_quote(hit=-1), "Row a-1, quote: it is of passage -1"),
        (with_quote(spans=SECOND), "Row a-1, quote: its page says '展会有30家企业参加。'"),
        (with_answer(start=9), "Row a-1, answer: characters 9 to 16"),
        (with_answer(spans=((11, 12),)), "Row a-1, answer: its page says"),
        (with_also(text="展会"), "Row a-1, sentence that says it again: characters 0 to 11 of its passage"),
        (with_also(hit=2), "Row a-1, sentence that says it again: it is of passage 2"),
        (with_also(spans=FIRST), "Row a-1, sentence that says it again: its page says"),
        (withholding(text="展会"), "Row a-1, quote that was not shown: characters 0 to 16 of its passage"),
        (withholding(hit=9), "Row a-1, quote that was not shown: it is of passage 9"),
        (with_reply(quote=None), "Row a-1 is answered, but has no quote"),
        (with_reply(reason="off_topic"), "Row a-1 is answered, but has no quote or has the reason 'off_topic'"),
        (with_reply(answered=False, reason="off_topic"), "Row a-1 is not answered, but has a quote"),
        (with_reply(answered=False, quote=None, answer=None), "Row a-1 is not answered, .* a reason other than"),
    ],
)
def test_a_result_that_contradicts_its_page_fails_the_run(tmp_path: Path, change: Any, message: str) -> None:
    with pytest.raises(EvaluationError, match=message):
        run_on(tmp_path, FakeArchive((bus_page(),), change))
    assert list((tmp_path / "out" / "run").iterdir()) == []


def test_white_space_at_the_joints_does_not_count() -> None:
    text = "公交 \n 公司"
    page = replace(bus_page(), text=text)
    article = page.articles[0]
    passage = replace(passages_of(bus_page())[0], text="公交公司", spans=((0, 3), (4, 7)))
    check_hits("a", [Hit(passage, article, page, 1.0)])
    with pytest.raises(EvaluationError, match="Row a, passage 0"):
        check_hits("a", [Hit(replace(passage, spans=((0, 7),)), article, page, 1.0)])
    with pytest.raises(EvaluationError, match="its score nan is no number"):
        check_hits("a", [Hit(passage, article, page, float("nan"))])


def test_an_answer_may_be_missing_beside_a_quote() -> None:
    reply = FakeArchive((bus_page(),)).reply("公交公司贷款多少？")
    check_reply("a", replace(reply, answer=None))


def test_a_line_of_json_is_one_line_for_every_reader() -> None:
    line = dump_line({"text": "甲\u2028乙\u2029丙\x85丁\n戊\x0b"})
    assert len(line.splitlines()) == 1
    assert json.loads(line) == {"text": "甲\u2028乙\u2029丙\x85丁\n戊\x0b"}
