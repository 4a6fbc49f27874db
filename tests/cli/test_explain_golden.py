"""What people read of a ticket: the whole tree, word for word."""

import sys
from pathlib import Path

import pytest

from support.desk import Desk
from support.mails import mail

GOLDEN = Path(__file__).with_name("explain-ticket.txt")
RULES = """\
[[rule]]
name = "refunds"
when.subject = "refund*"
unless.from = "*@shop.example"
set.queue = "billing"
set.area = "order/payment"
set.type = "request"
add.tags = ["money"]

[[rule]]
name = "order numbers"
when.body.matches = '\\bORD-(?P<order>\\d{4,})\\b'
set.fields.order = "{order}"
set.type = "question"

[[rule]]
name = "what the form says"
when.body.matches = '(?m)^Topic: (?P<topic>.+)$'
set.priority = "{topic}"
set.priority_table = { "it burns" = "urgent" }

[[rule]]
name = "somebody takes it"
need.skills = "money"
set.assign = ["sticky", "balance"]

[[rule]]
name = "acknowledge"
set.reply = "acknowledgement"
"""
SITE = """
[areas]
values = ["order/payment", "login"]
[fields.order]
pattern = '\\d{4,}'
[sla.quick]
first_response = "4 h"
[organisations.big]
title = "Big & Sons"
domains = ["big.example"]
sla = "quick"
[[priority.row]]
type = "request"
set = "high"
[limits]
auto_per_address = "1/h"
"""


@pytest.fixture
def clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "clock"
    file.write_text("2026-12-01T10:00:00+00:00")
    monkeypatch.setattr("gateway.now._CLOCK_FILE", str(file))


@pytest.mark.usefixtures("clock")
def test_a_ticket_opened_by_rules(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.rules = RULES
    desk.config.write_text(
        desk.config.read_text().replace("[agents.dave]", '[agents.dave]\nskills = ["money"]\nmax_open = 9')
    )
    desk.config.write_text(desk.config.read_text() + SITE)
    desk.take_in(mail(sender="Bo <bo@example.net>", subject="Login", message_id="<one@example.net>"))
    desk.take_in(mail(sender="Ann <ann@big.example>", subject="Refund", message_id="<two@big.example>"))
    desk.take_in(
        mail(
            sender="Ann <ann@big.example>",
            subject="Re: [Acme #1] Refund",
            text="Please pay back ORD-1182.\n\nTopic: it smokes",
            message_id="<three@big.example>",
            headers=("In-Reply-To: <nobody@knows.example>",),
        )
    )
    desk.work()
    shown = desk.run("explain", "3").out
    GOLDEN.with_suffix(".got.txt").write_text(shown)
    assert shown == GOLDEN.read_text()
    GOLDEN.with_suffix(".got.txt").unlink()
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "300")
    drawn = desk.run("explain", "3").out
    assert [line.lstrip("│├└─ ") for line in drawn.splitlines()] == [
        line.lstrip() for line in GOLDEN.read_text().splitlines()
    ]
