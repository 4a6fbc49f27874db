"""How much automatic mail a customer and a ticket may get: the same caps as for answers to mail."""

from datetime import datetime

from sqlalchemy import Connection

from gateway.site import Site
from gateway.store import bounces, lookup
from gateway.tickets.reason import Reason


def too_many(conn: Connection, site: Site, key: str, number: int, at: datetime) -> tuple[Reason, str] | None:
    """The cap that is reached, or None. A suspended address gets nothing automatic."""
    limits = site.cfg.limits
    if bounces.suspended(conn, [key]):
        return Reason.SUSPENDED, ""
    by_address = lookup.automatic_mail(conn, [key], [rate.per for rate in limits.auto_per_address], at)
    for rate in limits.auto_per_address:
        if by_address.get((key, rate.per), 0) >= rate.count:
            return Reason.CAP_ADDRESS, f"{rate.count} in {rate.per}"
    for rate in limits.auto_per_ticket:
        if lookup.automatic_on_ticket(conn, [number], rate.per, at).get(number, 0) >= rate.count:
            return Reason.CAP_TICKET, f"{rate.count} in {rate.per}"
    for rate in limits.auto_total:
        if lookup.automatic_total(conn, rate.per, at) >= rate.count:
            return Reason.CAP_TOTAL, f"{rate.count} in {rate.per}"
    return None


def has_enough(conn: Connection, site: Site, agent: str, at: datetime) -> bool:
    """Whether an agent has had so many notices that the rest waits for a digest."""
    key, rates = site.cfg.agents[agent].addresses[0].lower(), site.cfg.limits.notices_per_agent
    had = lookup.automatic_mail(conn, [key], [rate.per for rate in rates], at)
    return any(had.get((key, rate.per), 0) >= rate.count for rate in rates)
