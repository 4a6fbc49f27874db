"""Mails of ours that did not arrive, and the addresses they did not get through to."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Update, or_, select, update

from gateway.store import outbox, tables
from gateway.store.engine import Store
from gateway.store.fast import insert_new, one_of, rows_in
from gateway.tickets.bounces import MAY_FAIL, Reach, Sent

BOUNCED = "bounced"  # why such a row of the outbox is `failed`
REFUSED_RECIPIENT = "recipient_refused"  # the same, learnt while it was sent
_MOST = 200  # mails of ours that are looked through for those that a report names by token

_outbox, _mail, _reach = tables.outbox, tables.mail, tables.reach
_REACH = ("addr", "score", "failed_at", "reply", "suspended_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreached:
    """An address as `gateway people` shows it."""

    address: str
    score: int
    failed_at: datetime
    reply: str
    suspended_at: datetime | None


def sent(conn: Connection, message_ids: Collection[str], tickets: Collection[int]) -> tuple[Sent, ...]:
    """The mails of ours with these Message-IDs, and the newest on these tickets."""
    if not message_ids and not tickets:
        return ()
    asked = or_(one_of(conn, _mail.c.message_id, message_ids), one_of(conn, _outbox.c.ticket, tickets))
    rows = select(_outbox, _mail.c.kind, _mail.c.message_id).join_from(_outbox, _mail).where(asked)
    return tuple(
        Sent(
            outbox=row.id,
            mail_id=row.mail_id,
            ticket=row.ticket,
            recipient=row.recipient,
            kind=row.kind,
            automatic=row.automatic,
            message_id=row.message_id,
            state=row.state,
            reason=row.reason,
            at=row.created_at,
        )
        for row in conn.execute(rows.order_by(_outbox.c.id.desc()).limit(_MOST))
    )


def letters(conn: Connection, mail_ids: Collection[int]) -> dict[int, bytes]:
    """The bytes of mails of ours."""
    rows = rows_in(conn, tables.mail_out, "mail_id", sorted(mail_ids), ("mail_id", "data"))
    return {mail_id: bytes(data) for mail_id, data in rows}


def mark_failed(conn: Connection, outbox_id: int, reply: str) -> bool:
    """A mail that left came back; False where its row has failed already."""
    values = {"state": "failed", "reason": BOUNCED, "last_reply": reply, "sent_at": None}
    return conn.execute(_back(outbox_id).values(**values)).rowcount == 1


def mark_pending(conn: Connection, outbox_id: int, data: bytes, reply: str, at: datetime) -> bool:
    """A mail that came back leaves once more, as these bytes; False where its row has failed already."""
    values = {"state": "pending", "reason": BOUNCED, "last_reply": reply, "sent_at": None, "next_try_at": at}
    if conn.execute(_back(outbox_id).values(**values, attempts=0)).rowcount != 1:
        return False
    mail_id = conn.execute(select(_outbox.c.mail_id).where(_outbox.c.id == outbox_id)).scalar_one()
    outbox.replace_bytes(conn, mail_id, data)
    return True


def _back(outbox_id: int) -> Update:
    mine = update(_outbox).where(_outbox.c.id == outbox_id, _outbox.c.state.in_(MAY_FAIL))
    return mine.values(lease_node=None, lease_until=None)


def reaches(conn: Connection, keys: Collection[str]) -> dict[str, Reach]:
    """How those of these addresses (keys) stand that mail did not get through to."""
    rows = rows_in(conn, _reach, "addr", sorted(keys), _REACH) if keys else []
    return {
        addr: Reach(score=score, failed_at=failed_at, reply=reply, suspended_at=suspended_at)
        for addr, score, failed_at, reply, suspended_at in rows
    }


def suspended(conn: Connection, keys: Collection[str]) -> frozenset[str]:
    """Those of these addresses (keys) that nothing automatic goes to."""
    rows = rows_in(conn, _reach, "addr", sorted(keys), ("addr", "suspended_at")) if keys else []
    return frozenset(addr for addr, since in rows if since is not None)


def fail(conn: Connection, key: str, at: datetime, after: Callable[[Reach], Reach]) -> tuple[Reach, Reach]:
    """One failure more at an address (key): how it stood before, and by `after` from now on; nobody comes between."""
    insert_new(conn, _reach, addr=key, score=0, failed_at=at)
    row = conn.execute(select(_reach).where(_reach.c.addr == key).with_for_update()).one()
    before = Reach(score=row.score, failed_at=row.failed_at, reply=row.reply, suspended_at=row.suspended_at)
    now = after(before)
    values = {"score": now.score, "failed_at": now.failed_at, "reply": now.reply, "suspended_at": now.suspended_at}
    conn.execute(update(_reach).where(_reach.c.addr == key).values(**values))
    return before, now


def forget(conn: Connection, keys: Collection[str]) -> tuple[str, ...]:
    """Mail gets through to these addresses (keys) again; those that were suspended."""
    were = suspended(conn, keys)
    conn.execute(_reach.delete().where(one_of(conn, _reach.c.addr, sorted(keys))))
    return tuple(sorted(were))


def unreached(store: Store, keys: Sequence[str] = (), *, suspended_only: bool = False) -> list[Unreached]:
    """Addresses with failures, the last failed first; all where no keys are given."""
    statement = select(_reach).order_by(_reach.c.failed_at.desc(), _reach.c.addr)
    if suspended_only:
        statement = statement.where(_reach.c.suspended_at.is_not(None))
    with store.main.read() as conn:
        if keys:
            statement = statement.where(one_of(conn, _reach.c.addr, keys))
        return [
            Unreached(
                address=row.addr,
                score=row.score,
                failed_at=row.failed_at,
                reply=row.reply,
                suspended_at=row.suspended_at,
            )
            for row in conn.execute(statement)
        ]
