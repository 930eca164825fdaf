"""The watch on other hosts sees this process's and another one's lookups, and none of this machine's own.

The addresses are those that are kept for documents (RFC 5737), in numbers: nothing goes out.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CODE = """
import socket
from outside_hosts import watched
from pathlib import Path
import subprocess, sys
with watched(Path(sys.argv[1])) as asked:
    for host in sys.argv[2:]:
        try:
            socket.getaddrinfo(host, 80)
        except OSError:
            pass
    subprocess.run([sys.executable, "-c", "import socket; socket.gethostbyname('localhost')"], check=True)
    other = "import socket\\ntry: socket.gethostbyname('192.0.2.2')\\nexcept OSError: pass"
    subprocess.run([sys.executable, "-c", other], check=True)
"""


def test_each_process_is_watched(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    command = [sys.executable, "-c", CODE, str(tmp_path), "192.0.2.1", "127.0.0.1", "localhost"]
    subprocess.run(command, check=True, env=environment)
    asked = (tmp_path / "hosts.txt").read_text("utf-8").splitlines()
    assert asked == ["socket.getaddrinfo '192.0.2.1'", "socket.gethostbyname '192.0.2.2'"]
