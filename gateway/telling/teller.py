"""One thread that writes the letters about what happened, a few occasions at a time: composed first, then written.

What rules make of it is written with them, so that each occasion is told and reacted to once.
"""

import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from gateway import act, afterwards, log
from gateway.admin import tell_admin
from gateway.errors import Conflict, GatewayError, Permanent, Temporary
from gateway.faults import hit
from gateway.now import now
from gateway.rules import Matcher, RegexMatcher
from gateway.site import Site
from gateway.store import Store, announcements, lookup
from gateway.store.snapshots import snapshots
from gateway.telling import to_agents, to_customers
from gateway.telling.about import Known, whole
from gateway.telling.caps import Had
from gateway.telling.occasion import Occasion, occasions
from gateway.telling.whom import admin_called, notices
from gateway.tickets import probe
from gateway.tickets.actions import Action, Actor, Note, Send
from gateway.tickets.reason import Reason
from gateway.tickets.snapshot import Snapshot

_BATCH = 200  # announcements looked at in one go
_AT_ONCE = 20  # occasions written in one transaction
_LOOK_EVERY = 0.5  # seconds; other processes change tickets too
_PATIENCE = 60.0  # seconds that notices may wait while mails wait
_PAUSE = 2.0  # seconds after trouble with the database


class Teller:
    """Tells until stopped. `wake` is set by whoever changed a ticket, `on_outbox` where there is something to send.

    While `is_behind` says that mails wait for their tickets, those come first, for a while.
    """

    def __init__(
        self,
        store: Store,
        site: Callable[[], Site],
        *,
        wake: threading.Event,
        on_outbox: Callable[[], None],
        is_behind: Callable[[], bool],
    ) -> None:
        self._store = store
        self._site = site
        self._matched_for = site()
        self._matcher = _matcher(self._matched_for)
        self._wake = wake
        self._on_outbox = on_outbox
        self._is_behind = is_behind
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="telling", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """What is being told is told to its end."""
        self._stop.set()
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                if self._tell():
                    self._on_outbox()
                    continue
            except GatewayError as exc:
                log.database_trouble(exc)
                self._stop.wait(_PAUSE)
            except Exception as exc:  # noqa: BLE001  top of the loop
                log.crashed("telling", exc)
                self._stop.wait(_PAUSE)
            self._wake.wait(_LOOK_EVERY)
            self._wake.clear()
            self._let_mail_go_first()

    def _tell(self) -> bool:
        site = self._site()
        if site is not self._matched_for:  # patterns that were switched off are tried anew: they may have been mended
            self._matched_for, self._matcher = site, _matcher(site)
        told = tell_all(self._store, site, matcher=self._matcher, until=self._stop.is_set)
        for pattern in self._matcher.take_news():
            alarm = ("a pattern in the rules is switched off", f"It timed out too often: {pattern}")
            tell_admin(self._store, site, [alarm])
        return told

    def _let_mail_go_first(self) -> None:
        until = time.monotonic() + _PATIENCE
        while self._is_behind() and time.monotonic() < until and not self._stop.is_set():
            self._stop.wait(_LOOK_EVERY)


def _matcher(site: Site) -> RegexMatcher:
    return RegexMatcher(time.monotonic, limit=site.cfg.limits.regex_time.total_seconds())


def tell_all(
    store: Store, site: Site, *, matcher: Matcher | None = None, until: Callable[[], bool] = lambda: False
) -> bool:
    """Tell what waits, some of it at least; False where nothing was told. `matcher` searches for the rules."""
    matcher = matcher or _matcher(site)
    with store.main.read() as conn:
        waiting = occasions(announcements.waiting(conn, _BATCH))
    told = 0
    for some in _portions(waiting, site):
        if until():
            break
        told += _tell(store, site, matcher, some, now())
    return told > 0


def _portions(waiting: Sequence[Occasion], site: Site) -> Iterator[list[Occasion]]:
    """What is told together, in order. Rules change tickets: of what they are asked stands alone."""
    some: list[Occasion] = []
    for one in waiting:
        is_asked = any(map(site.rules.asks_on, one.triggers))
        if some and (is_asked or len(some) == _AT_ONCE):
            yield some
            some = []
        if is_asked:
            yield [one]
        else:
            some.append(one)
    if some:
        yield some


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What an occasion comes to: the letters, the agents who read of it in a digest, and what rules make of it."""

    occasion: Occasion
    actions: Sequence[Action]
    gathered: Sequence[str] = ()
    reactions: Sequence[Action] = ()


def _tell(store: Store, site: Site, matcher: Matcher, some: Sequence[Occasion], at: datetime) -> int:
    """A few occasions: composed without a lock, written at once with the end of their announcements. How many.

    Where something keeps them from being told together, each goes by itself.
    """
    try:
        _write(store, site, _composed(store, site, matcher, some, at), at)
    except (Conflict, IntegrityError):  # another node tells one of them, or somebody changed the ticket: once more
        return sum(_tell(store, site, matcher, [one], at) for one in some) if len(some) > 1 else 0
    except Temporary:
        raise
    except Exception as exc:  # noqa: BLE001  one occasion must not keep all others waiting
        if len(some) > 1:
            return sum(_tell(store, site, matcher, [one], at) for one in some)
        log.crashed("telling", exc)
        _give_up(store, site, some[0], at)
    return len(some)


def _give_up(store: Store, site: Site, occasion: Occasion, at: datetime) -> None:
    """Nobody hears of it, and the ticket says so."""
    told = Note(ticket=occasion.ticket, kind="not_told", data={"of": sorted(occasion.happened)})
    with suppress(Conflict):
        _write(store, site, [_Told(occasion=occasion, actions=[told])], at)


def _composed(store: Store, site: Site, matcher: Matcher, some: Sequence[Occasion], at: datetime) -> list[_Told]:
    had = Had(site, at)
    found = []
    with store.main.read() as conn:
        away = lookup.away(conn, at)
        tickets = snapshots(conn, {one.ticket for one in some})
        for one in some:
            ticket = tickets.get(one.ticket)
            if ticket is None or probe.TAG in ticket.row["tags"]:  # nobody is called to a probe, and no rule is asked
                found.append(_Told(occasion=one, actions=()))
                continue
            made = afterwards.reactions(conn, site, matcher, ticket, one.triggers, at=at, by=one.agent)
            found.append(replace(_letters(store, conn, site, one, ticket, away, had, at), reactions=made))
    return found


def _letters(
    store: Store,
    conn: Connection,
    site: Site,
    occasion: Occasion,
    ticket: Snapshot,
    away: Collection[str],
    had: Had,
    at: datetime,
) -> _Told:
    gathered: list[str] = []
    told: list[tuple[str, str]] = []
    number = occasion.of("wrote").get("article") or occasion.of("noted").get("article")
    article = announcements.article(conn, int(number)) if number else None
    note = article.text if article and article.direction == "note" else ""
    for agent, kind in notices(occasion, ticket.row, site.cfg, away, note=note):
        waits = to_agents.goes_into_digest(conn, site.cfg.agents[agent], kind, occasion, had)
        if waits or had.has_enough(conn, agent):
            gathered.append(agent)
        else:
            told.append((agent, kind))
    rule = admin_called(occasion)
    if not told and not rule and not to_customers.concerns(occasion, site):
        return _Told(occasion=occasion, actions=(), gathered=gathered)

    actions: list[Action] = []
    found = whole(conn, ticket)
    for agent, kind in told:
        letter = to_agents.letter(store, site, occasion, found, article or found.last_in, agent, kind, at)
        had.add(letter)
        actions.append(letter)
    if rule:
        actions.append(to_agents.to_admin(site, occasion, found, rule, at))
    try:
        for action in to_customers.letter(conn, site, occasion, found, had, at):
            if isinstance(action, Send):
                had.add(action)
            actions.append(action)
    except Permanent as exc:  # no address that mail can be written to
        kept = {"template": to_customers.step_of(occasion, site)[0], "detail": str(exc)}
        actions.append(Note(ticket=occasion.ticket, kind="not_sent", data=kept, reason=Reason.BAD_ADDRESS))
    return _Told(occasion=occasion, actions=actions, gathered=gathered)


def _write(store: Store, site: Site, told: Sequence[_Told], at: datetime) -> None:
    """All of them or, where another node tells one of them, none (Conflict)."""
    with store.main.write() as conn:
        if not announcements.take(conn, [one for each in told for one in each.occasion.ids]):
            raise Conflict("another node tells one of these")
        for one in told:
            for agent in one.gathered:
                announcements.gather(conn, agent, one.occasion.ticket, at)
            waits = [Note(ticket=one.occasion.ticket, kind="gathered", data={"agent": agent}) for agent in one.gathered]
            act.apply(conn, waits, Actor(name="telling", at=at))
            act.apply(conn, one.reactions, afterwards.actor(at), site.promises)
            act.apply(conn, one.actions, Actor(name="telling", at=at))
        hit("before_telling_commit")
    hit("after_telling_commit")


def tell_digests(store: Store, site: Site) -> None:
    """The digests whose time has come."""
    at = now()
    with store.main.read() as conn:
        due = announcements.digests_due(conn, at - to_agents.LATELY)
        tickets: dict[str, list[Known]] = {
            agent: [whole(conn, one) for one in snapshots(conn, numbers).values()] for agent, numbers in due.items()
        }
    for agent, theirs in tickets.items():
        still = [one for one in theirs if not site.cfg.status_table.is_ended(one.row["status"])]
        actions: list[Action] = []
        if still and agent in site.cfg.agents:
            letter = to_agents.digest_letter(site, agent, still, at)
            data = {"kind": letter.kind, "recipient": letter.recipient.addr}
            actions = [letter, *(Note(ticket=one.row["number"], kind="told", data=data) for one in still)]
        with store.main.write() as conn:
            if announcements.take_digest(conn, agent, due[agent]):
                act.apply(conn, actions, Actor(name="telling", at=at))
