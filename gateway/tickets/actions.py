"""Changes to make, as values. Whoever decides makes a list of these; only `act.apply` makes them happen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from gateway.mail import Address, Attachment
from gateway.tickets.assignment import Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTicket:
    """A new ticket. `set_by` says for each field who set it."""

    number: int
    status: str
    queue: str
    title: str
    description: str
    requester: Address | None
    language: str = ""
    priority: str = "normal"
    type: str | None = None
    category: str | None = None
    area: str | None = None
    impact: str | None = None
    occurrence: int = 1  # this one and those like it that came lately
    assignee: str | None = None
    sla: str | None = None
    tags: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    set_by: Mapping[str, str] = field(default_factory=dict)
    resolved_at: datetime | None = None
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Fields of an existing ticket; refused (Conflict) where its version is no longer `seen_version`."""

    ticket: int
    seen_version: int
    values: Mapping[str, Any]
    before: Mapping[str, Any]
    reason: str = ""
    set_by: Mapping[str, str] = field(default_factory=dict)
    tells: bool = True  # people are to hear of another status or queue


@dataclass(frozen=True, slots=True, kw_only=True)
class AddArticle:
    """One contribution: `direction` is in, out or note."""

    ticket: int
    direction: str
    author: str
    subject: str
    text: str
    elided: str = ""
    language: str = ""
    is_auto: bool = False
    attachments: tuple[Attachment, ...] = ()
    tells: bool = True  # whoever works the ticket is to hear of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Participate:
    """`role`: requester, watcher, proposed, other. Somebody who takes part already keeps their role.

    `confirms`: who was only proposed takes part from now on.
    """

    ticket: int
    address: Address
    role: str
    confirms: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """`ticket` mentions, follows, ... `other`. A link that is there already stays as it is."""

    ticket: int
    other: int
    kind: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlink:
    """A link that is taken away again; one that is gone already stays gone."""

    ticket: int
    other: int
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """Somebody takes part in a ticket no longer."""

    ticket: int
    address: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRequester:
    """The ticket is for somebody else from now on, who takes part in the place of whom it was for."""

    ticket: int
    address: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Remind:
    """An agent is to be reminded of the ticket then, with these words."""

    ticket: int
    agent: str
    at: datetime
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendTime:
    """Minutes that somebody worked on the ticket; negative ones take time back."""

    ticket: int
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldBack:
    """What waits to be sent about a ticket stays here, for that reason; with `mail_ids` of these mails alone."""

    ticket: int
    reason: str
    mail_ids: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw:
    """The answer that a mail of an agent's was never reached anybody: it stays on the ticket as withdrawn."""

    ticket: int
    mail_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveMail:
    """A mail that was filed on one ticket, its article and what it is found by, belong to another."""

    mail_id: int
    ticket: int
    to: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BeAway:
    """An agent is absent until then; None: is back."""

    agent: str
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoProgress:
    """Somebody wants no letters on the progress of a ticket any more."""

    ticket: int
    address: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Remember:
    """Message-IDs to be found by later: the mail's own and those it names, with the address keys it was from and to."""

    ticket: int
    own: str
    named: tuple[str, ...]
    author: str
    parties: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """A composed mail to one recipient, frozen: bytes, Message-ID and Date are never made anew."""

    ticket: int | None
    kind: str
    recipient: Address
    envelope_from: str
    message_id: str
    subject: str
    data: bytes
    automatic: bool
    sender: str = ""  # the address in its From: by it the way out is chosen
    is_alarm: bool = False  # about mail that does not leave: it has a way out of its own
    parties: tuple[str, ...] = ()
    wait: timedelta = timedelta()  # it may still be stopped for so long
    reason: str = ""  # why it waits, where that is not for its writer to stop it


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A line in the journal. A `step_key` that the ticket has already makes it a no-op."""

    ticket: int | None
    kind: str
    data: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""
    step_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeTurn:
    """The next turn of a rota is taken; refused (Conflict) where the last one is not `turn.before`'s any more."""

    turn: Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitAgent:
    """Nobody was free to take the ticket: it is to be tried again, by the same policy; `how` says why nobody was."""

    ticket: int
    policy: tuple[str, ...]
    skills: tuple[str, ...]
    organisation: str | None
    how: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StopAwaiting:
    """The ticket waits for no agent any more."""

    ticket: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CameBack:
    """A mail of ours came back; refused (Conflict) where its row in the outbox has failed meanwhile."""

    outbox: int
    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resend:
    """A mail of ours that came back for its size goes once more as these bytes, without `files`; refused as above."""

    outbox: int
    data: bytes
    reply: str
    files: tuple[str, ...]
    ticket: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreached:
    """Mail did not get through to an address: `points` more on its score, see `bounces.after_failure`."""

    ticket: int | None
    address: str  # key
    points: int
    reply: str
    limit: int
    within: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """Somebody was heard of, or a person says that mail gets through: the failures of an address are forgotten."""

    ticket: int | None
    address: str  # key


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinPeople:
    """Two persons are one, by an address key of each: the tickets of `other` are those of `kept` too from now on."""

    kept: str
    other: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepKey:
    """The ticket that later mails of a declared source with this key belong to; refused (Conflict) where that is not
    `before` any more.
    """

    source: str
    key: str
    ticket: int
    before: int | None


Action = (
    OpenTicket
    | Change
    | AddArticle
    | Participate
    | Link
    | Remember
    | Send
    | Note
    | TakeTurn
    | AwaitAgent
    | Unlink
    | Leave
    | StopAwaiting
    | SetRequester
    | Remind
    | SpendTime
    | HoldBack
    | Withdraw
    | MoveMail
    | BeAway
    | NoProgress
    | CameBack
    | Resend
    | Unreached
    | Reached
    | KeepKey
    | JoinPeople
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who does it, and when: `mail`, `agent:carol`, `clock`, `cli:root`."""

    name: str
    at: datetime
    mail_id: int | None = None
    wrote_at: datetime | None = None  # when what is filed was written, where that is long ago

    @property
    def told_at(self) -> datetime:
        """When the ticket or article came about, for people; the journal goes by `at`."""
        return self.wrote_at or self.at
