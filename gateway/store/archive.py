"""Mails that came in, with what the rules were told of them and what they said: for those who try rules on them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, cast, func, select

from gateway.store import tables
from gateway.store.engine import Store

_mail, _ticket = tables.mail, tables.ticket
_BATCH = 200  # mails in memory at a time; the facts of one are 100 KB at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Archived:
    """A mail that came in. `facts` and `trace` are JSON as it was stored, perhaps by another release: unread."""

    id: int
    ticket: int | None
    at: datetime
    subject: str
    verdict: str
    rule_set_id: int | None
    facts: str
    trace: str


_archived = select(
    _mail.c.id,
    _mail.c.ticket,
    _mail.c.at,
    _mail.c.subject,
    _mail.c.verdict,
    _mail.c.rule_set_id,
    cast(_mail.c.facts, Text).label("facts"),
    cast(_mail.c.trace, Text).label("trace"),
)


def count(store: Store, *, since: datetime | None = None) -> int:
    """How many mails came in (since then)."""
    with store.main.read() as conn:
        return int(conn.execute(select(func.count()).select_from(_mail).where(*_which(since))).scalar_one())


def mails(store: Store, *, since: datetime | None = None, limit: int | None = None) -> Iterator[Archived]:
    """Mails that came in (since then), the newest first, at most `limit`.

    Read in batches, each in a read transaction of its own: a long one would keep the database from tidying up, and
    what comes in meanwhile is newer than all of them.
    """
    left = limit
    before: int | None = None
    while left is None or left > 0:
        batch = _BATCH if left is None else min(left, _BATCH)
        wanted = _archived.where(*_which(since)).order_by(_mail.c.id.desc()).limit(batch)
        found = _read(store, wanted if before is None else wanted.where(_mail.c.id < before))
        yield from found
        if len(found) < batch:
            return
        before = found[-1].id
        left = None if left is None else left - batch


def of_ticket(store: Store, number: int, *, mail_id: int | None = None) -> list[Archived]:
    """The first mails that came in on a ticket, the oldest first, or the one with this id."""
    which = [_mail.c.ticket == number, *([_mail.c.id == mail_id] if mail_id is not None else [])]
    return _read(store, _archived.where(*which, *_which(None)).order_by(_mail.c.id).limit(_BATCH))


def ticket(store: Store, number: int) -> dict[str, Any]:
    """The fields of a ticket that a rule can set, as they are now; `{}` where there is none of that number."""
    fields = ("queue", "priority", "type", "category", "area", "impact", "sla", "tags", "fields")
    with store.main.read() as conn:
        row = conn.execute(select(*(_ticket.c[name] for name in fields)).where(_ticket.c.number == number)).first()
    return dict(row._mapping) if row else {}


def _which(since: datetime | None) -> list[ColumnElement[bool]]:
    return [_mail.c.direction == "in", *([_mail.c.at >= since] if since else [])]


def _read(store: Store, statement: Select[Any]) -> list[Archived]:
    with store.main.read() as conn:
        return [Archived(**row._mapping) for row in conn.execute(statement)]
