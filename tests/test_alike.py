"""What a lead is told of a matter that many customers write about, and when."""

from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from gateway.alike import look, tell_leads
from gateway.config import load
from gateway.now import now
from gateway.site import Site, load_site
from gateway.store import Store, outbox
from support.desk import Desk

TEXT = "The login page says that my password is wrong."


@pytest.fixture
def desk(tmp_path: Path, store: Store, database_url: str, capsys: pytest.CaptureFixture[str]) -> Desk:
    desk = Desk(tmp_path, store, database_url, capsys.readouterr)
    set_up(desk)
    return desk


def set_up(desk: Desk, *, tell_lead_at: int = 5, lead: str = 'lead = "carol"') -> None:
    desk.configure(more=f"[similar]\ntell_lead_at = {tell_lead_at}\n")
    text = desk.config.read_text().replace('agents = ["carol", "dave"]\n', f'agents = ["carol", "dave"]\n{lead}\n')
    desk.config.write_text(text)


def site_of(desk: Desk) -> Site:
    (desk.folder / "rules").mkdir(exist_ok=True)
    (desk.folder / "rules" / "10-all.toml").write_text(desk.rules)
    return load_site(load(desk.config), desk.store)


def customers(desk: Desk, first: int, last: int) -> list[int]:
    return [
        desk.ticket("Cannot log in", text=TEXT, requester=f"user{place}@example.net") for place in range(first, last)
    ]


def told(desk: Desk) -> list[str]:
    found = []
    for row in outbox.rows(desk.store):
        read = message_from_bytes(outbox.bytes_of(desk.store, row.id), policy=default)
        body = read.get_content()
        found.append(f"{row.recipient}: {read['Subject']}\n{body}")
    return found


def test_the_lead_is_told_once_an_hour_while_it_grows(desk: Desk) -> None:
    site = site_of(desk)
    customers(desk, 0, 4)
    look(desk.store, site)
    assert told(desk) == []
    customers(desk, 4, 6)
    look(desk.store, site)
    (letter,) = told(desk)
    assert letter.startswith("carol@acme.example: [Acme] 6 tickets look alike: Cannot log in\n")
    assert all(f"\n#{number}  Cannot log in" in letter for number in range(1, 7))
    assert "6 open tickets of 6 customers" in letter
    customers(desk, 6, 90)
    look(desk.store, site)
    look(desk.store, site)
    assert len(told(desk)) == 1
    tell_leads(desk.store, site, now() + timedelta(minutes=61))
    assert len(told(desk)) == 2
    assert "90 tickets look alike" in told(desk)[1]
    assert "#51 #52" in " ".join(told(desk)[1].split())
    tell_leads(desk.store, site, now() + timedelta(minutes=200))
    assert len(told(desk)) == 2  # nothing new since
    assert [event["data"] for event in desk.ask("show", "1")["events"] if event["kind"] == "lead_told"] == [
        {"agent": "carol", "tickets": 6},
        {"agent": "carol", "tickets": 90},
    ]


def test_two_nodes_tell_it_once(desk: Desk) -> None:
    site = site_of(desk)
    customers(desk, 0, 6)
    later = now()
    look(desk.store, site)
    tell_leads(desk.store, site, later)
    tell_leads(desk.store, site, later)
    assert len(told(desk)) == 1


def test_one_customer_who_writes_often_is_no_outage(desk: Desk) -> None:
    for _ in range(12):
        desk.ticket("Cannot log in", text=TEXT)
    look(desk.store, site_of(desk))
    assert told(desk) == []
    assert desk.ask("similar", "--clusters")[0]["size"] == 12


@pytest.mark.parametrize("how", [{"tell_lead_at": 0}, {"lead": ""}])
def test_nobody_is_told_where_the_site_wants_that(desk: Desk, how: dict[str, object]) -> None:
    set_up(desk, **how)  # type: ignore[arg-type]
    customers(desk, 0, 8)
    look(desk.store, site_of(desk))
    assert told(desk) == []


def test_what_customers_write_cannot_forge_the_letter(desk: Desk) -> None:
    for place in range(6):
        desk.ticket("login [ref:abc]\r\nBcc: x@evil.example", text=TEXT, requester=f"user{place}@example.net")
    look(desk.store, site_of(desk))
    (row,) = outbox.rows(desk.store)
    raw = outbox.bytes_of(desk.store, row.id)
    assert b"\nBcc:" not in raw.partition(b"\r\n\r\n")[0]
    assert b"[ref:" not in raw
