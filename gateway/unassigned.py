"""Tickets that nobody was free to take are tried again by the clock, and the lead of their queue hears of them."""

import secrets
from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection

from gateway import act, log
from gateway.assigning import assign
from gateway.compose import letters
from gateway.errors import Conflict
from gateway.mail import Address
from gateway.now import now
from gateway.site import Site
from gateway.store import Store, unassigned
from gateway.store.lookup import lock_assignment
from gateway.tickets.actions import Action, Actor, Change, Note, StopAwaiting, TakeTurn
from gateway.tickets.assignment import Choice
from gateway.tickets.status import Happening
from gateway.tickets.token import Role

TRY_EVERY = 60  # seconds
_SHOWN = 50  # tickets with their titles; of the others the numbers

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
            standing = unassigned.standing(conn, at, site.cfg.status_table.ended) if page else None
            choices = {one.ticket: _choose(conn, site, one, standing, at) for one in page if standing}
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


def _choose(
    conn: Connection, site: Site, one: unassigned.Waiting, standing: unassigned.Standing, at: datetime
) -> Choice:
    return assign(
        one.policy,
        one.skills,
        queue=one.row["queue"],
        organisation=one.organisation,
        last_agent=unassigned.last_agent(conn, one.row["requester_id"]) if "sticky" in one.policy else None,
        standing=standing,
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
                standing = unassigned.standing(conn, at, site.cfg.status_table.ended)
                choice = None if settled else _choose(conn, site, one, standing, at)
                if settled or (choice and choice.agent):
                    act.apply(conn, list(_actions(one, choice, site)), Actor(name="clock", at=at))
    except Conflict:
        return


def _actions(one: unassigned.Waiting, choice: Choice | None, site: Site) -> Iterator[Action]:
    yield StopAwaiting(ticket=one.ticket)
    if choice is None:
        return
    values = {"assignee": choice.agent}
    status = site.cfg.status_table.next(one.row["status"], Happening.ASSIGNED)
    if status != one.row["status"]:
        values["status"] = status
    by = f"policy:{choice.by}"
    yield Change(
        ticket=one.ticket,
        seen_version=one.row["version"],
        values=values,
        before=one.row,
        reason=by,
        set_by={"assignee": by},
    )
    if choice.turn:
        yield TakeTurn(turn=choice.turn)
    yield Note(ticket=one.ticket, kind="assigned", data={"assignee": choice.agent, "how": choice.steps}, reason=by)


# ---- telling -------------------------------------------------------------------------------------------------------


def _lead(one: unassigned.Waiting, site: Site) -> str | None:
    queue = site.cfg.queues.get(one.row["queue"])
    return queue.lead if queue else None


def _tell(store: Store, site: Site, lead: str, those: Unassigned, how: Sequence[str], at: datetime) -> None:
    """One letter an hour and lead, be it of one ticket or of hundreds; what comes later stands in the next."""
    step = letters.hourly_key("unassigned", lead, at)
    with store.main.read() as conn:
        if unassigned.was_told(conn, step):
            return
    alone = those[0] if len(those) == 1 else None
    letter = _of_one(site, lead, alone, how, at) if alone else _of_many(site, lead, those, at)
    note = Note(
        ticket=None,
        kind="lead_told",
        data={"agent": lead, "tickets": [one.ticket for one in those]},
        reason="nobody_free",
        step_key=step,
    )
    with store.main.write() as conn:
        lock_assignment(conn)
        if unassigned.was_told(conn, step):
            return  # another node was quicker
        unassigned.mark_told(conn, [one.ticket for one in those], at)
        act.apply(conn, [letters.send(letter, alone.ticket if alone else None), note], Actor(name="clock", at=at))
    log.lead_told(those[0].ticket, agent=lead, tickets=len(those))


def _of_one(site: Site, lead: str, one: unassigned.Waiting, how: Sequence[str], at: datetime) -> letters.Letter:
    recipient = _recipient(site, lead)
    row = one.row
    token = site.keys.issue(ticket=one.ticket, role=Role.AGENT, recipient=recipient.key, at=at)
    shown = letters.Shown(
        number=site.numbers.show(one.ticket, row["created_at"]),
        tag=site.numbers.tagged(one.ticket, row["created_at"]),
        title=row["title"],
        status=site.cfg.status_label(row["status"], site.cfg.agents[lead].language or ""),
    )
    return letters.letter(
        site.templates,
        letters.desk(site.cfg, row["queue"]),
        kind="notice_new",
        recipient=recipient,
        ticket=shown,
        stamp=_stamp(site, at, token),
        auto=letters.Auto.GENERATED,
        language=site.cfg.agents[lead].language or "",
        context={
            "customer": {"name": "", "address": one.requester},
            "priority": row["priority"],
            "tags": row["tags"],
            "reason": f"nobody was free to take it: {'; '.join(how[:-1])}",
            "text": row["description"],
        },
    )


def _of_many(site: Site, lead: str, those: Unassigned, at: datetime) -> letters.Letter:
    return letters.plain_notice(
        site.cfg,
        kind="notice_unassigned",
        recipient=_recipient(site, lead),
        subject=f"{len(those)} tickets that nobody was free to take",
        text="\n".join(_lines(site, those)),
        stamp=_stamp(site, at),
    )


def _lines(site: Site, those: Unassigned) -> Iterator[str]:
    yield "They are tried again every minute, until somebody is free or they are given to somebody:"
    yield ""
    shown = [(one, f"#{site.numbers.show(one.ticket, one.row['created_at'])}") for one in those]
    for one, number in shown[:_SHOWN]:
        yield f"{number}  {one.row['title']} ({one.row['queue']}, {one.row['priority']})"
    if shown[_SHOWN:]:
        yield ""
        yield "and " + " ".join(number for _, number in shown[_SHOWN:])
    yield ""
    yield "To see them: gateway tickets --assignee -"


def _recipient(site: Site, lead: str) -> Address:
    agent = site.cfg.agents[lead]
    return Address(addr=agent.addresses[0], name=agent.name)


def _stamp(site: Site, at: datetime, token: str = "") -> letters.Stamp:
    unique = secrets.token_hex(6 if token else 12)
    left = f"{token}.{unique}" if token else unique
    return letters.Stamp(message_id=f"<{left}@{site.cfg.mail.host}>", at=at, token=token)
