"""Rules for tests: one set of names, and short ways from a text to a decision or to its mistakes."""

import time
from typing import Any

from gateway.errors import RulesError
from gateway.rules import Decision, Facts, FieldShape, Names, RegexMatcher, RuleSet, load

WHOSE = {"support@acme.example": "an address of ours", "carol@acme.example": "the agent carol's"}
NAMES = Names(
    queues=("support", "billing"),
    agents=("carol", "dave"),
    slas=("standard",),
    templates=("acknowledgement", "closed_for_silence"),
    fields={"order": FieldShape(pattern=r"\d{4,}"), "shop": FieldShape(values=("prague", "brno"))},
    areas=("login", "order/delivery", "order/payment"),
    categories=("hardware/lamp", "software"),
    organisations=("big",),
    calendars=("office",),
    skills=("network",),
    whose=lambda address: WHOSE.get(address.lower(), ""),
    lists={
        "vip": ("bo@example.net", "*@big.example"),
        "words": ("refund*", "not delivered"),
        "people": ("dave",),
        "empty": (),
    },
)


def rule_set(text: str, names: Names = NAMES) -> RuleSet:
    return load({"rules/a.toml": text}, names)


def decide(text: str, facts: Facts | None = None, event: str = "created", *, explain: bool = False) -> Decision:
    return rule_set(text).evaluate(facts or Facts(), event, RegexMatcher(time.monotonic), explain=explain)


def holds(lines: str, facts: Facts | None = None, event: str = "created") -> bool:
    """Whether a rule with these condition lines matches."""
    text = f'[[rule]]\nname = "r"\non = "{event}"\nset.title = "yes"\n{lines}\n'
    return "title" in decide(text, facts, event).fields


def mistakes(text: str, names: Names = NAMES) -> list[str]:
    """Every mistake of one rules file; `[]` where it is good."""
    try:
        rule_set(text, names)
    except RulesError as error:
        return list(error.problems)
    return []


def known(**facts: Any) -> Facts:
    """Facts with what the gateway knows: `sender__known=True` is `sender.known`."""
    return Facts(known={name.replace("__", "."): value for name, value in facts.items()})
