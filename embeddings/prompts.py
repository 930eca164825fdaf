"""What a model wants put before a question or a passage.

Newer models carry their instructions with them, in config_sentence_transformers.json. Some well-known families were
published before that was usual and state them on their model cards only; `FAMILIES` has these.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Prompts:
    """Put before each text as they stand; None for what the model itself carries, "" for nothing."""

    question: str | None = None
    passage: str | None = None


@dataclass(frozen=True, slots=True)
class Family:
    """Models whose name, the part after the slash, matches `names`; `source` is the model card that says so."""

    names: re.Pattern[str]
    question: str
    passage: str
    source: str


def _family(names: str, question: str, passage: str, source: str) -> Family:
    return Family(re.compile(names, re.IGNORECASE), question, passage, source)


FAMILIES = (
    _family(
        r"bge-(?:small|base|large)-zh(?:-v1\.5)?",
        "为这个句子生成表示以用于检索相关文章：",
        "",
        "BAAI/bge-small-zh-v1.5, section Model List: query instruction for retrieval; none for passages",
    ),
    _family(
        r"bge-(?:small|base|large)-en(?:-v1\.5)?",
        "Represent this sentence for searching relevant passages: ",
        "",
        "BAAI/bge-small-en-v1.5, section Model List: query instruction for retrieval; none for passages",
    ),
    _family(
        r"(?:multilingual-)?e5-(?:small|base|large)(?:-v2)?",
        "query: ",
        "passage: ",
        'intfloat/multilingual-e5-small, section FAQ: "query: " and "passage: " for asymmetric tasks',
    ),
)


def prompts_of(name: str, folder: Path) -> Prompts:
    """The instructions of a model that was named `name` and lies in `folder`.

    :returns: Prompts(None, None), the model's own, where it carries any or is of no known family.
    """
    if _carries_prompts(folder):
        return Prompts()
    for known in (name, str(folder)):
        family = next((family for family in FAMILIES if family.names.fullmatch(model_name(known))), None)
        if family is not None:
            return Prompts(family.question, family.passage)
    return Prompts()


def model_name(place: str) -> str:
    """The last part of a hub id or a folder's path, also of a folder in the hub's cache.

    >>> model_name("BAAI/bge-small-zh-v1.5"), model_name("hub/models--intfloat--e5-small/snapshots/0f3a/")
    ('bge-small-zh-v1.5', 'e5-small')
    """
    parts = Path(place).expanduser().resolve().parts if Path(place).exists() else Path(place).parts
    cached = next((part for part in reversed(parts) if part.startswith("models--")), None)
    if cached is not None:
        return cached.rsplit("--", 1)[-1]
    return parts[-1] if parts else ""


def _carries_prompts(folder: Path) -> bool:
    """Whether the model has an instruction of its own. Empty ones are written to every model that is saved anew."""
    try:
        config = json.loads((folder / "config_sentence_transformers.json").read_text(encoding="utf-8"))
        return any(config.get("prompts", {}).values())
    except (OSError, ValueError, AttributeError):
        # No such file, or one that sentence-transformers will complain of.
        return False
