"""Several conversations in a real browser: kept over a reload, opened, renamed and deleted; by keyboard, in English and
on a phone; and what stands in the browser's store is shown as text.
"""

from __future__ import annotations

import json
from typing import Any

from browser_kit import (
    FIXED_FOLLOW_UP,
    FIXED_QUESTION,
    HOSTILE,
    Window,
    browser,
    dark,
    nothing_ran,
    phone,
    playwright,
    url,
    window,
)

from qa.archive import Archive
from qa.chat.examples import examples
from qa.chat.labels import say

__all__ = ["browser", "dark", "phone", "url", "window"]  # fixtures
PLACE = "baowen:past:"


def _kept(page: playwright.Page) -> list[Any]:
    found = json.loads(page.evaluate(f"localStorage.getItem('{PLACE}')") or "[]")
    assert isinstance(found, list)
    return found


def _rows(window: Window, *names: str) -> None:
    """Wait until the list says so, and look that this is what is kept."""
    playwright.expect(window.page.locator("#past .go")).to_have_text(list(names))
    assert [one["name"] or one["turns"][0]["question"] for one in _kept(window.page)] == list(names)


def _unfold(window: Window) -> None:
    window.page.locator("#past summary").click()


def _begin(window: Window) -> None:
    window.page.locator("#past .begin").click()
    window.page.locator("#examples [data-example]").first.wait_for()


def test_another_conversation_is_begun_and_the_first_taken_up_again(window: Window, archive: Archive) -> None:
    page, expect, other = window.page, playwright.expect, examples(archive)[0]
    expect(page.locator("#past .talks")).to_be_hidden()
    expect(page.locator("#past .begin")).to_be_hidden()
    window.ask(FIXED_QUESTION, 1)
    _rows(window, FIXED_QUESTION)
    first = window.said(1).text_content()
    _begin(window)
    expect(page.locator('#chat [data-testid="bot"]')).to_have_count(0)
    window.ask(other, 1)
    _rows(window, other, FIXED_QUESTION)
    _unfold(window)
    expect(page.locator("#past [aria-current]")).to_have_text(other)
    page.locator("#past .go", has_text=FIXED_QUESTION).click()
    expect(window.asked(1)).to_contain_text(FIXED_QUESTION)
    expect(window.said(1)).to_have_text(first or "")
    expect(page.locator(".past-said")).to_have_text(say("zh", "past_opened", name=FIXED_QUESTION))
    expect(page.locator("#question textarea")).to_be_focused()
    talk = archive.conversation()
    talk.ask(FIXED_QUESTION)
    window.ask(FIXED_FOLLOW_UP, 2)
    expect(window.asked(2)).to_contain_text(talk.ask(FIXED_FOLLOW_UP).effective_question)
    _rows(window, FIXED_QUESTION, other)
    assert [len(one["turns"]) for one in _kept(page)] == [2, 1]


def test_a_reload_brings_the_conversation_and_the_list_back(window: Window, archive: Archive) -> None:
    page, other = window.page, examples(archive)[0]
    window.ask(other, 1)
    _rows(window, other)
    _begin(window)
    window.ask(FIXED_QUESTION, 1)
    window.ask(FIXED_FOLLOW_UP, 2)
    _rows(window, FIXED_QUESTION, other)
    page.wait_for_function(f"JSON.parse(localStorage.getItem('{PLACE}'))[0].turns.length === 2")
    said = [window.said(turn).text_content() or "" for turn in (1, 2)]
    page.reload()
    page.locator("#question textarea").fill("还没有问的")
    for turn in (1, 2):
        playwright.expect(window.said(turn)).to_have_text(said[turn - 1])
    _rows(window, FIXED_QUESTION, other)
    playwright.expect(page.locator("#question textarea")).to_have_value("还没有问的")


def test_taking_back_and_clearing_take_it_off_the_list(window: Window) -> None:
    page = window.page
    window.ask(FIXED_QUESTION, 1)
    _rows(window, FIXED_QUESTION)
    page.locator("#examples .undo").click()
    playwright.expect(page.locator("#past .talks")).to_be_hidden()
    assert _kept(page) == []
    page.locator("#question textarea").fill("")
    window.ask(FIXED_QUESTION, 2)
    _rows(window, FIXED_QUESTION)
    page.locator("#clear").click()
    playwright.expect(page.locator("#past .talks")).to_be_hidden()
    assert _kept(page) == []


def test_one_is_renamed_and_deleted_by_keyboard(window: Window, archive: Archive) -> None:
    page, expect, other = window.page, playwright.expect, examples(archive)[0]
    page.on("dialog", lambda dialog: dialog.accept())

    def tab_to(selector: str, key: str = "Tab") -> None:
        for _ in range(80):
            page.keyboard.press(key)
            if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
                return
        raise AssertionError(f"{selector} is not reached by {key}")

    window.ask(other, 1)
    _rows(window, other)
    tab_to("#past .begin", "Shift+Tab")
    page.keyboard.press("Enter")
    page.locator("#examples [data-example]").first.wait_for()
    expect(page.locator("#question textarea")).to_be_focused()
    page.keyboard.type(FIXED_QUESTION)
    page.keyboard.press("Enter")
    _rows(window, FIXED_QUESTION, other)
    tab_to("#past summary", "Shift+Tab")
    page.keyboard.press("Enter")
    tab_to("#past .rename")
    page.keyboard.press("Enter")
    page.keyboard.type("不要的")
    page.keyboard.press("Escape")
    expect(page.locator("#past .rename").first).to_be_focused()
    _rows(window, FIXED_QUESTION, other)
    page.keyboard.press("Enter")
    page.keyboard.type(HOSTILE)
    page.keyboard.press("Enter")
    expect(page.locator("#past .rename").first).to_be_focused()
    _rows(window, HOSTILE[:60], other)
    expect(page.locator("#past .delete").first).to_have_attribute(
        "aria-label", f"{say('zh', 'past_delete')}: {HOSTILE[:60]}"
    )
    nothing_ran(window)
    tab_to("#past .delete")
    page.keyboard.press("Enter")
    expect(page.locator('#chat [data-testid="bot"]')).to_have_count(0)
    _rows(window, other)
    expect(page.locator(".past-said")).to_have_text(say("zh", "past_deleted", name=HOSTILE[:60]))


def test_all_are_deleted_and_the_store_is_empty(dark: Window) -> None:
    """In English. Nothing is deleted where the question is declined."""
    page, expect = dark.page, playwright.expect
    asked: list[str] = []
    dark.ask(FIXED_QUESTION, 1)
    _rows(dark, FIXED_QUESTION)

    def answer(dialog: playwright.Dialog) -> None:
        asked.append(dialog.message)
        if len(asked) == 1:
            dialog.dismiss()
        else:
            dialog.accept()

    page.on("dialog", answer)
    _unfold(dark)
    expect(page.locator("#past .talks")).to_contain_text(say("en", "past_hint"))
    page.locator("#past .all").click()
    _rows(dark, FIXED_QUESTION)
    page.locator("#past .all").click()
    expect(page.locator('#chat [data-testid="bot"]')).to_have_count(0)
    expect(page.locator("#past .talks")).to_be_hidden()
    assert page.evaluate("localStorage.length") == 0 and asked == [say("en", "past_sure_all")] * 2
    page.reload()
    page.locator("#examples .chip").first.wait_for()
    expect(page.locator("#past .talks")).to_be_hidden()


def test_what_was_put_into_the_store_is_text_or_is_left_out(window: Window) -> None:
    page = window.page
    sound = {"id": "abcdef012345", "name": HOSTILE, "when": 1, "turns": [{"question": HOSTILE, "asks": "<b>"}]}
    odd: list[object] = [None, 1, "x", {}, {**sound, "turns": []}, {**sound, "turns": [{}]}, {**sound, "when": "x"}]
    page.evaluate(f"list => localStorage.setItem('{PLACE}', list)", json.dumps([*odd, sound]))
    page.reload()
    playwright.expect(page.locator("#past .go")).to_have_text([HOSTILE])
    _unfold(window)
    page.locator("#past .go").click()
    playwright.expect(window.asked(1)).to_have_text(HOSTILE)
    playwright.expect(page.locator("#past [aria-current]")).to_have_text(HOSTILE)
    nothing_ran(window)
    for broken in ("{", "5", '{"0": 1}'):
        page.evaluate(f"text => localStorage.setItem('{PLACE}', text)", broken)
        page.reload()
        page.locator("#examples .chip").first.wait_for()
        playwright.expect(page.locator("#past .talks")).to_be_hidden()


def test_the_list_is_bounded_in_number_and_size(window: Window) -> None:
    page = window.page
    long = [{"question": "长" * 1990}] * 20
    some = [
        {"id": f"abcdef{number:06d}", "name": "", "when": number + 1, "turns": long if number < 15 else long[:1]}
        for number in range(40)
    ]
    page.evaluate(f"list => localStorage.setItem('{PLACE}', list)", json.dumps(some))
    window.ask(FIXED_QUESTION, 1)
    page.wait_for_function(f"JSON.parse(localStorage.getItem('{PLACE}'))[0].turns[0].question === '{FIXED_QUESTION}'")
    kept = _kept(page)
    assert [one["id"] for one in kept[1:]] == [one["id"] for one in some[: len(kept) - 1]], "the last ones go"
    size = page.evaluate(f"localStorage.getItem('{PLACE}').length")
    assert size <= 400_000 and len(kept) == 10, "9 of 40 KB and one short one have room in 400,000 characters"
    page.evaluate(
        f"list => localStorage.setItem('{PLACE}', list)", json.dumps([{**one, "turns": long[:1]} for one in some])
    )
    window.ask(FIXED_FOLLOW_UP, 2)
    page.wait_for_function(f"JSON.parse(localStorage.getItem('{PLACE}')).length === 30")


def test_a_phone_has_room_for_the_list(phone: Window, archive: Archive) -> None:
    page = phone.page
    for turn, question in enumerate(examples(archive)[:3]):
        if turn:
            _begin(phone)
        phone.ask(question, 1)
    page.locator("#past summary").tap()
    page.locator("#past .rename").first.tap()
    page.locator("#past form input").wait_for()
    assert phone.width() == 0
    box = page.locator("#past form input").bounding_box()
    assert box is not None and box["width"] > 100
    page.locator("#past .cancel").tap()
    page.locator("#past .go").last.tap()
    playwright.expect(phone.asked(1)).to_contain_text(examples(archive)[0])
    assert phone.width() == 0
