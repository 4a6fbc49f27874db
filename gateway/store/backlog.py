"""What `gateway status` asks of the stored rows: how much waits, since when, and who polls which mailbox."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select

from gateway.now import now
from gateway.store import tables
from gateway.store.bounces import BOUNCED, REFUSED_RECIPIENT
from gateway.store.clock import database_now
from gateway.store.engine import Store
from gateway.tickets.reason import Reason
from gateway.tickets.status import Status

_spool, _outbox = tables.spool, tables.outbox
OUTBOX_STATES = ("pending", "sending", "sent", "failed", "held", "shadowed")
_ON_ITS_WAY = ("pending", "sending")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """Mail that is written: how much in each state, of OUTBOX_STATES all; the oldest on its way, and since when one is
    due and not tried.

    `failed_by_itself` leaves out of the failed those that a person gave up, and those whose recipient was refused or
    that came back: whoever works the ticket hears of these.
    """

    by_state: Mapping[str, int]
    failed_by_itself: int
    oldest_at: datetime | None
    due_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """A mailbox as the ledger has it: its first look, the newest mail taken, and who polls it now.

    `last_success_at`: when all its folders had been looked over to their ends, the one that waits longest. This and
    the first look are None where a folder was never read to its end. `unfiled_since`: mails became tickets, and the
    server does not do with them what `after` says, in the words of `unfiled_why`.
    """

    name: str
    first_look_at: datetime | None
    last_success_at: datetime | None
    newest_mail_at: datetime | None
    node: str | None
    unfiled_since: datetime | None = None
    unfiled_why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tickets:
    """How many are open; of how many something that was promised is late, and of how many more it is due soon."""

    open: int
    overdue: int
    due_soon: int


def tickets(store: Store, ended: Collection[str], soon: timedelta) -> Tickets:
    """`ended`: statuses of the site's own that end a ticket; `soon`: within this time."""
    ticket = tables.ticket.c
    is_open = ticket.status.not_in([Status.RESOLVED, Status.CLOSED, *ended]), ticket.merged_into.is_(None)
    dues, at = (ticket.first_response_due, ticket.next_response_due, ticket.resolve_due), now()
    late, due = or_(*(one < at for one in dues)), or_(*(one < at + soon for one in dues))
    count = select(func.count()).select_from(tables.ticket).where(*is_open)
    with store.main.read() as conn:
        all_open, overdue, by_then = (
            int(conn.execute(one).scalar_one()) for one in (count, count.where(late), count.where(due))
        )
    return Tickets(open=all_open, overdue=overdue, due_soon=by_then - overdue)


def outgoing(store: Store) -> Outgoing:
    """Counts and ages over the outbox."""
    with store.main.read() as conn:
        counts = conn.execute(select(_outbox.c.state, func.count()).group_by(_outbox.c.state)).all()
        failed = _outbox.c.state == "failed", _outbox.c.reason.not_in([Reason.BY_PERSON, BOUNCED, REFUSED_RECIPIENT])
        by_itself = conn.execute(select(func.count()).select_from(_outbox).where(*failed)).scalar_one()
        waiting = _outbox.c.state.in_(_ON_ITS_WAY)
        oldest, due = conn.execute(
            select(func.min(_outbox.c.created_at), func.min(_outbox.c.next_try_at)).where(waiting)
        ).one()
    return Outgoing(
        by_state=dict.fromkeys(OUTBOX_STATES, 0) | {state: int(count) for state, count in counts},
        failed_by_itself=int(by_itself),
        oldest_at=oldest and min(oldest, now()),  # what a cap put off does not wait in vain
        due_since=due if due is not None and due < now() else None,
    )


def set_aside(store: Store) -> dict[str, int]:
    """How many mails are `quarantined` and how many `held`."""
    states = ("quarantined", "held")
    counts = select(_spool.c.state, func.count()).where(_spool.c.state.in_(states)).group_by(_spool.c.state)
    with store.spool.read() as conn:
        found = {state: int(count) for state, count in conn.execute(counts).all()}
    return {state: found.get(state, 0) for state in states}


def mailbox(store: Store, name: str, folders: Collection[str]) -> Mailbox:
    """What is known of the account of this name, of which these folders are polled."""
    folder, uid, lease = tables.imap_folder.c, tables.imap_uid.c, tables.lease.c
    newest = select(func.max(uid.spool_id)).where(uid.account == name).scalar_subquery()
    with store.spool.read() as conn:
        theirs = folder.account == name, folder.folder.in_(folders)
        columns = (folder.seen_at, folder.swept_at, folder.unfiled_since, folder.unfiled_why)
        looks = conn.execute(select(*columns).where(*theirs)).all()
        last = conn.execute(select(_spool.c.received_at).where(_spool.c.id == newest)).scalar()
        held = select(lease.node).where(lease.name == f"imap:{name}", lease.until > database_now(conn))
        node = conn.execute(held).scalar()
    is_read = len(looks) == len(folders)
    unfiled = min((look for look in looks if look.unfiled_since), key=lambda look: look.unfiled_since, default=None)
    return Mailbox(
        name=name,
        first_look_at=min(look.seen_at for look in looks) if is_read else None,
        last_success_at=min(look.swept_at or look.seen_at for look in looks) if is_read else None,
        newest_mail_at=last,
        node=node,
        unfiled_since=unfiled.unfiled_since if unfiled else None,
        unfiled_why=unfiled.unfiled_why if unfiled else "",
    )


def totals(store: Store) -> dict[str, int]:
    """How many mails came in, how many tickets and articles there are, how many mails were written."""
    with store.spool.read() as conn:
        mails = conn.execute(select(func.count()).select_from(_spool)).scalar_one()
    counted = {"tickets": tables.ticket, "articles": tables.article, "outgoing mails": _outbox}
    with store.main.read() as conn:
        rest = {
            name: int(conn.execute(select(func.count()).select_from(table)).scalar_one())
            for name, table in counted.items()
        }
    return {"mails": int(mails), **rest}
