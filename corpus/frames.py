"""Messages of a process that reads pages, which may be taken over by one: a kind and bytes, never unpickled.

Each is one byte for its kind, four for the length, big end first, and so many bytes.
"""

from __future__ import annotations

import socket
import struct
from typing import Final

MOST: Final = 64 * 2**20
"""How many bytes a message may have. A file of as many characters as one may have, all in articles, takes 50 MB."""

_HEAD = struct.Struct("!cI")


def send(through: socket.socket, kind: bytes, data: bytes = b"") -> None:
    """Send a message; waits until all of it is on its way.

    :raises OSError: if nobody listens any more.
    """
    through.sendall(_HEAD.pack(kind, len(data)) + data)


class Frames:
    """The messages that come through a socket, one after the other, as soon as they are whole."""

    def __init__(self, through: socket.socket, kinds: bytes) -> None:
        """:param kinds: those that there are."""
        self._through = through
        self._kinds = kinds
        self._held = bytearray()

    def next(self) -> tuple[bytes, bytes] | None:
        """Kind and bytes of the next message; None where not all of it has come. Never waits.

        :raises EOFError: if nothing more will come. :raises ValueError: if it is of no kind, or larger than `MOST`.
        """
        # No more is taken than is missing: then the socket tells whether there is a message to be read.
        while missing := self._missing():
            try:
                came = self._through.recv(min(missing, 2**20), socket.MSG_DONTWAIT)
            except BlockingIOError:
                return None
            except OSError:
                came = b""
            if not came:
                raise EOFError
            self._held += came
        kind, _ = _HEAD.unpack_from(self._held)
        data = bytes(memoryview(self._held)[_HEAD.size :])
        self._held = bytearray()
        return kind, data

    def _missing(self) -> int:
        if len(self._held) < _HEAD.size:
            return _HEAD.size - len(self._held)
        kind, size = _HEAD.unpack_from(self._held)
        if kind not in self._kinds or size > MOST:
            raise ValueError(f"a message of the kind {kind!r} and {size} bytes")
        return _HEAD.size + int(size) - len(self._held)
