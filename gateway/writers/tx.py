"""The transaction in which actions are written, with the lines that are written together at its end."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from gateway.mail import Address
from gateway.store import tables
from gateway.store.fast import insert, rows_in
from gateway.tickets.actions import Action, Actor, Change
from gateway.tickets.clocks import Promises


class Tx:
    """The caller's transaction, what is promised, and the lines of the journal, written together at the end."""

    def __init__(
        self, conn: Connection, actor: Actor, promises: Promises | None, actions: Sequence[Action] = ()
    ) -> None:
        self.conn = conn
        self.actor = actor
        self.promises = promises
        self.journal: list[dict[str, Any]] = []
        self.told: list[dict[str, Any]] = []
        self._later = dict(_later(actions, actor.at))

    def at(self, ticket: int | None) -> datetime:
        """When it is done by the time of that ticket, which never goes back, though the machine's clock may (T133)."""
        return self._later.get(ticket, self.actor.at)

    def note(
        self, ticket: int | None, kind: str, data: Mapping[str, Any], reason: str = "", step_key: str | None = None
    ) -> None:
        self.journal.append(
            {
                "ticket": ticket,
                "mail_id": self.actor.mail_id,
                "at": self.at(ticket),
                "actor": self.actor.name,
                "kind": kind,
                "data": dict(data),
                "reason": reason,
                "step_key": step_key,
            }
        )

    def tell(self, ticket: int, kind: str, data: Mapping[str, Any]) -> None:
        """Somebody is to hear of it, unless it is old mail that is being filed: see `telling`."""
        if self.actor.wrote_at is None:
            about = {"ticket": ticket, "kind": kind, "actor": self.actor.name, "mail_id": self.actor.mail_id}
            self.told.append({**about, "at": self.at(ticket), "data": dict(data)})


def _later(actions: Sequence[Action], at: datetime) -> Iterator[tuple[int | None, datetime]]:
    """The tickets that were changed after that instant, each with the next one of its own."""
    for one in actions:
        if isinstance(one, Change) and one.before.get("updated_at", at) > at:
            yield one.ticket, one.before["updated_at"] + _NEXT


_NEXT = timedelta(microseconds=1)
Writer = Callable[[Tx, Any, Actor], None]


def person_of(conn: Connection, address: Address, actor: Actor) -> int:
    """The id of the person behind an address, made known if need be."""
    for (person_id,) in rows_in(conn, tables.address, "addr", [address.key], ("person_id",)):
        return int(person_id)
    person = insert(conn, tables.person, name=address.name, tags=[], created_at=actor.at)
    insert(conn, tables.address, addr=address.key, person_id=person, shown=address.addr)
    return person
