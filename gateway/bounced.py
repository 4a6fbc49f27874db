"""What a delivery report on mails of ours makes: the report on their ticket, and what each of them comes to."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gateway import filing
from gateway.compose.relief import relieved
from gateway.config import Config
from gateway.mail import Mail
from gateway.plan import Draft, named_mails
from gateway.site import Site
from gateway.store.surroundings import Surroundings
from gateway.tickets.actions import Action, CameBack, Note, Resend
from gateway.tickets.bounces import Outcome, Reported, read
from gateway.tickets.reason import Reason
from gateway.undelivered import Alarm, Undelivered, alarm, counted, language_of, undelivered

_HEARD = (Outcome.FAILED, Outcome.ANOTHER)  # what whoever works the ticket must know of


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounced:
    """The ticket that the report is filed on (None: the mail was on none), what it changes, what the admin hears."""

    ticket: int | None
    actions: tuple[Action, ...]
    trace: tuple[dict[str, Any], ...] = ()
    alarms: tuple[Alarm, ...] = field(default=())


def bounced(draft: Draft, around: Surroundings, site: Site, at: datetime) -> Bounced:
    """What becomes of the mails that the report names; a forged or repeated one is filed and changes nothing."""
    mail, cfg = draft.incoming.mail, site.cfg
    reports = [read(mail, sent, at) for sent in named_mails(draft.incoming, around, site)]
    number = draft.thread.ticket or draft.thread.follows or _ticket_of(reports, around)
    actions: list[Action] = [filing.article(draft.incoming, number)] if number is not None else []
    for one in reports:
        actions += _each(one, mail, number, around, cfg, at)
    if not reports and number is not None:  # our token, and no such mail in the outbox
        actions.append(Note(ticket=number, kind="bounced", data=_said(mail), reason=draft.judgement.reason))
    alarms = (
        alarm(_undelivered(one, number), around.reach.get(one.sent.recipient.lower()), cfg, at)
        for one in reports
        if one.outcome is Outcome.FAILED
    )
    return Bounced(
        ticket=number,
        actions=tuple(actions),
        trace=tuple(_told(one) for one in reports),
        alarms=tuple(found for found in alarms if found),
    )


def _ticket_of(reports: list[Reported], around: Surroundings) -> int | None:
    """The ticket of the first of the mails, or what that is part of now."""
    number = next((one.sent.ticket for one in reports if one.sent.ticket is not None), None)
    while number is not None and (row := around.tickets.get(number)) and row["merged_into"] is not None:
        number = row["merged_into"]
    return number


def _each(
    one: Reported, mail: Mail, number: int | None, around: Surroundings, cfg: Config, at: datetime
) -> Iterator[Action]:
    failed = _undelivered(one, number)
    kind = {Outcome.DELAYED: "delayed", Outcome.DELIVERED: "delivered"}.get(one.outcome, "bounced")
    yield Note(ticket=number, kind=kind, data={**_said(mail), **_told(one)}, reason=Reason.BOUNCE_OF_OURS)
    if one.outcome is Outcome.FAILED:
        data = around.letters_sent.get(one.sent.mail_id) if failed.may_be_lighter else None
        lighter = relieved(data, language_of(failed.key, cfg)) if data else None
        if lighter is not None:
            yield Resend(outbox=one.sent.outbox, data=lighter[0], reply=one.reply, files=lighter[1], ticket=number)
            return
        yield CameBack(outbox=one.sent.outbox, reply=one.reply or one.status)
        yield from counted(failed, cfg)
    if one.outcome in _HEARD:
        yield from undelivered(failed, cfg, at)


def _undelivered(one: Reported, number: int | None) -> Undelivered:
    sent = one.sent
    return Undelivered(
        outbox=sent.outbox,
        mail_id=sent.mail_id,
        ticket=number,
        kind=sent.kind,
        recipient=sent.recipient,
        automatic=sent.automatic,
        status=one.status,
        reply=one.reply,
        hard=one.hard,
        named=one.recipient,
    )


def _told(one: Reported) -> dict[str, Any]:
    return {
        "outcome": one.outcome,
        "outbox": one.sent.outbox,
        "mail": one.sent.mail_id,
        "recipient": one.sent.recipient,
        "named": one.recipient,
        "status": one.status,
        "reply": one.reply,
        "hard": one.hard,
    }


def _said(mail: Mail) -> dict[str, Any]:
    return {"failed": list(mail.failed_recipients), "delayed": list(mail.delayed_recipients)}
