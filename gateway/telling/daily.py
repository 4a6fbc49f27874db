"""The list of their open tickets for agents who wish to have one, at the times of the configuration, each once."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection

from gateway import act, log
from gateway.compose import letters
from gateway.compose.digests import Group, Row, digest, row_of
from gateway.compose.stamp import plain
from gateway.config.calendars import zone_of
from gateway.config.schema_desk import STATUSES
from gateway.mail import Address
from gateway.now import now
from gateway.reporting import schedule
from gateway.reporting.schedule import Schedule
from gateway.site import Site
from gateway.store import Store, told
from gateway.store.listing import Ticket, Wanted, tickets_in
from gateway.store.lookup import away
from gateway.telling.quiet import wants_quiet
from gateway.tickets.actions import Action, Actor, Note
from gateway.tickets.sla import DUE
from gateway.tickets.status import Status

LOOK_EVERY = 30  # seconds
_ORDER = ("overdue", "due", "new", "open", "waiting")  # the headings, which `phrases` has
_MOST = 100  # tickets under one of them
_OURS = (Status.NEW, Status.OPEN)


def mail_lists(store: Store, site: Site) -> None:
    """One turn of the clock: the list for each whose time has come. One that would be empty is not sent."""
    cfg, at = site.cfg, now()
    wishing = [name for name, agent in cfg.staff.items() if "digest" in agent.notify]
    times = schedule.schedule(cfg.digest.cron, zone_of(cfg), at) if wishing else None
    if times is None:
        return
    for agent in wishing:
        if not wants_quiet(cfg, agent, at):
            _mail(store, site, agent, times, at)


def _mail(store: Store, site: Site, agent: str, times: Schedule, at: datetime) -> None:
    with store.main.read() as conn:
        turn = schedule.turn(conn, f"digest:{agent}", times)
        if turn is None:
            return
        groups = [] if turn.begins or agent in away(conn, at) else list(_groups(conn, site, agent, at))
    written = [_letter(site, agent, groups, at)] if groups else []
    with store.main.write() as conn:
        told.lock(conn)
        if told.was_ever_told(conn, turn.key):
            return  # another node was quicker
        sends: list[Action] = [letters.send(one, None) for one in written]
        kind = "digest_awaited" if turn.begins else "digest_told"
        count = sum(len(one.rows) for one in groups)
        data = {**turn.data(), "agent": agent, "tickets": count}
        note = Note(ticket=None, kind=kind, data=data, step_key=turn.key)
        act.apply(conn, [*sends, note], Actor(name="clock", at=at))
    if turn.begins:
        log.awaited(f"digest:{agent}", turn.cron)
    elif written:
        log.list_told(agent, count)


def _groups(conn: Connection, site: Site, agent: str, at: datetime) -> Iterator[Group]:
    cfg = site.cfg
    language = cfg.agents[agent].language or cfg.mail.language
    standing = [status for status in (*STATUSES, *cfg.statuses) if not cfg.status_table.is_ended(status)]
    found: dict[str, list[Ticket]] = {title: [] for title in _ORDER}
    for ticket in tickets_in(conn, Wanted(assignees=[agent], statuses=standing), at=at):
        found[_heading(site, ticket, at)].append(ticket)
    for title, theirs in found.items():
        theirs.sort(key=lambda one: (_due(one) or one.created_at, one.number))
        if theirs:
            yield Group(title=title, rows=[_row(site, one, language) for one in theirs[:_MOST]])


def _heading(site: Site, ticket: Ticket, at: datetime) -> str:
    due, like = _due(ticket), site.cfg.status_table.like(ticket.status)
    if ticket.overdue:
        return "overdue"
    if due is not None and due <= at + site.cfg.report.soon:
        return "due"
    return "waiting" if like not in _OURS else "new" if like is Status.NEW else "open"


def _dues(ticket: Ticket) -> list[tuple[datetime, str]]:
    """The due times that are to come or have passed, the earliest first, each with its clock."""
    dues = ((getattr(ticket, column), clock) for clock, column in DUE.items())
    return sorted((due, clock) for due, clock in dues if due is not None)


def _due(ticket: Ticket) -> datetime | None:
    return next((due for due, _ in _dues(ticket)), None)


def _row(site: Site, ticket: Ticket, language: str) -> Row:
    due, clock = next(iter(_dues(ticket)), (None, ""))
    known = {**asdict(ticket), "title": ticket.subject}
    return row_of(site.cfg, known, ticket.requester or "", language, due=due, clock=clock)


def _letter(site: Site, agent: str, groups: Sequence[Group], at: datetime) -> letters.Letter:
    cfg, own = site.cfg, site.cfg.agents[agent]
    return digest(
        site.templates,
        letters.desk(cfg, ""),
        groups=groups,
        recipient=Address(addr=own.addresses[0], name=own.name),
        stamp=plain(cfg, at),
        zone=zone_of(cfg),
        language=own.language or cfg.mail.language,
    )
