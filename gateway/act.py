"""The one writer of tickets, articles, events and outbox rows: mail, clock, command line and web all come through here.

Everything runs on the caller's connection inside the caller's transaction; nothing here commits, waits or composes. How
each action is written stands in `writers`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from gateway.store import tables
from gateway.store.fast import insert, insert_many
from gateway.tickets.actions import Action, Actor
from gateway.tickets.clocks import Promises
from gateway.writers import mail, people, tickets
from gateway.writers.tx import Tx, Writer

_WRITERS: Mapping[type, Writer] = {**tickets.WRITERS, **people.WRITERS, **mail.WRITERS}


def apply(conn: Connection, actions: Sequence[Action], actor: Actor, promises: Promises | None = None) -> None:
    """Make the changes, in order. Raises Conflict where a ticket has moved on; the caller rolls back.

    The clocks of the tickets are set by what is promised; where nobody says, the clock does so on its next turn.
    """
    tx = Tx(conn, actor, promises, actions)
    for action in actions:
        _WRITERS[type(action)](tx, action, actor)
    insert_many(conn, tables.event, tx.journal)
    insert_many(conn, tables.announcement, tx.told)


def record_mail(conn: Connection, row: Mapping[str, Any]) -> int:
    """Store the row of a mail that came in; its id. A spool row that was entered before breaks the unique key."""
    return insert(conn, tables.mail, **row)
