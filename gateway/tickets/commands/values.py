"""What commands are given and what comes of reading them: frozen values, valid when made.

Whoever carries out a call may trust its argument: names are keys of the site, instants are aware, numbers positive.
Whether a ticket of that number exists is not known here.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from gateway.mail import Address

SHOWN = 80  # characters of a line that are repeated in a sentence


class Role(StrEnum):
    """What an agent may do: `[agents.x] role`."""

    AGENT = "agent"
    LEAD = "lead"  # also what cannot be taken back


class Needs(StrEnum):
    """What a command is about."""

    TICKET = "ticket"
    NOTHING = "none"


class Use(StrEnum):
    """What the text below the commands is."""

    NOTHING = ""  # there is none
    REPLY = "reply"  # to the customer
    NOTE = "note"  # for agents
    DESCRIPTION = "description"  # of the ticket
    QUESTION = "question"  # to a third party
    OPENING = "opening"  # of a new ticket


class Kind(StrEnum):
    """Why a line was not read."""

    UNKNOWN = "unknown"  # no such command
    LOOKALIKE = "lookalike"  # letters or a sign that only look like the right ones
    SPACED = "spaced"  # "# note"
    DECORATED = "decorated"  # "*#note*", "- #close"
    ARGUMENT = "argument"  # what stands behind the command is wrong
    MISSING = "missing"  # nothing stands behind it, or no text below it
    AMBIGUOUS = "ambiguous"  # it may mean several things
    PAST = "past"  # a date that has been
    CONFLICT = "conflict"  # two commands that exclude each other
    REPEATED = "repeated"
    BELOW_TEXT = "below_text"
    TOO_MANY = "too_many"
    WRAPPED = "wrapped"  # the next line may belong to it
    DIFFERS = "differs"  # text and HTML of one mail say different things
    UNSAFE = "unsafe"  # what was typed is not surely what was read
    AUTOMATIC = "automatic"  # a machine sent it
    ROLE = "role"
    NO_TICKET = "no_ticket"


class Unreadable(ValueError):
    """An argument that cannot be read. The message says what is wrong and what to write instead."""

    def __init__(self, kind: Kind, why: str) -> None:
        super().__init__(why)
        self.kind = kind


# ---- arguments -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """An instant a person named: `at` in UTC, `day` on the clock of whoever named it.

    `is_day`: no time of day was given, `at` is the hour of that day that fits the command.
    """

    at: datetime
    day: date
    is_day: bool


class How(StrEnum):
    """How a ticket is to be assigned."""

    AGENT = "agent"  # to the one named
    ROTA = "rota"
    BALANCE = "balance"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign:
    """`agent` is a key where `how` is AGENT, else `""`."""

    how: How
    agent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """Tags to add and to take away; none is in both."""

    add: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Whose copies begin and end; nobody is in both."""

    add: tuple[Address, ...] = ()
    drop: tuple[Address, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """When to remind, and of what (`""`: of the ticket)."""

    when: When
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Time spent, and on what."""

    time: timedelta
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldValue:
    """A value for a field of the site's own."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which tickets to list: any of each kind, all kinds together. Without statuses those that are not done with.

    An assignee None is nobody; a filter of nothing at all means one's own.
    """

    statuses: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    assignees: tuple[str | None, ...] = ()
    priorities: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    overdue: bool = False


Argument = (
    None | str | When | Assign | Tags | People | Address | Reminder | Spent | FieldValue | Filter | tuple[int, ...]
)


# ---- what was read -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One command that was read: its name in the table, its argument, the line as written, the number of that."""

    command: str
    argument: Argument
    line: str
    at: int = 0  # from 1, in the text that was read; 0 where it stood in none


@dataclass(frozen=True, slots=True, kw_only=True)
class Misread:
    """A line that was not read. `say` tells in one line what, where, and what to write instead.

    `command`: whose manual helps, `""` where that is not known.
    """

    line: str
    kind: Kind
    say: str
    command: str = ""
    at: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A mail as its commands have it. With any misread nothing of it may be carried out or sent.

    `rest`: the text below the block of commands. `text`: that, with what stood behind the command that takes it, and
    `""` where all of it is the agent's signature below commands.
    """

    calls: tuple[Call, ...] = ()
    rest: str = ""
    misread: tuple[Misread, ...] = ()
    use: Use = Use.NOTHING
    text: str = ""

    def call(self, name: str) -> Call | None:
        """The first call of a command, or None."""
        return next((one for one in self.calls if one.command == name), None)

    @property
    def is_dry(self) -> bool:
        """What would happen is to be told, and nothing done."""
        return self.call("dry") is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of the site's own: its title, and the only values it may have (any where `()`).

    `pattern` is what a value must match, as the site's file has it; matching is not done here.
    """

    title: str = ""
    values: tuple[str, ...] = field(default=())
    pattern: str = ""


def shown(line: str) -> str:
    """A line as a sentence may repeat it."""
    line = " ".join(line.split())
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 3]}..."
