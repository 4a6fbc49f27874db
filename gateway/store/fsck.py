"""The law of conservation, proved on the stored rows: what came in is there once, whole, and ended in one way.

Mail that is between its two commits while we look is no finding: everything is read as of one instant, and a row is
held against another only where a correct site could not show it.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, and_, exists, func, or_, select, text

from gateway.errors import Permanent
from gateway.store import tables
from gateway.store.engine import Store
from gateway.store.fast import rows_in
from gateway.store.maintenance import orphans
from gateway.store.spool_rows import DISCARDED
from gateway.tickets.reason import Reason

_spool = tables.spool
_mail, _article, _outbox, _data, _ticket = tables.mail, tables.article, tables.outbox, tables.mail_out, tables.ticket
_event = tables.event
# An agent's mail may be commands, a trial or a word on a held mail: then what it did stands in the journal alone.
_WITHOUT_ARTICLE = (
    Reason.COMMANDS_ALONE,
    Reason.BY_COMMAND,
    Reason.CONFIRMED,
    Reason.ANSWERS_CONVERSATION,
    Reason.ANSWERS_NOTICE,
    Reason.ANSWERED_DIRECTLY,
    Reason.WROTE_TO_OTHERS,
)

CLOSED = ("done", "ignored", "held", "quarantined")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Site:
    """What the laws are held against: the store, and both databases as of one look."""

    store: Store
    spool: Connection
    main: Connection


def check(store: Store) -> list[str]:
    """Every breach found, each as one sentence; an empty list is the proof."""
    found: list[str] = []
    try:
        # Each transaction begins with its first look; the spool's is the older one, and what is closed there was
        # written to the other database before.
        with store.spool.read() as spool, store.main.read() as main:
            for law in (_whole_files, _spool_rows, _between, _tickets, _outbox_rows, _numbers, _raw_files):
                found += law(_Site(store=store, spool=spool, main=main))
    except Permanent as error:  # so damaged that it cannot be read to the end
        found.append(str(error))
    return found


def _whole_files(site: _Site) -> Iterator[str]:
    for database, conn in ((site.store.spool, site.spool), (site.store.main, site.main)):
        if database.path is None:
            continue
        for problem in conn.exec_driver_sql("PRAGMA quick_check(20)").scalars():
            if problem != "ok":
                yield f"{database.path.name} is damaged: {problem}"
        for table, row_id, parent, _ in conn.exec_driver_sql("PRAGMA foreign_key_check"):
            yield f"{database.path.name}: row {row_id} of {table} names a row of {parent} that is not there"


# ---- the spool -----------------------------------------------------------------------------------------------------


def _spool_rows(site: _Site) -> Iterator[str]:
    statement = select(_spool).order_by(_spool.c.id)
    for row in site.spool.execute(statement.execution_options(yield_per=1000)):
        yield from _state(row)
        yield from _bytes(site, row)
    twice = select(tables.delivery_key.c.spool_id).group_by(tables.delivery_key.c.spool_id).having(func.count() > 1)
    for spool_id in site.spool.execute(twice).scalars():
        yield f"mail {spool_id} has two delivery keys"


def _state(row: Row[Any]) -> Iterator[str]:
    if row.state == "new":
        if row.closed_at is not None:
            yield f"mail {row.id} waits to be processed and is marked closed"
        return
    if row.state not in CLOSED:
        yield f"mail {row.id} is in the state {row.state!r}, which does not exist"
    elif row.closed_at is None:
        yield f"mail {row.id} is {row.state} without an instant of closing"
    elif row.state != "done" and not row.reason:
        yield f"mail {row.id} is {row.state} without a reason"
    if row.lease_node is not None:
        yield f"mail {row.id} is {row.state} and still claimed by {row.lease_node}"


def _bytes(site: _Site, row: Row[Any]) -> Iterator[str]:
    found = rows_in(site.spool, tables.spool_raw, "spool_id", [row.id], ("data",))
    if row.raw_file is not None:
        try:
            raw = site.store.raw.get(row.raw_file)
        except Permanent as error:
            yield f"mail {row.id}: {error}"
            return
        if found:
            yield f"mail {row.id} has its bytes twice, in a file and in the database"
    elif found:
        raw = found[0][0] if isinstance(found[0][0], bytes) else str(found[0][0]).encode()
    elif row.purged_at is not None:
        return
    else:
        yield f"mail {row.id} has no bytes"
        return
    if hashlib.sha256(raw).hexdigest() != row.sha256 or len(raw) != row.size:
        yield f"mail {row.id}: its bytes are not those that were accepted"


# ---- between spool and tickets -------------------------------------------------------------------------------------


def _between(site: _Site) -> Iterator[str]:
    recorded = select(_mail.c.id, _mail.c.spool_id, _mail.c.sha256, _mail.c.size).where(_mail.c.spool_id.is_not(None))
    entered = {row.spool_id: row for row in site.main.execute(recorded)}
    accepted = select(_spool.c.id, _spool.c.state, _spool.c.reason, _spool.c.sha256, _spool.c.size)
    for row in site.spool.execute(accepted.order_by(_spool.c.id)):
        mail = entered.pop(row.id, None)
        if mail is not None and (mail.sha256, mail.size) != (row.sha256, row.size):
            yield f"mail {row.id} was recorded as {mail.sha256[:12]}, but {row.sha256[:12]} was accepted"
        if mail is None and (row.state in ("done", "held") or (row.state == "ignored" and row.reason != DISCARDED)):
            yield f"mail {row.id} is {row.state}, and nothing came of it"
    if not entered:
        return
    with site.store.spool.read() as fresh:  # some may have been accepted after the spool was looked at
        there = set(fresh.execute(select(_spool.c.id).where(_spool.c.id >= min(entered))).scalars())
    for spool_id in sorted(entered.keys() - there):
        yield f"mail row {entered[spool_id].id} names mail {spool_id} of the spool, which is not there"


def _tickets(site: _Site) -> Iterator[str]:
    lone = _mail.c.direction == "in", _mail.c.spool_id.is_(None)
    for mail_id in site.main.execute(select(_mail.c.id).where(*lone)).scalars():
        yield f"mail row {mail_id} came in, but from no mail of the spool"
    unfounded = or_(_article.c.mail_id.is_(None), _mail.c.id.is_(None), _mail.c.direction != "in")
    incoming = select(_article.c.id, _article.c.ticket).outerjoin(_mail, _mail.c.id == _article.c.mail_id)
    for row in site.main.execute(incoming.where(_article.c.direction == "in", unfounded)):
        yield f"article {row.id} of ticket {row.ticket} came in, but from no mail"
    per_mail = select(_article.c.mail_id, func.count().label("times")).where(_article.c.direction == "in")
    per_mail = per_mail.group_by(_article.c.mail_id).having(func.count() > 1)
    for row in site.main.execute(per_mail.where(_article.c.mail_id.is_not(None))):
        yield f"mail row {row.mail_id} became {row.times} articles"
    astray = select(_article.c.id, _article.c.ticket, _mail.c.ticket.label("other"))
    astray = astray.join(_mail, _mail.c.id == _article.c.mail_id)
    for one in site.main.execute(astray.where(_mail.c.ticket.is_distinct_from(_article.c.ticket))):
        yield f"article {one.id} is on ticket {one.ticket}, and its mail on {one.other or 'none'}"
    read = (
        _mail.c.direction == "in",
        _mail.c.verdict.in_(["accept", "quiet"]),
        ~exists().where(_article.c.mail_id == _mail.c.id),
    )
    of_agents = _mail.c.reason.in_(_WITHOUT_ARTICLE)
    for mail_id in site.main.execute(select(_mail.c.id).where(*read, ~of_agents)).scalars():
        yield f"mail row {mail_id} was accepted and became no article"
    noted = select(_event.c.mail_id).where(_event.c.mail_id.is_not(None))
    for mail_id in site.main.execute(select(_mail.c.id).where(*read, of_agents, _mail.c.id.not_in(noted))).scalars():
        yield f"mail row {mail_id} was accepted, and the journal has nothing of it"
    empty = ~exists().where(_article.c.ticket == _ticket.c.number)
    for number in site.main.execute(select(_ticket.c.number).where(empty, _ticket.c.merged_into.is_(None))).scalars():
        yield f"ticket {number} has no article"


def _outbox_rows(site: _Site) -> Iterator[str]:
    chain = select(
        _outbox.c.id, _outbox.c.state, _mail.c.direction, _mail.c.message_id, _data.c.mail_id, _outbox.c.sent_at
    )
    chain = chain.outerjoin(_mail, _mail.c.id == _outbox.c.mail_id).outerjoin(_data, _data.c.mail_id == _mail.c.id)
    for row in site.main.execute(chain.order_by(_outbox.c.id)):
        if row.direction != "out":
            yield f"outbox row {row.id} has no mail"
        elif row.mail_id is None:
            yield f"outbox row {row.id} has no bytes to send"
        elif not row.message_id:
            yield f"outbox row {row.id} has no Message-ID, so that a second copy could not be told"
        if row.state not in ("pending", "sending", "sent", "failed", "held", "shadowed"):
            yield f"outbox row {row.id} is in the state {row.state!r}, which does not exist"
        elif (row.state == "sent") != (row.sent_at is not None):
            yield f"outbox row {row.id} is {row.state}, and its instant of sending says otherwise"
    written = and_(_mail.c.direction == "out", _mail.c.spool_id.is_(None))
    same = select(_mail.c.message_id, func.count().label("times")).where(written, _mail.c.message_id != "")
    for one in site.main.execute(same.group_by(_mail.c.message_id).having(func.count() > 1)):
        yield f"{one.times} letters have the Message-ID {one.message_id}, so that an answer to one is one to all"
    forgotten = select(_mail.c.id).where(written, ~exists().where(_outbox.c.mail_id == _mail.c.id))
    for mail_id in site.main.execute(forgotten).scalars():
        yield f"mail row {mail_id} was written and is in no outbox row"


def _numbers(site: _Site) -> Iterator[str]:
    highest = site.main.execute(select(func.max(_ticket.c.number))).scalar() or 0
    if site.store.dialect == "postgresql":
        last = site.main.execute(
            text("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM ticket_number")
        ).scalar()
    else:
        last = site.main.execute(select(tables.counter.c.value).where(tables.counter.c.name == "ticket")).scalar()
    if highest > (last or 0):
        yield f"ticket {highest} exists, and the next number would be {(last or 0) + 1}"


# ---- files ---------------------------------------------------------------------------------------------------------


def _raw_files(site: _Site) -> Iterator[str]:
    for path in orphans(site.store, site.spool):
        yield f"the file {path.relative_to(site.store.data_dir)} belongs to no mail"
