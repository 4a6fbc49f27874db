"""Tickets that nobody was free to take are tried again by the clock, and the lead of their queue hears of them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from gateway import act, leads
from gateway.assigning import assign, beside, said_by, values_of
from gateway.compose import letters
from gateway.compose.stamp import plain, signed
from gateway.errors import Conflict
from gateway.now import now
from gateway.similar import Likely, in_notice
from gateway.site import Site
from gateway.store import Store, unassigned
from gateway.store.lookup import lock_assignment
from gateway.tickets.actions import Action, Actor, Change, StopAwaiting
from gateway.tickets.assignment import Choice
from gateway.tickets.token import Role

TRY_EVERY = 60  # seconds
_SHOWN = 50  # tickets with their titles; of the others the numbers
_SORT = "unassigned"  # of letters

Unassigned = Sequence[unassigned.Waiting]


def try_again(store: Store, site: Site) -> None:
    """One turn of the clock: assign what can be assigned now, tell the leads of what cannot."""
    at = now()
    left: list[unassigned.Waiting] = []
    why: dict[int, Sequence[str]] = {}  # ticket -> why nobody is free
    after: int | None = 0
    while after is not None:
        with store.main.read() as conn:
            page = unassigned.waiting(conn, after=after)
            roster = unassigned.roster(conn, at, site.cfg.status_table.ended) if page else None
            choices = {one.ticket: _choose(conn, site, one, roster, at) for one in page if roster}
        for one in page:
            if _is_settled(one, site) or choices[one.ticket].agent:
                _settle(store, site, one.ticket, at)
            elif one.told_at is None:
                left.append(one)
                why[one.ticket] = choices[one.ticket].steps
        after = page[-1].ticket if len(page) == unassigned.PAGE else None
    for lead in dict.fromkeys(filter(None, (_lead(one, site) for one in left))):
        theirs = [one for one in left if _lead(one, site) == lead]
        _tell(store, site, lead, theirs, why[theirs[0].ticket], at)


# ---- assigning -----------------------------------------------------------------------------------------------------


def _is_settled(one: unassigned.Waiting, site: Site) -> bool:
    """Somebody took it, or there is nothing left to do."""
    row = one.row
    return bool(row["assignee"]) or row["merged_into"] is not None or site.cfg.status_table.is_ended(row["status"])


def _choose(conn: Connection, site: Site, one: unassigned.Waiting, roster: unassigned.Roster, at: datetime) -> Choice:
    return assign(
        one.policy,
        one.skills,
        queue=one.row["queue"],
        organisation=one.organisation,
        last_agent=unassigned.last_agent(conn, one.row["requester_id"]) if "sticky" in one.policy else None,
        roster=roster,
        cfg=site.cfg,
        at=at,
    )


def _settle(store: Store, site: Site, number: int, at: datetime) -> None:
    """Decide anew under the lock, for others assign too; a ticket that somebody changes right now waits a minute."""
    try:
        with store.main.write() as conn:
            lock_assignment(conn)
            for one in unassigned.waiting(conn, after=number - 1, upto=number):
                settled = _is_settled(one, site)
                roster = unassigned.roster(conn, at, site.cfg.status_table.ended)
                choice = None if settled else _choose(conn, site, one, roster, at)
                if settled or (choice and choice.agent):
                    actor = Actor(name="clock", at=at)
                    act.apply(conn, list(_actions(one, choice, site)), actor, site.promises)
    except Conflict:
        return


def _actions(one: unassigned.Waiting, choice: Choice | None, site: Site) -> Iterator[Action]:
    yield StopAwaiting(ticket=one.ticket)
    if choice is None:
        return
    values = values_of(choice, one.row["status"], site.cfg.status_table)
    by = said_by(choice)
    yield Change(
        ticket=one.ticket,
        seen_version=one.row["version"],
        values={name: value for name, value in values.items() if value != one.row[name]},
        before=one.row,
        reason=by,
        set_by={"assignee": by},
    )
    yield from beside(choice, one.ticket)


# ---- telling -------------------------------------------------------------------------------------------------------


def _lead(one: unassigned.Waiting, site: Site) -> str | None:
    return leads.lead_of(site.cfg, one.row["queue"])


def _tell(store: Store, site: Site, lead: str, those: Unassigned, how: Sequence[str], at: datetime) -> None:
    """One letter an hour and lead, be it of one ticket or of hundreds; what comes later stands in the next."""
    if not leads.is_due(store, _SORT, lead, at):
        return
    similar = {one.ticket: in_notice(store, site.cfg, one.ticket, at) for one in those[:_SHOWN]}
    alone = those[0] if len(those) == 1 else None
    if alone:
        letter = _of_one(site, lead, alone, how, similar[alone.ticket], at)
    else:
        letter = _of_many(site, lead, those, similar, at)
    numbers = [one.ticket for one in those]
    leads.tell(
        store,
        _SORT,
        lead,
        letter,
        numbers,
        at,
        on=alone.ticket if alone else None,
        mark=lambda conn: unassigned.mark_told(conn, numbers, at),
    )


def _of_one(
    site: Site, lead: str, one: unassigned.Waiting, how: Sequence[str], similar: Sequence[Likely], at: datetime
) -> letters.Letter:
    recipient = leads.address_of(site.cfg, lead)
    row, language = one.row, site.cfg.agents[lead].language or ""
    of = f"{one.ticket} {_SORT} {at.isoformat()}"
    return letters.letter(
        site.templates,
        letters.desk(site.cfg, row["queue"]),
        kind="notice_new",
        recipient=recipient,
        ticket=letters.shown(site.cfg, row, language),
        stamp=signed(site.cfg, site.keys, one.ticket, recipient, role=Role.AGENT, at=at, of=of),
        auto=letters.Auto.GENERATED,
        language=language,
        context={
            "customer": {"name": "", "address": one.requester},
            "priority": row["priority"],
            "tags": row["tags"],
            "reason": f"nobody was free to take it: {'; '.join(how[:-1])}",
            "text": row["description"],
            "similar": similar,
        },
    )


def _of_many(
    site: Site, lead: str, those: Unassigned, similar: Mapping[int, Sequence[Likely]], at: datetime
) -> letters.Letter:
    return letters.plain_notice(
        site.cfg,
        kind="notice_unassigned",
        recipient=leads.address_of(site.cfg, lead),
        subject=f"{len(those)} tickets that nobody was free to take",
        text="\n".join(_lines(site, those, similar)),
        stamp=plain(site.cfg, at),
    )


def _lines(site: Site, those: Unassigned, similar: Mapping[int, Sequence[Likely]]) -> Iterator[str]:
    yield "They are tried again every minute, until somebody is free or they are given to somebody:"
    yield ""
    tickets = []
    for one in those:
        number = site.cfg.numbers.show(one.ticket, one.row["created_at"])
        alike = ", ".join(f"#{like['number']}" for like in similar.get(one.ticket, ()))
        looks = f"; looks like {alike}" if alike else ""
        tickets.append((number, f"{one.row['title']} ({one.row['queue']}, {one.row['priority']}{looks})"))
    yield from leads.listed(tickets, shown=_SHOWN)
    yield ""
    yield "To see them: gateway tickets --assignee -"
