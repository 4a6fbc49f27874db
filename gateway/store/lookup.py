"""What the pipeline reads before it decides: a few indexed queries for a whole group of mails, never one a mail."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, Select, case, func, literal_column, select, text

from gateway.config import Rate
from gateway.store.fast import all_rows, among, given, rows_in
from gateway.store.tables import (
    OPEN_SQL,
    absence,
    address,
    counter,
    mail,
    mail_out,
    message_ref,
    outbox,
    participant,
    person,
    rota,
    thread_key,
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
    kind: str
    content: str
    ticket: int | None
    at: datetime
    reason: str  # of the decision on a mail that came in


_TICKET = tuple(ticket.c.keys())
_LETTERS_TO_AGENTS = ("transcript", "digest", "report")  # beside the kinds notice_*
_LETTERS = 3  # of a ticket: an answer quotes the newest, or one shortly before it
_PERSON = ("id", "name", "language", "tags", "muted_until")
_OPEN_TICKETS = (
    select(ticket.c.assignee, func.count())
    .where(ticket.c.assignee.is_not(None), text(OPEN_SQL))  # literally as in the partial index
    .group_by(ticket.c.assignee)
)
_TO_AGENTS = mail.c.kind.like("notice%") | mail.c.kind.in_([literal_column(f"'{one}'") for one in _LETTERS_TO_AGENTS])
_TURNS = select(rota.c.queue, rota.c.agent)
_ABSENCES = select(absence.c.agent, absence.c.since, absence.c.until)


def message_key(message_id: str) -> int:
    """63 bits of a Message-ID: what `message_ref` is searched by."""
    return int.from_bytes(hashlib.sha256(message_id.encode()).digest()[:8], "big") >> 1


def refs(conn: Connection, message_ids: Collection[str]) -> tuple[dict[str, list[Ref]], frozenset[int]]:
    """Stored mails that have or name one of these ids, by id, oldest first; and the ids of all rows looked at."""
    columns = ("id", "message_id", "kind", "ticket", "parties")
    rows = rows_in(conn, message_ref, "key", [message_key(one) for one in message_ids], columns)
    found: dict[str, list[Ref]] = {}
    for _, message_id, kind, number, parties in sorted(rows, key=lambda row: int(row[0])):
        if message_id in message_ids:
            author = parties[0] if parties else ""
            ref = Ref(
                message_id=message_id, own=kind == "own", ticket=number, author=author, parties=frozenset(parties)
            )
            found.setdefault(message_id, []).append(ref)
    return found, frozenset(row[0] for row in rows)


def ref_rows(conn: Connection, keys: Sequence[int]) -> frozenset[int]:
    """The ids of the `message_ref` rows under these keys: has anything come in since `refs` looked?

    All of them, for the highest tells nothing: with two nodes, a lower id may be committed later.
    """
    return frozenset(row[0] for row in rows_in(conn, message_ref, "key", keys, ("id",)))


def tickets(conn: Connection, numbers: Collection[int]) -> dict[int, Mapping[str, Any]]:
    """Whole ticket rows by number, with the tickets they were merged into."""
    found: dict[int, Mapping[str, Any]] = {}
    wanted = set(numbers)
    for _ in range(10):
        wanted -= found.keys()
        rows = rows_in(conn, ticket, "number", sorted(wanted), _TICKET) if wanted else []
        if not rows:
            break
        new = {row[0]: dict(zip(_TICKET, row, strict=True)) for row in rows}
        found.update(new)
        wanted = {row["merged_into"] for row in new.values() if row["merged_into"] is not None}
    return found


def participants(conn: Connection, numbers: Collection[int]) -> dict[int, frozenset[str]]:
    """The address keys of those who take part in each ticket; the proposed do not, nor third parties whom we asked."""
    if not numbers:
        return {}
    rows = rows_in(conn, participant, "ticket", sorted(numbers), ("ticket", "person_id", "role"))
    keys: dict[int, list[str]] = {}
    for person_id, key in rows_in(conn, address, "person_id", sorted({row[1] for row in rows}), ("person_id", "addr")):
        keys.setdefault(person_id, []).append(key)
    found: dict[int, set[str]] = {}
    for number, person_id, role in rows:
        if role not in ("proposed", "third"):
            found.setdefault(number, set()).update(keys.get(person_id, ()))
    return {number: frozenset(those) for number, those in found.items()}


def requesters(conn: Connection, rows: Mapping[int, Mapping[str, Any]]) -> dict[int, str]:
    """Whom each ticket is for, by the first address key of theirs; `rows` are whole ticket rows by number."""
    ids = sorted({row["requester_id"] for row in rows.values() if row["requester_id"] is not None})
    keys: dict[int, str] = {}
    for person_id, key in rows_in(conn, address, "person_id", ids, ("person_id", "addr")) if ids else ():
        keys[person_id] = min(key, keys.get(person_id, key))
    return {number: keys[row["requester_id"]] for number, row in rows.items() if row["requester_id"] in keys}


def people(conn: Connection, keys: Collection[str]) -> dict[str, Person]:
    """Known persons by address key."""
    owners = rows_in(conn, address, "addr", sorted(keys), ("addr", "person_id")) if keys else []
    if not owners:
        return {}
    ids = sorted({row[1] for row in owners})
    persons = {row[0]: row for row in rows_in(conn, person, "id", ids, _PERSON)}
    last = dict(map(tuple, conn.execute(_last_agents(conn.dialect), {"ids": given(ids, conn.dialect)})))
    return {
        key: Person(
            id=owner,
            name=persons[owner][1],
            language=persons[owner][2],
            tags=tuple(persons[owner][3]),
            muted_until=persons[owner][4],
            last_agent=last.get(owner),
        )
        for key, owner in owners
    }


@lru_cache
def _last_agents(dialect: Dialect) -> Select[Any]:
    """Who had the newest ticket of each person, straight off the index: a customer may have thousands."""
    newest = (
        select(ticket.c.assignee)
        .where(ticket.c.requester_id == person.c.id, ticket.c.assignee.is_not(None))
        .order_by(ticket.c.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    return select(person.c.id, newest).where(among(person.c.id, "ids", dialect))


def keyed(conn: Connection, wanted: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """The ticket of each of these keys, by source and key."""
    if not wanted:
        return {}
    rows = rows_in(conn, thread_key, "key", sorted({key for _, key in wanted}), ("source", "key", "ticket"))
    return {(source, key): number for source, key, number in rows if (source, key) in wanted}


def stored_mails(conn: Connection, message_ids: Collection[str]) -> dict[str, list[Stored]]:
    """Mails we have under these Message-IDs."""
    found: dict[str, list[Stored]] = {}
    if message_ids:
        columns = ("id", "message_id", "direction", "kind", "content", "ticket", "at", "reason")
        for mail_id, message_id, direction, kind, content, number, at, reason in rows_in(
            conn, mail, "message_id", sorted(message_ids), columns
        ):
            found.setdefault(message_id, []).append(
                Stored(
                    mail_id=mail_id,
                    direction=direction,
                    kind=kind,
                    content=content,
                    ticket=number,
                    at=at,
                    reason=reason,
                )
            )
    return found


def letters(conn: Connection, numbers: Collection[int]) -> dict[int, list[bytes]]:
    """The last few mails that we sent on each ticket, newest first."""
    found: dict[int, list[bytes]] = {}
    of_these = {"numbers": given(sorted(numbers), conn.dialect)}
    for number, data in conn.execute(_last_letters(conn.dialect), of_these):
        found.setdefault(number, []).append(data)
    return found


@lru_cache
def _last_letters(dialect: Dialect) -> Select[Any]:
    newest = func.row_number().over(partition_by=mail.c.ticket, order_by=mail.c.id.desc()).label("newest")
    sent = select(mail.c.id, mail.c.ticket, newest).where(among(mail.c.ticket, "numbers", dialect))
    ranked = sent.where(mail.c.direction == "out").subquery()
    return (
        select(ranked.c.ticket, mail_out.c.data)
        .join(mail_out, mail_out.c.mail_id == ranked.c.id)
        .where(ranked.c.newest <= _LETTERS)
        .order_by(ranked.c.id.desc())
    )


def mails_of_spool(conn: Connection, spool_ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """(verdict, reason) of spool rows that were entered already: the crash between the two commits."""
    rows = rows_in(conn, mail, "spool_id", sorted(spool_ids), ("spool_id", "verdict", "reason"))
    return {spool_id: (verdict, reason) for spool_id, verdict, reason in rows}


def automatic_mail(
    conn: Connection, recipients: Collection[str], windows: Iterable[timedelta], at: datetime, *, to_agents: bool
) -> dict[tuple[str, timedelta], int]:
    """How many automatic mails each recipient (address key) got in each window before `at`.

    Either what goes `to_agents` as such or what goes to customers, for one of us may be both.
    """
    spans = sorted(set(windows))
    if not spans or not recipients:
        return {}
    sums = [func.sum(case((mail.c.at > at - span, 1), else_=0)) for span in spans]
    query = (
        select(mail.c.recipient, *sums)
        .join(outbox, outbox.c.mail_id == mail.c.id)
        .where(mail.c.recipient.in_(recipients), mail.c.at > at - spans[-1], outbox.c.automatic.is_(True))
        .where(_TO_AGENTS if to_agents else ~_TO_AGENTS)
        .group_by(mail.c.recipient)
    )
    return {
        (row[0], span): int(count) for row in conn.execute(query) for span, count in zip(spans, row[1:], strict=True)
    }


def automatic_in_all(conn: Connection, rates: Sequence[Rate], at: datetime) -> tuple[datetime, ...]:
    """When the last automatic mails left or are to leave, the last first, as far as one of the rates asks for it.

    The notices to agents are left out.
    """
    if not rates:
        return ()
    query = (
        select(outbox.c.created_at)
        .join_from(outbox, mail, mail.c.id == outbox.c.mail_id)
        .where(outbox.c.automatic.is_(True), outbox.c.created_at > at - max(rate.per for rate in rates))
        .where(~_TO_AGENTS)
        .order_by(outbox.c.created_at.desc())
        .limit(max(rate.count for rate in rates))
    )
    return tuple(conn.execute(query).scalars())


def automatic_on_ticket(conn: Connection, numbers: Collection[int], window: timedelta, at: datetime) -> dict[int, int]:
    """How many automatic mails each ticket caused in the window before `at`, the notices to agents left out."""
    if not numbers:
        return {}
    query = (
        select(outbox.c.ticket, func.count())
        .join(mail, mail.c.id == outbox.c.mail_id)
        .where(outbox.c.ticket.in_(numbers), outbox.c.automatic.is_(True), outbox.c.created_at > at - window)
        .where(~_TO_AGENTS)
        .group_by(outbox.c.ticket)
    )
    return {row[0]: int(row[1]) for row in conn.execute(query)}


def open_tickets(conn: Connection, ended: Collection[str] = ()) -> dict[str, int]:
    """How many tickets that are not ended each agent has; `ended`: statuses of the site's own that end one."""
    if ended:
        return dict(map(tuple, conn.execute(_OPEN_TICKETS.where(ticket.c.status.not_in(ended)))))
    return dict(map(tuple, all_rows(conn, _OPEN_TICKETS)))


def open_of(conn: Connection, agents: Collection[str], ended: Collection[str] = ()) -> list[Mapping[str, Any]]:
    """Whole rows of the tickets of these agents that are not ended, ascending by number."""
    theirs = (ticket.c.assignee.in_(agents), text(OPEN_SQL), ticket.c.status.not_in(ended))
    numbers = conn.execute(select(ticket.c.number).where(*theirs)).scalars().all()
    found = tickets(conn, numbers)
    return [found[number] for number in sorted(numbers)]


SEEN_BY_PERSON = ("sender", "organisation")


def seen(conn: Connection, by: str, since: datetime) -> dict[str, int]:
    """How many tickets were opened since then, by the value of a field.

    By `sender` that is the requester's address key, by `organisation` its domain.
    """
    lately = ticket.c.created_at > since
    if by not in SEEN_BY_PERSON:
        column = ticket.c[by]
        counts = select(column, func.count()).where(lately, column.is_not(None)).group_by(column)
        return dict(map(tuple, conn.execute(counts)))
    people = select(address.c.addr, func.count()).join(ticket, ticket.c.requester_id == address.c.person_id)
    found: dict[str, int] = {}
    for key, count in conn.execute(people.where(lately).group_by(address.c.addr)):
        value = seen_value(by, key)
        found[value] = found.get(value, 0) + count
    return found


def seen_value(by: str, key: str) -> str:
    """What an address key counts under."""
    return key if by == "sender" else key.rpartition("@")[2]


def turns(conn: Connection) -> dict[str, str]:
    """Who had the last turn in each queue's rota."""
    return dict(map(tuple, all_rows(conn, _TURNS)))


def away(conn: Connection, at: datetime) -> frozenset[str]:
    """Agents who are absent at that instant."""
    return frozenset(agent for agent, since, until in all_rows(conn, _ABSENCES) if since <= at < until)


def last_number(conn: Connection) -> int:
    """The counter behind ticket numbers (SQLite)."""
    return next((value for (value,) in rows_in(conn, counter, "name", ["ticket"], ("value",))), 0)


def lock_assignment(conn: Connection) -> None:
    """On PostgreSQL, wait until no other node is assigning. On SQLite the write transaction is alone already."""
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('assignment'))")


def lock_message_ids(conn: Connection, keys: Sequence[int]) -> None:
    """On PostgreSQL, wait until no other node is entering a mail that has or names one of these ids.

    `keys` ascending, so that nobody waits in a ring. On SQLite the write transaction is alone already.
    """
    if conn.dialect.name == "postgresql" and keys:
        conn.exec_driver_sql("SELECT pg_advisory_xact_lock(k) FROM unnest(%s::bigint[]) AS k", (list(keys),))
