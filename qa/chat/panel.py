"""The fold-out of filters and settings above the question box, and the chips of those that are set, as HTML."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence

from qa.chat.labels import Language, say
from qa.chat.render import escaped, page_name
from qa.chat.settings import PASSAGES, THRESHOLDS, Choices, Settings
from qa.papers import Papers


def panel(settings: Settings, choices: Choices, about: Mapping[str, int | str], papers: Papers, lang: Language) -> str:
    """The whole of it; of dates and pages only where the pages tell any.

    :param about: of the pages in use: counts of pages and passages, the model, when the index was made.
    :param papers: gives the names that files are shown under.
    """
    days = [day.isoformat() for day in choices.days]
    bounds = f' min="{days[0]}" max="{days[-1]}"' if days else ""
    fields = []
    if days or settings.first is not None or settings.last is not None:
        fields += [
            _field("first", f'<input type="date"{bounds}{_value(settings.first)} %s>', lang),
            _field("last", f'<input type="date"{bounds}{_value(settings.last)} %s>', lang),
        ]
    if choices.pages or settings.page is not None:
        pages = [(one, page_name(one, lang)) for one in choices.pages]
        fields.append(_select("filter_page", "page", pages, settings.page, lang))
    threshold = None if settings.threshold is None else str(settings.threshold)
    sure = [(str(one), say(lang, "threshold_at", n=one)) for one in THRESHOLDS]
    kinds = [(one, say(lang, f"kind_{one}")) for one in choices.kinds]
    fields += [
        _select("filter_kind", "kind", kinds, settings.kind, lang),
        _listed("reporter", [(one, "") for one in choices.reporters], settings.reporter, lang),
        _listed("source", [(one, papers.names.get(one, "")) for one in choices.sources], settings.source, lang),
        _select("setting_passages", "passages", [(str(n), str(n)) for n in PASSAGES], str(settings.passages), lang, ""),
        _select("setting_threshold", "threshold", sure, threshold, lang, "threshold_standard"),
    ]
    model = say(lang, "model_bundled") if about.get("model") == "bundled" else about.get("model")
    known = f'<p class="about">{escaped(say(lang, "in_use", **{**about, "model": model}))}</p>' if about else ""
    return (
        f'<details class="panel"><summary>{escaped(say(lang, "filters"))}</summary><form>{"".join(fields)}'
        f'<button type="submit" class="apply">{escaped(say(lang, "filter_apply"))}</button></form>{known}</details>'
        f"{_chips(settings, papers, lang)}"
    )


def _value(value: object) -> str:
    return "" if value is None else f' value="{_quoted(str(value))}"'


def _quoted(text: str) -> str:
    """`text` in an attribute, where a line feed is one and no <br>."""
    return html.escape(text, quote=True)


def _field(name: str, control: str, lang: Language, key: str = "") -> str:
    """A control with its label; `%s` in it is the place of its name."""
    label = escaped(say(lang, key if key else f"filter_{name}"))
    head, _, tail = control.partition("%s")
    return f'<label><span>{label}</span>{head}name="{name}"{tail}</label>'


def _select(
    key: str, name: str, options: Sequence[tuple[str, str]], chosen: str | None, lang: Language,
    any_: str = "filter_any",
) -> str:  # fmt: skip
    """A list to choose from, with its pairs of value and text; `any_` is the label of an empty choice, if not ""."""
    if chosen is not None and chosen not in (value for value, _ in options):
        options = [*options, (chosen, chosen)]
    rows = [("", say(lang, any_)), *options] if any_ else list(options)
    inner = "".join(
        f'<option value="{_quoted(value)}"{" selected" if value == (chosen or "") else ""}>{escaped(text)}</option>'
        for value, text in rows
    )
    return _field(name, f"<select %s>{inner}</select>", lang, key)


def _listed(name: str, options: Iterable[tuple[str, str]], chosen: str | None, lang: Language) -> str:
    """A box to type in that offers what there is, each with another name that it is shown under, if any."""
    inner = "".join(
        f'<option value="{_quoted(value)}"{f" label={chr(34)}{_quoted(text)}{chr(34)}" if text else ""}></option>'
        for value, text in options
    )
    control = f'<input type="text" maxlength="200" list="known-{name}"{_value(chosen)} autocomplete="off" %s>'
    return f'{_field(name, control, lang)}<datalist id="known-{name}">{inner}</datalist>'


def _chips(settings: Settings, papers: Papers, lang: Language) -> str:
    """What is set, each to be dropped by a click: filters, then what is no filter; "" where nothing is."""
    rows = [
        _row(key, found, lang)
        for key, found in (("filters_on", _filters(settings, papers, lang)), ("settings_on", _others(settings, lang)))
        if found
    ]
    if not rows:
        return ""
    every = f'<button type="button" class="drop all" data-drop="">{escaped(say(lang, "filter_clear"))}</button>'
    return f'<p class="on">{" ".join(rows)} {every}</p>'


def _row(key: str, found: Sequence[tuple[str, str]], lang: Language) -> str:
    buttons = " ".join(
        f'<button type="button" class="drop" data-drop="{name}" '
        f'aria-label="{_quoted(say(lang, "filter_drop", name=text))}">{escaped(text)} <span>×</span></button>'
        for name, text in found
    )
    return f'<span class="label">{escaped(say(lang, key))}</span> {buttons}'


def _filters(settings: Settings, papers: Papers, lang: Language) -> list[tuple[str, str]]:
    """The name and the text of each filter."""
    first, last = settings.first, settings.last
    if first is not None and last is not None:
        days = first.isoformat() if first == last else say(lang, "between_days", first=first, last=last)
    elif first is not None:
        days = say(lang, "from_day", first=first)
    else:
        days = "" if last is None else say(lang, "to_day", last=last)
    page, kind, source = settings.page, settings.kind, settings.source
    found = (
        ("date", days),
        ("page", "" if page is None else page_name(page, lang)),
        ("kind", "" if kind is None else say(lang, f"kind_{kind}")),
        ("reporter", settings.reporter or ""),
        ("source", "" if source is None else papers.names.get(source, source)),
    )
    return [(name, text) for name, text in found if text]


def _others(settings: Settings, lang: Language) -> list[tuple[str, str]]:
    """The name and the text of each setting that is no filter and not as it was at first."""
    found = []
    if settings.passages != Settings().passages:
        found.append(("passages", say(lang, "passages_at", n=settings.passages)))
    if settings.threshold is not None:
        found.append(("threshold", say(lang, "threshold_set", n=settings.threshold)))
    return found
