"""How much automatic mail a person and a ticket may get: the same caps as for answers to mail."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from gateway.config.units import Rate
from gateway.site import Site
from gateway.store import announcements, bounces, lookup
from gateway.tickets.actions import Send
from gateway.tickets.reason import Reason


class Had:
    """What people and tickets had lately: what is in the store, read once, and what was composed since.

    It serves one round of telling, whose letters are counted before they are written.
    """

    def __init__(self, site: Site, at: datetime) -> None:
        self._site = site
        self._at = at
        self._composed: Counter[tuple[str, str]] = Counter()  # by recipient and kind
        self._to_customers: Counter[int] = Counter()  # by ticket
        self._of_kinds: dict[tuple[str, tuple[str, ...]], int] = {}
        self._automatic: dict[str, dict[tuple[str, timedelta], int]] = {}

    def add(self, letter: Send) -> None:
        """A letter of this round."""
        self._composed[letter.recipient.key, letter.kind] += 1
        if letter.ticket is not None and not letter.kind.startswith("notice"):
            self._to_customers[letter.ticket] += 1

    def of_kinds(self, conn: Connection, recipient: str, kinds: tuple[str, ...], within: timedelta) -> int:
        """How many letters of these kinds went to an address (key) within a time."""
        if (recipient, kinds) not in self._of_kinds:
            self._of_kinds[recipient, kinds] = announcements.notices_lately(conn, recipient, kinds, self._at, within)
        return self._of_kinds[recipient, kinds] + sum(self._composed[recipient, kind] for kind in kinds)

    def has_enough(self, conn: Connection, agent: str) -> bool:
        """Whether an agent has had so many notices that the rest waits for a digest."""
        key = self._site.cfg.agents[agent].addresses[0].lower()
        return self._reached(conn, key, self._site.cfg.limits.notices_per_agent) is not None

    def too_many(self, conn: Connection, key: str, number: int) -> tuple[Reason, str] | None:
        """The cap that a customer or a ticket has reached, or None. A suspended address gets nothing automatic."""
        limits, at = self._site.cfg.limits, self._at
        if bounces.suspended(conn, [key]):
            return Reason.SUSPENDED, ""
        if rate := self._reached(conn, key, limits.auto_per_address):
            return Reason.CAP_ADDRESS, f"{rate.count} in {rate.per}"
        of_ticket = self._to_customers[number]
        for rate in limits.auto_per_ticket:
            if lookup.automatic_on_ticket(conn, [number], rate.per, at).get(number, 0) + of_ticket >= rate.count:
                return Reason.CAP_TICKET, f"{rate.count} in {rate.per}"
        for rate in limits.auto_total:
            if lookup.automatic_total(conn, rate.per, at) + self._to_customers.total() >= rate.count:
                return Reason.CAP_TOTAL, f"{rate.count} in {rate.per}"
        return None

    def _reached(self, conn: Connection, key: str, rates: Sequence[Rate]) -> Rate | None:
        if rates and key not in self._automatic:
            self._automatic[key] = lookup.automatic_mail(conn, [key], [rate.per for rate in rates], self._at)
        composed = sum(count for (recipient, _), count in self._composed.items() if recipient == key)
        had = self._automatic.get(key, {})
        return next((rate for rate in rates if had.get((key, rate.per), 0) + composed >= rate.count), None)
