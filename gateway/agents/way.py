"""The way of an agent's mail: whose is it, what may it do, what does it say, do it; or keep it and say why.

`take` and `next_of` are the page to read. Nothing is decided while others are kept from writing, but for what commands
come to: that depends on the ticket as it stands when they are carried out.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

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
from gateway.tickets.guard import BY_HAND
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
    spool = incoming.spool
    is_new = incoming.declared is None and incoming.opened_by is None and not spool.quiet and not spool.is_sent
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
            if is_no_ones(incoming, around, site):
                return AsCustomer(incoming=incoming)
            case = case_of(conn, incoming, agent, auth, around, site, at)
        try:
            step = next_of(case, around, site, at)
            if not isinstance(step, Next):
                return step
            return _done(store, case, step, Writer(store, site, case, auth, at), raw, around)
        except (Conflict, IntegrityError):
            continue
    raise Conflict("others keep changing this ticket")


def is_no_ones(incoming: Incoming, around: Surroundings, site: Site) -> bool:
    """A loop, a delivery report, what goes round and round: whatever its From says."""
    verdict = judgement_of(incoming, around, site).verdict
    return verdict in (Verdict.IGNORE, Verdict.QUARANTINE, Verdict.BOUNCE)


def _is_copy(incoming: Incoming, around: Surroundings) -> bool:
    """The same bytes, or what was found among the sent mails of a mailbox: on its way it got other headers."""
    stored = around.stored.get(incoming.mail.message_id, ())
    return any(one.reason in BY_HAND or (one.direction == "in" and one.content == incoming.content) for one in stored)


class Step(StrEnum):
    """What is done next with an agent's mail."""

    IGNORE = "ignore"
    SETTLE = "settle"  # it says what is to become of a held one
    HOLD = "hold"
    RECORD = "record"
    ACT = "act"


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """The step and why; `say` tells the agent why it is held, and may be overruled where `may_send`."""

    step: Step
    reason: Reason
    say: str = ""
    may_send: bool = False


def next_of(case: Case, around: Surroundings, site: Site, at: datetime) -> Next | AsCustomer | Later:
    """The decision on one mail."""
    if _is_copy(case.incoming, around):
        return Next(step=Step.IGNORE, reason=Reason.COPY)
    if case.mail.is_automatic or case.mail.is_autoreply:
        return Next(step=Step.IGNORE, reason=Reason.AUTOMATIC)
    waits = case.authority.reason is Reason.AUTH_UNAVAILABLE and at - case.incoming.spool.received_at < _PATIENCE
    if waits and not case.confirmed:
        return Later(after=_AGAIN)
    if case.settles:
        return Next(step=Step.SETTLE, reason=Reason.CONFIRMED)
    if case.is_plain_opening or case.is_customers:
        return AsCustomer(incoming=case.incoming)
    fate, why = case.course.fate, case.course.reason
    if case.power is Power.ACTS and case.answered.is_forward and not case.script.calls:
        return Next(step=Step.HOLD, reason=Reason.FORWARDED, say=_FORWARDED)
    if fate is Fate.COMMAND and (case.script.call("new") or case.mail.is_forward) and not case.script.is_dry:
        found = opening.opened(case, site)
        if isinstance(found, opening.Unclear):
            return Next(step=Step.HOLD, reason=found.reason, say=found.say)
        return AsCustomer(incoming=found)
    if fate is Fate.HOLD:
        return Next(step=Step.HOLD, reason=why, say=case.course.say, may_send=why in _MAY_SEND)
    return Next(step=Step.RECORD if fate is Fate.RECORD else Step.ACT, reason=why)


def _done(store: Store, case: Case, step: Next, write: Writer, raw: bytes, around: Surroundings) -> Done:
    """The step, taken; Conflict where the world overtook the decision."""
    if step.step is Step.IGNORE:
        return write.ignored(step.reason)
    if step.step is Step.SETTLE:
        return confirming.settle(store, case, write)
    if step.step is Step.HOLD:
        return write.held(step.reason, step.say, may_send=step.may_send)
    return write.recorded(around) if step.step is Step.RECORD else write.acted(raw, around)


# What an agent may overrule with #send; of all else a mail must be written anew.
_MAY_SEND = CONFIRMABLE | {Reason.NEWER, Reason.UNKNOWN_NOTICE}
