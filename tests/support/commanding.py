"""A site as commands name it, on Friday 27 November 2026 at 15:00 in Prague, and short ways to a script."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from gateway.mail import Mail
from gateway.mail import read as read_mail
from gateway.tickets.commands import Field, Names
from gateway.tickets.script import Script, read
from gateway.tickets.subject import NumberFormat
from support.agent_clients import plain_mail

NOW = datetime(2026, 11, 27, 14, 0, tzinfo=UTC)
PRAGUE = ZoneInfo("Europe/Prague")
OURS = frozenset(("support@acme.example", "billing@acme.example"))
NAMES = Names(
    now=NOW,
    zone=PRAGUE,
    numbers=NumberFormat(tag="Acme"),
    me="carol",
    agents={"carol": "Carol Reyes", "dave": "Dave Okafor", "carl": "Karel Dvořák", "dan": "Dan Okafor"},
    addresses={"carol@acme.example": "carol", "dave@acme.example": "dave"},
    queues={"support": "Support", "billing": "Money and bills", "returns": "Returns"},
    types=("question", "problem", "request", "complaint"),
    categories=("billing/refund", "billing/copy", "advice"),
    areas=("login", "order/delivery", "order/payment", "invoice"),
    impacts=("blocking", "major", "minor", "none"),
    priorities=("low", "normal", "high", "urgent"),
    statuses={
        **dict.fromkeys(("new", "open", "waiting", "on_hold", "resolved", "closed"), ""),
        "at_supplier": "At the supplier",
    },
    canned=("out-of-stock", "opening-hours"),
    fields={"order": Field(title="Order number"), "shop": Field(values=("prague", "brno"))},
    is_ours=OURS.__contains__,
)


def script_of(text: str, names: Names = NAMES) -> Script:
    """The script of a plain mail with this text alone."""
    return read(mail_of(text), names)


def mail_of(text: str) -> Mail:
    return read_mail(plain_mail(text))


def given(script: Script) -> list[tuple[str, Any]]:
    """Commands and arguments, in order."""
    return [(call.command, call.argument) for call in script.calls]


def kinds(script: Script) -> list[str]:
    return [str(one.kind) for one in script.misread]
