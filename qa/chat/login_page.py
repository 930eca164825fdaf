"""The page to sign in at: a form, no script."""

from __future__ import annotations

from qa.chat.labels import LANGUAGES, Language, say
from qa.chat.plain_page import document
from qa.chat.render import escaped


def login_page(lang: Language, problem: str = "") -> str:
    """The form, with what was wrong with the last try above it."""
    said = f'<p class="problem" role="alert">{escaped(problem)}</p>' if problem else ""
    name, password, send = (escaped(say(lang, key)) for key in ("login_name", "login_password", "login"))
    return document(
        say(lang, "title"),
        f"<h1>{escaped(say(lang, 'title'))}</h1>{said}"
        f'<form method="post" action="/login"><p><label>{name}<br>'
        '<input name="name" autocomplete="username" maxlength="64" required autofocus></label></p>'
        f'<p><label>{password}<br><input name="password" type="password" autocomplete="current-password" '
        f'maxlength="200" required></label></p><p><button>{send}</button></p></form>',
        lang,
    )


def logout_form() -> str:
    """A button that signs out, in both languages: the window is laid out before anyone's is known."""
    said = " · ".join(say(lang, "logout") for lang in LANGUAGES)
    return f'<form method="post" action="/logout"><button class="logout">{escaped(said)}</button></form>'
