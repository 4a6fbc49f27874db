"""The branches of an explanation that are about rules: which were asked, the value of each condition, who set what."""

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.cli.output import Branch
from gateway.cli.page import instant
from gateway.explanation import Explanation, Step
from gateway.shown import plain

_LISTED = 5  # values of a condition
_HELD = {True: "yes", False: "no ", None: "?  "}
_SKIPPED = {
    "timed_out": "its pattern took too long",
    "switched_off": "its pattern took too long too often and is switched off",
    "out_of_time": "the rules together took too long",
    "no_capture": "nothing was captured",
    "not_in_table": "what was captured is not in the table",
    "not_allowed": "what was captured is no value for it",
    "person_set": "a person set it, and the rule has no force = true",
    "no_such_move": "the site lets no ticket go there",
    "released": "a person released the mail",
    "by_agents_only": "on an existing ticket only an agent changes it",
}


def rules(step: Step, one: Explanation) -> Iterator[Branch]:
    """The step `rules` of a mail, and the fields that they set."""
    if step["event"] is None:
        yield Branch("rules: not asked, no ticket is touched")
        return
    below = [Branch(f"only those that matched are shown: {step['problem']}")] if step["problem"] else []
    below += [Branch(f"DIFFERS: {line}") for line in step["differs"]]
    below += [_rule(rule) for rule in one.rules]
    left = step["asked"] - len(one.rules)
    if left > 0:
        below.append(Branch(f"{left} more below were not reached"))
    below += [Branch(_skipped(skipped)) for skipped in step["skipped"]]
    asked = f"{step['asked']} on {step['event']}, " if step["asked"] else f"on {step['event']}, "
    yield Branch(f"rules: {asked}{len(step['matched'])} matched{_which(step['rule_set'])}", below)
    yield from ([Branch("fields", fields_of(one.fields))] if one.fields else [])


def _which(shown: Mapping[str, Any] | None) -> str:
    if shown is None:
        return ""
    short = f" ({shown['sha256'][:12]})" if shown["sha256"] else ""
    if shown["id"] is None:
        return f", by the files as they stand{short}, which are not in force yet"
    since = f", in force since {instant(shown['activated_at'])}" if shown["activated_at"] else ""
    return f", rule set {shown['id']}{short}{since}"


def _rule(rule: Mapping[str, Any]) -> Branch:
    matched = "matched" if rule["matched"] else "did not match"
    below = [Branch(_condition(one)) for one in rule["conditions"]]
    for one in rule.get("overruled", ()):
        first = f'rule "{one["first"]}" ({one["first_at"]}) had set it'
        below.append(Branch(f"too late: {one['name']} = {plain(one['value'])} (line {one['line']}), {first}"))
    return Branch(f'{matched}: "{rule["name"]}" ({rule["file"]}:{rule["line"]})', below)


def _condition(one: Mapping[str, Any]) -> str:
    held = _HELD[one["held"]]
    by = f', by "{one["found"]}"' if one["found"] else ""
    return f"{held} {one['what']} = {_wanted(one['wanted'])}; it is {_value(one['value'])}{by} (line {one['line']})"


def _wanted(wanted: Any) -> str:
    if isinstance(wanted, list) and len(wanted) > _LISTED:
        return f"{plain(wanted[:_LISTED])} and {len(wanted) - _LISTED} more"
    return plain(wanted)


def _value(value: Any) -> str:
    if value is None:
        return "unknown"
    if value in ("", []):
        return "empty"
    return f'"{value}"' if isinstance(value, str) else plain(value)


def _skipped(one: Mapping[str, Any]) -> str:
    why = _SKIPPED.get(one["reason"], one["reason"])
    detail = f" ({one['detail']})" if one["detail"] else ""
    return f'skipped: {one["what"]} of "{one["rule"]}" ({one["file"]}:{one["line"]}): {why}{detail}'


def fields_of(fields: Mapping[str, Mapping[str, Any]]) -> list[Branch]:
    """Each field with its value and whoever set it."""
    found = []
    for name, one in fields.items():
        for value, line in [(each["value"], each) for each in one["each"]] if "each" in one else [(one["value"], one)]:
            found.append(Branch(f"{name} = {plain(value)} <- {_who(line, str(one.get('by', '')))}"))
    return found


def _who(one: Mapping[str, Any], by: str) -> str:
    kind, _, who = by.partition(":")
    rule = f'rule "{one["rule"]}" ({one["file"]}:{one["line"]})' if one["rule"] else ""
    if kind == "policy":
        return f"{who}{f', {rule}' if rule else ''}"
    if rule:
        return rule
    known = {
        "address": f"the address {who}",
        "person": f"{who} set it",
        "rule": f'rule "{who}"',
        "table": "the table of priorities",
        "count": f"counted by {who}",
        "": "unknown",
    }
    return known.get(kind, by.replace(":", " "))


def afterwards(step: Step) -> Branch:
    """What rules made of something that happened to a ticket."""
    below = [_rule(rule) for rule in step["rules"]]
    below += [Branch(_skipped(skipped)) for skipped in step["skipped"]]
    below += [Branch("fields", fields_of(step["fields"]))] if step["fields"] else []
    below += [Branch(f"assignment: {line}") for line in (step["assign"] or {}).get("how", ())]
    which = f", rule set {step['rule_set_id']}" if step["rule_set_id"] is not None else ""
    head = f"rules on {step['event']}, {instant(step['at'])}: {len(step['rules'])} matched{which}"
    return Branch(head, below)
