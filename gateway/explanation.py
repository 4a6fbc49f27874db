"""An explanation as a value, and how it is put together out of what is known of a mail.

A dry run and what was stored are told by the same steps, so that they can be compared. Nothing here reads or writes.
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.rules import Decision, Facts, RegexMatcher, RuleSet
from gateway.rules.rule import Rule
from gateway.store.explained import OPENING, JournalLine, Record
from gateway.store.trace import Trail

BUDGET = 10.0  # seconds for all rules: to trace every line takes longer than to decide
DUES = ("first_response_due", "next_response_due", "resolve_due")
_CURRENT = (
    "status", "queue", "priority", "title", "type", "category", "area", "impact", "occurrence", "assignee", "sla",
    "language",
)  # fmt: skip
_BESIDE_RULES = ("priority", "sla", "occurrence")  # steps of what a new ticket is given where no rule says
Step = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One mail's whole way; the names are the keys of the JSON.

    `steps` in order, each with its name under `step`. `rules` are all that were asked, also in vain. `fields`: what the
    mail set, by which line. `differs`: where the rules of then, asked again, say something else than was recorded.
    """

    dry_run: bool
    mail_id: int | None
    spool_id: int | None
    ticket: int | None
    direction: str
    at: datetime
    from_addr: str
    subject: str
    message_id: str
    verdict: str
    state: str
    reason: str
    steps: tuple[Step, ...]
    rules: tuple[Mapping[str, Any], ...]
    fields: Mapping[str, Mapping[str, Any]]
    due: Mapping[str, datetime | None]
    differs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketExplanation:
    """A ticket as it stands, why each field is what it is, the way of every mail of it, and what rules made of it
    afterwards: each the step `rules` of a mail, with what made them act and what they set. `clock`: lines of the
    journal about what came due, who was told of it, and due times that other settings moved.
    """

    ticket: int
    fields: Mapping[str, Mapping[str, Any]]
    due: Mapping[str, Mapping[str, Any] | None]
    mails: tuple[Explanation, ...]
    afterwards: tuple[Step, ...] = ()
    clock: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The rules asked again about recorded facts: what they say now, or why they cannot be asked."""

    decision: Mapping[str, Any] | None = None  # as `Decision.to_json` has it, each rule with what it came too late for
    shown: Mapping[str, Any] | None = None  # which rule set
    asked: int = 0
    problem: str = ""


def outgoing(trail: Trail, cause: int | None, row: Mapping[str, Any] | None) -> Explanation:
    """A mail of ours: what it was written for, and how far it got."""
    steps = (
        {"step": "write", "kind": trail.kind, "because_of_mail": cause},
        {"step": "send", "mails": [letter(trail)]},
    )
    return _told(trail, steps=steps, dry=False, row=row)


def letter(trail: Trail) -> dict[str, Any]:
    """A mail of ours and how far it got, as the step `send` has it."""
    sending = trail.sending
    return {
        "mail_id": trail.mail_id,
        "kind": trail.kind,
        "to": ", ".join(trail.recipients),
        "subject": trail.subject,
        "state": sending.state if sending else "in no outbox row",
        "outbox_id": sending.id if sending else None,
        "reason": sending.reason or None if sending else None,
        "attempts": sending.attempts if sending else 0,
        "last_reply": sending.last_reply or None if sending else None,
        "sent_at": sending.sent_at if sending else None,
        "next_try_at": sending.next_try_at if sending and sending.state == "pending" else None,
    }


# ---- the steps of both ---------------------------------------------------------------------------------------------


def ask(
    rules: RuleSet, facts: Mapping[str, Any], shown: Mapping[str, Any], matcher: RegexMatcher | None = None
) -> Asked:
    """Every rule's answer to recorded facts, those that do not match among them."""
    if "event" not in facts:
        return Asked(shown=shown)
    try:
        read = Facts.from_json(facts)
    except ValueError as error:
        return Asked(shown=shown, problem=f"the facts of then cannot be read any more: {error}")
    decision = rules.evaluate(read, read.event, matcher or RegexMatcher(time.monotonic), explain=True, budget=BUDGET)
    by_name = {rule.name: rule for rule in rules.rules}
    told = as_stored(decision.to_json())
    for rule in told["rules"]:
        rule["overruled"] = list(_overruled(by_name[rule["name"]], decision)) if rule["matched"] else []
    return Asked(decision=told, shown=shown, asked=sum(read.event in rule.on for rule in rules.rules))


def _overruled(rule: Rule, decision: Decision) -> Iterator[dict[str, Any]]:
    """The lines of a rule that matched which came too late: a rule above had set the same."""
    for line in rule.sets:
        first = decision.fields.get(line.name) or decision.actions.get(line.name)
        if first is not None and first.rule != rule.name:
            wanted = list(line.values) if line.action.many else line.values[0]
            yield {
                "name": line.name,
                "value": wanted,
                "line": line.line,
                "first": first.rule,
                "first_at": f"{first.file}:{first.line}",
            }


def explanation(
    trail: Trail,
    record: Record,
    asked: Asked,
    mails: Sequence[Mapping[str, Any]],
    *,
    dry: bool,
    known_as: int | None,
    row: Mapping[str, Any] | None,
) -> Explanation:
    """The way of a mail that came in. `mails`: what was sent for it, or would be; `row`: its ticket as it stands."""
    stored = {str(step.get("step")): step for step in trail.steps}
    recorded = stored.get("rules")
    again = asked.decision
    differs = tuple(_differences(recorded, again)) if recorded and again else ()
    steps: list[Step] = [_received(trail, record, known_as)]
    if trail.verdict:
        steps += [
            {
                "step": "read",
                "from": trail.from_addr or None,
                "subject": trail.subject,
                "message_id": trail.message_id or None,
                "kind": trail.kind,
                "language": record.facts.get("language") or None,
                "trail": list(record.facts.get("trail", ())),
            },
            {"step": "verify", "verified": bool(record.auth), **record.auth},
        ]
        if "authority" in stored:  # an agent's mail, of which no rule is asked and to which nothing is answered
            steps += [stored[name] for name in ("authority", "thread", "script", "course", "would") if name in stored]
            steps += [_acted(trail, record.changes)]
        else:
            steps += [
                *(stored[name] for name in ("identify", "guard", "thread", "bounce") if name in stored),
                _rules_step(recorded, asked, differs),
                *(stored[name] for name in _BESIDE_RULES if name in stored),
                _assign_step(stored, recorded, record),
                _acted(trail, record.changes),
                _answered(stored, trail, recorded),
            ]
        steps.append({"step": "send", "mails": list(mails)})
    return _told(
        trail,
        steps=tuple(steps),
        dry=dry,
        row=row,
        rules=(again or recorded or {}).get("rules", ()),
        fields=_fields(recorded, stored),
        differs=differs,
    )


def _told(
    trail: Trail,
    *,
    steps: tuple[Step, ...],
    dry: bool,
    row: Mapping[str, Any] | None,
    rules: Sequence[Mapping[str, Any]] = (),
    fields: Mapping[str, Mapping[str, Any]] | None = None,
    differs: tuple[str, ...] = (),
) -> Explanation:
    return Explanation(
        dry_run=dry,
        mail_id=trail.mail_id,
        spool_id=trail.spool_id,
        ticket=trail.ticket,
        direction=trail.direction,
        at=trail.at,
        from_addr=trail.from_addr,
        subject=trail.subject,
        message_id=trail.message_id,
        verdict=trail.verdict,
        state=trail.state,
        reason=trail.reason,
        steps=steps,
        rules=tuple(rules),
        fields=fields or {},
        due={name: row[name] if row else None for name in DUES},
        differs=differs,
    )


def _received(trail: Trail, record: Record, known_as: int | None) -> dict[str, Any]:
    envelope = record.facts.get("envelope", {})
    return {
        "step": "receive",
        "source": trail.source or record.facts.get("source") or None,
        "at": trail.at,
        "mail_from": envelope.get("mail_from", trail.mail_from),
        "recipients": list(envelope.get("recipients", trail.recipients)),
        "peer": envelope.get("peer", trail.peer) or None,
        "helo": envelope.get("helo", trail.helo) or None,
        "tls": envelope.get("tls") or None,
        "auth_user": envelope.get("auth_user") or None,
        "size": trail.size,
        "copies": trail.copies,
        "attempts": trail.attempts,
        "repeats": known_as,
    }


def _rules_step(recorded: Step | None, asked: Asked, differs: Sequence[str]) -> dict[str, Any]:
    return {
        "step": "rules",
        "event": recorded.get("event") if recorded else None,
        "rule_set": asked.shown,
        "asked": asked.asked if recorded else 0,
        "matched": [one["name"] for one in recorded.get("rules", ()) if one.get("matched", True)] if recorded else [],
        "skipped": list(recorded.get("skipped", ())) if recorded else [],
        "problem": asked.problem if recorded else "",
        "differs": list(differs),
    }


def _assign_step(stored: Mapping[str, Step], recorded: Step | None, record: Record) -> Step:
    if "assign" in stored:
        return stored["assign"]
    if recorded is None:
        why = "no_ticket_touched"
    elif "assign" not in recorded.get("actions", {}):
        why = "no_rule_asked"
    else:
        why = "has_somebody_already" if record.facts.get("known", {}).get("assignee") else "nobody_asked_for"
    return {"step": "assign", "agent": None, "by": "", "how": [], "reason": why}


def _acted(trail: Trail, changes: Sequence[JournalLine]) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    for one in changes:
        if one.kind == "changed":
            changed |= one.data
    return {
        "step": "act",
        "verdict": trail.verdict,
        "state": trail.state,
        "reason": trail.reason,
        "ticket": trail.ticket,
        "opens": any(one.kind == "opened" for one in changes),
        "changed": changed,
    }


def _answered(stored: Mapping[str, Step], trail: Trail, recorded: Step | None) -> Step:
    """Where no ticket was touched nothing can be answered, for the reason of the verdict."""
    if "answer" in stored:
        return stored["answer"]
    guard = stored.get("guard", {})
    return {
        "step": "answer",
        "sent": None,
        "reason": trail.reason,
        "detail": guard.get("detail") if not recorded else "",
    }


def _fields(recorded: Step | None, stored: Mapping[str, Step]) -> dict[str, dict[str, Any]]:
    """What the mail set or asked for, each with the line that said so; what came of the address has no line."""
    if recorded is None:
        return {}
    found = {name: {**one, "by": f"rule:{one['rule']}"} for name, one in recorded.get("fields", {}).items()}
    for name, one in recorded.get("actions", {}).items():
        found[name] = {**one, "by": f"rule:{one['rule']}"}
    for name, several in recorded.get("added", {}).items():
        first = several[0]
        found[name] = {
            **first,
            "value": [one["value"] for one in several],
            "by": f"rule:{first['rule']}",
            "each": several,
        }
    assigned = stored.get("assign", {})
    if assigned.get("agent"):
        line = found.get("assign") or _no_line(None, "")
        found["assignee"] = {**line, "value": assigned["agent"], "by": f"policy:{assigned['by']}"}
    for name in _BESIDE_RULES:
        if name in stored:
            found[name] = _no_line(stored[name]["value"], _by_no_rule(stored[name]))
    identified = stored.get("identify", {})
    if stored.get("thread", {}).get("ticket") is None and "queue" not in found and "quarantine" not in found:
        found["queue"] = _no_line(identified.get("queue"), f"address:{identified.get('recipient')}")
    return found


def _by_no_rule(step: Step) -> str:
    """Who said so, as the ticket has it in `set_by`."""
    return f"count:{step['by']}" if step["step"] == "occurrence" else str(step["by"])


def _no_line(value: Any, by: str) -> dict[str, Any]:
    return {"value": value, "rule": None, "file": None, "line": None, "by": by}


def reaction(at: datetime, ruled: Mapping[str, Any]) -> Step:
    """What rules made of something that happened to a ticket, out of its line of the journal."""
    return {
        "at": at,
        "event": ruled["event"],
        "rule_set_id": ruled["rule_set"],
        "rules": ruled["rules"],
        "fields": _fields(ruled, {"thread": {"ticket": True}, "assign": ruled["assign"] or {}}),
        "skipped": ruled["skipped"],
        "assign": ruled["assign"],
    }


def current(
    row: Mapping[str, Any],
    mails: Sequence[Explanation],
    changed_by: Mapping[str, str],
    afterwards: Sequence[Step] = (),
) -> dict[str, dict[str, Any]]:
    """Why each field of a ticket is what it is: who set it, and where that is a rule the line."""
    values = {name: row[name] for name in _CURRENT if row[name] not in (None, "")}
    if "occurrence" not in row["set_by"]:  # nobody counted
        del values["occurrence"]
    values |= {"tags": row["tags"]} if row["tags"] else {}
    values |= {f"fields.{name}": value for name, value in row["fields"].items()}
    found = {}
    for name, value in values.items():
        by = row["set_by"].get(name, "")
        told = by or changed_by.get(name.partition(".")[0]) or changed_by.get(OPENING, "")
        found[name] = _no_line(value, told)
        for fields in (*(step["fields"] for step in reversed(afterwards)), *(mail.fields for mail in reversed(mails))):
            one = fields.get(name)
            if one and one["rule"] and (one["by"] == by or (not by and one["value"] == value)):
                found[name] = {**one, "value": value}
                break
    return found


def _differences(recorded: Step, again: Step) -> Iterator[str]:
    """Where what was decided is not what the same rules say of the same facts now."""
    for part in ("fields", "actions", "added"):
        then, now = recorded.get(part, {}), again.get(part, {})
        for name in sorted({*then, *now}):
            before, after = _said(then.get(name)), _said(now.get(name))
            if before != after:
                yield f"{name}: recorded {before}, now {after}"
    matched = [[one["name"] for one in said.get("rules", ()) if one.get("matched", True)] for said in (recorded, again)]
    for name in (name for name in matched[0] if name not in matched[1]):
        yield f'rule "{name}": recorded as matching, now it does not'
    for name in (name for name in matched[1] if name not in matched[0]):
        yield f'rule "{name}": recorded as not matching, now it does'


def _said(one: Any) -> str:
    if one is None:
        return "nothing"
    if isinstance(one, list):
        return "; ".join(map(_said, one))
    value = one["value"]
    shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return f'{shown} (rule "{one["rule"]}")'


def as_stored(value: Any) -> Any:
    """As it comes back from a json column."""
    return json.loads(json.dumps(value))
