"""The chat's web server: builds the app, takes a port, serves until it is interrupted."""

from __future__ import annotations

import errno
import os
import socket
import sys
import tempfile
import webbrowser
from collections.abc import Callable
from typing import TYPE_CHECKING

from qa.chat.session import WINDOWS, Source

if TYPE_CHECKING:
    from fastapi import FastAPI

_PORTS_TRIED = 100


def prepare() -> None:
    """Settings that Gradio reads from the environment when it is imported; the user's own are left alone.

    Without the first it reports to its makers; without the second it slows down with every question.
    """
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "100")


def build(archive: Source, host: str = "127.0.0.1") -> FastAPI:
    """The chat over an archive as an ASGI app. Served at a loopback `host`, it answers to local names only."""
    prepare()
    import gradio as gr
    from fastapi import FastAPI

    from qa.chat.routes import LOOPBACK, Guard, add_routes
    from qa.chat.style import WINDOW_CSS
    from qa.chat.window import theme, window

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    add_routes(app, archive)
    blocks, words = window(archive)
    blocks.state_session_capacity = WINDOWS
    gr.mount_gradio_app(
        app,
        blocks,
        path="/",
        footer_links=[],
        run_history=False,
        show_error=False,
        enable_monitoring=False,
        max_file_size="1kb",
        theme=theme(),
        css=WINDOW_CSS,
        i18n=words,
    )
    app.add_middleware(Guard, local_only=host in LOOPBACK)
    return app


def listen(host: str, port: int) -> socket.socket:
    """A listening socket at `port`, or at the first free one of the 99 after it; port 0 takes any.

    :raises OSError: if none of them is free, or the host is not of this machine.
    """
    if not 0 <= port <= 65535:
        raise OSError(f"port {port} is not between 0 and 65535; give --port another number, such as 7860")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    last = min(port + _PORTS_TRIED - 1, 65535) if port else 0
    for candidate in range(port, last + 1):
        sock = socket.socket(family, socket.SOCK_STREAM)
        # On Windows this option would let two servers share a port.
        if os.name == "posix":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, candidate))
            sock.listen(128)
            return sock
        except OSError as error:
            sock.close()
            if candidate == last or error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise OSError(error.errno, f"{error.strerror} (host {host}, port {candidate})") from error
    raise AssertionError("the last port either returns or raises")


def serve(
    archive: Source | Callable[[], Source],
    host: str = "127.0.0.1",
    port: int = 7860,
    open_browser: bool = False,
) -> None:
    """Serve the chat until it is interrupted. `archive` may be a function that opens one.

    The port is taken before the archive is opened, so that a port that cannot be had is said at once.

    :raises OSError: if no port is free.
    """
    prepare()
    sock = listen(host, port)
    with sock, tempfile.TemporaryDirectory(prefix="baowen-chat-", ignore_cleanup_errors=True) as scratch:
        # Gradio's own files: its default is one folder for all users of the machine.
        os.environ.setdefault("GRADIO_TEMP_DIR", scratch)
        actual = int(sock.getsockname()[1])
        if port not in (0, actual):
            print(f"Port {port} is taken; using {actual} instead.", file=sys.stderr, flush=True)
        source = archive() if callable(archive) else archive
        _run(build(source, host), sock, f"http://{_shown_host(host)}:{actual}", open_browser)


def _shown_host(host: str) -> str:
    if host in ("0.0.0.0", "::"):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _run(app: FastAPI, sock: socket.socket, url: str, open_browser: bool) -> None:
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets=sockets)
            if self.started:
                print(f"Baowen is ready: {url}", flush=True)
                if open_browser:
                    webbrowser.open(url)

    # Without a limit an open window's event stream keeps the server from stopping.
    config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=3)
    try:
        Server(config).run(sockets=[sock])
    except KeyboardInterrupt:
        # uvicorn hands the interrupt on after it has closed down: the ordinary end of a chat.
        return
