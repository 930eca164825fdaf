"""The chat's address and its login in a real browser that can reach nothing else."""

from __future__ import annotations

import urllib.parse
import urllib.request
from pathlib import Path

import pytest
from browser_kit import (
    FIXED_QUESTION,
    HOSTILE,
    TIMEOUT_MS,
    browser,
    nothing_ran,
    playwright,
    running_chat,
    sound_window,
    url,
)

from corpus.files import iter_pages, sample_pages
from corpus.records import Page
from qa.chat.labels import say
from qa.chat.users import set_password

__all__ = ["browser", "url"]  # fixtures


@pytest.mark.parametrize("name", ["q", "__theme", "view", "deep_link", "page", "session_hash", "__lang", "<b>"])
def test_a_hostile_address_is_no_more_than_text(browser: playwright.Browser, url: str, name: str) -> None:
    """What the address says reaches neither markup nor script, of the window and of an article."""
    address = f"{url}/?{urllib.parse.urlencode({name: HOSTILE})}#{urllib.parse.quote(HOSTILE)}"
    with sound_window(browser, url) as window:
        window.page.goto(address)
        window.page.locator("#examples .chip").first.wait_for()
        window.ask(FIXED_QUESTION, 1)
        nothing_ran(window)
    with urllib.request.urlopen(f"{url}/article/{_an_article()}?{urllib.parse.urlencode({name: HOSTILE})}") as got:
        assert HOSTILE not in got.read().decode()


def _an_article() -> str:
    return next(page.articles[0].id for page in iter_pages(sample_pages()) if isinstance(page, Page) and page.articles)


def test_signing_in_without_script(browser: playwright.Browser, cache: Path, tmp_path: Path) -> None:
    users = tmp_path / "users.txt"
    set_password(users, "王芳", "a long password")
    with running_chat("--users", str(users)) as chat:
        address = chat.address
        context = browser.new_context(locale="zh-CN", java_script_enabled=False)
        context.set_default_timeout(TIMEOUT_MS)
        page = context.new_page()
        page.goto(address)
        assert page.url == address + "/login"
        for password in ("a wrong password", "a long password"):
            page.get_by_label(say("zh", "login_name")).fill("王芳")
            page.get_by_label(say("zh", "login_password")).fill(password)
            page.get_by_role("button", name=say("zh", "login")).click()
            if password == "a wrong password":
                playwright.expect(page.get_by_role("alert")).to_have_text(say("zh", "login_wrong"))
        assert page.url == address + "/"
        context.close()
        signed_in = browser.new_context(locale="zh-CN")
        signed_in.set_default_timeout(TIMEOUT_MS)
        page = signed_in.new_page()
        page.goto(address + "/login")
        page.get_by_label(say("zh", "login_name")).fill("王芳")
        page.get_by_label(say("zh", "login_password")).fill("a long password")
        page.get_by_label(say("zh", "login_password")).press("Enter")
        page.locator("#question textarea").fill(FIXED_QUESTION)
        page.locator("#question textarea").press("Enter")
        page.locator("#src-1-1").wait_for()
        page.get_by_role("button", name=say("zh", "logout")).click()
        page.wait_for_url(address + "/login")
        page.goto(address + "/")
        assert page.url == address + "/login"
        signed_in.close()
