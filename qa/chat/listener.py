"""uvicorn, with the patience of a server that strangers may reach, and an end within five seconds."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from qa.chat.service import Service

HEADER_SECONDS: Final = 10.0
"""How long a request's head may take to arrive."""

_GRACE_SECONDS: Final = 3
"""How long open streams are let run once the server stops; without a limit a window would keep it from stopping."""


class Patient(H11Protocol):
    """HTTP as uvicorn speaks it, but a client that opens a connection and does not get to the end of its head is cut
    off: uvicorn alone would wait forever.
    """

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self.limit_concurrency is not None and len(self.connections) > 2 * self.limit_concurrency:
            transport.abort()  # not even time to say so
        self._expect()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is None or self.cycle.response_complete:
            self._expect()
        elif self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._deadline is not None:
            self._deadline.cancel()

    def _expect(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(HEADER_SECONDS, self._cut_off)

    def _cut_off(self) -> None:
        self._deadline = None
        if self.cycle is None or self.cycle.response_complete:
            self.transport.abort()


class Listener(uvicorn.Server):
    """Serves the app; opens the archive when it listens, and stops where that fails.

    :param started: called when the page can be reached.
    :param ready: called when questions can be answered.
    """

    def __init__(self, app: ASGIApp, service: Service, started: Callable[[], None], ready: Callable[[], None]) -> None:
        self._service, self._on_started, self._on_ready = service, started, ready
        options = service.options
        _allow_files(2 * options.connections)
        super().__init__(
            uvicorn.Config(
                app,
                http=Patient,
                ws="none",
                log_config=None,
                access_log=False,
                server_header=False,
                limit_concurrency=options.connections,
                proxy_headers=bool(options.proxy),
                forwarded_allow_ips=options.proxy or None,
                timeout_graceful_shutdown=_GRACE_SECONDS,
            )
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if not self.started:
            return
        self._on_started()
        loop = asyncio.get_running_loop()
        opened_before = self._service.opening.ready

        def done() -> None:
            if self._service.opening.error is not None:
                self.should_exit = True
                return
            if not opened_before:
                self._service.desk.open()
            self._on_ready()

        def in_loop() -> None:
            with contextlib.suppress(RuntimeError):  # stopped meanwhile
                loop.call_soon_threadsafe(done)

        self._service.opening.start(in_loop)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._service.desk.close()
        await super().shutdown(sockets=sockets)


def _allow_files(wanted: int) -> None:
    """Each connection is an open file, of which many systems allow a program 1,024 unless it asks for more."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limits: tuple[Any, Any] = (wanted + 256 if hard == resource.RLIM_INFINITY else min(wanted + 256, hard), hard)
    if soft != resource.RLIM_INFINITY and soft < limits[0]:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
