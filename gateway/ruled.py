"""What rules said, as changes to a ticket: fields with who set them, watchers, agents who are to hear of it."""

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.config import Config
from gateway.mail import Address
from gateway.rules import Decision
from gateway.tickets.actions import Action, Note, Participate
from gateway.tickets.reason import Reason

_FIELDS = ("queue", "status", "priority", "type", "category", "area", "impact", "sla", "title", "language")


def fields_of(decision: Decision | None) -> tuple[dict[str, Any], dict[str, str]]:
    """The fields of the ticket that rules set, the site's own under `fields`; and which rule set each."""
    if decision is None:
        return {}, {}
    values = {name: decision.fields[name].value for name in _FIELDS if name in decision.fields}
    set_by = {name: f"rule:{decision.fields[name].rule}" for name in values}
    if own := {name[7:]: str(one.value) for name, one in decision.fields.items() if name.startswith("fields.")}:
        values["fields"] = own
    return values, set_by


def fields_on(row: Mapping[str, Any], decision: Decision | None) -> tuple[dict[str, Any], dict[str, str]]:
    """The same on a ticket that is there: with the tags and the site's own fields that it has already."""
    values, set_by = fields_of(decision)
    values["fields"] = {**row["fields"], **values.get("fields", {})}
    tags = decision.tags if decision else ()
    values["tags"] = [*row["tags"], *(tag for tag in tags if tag not in row["tags"])]
    return values, set_by


def watchers(decision: Decision | None, number: int, cfg: Config) -> Iterator[Action]:
    """Those whom rules add: addresses, and agents by their key."""
    for one in decision.watchers if decision else ():
        agent = cfg.agents.get(one)
        address = Address(addr=agent.addresses[0], name=agent.name) if agent else Address(addr=one)
        yield Participate(ticket=number, address=address, role="watcher")


def called(decision: Decision | None, number: int, *, by: str = "") -> Iterator[Action]:
    """Those whom rules want to know of it; `by` is the agent who did it, and knows already."""
    if decision is None or not decision.notify:
        return
    whom = [one.to_json() for one in decision.added["notify"]]
    yield Note(ticket=number, kind="called", data={"on": decision.event, "whom": whom, "by": by}, reason=Reason.BY_RULE)
