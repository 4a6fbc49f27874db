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


Judge = Callable[[str], Recipient]


def recipient_judge(cfg: Config, keys: token.Keys) -> Judge:
    """The judge of one configuration. Every `ours+anything@` is ours; only a forged token is refused."""
    domains = {addr.rpartition("@")[2] for addr in cfg.addresses()}

    def judge(addr: str) -> Recipient:
        tail = token.in_address(addr)
        has_token = tail is not None and token.looks_like_token(tail)
        queue = cfg.queue_for(addr)
        if queue is None:
            domain = addr.rpartition("@")[2].lower()
            # A bare `<postmaster>` has no domain and means ours.
            is_local = domain in domains or "@" not in addr
            return Recipient(standing=Standing.UNKNOWN if is_local else Standing.FOREIGN, has_token=has_token)
        if has_token and tail is not None and keys.read(tail) is None:
            return Recipient(standing=Standing.FORGED, has_token=True)
        return Recipient(standing=Standing.OURS, queue=queue, has_token=has_token)

    return judge
