"""What comes due on tickets: steps of SLAs, rules for due, overdue and idle, the end of what was resolved long ago.

A ticket is looked at when its `next_tick_at` has come, in a transaction that reads it anew: whoever answered a moment
ago is not escalated, and of several nodes one does it. Each step is a line of the journal under its
key, which a ticket can have once.
"""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from gateway import act, afterwards, log, promised_anew, steps
from gateway.admin import tell_admin
from gateway.errors import Conflict, Temporary
from gateway.now import now
from gateway.rules import Matcher, RegexMatcher
from gateway.site import Site
from gateway.steps import Asked
from gateway.store import Store, deadlines, lookup, unassigned
from gateway.store.snapshots import snapshots
from gateway.tickets import clocks, sla
from gateway.tickets.actions import Action, Actor, Change, Note
from gateway.tickets.clocks import Clocks
from gateway.tickets.deeds import moves
from gateway.tickets.reason import Reason
from gateway.tickets.snapshot import Snapshot
from gateway.tickets.status import Happening
from gateway.tomltext.units import in_words
from gateway.wall_clock import MOST, STEADY, WallClock

TURN_EVERY = 10  # seconds
_SET_BY = frozenset(("queue", "priority", "assignee", "status", "tags"))
_PATIENCE = 20.0  # seconds a turn may take; the next goes on where it ended


class Deadlines:
    """The turns of one node. What is promised may change between them: then all clocks are reckoned anew."""

    def __init__(self, store: Store, site: Callable[[], Site]) -> None:
        self._store = store
        self._site_in_force = site
        self._site: Site | None = None
        self._matcher: RegexMatcher | None = None
        self._wall_clock = WallClock()

    def turn(self) -> None:
        """Do what is due."""
        self._watch()
        site = self._site_in_force()
        if site is not self._site or self._matcher is None:
            self._matcher = RegexMatcher(time.monotonic, limit=site.cfg.limits.regex_time.total_seconds())
            site.promises.prepare(now())
            if self._site is None or _terms(site) != _terms(self._site):
                promised_anew.reckon_all(self._store, site)
            self._site = site
        passed = time.monotonic()
        done = turn(self._store, site, self._matcher, most=self._wall_clock.room(passed))
        self._wall_clock.note(passed, done)

    def _watch(self) -> None:
        """Say where the wall clock was set: what came due by that is done once, and not taken back."""
        jump = self._wall_clock.look(now(), time.monotonic())
        if jump:
            log.clock_jumped(jump)
        if jump > 0:
            tell_admin(self._store, self._site_in_force(), [_set_ahead(jump)])


def _terms(site: Site) -> Sequence[Any]:
    """All that due times follow from."""
    cfg = site.cfg
    return (
        cfg.sla,
        cfg.calendars,
        site.promises.by_queue,
        cfg.status_table,
        cfg.mail.close_after,
        site.promises.silences,
    )


def _set_ahead(jump: float) -> tuple[str, str]:
    ahead, steady = in_words(timedelta(minutes=round(jump / 60))), in_words(timedelta(seconds=STEADY))
    text = (
        f"The clock of this machine was set ahead by {ahead}. What is due by the new time is done, but on at most "
        f"{MOST} tickets a minute on each node for the next {steady}. If the time is wrong, put it right now; what was "
        "done meanwhile stands in the tickets' journals."
    )
    return f"the clock was set ahead by {ahead}", text


def turn(store: Store, site: Site, matcher: Matcher, *, most: int | None = None) -> int:
    """Look at the tickets on which something is due, `most` of them at most; how many those were."""
    at, until, seen = now(), time.monotonic() + _PATIENCE, set[int]()
    while time.monotonic() < until:
        limit = deadlines.BATCH if most is None else min(deadlines.BATCH, most - len(seen))
        if limit <= 0:
            break
        with store.main.read() as conn:
            numbers = [number for number in deadlines.due(conn, at, limit) if number not in seen]
        if not numbers:
            break
        seen.update(numbers)
        _look_at(store, site, matcher, numbers, at)
    return len(seen)


def _look_at(store: Store, site: Site, matcher: Matcher, numbers: Sequence[int], at: datetime) -> None:
    """Some tickets at once; where something keeps them from being done together, each goes by itself.

    What another node or a person was quicker to do is left to the next turn.
    """
    alone = len(numbers) == 1
    try:
        with store.main.write() as conn:
            _Turn(conn, site, at).take(numbers, matcher)
        return
    except (Conflict, IntegrityError, _AloneError):
        pass
    except Temporary:
        raise
    except Exception as exc:  # noqa: BLE001  one ticket must not keep all others waiting
        if alone:
            log.step_failed(numbers[0], exc)
            _put_off(store, numbers[0], at)
    for number in () if alone else numbers:
        _look_at(store, site, matcher, [number], at)


def _put_off(store: Store, number: int, at: datetime) -> None:
    """It is looked at again later."""
    with store.main.write() as conn:
        found = snapshots(conn, [number]).get(number)
        if found is not None:
            deadlines.note(conn, number, found.row["version"], {"next_tick_at": at + deadlines.PUT_OFF})


def look(conn: Connection, site: Site, matcher: Matcher, number: int, at: datetime) -> None:
    """Do what is due on one ticket, in the caller's write transaction."""
    _Turn(conn, site, at).take([number], matcher)


# ---- some tickets --------------------------------------------------------------------------------------------------


class _AloneError(Exception):
    """What one of several tickets asks for depends on what was done to the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """One ticket as it was found, the steps that have come on it, and its clocks after them."""

    ticket: Snapshot
    asked: Sequence[Asked]
    before: Clocks
    after: Clocks

    def key(self, one: Asked) -> str:
        """What names a step of this run of a clock and of this due time, once and for all."""
        started = self.before.of[one.clock].started.isoformat()
        return f"{one.clock} {started} {one.came.key} {one.came.at.isoformat()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trigger:
    """Rules are to be asked of a ticket, once under this key; `asked`: of which deadline, if of one."""

    ticket: int
    event: str
    key: str
    asked: Asked | None = None


class _Turn:
    """What is done to some tickets in one transaction."""

    def __init__(self, conn: Connection, site: Site, at: datetime) -> None:
        self._conn = conn
        self._site = site
        self._promises = site.promises
        self._at = at
        self._actions: list[Action] = []
        self._triggers: list[_Trigger] = []

    def take(self, numbers: Sequence[int], matcher: Matcher) -> None:
        """Do what is due on each, and ask the rules."""
        found = [
            one
            for one in snapshots(self._conn, numbers).values()
            if one.row["next_tick_at"] is not None and one.row["next_tick_at"] <= self._at
        ]
        looks = [self._look(one) for one in found]
        asked = [one for look in looks for one in look.asked if not one.came.step.asks]
        if len(looks) > 1 and any(said.startswith("assign:") for one in asked for said in one.came.step.do):
            raise _AloneError
        done = deadlines.done_steps(self._conn, numbers) if asked else frozenset()
        roster = unassigned.roster(self._conn, self._at, self._site.cfg.status_table.ended) if asked else None
        for look in looks:
            self._do(look, done, roster)
        act.apply(self._conn, self._actions, Actor(name="clock", at=self._at), self._promises)
        waiting = [one for one in self._triggers if self._site.rules.asks_on(one.event)]
        while waiting:  # one a ticket at a time: what the first rule changes the next one sees
            first = {one.ticket: one for one in reversed(waiting)}
            for number, ticket in snapshots(self._conn, first).items():
                self._ask(first[number], ticket, matcher)
            waiting = [one for one in waiting if one is not first[one.ticket]]

    def _look(self, ticket: Snapshot) -> _Look:
        """The steps that have come on all clocks, by time, and the clocks after them."""
        row, promise = ticket.row, self._promises.of(ticket.row)
        before = after = clocks.after(row, self._promises, row["updated_at"])
        found: list[Asked] = []
        for name, clock in before.of.items():
            budget = clocks.budget_of(promise, name, clock, row)
            if budget is None:
                continue
            due = clocks.due_of(promise, name, clock, row)
            came, later = sla.come(promise, clock, budget, due, name, self._at)
            found += [Asked(clock=name, came=one, due=due) for one in came]
            after = clocks.with_clock(after, name, later)
        return _Look(ticket=ticket, asked=sorted(found, key=lambda one: one.came.at), before=before, after=after)

    def _do(self, look: _Look, done: Collection[tuple[int, str]], roster: unassigned.Roster | None) -> None:
        """Do what the clock itself has to do, keep that it is done, and note what rules are to be asked."""
        ticket, number, row = look.ticket, look.ticket.number, look.ticket.row
        values: dict[str, Any] = {}
        actions: list[Action] = []
        for one in look.asked:
            key = look.key(one)
            if one.came.step.asks:
                self._triggers.append(_Trigger(ticket=number, event=one.came.step.asks, key=key, asked=one))
            elif roster is not None and (number, key) not in done:
                ahead = replace(ticket, row={**row, **values})
                result = steps.carry_out(ahead, one, self._site.cfg, roster, self._at)
                values |= result.values
                actions += [_line(number, one, key), *result.actions]
        if (closes := clocks.closes_at(row, self._promises)) and closes <= self._at:
            effect = moves.happens(ticket, "clock", Happening.CLOSED, self._promises.statuses, self._at)
            values |= next((dict(one.values) for one in effect.actions if isinstance(one, Change)), {})
            actions.append(Note(ticket=number, kind="closed_by_clock", reason=Reason.BY_CLOCK))
        after = look.after
        if silence := clocks.silence(after, row, self._promises, self._at):
            key = f"idle {after.silent_since.isoformat()} {silence}"
            self._triggers.append(_Trigger(ticket=number, event="idle", key=key))
            after = clocks.asked(after, silence)
        self._keep(ticket, values, actions, after)

    def _keep(self, ticket: Snapshot, values: Mapping[str, Any], actions: Sequence[Action], after: Clocks) -> None:
        """What changed, with the clocks as they are then; bookkeeping alone is no change of the ticket."""
        new = {name: value for name, value in values.items() if value != ticket.row[name]}
        if new:
            row = {**ticket.row, **new, "clocks": after.to_json()}
            after = clocks.after(row, self._promises, max(self._at, ticket.row["updated_at"]))
        kept = clocks.columns(after, {**ticket.row, **new}, self._promises, self._at)
        version = ticket.row["version"]
        if not new and not actions:
            if kept and not deadlines.note(self._conn, ticket.number, version, kept):
                raise Conflict(f"ticket {ticket.number} changed meanwhile")
            return
        change = Change(
            ticket=ticket.number,
            seen_version=version,
            values={**new, **kept, "clocks": after.to_json()},
            before=ticket.row,
            reason=Reason.BY_CLOCK if new else "",
            set_by=dict.fromkeys(_SET_BY & new.keys(), "clock"),
        )
        self._actions += [change, *actions]

    def _ask(self, trigger: _Trigger, ticket: Snapshot, matcher: Matcher) -> None:
        events, at = [trigger.event], self._at
        made = afterwards.reactions(self._conn, self._site, matcher, ticket, events, at=at, step_key=trigger.key)
        if trigger.asked is not None:
            made = tuple(self._told_by_waves(made, trigger.asked, ticket))
        act.apply(self._conn, made, afterwards.actor(at), self._promises)

    def _told_by_waves(self, made: Sequence[Action], asked: Asked, ticket: Snapshot) -> Iterator[Action]:
        """Whom rules call to a deadline has quiet hours, and many tickets at once, as whom steps notify."""
        row = {**ticket.row, **next((one.values for one in made if isinstance(one, Change)), {})}
        for one in made:
            if isinstance(one, Note) and one.kind == "called":
                yield from steps.called(one, row, asked, self._site.cfg, lookup.away(self._conn, self._at))
            else:
                yield one


def _line(number: int, one: Asked, key: str) -> Note:
    step = one.came.step
    data = {
        "clock": one.clock,
        "at": one.came.at.isoformat(),
        "due": one.due.isoformat() if one.due else None,
        "step": str(step.at),
        "again": one.came.again,
        "do": list(step.do),
    }
    return Note(ticket=number, kind="step", data=data, reason=Reason.BY_CLOCK, step_key=key)
