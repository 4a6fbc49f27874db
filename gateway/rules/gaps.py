"""What a set leaves open: fields that no rule sets for a queue, rules that no mail has met."""

from collections.abc import Collection, Iterator, Sequence

from gateway.rules.evaluate import RuleSet
from gateway.rules.language import TRIGGER_GROUPS
from gateway.rules.problems import Problem
from gateway.rules.rule import Condition, Group, Mode, Rule

# Whoever sorts tickets by one of these for some queues means it for all.
_SORTED_BY = ("priority", "type", "category", "area", "impact")
_NEEDED = {"assign": ": its tickets stay with nobody", "reply": ": its customers get no number"}
_BY_MAIL = frozenset(TRIGGER_GROUPS["mail"])


def unset_fields(rules: RuleSet) -> Iterator[Problem]:
    """A warning for each field that no rule sets on the new tickets of some queues."""
    fresh = [rule for rule in rules.rules if "created" in rule.on]
    asked = {queue: {rule.name for rule in _asked(fresh, queue)} for queue in sorted(rules.names.queues)}
    for name in (*_NEEDED, *_SORTED_BY) if fresh else ():
        setting = [rule for rule in fresh if any(line.name == name for line in rule.sets)]
        empty = [queue for queue, names in asked.items() if names.isdisjoint(rule.name for rule in setting)]
        if empty and (setting or name in _NEEDED):
            yield _unset(name, empty, setting[-1] if setting else fresh[-1])


def never_matched(rules: RuleSet, matched: Collection[str], when: str) -> Iterator[Problem]:
    """A warning for each rule that is not among those that matched; `when`: "the last 90 days"."""
    for rule in rules.rules:
        if rule.name not in matched:
            what = "matched nothing in" if _BY_MAIL.isdisjoint(rule.on) else "matched no mail of"
            yield Problem(file=rule.file, line=rule.line, rule=rule.name, message=f"{what} {when}")


def _unset(name: str, queues: Sequence[str], near: Rule) -> Problem:
    line = next((one.line for one in near.sets if one.name == name), near.line)
    shown = ", ".join(f'"{queue}"' for queue in queues)
    message = (
        f"set.{name}: no rule sets it for the queue{'s' if len(queues) > 1 else ''} {shown}{_NEEDED.get(name, '')}"
    )
    return Problem(file=near.file, line=line, rule=near.name, message=message)


def _asked(rules: Sequence[Rule], queue: str) -> Iterator[Rule]:
    """The rules that may match a ticket of this queue, up to the one that ends all for it."""
    for rule in rules:
        answers = [_answer(group, queue) for group in rule.groups]
        if False not in answers:
            yield rule
            if rule.ends_all and None not in answers:
                return


def _answer(part: Condition | Group, queue: str) -> bool | None:
    """Whether a line or group holds for the queue; None where that hangs on something else."""
    if isinstance(part, Condition):
        return queue in part.wanted if part.name == "queue" and part.op in ("is", "in") else None
    answers = [_answer(one, queue) for one in part.parts]
    if part.mode is Mode.ALL:
        return False if False in answers else None if None in answers else True
    some = True if True in answers else None if None in answers else False
    return some if part.mode is Mode.ANY or some is None else not some
