"""The address at which a window's conversation can be taken away, as Markdown or as one HTML file, and the passages
shown in it as a table.
"""

from __future__ import annotations

import datetime
from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, Response

from qa.chat.guard import PLAIN_CSP
from qa.chat.labels import Language, language, say
from qa.chat.render import shown
from qa.chat.service import Service
from qa.chat.session import Session
from qa.export import conversation, hits_csv
from qa.export_forms import as_html, as_markdown
from qa.papers import Papers
from qa.records import Hit

_MEDIA: Final = {"md": "text/markdown", "html": "text/html", "csv": "text/csv"}


def add_export(app: FastAPI, service: Service) -> None:
    """`/export/KEY.md`, `.html` and `.csv` for the window with that key, to the browser that it belongs to."""

    @app.get("/export/{key}.{kind}")
    def export(key: str, kind: str, request: Request) -> Response:
        lang = language(request.headers.get("accept-language"))
        owner = str(getattr(request.state, "owner", ""))
        session = service.sessions.find((owner, key)) if owner and kind in _MEDIA else None
        if session is None or all(turn.reply is None for turn in session.turns.values()):
            return PlainTextResponse(say(lang, "no_export"), 404)
        today = datetime.date.today()
        headers = {
            "content-disposition": f'attachment; filename="baowen-{today.isoformat()}.{kind}"',
            "content-security-policy": PLAIN_CSP,
        }
        made = _made(session, kind, service.papers(owner), today, lang)
        return Response(made, media_type=f"{_MEDIA[kind]}; charset=utf-8", headers=headers)


def _made(session: Session, kind: str, papers: Papers, today: datetime.date, lang: Language) -> bytes:
    said = [(turn.reply, turn.most) for turn in list(session.turns.values()) if turn.reply is not None]
    if kind == "csv":
        # A passage that was shown for several questions has one row, of the first of them.
        hits: dict[tuple[str, str], Hit] = {}
        for reply, most in said:
            for hit in (reply.hits[n] for n in shown(reply, most)):
                hits.setdefault((hit.passage.source, hit.passage.id), hit)
        return hits_csv(list(hits.values()), papers)
    form = as_markdown if kind == "md" else as_html
    text = form(conversation([reply for reply, _ in said], papers, when=today), lang)
    return text.encode("utf-8", "replace")
