"""What commands write beside a ticket's own fields: reminders, absences, mail held back or moved to another ticket."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, literal_column, select, update

from gateway.store import tables
from gateway.store.fast import insert, one_of

_outbox, _article, _mail, _ref = tables.outbox, tables.article, tables.mail, tables.message_ref


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """An agent wished to be reminded of a ticket."""

    id: int
    ticket: int
    agent: str
    at: datetime
    text: str


def remind(conn: Connection, *, ticket: int, agent: str, at: datetime, text: str) -> None:
    """A reminder for the clock to bring."""
    insert(conn, tables.reminder, ticket=ticket, agent=agent, at=at, text=text)


def due_reminders(conn: Connection, at: datetime, *, ticket: int | None = None, limit: int = 100) -> list[Reminder]:
    """Reminders whose time has come, oldest first; of one ticket where it is named."""
    table = tables.reminder
    theirs = () if ticket is None else (table.c.ticket == ticket,)
    due = select(table).where(table.c.done_at.is_(None), table.c.at <= at, *theirs)
    return [
        Reminder(id=row.id, ticket=row.ticket, agent=row.agent, at=row.at, text=row.text)
        for row in conn.execute(due.order_by(table.c.at, table.c.id).limit(limit))
    ]


def next_reminder(conn: Connection, ticket: int) -> datetime | None:
    """When the first reminder of a ticket comes that was not brought yet."""
    table = tables.reminder
    found = select(func.min(table.c.at)).where(table.c.ticket == ticket, table.c.done_at.is_(None))
    return conn.execute(found).scalar()


def bring(conn: Connection, reminder: int, at: datetime) -> bool:
    """Mark a reminder as brought; False where another node was quicker."""
    table = tables.reminder
    mine = update(table).where(table.c.id == reminder, table.c.done_at.is_(None)).values(done_at=at)
    return conn.execute(mine).rowcount == 1


def ended_holds(conn: Connection, at: datetime, limit: int = 100) -> list[int]:
    """Tickets that were on hold until an instant that has come."""
    ticket = tables.ticket.c
    due = select(ticket.number).where(ticket.on_hold_until.is_not(None), ticket.on_hold_until <= at)
    return list(conn.execute(due.order_by(ticket.on_hold_until).limit(limit)).scalars())


def hold_back(conn: Connection, ticket: int, reason: str, mail_ids: Sequence[int] | None) -> list[int]:
    """Keep here what waits to be sent and is in no sender's hands; the ids of those mails."""
    waits = (_outbox.c.ticket == ticket, _outbox.c.state == literal_column("'pending'"))
    chosen = () if mail_ids is None else (one_of(conn, _outbox.c.mail_id, list(mail_ids)),)
    held = update(_outbox).where(*waits, *chosen).values(state="held", reason=reason)
    return sorted(conn.execute(held.returning(_outbox.c.mail_id)).scalars())


def move_mail(conn: Connection, mail_id: int, ticket: int, to: int) -> bool:
    """A mail with its article and what it is found by goes to another ticket; False where it is not on `ticket`."""
    moved = update(_mail).where(_mail.c.id == mail_id, _mail.c.ticket == ticket).values(ticket=to)
    if conn.execute(moved).rowcount != 1:
        return False
    conn.execute(update(_article).where(_article.c.mail_id == mail_id, _article.c.ticket == ticket).values(ticket=to))
    conn.execute(update(_ref).where(_ref.c.mail_id == mail_id, _ref.c.ticket == ticket).values(ticket=to))
    return True


def be_away(conn: Connection, agent: str, since: datetime, until: datetime | None) -> None:
    """An agent is absent from now until then; None: is back."""
    conn.execute(delete(tables.absence).where(tables.absence.c.agent == agent))
    if until is not None:
        insert(conn, tables.absence, agent=agent, since=since, until=until)
