"""Why a passage is listed: what the search found in it, by name and by its share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from qa.chat.labels import TEXTS, Language, say
from qa.chat.render import escaped
from qa.rank import reasons

_LEAST: Final = 0.005


def why(features: Mapping[str, float], lang: Language) -> str:
    """A fold-out of what put a passage where it is, the most telling first; "" where nothing is known.

    Shares are of all that speaks for the passage, in per cent; what speaks against it has a minus. What says less than
    half a per cent is left out.
    """
    found = reasons(features)
    total = sum(one.adds for one in found if one.adds > 0)
    rows = [
        f"<li><span>{escaped(_name(one.feature, lang))}</span> <b>{one.adds / total:+.0%}</b></li>"
        for one in found
        if total > 0 and abs(one.adds) / total >= _LEAST
    ]
    if not rows:
        return ""
    return (
        f'<details class="why"><summary>{escaped(say(lang, "why"))}</summary>'
        f'<p class="hint">{escaped(say(lang, "why_hint"))}</p><ul>{"".join(rows)}</ul></details>'
    )


def _name(feature: str, lang: Language) -> str:
    """A feature that is new has no name for readers yet."""
    key = f"why_{feature}"
    return say(lang, key) if key in TEXTS[lang] else feature
