"""The lives of tickets as their clocks saw them, out of the journal."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from gateway.store import tables
from gateway.store.fast import one_of
from gateway.tickets import clocks, probe
from gateway.tickets.clocks import MOVING
from gateway.tickets.lived import Changed, Life

_PAGE = 500  # tickets in memory at once
_AS_NOW = ("set_by", "resolve_due")
_INSTANTS = ("_at", "_due")
_ticket, _event = tables.ticket.c, tables.event.c


def lives(conn: Connection, opened_since: datetime) -> Iterator[Life]:
    """Tickets opened since then, ascending, without merged ones and probes.

    What was filed as old mail is waited for from its first new mail on; of what had none there is no life.
    """
    columns = (_ticket.number, _ticket.created_at, _ticket.clocks, _ticket.tags, *(_ticket[name] for name in MOVING))
    wanted = (_ticket.merged_into.is_(None), _ticket.created_at >= opened_since)
    query = select(*columns).where(*wanted).order_by(_ticket.number).limit(_PAGE)
    after = 0
    while rows := [dict(row._mapping) for row in conn.execute(query.where(_ticket.number > after))]:
        tickets = [row for row in rows if probe.TAG not in row["tags"]]
        journal = _journal(conn, [row["number"] for row in tickets])
        for row in tickets:
            if life := _life(row, *journal.get(row["number"], (row["created_at"], []))):
                yield life
        after = rows[-1]["number"]


_Lines = list[tuple[datetime, Mapping[str, Any]]]  # of a change: (at, {column: [before, after]})


def _journal(conn: Connection, numbers: Collection[int]) -> dict[int, tuple[datetime, _Lines]]:
    """By ticket when it was entered, and its changes, in order."""
    theirs = (one_of(conn, _event.ticket, list(numbers)), _event.kind.in_(("opened", "changed")))
    found: dict[int, tuple[datetime, _Lines]] = {}
    columns = (_event.ticket, _event.at, _event.kind, _event.data)
    for row in conn.execute(select(*columns).where(*theirs).order_by(_event.id)):
        _, lines = found.setdefault(row.ticket, (row.at, []))
        if row.kind == "changed":
            lines.append((row.at, row.data))
    return found


def _life(row: Mapping[str, Any], entered: datetime, lines: _Lines) -> Life | None:
    first: dict[str, Any] = {}
    changes = []
    for at, data in lines:
        moved = {name: data[name] for name in MOVING.intersection(data).difference(_AS_NOW)}
        for name, (before, _) in moved.items():
            first.setdefault(name, _read(name, before))
        if moved:
            changes.append(Changed(at=at, values={name: _read(name, to) for name, (_, to) in moved.items()}))
    opened = {name: row[name] for name in MOVING} | first
    if entered == row["created_at"] or row["clocks"] is None:
        return Life(number=row["number"], begins=entered, row=opened, changes=tuple(changes))
    return _from_its_first_mail(row, opened, changes)


def _from_its_first_mail(row: Mapping[str, Any], opened: dict[str, Any], changes: list[Changed]) -> Life | None:
    """Filed as old mail: the clocks of the ticket say when they began."""
    kept = clocks.kept(row)
    if kept is None or not kept.of:
        return None
    begins = min(clock.started for clock in kept.of.values())
    for change in changes:
        if change.at <= begins:
            opened |= change.values
    later = tuple(change for change in changes if change.at > begins)
    return Life(number=row["number"], begins=begins, row=opened, changes=later)


def _read(name: str, value: Any) -> Any:
    """A value of the journal as the row has it."""
    return datetime.fromisoformat(value) if value is not None and name.endswith(_INSTANTS) else value
