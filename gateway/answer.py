"""What leaves in answer to a mail: the letter a rule asked for, or the reason why nothing is sent."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gateway.compose import letters
from gateway.compose.stamp import signed
from gateway.config.calendars import zone_of
from gateway.errors import Permanent
from gateway.mail import Address, Mail
from gateway.pacing import wait_for
from gateway.plan import Draft
from gateway.site import Site
from gateway.store.surroundings import Surroundings
from gateway.tickets.actions import Action, Note
from gateway.tickets.guard import takes_no_mail
from gateway.tickets.reason import Reason, Verdict
from gateway.tickets.subject import base_subject
from gateway.tickets.token import Role
from gateway.undelivered import heard_from


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The actions that send (or record the silence), how it came about, and what the admin must hear."""

    actions: tuple[Action, ...] = ()
    trace: Mapping[str, Any] = field(default_factory=dict)
    alarms: tuple[tuple[str, str], ...] = ()


def answer(
    draft: Draft,
    number: int,
    around: Surroundings,
    site: Site,
    at: datetime,
    *,
    queue: str,
    answer_by: datetime | None = None,
) -> Answer:
    """The automatic answer to a mail that touches ticket `number`. `answer_by`: one of us answers by then."""
    template = draft.decision.reply if draft.decision else None
    if template is None:
        return Answer(trace={"sent": None, "reason": Reason.NO_RULE_ASKED})
    wait = wait_for(site.cfg.limits.auto_total, around.auto_in_all, at)
    silence = _silence(draft, number, around, site, at)
    recipient = draft.named_requester or draft.incoming.answer_to
    if silence or recipient is None:
        return _silent(template, number, silence or (Reason.NO_SENDER, ""))
    if number in around.tickets and recipient.key not in around.participants.get(number, frozenset()):
        # What we write names the ticket and carries a token for it: nobody gets that by a Reply-To or a forwarded mail.
        return _silent(template, number, (Reason.NOT_A_PARTY, recipient.addr))
    if wait is None:
        return _silent(template, number, (Reason.CAP_TOTAL, ""))
    try:
        letter = _letter(template, draft, number, recipient, around, site, at, queue, answer_by)
    except Permanent as exc:
        return _silent(template, number, (Reason.BAD_ADDRESS, str(exc)))
    alarm = (f"template {template}: the built-in text was sent instead", letter.fallback)
    trace = {
        "sent": letter.kind,
        "template": letter.template or "built-in",
        "to": recipient.addr,
        "reason": Reason.ACKNOWLEDGED,
    }
    if wait:
        trace["put_off_until"] = (at + wait).isoformat()
    send = letters.send(letter, number, wait=wait, reason=Reason.CAP_TOTAL if wait else "")
    return Answer(actions=(send,), trace=trace, alarms=(alarm,) if letter.fallback else ())


def _silent(template: str, number: int, why: tuple[Reason, str]) -> Answer:
    reason, detail = why
    note = Note(ticket=number, kind="not_sent", data={"template": template, "detail": detail}, reason=reason)
    return Answer(actions=(note,), trace={"sent": None, "template": template, "reason": reason, "detail": detail})


def _silence(draft: Draft, number: int, around: Surroundings, site: Site, at: datetime) -> tuple[Reason, str] | None:
    """Why nothing automatic leaves, or None. Caps silence us; they never decide where a mail goes."""
    if draft.verdict is not Verdict.ACCEPT:
        return draft.judgement.reason, draft.judgement.detail
    limits, named = site.cfg.limits, draft.named_requester
    if named and takes_no_mail(named.addr):
        return Reason.NO_REPLY_ADDRESS, named.addr
    # Both whom it says it is from and whom the answer would reach: neither may be flooded by way of us.
    reached = {draft.incoming.sender, draft.incoming.answer_to.key if draft.incoming.answer_to else ""} - {""}
    if named:
        reached = {named.key}  # the author hears nothing, so what went to the author is no measure
    back = heard_key(draft)
    for key in reached:
        reach = around.reach.get(key)
        if reach and reach.suspended_at and key != back:
            return Reason.SUSPENDED, reach.reply
        person = around.people.get(key)
        if person and person.muted_until and person.muted_until > at:
            return Reason.MUTED, person.muted_until.isoformat()
    counted = [
        (Reason.CAP_ADDRESS, rate, around.auto_by_address.get((key, rate.per), 0))
        for rate in (() if _may_flood(draft) else limits.auto_per_address)
        for key in reached
    ]
    counted += [
        (Reason.CAP_TICKET, rate, around.auto_by_ticket.get((number, rate.per), 0)) for rate in limits.auto_per_ticket
    ]
    return next(((reason, f"{rate.count} in {rate.per}") for reason, rate, sent in counted if sent >= rate.count), None)


def _may_flood(draft: Draft) -> bool:
    """Whether a declared source, or one of us by a probe, may cause any number of answers to one address."""
    declared = draft.incoming.declared
    return draft.incoming.is_probe or (declared is not None and "flood" in declared.may)


def heard_key(draft: Draft) -> str:
    """The address key from which a person wrote this, so that mail gets through to it again; `""` where none did.

    What a form was filled in with is no sign of life, nor is a forged From.
    """
    incoming = draft.incoming
    if incoming.opened_by is not None:
        return incoming.opened_by.address
    is_form = incoming.declared is not None and incoming.declared.author is not None
    if incoming.mail.is_automatic or incoming.spool.quiet or incoming.is_refuted or is_form:
        return ""
    return incoming.sender


def heard(draft: Draft, number: int, around: Surroundings) -> Iterator[Action]:
    """Whose failures are forgotten with this mail."""
    return heard_from(heard_key(draft), number, around.reach)


def _letter(
    template: str,
    draft: Draft,
    number: int,
    recipient: Address,
    around: Surroundings,
    site: Site,
    at: datetime,
    queue: str,
    answer_by: datetime | None,
) -> letters.Letter:
    incoming, mail = draft.incoming, draft.incoming.mail
    row = around.tickets.get(number)
    person = around.people.get(draft.customer)
    desk = letters.desk(site.cfg, queue)
    of = f"{incoming.spool.id} {incoming.spool.sha256}"
    stamp = signed(site.cfg, site.keys, number, recipient, role=Role.REQUESTER, at=at, of=of)
    language = (person.language if person else "") or mail.language
    shown = _shown_ticket(site, number, row, at, mail, language or desk.language)
    if template == "acknowledgement":
        follows = around.tickets.get(draft.thread.follows) if draft.thread.follows is not None else None
        earlier = _shown_ticket(site, follows["number"], follows, at, mail, language) if follows else None
        return letters.acknowledgement(
            site.templates,
            desk,
            mail=mail,
            recipient=recipient,
            ticket=shown,
            stamp=stamp,
            language=language,
            neutral=draft.incoming.is_refuted,
            follows=earlier,
            answer_by=answer_by,
            zone=zone_of(site.cfg),
        )
    return letters.letter(
        site.templates,
        desk,
        kind=template,
        recipient=recipient,
        ticket=shown,
        stamp=stamp,
        auto=letters.Auto.REPLIED,
        language=language,
        in_reply_to=mail.message_id,
        references=(*(mail.references or mail.in_reply_to[:1]), mail.message_id),
        context={"subject": base_subject(mail.subject, desk.tag)},
    )


def _shown_ticket(
    site: Site, number: int, row: Mapping[str, Any] | None, at: datetime, mail: Mail, language: str
) -> letters.Shown:
    new = {"number": number, "created_at": at, "title": mail.subject, "status": "new"}
    return letters.shown(site.cfg, row or new, language)
