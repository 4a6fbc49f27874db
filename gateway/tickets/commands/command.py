"""What the table of commands says of each."""

from dataclasses import dataclass
from enum import StrEnum

from gateway.tickets.commands import arguments
from gateway.tickets.commands.values import Needs, Role, Use


class Topic(StrEnum):
    """The headings of the manual."""

    TEXT = "The text of your mail"
    STATUS = "Where the ticket stands"
    WORK = "Who works on it, and what it is"
    DATES = "Dates and time"
    PEOPLE = "People"
    OTHERS = "Other tickets"
    NEW = "A new ticket"
    ASK = "Asking"
    SELF = "You"
    MAIL = "This mail, and what waits"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command. `words`: how it may be written, its name first; `usage`: the same with what stands behind it.

    `takes`: what it makes of the text below the commands. `many`: may stand several times in one mail. `asks`: answers
    or concerns the agent alone, so that a text below it has no addressee. `by_mail`: means nothing at the command line.
    """

    topic: Topic
    usage: str
    manual: str
    argument: arguments.Parser = arguments.nothing
    also: tuple[str, ...] = ()
    role: Role = Role.AGENT
    needs: Needs = Needs.TICKET
    takes: Use | None = None
    many: bool = False
    asks: bool = False
    by_mail: bool = False

    @property
    def name(self) -> str:
        return self.usage.partition(" ")[0]

    @property
    def words(self) -> tuple[str, ...]:
        return (self.name, *self.also)

    @property
    def typed(self) -> str:
        """The usage as it stands in a mail."""
        return f"#{self.usage}"
