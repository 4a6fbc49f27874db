"""Checks between the keys about addresses and people: whose an address is, who has left, who gets reports."""

from collections.abc import Iterator

from gateway.config import kinds, tables
from gateway.config.problems import Loc, Problem
from gateway.config.section import did_you_mean


def unknown(loc: Loc, value: object, known: tuple[str, ...], what: str, heading: str) -> Iterator[Problem]:
    """What is wrong where a value names none of those that are known."""
    if value is None:
        return
    if not isinstance(value, str):
        if loc[0] == "mail":
            yield Problem(loc=loc, what="must be the name of a queue, in quotes")
        return
    if value not in known:
        guess = did_you_mean(value, known) or f"; it would stand under {heading}"
        yield Problem(loc=loc, what=f'names {what} that does not exist: "{kinds.shown(value)}"{guess}')


def _ours(data: tables.Tables) -> Iterator[tuple[Loc, str]]:
    for addr in tables.table(data, "mail", "addresses"):
        yield ("mail", "addresses", addr), tables.addr_key(addr)
    for name, table in tables.named(data, "queues"):
        for index, addr in tables.texts(table.get("addresses")):
            yield ("queues", name, "addresses", index), tables.addr_key(addr)


def ours(data: tables.Tables) -> set[str]:
    """Addresses that are our own: mail to them becomes tickets."""
    return {addr for _, addr in _ours(data)} | _senders(data)


def _senders(data: tables.Tables) -> set[str]:
    """Addresses we write from."""
    places = [tables.table(data, "mail"), *(table for _, table in tables.named(data, "queues"))]
    return {tables.addr_key(table.get("from")) for table in places}


def addresses(data: tables.Tables) -> Iterator[Problem]:
    seen: dict[str, Loc] = {}
    for loc, addr in _ours(data):
        if not addr:
            continue
        if addr in seen:
            yield Problem(loc=loc, what=f"is set a second time: {addr} stands in {_place(seen[addr])} too")
        seen.setdefault(addr, loc)


def agents_addresses(data: tables.Tables) -> Iterator[Problem]:
    own = ours(data)
    seen: dict[str, str] = {}
    for name, table in tables.named(data, "agents"):
        addresses = table.get("addresses")
        if addresses == []:
            yield Problem(loc=("agents", name, "addresses"), what="is empty: notices to this agent need an address")
        for index, text in tables.texts(addresses):
            loc, addr = ("agents", name, "addresses", index), tables.addr_key(text)
            if not addr:
                continue
            if addr in own:
                yield Problem(loc=loc, what=f"is one of our own addresses: {addr}; notices to it would become tickets")
            elif addr in seen:
                whose = "this agent" if seen[addr] == name else f"agent {seen[addr]}"
                yield Problem(loc=loc, what=f"belongs to {whose} already: {addr}; one address is one agent's")
            seen.setdefault(addr, name)


def _place(loc: Loc) -> str:
    return f"queues.{loc[1]}.addresses" if loc[0] == "queues" else "mail.addresses"


def admin(data: tables.Tables) -> Iterator[Problem]:
    admin = tables.addr_key(tables.table(data, "gateway").get("admin"))
    if admin and admin in {addr for _, addr in _ours(data)}:
        yield Problem(
            loc=("gateway", "admin"), what=f"is one of our own addresses: {admin}; warnings would become tickets"
        )


def leavers(data: tables.Tables) -> Iterator[Problem]:
    """Who has left works nowhere any more, and hands over to somebody who has not."""
    agents = dict(tables.named(data, "agents"))
    gone = {name for name, table in agents.items() if table.get("left") is True}
    staff = tuple(name for name in agents if name not in gone)
    for name, table in agents.items():
        loc = ("agents", name, "successor")
        successor = table.get("successor")
        if successor is not None and name not in gone:
            yield Problem(loc=loc, what="is for an agent who has left; write left = true beside it")
        elif isinstance(successor, str) and successor in gone:
            whose = "this agent" if successor == name else f"{successor}, who has left too"
            yield Problem(loc=loc, what=f"names {whose}; name somebody who works here")
        else:
            yield from unknown(loc, successor, staff, "an agent", "[agents.NAME]")
    for section in ("queues", "organisations"):
        for name, table in tables.named(data, section):
            for index, agent in tables.texts(table.get("agents")):
                if agent in gone:
                    yield Problem(loc=(section, name, "agents", index), what=f"names {agent}, who has left")
            lead = table.get("lead")
            if isinstance(lead, str) and lead in gone:
                yield Problem(loc=(section, name, "lead"), what=f"names {lead}, who has left")


def report(data: tables.Tables) -> Iterator[Problem]:
    """Whoever gets the report works here, or has an address that is none of ours."""
    agents = dict(tables.named(data, "agents"))
    staff = tuple(name for name, table in agents.items() if table.get("left") is not True)
    own = ours(data)
    table = tables.table(data, "report")
    for index, text in tables.texts(table.get("to")):
        loc = ("report", "to", index)
        if "@" not in text:
            yield from unknown(loc, text.strip(), staff, "an agent", "[agents.NAME]")
        elif not (addr := tables.addr_key(text)):
            yield Problem(loc=loc, what=f'is no mail address: "{kinds.shown(text)}"')
        elif addr in own:
            yield Problem(loc=loc, what=f"is one of our own addresses: {addr}; reports to it would become tickets")
    wishes = (tables.texts(agent.get("notify")) for agent in agents.values())
    if "cron" in table and not table.get("to") and not any(text == "report" for one in wishes for _, text in one):
        what = "names times, but nobody gets the report; write to beside it, or report into notify of an agent"
        yield Problem(loc=("report", "cron"), what=what)
