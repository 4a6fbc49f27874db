"""What the clock would do until a time: each ticket is looked at as the clock will, and all of it is rolled back."""

import time
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection

from gateway import act, afterwards, deadlines, waking
from gateway.compose.dates import span
from gateway.errors import Conflict, Permanent
from gateway.rules import RegexMatcher
from gateway.site import Site
from gateway.store import Store, foretelling, lookup
from gateway.store.foretelling import Line
from gateway.store.savepoint import savepoint
from gateway.store.snapshots import snapshots
from gateway.telling import to_customers
from gateway.telling.about import whole
from gateway.telling.caps import Had
from gateway.telling.forecast import Letter, Way, arrivals
from gateway.telling.occasion import Occasion, occasions
from gateway.telling.waves import KIND as ESCALATED
from gateway.telling.whom import hears, notices
from gateway.tickets.snapshot import Snapshot
from gateway.tickets.status import Status

_MOST = 500  # looks at one ticket
_TRIES = 3
_TRIGGERS = ("due", "overdue", "idle", "status", "assigned")  # on which rules are asked here
_REMIND = "remind"


@dataclass(frozen=True, slots=True, kw_only=True)
class Foretold:
    """One thing that the clock will do, or a rule that it will ask.

    `clock`: first_response, next_response, resolution; close_after; on_hold; remind; of a rule its trigger. `step`: the
    moment of the clock ("80%"), the words of the reminder, or the rules that match. `do`: what is done, as steps write
    it. `who`: addresses that get a mail; `held_until`: from when on, for those of them whom it reaches later than `at`.
    """

    at: datetime
    ticket: int
    clock: str
    step: str
    do: tuple[str, ...]
    who: tuple[str, ...]
    held_until: Mapping[str, datetime]


def foretell(store: Store, site: Site, *, at: datetime, until: datetime) -> list[Foretold]:
    """Everything that will be due from `at` until then, in order; what is due and not done yet is due at once.

    It is as if nobody wrote and nobody did anything meanwhile. Nothing is written.
    """
    matcher = RegexMatcher(time.monotonic, limit=site.cfg.limits.regex_time.total_seconds())
    with store.main.read() as conn:
        numbers = list(foretelling.tickets(conn, until, site.cfg.status_table.ended))
    courses = {number: _of_ticket(store, site, matcher, number, at, until) for number in numbers}
    found = [one for course in courses.values() for one in course.entries]
    found.sort(key=lambda one: (one.at, one.ticket))
    letters = [letter for one in found for letter in one.letters]
    had = _had(store, site, letters, at)
    leaving = iter(arrivals(letters, site.cfg, had, lambda number, then: courses[number].is_over(then)))
    return [_told(one, [(letter, next(leaving)) for letter in one.letters]) for one in found]


def _had(store: Store, site: Site, letters: Iterable[Letter], at: datetime) -> Mapping[str, Sequence[datetime]]:
    """The letters that count against the caps when it begins."""
    rates = (*site.cfg.limits.notices_per_agent, *site.cfg.limits.auto_per_address)
    since = at - max((rate.per for rate in rates), default=timedelta())
    with store.main.read() as conn:
        return foretelling.letters(conn, {one.address.lower() for one in letters}, since, at)


# ---- one ticket ----------------------------------------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class _Entry:
    """What is foretold, with the letters on it as long as nobody knows when they leave."""

    at: datetime
    ticket: int
    clock: str
    step: str
    do: tuple[str, ...]
    letters: list[Letter] = field(default_factory=list)

    def read_by(self, address: str, agent: str, way: Way) -> None:
        self.letters.append(Letter(at=self.at, ticket=self.ticket, address=address, agent=agent, way=way))


@dataclass(slots=True)
class _Course:
    """What is foretold of one ticket, and after each look whether it is done with."""

    entries: list[_Entry] = field(default_factory=list)
    looks: list[datetime] = field(default_factory=list)
    over: list[bool] = field(default_factory=list)

    def is_over(self, at: datetime) -> bool:
        return self.over[bisect_right(self.looks, at) - 1]


def _told(one: _Entry, letters: Sequence[tuple[Letter, datetime | None]]) -> Foretold:
    """The earliest letter of several to somebody is when they read of it."""
    reaches: dict[str, datetime] = {}
    for letter, leaves in letters:
        if leaves is not None:
            reaches[letter.address] = min(leaves, reaches.get(letter.address, leaves))
    return Foretold(
        at=one.at,
        ticket=one.ticket,
        clock=one.clock,
        step=one.step,
        do=one.do,
        who=tuple(reaches),
        held_until={address: leaves for address, leaves in reaches.items() if leaves > one.at},
    )


class _RolledBack(Exception):
    """Nothing went wrong: what was written is not to stay."""


def _of_ticket(store: Store, site: Site, matcher: RegexMatcher, number: int, at: datetime, until: datetime) -> _Course:
    """One ticket, in a transaction that is undone; others who write wait for no more than that."""
    for _ in range(_TRIES):
        course = _Course()
        try:
            with store.main.write() as conn:
                _Looks(conn, site, matcher, number).take(course, at, until)
                raise _RolledBack
        except _RolledBack:
            return course
        except Conflict:
            continue  # somebody changed it at this very moment
    return _Course()


class _Looks:
    """What the clock will see and do on one ticket."""

    def __init__(self, conn: Connection, site: Site, matcher: RegexMatcher, number: int) -> None:
        self._conn = conn
        self._site = site
        self._matcher = matcher
        self._number = number

    def take(self, course: _Course, at: datetime, until: datetime) -> None:
        """One look after the other, each when the one before has said what comes next.

        What agents wished comes first: clocks that stood still go on from then.
        """
        conn, site, number = self._conn, self._site, self._number
        row = foretelling.row(conn, number)
        while len(course.looks) < _MOST:
            tick, wished = row["next_tick_at"], waking.due_at(conn, row)
            ahead = [max(one, at) for one in (tick, wished) if one is not None]
            coming = min((one for one in ahead if not course.looks or one > course.looks[-1]), default=None)
            if coming is None or coming > until:
                return
            if wished is not None and wished <= coming:
                course.entries += self._done(partial(waking.look, conn, site, number, coming), coming)
            look = partial(deadlines.look, conn, site, self._matcher, number, coming)
            course.entries += self._done(look, coming)
            row = foretelling.row(conn, number)
            course.looks.append(coming)
            course.over.append(site.cfg.status_table.is_ended(row["status"]) or row["merged_into"] is not None)

    def _ticket(self) -> Snapshot:
        return snapshots(self._conn, [self._number])[self._number]

    def _done(self, do: Callable[[], None], at: datetime) -> list[_Entry]:
        """What is done, what rules make of it, and who reads of both."""
        conn, site, number = self._conn, self._site, self._number
        since = foretelling.mark(conn, number)
        try:
            with savepoint(conn):
                do()
                for one in occasions(foretelling.announced(conn, number, since)):
                    if not any(map(site.rules.asks_on, one.triggers)):
                        continue
                    made = afterwards.reactions(
                        conn, site, self._matcher, self._ticket(), one.triggers, at=at, by=one.agent
                    )
                    act.apply(conn, made, afterwards.actor(at), site.promises)
        except Permanent:  # a status that may not be set: the clock stops there, too
            return []
        entries = list(_entries(foretelling.journal(conn, number, since), number, site, at))
        told = occasions(foretelling.announced(conn, number, since))
        if entries and told:
            self._readers(entries, told, at)
        return entries

    def _readers(self, entries: Sequence[_Entry], told: Sequence[Occasion], at: datetime) -> None:
        """Whoever gets a letter about what was done: each reminder by itself, of all else with the last of theirs."""
        reminders = iter([one for one in entries if one.clock == _REMIND])
        others = [one for one in entries if one.clock != _REMIND]
        away = lookup.away(self._conn, at)
        ticket = self._ticket()
        for one in told:
            by_rules = one.actor == afterwards.RULES
            theirs = [entry for entry in others if (entry.clock in _TRIGGERS) == by_rules]
            entry = next(reminders, None) if "reminder_due" in one else theirs[-1] if theirs else None
            if entry is None:
                continue
            for agent, _ in notices(one, ticket.row, self._site.cfg, away):
                entry.read_by(self._site.cfg.agents[agent].addresses[0], agent, Way.NOTICE)
            if to_customers.concerns(one, self._site):
                found = whole(self._conn, ticket)
                had = Had(self._site, at)
                if found.requester and not to_customers.silence(self._conn, self._site, found, had, at):
                    entry.read_by(found.requester.address, "", Way.CUSTOMER)


# ---- what it comes to ----------------------------------------------------------------------------------------------


def _entries(lines: Sequence[Line], number: int, site: Site, at: datetime) -> Iterator[_Entry]:
    last: _Entry | None = None
    for line in lines:
        if line.kind == ESCALATED and last is not None:
            _escalated(line.data, site, last)
        elif entry := _entry(line, number, site, at):
            last = entry
            yield entry


def _entry(line: Line, number: int, site: Site, at: datetime) -> _Entry | None:
    """What a line of the journal says, unless it belongs to another one."""
    data = line.data
    if line.kind == "step":
        again = f", {data['again'] + 1}. time" if data["again"] else ""
        since, step = max(at, datetime.fromisoformat(data["at"])), f"{data['step']}{again}"
        return _Entry(at=since, ticket=number, clock=data["clock"], step=step, do=tuple(data["do"]))
    if line.kind == "ruled":
        rules = ", ".join(rule["name"] for rule in data["rules"])
        return _Entry(at=at, ticket=number, clock=data["event"], step=rules, do=tuple(_done_by_rules(data)))
    if line.kind == "closed_by_clock":
        step = f"after {span(site.cfg.mail.close_after, 'en')}"
        return _Entry(at=at, ticket=number, clock="close_after", step=step, do=("status:closed",))
    if line.kind == "reminder_due":
        return _Entry(at=at, ticket=number, clock=_REMIND, step=data["text"], do=(f"notify:{data['agent']}",))
    if line.kind == "changed" and line.actor == "clock" and _ends_hold(data, site):
        return _Entry(at=at, ticket=number, clock="on_hold", step="ends", do=(f"status:{data['status'][1]}",))
    return None


def _ends_hold(data: Mapping[str, Any], site: Site) -> bool:
    """Nothing but its end takes a ticket out of that status by the clock: all other clocks stand still in it."""
    before, after = data.get("status", (None, None))
    like = site.cfg.status_table.like
    return before is not None and like(before) is Status.ON_HOLD and like(after) is not Status.ON_HOLD


def _done_by_rules(data: Mapping[str, Any]) -> Iterator[str]:
    """As steps write it: `status:resolved`."""
    for part in ("fields", "actions"):
        yield from (f"{name}:{_plain(one['value'])}" for name, one in data[part].items())
    for name, several in data["added"].items():
        yield from (f"{name}:{_plain(one['value'])}" for one in several)


def _plain(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _escalated(data: Mapping[str, Any], site: Site, entry: _Entry) -> None:
    agent = site.cfg.staff.get(data.get("agent", ""))
    if agent is not None and hears(agent, data):
        entry.read_by(agent.addresses[0], data["agent"], Way.WAVE)
    elif "address" in data:
        entry.read_by(data["address"], "", Way.WAVE)
