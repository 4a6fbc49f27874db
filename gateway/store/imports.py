"""Rows of tickets that come from another helpdesk: found again by their keys, spool rows that nobody else takes up.

The mail of an article is a spool row first, set aside until its ticket is written: so a death in between loses
nothing and shows, and the next run goes on with the same rows.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update

from gateway.now import now
from gateway.store import tables
from gateway.store.engine import Store
from gateway.store.fast import insert_many, one_of, reserve_ids, rows_in
from gateway.store.spool import Claimed, Closed, envelope_of

UNFINISHED = "import not finished; run the same gateway import again"
UNREAD = "archive not read to its end; run the same gateway import mail again"
_spool, _keys, _ticket = tables.spool, tables.delivery_key, tables.ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Bytes:
    """One mail to be kept: `key` is what it is known by in the system it comes from."""

    key: str
    raw: bytes
    sha256: str
    source: str
    mail_from: str | None
    recipients: tuple[str, ...]
    at: datetime


def known(conn: Connection, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """The tickets of these keys (source and key), as far as they were imported before."""
    wanted = {key for _, key in keys}
    rows = rows_in(conn, tables.thread_key, "key", sorted(wanted), ("source", "key", "ticket")) if wanted else []
    return {(source, key): number for source, key, number in rows if (source, key) in keys}


def taken(conn: Connection, numbers: Collection[int]) -> set[int]:
    """Which of these numbers tickets have."""
    if not numbers:
        return set()
    return {row[0] for row in rows_in(conn, _ticket, "number", sorted(numbers), ("number",))}


def keep(store: Store, mails: Sequence[Bytes], *, reason: str = UNFINISHED) -> list[tuple[int, bool]]:
    """A spool row for each mail, set aside for that reason, and whether it was there already.

    So no worker takes it up, not even one of another node. No two of these mails may have the same key.
    """
    large = {one.sha256: one.raw for one in mails if len(one.raw) > store.raw_inline_max}
    if large:
        store.raw.put_many(large)

    def work(conn: Connection) -> list[tuple[int, bool]]:
        found = dict(rows_in(conn, _keys, "key", [one.key for one in mails], ("key", "spool_id")))
        new = [one for one in mails if one.key not in found]
        ids = dict(zip([one.key for one in new], reserve_ids(conn, _spool, len(new)), strict=True))
        at = now()
        insert_many(conn, _spool, [_row(one, ids[one.key], large, reason, at) for one in new])
        small = [one for one in new if one.sha256 not in large]
        insert_many(conn, tables.spool_raw, [{"spool_id": ids[one.key], "data": one.raw} for one in small])
        keys = [{"key": one.key, "spool_id": ids[one.key], "peer": "", "seen_at": one.at} for one in new]
        insert_many(conn, _keys, keys)
        return [(found[one.key], True) if one.key in found else (ids[one.key], False) for one in mails]

    return store.spool.retrying(work)


def _row(one: Bytes, spool_id: int, large: Mapping[str, bytes], reason: str, at: datetime) -> dict[str, Any]:
    return {
        "id": spool_id,
        "source": one.source,
        "mail_from": one.mail_from,
        "recipients": list(one.recipients),
        "peer": "",
        "helo": "",
        "tls": "",
        "auth_user": "",
        "quiet": True,
        "received_at": one.at,
        "size": len(one.raw),
        "sha256": one.sha256,
        "raw_file": one.sha256 if one.sha256 in large else None,
        "state": "quarantined",
        "reason": reason,
        "alone": False,
        "next_at": at,
        "closed_at": at,
    }


def finish(store: Store, spool_ids: Sequence[int]) -> None:
    """Their tickets are written: the rows are done with."""

    def work(conn: Connection) -> None:
        those = one_of(conn, _spool.c.id, spool_ids)
        conn.execute(update(_spool).where(those, _spool.c.reason == UNFINISHED).values(state="done", reason=""))

    if spool_ids:
        store.spool.retrying(work)


def finish_rest(store: Store) -> int:
    """What a death between the two commits left set aside although its ticket is written; how many rows."""
    with store.spool.read() as conn:
        waiting = select(_spool.c.id).where(_spool.c.state == "quarantined", _spool.c.reason == UNFINISHED)
        ids = list(conn.execute(waiting).scalars())
    if not ids:
        return 0
    with store.main.read() as conn:
        entered = [row[0] for row in rows_in(conn, tables.mail, "spool_id", ids, ("spool_id",))]
    finish(store, entered)
    return len(entered)


def unread(store: Store, spool_ids: Collection[int]) -> list[Claimed]:
    """Those of these mails of an archive on which nothing was decided yet, in the order in which they were kept."""
    with store.spool.read() as conn:
        those = one_of(conn, _spool.c.id, sorted(spool_ids))
        rows = conn.execute(select(_spool).where(those, _spool.c.reason == UNREAD).order_by(_spool.c.id)).all()
    return [
        Claimed(
            id=row.id,
            source=row.source,
            envelope=envelope_of(row),
            quiet=row.quiet,
            received_at=row.received_at,
            size=row.size,
            sha256=row.sha256,
            attempts=0,
            alone=False,
            fence=row.fence,
            raw=None,
        )
        for row in rows
    ]


def decided(store: Store, done: Sequence[Closed]) -> None:
    """What became of mails of an archive."""

    def work(conn: Connection) -> None:
        for one in done:
            where = (_spool.c.id == one.id, _spool.c.reason == UNREAD)
            conn.execute(update(_spool).where(*where).values(state=one.state, reason=one.reason, closed_at=now()))

    if done:
        store.spool.retrying(work)


def date(conn: Connection, number: int, values: Mapping[str, Any]) -> None:
    """The instants of a ticket as they were where it comes from."""
    conn.execute(update(_ticket).where(_ticket.c.number == number).values(**values))


def tickets_of(conn: Connection, spool_ids: Collection[int]) -> set[int]:
    """The tickets that these mails are on."""
    rows = rows_in(conn, tables.mail, "spool_id", sorted(spool_ids), ("ticket",)) if spool_ids else []
    return {row[0] for row in rows if row[0] is not None}


def close_old(store: Store, numbers: Sequence[int], before: datetime) -> int:
    """Close those of these tickets on which nobody wrote since then, as of their last mail; how many.

    A ticket to which mail came after the archive's is left alone. Nobody is looked for to take any of them.
    """
    article = tables.article

    def work(conn: Connection) -> int:
        closed = 0
        rows = rows_in(conn, _ticket, "number", list(numbers), ("number", "status", "clocks"))
        idle = [number for number, status, clocks in rows if status != "closed" and clocks == {}]
        conn.execute(delete(tables.unassigned).where(one_of(conn, tables.unassigned.c.ticket, list(numbers))))
        last = rows_in(conn, article, "ticket", idle, ("ticket", "at")) if idle else []
        newest: dict[int, datetime] = {}
        for number, at in last:
            newest[number] = max(at, newest.get(number, at))
        for number, at in newest.items():
            if at < before:
                date(conn, number, {"status": "closed", "closed_at": at, "updated_at": at})
                closed += 1
        return closed

    return store.main.retrying(work) if numbers else 0
