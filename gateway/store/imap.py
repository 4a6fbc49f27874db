"""What we know of the mailboxes: how far each folder was looked at, and which of its mails became spool rows.

The rows of accepted mails are written with the mails themselves (`arrivals.insert_batch`).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, delete, func, insert, select, update

from gateway.now import now
from gateway.store.engine import Store
from gateway.store.fast import one_of
from gateway.store.tables import imap_folder, imap_uid


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderState:
    """How far a folder was looked at: nothing below `uid_next` needs looking at; `seen_at` is the very first look."""

    uidvalidity: int
    uid_next: int
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A folder of an account in one epoch of its uids."""

    account: str
    folder: str
    uidvalidity: int


def folder_state(store: Store, account: str, folder: str) -> FolderState | None:
    """None before the first look was finished."""
    columns = imap_folder.c
    query = select(columns.uidvalidity, columns.uid_next, columns.seen_at)
    with store.spool.read() as conn:
        row = conn.execute(query.where(columns.account == account, columns.folder == folder)).one_or_none()
    return FolderState(uidvalidity=row.uidvalidity, uid_next=row.uid_next, seen_at=row.seen_at) if row else None


def looked(store: Store, place: Place, uid_next: int) -> None:
    """Record that everything below `uid_next` is dealt with. The moment of the first look is kept for ever."""
    where = (imap_folder.c.account == place.account, imap_folder.c.folder == place.folder)
    at = now()
    values = {"uidvalidity": place.uidvalidity, "uid_next": uid_next, "swept_at": at}
    with store.spool.write() as conn:
        if not conn.execute(update(imap_folder).where(*where).values(values)).rowcount:
            conn.execute(insert(imap_folder).values(account=place.account, folder=place.folder, seen_at=at, **values))


def swept(store: Store, place: Place) -> None:
    """Record that the folder was looked over to its end, though there was nothing to be done."""
    _set(store, place, swept_at=now())


def known(store: Store, place: Place, first: int) -> set[int]:
    """The uids from `first` on that the ledger holds."""
    query = select(imap_uid.c.uid).where(*_at(place), imap_uid.c.uid >= first)
    with store.spool.read() as conn:
        return set(conn.execute(query).scalars())


def unfiled(store: Store, place: Place) -> list[int]:
    """The uids that became spool rows, but whose mails the server has not moved, flagged or deleted yet."""
    query = select(imap_uid.c.uid).where(*_at(place), imap_uid.c.spool_id.is_not(None), imap_uid.c.moved_at.is_(None))
    with store.spool.read() as conn:
        return sorted(conn.execute(query).scalars())


def filed(store: Store, place: Place, uids: Collection[int]) -> None:
    """Record that the server has done with these mails what `after` says."""
    with store.spool.write() as conn:
        those = one_of(conn, imap_uid.c.uid, uids)
        conn.execute(update(imap_uid).where(*_at(place), those).values(moved_at=now()))


def not_filed(store: Store, place: Place, why: str) -> None:
    """Record that the server does not do with our mails what `after` says; the first time of several is kept."""
    since = func.coalesce(imap_folder.c.unfiled_since, bindparam("at", now(), imap_folder.c.unfiled_since.type))
    _set(store, place, unfiled_since=since, unfiled_why=why)


def all_filed(store: Store, place: Place) -> None:
    """Record that the server does as it is asked."""
    _set(store, place, unfiled_since=None, unfiled_why="")


def _set(store: Store, place: Place, **values: object) -> None:
    where = (imap_folder.c.account == place.account, imap_folder.c.folder == place.folder)
    with store.spool.write() as conn:
        conn.execute(update(imap_folder).where(*where).values(values))


def left_alone(store: Store, place: Place, uids: Collection[int]) -> None:
    """Record mails that were seen and did not become spool rows; recording them twice changes nothing."""
    with store.spool.write() as conn:
        those = one_of(conn, imap_uid.c.uid, uids)
        conn.execute(delete(imap_uid).where(*_at(place), those, imap_uid.c.spool_id.is_(None)))
        present = set(conn.execute(select(imap_uid.c.uid).where(*_at(place), those)).scalars())
        fresh = sorted(set(uids) - present)
        if fresh:
            conn.execute(insert(imap_uid), [_row(place, uid) for uid in fresh])


def _row(place: Place, uid: int) -> dict[str, object]:
    return {
        "account": place.account,
        "folder": place.folder,
        "uidvalidity": place.uidvalidity,
        "uid": uid,
        "moved_at": now(),
    }


def _at(place: Place) -> tuple[ColumnElement[bool], ...]:
    return (
        imap_uid.c.account == place.account,
        imap_uid.c.folder == place.folder,
        imap_uid.c.uidvalidity == place.uidvalidity,
    )
