"""PURE. The commands that agents give, by mail and with `gateway do`: one table, and what may stand behind each."""

from gateway.tickets.commands.command import Command, Topic
from gateway.tickets.commands.names import Names
from gateway.tickets.commands.table import BY_WORD, COMMANDS
from gateway.tickets.commands.values import (
    Argument,
    Assign,
    Call,
    Field,
    FieldValue,
    Filter,
    How,
    Kind,
    Misread,
    Needs,
    People,
    Reminder,
    Role,
    Script,
    Spent,
    Tags,
    Unreadable,
    Use,
    When,
)

__all__ = [
    "BY_WORD",
    "COMMANDS",
    "Argument",
    "Assign",
    "Call",
    "Command",
    "Field",
    "FieldValue",
    "Filter",
    "How",
    "Kind",
    "Misread",
    "Names",
    "Needs",
    "People",
    "Reminder",
    "Role",
    "Script",
    "Spent",
    "Tags",
    "Topic",
    "Unreadable",
    "Use",
    "When",
]
