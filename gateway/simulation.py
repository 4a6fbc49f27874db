"""What the clock would do until a time: each ticket is looked at as the clock will, and all of it is rolled back."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gateway import act, afterwards, deadlines
from gateway.compose.dates import span
from gateway.errors import Conflict, Permanent
from gateway.rules import RegexMatcher
from gateway.site import Site
from gateway.store import Store, foretelling, lookup
from gateway.store.announcements import requester
from gateway.store.foretelling import Line
from gateway.store.snapshots import snapshots
from gateway.telling import to_customers
from gateway.telling.occasion import Occasion, occasions
from gateway.telling.waves import KIND as ESCALATED
from gateway.telling.whom import notices
from gateway.tickets.snapshot import Snapshot

_MOST = 500  # looks at one ticket
_TRIES = 3
_TRIGGERS = ("due", "overdue", "idle", "status", "assigned")  # on which rules are asked here


@dataclass(frozen=True, slots=True, kw_only=True)
class Foretold:
    """One thing that the clock will do, or a rule that it will ask.

    `clock`: first_response, next_response, resolution; close_after; of a rule its trigger. `step`: the moment of the
    clock ("80%"), or the rules that match. `do`: what is done, as steps write it. `who`: addresses that get a mail.
    """

    at: datetime
    ticket: int
    clock: str
    step: str
    do: tuple[str, ...]
    who: tuple[str, ...]


def foretell(store: Store, site: Site, *, at: datetime, until: datetime) -> list[Foretold]:
    """Everything that will be due from `at` until then, in order; what is due and not done yet is due at once.

    It is as if nobody wrote and nobody did anything meanwhile. Nothing is written.
    """
    matcher = RegexMatcher(time.monotonic, limit=site.cfg.limits.regex_time.total_seconds())
    with store.main.read() as conn:
        numbers = list(foretelling.tickets(conn, until, site.cfg.status_table.ended))
    found = [one for number in numbers for one in _of_ticket(store, site, matcher, number, at, until)]
    return sorted(found, key=lambda one: (one.at, one.ticket))


class _RolledBack(Exception):
    """Nothing went wrong: what was written is not to stay."""


def _of_ticket(
    store: Store, site: Site, matcher: RegexMatcher, number: int, at: datetime, until: datetime
) -> list[Foretold]:
    """One ticket, in a transaction that is undone; others who write wait for no more than that."""
    for _ in range(_TRIES):
        found: list[Foretold] = []
        try:
            with store.main.write() as conn:
                for looked_at in _looks(conn, number, at, until):
                    found += _look(conn, site, matcher, number, looked_at)
                raise _RolledBack
        except (_RolledBack, Permanent):  # a status that may not be set: the clock stops there, too
            return found
        except Conflict:
            continue  # somebody changed it at this very moment
    return []


def _looks(conn: Connection, number: int, at: datetime, until: datetime) -> Iterator[datetime]:
    """The instants at which the clock will look at a ticket, each told when the one before is done with."""
    last: datetime | None = None
    for _ in range(_MOST):
        row = snapshots(conn, [number])[number].row
        tick = row["next_tick_at"] or (at if row["clocks"] is None else None)
        if tick is None or (coming := max(tick, at)) > until or (last is not None and coming <= last):
            return
        last = coming
        yield coming


def _look(conn: Connection, site: Site, matcher: RegexMatcher, number: int, at: datetime) -> list[Foretold]:
    since = foretelling.mark(conn, number)
    deadlines.look(conn, site, matcher, number, at)
    for one in occasions(foretelling.announced(conn, number, since)):  # rules on what the clock has done
        after = snapshots(conn, [number])[number]
        made = afterwards.reactions(conn, site, matcher, after, one.triggers, at=at, by=one.agent)
        act.apply(conn, made, afterwards.actor(at), site.promises)
    after = snapshots(conn, [number])[number]
    told = occasions(foretelling.announced(conn, number, since))
    entries = _entries(foretelling.journal(conn, number, since), number, site, at)
    return _with_readers(conn, site, entries, told, after, at)


# ---- what it comes to ----------------------------------------------------------------------------------------------


def _entries(lines: Sequence[Line], number: int, site: Site, at: datetime) -> list[Foretold]:
    found: list[Foretold] = []
    for line in lines:
        if line.kind == "step":
            again = f", {line.data['again'] + 1}. time" if line.data["again"] else ""
            found.append(
                Foretold(
                    at=max(at, datetime.fromisoformat(line.data["at"])),
                    ticket=number,
                    clock=line.data["clock"],
                    step=f"{line.data['step']}{again}",
                    do=tuple(line.data["do"]),
                    who=(),
                )
            )
        elif line.kind == "ruled":
            rules = ", ".join(rule["name"] for rule in line.data["rules"])
            do = tuple(_done_by_rules(line.data))
            found.append(Foretold(at=at, ticket=number, clock=line.data["event"], step=rules, do=do, who=()))
        elif line.kind == "closed_by_clock":
            step, do = f"after {span(site.cfg.mail.close_after, 'en')}", ("status:closed",)
            found.append(Foretold(at=at, ticket=number, clock="close_after", step=step, do=do, who=()))
        elif line.kind == ESCALATED and found:
            who = _escalated_to(line.data, site)
            found[-1] = replace(found[-1], who=tuple(dict.fromkeys((*found[-1].who, *who))))
    return found


def _done_by_rules(data: Mapping[str, Any]) -> Iterator[str]:
    """As steps write it: `status:resolved`."""
    for part in ("fields", "actions"):
        yield from (f"{name}:{_plain(one['value'])}" for name, one in data[part].items())
    for name, several in data["added"].items():
        yield from (f"{name}:{_plain(one['value'])}" for one in several)


def _plain(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _escalated_to(data: Mapping[str, Any], site: Site) -> Iterator[str]:
    agent = site.cfg.staff.get(data.get("agent", ""))
    if agent is not None and data["kind"] in agent.notify:
        yield agent.addresses[0]
    elif "address" in data:
        yield data["address"]


def _with_readers(
    conn: Connection, site: Site, entries: Sequence[Foretold], told: Sequence[Occasion], ticket: Snapshot, at: datetime
) -> list[Foretold]:
    """The entries, with whoever gets a letter about what was done: of rules with the last of theirs."""
    found = list(entries)
    away = lookup.away(conn, at)
    for one in told:
        by_rules = one.actor == afterwards.RULES
        places = [place for place, entry in enumerate(found) if (entry.clock in _TRIGGERS) == by_rules]
        if not places:
            continue
        who = [site.cfg.agents[agent].addresses[0] for agent, _ in notices(one, ticket.row, site.cfg, away)]
        if to_customers.concerns(one, site):
            person = requester(conn, ticket.row["requester_id"])
            who += [person.address] if person else []
        entry = found[places[-1]]
        found[places[-1]] = replace(entry, who=tuple(dict.fromkeys((*entry.who, *who))))
    return found
