"""After a backup was put back: which mailboxes are to be read again, processed folders too, and from when on."""

from datetime import datetime

from sqlalchemy import func, select

from gateway.store import tables
from gateway.store.engine import Store

_folder = tables.imap_folder


def reread_since(store: Store, account: str) -> datetime | None:
    """What arrived in this account since then was perhaps forgotten: submit it all, the delivery keys know the rest."""
    earliest = select(func.min(_folder.c.reread_since)).where(_folder.c.account == account)
    with store.spool.read() as conn:
        return conn.execute(earliest).scalar()


def reread_done(store: Store, account: str) -> None:
    """The account was read again as far as `reread_since` said."""
    with store.spool.write() as conn:
        conn.execute(_folder.update().where(_folder.c.account == account).values(reread_since=None))


def mark_reread(store: Store, since: datetime) -> None:
    """Have every mailbox ever looked at read again from `since` on."""
    with store.spool.write() as conn:
        conn.execute(_folder.update().values(reread_since=since))
