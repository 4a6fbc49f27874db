"""Tickets with what a decision about several of them needs: links, who takes part, what was done to them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, or_, select

from gateway.mail import Address
from gateway.store import tables
from gateway.store.fast import rows_in
from gateway.tickets.matter import MAX_MERGES, UNDOABLE
from gateway.tickets.standing import Done, Linked, Standing

_ticket, _link, _event, _article, _mail = tables.ticket, tables.link, tables.event, tables.article, tables.mail
_PART = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Correspondent:
    """Whom an answer on a ticket goes to, in which language, and the mail it answers."""

    address: Address
    language: str
    message_id: str


def standings(conn: Connection, numbers: Iterable[int]) -> dict[int, Standing]:
    """The tickets that there are, by number."""
    wanted = sorted(set(numbers))
    rows: dict[int, Mapping[str, Any]] = {}
    links: dict[int, list[Linked]] = {}
    articles: dict[int, int] = {}
    for start in range(0, len(wanted), _PART):
        some = wanted[start : start + _PART]
        rows |= {
            row.number: dict(row._mapping) for row in conn.execute(select(_ticket).where(_ticket.c.number.in_(some)))
        }
        touching = select(_link).where(or_(_link.c.ticket.in_(some), _link.c.other.in_(some)))
        for row in conn.execute(touching.order_by(_link.c.ticket, _link.c.other, _link.c.kind)):
            for number in {row.ticket, row.other} & set(some):
                links.setdefault(number, []).append(Linked(ticket=row.ticket, other=row.other, kind=row.kind))
        newest = select(_article.c.ticket, func.max(_article.c.id)).where(_article.c.ticket.in_(some))
        articles |= {row[0]: row[1] for row in conn.execute(newest.group_by(_article.c.ticket))}
    members = _members(conn, list(rows))
    return {
        number: Standing(
            row=row,
            links=tuple(links.get(number, ())),
            participants=tuple(members.get(number, ())),
            articles=articles.get(number, 0),
            merges=_merges(conn, number, links.get(number, ())),
        )
        for number, row in rows.items()
    }


def _members(conn: Connection, numbers: Sequence[int]) -> dict[int, list[tuple[Address, str]]]:
    part, address = tables.participant, tables.address
    found: dict[int, list[tuple[Address, str]]] = {}
    for start in range(0, len(numbers), _PART):
        those = (
            select(part.c.ticket, address.c.shown, part.c.role)
            .join_from(part, address, address.c.person_id == part.c.person_id)
            .where(part.c.ticket.in_(numbers[start : start + _PART]))
            .order_by(part.c.at, address.c.addr)
        )
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


def survivors(conn: Connection, numbers: Iterable[int]) -> dict[int, Standing]:
    """The tickets that these are part of now, merges followed, by number."""
    found: dict[int, Standing] = {}
    wanted = set(numbers)
    while wanted:
        read = standings(conn, wanted)
        found |= {number: one for number, one in read.items() if one.row["merged_into"] is None}
        wanted = {one.row["merged_into"] for one in read.values()} - {None} - found.keys()
    return found


def last_done(conn: Connection, number: int) -> Done | None:
    """The last deed on a ticket that can be taken back and was not yet."""
    mine = select(_event).where(_event.c.ticket == number, _event.c.kind.in_([*UNDOABLE, "undone", "answered"]))
    undone: set[int] = set()
    answered = False
    for row in conn.execute(mine.order_by(_event.c.id.desc())):
        if row.kind == "undone" and "event" in row.data:
            undone.add(row.data["event"])
        elif row.kind == "answered":
            answered = True
        elif row.kind in UNDOABLE and "undo" in row.data and row.id not in undone:
            return Done(id=row.id, kind=row.kind, undo=row.data["undo"], answered_since=answered)
    return None


def with_step(conn: Connection, numbers: Collection[int], step_key: str) -> set[int]:
    """Which of these tickets have a line of the journal under this key already."""
    wanted = sorted(numbers)
    found: set[int] = set()
    for start in range(0, len(wanted), _PART):
        some = _event.c.ticket.in_(wanted[start : start + _PART])
        found |= set(conn.execute(select(_event.c.ticket).where(some, _event.c.step_key == step_key)).scalars())
    return found


def correspondents(conn: Connection, numbers: Collection[int]) -> dict[int, Correspondent]:
    """The requester of each ticket and the newest mail from outside on it; nobody where it has no requester."""
    person, address = tables.person, tables.address
    wanted = sorted(numbers)
    found: dict[int, Correspondent] = {}
    for start in range(0, len(wanted), _PART):
        some = wanted[start : start + _PART]
        newest = (
            select(_mail.c.ticket, func.max(_mail.c.id).label("id"))
            .where(_mail.c.ticket.in_(some), _mail.c.direction == "in")
            .group_by(_mail.c.ticket)
            .subquery()
        )
        ids = dict(
            map(tuple, conn.execute(select(newest.c.ticket, _mail.c.message_id).join(_mail, _mail.c.id == newest.c.id)))
        )
        people = (
            select(
                _ticket.c.number, address.c.shown, person.c.name, person.c.language, _ticket.c.language.label("wrote")
            )
            .join_from(_ticket, person, person.c.id == _ticket.c.requester_id)
            .join(address, address.c.person_id == person.c.id)
            .where(_ticket.c.number.in_(some))
            .order_by(_ticket.c.number, address.c.addr)
        )
        for row in conn.execute(people):
            if row.number not in found:
                found[row.number] = Correspondent(
                    address=Address(addr=row.shown, name=row.name),
                    language=row.language or row.wrote,
                    message_id=ids.get(row.number, ""),
                )
    return found
