"""The chat for readers who use a screen reader, a keyboard, much contrast: axe-core finds nothing serious in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser_kit import (
    FIXED_FOLLOW_UP,
    FIXED_QUESTION,
    NOT_FOUND,
    PHONE,
    Window,
    browser,
    playwright,
    sound_window,
    url,
)

from qa.archive import Archive
from qa.chat.labels import say

__all__ = ["browser", "url"]  # fixtures

DESKTOP: dict[str, Any] = {"viewport": {"width": 1400, "height": 900}}
LOOKS: dict[str, dict[str, Any]] = {
    "desktop": {**DESKTOP, "locale": "zh-CN"},
    "desktop-dark": {**DESKTOP, "locale": "en-US", "color_scheme": "dark"},
    "phone": {**PHONE, "locale": "en-US"},
    "phone-dark": {**PHONE, "locale": "zh-CN", "color_scheme": "dark"},
}
MOST_TABS = 120


@pytest.fixture(params=LOOKS)
def looked(request: pytest.FixtureRequest, browser: playwright.Browser, url: str) -> Iterator[Window]:
    with sound_window(browser, url, **LOOKS[request.param]) as opened:
        yield opened


def serious(page: playwright.Page, state: str) -> list[str]:
    """What axe-core calls serious or critical on a page, with the elements that it names."""
    found = Axe().run(page).response["violations"]
    return [
        f"{state}: {one['id']} ({one['impact']}) at {node['target']}: {node['failureSummary']}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def test_axe_sees_what_is_wrong(browser: playwright.Browser) -> None:
    """The check itself: it would find text that cannot be read, and a button without a name."""
    page = browser.new_page()
    page.set_content("<html lang=en><title>x</title><main><p style='color:#999'>pale</p><button></button></main>")
    assert {line.split()[1] for line in serious(page, "bad")} == {"color-contrast", "button-name"}
    page.close()


def test_nothing_serious_in_the_window(looked: Window) -> None:
    wrong = serious(looked.page, "welcome")
    looked.ask(FIXED_QUESTION, 1)
    wrong += serious(looked.page, "answered")
    looked.ask(FIXED_FOLLOW_UP, 2)
    looked.ask(NOT_FOUND, 3)
    wrong += serious(looked.page, "not found")
    assert wrong == []


def test_nothing_serious_in_the_list_of_conversations(looked: Window) -> None:
    page = looked.page
    looked.ask(FIXED_QUESTION, 1)
    page.locator("#past summary").click()
    wrong = serious(page, "list")
    page.locator("#past .rename").click()
    page.locator("#past form input").wait_for()
    assert wrong + serious(page, "renaming") == []


@pytest.mark.parametrize("path", ["/article/", "/browse", "/pages", "/article/none"])
def test_nothing_serious_on_the_other_pages(looked: Window, archive: Archive, path: str) -> None:
    page, address = looked.page, looked.address
    article = max((one for page in archive.pages for one in page.articles), key=lambda one: len(one.paragraphs))
    page.goto(address + (path + article.id if path == "/article/" else path))
    page.locator("h1").wait_for()
    wrong = serious(page, path)
    if path == "/article/none":  # a 404, which the window notes as what it is
        looked.wrong.clear()
    assert wrong == []


def tab_to(page: playwright.Page, selector: str, key: str = "Tab") -> None:
    """Go on by keyboard until an element has the focus, which must be visible on it."""
    for _ in range(MOST_TABS):
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            seen = """() => { const s = getComputedStyle(document.activeElement);
                return s.outlineStyle !== 'none' || s.boxShadow !== 'none' || s.borderStyle !== 'none'; }"""
            assert page.evaluate(seen), f"the focus on {selector} cannot be seen"
            return
        page.keyboard.press(key)
    raise AssertionError(f"{selector} cannot be reached with {key}")


def test_a_whole_conversation_by_keyboard_alone(browser: playwright.Browser, url: str) -> None:
    """Ask, follow a citation to its card, open the article, ask on, edit what was searched for, clear."""
    with sound_window(browser, url) as window:
        page, keys, expect = window.page, window.page.keyboard, playwright.expect
        tab_to(page, "#question textarea")
        keys.insert_text(FIXED_QUESTION)
        keys.press("Enter")
        page.locator('#cards [data-turn="1"]').wait_for()
        tab_to(page, '#chat a[href="#cite-1-1"]', "Shift+Tab")
        keys.press("Enter")
        expect(page.locator("#src-1-1")).to_be_focused()
        tab_to(page, "#src-1-1 a.open")
        with page.context.expect_page() as opened:
            keys.press("Enter")
        expect(opened.value.locator("h1")).to_be_visible()
        opened.value.close()
        tab_to(page, "#question textarea", "Shift+Tab")
        keys.insert_text(FIXED_FOLLOW_UP)
        keys.press("Enter")
        page.locator('#cards [data-turn="2"]').wait_for()
        tab_to(page, '#chat a[href="#edit-2"]', "Shift+Tab")
        keys.press("Enter")
        expect(page.locator("#question textarea")).not_to_have_value("")
        tab_to(page, "#question textarea")
        keys.press("Enter")
        page.locator('#cards [data-turn="3"]').wait_for()
        expect(window.asked(3)).to_contain_text(re.compile("谁"))
        tab_to(page, "#clear, #clear button")
        keys.press("Enter")
        expect(page.locator('#chat [data-testid="bot"]')).to_have_count(0)
        expect(page.get_by_role("button", name=say("zh", "send"))).to_be_visible()
