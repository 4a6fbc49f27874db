"""The desk: queues, agents, working hours, SLAs, and what a site adds to tickets."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, PlainValidator, model_validator

from gateway.config import kinds
from gateway.config.hours import WEEKDAYS, days_of, opening, times_of_day
from gateway.config.schema_delivery import OwnWay
from gateway.config.section import Section, by_name, did_you_mean, key
from gateway.tickets import duration
from gateway.tickets.calendar import Span
from gateway.tickets.status import Status as TicketStatus
from gateway.tickets.tag import is_tag

PRIORITIES = ("low", "normal", "high", "urgent")
STATUSES = tuple(TicketStatus)
Priority = Literal["low", "normal", "high", "urgent"]
Notice = Literal[
    "new", "assigned", "answered", "taken", "due", "overdue", "mentioned", "undelivered", "held", "digest", "report",
    "transcript",
]  # fmt: skip

_DO = ("notify", "priority", "assign", "queue", "status", "tag", "reply", "note")
_AREA = re.compile(r"[^\s/,#\[\]]([^/,#\[\]]{0,38}[^\s/,#\[\]])?")


def _country(value: object) -> str:
    text = kinds.text_of(value, "CZ").strip()
    if not re.fullmatch(r"[A-Z]{2}(-[A-Z0-9]{1,4})?", text, re.ASCII):
        raise ValueError(f'is no country code: "{text[:60]}"; write such as "CZ", or "DE-BY" with a region')
    return text


def _clock_of(value: object) -> object:
    """One duration stands for every priority."""
    if isinstance(value, dict):
        return value
    span = _budget(value)
    return dict.fromkeys(PRIORITIES, span)


def _budget(value: object) -> duration.Budget:
    if isinstance(value, duration.Budget):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise ValueError(f'must be text with a unit, such as "4 h" or "2 business days", not the number {value}')
    return duration.budget(kinds.text_of(value, "4 h"))


def _do(value: object) -> str:
    text = kinds.text_of(value, "notify:assignee")
    verb, argument = deed(text)
    if verb not in _DO or not argument:
        guess = did_you_mean(verb, _DO)
        raise ValueError(f'cannot do "{text.strip()[:60]}"{guess or "; write such as notify:assignee, priority:+1"}')
    if verb == "priority" and argument not in ("+1", "-1", *PRIORITIES):
        raise ValueError(f'knows no priority "{argument[:40]}"; write +1, -1, {", ".join(PRIORITIES)}')
    if verb == "tag":
        argument = _tag(argument)
    if verb == "notify" and "@" in argument:
        argument = kinds.addr(argument)
    return f"{verb}:{argument}"


def deed(text: str) -> tuple[str, str]:
    """`"notify: lead"` -> what a step does, and to whom or what."""
    verb, _, argument = text.partition(":")
    return verb.strip(), argument.strip()


def _area(value: object) -> str:
    text = kinds.text_of(value, "order/delivery").strip()
    parts = text.split("/")
    if len(parts) > 2 or not all(_AREA.fullmatch(part) for part in parts):
        raise ValueError(f'is no area: "{text[:60]}"; write "name" or "name/part" without commas, "#" and brackets')
    return text


class Queue(Section):
    """Where tickets wait, owned by a team."""

    title: str = key("Its name for people; by default its key.", "")
    agents: tuple[str, ...] = key("Who works here, in the order they are asked.", ())
    lead: str | None = key("Who is told next, and what nobody took.", None)
    sla: str | None = key("Which [sla] holds here.", None)
    from_: kinds.Mailbox | None = key("The sender of this queue's mails; mail.from where left out.", None, alias="from")
    signature: kinds.Text = key("Stands under this queue's mails.", "")
    language: kinds.Language | None = key("The language of this queue's mails.", None)
    delivery: OwnWay | None = key("Another way out for its mails, as [delivery]; needs a from of its own.", None)
    reopen_for: kinds.Duration | None = key("Instead of mail.reopen_for.", None)
    addresses: tuple[kinds.AddrKey, ...] = key("Addresses of its own, beside [mail.addresses].", ())


class Agent(Section):
    """Who works tickets."""

    name: str = key("For people; by default the key.", "")
    addresses: tuple[kinds.AddrKey, ...] = key("The first gets the notices; mail from any is this agent's.")
    skills: tuple[kinds.Line, ...] = key("What rules may ask for with need.skills.", ())
    max_open: int | None = key("No more is assigned by strategy while this many are open.", None, low=1, high=100_000)
    notify: tuple[Notice, ...] = key(
        "Which notices; also held, transcript, digest (as [digest]) and report (as [report]).",
        ("new", "assigned", "answered", "taken", "due", "overdue", "mentioned", "undelivered"),
    )
    role: Literal["agent", "lead"] = key("A lead may also merge tickets and mark spam, by command.", "agent")
    calendar: str | None = key("Working hours, for assignment.", None)
    quiet: Annotated[tuple[Span, ...], PlainValidator(times_of_day)] = key(
        "When no word of due and overdue tickets comes: it waits until the end.", ""
    )
    language: kinds.Language | None = key("The language of the notices; mail.language where left out.", None)
    left: kinds.Switch = key(
        "Works here no longer: mail from this agent acts no more, nothing is sent or assigned.", False
    )
    successor: str | None = key("Who gets the open tickets of one who has left.", None)


class Calendar(Section):
    """Working hours. Days are keys: `mon-fri = "09:00-17:00"`, and a single day beats a range."""

    timezone: kinds.Timezone = key("Whose clock the hours are by.", "UTC")
    holidays: Annotated[str, PlainValidator(_country)] | None = key(
        "Public holidays of CZ, or of a region, DE-BY.", None
    )
    closed: tuple[kinds.Day, ...] = key("Further days without work.", ())
    open: Mapping[kinds.Day, Annotated[tuple[Span, ...], PlainValidator(opening)]] = key(
        "Single days with hours of their own, holidays or not.", {}
    )
    days: Mapping[str, Annotated[tuple[Span, ...], PlainValidator(opening)]] = key("Hours by day or range of days.", {})

    @model_validator(mode="before")
    @classmethod
    def _gather_days(cls, value: Any) -> Any:
        if not isinstance(value, dict) or "days" in value:
            return value
        known = {name: part for name, part in value.items() if name in cls.model_fields}
        return {**known, "days": {name: part for name, part in value.items() if name not in known}}

    def hours(self, weekday: int) -> tuple[Span, ...]:
        """The spans of a weekday (0 is Monday); `()` is closed, an end of 00:00 the end of the day."""
        found: tuple[Span, ...] = ()
        width = len(WEEKDAYS) + 1
        for name, spans in self.days.items():
            days = days_of(name)
            if weekday in days and len(days) < width:
                found, width = spans, len(days)
        return found


class Step(Section):
    """Something to do when a share of a clock's time is used up."""

    of: Literal["first_response", "next_response", "resolution"] = key("Which clock.")
    at: kinds.Moment = key('A share of the time ("80%"), or an offset from the due time ("-30m").')
    do: tuple[Annotated[str, PlainValidator(_do)], ...] = key(
        "What to do: notify:WHO, priority:+1, assign:WHO, tag:WORD ..."
    )
    every: Annotated[duration.Budget, PlainValidator(_budget)] | None = key(
        "Again after so much working time; once where left out.", None
    )
    times: int | None = key("How often in all, with every.", None, low=1, high=100)


Clock = Annotated[Mapping[Priority, Annotated[duration.Budget, PlainValidator(_budget)]], BeforeValidator(_clock_of)]


class Sla(Section):
    """What we promise: three clocks, each one duration or a table by priority."""

    calendar: str | None = key("Working hours; around the clock where left out.", None)
    first_response: Clock | None = key("From the first mail to our first answer.", None)
    next_response: Clock | None = key("From any later mail to our next answer.", None)
    resolution: Clock | None = key("From the first mail until resolved.", None)
    step: tuple[Step, ...] = key("What happens on the way, each as [[sla.NAME.step]].", ())

    def clocks(self) -> Iterator[tuple[str, Mapping[Priority, duration.Budget]]]:
        """The clocks that run, with their budgets by priority."""
        for name in ("first_response", "next_response", "resolution"):
            clock = getattr(self, name)
            if clock is not None:
                yield name, clock


class Field(Section):
    """A field of the site's own on every ticket."""

    title: str = key("Its name for people; by default its key.", "")
    pattern: kinds.Regex | None = key("What a value must match, whole.", None)
    values: tuple[kinds.Line, ...] = key("The only values allowed; any where left out.", ())


class Areas(Section):
    """What tickets may be about."""

    values: tuple[Annotated[str, PlainValidator(_area)], ...] = key("Names, or name/part.", ())


class Categories(Section):
    """How tickets may be sorted."""

    values: tuple[Annotated[str, PlainValidator(_area)], ...] = key("Names, or name/part; any where left out.", ())


def _domain(value: object) -> str:
    text = kinds.text_of(value, "big.example").strip().lower()
    return f"*.{kinds.host(text[2:])}" if text.startswith("*.") else kinds.host(text)


def _tag(value: object) -> str:
    text = kinds.text_of(value, "vip").strip()
    if not is_tag(text):
        raise ValueError(f'is no tag: "{text[:60]}"; write one word without commas, "#" and quotes')
    return text


class Organisation(Section):
    """Customers that belong together, known by the domains of their addresses."""

    title: str = key("Its name for people; by default its key.", "")
    domains: tuple[Annotated[str, PlainValidator(_domain)], ...] = key(
        'Whose addresses are its people\'s; "*.big.example" stands for all below big.example.'
    )
    sla: str | None = key("Which [sla] holds for its tickets, unless a rule says otherwise.", None)
    agents: tuple[str, ...] = key("Who is asked first for its tickets, in this order.", ())
    tags: tuple[Annotated[str, PlainValidator(_tag)], ...] = key(
        "What rules see in sender.tags, beside the person's own.", ()
    )


class PriorityRow(Section):
    """One row of the table: all that stands in it must fit."""

    type: Literal["question", "problem", "request", "complaint"] | None = key("The type; any where left out.", None)
    impact: Literal["blocking", "major", "minor", "none"] | None = key("The impact; any where left out.", None)
    seen: int | None = key("At least so many like it came lately; any number where left out.", None, low=1, high=10**6)
    set: Priority = key("The priority.")


class PriorityTable(Section):
    """The priority where no rule and no person sets it: the first row that fits, else normal."""

    by: Literal["area", "category", "type", "queue", "organisation", "sender"] = key(
        "Which tickets are like it, for seen and occurrence: those with the same value of this.", "area"
    )
    within: kinds.Duration = key("How far back they are counted.", "1 h")
    row: tuple[PriorityRow, ...] = key("Row by row, each as [[priority.row]].", ())


def _builtin_status(value: object) -> str:
    text = kinds.text_of(value, "on_hold")
    if text not in STATUSES:
        guess = did_you_mean(text, STATUSES)
        raise ValueError(f'names no status of ours: "{text[:60]}"{guess or "; write one of " + ", ".join(STATUSES)}')
    return text


class StatusName(Section):
    """A status of the site's own, or labels for one of ours."""

    like: Annotated[str, PlainValidator(_builtin_status)] | None = key("The status of ours it behaves like.", None)
    moves: tuple[str, ...] | None = key("Where rules and people may set it to go; anywhere where left out.", None)
    labels: Mapping[kinds.Language, kinds.Line] = by_name("What people read, by language.")
