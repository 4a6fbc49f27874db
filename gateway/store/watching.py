"""Mail as it comes in, for commands that wait for it: rows of the spool, whatever becomes of them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from gateway.mail.value import Envelope
from gateway.store import tables
from gateway.store.engine import Store
from gateway.store.spool import envelope_of

_spool = tables.spool
_MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """One accepted mail and how it came."""

    id: int
    source: str
    envelope: Envelope
    received_at: datetime


def newest_id(store: Store) -> int:
    """The id of the newest mail of the spool, 0 where there is none."""
    with store.spool.read() as conn:
        return conn.execute(select(func.max(_spool.c.id))).scalar() or 0


def arrived_since(store: Store, spool_id: int) -> list[Arrived]:
    """The first hundred mails accepted after that one, oldest first."""
    with store.spool.read() as conn:
        newer = select(_spool).where(_spool.c.id > spool_id).order_by(_spool.c.id).limit(_MOST)
        rows = conn.execute(newer).all()
    return [
        Arrived(
            id=row.id,
            source=row.source,
            envelope=envelope_of(row),
            received_at=row.received_at,
        )
        for row in rows
    ]
