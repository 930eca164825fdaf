"""What the chat's tests share: an archive that only echoes, a service over it, and a server of it in this process."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from fastapi import FastAPI

from corpus.records import Article, Page, Passage
from qa.chat.opening import Opening
from qa.chat.options import Options
from qa.chat.server import build, listen, prepare
from qa.chat.service import Service
from qa.filters import Filter
from qa.records import Reply

FREE = Options(rate=0)


@dataclass
class Echo:
    """An archive without pages that finds nothing. 坏 makes it fail; 慢 keeps it busy until `go` is set."""

    pages: tuple[Page, ...] = ()
    continuations: Mapping[str, str] = field(default_factory=dict)
    go: threading.Event = field(default_factory=threading.Event)
    asked: list[str] = field(default_factory=list)
    where: list[Filter | None] = field(default_factory=list)
    root: Path = Path("echo")

    def conversation(self) -> Echo:
        return self

    def ask(self, question: str, k: int = 10, where: Filter | None = None) -> Reply:
        self.asked.append(question)
        self.where.append(where)
        if "坏" in question:
            raise RuntimeError("secret path /srv/x")
        if "慢" in question:
            self.go.wait(30)
        return Reply(question, question + "（全）", False, "off_topic", None, None, (), 0.0, 0.0, "")

    def article(self, article_id: str) -> Article | None:
        return None

    def page(self, source: str) -> Page:
        raise KeyError(source)

    def statistics(self) -> dict[str, int | str]:
        return {"pages": 0, "passages": 0, "model": "/srv/models/echo", "created": "2026-04-01T08:30:00+00:00"}

    def passages_of(self, article_id: str) -> list[Passage]:
        return []

    def related(self, article_id: str, k: int = 5) -> list[tuple[Article, float]]:
        return []


def service(archive: Any = None, options: Options = FREE) -> Service:
    """A service over an archive that is open."""
    prepare()
    return Service(Opening(Echo() if archive is None else archive), options)


def request(window: str, accept: str = "zh-CN", owner: str = "o", client: str = "c") -> Any:
    """What a handler is told of its caller."""
    state = SimpleNamespace(owner=owner, client=client)
    return SimpleNamespace(session_hash=window, headers={"accept-language": accept}, state=state)


@contextlib.contextmanager
def running(made: Service, ready: Callable[[], None] = lambda: None) -> Iterator[str]:
    """The address of a server of `made` at a free port, in a thread, while the block runs."""
    from qa.chat.listener import Listener

    async def app() -> FastAPI:
        return build(made)

    with listen("127.0.0.1", 0) as sock:
        started = threading.Event()
        # Outside of a running loop Gradio would make several, and close none.
        listener = Listener(asyncio.run(app()), made, started.set, ready)
        thread = threading.Thread(target=listener.run, kwargs={"sockets": [sock]}, daemon=True)
        thread.start()
        assert started.wait(30)
        try:
            yield f"http://127.0.0.1:{sock.getsockname()[1]}"
        finally:
            listener.should_exit = True
            thread.join(20)
            assert not thread.is_alive()


def until(true: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait until something is true; fail where it does not become so."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)
