"""Which rules mails and tickets have met, from what was stored of each decision."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from gateway.store import tables
from gateway.store.engine import Store

_mail, _event = tables.mail, tables.event
_BATCH = 500  # traces in memory at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """How many mails rules were asked about, and the names of the rules that matched any of them, or afterwards a
    ticket.
    """

    mails: int
    rules: frozenset[str]


def since(store: Store, at: datetime) -> Use:
    """The rules that matched mails which came in since an instant, and tickets to which something happened."""
    mails, matched, after = 0, set[str](), 0
    wanted = select(_mail.c.id, _mail.c.trace).where(_mail.c.direction == "in", _mail.c.at >= at)
    while True:
        with store.main.read() as conn:
            found = conn.execute(wanted.where(_mail.c.id > after).order_by(_mail.c.id).limit(_BATCH)).all()
        for row in found:
            names = _matched(row.trace)
            if names is not None:
                mails += 1
                matched.update(names)
        if len(found) < _BATCH:
            return Use(mails=mails, rules=frozenset(matched | _afterwards(store, at)))
        after = found[-1].id


def _afterwards(store: Store, at: datetime) -> set[str]:
    """The names in the lines of the journal on what rules made of tickets."""
    ruled = select(_event.c.data).where(_event.c.kind == "ruled", _event.c.at >= at)
    with store.main.read() as conn:
        return {rule["name"] for data in conn.execute(ruled).scalars() for rule in data["rules"]}


def _matched(trace: Any) -> list[str] | None:
    """The names in a stored trace; None where no rules were asked."""
    step = next((one for one in trace if one.get("step") == "rules"), None)
    return None if step is None else [rule["name"] for rule in step["rules"] if rule["matched"]]
