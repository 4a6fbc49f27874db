"""Where a mail came from, as far as we may believe it: the sending host, and who can have written headers for us.

A header is believed only where the last one to handle the mail before us is ours: a mailbox we poll, a relay in
trusted_relays, a local MTA at our unix socket. Over open SMTP anybody can write any header (T77), and over LMTP on a
port of this machine anybody who is on it.
"""

import ipaddress
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from gateway.config import Config, Imap
from gateway.mail import Envelope
from gateway.mail.header import received, results, verbatim
from gateway.mail.header.results import Results
from gateway.tickets.authentication import Organisation

_MAX_HOPS = 10  # of our own, behind one another
_MAX_RESULTS = 20  # fields that are looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """`ip` and `helo` are the sending host's, with `why` not where they are not known. `is_ours`: the last hop is.

    `hosts` are names of ours by which such a hop calls itself; `is_microsoft`: a mailbox at Microsoft 365.
    """

    ip: str = ""
    helo: str = ""
    why: str = ""
    is_ours: bool = False
    hosts: tuple[str, ...] = ()
    is_microsoft: bool = False


def find(source: str, envelope: Envelope, header: verbatim.Header, cfg: Config) -> Origin:
    """The origin of a mail by its source (`smtp`, `lmtp`, `pipe`, `import`, `imap:NAME`) and its peer."""
    kind, _, name = source.partition(":")
    if kind == "imap":
        return _mailbox(next((one for one in cfg.imap if one.name == name), None))
    if kind == "import":
        return Origin(why="it was filed as old mail")
    own = (cfg.mail.host,)
    if kind == "pipe" or (kind == "lmtp" and not envelope.peer):  # by our own user, or through a socket of our group
        return _behind(header, cfg, own)
    try:
        peer = _address(envelope.peer)
    except ValueError:
        return Origin(why="it came without a peer")
    if is_relay(envelope.peer, cfg):
        return _behind(header, cfg, (*own, envelope.helo.lower()))
    if peer.is_loopback:
        return Origin(why=f"{peer} is this machine; name it in trusted_relays where it passes on mail of others")
    return Origin(ip=str(peer), helo=envelope.helo)


def is_relay(peer: str, cfg: Config) -> bool:
    """Is this peer one of our own MTAs?"""
    try:
        address = _address(peer)
    except ValueError:
        return False
    return any(address in network for smtp in cfg.smtp for network in smtp.trusted_relays)


def _mailbox(account: Imap | None) -> Origin:
    if account is None:
        return Origin(why="its mailbox is not in the configuration any more")
    return Origin(
        why="a mailbox does not tell the sending host",
        is_ours=True,
        hosts=(account.host,),
        is_microsoft=account.is_microsoft,
    )


def _behind(header: verbatim.Header, cfg: Config, hosts: tuple[str, ...]) -> Origin:
    """The first host that is none of ours, by the Received lines of those that are, from the top (RFC 7208 9.3)."""
    for field in header.all("received")[:_MAX_HOPS]:
        hop = received.hop(field.value)
        if not hop.ip:
            break
        is_inside = _address(hop.ip).is_loopback or is_relay(hop.ip, cfg)
        if not is_inside:
            return Origin(ip=hop.ip, helo=hop.helo, is_ours=True, hosts=hosts)
    return Origin(is_ours=True, hosts=hosts, why="our relay's Received line does not tell the sending host")


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    address = ipaddress.ip_address(text.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


# ---- what servers of ours say --------------------------------------------------------------------------------------


def vouched(
    origin: Origin, header: verbatim.Header, trusted: Sequence[str], organisation: Organisation
) -> tuple[Results, ...]:
    """The topmost Authentication-Results of each server, of those above the first Received line that is not ours.

    Lines of ours are those of `trusted` servers, of the origin's hosts, and of hosts without a public name. Microsoft
    writes no id; its field counts where the mailbox is there, under `""`.
    """
    if not origin.is_ours:
        return ()
    found: dict[str, Results] = {}
    houses = {organisation(host) or host for host in (*trusted, *origin.hosts) if host}
    for field in _above(header, lambda by: _is_inside(by, houses, organisation)):
        said = results.parse(field.value)
        if said is None:  # it may be ours, made unreadable by what the sender called himself; below stands his own
            break
        if said.server or origin.is_microsoft:
            found.setdefault(said.server, said)
    return tuple(found.values())


def _above(header: verbatim.Header, is_inside: Callable[[str], bool]) -> Iterator[verbatim.Field]:
    count = 0
    for field in header.fields:
        if field.name == "received" and not is_inside(received.hop(field.value).by):
            return
        if field.name == "authentication-results":
            count += 1
            if count > _MAX_RESULTS:
                return
            yield field


def _is_inside(by: str, houses: set[str], organisation: Organisation) -> bool:
    """Did a host of ours write this Received line? One without a name that DNS could know is inside somebody's house:
    above all foreign lines that is ours.
    """
    if not by or "." not in by or by.endswith((".local", ".internal", ".lan", ".localdomain")):
        return True
    try:
        ipaddress.ip_address(by.strip("[]").removeprefix("ipv6:"))
        return True
    except ValueError:
        return (organisation(by) or by) in houses


def is_from_tenant(origin: Origin, header: verbatim.Header, tenant: str) -> bool:
    """Does Microsoft 365 say that a mail of this mailbox comes from inside the tenant (a GUID)?

    It takes `X-MS-Exchange-Organization-` fields out of mail from outside. The fields on the tenant alone may come
    from another one, so both have to stand there, each once.
    """
    if not tenant or not origin.is_microsoft:
        return False
    said = {
        name: [field.value.strip().lower() for field in header.all(name)]
        for name in ("x-ms-exchange-organization-authas", "x-ms-exchange-crosstenant-id")
    }
    return list(said.values()) == [["internal"], [tenant.lower()]]
