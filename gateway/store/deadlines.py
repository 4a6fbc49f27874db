"""Which tickets the clock has to look at. One index tells, however many tickets there are."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, text

from gateway.store import tables
from gateway.store.fast import one_of, update_where

BATCH = 200  # tickets
PUT_OFF = timedelta(minutes=10)  # a ticket on which our own code stumbled
_ticket = tables.ticket.c


def due(conn: Connection, at: datetime, limit: int = BATCH) -> list[int]:
    """Tickets on which something may be due, the longest waiting first."""
    waiting = select(_ticket.number).where(_ticket.next_tick_at <= at).order_by(_ticket.next_tick_at)
    return list(conn.execute(waiting.limit(limit)).scalars())


def unended(conn: Connection, after: int, limit: int = BATCH) -> list[Mapping[str, Any]]:
    """The rows of tickets that are still worked on, ascending by number, a page of them."""
    rows = select(tables.ticket).where(text(tables.OPEN_SQL), _ticket.number > after).order_by(_ticket.number)
    return [dict(row._mapping) for row in conn.execute(rows.limit(limit))]


def note(conn: Connection, number: int, version: int, values: Mapping[str, Any]) -> bool:
    """What the clock keeps for itself; nothing that people see changes. False where the ticket has moved on."""
    return update_where(conn, tables.ticket, {"number": number, "version": version}, values) == 1


def done_steps(conn: Connection, numbers: Collection[int]) -> frozenset[tuple[int, str]]:
    """The steps that these tickets' journals have, each with its ticket."""
    event = tables.event.c
    theirs = (one_of(conn, event.ticket, list(numbers)), event.step_key.is_not(None))
    return frozenset(map(tuple, conn.execute(select(event.ticket, event.step_key).where(*theirs))))
