"""By which way a mail leaves: the first route that fits, of queues, then of domains, else [delivery].

Derived from the From of the mail when it is sent, so that what waits follows a change of the settings.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.config.schema_delivery import Way

if TYPE_CHECKING:
    from gateway.config.schema import Config

DEFAULT, ALARM = "delivery", "alarm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A way out and what takes it: mail from these addresses or domains (lower case), all else, or alarms.

    `name` is `queue:billing`, `delivery:acme.example`, `delivery` or `alarm`.
    """

    name: str
    way: Way
    addresses: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()

    @property
    def place(self) -> str:
        """Where it stands in config.toml."""
        kind, _, which = self.name.partition(":")
        if kind == "queue":
            return f"queues.{which}.delivery"
        return "gateway.alarm_delivery" if kind == ALARM else "delivery.route" if which else "delivery"

    @property
    def is_default(self) -> bool:
        return self.name == DEFAULT

    @property
    def is_for_alarms(self) -> bool:
        return self.name == ALARM

    def fits(self, sender: str, *, is_alarm: bool = False) -> bool:
        """Whether a mail from this address takes it, where no route before it does."""
        if self.is_for_alarms or self.is_default:
            return is_alarm or self.is_default
        return sender in self.addresses or sender.rpartition("@")[2] in self.domains


def routes_of(cfg: "Config") -> tuple[Route, ...]:
    """Every route of a site, in the order in which they are asked; the last takes everything."""
    return tuple(_routes(cfg))


def _routes(cfg: "Config") -> Iterator[Route]:
    if cfg.gateway.alarm_delivery is not None:
        yield Route(name=ALARM, way=cfg.gateway.alarm_delivery)
    for name, queue in cfg.queues.items():
        if queue.delivery is not None:
            sender = (queue.from_ or cfg.mail.from_).key
            yield Route(name=f"queue:{name}", way=queue.delivery, addresses=frozenset({sender}))
    for one in cfg.delivery.route:
        yield Route(name=f"{DEFAULT}:{one.from_domain[0]}", way=one, domains=frozenset(one.from_domain))
    yield Route(name=DEFAULT, way=cfg.delivery)


def route_for(routes: Sequence[Route], sender: str, *, is_alarm: bool = False) -> Route:
    """The route of a mail by the address in its From (lower case)."""
    return next(one for one in routes if one.fits(sender, is_alarm=is_alarm))
