"""Changes to make, as values. Whoever decides makes a list of these; only `act.apply` makes them happen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Participate:
    """`role`: requester, watcher, proposed, other. Somebody who takes part already keeps their role."""

    ticket: int
    address: Address
    role: str


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
    parties: tuple[str, ...] = ()
    article_text: str | None = None  # also stand it on the ticket as an article


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
