"""Checks of what SLAs do on the way: whom and what a step names is there, and how often it comes is said whole."""

from collections.abc import Collection, Iterator

from gateway.config import kinds, tables
from gateway.config.crosscheck_people import ours, unknown
from gateway.config.problems import Loc, Problem
from gateway.config.schema import Config
from gateway.config.schema_desk import deed
from gateway.config.section import did_you_mean
from gateway.tickets.assignment import STRATEGIES
from gateway.tickets.status import Status

_CLOCKS = ("first_response", "next_response", "resolution")


def steps(data: tables.Tables) -> Iterator[Problem]:
    """Every step of every SLA."""
    for name, table in tables.named(data, "sla"):
        for index, step in tables.arrays(table, "step"):
            loc: Loc = ("sla", name, "step", index)
            clock = step.get("of")
            if clock in _CLOCKS and clock not in table:
                yield Problem(loc=(*loc, "of"), what=f'waits for the clock "{clock}", which this SLA does not have')
            yield from _often(loc, step)
            if step.get("do") == []:
                yield Problem(loc=(*loc, "do"), what="is empty: nothing would be done; write such as notify:assignee")
            for place, said in tables.texts(step.get("do")):
                yield from _done((*loc, "do", place), said, data)


def _often(loc: Loc, step: tables.Tables) -> Iterator[Problem]:
    if "every" in step and "times" not in step:
        yield Problem(loc=(*loc, "every"), what="needs times beside it: how often in all, such as times = 3")
    if "times" in step and "every" not in step:
        yield Problem(loc=(*loc, "times"), what='needs every beside it: after how long again, such as every = "4 h"')


def _done(loc: Loc, said: str, data: tables.Tables) -> Iterator[Problem]:
    """Who and what a step names is there."""
    verb, name = deed(said)
    agents = dict(tables.named(data, "agents"))
    if verb == "queue":
        yield from unknown(loc, name, tuple(tables.table(data, "queues")), "a queue", "[queues.NAME]")
    elif verb == "status":
        yield from unknown(loc, name, (*Status, *tables.table(data, "statuses")), "a status", "[statuses.NAME]")
    elif verb in ("notify", "assign") and name in agents and agents[name].get("left") is True:
        yield Problem(loc=loc, what=f"names {name}, who has left")
    elif verb == "notify" and "@" in name:
        if tables.addr_key(name) in ours(data):
            what = f"is one of our own addresses: {kinds.shown(name)}; what it is told would become tickets"
            yield Problem(loc=loc, what=what)
    elif verb == "notify":
        yield from unknown(loc, name, ("assignee", "lead", "agents", *agents), "an agent", "[agents.NAME]")
    elif verb == "assign":
        yield from unknown(loc, name, ("lead", *STRATEGIES, *agents), "an agent", "[agents.NAME]")


def strange_letters(cfg: Config, letters: Collection[str]) -> Iterator[Problem]:
    """What steps send to customers and is none of these letters. What templates there are no key can tell."""
    for name, sla in cfg.sla.items():
        for index, step in enumerate(sla.step):
            for place, (verb, letter) in enumerate(map(deed, step.do)):
                if verb == "reply" and letter not in letters:
                    guess = did_you_mean(letter, letters) or f"; there are {', '.join(sorted(letters))}"
                    what = f'names no letter to customers: "{kinds.shown(letter)}"{guess}'
                    yield Problem(loc=("sla", name, "step", index, "do", place), what=what)
