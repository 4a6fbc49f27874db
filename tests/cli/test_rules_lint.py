"""`gateway rules lint --days --archive`: what the stored mail says of the rules, on both databases."""

from datetime import timedelta

from sqlalchemy import update

from gateway.now import now
from gateway.store import tables
from support.desk import Desk
from support.mails import mail

RULES = r"""
[[rule]]
name = "lamps"
when.subject = "lamp*"
set.priority = "high"

[[rule]]
name = "refunds"
when.subject = "refund*"
set.queue = "billing"

[[rule]]
name = "a bomb"
when.body.matches = '(?=word)(\w+\s?)+$'
set.title = "boom"

[[rule]]
name = "a fine pattern"
when.body.matches = '^order \d+'
set.title = "order"

[[rule]]
name = "when nothing happens"
on = "idle"
add.tags = ["idle"]
"""


def test_rules_that_no_mail_met_and_patterns_that_are_slow_on_the_archive(desk: Desk) -> None:
    desk.rules = RULES
    desk.take_in(mail(subject="My lamp", text="word " * 2_000 + "!"))
    desk.take_in(mail(subject="Refund please", text="order 12"))
    desk.take_in(mail(headers=("Received: from a by b",) * 200))  # a loop: no rules are asked
    desk.work()
    told = desk.ask("rules", "lint", "--days", "30", "--archive", "10")["warnings"]
    assert [one for one in told if "matched no mail" in one] == [
        'rules/10-all.toml:12: rule "a bomb": matched no mail of the last 30 days (2 mails)'
    ]
    (slow,) = [one for one in told if " on mail " in one]
    assert slow.startswith(
        r"""rules/10-all.toml:14: rule "a bomb": when.body.matches: '(?=word)(\w+\s?)+$' was stopped at the time limit on mail 1;"""
    )
    assert not [one for one in desk.ask("rules", "lint")["warnings"] if "on mail" in one or "matched no" in one]


def test_only_mail_of_those_days_counts(desk: Desk) -> None:
    desk.rules = RULES
    desk.take_in(mail(subject="My lamp"))
    desk.take_in(mail(subject="Refund please"))
    desk.work()
    with desk.store.main.write() as conn:
        old = update(tables.mail).where(tables.mail.c.subject == "My lamp").values(at=now() - timedelta(days=40))
        conn.execute(old)
    assert _unmet(desk, "30") == ["lamps", "a bomb", "a fine pattern"]
    assert _unmet(desk, "50") == ["a bomb", "a fine pattern"]


def test_where_no_mail_is_stored_nothing_is_said_of_use(desk: Desk) -> None:
    desk.rules = RULES
    desk.work()
    answer = desk.run("rules", "lint", "--days", "30")
    assert (answer.code, answer.err) == (0, "no mail of the last 30 days is stored: --days says nothing\n")
    assert "matched no mail" not in answer.out


def _unmet(desk: Desk, days: str) -> list[str]:
    told = desk.ask("rules", "lint", "--days", days)["warnings"]
    return [one.split('"')[1] for one in told if "matched no mail" in one]
