"""config.toml, checked and frozen. `load` gives a `Config` or every mistake at once, with file and line."""

from gateway.config.kinds import Listen, Target
from gateway.config.load import load
from gateway.config.routes import Route, route_for
from gateway.config.schema import Config
from gateway.config.schema_channels import Auth, Imap, Oauth, Smtp, Source
from gateway.config.schema_delivery import Delivery, Way
from gateway.config.schema_desk import Agent, Calendar, Queue, Sla, Step
from gateway.config.schema_site import Gateway, Limits, Mail
from gateway.config.secret import Secret
from gateway.config.units import Rate
from gateway.tickets.duration import Budget, Moment

__all__ = [
    "Agent",
    "Auth",
    "Budget",
    "Calendar",
    "Config",
    "Delivery",
    "Gateway",
    "Imap",
    "Limits",
    "Listen",
    "Mail",
    "Moment",
    "Oauth",
    "Queue",
    "Rate",
    "Route",
    "Secret",
    "Sla",
    "Smtp",
    "Source",
    "Step",
    "Target",
    "Way",
    "load",
    "route_for",
]
