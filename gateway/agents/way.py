"""The way of an agent's mail: whose is it, what may it do, what does it say, do it; or keep it and say why.

`take` is the page to read. Nothing is decided while others are kept from writing, but for what commands come to: that
depends on the ticket as it stands when they are carried out.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError

from gateway.agents import confirming, opening
from gateway.agents.case import CONFIRMABLE, Case, case_of
from gateway.agents.writing import Done, Writer
from gateway.config import Config
from gateway.errors import Conflict
from gateway.incoming import Incoming, wants
from gateway.now import now
from gateway.plan import STATE_OF, judgement_of
from gateway.site import Site
from gateway.store import Store
from gateway.store.surroundings import Surroundings, look_around
from gateway.tickets.auth_result import AuthResult
from gateway.tickets.authority import Power
from gateway.tickets.leaving import Fate
from gateway.tickets.reason import Reason, Verdict

TRIES = 5
_PATIENCE = timedelta(minutes=15)  # for DNS
_AGAIN = timedelta(minutes=5)
_FORWARDED = "you forwarded a notice of ours to us; answer it instead, or forward the customer's own mail"


@dataclass(frozen=True, slots=True, kw_only=True)
class AsCustomer:
    """The mail goes the way of customers' mail."""

    incoming: Incoming


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """Whether the mail is the agent's cannot be told yet."""

    after: timedelta


Taken = Done | AsCustomer | Later


def is_agents(incoming: Incoming, cfg: Config) -> bool:
    """Does this mail say that an agent wrote it, and now? Old mail that is being filed asks for nothing."""
    is_new = incoming.declared is None and incoming.opened_by is None and not incoming.spool.quiet
    return is_new and cfg.agent_for(incoming.sender) is not None


def take(store: Store, site: Site, incoming: Incoming, raw: bytes, auth: AuthResult) -> Taken:
    """All that one mail of an agent comes to, written."""
    agent = site.cfg.agent_for(incoming.sender)
    assert agent is not None
    for _ in range(TRIES):
        at = now()
        with store.main.read() as conn:
            around = look_around(conn, wants([incoming], site), at)
            if incoming.spool.id in around.entered:
                verdict, reason = around.entered[incoming.spool.id]
                return Done(state=STATE_OF[Verdict(verdict)], reason=reason)
            judgement = judgement_of(incoming, around, site)
            if judgement.verdict in (Verdict.IGNORE, Verdict.QUARANTINE, Verdict.BOUNCE):
                return AsCustomer(incoming=incoming)
            case = case_of(conn, incoming, agent, auth, around, site, at)
        try:
            if _is_copy(incoming, around):
                return Writer(store, site, case, auth, at).ignored(Reason.COPY)
            return _decided(store, site, case, raw, around, auth, at)
        except (Conflict, IntegrityError):
            continue
    raise Conflict("others keep changing this ticket")


def _is_copy(incoming: Incoming, around: Surroundings) -> bool:
    stored = around.stored.get(incoming.mail.message_id, ())
    return any(one.direction == "in" and one.content == incoming.content for one in stored)


def _decided(
    store: Store, site: Site, case: Case, raw: bytes, around: Surroundings, auth: AuthResult, at: datetime
) -> Taken:
    """One decision; Conflict where the world overtook it."""
    write = Writer(store, site, case, auth, at)
    if case.mail.is_automatic or case.mail.is_autoreply:
        return write.ignored(Reason.AUTOMATIC)
    waits = case.authority.reason is Reason.AUTH_UNAVAILABLE and at - case.incoming.spool.received_at < _PATIENCE
    if waits and not case.confirmed:
        return Later(after=_AGAIN)
    if case.held is not None:
        return confirming.settle(store, case, write)
    if case.is_plain_opening or case.is_customers:
        return AsCustomer(incoming=case.incoming)
    fate = case.course.fate
    if case.authority.power is Power.ACTS and case.answered.is_forward and not case.script.calls:
        return write.held(Reason.FORWARDED, _FORWARDED, may_send=False)
    if fate is Fate.COMMAND and (case.script.call("new") or case.mail.is_forward) and not case.script.is_dry:
        found = opening.opened(case, site)
        if isinstance(found, opening.Unclear):
            return write.held(found.reason, found.say, may_send=False)
        return AsCustomer(incoming=found)
    if fate is Fate.HOLD:
        return write.held(case.course.reason, case.course.say, may_send=case.course.reason in _MAY_SEND)
    if fate is Fate.RECORD:
        return write.recorded(around)
    return write.acted(raw, around)


# What an agent may overrule with #send; of all else a mail must be written anew.
_MAY_SEND = CONFIRMABLE | {Reason.NEWER, Reason.UNKNOWN_NOTICE}
