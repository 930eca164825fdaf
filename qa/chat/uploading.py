"""Receiving what a form uploads: to the disk as it comes, never whole in memory, within limits of size and time."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive

AT_ONCE: Final = 8
"""How many requests are received at once, each of which takes room on the disk."""

AT_ONCE_EACH: Final = 3
"""How many of one client."""

FILES: Final = 100
"""How many files one request may hold."""

_IDLE_SECONDS: Final = 30.0
_ALL_SECONDS: Final = 1800.0


class NotReceivedError(Exception):
    """What was uploaded did not come whole. `key` is the label that says why, `status` the HTTP status."""

    def __init__(self, key: str, status: int) -> None:
        super().__init__(key)
        self.key, self.status = key, status


class Reception:
    """Receives uploads, as many at once as there is room for. For one event loop."""

    def __init__(self, most: int) -> None:
        """:param most: bytes of one request."""
        self._most = most
        self._coming: Counter[str] = Counter()

    @contextmanager
    def _place(self, client: str) -> Iterator[None]:
        if self._coming.total() >= AT_ONCE or self._coming[client] >= AT_ONCE_EACH:
            raise NotReceivedError("pages_busy", 503)
        self._coming[client] += 1
        try:
            yield
        finally:
            self._coming[client] -= 1
            self._coming += Counter()  # forget who has none

    @asynccontextmanager
    async def receive(self, request: Request, client: str) -> AsyncIterator[list[UploadFile]]:
        """The files of a form, in temporary files that are gone when the block ends.

        :raises NotReceivedError: if they are too many or too large, come too slowly, or are not all there.
        """
        said = request.headers.get("content-length", "0")
        if not said.isdigit() or len(said) > 15 or int(said) > self._most:
            raise NotReceivedError("pages_too_large", 413)
        with self._place(client):
            bounded = Request(request.scope, _bounded(request.receive, self._most))
            try:
                async with asyncio.timeout(_ALL_SECONDS):
                    form = await bounded.form(max_files=FILES, max_fields=8, max_part_size=4096)
            except TimeoutError:
                raise NotReceivedError("pages_too_slow", 408) from None
            except (HTTPException, ClientDisconnect):  # no form, too many files, or nobody there
                raise NotReceivedError("pages_bad_form", 400) from None
            try:
                files = [one for _, one in form.multi_items() if isinstance(one, UploadFile) and one.filename]
                if not files:
                    raise NotReceivedError("pages_bad_form", 400)
                yield files
            finally:
                with contextlib.suppress(OSError):
                    await form.close()


def _bounded(receive: Receive, most: int) -> Receive:
    """A `receive` that gives up on a body of more than `most` bytes, and on a client that has fallen silent."""
    size = 0

    async def bounded() -> Message:
        nonlocal size
        message = await asyncio.wait_for(receive(), _IDLE_SECONDS)
        size += len(message.get("body", b""))
        if size > most:
            raise NotReceivedError("pages_too_large", 413)
        return message

    return bounded
