"""What leaves in answer to a mail: the letter a rule asked for, or the reason why nothing is sent."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gateway.compose import letters
from gateway.errors import Permanent
from gateway.mail import Address, Mail
from gateway.plan import Draft
from gateway.site import Site
from gateway.store.surroundings import Surroundings
from gateway.tickets.actions import Action, Note
from gateway.tickets.reason import Reason, Verdict
from gateway.tickets.subject import base_subject
from gateway.tickets.token import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The actions that send (or record the silence), how it came about, and what the admin must hear."""

    actions: tuple[Action, ...] = ()
    trace: Mapping[str, Any] = field(default_factory=dict)
    alarms: tuple[tuple[str, str], ...] = ()


def answer(draft: Draft, number: int, around: Surroundings, site: Site, at: datetime, *, queue: str) -> Answer:
    """The automatic answer to a mail that touches ticket `number`."""
    template = draft.decision.reply if draft.decision else None
    if template is None:
        return Answer(trace={"sent": None, "reason": Reason.NO_RULE_ASKED})
    silence = _silence(draft, number, around, site, at)
    recipient = draft.incoming.answer_to
    if silence or recipient is None:
        return _silent(template, number, silence or (Reason.NO_SENDER, ""))
    if number in around.tickets and recipient.key not in around.participants.get(number, frozenset()):
        # What we write names the ticket and carries a token for it: nobody gets that by a Reply-To or a forwarded mail.
        return _silent(template, number, (Reason.NOT_A_PARTY, recipient.addr))
    try:
        letter = _letter(template, draft, number, recipient, around, site, at, queue)
    except Permanent as exc:
        return _silent(template, number, (Reason.BAD_ADDRESS, str(exc)))
    alarm = (f"template {template}: the built-in text was sent instead", letter.fallback)
    trace = {
        "sent": letter.kind,
        "template": letter.template or "built-in",
        "to": recipient.addr,
        "reason": Reason.ACKNOWLEDGED,
    }
    return Answer(actions=(letters.send(letter, number),), trace=trace, alarms=(alarm,) if letter.fallback else ())


def _silent(template: str, number: int, why: tuple[Reason, str]) -> Answer:
    reason, detail = why
    note = Note(ticket=number, kind="not_sent", data={"template": template, "detail": detail}, reason=reason)
    return Answer(actions=(note,), trace={"sent": None, "template": template, "reason": reason, "detail": detail})


def _silence(draft: Draft, number: int, around: Surroundings, site: Site, at: datetime) -> tuple[Reason, str] | None:
    """Why nothing automatic leaves, or None. Caps silence us; they never decide where a mail goes."""
    if draft.verdict is not Verdict.ACCEPT:
        return draft.judgement.reason, draft.judgement.detail
    limits = site.cfg.limits
    # Both whom it says it is from and whom the answer would reach: neither may be flooded by way of us.
    reached = {draft.incoming.sender, draft.incoming.answer_to.key if draft.incoming.answer_to else ""} - {""}
    for key in reached:
        person = around.people.get(key)
        if person and person.muted_until and person.muted_until > at:
            return Reason.MUTED, person.muted_until.isoformat()
    counted = [
        (Reason.CAP_ADDRESS, rate, around.auto_by_address.get((key, rate.per), 0))
        for rate in limits.auto_per_address
        for key in reached
    ]
    counted += [
        (Reason.CAP_TICKET, rate, around.auto_by_ticket.get((number, rate.per), 0)) for rate in limits.auto_per_ticket
    ]
    counted += [(Reason.CAP_TOTAL, rate, around.auto_total.get(rate.per, 0)) for rate in limits.auto_total]
    return next(((reason, f"{rate.count} in {rate.per}") for reason, rate, sent in counted if sent >= rate.count), None)


def _letter(
    template: str,
    draft: Draft,
    number: int,
    recipient: Address,
    around: Surroundings,
    site: Site,
    at: datetime,
    queue: str,
) -> letters.Letter:
    incoming, mail = draft.incoming, draft.incoming.mail
    row = around.tickets.get(number)
    person = around.people.get(incoming.sender)
    token = site.keys.issue(ticket=number, role=Role.REQUESTER, recipient=recipient.key, at=at)
    # The same mail makes the same id however often it is decided, so a repeated transaction repeats nothing new.
    unique = hashlib.sha256(f"{incoming.spool.id} {incoming.spool.sha256} {recipient.key}".encode()).hexdigest()[:12]
    desk = letters.desk(site.cfg, queue)
    stamp = letters.Stamp(message_id=f"<{token}.{unique}@{site.cfg.mail.host}>", at=at, token=token)
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
            follows=earlier,
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
    opened = row["created_at"] if row else at
    return letters.Shown(
        number=site.numbers.show(number, opened),
        tag=site.numbers.tagged(number, opened),
        title=row["title"] if row else mail.subject,
        status=site.cfg.status_label(row["status"] if row else "new", language),
    )
