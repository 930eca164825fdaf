"""The reading room in a real browser: without script, by keyboard, on a phone, in the dark and on paper."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browser_kit import PHONE, TIMEOUT_MS, browser, playwright, url

from corpus.records import Article
from qa.archive import Archive
from qa.browsing.issues import issues
from qa.chat.labels import say
from qa.chat.plain_page import document
from qa.chat.room_parts import article_address, issue_address, page_address

__all__ = ["browser", "url"]  # fixtures


def _page(browser: playwright.Browser, url: str, **options: object) -> Iterator[playwright.Page]:
    """A page without script; whatever goes wrong in it, or is asked of elsewhere, fails the test."""
    chosen = {"locale": "zh-CN", "viewport": {"width": 1280, "height": 800}, "java_script_enabled": False, **options}
    context = browser.new_context(**chosen)
    context.set_default_timeout(TIMEOUT_MS)
    wrong: list[str] = []
    page = context.new_page()
    page.on("console", lambda message: message.type in ("error", "warning") and wrong.append(message.text))
    page.on("response", lambda got: got.status >= 400 and wrong.append(f"{got.status} {got.url}"))
    page.on("request", lambda sent: sent.url.startswith((url + "/", "data:")) or wrong.append(sent.url))
    try:
        yield page
        assert wrong == []
    finally:
        context.close()


@pytest.fixture
def desk(browser: playwright.Browser, url: str) -> Iterator[playwright.Page]:
    yield from _page(browser, url)


@pytest.fixture
def phone(browser: playwright.Browser, url: str) -> Iterator[playwright.Page]:
    # Its own width is asked of the page by a script of ours.
    yield from _page(browser, url, **PHONE, java_script_enabled=True)


def _longest(archive: Archive) -> Article:
    """The article with the most paragraphs."""
    return max((one for page in archive.pages for one in page.articles), key=lambda one: len(one.paragraphs))


def _focused(page: playwright.Page) -> playwright.Locator:
    return page.locator(":focus")


def _tab_to(page: playwright.Page, text: str) -> None:
    """Go on with the tabulator until what has the focus says `text`."""
    for _ in range(200):
        page.keyboard.press("Tab")
        if text in _focused(page).inner_text():
            return
    raise AssertionError(f"the keyboard does not reach {text!r}")


def test_from_the_issues_to_an_article_by_keyboard(desk: playwright.Page, url: str, archive: Archive) -> None:
    issue = issues(archive.pages)[0]
    item = issue.sheets[0].items[0]
    desk.goto(url + "/browse")
    desk.keyboard.press("Tab")
    playwright.expect(_focused(desk)).to_have_text(say("zh", "room_skip"))
    desk.keyboard.press("Enter")
    playwright.expect(desk.locator("main")).to_be_focused()
    _tab_to(desk, desk.locator("h2 a").first.inner_text())  # the pages of the one issue, and then their items
    _tab_to(desk, item.title)
    desk.keyboard.press("Enter")
    desk.wait_for_url(url + article_address(item.article_id))
    playwright.expect(desk.locator("h1")).to_have_text(item.title)
    _tab_to(desk, "2")
    desk.keyboard.press("Enter")
    playwright.expect(desk.locator("#p2")).to_have_class("body asked")


def test_what_is_looked_up_is_marked_in_the_list_and_in_the_article(
    desk: playwright.Page, url: str, archive: Archive
) -> None:
    issue = issues(archive.pages)[0]
    words = _longest(archive).paragraphs[-1].text[:6]
    desk.goto(url + issue_address(issue))
    desk.get_by_role("searchbox").fill(words)
    desk.keyboard.press("Enter")
    first = desk.locator(".found li").first
    playwright.expect(first.locator("mark").first).to_have_text(words)
    first.get_by_role("link").click()
    playwright.expect(desk.locator(".asked mark").first).to_have_text(words)
    playwright.expect(desk.locator(".asked")).to_be_in_viewport()
    desk.go_back()
    playwright.expect(desk.get_by_role("searchbox")).to_have_value(words)


@pytest.mark.parametrize("place", ["", "#"])
def test_the_paragraph_asked_for_is_scrolled_to(desk: playwright.Page, url: str, archive: Archive, place: str) -> None:
    article = _longest(archive)
    number = len(article.paragraphs)
    address, _, fragment = article_address(article.id, number).partition("#")
    desk.set_viewport_size({"width": 800, "height": 400})
    desk.goto(url + address + (f"#{fragment}" if place else ""))
    playwright.expect(desk.locator(f"#p{number}")).to_be_in_viewport()
    playwright.expect(desk.locator("h1")).not_to_be_in_viewport()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_a_phone(phone: playwright.Page, url: str, archive: Archive, scheme: str) -> None:
    phone.emulate_media(color_scheme=scheme)
    issue = issues(archive.pages)[0]
    sheet = issue.sheets[0]
    article = _longest(archive)
    for address in (
        "/browse",
        issue_address(issue),
        issue_address(issue) + "?q=的",
        page_address(sheet.source),
        article_address(article.id, 2),
    ):
        phone.goto(url + address)
        phone.locator("h1").wait_for()
        for fold in phone.locator("summary").all():
            fold.click()
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390, address
        # What is tapped is large enough, but for words within a text (WCAG 2.2, 2.5.8).
        heights = phone.locator("nav a, button, input[type=search]").evaluate_all(
            "all => all.map(one => one.getBoundingClientRect().height)"
        )
        assert min(heights) >= 24, address


def test_the_days_that_dates_mean_stand_near_to_their_paragraph(phone: playwright.Page) -> None:
    """Nearer than to the next one, and below its text."""
    paragraph = '<div class="paragraph"><a class="number" href="#">1</a><p class="body">港口昨天开港。</p></div>'
    phone.set_content(document("报", f'{paragraph}<p class="dates">昨天 = 2026-03-31</p>{paragraph}', "zh"))
    first, second = (phone.locator(".body").nth(n).bounding_box() for n in (0, 1))
    days = phone.locator(".dates").bounding_box()
    assert first is not None and second is not None and days is not None
    assert days["y"] - first["y"] - first["height"] < (second["y"] - days["y"] - days["height"]) / 2
    assert abs(days["x"] - first["x"]) < 2


def test_on_paper_the_article_and_its_citation_stand_alone(desk: playwright.Page, url: str, archive: Archive) -> None:
    article = _longest(archive)
    desk.goto(url + article_address(article.id))
    desk.emulate_media(media="print", color_scheme="dark")
    for shown in ("h1", "#p1", f"#p{len(article.paragraphs)}", "p.citation"):
        playwright.expect(desk.locator(shown)).to_be_visible()
    for hidden in ("header.room", ".neighbours", "details"):
        playwright.expect(desk.locator(hidden)).to_be_hidden()
    assert desk.locator("body").evaluate("one => getComputedStyle(one).backgroundColor") == "rgb(255, 255, 255)"
    cite = desk.locator(".cite").evaluate("one => getComputedStyle(one).breakInside")
    assert cite == "avoid", "a citation is not cut by the end of a sheet"
