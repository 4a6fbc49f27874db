"""The transaction in which actions are written, with the lines that are written together at its end."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection

from gateway.mail import Address
from gateway.store import tables
from gateway.store.fast import insert, rows_in
from gateway.tickets.actions import Actor
from gateway.tickets.clocks import Promises


class Tx:
    """The caller's transaction, what is promised, and the lines of the journal, written together at the end."""

    def __init__(self, conn: Connection, actor: Actor, promises: Promises | None) -> None:
        self.conn = conn
        self.actor = actor
        self.promises = promises
        self.journal: list[dict[str, Any]] = []
        self.told: list[dict[str, Any]] = []

    def note(
        self, ticket: int | None, kind: str, data: Mapping[str, Any], reason: str = "", step_key: str | None = None
    ) -> None:
        self.journal.append(
            {
                "ticket": ticket,
                "mail_id": self.actor.mail_id,
                "at": self.actor.at,
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
            self.told.append({**about, "at": self.actor.at, "data": dict(data)})


Writer = Callable[[Tx, Any, Actor], None]


def person_of(conn: Connection, address: Address, actor: Actor) -> int:
    """The id of the person behind an address, made known if need be."""
    for (person_id,) in rows_in(conn, tables.address, "addr", [address.key], ("person_id",)):
        return int(person_id)
    person = insert(conn, tables.person, name=address.name, tags=[], created_at=actor.at)
    insert(conn, tables.address, addr=address.key, person_id=person, shown=address.addr)
    return person
