"""A mail as read, with what it says of itself: for which of our addresses it is, from whom and about what (step 6)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from gateway.config import Config
from gateway.mail import Address, Envelope, Kind, Mail
from gateway.reckoning import counted
from gateway.rules import Matcher
from gateway.site import Site
from gateway.sources import taken
from gateway.store.spool import Claimed
from gateway.store.surroundings import Wants
from gateway.tickets.auth_result import AuthResult, Result
from gateway.tickets.bounces import is_too_large
from gateway.tickets.commands import Call
from gateway.tickets.our_words import may_hold_our_words
from gateway.tickets.sources import Declared, Signal
from gateway.tickets.threading import Clues, clues

_NULL_PATH = "Return-Path: <>"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedBy:
    """The agent who opens a ticket for somebody else, by which of their addresses and mail, and what goes with it.

    `note`: what they wrote about it, for agents alone; `calls`: commands for the new ticket; `lines`: all, as written.
    """

    agent: str
    address: str
    message_id: str
    note: str
    calls: tuple[Call, ...]
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A mail as read, with what it says of itself: for which of our addresses, from whom, about what."""

    spool: Claimed
    mail: Mail
    content: str  # digest of the bytes without trace headers
    recipient: str
    queue: str
    sender: str  # address key, "" where there is no usable From
    answer_to: Address | None  # whom an automatic answer would reach
    clues: Clues
    declared: Declared | None = None  # by a [[source]]; `mail` is then from whom it really is
    auth: AuthResult | None = None  # who it is proved to be from; None: nobody looked
    opened_by: OpenedBy | None = None  # an agent, for the customer from whom `mail` then is

    @property
    def is_refuted(self) -> bool:
        """Its From is not to be believed: then it brings nobody in, and is told nothing of what it says."""
        return self.auth is not None and self.opened_by is None and self.declared is None and self.auth.failed

    @property
    def is_proved(self) -> bool:
        """It is proved to be from whom its From says, and nobody else stands behind that."""
        direct = self.opened_by is None and (self.declared is None or self.declared.author is None)
        return direct and self.auth is not None and self.auth.standing == Result.PASS

    @property
    def thread_key(self) -> tuple[str, str] | None:
        """Which of a monitor's matters it is about: the source and the key."""
        return (self.declared.source, self.declared.key) if self.declared and self.declared.key else None

    @property
    def signal(self) -> Signal | None:
        """What a monitor says of that matter."""
        return self.declared.signal if self.thread_key and self.declared else None


def identify(
    spool: Claimed, mail: Mail, content: str, site: Site, matcher: Matcher, auth: AuthResult | None = None
) -> Incoming:
    """Step 6: our address, its queue, the sender, and what the mail points at."""
    recipients = spool.envelope.recipients
    recipient = addressed_to(mail, recipients, site.cfg)
    if spool.envelope.mail_from and mail.auto_reason == _NULL_PATH:
        mail = replace(mail, kind=Kind.NORMAL, auto_reason="")  # the envelope says who sent it; anybody writes headers
    mail, declared = taken(mail, site.cfg, matcher)
    return Incoming(
        spool=spool,
        mail=mail,
        content=content,
        recipient=recipient,
        queue=site.cfg.queue_for(recipient) or next(iter(site.cfg.queues)),
        sender=mail.from_.key if mail.from_ else "",
        answer_to=answer_address(mail),
        clues=clues(
            mail,
            recipients if site.cfg.mail.plus_addressing else (),
            site.keys,
            tag=site.cfg.numbers.tag,
            number_format=site.cfg.numbers.pattern,
        ),
        declared=declared,
        auth=auth,
    )


def wants(group: Sequence[Incoming], site: Site) -> Wants:
    """What has to be looked up to decide on these mails."""
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
        seen=counted(site.rules, site.cfg),
        thread_keys={one.thread_key for one in group if one.thread_key},
        **_of_bounces([one for one in group if one.mail.kind is Kind.BOUNCE]),
    )


def _of_bounces(group: Sequence[Incoming]) -> dict[str, Any]:
    """The mails of ours that delivery reports may be about."""
    return {
        "sent_ids": {message_id for one in group for message_id in one.clues.ids},
        "sent_on": {claim.ticket for one in group for claim, _ in one.clues.claims},
        "heavy": any(is_too_large(said.status, said.reply) for one in group for said in one.mail.reported),
    }


def answer_address(mail: Mail) -> Address | None:
    """Whom to write to: Reply-To only within the sender's own domain, for anybody can write one (T84)."""
    if mail.from_ is None:
        return None
    if len(mail.reply_to) == 1 and mail.reply_to[0].domain == mail.from_.domain:
        return mail.reply_to[0]
    return mail.from_


def addressed_to(mail: Mail, recipients: tuple[str, ...], cfg: Config) -> str:
    """The one of our recipients that owns the mail: the first in To, then Cc order, else the first of the envelope."""
    ours = {recipient.lower(): recipient for recipient in recipients}
    for address in (*mail.to, *mail.cc):
        if address.key in ours:
            return address.key
    return next(iter(ours), next(iter(cfg.addresses())))


def envelope_json(envelope: Envelope) -> dict[str, Any]:
    """The envelope as it is kept beside the facts."""
    return {
        "mail_from": envelope.mail_from,
        "recipients": list(envelope.recipients),
        "peer": envelope.peer,
        "helo": envelope.helo,
        "tls": envelope.tls,
        "auth_user": envelope.auth_user,
    }
