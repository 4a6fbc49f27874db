"""What `gateway explain` reads beyond `trace`: by which facts a mail was decided, what it changed, what was sent."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select

from gateway.store import lookup, reports, tables
from gateway.store.engine import Store
from gateway.store.reports import Stood
from gateway.tickets.reason import Reason

_mail, _event = tables.mail, tables.event
# Lines of the journal that tell what came due and who was told of it.
_OF_THE_CLOCK = ("step", "escalated", "gathered", "told", "not_told", "closed_by_clock", "letter_asked")
OPENING = "opening"  # stands for every field that nobody changed since


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalLine:
    """One line of the journal that a mail wrote."""

    kind: str
    reason: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What was kept of how one mail was decided, beside its trace. `sent`: ids of the mails that left because of it."""

    facts: Mapping[str, Any]
    auth: Mapping[str, Any]
    rule_set_id: int | None
    changes: tuple[JournalLine, ...]
    sent: tuple[int, ...]


def records(store: Store, mail_ids: Collection[int]) -> dict[int, Record]:
    """By mail id."""
    columns = (_mail.c.id, _mail.c.ticket, _mail.c.facts, _mail.c.auth, _mail.c.rule_set_id)
    changes: dict[int, list[JournalLine]] = {}
    with store.main.read() as conn:
        rows = conn.execute(select(*columns).where(_mail.c.id.in_(mail_ids))).all()
        touched = {row.ticket for row in rows if row.ticket is not None}
        # By ticket, for that is what the journal is indexed by.
        journal = select(_event).where(_event.c.ticket.in_(touched), _event.c.mail_id.in_(mail_ids))
        for line in conn.execute(journal.order_by(_event.c.id)):
            changes.setdefault(line.mail_id, []).append(JournalLine(kind=line.kind, reason=line.reason, data=line.data))
    return {
        row.id: Record(
            facts=row.facts,
            auth=row.auth,
            rule_set_id=row.rule_set_id,
            changes=tuple(changes.get(row.id, ())),
            sent=tuple(
                int(one.data["mail"]) for one in changes.get(row.id, ()) if one.kind == "queued" and "mail" in one.data
            ),
        )
        for row in rows
    }


def causes(store: Store, tickets: Collection[int]) -> dict[int, int]:
    """Mails of ours on these tickets, each with the mail that it was sent for."""
    queued = select(_event.c.mail_id, _event.c.data).where(_event.c.ticket.in_(tickets), _event.c.kind == "queued")
    with store.main.read() as conn:
        rows = conn.execute(queued.where(_event.c.mail_id.is_not(None))).all()
    return {int(row.data["mail"]): row.mail_id for row in rows if "mail" in row.data}


def last_changes(store: Store, number: int) -> dict[str, str]:
    """By field of a ticket who changed it last: `mail:17`, or the actor of the journal where no mail did."""
    at = _event.c
    journal = select(at.kind, at.actor, at.mail_id, at.data).where(
        at.ticket == number, at.kind.in_(("opened", "changed"))
    )
    found: dict[str, str] = {}
    with store.main.read() as conn:
        for row in conn.execute(journal.order_by(at.id)):
            by = row.actor if row.mail_id is None else f"mail:{row.mail_id}"
            found |= dict.fromkeys(row.data if row.kind == "changed" else (OPENING,), by)
    return found


def ruled(store: Store, number: int) -> list[tuple[datetime, Mapping[str, Any]]]:
    """What rules made of a ticket once it was there, oldest first: each a decision as the journal keeps it."""
    at = _event.c
    journal = select(at.at, at.data).where(at.ticket == number, at.kind == "ruled").order_by(at.id)
    with store.main.read() as conn:
        return [(row.at, row.data) for row in conn.execute(journal)]


def ticked(store: Store, number: int) -> list[Mapping[str, Any]]:
    """What the clock did to a ticket and whom it told, and what other settings made of its due times, oldest first."""
    at = _event.c
    ours = or_(at.kind.in_(_OF_THE_CLOCK), at.reason == Reason.PROMISED_ANEW, at.actor == "clock")
    journal = select(at.at, at.actor, at.kind, at.reason, at.data).where(at.ticket == number, ours).order_by(at.id)
    with store.main.read() as conn:
        return [dict(row._mapping) for row in conn.execute(journal)]


def promised(store: Store, number: int) -> Mapping[str, Stood]:
    """By due column what was promised on a ticket last."""
    with store.main.read() as conn:
        return reports.promised(conn, number)


def ticket_row(store: Store, number: int) -> Mapping[str, Any] | None:
    """The whole row of a ticket as it stands."""
    with store.main.read() as conn:
        return lookup.tickets(conn, [number]).get(number)
