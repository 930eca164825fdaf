"""A model hub of one's own on this machine: as much of its protocol as downloading a model takes."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Hub:
    """Models by their id, each a folder; `asked` are the paths that were asked for, in order."""

    models: dict[str, Path] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    url: str = ""

    @property
    def files(self) -> set[str]:
        """The model files that were asked for, by their path in the model."""
        return {path.split(f"/resolve/{COMMIT}/")[1] for path in self.asked if "/resolve/" in path}


@contextmanager
def serving() -> Iterator[Hub]:
    """A hub without models on a free port of this machine."""
    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            hub.asked.append(path)
            for name, folder in hub.models.items():
                if path == f"/api/models/{name}/revision/main":
                    return self._json({"id": name, "sha": COMMIT, "siblings": []})
                if path.startswith(f"/api/models/{name}/tree/"):
                    return self._json([_entry(folder, file) for file in folder.rglob("*") if file.is_file()])
                if path.startswith(f"/{name}/resolve/{COMMIT}/"):
                    return self._send((folder / path.split(COMMIT + "/")[1]).read_bytes(), 200)
            self._send(b"", 404, {"X-Error-Code": "RepoNotFound"})

        do_HEAD = do_GET

        def _json(self, value: object) -> None:
            self._send(json.dumps(value).encode(), 200, {"Content-Type": "application/json"})

        def _send(self, body: bytes, status: int, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            found = {"Content-Length": str(len(body)), "ETag": f'"{_blob(body)}"', "X-Repo-Commit": COMMIT}
            for key, value in {**found, **(headers or {})}.items():
                self.send_header(key, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: tests look at standard error."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        hub.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield hub
        finally:
            server.shutdown()
            thread.join()


def _entry(folder: Path, file: Path) -> dict[str, object]:
    data = file.read_bytes()
    return {"type": "file", "path": file.relative_to(folder).as_posix(), "size": len(data), "oid": _blob(data)}


def _blob(data: bytes) -> str:
    """The id that git gives to a file of this content."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
