"""How much automatic mail a person and a ticket may get: the same caps as for answers to mail."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from gateway.compose.builtin import AGENT
from gateway.config.units import Rate
from gateway.pacing import wait_for
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
        self._leaving: list[datetime] = []  # when those to customers leave
        self._in_all: tuple[datetime, ...] | None = None
        self._of_kinds: dict[tuple[str, tuple[str, ...]], int] = {}
        self._automatic: dict[tuple[str, bool], dict[timedelta, int]] = {}  # by recipient, and whether to agents

    def add(self, letter: Send) -> None:
        """A letter of this round."""
        self._composed[letter.recipient.key, letter.kind] += 1
        if letter.ticket is not None and not letter.kind.startswith("notice"):
            self._to_customers[letter.ticket] += 1
            self._leaving.insert(0, self._at + letter.wait)

    def of_kinds(self, conn: Connection, recipient: str, kinds: tuple[str, ...], within: timedelta) -> int:
        """How many letters of these kinds went to an address (key) within a time."""
        if (recipient, kinds) not in self._of_kinds:
            self._of_kinds[recipient, kinds] = announcements.notices_lately(conn, recipient, kinds, self._at, within)
        return self._of_kinds[recipient, kinds] + sum(self._composed[recipient, kind] for kind in kinds)

    def has_enough(self, conn: Connection, agent: str) -> bool:
        """Whether an agent has had so many notices that the rest waits for a digest."""
        key = self._site.cfg.agents[agent].addresses[0].lower()
        return self._reached(conn, key, self._site.cfg.limits.notices_per_agent, to_agents=True) is not None

    def too_many(self, conn: Connection, key: str, number: int) -> tuple[Reason, str] | None:
        """The cap that a customer or a ticket has reached, or None. A suspended address gets nothing automatic."""
        limits, at = self._site.cfg.limits, self._at
        if bounces.suspended(conn, [key]):
            return Reason.SUSPENDED, ""
        if rate := self._reached(conn, key, limits.auto_per_address, to_agents=False):
            return Reason.CAP_ADDRESS, f"{rate.count} in {rate.per}"
        of_ticket = self._to_customers[number]
        for rate in limits.auto_per_ticket:
            if lookup.automatic_on_ticket(conn, [number], rate.per, at).get(number, 0) + of_ticket >= rate.count:
                return Reason.CAP_TICKET, f"{rate.count} in {rate.per}"
        return (Reason.CAP_TOTAL, "") if self.wait(conn) is None else None

    def wait(self, conn: Connection) -> timedelta | None:
        """How long one more letter to a customer waits for its turn among all of them; None: too long."""
        rates = self._site.cfg.limits.auto_total
        if self._in_all is None:
            self._in_all = lookup.automatic_in_all(conn, rates, self._at)
        return wait_for(rates, (*self._leaving, *self._in_all), self._at)

    def _reached(self, conn: Connection, key: str, rates: Sequence[Rate], *, to_agents: bool) -> Rate | None:
        if rates and (key, to_agents) not in self._automatic:
            windows = [rate.per for rate in rates]
            counts = lookup.automatic_mail(conn, [key], windows, self._at, to_agents=to_agents)
            self._automatic[key, to_agents] = {window: count for (_, window), count in counts.items()}
        composed = sum(
            count
            for (recipient, kind), count in self._composed.items()
            if recipient == key and (kind in AGENT) is to_agents
        )
        had = self._automatic.get((key, to_agents), {})
        return next((rate for rate in rates if had.get(rate.per, 0) + composed >= rate.count), None)
