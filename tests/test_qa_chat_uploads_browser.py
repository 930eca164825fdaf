"""The page of pages in a real browser: uploading with a report for each file, switching, removing; also without script,
on a phone, in both languages.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser_kit import TIMEOUT_MS, browser, playwright, running_chat

from qa.chat.labels import say

__all__ = ["browser"]  # a fixture

FARM = "稻田丰收\n\n■记者 陈白石\n\n本报讯 山后村的晚稻开镰，亩产620公斤。\n"
BRIDGE = "新桥通车\n\n■记者 王一山\n\n本报讯 柳湾大桥昨天通车，全长860米。\n\n责任编辑：吴双\n"
QUESTION = "晚稻亩产多少公斤？"


@pytest.fixture(scope="module")
def address(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BAOWEN_DATA", str(tmp_path_factory.mktemp("data")))
        with running_chat() as chat:
            yield chat.address


def a_page(browser: playwright.Browser, address: str, **settings: object) -> playwright.Page:
    """A page of a new visitor, at the page of pages; what goes wrong in it is in `problems`."""
    context = browser.new_context(**{"locale": "zh-CN", "viewport": {"width": 1280, "height": 900}, **settings})
    context.set_default_timeout(TIMEOUT_MS)
    page = context.new_page()
    page.problems = []
    page.on("console", lambda message: page.problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.goto(f"{address}/pages")
    return page


def row(page: playwright.Page, name: str) -> playwright.Locator:
    return page.locator("#uploaded .set", has_text=name)


def test_upload_ask_and_remove(browser: playwright.Browser, address: str, tmp_path: Path) -> None:
    files = {"20260402_05版.txt": FARM, "20260402_06版.txt": BRIDGE, "空.txt": " "}
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    page = a_page(browser, address)
    page.locator("#upload-form input[type=file]").set_input_files([tmp_path / name for name in files])
    held: list[playwright.Route] = []
    page.route("**/pages/upload", lambda route: held.append(route), times=1)
    page.get_by_role("button", name=say("zh", "pages_send"), exact=True).click()
    items = page.locator("#upload-files li")
    expect = playwright.expect
    keys = ("pages_sending", "pages_queued", "pages_queued")
    expect(items).to_have_text([say("zh", key, name=name) for key, name in zip(keys, files, strict=True)])
    held[0].continue_()
    expect(items.nth(0)).to_have_text(say("zh", "pages_kept", name="20260402_05版.txt"))
    expect(items.nth(2)).to_have_text("空.txt：是空的；版面要有文字。")
    expect(row(page, "20260402_05版.txt").locator(".became")).to_contain_text("2026-04-02")
    expect(row(page, "20260402_06版.txt").locator(".became")).to_contain_text(say("zh", "pages_left_out", n=1))
    row(page, "20260402_06版.txt").get_by_role("link", name=say("zh", "pages_report")).click()
    expect(page.locator("main")).to_contain_text("责任编辑")
    page.go_back()
    page.get_by_role("button", name=f"{say('zh', 'pages_ask_these')}: {say('zh', 'pages_uploads')}").click()
    expect(page.locator("#sets .set", has=page.locator(".chosen"))).to_contain_text(say("zh", "pages_uploads"))
    chat = page.context.new_page()
    chat.goto(address)
    chat.locator("#question textarea").fill(QUESTION)
    chat.locator("#question textarea").press("Enter")
    expect(chat.locator("#src-1-1")).to_contain_text("620公斤")
    row(page, "20260402_05版.txt").get_by_role("button").click()
    expect(page.get_by_role("status")).to_have_text(say("zh", "pages_removed", name="20260402_05版.txt"))
    expect(row(page, "20260402_05版.txt")).to_have_count(0)
    chat.locator("#question textarea").fill(QUESTION)
    chat.locator("#question textarea").press("Enter")
    expect(chat.locator('#chat [data-testid="bot"]')).to_have_count(2)
    expect(chat.locator('#chat [data-testid="bot"]').last).not_to_contain_text("620公斤")
    assert page.problems == []
    page.context.close()


def test_on_a_phone_in_english_without_script(browser: playwright.Browser, address: str, tmp_path: Path) -> None:
    (tmp_path / "page 7.txt").write_text(FARM.replace("620", "631"), "utf-8")
    phone = {"locale": "en", "viewport": {"width": 390, "height": 800}, "java_script_enabled": False}
    page = a_page(browser, address, **phone)
    page.get_by_label(say("en", "pages_files")).set_input_files(tmp_path / "page 7.txt")
    page.get_by_role("button", name=say("en", "pages_send"), exact=True).click()
    playwright.expect(page.get_by_role("status")).to_have_text(say("en", "pages_kept", name="page 7.txt"))
    for _ in range(100):
        page.goto(f"{address}/pages")
        if row(page, "page 7.txt").locator(".became.read").count():
            break
        page.wait_for_timeout(100)
    playwright.expect(row(page, "page 7.txt").locator(".became")).to_contain_text("articles: 1")
    wide = page.locator("body").bounding_box()
    assert wide is not None and wide["width"] <= 390
    page.context.close()
