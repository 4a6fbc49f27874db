"""`gateway report --shadow`: what was decided, beside the numbers of the other helpdesk."""

from typing import Any

from gateway.now import now
from gateway.store import outbox, shadowing
from support.desk import Desk
from support.mails import mail

OLD = r"\[Desk #(\d+)\]"


def shadowed(desk: Desk, *, compares: bool) -> None:
    desk.configure()
    text = desk.config.read_text().replace('data_dir = "data"', 'data_dir = "data"\nshadow = true')
    if compares:
        text = text.replace('subject_tag = "Acme"', f"subject_tag = \"Acme\"\nold_tags = ['{OLD}']")
    desk.config.write_text(text)
    shadowing.begin(desk.store, now())


def post(desk: Desk, **more: Any) -> None:
    desk.take_in(mail(**more), mail_from="ann@example.net")
    desk.work()


def lines(desk: Desk, title: str) -> dict[str, str]:
    groups = {group["title"]: group["figures"] for group in desk.ask("report", "--shadow")["groups"]}
    found: dict[str, str] = groups.get(title, {})
    return found


def test_what_was_opened_joined_routed_and_set_aside(desk: Desk) -> None:
    shadowed(desk, compares=False)
    post(desk, message_id="<1@example.net>")
    post(desk, headers=("In-Reply-To: <1@example.net>",), subject="Re: lamp")
    post(desk, sender="Bob <bob@example.org>", subject="A refund please")
    post(desk, subject="Buy", headers=("X-Spam-Flag: YES",))
    outbox.claim_due(desk.store, node="n", limit=9, now=now(), shadow=True, admin="admin@acme.example")
    assert lines(desk, "Mail") == {
        "taken": "4", "opened a ticket": "2", "joined a ticket": "1", "would have been sent": "2"
    }  # fmt: skip
    assert lines(desk, "Joined a ticket, by") == {
        "it names a mail of this ticket, and its sender was party to that": "1"
    }
    assert lines(desk, "Set aside") == {"quarantined: rule: spam": "1"}
    assert lines(desk, "Routed to") == {"billing, nobody": "1", "support, nobody": "1"}
    assert lines(desk, "Would have been sent") == {"acknowledgement to customers": "2"}
    assert lines(desk, "Rules that matched most")["refunds"] == "1"
    assert "old_tags = [" in lines(desk, "Beside the other helpdesk")["not compared"]


def test_where_tickets_and_the_numbers_of_the_other_helpdesk_disagree(desk: Desk) -> None:
    shadowed(desk, compares=True)
    ours = "Acme Support <support@acme.example>"
    post(desk, message_id="<1@example.net>", subject="Lamp")
    # A copy of its acknowledgement, and of an answer in the same thread under another number.
    named = ("In-Reply-To: <1@example.net>", "Auto-Submitted: auto-replied")
    post(desk, sender=ours, to="ann@example.net", subject="[Desk #77] Lamp", headers=named)
    post(desk, subject="Re: [Desk #78] Lamp", headers=named[:1])
    # The same number once more, with nothing that leads to the ticket.
    post(desk, sender="Eve <eve@example.com>", subject="Re: [Desk #77] Lamp")
    told = desk.ask("report", "--shadow")
    assert told["torn"] == {"77": [1, 2]}
    assert told["mixed"] == {"1": [77, 78]}
    text = desk.run("report", "--shadow").out
    assert "its 77: here #1 (Lamp), #2 ([Desk #77] Lamp)" in text
    assert "here #1 (Lamp): its 77, 78" in text
    (ticket,) = [one for one in desk.ask("tickets") if one["number"] == 1]
    assert ticket["status"] == "new"
    # Its own answer is ours: the customer's next mail finds the ticket by it.
    post(desk, sender=ours, to="ann@example.net", subject="Re: Lamp", message_id="<2@acme.example>", headers=named[:1])
    post(desk, subject="Aw: Lampe", headers=("In-Reply-To: <2@acme.example>",))
    directions = [article["direction"] for article in desk.ask("show", "1")["articles"]]
    assert directions == ["in", "in", "out", "in"]
