"""A mail of ours did not arrive: what that does to the address, and who hears of it.

One room for both ways of learning it: a server refuses while we send (`delivery`), or a report comes back (`bounced`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.compose.builtin import AGENT
from gateway.config import Config
from gateway.tickets.actions import Action, Note, Reached, Unreached
from gateway.tickets.bounces import Reach, after_failure, is_too_large, points

Alarm = tuple[str, str]  # subject and text of a letter to the admin


@dataclass(frozen=True, slots=True, kw_only=True)
class Undelivered:
    """One mail to one recipient. `named` is whom the other side names: mail may have gone on from where we sent it."""

    outbox: int
    mail_id: int
    ticket: int | None
    kind: str
    recipient: str
    automatic: bool
    status: str = ""
    reply: str = ""
    hard: bool = False
    named: str = ""
    of_the_mailbox: bool = True  # else it failed for something on our side or between

    @property
    def points(self) -> int:
        return points(self.status, hard=self.hard) if self.of_the_mailbox else 0

    @property
    def key(self) -> str:
        return self.recipient.lower()

    @property
    def is_notice(self) -> bool:
        return self.kind in AGENT

    @property
    def may_be_lighter(self) -> bool:
        """A notice that was refused for its size: what hangs on it can be had otherwise."""
        return self.is_notice and is_too_large(self.status, self.reply)


def is_one_of_us(key: str, cfg: Config) -> bool:
    """An agent's address, the admin's, or one that we answer to."""
    return cfg.agent_for(key) is not None or key == cfg.gateway.admin.lower() or cfg.is_ours(key)


def language_of(key: str, cfg: Config) -> str:
    """In which language one of us is written to."""
    agent = cfg.agents.get(cfg.agent_for(key) or "")
    return (agent.language if agent else None) or cfg.mail.language


def counted(one: Undelivered, cfg: Config) -> Iterator[Action]:
    """The failure on the score of the address, where it is the address's failure."""
    if added := one.points:
        yield Unreached(
            ticket=one.ticket,
            address=one.key,
            points=added,
            reply=one.reply or one.status,
            limit=cfg.limits.bounce_score,
            within=cfg.limits.bounce_within,
        )


def undelivered(one: Undelivered, cfg: Config, at: datetime) -> Iterator[Action]:
    """What whoever works the ticket is to hear: once an hour for a recipient, nothing of what was written to one of us.

    Else a mailbox that takes nothing would beget a notice for each notice (T97): of that the admin hears.
    """
    if one.ticket is None or is_one_of_us(one.key, cfg):
        return
    if one.automatic and not one.hard:  # it may get through yet, and nobody waits for it
        return
    yield Note(
        ticket=one.ticket,
        kind="undelivered",
        data={
            "recipient": one.recipient,
            "named": one.named or one.recipient,
            "kind": one.kind,
            "mail": one.mail_id,
            "status": one.status,
            "reply": one.reply,
            "hard": one.hard,
        },
        step_key=f"undelivered:{one.key}:{at:%Y-%m-%dT%H}",
    )


def alarm(one: Undelivered, before: Reach | None, cfg: Config, at: datetime) -> Alarm | None:
    """What the admin must hear: one of us gets nothing automatic from now on."""
    added = one.points
    if not added or not is_one_of_us(one.key, cfg) or (before and before.suspended_at):
        return None
    limits = cfg.limits
    now = after_failure(before, added, reply=one.reply, limit=limits.bounce_score, within=limits.bounce_within, at=at)
    if now.suspended_at is None:
        return None
    said = one.reply or one.status or "nothing that says why"
    return (
        f"mail to {one.key} keeps coming back",
        f"No notice and nothing else automatic goes to {one.key} from now on. The other side said last: {said}\n\n"
        f"Once its mailbox is in order, a mail from that address, or `gateway people resume {one.key}`, ends this.",
    )


def heard_from(key: str, ticket: int | None, reaches: Mapping[str, Reach]) -> Iterator[Action]:
    """A person wrote from this address, so mail gets through to it again, as far as anybody can tell."""
    if key in reaches:
        yield Reached(ticket=ticket, address=key)
