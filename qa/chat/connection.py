"""One connection as uvicorn speaks HTTP, with the patience of a server that strangers may reach.

uvicorn alone waits forever for a head that never ends and for a client that does not read, and lets one address take
all connections that there are.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import struct
import time
from typing import Any, ClassVar, Final

from starlette.responses import PlainTextResponse
from uvicorn.protocols.http.h11_impl import H11Protocol

from qa.chat.meters import Meters
from qa.chat.options import Options

HEADER_SECONDS: Final = 10.0
"""How long a request's head may take to arrive."""

_CROWDED = PlainTextResponse(
    "从这个地址打开的连接太多了；请关掉几个窗口，稍后再试。\n"
    "Too many connections are open from this address; close some windows and try again.\n",
    429,
    {"connection": "close", "retry-after": "5", "x-content-type-options": "nosniff"},
)


class Patient(H11Protocol):
    """Cuts off who opens a connection and does not get to the end of a head, or does not read what is sent; turns away
    an address that has too many connections.
    """

    options: ClassVar[Options]
    meters: ClassVar[Meters]
    _origin = ""
    _deadline: asyncio.TimerHandle | None = None
    _behind: float | None = None
    """Since when the client has not read the last 64 KB of what is ready for it."""

    @classmethod
    def within(cls, options: Options, meters: Meters) -> type[Patient]:
        """The same with limits; who it turns away or cuts off is counted in `meters`."""
        return type(cls.__name__, (cls,), {"options": options, "meters": meters})

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._origin = origin(self.client[0]) if self.client is not None else ""
        beside = sum(1 for one in self.connections if isinstance(one, Patient) and one._origin == self._origin)
        # Behind a proxy all connections are its own.
        most = self.options.connections if self.options.proxy else self.options.address_connections
        if len(self.connections) > 2 * self.options.connections or beside > 2 * most:
            transport.abort()  # not even time to say so
        elif beside > most:
            self.meters.refused.labels(why="connections").inc()
            self.app: Any = _CROWDED
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

    def resume_writing(self) -> None:
        super().resume_writing()
        self._behind = None  # it has read most of what was ready

    def check_reader(self) -> None:
        """Cut off a client that does not read. Called now and then."""
        if self.transport.get_write_buffer_size() == 0:
            self._behind = None
        elif self._behind is None:
            self._behind = time.monotonic()
        elif time.monotonic() - self._behind > self.options.reader_seconds:
            self.meters.refused.labels(why="reader").inc()
            # With what the system holds of the answer: it would go on offering that to the client.
            sock = self.transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.transport.abort()


def origin(address: str) -> str:
    """What counts as one address: of IPv6 the network of 64 bits, of which any one machine may have all.

    >>> origin("192.0.2.7"), origin("2001:db8::7:1%eth0"), origin("::ffff:192.0.2.7")
    ('192.0.2.7', '2001:db8::', '192.0.2.7')
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False).network_address)
