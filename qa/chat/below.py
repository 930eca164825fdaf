"""What stands between the conversation and the question box: example questions; while a question is being answered, how
to stop that; after it, what to ask next, what to do with the conversation, and what the reader thinks of the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote as percent

from qa.chat.labels import Language, say
from qa.chat.render import escaped, language_of
from qa.chat.session import Session, Turn
from qa.feedback import LONGEST_WORD


def below(session: Session, key: str, examples: Sequence[str], lang: Language) -> str:
    """What fits the session as it is.

    :param key: the window's, which its conversation can be taken away by; "" where it is not remembered.
    """
    last = session.last_turn
    if last is None:
        return chips(examples, lang)
    if session.pending:
        return f'<p class="tools"><button type="button" class="do stop">{escaped(say(lang, "stop"))}</button></p>'
    return _suggestions(session, last, lang) + _tools(session, key, lang) + _rating(last, lang)


def chips(questions: Sequence[str], lang: Language) -> str:
    """The example questions as buttons; a button carries its number alone."""
    return _buttons(questions, "examples", "chip", "data-example", lang)


def _suggestions(session: Session, last: Turn, lang: Language) -> str:
    return _buttons([one.question for one in session.open(last)], "suggested", "chip next", "data-next", lang)


def _buttons(questions: Sequence[str], label: str, kind: str, number: str, lang: Language) -> str:
    if not questions:
        return ""
    buttons = "".join(
        f'<button type="button" class="{kind}" {number}="{index:d}" lang="{language_of(question)}">'
        f"{escaped(question)}</button>"
        for index, question in enumerate(questions)
    )
    return f'<p class="label">{escaped(say(lang, label))}</p><div class="chips">{buttons}</div>'


def _tools(session: Session, key: str, lang: Language) -> str:
    """Buttons for the last question, and links to take the conversation away."""
    out = [f'<button type="button" class="do {name}">{escaped(say(lang, name))}</button>' for name in ("retry", "undo")]
    if key and any(turn.reply is not None for turn in session.turns.values()):
        out += [
            f'<a download href="/export/{percent(key, safe="")}.{kind}">{escaped(say(lang, f"export_{kind}"))}</a>'
            for kind in ("md", "html", "csv")
        ]
    return f'<p class="tools" role="group" aria-label="{escaped(say(lang, "tools"))}">{" ".join(out)}</p>'


def _rating(last: Turn, lang: Language) -> str:
    """Two thumbs for the last answer; once one is given, room for a word and for the right answer."""
    if last.reply is None:
        return ""
    thumbs = "".join(
        f'<button type="button" class="rate" data-turn="{last.number:d}" data-liked="{liked:d}" '
        f'aria-pressed="{str(last.liked is bool(liked)).lower()}">{escaped(say(lang, name))}</button>'
        for liked, name in ((1, "liked"), (0, "disliked"))
    )
    out = f'<p class="rating"><span class="label">{escaped(say(lang, "rate"))}</span> {thumbs}</p>'
    if last.liked is None:
        return out
    out += f'<p class="label" role="status">{escaped(say(lang, "rated" if last.noted else "rate_failed"))}</p>'
    if not last.noted or last.worded:
        return out
    names = ["word"] if last.liked else ["word", "answer"]
    fields = "".join(
        f"<label><span>{escaped(say(lang, f'rate_{name}'))}</span>"
        f'<input type="text" name="{name}" maxlength="{LONGEST_WORD:d}" autocomplete="off"></label>'
        for name in names
    )
    return (
        f'{out}<form class="word" data-turn="{last.number:d}" data-liked="{last.liked:d}">{fields}'
        f'<button type="submit">{escaped(say(lang, "rate_send"))}</button></form>'
    )
