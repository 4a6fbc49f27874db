"""A rule says who the ticket is for: the person a web form names, not the address that the form writes from."""

import pytest

from gateway.store import lookup
from support.desk import Desk
from support.mails import mail, reply_to

FORM = "form@shop.example"
ANN = "ann@example.net"
RULES = """
[[rule]]
name = "web form"
on = "mail"
when.from = "form@shop.example"
when.body.matches = '(?m)^Mail: (?P<mail>.+)$'
set.requester = "{mail}"

[[rule]]
name = "acknowledge"
set.reply = "acknowledgement"
"""


def submit(desk: Desk, named: str, *, sender: str = FORM, message_id: str | None = None) -> None:
    raw = mail(sender=sender, subject="Contact form", text=f"Mail: {named}\nwhere is my lamp?", message_id=message_id)
    desk.take_in(raw, mail_from=sender)
    desk.work()


def roles(desk: Desk, number: int = 1) -> dict[str, str]:
    return {one["address"]: one["role"] for one in desk.ask("show", str(number))["participants"]}


def told(desk: Desk) -> list[str]:
    return sorted(row["recipient"] for row in desk.ask("outbox", "list"))


def skipped(desk: Desk, number: int = 1) -> list[tuple[str, str, str]]:
    return [
        (one["what"], one["reason"], one["detail"])
        for trail in desk.ask("trace", f"#{number}")["mails"]
        for step in trail["steps"]
        if step["step"] == "rules"
        for one in step["skipped"]
    ]


def silences(desk: Desk, number: int) -> list[str]:
    return [one["reason"] for one in desk.ask("show", str(number))["events"] if one["kind"] == "not_sent"]


def test_the_named_person_is_the_requester_and_gets_the_acknowledgement(desk: Desk) -> None:
    desk.rules = RULES
    submit(desk, "Ann@Example.net")
    (ticket,) = desk.ask("tickets")
    assert ticket["requester"] == "Ann@Example.net"
    assert roles(desk) == {"Ann@Example.net": "requester", FORM: "other"}
    assert told(desk) == ["Ann@Example.net"]
    assert skipped(desk) == []


def test_both_the_requester_and_the_author_may_answer(desk: Desk) -> None:
    desk.rules = RULES
    submit(desk, ANN)
    for person in (ANN, FORM):  # a number in the subject counts only for those who take part
        desk.take_in(mail(sender=person, subject="Re: [Acme #1] Contact form", text="and my order?"), mail_from=person)
        desk.work()
    assert [one["number"] for one in desk.ask("tickets")] == [1]
    assert [article["author"] for article in desk.ask("show", "1")["articles"]] == [FORM, ANN, FORM]


@pytest.mark.parametrize(
    ("named", "why"),
    [
        ("Ann Lee <ann@example.net>", "is no address"),
        ("ann@example.net, bob@example.org", "is no address"),
        ("ann@", "is no address"),
        ("ann@example..net", "is no address"),
        (f"{'a' * 70}@example.net", "is no address"),
        ("support@acme.example", "is an address of ours"),
        ("support+x@acme.example", "is an address of ours"),
        ("Carol@acme.example", "is the agent carol's"),
    ],
)
def test_what_cannot_be_a_requester_skips_the_line_and_is_recorded(desk: Desk, named: str, why: str) -> None:
    desk.rules = RULES
    submit(desk, named)
    (ticket,) = desk.ask("tickets")
    assert ticket["requester"] == FORM
    assert roles(desk) == {FORM: "requester"}
    assert told(desk) == [FORM]
    ((what, reason, detail),) = skipped(desk)
    assert (what, reason) == ("set.requester", "not_allowed")
    assert why in detail


def test_an_existing_ticket_keeps_its_requester(desk: Desk) -> None:
    desk.rules = RULES
    submit(desk, ANN, message_id="<form1@shop.example>")
    first = mail(sender=FORM, subject="Contact form", message_id="<form1@shop.example>")
    desk.take_in(reply_to(first, sender=FORM, to="support@acme.example", text="Mail: eve@example.org"), mail_from=FORM)
    desk.work()
    (ticket,) = desk.ask("tickets")
    assert ticket["requester"] == ANN
    assert roles(desk) == {ANN: "requester", FORM: "other"}
    assert [one[:2] for one in skipped(desk)] == [("set.requester", "by_agents_only")]
    assert "set.requester" in desk.run("explain", "1").out


def test_who_is_named_again_and_again_is_not_flooded_by_way_of_us(desk: Desk) -> None:
    desk.rules = RULES
    desk.configure(more='[limits]\nauto_per_address = "2/h"\n')
    for number in range(4):
        desk.take_in(mail(sender=FORM, subject="Contact form", text=f"Mail: {ANN}\nlamp {number}"), mail_from=FORM)
    desk.work()
    assert told(desk) == [ANN, ANN]
    assert [silences(desk, number) for number in (1, 2, 3, 4)] == [[], [], ["cap_per_address"], ["cap_per_address"]]
    submit(desk, "bob@example.org")  # the form itself has had nothing, so it stands in nobody's way
    assert told(desk) == [ANN, ANN, "bob@example.org"]


def test_senders_of_one_batch_who_all_name_the_same_person_are_counted_together(desk: Desk) -> None:
    desk.rules = RULES.replace('when.from = "form@shop.example"\n', "")
    desk.configure(more='[limits]\nauto_per_address = "2/h"\n')
    for number in range(4):
        person = f"p{number}@example.org"
        desk.take_in(mail(sender=person, subject="Form", text=f"Mail: {ANN}\nlamp {number}"), mail_from=person)
    desk.work()
    assert told(desk) == [ANN, ANN]


def test_nothing_automatic_is_written_to_an_address_that_takes_no_mail(desk: Desk) -> None:
    desk.rules = RULES
    submit(desk, "no-reply@example.org")
    assert desk.ask("tickets")[0]["requester"] == "no-reply@example.org"
    assert told(desk) == []
    assert silences(desk, 1) == ["sender_takes_no_mail"]


def test_the_organisation_and_the_last_agent_are_the_requesters(desk: Desk) -> None:
    desk.rules = RULES + '[[rule]]\nname = "same agent"\nset.assign = ["sticky"]\n'
    desk.configure(
        more='[calendars.office]\nmon-fri = "09:00-17:00"\n[sla.gold]\ncalendar = "office"\nfirst_response = "1 h"\n'
        '[organisations.big]\ndomains = ["big.example"]\nsla = "gold"\n'
    )
    desk.ticket(requester="bo@big.example", assignee="dave")
    submit(desk, "bo@big.example")
    shown = desk.ask("show", "2")
    assert (shown["requester"], shown["assignee"]) == ("bo@big.example", "dave")
    with desk.store.main.read() as conn:
        assert lookup.tickets(conn, [2])[2]["sla"] == "gold"


def test_an_agent_that_a_rule_adds_as_a_watcher_is_one_by_their_address(desk: Desk) -> None:
    desk.rules = '[[rule]]\nname = "r"\non = "mail"\nadd.watchers = ["carol", "boss@example.org"]\n'
    submit(desk, ANN, sender="bob@example.org")
    found = roles(desk)
    assert found == {"bob@example.org": "requester", "carol@acme.example": "watcher", "boss@example.org": "watcher"}


def test_what_came_before_is_counted_by_whom_a_rule_names(desk: Desk) -> None:
    table = '[priority]\nby = "{by}"\n[[priority.row]]\nseen = 1\nset = "high"\n'
    desk.rules = RULES
    big = '[organisations.big]\ndomains = ["example.net"]\n'
    for by, seen in (("sender", ["normal", "normal", "high"]), ("organisation", ["high", "high", "high"])):
        desk.configure(more=big + table.format(by=by))
        for named in (ANN, "bob@example.net", ANN):
            submit(desk, named)
        assert [one["priority"] for one in desk.ask("tickets")][-3:] == seen
