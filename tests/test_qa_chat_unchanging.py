"""What is the same for everyone is made once; and what has been loaded is not looked through again and again."""

from __future__ import annotations

import asyncio
import gc
import shutil
import subprocess
import sys
import weakref
from pathlib import Path
from typing import Any

import httpx
import pytest
from chat_parts import running, service

from corpus.files import sample_pages
from qa import Archive
from qa.chat.options import Options
from qa.chat.unchanging import Unchanging
from qa.live import Live


class Made:
    """An app that counts what it makes, and says which; in two pieces, as files are sent."""

    def __init__(self, status: int = 200, cookie: bool = False) -> None:
        self.count, self._status, self._cookie = 0, status, cookie

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.count += 1
        headers = [(b"content-type", b"text/plain"), *([(b"set-cookie", b"a=b")] if self._cookie else [])]
        await send({"type": "http.response.start", "status": self._status, "headers": headers})
        await send({"type": "http.response.body", "body": b"made ", "more_body": True})
        await send({"type": "http.response.body", "body": str(self.count).encode()})


def asked(app: Any, *paths: str, method: str = "GET", **headers: str) -> list[str]:
    """What an app answers at each path, one after the other."""

    async def run() -> list[str]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            answers = [await client.request(method, path, headers=sent) for path in paths]
            assert all(one.headers["content-type"] == "text/plain" for one in answers)
            return [one.text for one in answers]

    return asyncio.run(run())


def test_it_is_made_once_for_each_coding_and_address() -> None:
    made = Made()
    app = Unchanging(made)
    assert asked(app, "/", "/assets/a.js", "/", "/assets/a.js") == ["made 1", "made 2", "made 1", "made 2"]
    assert asked(app, "/", accept_encoding="identity") == ["made 3"]
    # The page holds its own address, the files do not.
    for headers in ({"host": "127.0.0.1"}, {"x_forwarded_host": "papers.example"}, {"x_forwarded_proto": "https"}):
        before = made.count
        assert asked(app, "/", "/assets/a.js", "/", **headers) == [f"made {before + 1}", "made 2", f"made {before + 1}"]


@pytest.mark.parametrize("path", ["/health", "/browse", "/pages", "/assets/a.js?v=1", "/gradio_api/app_id"])
def test_what_may_differ_is_made_anew(path: str) -> None:
    assert asked(Unchanging(Made()), path, path) == ["made 1", "made 2"]


@pytest.mark.parametrize("app", [Made(404), Made(206), Made(cookie=True)])
def test_what_is_for_one_caller_is_not_kept(app: Made) -> None:
    assert asked(Unchanging(app), "/", "/") == ["made 1", "made 2"]


def test_a_part_of_a_file_and_other_methods_are_passed_on() -> None:
    app = Unchanging(Made())
    assert asked(app, "/assets/a.js") == ["made 1"]
    assert asked(app, "/assets/a.js", range="bytes=0-1") == ["made 2"]
    assert asked(app, "/assets/a.js", if_none_match='"x"') == ["made 3"]
    assert asked(app, "/assets/a.js", method="POST") == ["made 4"]
    assert asked(app, "/assets/a.js") == ["made 1"]


def test_no_more_is_kept_than_there_is_room_for() -> None:
    app = Unchanging(Made(), most=12)  # "made 1" has six bytes
    assert asked(app, "/assets/a", "/assets/b", "/assets/a") == ["made 1", "made 2", "made 1"]
    assert asked(app, "/assets/c", "/assets/a", "/assets/b") == ["made 3", "made 1", "made 4"]
    assert asked(Unchanging(Made(), most=5), "/assets/a", "/assets/a") == ["made 1", "made 2"]


def test_the_window_is_made_once_and_each_visitor_gets_a_cookie(monkeypatch: pytest.MonkeyPatch) -> None:
    from gradio import routes

    filled: list[object] = []
    fill = routes.templates.TemplateResponse

    def counted(*args: Any, **named: Any) -> Any:
        filled.append(named.get("name"))
        return fill(*args, **named)

    monkeypatch.setattr(routes.templates, "TemplateResponse", counted)
    with running(service(options=Options(rate=0))) as address:
        pages = [httpx.get(address, trust_env=False, timeout=60) for _ in range(3)]
        styles = [httpx.get(f"{address}/theme.css", trust_env=False, timeout=60) for _ in range(2)]
    assert len(filled) == 1
    assert len({page.text for page in pages}) == 1 and len({page.headers["set-cookie"] for page in pages}) == 3
    assert all(page.headers["x-frame-options"] == "DENY" for page in (*pages, *styles))
    for name in ("content-type", "content-encoding", "content-length", "vary"):
        assert styles[0].headers.get(name) == styles[1].headers.get(name)
    assert styles[0].text == styles[1].text


def test_what_has_been_loaded_is_left_out_of_collections() -> None:
    code = (
        "import gc\n"
        "from qa.chat.server import settle\n"
        "loaded = [[n] for n in range(1000)]\n"
        "settle()\n"
        "assert gc.get_freeze_count() > 1000 and not any(one is loaded for one in gc.get_objects())\n"
        "assert gc.get_threshold()[0] > 700\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).resolve().parents[1])


def test_pages_that_were_replaced_go_without_a_collection(tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    shutil.copytree(sample_pages(), folder)
    gc.disable()
    try:
        with Live(lambda: Archive.open(folder)) as live:
            talk = live.conversation()
            talk.ask("新桥有多长？")
            archive = live.archive
            archive.related(archive.pages[0].articles[0].id)
            assert archive.continuations is not None
            parts = (archive, archive._index, archive._retriever, archive.contents)
            gone = [weakref.ref(part) for part in parts]
            del archive, parts
            (folder / "新.txt").write_text("城东桥通车\n\n本报讯 城东桥昨日通车，全长300米。\n", "utf-8")
            assert live.refresh()
            talk.ask("城东桥有多长？")
            assert [one() for one in gone] == [None] * 4
    finally:
        gc.enable()
