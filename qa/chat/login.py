"""Signing in, in front of everything that the chat's server answers: page, interface, articles and counters alike.

Gradio's own login leaves several addresses open. A browser signs in by a form that needs no script and gets a cookie;
a program sends its name and password with each request (HTTP Basic). Forms of other sites are refused by `Guard`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import logging
import math
import secrets
import time
from collections import OrderedDict
from typing import Final
from urllib.parse import parse_qs

from anyio import CapacityLimiter, to_thread
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from qa.chat.guard import PLAIN_CSP
from qa.chat.labels import Language, language, say
from qa.chat.login_page import login_page
from qa.chat.logs import note
from qa.chat.meters import Meters
from qa.chat.rates import Rate
from qa.chat.users import Users

OPEN: Final = frozenset({"/health", "/healthz", "/ready"})
"""What supervisors ask, and what tells nothing."""

TRIES, CLIENT_TRIES, TRY_SECONDS = 5, 30, 900.0
"""Tries for one name, and from one address, before they have to wait; for some fifteen minutes in all."""

_HOURS: Final = 12
_SIGNED_IN: Final = 10_000
_PAGES: Final = ("/article/", "/browse", "/page")
_log = logging.getLogger(__name__)


class Login:
    """Lets through who has signed in, and puts the user's name as `client` and a secret of the login as `owner` into
    the request's state. All others get the login page, or 401.
    """

    def __init__(self, app: ASGIApp, users: Users, meters: Meters) -> None:
        self._app, self._users, self._meters = app, users, meters
        self._names, self._clients = Rate(TRIES, TRY_SECONDS), Rate(CLIENT_TRIES, TRY_SECONDS)
        self._tokens: OrderedDict[str, tuple[str, float]] = OrderedDict()
        self._threads = CapacityLimiter(2)  # each try takes 64 MiB

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        path = scope["path"]
        lang = language(request.headers.get("accept-language"))
        cookie = request.cookies.get(_cookie(scope), "")
        answer: Response | None = None
        if path == "/login":
            answer = await self._sign_in(request, lang) if scope["method"] == "POST" else _page(lang)
        elif path == "/logout" and scope["method"] == "POST":
            self._tokens.pop(_digest(cookie), None)
            answer = RedirectResponse("/login", 303)
            answer.delete_cookie(_cookie(scope), httponly=True, samesite="strict")
        elif path not in OPEN:
            signed_in = self._by_cookie(cookie)
            refused = None
            if signed_in is None:
                signed_in, refused = await self._by_header(request, lang)
            if signed_in is None:
                answer = refused or _refused(request, lang)
            else:
                scope.setdefault("state", {}).update(client=signed_in[0], owner=signed_in[1])
        await (self._app if answer is None else answer)(scope, receive, send)

    def _by_cookie(self, token: str) -> tuple[str, str] | None:
        """The user's name and a secret of this login."""
        digest = _digest(token)
        name, until = self._tokens.get(digest, ("", 0.0))
        return (name, digest) if time.monotonic() < until else None

    async def _by_header(self, request: Request, lang: Language) -> tuple[tuple[str, str] | None, Response | None]:
        kind, _, value = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "basic":
            return None, None
        # What was right once is remembered, since verifying is made to be slow.
        token = f"basic {value}"
        if (known := self._by_cookie(token)) is not None:
            return known, None
        try:
            name, _, password = base64.b64decode(value, validate=True).decode("utf-8").partition(":")
        except (binascii.Error, ValueError):
            return None, None
        wait = await self._try(request, name, password)
        if wait is not None:
            return None, JSONResponse({"detail": _why(lang, wait)}, 401 if wait == 0 else 429)
        self._remember(token, name)
        return self._by_cookie(token), None

    async def _sign_in(self, request: Request, lang: Language) -> Response:
        try:
            form = parse_qs((await request.body()).decode("utf-8"), max_num_fields=8)
        except ValueError:
            form = {}
        name, password = form.get("name", [""])[0], form.get("password", [""])[0]
        wait = await self._try(request, name, password)
        if wait is not None:
            return _page(lang, _why(lang, wait), 401 if wait == 0 else 429)
        token = secrets.token_urlsafe(32)
        self._remember(token, name)
        answer = RedirectResponse("/", 303)
        answer.set_cookie(
            _cookie(request.scope),
            token,
            max_age=_HOURS * 3600,
            httponly=True,
            samesite="strict",
            secure=request.scope["scheme"] == "https",
        )
        return answer

    async def _try(self, request: Request, name: str, password: str) -> float | None:
        """None where name and password are right, 0.0 where not, else in how many seconds another try is allowed."""
        client = "" if request.client is None else request.client.host
        # Counted before it is looked at, so that many tries at once are no way around it.
        wait = max(self._clients.take(client), self._names.take(name[:64]))
        if wait:
            self._meters.refused.labels(why="locked").inc()
            note(_log, "login locked", logging.WARNING, client=client)
            return wait
        if await to_thread.run_sync(self._users.verify, name, password, limiter=self._threads):
            self._names.forgive(name[:64])
            note(_log, "login", user=name)
            return None
        self._meters.refused.labels(why="login").inc()
        note(_log, "login refused", logging.WARNING, client=client)
        return 0.0

    def _remember(self, token: str, name: str) -> None:
        self._tokens[_digest(token)] = (name, time.monotonic() + _HOURS * 3600)
        while len(self._tokens) > _SIGNED_IN:
            self._tokens.popitem(last=False)


def _digest(token: str) -> str:
    """What is kept in place of a token, so that looking one up tells nothing by its time."""
    return hashlib.sha256(token.encode()).hexdigest()


def _cookie(scope: Scope) -> str:
    """A browser keeps one set of cookies for all ports of a machine, so the name has the port in it."""
    server = scope.get("server")
    return f"baowen_login_{server[1] if server else 0}"


def _why(lang: Language, wait: float) -> str:
    return say(lang, "login_wait", minutes=math.ceil(wait / 60)) if wait else say(lang, "login_wrong")


def _page(lang: Language, problem: str = "", status: int = 200) -> Response:
    return HTMLResponse(login_page(lang, problem), status, {"content-security-policy": PLAIN_CSP})


def _refused(request: Request, lang: Language) -> Response:
    """The login page for who opens a page, a plain refusal for anything else."""
    path = request.scope["path"]
    wants_page = request.method == "GET" and (path == "/" or path.startswith(_PAGES))
    return RedirectResponse("/login", 303) if wants_page else JSONResponse({"detail": say(lang, "login_first")}, 401)
