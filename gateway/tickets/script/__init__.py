"""PURE. What an agent's mail says: its commands, and the text that is left, or the lines that could not be read."""

from gateway.tickets.commands import Call, Misread, Names, Script, Use
from gateway.tickets.script.agree import forbidden, without_ticket
from gateway.tickets.script.read import read, read_line

__all__ = ["Call", "Misread", "Names", "Script", "Use", "forbidden", "read", "read_line", "without_ticket"]
