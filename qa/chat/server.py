"""The chat's web server: builds the app, takes a port, serves until it is interrupted."""

from __future__ import annotations

import atexit
import contextlib
import errno
import gc
import os
import signal
import socket
import sys
import tempfile
import threading
import webbrowser
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from qa.chat.logs import log_file, logging_to
from qa.chat.options import Options

if TYPE_CHECKING:
    from fastapi import FastAPI

    from qa.chat.service import Service
    from qa.chat.session import Source
    from qa.chat.shelves import Shelves

_PORTS_TRIED = 100
_SWITCH_SECONDS = 0.001
_YOUNG = 10_000  # objects that may be made before the garbage collector looks at them
_STANDARD = Options()


def prepare() -> None:
    """Settings that Gradio reads from the environment when it is imported; the user's own are left alone.

    Without the first it reports to its makers; without the others it makes a table of its last calls after each one.
    """
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "100")
    os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", "1000000000")


def build(service: Service, host: str = "127.0.0.1") -> FastAPI:
    """The chat as an ASGI app. Served at a loopback `host`, it answers to local names only.

    :raises InputError: if the users' file cannot be used, or a package that an option needs is not installed.
    """
    prepare()
    import gradio as gr
    from fastapi import FastAPI

    from qa.chat.api import check_mcp, speak_json
    from qa.chat.doors import Doors
    from qa.chat.export_routes import add_export
    from qa.chat.guard import LOOPBACK, Guard
    from qa.chat.login import Login
    from qa.chat.pages_routes import add_pages_routes
    from qa.chat.routes import add_routes
    from qa.chat.session import WINDOWS
    from qa.chat.style import PAGE_CSS, WINDOW_CSS
    from qa.chat.unchanging import Unchanging
    from qa.chat.users import Users
    from qa.chat.visitors import Visitors
    from qa.chat.window import theme, window

    options = service.options
    users = None if options.users is None else Users.read(options.users)
    if options.mcp:
        check_mcp()
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    add_routes(app, service)
    add_pages_routes(app, service)
    add_export(app, service)
    blocks, words = window(service)
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
        head=f"<style>{PAGE_CSS}</style>",
        i18n=words,
        mcp_server=options.mcp,
    )
    if options.mcp:
        speak_json(blocks)
    # The last added is the first that a request meets.
    app.add_middleware(Unchanging)
    app.add_middleware(Visitors, left=service.desk.left)
    if users is not None:
        app.add_middleware(Login, users=users, meters=service.meters)
    app.add_middleware(Doors, body=options.body * 1024, meters=service.meters, mcp=options.mcp)
    app.add_middleware(Guard, local_only=host in LOOPBACK and not options.proxy)
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
    options: Options = _STANDARD,
    shelves: Shelves | None = None,
) -> None:
    """Serve the chat until it is interrupted. `archive` may be a function that opens one, while the page is there.

    :param shelves: the sets of pages to choose from, of which `archive` is the first; None for that one alone.

    :raises OSError: if no port is free.
    :raises InputError: if the users' file cannot be used; whatever opening the archive raises.
    """
    from qa.chat.opening import Opening
    from qa.chat.service import Service

    prepare()
    # When Python ends it looks through all objects for cycles, which with models loaded takes longer than all else.
    atexit.register(gc.freeze)
    # Answers are worked out in threads beside the one that serves: it waits for its turn that much less.
    sys.setswitchinterval(_SWITCH_SECONDS)
    sock = listen(host, port)
    with sock, tempfile.TemporaryDirectory(prefix="baowen-chat-", ignore_cleanup_errors=True) as scratch:
        # Gradio's own files: its default is one folder for all users of the machine.
        os.environ.setdefault("GRADIO_TEMP_DIR", scratch)
        actual = int(sock.getsockname()[1])
        if port not in (0, actual):
            _say(f"Port {port} is taken; using {actual} instead.")
        path = log_file()
        with logging_to(path) as written, _terminating():
            _say(f"The log is {path}." if written else f"The log {path} cannot be written; set BAOWEN_LOG.")
            service = Service(Opening(archive), options, shelves)
            app = build(service, host)
            _warn(host, options)
            _run(app, service, sock, f"http://{_shown_host(host)}:{actual}", open_browser)
        if service.opening.error is not None:
            raise service.opening.error


def settle() -> None:
    """Leave what has been loaded out of the rounds of the garbage collector. All pages are looked through in each of
    the long ones, during which nobody is served; of thousands of pages that takes a second and more, again and again.

    Pages that are replaced later are given back nevertheless: nothing in an archive refers to itself. The short rounds
    come less often as well: with hundreds of questions on the way most of what they look at is still in use.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _warn(host: str, options: Options) -> None:
    from qa.chat.guard import LOOPBACK

    if host not in LOOPBACK and options.users is None:
        _say(f"Whoever can reach {host} can read these pages: there is no login. Give --users FILE to ask for one.")


@contextlib.contextmanager
def _terminating() -> Iterator[None]:
    """Let a termination, once the server has closed down for it, end the program in the ordinary way."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _shown_host(host: str) -> str:
    if host in ("0.0.0.0", "::"):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _run(app: FastAPI, service: Service, sock: socket.socket, url: str, open_browser: bool) -> None:
    from qa.chat.listener import Listener

    def show(text: str) -> None:
        print(text, flush=True)

    def started() -> None:
        if open_browser:
            webbrowser.open(url)
        if service.options.mcp:
            _say(f"MCP clients connect to {url}/gradio_api/mcp/.")
        if not service.opening.ready:
            _say(f"{url} is there; the pages are being opened.")

    def ready() -> None:
        settle()
        show(f"Baowen is ready: {url}")

    listener = Listener(app, service, started, ready)
    try:
        listener.run(sockets=[sock])
    except KeyboardInterrupt:
        # uvicorn hands the interrupt on after it has closed down: the ordinary end of a chat.
        return
