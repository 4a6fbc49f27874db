"""What a mail that belongs to a known ticket makes of it: one more article, and what the mail and rules change."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from gateway import filing, ruled
from gateway.assigning import said_by, values_of
from gateway.config import Config
from gateway.incoming import Incoming
from gateway.plan import Draft
from gateway.store.surroundings import Surroundings
from gateway.tickets import people, probe
from gateway.tickets.actions import Action, Change, KeepKey, Link
from gateway.tickets.assignment import Choice
from gateway.tickets.sources import Signal
from gateway.tickets.status import Happening, Status
from gateway.tickets.thanks import is_thanks_alone
from gateway.tickets.token import Role


def follow_up(
    draft: Draft, row: Mapping[str, Any], choice: Choice | None, around: Surroundings, cfg: Config, at: datetime
) -> Iterator[Action]:
    """The ticket of this row as the mail leaves it."""
    mail, number = draft.incoming.mail, row["number"]
    members = around.participants.get(number, frozenset())
    newcomers = [one for one in filing.others(mail, cfg) if one.key not in members]
    calls = not (cfg.status_table.is_ended(row["status"]) and is_thanks_alone(mail))  # a mere "thank you" needs nobody
    calls = calls and not _is_probes(draft.incoming, row)
    yield filing.article(draft.incoming, number, "note" if _is_asked(draft.incoming, number) else "in", tells=calls)
    values, set_by = _values(draft, row, choice, cfg, at)
    yield Change(
        ticket=number,
        seen_version=row["version"],
        values={name: value for name, value in values.items() if value != row[name]},
        before=row,
        reason=draft.thread.reason,
        set_by=set_by,
    )
    yield from people.following(
        number,
        None if mail.is_automatic else mail.from_,
        newcomers[: max(0, filing.MAX_WATCHERS - len(members))],
        members,
        refuted=draft.incoming.is_refuted,
        by_requester=_is_requesters(draft.incoming, row, around),
    )
    if not _is_probes(draft.incoming, row):
        yield from ruled.watchers(draft.decision, number, cfg)
        yield from ruled.called(draft.decision, number)
    yield filing.remember(mail, number, around, cfg)
    if key := draft.incoming.probe_key:
        yield KeepKey(source=key[0], key=key[1], ticket=number, before=None)
    for other in draft.thread.mentions:
        yield Link(ticket=number, other=other, kind="mentions", reason=draft.thread.reason)


def _is_asked(incoming: Incoming, number: int) -> bool:
    """Whether it answers what an agent asked a third party: that is for agents alone, and no word of the customer's."""
    return any(claim.role is Role.THIRD and claim.ticket == number for claim, _ in incoming.clues.claims)


def _is_probes(incoming: Incoming, row: Mapping[str, Any]) -> bool:
    """Whether it is a probe's own answer, of which nobody hears."""
    return incoming.is_probe and probe.TAG in row["tags"]


def _is_requesters(incoming: Incoming, row: Mapping[str, Any], around: Surroundings) -> bool:
    """Whether it is proved to be from whom the ticket is for; a form or list proves nothing of whom it names."""
    person = around.people.get(incoming.sender)
    is_theirs = person is not None and person.id == row["requester_id"]
    return is_theirs and incoming.is_proved and not incoming.mail.is_automatic


def _values(
    draft: Draft, row: Mapping[str, Any], choice: Choice | None, cfg: Config, at: datetime
) -> tuple[dict[str, Any], dict[str, str]]:
    """The fields of the ticket that the mail has a say in, and who set which: the rules stand above all else."""
    values: dict[str, Any] = {"status": _status_after(draft, row, cfg)}
    by_rules, set_by = ruled.fields_on(row, draft.decision)
    if choice and choice.agent:
        values |= values_of(choice, values["status"], cfg.status_table)
        set_by["assignee"] = said_by(choice)
    values |= by_rules
    if _is_probes(draft.incoming, row):
        values["status"] = row["status"]
    elif not draft.incoming.mail.is_automatic:  # a person wrote on a probe's ticket: from here on it is like any other
        values["tags"] = [tag for tag in values["tags"] if tag != probe.TAG]
    if values["status"] != row["status"]:
        values |= _ending(row, cfg.status_table.like(values["status"]), at)
    if not draft.incoming.mail.is_automatic and not _is_asked(draft.incoming, int(row["number"])):
        arrived, before = draft.incoming.spool.received_at, row["last_customer_at"]
        values["last_customer_at"] = max(arrived, before or arrived) if draft.incoming.spool.quiet else at
    return values, set_by


def _status_after(draft: Draft, row: Mapping[str, Any], cfg: Config) -> str:
    """A machine's mail and a mere "thank you" change nothing."""
    status: str = row["status"]
    mail = draft.incoming.mail
    if draft.incoming.signal is not None:
        return _signalled(draft.incoming.signal, draft, status, cfg)
    if mail.is_automatic or draft.incoming.spool.quiet or "spam" in row["tags"]:
        return status
    if _is_asked(draft.incoming, int(row["number"])):
        return status
    if cfg.status_table.is_ended(status) and is_thanks_alone(mail):
        return status
    return cfg.status_table.next(status, Happening.REOPENED if draft.thread.reopens else Happening.CUSTOMER_WROTE)


def _signalled(signal: Signal, draft: Draft, status: str, cfg: Config) -> str:
    """A monitor's word on the matter opens its ticket again, or ends it."""
    if signal is Signal.RECOVERY:
        is_ended = cfg.status_table.is_ended(status)
        return status if is_ended else cfg.status_table.next(status, Happening.RESOLVED)
    return cfg.status_table.next(status, Happening.REOPENED if draft.thread.reopens else Happening.CUSTOMER_WROTE)


def _ending(row: Mapping[str, Any], like: Status, at: datetime) -> dict[str, Any]:
    """When a ticket that comes to a status like this was resolved and closed: forgotten where it is opened again."""
    if like is Status.CLOSED:
        return {"closed_at": row["closed_at"] or at}
    if like is Status.RESOLVED:
        return {"closed_at": None, "resolved_at": row["resolved_at"] or at}
    return {name: None for name in ("closed_at", "resolved_at") if row[name] is not None}
