"""A mail that one of us sent by hand, out of a mailbox of ours: the customer has it, and it is recorded."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from gateway import filing
from gateway.config import Config
from gateway.plan import Draft
from gateway.store.surroundings import Surroundings
from gateway.tickets.actions import Action, Note
from gateway.tickets.deeds.moves import answered
from gateway.tickets.reason import Reason
from gateway.tickets.snapshot import Snapshot

_OURS = ("last_agent_at", "first_response_at")


def by_hand(draft: Draft, number: int, around: Surroundings, cfg: Config) -> Iterator[Action]:
    """What it makes of its ticket: our answer, or a note where it went to somebody else than those who take part.

    Where a copy of it was filed before as mail that came in, it is an answer all the same, and not filed again.
    """
    incoming, row = draft.incoming, around.tickets[number]
    mail, wrote_at = incoming.mail, row["last_customer_at"]
    sent_at = _sent_at(incoming.spool.received_at, wrote_at)
    agent = cfg.agent_for(incoming.sender)
    author = f"agent:{agent}" if agent else incoming.sender
    is_answer = draft.judgement.reason is Reason.ANSWERED_DIRECTLY
    before = around.stored.get(mail.message_id, ()) if mail.message_id else ()
    is_filed = any(one.direction == "in" and one.ticket == number for one in before)
    if is_answer:
        change = answered(Snapshot(row=row), cfg.status_table, sent_at, Reason.ANSWERED_DIRECTLY)
        if not is_filed and wrote_at is not None and wrote_at > sent_at:  # it is our turn again
            own = {name: change.values[name] for name in _OURS if name in change.values}
            change = replace(change, values=own)
        yield change
    if not is_filed:
        yield filing.article(incoming, number, "out" if is_answer else "note", author=author)
        yield filing.remember(mail, number, around, cfg)
    if is_answer:
        yield Note(ticket=number, kind="replied", data={"by": "hand"}, reason=Reason.ANSWERED_DIRECTLY)


def _sent_at(told: datetime, wrote_at: datetime | None) -> datetime:
    """A mailbox tells whole seconds: what was sent in the very second of the customer's mail came after it."""
    if wrote_at is not None and told == wrote_at.replace(microsecond=0):
        return wrote_at
    return told
