"""What can go wrong, by who can mend it: the admin (ConfigError, RulesError), time (Temporary), nobody (Permanent)."""

from collections.abc import Sequence


class GatewayError(Exception):
    """Anything the gateway raises on purpose; its text is one sentence for a person."""


class ConfigError(GatewayError):
    """Every mistake of a configuration at once, each as `file:line: path: what is wrong`."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class RulesError(ConfigError):
    """Every mistake of a set of rules files at once, each as `file:line: rule "name": what is wrong`."""


class Temporary(GatewayError):
    """Try again later: the other side, the network, the disk or the database is not ready."""


class Conflict(Temporary):
    """Another transaction came first: what this one was decided on has changed; decide again at once."""


class Full(Temporary):
    """The disk or a budget is full; answered 452 rather than 451."""


class Permanent(GatewayError):
    """Trying again will not help."""
