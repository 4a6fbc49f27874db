"""What should happen to one mail: steps 6 to 9 of its way, decided as values out of what was looked up."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from gateway.config import Config
from gateway.config.calendars import open_calendars, zone_of
from gateway.mail import Address, Envelope, Kind, Mail
from gateway.rules import Decision, Facts, Matcher, facts_of
from gateway.rules.facts import seen_key
from gateway.site import Site
from gateway.store.spool import Claimed
from gateway.store.surroundings import Surroundings
from gateway.tickets import token
from gateway.tickets.guard import Judgement, judge
from gateway.tickets.our_words import without_our_words
from gateway.tickets.reason import Reason, Verdict
from gateway.tickets.thanks import is_thanks_alone
from gateway.tickets.threading import Clues, Known, Thread, clues, decide

_NULL_PATH = "Return-Path: <>"
COPY_WINDOW = timedelta(hours=1)
_TICKET_FACTS = (
    "status", "priority", "type", "category", "area", "impact", "assignee", "sla", "tags", "fields", "set_by"
)  # fmt: skip


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Everything decided but the number of a new ticket. `decision` is None where no ticket is touched."""

    incoming: Incoming
    judgement: Judgement
    thread: Thread
    facts: Facts | None
    decision: Decision | None

    @property
    def opens_ticket(self) -> bool:
        return self.decision is not None and self.thread.ticket is None and self.verdict in _TICKET

    @property
    def verdict(self) -> Verdict:
        quarantined = self.decision is not None and self.decision.quarantine is not None
        return Verdict.QUARANTINE if quarantined else self.judgement.verdict


_TICKET = (Verdict.ACCEPT, Verdict.QUIET)


def identify(spool: Claimed, mail: Mail, content: str, site: Site) -> Incoming:
    """Step 6: our address, its queue, the sender, and what the mail points at."""
    recipients = spool.envelope.recipients
    recipient = addressed_to(mail, recipients, site.cfg)
    if spool.envelope.mail_from and mail.auto_reason == _NULL_PATH:
        mail = replace(mail, kind=Kind.NORMAL, auto_reason="")  # the envelope says who sent it; anybody writes headers
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
            tag=site.numbers.tag,
            number_format=site.numbers.pattern,
        ),
    )


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


def draft(incoming: Incoming, around: Surroundings, site: Site, at: datetime, matcher: Matcher) -> Draft:
    """Steps 7 to 9: guard, thread, classify."""
    copy = _copy_of(incoming, around)
    if copy is not None:
        judgement = Judgement(verdict=Verdict.IGNORE, reason=Reason.COPY, detail=incoming.mail.message_id)
        thread = Thread(ticket=copy, reason=Reason.COPY)
        return Draft(incoming=incoming, judgement=judgement, thread=thread, facts=None, decision=None)
    judgement = _judge(incoming, around, site)
    thread = _settle(_thread(incoming, around, site, at), incoming.mail)
    if judgement.verdict not in _TICKET:
        return Draft(incoming=incoming, judgement=judgement, thread=thread, facts=None, decision=None)
    letters = around.letters.get(thread.ticket, ()) if thread.ticket is not None else ()
    if (mail := without_our_words(incoming.mail, letters)) is not incoming.mail:
        incoming = replace(incoming, mail=mail)
    facts = _facts(incoming, around, site, thread)
    budget = site.cfg.limits.rules_time.total_seconds()
    decision = site.rules.evaluate(facts, facts.event, matcher, budget=budget)
    return Draft(incoming=incoming, judgement=judgement, thread=thread, facts=facts, decision=decision)


def _copy_of(incoming: Incoming, around: Surroundings) -> int | None:
    """The ticket that has the same mail already, arrived by another address or source within the hour."""
    arrived = incoming.spool.received_at
    for stored in around.stored.get(incoming.mail.message_id, ()):
        same = stored.direction == "in" and stored.content == incoming.content
        if same and stored.ticket is not None and abs(arrived - stored.at) <= COPY_WINDOW:
            return stored.ticket
    return None


def _judge(incoming: Incoming, around: Surroundings, site: Site) -> Judgement:
    mail = incoming.mail
    sent = any(stored.direction == "out" for stored in around.stored.get(mail.message_id, ()))
    signed = any(site.keys.read(text) for text in token.in_message_ids([mail.message_id]))
    return judge(
        mail,
        incoming.spool.envelope,
        from_ourselves=bool(incoming.sender) and site.cfg.is_ours(incoming.sender),
        answer_to=incoming.answer_to.addr if incoming.answer_to else "",
        answers_ourselves=incoming.answer_to is not None and site.cfg.is_ours(incoming.answer_to.key),
        own_mail=sent or signed,
        names_our_mail=any(claim.ticket in around.tickets for claim, _ in incoming.clues.claims),
        quiet=incoming.spool.quiet,
        max_hops=site.cfg.limits.hops,
    )


def _thread(incoming: Incoming, around: Surroundings, site: Site, at: datetime) -> Thread:
    wanted = (*incoming.clues.ids, incoming.clues.message_id)
    return decide(
        incoming.clues,
        incoming.sender,
        refs=[ref for one in dict.fromkeys(wanted) for ref in around.refs.get(one, ())],
        tickets=_Tickets(around, site.cfg),
        at=at,
    )


class _Tickets(Mapping[int, Known]):
    """The tickets around a group of mails, each made when it is asked for: most mails ask for one or none."""

    def __init__(self, around: Surroundings, cfg: Config) -> None:
        self._around = around
        self._cfg = cfg

    def __getitem__(self, number: int) -> Known:
        return _known(self._around.tickets[number], self._around, self._cfg)

    def __iter__(self) -> Iterator[int]:
        return iter(self._around.tickets)

    def __len__(self) -> int:
        return len(self._around.tickets)


def _known(row: Mapping[str, Any], around: Surroundings, cfg: Config) -> Known:
    queue = cfg.queues.get(row["queue"])
    return Known(
        number=row["number"],
        status=cfg.status_table.like(row["status"]),
        closed_at=row["closed_at"],
        merged_into=row["merged_into"],
        participants=around.participants.get(row["number"], frozenset()),
        reopen_for=(queue.reopen_for if queue else None) or cfg.mail.reopen_for,
    )


def _settle(thread: Thread, mail: Mail) -> Thread:
    """A machine's answer to a long closed ticket, and a mere "thank you", is filed there; it is no new matter."""
    if thread.follows is None or not (mail.is_automatic or is_thanks_alone(mail)):
        return thread
    return Thread(ticket=thread.follows, reason=thread.reason, mentions=thread.mentions, tried=thread.tried)


def _facts(incoming: Incoming, around: Surroundings, site: Site, thread: Thread) -> Facts:
    cfg, person, came_at = site.cfg, around.people.get(incoming.sender), incoming.spool.received_at
    organisation = cfg.organisation_for(incoming.sender)
    tags = cfg.organisations[organisation].tags if organisation else ()
    known: dict[str, Any] = {
        "sender.known": person is not None,
        "sender.agent": cfg.agent_for(incoming.sender) is not None,
        "sender.tags": tuple(dict.fromkeys((*(person.tags if person else ()), *tags))),
        "organisation": organisation,
    }
    if site.rules.calendars:
        known["hours"] = open_calendars(cfg, site.rules.calendars, came_at)
    if site.rules.seen_recently:
        known["seen_recently"] = dict(_seen(incoming, around, site))
    row = around.tickets.get(thread.ticket) if thread.ticket is not None else None
    if row is not None:
        known |= {name: row[name] for name in _TICKET_FACTS if row[name] is not None}
    return facts_of(
        incoming.mail,
        envelope=incoming.spool.envelope,
        source=incoming.spool.source,
        recipient=incoming.recipient,
        queue=row["queue"] if row else incoming.queue,
        event="created" if row is None else "follow_up",
        size=incoming.spool.size,
        at=came_at.astimezone(zone_of(cfg)),
        known=known,
    )


def _seen(incoming: Incoming, around: Surroundings, site: Site) -> Iterator[tuple[str, int]]:
    """The counts that rules ask for; a value without one has none."""
    for by, within in site.rules.seen_recently:
        counts = around.seen.get((by, within), {})
        yield seen_key(by, "*", within), 0
        if by == "sender":
            yield seen_key(by, incoming.sender, within), counts.get(incoming.sender, 0)
        elif by == "organisation":
            organisation = site.cfg.organisation_for(incoming.sender)
            if organisation:
                yield seen_key(by, organisation, within), seen_of_organisation(counts, organisation, site.cfg)
        else:
            for value, count in counts.items():
                yield seen_key(by, value, within), count


def seen_of_organisation(by_domain: Mapping[str, int], organisation: str | None, cfg: Config) -> int:
    """How many of the tickets counted by their requester's domain are an organisation's."""
    if organisation is None:
        return 0
    return sum(count for domain, count in by_domain.items() if cfg.organisation_for(f"@{domain}") == organisation)


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
