"""uvicorn, with limits to what a connection may take, and an end within five seconds."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp

from qa.chat.connection import Patient
from qa.chat.service import Service

_GRACE_SECONDS: Final = 3
"""How long open streams are let run once the server stops; without a limit a window would keep it from stopping."""

_TICKS: Final = 5
"""uvicorn ticks ten times a second."""


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
                http=Patient.within(options, service.meters),
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

    async def on_tick(self, counter: int) -> bool:
        if counter % _TICKS == 0:
            for one in list(self.server_state.connections):
                if isinstance(one, Patient):
                    one.check_reader()
        return await super().on_tick(counter)

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
