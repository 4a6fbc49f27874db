"""Transaction 1: mails become spool rows, each delivery once.

A repeat is found by its delivery key or, from a mailbox, by its place in the IMAP ledger; it is counted on the row
that is already there and changes nothing else.
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, bindparam, text

from gateway.mail.value import Envelope
from gateway.now import now
from gateway.store import tables
from gateway.store.engine import Store
from gateway.store.fast import insert_many, reserve_ids, rows_in
from gateway.store.keys import WINDOW, DeliveryKey, delivery_key

_spool, _keys, _uids = tables.spool, tables.delivery_key, tables.imap_uid


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapUid:
    """Where a mail lies in a mailbox. The same uid under another uidvalidity is another mail."""

    account: str
    folder: str
    uidvalidity: int
    uid: int

    @property
    def epoch(self) -> tuple[str, str, int]:
        return self.account, self.folder, self.uidvalidity


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMail:
    """A mail at the door: its bytes, how it came, and whether it is filed without acknowledgements (`quiet`).

    `received_at` is also what the windows of delivery keys are measured by.
    """

    raw: bytes
    envelope: Envelope
    source: str
    received_at: datetime
    quiet: bool = False
    imap: ImapUid | None = None
    is_kept: bool = False  # it lies in a file, which may be read again at any time: a repeat is one for ever


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The spool row that answers for a mail; `duplicate` when it was there before."""

    spool_id: int
    duplicate: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    spool_id: int
    at: datetime


def insert_batch(
    store: Store, mails: Sequence[NewMail], *, duplicate_for: timedelta = WINDOW, check_keys: bool = True
) -> list[Accepted]:
    """Accept mails in one durable transaction; the answers are in the order of the mails.

    Raises Full or Temporary, and then none was accepted. `check_keys=False` is sabotage for tests.
    """

    def key_of(mail: NewMail) -> DeliveryKey:
        return _key_of(mail, duplicate_for)

    is_large = any(len(mail.raw) > store.raw_inline_max for mail in mails)
    keys = list(store.raw.side_by_side(key_of, mails) if is_large else map(key_of, mails))
    _keep_large(store, mails, keys)

    def work(conn: Connection) -> list[Accepted]:
        _lock_out_rivals(conn, mails, keys)
        batch = _Batch(conn, mails, keys, inline_max=store.raw_inline_max, check_keys=check_keys)
        answers = batch.decide()
        batch.write()
        return answers

    return store.spool.retrying(work)


def known_as(store: Store, mail: NewMail, *, duplicate_for: timedelta = WINDOW) -> int | None:
    """The spool row that would answer for this mail if it came now, None where it would be a new one."""
    key = _key_of(mail, duplicate_for)
    with store.spool.read() as conn:
        seen = _seen_keys(conn, [key.key]).get(key.key)
    return seen.spool_id if seen is not None and _repeats(seen, mail, key) else None


def _key_of(mail: NewMail, duplicate_for: timedelta) -> DeliveryKey:
    envelope = mail.envelope
    return delivery_key(
        mail.raw,
        mail.source,
        envelope.recipients,
        envelope.peer,
        window=None if mail.is_kept else duplicate_for,
        null_sender=envelope.mail_from == "",
    )


def _keep_large(store: Store, mails: Sequence[NewMail], keys: Sequence[DeliveryKey]) -> None:
    """Put what is too large for a row into files, before the transaction; known repeats leave no file behind."""
    large = [(mail, key) for mail, key in zip(mails, keys, strict=True) if len(mail.raw) > store.raw_inline_max]
    if not large:
        return
    with store.spool.read() as conn:
        seen = _seen_keys(conn, [key.key for _, key in large])
    store.raw.put_many({key.sha256: mail.raw for mail, key in large if not _repeats(seen.get(key.key), mail, key)})


def _lock_out_rivals(conn: Connection, mails: Sequence[NewMail], keys: Sequence[DeliveryKey]) -> None:
    """Make other nodes wait that hold the same delivery or poll the same mailbox; on SQLite we are alone already."""
    if conn.dialect.name != "postgresql":
        return
    numbers = {int(key.key[:15], 16) for key in keys}
    numbers |= {zlib.crc32(repr(mail.imap.epoch).encode()) for mail in mails if mail.imap}
    # In one order everywhere, so that nobody waits in a ring.
    conn.exec_driver_sql(
        "SELECT pg_advisory_xact_lock(n) FROM (SELECT unnest(%s::bigint[]) AS n ORDER BY 1) AS numbers",
        (sorted(numbers),),
    ).all()


def _seen_keys(conn: Connection, keys: Sequence[str]) -> dict[str, _Seen]:
    found = rows_in(conn, _keys, "key", keys, ("key", "spool_id", "seen_at"))
    return {key: _Seen(spool_id=spool_id, at=seen_at) for key, spool_id, seen_at in found}


def _repeats(seen: _Seen | None, mail: NewMail, key: DeliveryKey) -> bool:
    return seen is not None and (key.window is None or abs(mail.received_at - seen.at) <= key.window)


def _known_places(conn: Connection, places: Sequence[ImapUid]) -> dict[ImapUid, int]:
    """The places of the ledger that have a spool row; a place that was seen and left alone has none."""
    known: dict[ImapUid, int] = {}
    for epoch, group in groupby(sorted(places, key=lambda place: place.epoch), key=lambda place: place.epoch):
        by_uid = {place.uid: place for place in group}
        account, folder, uidvalidity = epoch
        found = conn.execute(
            _uids.select().where(
                _uids.c.account == account,
                _uids.c.folder == folder,
                _uids.c.uidvalidity == uidvalidity,
                _uids.c.uid.in_(by_uid),
                _uids.c.spool_id.is_not(None),
            )
        )
        known.update({by_uid[row.uid]: row.spool_id for row in found})
    return known


_PLACE = text(
    "INSERT INTO imap_uid (account, folder, uidvalidity, uid, spool_id)"
    " VALUES (:account, :folder, :uidvalidity, :uid, :spool_id)"
    " ON CONFLICT (account, folder, uidvalidity, uid) DO UPDATE SET spool_id = excluded.spool_id"
)
_COPY = _spool.update().where(_spool.c.id == bindparam("row")).values(copies=_spool.c.copies + 1)
_TAKE_OVER = (
    _keys.update()
    .where(_keys.c.key == bindparam("passed"))
    .values(spool_id=bindparam("spool_id"), peer=bindparam("peer"), seen_at=bindparam("seen_at"))
)


class _Batch:
    """One transaction's worth of mails: looks up what is known, decides mail by mail, writes in few statements."""

    def __init__(
        self,
        conn: Connection,
        mails: Sequence[NewMail],
        keys: Sequence[DeliveryKey],
        *,
        inline_max: int,
        check_keys: bool,
    ) -> None:
        self.conn = conn
        self.mails = mails
        self.keys = keys
        self.inline_max = inline_max
        self.check_keys = check_keys
        self.seen = _seen_keys(conn, [key.key for key in keys]) if check_keys else {}
        self.stored = frozenset(self.seen)
        self.places = _known_places(conn, [mail.imap for mail in mails if mail.imap])
        self.rows: list[dict[str, Any]] = []
        self.raws: list[dict[str, Any]] = []
        self.new_keys: dict[str, dict[str, Any]] = {}
        self.new_places: dict[ImapUid, int] = {}
        self.copies: list[int] = []

    def decide(self) -> list[Accepted]:
        ids = iter(reserve_ids(self.conn, _spool, len(self.mails)))
        return [self._take(mail, key, ids) for mail, key in zip(self.mails, self.keys, strict=True)]

    def _take(self, mail: NewMail, key: DeliveryKey, ids: Iterator[int]) -> Accepted:
        if mail.imap and (known := self.places.get(mail.imap)):
            return Accepted(spool_id=known, duplicate=True)  # fetched again, not delivered again: no copy to count
        seen = self.seen.get(key.key)
        if seen is not None and _repeats(seen, mail, key):
            self.copies.append(seen.spool_id)
            answer = Accepted(spool_id=seen.spool_id, duplicate=True)
        else:
            answer = Accepted(spool_id=next(ids), duplicate=False)
            self._add(answer.spool_id, mail, key)
        if mail.imap:
            self.places[mail.imap] = self.new_places[mail.imap] = answer.spool_id
        return answer

    def _add(self, spool_id: int, mail: NewMail, key: DeliveryKey) -> None:
        envelope = mail.envelope
        large = len(mail.raw) > self.inline_max
        self.rows.append(
            {
                "id": spool_id,
                "source": mail.source,
                "mail_from": envelope.mail_from,
                "recipients": list(envelope.recipients),
                "peer": envelope.peer,
                "helo": envelope.helo,
                "tls": envelope.tls,
                "auth_user": envelope.auth_user,
                "quiet": mail.quiet,
                "received_at": mail.received_at,
                "size": len(mail.raw),
                "sha256": key.sha256,
                "raw_file": key.sha256 if large else None,
                "state": "new",
                "alone": False,
                "next_at": now(),
            }
        )
        if not large:
            self.raws.append({"spool_id": spool_id, "data": mail.raw})
        if self.check_keys:
            self.seen[key.key] = _Seen(spool_id=spool_id, at=mail.received_at)
            row = {"key": key.key, "spool_id": spool_id, "peer": envelope.peer, "seen_at": mail.received_at}
            self.new_keys[key.key] = row

    def write(self) -> None:
        insert_many(self.conn, _spool, self.rows)
        insert_many(self.conn, tables.spool_raw, self.raws)
        insert_many(self.conn, _keys, [row for key, row in self.new_keys.items() if key not in self.stored])
        # A key whose window has passed goes over to the new row.
        passed = [{"passed": key, **row} for key, row in self.new_keys.items() if key in self.stored]
        self._run(_TAKE_OVER, [{name: row[name] for name in row if name != "key"} for row in passed])
        places = self.new_places.items()
        self._run(
            _PLACE,
            [
                {
                    "account": place.account,
                    "folder": place.folder,
                    "uidvalidity": place.uidvalidity,
                    "uid": place.uid,
                    "spool_id": spool_id,
                }
                for place, spool_id in places
            ],
        )
        self._run(_COPY, [{"row": spool_id} for spool_id in self.copies])

    def _run(self, statement: Any, rows: list[dict[str, Any]]) -> None:
        if rows:
            self.conn.execute(statement, rows)
