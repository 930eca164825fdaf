"""The chat window: conversation on the left, source cards on the right, one below the other on a phone.

Handlers never raise: Gradio leaves a chat locked after an error, so whatever goes wrong is said in the chat. The chat
component is an output only; history lives in `session`.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from qa.chat.api import add_calls
from qa.chat.below import below
from qa.chat.labels import Language, language, say, translations
from qa.chat.login_page import logout_form
from qa.chat.past import past_of, past_panel
from qa.chat.render import chat_note, editable, escaped
from qa.chat.service import Service
from qa.chat.session import WINDOWS, Message, Session, Turn
from qa.chat.settings import settings_of
from qa.chat.style import BELOW_JS, CARDS_JS, MONO, PANEL_JS, PAST_JS, SANS
from qa.chat.visitors import caller_of

_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
_PASTED = 10_000
"""How many characters the question box takes: enough that what is too long is seen to be so on the server."""

Begun = tuple[str, list[Message], str]
"""New values of the question box, the chat and what stands below it."""

Whole = tuple[str, list[Message], str, str]
"""New values of the question box, the chat, the cards and what stands below the chat."""

Shown = tuple[list[Message], str, str]
"""As `Whole`, but for the question box."""


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
            self._service.begin(session, question, caller_of(request), _language(request))
            question = ""
        return question, session.messages(), self._below(session, request)

    async def choose(self, request: gr.Request, event: gr.EventData) -> Begun:
        """As `ask` for an example question; the event's `example` is its number."""
        number = _number(event, "example")
        examples = self._service.examples(caller_of(request).owner)
        return await self.ask("" if number is None or number >= len(examples) else examples[number], request)

    async def follow(self, request: gr.Request, event: gr.EventData) -> Begun:
        """As `ask` for a question suggested after the last answer; the event's `next` is its number."""
        session, number = self._session(request), _number(event, "next")
        turn = session.last_turn
        open_ = [] if turn is None else session.open(turn)
        return await self.ask("" if number is None or number >= len(open_) else open_[number].question, request)

    async def retry(self, request: gr.Request) -> Begun:
        """Take the last question back and ask it again."""
        session = self._session(request)
        dropped = session.drop()
        return await self.ask("" if dropped is None else dropped.question, request)

    async def answer(self, request: gr.Request) -> tuple[list[Message], str, str]:
        """Answer the next question put into the chat: the chat with the answer, its cards, and what stands below."""
        session, lang = self._session(request), _language(request)
        await self._service.answer(session, caller_of(request), lang)
        session = self._session(request)  # the window may show another conversation by now
        return session.messages(), session.cards or _empty(lang), self._below(session, request)

    async def suggest(self, request: gr.Request) -> str:
        """What stands below, once it is known what could be asked next."""
        await self._service.suggest(self._session(request), caller_of(request))
        return self._below(self._session(request), request)  # which may be another conversation's by now

    async def stop(self, request: gr.Request) -> tuple[list[Message], str]:
        """Give up the questions that are not answered yet."""
        session = self._session(request)
        self._service.stop(session, _language(request))
        return session.messages(), self._below(session, request)

    async def undo(self, request: gr.Request) -> Whole:
        """Take the last question back: it stands in the question box again."""
        session, lang = self._session(request), _language(request)
        question = self._service.undo(session, caller_of(request), lang)
        said = session.cards or _empty(lang)
        return "" if question is None else question, session.messages(), said, self._below(session, request)

    async def rate(self, request: gr.Request, event: gr.EventData) -> str:
        """Keep what the reader thinks of the answer of `turn`: whether it is `liked` (1 or 0), a `word` on it, and the
        right `answer`, which both may be empty.
        """
        session, liked = self._session(request), _number(event, "liked")
        turn = _turn(session, event)
        if turn is not None and liked in (0, 1):
            texts = (_text(event, "word"), _text(event, "answer"))
            await self._service.judge(turn, bool(liked), *texts, caller_of(request))
        return self._below(self._session(request), request)

    async def narrow(self, request: gr.Request, event: gr.EventData) -> str:
        """Ask with other settings from now on: those that the event holds by name."""
        session = self._session(request)
        if isinstance(event._data, dict):
            session.settings = settings_of(event._data)
        return self._panel(session, request)

    async def widen(self, request: gr.Request, event: gr.EventData) -> str:
        """Ask without one setting, the event's `name`; "" for all of them."""
        session = self._session(request)
        if isinstance(event._data, dict) and session.settings is not None:
            session.settings = session.settings.without(_text(event, "name"))
        return self._panel(session, request)

    async def cite(self, request: gr.Request, event: gr.EventData) -> str:
        """The cards of an earlier turn, for a click on one of its citations."""
        session, lang = self._session(request), _language(request)
        turn = _turn(session, event)
        if turn is not None and turn.reply is not None:
            self._service.show(session, turn, lang)
        return session.cards or _empty(lang)

    async def edit(self, request: gr.Request, event: gr.EventData) -> str:
        """The question that was searched for, for the question box, with the words of its filters."""
        turn = _turn(self._session(request), event)
        return "" if turn is None or turn.reply is None else editable(turn.reply)

    async def clear(self, request: gr.Request) -> Whole:
        """Forget the conversation and show the page as it opened."""
        return self._whole(self._renewed(request, self._session(request).id), request)

    async def begin(self, request: gr.Request) -> Whole:
        """Begin another conversation and show the page as it opened; the browser has kept the one before."""
        return self._whole(self._renewed(request), request)

    async def resume(self, request: gr.Request, event: gr.EventData) -> AsyncIterator[Shown]:
        """Take up the conversation `id`, whose `turns` the browser has kept: its questions at once, then each answer
        as it is found, until that is done or the window shows another conversation. What is being typed stays.
        """
        caller, lang = caller_of(request), _language(request)
        id, past = past_of(event._data)
        session = self._renewed(request, id)
        self._service.resume(session, past, caller, lang)
        yield self._whole(session, request)[1:]
        while any(turn.waits for turn in session.turns.values()) and self._session(request) is session:
            await self._service.answer(session, caller, lang)
            if self._session(request) is session:
                yield self._whole(session, request)[1:]

    async def kept(self, request: gr.Request) -> str:
        """What the browser is to keep of the conversation."""
        return self._past(request)

    async def start(self, request: gr.Request) -> tuple[str, str, str, str, str]:
        """The cards' place, the example questions, the settings, the links and the list of conversations of a page
        just opened; or that the archive is being opened.
        """
        session, lang = self._session(request), _language(request)
        wait = f'<p class="label" role="status">{escaped(say(lang, "preparing_page"))}</p>'
        said = self._below(session, request) if self._service.opening.ready else wait
        return _empty(lang), said, self._panel(session, request), self._rooms(lang), self._past(request)

    async def opened(self, request: gr.Request) -> tuple[str, str]:
        """The example questions and the settings, once the archive is open."""
        while not self._service.opening.ready:
            await asyncio.sleep(0.2)
        session = self._session(request)
        return self._below(session, request), self._panel(session, request)

    async def failed(self, request: gr.Request) -> tuple[list[Message], str]:
        """Say in the chat that a step failed in Gradio itself."""
        session = self._session(request)
        for turn in session.turns.values():
            if turn.waits:
                turn.waits = False
                session.pending -= 1
                turn.said = chat_note("failed", _language(request))
        return session.messages(), self._below(session, request)

    def _below(self, session: Session, request: gr.Request) -> str:
        caller = caller_of(request)
        return below(session, caller.key, self._service.examples(caller.owner), _language(request))

    def _rooms(self, lang: Language) -> str:
        """Links to the pages beside the window. They open beside it too: the conversation would be left otherwise."""
        ways = [("/browse", "room_issues"), *([("/pages", "pages_title")] if self._service.shelves is not None else [])]
        links = "".join(
            f'<a target="_blank" rel="noopener" href="{address}">{escaped(say(lang, key))}</a>' for address, key in ways
        )
        return f'<nav aria-label="{escaped(say(lang, "rooms"))}">{links}</nav>'

    def _renewed(self, request: gr.Request, id: str = "") -> Session:
        """A new session for the caller's window; the questions of the one before are given up."""
        caller = caller_of(request)
        self._service.stop(self._session(request), _language(request))
        return self._service.sessions.renew((caller.owner, caller.key), id) if caller.key else Session()

    def _whole(self, session: Session, request: gr.Request) -> Whole:
        said = session.cards or _empty(_language(request))
        return "", session.messages(), said, self._below(session, request)

    def _past(self, request: gr.Request) -> str:
        # Who signs in may share a browser with others, whose questions are not theirs to read.
        name = "" if self._service.options.users is None else caller_of(request).client
        whose = hashlib.sha256(name.encode()).hexdigest()[:16] if name else ""
        return past_panel(self._session(request), whose, _language(request))

    def _panel(self, session: Session, request: gr.Request) -> str:
        return self._service.panel(session, caller_of(request), _language(request))

    def _session(self, request: gr.Request) -> Session:
        """The caller's own; one that is not kept for a caller whose window has no proper key."""
        caller = caller_of(request)
        return self._service.sessions.get((caller.owner, caller.key)) if caller.key else Session()


def _language(request: gr.Request) -> Language:
    return language(request.headers.get("accept-language"))


def _turn(session: Session, event: gr.EventData) -> Turn | None:
    number = _number(event, "turn")
    return None if number is None else session.turns.get(number)


def _number(event: gr.EventData, name: str) -> int | None:
    value = event._data.get(name) if isinstance(event._data, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _text(event: gr.EventData, name: str) -> str:
    """A text of an event; "" where there is none."""
    value = event._data.get(name) if isinstance(event._data, dict) else None
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else ""


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
        add_calls(service)  # first: a handler of the same name gets another one to be called by
        with gr.Row(elem_id="masthead"):
            gr.HTML(f"<h1>{escaped(say('zh', 'title'))}</h1>", elem_id="name")
            gr.HTML(words("tagline"), elem_id="tagline")
            rooms = gr.HTML("", elem_id="rooms")
            if service.options.users is not None:
                gr.HTML(logout_form(), elem_id="leave")
        with gr.Row(elem_id="columns"):
            with gr.Column(scale=6, min_width=340, elem_id="talk"):
                earlier = gr.HTML("", elem_id="past", js_on_load=PAST_JS)
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
                under = gr.HTML("", elem_id="examples", js_on_load=BELOW_JS)
                narrowed = gr.HTML("", elem_id="filters", js_on_load=PANEL_JS)
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
        begun = [box, chat, under]
        for step in (
            gr.on([box.submit, send.click], handlers.ask, [box], begun, queue=False, **_QUIET),
            under.choose(handlers.choose, None, begun, queue=False, **_QUIET),
            under.follow(handlers.follow, None, begun, queue=False, **_QUIET),
            under.retry(handlers.retry, None, begun, queue=False, **_QUIET),
        ):
            answered = step.success(handlers.answer, None, [chat, cited, under], **_QUIET)
            answered.success(handlers.suggest, None, [under], queue=False, **_QUIET)
            answered.success(handlers.kept, None, [earlier], queue=False, **_QUIET)
            for one in (step, answered):
                one.failure(handlers.failed, None, [chat, under], queue=False, **_QUIET)
        cited.cite(handlers.cite, None, [cited], queue=False, **_QUIET)
        cited.edit(handlers.edit, None, [box], queue=False, **_QUIET)
        under.stop(handlers.stop, None, [chat, under], queue=False, **_QUIET)
        under.rate(handlers.rate, None, [under], queue=False, **_QUIET)
        narrowed.narrow(handlers.narrow, None, [narrowed], queue=False, **_QUIET)
        narrowed.widen(handlers.widen, None, [narrowed], queue=False, **_QUIET)
        whole = [box, chat, cited, under]
        for other in (
            under.undo(handlers.undo, None, whole, queue=False, **_QUIET),
            clear.click(handlers.clear, None, whole, queue=False, **_QUIET),
            earlier.forget(handlers.clear, None, whole, queue=False, **_QUIET),
            earlier.begin(handlers.begin, None, whole, queue=False, **_QUIET),
        ):
            other.success(handlers.kept, None, [earlier], queue=False, **_QUIET)
        resumed = earlier.resume(handlers.resume, None, whole[1:], **_QUIET)
        resumed.success(handlers.suggest, None, [under], queue=False, **_QUIET)
        resumed.success(handlers.kept, None, [earlier], queue=False, **_QUIET)
        resumed.failure(handlers.failed, None, [chat, under], queue=False, **_QUIET)
        blocks.load(handlers.start, None, [cited, under, narrowed, rooms, earlier], queue=False, **_QUIET)
        if not service.opening.ready:
            blocks.load(handlers.opened, None, [under, narrowed], queue=False, **_QUIET)
    # Gradio's own queue never holds a question up: they wait at the service's desk, where they can be told so.
    blocks.max_threads = service.options.at_once + service.options.waiting + WINDOWS
    blocks.queue(default_concurrency_limit=None, api_open=False)
    return blocks, words
