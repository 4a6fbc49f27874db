"""What should happen to one mail, as values: its draft, decided out of what was looked up (steps 6 to 9 of its way).

What comes of the draft on its ticket, the plan, is concluded by the room for its kind of mail: see `conclude`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from gateway import known, old_tags
from gateway.config import Config
from gateway.config.calendars import zone_of
from gateway.incoming import Incoming
from gateway.mail import Address, Kind, Mail
from gateway.reckoning import counted
from gateway.rules import Decision, Facts, Matcher, facts_of
from gateway.site import Site
from gateway.store.lookup import SEEN_BY_PERSON
from gateway.store.surroundings import Surroundings
from gateway.tickets import token
from gateway.tickets.actions import Action
from gateway.tickets.assignment import Choice
from gateway.tickets.bounces import Sent, named
from gateway.tickets.guard import BY_HAND, Judgement, judge, judge_sent
from gateway.tickets.our_words import without_our_words
from gateway.tickets.reason import Reason, Verdict
from gateway.tickets.sources import Signal, as_sent
from gateway.tickets.thanks import is_thanks_alone
from gateway.tickets.threading import Known, Thread, decide
from gateway.tickets.undeclared import Advice

COPY_WINDOW = timedelta(hours=1)


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

    @property
    def named_requester(self) -> Address | None:
        """Whom a rule says the new ticket is for; None where none says."""
        named = self.decision.value("requester") if self.decision else None
        author = self.incoming.mail.from_
        if named is None:
            return None
        return author if author and author.key == named.lower() else Address(addr=named)

    @property
    def customer(self) -> str:
        """The address key of whom the ticket is for, as far as this mail tells; `""` where nobody knows."""
        return self.named_requester.key if self.named_requester else self.incoming.sender


_TICKET = (Verdict.ACCEPT, Verdict.QUIET)
STATE_OF = {
    Verdict.ACCEPT: "done",
    Verdict.QUIET: "done",
    Verdict.BOUNCE: "done",
    Verdict.IGNORE: "ignored",
    Verdict.HOLD: "held",
    Verdict.QUARANTINE: "quarantined",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that is to be written for one mail, and the state its spool row ends in."""

    draft: Draft
    state: str
    verdict: Verdict
    reason: str
    ticket: int | None
    choice: Choice | None
    actions: tuple[Action, ...]
    facts: Mapping[str, Any]
    trace: tuple[Mapping[str, Any], ...]
    alarms: tuple[tuple[str, str], ...] = ()  # (subject, text) for the admin
    advice: Advice | None = None  # what to declare, for the admin

    @property
    def incoming(self) -> Incoming:
        return self.draft.incoming


def planned(
    draft: Draft,
    ticket: int | None,
    actions: Iterable[Action],
    *,
    trace: Iterable[Mapping[str, Any]],
    choice: Choice | None = None,
    alarms: tuple[tuple[str, str], ...] = (),
    advice: Advice | None = None,
) -> Plan:
    """The plan that carries out a draft: what `actions` make of `ticket`, and every decision on the way."""
    quarantine = draft.decision.quarantine if draft.decision else None
    return Plan(
        draft=draft,
        state=STATE_OF[draft.verdict],
        verdict=draft.verdict,
        reason=f"{Reason.BY_RULE}: {quarantine}" if quarantine else str(draft.judgement.reason),
        ticket=ticket,
        choice=choice,
        actions=tuple(actions),
        facts=draft.facts.to_json() if draft.facts else {},
        trace=tuple(trace),
        alarms=alarms,
        advice=advice,
    )


def draft(incoming: Incoming, around: Surroundings, site: Site, at: datetime, matcher: Matcher) -> Draft:
    """Steps 7 to 9: guard, thread, classify."""
    if incoming.spool.is_sent:
        return _by_hand(incoming, around, site, at)
    if incoming.probe_key in around.keyed:  # another mail had its header: whoever saw that wrote this one
        incoming = replace(incoming, probe="")
    copy = _copy_of(incoming, around, site.cfg)
    if copy is not None:
        judgement = Judgement(verdict=Verdict.IGNORE, reason=Reason.COPY, detail=incoming.mail.message_id)
        thread = Thread(ticket=copy, reason=Reason.COPY)
        return Draft(incoming=incoming, judgement=judgement, thread=thread, facts=None, decision=None)
    judgement = judgement_of(incoming, around, site)
    thread = _settle(thread_of(incoming, around, site, at), incoming)
    if judgement.verdict not in _TICKET:
        return Draft(incoming=incoming, judgement=judgement, thread=thread, facts=None, decision=None)
    letters = around.letters.get(thread.ticket, ()) if thread.ticket is not None else ()
    if (mail := without_our_words(incoming.mail, letters)) is not incoming.mail:
        incoming = replace(incoming, mail=mail)
    facts = _facts(incoming, around, site, thread)
    budget = site.cfg.limits.rules_time.total_seconds()
    decision = site.rules.evaluate(facts, facts.event, matcher, budget=budget)
    facts = _with_customer(facts, decision, around, site.cfg)
    return Draft(incoming=incoming, judgement=judgement, thread=thread, facts=facts, decision=decision)


def _by_hand(incoming: Incoming, around: Surroundings, site: Site, at: datetime) -> Draft:
    """Of what one of us sent by hand: no rule is asked."""
    mail, found = incoming.mail, thread_of(incoming, around, site, at)
    number = found.ticket if found.ticket is not None else found.follows
    members = around.participants.get(number, frozenset()) if number is not None else frozenset()
    judgement = judge_sent(
        mail,
        own_mail=_is_own_mail(mail, around, site),
        is_recorded=any(one.reason in BY_HAND for one in around.stored.get(mail.message_id, ())),
        ticket=number,
        is_to_them=any(one.key in members and not site.cfg.whose(one.key) for one in (*mail.to, *mail.cc)),
    )
    thread = replace(found, ticket=number, follows=None, reopens=False)
    return Draft(incoming=incoming, judgement=judgement, thread=thread, facts=None, decision=None)


def _copy_of(incoming: Incoming, around: Surroundings, cfg: Config) -> int | None:
    """The ticket that has the same mail already, arrived by another address or source within the hour.

    What one of us sent by hand, with us in copy, may come in after it was found among the sent mails, by then with
    other headers.
    """
    is_ours = cfg.is_ours(incoming.sender)
    arrived = incoming.spool.received_at
    for stored in around.stored.get(incoming.mail.message_id, ()):
        by_hand = is_ours and stored.reason in BY_HAND
        same = stored.direction == "in" and (by_hand or stored.content == incoming.content)
        if same and stored.ticket is not None and abs(arrived - stored.at) <= COPY_WINDOW:
            return stored.ticket
    return None


def judgement_of(incoming: Incoming, around: Surroundings, site: Site) -> Judgement:
    mail = incoming.mail
    declared, envelope = incoming.declared, incoming.spool.envelope
    if declared and declared.author:
        envelope = replace(envelope, mail_from=None)  # the form's, not the person's
    return judge(
        mail,
        envelope,
        from_ourselves=_is_from_ourselves(incoming, site.cfg),
        answer_to=incoming.answer_to.addr if incoming.answer_to else "",
        answers_ourselves=incoming.answer_to is not None and site.cfg.is_ours(incoming.answer_to.key),
        own_mail=_is_own_mail(mail, around, site),
        names_our_mail=any(claim.ticket in around.tickets for claim, _ in incoming.clues.claims)
        or bool(named_mails(incoming, around, site)),
        is_probe=incoming.is_probe,
        quiet=incoming.spool.quiet,
        max_hops=site.cfg.limits.hops,
    )


def _is_own_mail(mail: Mail, around: Surroundings, site: Site) -> bool:
    """Did the gateway write it?"""
    sent = any(stored.direction == "out" for stored in around.stored.get(mail.message_id, ()))
    return sent or any(site.keys.read(text) for text in token.in_message_ids([mail.message_id]))


def _is_from_ourselves(incoming: Incoming, cfg: Config) -> bool:
    """By its From; whom a declared source names is never one of us."""
    declared = incoming.declared
    if declared and "ours" in declared.may:
        return False
    sent = declared.as_sent if declared else incoming.mail
    return sent.from_ is not None and cfg.is_ours(sent.from_.key)


def named_mails(incoming: Incoming, around: Surroundings, site: Site) -> tuple[Sent, ...]:
    """The mails of ours that a delivery report is about; none where the mail is no report."""
    if incoming.mail.kind is not Kind.BOUNCE:
        return ()
    claims = [claim for claim, _ in incoming.clues.claims]
    return named(incoming.mail, around.sent, claims, site.keys.is_for)


def thread_of(incoming: Incoming, around: Surroundings, site: Site, at: datetime) -> Thread:
    wanted = (*incoming.clues.ids, incoming.clues.message_id)
    return decide(
        incoming.clues,
        incoming.sender,
        refs=[ref for one in dict.fromkeys(wanted) for ref in around.refs.get(one, ())],
        tickets=_Tickets(around, site.cfg, incoming.sender if incoming.spool.is_sent else ""),
        at=at,
        keyed=_keyed(incoming, around),
        auth_failed=incoming.is_refuted,
        imported=_imported(incoming, around),
    )


def _imported(incoming: Incoming, around: Surroundings) -> dict[int, list[int]]:
    """The tickets taken over from another helpdesk, by the numbers which this mail names."""
    return {
        number: [around.keyed[key] for key in old_tags.keys_of(number) if key in around.keyed]
        for number in incoming.clues.old_numbers
    }


def _keyed(incoming: Incoming, around: Surroundings) -> tuple[int, str] | None:
    """The ticket of a declared source's key, and the key."""
    number = around.keyed.get(incoming.thread_key) if incoming.thread_key else None
    return None if number is None or incoming.thread_key is None else (number, incoming.thread_key[1])


class _Tickets(Mapping[int, Known]):
    """The tickets around a group of mails, each made when it is asked for: most mails ask for one or none.

    `ours` is the address of one of us, who takes part in all of them.
    """

    def __init__(self, around: Surroundings, cfg: Config, ours: str = "") -> None:
        self._around = around
        self._cfg = cfg
        self._ours = frozenset((ours,)) if ours else frozenset()

    def __getitem__(self, number: int) -> Known:
        return _known(self._around.tickets[number], self._around, self._cfg, self._ours)

    def __iter__(self) -> Iterator[int]:
        return iter(self._around.tickets)

    def __len__(self) -> int:
        return len(self._around.tickets)


def _known(row: Mapping[str, Any], around: Surroundings, cfg: Config, more: frozenset[str]) -> Known:
    queue = cfg.queues.get(row["queue"])
    return Known(
        number=row["number"],
        status=cfg.status_table.like(row["status"]),
        closed_at=row["closed_at"],
        merged_into=row["merged_into"],
        participants=around.participants.get(row["number"], frozenset()) | more,
        reopen_for=(queue.reopen_for if queue else None) or cfg.mail.reopen_for,
    )


def _settle(thread: Thread, incoming: Incoming) -> Thread:
    """A machine's answer to a long closed ticket, and a mere "thank you", is filed there; it is no new matter."""
    mail = incoming.mail
    is_new = incoming.signal is Signal.PROBLEM
    if thread.follows is None or is_new or not (mail.is_automatic or is_thanks_alone(mail)):
        return thread
    return Thread(ticket=thread.follows, reason=thread.reason, mentions=thread.mentions, tried=thread.tried)


def _facts(incoming: Incoming, around: Surroundings, site: Site, thread: Thread) -> Facts:
    cfg, came_at = site.cfg, incoming.spool.received_at
    row = around.tickets.get(thread.ticket) if thread.ticket is not None else None
    told: dict[str, Any] = {
        **known.of_sender(incoming.sender, around.people.get(incoming.sender), cfg),
        **known.of_hours(site.rules, cfg, came_at),
        "released_by": incoming.spool.released_by or None,
        "requester": (incoming.sender if row is None else _requester(row, incoming, around)) or None,
    }
    if asked := site.rules.seen_recently if row else counted(site.rules, cfg):
        told["seen_recently"] = known.seen_recently(asked, around.seen, incoming.sender, cfg)
    if row is not None:
        told |= known.of_ticket(row)
    return facts_of(
        as_sent(incoming.mail, incoming.declared),
        envelope=incoming.spool.envelope,
        source=incoming.spool.source,
        recipient=incoming.recipient,
        queue=row["queue"] if row else incoming.queue,
        event="created" if row is None else "follow_up",
        size=incoming.spool.size,
        at=came_at.astimezone(zone_of(cfg)),
        auth=str(incoming.auth.standing) if incoming.auth else None,
        known=told,
    )


def _with_customer(facts: Facts, decision: Decision, around: Surroundings, cfg: Config) -> Facts:
    """With the counts of whom a rule named as the requester, as far as they are counted by person."""
    named = decision.value("requester")
    if not named or facts.event != "created":
        return facts
    asked = [one for one in around.seen if one[0] in SEEN_BY_PERSON]
    seen = {**facts.known.get("seen_recently", {}), **known.seen_recently(asked, around.seen, named.lower(), cfg)}
    return replace(facts, known={**facts.known, "seen_recently": seen}) if asked else facts


def _requester(row: Mapping[str, Any], incoming: Incoming, around: Surroundings) -> str:
    """Whom the ticket of this row is for: by the address they wrote from, where they wrote this."""
    person = around.people.get(incoming.sender)
    is_theirs = person is not None and person.id == row["requester_id"]
    return incoming.sender if is_theirs else around.requesters.get(row["number"], "")
