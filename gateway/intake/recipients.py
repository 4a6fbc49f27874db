"""Is a recipient ours? The answer that RCPT gives, from the configuration and the token keys alone."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from gateway.config import Config
from gateway.tickets import token


class Standing(StrEnum):
    """What an address is to us."""

    OURS = "ours"
    UNKNOWN = "unknown"  # our domain, no such mailbox
    FOREIGN = "foreign"  # somebody else's domain: to accept it would be to relay
    FORGED = "forged"  # carries what looks like a token of ours and is not signed by us


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A judged address; `has_token`: it carries something with the shape of a token, good or forged."""

    standing: Standing
    queue: str = ""
    has_token: bool = False


# Everybody who takes mail for a domain takes mail for these (RFC 5321 section 4.5.1, RFC 2142).
_ALWAYS = ("postmaster", "abuse")
Judge = Callable[[str], Recipient]


def recipient_judge(cfg: Config, keys: token.Keys) -> Judge:
    """The judge of one configuration. Every `ours+anything@` is ours; only a forged token is refused.

    So are the postmaster and abuse@ of our domains, for the first queue where none is named; but not the admin's
    address: what we write to the admin must not come to us.
    """
    domains = {addr.rpartition("@")[2] for addr in cfg.addresses()}
    always = {"postmaster", *(f"{name}@{domain}" for name in _ALWAYS for domain in domains)}
    always.discard(cfg.gateway.admin.lower())
    first = next(iter(cfg.queues), None)

    def judge(addr: str) -> Recipient:
        tail = token.in_address(addr)
        has_token = tail is not None and token.looks_like_token(tail)
        queue = cfg.queue_for(addr) or (first if addr.lower() in always else None)
        if queue is None:
            domain = addr.rpartition("@")[2].lower()
            is_local = domain in domains or "@" not in addr
            return Recipient(standing=Standing.UNKNOWN if is_local else Standing.FOREIGN, has_token=has_token)
        if has_token and tail is not None and keys.read(tail) is None:
            return Recipient(standing=Standing.FORGED, has_token=True)
        return Recipient(standing=Standing.OURS, queue=queue, has_token=has_token)

    return judge
