"""What `gateway trace` reads: mails by address, Message-ID, queue id, ticket or spool row, and what came of each."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, or_, select

from gateway.store import tables
from gateway.store.engine import Store
from gateway.store.fast import one_of
from gateway.store.listing import like_pattern
from gateway.store.lookup import message_key

_spool, _raw, _mail, _outbox, _event = tables.spool, tables.spool_raw, tables.mail, tables.outbox, tables.event

HEAD = 16 * 1024  # bytes of a raw mail that are looked at
LOOKED_AT = 1000  # raw mails whose heads are looked at, newest first
QUEUE_IDS_OF = 200_000  # newest mails whose queue ids are searched: no index serves that
ENVELOPES_OF = 200_000  # newest spool rows whose envelope senders are searched, processed or not: the same
DEEDS = ("mail_retried", "mail_released", "mail_discarded", "mail_exported")  # kinds of events
_WORD = re.compile(r"[\w.-]*\w")  # of a smarthost's reply: "250 2.0.0 Ok: queued as 4XyZ1"
_UNREAD = ("new", "quarantined", "held")  # states in which a mail may have no row in `mail`


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """The outbox row of a mail that leaves; the names are the keys of the JSON."""

    id: int
    state: str
    reason: str
    attempts: int
    last_reply: str
    next_try_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What a person did to a mail by hand."""

    at: datetime
    actor: str
    kind: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """One mail and all that is known of it. `mail_id` is None where it was never processed, `spool_id` where it left.

    `recipients` is the envelope's for a mail that came in; `steps` is every decision in order.
    """

    at: datetime
    direction: str
    spool_id: int | None
    mail_id: int | None
    source: str
    peer: str
    helo: str
    mail_from: str | None
    from_addr: str
    recipients: tuple[str, ...]
    subject: str
    message_id: str
    queue_ids: tuple[str, ...]
    size: int
    sha256: str
    kind: str
    state: str
    reason: str
    attempts: int
    copies: int
    verdict: str
    ticket: int | None
    steps: tuple[Mapping[str, Any], ...]
    sending: Sending | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A spool row that nothing has been recorded of yet, and the beginning of its bytes."""

    spool_id: int
    mail_from: str | None
    head: bytes


# ---- mails by what is known of them: ids, newest first -----------------------------------------------------------


def by_address(store: Store, key: str) -> list[int]:
    """Mails from and to an address key."""
    return _ids(store, or_(_mail.c.from_addr == key, _mail.c.recipient == key))


def by_message_id(store: Store, message_id: str) -> list[int]:
    """Mails with this Message-ID, in angle brackets."""
    return _ids(store, _mail.c.message_id == message_id)


def by_ticket(store: Store, number: int) -> list[int]:
    """Every mail of a ticket."""
    return _ids(store, _mail.c.ticket == number)


def by_spool(store: Store, spool_ids: Collection[int]) -> dict[int, int]:
    """Spool id -> mail id, of those that were processed."""
    found: dict[int, int] = {}
    ids = sorted(spool_ids)
    with store.main.read() as conn:
        for start in range(0, len(ids), 1000):
            some = _mail.c.spool_id.in_(ids[start : start + 1000])
            found |= {row.spool_id: row.id for row in conn.execute(select(_mail.c.id, _mail.c.spool_id).where(some))}
    return found


def by_queue_id(store: Store, queue_id: str) -> list[int]:
    """Of the newest mails those that passed an MTA under this id, before us or behind us, capitals or not."""
    pattern = like_pattern(queue_id)
    with store.main.read() as conn:
        newest = conn.execute(select(func.max(_mail.c.id))).scalar() or 0
        found = select(_mail.c.id, _mail.c.queue_ids).where(
            _mail.c.id > newest - QUEUE_IDS_OF, _mail.c.queue_ids.ilike(pattern, escape="\\")
        )
        came = {row.id: row.queue_ids.split() for row in conn.execute(found)}
        answered = select(_outbox.c.mail_id, _outbox.c.last_reply).where(
            _outbox.c.mail_id > newest - QUEUE_IDS_OF, _outbox.c.last_reply.ilike(pattern, escape="\\")
        )
        left = {row.mail_id: _WORD.findall(row.last_reply) for row in conn.execute(answered)}
    wanted = queue_id.lower()
    named = (mail for mail, words in (came | left).items() if wanted in map(str.lower, words))
    return sorted(named, reverse=True)


def naming(store: Store, message_id: str) -> list[int]:
    """The tickets on which some mail names this Message-ID, whether or not we ever got the mail itself."""
    ref = tables.message_ref
    which = ref.c.key == message_key(message_id), ref.c.kind == "named"
    statement = select(ref.c.ticket, ref.c.message_id).where(*which).order_by(ref.c.id)
    with store.main.read() as conn:
        return list(dict.fromkeys(row.ticket for row in conn.execute(statement) if row.message_id == message_id))


def _ids(store: Store, which: ColumnElement[bool]) -> list[int]:
    with store.main.read() as conn:
        return list(conn.execute(select(_mail.c.id).where(which).order_by(_mail.c.id.desc())).scalars())


# ---- mails of the spool, read or not -------------------------------------------------------------------------------


def by_envelope(store: Store, mail_from: str) -> list[int]:
    """Spool ids from this envelope sender: of the newest mails, whatever became of them, and of all that are unread."""
    with store.spool.read() as conn:
        newest = conn.execute(select(func.max(_spool.c.id))).scalar() or 0
        looked_at = or_(_spool.c.id > newest - ENVELOPES_OF, _spool.c.state.in_(_UNREAD))
        which = looked_at, func.lower(_spool.c.mail_from) == mail_from.lower()
        return list(conn.execute(select(_spool.c.id).where(*which).order_by(_spool.c.id.desc())).scalars())


def unread(store: Store) -> tuple[list[Unread], int]:
    """The newest mails that were not read, with the beginning of each, and how many older ones were not looked at."""
    with store.spool.read() as conn:
        which = _spool.c.state.in_(_UNREAD)
        ids = list(conn.execute(select(_spool.c.id).where(which).order_by(_spool.c.id.desc())).scalars())
    entered = by_spool(store, ids)
    ids = [one for one in ids if one not in entered]
    return list(heads(store, ids[:LOOKED_AT])), len(ids[LOOKED_AT:])


def heads(store: Store, spool_ids: Sequence[int]) -> Iterator[Unread]:
    """The first 16 KB of each of these mails, in the order of the ids; `b""` where the bytes are gone."""
    columns = (_spool.c.id, _spool.c.mail_from, _spool.c.raw_file, func.substr(_raw.c.data, 1, HEAD).label("head"))
    for start in range(0, len(spool_ids), 100):
        some = spool_ids[start : start + 100]
        with store.spool.read() as conn:
            statement = select(*columns).select_from(_spool.outerjoin(_raw)).where(_spool.c.id.in_(some))
            found = {row.id: row for row in conn.execute(statement)}
        for spool_id in some:
            if spool_id in found:
                row = found[spool_id]
                head = _head_of_file(store, row.raw_file) if row.raw_file else bytes(row.head or b"")
                yield Unread(spool_id=spool_id, mail_from=row.mail_from, head=head)


def _head_of_file(store: Store, name: str) -> bytes:
    try:
        with store.raw.path(name).open("rb") as file:
            return file.read(HEAD)
    except OSError:
        return b""


# ---- all that is known of them -------------------------------------------------------------------------------------


def trails(store: Store, mail_ids: Collection[int], spool_ids: Collection[int] = ()) -> list[Trail]:
    """Everything about these mails and unread spool rows, newest last."""
    with store.main.read() as conn:
        mails = conn.execute(select(_mail).where(one_of(conn, _mail.c.id, mail_ids))).all()
        sending = {row.mail_id: _sending(row) for row in _outbox_rows(conn, mail_ids)}
    spooled = _spool_rows(store, [row.spool_id for row in mails if row.spool_id is not None])
    found = [_trail(row, spooled.get(row.spool_id), sending.get(row.id)) for row in mails]
    found += [_unread_trail(row) for row in _spool_rows(store, spool_ids).values()]
    return sorted(found, key=lambda one: (one.at, one.mail_id or 0, one.spool_id or 0))


def deeds(store: Store) -> dict[int, list[Deed]]:
    """What people did by hand to mails of the spool, by spool id, oldest first: the newest thousand deeds."""
    at = _event.c
    statement = select(_event).where(at.ticket.is_(None), at.kind.in_(DEEDS)).order_by(at.id.desc()).limit(LOOKED_AT)
    found: dict[int, list[Deed]] = {}
    with store.main.read() as conn:
        for row in reversed(conn.execute(statement).all()):
            deed = Deed(at=row.at, actor=row.actor, kind=row.kind, data=row.data)
            found.setdefault(int(row.data.get("spool", 0)), []).append(deed)
    return found


def _outbox_rows(conn: Connection, mail_ids: Collection[int]) -> Sequence[Row[Any]]:
    return conn.execute(select(_outbox).where(one_of(conn, _outbox.c.mail_id, mail_ids))).all()


def _spool_rows(store: Store, ids: Collection[int]) -> dict[int, Row[Any]]:
    with store.spool.read() as conn:
        return {row.id: row for row in conn.execute(select(_spool).where(one_of(conn, _spool.c.id, ids)))}


def _sending(row: Row[Any]) -> Sending:
    return Sending(
        id=row.id,
        state=row.state,
        reason=row.reason,
        attempts=row.attempts,
        last_reply=row.last_reply,
        next_try_at=row.next_try_at,
        sent_at=row.sent_at,
    )


def _trail(mail: Row[Any], spool: Row[Any] | None, sending: Sending | None) -> Trail:
    return Trail(
        at=mail.at,
        direction=mail.direction,
        spool_id=mail.spool_id,
        mail_id=mail.id,
        source=spool.source if spool else "",
        peer=spool.peer if spool else "",
        helo=spool.helo if spool else "",
        mail_from=spool.mail_from if spool else None,
        from_addr=mail.from_addr,
        recipients=tuple(spool.recipients) if spool else (mail.recipient,),
        subject=mail.subject,
        message_id=mail.message_id,
        queue_ids=tuple(mail.queue_ids.split()),
        size=mail.size,
        sha256=spool.sha256 if spool else mail.sha256,
        kind=mail.kind,
        state=spool.state if spool else "",
        reason=(spool.reason if spool else "") or mail.reason,
        attempts=spool.attempts if spool else 0,
        copies=spool.copies if spool else 0,
        verdict=mail.verdict,
        ticket=mail.ticket,
        steps=tuple(mail.trace),
        sending=sending,
    )


def _unread_trail(row: Row[Any]) -> Trail:
    return Trail(
        at=row.received_at,
        direction="in",
        spool_id=row.id,
        mail_id=None,
        source=row.source,
        peer=row.peer,
        helo=row.helo,
        mail_from=row.mail_from,
        from_addr="",
        recipients=tuple(row.recipients),
        subject="",
        message_id="",
        queue_ids=(),
        size=row.size,
        sha256=row.sha256,
        kind="",
        state=row.state,
        reason=row.reason,
        attempts=row.attempts,
        copies=row.copies,
        verdict="",
        ticket=None,
        steps=(),
        sending=None,
    )
