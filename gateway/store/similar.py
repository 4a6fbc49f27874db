"""Open tickets that look like one another, found by the tokens they share."""

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from gateway.store import tables
from gateway.store.engine import Store
from gateway.store.fast import one_of
from gateway.tickets.similar import ALIKE, NEWEST, TEXT_CAP, Profile, candidates, house_of, likeness
from gateway.tickets.similar import profile as profile_of
from gateway.tickets.status import Status

_ticket = tables.ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which tickets are compared: open ones that were opened after `since`.

    `ended`: the site's own statuses in which a ticket is done with; `organisation_for`: whose an address is.
    """

    since: datetime
    ended: Collection[str] = ()
    organisation_for: Callable[[str], str | None] = lambda _: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Similar:
    """An open ticket that looks like the one asked about."""

    number: int
    score: float
    why: tuple[str, ...]
    subject: str


def of(
    store: Store,
    number: int,
    scope: Scope,
    *,
    at_least: float = ALIKE,
    limit: int | None = None,
    also: Collection[int] = (),
) -> list[Similar]:
    """The open tickets that look like this one, likest first: those whose score is `at_least` so high.

    Compared is what shares its rarest tokens, and what is named in `also`.
    """
    with store.main.read() as conn:
        return of_in(conn, number, scope, at_least=at_least, also=also)[:limit]


def of_in(
    conn: Connection, number: int, scope: Scope, *, at_least: float = ALIKE, also: Collection[int] = ()
) -> list[Similar]:
    """As `of`, as the caller's transaction sees them."""
    found = profiles_in(conn, [number], scope, open_only=False)
    if number not in found:
        return []
    one, _ = found[number]
    holders = holders_of(conn, one.tokens, {number})
    compared = {*candidates(one, holders), *also} - {number}
    others = profiles_in(conn, sorted(compared), scope)
    common = counts_of(conn, {*one.tokens}.union(*(other.tokens for other, _ in others.values())), without=number)
    common |= {token: common[token] + 1 for token in one.tokens}
    alike = [(likeness(one, other, common), other.number, subject) for other, subject in others.values()]
    return sorted(
        (
            Similar(number=other, score=like.score, why=like.why, subject=subject)
            for like, other, subject in alike
            if like.score >= at_least
        ),
        key=lambda one: (-one.score, one.number),
    )


def holders_of(conn: Connection, tokens: Iterable[str], without: Collection[int]) -> dict[str, list[int]]:
    """For each token the newest tickets that have it, ascending; NEWEST at most, however many there are."""
    wanted = sorted(tokens)
    newest = (
        "SELECT t.value, h.ticket FROM {} JOIN ticket_token AS h ON h.token = t.value AND h.ticket >= coalesce("
        "(SELECT n.ticket FROM ticket_token AS n WHERE n.token = t.value ORDER BY n.ticket DESC"
        f" LIMIT 1 OFFSET {NEWEST - 1}), 0)"
    )
    holders: dict[str, list[int]] = {token: [] for token in wanted}
    for token, number in _for_each(conn, newest, wanted):
        if number not in without:
            holders[token].append(number)
    for having in holders.values():
        having.sort()
    return holders


def counts_of(conn: Connection, tokens: Collection[str], *, without: int = 0) -> dict[str, int]:
    """For each token how many tickets have it, but for one, counted up to NEWEST."""
    counted = (
        "SELECT t.value, (SELECT count(*) FROM (SELECT 1 FROM ticket_token AS n WHERE n.token = t.value"
        f" AND n.ticket <> {without:d} LIMIT {NEWEST}) AS few) FROM {{}}"
    )
    return dict(map(tuple, _for_each(conn, counted, sorted(tokens))))


def _for_each(conn: Connection, sql: str, values: Sequence[str]) -> Any:
    """The rows of a statement in which `{}` stands for the values, as `t.value`."""
    if conn.dialect.name == "postgresql":
        return conn.exec_driver_sql(sql.format("unnest(%s::text[]) AS t(value)"), (list(values),))
    return conn.exec_driver_sql(sql.format("json_each(?) AS t"), (json.dumps(values),))


def profiles_in(
    conn: Connection, numbers: Sequence[int], scope: Scope, *, open_only: bool = True
) -> dict[int, tuple[Profile, str]]:
    """Profiles and subjects by number, of those that are compared unless all are asked for."""
    at, address = _ticket.c, tables.address.c
    mailbox = select(address.addr).where(address.person_id == at.requester_id).order_by(address.addr).limit(1)
    statement = select(
        at.number,
        at.title,
        func.substr(at.description, 1, TEXT_CAP).label("text"),
        at.area,
        at.requester_id,
        mailbox.scalar_subquery().label("mailbox"),
    ).where(one_of(conn, at.number, numbers))
    rows = conn.execute(statement.where(*is_compared(scope)) if open_only else statement)
    return {row.number: (_profile(row, scope), row.title) for row in rows}


def _profile(row: Any, scope: Scope) -> Profile:
    mailbox = row.mailbox or ""
    return profile_of(
        row.number,
        row.title,
        row.text,
        requester=row.requester_id,
        house=house_of(mailbox, scope.organisation_for(mailbox)),
        area=row.area,
    )


def is_compared(scope: Scope) -> tuple[ColumnElement[bool], ...]:
    """The conditions on a ticket."""
    at = _ticket.c
    is_open = at.status.not_in([Status.RESOLVED, Status.CLOSED, *scope.ended])
    return is_open, at.merged_into.is_(None), at.created_at > scope.since
