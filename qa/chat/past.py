"""The conversations that a reader's own browser keeps, and how one of them is taken up again.

The server hands the window what to keep (`past_panel`): questions with their settings, never answers. When a
conversation is taken up, the browser hands that back (`past_of`) and all of it is asked again. So nothing that was
kept has to be believed, and a page that has gone since answers no more.
"""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from typing import Any, Final

from qa.chat.labels import Language, say
from qa.chat.render import escaped
from qa.chat.session import Session
from qa.chat.settings import Settings, settings_of
from qa.question import LONGEST_QUESTION

KEPT: Final = 20
"""How many questions of one conversation are kept, the last ones."""

_ID: Final = re.compile(r"[A-Za-z0-9_-]{12}")
_KEY: Final = re.compile(r"[a-z0-9]{1,40}")
_SAID: Final = (
    "past_rename", "past_name", "past_save", "past_cancel", "past_delete", "past_sure", "past_sure_all", "past_opened",
    "past_deleted", "past_full",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Past:
    """A question as it was asked once: with which settings, and to which pages, "" for those that are asked now."""

    question: str
    settings: Settings
    asks: str


def past_of(given: object) -> tuple[str, tuple[Past, ...]]:
    """The id of a conversation and its questions, as a browser sends them; what cannot be so is left out.

    The id is "" where there is none that can be.
    """
    values: dict[str, Any] = given if isinstance(given, dict) else {}
    known, turns = values.get("id"), values.get("turns")
    found = [past for one in (turns if isinstance(turns, list) else [])[-KEPT:] if (past := _one(one)) is not None]
    return known if isinstance(known, str) and _ID.fullmatch(known) else "", tuple(found)


def _one(given: object) -> Past | None:
    if not isinstance(given, dict):
        return None
    question, settings, asks = given.get("question"), given.get("settings"), given.get("asks")
    if not isinstance(question, str) or not question.strip() or len(question) > LONGEST_QUESTION:
        return None
    return Past(
        question.encode("utf-8", "replace").decode("utf-8"),
        settings_of(settings if isinstance(settings, dict) else {}),
        asks if isinstance(asks, str) and _KEY.fullmatch(asks) else "",
    )


def past_panel(session: Session, whose: str, lang: Language) -> str:
    """The place of the list, which the browser fills in, and what it is to keep of the session.

    :param whose: tells the readers of one browser apart where they sign in; else "".
    """
    turns = [
        {
            "question": turn.question,
            "settings": {} if turn.settings is None else turn.settings.given,
            "asks": turn.asks,
        }
        for turn in session.turns.values()
        if len(turn.question) <= LONGEST_QUESTION
    ]
    texts = json.dumps({key.removeprefix("past_"): say(lang, key) for key in _SAID}, ensure_ascii=False)
    return (
        f'<div class="now" hidden data-id="{session.id}" data-whose="{_quoted(whose)}" '
        f'data-turns="{_quoted(json.dumps(turns[-KEPT:]))}" data-texts="{_quoted(texts)}"></div>'
        f'<details class="talks"><summary>{escaped(say(lang, "past"))} <span class="count"></span></summary>'
        f'<ul></ul><p class="label">{escaped(say(lang, "past_hint"))}</p>'
        f'<button type="button" class="all">{escaped(say(lang, "past_delete_all"))}</button></details>'
        f'<button type="button" class="begin">{escaped(say(lang, "past_new"))}</button>'
    )


def _quoted(text: str) -> str:
    return html.escape(text, quote=True)
