"""Agents' mails as nine clients send them, by the thousand: nothing goes out that must not, hardly anything is held.

`make fuzz` (or `GATEWAY_FUZZ=10`) takes as many times more of them; the seed changes with that, so that they differ.
"""

from collections import Counter
from dataclasses import dataclass, field

from gateway.mail import read
from gateway.tickets.authority import Power
from gateway.tickets.leaving import Answered, Course, Fate, Outgoing, Withheld, course, outgoing, whole
from gateway.tickets.leaving.runs import words
from gateway.tickets.reason import Reason
from gateway.tickets.script import read as script_of
from support.agent_mails import CAROL, NAMES, SITE, Case, Maker
from support.fuzz import examples

COUNT = 1_000
MAX_HELD = 0.005  # of the good ones
# What may leave once the lines that nobody may see are cut out of it; a whole notice that somebody pasted, for one.
MAY_LEAVE = ("good", "leak")


@dataclass
class Seen:
    """What became of the mails."""

    kinds: Counter[tuple[str, bool]] = field(default_factory=Counter)
    held: list[str] = field(default_factory=list)
    mangled: list[str] = field(default_factory=list)
    leaked: list[str] = field(default_factory=list)
    formatted: int = 0


def fate_of(case: Case) -> tuple[Course, Outgoing | Withheld | None]:
    """The way of one mail, all but who it is from."""
    mail = read(case.raw)
    script = whole(mail, script_of(mail, NAMES), case.told)
    where = course(Answered(notice="answered"), script, power=Power.ACTS, why=Reason.PROVED)
    if where.fate is not Fate.REPLY:
        return where, None
    return where, outgoing(mail, script.text, addresses=CAROL, told=case.told, site=SITE)


def look_at(case: Case, seen: Seen) -> None:
    where, found = fate_of(case)
    left = found if isinstance(found, Outgoing) else None
    about = f"{case.kind} of {case.client}, {case.layout}"
    seen.kinds[case.kind, left is not None] += 1
    if left is None:
        if case.is_good:
            seen.held.append(f"{about}: {found or where}\n{case.own}")
        return
    if case.kind not in MAY_LEAVE:
        seen.leaked.append(f"{about}:\n{left.text}")
    for form in (left.text, left.html):
        flat = " ".join(form.split())
        seen.leaked += [f"{about}: {secret!r} in\n{form}" for secret in case.secrets if secret in flat]
    if case.is_good:
        seen.formatted += bool(left.html)
        if _own(left.text, case.own) != words(case.own):
            seen.mangled.append(f"{about}:\n{case.own}\n---\n{left.text}")


def _own(text: str, typed: str) -> list[str]:
    """The words that are no quote, unless the agent typed it."""
    lines = (line for line in text.split("\n") if not line.startswith(">") or line in typed)
    return [word for line in lines for word in words(line)]


def test_a_thousand_mails_of_agents() -> None:
    count = examples(COUNT)
    seen = Seen()
    for case in Maker(seed=count).cases(count):
        look_at(case, seen)
    assert seen.leaked == []
    good = seen.kinds["good", True] + seen.kinds["good", False]
    assert good > count / 2
    assert len(seen.held) <= good * MAX_HELD, seen.held
    assert len(seen.mangled) <= good * MAX_HELD, seen.mangled
    assert seen.formatted > good / 2
    assert {kind for kind, _ in seen.kinds} == {
        "good", "note", "away", "mistyped", "commands alone", "nothing typed", "leak"
    }  # fmt: skip
