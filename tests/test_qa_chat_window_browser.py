"""What the window offers beside the answer, in a real browser: citations to copy, the way back from a card, why a
passage is listed, suggestions, verdicts, filters, export; by keyboard alone, in English and on a phone.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from browser_kit import (
    FIXED_FOLLOW_UP,
    FIXED_QUESTION,
    PHONE,
    Window,
    answered,
    browser,
    contrast,
    dark,
    phone,
    playwright,
    sound_window,
    url,
    window,
)

from qa.archive import Archive
from qa.browsing.marks import matches
from qa.chat.cards import STYLES
from qa.chat.labels import say
from qa.chat.render import headline, shown
from qa.cite_formats import bibliography
from qa.records import Reply

__all__ = ["answered", "browser", "dark", "phone", "url", "window"]  # fixtures


def _unfold(page: playwright.Page, kind: str) -> playwright.Locator:
    part = page.locator(f"#src-1-1 details.{kind}")
    part.locator("summary").click()
    return part


def test_a_citation_is_copied_in_each_style(browser: playwright.Browser, url: str, answered: Reply) -> None:
    with sound_window(browser, url, permissions=["clipboard-read", "clipboard-write"]) as allowed:
        allowed.ask(answered.question, 1)
        page, hit = allowed.page, answered.hits[shown(answered)[0]]
        formats = _unfold(page, "formats").locator(".copyable")
        playwright.expect(formats).to_have_count(len(STYLES))
        for number, style in enumerate(STYLES):
            button = formats.nth(number).locator("button.copy")
            button.click()
            playwright.expect(button).to_have_text(say("zh", "copied"))
            assert page.evaluate("navigator.clipboard.readText()") == bibliography([hit], style)
        page.locator("#src-1-1 .actions .copy").click()
        playwright.expect(page.locator("#src-1-1 .actions .copy")).to_have_text(say("zh", "copied"))
        link = str(page.evaluate("navigator.clipboard.readText()"))
        assert link.startswith(f"{allowed.address}/article/{hit.article.id}?p=")
        page.goto(link)
        playwright.expect(page.locator("main")).to_contain_text(hit.passage.text[:20])


def test_where_copying_is_not_allowed_the_text_is_selected(window: Window, answered: Reply) -> None:
    page = window.page
    page.evaluate("""() => {
        navigator.clipboard.writeText = () => Promise.reject(new Error("not allowed"));
        document.execCommand = () => false;
    }""")
    window.ask(answered.question, 1)
    first = _unfold(page, "formats").locator(".copyable").first
    first.locator("button.copy").click()
    playwright.expect(first.locator("button.copy")).to_have_text(say("zh", "copy_failed"))
    hit = answered.hits[shown(answered)[0]]
    assert page.evaluate("getSelection().toString().trim()") == bibliography([hit], "gbt")


def test_a_card_leads_back_to_its_number_in_the_answer(window: Window, answered: Reply) -> None:
    window.ask(answered.question, 1)
    link = window.said(1).get_by_role("link", name="[1]")
    link.click()
    playwright.expect(window.page.locator("#src-1-1.hit")).to_be_focused()
    window.page.locator("#src-1-1 .number").click()
    playwright.expect(link).to_be_focused()
    assert window.page.url.rstrip("/") == window.address


def test_a_further_card_of_an_article_has_a_head_of_one_line(browser: playwright.Browser, url: str) -> None:
    """In the window and on a phone; the number of the answer leads to it, and its own one back."""
    for options in ({}, PHONE):
        with sound_window(browser, url, **options) as window:
            page, expect = window.page, playwright.expect
            window.ask(FIXED_QUESTION, 1)
            again = page.locator("#cards .again").first
            number = again.locator(".number").inner_text()
            height, line = again.locator("h3").evaluate(
                "one => [one.clientHeight, parseFloat(getComputedStyle(one).lineHeight)]"
            )
            assert height < 1.5 * line
            window.said(1).get_by_role("link", name=number).click()
            expect(page.locator("#cards .again.hit h3")).to_contain_text(number)
            expect(again.locator(".where")).to_contain_text(re.compile("第\\d+段|标题|图片说明"))
            again.locator(".number").click()
            expect(window.said(1).get_by_role("link", name=number)).to_be_focused()


@pytest.mark.parametrize("look", ["window", "dark"])
def test_marks_are_of_two_levels_and_the_reasons_can_be_read(
    look: str, request: pytest.FixtureRequest, answered: Reply
) -> None:
    window: Window = request.getfixturevalue(look)
    window.ask(answered.question, 1)
    page, passage = window.page, answered.hits[shown(answered)[0]].passage
    assert answered.answer is not None
    of_question = page.locator("#src-1-1 .match")
    assert of_question.count() > 0 and matches(answered.effective_question, passage.text)
    lines = of_question.first.evaluate("one => getComputedStyle(one).borderBottomStyle")
    assert lines == "solid" and page.locator("#src-1-1 mark").inner_text() == answered.answer.text
    card = page.locator("#src-1-1")
    why = _unfold(page, "why")
    shares = [int(one.rstrip("%")) for one in why.locator("b").all_inner_texts()]
    assert len(shares) > 2 and abs(sum(one for one in shares if one > 0) - 100) <= len(shares)
    for part in (why.locator("li span").first, why.locator("b").first, why.locator("summary")):
        assert contrast(part, card) >= 4.5
    for part in ("#filters summary", "#examples .do", "#rooms a"):
        assert contrast(page.locator(part).first, page.locator(".gradio-container").first) >= 4.5, part


def test_retry_undo_and_a_suggestion(window: Window, archive: Archive, answered: Reply) -> None:
    page, expect = window.page, playwright.expect
    window.ask(answered.question, 1)
    page.locator("#examples .retry").click()
    page.locator('#cards [data-turn="2"]').wait_for()
    expect(page.locator('#chat [data-testid="bot"]')).to_have_count(1)
    follow = page.locator("#examples .next").first
    question = follow.inner_text()
    assert archive.conversation().ask(question).answered
    follow.click()
    page.locator('#cards [data-turn="3"]').wait_for()
    expect(window.asked(2)).to_contain_text(question)
    page.locator("#examples .undo").click()
    expect(page.locator("#question textarea")).to_have_value(question)
    expect(page.locator('#chat [data-testid="bot"]')).to_have_count(1)
    page.locator('#cards [data-turn="2"]').wait_for()


def test_a_verdict_with_a_word_is_noted(window: Window, cache: Path, answered: Reply) -> None:
    page, expect = window.page, playwright.expect
    window.ask(answered.question, 1)
    page.locator('#examples .rate[data-liked="1"]').click()
    expect(page.locator('#examples .rate[data-liked="1"]')).to_have_attribute("aria-pressed", "true")
    expect(page.locator('#examples .rate[data-liked="1"]')).to_have_css("font-weight", "700")
    page.locator('#examples input[name="word"]').fill("正是 <b>这一句</b>")
    page.locator('#examples input[name="word"]').press("Enter")
    expect(page.locator("#examples form")).to_have_count(0)
    kept = [path for path in (cache / "data").rglob("*.jsonl") if not path.name.endswith(".questions.jsonl")]
    rows = [json.loads(line) for path in kept for line in path.read_text("utf-8").splitlines()]
    assert [(row["liked"], row["word"]) for row in rows[-2:]] == [(True, ""), (True, "正是 <b>这一句</b>")]


def test_filters_are_set_shown_and_dropped(window: Window, archive: Archive, answered: Reply) -> None:
    page, expect = window.page, playwright.expect
    source = answered.hits[shown(answered)[0]].page.source
    other = next(one.source for one in archive.pages if one.source != source)
    page.locator("#filters summary").click()
    expect(page.locator("#filters .about")).to_contain_text(str(archive.statistics()["passages"]))
    page.locator('#filters [name="source"]').fill(other)
    page.locator('#filters [name="passages"]').select_option("3")
    page.locator("#filters .apply").click()
    drops = page.locator("#filters .drop:not(.all)")
    expect(drops).to_have_count(2)
    expect(page.locator("#filters form")).to_be_hidden()
    window.ask(answered.question, 1)
    expect(page.locator("#cards .card")).to_have_count(3)
    for where in page.locator("#cards .where").all_inner_texts():
        assert where.startswith(other)
    page.locator("#filters .all").click()
    expect(drops).to_have_count(0)
    window.ask(answered.question, 2)
    expect(page.locator("#cards .card").first.locator(".where")).to_contain_text(source)


def test_the_conversation_is_exported(window: Window, answered: Reply) -> None:
    window.ask(answered.question, 1)
    assert answered.quote is not None
    for kind in ("md", "html", "csv"):
        with window.page.expect_download() as got:
            window.page.locator(f'#examples a[href$=".{kind}"]').click()
        assert re.fullmatch(rf"baowen-[\d-]{{10}}\.{kind}", got.value.suggested_filename)
        text = Path(got.value.path()).read_text("utf-8")
        assert answered.quote.text[:6] in re.sub(r"<[^>]*>", "", text)
        assert kind == "csv" or answered.question[:6] in text, "the table is of passages alone"


def test_a_whole_conversation_by_keyboard_alone(window: Window, answered: Reply) -> None:
    """Everything is reached by Tab and set off by Enter or Space; the focus is always to be seen."""
    page, expect = window.page, playwright.expect

    def settled(turn: int) -> None:
        """Wait for what comes last after an answer, the suggestions: a part that is drawn anew loses the focus."""
        page.locator(f'#cards [data-turn="{turn}"]').wait_for()
        page.locator("#examples .next").first.wait_for()

    def tab_to(selector: str, key: str = "Tab") -> None:
        for _ in range(80):
            page.keyboard.press(key)
            if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
                outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                assert outline != "none" or "textarea" in selector, selector
                return
        raise AssertionError(f"{selector} is not reached by {key}")

    expect(page.locator("#question textarea")).to_be_focused()
    page.keyboard.type(FIXED_QUESTION)
    page.keyboard.press("Enter")
    settled(1)
    page.keyboard.type(FIXED_FOLLOW_UP)
    page.keyboard.press("Enter")
    settled(2)
    tab_to('#chat a[href$="#cite-2-1"]', "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#src-2-1.hit")).to_be_focused()
    tab_to("#src-2-1 .formats summary")
    page.keyboard.press("Enter")
    expect(page.locator("#src-2-1 .formats pre").first).to_be_visible()
    tab_to("#filters summary", "Shift+Tab")
    page.keyboard.press("Enter")
    tab_to('#filters [name="passages"]')
    page.keyboard.press("ArrowUp")
    tab_to("#filters .apply")
    page.keyboard.press("Enter")
    expect(page.locator("#filters .drop:not(.all)")).to_have_count(1)
    page.locator("#question textarea").focus()
    tab_to("#examples .undo", "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#question textarea")).to_have_value(FIXED_FOLLOW_UP)


def test_a_phone_has_room_for_tools_and_filters(phone: Window, answered: Reply) -> None:
    page = phone.page
    phone.ask(answered.question, 1)
    page.locator("#examples .rate").first.tap()
    page.locator("#examples form").wait_for()
    page.locator("#filters summary").tap()
    page.locator("#filters .apply").wait_for()
    for summary in page.locator("#src-1-1 summary").all():
        summary.tap()
    assert phone.width() == 0
    box = page.locator("#question textarea").bounding_box()
    assert box is not None and box["width"] > 200
    title = headline(answered.hits[shown(answered)[0]], "zh")
    playwright.expect(page.locator("#src-1-1 h3")).to_contain_text(" ".join(title.split()))
