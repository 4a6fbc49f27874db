"""Which domains our mail names, by which ways out, and what of a way out the world sees."""

import ipaddress
import socket
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.cli.dns.questions import Questions
from gateway.config import Config, Route
from gateway.config.kinds import is_loopback
from gateway.config.routes import route_for

# The servers of large providers do not send from the addresses at which they take mail: their SPF records tell. Where
# they sign in our name, they do so by these selectors.
_PROVIDERS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("office365.com", "spf.protection.outlook.com", ("selector1", "selector2")),
    ("outlook.com", "spf.protection.outlook.com", ("selector1", "selector2")),
    ("gmail.com", "_spf.google.com", ("google",)),
    ("google.com", "_spf.google.com", ("google",)),
    ("amazonaws.com", "amazonses.com", ()),
    ("sendgrid.net", "sendgrid.net", ("s1", "s2")),
    ("mailgun.org", "mailgun.org", ()),
    ("postmarkapp.com", "spf.mtasv.net", ()),
    ("mailjet.com", "spf.mailjet.com", ("mailjet",)),
)
_PRIVATE = tuple(
    map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16",
                               "100.64.0.0/10", "fc00::/7", "fe80::/10", "::1/128"))
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """Mail with a From in `domain` that leaves by `route`; `places` are the keys that say so."""

    domain: str
    route: Route
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What receivers see of a route, as far as that is known: the `ips` that mail comes from, or whose `include` tells.

    `is_ours`: our own host speaks to them, so its name and PTR are what they judge. `lost`: the server that is
    named and has no address anywhere.
    """

    ips: tuple[str, ...] = ()
    include: str = ""
    is_ours: bool = False
    selectors: tuple[str, ...] = ()  # by which a provider signs in our name, where it does
    how: str = ""
    lost: str = ""


def senders(cfg: Config) -> list[Sending]:
    """Every pair of a From domain and the route its mail takes, in the order of the file; folders are no way out."""
    found: dict[tuple[str, str], tuple[Route, list[str]]] = {}
    for place, address in _froms(cfg):
        route = route_for(cfg.routes, address)
        if route.way.is_server:
            found.setdefault((address.rpartition("@")[2], route.name), (route, []))[1].append(place)
    return [Sending(domain=key[0], route=route, places=tuple(places)) for key, (route, places) in found.items()]


def envelope_domain(cfg: Config, route: Route) -> tuple[str, str]:
    """The domain that SPF asks about automatic mail, and `mailfrom`, or `helo` where the envelope sender is empty."""
    automatic = route.way.automatic_from
    if automatic and automatic != "null":
        return str(automatic).rpartition("@")[2].lower(), "mailfrom"
    return route.way.helo or cfg.mail.host, "helo"


def domains(cfg: Config) -> list[str]:
    """Those that mail is sent to: of our addresses, and of every From, which people answer."""
    named = [address.rpartition("@")[2] for address in cfg.addresses()]
    named += [address.rpartition("@")[2] for _, address in _froms(cfg)]
    return list(dict.fromkeys(named))


def _froms(cfg: Config) -> Iterator[tuple[str, str]]:
    yield "mail.from", cfg.mail.from_.key
    for name, queue in cfg.queues.items():
        if queue.from_ is not None:
            yield f"queues.{name}.from", queue.from_.key


def seen_of(cfg: Config, route: Route, ask: Questions) -> Seen:
    """What receivers see of mail by this route. Raises Unanswered."""
    host = route.way.to.host
    for suffix, include, selectors in _PROVIDERS:
        if host == suffix or host.endswith(f".{suffix}"):
            how = f"{host} sends from the addresses of include:{include}"
            return Seen(include=include, selectors=selectors, how=how)
    own = _public(ask.addresses(route.way.helo or cfg.mail.host))
    if is_loopback(host):
        return Seen(ips=own, is_ours=True, how=f"an MTA on this machine sends, as {cfg.mail.host}: {_listed(own)}")
    try:
        there = [str(ipaddress.ip_address(host))]
    except ValueError:
        there = ask.addresses(host) or _by_this_machine(host)
    if not there:
        return Seen(lost=host, how=f"{host} has no address, so where mail comes from is not known")
    public = _public(there)
    if not public:  # inside our network; what the world sees is most likely our host
        return Seen(ips=own, is_ours=True, how=f"{host} is in our own network, so this host: {_listed(own)}")
    return Seen(
        ips=public, is_ours=bool(set(public) & set(own)), how=f"{host} sends, from {_listed(public)} presumably"
    )


def _by_this_machine(host: str) -> list[str]:
    """Its addresses by /etc/hosts and whatever else this machine asks, as delivery does."""
    try:
        return sorted({str(one[4][0]) for one in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)})
    except OSError:
        return []


def _public(ips: list[str]) -> tuple[str, ...]:
    return tuple(ip for ip in ips if not any(ipaddress.ip_address(ip) in network for network in _PRIVATE))


def _listed(ips: tuple[str, ...]) -> str:
    return ", ".join(ips) or "no address that DNS knows"
