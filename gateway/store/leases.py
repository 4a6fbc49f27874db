"""Named leases: of several nodes, one polls a mailbox. They run by the database's clock and carry a fence."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, select

from gateway.store import tables
from gateway.store.clock import database_now
from gateway.store.engine import Store
from gateway.store.fast import insert

LEASE = timedelta(seconds=60)

_lease = tables.lease


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A name that is ours; `fence` grows whenever it changes hands."""

    name: str
    node: str
    fence: int


def acquire(store: Store, name: str, node: str, *, lease: timedelta = LEASE) -> Lease | None:
    """The lease of `name`, or None while another node holds it. Whoever holds it already gets it anew."""

    def work(conn: Connection) -> Lease | None:
        if conn.dialect.name == "postgresql":  # the row may not be there yet, so the name itself is locked
            conn.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext(%s))", (f"lease {name}",))
        at = database_now(conn)
        row = conn.execute(select(_lease).where(_lease.c.name == name)).first()
        if row is not None and row.node != node and row.until > at:
            return None
        fence = row.fence + 1 if row else 1
        if row is None:
            insert(conn, _lease, name=name, node=node, until=at + lease, fence=fence)
        else:
            values = {"node": node, "until": at + lease, "fence": fence}
            conn.execute(_lease.update().where(_lease.c.name == name).values(values))
        return Lease(name=name, node=node, fence=fence)

    return store.spool.retrying(work)


def renew(store: Store, held: Lease, *, lease: timedelta = LEASE) -> bool:
    """Extend a lease; False where it has gone to another, and then its holder must stop at once."""

    def work(conn: Connection) -> bool:
        ours = _lease.update().where(_lease.c.name == held.name, _lease.c.fence == held.fence)
        return conn.execute(ours.values(until=database_now(conn) + lease)).rowcount == 1

    return store.spool.retrying(work)


def release(store: Store, held: Lease) -> None:
    """Let go of a lease, unless it has gone to another already."""

    def work(conn: Connection) -> None:
        ours = _lease.update().where(_lease.c.name == held.name, _lease.c.fence == held.fence)
        conn.execute(ours.values(until=database_now(conn)))

    store.spool.retrying(work)
