"""A turn of a conversation taken over to a newer archive of the same pages, or dropped where its page has gone."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from qa.cite import cite
from qa.filters import Rows
from qa.followup import Carried
from qa.records import Excerpt, Hit, Reply, excerpt

if TYPE_CHECKING:
    from qa.archive import Archive
    from qa.conversation import Turn


def moved(turn: Turn, old: Archive, new: Archive) -> Turn | None:
    """The turn with everything in it that `new` still has, as it stands there; None if what it quoted has gone.

    A passage is still there where its article's text is the same, to which its id is bound; where on the page it stands
    may have changed.
    """
    hit = _hit(turn.hit, new)
    reply = _reply(turn.reply, new)
    if hit is None or reply is None:
        return None
    shown = {name: ranges for name, ranges in turn.shown.items() if new.contents.passage(name) is not None}
    return dataclasses.replace(
        turn,
        reply=reply,
        hit=hit,
        carried=_carried(turn.carried, new),
        rows=_rows(turn.rows, old, new),
        shown=shown,
    )


def _hit(hit: Hit, new: Archive) -> Hit | None:
    passage = new.contents.passage(hit.passage.id)
    if passage is None or passage.text != hit.passage.text:
        return None
    article = new.article(passage.article_id)
    return (
        None
        if article is None
        else dataclasses.replace(hit, passage=passage, article=article, page=new.page(passage.source))
    )


def _reply(reply: Reply, new: Archive) -> Reply | None:
    """The reply without the hits that have gone; None if its quote has."""
    hits: list[Hit] = []
    places: dict[int, int] = {}
    for n, hit in enumerate(reply.hits):
        if (still := _hit(hit, new)) is not None:
            places[n] = len(hits)
            hits.append(still)

    def at(one: Excerpt | None) -> Excerpt | None:
        if one is None or one.hit not in places:
            return None
        place = places[one.hit]
        return excerpt(hits[place].passage, place, one.start, one.end)

    quote = at(reply.quote)
    if quote is None:
        return None
    return dataclasses.replace(
        reply,
        quote=quote,
        answer=at(reply.answer),
        hits=tuple(hits),
        citation=cite(hits[quote.hit]),
        also=tuple(moved for one in reply.also if (moved := at(one)) is not None),
        withheld=at(reply.withheld),
    )


def _carried(carried: Carried | None, new: Archive) -> Carried | None:
    if carried is None or (carried.article_id and new.article(carried.article_id) is None):
        return None
    shown = {name: ranges for name, ranges in carried.shown.items() if new.contents.passage(name) is not None}
    return dataclasses.replace(carried, shown=shown)


def _rows(rows: Rows | None, old: Archive, new: Archive) -> Rows | None:
    """The rows of the passages that were selected: a row is of one archive only, a passage's id is of all."""
    if rows is None:
        return None
    return new.contents.rows(old.contents.ids(rows))
