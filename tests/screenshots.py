"""`python tests/screenshots.py DIR`: pictures of the chat on the sample pages in each of its states, to be looked at.

Each state is taken in a window of 1280 x 900 and on a phone 390 wide, there to the end of the page. `--only` takes the
states named; `--docs` writes those that README shows into docs/, in few colours.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from browser_kit import (
    FIXED_FOLLOW_UP,
    FIXED_QUESTION,
    NOT_FOUND,
    PHONE,
    ROOT,
    Window,
    chromium,
    new_window,
    playwright,
    running_chat,
)
from PIL import Image
from playwright.sync_api import expect

SIZES: Final[dict[str, dict[str, object]]] = {"desktop": {"viewport": {"width": 1280, "height": 900}}, "phone": PHONE}
DOCS: Final = {"answer-desktop": "chat.png", "article-desktop": "article.png"}
"""The pictures that README shows."""
COLOURS: Final = 128
FARM: Final = "稻田丰收\n\n■记者 陈白石\n\n本报讯 山后村的晚稻开镰，亩产620公斤。\n"
BRIDGE: Final = "新桥通车\n\n■记者 王一山\n\n本报讯 柳湾大桥昨天通车，全长860米。\n\n责任编辑：吴双\n"
DAYS: Final = itertools.count(1)
"""What was uploaded for a picture is not uploaded again for the next one."""
SLOWLY: Final = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 30_000}


@dataclass(frozen=True)
class State:
    """How a window is brought into a state, and what kind of window it is."""

    bring: Callable[[Window], object]
    options: dict[str, object] = field(default_factory=dict)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python tests/screenshots.py", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--only", nargs="+", choices=STATES, default=list(STATES), metavar="STATE")
    parser.add_argument("--docs", action="store_true", help="write README's pictures as well")
    args = parser.parse_args(argv)
    args.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, chromium() as browser:
        os.environ.update({f"BAOWEN_{what}": str(Path(name) / what.lower()) for what in ("CACHE", "DATA", "LOG")})
        if "getting-ready" in args.only:
            for size in SIZES:  # the index of the first start is not there for the second
                with running_chat(environment={"BAOWEN_CACHE": str(Path(name) / size)}, ready=False) as chat:
                    _shoot(browser, chat.address, "getting-ready", size, args.folder)
        with running_chat() as chat:
            for state in args.only:
                for size in SIZES:
                    if state != "getting-ready":
                        _shoot(browser, chat.address, state, size, args.folder)
    if args.docs:
        for taken, wanted in DOCS.items():
            picture = Image.open(args.folder / f"{taken}.png").convert("RGB")
            picture.quantize(COLOURS, dither=Image.Dither.NONE).save(ROOT / "docs" / wanted, optimize=True)
    return 0


def _shoot(browser: playwright.Browser, address: str, state: str, size: str, folder: Path) -> None:
    made = STATES[state]
    with new_window(browser, address, **{**SIZES[size], **made.options}) as window:
        made.bring(window)
        window.page.wait_for_timeout(300)  # what fades in is there
        window.page.screenshot(path=folder / f"{state}-{size}.png", full_page=size == "phone")
        print(f"{state}-{size}.png", *window.wrong, flush=True)


def _getting_ready(window: Window) -> None:
    window.page.locator("#examples [role=status]").wait_for()


def _ask(*questions: str) -> Callable[[Window], None]:
    def bring(window: Window) -> None:
        window.settle()
        for turn, question in enumerate(questions, start=1):
            window.ask(question, turn)
        window.page.locator("#examples .next").first.wait_for()  # suggestions come last

    return bring


def _cards(window: Window) -> None:
    _ask(FIXED_QUESTION)(window)
    window.said(1).get_by_role("link", name="[1]").click()
    for fold in window.page.locator("#src-1-1 summary").all():
        fold.click()


def _rated(window: Window) -> None:
    _ask(FIXED_QUESTION)(window)
    window.page.locator("#examples .rate").nth(1).click()
    window.page.locator("#examples form").wait_for()


def _filters(window: Window) -> None:
    _ask(FIXED_QUESTION)(window)
    window.page.locator("#filters summary").click()
    window.page.locator('#filters [name="passages"]').select_option("3")
    window.page.locator("#filters .apply").click()
    window.page.locator("#filters .drop").first.wait_for()
    window.page.locator("#filters summary").click()


def _past(window: Window) -> None:
    _ask(FIXED_QUESTION)(window)
    window.page.locator("#past .begin").click()
    window.settle()
    window.ask(NOT_FOUND, 1)
    window.page.locator("#past summary").click()


def _article(window: Window) -> None:
    _ask(FIXED_QUESTION)(window)
    window.page.goto(window.address + str(window.page.locator("#src-1-1 .open").get_attribute("href")))
    window.page.locator("h1").wait_for()


def _room(*steps: str, typed: str = "") -> Callable[[Window], None]:
    def bring(window: Window) -> None:
        window.page.goto(window.address + "/browse")
        for step in steps:
            window.page.locator(step).first.click()
        if typed:
            window.page.get_by_role("searchbox").fill(typed)
            window.page.keyboard.press("Enter")
            window.page.locator(".found").wait_for()
        window.page.locator("h1").wait_for()

    return bring


def _send(window: Window) -> None:
    page = window.page
    page.goto(window.address + "/pages")
    day = f"202604{next(DAYS):02d}"
    # The second is large enough to be seen on its way, and the third cannot be used.
    texts = {
        f"{day}_05版.txt": FARM.replace("620", day),
        f"{day}_06版.txt": BRIDGE.replace("860", day) + "\n" * 90_000,
        "空.txt": " ",
    }
    files = [{"name": name, "mimeType": "text/plain", "buffer": text.encode()} for name, text in texts.items()]
    page.locator("#upload-form input[type=file]").set_input_files(files)
    page.locator("#upload-form button").first.click()


def _sending(window: Window) -> None:
    window.page.context.new_cdp_session(window.page).send("Network.emulateNetworkConditions", SLOWLY)
    _send(window)
    window.page.locator("#upload-files li:nth-child(2) progress:not([value='0'])").wait_for()


def _sent(window: Window) -> None:
    _send(window)
    window.page.locator("#upload-files progress").first.wait_for(state="detached")
    window.page.locator("#uploaded .became.read").nth(1).wait_for()
    expect(window.page.locator("#uploaded [data-busy]")).to_have_count(0)


STATES: Final = {
    "getting-ready": State(_getting_ready),
    "welcome": State(Window.settle),
    "answer": State(_ask(FIXED_QUESTION)),
    "not-found": State(_ask(NOT_FOUND)),
    "follow-up": State(_ask(FIXED_QUESTION, FIXED_FOLLOW_UP)),
    "cards": State(_cards),
    "rated": State(_rated),
    "filters": State(_filters),
    "past": State(_past),
    "article": State(_article),
    "issues": State(_room()),
    "page": State(_room("h2 a")),
    "found": State(_room("h2 a", typed="项目")),
    "sending": State(_sending),
    "sent": State(_sent),
    "dark": State(_ask(FIXED_QUESTION), {"color_scheme": "dark"}),
    "dark-article": State(_article, {"color_scheme": "dark"}),
    "english": State(_ask("How many projects were signed?"), {"locale": "en-US"}),
    "english-pages": State(_room(), {"locale": "en-US"}),
}

if __name__ == "__main__":
    sys.exit(main())
