"""Tickets as they stand: links, who takes part, what was done to them, and whom a reply on them goes to."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, or_, select

from gateway.mail import Address
from gateway.store import tables
from gateway.store.fast import one_of, rows_in
from gateway.store.written_from import asked_at, best, written_from
from gateway.tickets.linking import MAX_MERGES
from gateway.tickets.snapshot import Done, Linked, Snapshot
from gateway.tickets.undo import UNDOABLE

_ticket, _link, _event, _article, _mail = tables.ticket, tables.link, tables.event, tables.article, tables.mail


@dataclass(frozen=True, slots=True, kw_only=True)
class Correspondent:
    """Whom a reply on a ticket goes to, in which language, and the mail it answers."""

    address: Address
    language: str
    message_id: str


def snapshots(conn: Connection, numbers: Iterable[int]) -> dict[int, Snapshot]:
    """The tickets that there are, by number."""
    wanted = sorted(set(numbers))
    rows: dict[int, Mapping[str, Any]] = {
        row.number: dict(row._mapping)
        for row in conn.execute(select(_ticket).where(one_of(conn, _ticket.c.number, wanted)))
    }
    links: dict[int, list[Linked]] = {number: [] for number in rows}
    touching = or_(one_of(conn, _link.c.ticket, wanted), one_of(conn, _link.c.other, wanted))
    for row in conn.execute(select(_link).where(touching).order_by(_link.c.ticket, _link.c.other, _link.c.kind)):
        for number in {row.ticket, row.other} & rows.keys():
            links[number].append(Linked(ticket=row.ticket, other=row.other, kind=row.kind))
    newest = select(_article.c.ticket, func.max(_article.c.id)).where(one_of(conn, _article.c.ticket, wanted))
    articles = dict(map(tuple, conn.execute(newest.group_by(_article.c.ticket))))
    members = _members(conn, wanted)
    return {
        number: Snapshot(
            row=row,
            links=tuple(links[number]),
            participants=tuple(members.get(number, ())),
            articles=articles.get(number, 0),
            merges=_merges(conn, number, links[number]),
        )
        for number, row in rows.items()
    }


def _members(conn: Connection, numbers: Collection[int]) -> dict[int, list[tuple[Address, str]]]:
    part, address = tables.participant, tables.address
    those = (
        select(part.c.ticket, address.c.shown, part.c.role)
        .join_from(part, address, address.c.person_id == part.c.person_id)
        .where(one_of(conn, part.c.ticket, numbers))
        .order_by(part.c.at, address.c.addr)
    )
    found: dict[int, list[tuple[Address, str]]] = {}
    for row in conn.execute(those):
        found.setdefault(row.ticket, []).append((Address(addr=row.shown), row.role))
    return found


def _merges(conn: Connection, number: int, links: Iterable[Linked]) -> int:
    """How long the longest row of merges is that ends in this ticket."""
    ahead = [one.ticket for one in links if one.kind == "merged" and one.other == number]
    depth = 0
    while ahead and depth <= MAX_MERGES:
        depth += 1
        rows = rows_in(conn, _link, "other", ahead, ("ticket", "kind"))
        ahead = [ticket for ticket, kind in rows if kind == "merged"]
    return depth


def merged_into(conn: Connection, number: int) -> list[int]:
    """The tickets that this one took in, directly or by way of others, ascending."""
    found: set[int] = set()
    ahead = [number]
    while ahead:
        rows = rows_in(conn, _link, "other", ahead, ("ticket", "kind"))
        ahead = [ticket for ticket, kind in rows if kind == "merged" and ticket not in found]
        found.update(ahead)
    return sorted(found)


def survivors(conn: Connection, numbers: Iterable[int]) -> dict[int, Snapshot]:
    """The tickets that these are part of now, merges followed, by number."""
    found: dict[int, Snapshot] = {}
    wanted = set(numbers)
    while wanted:
        read = snapshots(conn, wanted)
        found |= {number: one for number, one in read.items() if one.row["merged_into"] is None}
        wanted = {one.row["merged_into"] for one in read.values()} - {None} - found.keys()
    return found


def last_done(conn: Connection, number: int) -> Done | None:
    """The last command on a ticket that can be taken back and was not yet."""
    mine = select(_event).where(_event.c.ticket == number, _event.c.kind.in_([*UNDOABLE, "undone", "replied"]))
    undone: set[int] = set()
    replied = False
    for row in conn.execute(mine.order_by(_event.c.id.desc())):
        if row.kind == "undone" and "event" in row.data:
            undone.add(row.data["event"])
        elif row.kind == "replied":
            replied = True
        elif row.kind in UNDOABLE and "undo" in row.data and row.id not in undone:
            return Done(id=row.id, kind=row.kind, undo=row.data["undo"], replied_since=replied)
    return None


def with_step(conn: Connection, numbers: Collection[int], step_key: str) -> set[int]:
    """Which of these tickets have a line of the journal under this key already."""
    theirs = (one_of(conn, _event.c.ticket, numbers), _event.c.step_key == step_key)
    return set(conn.execute(select(_event.c.ticket).where(*theirs)).scalars())


def correspondents(conn: Connection, numbers: Collection[int]) -> dict[int, Correspondent]:
    """The requester of each ticket and the newest mail from outside on it; nobody where it has no requester."""
    person, address = tables.person, tables.address
    # By its article: agents' mails come in as well, and their ids are no customer's business.
    newest = (
        select(func.max(_article.c.mail_id).label("id"))
        .where(one_of(conn, _article.c.ticket, numbers), _article.c.direction == "in")
        .group_by(_article.c.ticket)
        .subquery()
    )
    answered = select(_mail.c.ticket, _mail.c.message_id).join(newest, _mail.c.id == newest.c.id)
    ids: dict[int, str] = dict(map(tuple, conn.execute(answered)))
    people = (
        select(
            _ticket.c.number,
            address.c.addr,
            address.c.shown,
            person.c.name,
            person.c.language,
            _ticket.c.language.label("wrote"),
        )
        .join_from(_ticket, person, person.c.id == _ticket.c.requester_id)
        .join(address, address.c.person_id == person.c.id)
        .where(one_of(conn, _ticket.c.number, numbers))
        .order_by(_ticket.c.number, address.c.addr)
    )
    wrote, asked, shown = written_from(conn, numbers), asked_at(conn, numbers), dict[int, dict[str, str]]()
    found: dict[int, Correspondent] = {}
    for row in conn.execute(people):
        theirs = shown.setdefault(row.number, {})
        theirs[row.addr] = row.shown
        found[row.number] = Correspondent(
            address=Address(
                addr=best(theirs, wrote.get(row.number, ()), asked.get(row.number, ("", ""))), name=row.name
            ),
            language=row.language or row.wrote,
            message_id=ids.get(row.number, ""),
        )
    return found


def watchers(conn: Connection, number: int) -> list[Address]:
    """Who gets copies of what is written on a ticket: each person once, however many addresses they have."""
    part, person, address = tables.participant, tables.person, tables.address
    those = (
        select(part.c.person_id, address.c.addr, address.c.shown, person.c.name)
        .join_from(part, person, person.c.id == part.c.person_id)
        .join(address, address.c.person_id == person.c.id)
        .where(part.c.ticket == number, part.c.role == "watcher")
        .order_by(part.c.at, part.c.person_id, address.c.addr)
    )
    wrote, shown = written_from(conn, [number]).get(number, ()), dict[int, dict[str, str]]()
    found: dict[int, Address] = {}
    for row in conn.execute(those):
        theirs = shown.setdefault(row.person_id, {})
        theirs[row.addr] = row.shown
        found[row.person_id] = Address(addr=best(theirs, wrote), name=row.name)
    return list(found.values())
