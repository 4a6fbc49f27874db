"""What an agent's mail would come to now. What its commands come to is tried, and taken back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.agents.acting import RefusedError
from gateway.agents.case import Case, case_of
from gateway.agents.replying import HeldBackError
from gateway.agents.way import AsCustomer, Later, Next, Step, is_no_ones, next_of
from gateway.agents.writing import Writer, trace_of
from gateway.compose.notices import Line
from gateway.incoming import Incoming, wants
from gateway.now import now
from gateway.plan import STATE_OF
from gateway.site import Site
from gateway.store import Store
from gateway.store.surroundings import Surroundings, look_around
from gateway.tickets.actions import Action
from gateway.tickets.auth_result import AuthResult
from gateway.tickets.reason import Reason, Verdict, in_words

_VERDICTS = {Step.IGNORE: Verdict.IGNORE, Step.HOLD: Verdict.HOLD}


@dataclass(frozen=True, slots=True, kw_only=True)
class Foretold:
    """The state its spool row would end in, the ticket it is on, and every decision.

    The last of the decisions, the step `would`, has why it would be held in words, each command with what it would come
    to, and whom a reply would reach.
    """

    incoming: Incoming
    state: str
    verdict: Verdict
    reason: Reason
    ticket: int | None
    trace: Sequence[Mapping[str, Any]]

    @property
    def facts(self) -> Mapping[str, Any]:
        """None, for no rule is asked."""
        return {}

    @property
    def actions(self) -> Sequence[Action]:
        """None to be shown: the step `would` tells what they come to."""
        return ()


def foretell(store: Store, site: Site, incoming: Incoming, raw: bytes, auth: AuthResult) -> Foretold | AsCustomer:
    """All that one mail of an agent would come to; nothing of it is written."""
    agent = site.cfg.agent_for(incoming.sender)
    assert agent is not None
    at = now()
    with store.main.read() as conn:
        around = look_around(conn, wants([incoming], site), at)
        if is_no_ones(incoming, around, site):
            return AsCustomer(incoming=incoming)
        case = case_of(conn, incoming, agent, auth, around, site, at)
    step = next_of(case, around, site, at)
    if isinstance(step, AsCustomer):
        return step
    if isinstance(step, Later):
        return _told(case, Verdict.HOLD, Reason.AUTH_UNAVAILABLE, say="it is tried again for a while before that")
    if step.step is Step.ACT:
        return _tried(case, step, Writer(store, site, case, auth, at), raw, around)
    say = (step.say or in_words(step.reason)) if step.step is Step.HOLD else ""
    return _told(case, _VERDICTS.get(step.step, Verdict.ACCEPT), step.reason, say=say)


def _tried(case: Case, step: Next, write: Writer, raw: bytes, around: Surroundings) -> Foretold:
    """What the commands and the reply come to."""
    try:
        acted = write.tried(raw, around)
    except HeldBackError as exc:
        return _told(case, Verdict.HOLD, exc.withheld.reason, say=exc.withheld.say)
    except RefusedError as exc:
        return _told(case, Verdict.HOLD, Reason.REFUSED, say=str(exc), lines=exc.lines)
    return _told(case, Verdict.ACCEPT, step.reason, lines=acted.lines, reaches=acted.reaches)


def _told(
    case: Case,
    verdict: Verdict,
    reason: Reason,
    *,
    say: str = "",
    lines: Sequence[Line] = (),
    reaches: Sequence[str] = (),
) -> Foretold:
    would = {
        "step": "would",
        "say": say,
        "commands": [{"said": line.said, "result": line.result, "ok": line.ok} for line in lines],
        "reaches": list(reaches),
    }
    return Foretold(
        incoming=case.incoming,
        state=STATE_OF[verdict],
        verdict=verdict,
        reason=reason,
        ticket=case.number if verdict is Verdict.ACCEPT else None,
        trace=(*trace_of(case), would),
    )
