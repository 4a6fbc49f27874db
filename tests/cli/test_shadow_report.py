"""`gateway report --shadow`: what was decided, beside the numbers of the other helpdesk."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from gateway.config import load
from gateway.config.calendars import zone_of
from gateway.config.cron import last_before
from gateway.keys import load_keys
from gateway.now import now
from gateway.reporting import shadow as report
from gateway.site import load_site
from gateway.store import outbox, shadowing, tables
from gateway.tickets import probe
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


def test_what_counts_and_what_does_not(desk: Desk) -> None:
    shadowed(desk, compares=False)
    shadowing.end(desk.store, "admin@acme.example")
    assert "shadow mode counts from the next start of the daemon\n" in desk.run("report", "--shadow").out
    shadowing.begin(desk.store, now())
    post(desk)
    sender = "admin@acme.example"
    keys = load_keys(load(desk.config).gateway.secret_file)
    said = probe.signed(keys, nonce="0" * 16, sender=sender, to="support@acme.example", at=now())
    desk.take_in(mail(sender=sender, subject="Probe", headers=(f"{probe.HEADER}: {said}",)), mail_from=sender)
    desk.work()
    assert len(desk.ask("tickets")) == 2
    outbox.claim_due(desk.store, node="n", limit=9, now=now(), shadow=True, admin="admin@acme.example")
    assert lines(desk, "Mail") == {
        "taken": "1", "opened a ticket": "1", "joined a ticket": "0", "would have been sent": "1"
    }  # fmt: skip
    assert lines(desk, "Routed to") == {"support, nobody": "1"}
    text = desk.run("report", "--shadow").out
    assert "\\n" not in text
    assert "\n\nMail\n  taken: 1\n" in text


def test_the_first_comparison_that_is_mailed_begins_where_the_mode_did(desk: Desk) -> None:
    shadowed(desk, compares=False)
    site = load_site(load(desk.config), desk.store)
    report.mail_shadow_report(desk.store, site)
    assert desk.ask("outbox", "list") == []
    shadowing.end(desk.store, "admin@acme.example")
    end = last_before(site.cfg.shadow.cron, zone_of(site.cfg), now())
    assert end is not None
    began = end.replace(microsecond=0) - timedelta(hours=1)
    shadowing.begin(desk.store, began)
    report.mail_shadow_report(desk.store, site)
    with desk.store.main.read() as conn:
        (data,) = conn.execute(select(tables.event.c.data).where(tables.event.c.kind == "shadow_told")).scalars()
    assert [datetime.fromisoformat(data[name]) for name in ("from", "to")] == [began, end]


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


@pytest.mark.parametrize("automatic", [(), ("Auto-Submitted: auto-replied",)])
def test_a_number_that_its_own_copy_names_leads_to_the_ticket_from_then_on(
    desk: Desk, automatic: tuple[str, ...]
) -> None:
    shadowed(desk, compares=True)
    ours = "Acme Support <support@acme.example>"
    post(desk, message_id="<1@example.net>", subject="Lamp")
    named = ("In-Reply-To: <1@example.net>", *automatic)
    post(desk, sender=ours, to="ann@example.net", subject="[Desk #77] Lamp", headers=named)
    post(desk, subject="Re: [Desk #77] and the bulb?")  # by the number alone, of one who takes part
    post(desk, sender="Eve <eve@example.com>", subject="Re: [Desk #77] Lamp")
    numbers = {one["number"]: len(desk.ask("show", str(one["number"]))["articles"]) for one in desk.ask("tickets")}
    assert numbers == {1: 2 if automatic else 3, 2: 1}
    assert "77" in desk.run("explain", "1").out
