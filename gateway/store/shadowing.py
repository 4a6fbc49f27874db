"""Shadow mode, where it holds: in the claim of what is to be sent. Whatever wrote a letter, by here it comes or stays.

That a database is in shadow mode stands in it, so that a node whose file says otherwise sends nothing either, and
what was written then is not sent later.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, not_, or_, select, update

from gateway.store import tables
from gateway.store.clock import database_now
from gateway.store.engine import Store

SHADOWED = "shadowed"  # such a row of the outbox is never sent
# What is written to the admin about the gateway itself. An acknowledgement to the admin's address is none of it.
TO_THE_ADMIN = ("admin_notice", "report")

_outbox, _mail, _ticket, _counter = tables.outbox, tables.mail, tables.ticket, tables.counter
_SINCE = "shadow"  # the counter that holds the second since when, 0 where this is no shadow
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def begin(store: Store, at: datetime) -> datetime:
    """From now on nothing is sent out of this database; since when that is so."""

    def work(conn: Connection) -> datetime:
        known = since(conn)
        if known is None:
            _note(conn, int(at.timestamp()))
        return known or at

    return store.main.retrying(work)


def end(store: Store) -> int | None:
    """This is no shadow any more. How many letters of that time stay unsent for ever; None where it was none.

    What waits to be told about tickets is forgotten, and the clocks of those opened in that time are put to rest until
    their next mail: whoever wrote was answered by somebody else.
    """

    def work(conn: Connection) -> int | None:
        began = since(conn)
        if began is None:
            return None
        kept = keep_back(conn, "")
        for table in (tables.announcement, tables.digest_item):
            conn.execute(delete(table))
        trial = select(_ticket.c.number).where(_ticket.c.created_at >= began)
        conn.execute(delete(tables.unassigned).where(tables.unassigned.c.ticket.in_(trial)))
        conn.execute(delete(tables.reminder).where(tables.reminder.c.ticket.in_(trial)))
        at_rest = dict.fromkeys(
            ("next_tick_at", "on_hold_until", "first_response_due", "next_response_due", "resolve_due")
        )
        conn.execute(update(_ticket).where(_ticket.c.created_at >= began).values(clocks={}, **at_rest))
        _note(conn, 0)
        return kept

    return store.main.retrying(work)


def since(conn: Connection) -> datetime | None:
    """Since when this database is a shadow; None where it is none."""
    found = conn.execute(select(_counter.c.value).where(_counter.c.name == _SINCE)).scalar()
    return _EPOCH + timedelta(seconds=int(found)) if found else None


def keep_back(conn: Connection, admin: str) -> int:
    """Everything that waits to be sent is `shadowed` now, but what is written to `admin` about the gateway."""
    lapsed = or_(_outbox.c.lease_node.is_(None), _outbox.c.lease_until < database_now(conn))
    waits = or_(_outbox.c.state.in_(("pending", "held")), and_(_outbox.c.state == "sending", lapsed))
    kept = update(_outbox).where(waits, not_(_is_to_the_admin(admin)))
    shadowed = {"state": SHADOWED, "reason": "shadow", "lease_node": None, "lease_until": None}
    return conn.execute(kept.values(**shadowed)).rowcount


def counts(conn: Connection) -> Mapping[str, int]:
    """How many letters were kept back, by kind."""
    found = select(_mail.c.kind, func.count()).join(_outbox, _outbox.c.mail_id == _mail.c.id)
    return dict(map(tuple, conn.execute(found.where(_outbox.c.state == SHADOWED).group_by(_mail.c.kind))))


def _is_to_the_admin(admin: str) -> ColumnElement[bool]:
    own = select(_mail.c.id).where(
        _mail.c.id == _outbox.c.mail_id, _mail.c.kind.in_(TO_THE_ADMIN), _mail.c.recipient == admin.lower()
    )
    return and_(_outbox.c.ticket.is_(None), own.exists())


def _note(conn: Connection, value: int) -> None:
    if conn.execute(update(_counter).where(_counter.c.name == _SINCE).values(value=value)).rowcount == 0:
        conn.execute(insert(_counter).values(name=_SINCE, value=value))
