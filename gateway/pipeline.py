"""The way of a mail, from a claimed spool row to its ticket. `process` and `_settle` are the page to read first.

A batch is cut into groups of mails that cannot touch one another. A group is decided without any lock and written in
one transaction with a savepoint a mail; what the world overtook meanwhile is decided again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError

from gateway import act, agents, filing, log
from gateway.conclude import conclude
from gateway.errors import Conflict, Temporary
from gateway.faults import hit
from gateway.groups import independent
from gateway.incoming import Incoming, identify, wants
from gateway.mail import Mail
from gateway.now import now
from gateway.plan import STATE_OF, Draft, Plan, draft
from gateway.reader import ReaderDied
from gateway.rules import Matcher
from gateway.site import Site
from gateway.store import Store, spool
from gateway.store.failure import translate
from gateway.store.keys import content_digest
from gateway.store.lookup import lock_message_ids, ref_rows
from gateway.store.numbers import Numbers
from gateway.store.savepoint import savepoint
from gateway.store.surroundings import Surroundings, look_around, meet
from gateway.tickets.actions import Actor
from gateway.tickets.auth_result import AuthResult
from gateway.tickets.reason import Reason, Verdict
from gateway.turns import in_turn

MAX_DECISIONS = 5  # of one mail within one claim
LONE_ATTEMPTS = 3  # attempts alone before a mail is set aside


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one claimed mail: its final state, or None: once more, by itself."""

    claimed: spool.Claimed
    state: str | None
    reason: str
    plan: Plan | None = None
    later: timedelta | None = None  # when to look at it again; that is nobody's failure


class Read(NamedTuple):
    """A claimed mail as it was read, and who it is proved to be from (None: nobody looked)."""

    claimed: spool.Claimed
    raw: bytes
    mail: Mail | ReaderDied
    auth: AuthResult | None = None


def process(store: Store, site: Site, matcher: Matcher, read: Sequence[Read]) -> list[Outcome]:
    """Take mails that were read to their final state; whatever happens on the way, each gets an outcome."""
    outcomes = [_once_more(one.claimed, Reason.KILLED_READERS) for one in read if isinstance(one.mail, ReaderDied)]
    batch = []
    for one in read:
        if isinstance(one.mail, ReaderDied):
            continue
        incoming = identify(one.claimed, one.mail, content_digest(one.raw), site, matcher, one.auth)
        if agents.is_agents(incoming, site.cfg):
            taken = _of_agent(store, site, incoming, one.raw)
            if isinstance(taken, Outcome):
                outcomes.append(taken)
                continue
            incoming = taken
        batch.append(incoming)
    for group in independent(batch):
        outcomes += _settle(store, site, matcher, group)
    return outcomes


def _of_agent(store: Store, site: Site, incoming: Incoming, raw: bytes) -> Outcome | Incoming:
    """What an agent's mail came to; or the mail, where it goes the way of customers' mail."""
    try:
        taken = agents.take(store, site, incoming, raw, incoming.auth or AuthResult())
    except Conflict:
        return _once_more(incoming.spool, Reason.FAILED_THREE_TIMES)
    except Temporary:
        raise
    except Exception as exc:
        if isinstance(exc, DBAPIError) and translate(store.main.name, exc):
            raise  # the database's trouble, not this mail's
        log.mail_failed(incoming.spool.id, incoming.mail, exc)
        return _once_more(incoming.spool, Reason.FAILED_THREE_TIMES)
    if isinstance(taken, agents.AsCustomer):
        return taken.incoming
    if isinstance(taken, agents.Later):
        return Outcome(claimed=incoming.spool, state=None, reason=Reason.AUTH_UNAVAILABLE, later=taken.after)
    log.mail_done(incoming.spool.id, incoming.mail, taken.ticket, verdict=taken.state, reason=taken.reason)
    return Outcome(claimed=incoming.spool, state=taken.state, reason=taken.reason)


def foretell(
    store: Store,
    site: Site,
    matcher: Matcher,
    claimed: spool.Claimed,
    raw: bytes,
    mail: Mail,
    auth: AuthResult | None = None,
) -> Plan | agents.Foretold:
    """What would become of one mail now; nothing is written, no number taken."""
    at = now()
    incoming = identify(claimed, mail, content_digest(raw), site, matcher, auth)
    if agents.is_agents(incoming, site.cfg):
        told = agents.foretell(store, site, incoming, raw, auth or AuthResult())
        if isinstance(told, agents.Foretold):
            return told
        incoming = told.incoming
    with store.main.read() as conn:
        around = look_around(conn, wants([incoming], site), at)
        number = Numbers(store, conn).peek(conn)
    drafted = draft(incoming, around, site, at, matcher)
    around = _meet_requester(store, drafted, around, at)
    return conclude(drafted, number if drafted.opens_ticket else None, around, site, at)


def _settle(store: Store, site: Site, matcher: Matcher, group: list[Incoming]) -> list[Outcome]:
    """Decide and write one group, again and again for those mails that somebody else's write overtook."""
    outcomes: list[Outcome] = []
    for _ in range(MAX_DECISIONS):
        at = now()
        with store.main.read() as conn:
            around = look_around(conn, wants(group, site), at)
            numbers = Numbers(store, conn)
        entered = [one for one in group if one.spool.id in around.entered]
        outcomes += [_entered(one, around) for one in entered]
        plans, failed = _decide(store, site, matcher, [one for one in group if one not in entered], around, numbers, at)
        written, overtaken = _write(store, site, plans, around, numbers, at)
        outcomes += [*failed, *written]
        group = [plan.incoming for plan in overtaken]
        if not group:
            return outcomes
    return outcomes + [_once_more(one.spool, Reason.FAILED_THREE_TIMES) for one in group]


def _decide(
    store: Store,
    site: Site,
    matcher: Matcher,
    group: Sequence[Incoming],
    around: Surroundings,
    numbers: Numbers,
    at: datetime,
) -> tuple[list[Plan], list[Outcome]]:
    """Plans for the mails of a group; a mail on which our own code stumbles gets an outcome instead."""
    plans: list[Plan] = []
    failed: list[Outcome] = []
    for one in group:
        try:
            drafted = draft(one, around, site, at, matcher)
            around = _meet_requester(store, drafted, around, at)
            number = (_kept_number(drafted, around) or numbers.next()) if drafted.opens_ticket else None
            plan = conclude(drafted, number, around, site, at)
            plans.append(plan)
            around = around.after(plan.actions)
        except Exception as exc:  # noqa: BLE001  one mail must not stop the others
            log.mail_failed(one.spool.id, one.mail, exc)
            failed.append(_once_more(one.spool, Reason.FAILED_THREE_TIMES))
    return plans, failed


def _kept_number(drafted: Draft, around: Surroundings) -> int | None:
    """The number that the ticket of an archived mail had in the helpdesk before us, where no other ticket has it."""
    one = drafted.incoming
    return next((old for old in one.kept_numbers if old not in around.tickets), None) if one.is_archived else None


def _meet_requester(store: Store, drafted: Draft, around: Surroundings, at: datetime) -> Surroundings:
    """With what is known of whom a rule named as the requester: until the rules were asked nobody knew to look."""
    named = drafted.named_requester
    if named is None or named.key in around.met:
        return around
    with store.main.read() as conn:
        return meet(conn, around, named.key, at)


def _write(
    store: Store, site: Site, plans: Sequence[Plan], around: Surroundings, numbers: Numbers, at: datetime
) -> tuple[list[Outcome], list[Plan]]:
    """Transaction 2: all of a mail or nothing of it. Returns outcomes and the plans to be made anew."""
    if not plans:
        return [], []
    done: list[Outcome] = []
    overtaken: list[Plan] = []
    try:
        with store.main.write() as conn:
            lock_message_ids(conn, around.ref_keys)
            if ref_rows(conn, around.ref_keys) != around.ref_rows:
                raise Conflict("a mail that belongs to these came in")
            numbers.claim(conn)
            plans = in_turn(conn, site, plans, around, at)
            for plan in plans:
                try:
                    with savepoint(conn):
                        _enter(conn, plan, site, at)
                    done.append(Outcome(claimed=plan.incoming.spool, state=plan.state, reason=plan.reason, plan=plan))
                except (Conflict, IntegrityError):
                    overtaken.append(plan)
                except (DBAPIError, ValueError, TypeError) as exc:
                    if isinstance(exc, DBAPIError) and translate(store.main.name, exc):
                        raise  # the database's trouble, not this mail's
                    log.mail_failed(plan.incoming.spool.id, plan.incoming.mail, exc)
                    done.append(_once_more(plan.incoming.spool, Reason.FAILED_THREE_TIMES))
            hit("before_main_commit")
    except Conflict:
        return [], list(plans)
    hit("after_main_commit")
    return done, overtaken


def _enter(conn: Connection, plan: Plan, site: Site, at: datetime) -> None:
    """One mail: its row, then everything it changes."""
    incoming = plan.incoming
    row = filing.mail_row(
        incoming,
        verdict=plan.verdict,
        reason=plan.reason,
        ticket=plan.ticket,
        facts=plan.facts,
        auth=incoming.auth.to_json() if incoming.auth else {},
        trace=plan.trace,
        rule_set_id=site.rule_set_id,
    )
    mail_id = act.record_mail(conn, row)
    wrote_at = incoming.spool.received_at if incoming.spool.quiet else None
    act.apply(conn, plan.actions, Actor(name="mail", at=at, mail_id=mail_id, wrote_at=wrote_at), site.promises)
    if incoming.opened_by and plan.ticket is not None:
        agents.finish_opening(conn, incoming, plan.ticket, site, at, mail_id)


def _entered(one: Incoming, around: Surroundings) -> Outcome:
    """This mail was written before a crash kept its spool row from being closed: close it now."""
    verdict, reason = around.entered[one.spool.id]
    return Outcome(claimed=one.spool, state=STATE_OF[Verdict(verdict)], reason=reason)


def _once_more(claimed: spool.Claimed, reason: Reason) -> Outcome:
    """Again, by itself; set aside where that has failed often enough."""
    return Outcome(
        claimed=claimed, state="quarantined" if claimed.attempts >= LONE_ATTEMPTS else None, reason=str(reason)
    )
