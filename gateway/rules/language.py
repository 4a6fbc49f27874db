"""The language of rules files, as tables: what can be asked (fields, operators), done (actions), and when (triggers).

A new field, operator, action or trigger is a row here, a value in `facts.py` or a closure in `compile.py`.
"""

from dataclasses import dataclass
from enum import StrEnum

from gateway.mail import Kind

PRIORITIES = ("low", "normal", "high", "urgent")
TYPES = ("question", "problem", "request", "complaint")
IMPACTS = ("blocking", "major", "minor", "none")
AUTH = ("pass", "fail", "none", "temperror", "permerror")


class Shape(StrEnum):
    """What sort of value a field has; it decides which operators there are."""

    TEXT = "text"
    ADDRESS = "address"
    NAME = "name"
    RANK = "priority"
    TAGS = "list of tags"
    FLAG = "true or false"
    SIZE = "size"
    NUMBER = "number"
    SPAN = "duration"
    DAY = "day"
    HOURS = "working hours"
    SEEN = "count"


class Operand(StrEnum):
    """What stands right of the `=`; `operands.py` reads each."""

    WORDS = "words"
    TEXTS = "texts"
    PATTERNS = "patterns"
    GLOBS = "globs"
    NAMES = "names"
    PARTS = "parts"
    RANKS = "ranks"
    RANK = "rank"
    TAGS = "tags"
    MEMBERS = "members"
    FLAG = "flag"
    SIZE = "size"
    NUMBER = "number"
    SPAN = "span"
    DAYS = "days"
    PERIOD = "period"
    CALENDARS = "calendars"
    LISTS = "lists"
    SEEN = "seen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """The operators of a shape, and which of them the bare value means."""

    bare: str
    takes: dict[str, Operand]
    example: str


_O = Operand
_PARTS = {"contains": _O.PARTS, "starts": _O.PARTS, "ends": _O.PARTS, "matches": _O.PATTERNS}

ASKING: dict[Shape, Asking] = {
    Shape.TEXT: Asking(
        bare="words",
        takes={"words": _O.WORDS, "is": _O.TEXTS, "in": _O.TEXTS, **_PARTS, "has": _O.FLAG, "list": _O.LISTS},
        example='["refund*", "not delivered"]',
    ),
    Shape.ADDRESS: Asking(
        bare="in",
        takes={"in": _O.GLOBS, "is": _O.GLOBS, **_PARTS, "has": _O.FLAG, "list": _O.LISTS},
        example='"*@acme.example"',
    ),
    Shape.NAME: Asking(
        bare="is",
        takes={"is": _O.NAMES, "in": _O.NAMES, **_PARTS, "has": _O.FLAG, "list": _O.LISTS},
        example='"billing"',
    ),
    Shape.RANK: Asking(
        bare="is", takes={"is": _O.RANKS, "in": _O.RANKS, "over": _O.RANK, "under": _O.RANK}, example='"high"'
    ),
    Shape.TAGS: Asking(
        bare="has", takes={"has": _O.MEMBERS, "in": _O.TAGS, "list": _O.LISTS}, example='["vip", "money"]'
    ),
    Shape.FLAG: Asking(bare="is", takes={"is": _O.FLAG}, example="true"),
    Shape.SIZE: Asking(bare="over", takes={"over": _O.SIZE, "under": _O.SIZE}, example='"1 MB"'),
    Shape.NUMBER: Asking(bare="is", takes={"is": _O.NUMBER, "over": _O.NUMBER, "under": _O.NUMBER}, example="5"),
    Shape.SPAN: Asking(
        bare="over", takes={"over": _O.SPAN, "older": _O.SPAN, "under": _O.SPAN}, example='"7 days"'
    ),
    Shape.DAY: Asking(
        bare="is",
        takes={"is": _O.DAYS, "in": _O.DAYS, "between": _O.PERIOD, "older": _O.SPAN},
        example='["2026-12-24", "2026-12-31"]',
    ),
    Shape.HOURS: Asking(bare="inside", takes={"inside": _O.CALENDARS, "outside": _O.CALENDARS}, example='"office"'),
    Shape.SEEN: Asking(
        bare="seen", takes={"seen": _O.SEEN}, example='{ by = "area", within = "1 h", over = 5 }'
    ),
}  # fmt: skip

# Shapes for which a bare value would be a riddle: they are always asked with an operator.
ALWAYS_WITH_OPERATOR = frozenset({Shape.SIZE, Shape.SPAN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """What can be asked of a mail or its ticket. `closed` or `named` (a kind of `Names`) say which values exist."""

    name: str
    shape: Shape
    doc: str
    closed: tuple[str, ...] = ()
    named: str = ""


_S = Shape
FIELDS: dict[str, Field] = {
    row.name: row
    for row in (
        Field(name="text", shape=_S.TEXT, doc="subject or body"),
        Field(name="subject", shape=_S.TEXT, doc="the subject"),
        Field(name="body", shape=_S.TEXT, doc="what the sender wrote this time, without quotes"),
        Field(name="from", shape=_S.ADDRESS, doc="who the mail says it is from"),
        Field(name="to", shape=_S.ADDRESS, doc="any address under To"),
        Field(name="cc", shape=_S.ADDRESS, doc="any address under Cc"),
        Field(name="reply_to", shape=_S.ADDRESS, doc="any address under Reply-To"),
        Field(name="recipient", shape=_S.ADDRESS, doc="our address that the mail was for"),
        Field(name="mailbox", shape=_S.NAME, doc="the name of the IMAP mailbox it lay in"),
        Field(name="source", shape=_S.NAME, doc="smtp, imap:NAME, pipe or import"),
        Field(name="attachment", shape=_S.TEXT, doc="the name of any attachment"),
        Field(name="has_attachment", shape=_S.FLAG, doc="whether anything is attached"),
        Field(name="size", shape=_S.SIZE, doc="the size of the whole mail"),
        Field(name="language", shape=_S.NAME, doc="the language of the text, such as en or cs"),
        Field(name="kind", shape=_S.NAME, doc="what sort of sender wrote it", closed=tuple(Kind)),
        Field(name="auth", shape=_S.NAME, doc="whether the sender is who he says", closed=AUTH),
        Field(name="spam", shape=_S.NUMBER, doc="the points a spam filter in front gave"),
        Field(name="sender.known", shape=_S.FLAG, doc="whether the sender has written before"),
        Field(name="sender.agent", shape=_S.FLAG, doc="whether the sender is an agent"),
        Field(name="sender.domain", shape=_S.NAME, doc="what stands behind the @"),
        Field(name="sender.tags", shape=_S.TAGS, doc="tags of the person and the organisation"),
        Field(name="organisation", shape=_S.NAME, doc="the sender's organisation", named="organisations"),
        Field(name="queue", shape=_S.NAME, doc="where the ticket waits", named="queues"),
        Field(name="status", shape=_S.NAME, doc="the ticket's status", named="statuses"),
        Field(name="priority", shape=_S.RANK, doc="low, normal, high or urgent", closed=PRIORITIES),
        Field(name="type", shape=_S.NAME, doc="question, problem, request or complaint", closed=TYPES),
        Field(name="category", shape=_S.NAME, doc="the category; a name holds its parts", named="category_branches"),
        Field(name="area", shape=_S.NAME, doc="what it is about; a name holds its parts", named="area_branches"),
        Field(name="impact", shape=_S.NAME, doc="blocking, major, minor or none", closed=IMPACTS),
        Field(name="tags", shape=_S.TAGS, doc="the ticket's tags"),
        Field(name="assignee", shape=_S.NAME, doc="the agent who has it", named="agents"),
        Field(name="requester", shape=_S.ADDRESS, doc="who the ticket is for"),
        Field(name="sla", shape=_S.NAME, doc="the SLA that holds", named="slas"),
        Field(name="rating", shape=_S.NUMBER, doc="what the requester gave, 1 to 5"),
        Field(name="idle", shape=_S.SPAN, doc="how long nothing has happened"),
        Field(name="seen_recently", shape=_S.SEEN, doc="how many of the same came within a time"),
        Field(name="hours", shape=_S.HOURS, doc="whether it is inside the hours of a calendar"),
        Field(name="date", shape=_S.DAY, doc="the day it came"),
    )
}
# Families: the name behind the dot is the admin's (a header, a field of [fields]).
HEADER = Field(name="header", shape=_S.TEXT, doc="a header of the mail, header.List-Id")
OWN_FIELD = Field(name="fields", shape=_S.NAME, doc="a field declared in config.toml, fields.order", named="fields")
FAMILIES = {"header": HEADER, "fields": OWN_FIELD}
GROUPED = frozenset(name.partition(".")[0] for name in FIELDS if "." in name)  # "sender"
SEEN_BY = ("area", "category", "type", "queue", "organisation", "sender")
# Hops and signatures fill pages and say nothing of the matter: `facts.py` does not keep them.
HEADERS_NOT_KEPT = frozenset({"received", "x-received", "dkim-signature", "x-google-dkim-signature"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What a rule can set on a ticket. `closed` or `named` say which values exist; `many`: a list may stand."""

    name: str
    doc: str
    closed: tuple[str, ...] = ()
    named: str = ""
    many: bool = False
    form: str = "line"  # line, address, language, tag


SET: dict[str, Action] = {
    row.name: row
    for row in (
        Action(name="queue", doc="where the ticket waits", named="queues"),
        Action(name="status", doc="the ticket's status", named="statuses"),
        Action(name="priority", doc="low, normal, high or urgent", closed=PRIORITIES),
        Action(name="title", doc="the ticket's title"),
        Action(name="type", doc="question, problem, request or complaint", closed=TYPES),
        Action(name="category", doc="the category", named="categories"),
        Action(name="area", doc="what it is about", named="areas"),
        Action(name="impact", doc="blocking, major, minor or none", closed=IMPACTS),
        Action(name="assign", doc="agents and strategies, tried in order", named="assign", many=True),
        Action(name="sla", doc="the SLA that holds", named="slas"),
        Action(name="reply", doc="the template of the mail to the requester, or none", named="replies"),
        Action(name="language", doc="the language we write in", form="language"),
        Action(name="requester", doc="who a new ticket is for; the mail's author takes part in it", form="address"),
    )
}
SET_OWN_FIELD = Action(name="fields", doc="a field declared in config.toml", named="fields")
ADD: dict[str, Action] = {
    "tags": Action(name="tags", doc="tags of the ticket", many=True, form="tag"),
    "watchers": Action(name="watchers", doc="agents or addresses that get copies", many=True, form="watcher"),
}
SKILLS = Action(name="skills", doc="what the agent must know", named="skills", many=True)
NOTIFY = Action(name="notify", doc="who is told: agents, assignee, lead, admin", named="notify", many=True)
# Set by a rule, but not a field of the ticket.
NOT_FIELDS = frozenset({"assign", "reply"})

TRIGGERS: dict[str, str] = {
    "created": "a mail opened a new ticket",
    "follow_up": "a mail joined a ticket",
    "status": "the status changed",
    "assigned": "the ticket got another assignee",
    "due": "four fifths of the time to a deadline are used up",
    "overdue": "a deadline has passed",
    "idle": "nothing has happened for a while",
    "bounced": "a mail of ours came back",
    "rated": "the requester rated the answer",
}
TRIGGER_GROUPS = {"mail": ("created", "follow_up")}
RULE_KEYS = (
    "name", "why", "on", "when", "any", "unless", "set", "add", "need", "notify", "quarantine", "stop", "force", "test",
)  # fmt: skip
