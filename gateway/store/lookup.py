"""What the pipeline reads before it decides: a few indexed queries for a whole group of mails, never one a mail."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, case, func, select, text

from gateway.store.tables import (
    OPEN_SQL,
    absence,
    address,
    counter,
    mail,
    message_ref,
    outbox,
    participant,
    person,
    rota,
    ticket,
)
from gateway.tickets.threading import Ref


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody we know by one of their addresses. `last_agent` had their latest ticket."""

    id: int
    name: str
    language: str
    tags: tuple[str, ...]
    muted_until: datetime | None
    last_agent: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A stored mail with a Message-ID somebody asked for."""

    mail_id: int
    direction: str
    content: str
    ticket: int | None
    at: datetime


def message_key(message_id: str) -> int:
    """63 bits of a Message-ID: what `message_ref` is searched by."""
    return int.from_bytes(hashlib.sha256(message_id.encode()).digest()[:8], "big") >> 1


def refs(conn: Connection, message_ids: Collection[str]) -> dict[str, list[Ref]]:
    """Stored mails that have or name one of these ids, by id."""
    found: dict[str, list[Ref]] = {}
    if not message_ids:
        return found
    query = select(message_ref).where(message_ref.c.key.in_([message_key(one) for one in message_ids]))
    for row in conn.execute(query.order_by(message_ref.c.id)):
        if row.message_id in message_ids:
            found.setdefault(row.message_id, []).append(
                Ref(
                    message_id=row.message_id,
                    own=row.kind == "own",
                    ticket=row.ticket,
                    author=row.parties[0] if row.parties else "",
                    parties=frozenset(row.parties),
                )
            )
    return found


def tickets(conn: Connection, numbers: Collection[int]) -> dict[int, Mapping[str, Any]]:
    """Whole ticket rows by number, with the tickets they were merged into."""
    found: dict[int, Mapping[str, Any]] = {}
    wanted = set(numbers)
    for _ in range(10):
        wanted -= found.keys()
        if not wanted:
            break
        rows = conn.execute(select(ticket).where(ticket.c.number.in_(wanted))).mappings()
        new = {row["number"]: row for row in rows}
        found.update(new)
        wanted = {row["merged_into"] for row in new.values() if row["merged_into"] is not None}
    return found


def participants(conn: Connection, numbers: Collection[int]) -> dict[int, frozenset[str]]:
    """The address keys of those who take part in each ticket (the proposed do not)."""
    found: dict[int, set[str]] = {}
    if numbers:
        query = (
            select(participant.c.ticket, address.c.addr)
            .join(address, address.c.person_id == participant.c.person_id)
            .where(participant.c.ticket.in_(numbers), participant.c.role != "proposed")
        )
        for row in conn.execute(query):
            found.setdefault(row.ticket, set()).add(row.addr)
    return {number: frozenset(keys) for number, keys in found.items()}


def people(conn: Connection, keys: Collection[str]) -> dict[str, Person]:
    """Known persons by address key."""
    if not keys:
        return {}
    latest = (
        select(ticket.c.assignee)
        .where(ticket.c.requester_id == person.c.id, ticket.c.assignee.is_not(None))
        .order_by(ticket.c.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(address.c.addr, person, latest.label("last_agent"))
        .join(person, person.c.id == address.c.person_id)
        .where(address.c.addr.in_(keys))
    )
    return {
        row.addr: Person(
            id=row.id,
            name=row.name,
            language=row.language,
            tags=tuple(row.tags),
            muted_until=row.muted_until,
            last_agent=row.last_agent,
        )
        for row in conn.execute(query)
    }


def stored_mails(conn: Connection, message_ids: Collection[str]) -> dict[str, list[Stored]]:
    """Mails we have under these Message-IDs."""
    found: dict[str, list[Stored]] = {}
    if message_ids:
        columns = (mail.c.id, mail.c.message_id, mail.c.direction, mail.c.content, mail.c.ticket, mail.c.at)
        for row in conn.execute(select(*columns).where(mail.c.message_id.in_(message_ids))):
            found.setdefault(row.message_id, []).append(
                Stored(mail_id=row.id, direction=row.direction, content=row.content, ticket=row.ticket, at=row.at)
            )
    return found


def mails_of_spool(conn: Connection, spool_ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """(verdict, reason) of spool rows that were entered already: the crash between the two commits."""
    rows = conn.execute(select(mail.c.spool_id, mail.c.verdict, mail.c.reason).where(mail.c.spool_id.in_(spool_ids)))
    return {row.spool_id: (row.verdict, row.reason) for row in rows}


def automatic_mail(
    conn: Connection, recipients: Collection[str], windows: Iterable[timedelta], at: datetime
) -> dict[tuple[str, timedelta], int]:
    """How many automatic mails each recipient (address key) got in each window before `at`."""
    spans = sorted(set(windows))
    if not spans or not recipients:
        return {}
    sums = [func.sum(case((mail.c.at > at - span, 1), else_=0)) for span in spans]
    query = (
        select(mail.c.recipient, *sums)
        .join(outbox, outbox.c.mail_id == mail.c.id)
        .where(mail.c.recipient.in_(recipients), mail.c.at > at - spans[-1], outbox.c.automatic.is_(True))
        .group_by(mail.c.recipient)
    )
    return {
        (row[0], span): int(count) for row in conn.execute(query) for span, count in zip(spans, row[1:], strict=True)
    }


def automatic_total(conn: Connection, window: timedelta, at: datetime) -> int:
    """How many automatic mails were written in the window before `at`."""
    query = select(func.count()).where(outbox.c.automatic.is_(True), outbox.c.created_at > at - window)
    return int(conn.execute(query).scalar_one())


def automatic_on_ticket(conn: Connection, numbers: Collection[int], window: timedelta, at: datetime) -> dict[int, int]:
    """How many automatic mails each ticket caused in the window before `at`."""
    if not numbers:
        return {}
    query = (
        select(outbox.c.ticket, func.count())
        .where(outbox.c.ticket.in_(numbers), outbox.c.automatic.is_(True), outbox.c.created_at > at - window)
        .group_by(outbox.c.ticket)
    )
    return {row[0]: int(row[1]) for row in conn.execute(query)}


def open_tickets(conn: Connection) -> dict[str, int]:
    """How many tickets that are not ended each agent has."""
    query = (
        select(ticket.c.assignee, func.count())
        .where(ticket.c.assignee.is_not(None), text(OPEN_SQL))  # literally as in the partial index
        .group_by(ticket.c.assignee)
    )
    return {row[0]: int(row[1]) for row in conn.execute(query)}


def turns(conn: Connection) -> dict[str, str]:
    """Who had the last turn in each queue's rota."""
    return {row.queue: row.agent for row in conn.execute(select(rota))}


def away(conn: Connection, at: datetime) -> frozenset[str]:
    """Agents who are absent at that instant."""
    query = select(absence.c.agent).where(absence.c.since <= at, absence.c.until > at)
    return frozenset(row.agent for row in conn.execute(query))


def last_number(conn: Connection) -> int:
    """The counter behind ticket numbers (SQLite)."""
    return int(conn.execute(select(counter.c.value).where(counter.c.name == "ticket")).scalar_one_or_none() or 0)


def newest_ref(conn: Connection, keys: Sequence[int]) -> int:
    """The highest `message_ref` id under these keys: has anything come in since it was asked last?"""
    if not keys:
        return 0
    query = select(func.coalesce(func.max(message_ref.c.id), 0)).where(message_ref.c.key.in_(keys))
    return int(conn.execute(query).scalar_one())


def lock_message_ids(conn: Connection, keys: Sequence[int]) -> None:
    """On PostgreSQL, wait until no other node is entering a mail that has or names one of these ids.

    `keys` ascending, so that nobody waits in a ring. On SQLite the write transaction is alone already.
    """
    if conn.dialect.name == "postgresql" and keys:
        conn.exec_driver_sql("SELECT pg_advisory_xact_lock(k) FROM unnest(%s::bigint[]) AS k", (list(keys),))
