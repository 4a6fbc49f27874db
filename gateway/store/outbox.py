"""The outbox: what is written and not yet delivered, one row per recipient; claims, outcomes, listing.

Delivery is at least once: a crash between the far side's 250 and our `sent` sends the same bytes, with the same
Message-ID, again (T108). A claim is a lease by the database's clock and a fence, as in `spool`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, literal_column, or_, select, tuple_

from gateway.errors import Permanent
from gateway.now import now as wall
from gateway.store import shadowing, tables
from gateway.store.clock import database_now
from gateway.store.engine import Store

HOLD = timedelta(minutes=5)  # so long a batch is worked on before the rest of it is given back
# One mail more may be begun then, and a slow relay takes eleven minutes and more over it; recording may wait too.
LEASE = timedelta(minutes=30)

_outbox, _mail, _data = tables.outbox, tables.mail, tables.mail_out
# Written out, not bound, so that both planners see that the index of due rows applies.
_is_due_state = _outbox.c.state.in_([literal_column("'pending'"), literal_column("'sending'")])


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One mail to one recipient, ours to send until the lease ends. `attempts` includes this one."""

    id: int
    fence: int
    mail_id: int
    ticket: int | None
    recipient: str
    envelope_from: str  # "" is the null sender
    automatic: bool
    attempts: int
    created_at: datetime
    message_id: str
    data: bytes
    sender: str = ""  # the address in its From, lower case
    kind: str = ""  # acknowledgement, reply, notice_new, ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a claimed row: `sent`, `pending` (again at `next_try_at`) or `failed`; `reply` is the far side's."""

    id: int
    fence: int
    state: str
    reply: str = ""
    reason: str = ""
    next_try_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row as the commands show it."""

    id: int
    ticket: int | None
    recipient: str
    state: str
    reason: str
    attempts: int
    last_reply: str
    message_id: str
    written_at: datetime
    next_try_at: datetime
    sent_at: datetime | None


def claim_due(
    store: Store,
    *,
    node: str,
    limit: int,
    now: datetime,
    lease: timedelta = LEASE,
    shadow: bool = False,
    admin: str = "",
    which: ColumnElement[bool] | None = None,
    in_order: bool = False,
    by_weight: bool = False,
) -> list[Due]:
    """Up to `limit` rows that are due, longest due first; the attempt is counted and committed before the return.

    In shadow mode, by `shadow` or by the database's own word, there is nothing but what is for `admin`; by the latter
    all else is kept back for ever. `which`: only these rows; `in_order`: none of a ticket of which somebody is sending
    an older one; `by_weight`: alarms before all else, and what people wrote before what is automatic.
    """

    def work(conn: Connection) -> list[Due]:
        is_shadow = shadowing.since(conn) is not None
        if is_shadow:
            shadowing.keep_back(conn, admin)
        # Once more in the SELECT: on PostgreSQL it sees what others committed since.
        allowed = [shadowing.is_to_the_admin(admin)] if shadow or is_shadow else []
        at = database_now(conn)
        free = or_(_outbox.c.lease_node.is_(None), _outbox.c.lease_until < at)
        mine = *_narrowed(which), *_in_turn(in_order, at), *allowed
        weight = [_outbox.c.is_alarm.desc(), _outbox.c.automatic] if by_weight else []
        due = (
            select(_outbox)
            .where(_is_due_state, _outbox.c.next_try_at <= now, free, *mine)
            .order_by(*weight, _outbox.c.next_try_at, _outbox.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        rows = conn.execute(due).all()
        if not rows:
            return []
        conn.execute(
            _outbox.update()
            .where(_outbox.c.id.in_([row.id for row in rows]))
            .values(
                state="sending",
                lease_node=node,
                lease_until=at + lease,
                fence=_outbox.c.fence + 1,
                attempts=_outbox.c.attempts + 1,
            )
        )
        return _dues(conn, rows)

    return store.main.retrying(work)


def _dues(conn: Connection, rows: Sequence[Any]) -> list[Due]:
    """Rows as they were before they were claimed, with their mails."""
    of_mails = _mail.c.id.in_([row.mail_id for row in rows])
    found = conn.execute(
        select(_mail.c.id, _mail.c.message_id, _data.c.data, _mail.c.kind).join_from(_mail, _data).where(of_mails)
    )
    mails = {row.id: row for row in found}
    return [
        Due(
            id=row.id,
            fence=row.fence + 1,
            mail_id=row.mail_id,
            ticket=row.ticket,
            recipient=row.recipient,
            envelope_from=row.envelope_from,
            automatic=row.automatic,
            attempts=row.attempts + 1,
            created_at=row.created_at,
            message_id=mails[row.mail_id].message_id,
            data=mails[row.mail_id].data,
            sender=row.sender,
            kind=mails[row.mail_id].kind,
        )
        for row in rows
    ]


def _narrowed(which: ColumnElement[bool] | None) -> tuple[ColumnElement[bool], ...]:
    return () if which is None else (which,)


def _in_turn(in_order: bool, at: datetime) -> tuple[ColumnElement[bool], ...]:
    if not in_order:
        return ()
    older = _outbox.alias("older")
    leaving = older.c.state == literal_column("'sending'"), older.c.lease_until >= at
    of_ticket = select(older.c.id).where(older.c.ticket == _outbox.c.ticket, older.c.id < _outbox.c.id, *leaving)
    return (~of_ticket.exists(),)


_RECORD = (
    _outbox.update()
    .where(_outbox.c.id == bindparam("row"))
    .values(
        state=bindparam("to"),
        last_reply=bindparam("reply"),
        reason=bindparam("why"),
        next_try_at=bindparam("again_at"),
        sent_at=bindparam("at"),
        lease_node=None,
        lease_until=None,
    )
)


def record(store: Store, *, node: str, outcomes: Sequence[Outcome]) -> set[int]:
    """Record outcomes in one transaction; returns the ids refused because their claim is no longer ours."""
    if not outcomes:
        return set()
    return store.main.retrying(lambda conn: record_in(conn, node=node, outcomes=outcomes))


def record_in(conn: Connection, *, node: str, outcomes: Sequence[Outcome]) -> set[int]:
    """`record` inside the caller's transaction, beside the events and notices that a failure brings."""
    ids = [outcome.id for outcome in outcomes]
    claimed = select(_outbox.c.id, _outbox.c.fence, _outbox.c.next_try_at).where(
        _outbox.c.id.in_(ids), _outbox.c.lease_node == node, _outbox.c.state == "sending"
    )
    ours = {(row.id, row.fence): row.next_try_at for row in conn.execute(claimed.with_for_update())}
    at = wall()
    rows = [
        {
            "row": outcome.id,
            "to": outcome.state,
            "reply": outcome.reply,
            "why": outcome.reason,
            "again_at": outcome.next_try_at or ours[outcome.id, outcome.fence],
            "at": at if outcome.state == "sent" else None,
        }
        for outcome in outcomes
        if (outcome.id, outcome.fence) in ours
    ]
    if rows:
        conn.execute(_RECORD, rows)
    return {outcome.id for outcome in outcomes if (outcome.id, outcome.fence) not in ours}


def replace_bytes(conn: Connection, mail_id: int, data: bytes) -> None:
    """What is sent from now on instead of what was written first."""
    conn.execute(_data.update().where(_data.c.mail_id == mail_id).values(data=data))
    conn.execute(_mail.update().where(_mail.c.id == mail_id).values(size=len(data)))


def record_sent(store: Store, due: Due, *, node: str, reply: str) -> bool:
    """The far side has taken it; False where the claim was no longer ours."""
    outcome = Outcome(id=due.id, fence=due.fence, state="sent", reply=reply)
    return not record(store, node=node, outcomes=[outcome])


def record_retry(store: Store, due: Due, *, node: str, at: datetime, reply: str, reason: str = "") -> bool:
    """Not now, again at `at`; False where the claim was no longer ours."""
    outcome = Outcome(id=due.id, fence=due.fence, state="pending", reply=reply, reason=reason, next_try_at=at)
    return not record(store, node=node, outcomes=[outcome])


def record_failed(store: Store, due: Due, *, node: str, reply: str, reason: str) -> bool:
    """It will not be delivered; False where the claim was no longer ours."""
    outcome = Outcome(id=due.id, fence=due.fence, state="failed", reply=reply, reason=reason)
    return not record(store, node=node, outcomes=[outcome])


def give_back(store: Store, *, node: str, dues: Sequence[Due]) -> None:
    """Nothing was sent of these: as far as they are still claimed so, they are due again, the attempt not counted."""
    if not dues:
        return
    claims = tuple_(_outbox.c.id, _outbox.c.fence).in_([(due.id, due.fence) for due in dues])
    _release(store, and_(claims, _outbox.c.lease_node == node), attempts=-1)


def free_node(store: Store, node: str) -> int:
    """At its start a node frees what it was sending when it died: due again at once. Returns how many."""
    return _release(store, _outbox.c.lease_node == node)


def _release(store: Store, which: ColumnElement[bool], *, attempts: int = 0) -> int:
    def work(conn: Connection) -> int:
        freed = (
            _outbox.update()
            .where(which, _outbox.c.state == "sending")
            .values(state="pending", lease_node=None, lease_until=None, attempts=_outbox.c.attempts + attempts)
        )
        return conn.execute(freed).rowcount

    return store.main.retrying(work)


def next_due_at(store: Store, which: ColumnElement[bool] | None = None) -> datetime | None:
    """When the next row (of these) is due, or None where nothing waits."""
    with store.main.read() as conn:
        mine = select(_outbox.c.next_try_at).where(_is_due_state, *_narrowed(which))
        return conn.execute(mine.order_by(_outbox.c.next_try_at).limit(1)).scalar()


def rows(store: Store, *, states: Sequence[str] = (), ticket: int | None = None, ids: Sequence[int] = ()) -> list[Row]:
    """The rows of these states and ids (all by default), oldest first."""
    statement = select(_outbox, _mail.c.message_id, _mail.c.at).join_from(_outbox, _mail).order_by(_outbox.c.id)
    if ids:
        statement = statement.where(_outbox.c.id.in_(ids))
    if states:
        statement = statement.where(_outbox.c.state.in_(states))
    if ticket is not None:
        statement = statement.where(_outbox.c.ticket == ticket)
    with store.main.read() as conn:
        return [
            Row(
                id=row.id,
                ticket=row.ticket,
                recipient=row.recipient,
                state=row.state,
                reason=row.reason,
                attempts=row.attempts,
                last_reply=row.last_reply,
                message_id=row.message_id,
                written_at=row.at,
                next_try_at=row.next_try_at,
                sent_at=row.sent_at,
            )
            for row in conn.execute(statement)
        ]


def retry(store: Store, ids: Sequence[int]) -> set[int]:
    """Make pending and failed rows due now, their attempts forgotten; returns the ids that could be."""

    def work(conn: Connection) -> set[int]:
        waiting = select(_outbox.c.id).where(_outbox.c.id.in_(ids), _outbox.c.state.in_(["pending", "failed"]))
        found = set(conn.execute(waiting.with_for_update()).scalars())
        again = _outbox.update().where(_outbox.c.id.in_(found))
        conn.execute(again.values(state="pending", reason="", attempts=0, next_try_at=wall()))
        return found

    return store.main.retrying(work)


def drop(conn: Connection, ids: Sequence[int], *, reason: str) -> dict[int, int | None]:
    """Give up rows that are neither sent nor being sent, in the caller's transaction: id -> ticket of those that were.

    A row that failed by itself can be given up too: then it is known, and nothing warns of it any more.
    """
    open_ = or_(_outbox.c.state.in_(["pending", "held"]), and_(_outbox.c.state == "failed", _outbox.c.reason != reason))
    waiting = select(_outbox.c.id, _outbox.c.ticket).where(_outbox.c.id.in_(ids), open_)
    found = {row.id: row.ticket for row in conn.execute(waiting.order_by(_outbox.c.id).with_for_update())}
    conn.execute(_outbox.update().where(_outbox.c.id.in_(found)).values(state="failed", reason=reason))
    return found


def bytes_of(store: Store, outbox_id: int) -> bytes:
    """The mail of one row, byte for byte as it is sent. Raises Permanent where there is no such row."""
    with store.main.read() as conn:
        chain = _outbox.join(_mail).join(_data)
        data = conn.execute(select(_data.c.data).select_from(chain).where(_outbox.c.id == outbox_id)).scalar()
    if data is None:
        raise Permanent(f"there is no mail {outbox_id} in the outbox")
    return bytes(data)
