"""The whole file as one frozen value, and the questions everyone asks of it."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import PrivateAttr

from gateway.config import kinds
from gateway.config.promises import hours_of, promise_of
from gateway.config.routes import Route, route_for, routes_of
from gateway.config.schema_channels import Auth, Imap, Smtp, Source
from gateway.config.schema_delivery import Delivery
from gateway.config.schema_delivery import Way as WayOut
from gateway.config.schema_desk import (
    Agent,
    Areas,
    Calendar,
    Categories,
    Field,
    Organisation,
    PriorityTable,
    Queue,
    Sla,
    StatusName,
)
from gateway.config.schema_site import Database, Digest, Gateway, Limits, Log, Mail, Metrics, Report, Shadow, Similar
from gateway.config.section import Section, by_name, key
from gateway.tickets.calendar import WorkingHours
from gateway.tickets.clocks import Promises
from gateway.tickets.priority import Row
from gateway.tickets.sources import Source as DeclaredSource
from gateway.tickets.sources import Way
from gateway.tickets.status import Status, Statuses
from gateway.tickets.subject import NumberFormat

if TYPE_CHECKING:
    from regex import Pattern


class Config(Section):
    """The effective settings, every value checked and in its final type."""

    gateway: Gateway = key("Who we are.")
    database: Database = key("Where tickets are kept.", {})
    mail: Mail = key("What our mail looks like, and which addresses are ours.")
    smtp: tuple[Smtp, ...] = key("SMTP listeners, each as [[smtp]]; none where left out.", ())
    imap: tuple[Imap, ...] = key("Mailboxes to poll, each as [[imap]].", ())
    delivery: Delivery = key("How mail leaves.", {})
    auth: Auth = key("Whom we believe.", {})
    source: tuple[Source, ...] = key("Mail whose From is not the person, each as [[source]].", ())
    queues: Mapping[kinds.Name, Queue] = key("Where tickets wait; at least one.")
    agents: Mapping[kinds.Name, Agent] = by_name("Who works tickets.")
    calendars: Mapping[kinds.Name, Calendar] = by_name("Working hours.")
    sla: Mapping[kinds.Name, Sla] = by_name("What we promise.")
    fields: Mapping[kinds.Name, Field] = by_name("Fields of the site's own.")
    areas: Areas = key("What tickets may be about.", {})
    categories: Categories = key("How tickets may be sorted.", {})
    priority: PriorityTable = key("How urgent a ticket is where no rule says.", {})
    organisations: Mapping[kinds.Name, Organisation] = by_name("Customers that belong together.")
    statuses: Mapping[kinds.Name, StatusName] = by_name("Further statuses, and labels.")
    similar: Similar = key("Tickets that look like the same matter.", {})
    report: Report = key("Figures for supervisors.", {})
    digest: Digest = key("The list of their open tickets for agents.", {})
    shadow: Shadow = key("What is compared in shadow mode.", {})
    limits: Limits = key("How much of anything is too much.", {})
    metrics: Metrics = key("Figures for Prometheus.", {})
    log: Log = key("What is written to standard error.", {})

    _path: Path = PrivateAttr(default=Path("config.toml"))

    @property
    def path(self) -> Path:
        """The file, absolute."""
        return self._path

    @property
    def root(self) -> Path:
        """The folder of the file, where relative paths start."""
        return self._path.parent

    @property
    def rules_dir(self) -> Path:
        return self.root / "rules"

    @property
    def templates_dir(self) -> Path:
        return self.root / "templates"

    @cached_property
    def routes(self) -> tuple[Route, ...]:
        """The ways out, in the order in which they are asked whether a mail takes them."""
        return routes_of(self)

    def way_of(self, sender: str) -> WayOut:
        """The way out of a mail with this address in its From."""
        return route_for(self.routes, sender.lower()).way if len(self.routes) > 1 else self.delivery

    def addresses(self) -> Mapping[str, str]:
        """Every address we answer to, lower case -> queue, in the order of the file."""
        return self._addresses

    @cached_property
    def _addresses(self) -> Mapping[str, str]:
        own = {addr: name for name, queue in self.queues.items() for addr in queue.addresses}
        return {**self.mail.addresses, **own}

    def queue_for(self, address: str) -> str | None:
        """The queue of an address of ours, `ours+anything@` included; None where it is not ours."""
        local, _, domain = address.lower().rpartition("@")
        plus = "+"
        while plus and (queue := self._addresses.get(f"{local}@{domain}")) is None:
            local, plus, _ = local.rpartition("+")
        return queue if plus else None

    def is_ours(self, address: str) -> bool:
        """Whether mail to this address is for us."""
        return self.queue_for(address) is not None

    def is_near(self, address: str) -> bool:
        """Whether this address is in a domain of ours, or below one."""
        domain = address.lower().rpartition("@")[2]
        return any(domain == ours or domain.endswith(f".{ours}") for ours in self._domains)

    @cached_property
    def _domains(self) -> frozenset[str]:
        return frozenset(addr.rpartition("@")[2] for addr in (*self._addresses, self.mail.from_.key))

    def agent_for(self, address: str) -> str | None:
        """The agent who owns this address, by exact spelling but for case; None where it is nobody's."""
        return self._agents_by_address.get(address.lower())

    @cached_property
    def _agents_by_address(self) -> Mapping[str, str]:
        return {addr: name for name, agent in self.staff.items() for addr in agent.addresses}

    @cached_property
    def staff(self) -> Mapping[str, Agent]:
        """The agents who have not left: who may be assigned, told, and believed."""
        return {name: agent for name, agent in self.agents.items() if not agent.left}

    def whose(self, address: str) -> str:
        """Whose an address is that no customer has, in words: `an address of ours`; `""` of any other."""
        agent = self.agent_for(address)
        return "an address of ours" if self.is_ours(address) else f"the agent {agent}'s" if agent else ""

    def organisation_for(self, address: str) -> str | None:
        """The organisation whose domains hold this address; the longest domain wins."""
        domain = address.lower().rpartition("@")[2]
        if not self._organisations_by_domain or not domain:
            return None
        if domain in self._organisations_by_domain:
            return self._organisations_by_domain[domain]
        while domain:
            domain = domain.partition(".")[2]
            if (found := self._organisations_by_domain.get(f"*.{domain}")) is not None:
                return found
        return None

    @cached_property
    def _organisations_by_domain(self) -> Mapping[str, str]:
        return {domain: name for name, one in self.organisations.items() for domain in one.domains}

    @cached_property
    def sources(self) -> tuple[DeclaredSource, ...]:
        """The declared sources, in the order of the file."""
        if not self.source:
            return ()
        from gateway.config.declared import compiled  # needs the rules' patterns: a quarter of a second

        return compiled(self.source)

    @cached_property
    def old_tags(self) -> tuple["Pattern[str]", ...]:
        """How the helpdesk before us wrote its numbers."""
        if not self.mail.old_tags:
            return ()
        from gateway.rules.patterns import compile_pattern  # needs `regex`: a quarter of a second

        return tuple(map(compile_pattern, self.mail.old_tags))

    def is_source(self, address: str) -> bool:
        """Whether mail from this address is declared to be from somebody else."""
        return any(one.way is not Way.FROM and one.matches(address.lower()) for one in self.sources)

    @cached_property
    def status_table(self) -> Statuses:
        """The site's statuses and how they behave."""
        return Statuses(
            likes={name: Status(one.like) for name, one in self.statuses.items() if one.like},
            moves={name: frozenset(one.moves) for name, one in self.statuses.items() if one.moves is not None},
        )

    @cached_property
    def hours(self) -> Mapping[str, WorkingHours]:
        """The calendars, as they are reckoned with."""
        return {name: hours_of(one) for name, one in self.calendars.items()}

    @cached_property
    def promises(self) -> Promises:
        """What is promised, as far as these settings tell: what rules ask for they do not know."""
        return Promises(
            slas={
                name: promise_of(name, one, self.hours, tells_delay="delayed" in self.mail.progress)
                for name, one in self.sla.items()
            },
            by_queue={name: one.sla for name, one in self.queues.items() if one.sla},
            statuses=self.status_table,
            close_after=self.mail.close_after,
        )

    @cached_property
    def priority_rows(self) -> tuple[Row, ...]:
        """The table of priorities."""
        return tuple(
            Row(priority=one.set, type=one.type, impact=one.impact, seen=one.seen) for one in self.priority.row
        )

    @cached_property
    def counts_seen(self) -> bool:
        """Whether the table of priorities asks how many like it came lately."""
        return any(one.seen for one in self.priority.row)

    @cached_property
    def numbers(self) -> NumberFormat:
        """How ticket numbers are written."""
        return NumberFormat(tag=self.mail.subject_tag, pattern=self.mail.number_format)

    def status_label(self, status: str, language: str) -> str:
        """What people read for a status: its label in that language, else in the site's, else its name in words."""
        own = self.statuses.get(status)
        labels = own.labels if own else {}
        return labels.get(language) or labels.get(self.mail.language) or status.replace("_", " ")
