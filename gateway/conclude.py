"""From what was decided on a mail to the list of changes it makes: steps 10 and 11, still as values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.answer import Answer, answer
from gateway.classify import (
    after_choice,
    agent_for,
    organisation_of,
    organisations_sla,
    queue_of,
    reckoned_priority,
    seen_lately,
)
from gateway.config import Config
from gateway.mail import Address, Mail
from gateway.mail.attached.invitation import in_words
from gateway.plan import Draft, Incoming
from gateway.rules import Decision
from gateway.site import Site
from gateway.store.surroundings import Surroundings
from gateway.tickets.actions import (
    Action,
    AddArticle,
    Change,
    Link,
    Note,
    OpenTicket,
    Participate,
    Remember,
)
from gateway.tickets.assignment import Choice
from gateway.tickets.priority import Reckoned
from gateway.tickets.reason import Reason, Verdict
from gateway.tickets.status import Happening, Status
from gateway.tickets.subject import base_subject
from gateway.tickets.thanks import is_thanks_alone

STATE_OF = {
    Verdict.ACCEPT: "done",
    Verdict.QUIET: "done",
    Verdict.BOUNCE: "done",
    Verdict.IGNORE: "ignored",
    Verdict.HOLD: "held",
    Verdict.QUARANTINE: "quarantined",
}
MAX_NAMED = 30  # Message-IDs a mail is remembered to name
MAX_NAMINGS = 20  # mails that one Message-ID is remembered to be named by
MAX_WATCHERS = 50  # people copied on the opening mail; more is an announcement, not a conversation
_CHOSEN = ("queue", "priority", "type", "category", "area", "impact", "sla", "title", "language")


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

    @property
    def incoming(self) -> Incoming:
        return self.draft.incoming


def conclude(draft: Draft, number: int | None, around: Surroundings, site: Site, at: datetime) -> Plan:
    """The plan for a draft; `number` is the new ticket's, where the draft opens one."""
    if draft.verdict in (Verdict.IGNORE, Verdict.HOLD, Verdict.QUARANTINE):
        ticket = draft.thread.ticket if draft.verdict is Verdict.IGNORE else None
        return _plan(draft, ticket, (), None, None)
    if draft.verdict is Verdict.BOUNCE:
        bounced = draft.thread.ticket or draft.thread.follows
        return _plan(draft, bounced, tuple(_bounce(draft, bounced)) if bounced else (), None, None)
    if draft.thread.ticket is None:
        if number is None:
            raise ValueError("a new ticket needs a number")
        choice = agent_for(draft, queue_of(draft), None, around, site.cfg, at)
        written = answer(draft, number, around, site, at, queue=queue_of(draft))
        reckoned = reckoned_priority(draft, around, site.cfg)
        opening = _opening(draft, number, choice, reckoned, around, site.cfg, at)
        actions = [*opening, *after_choice(choice, number, draft, site.cfg), *written.actions]
        return _plan(draft, number, tuple(actions), choice, written, reckoned)
    row = around.tickets[draft.thread.ticket]
    choice = agent_for(draft, queue_of(draft, row), row, around, site.cfg, at)
    written = answer(draft, row["number"], around, site, at, queue=queue_of(draft, row))
    follow_up = _follow_up(draft, row, choice, around, site.cfg, at)
    actions = [*follow_up, *after_choice(choice, row["number"], draft, site.cfg), *written.actions]
    return _plan(draft, row["number"], tuple(actions), choice, written)


# ---- a new ticket --------------------------------------------------------------------------------------------------


def _opening(
    draft: Draft,
    number: int,
    choice: Choice | None,
    reckoned: Reckoned | None,
    around: Surroundings,
    cfg: Config,
    at: datetime,
) -> Iterator[Action]:
    incoming, mail = draft.incoming, draft.incoming.mail
    values, set_by = _chosen(draft.decision)
    assignee = choice.agent if choice else None
    statuses = cfg.status_table
    status = statuses.next(Status.NEW, Happening.ASSIGNED) if assignee else str(Status.NEW)
    status = values.pop("status", status)
    if reckoned is not None:
        values["priority"], set_by["priority"] = reckoned.priority, "table"
    if sla := organisations_sla(draft, cfg):
        values.setdefault("sla", sla)
        set_by.setdefault("sla", f"organisation:{organisation_of(draft, cfg)}")
    if assignee and choice:
        set_by["assignee"] = f"policy:{choice.by}"
    values.setdefault("language", mail.language)
    values.setdefault("title", title_of(mail, cfg.mail.subject_tag))
    values.setdefault("queue", incoming.queue)
    set_by.setdefault("queue", f"address:{incoming.recipient}")
    yield OpenTicket(
        number=number,
        status=status,
        description=shown_text(mail),
        requester=mail.from_,
        assignee=assignee,
        tags=tuple(draft.decision.tags) if draft.decision else (),
        fields=_site_fields(draft.decision),
        set_by=set_by,
        occurrence=1 + (seen_lately(draft, around, cfg) or 0),
        resolved_at=at if statuses.like(status) is Status.RESOLVED else None,
        closed_at=at if statuses.like(status) is Status.CLOSED else None,
        **values,
    )
    yield _article(draft, number)
    for address in _others(mail, cfg)[:MAX_WATCHERS]:
        yield Participate(ticket=number, address=address, role="watcher")
    for watcher in draft.decision.watchers if draft.decision else ():
        yield Participate(ticket=number, address=Address(addr=watcher), role="watcher")
    yield _remember(mail, number, around, cfg)
    if draft.thread.follows is not None:
        yield Link(ticket=number, other=draft.thread.follows, kind="follows", reason=draft.thread.reason)
    for other in draft.thread.mentions:
        if other != draft.thread.follows:
            yield Link(ticket=number, other=other, kind="mentions", reason=draft.thread.reason)


# ---- a follow-up ---------------------------------------------------------------------------------------------------


def _follow_up(
    draft: Draft, row: Mapping[str, Any], choice: Choice | None, around: Surroundings, cfg: Config, at: datetime
) -> Iterator[Action]:
    mail, number = draft.incoming.mail, row["number"]
    yield _article(draft, number)
    values, set_by = _chosen(draft.decision)
    values = {key: value for key, value in values.items() if value != row[key]}
    if draft.decision and draft.decision.tags:
        tags = [*row["tags"], *(tag for tag in draft.decision.tags if tag not in row["tags"])]
        if tags != row["tags"]:
            values["tags"] = tags
    fields = {**row["fields"], **_site_fields(draft.decision)}
    if fields != row["fields"]:
        values["fields"] = fields
    if choice and choice.agent and choice.agent != row["assignee"]:
        values["assignee"] = choice.agent
        set_by["assignee"] = f"policy:{choice.by}"
    status = values.get("status") or _status_after(draft, row, cfg)
    if status != row["status"]:
        values["status"] = status
        values |= _ending(row, cfg.status_table.like(status), at)
    if not mail.is_automatic:
        arrived = draft.incoming.spool.received_at if draft.incoming.spool.quiet else at
        values["last_customer_at"] = max(arrived, row["last_customer_at"] or arrived)
    yield Change(
        ticket=number, seen_version=row["version"], values=values, before=row, reason=draft.thread.reason, set_by=set_by
    )
    members = around.participants.get(number, frozenset())
    if mail.from_ and draft.incoming.sender not in members and not mail.is_automatic:
        yield Participate(ticket=number, address=mail.from_, role="other")
    for watcher in draft.decision.watchers if draft.decision else ():
        yield Participate(ticket=number, address=Address(addr=watcher), role="watcher")
    for address in _others(mail, cfg)[:MAX_WATCHERS]:
        if address.key not in members:
            yield Participate(ticket=number, address=address, role="proposed")
    yield _remember(mail, number, around, cfg)
    for other in draft.thread.mentions:
        yield Link(ticket=number, other=other, kind="mentions", reason=draft.thread.reason)


def _status_after(draft: Draft, row: Mapping[str, Any], cfg: Config) -> str:
    """A machine's mail and a mere "thank you" change nothing."""
    status: str = row["status"]
    mail = draft.incoming.mail
    if mail.is_automatic or draft.incoming.spool.quiet:
        return status
    if cfg.status_table.is_ended(status) and is_thanks_alone(mail):
        return status
    return cfg.status_table.next(status, Happening.REOPENED if draft.thread.reopens else Happening.CUSTOMER_WROTE)


def _ending(row: Mapping[str, Any], like: Status, at: datetime) -> dict[str, Any]:
    """When a ticket that comes to a status like this was resolved and closed: forgotten where it is opened again."""
    if like is Status.CLOSED:
        return {"closed_at": row["closed_at"] or at}
    if like is Status.RESOLVED:
        return {"closed_at": None, "resolved_at": row["resolved_at"] or at}
    return {name: None for name in ("closed_at", "resolved_at") if row[name] is not None}


def _bounce(draft: Draft, number: int) -> Iterator[Action]:
    mail = draft.incoming.mail
    yield _article(draft, number)
    told = {"status": list(mail.dsn_status), "reply": [one.reply for one in mail.reported if one.reply]}
    data = {"failed": list(mail.failed_recipients), "delayed": list(mail.delayed_recipients), **told}
    yield Note(ticket=number, kind="bounced", data=data, reason=draft.judgement.reason)


# ---- pieces of both ------------------------------------------------------------------------------------------------


def title_of(mail: Mail, tag: str) -> str:
    """The subject without its ornaments, else the first line of the text."""
    lines = (line.strip() for line in mail.text.splitlines())
    return base_subject(mail.subject, tag) or next((line[:80] for line in lines if line), "(no subject)")


def shown_text(mail: Mail) -> str:
    """What the ticket shows of a mail: never nothing, and of an encrypted one why it cannot be read.

    Of a forward all of it, for what was forwarded is the matter; of an invitation what, when, where and who as well.
    """
    names = ", ".join(one.name for one in mail.attachments)
    words = mail.text if mail.is_forward or not mail.reply.strip() else mail.reply
    parts = [words] if words.strip() else []
    if mail.sealed.endswith("encrypted"):
        way = {"pgp": "PGP", "smime": "S/MIME"}.get(mail.sealed.partition(" ")[0], "Microsoft's rights management")
        parts.insert(0, f"(encrypted with {way}: the gateway cannot read it{f'; attached: {names}' if names else ''})")
    if mail.invitation and (told := in_words(mail.invitation)) not in words:
        parts.append(told)
    return "\n\n".join(parts) or (f"(no text; attached: {names})" if names else "(no text)")


def _article(draft: Draft, number: int) -> AddArticle:
    mail = draft.incoming.mail
    return AddArticle(
        ticket=number,
        direction="in",
        author=mail.from_.addr if mail.from_ else "unknown",
        subject=mail.subject,
        text=shown_text(mail),
        elided="" if mail.is_forward else mail.elided,
        language=mail.language,
        is_auto=mail.is_automatic,
        attachments=mail.attachments,
    )


def _others(mail: Mail, cfg: Config) -> list[Address]:
    """Whom else the mail was written to: not us, not our agents, not its author."""
    author = mail.from_.key if mail.from_ else ""
    found = {address.key: address for address in (*mail.to, *mail.cc) if address.key != author}
    return [one for key, one in found.items() if not cfg.is_ours(key) and cfg.agent_for(key) is None]


def _remember(mail: Mail, number: int, around: Surroundings, cfg: Config) -> Remember:
    """What later mails may find this one by. What very many mails name is no evidence, so no more of it is kept."""
    author = mail.from_.key if mail.from_ else ""
    parties = tuple(address.key for address in (*mail.to, *mail.cc) if not cfg.is_ours(address.key))
    named = dict.fromkeys((*mail.in_reply_to, *reversed(mail.references)))
    rare = tuple(one for one in named if len(around.refs.get(one, ())) < MAX_NAMINGS)
    return Remember(
        ticket=number, own=mail.message_id, named=rare[:MAX_NAMED], author=author, parties=parties[:MAX_WATCHERS]
    )


def _chosen(decision: Decision | None) -> tuple[dict[str, Any], dict[str, str]]:
    """Fields that rules set, and by which rule; `status` among them only where a rule set it."""
    if decision is None:
        return {}, {}
    values = {key: decision.fields[key].value for key in (*_CHOSEN, "status") if key in decision.fields}
    return values, {key: f"rule:{decision.fields[key].rule}" for key in values}


def _site_fields(decision: Decision | None) -> dict[str, str]:
    if decision is None:
        return {}
    return {key[7:]: str(one.value) for key, one in decision.fields.items() if key.startswith("fields.")}


def _plan(
    draft: Draft,
    ticket: int | None,
    actions: tuple[Action, ...],
    choice: Choice | None,
    written: Answer | None,
    reckoned: Reckoned | None = None,
) -> Plan:
    quarantine = draft.decision.quarantine if draft.decision else None
    reason = f"{Reason.BY_RULE}: {quarantine}" if quarantine else str(draft.judgement.reason)
    return Plan(
        draft=draft,
        state=STATE_OF[draft.verdict],
        verdict=draft.verdict,
        reason=reason,
        ticket=ticket,
        choice=choice,
        actions=actions,
        facts=draft.facts.to_json() if draft.facts else {},
        trace=tuple(_trace(draft, choice, written, reckoned)),
        alarms=written.alarms if written else (),
    )


def _trace(
    draft: Draft, choice: Choice | None, written: Answer | None, reckoned: Reckoned | None
) -> Iterator[Mapping[str, Any]]:
    """Every decision in order, for `gateway trace` and `explain`."""
    incoming, thread = draft.incoming, draft.thread
    yield {
        "step": "identify",
        "recipient": incoming.recipient,
        "named_in": _named_in(incoming),
        "queue": incoming.queue,
        "sender": incoming.sender,
    }
    judgement = draft.judgement
    yield {"step": "guard", "verdict": judgement.verdict, "reason": judgement.reason, "detail": judgement.detail}
    yield {
        "step": "thread",
        "ticket": thread.ticket,
        "reason": thread.reason,
        "follows": thread.follows,
        "reopens": thread.reopens,
        "mentions": list(thread.mentions),
        "tried": [
            {"evidence": one.evidence, "ticket": one.ticket, "what": one.what, "outcome": one.outcome or "joined"}
            for one in thread.tried
        ],
    }
    if draft.decision is not None:
        yield {"step": "rules", **draft.decision.to_json()}
    if reckoned is not None:
        yield {"step": "priority", "value": reckoned.priority, "by": "table", "why": reckoned.why}
    if choice is not None:
        yield {
            "step": "assign",
            "agent": choice.agent,
            "by": choice.by,
            "needed": list(draft.decision.skills) if draft.decision else [],
            "candidates": [
                {
                    "agent": one.key,
                    "open": one.open_tickets,
                    "most": one.max_open,
                    "skills": sorted(one.skills),
                    "away": one.away,
                    "off_duty": one.off_duty,
                }
                for one in choice.weighed
            ],
            "how": list(choice.steps),
        }
    if written is not None:
        yield {"step": "answer", **written.trace}


def _named_in(incoming: Incoming) -> str:
    """Where our address stood by which the mail got its first queue."""
    for name in ("to", "cc"):
        if any(address.key == incoming.recipient for address in getattr(incoming.mail, name)):
            return name
    return "envelope"
