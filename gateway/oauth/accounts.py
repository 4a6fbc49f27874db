"""Which mailboxes and ways out use tokens, by the names that people give to commands."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from gateway.config import Config, Oauth

Use = Literal["imap", "smtp"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """`name` is `imap:NAME` or that of a route; `user` whose mailbox it is; `oauth` how its tokens are had."""

    name: str
    user: str
    use: Use
    oauth: Oauth


def accounts(cfg: Config) -> Iterator[Account]:
    """Every account of the site that uses tokens."""
    for one in cfg.imap:
        if one.oauth is not None:
            yield Account(name=f"imap:{one.name}", user=one.user, use="imap", oauth=one.oauth)
    for route in sorted(cfg.routes, key=lambda one: not one.is_default):
        if route.way.oauth is not None:
            yield Account(name=route.name, user=route.way.to.user, use="smtp", oauth=route.way.oauth)
