"""Who was told of what within the last hour, by the journal's lines that are no ticket's own."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from gateway.store import tables

EVERY = timedelta(hours=1)
RAISED, OVER = "alarm_raised", "alarm_over"


def hourly_key(what: str, which: str, at: datetime) -> str:
    """The step key of a notice that leaves once an hour: `notice:similar:carol:2026-11-27T09`."""
    return f"notice:{what}:{which}:{at:%Y-%m-%dT%H}"


def was_told(conn: Connection, what: str, which: str, at: datetime) -> bool:
    """Whether such a notice left within the hour before; asked under `lock`, nobody else can be telling."""
    event = tables.event.c
    keys = [hourly_key(what, which, at - EVERY), hourly_key(what, which, at)]
    lately = (event.ticket.is_(None), event.step_key.in_(keys), event.at > at - EVERY)
    return conn.execute(select(event.id).where(*lately)).first() is not None


def was_ever_told(conn: Connection, step_key: str) -> bool:
    """Whether the journal has this step."""
    event = tables.event.c
    return conn.execute(select(event.id).where(event.ticket.is_(None), event.step_key == step_key)).first() is not None


def newest(conn: Connection, prefix: str) -> Mapping[str, Any] | None:
    """What the journal's newest line says whose step key begins so."""
    event = tables.event.c
    theirs = (event.ticket.is_(None), event.step_key.startswith(prefix, autoescape=True))
    data: Mapping[str, Any] | None = conn.execute(
        select(event.data).where(*theirs).order_by(event.id.desc()).limit(1)
    ).scalar()
    return data


def count(conn: Connection, prefix: str, since: datetime) -> int:
    """How many notices left since then whose step key begins so."""
    event = tables.event.c
    lately = (event.ticket.is_(None), event.step_key.startswith(prefix, autoescape=True), event.at > since)
    return int(conn.execute(select(func.count()).where(*lately)).scalar_one())


def open_alarms(conn: Connection) -> dict[str, datetime]:
    """Alarms that were raised and are not over: since when each was last told."""
    event = tables.event.c
    lines = select(event.kind, event.data, event.at).where(event.ticket.is_(None), event.kind.in_([RAISED, OVER]))
    found: dict[str, datetime] = {}
    for kind, data, at in conn.execute(lines.order_by(event.id)):
        if kind == RAISED:
            found[data["alarm"]] = at
        else:
            found.pop(data["alarm"], None)
    return found


def lock(conn: Connection) -> None:
    """On PostgreSQL, wait until no other node is telling anybody: no two rows whose ticket is NULL break a unique key.

    On SQLite the write transaction is alone already.
    """
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('told'))")
