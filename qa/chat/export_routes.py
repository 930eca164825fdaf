"""The address at which a window's conversation can be taken away, as Markdown or as one HTML file."""

from __future__ import annotations

import datetime

from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, Response

from qa.chat.guard import PLAIN_CSP
from qa.chat.labels import language, say
from qa.chat.service import Service
from qa.export import conversation
from qa.export_forms import as_html, as_markdown

_FORMS = {"md": (as_markdown, "text/markdown"), "html": (as_html, "text/html")}


def add_export(app: FastAPI, service: Service) -> None:
    """`/export/KEY.md` and `/export/KEY.html` for the window with that key, to the browser that it belongs to."""

    @app.get("/export/{key}.{kind}")
    def export(key: str, kind: str, request: Request) -> Response:
        lang = language(request.headers.get("accept-language"))
        owner = str(getattr(request.state, "owner", ""))
        session = service.sessions.find((owner, key)) if owner and kind in _FORMS else None
        replies = [] if session is None else [turn.reply for turn in list(session.turns.values())]
        said = [reply for reply in replies if reply is not None]
        if not said:
            return PlainTextResponse(say(lang, "no_export"), 404)
        form, media = _FORMS[kind]
        today = datetime.date.today()
        text = form(conversation(said, service.papers(owner), when=today), lang)
        headers = {
            "content-disposition": f'attachment; filename="baowen-{today.isoformat()}.{kind}"',
            "content-security-policy": PLAIN_CSP,
        }
        return Response(text.encode("utf-8", "replace"), media_type=f"{media}; charset=utf-8", headers=headers)
