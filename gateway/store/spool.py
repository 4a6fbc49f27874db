"""Every query on the spool: accepting (see `arrivals`), claiming, closing, giving back, and what the commands list.

A claim is a lease of 60 s by the database's clock and a fence, a number that grows with every claim of a row; who
comes back with an old fence has lost the row to another. A claim that ended without a verdict marks its rows `alone`:
from then on each is claimed by itself, and only those claims count as attempts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, case, func, literal_column, or_, select

from gateway.errors import Permanent
from gateway.mail.value import Envelope
from gateway.now import now as wall
from gateway.store import tables
from gateway.store.arrivals import Accepted, ImapUid, NewMail, insert_batch
from gateway.store.clock import database_now
from gateway.store.engine import Store
from gateway.store.fast import rows_in
from gateway.tickets.reason import Reason

__all__ = ["Accepted", "Claimed", "Closed", "ImapUid", "NewMail", "insert_batch"]

LEASE = timedelta(seconds=60)
_FORGIVEN_CLAIMS = 20  # claims of one row; a mail that is there for every death of the daemon is no bystander
ATTEMPTS = 3  # lone attempts that may end without a verdict; after them the mail is quarantined

# Larger mails are fetched one by one when they are read: a claim of many must fit into memory.
_CARRIED_BYTES = 65536

RELEASED = f"{Reason.RELEASED}: "  # and by whom: the reason of a row that waits again

_spool, _raw = tables.spool, tables.spool_raw
# Written out, not bound, so that both planners see that the index of waiting rows applies.
_is_new = _spool.c.state == literal_column("'new'")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A row that is ours until its lease ends. `attempts` counts lone attempts, this one included if it is one.

    `raw` is there for small mails only; `raw_of` has the bytes of any.
    """

    id: int
    source: str
    envelope: Envelope
    quiet: bool
    received_at: datetime
    size: int
    sha256: str
    attempts: int
    alone: bool
    fence: int
    raw: bytes | None
    released_by: str = ""  # who took it out of quarantine, into which no rule puts it any more

    @property
    def is_sent(self) -> bool:
        """It lay among the sent mails of a mailbox of ours: somebody of us wrote it, and it has left already."""
        return self.source.startswith("sent:")

    @property
    def is_spent(self) -> bool:
        """All its lone attempts ended without a verdict: quarantine it unread."""
        return self.attempts > ATTEMPTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """The verdict on a claimed row: `state` is one of done, ignored, held, quarantined."""

    id: int
    fence: int
    state: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What is accepted and not yet processed: how many, and since when the oldest waits."""

    count: int
    oldest_at: datetime | None


def claim(
    store: Store,
    *,
    node: str,
    limit: int,
    now: datetime,
    lease: timedelta = LEASE,
    only: int | None = None,
) -> list[Claimed]:
    """Up to `limit` rows for this node, oldest first; a row marked `alone` comes by itself. Committed on return.

    `only` that row, if it is free.
    """

    def work(conn: Connection) -> list[Claimed]:
        at = database_now(conn)
        rows = _free_rows(conn, limit=limit, now=now, at=at, only=only)
        if not rows:
            return []
        alone = _is_alone(rows[0])
        rows = rows[:1] if alone else _until_alone(rows)
        counted = 1 if alone else 0
        conn.execute(
            _spool.update()
            .where(_spool.c.id.in_([row.id for row in rows]))
            .values(
                lease_node=node,
                lease_until=at + lease,
                fence=_spool.c.fence + 1,
                attempts=_spool.c.attempts + counted,
                alone=alone,
            )
        )
        small = [row.id for row in rows if row.raw_file is None and row.size <= _CARRIED_BYTES]
        data = dict(rows_in(conn, _raw, "spool_id", small, ("spool_id", "data")))
        return [_claimed(row, data.get(row.id), counted=counted) for row in rows]

    return store.spool.retrying(work)


def _free_rows(conn: Connection, *, limit: int, now: datetime, at: datetime, only: int | None) -> Sequence[Row[Any]]:
    free = or_(_spool.c.lease_node.is_(None), _spool.c.lease_until < at)
    which = () if only is None else (_spool.c.id == only,)
    statement = (
        select(_spool)
        .where(_is_new, _spool.c.next_at <= now, free, *which)
        .order_by(_spool.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)  # SQLite has no such clause and needs none
    )
    return conn.execute(statement).all()


def _is_alone(row: Row[Any]) -> bool:
    return row.alone or row.lease_node is not None  # a lease that ran out is a claim without a verdict


def _until_alone(rows: Sequence[Row[Any]]) -> Sequence[Row[Any]]:
    for index, row in enumerate(rows):
        if _is_alone(row):
            return rows[:index]
    return rows


def _claimed(row: Row[Any], raw: bytes | None, *, counted: int) -> Claimed:
    return Claimed(
        id=row.id,
        source=row.source,
        envelope=envelope_of(row),
        quiet=row.quiet,
        received_at=row.received_at,
        size=row.size,
        sha256=row.sha256,
        attempts=row.attempts + counted,
        alone=bool(counted),
        fence=row.fence + 1,
        raw=raw,
        released_by=row.reason.removeprefix(RELEASED) if row.reason.startswith(RELEASED) else "",
    )


def envelope_of(row: Row[Any]) -> Envelope:
    """How the mail of a spool row reached us."""
    return Envelope(
        mail_from=row.mail_from,
        recipients=tuple(row.recipients),
        peer=row.peer,
        helo=row.helo,
        tls=row.tls,
        auth_user=row.auth_user,
    )


def raw_of(store: Store, which: Claimed | int) -> bytes:
    """The exact bytes of a mail. Raises Permanent where there is no such row or its bytes are gone."""
    if isinstance(which, Claimed):
        if which.raw is not None:
            return which.raw
        which = which.id
    both = select(_spool.c.raw_file, _raw.c.data).select_from(_spool.outerjoin(_raw)).where(_spool.c.id == which)
    with store.spool.read() as conn:
        row = conn.execute(both).first()
    if row is None:
        raise Permanent(f"there is no mail {which} in the spool")
    if row.raw_file is not None:
        return store.raw.get(row.raw_file)
    if row.data is None:
        raise Permanent(f"the bytes of mail {which} are no longer kept")
    return bytes(row.data)


def lost(conn: Connection, *, node: str, claims: Sequence[tuple[int, int]]) -> set[int]:
    """Which of these (id, fence) are no longer ours to judge, checked inside the caller's transaction.

    On PostgreSQL the rows stay locked until that transaction ends, so nobody takes them meanwhile.
    """
    statement = select(_spool.c.id, _spool.c.fence).where(
        _spool.c.id.in_([spool_id for spool_id, _ in claims]),
        _spool.c.lease_node == node,
        _is_new,
    )
    ours = {(row.id, row.fence) for row in conn.execute(statement.with_for_update())}
    return {spool_id for spool_id, fence in claims if (spool_id, fence) not in ours}


_CLOSE = (
    _spool.update()
    .where(_spool.c.id == bindparam("row"))
    .values(
        state=bindparam("to"),
        reason=bindparam("why"),
        closed_at=bindparam("at"),
        lease_node=None,
        lease_until=None,
    )
)


def close(store: Store, *, node: str, done: Sequence[Closed]) -> set[int]:
    """Record verdicts, all in one transaction; returns the ids refused because their claim is no longer ours."""
    if not done:
        return set()

    def work(conn: Connection) -> set[int]:
        refused = lost(conn, node=node, claims=[(row.id, row.fence) for row in done])
        at = wall()
        kept = [row for row in done if row.id not in refused]
        if kept:
            conn.execute(_CLOSE, [{"row": row.id, "to": row.state, "why": row.reason, "at": at} for row in kept])
        return refused

    return store.spool.retrying(work)


def give_back(
    store: Store,
    *,
    node: str,
    claims: Sequence[tuple[int, int]],
    later: timedelta | None = None,
    alone: bool = False,
    count_attempt: bool = False,
) -> set[int]:
    """Let go of (id, fence) without a verdict; returns the ids that were no longer ours.

    `later` keeps them from being claimed for that long; `alone` has each claimed by itself from now on;
    `count_attempt=False` (a clean stop, a Temporary) takes back the attempt that a lone claim counted.
    """
    if not claims:
        return set()

    def work(conn: Connection) -> set[int]:
        refused = lost(conn, node=node, claims=claims)
        ids = [spool_id for spool_id, _ in claims if spool_id not in refused]
        values: dict[str, Any] = {"lease_node": None, "lease_until": None}
        if later is not None:
            values["next_at"] = wall() + later
        if alone:
            values["alone"] = True
        if not count_attempt:
            values["attempts"] = case((_spool.c.alone, _spool.c.attempts - 1), else_=_spool.c.attempts)
        conn.execute(_spool.update().where(_spool.c.id.in_(ids)).values(**values))
        return refused

    return store.spool.retrying(work)


def renew(store: Store, node: str, ids: Sequence[int], *, lease: timedelta = LEASE) -> None:
    """Extend the leases of rows that are still ours."""

    def work(conn: Connection) -> None:
        ours = and_(_spool.c.id.in_(ids), _spool.c.lease_node == node, _is_new)
        conn.execute(_spool.update().where(ours).values(lease_until=database_now(conn) + lease))

    if ids:
        store.spool.retrying(work)


def free_node(store: Store, node: str, *, forgive: bool = False) -> int:
    """At its start a node frees what it held when it died; those rows are tried alone. Returns how many.

    `forgive`: the whole daemon died, so the attempt of a lone claim is taken back: power cuts and kills prove nothing
    against a mail. Only a row that was claimed very often is no longer forgiven, for it may be what kills the daemon.
    """

    def work(conn: Connection) -> int:
        mine = and_(_is_new, _spool.c.lease_node == node)
        values: dict[str, Any] = {"lease_node": None, "lease_until": None, "alone": True}
        if forgive:
            forgiven = and_(_spool.c.alone, _spool.c.fence < _FORGIVEN_CLAIMS)
            values["attempts"] = case((forgiven, _spool.c.attempts - 1), else_=_spool.c.attempts)
        freed = conn.execute(_spool.update().where(mine).values(**values))
        return freed.rowcount

    return store.spool.retrying(work)


def waiting(store: Store) -> Waiting:
    """How much is accepted and not yet processed."""
    with store.spool.read() as conn:
        first = select(func.count(), func.min(_spool.c.received_at)).where(_is_new)
        count, oldest_at = conn.execute(first).one()
    return Waiting(count=count, oldest_at=oldest_at)
