"""What a new ticket is classified as: by rules, by the table of priorities, by whom it is from, by what came before."""

from datetime import timedelta
from typing import Any

from gateway.now import now
from gateway.store import outbox
from support.desk import Desk
from support.mails import mail, reply_to

RULES = """
[[rule]]
name = "logins"
when.text = ["login*"]
set.area = "login"
set.type = "problem"
set.impact = "major"

[[rule]]
name = "an outage"
when.seen_recently = { by = "area", within = "1 h", over = 2 }
add.tags = ["outage"]

[[rule]]
name = "important people"
when.sender.tags = "vip"
add.tags = ["vip"]

[[rule]]
name = "those of Big"
when.organisation = "big"
set.fields.customer = "Big"

[[rule]]
name = "somebody takes it"
set.assign = ["balance"]
"""
SITE = """
[areas]
values = ["login", "order/delivery"]
[fields.customer]
[sla.quick]
first_response = "1 h"
[[priority.row]]
type = "problem"
impact = "major"
seen = 3
set = "urgent"
[[priority.row]]
type = "problem"
set = "high"
[organisations.big]
domains = ["big.example", "*.big.example"]
agents = ["dave"]
sla = "quick"
tags = ["vip"]
"""


def step(desk: Desk, number: int, name: str) -> dict[str, Any]:
    (trail,) = desk.ask("trace", f"#{number}")["mails"]
    return next(one for one in trail["steps"] if one["step"] == name)


def test_occurrence_counts_the_earlier_mails_of_the_same_batch(desk: Desk) -> None:
    desk.rules = RULES
    desk.configure(more=SITE)
    for person in range(5):
        desk.take_in(mail(sender=f"p{person}@example.net", subject="login fails"))
    desk.work()
    tickets = desk.ask("tickets")
    assert [one["priority"] for one in tickets] == ["high", "high", "high", "urgent", "urgent"]
    assert [one["tags"] for one in tickets] == [[], [], [], ["outage"], ["outage"]]
    assert step(desk, 4, "priority") == {
        "step": "priority",
        "value": "urgent",
        "by": "table",
        "why": "type problem, impact major, 3 seen",
    }
    desk.take_in(mail(sender="late@example.net", subject="login fails"))
    desk.take_in(mail(sender="other@example.net", subject="My lamp"))
    desk.work()
    late, other = desk.ask("tickets")[5:]
    assert (late["priority"], late["tags"]) == ("urgent", ["outage"])
    assert (other["priority"], other["tags"]) == ("normal", [])


def test_what_a_rule_sets_the_table_leaves_alone(desk: Desk) -> None:
    desk.rules = RULES + '\n[[rule]]\nname = "late"\nset.priority = "low"\n'
    desk.configure(more=SITE)
    desk.take_in(mail(subject="login fails"))
    desk.work()
    (ticket,) = desk.ask("tickets")
    assert ticket["priority"] == "low"


def test_by_sender_and_by_organisation(desk: Desk) -> None:
    desk.rules = """
[[rule]]
name = "writes all the time"
when.seen_recently = { by = "sender", within = "1 day", over = 1 }
add.tags = ["busy"]
[[rule]]
name = "all of Big write"
when.seen_recently = { by = "organisation", within = "1 day", over = 1 }
add.tags = ["outage"]
"""
    desk.configure(more=SITE)
    for sender in ("ann@big.example", "bob@de.big.example", "ann@big.example", "ann@big.example", "eve@example.net"):
        desk.take_in(mail(sender=sender))
    desk.work()
    tags = [one["tags"] for one in desk.ask("tickets")]
    assert tags == [[], [], ["outage"], ["busy", "outage"], []]


def test_an_organisations_people_have_its_tags_sla_and_agents(desk: Desk) -> None:
    desk.rules = RULES
    desk.configure(more=SITE)
    for sender in ("ann@big.example", "bob@shop.big.example", "eve@notbig.example"):
        desk.take_in(mail(sender=sender))
    desk.work()
    ours = [desk.ask("show", str(number)) for number in (1, 2, 3)]
    assert [one["tags"] for one in ours] == [["vip"], ["vip"], []]
    assert [one["fields"] for one in ours] == [{"customer": "Big"}, {"customer": "Big"}, {}]
    assert [one["assignee"] for one in ours] == ["dave", "dave", "carol"]
    assert "balance among the agents of organisation:big: dave has 0: dave" in step(desk, 1, "assign")["how"]


def test_an_organisations_agents_take_its_tickets_where_no_rule_says_who(desk: Desk) -> None:
    desk.rules = '[[rule]]\nname = "nothing"\nadd.tags = ["seen"]\n'
    desk.configure(more=SITE)
    desk.take_in(mail(sender="ann@big.example"))
    desk.take_in(mail(sender="eve@example.net"))
    desk.work()
    assert [one["assignee"] for one in desk.ask("tickets")] == ["dave", None]


def test_which_calendars_are_open_when_it_comes(desk: Desk) -> None:
    desk.rules = """
[[rule]]
name = "somebody is there"
when.hours = ["always", "never"]
add.tags = ["inside"]
[[rule]]
name = "nobody is there"
when.hours.outside = "never"
add.tags = ["outside"]
"""
    days = ", ".join(f'"{(now() + timedelta(days=day)).date()}"' for day in (-1, 0, 1))
    always = '[calendars.always]\nmon-sun = "00:00-24:00"\n'
    desk.configure(more=f'{always}[calendars.never]\nmon-sun = "00:00-24:00"\nclosed = [{days}]\n')
    desk.take_in(mail())
    desk.work()
    assert [one["tags"] for one in desk.ask("tickets")] == [["inside", "outside"]]


# ---- a workflow of the site's own ----------------------------------------------------------------------------------

WORKFLOW = """
[statuses.refunded]
like = "closed"
labels = { en = "Refunded", cs = "Vráceno" }
[statuses.at_lawyer]
like = "on_hold"
moves = ["open"]
"""
STEPS = """
[[rule]]
name = "to the lawyer"
on = "mail"
when.subject = ["lawyer*"]
set.status = "at_lawyer"

[[rule]]
name = "money back"
on = "mail"
when.text = ["refunded"]
set.status = "refunded"
"""


def answer(desk: Desk, subject: str, text: str) -> None:
    first = mail(subject=subject, message_id="<first@example.net>")
    raw = reply_to(first, text=text, subject=subject)
    desk.take_in(raw)
    desk.work()


def status(desk: Desk) -> str:
    return str(desk.ask("show", "1")["status"])


def test_a_workflow_in_rules(desk: Desk) -> None:
    desk.rules = STEPS
    desk.configure(more=WORKFLOW)
    desk.take_in(mail(subject="To the lawyer", message_id="<first@example.net>"))
    desk.work()
    assert status(desk) == "at_lawyer"
    assert [one["number"] for one in desk.ask("tickets", "--status", "at_lawyer")] == [1]
    answer(desk, "Re: To him", "You should have refunded me.")
    assert status(desk) == "open"  # [statuses.at_lawyer] moves has no refunded; a customer's mail opens it as ever
    (skipped,) = [
        one
        for trail in desk.ask("trace", "#1")["mails"]
        for taken in trail["steps"]
        if taken["step"] == "rules"
        for one in taken["skipped"]
    ]
    assert skipped["reason"] == "no_such_move"
    assert "from at_lawyer to refunded" in skipped["detail"]
    assert "the site lets no ticket go there" in desk.run("explain", "1").out
    answer(desk, "Re: To him", "It is refunded.")
    assert status(desk) == "refunded"
    answer(desk, "Re: To him", "It did not arrive.")
    assert status(desk) == "open"  # within reopen_for


def test_rules_see_whom_the_ticket_is_for(desk: Desk) -> None:
    desk.rules = """
[[rule]]
name = "Ann's"
on = "mail"
when.requester = "ann@example.net"
add.tags = ["ann"]
[[rule]]
name = "written by Ann"
on = "follow_up"
when.requester = "ann@example.net"
unless.from = "ann@example.net"
add.tags = ["by_another"]
[[rule]]
name = "acknowledge"
set.reply = "acknowledgement"
"""
    desk.take_in(mail(headers=("Cc: bob@example.net",)))
    desk.take_in(mail(sender="eve@example.net"))
    desk.work()
    assert [one["tags"] for one in desk.ask("tickets")] == [["ann"], []]
    letter = outbox.bytes_of(desk.store, outbox.rows(desk.store)[0].id)
    desk.take_in(reply_to(letter, sender="bob@example.net", text="I saw it too."), mail_from="bob@example.net")
    desk.work()
    assert [one["tags"] for one in desk.ask("tickets")] == [["ann", "by_another"], []]
