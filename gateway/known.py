"""What rules are told beside the mail: of who wrote, of the ticket as it stands, of the hours, of what came lately.

One place for a mail that came in and for what happens to a ticket afterwards; see `KNOWN` in `rules/facts.py`.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

from gateway.config import Config
from gateway.config.calendars import open_calendars
from gateway.rules import RuleSet
from gateway.rules.facts import seen_key
from gateway.store.lookup import Person

Counts = Mapping[tuple[str, int], Mapping[str, int]]  # (field, seconds) -> value -> how many, see `lookup.seen`
_OF_TICKET = (
    "status", "priority", "type", "category", "area", "impact", "assignee", "sla", "tags", "fields", "set_by", "rating"
)  # fmt: skip


def of_sender(key: str, person: Person | None, cfg: Config) -> dict[str, Any]:
    """What is known of an address (key); `person` is whose it is, None for nobody we know."""
    organisation = cfg.organisation_for(key)
    tags = cfg.organisations[organisation].tags if organisation else ()
    return {
        "sender.known": person is not None,
        "sender.agent": cfg.agent_for(key) is not None,
        "sender.tags": tuple(dict.fromkeys((*(person.tags if person else ()), *tags))),
        "organisation": organisation,
    }


def of_ticket(row: Mapping[str, Any]) -> dict[str, Any]:
    """What rules may ask of a ticket that is there, but for its queue and requester."""
    return {name: row[name] for name in _OF_TICKET if row[name] is not None}


def of_hours(rules: RuleSet, cfg: Config, at: datetime) -> dict[str, Any]:
    """Which of the calendars that rules ask for are open."""
    return {"hours": open_calendars(cfg, rules.calendars, at)} if rules.calendars else {}


def seen_recently(asked: Collection[tuple[str, int]], counts: Counts, customer: str, cfg: Config) -> dict[str, int]:
    """The counts that are asked for, as the fact has them; a value without one has none.

    By person they are those of the `customer` (address key) and of their organisation alone.
    """
    found = {seen_key(by, "*", within): 0 for by, within in asked}
    for by, within in asked:
        for value, count in _of_values(by, counts.get((by, within), {}), customer, cfg):
            found[seen_key(by, value, within)] = count
    return found


def _of_values(by: str, counts: Mapping[str, int], customer: str, cfg: Config) -> Iterator[tuple[str, int]]:
    if by == "sender":
        yield customer, counts.get(customer, 0)
    elif by == "organisation":
        if organisation := cfg.organisation_for(customer):
            yield organisation, _of_organisation(counts, organisation, cfg)
    else:
        yield from counts.items()


def _of_organisation(by_domain: Mapping[str, int], organisation: str, cfg: Config) -> int:
    """How many of the tickets counted by their requester's domain are an organisation's."""
    return sum(count for domain, count in by_domain.items() if cfg.organisation_for(f"@{domain}") == organisation)
