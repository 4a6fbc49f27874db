"""The way of a mail, from a claimed spool row to its ticket. `process` and `_settle` are the page to read first.

A batch is cut into groups of mails that cannot touch one another. A group is decided without any lock and written in
one transaction with a savepoint a mail; what the world overtook meanwhile is decided again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError

from gateway import act, log
from gateway.conclude import STATE_OF, Plan, conclude
from gateway.errors import Conflict
from gateway.faults import hit
from gateway.groups import independent
from gateway.mail import Mail
from gateway.now import now
from gateway.plan import Incoming, draft, envelope_json, identify
from gateway.reader import ReaderDied
from gateway.rules import Matcher
from gateway.site import Site
from gateway.store import Store, spool
from gateway.store.failure import translate
from gateway.store.keys import content_digest
from gateway.store.lookup import lock_message_ids, ref_rows
from gateway.store.numbers import Numbers
from gateway.store.savepoint import savepoint
from gateway.store.surroundings import Surroundings, Wants, look_around
from gateway.tickets.actions import Actor
from gateway.tickets.our_words import may_hold_our_words
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


def process(
    store: Store, site: Site, matcher: Matcher, read: Sequence[tuple[spool.Claimed, bytes, Mail | ReaderDied]]
) -> list[Outcome]:
    """Take mails that were read to their final state; whatever happens on the way, each gets an outcome."""
    outcomes = [_once_more(claimed, Reason.KILLED_READERS) for claimed, _, mail in read if isinstance(mail, ReaderDied)]
    batch = [
        identify(claimed, mail, content_digest(raw), site)
        for claimed, raw, mail in read
        if not isinstance(mail, ReaderDied)
    ]
    for group in independent(batch):
        outcomes += _settle(store, site, matcher, group)
    return outcomes


def foretell(store: Store, site: Site, matcher: Matcher, claimed: spool.Claimed, raw: bytes, mail: Mail) -> Plan:
    """What would become of one mail now; nothing is written, no number taken."""
    at = now()
    incoming = identify(claimed, mail, content_digest(raw), site)
    with store.main.read() as conn:
        around = look_around(conn, _wants([incoming], site), at)
        number = Numbers(store, conn).peek(conn)
    drafted = draft(incoming, around, site, at, matcher)
    return conclude(drafted, number if drafted.opens_ticket else None, around, site, at)


def _settle(store: Store, site: Site, matcher: Matcher, group: list[Incoming]) -> list[Outcome]:
    """Decide and write one group, again and again for those mails that somebody else's write overtook."""
    outcomes: list[Outcome] = []
    for _ in range(MAX_DECISIONS):
        at = now()
        with store.main.read() as conn:
            around = look_around(conn, _wants(group, site), at)
            numbers = Numbers(store, conn)
        entered = [one for one in group if one.spool.id in around.entered]
        outcomes += [_entered(one, around) for one in entered]
        plans, failed = _decide(site, matcher, [one for one in group if one not in entered], around, numbers, at)
        written, overtaken = _write(store, site, plans, around, numbers, at)
        outcomes += [*failed, *written]
        group = [plan.incoming for plan in overtaken]
        if not group:
            return outcomes
    return outcomes + [_once_more(one.spool, Reason.FAILED_THREE_TIMES) for one in group]


def _wants(group: Sequence[Incoming], site: Site) -> Wants:
    limits = site.cfg.limits
    return Wants(
        own_ids={one.clues.message_id for one in group if one.clues.message_id},
        named_ids={message_id for one in group for message_id in one.clues.ids},
        numbers={number for one in group for number in one.clues.tickets},
        spool_ids=[one.spool.id for one in group],
        senders={key for one in group for key in (one.sender, one.answer_to.key if one.answer_to else "") if key},
        letters=any(may_hold_our_words(one.mail) for one in group),
        address_windows=[rate.per for rate in limits.auto_per_address],
        ticket_windows=[rate.per for rate in limits.auto_per_ticket],
        total_windows=[rate.per for rate in limits.auto_total],
        ended=site.cfg.status_table.ended,
        seen=_counted(site),
    )


def _counted(site: Site) -> set[tuple[str, int]]:
    """What rules and the table of priorities want counted: by which field, within how many seconds."""
    asked = set(site.rules.seen_recently)
    if site.cfg.counts_seen:
        asked.add((site.cfg.priority.by, int(site.cfg.priority.within.total_seconds())))
    return asked


def _decide(
    site: Site, matcher: Matcher, group: Sequence[Incoming], around: Surroundings, numbers: Numbers, at: datetime
) -> tuple[list[Plan], list[Outcome]]:
    """Plans for the mails of a group; a mail on which our own code stumbles gets an outcome instead."""
    plans: list[Plan] = []
    failed: list[Outcome] = []
    for one in group:
        try:
            drafted = draft(one, around, site, at, matcher)
            plan = conclude(drafted, numbers.next() if drafted.opens_ticket else None, around, site, at)
            plans.append(plan)
            around = around.after(plan.actions)
        except Exception as exc:  # noqa: BLE001  one mail must not stop the others
            log.mail_failed(one.spool.id, exc)
            failed.append(_once_more(one.spool, Reason.FAILED_THREE_TIMES))
    return plans, failed


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
                    log.mail_failed(plan.incoming.spool.id, exc)
                    done.append(_once_more(plan.incoming.spool, Reason.FAILED_THREE_TIMES))
            hit("before_main_commit")
    except Conflict:
        return [], list(plans)
    hit("after_main_commit")
    return done, overtaken


def _enter(conn: Connection, plan: Plan, site: Site, at: datetime) -> None:
    """One mail: its row, then everything it changes."""
    incoming, mail = plan.incoming, plan.incoming.mail
    mail_id = act.record_mail(
        conn,
        {
            "direction": "in",
            "spool_id": incoming.spool.id,
            "ticket": plan.ticket,
            "kind": str(mail.kind),
            "message_id": mail.message_id,
            "from_addr": incoming.sender,
            "recipient": incoming.recipient,
            "subject": mail.subject,
            "queue_ids": " ".join(mail.queue_ids),
            "at": incoming.spool.received_at,
            "size": incoming.spool.size,
            "sha256": incoming.spool.sha256,
            "content": incoming.content,
            "verdict": str(plan.verdict),
            "reason": plan.reason,
            "facts": {**plan.facts, "envelope": envelope_json(incoming.spool.envelope), "trail": list(mail.trail)},
            "auth": {},
            "trace": list(plan.trace),
            "rule_set_id": site.rule_set_id,
        },
    )
    wrote_at = incoming.spool.received_at if incoming.spool.quiet else None
    act.apply(conn, plan.actions, Actor(name="mail", at=at, mail_id=mail_id, wrote_at=wrote_at))


def _entered(one: Incoming, around: Surroundings) -> Outcome:
    """This mail was written before a crash kept its spool row from being closed: close it now."""
    verdict, reason = around.entered[one.spool.id]
    return Outcome(claimed=one.spool, state=STATE_OF[Verdict(verdict)], reason=reason)


def _once_more(claimed: spool.Claimed, reason: Reason) -> Outcome:
    """Again, by itself; set aside where that has failed often enough."""
    return Outcome(
        claimed=claimed, state="quarantined" if claimed.attempts >= LONE_ATTEMPTS else None, reason=str(reason)
    )
