"""The table of commands and what may stand behind each: columns of inputs and answers."""

import re
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given as for_any
from hypothesis import settings
from hypothesis import strategies as st

from gateway.mail import Address
from gateway.tickets.commands import (
    BY_WORD,
    COMMANDS,
    Assign,
    FieldValue,
    Filter,
    How,
    Kind,
    Needs,
    People,
    Role,
    Spent,
    Tags,
    Topic,
    Unreadable,
)
from gateway.tickets.commands.manual import overview, page
from gateway.tickets.subject import NumberFormat
from support.commanding import NAMES, NOW, PRAGUE
from support.fuzz import examples

ISSUE = """note reply close resolve open wait hold assign queue priority type category area impact title describe tag due
remind time cc requester link merge join split pin unpin spam canned forward new for show search list files why away
back undo dry send drop cancel help""".split()


def test_the_table_is_whole() -> None:
    assert set(ISSUE) <= COMMANDS.keys()
    assert len(BY_WORD) == sum(len(one.words) for one in COMMANDS.values()), "one word, one command"
    for word in BY_WORD:
        assert re.fullmatch(r"[a-z][a-z_]*", word), word
    for one in COMMANDS.values():
        assert one.manual.endswith((".", "N.")), one.name
        assert "\n" not in one.manual
        assert len(one.manual) < 260, one.name
        assert one.usage.isascii()


def test_dangerous_ones_are_for_leads() -> None:
    assert {one.name for one in COMMANDS.values() if one.role is Role.LEAD} == {"merge", "spam"}


def test_what_needs_no_ticket() -> None:
    without = {one.name for one in COMMANDS.values() if one.needs is Needs.NOTHING}
    assert without == {"new", "for", "show", "search", "list", "help", "away", "back", "dry"}


def test_the_manual_lists_what_a_role_may_give() -> None:
    whole = overview(Role.LEAD)
    assert all(f"  #{one.usage}" in whole for one in COMMANDS.values())
    assert all(f"{topic}:" in whole for topic in Topic)
    mine = overview(Role.AGENT)
    assert "#merge" not in mine
    assert "#close" in mine
    at_the_command_line = overview(Role.LEAD, in_mail=False)
    assert "#" not in at_the_command_line
    assert "  merge N" in at_the_command_line
    assert "cancel" not in at_the_command_line


@pytest.mark.parametrize("word", ["merge", "#merge", " #Merge ", *BY_WORD])
def test_each_command_has_a_page(word: str) -> None:
    told = page(word)
    command = BY_WORD[word.strip(" #").lower()]
    assert told.startswith(command.typed)
    assert command.manual in told
    assert page(word, in_mail=False).startswith(command.usage)


def test_there_is_no_page_of_what_is_no_command() -> None:
    assert page("clsoe") == ""
    assert page("") == ""


def parsed(command: str, behind: str, **changes: Any) -> Any:
    return COMMANDS[command].argument(behind, replace(NAMES, **changes) if changes else NAMES)


BO = Address(addr="bo@x.example")
GOOD: list[tuple[str, str, Any]] = [
    ("close", "", None),
    ("note", "she called", "she called"),
    ("title", "Lamp, broken “twice”", "Lamp, broken “twice”"),
    ("search", "red lamp", "red lamp"),
    ("help", "", ""),
    # agents
    ("assign", "carol", Assign(how=How.AGENT, agent="carol")),
    ("assign", "Carol Reyes", Assign(how=How.AGENT, agent="carol")),
    ("assign", "carol reyes.", Assign(how=How.AGENT, agent="carol")),
    ("assign", "“Carol Reyes”", Assign(how=How.AGENT, agent="carol")),
    ("assign", "@carol", Assign(how=How.AGENT, agent="carol")),
    ("assign", "CAROL", Assign(how=How.AGENT, agent="carol")),
    ("assign", "reyes", Assign(how=How.AGENT, agent="carol")),
    ("assign", "caro", Assign(how=How.AGENT, agent="carol")),
    ("assign", "dvorak", Assign(how=How.AGENT, agent="carl")),
    ("assign", "Karel Dvořák", Assign(how=How.AGENT, agent="carl")),
    ("assign", "carl", Assign(how=How.AGENT, agent="carl")),
    ("assign", "Dave@acme.example", Assign(how=How.AGENT, agent="dave")),
    ("assign", "Dave Okafor <dave@acme.example>", Assign(how=How.AGENT, agent="dave")),
    ("assign", "me", Assign(how=How.AGENT, agent="carol")),
    ("assign", "Rota", Assign(how=How.ROTA)),
    ("assign", "balance", Assign(how=How.BALANCE)),
    ("assign", "nobody", Assign(how=How.NOBODY)),
    # names of the site
    ("queue", "billing", "billing"),
    ("queue", "Money and bills", "billing"),
    ("queue", "money", "billing"),
    ("queue", "ret", "returns"),
    ("new", "", ""),
    ("new", "billing", "billing"),
    ("priority", "HIGH", "high"),
    ("priority", "urg", "urgent"),
    ("type", "complaint", "complaint"),
    ("impact", "none", "none"),
    ("area", "login", "login"),
    ("area", "order/payment", "order/payment"),
    ("area", "Order / Payment", "order/payment"),
    ("area", "payment", "order/payment"),
    ("area", "order/del", "order/delivery"),
    ("category", "billing/refund", "billing/refund"),
    ("category", "refund", "billing/refund"),
    ("status", "at_supplier", "at_supplier"),
    ("status", "At the supplier", "at_supplier"),
    ("status", "on hold", "on_hold"),
    ("canned", "out-of-stock", "out-of-stock"),
    ("canned", "opening", "opening-hours"),
    ("field", "order 1182", FieldValue(name="order", value="1182")),
    ("field", "order = 1182", FieldValue(name="order", value="1182")),
    ("field", "shop Prague", FieldValue(name="shop", value="prague")),
    # tags and people
    ("tag", "+vip -slow", Tags(add=("vip",), drop=("slow",))),
    ("tag", "vip, money", Tags(add=("vip", "money"))),
    ("tag", "–slow ＋vip", Tags(add=("vip",), drop=("slow",))),
    ("tag", "+#vip", Tags(add=("vip",))),
    ("cc", "+bo@x.example -cy@x.example", People(add=(BO,), drop=(Address(addr="cy@x.example"),))),
    ("cc", "bo@x.example, cy@x.example", People(add=(BO, Address(addr="cy@x.example")))),
    ("cc", "+ bo@x.example", People(add=(BO,))),
    ("cc", "+Bo Chen <bo@X.example>", People(add=(Address(addr="bo@x.example", name="Bo Chen"),))),
    ("cc", '"Chen, Bo" <bo@x.example>; cy@x.example', People(add=(Address(addr="bo@x.example", name="Chen, Bo"), Address(addr="cy@x.example")))),
    ("cc", "+bo@x.example<mailto:bo@x.example>", People(add=(BO,))),
    ("cc", "—bo@x.example", People(drop=(BO,))),
    ("cc", "+bo@x.example +BO@x.example", People(add=(BO,))),
    ("requester", "bo@x.example.", BO),
    ("requester", "<bo@x.example>", BO),
    ("forward", "Bo Chen <bo-chen@x.example>", Address(addr="bo-chen@x.example", name="Bo Chen")),
    ("for", "mailto:bo@x.example", BO),
    # tickets
    ("link", "1042", (1042,)),
    ("link", "#1042", (1042,)),
    ("link", "[Acme #1042]", (1042,)),
    ("link", "Acme #1042", (1042,)),
    ("link", "1042 1043", (1042, 1043)),
    ("link", "#1042, #1043 and #1044", (1042, 1043, 1044)),
    ("link", "[Acme #1042] [Acme #1043]", (1042, 1043)),
    ("link", "1042, 1042", (1042,)),
    ("merge", "1042.", (1042,)),
    ("join", "№ 7", (7,)),
    ("common", "similar", ()),
    ("common", "7 8", (7, 8)),
    # time
    ("time", "25m", Spent(time=timedelta(minutes=25))),
    ("time", "25 min call with Bo", Spent(time=timedelta(minutes=25), text="call with Bo")),
    ("time", "1 h 30 min", Spent(time=timedelta(minutes=90))),
    ("time", "1h30m 3 lamps", Spent(time=timedelta(minutes=90), text="3 lamps")),
    ("time", "1:30 call", Spent(time=timedelta(minutes=90), text="call")),
    ("time", "2 ч 5 мин звонок", Spent(time=timedelta(minutes=125), text="звонок")),
    ("time", "2 hodiny", Spent(time=timedelta(hours=2))),
    ("hold", "", None),
    # filters
    ("list", "", Filter()),
    ("list", "mine overdue", Filter(assignees=("carol",), overdue=True)),
    ("list", "nobody", Filter(assignees=(None,))),
    ("list", "billing high", Filter(queues=("billing",), priorities=("high",))),
    ("list", "waiting, resolved", Filter(statuses=("waiting", "resolved"))),
    ("list", "carol nobody", Filter(assignees=("carol", None))),
    ("list", "tag:vip #money +red", Filter(tags=("vip", "money", "red"))),
    ("list", "queue: support status:open", Filter(statuses=("open",), queues=("support",))),
    ("list", "agent:reyes", Filter(assignees=("carol",))),
    ("list", "at_supplier", Filter(statuses=("at_supplier",))),
]  # fmt: skip


@pytest.mark.parametrize(("command", "behind", "want"), GOOD)
def test_arguments(command: str, behind: str, want: Any) -> None:
    assert parsed(command, behind) == want


BAD = [
    ("close", "the window", Kind.ARGUMENT, 'there stands "the window"'),
    ("assign", "", Kind.MISSING, "needs the name of an agent; there are carol, dave"),
    ("assign", "carrol", Kind.ARGUMENT, "did you mean carol?"),
    ("assign", "zoe", Kind.ARGUMENT, "there are carol, dave"),
    ("assign", "da", Kind.AMBIGUOUS, "may be Dave Okafor (dave) or Dan Okafor (dan)"),
    ("assign", "okafor", Kind.AMBIGUOUS, "write more of the name"),
    ("assign", "bo@x.example", Kind.ARGUMENT, "is no agent's address"),
    ("assign", "sticky", Kind.ARGUMENT, "there is no agent"),
    ("queue", "", Kind.MISSING, "needs the name of a queue"),
    ("queue", "biling", Kind.ARGUMENT, "did you mean billing?"),
    ("priority", "asap", Kind.ARGUMENT, "there are low, normal, high, urgent"),
    ("type", "", Kind.MISSING, "question, problem"),
    ("area", "order", Kind.AMBIGUOUS, "order/delivery or order/payment"),
    ("area", "shipping", Kind.ARGUMENT, "there are login"),
    ("category", "", Kind.MISSING, "needs the name of a category"),
    ("status", "finished", Kind.ARGUMENT, "there is no status"),
    ("canned", "o", Kind.AMBIGUOUS, "out-of-stock or opening-hours"),
    ("field", "order", Kind.MISSING, "needs a value behind order"),
    ("field", "shop ostrava", Kind.ARGUMENT, "there are prague, brno"),
    ("field", "colour red", Kind.ARGUMENT, "there is no field"),
    ("title", "", Kind.MISSING, "needs the new title"),
    ("title", "x" * 251, Kind.ARGUMENT, "at most 250"),
    ("search", "", Kind.MISSING, "needs words"),
    ("tag", "", Kind.MISSING, "+vip or -vip"),
    ("tag", "+", Kind.MISSING, "needs a tag"),
    ("tag", "+a[b]", Kind.ARGUMENT, "is no tag"),
    ("tag", "+a -a", Kind.CONFLICT, "both adds and takes away a"),
    ("cc", "", Kind.MISSING, "+ann@example.net"),
    ("cc", "+bo", Kind.ARGUMENT, "is no address"),
    ("cc", "+bo@x.example and Cy", Kind.ARGUMENT, "is no address"),
    ("cc", "+bo@x.example -bo@x.example", Kind.CONFLICT, "both adds and takes away"),
    ("cc", "+support@acme.example", Kind.ARGUMENT, "one of our own addresses"),
    ("cc", "+bо@x.example", Kind.LOOKALIKE, "type the address anew"),  # a Cyrillic о
    ("requester", "", Kind.MISSING, "needs an address"),
    ("requester", "bo@x.example cy@x.example", Kind.ARGUMENT, "takes one address"),
    ("requester", "Support@acme.example", Kind.ARGUMENT, "one of our own"),
    ("forward", "the supplier", Kind.ARGUMENT, "is no address"),
    ("for", "bo@", Kind.ARGUMENT, "is no address"),
    ("link", "", Kind.MISSING, "[Acme #1042]"),
    ("link", "the other one", Kind.ARGUMENT, "is no ticket number"),
    ("link", "[Other #7]", Kind.ARGUMENT, "is no ticket number"),
    ("link", "0", Kind.ARGUMENT, "is no ticket number"),
    ("link", "9" * 19, Kind.ARGUMENT, "is no ticket number"),
    ("link", " ".join(map(str, range(1, 60))), Kind.ARGUMENT, "at most 50"),
    ("join", "7 8", Kind.ARGUMENT, "takes one ticket"),
    ("merge", "-7", Kind.ARGUMENT, "is no ticket number"),
    ("time", "", Kind.MISSING, "25m"),
    ("time", "90", Kind.ARGUMENT, "has no unit"),
    ("time", "some hours", Kind.ARGUMENT, "no duration"),
    ("time", "0 min", Kind.ARGUMENT, "no time at all"),
    ("time", "3 weeks", Kind.ARGUMENT, "more than 7 days"),
    ("due", "", Kind.MISSING, "needs a date"),
    ("due", "soon", Kind.ARGUMENT, "is no date"),
    ("due", "yesterday", Kind.ARGUMENT, "is no date"),
    ("hold", "until", Kind.MISSING, "needs a date"),
    ("hold", "until 24 Nov", Kind.PAST, "is past"),
    ("remind", "", Kind.MISSING, "needs a date"),
    ("remind", "call Bo", Kind.ARGUMENT, "begins with no date"),
    ("away", "", Kind.MISSING, "needs a date"),
    ("list", "blue", Kind.ARGUMENT, "is no status, queue, agent or priority"),
    ("list", "colour:blue", Kind.ARGUMENT, "is no filter"),
    ("list", "queue:blue", Kind.ARGUMENT, "there is no queue"),
    ("list", "car", Kind.AMBIGUOUS, "agent:carol or agent:carl"),
]


@pytest.mark.parametrize(("command", "behind", "kind", "why"), BAD)
def test_what_cannot_be_read_says_why(command: str, behind: str, kind: Kind, why: str) -> None:
    with pytest.raises(Unreadable, match=re.escape(why)) as error:
        parsed(command, behind)
    assert error.value.kind is kind


DATES = [
    ("due", "24 Dec", "2026-12-24 23:59"),
    ("due", "today", "2026-11-27 23:59"),
    ("due", "by friday 17:00", "2026-12-04 17:00"),
    ("hold", "until 24 Dec", "2026-12-24 08:00"),
    ("hold", "24 Dec", "2026-12-24 08:00"),
    ("hold", "+3d", "2026-11-30 08:00"),
    ("away", "until 24 Dec", "2026-12-24 00:00"),
]


@pytest.mark.parametrize(("command", "behind", "want"), DATES)
def test_a_day_alone_means_the_hour_that_fits(command: str, behind: str, want: str) -> None:
    assert f"{parsed(command, behind).at.astimezone(PRAGUE):%Y-%m-%d %H:%M}" == want


def test_a_reminder_has_its_words() -> None:
    found = parsed("remind", "tomorrow 9:30 call Bo")
    assert (f"{found.when.at.astimezone(PRAGUE):%d %H:%M}", found.text) == ("28 09:30", "call Bo")


def test_dates_are_by_the_clock_of_the_agent() -> None:
    from zoneinfo import ZoneInfo

    assert parsed("due", "24 Dec 15:00").at.isoformat() == "2026-12-24T14:00:00+00:00"
    assert (
        parsed("due", "24 Dec 15:00", zone=ZoneInfo("America/New_York")).at.isoformat() == "2026-12-24T20:00:00+00:00"
    )


def test_nobody_is_me_at_the_command_line() -> None:
    for command, behind in (("assign", "me"), ("list", "mine")):
        with pytest.raises(Unreadable, match="write the agent's name"):
            parsed(command, behind, me="")


def test_an_exact_name_is_that_one_though_others_begin_so() -> None:
    agents = {"dan": "Dan", "dana": "Dana Lee", "lee": "Dana Lee"}
    assert parsed("assign", "dan", agents=agents).agent == "dan"
    assert parsed("assign", "dana", agents=agents).agent == "dana"
    with pytest.raises(Unreadable, match=re.escape("Dana Lee (dana) or Dana Lee (lee)")):
        parsed("assign", "Dana Lee", agents=agents)


def test_where_nothing_is_declared() -> None:
    assert parsed("category", "Billing / Late Fees", categories=None) == "Billing/Late Fees"
    with pytest.raises(Unreadable, match="is no category"):
        parsed("category", "a/b/c", categories=None)
    with pytest.raises(Unreadable, match="the site declares none"):
        parsed("area", "login", areas=())
    with pytest.raises(Unreadable, match="the site declares none"):
        parsed("canned", "x", canned=())


FORMATS = [
    ("{n}", "1042", 1042),
    ("{n}", "[Acme #1042]", 1042),
    ("{yy}{mm}-{n:04}", "2611-0042", 42),
    ("{yy}{mm}-{n:04}", "#2611-0042", 42),
    ("{yy}{mm}-{n:04}", "[Acme #2611-0042]", 42),
    ("{yy}{mm}-{n:04}", "42", 42),
    ("{yyyy}{mm}{dd}{n:03}", "20260302001", 1),
    ("T{n}", "T7", 7),
]


@pytest.mark.parametrize(("pattern", "text", "want"), FORMATS)
def test_numbers_in_the_format_of_the_site(pattern: str, text: str, want: int) -> None:
    numbers = NumberFormat(tag="Acme", pattern=pattern)
    assert parsed("join", text, numbers=numbers) == (want,)
    assert numbers.read(text) == want


@pytest.mark.parametrize("text", ["2611-0042-7", "2611-0042x", "[Other #2611-0042]", "", "#", "Acme", "x" * 5000])
def test_what_is_no_number_in_that_format(text: str) -> None:
    assert NumberFormat(tag="Acme", pattern="{yy}{mm}-{n:04}").read(text) is None


@for_any(st.integers(1, 10**12))
def test_every_number_as_it_is_shown_is_read(number: int) -> None:
    for pattern in ("{n}", "{yy}{mm}-{n:04}", "{yyyy}/{n}"):
        numbers = NumberFormat(tag="Acme", pattern=pattern)
        assert numbers.read(numbers.tagged(number, NOW)) == number
        assert numbers.read(numbers.show(number, NOW)) == number


PIECES = [
    "carol",
    "billing",
    "+",
    "-",
    "–",
    "@",
    "bo@x.example",
    "<",
    ">",
    '"',
    "“",
    "until",
    "24 Dec",
    "1042",
    "[Acme",
    "#",
]
PIECES += [
    "]",
    "mailto:",
    ",",
    ";",
    "tag:",
    "1:30",
    "25m",
    "tomorrow",
    "me",
    "order",
    "/",
    "\u200b",
    "\u202e",
    "сарol",
    "  ",
]


@settings(max_examples=examples(200), deadline=None)
@for_any(st.sampled_from(sorted(COMMANDS)), st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=8))
def test_anything_behind_a_command_is_read_or_says_why_not(command: str, pieces: list[str]) -> None:
    for joint in ("", " "):
        with suppress(Unreadable):
            COMMANDS[command].argument(joint.join(pieces).strip(), NAMES)
