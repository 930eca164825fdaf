"""The chat window: conversation on the left, source cards on the right, one below the other on a phone.

Handlers never raise: Gradio leaves a chat locked after an error, so whatever goes wrong is said in the chat. The chat
component is an output only; history lives in `session`.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Iterator
from typing import Any

import gradio as gr

from qa.chat.cards import cards, chips
from qa.chat.examples import examples
from qa.chat.glosses import partners
from qa.chat.labels import Language, language, say, translations
from qa.chat.render import chat_answer, chat_note, chat_question, editable, escaped
from qa.chat.session import Session, Sessions, Source
from qa.chat.style import CARDS_JS, CHIPS_JS, MONO, SANS
from qa.records import Reply

_log = logging.getLogger(__name__)
_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}

Shown = tuple[Any, Any, Any, Any]
"""New values of the question box, the chat, the cards and the example questions."""


class Window:
    """The handlers of the page, apart from its layout. Each is a public address: nothing they are handed is trusted."""

    def __init__(self, source: Source) -> None:
        self._examples = examples(source)
        self._partners = functools.partial(partners, source)
        self._sessions = Sessions(source)

    def ask(self, question: str, request: gr.Request) -> Iterator[Shown]:
        """Answer the question typed: first say that the search runs, then the answer, then the cards."""
        yield from self._answer(question, request)

    def choose(self, request: gr.Request, event: gr.EventData) -> Iterator[Shown]:
        """Ask an example question; the event's `example` is its number."""
        number = _number(event, "example")
        if number is None or number >= len(self._examples):
            yield gr.skip(), gr.skip(), gr.skip(), gr.skip()
            return
        yield from self._answer(self._examples[number], request)

    def _answer(self, question: str, request: gr.Request) -> Iterator[Shown]:
        lang = _language(request)
        # A lone surrogate can arrive in JSON, but could not be sent back.
        question = str(question).encode("utf-8", "replace").decode("utf-8")
        if not question.strip():
            yield gr.skip(), gr.skip(), gr.skip(), gr.skip()
            return
        session = self._sessions.get(_key(request))
        with session.lock:
            turn = session.begin(question, chat_question(question, lang), chat_note("searching", lang))
            yield "", session.messages(), gr.skip(), gr.update(visible=False)
            reply = _try(session, turn, lang)
            yield gr.skip(), session.messages(), gr.skip(), gr.skip()
            if reply is not None:
                yield gr.skip(), gr.skip(), cards(reply, turn, lang, self._partners), gr.skip()

    def cite(self, request: gr.Request, event: gr.EventData) -> Any:
        """The cards of an earlier turn, for a click on one of its citations."""
        turn = self._turn(request, event)
        if turn is None:
            return gr.skip()
        number, reply = turn
        return cards(reply, number, _language(request), self._partners)

    def edit(self, request: gr.Request, event: gr.EventData) -> Any:
        """Put the question that was searched for into the question box, with the words of its filters."""
        turn = self._turn(request, event)
        return gr.skip() if turn is None else editable(turn[1])

    def _turn(self, request: gr.Request, event: gr.EventData) -> tuple[int, Reply] | None:
        number = _number(event, "turn")
        if number is None:
            return None
        turn = self._sessions.get(_key(request)).turns.get(number)
        return None if turn is None or turn.reply is None else (number, turn.reply)

    def clear(self, request: gr.Request) -> Shown:
        """Forget the conversation and show the page as it opened."""
        self._sessions.forget(_key(request))
        return "", [], _empty(_language(request)), gr.update(visible=True)

    def start(self, request: gr.Request) -> tuple[str, str]:
        """The cards' place and the example questions of a page just opened."""
        lang = _language(request)
        return _empty(lang), chips(self._examples, lang)

    def failed(self, request: gr.Request) -> Any:
        """Say in the chat that a step failed in Gradio itself."""
        session = self._sessions.get(_key(request))
        for turn in session.turns.values():
            if turn.reply is None:
                turn.said = chat_note("failed", _language(request))
        return session.messages()


def _try(session: Session, number: int, lang: Language) -> Reply | None:
    """Ask, and write what is to be said into the turn. None where that failed; the reason goes to the log."""
    turn = session.turns[number]
    try:
        reply = session.talk.ask(turn.question)
        turn.asked = chat_question(turn.question, lang, number, reply.effective_question, reply.filters)
        turn.said = chat_answer(reply, number, lang)
        turn.reply = reply
    except Exception:
        _log.exception("a question was not answered")
        turn.said = chat_note("failed", lang)
        return None
    return reply


def _language(request: gr.Request) -> Language:
    return language(request.headers.get("accept-language"))


def _key(request: gr.Request) -> str:
    """The browser's name for this window. Callers that give none share one session."""
    return str(request.session_hash)


def _number(event: gr.EventData, name: str) -> int | None:
    value = event._data.get(name) if isinstance(event._data, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _empty(lang: Language) -> str:
    return f'<p class="empty">{escaped(say(lang, "sources_empty"))}</p>'


def theme() -> gr.themes.Base:
    """Ink on newsprint, in fonts of the reader's machine."""
    return gr.themes.Base(
        primary_hue=gr.themes.colors.red,
        neutral_hue=gr.themes.colors.stone,
        font=SANS,
        font_mono=MONO,
        radius_size=gr.themes.sizes.radius_sm,
    )


def window(source: Source) -> tuple[gr.Blocks, gr.I18n]:
    """The page over an archive, and its translations, both for `gr.mount_gradio_app`."""
    words = gr.I18n(**translations())
    handlers = Window(source)
    with gr.Blocks(analytics_enabled=False, title=say("zh", "title"), fill_width=True) as blocks:
        with gr.Row(elem_id="masthead"):
            gr.HTML(f"<h1>{escaped(say('zh', 'title'))}</h1>", elem_id="name")
            gr.HTML(words("tagline"), elem_id="tagline")
        with gr.Row(elem_id="columns"):
            with gr.Column(scale=6, min_width=340, elem_id="talk"):
                chat = gr.Chatbot(
                    label=words("conversation"),
                    show_label=False,
                    elem_id="chat",
                    height="100%",
                    buttons=[],
                    latex_delimiters=[],
                    feedback_options=None,
                    layout="bubble",
                    placeholder=str(words("welcome")),
                )
                chosen = gr.HTML("", elem_id="examples", js_on_load=CHIPS_JS)
                with gr.Row(elem_id="asking"):
                    box = gr.Textbox(
                        label=words("question"),
                        placeholder=words("placeholder"),
                        show_label=True,
                        lines=1,
                        max_lines=6,
                        autofocus=True,
                        scale=1,
                        min_width=120,
                        elem_id="question",
                    )
                    send = gr.Button(words("send"), variant="primary", scale=0, min_width=84, elem_id="send")
                    clear = gr.Button(words("clear"), variant="secondary", scale=0, min_width=84, elem_id="clear")
            with gr.Column(scale=5, min_width=340, elem_id="sources"):
                cited = gr.HTML("", elem_id="cards", js_on_load=CARDS_JS, label=words("sources"))
        shown = [box, chat, cited, chosen]
        for step in (
            gr.on([box.submit, send.click], handlers.ask, [box], shown, **_QUIET),
            chosen.choose(handlers.choose, None, shown, **_QUIET),
        ):
            step.failure(handlers.failed, None, [chat], queue=False, **_QUIET)
        cited.cite(handlers.cite, None, [cited], queue=False, **_QUIET)
        cited.edit(handlers.edit, None, [box], queue=False, **_QUIET)
        clear.click(handlers.clear, None, shown, queue=False, **_QUIET)
        blocks.load(handlers.start, None, [cited, chosen], queue=False, **_QUIET)
    blocks.queue(default_concurrency_limit=8, api_open=False)
    return blocks, words
