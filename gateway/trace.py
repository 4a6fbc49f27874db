"""The trace of a mail: every decision on it in order, as it is stored for `gateway trace` and `explain`."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gateway.answer import Answer
from gateway.incoming import Incoming
from gateway.plan import Draft
from gateway.reckoning import Given
from gateway.tickets.assignment import Choice

Step = Mapping[str, Any]


def trace_of(
    draft: Draft,
    *,
    choice: Choice | None = None,
    written: Answer | None = None,
    beside: Given | None = None,
    bounced: Iterable[Step] = (),
) -> Iterator[Step]:
    """One step for each decision that was made."""
    yield _identified(draft.incoming)
    judgement = draft.judgement
    yield {"step": "guard", "verdict": judgement.verdict, "reason": judgement.reason, "detail": judgement.detail}
    yield _threaded(draft)
    if mails := list(bounced):
        yield {"step": "bounce", "mails": mails}
    if draft.decision is not None:
        yield {"step": "rules", **draft.decision.to_json()}
    if beside is not None:
        yield from beside.trace()
    if choice is not None:
        yield _chosen(choice, draft.decision.skills if draft.decision else ())
    if written is not None:
        yield {"step": "answer", **written.trace}


def _identified(incoming: Incoming) -> Step:
    return {
        "step": "identify",
        "recipient": incoming.recipient,
        "named_in": _named_in(incoming),
        "queue": incoming.queue,
        "sender": incoming.sender,
        "declared": incoming.declared.told() if incoming.declared else None,
        "opened_by": incoming.opened_by.agent if incoming.opened_by else None,
        "commands": list(incoming.opened_by.lines) if incoming.opened_by else [],
    }


def _named_in(incoming: Incoming) -> str:
    """Where our address stood by which the mail got its first queue."""
    for name in ("to", "cc"):
        if any(address.key == incoming.recipient for address in getattr(incoming.mail, name)):
            return name
    return "envelope"


def _threaded(draft: Draft) -> Step:
    thread = draft.thread
    return {
        "step": "thread",
        "ticket": thread.ticket,
        "reason": thread.reason,
        "follows": thread.follows,
        "reopens": thread.reopens,
        "mentions": list(thread.mentions),
        "tried": [
            {"evidence": one.evidence, "ticket": one.ticket, "what": one.what, "outcome": one.outcome or "joined"}
            for one in thread.tried
        ],
    }


def _chosen(choice: Choice, needed: tuple[str, ...]) -> Step:
    return {
        "step": "assign",
        "agent": choice.agent,
        "by": choice.by,
        "needed": list(needed),
        "candidates": [
            {
                "agent": one.key,
                "open": one.open_tickets,
                "most": one.max_open,
                "skills": sorted(one.skills),
                "away": one.away,
                "off_duty": one.off_duty,
            }
            for one in choice.weighed
        ],
        "how": list(choice.steps),
    }
