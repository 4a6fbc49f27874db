"""Which open tickets look like one, by the site's settings: for people, on the page and in notices."""

import time
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from gateway.config import Config
from gateway.store import Store, listing, matters, similar
from gateway.store.similar import Scope, Similar
from gateway.tickets.similar import ALIKE

SHOWN = 20  # on the page of a ticket
_IN_NOTICES = 5

Likely = Mapping[str, str]  # as templates see it: `number` as people write it, `title`, and `why` in a few words


def scope(cfg: Config, at: datetime) -> Scope:
    """What is compared now."""
    return Scope(since=at - cfg.similar.within, ended=cfg.status_table.ended, organisation_for=cfg.organisation_for)


def catch_up(store: Store, cfg: Config, at: datetime, *, seconds: float | None = None) -> None:
    """Take in the tickets that are new, all of them or as many as fit into the time."""
    until = None if seconds is None else time.monotonic() + seconds
    while matters.take_in(store, scope(cfg, at)) and (until is None or time.monotonic() < until):
        pass


def on_page(store: Store, cfg: Config, number: int, at: datetime) -> list[Similar]:
    """What stands on the page of a ticket: those likest to it."""
    return similar.of(store, number, scope(cfg, at), limit=SHOWN)


def whole(store: Store, cfg: Config, number: int, at: datetime, *, at_least: float = ALIKE) -> list[Similar]:
    """Every open ticket that looks like this one, be it one of the likest or one more of its matter."""
    catch_up(store, cfg, at)
    what = scope(cfg, at)
    return similar.of(store, number, what, at_least=at_least, also=matters.matter_of(store, number, what))


def of_matter(
    store: Store, cfg: Config, number: int, at: datetime, *, at_least: float
) -> tuple[list[Similar], list[Similar]]:
    """As `whole`, and those of its matter that look less like it."""
    catch_up(store, cfg, at)
    with store.main.read() as conn:
        return of_matter_in(conn, cfg, number, at, at_least=at_least)


def of_matter_in(
    conn: Connection, cfg: Config, number: int, at: datetime, *, at_least: float
) -> tuple[list[Similar], list[Similar]]:
    """As `of_matter`, as the caller's transaction sees it, and as far as new tickets were taken in."""
    what = scope(cfg, at)
    matter = matters.matter_in(conn, number, what)
    every = similar.of_in(conn, number, what, at_least=0, also=matter)
    enough = [one for one in every if one.score >= at_least]
    return enough, [one for one in every if one.score < at_least and one.number in matter]


def in_notice(store: Store, cfg: Config, number: int, at: datetime) -> list[Likely]:
    """The few likest, for the notice of a ticket."""
    found = similar.of(store, number, scope(cfg, at), limit=_IN_NOTICES)
    opened = listing.opened_at(store, [one.number for one in found])
    return [
        {
            "number": cfg.numbers.show(one.number, opened[one.number]),
            "title": one.subject,
            "why": "; ".join(one.why),
        }
        for one in found
    ]
