"""The address at which a window's conversation can be taken away, as Markdown or as one HTML file, and the passages
shown in it as a table.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
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
from qa.papers import Paper, Papers
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
        text = made(session, kind, service.papers_of, today, lang)
        return Response(text, media_type=f"{_MEDIA[kind]}; charset=utf-8", headers=headers)


def made(
    session: Session, kind: str, papers_of: Callable[[str], Papers], today: datetime.date, lang: Language
) -> bytes:
    """The conversation of a window as a file of that kind, in UTF-8.

    :param papers_of: the key of a set of pages → what is known of its papers: each answer has those that it is from.
    """
    said = [(turn, turn.reply) for turn in list(session.turns.values()) if turn.reply is not None]
    known = {key: papers_of(key) for key in {turn.asks for turn, _ in said}}
    if kind == "csv":
        # A passage that was shown for several questions has one row, of the first of them.
        hits: dict[tuple[str, Paper], tuple[Hit, Papers]] = {}
        for turn, reply in said:
            papers = known[turn.asks]
            for hit in (reply.hits[n] for n in shown(reply, turn.most)):
                hits.setdefault((hit.passage.id, papers.of(hit.page)), (hit, papers))
        return hits_csv([hit for hit, _ in hits.values()], [of for _, of in hits.values()])
    form = as_markdown if kind == "md" else as_html
    each = [known[turn.asks] for turn, _ in said]
    text = form(conversation([reply for _, reply in said], each, when=today), lang)
    return text.encode("utf-8", "replace")
