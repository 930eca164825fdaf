"""Results as rows of results.jsonl, and the check that each cites what its page says."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from corpus.dates import dates_in
from corpus.errors import EvaluationError
from corpus.issue import issue_day
from corpus.records import Page, Span
from corpus.regions import regions_of
from qa.measure.question_sets import Question
from qa.records import Excerpt, Hit, Reply

REASONS = ("off_topic", "not_stated", "not_a_question", "too_long")
# Line ends to some readers of JSON Lines, though not to JSON.
_ESCAPED = str.maketrans({c: f"\\u{ord(c):04x}" for c in "\x85\u2028\u2029"})


def as_row(question: Question, reply: Reply, seconds: float) -> dict[str, Any]:
    """A reply as other programs read it: the keys and their order are an interface."""
    return {
        "id": question.id,
        "question": question.text,
        "effective_question": reply.effective_question,
        "answered": reply.answered,
        "reason": reply.reason,
        "answer": excerpt_row(reply.answer),
        "quote": excerpt_row(reply.quote),
        "passages": [hit_row(hit) for hit in reply.hits],
        "seconds": round(seconds, 6),
    }


def hit_row(hit: Hit) -> dict[str, Any]:
    """A hit as other programs read it."""
    passage = hit.passage
    return {
        "id": passage.id,
        "source": passage.source,
        "article": passage.article_id,
        "headline": passage.headline,
        "kind": passage.kind,
        "paragraph": passage.paragraph,
        "text": passage.text,
        "spans": [list(span) for span in passage.spans],
        "score": float(hit.score),
    }


def excerpt_row(excerpt: Excerpt | None) -> dict[str, Any] | None:
    if excerpt is None:
        return None
    return {"text": excerpt.text, "passage": excerpt.hit, "start": excerpt.start, "end": excerpt.end}


def shown_hit_row(hit: Hit, continued: str | None) -> dict[str, Any]:
    """A hit as `ask` and `search` print it: `hit_row`, and what is known of issue, dates and place.

    :param continued: the id of the article that continues the hit's own, None where there is none.
    """
    passage, page = hit.passage, hit.page
    return hit_row(hit) | {
        "date": page.date,
        "page": page.page,
        "dates": dates_rows(hit, 0, len(passage.text)),
        "regions": region_rows(page, passage.spans),
        "continued": continued,
    }


def shown_excerpt_row(excerpt: Excerpt | None, hits: Sequence[Hit]) -> dict[str, Any] | None:
    """A quote or answer as `ask` prints it: `excerpt_row`, its spans, its dates and its place."""
    row = excerpt_row(excerpt)
    if excerpt is None or row is None:
        return None
    hit = hits[excerpt.hit]
    return row | {
        "spans": [list(span) for span in excerpt.spans],
        "dates": dates_rows(hit, excerpt.start, excerpt.end),
        "regions": region_rows(hit.page, excerpt.spans),
    }


def dates_rows(hit: Hit, start: int, end: int) -> list[dict[str, Any]]:
    """The dates printed whole in `passage.text[start:end]`, in order; `first` and `last` are ISO 8601 or None.

    They are read in the whole passage, since one may lean on another before it (同年, 去年同期).
    """
    text = hit.passage.text
    return [
        {
            "text": text[mention.start : mention.end],
            "first": None if mention.first is None else mention.first.isoformat(),
            "last": None if mention.last is None else mention.last.isoformat(),
            "precision": mention.precision,
        }
        for mention in dates_in(text, issue_day(hit.page.date))
        if start <= mention.start and mention.end <= end
    ]


def region_rows(page: Page, spans: Sequence[Span]) -> list[dict[str, Any]]:
    """Where the text at `spans` is printed: `sheet` from 1, `box` left, top, right, bottom; empty without a layout."""
    return [{"sheet": region.sheet, "box": list(region.box)} for region in regions_of(page, spans)]


def dump_line(row: dict[str, Any]) -> str:
    """The row as one line of JSON, whatever its reader takes for a line end."""
    return json.dumps(row, ensure_ascii=False, allow_nan=False).translate(_ESCAPED) + "\n"


def sliced(source_text: str, spans: Sequence[Span]) -> str:
    """What stands at the spans, with white space at the joints dropped.

    >>> sliced("公交 \\n公司的车", ((0, 3), (4, 6)))
    '公交公司'
    """
    pieces = [source_text[start:end] for start, end in spans]
    last = len(pieces) - 1
    for n, piece in enumerate(pieces):
        piece = piece.lstrip() if n > 0 else piece
        pieces[n] = piece.rstrip() if n < last else piece
    return "".join(pieces)


def check_hits(name: str, hits: Sequence[Hit]) -> None:
    """Check that the passages stand best first and that each is what its page says.

    :raises EvaluationError: naming the row `name`, the passage, and both texts where they differ.
    """
    for n, hit in enumerate(hits):
        passage, page = hit.passage, hit.page
        if passage.source != page.source or passage.article_id != hit.article.id:
            raise EvaluationError(
                f"Row {name}, passage {n} ({passage.id}): it is of {passage.source}, article {passage.article_id}, but "
                f"comes with the page {page.source}, article {hit.article.id}."
            )
        _check_text(f"Row {name}, passage {n} ({passage.id})", passage.text, page.text, passage.spans)
        if not math.isfinite(hit.score) or (n > 0 and hit.score > hits[n - 1].score):
            raise EvaluationError(
                f"Row {name}, passage {n} ({passage.id}): its score {hit.score} is no number or above that of the "
                "passage before it; passages stand best first."
            )


def check_reply(name: str, reply: Reply) -> None:
    """Check that quote and answer are slices of their passages and of the source, and that the reason fits.

    :raises EvaluationError: naming the row `name` and what differs.
    """
    if reply.answered:
        if reply.quote is None or reply.reason:
            raise EvaluationError(f"Row {name} is answered, but has no quote or has the reason {reply.reason!r}.")
    elif reply.quote is not None or reply.answer is not None or reply.reason not in REASONS:
        raise EvaluationError(
            f"Row {name} is not answered, but has a quote or an answer, or a reason other than {', '.join(REASONS)} "
            f"({reply.reason!r})."
        )
    again = [("sentence that says it again", one) for one in reply.also]
    kept_back = ("quote that was not shown", reply.withheld)
    for part, excerpt in [("quote", reply.quote), ("answer", reply.answer), kept_back, *again]:
        if excerpt is None:
            continue
        place = f"Row {name}, {part}"
        if not 0 <= excerpt.hit < len(reply.hits):
            raise EvaluationError(f"{place}: it is of passage {excerpt.hit}, and there are {len(reply.hits)}.")
        hit = reply.hits[excerpt.hit]
        inside = 0 <= excerpt.start < excerpt.end <= len(hit.passage.text)
        if not inside or hit.passage.text[excerpt.start : excerpt.end] != excerpt.text:
            raise EvaluationError(
                f"{place}: characters {excerpt.start} to {excerpt.end} of its passage {hit.passage.id} are "
                f"{_short(hit.passage.text[max(0, excerpt.start) : max(0, excerpt.end)])}, not {_short(excerpt.text)}."
            )
        _check_text(place, excerpt.text, hit.page.text, excerpt.spans)


def _check_text(place: str, text: str, source_text: str, spans: Sequence[Span]) -> None:
    if not spans or any(not 0 <= start < end <= len(source_text) for start, end in spans):
        raise EvaluationError(
            f"{place}: its spans {list(spans)} are not ranges of a page of {len(source_text)} characters."
        )
    if sliced(source_text, spans) != text:
        raise EvaluationError(f"{place}: its page says {_short(sliced(source_text, spans))}, it says {_short(text)}.")


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:40]}…{text[-19:]}")
