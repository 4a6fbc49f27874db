"""What a new ticket is given where no rule says: its priority, SLA and occurrence, stored and explained alike."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gateway.store import tables
from support.desk import Desk
from support.mails import mail

RULES = """\
[[rule]]
name = "logins"
when.text = ["login*"]
set.area = "login"
set.type = "problem"

[[rule]]
name = "a contract says so"
when.text = ["contract"]
set.sla = "slow"
"""
SITE = """
[areas]
values = ["login"]
[sla.quick]
first_response = "1 h"
[sla.slow]
first_response = "9 h"
[[priority.row]]
type = "problem"
set = "high"
[organisations.big]
domains = ["big.example"]
sla = "quick"
"""


@pytest.fixture
def site(desk: Desk) -> Desk:
    desk.rules = RULES
    desk.configure(more=SITE)
    return desk


def rows(desk: Desk) -> list[tuple[Any, ...]]:
    with desk.store.main.read() as conn:
        columns = tables.ticket.c
        return [tuple(row) for row in conn.execute(select(columns.occurrence, columns.sla).order_by(columns.number))]


def foretold(desk: Desk, tmp_path: Path, raw: bytes) -> dict[str, Any]:
    path = tmp_path / "new.eml"
    path.write_bytes(raw)
    told: dict[str, Any] = desk.ask("explain", str(path))
    return told


def step(told: dict[str, Any], name: str) -> dict[str, Any]:
    (one,) = (one for one in told["steps"] if one["step"] == name)
    return dict(one)


def test_occurrence_is_counted_though_no_row_asks_for_it(site: Desk) -> None:
    for person in range(3):
        site.take_in(mail(sender=f"p{person}@example.net", subject="login fails"))
    site.take_in(mail(subject="My lamp"))
    site.work()
    site.take_in(mail(sender="late@example.net", subject="login fails"))
    site.work()
    assert [occurrence for occurrence, _ in rows(site)] == [1, 2, 3, 1, 4]


@pytest.mark.parametrize(
    ("by", "expected"),
    [("sender", [1, 2, 1, 3]), ("organisation", [1, 2, 3, 4]), ("queue", [1, 2, 3, 4]), ("category", [1, 1, 1, 1])],
)
def test_what_is_counted_is_what_the_site_says(site: Desk, by: str, expected: list[int]) -> None:
    site.configure(
        more=SITE.replace("[[priority.row]]", f'[priority]\nby = "{by}"\nwithin = "1 day"\n[[priority.row]]')
    )
    for sender in ("ann@big.example", "ann@big.example", "bob@big.example", "ann@big.example"):
        site.take_in(mail(sender=sender, subject="login fails"))
    site.work()
    assert [occurrence for occurrence, _ in rows(site)] == expected


def test_the_sla_of_the_organisation_is_told(site: Desk, tmp_path: Path) -> None:
    raw = mail(sender="ann@big.example", subject="login fails")
    expected = {"value": "quick", "rule": None, "file": None, "line": None, "by": "organisation:big"}
    assert foretold(site, tmp_path, raw)["fields"]["sla"] == expected
    site.take_in(raw)
    site.work()
    assert rows(site) == [(1, "quick")]
    assert site.ask("explain", "--mail", "1")["fields"]["sla"] == expected
    assert site.ask("explain", "1")["fields"]["sla"] == expected
    assert "  sla = quick <- organisation big" in site.run("explain", "--mail", "1").out
    assert "SLA: quick, that of organisation big" in site.run("explain", "1").out
    by_rule = foretold(site, tmp_path, mail(sender="ann@big.example", subject="our contract"))
    assert by_rule["fields"]["sla"]["rule"] == "a contract says so"
    assert [one["step"] for one in by_rule["steps"] if one["step"] == "sla"] == []


def test_occurrence_is_told_as_it_is_stored(site: Desk, tmp_path: Path) -> None:
    site.take_in(mail(subject="login fails"))
    site.work()
    again = mail(sender="bob@example.net", subject="login fails")
    dry = foretold(site, tmp_path, again)
    site.take_in(again)
    site.work()
    stored = site.ask("explain", "2")
    expected = {"value": 2, "rule": None, "file": None, "line": None, "by": "count:area"}
    assert dry["fields"]["occurrence"] == stored["fields"]["occurrence"] == expected
    assert step(dry, "occurrence") == {
        "step": "occurrence", "value": 2, "by": "area", "of": "login", "within_seconds": 3600,
    }  # fmt: skip
    out = site.run("explain", "2").out
    assert "  occurrence = 2 <- counted by area" in out
    assert "occurrence: 2 of area login within 1 h, this one among them" in out
    assert "occurrence" not in foretold(site, tmp_path, mail(subject="My lamp"))["fields"]


def test_a_follow_up_is_given_nothing_of_it(site: Desk, tmp_path: Path) -> None:
    site.take_in(mail(sender="ann@big.example", subject="login fails"))
    site.work()
    told = foretold(site, tmp_path, mail(sender="ann@big.example", subject="Re: [Acme #1] login fails"))
    assert told["ticket"] == 1
    assert {"occurrence", "sla", "priority"}.isdisjoint(one["step"] for one in told["steps"])
