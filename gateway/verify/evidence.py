"""The one page: everything that can be known of who wrote a mail, gathered under a budget and handed to `judge`.

No transaction may be open meanwhile: DNS may take five seconds. Nothing here raises on content, nor where DNS is down.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import import_module

from gateway.config import Config
from gateway.mail import Envelope, Mail
from gateway.mail.header import verbatim
from gateway.mail.header.signature import Signature
from gateway.tickets.auth_result import AuthResult, Dmarc, Result, Signed, Spf
from gateway.tickets.authentication import Evidence, Policy, a_label, judge, read_policy, strict_from
from gateway.verify import origin as origins
from gateway.verify import sender_policy, signatures
from gateway.verify.origin import Origin
from gateway.verify.resolver import Lookups, Resolver, Unanswered
from gateway.verify.suffixes import organisation

_AT_ONCE = 8  # mails that wait for DNS side by side


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One mail and how it came; `at` is when it did, by which signatures expire."""

    raw: bytes
    mail: Mail
    envelope: Envelope
    source: str
    at: datetime


def verify(arrival: Arrival, cfg: Config, resolver: Resolver) -> AuthResult:
    """What proves the sender of this mail. At most five seconds of DNS; for agents DNS is asked even if it seems down.

    The resolver asks where `cfg` says, whomever it asked before. A mail without one strict From is judged without DNS:
    nothing could prove it.
    """
    header = verbatim.read(arrival.raw)
    address, problem = strict_from(arrival.mail, header)
    if problem or not address:
        return AuthResult(from_addr=address, from_problem=problem, notes=(f"From: {problem}",))
    agent = cfg.agent_for(address)
    _load()
    resolver.serve(cfg.auth.dns)
    lookups = resolver.lookups(patient=agent is not None)
    origin = origins.find(arrival.source, arrival.envelope, header, cfg)
    domain = a_label(address.rpartition("@")[2])
    signed, carried = _signatures(arrival, header, domain, lookups)
    policy = _policy(domain, lookups)
    spf = _spf(origin, arrival.envelope, lookups)
    trusted = [source.removeprefix("header:") for source in cfg.auth.trust if source.startswith("header:")]
    login = arrival.envelope.auth_user
    seen = Evidence(
        from_addr=address,
        signed=signed,
        carried=carried,
        policy=policy,
        spf=spf,
        spf_asked=_is_host_known(origin, arrival.envelope),
        results=origins.vouched(origin, header, trusted, organisation),
        login_owns_from=bool(login) and login == agent,
        tenant=origins.is_from_tenant(origin, header, cfg.auth.m365_tenant or ""),
    )
    return judge(seen, trust=cfg.auth.trust, organisation=organisation)


@cache
def _load() -> None:
    """The libraries, before the first mail's five seconds begin: on a busy machine loading them takes as long."""
    for name in ("dkim.crypto", "dns.resolver", "nacl.signing"):
        import_module(name)

    sender_policy.load()
    organisation("example.com")


def verify_all(arrivals: Sequence[Arrival], cfg: Config, resolver: Resolver) -> list[AuthResult]:
    """As `verify`, eight at a time, in the order given."""
    if len(arrivals) < 2:
        return [verify(one, cfg, resolver) for one in arrivals]
    with ThreadPoolExecutor(min(_AT_ONCE, len(arrivals)), thread_name_prefix="verify") as pool:
        return list(pool.map(lambda one: verify(one, cfg, resolver), arrivals))


def _signatures(
    arrival: Arrival, header: verbatim.Header, domain: str, lookups: Lookups
) -> tuple[tuple[Signed, ...], tuple[tuple[str, str], ...]]:
    """The verdicts on five signatures, those of From's own domain first, and what every signature claims to be."""
    claims = signatures.read_all(header)
    nearest = sorted(claims, key=lambda one: _distance(one, domain))[: signatures.MAX_CHECKED]
    body = signatures.Body(arrival.raw, header.body)
    at = int(arrival.at.timestamp())
    signed = tuple(signatures.check(one, header, body, lookups, at) for one in nearest)
    return signed, tuple((one.domain, one.selector) for one in claims)


def _distance(claims: Signature, domain: str) -> int:
    if claims.domain == domain:
        return 0
    return 1 if claims.domain and organisation(claims.domain) == organisation(domain) else 2


def _policy(domain: str, lookups: Lookups) -> Policy | Dmarc | None:
    """The DMARC record of a domain or of the one it was registered under; a Dmarc where DNS does not say."""
    parent = organisation(domain)
    for place in dict.fromkeys((domain, parent)):
        try:
            texts = lookups.txt(f"_dmarc.{place}") if place else ()
        except Unanswered as error:
            return Dmarc(result=Result.TEMPERROR, why=str(error))
        records = [text.decode("ascii", "replace") for text in texts]
        records = [text for text in records if text.lstrip().startswith("v=DMARC1")]
        if len(records) > 1:
            return Dmarc(result=Result.PERMERROR, domain=place, why="there are two records")
        if records:
            policy = read_policy(records[0], place, of_subdomain=place != domain)
            return policy or Dmarc(result=Result.PERMERROR, domain=place, why="the record cannot be read")
    return None


def _is_host_known(origin: Origin, envelope: Envelope) -> bool:
    """Is there something to ask SPF about? Whoever logged in sends from anywhere."""
    return bool(origin.ip) and envelope.mail_from is not None and not envelope.auth_user


def _spf(origin: Origin, envelope: Envelope, lookups: Lookups) -> Spf:
    if _is_host_known(origin, envelope):
        mail_from = envelope.mail_from or ""
        return sender_policy.check(ip=origin.ip, helo=origin.helo, mail_from=mail_from, lookups=lookups)
    if envelope.auth_user:
        return Spf(why="whoever sent it logged in")
    return Spf(why=origin.why or "it came without an envelope")
