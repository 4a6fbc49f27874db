"""A mail as read, with what it says of itself: for which of our addresses it is, from whom and about what (step 6)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from gateway import old_tags
from gateway.config import Config
from gateway.mail import Address, Envelope, Kind, Mail
from gateway.reckoning import counted
from gateway.rules import Matcher
from gateway.site import Site
from gateway.sources import taken
from gateway.store.spool import Claimed
from gateway.store.surroundings import Wants
from gateway.tickets import probe
from gateway.tickets.auth_result import AuthResult, Result
from gateway.tickets.bounces import is_too_large
from gateway.tickets.commands import Call
from gateway.tickets.our_words import may_hold_our_words
from gateway.tickets.sources import Declared, Signal
from gateway.tickets.threading import Clues, clues
from gateway.tickets.token import Keys
from gateway.tickets.wishes import rating_of

BESIDE = "sent:beside"  # what the helpdesk sent beside which we are a shadow
_NULL_PATH = "Return-Path: <>"
_AHEAD, _BEHIND = timedelta(days=1), timedelta(days=7)  # clocks go wrong, and servers try for five days


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
    kept_numbers: tuple[int, ...] = ()  # out of an archive: what its subject names and mails of ours name too
    bare_subject: str = ""  # then, without these numbers
    probe: str = ""  # the nonce of a mail of `gateway check --probe`, signed by us: no agent hears of it

    @property
    def is_probe(self) -> bool:
        """Of `gateway check --probe`, signed by us: no agent hears of it."""
        return bool(self.probe)

    @property
    def probe_key(self) -> tuple[str, str] | None:
        """Under which a probe is remembered, for its header is good for one mail: it went through others' hands."""
        return (probe.TAG, self.probe) if self.probe else None

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
    def is_archived(self) -> bool:
        """Out of an archive that is being imported: the ticket it opens keeps the number which its subject names."""
        return self.spool.quiet and self.spool.source == old_tags.SOURCE and bool(self.kept_numbers)

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
    if site.cfg.gateway.shadow and is_of_the_other_helpdesk(spool, mail, site.cfg):
        spool = replace(spool, source=BESIDE)
    recipients = spool.envelope.recipients
    recipient = addressed_to(mail, recipients, site.cfg)
    if spool.envelope.mail_from and mail.auto_reason == _NULL_PATH:
        # The envelope says who sent it, and anybody writes headers; one that asks for silence is obeyed all the same.
        mail = replace(mail, kind=Kind.NORMAL, auto_reason="", silence=mail.silence or _NULL_PATH)
    if odd := _odd_date(mail, spool.received_at):
        mail = replace(mail, trail=(*mail.trail, odd))
    nonce = "" if auth is not None and auth.failed else _probe(mail, site.keys, spool.received_at)
    old_numbers = old_tags.numbers_in(mail.subject, site.cfg, matcher)
    kept_numbers = tuple(number for number in old_numbers if number in site.kept_numbers)
    mail, declared = taken(mail, site.cfg, matcher)
    return Incoming(
        spool=spool,
        mail=mail,
        content=content,
        recipient=recipient,
        queue=site.cfg.queue_for(recipient) or next(iter(site.cfg.queues)),
        sender=mail.from_.key if mail.from_ else "",
        answer_to=mail.from_ if auth is not None and auth.failed else answer_address(mail),
        clues=replace(
            clues(
                mail,
                recipients if site.cfg.mail.plus_addressing else (),
                site.keys,
                tag=site.cfg.numbers.tag,
                number_format=site.cfg.numbers.pattern,
            ),
            old_numbers=old_numbers,
        ),
        declared=declared,
        auth=auth,
        kept_numbers=kept_numbers,
        bare_subject=old_tags.without(mail.subject, site.cfg, matcher) if kept_numbers else "",
        probe=nonce,
    )


def _odd_date(mail: Mail, came_at: datetime) -> str:
    """That its Date cannot be right, for whoever asks why: nothing goes by it (T68)."""
    if mail.date is None or -_BEHIND <= (off := mail.date - came_at) <= _AHEAD:
        return ""
    side = "after" if off > timedelta() else "before"
    return (
        f"date: says {mail.date:%Y-%m-%d %H:%M}, {abs(off).days} days {side} it came in, which is the time that counts"
    )


def is_of_the_other_helpdesk(spool: Claimed, mail: Mail, cfg: Config) -> bool:
    """In shadow mode a copy of what the helpdesk beside us sent, from an address that is ours too: it is an answer of
    ours, as one that was written by hand.
    """
    return not spool.is_sent and mail.from_ is not None and cfg.is_ours(mail.from_.key)


def _probe(mail: Mail, keys: Keys, at: datetime) -> str:
    said = mail.header(probe.HEADER)
    if not said or mail.from_ is None or len(mail.to) != 1:
        return ""
    return probe.nonce_of(keys, said, sender=mail.from_.key, to=mail.to[0].key, at=at)


def wants(group: Sequence[Incoming], site: Site) -> Wants:
    """What has to be looked up to decide on these mails."""
    limits = site.cfg.limits
    return Wants(
        own_ids={
            *(one.clues.message_id for one in group if one.clues.message_id),
            *(named for one in group if rating_of(one.mail.reply) for named in one.mail.in_reply_to),
        },
        named_ids={message_id for one in group for message_id in one.clues.ids},
        numbers={number for one in group for number in (*one.clues.tickets, *one.clues.old_numbers)},
        spool_ids=[one.spool.id for one in group],
        senders={key for one in group for key in (one.sender, one.answer_to.key if one.answer_to else "") if key},
        letters=any(may_hold_our_words(one.mail) for one in group),
        address_windows=[rate.per for rate in limits.auto_per_address],
        ticket_windows=[rate.per for rate in limits.auto_per_ticket],
        total_rates=limits.auto_total,
        ended=site.cfg.status_table.ended,
        seen=counted(site.rules, site.cfg),
        thread_keys={
            *(key for one in group for key in (one.thread_key, one.probe_key) if key),
            *(key for one in group for number in one.clues.old_numbers for key in old_tags.keys_of(number)),
        },
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
