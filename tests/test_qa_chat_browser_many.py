"""The small form of `python tests/stress_browser.py`: a few readers at once, each with answers of their own."""

from __future__ import annotations

from browser_kit import browser, new_window, playwright, url
from stress_browser import HEAD, not_theirs, one_by_one, together
from stress_service import questions

from qa.archive import Archive

__all__ = ["browser", "url"]  # fixtures


def test_readers_at_once_do_not_mix(browser: playwright.Browser, url: str, archive: Archive) -> None:
    many = together(browser, url, archive, readers=4, turns=2)
    assert many.wrong == [] and len(many.taken) == 8
    assert many.row("four").count("|") == HEAD.splitlines()[0].count("|")
    one = one_by_one(browser, url, archive, 2)
    assert one.wrong == [] and len(one.taken) == 2 and all(taken > 0 for taken in one.taken)


def test_what_is_not_the_readers_own_is_noticed(browser: playwright.Browser, url: str, archive: Archive) -> None:
    """The check itself, of a window that holds another reader's question, and of one where an answer is missing."""
    own, other = questions()[:2]
    with new_window(browser, url) as window:
        window.settle()
        window.ask(own, 1)
        assert not_theirs(window, archive, [own]) == []
        assert [line.split()[:2] for line in not_theirs(window, archive, [other])] == [
            ["the", "question"],
            ["the", "answer"],
        ]
        assert not_theirs(window, archive, [own, other]) == ["1 questions and 1 answers, not 2"]
