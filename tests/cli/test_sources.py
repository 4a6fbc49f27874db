"""Mail from declared sources: whose ticket it becomes, who is answered, what a monitor's recovery does."""

from typing import Any

import pytest

from gateway.tickets.actions import Change
from support.desk import Desk
from support.mails import mail, reply_to

ANN, FORM = "ann@example.net", "form@shop.example"
ACK = '[[rule]]\nname = "acknowledge"\nset.reply = "acknowledgement"\n'
BY_REPLY_TO = f'[[source]]\nfrom = "{FORM}"\nrequester = "reply_to"\n'
GROUP = '[[source]]\nfrom = "support@acme.example"\nrequester = "x_original_from"\nmay = ["ours", "list"]\n'
NAGIOS = (
    "[[source]]\nfrom = 'nagios@*.acme.example'\nrequester = 'thread_key:Alert: (.+) is '\n"
    "problem = 'PROBLEM'\nrecovery = 'RECOVERY'\n"
)


def come(desk: Desk, sender: str, *, subject: str = "Contact", text: str = "where is my lamp?", **more: Any) -> None:
    headers = more.pop("headers", ())
    desk.take_in(mail(sender=sender, subject=subject, text=text, headers=headers, **more), mail_from=sender)
    desk.work()


def told(desk: Desk) -> list[str]:
    return [row["recipient"] for row in desk.ask("outbox", "list")]


def roles(desk: Desk, number: int = 1) -> dict[str, str]:
    return {one["address"]: one["role"] for one in desk.ask("show", str(number))["participants"]}


def identified(desk: Desk, number: int = 1) -> dict[str, Any]:
    (trail,) = desk.ask("trace", f"#{number}")["mails"][:1]
    (step,) = [step for step in trail["steps"] if step["step"] == "identify"]
    return step["declared"]


def test_a_form_opens_a_ticket_in_the_name_of_who_filled_it_in(desk: Desk) -> None:
    desk.configure(more=BY_REPLY_TO)
    desk.rules = ACK + f'[[rule]]\nname = "by the form"\nwhen.from = "{FORM}"\nadd.tags = ["form"]\n'
    come(desk, FORM, headers=(f"Reply-To: Ann Lee <{ANN}>", "Auto-Submitted: auto-generated"))
    (ticket,) = desk.ask("tickets")
    assert (ticket["requester"], ticket["tags"]) == (ANN, ["form"])
    assert roles(desk) == {ANN: "requester"}
    assert told(desk) == [ANN]
    assert [one["author"] for one in desk.ask("show", "1")["articles"]] == [ANN]
    assert identified(desk) == {
        "source": FORM,
        "requester": "reply_to",
        "author": ANN,
        "key": None,
        "signal": None,
        "why": "",
    }
    assert f"declared source {FORM}" in desk.run("explain", "1").out

    from gateway.store import outbox

    letter = outbox.bytes_of(desk.store, 1)
    desk.take_in(reply_to(letter), mail_from=ANN)
    desk.work()
    assert [one["number"] for one in desk.ask("tickets")] == [1]


def test_where_the_form_names_nobody_the_robot_is_not_answered(desk: Desk) -> None:
    desk.configure(more=BY_REPLY_TO)
    desk.rules = ACK
    come(desk, FORM, headers=("Auto-Submitted: auto-generated",))
    assert desk.ask("tickets")[0]["requester"] == FORM
    assert told(desk) == []
    assert identified(desk)["why"] == "it has no Reply-To"
    assert "it has no Reply-To" in desk.run("explain", "1").out


@pytest.mark.parametrize("named", ["support@acme.example", "Carol@acme.example", FORM])
def test_nobody_of_us_is_the_requester_of_a_form(desk: Desk, named: str) -> None:
    desk.configure(more=BY_REPLY_TO)
    desk.rules = ACK
    come(desk, FORM, headers=(f"Reply-To: {named}", "Auto-Submitted: auto-generated"))
    assert desk.ask("tickets")[0]["requester"] == FORM
    assert told(desk) == []


def test_a_form_that_writes_from_our_own_address(desk: Desk) -> None:
    ours = '[[source]]\nfrom = "support@acme.example"\nrequester = "body:(?m)^Mail: (\\\\S+)"\n'
    desk.rules = ACK
    for more, recipients in ((ours, []), (ours + 'may = ["ours"]\n', [ANN])):
        desk.configure(more=more)
        come(desk, "support@acme.example", text=f"Mail: {ANN}\nwhere is my lamp?")
        assert desk.ask("tickets")[-1]["requester"] == ANN
        assert told(desk) == recipients


def test_a_google_group_that_is_our_address(desk: Desk) -> None:
    desk.configure(more=GROUP)
    desk.rules = ACK
    lists = ("List-Id: <support.acme.example>", "Precedence: list")
    rewritten = (*lists, f"X-Original-From: Ann Lee <{ANN}>", f"Reply-To: Ann Lee <{ANN}>")
    come(desk, "Ann via Support <support@acme.example>", headers=rewritten)
    assert desk.ask("tickets")[0]["requester"] == ANN
    assert roles(desk) == {ANN: "requester"}
    come(desk, "bob@example.net", headers=(*lists, "X-BeenThere: support@acme.example"))
    assert told(desk) == [ANN, "bob@example.net"]
    come(desk, "eve@example.net", headers=("List-Id: <other.example>", "Precedence: list"))
    assert told(desk) == [ANN, "bob@example.net"]


def test_flood_lets_a_shop_cause_more_answers_to_one_address_than_others(desk: Desk) -> None:
    desk.rules = ACK
    shop = '[[source]]\nfrom = "*@market.example"\nmay = ["flood"]\n[limits]\nauto_per_address = "1/h"\n'
    desk.configure(more=shop)
    for _ in range(3):
        come(desk, "x7@market.example")
        come(desk, ANN)
    assert told(desk).count("x7@market.example") == 3
    assert told(desk).count(ANN) == 1


def test_the_address_of_a_source_is_nobody_to_be_copied(desk: Desk) -> None:
    desk.configure(more=BY_REPLY_TO)
    come(desk, ANN, headers=(f"Cc: {FORM}, bob@example.net",))
    assert roles(desk) == {ANN: "requester", "bob@example.net": "watcher"}


# ---- monitors ------------------------------------------------------------------------------------------------------

MONITOR = "nagios@mon1.acme.example"


def alert(desk: Desk, kind: str, what: str = "web1/HTTP", state: str = "CRITICAL") -> None:
    come(desk, MONITOR, subject=f"** {kind} Service Alert: {what} is {state} **")


def statuses(desk: Desk) -> list[tuple[int, str]]:
    return [(one["number"], one["status"]) for one in desk.ask("tickets")]


def test_a_recovery_resolves_what_its_problem_opened_and_the_next_problem_opens_it_again(desk: Desk) -> None:
    desk.configure(more=NAGIOS)
    desk.rules = ACK
    alert(desk, "PROBLEM")
    alert(desk, "PROBLEM", "web2/HTTP")
    alert(desk, "PROBLEM")
    assert statuses(desk) == [(1, "new"), (2, "new")]
    alert(desk, "ACKNOWLEDGEMENT")
    assert statuses(desk) == [(1, "new"), (2, "new")]
    alert(desk, "RECOVERY", state="OK")
    assert statuses(desk) == [(1, "resolved"), (2, "new")]
    alert(desk, "PROBLEM")
    assert statuses(desk) == [(1, "open"), (2, "new")]
    assert len(desk.ask("show", "1")["articles"]) == 5
    assert told(desk) == []
    assert {one["reason"] for one in desk.ask("show", "1")["events"] if one["kind"] == "changed"} == {"same_key"}
    assert desk.run("fsck").code == 0


def test_a_problem_after_the_ticket_was_closed_too_long_ago_opens_the_next(desk: Desk) -> None:
    from datetime import timedelta

    from gateway.now import now
    from gateway.store.lookup import tickets

    desk.configure(more=NAGIOS)
    alert(desk, "PROBLEM")
    with desk.store.main.read() as conn:
        row = tickets(conn, [1])[1]
    long_ago = now() - timedelta(days=60)
    closed = {"status": "closed", "closed_at": long_ago}
    desk.act(Change(ticket=1, seen_version=row["version"], values=closed, before=row))
    alert(desk, "RECOVERY", state="OK")  # no new matter
    assert statuses(desk) == [(1, "closed")]
    alert(desk, "PROBLEM")
    assert statuses(desk) == [(1, "closed"), (2, "new")]
    assert [link["kind"] for link in desk.ask("show", "2")["links"]] == ["follows"]
    alert(desk, "RECOVERY", state="OK")
    assert statuses(desk) == [(1, "closed"), (2, "resolved")]


def test_a_recovery_of_what_nobody_heard_of_leaves_nothing_to_be_done(desk: Desk) -> None:
    desk.configure(more=NAGIOS)
    alert(desk, "RECOVERY", state="OK")
    assert statuses(desk) == [(1, "resolved")]
    alert(desk, "PROBLEM")
    assert statuses(desk) == [(1, "open")]


def test_a_batch_of_alerts_is_one_ticket(desk: Desk) -> None:
    desk.configure(more=NAGIOS)
    for number in range(9):  # more than a mail is decided anew within one claim
        sender = f"nagios@mon{number}.acme.example"
        desk.take_in(mail(sender=sender, subject="** PROBLEM Service Alert: web1 is CRITICAL **"), mail_from=sender)
    desk.work()
    assert statuses(desk) == [(1, "new")]
    assert len(desk.ask("show", "1")["articles"]) == 9


def test_a_key_belongs_to_its_source_alone(desk: Desk) -> None:
    other = "[[source]]\nfrom = 'zabbix@acme.example'\nrequester = 'thread_key:Alert: (.+) is '\n"
    desk.configure(more=NAGIOS + other)
    alert(desk, "PROBLEM")
    come(desk, "zabbix@acme.example", subject="Alert: web1/HTTP is down")
    come(desk, ANN, subject="** RECOVERY Service Alert: web1/HTTP is OK **")  # anybody may write that
    assert statuses(desk) == [(1, "new"), (2, "new"), (3, "new")]


def test_a_pattern_that_takes_too_long_makes_an_ordinary_ticket(desk: Desk) -> None:
    desk.configure(more="[[source]]\nfrom = 'form@shop.example'\nrequester = 'body:(a|aa)+$'\n")
    come(desk, FORM, text="a" * 5000 + "b")
    assert desk.ask("tickets")[0]["requester"] == FORM
    assert identified(desk)["why"] == "its pattern took too long"


def test_what_looks_like_a_source_and_is_declared_as_none_is_an_ordinary_ticket_and_advised(desk: Desk) -> None:
    desk.rules = ACK
    come(desk, "web@acme.example", headers=(f"Reply-To: {ANN}", "Auto-Submitted: auto-generated"))
    assert (desk.ask("tickets")[0]["requester"], told(desk)) == ("web@acme.example", [])
    (advice,) = desk.advice
    desk.configure(more=advice.toml)
    come(desk, "web@acme.example", headers=(f"Reply-To: {ANN}", "Auto-Submitted: auto-generated"))
    assert (desk.ask("tickets")[1]["requester"], told(desk)) == (ANN, [ANN])
    assert len(desk.advice) == 1


def test_what_came_before_is_counted_by_who_filled_the_form_in(desk: Desk) -> None:
    table = '[priority]\nby = "sender"\n[[priority.row]]\nseen = 1\nset = "high"\n'
    desk.configure(more=BY_REPLY_TO + table)
    desk.rules = (
        '[[rule]]\nname = "again"\nwhen.seen_recently = { by = "sender", within = "1 day", over = 0 }\nadd.tags = ["again"]\n'
        f'[[rule]]\nname = "for Ann"\nwhen.requester = "{ANN}"\nadd.tags = ["ann"]\n'
    )
    for place, author in enumerate((ANN, "bob@example.net", ANN)):
        come(desk, FORM, subject=f"Contact {place}", headers=(f"Reply-To: {author}",))
    tickets = desk.ask("tickets")
    assert [one["priority"] for one in tickets] == ["normal", "normal", "high"]
    assert [one["tags"] for one in tickets] == [["ann"], [], ["again", "ann"]]
    assert [desk.ask("explain", str(one["number"]))["fields"]["occurrence"]["value"] for one in tickets] == [1, 1, 2]
