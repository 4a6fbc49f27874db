"""Checks between the keys of the ways out: logins, signatures, which mail takes which, connections to one server."""

from collections.abc import Iterator, Mapping

from gateway.config import kinds, tables
from gateway.config.crosscheck_ways import oauth
from gateway.config.problems import Loc, Problem

_MOST = 5  # limits.deliveries_per_host where the file does not say


def ways(data: tables.Tables) -> Iterator[tuple[Loc, tables.Tables]]:
    """Every table of a way out with its place, as far as it is one."""
    yield ("delivery",), tables.table(data, "delivery")
    for index, table in tables.arrays(tables.table(data, "delivery"), "route"):
        yield ("delivery", "route", index), table
    for name, table in tables.named(data, "queues"):
        if "delivery" in table:
            yield ("queues", name, "delivery"), _own(table, "delivery")
    if "alarm_delivery" in tables.table(data, "gateway"):
        yield ("gateway", "alarm_delivery"), _own(tables.table(data, "gateway"), "alarm_delivery")


def _own(table: tables.Tables, name: str) -> tables.Tables:
    own = table.get(name)
    return {"to": own} if isinstance(own, str) else tables.table(table, name)


def outgoing(data: tables.Tables) -> Iterator[Problem]:
    """Everything about the ways out."""
    for loc, table in ways(data):
        yield from _login(loc, table)
        if ("dkim_key" in table) != ("dkim_selector" in table):
            key, other = ("dkim_key", "dkim_selector") if "dkim_key" in table else ("dkim_selector", "dkim_key")
            yield Problem(loc=(*loc, key), what=f"needs {other} beside it")
        yield from oauth((*loc, "oauth"), tables.table(table, "oauth"))
    yield from _domains(data)
    yield from _queues(data)
    yield from _hosts(data)


def _login(loc: Loc, table: tables.Tables) -> Iterator[Problem]:
    to = table.get("to")
    user = isinstance(to, str) and to.startswith("smtp") and "@" in to
    if user and "password_file" not in table and "oauth" not in table:
        place = (*loc, "to") if "to" in table else loc
        yield Problem(loc=place, what="names a user: name the password_file too")
    if "password_file" in table and isinstance(to, str) and not user:
        yield Problem(loc=(*loc, "password_file"), what="needs a user in to: smtp+starttls://user@host:587")


def _domains(data: tables.Tables) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for index, table in tables.arrays(tables.table(data, "delivery"), "route"):
        loc: Loc = ("delivery", "route", index, "from_domain")
        named = table.get("from_domain")
        if named == []:
            yield Problem(loc=loc, what="is empty: no mail would leave this way")
        for domain in [named] if isinstance(named, str) else [text for _, text in tables.texts(named)]:
            other = seen.setdefault(domain.lower(), index)
            if other != index:
                yield Problem(loc=loc, what=f"is a second way out for {kinds.shown(domain)}; route[{other + 1}] is one")


def _queues(data: tables.Tables) -> Iterator[Problem]:
    """By From it is decided what leaves which way, so the From of a queue with a way of its own is its alone."""
    senders = _senders(data)
    ours = tables.addr_key(tables.table(data, "mail").get("from"))
    for name, table in tables.named(data, "queues"):
        if "delivery" not in table or not senders[name]:
            continue
        loc: Loc = ("queues", name, "delivery")
        if senders[name] == ours:
            what = f"needs a from of the queue's own: mail from {ours}, which is mail.from, leaves by [delivery]"
            yield Problem(loc=loc, what=what)
            continue
        others = [other for other, sender in senders.items() if other != name and sender == senders[name]]
        if others:
            what = f"needs a from of the queue's own: [queues.{others[0]}] writes from {senders[name]} too"
            yield Problem(loc=loc, what=what)


def _senders(data: tables.Tables) -> Mapping[str, str]:
    ours = tables.table(data, "mail").get("from")
    return {name: tables.addr_key(table.get("from", ours)) for name, table in tables.named(data, "queues")}


def _hosts(data: tables.Tables) -> Iterator[Problem]:
    most = tables.table(data, "limits").get("deliveries_per_host", _MOST)
    if not isinstance(most, int):
        return
    taken: dict[str, int] = {}
    for loc, table in ways(data):
        server, wanted = _server(table.get("to")), table.get("connections", 1)
        if not server or not isinstance(wanted, int):
            continue
        before = taken.get(server, 0)
        taken[server] = before + wanted
        if before <= most < taken[server]:
            place = (*loc, "connections") if "connections" in table else loc
            what = f"makes {taken[server]} connections to {server}; limits.deliveries_per_host allows {most}"
            yield Problem(loc=place, what=what)


def _server(to: object) -> str:
    scheme, _, rest = to.partition("://") if isinstance(to, str) else ("", "", "")
    return rest.rpartition("@")[2].strip("/").lower() if scheme.startswith("smtp") else ""
