"""Shadow mode, where it holds: in the claim of what is to be sent. Whatever wrote a letter, by here it comes or stays.

That a database is in shadow mode stands in it, so that a node whose file says otherwise sends nothing either, and
what was written then is not sent later.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Text, and_, cast, delete, func, insert, not_, or_, select, update

from gateway.errors import Permanent, Temporary
from gateway.store import tables
from gateway.store.clock import database_now
from gateway.store.engine import Store
from gateway.tickets.reason import Reason

SHADOWED = "shadowed"  # such a row of the outbox is never sent
# What is written to the admin about the gateway itself. An acknowledgement to the admin's address is none of it.
TO_THE_ADMIN = ("admin_notice", "report")

_outbox, _mail, _ticket, _counter = tables.outbox, tables.mail, tables.ticket, tables.counter
_SINCE = "shadow"  # the counter that holds the second since when
_NODE = "shadow:"  # begins the counters of the nodes at work in it, which hold the second of their last sign of life
LIVES_FOR = timedelta(minutes=1)  # after that without one a node is taken for dead
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def begin(store: Store, at: datetime) -> datetime:
    """From now on nothing is sent out of this database, and this node works in it; since when that is so.

    Raises Permanent where it is no shadow yet and holds what is in earnest: a letter to somebody else than the admin,
    or a ticket that is not imported. What waits there to be sent would never be.
    """

    def work(conn: Connection) -> datetime:
        known = _since(conn, locks=True)
        if known is None:
            if what := _in_earnest(conn):
                raise Permanent(
                    f"this database is in use in earnest, it holds {what}; shadow mode needs a database of its own: "
                    "name another one in database.url, or another gateway.data_dir"
                )
            _note(conn, _SINCE, int(at.timestamp()))
        _note(conn, _NODE + store.node, _seconds(database_now(conn)))
        return known or at

    return store.main.retrying(work)


def show_life(store: Store) -> None:
    """This node works in the shadow; to be said more often than `LIVES_FOR`."""
    store.main.retrying(lambda conn: _note(conn, _NODE + store.node, _seconds(database_now(conn))))


def leave(store: Store) -> None:
    """This node works in the shadow no more."""
    store.main.retrying(lambda conn: _forget(conn, _counter.c.name == _NODE + store.node))


def end(store: Store, admin: str) -> int | None:
    """This is no shadow any more. How many letters of that time stay unsent for ever; None where it was none.

    What waits to be told about tickets is forgotten, and the clocks of all tickets, imported ones too, are put to rest
    until their next mail: whoever wrote was answered by somebody else. Raises Temporary while another node works in
    it, whose letters would be sent, and while mail of that time waits to be worked on. Our own node must not run.
    """
    with store.spool.read() as conn:
        new = conn.execute(select(func.count()).where(tables.spool.c.state == "new")).scalar_one()

    def work(conn: Connection) -> int | None:
        if _since(conn, locks=True) is None:
            return None
        _refuse_while_others_work(conn, store.node)
        if new:
            raise Temporary(
                f"{new} mails that came in shadow mode wait in the spool, and would be answered; start the gateway "
                "with shadow = true once more, until gateway status says that none waits"
            )
        kept = keep_back(conn, admin)
        for table in (tables.announcement, tables.digest_item, tables.unassigned, tables.reminder):
            conn.execute(delete(table))
        at_rest = dict.fromkeys(
            ("next_tick_at", "on_hold_until", "first_response_due", "next_response_due", "resolve_due")
        )
        conn.execute(update(_ticket).values(clocks={}, **at_rest))
        _forget(conn, or_(_counter.c.name == _SINCE, _counter.c.name.startswith(_NODE, autoescape=True)))
        return kept

    return store.main.retrying(work)


def _in_earnest(conn: Connection) -> str:
    """What a database holds that no trial made, in words; `""` where there is no such thing."""
    letter = select(_outbox.c.id).join(_mail, _mail.c.id == _outbox.c.mail_id)
    if conn.execute(letter.where(_outbox.c.state != SHADOWED, _mail.c.kind.not_in(TO_THE_ADMIN)).limit(1)).first():
        return "letters that were sent or wait to be"
    imported = select(_mail.c.id).where(_mail.c.ticket == _ticket.c.number, _mail.c.reason == str(Reason.IMPORTED))
    old_mail = func.coalesce(cast(_ticket.c.clocks, Text), "") == "{}"  # a list's or a machine's mail in an archive
    found = conn.execute(select(_ticket.c.number).where(not_(imported.exists()), not_(old_mail)).limit(1)).scalar()
    return "" if found is None else f"tickets that are not imported, such as #{found}"


def _refuse_while_others_work(conn: Connection, node: str) -> None:
    since_then = _seconds(database_now(conn) - LIVES_FOR)
    others = select(_counter.c.name).where(
        _counter.c.name.startswith(_NODE, autoescape=True), _counter.c.name != _NODE + node
    )
    if live := sorted(conn.execute(others.where(_counter.c.value > since_then)).scalars()):
        names = ", ".join(name.removeprefix(_NODE) for name in live)
        raise Temporary(f"other nodes work in this shadow: {names}; stop them, one that crashed counts for a minute")


def since(conn: Connection) -> datetime | None:
    """Since when this database is a shadow; None where it is none."""
    return _since(conn)


def _since(conn: Connection, *, locks: bool = False) -> datetime | None:
    row = select(_counter.c.value).where(_counter.c.name == _SINCE)
    found = conn.execute(row.with_for_update() if locks else row).scalar()
    return _EPOCH + timedelta(seconds=int(found)) if found else None


def keep_back(conn: Connection, admin: str) -> int:
    """Everything that waits to be sent is `shadowed` now, but what is written to `admin` about the gateway."""
    lapsed = or_(_outbox.c.lease_node.is_(None), _outbox.c.lease_until < database_now(conn))
    waits = or_(_outbox.c.state.in_(("pending", "held")), and_(_outbox.c.state == "sending", lapsed))
    kept = update(_outbox).where(waits, not_(is_to_the_admin(admin)))
    shadowed = {"state": SHADOWED, "reason": "shadow", "lease_node": None, "lease_until": None}
    return conn.execute(kept.values(**shadowed)).rowcount


def counts(conn: Connection) -> Mapping[str, int]:
    """How many letters were kept back, by kind."""
    found = select(_mail.c.kind, func.count()).join(_outbox, _outbox.c.mail_id == _mail.c.id)
    return dict(map(tuple, conn.execute(found.where(_outbox.c.state == SHADOWED).group_by(_mail.c.kind))))


def is_to_the_admin(admin: str) -> ColumnElement[bool]:
    """Which rows of the outbox are written to `admin` about the gateway itself."""
    own = select(_mail.c.id).where(
        _mail.c.id == _outbox.c.mail_id, _mail.c.kind.in_(TO_THE_ADMIN), _mail.c.recipient == admin.lower()
    )
    return and_(_outbox.c.ticket.is_(None), own.exists())


def _seconds(at: datetime) -> int:
    return int(at.timestamp())


def _note(conn: Connection, name: str, value: int) -> None:
    if conn.execute(update(_counter).where(_counter.c.name == name).values(value=value)).rowcount == 0:
        conn.execute(insert(_counter).values(name=name, value=value))


def _forget(conn: Connection, which: ColumnElement[bool]) -> None:
    conn.execute(delete(_counter).where(which))
