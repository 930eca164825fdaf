"""The benchmark of asking: its clock by hand, its pages, and a run on a small scale."""

from __future__ import annotations

import copy
import json
import os
import random
from collections import Counter
from pathlib import Path

import pytest

from corpus.files import iter_pages
from corpus.passages import passages_of
from corpus.records import Page
from corpus.words import words
from qa.archive import Archive
from qa.measure import benchmark
from qa.measure.benchmark_pages import Lexicon, make_pages, make_questions


class Clock:
    """Goes on by what it is told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def work(self, seconds: float) -> float:
        self.now += seconds
        return seconds


def test_what_runs_within_a_stage_counts_for_it() -> None:
    clock = Clock()
    watch = benchmark.Stopwatch(clock)
    inner = watch.timed(clock.work, "inner")
    outer = watch.timed(lambda: clock.work(2.0) + inner(3.0), "outer")
    assert inner(1.0) == 1.0 and outer() == 5.0 and inner(0.5) == 0.5
    assert watch.take() == {"inner": 1.5, "outer": 5.0}
    assert watch.take() == {}
    failing = watch.timed(lambda: clock.work(1.0) / 0, "failing")
    with pytest.raises(ZeroDivisionError):
        failing()
    inner(1.0)
    assert watch.take() == {"failing": 1.0, "inner": 1.0}


def test_every_stage_takes_its_time_and_is_left_as_it_was(archive: Archive) -> None:
    before = archive.ask("公交数据贷款贷了多少钱?")
    retriever = archive._retriever
    with benchmark.watching(archive, benchmark.time.perf_counter) as watch:
        assert archive.ask("公交数据贷款贷了多少钱?").quote == before.quote
        seconds = watch.take()
    assert set(seconds) == set(benchmark.STAGES) - {"rest"}
    assert all(taken > 0.0 for taken in seconds.values())
    for owner, name in ((archive, "filtered"), (retriever, "_soft"), (retriever.index, "dense")):
        assert name not in vars(owner)


def test_the_stages_make_up_the_whole(archive: Archive) -> None:
    questions = make_questions(archive._retriever.index.passages, 6)
    figures = benchmark.measure(archive, questions[:2])
    # Of one question that is measured, p50 and p95 are its own time, and the stages add up to the whole.
    assert sum(figures[stage]["p50"] for stage in benchmark.STAGES) == pytest.approx(figures["whole"]["p50"], abs=0.02)
    assert all(one["p50"] == one["p95"] for one in figures.values())
    assert 0.0 < figures["peer"]["p50"] < figures["whole"]["p50"]
    with pytest.raises(ValueError, match="there are 1 questions; at least two"):
        benchmark.measure(archive, questions[:1])


def test_words_are_drawn_by_zipfs_law() -> None:
    rng, lexicon = random.Random(1), Lexicon(1)
    drawn = Counter(lexicon.draw(rng, 2) for _ in range(20_000))
    counts = [count for _, count in drawn.most_common()]
    assert all(len(word) == 2 for word in drawn)
    # The first word's chance is 1/3.7 over the sum of 1/(rank + 2.7) up to some 60,000 ranks, about 10: 0.027.
    assert 0.02 < counts[0] / 20_000 < 0.035
    assert counts[99] < counts[9] / 4  # ranks 10 and 100: 12.7 against 102.7
    assert len(drawn) > 5_000


def test_pages_are_read_as_pages_and_their_words_spread(tmp_path: Path) -> None:
    count = make_pages(tmp_path, 400, seed=3)
    pages = [page for page in iter_pages(tmp_path) if isinstance(page, Page)]
    assert len(pages) == count
    passages = [passage for page in pages for passage in passages_of(page)]
    assert 380 <= len(passages) <= 520
    assert Counter(passage.kind for passage in passages)["body"] > 200
    assert any(article.reporters for page in pages for article in page.articles)
    held = Counter(word for passage in passages for word in set(words(passage.text)) if len(word) > 1)
    # As in print, half of all words and more stand in one passage alone; near-copies have next to none of these.
    assert sum(number == 1 for number in held.values()) > len(held) / 2
    assert len({passage.text for passage in passages if passage.kind == "body"}) > 200


def test_the_same_seed_makes_the_same_pages(tmp_path: Path) -> None:
    texts = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        (tmp_path / name).mkdir()
        make_pages(tmp_path / name, 20, seed)
        texts.append((tmp_path / name / "000001.txt").read_text("utf-8"))
    assert texts[0] == texts[1] != texts[2]


def test_questions_are_about_the_passages(archive: Archive) -> None:
    passages = archive._retriever.index.passages
    questions = make_questions(passages, 30)
    assert len(questions) == 30 and questions == make_questions(passages, 30)
    assert all(question.endswith("?") and len(question) >= 5 for question in questions)
    printed = "".join(passage.text for passage in passages)
    assert sum(question[:2] in printed for question in questions) == 30
    with pytest.raises(ValueError, match="none of 0 passages is body text"):
        make_questions([], 1)


def test_memory_is_that_of_another_process() -> None:
    assert benchmark._alone(os.getpid) != os.getpid()


def test_prints_figures_and_their_ratios(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(benchmark, "_alone", lambda run, *args: run(*args))
    assert benchmark.main(["--sizes", "40", "--questions", "3", "--keep", str(tmp_path), "--json"]) == 0
    (small,) = json.loads(capsys.readouterr().out)["sizes"]
    assert 40 <= small["passages"] < 200
    assert set(small["ms"]) == {*benchmark.STAGES, *benchmark.WHOLE}
    assert 0.0 < small["disk_mib"] < 50.0 and small["index_s"] > 0.0
    large = copy.deepcopy(small)
    small["ms"]["whole"]["p50"], small["ms"]["peer"]["p50"], large["ms"]["whole"]["p50"] = 10.0, 0.5, 30.0
    table = benchmark.table([small, large]).splitlines()
    assert table[:2] == [f"| passages | {small['passages']} | {large['passages']} |", "|---|---|---|"]
    assert f"| whole / at {small['passages']} | 1.0 | 3.0 |" in table
    assert any(line.startswith("| whole / peer | 20.0 |") for line in table)
    for bad in (["--questions", "0"], ["--sizes", "0"], ["--sizes", "many"]):
        with pytest.raises(SystemExit):
            benchmark.main(bad)
