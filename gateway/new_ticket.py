"""What a mail that belongs to no ticket makes: a new one, with its people and what it follows or mentions."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from gateway import filing, old_tags, ruled
from gateway.assigning import said_by, values_of
from gateway.config import Config
from gateway.plan import Draft
from gateway.reckoning import Given
from gateway.store.surroundings import Surroundings
from gateway.tickets import people, probe
from gateway.tickets.actions import Action, KeepKey, Link, OpenTicket, Participate
from gateway.tickets.assignment import Choice
from gateway.tickets.sources import Signal
from gateway.tickets.status import Happening, Status


def opening(
    draft: Draft,
    number: int,
    choice: Choice | None,
    beside: Given,
    around: Surroundings,
    cfg: Config,
    at: datetime,
) -> Iterator[Action]:
    """Ticket `number` as the mail opens it."""
    mail = draft.incoming.mail
    requester = draft.named_requester or mail.from_
    values, set_by = _values(draft, choice, beside, cfg)
    like = cfg.status_table.like(values["status"])
    yield OpenTicket(
        number=number,
        description=filing.shown_text(mail),
        requester=requester,
        set_by=set_by,
        resolved_at=at if like is Status.RESOLVED else None,
        closed_at=at if like is Status.CLOSED else None,
        **values,
    )
    yield filing.article(draft.incoming, number)
    is_somebody = mail.from_ and not draft.incoming.is_refuted and not cfg.is_ours(mail.from_.key)
    if mail.from_ and is_somebody and mail.from_ != requester:
        yield Participate(ticket=number, address=mail.from_, role="other")  # whose next mail shall find the ticket
    yield from people.opening(number, filing.others(mail, cfg), refuted=draft.incoming.is_refuted)
    if not draft.incoming.is_probe:
        yield from ruled.watchers(draft.decision, number, cfg)
        yield from ruled.called(draft.decision, number)
    yield filing.remember(mail, number, around, cfg)
    if key := draft.incoming.probe_key:
        yield KeepKey(source=key[0], key=key[1], ticket=number, before=None)
    if key := draft.incoming.thread_key:
        yield KeepKey(source=key[0], key=key[1], ticket=number, before=around.keyed.get(key))
    if draft.incoming.is_archived and number in draft.incoming.kept_numbers:
        source, old = old_tags.key_of("mail", number)
        yield KeepKey(source=source, key=old, ticket=number, before=around.keyed.get((source, old)))
    if draft.thread.follows is not None:
        yield Link(ticket=number, other=draft.thread.follows, kind="follows", reason=draft.thread.reason)
    for other in draft.thread.mentions:
        if other != draft.thread.follows:
            yield Link(ticket=number, other=other, kind="mentions", reason=draft.thread.reason)


def _values(
    draft: Draft, choice: Choice | None, beside: Given, cfg: Config
) -> tuple[dict[str, Any], Mapping[str, str]]:
    """The fields of the ticket, and who set each: what rules say stands above all else."""
    incoming, decision = draft.incoming, draft.decision
    named = replace(incoming.mail, subject=incoming.bare_subject) if incoming.bare_subject else incoming.mail
    values: dict[str, Any] = {
        "status": str(Status.NEW),
        "language": incoming.mail.language,
        "title": filing.title_of(named, cfg.mail.subject_tag),
        "queue": incoming.queue,
        "tags": decision.tags if decision else (),
    }
    set_by = {"queue": f"address:{incoming.recipient}"}
    if choice and choice.agent:
        values |= values_of(choice, values["status"], cfg.status_table)
        set_by["assignee"] = said_by(choice)
    if beside.priority is not None:
        values["priority"], set_by["priority"] = beside.priority.priority, "table"
    if beside.sla:
        values["sla"], set_by["sla"] = beside.sla, f"organisation:{beside.organisation}"
    if beside.occurrence is not None:
        values["occurrence"], set_by["occurrence"] = beside.occurrence.value, f"count:{beside.occurrence.by}"
    if incoming.thread_key and incoming.signal is not Signal.PROBLEM:  # a recovery of what nobody here heard of, say
        values["status"] = cfg.status_table.next(values["status"], Happening.RESOLVED)
    if incoming.declared and incoming.declared.author:
        set_by["requester"] = f"source:{incoming.declared.source}"
    by_rules, rules = ruled.fields_of(decision)
    if incoming.is_probe:  # it is done with before anybody looks: no clock runs, no rule decides otherwise
        values["tags"] = (*values["tags"], probe.TAG)
        by_rules["status"], rules["status"] = str(Status.CLOSED), "probe"
    if draft.named_requester and decision:
        set_by["requester"] = f"rule:{decision.fields['requester'].rule}"
    return values | by_rules, set_by | rules
