"""Which other hosts Python processes ask: this one and all that it starts, by an audit hook in each."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import sys
from collections.abc import Iterator
from pathlib import Path

_FILE = "BAOWEN_TEST_HOSTS"


def watch() -> None:
    """From now on write a line for each connection, datagram or lookup beyond this machine.

    The lines go to the file that the environment names, while it names one. A process that is forked keeps the
    hook, another one has it from `sitecustomize`. For the events see PEP 578.
    """

    def seen(event: str, arguments: tuple[object, ...]) -> None:
        if event in ("socket.connect", "socket.sendto") and isinstance(arguments[1], tuple):
            host = arguments[1][0]
        elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
            host = arguments[0]
        else:
            return
        file = os.environ.get(_FILE)
        if file is not None and not _here(host):
            with Path(file).open("a", encoding="utf-8") as out:
                out.write(f"{event} {host!r}\n")

    sys.addaudithook(seen)


def _here(host: object) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if not isinstance(name, str) or name in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


@contextlib.contextmanager
def watched(folder: Path) -> Iterator[Path]:
    """Watch this process and those started meanwhile; the file that a line is written to for each host asked.

    :param folder: an empty one, for what this needs.
    """
    asked = folder / "hosts.txt"
    asked.touch()
    (folder / "sitecustomize.py").write_text("from outside_hosts import watch\n\nwatch()\n", "utf-8")
    before = os.environ.get("PYTHONPATH")
    os.environ[_FILE] = str(asked)
    os.environ["PYTHONPATH"] = os.pathsep.join([str(folder), str(Path(__file__).parent), *([before] if before else [])])
    watch()
    try:
        yield asked
    finally:
        del os.environ[_FILE]
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before
