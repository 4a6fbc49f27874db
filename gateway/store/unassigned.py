"""Tickets that nobody was free to take: which wait, and what is known of each."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from gateway.store import lookup, tables

PAGE = 500  # tickets, with their texts, in memory at once
_waiting, _ticket = tables.unassigned.c, tables.ticket.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One ticket that waits for an agent: `policy` and `skills` as the rule gave them, `row` the ticket's."""

    ticket: int
    policy: tuple[str, ...]
    skills: tuple[str, ...]
    organisation: str | None
    told_at: datetime | None
    row: Mapping[str, Any]
    requester: str  # an address key


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """How many tickets each agent has open, who had each last turn, who is absent: now."""

    open_tickets: Mapping[str, int]
    turns: Mapping[str, str]
    away: frozenset[str]


def waiting(conn: Connection, *, after: int = 0, upto: int | None = None) -> list[Waiting]:
    """Tickets that wait, ascending by number, a page of them: those after a number, and not beyond another."""
    query = select(tables.unassigned).where(_waiting.ticket > after).order_by(_waiting.ticket).limit(PAGE)
    rows = conn.execute(query if upto is None else query.where(_waiting.ticket <= upto)).all()
    tickets = lookup.tickets(conn, [row.ticket for row in rows])
    keys = _requesters(conn, [tickets[row.ticket]["requester_id"] for row in rows])
    return [
        Waiting(
            ticket=row.ticket,
            policy=tuple(row.policy),
            skills=tuple(row.skills),
            organisation=row.organisation,
            told_at=row.told_at,
            row=tickets[row.ticket],
            requester=keys.get(tickets[row.ticket]["requester_id"], ""),
        )
        for row in rows
    ]


def roster(conn: Connection, at: datetime, ended: Collection[str]) -> Roster:
    """What assignment goes by; `ended`: statuses of the site's own that end a ticket."""
    return Roster(open_tickets=lookup.open_tickets(conn, ended), turns=lookup.turns(conn), away=lookup.away(conn, at))


def last_agent(conn: Connection, requester_id: int | None) -> str | None:
    """Who had this customer's latest ticket that was anybody's."""
    theirs = (_ticket.requester_id == requester_id, _ticket.assignee.is_not(None))
    query = select(_ticket.assignee).where(*theirs).order_by(_ticket.number.desc()).limit(1)
    return conn.execute(query).scalar() if requester_id is not None else None


def mark_told(conn: Connection, numbers: Collection[int], at: datetime) -> None:
    """Their lead has heard of these."""
    conn.execute(update(tables.unassigned).where(_waiting.ticket.in_(numbers)).values(told_at=at))


def was_told(conn: Connection, step_key: str) -> bool:
    """Whether the journal has this step, which is no ticket's own."""
    event = tables.event.c
    return conn.execute(select(event.id).where(event.ticket.is_(None), event.step_key == step_key)).first() is not None


def _requesters(conn: Connection, ids: Collection[int | None]) -> dict[int, str]:
    known = {one for one in ids if one is not None}
    query = select(tables.address.c.person_id, tables.address.c.addr).where(tables.address.c.person_id.in_(known))
    return dict(map(tuple, conn.execute(query))) if known else {}
