"""The chat window: conversation on the left, source cards on the right, one below the other on a phone.

Handlers never raise: Gradio leaves a chat locked after an error, so whatever goes wrong is said in the chat. The chat
component is an output only; history lives in `session`.
"""

from __future__ import annotations

import asyncio
from typing import Any

import gradio as gr

from qa.chat.cards import chips
from qa.chat.labels import Language, language, say, translations
from qa.chat.login_page import logout_form
from qa.chat.render import chat_note, editable, escaped
from qa.chat.service import Service
from qa.chat.session import WINDOWS, Message, Session, Turn
from qa.chat.style import CARDS_JS, CHIPS_JS, MONO, SANS
from qa.chat.visitors import KEY, Caller

_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
_PASTED = 10_000
"""How many characters the question box takes: enough that what is too long is seen to be so on the server."""

Begun = tuple[str, list[Message], str]
"""New values of the question box, the chat and the example questions."""


class Window:
    """The handlers of the page, apart from its layout. Each is a public address: nothing they are handed is trusted.

    Each gives all its outputs a value, also where nothing changes: for every gr.skip and gr.update Gradio makes a
    component that it keeps as long as the window.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    async def ask(self, question: str, request: gr.Request) -> Begun:
        """Put the question typed into the chat, where it is said that the search runs; `answer` follows."""
        # A lone surrogate can arrive in JSON, but could not be sent back.
        question = str(question).encode("utf-8", "replace").decode("utf-8")
        session = self._session(request)
        if question.strip():
            self._service.begin(session, question, _caller(request), _language(request))
            question = ""
        return question, session.messages(), self._chips(session, request)

    async def choose(self, request: gr.Request, event: gr.EventData) -> Begun:
        """As `ask` for an example question; the event's `example` is its number."""
        number = _number(event, "example")
        examples = self._service.opening.examples
        return await self.ask("" if number is None or number >= len(examples) else examples[number], request)

    async def answer(self, request: gr.Request) -> tuple[list[Message], str]:
        """Answer the next question put into the chat: the chat with the answer, and its cards."""
        session, lang = self._session(request), _language(request)
        await self._service.answer(session, _caller(request), lang)
        return session.messages(), session.cards or _empty(lang)

    async def cite(self, request: gr.Request, event: gr.EventData) -> str:
        """The cards of an earlier turn, for a click on one of its citations."""
        session, lang = self._session(request), _language(request)
        turn = _turn(session, event)
        if turn is not None and turn.reply is not None:
            session.cards = self._service.cards(turn.reply, turn.number, lang)
        return session.cards or _empty(lang)

    async def edit(self, request: gr.Request, event: gr.EventData) -> str:
        """The question that was searched for, for the question box, with the words of its filters."""
        turn = _turn(self._session(request), event)
        return "" if turn is None or turn.reply is None else editable(turn.reply)

    async def clear(self, request: gr.Request) -> tuple[str, list[Message], str, str]:
        """Forget the conversation and show the page as it opened."""
        caller = _caller(request)
        self._service.sessions.forget((caller.owner, caller.key))
        return "", [], _empty(_language(request)), self._chips(Session(), request)

    async def start(self, request: gr.Request) -> tuple[str, str]:
        """The cards' place and the example questions of a page just opened; or that the archive is being opened."""
        session, lang = self._session(request), _language(request)
        wait = f'<p class="label" role="status">{escaped(say(lang, "preparing_page"))}</p>'
        return _empty(lang), self._chips(session, request) if self._service.opening.ready else wait

    async def opened(self, request: gr.Request) -> str:
        """The example questions, once the archive is open."""
        while not self._service.opening.ready:
            await asyncio.sleep(0.2)
        return self._chips(self._session(request), request)

    async def failed(self, request: gr.Request) -> list[Message]:
        """Say in the chat that a step failed in Gradio itself."""
        session = self._session(request)
        for turn in session.turns.values():
            if turn.waits:
                turn.waits = False
                session.pending -= 1
                turn.said = chat_note("failed", _language(request))
        return session.messages()

    def _chips(self, session: Session, request: gr.Request) -> str:
        """The example questions, as long as nothing has been asked."""
        return "" if session.turns else chips(self._service.opening.examples, _language(request))

    def _session(self, request: gr.Request) -> Session:
        """The caller's own; one that is not kept for a caller whose window has no proper key."""
        caller = _caller(request)
        return self._service.sessions.get((caller.owner, caller.key)) if caller.key else Session()


def _language(request: gr.Request) -> Language:
    return language(request.headers.get("accept-language"))


def _caller(request: gr.Request) -> Caller:
    """Who asks, as the layers in front have found out."""
    key = str(request.session_hash)
    owner, client = (str(getattr(request.state, name, "")) for name in ("owner", "client"))
    return Caller(owner, key if KEY.fullmatch(key) else "", client)


def _turn(session: Session, event: gr.EventData) -> Turn | None:
    number = _number(event, "turn")
    return None if number is None else session.turns.get(number)


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


def window(service: Service) -> tuple[gr.Blocks, gr.I18n]:
    """The page over an archive, and its translations, both for `gr.mount_gradio_app`."""
    words = gr.I18n(**translations())
    handlers = Window(service)
    with gr.Blocks(analytics_enabled=False, title=say("zh", "title"), fill_width=True) as blocks:
        with gr.Row(elem_id="masthead"):
            gr.HTML(f"<h1>{escaped(say('zh', 'title'))}</h1>", elem_id="name")
            gr.HTML(words("tagline"), elem_id="tagline")
            if service.options.users is not None:
                gr.HTML(logout_form(), elem_id="leave")
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
                        max_length=_PASTED,
                        autofocus=True,
                        scale=1,
                        min_width=120,
                        elem_id="question",
                    )
                    send = gr.Button(words("send"), variant="primary", scale=0, min_width=84, elem_id="send")
                    clear = gr.Button(words("clear"), variant="secondary", scale=0, min_width=84, elem_id="clear")
            with gr.Column(scale=5, min_width=340, elem_id="sources"):
                cited = gr.HTML("", elem_id="cards", js_on_load=CARDS_JS, label=words("sources"))
        begun = [box, chat, chosen]
        for step in (
            gr.on([box.submit, send.click], handlers.ask, [box], begun, queue=False, **_QUIET),
            chosen.choose(handlers.choose, None, begun, queue=False, **_QUIET),
        ):
            answered = step.success(handlers.answer, None, [chat, cited], **_QUIET)
            for one in (step, answered):
                one.failure(handlers.failed, None, [chat], queue=False, **_QUIET)
        cited.cite(handlers.cite, None, [cited], queue=False, **_QUIET)
        cited.edit(handlers.edit, None, [box], queue=False, **_QUIET)
        clear.click(handlers.clear, None, [box, chat, cited, chosen], queue=False, **_QUIET)
        blocks.load(handlers.start, None, [cited, chosen], queue=False, **_QUIET)
        if not service.opening.ready:
            blocks.load(handlers.opened, None, [chosen], queue=False, **_QUIET)
    # Gradio's own queue never holds a question up: they wait at the service's desk, where they can be told so.
    blocks.max_threads = service.options.at_once + service.options.waiting + WINDOWS
    blocks.queue(default_concurrency_limit=None, api_open=False)
    return blocks, words
