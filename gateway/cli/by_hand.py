"""What a person does to mail from the command line, written into the journal through the one door."""

import os
import pwd
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from gateway import act
from gateway.cli import output
from gateway.now import now
from gateway.store import Store
from gateway.tickets.actions import Actor, Note
from gateway.tickets.reason import Reason


def actor_name() -> str:
    """`cli:root`, or with the number where the account has no name."""
    uid = os.getuid()
    try:
        return f"cli:{pwd.getpwuid(uid).pw_name}"
    except KeyError:
        return f"cli:{uid}"


def note(conn: Connection, kind: str, entries: Sequence[tuple[int | None, Mapping[str, Any]]]) -> None:
    """Journal one deed for each (ticket or None, data), in the caller's transaction."""
    notes = [Note(ticket=ticket, kind=kind, data=data, reason=Reason.BY_PERSON) for ticket, data in entries]
    act.apply(conn, notes, Actor(name=actor_name(), at=now()))


def journal(store: Store, kind: str, entries: Sequence[tuple[int | None, Mapping[str, Any]]]) -> None:
    """As `note`, in a transaction of its own."""
    if entries:
        with store.main.write() as conn:
            note(conn, kind, entries)


def told(ids: Sequence[int], changed: Collection[int], done: str, undone: str) -> int:
    """Say what became of each id; the exit code, which is 1 where one could not be changed."""
    for one in ids:
        if one in changed:
            output.say(f"{one} {done}")
        else:
            output.warn(f"{one} {undone}")
    return 0 if all(one in changed for one in ids) else 1
