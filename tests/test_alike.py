"""What a lead is told of a matter that many customers write about, and when."""

import threading
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from gateway import alike
from gateway.alike import look, tell_leads
from gateway.config import load
from gateway.now import now
from gateway.similar import catch_up, scope
from gateway.site import Site, load_site
from gateway.store import Store, matters, outbox
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
        body = read.get_content().replace("\r\n", "\n")
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
    catch_up(desk.store, site.cfg, now())
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


WORDS = "lamp parcel invoice carrier refund socket garden".split()


def matter(desk: Desk, word: str, count: int = 5, queue: str = "support") -> list[int]:
    """A matter of its own: all it says is one word."""
    return [
        desk.ticket(f"{word} {word}ish", text=f"{word}ing", requester=f"{word}{place}@example.net", queue=queue)
        for place in range(count)
    ]


def test_a_lead_gets_one_letter_an_hour_whatever_it_lists(desk: Desk) -> None:
    site = site_of(desk)
    for name in ("lamp", "parcel", "invoice"):
        matter(desk, name)
    look(desk.store, site)
    (letter,) = told(desk)
    assert "[Acme] 15 tickets of 3 matters look alike: lamp lampish; parcel parcelish; ..." in letter
    assert [f"gateway similar {number}\n" in letter for number in (1, 6, 11)] == [True] * 3
    late = matter(desk, "carrier", 7)
    customers(desk, 0, 2)
    look(desk.store, site)
    tell_leads(desk.store, site, now() + timedelta(minutes=59))
    assert len(told(desk)) == 1
    tell_leads(desk.store, site, now() + timedelta(minutes=61))
    assert len(told(desk)) == 2
    assert told(desk)[1].startswith("carol@acme.example: [Acme] 7 tickets look alike: carrier carrierish\n")
    assert f"gateway similar {late[0]}\n" in told(desk)[1]
    tell_leads(desk.store, site, now() + timedelta(minutes=200))
    assert len(told(desk)) == 2


def test_the_hour_is_whole_wherever_it_begins(desk: Desk) -> None:
    site = site_of(desk)
    matter(desk, "lamp")
    matters.take_in(desk.store, scope(site.cfg, now()))
    start = now().replace(minute=59, second=0)
    tell_leads(desk.store, site, start)
    matter(desk, "parcel")
    while matters.take_in(desk.store, scope(site.cfg, now())):
        pass
    tell_leads(desk.store, site, start + timedelta(minutes=2))
    assert len(told(desk)) == 1
    tell_leads(desk.store, site, start + timedelta(minutes=60))
    assert len(told(desk)) == 2


def test_what_is_too_much_for_one_letter_stands_in_the_next(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alike, "MATTERS", 4)
    site = site_of(desk)
    heads = [matter(desk, WORDS[place])[0] for place in range(7)]
    catch_up(desk.store, site.cfg, now())
    for hour in range(4):
        tell_leads(desk.store, site, now() + timedelta(minutes=61 * hour))
    first, second = told(desk)
    assert "3 more matters stand in the next letter" in first
    listed = [[head for head in heads if f"gateway similar {head}\n" in letter] for letter in (first, second)]
    assert listed == [heads[:4], heads[4:]]
    assert "more matters" not in second


def test_what_grows_does_not_keep_back_what_was_never_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alike, "MATTERS", 2)
    site = site_of(desk)
    heads = [matter(desk, WORDS[place])[0] for place in range(3)]
    catch_up(desk.store, site.cfg, now())
    tell_leads(desk.store, site, now())
    for place in range(2):
        matter(desk, WORDS[place], 9)
    catch_up(desk.store, site.cfg, now())
    tell_leads(desk.store, site, now() + timedelta(minutes=61))
    assert f"gateway similar {heads[-1]}\n" in told(desk)[1]
    assert "look like one matter (5 when you were last told):" in told(desk)[1]


def test_each_lead_hears_of_their_own_queues(desk: Desk) -> None:
    text = desk.config.read_text().replace('agents = ["dave"]\n[agents', 'agents = ["dave"]\nlead = "dave"\n[agents')
    desk.config.write_text(text)
    site = site_of(desk)
    matter(desk, "lamp")
    matter(desk, "invoice", queue="billing")
    look(desk.store, site)
    assert sorted(letter.partition(":")[0] for letter in told(desk)) == ["carol@acme.example", "dave@acme.example"]


def test_nodes_that_look_at_once_tell_it_once(desk: Desk) -> None:
    site = site_of(desk)
    for name in ("lamp", "parcel"):
        matter(desk, name)
    at = now()
    catch_up(desk.store, site.cfg, at)
    start = threading.Barrier(4)

    def run() -> None:
        start.wait()
        tell_leads(desk.store, site, at)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told(desk)) == 1


def test_one_customer_who_writes_often_is_no_outage(desk: Desk) -> None:
    for _ in range(12):
        desk.ticket("Cannot log in", text=TEXT)
    look(desk.store, site_of(desk))
    assert told(desk) == []
    assert desk.ask("similar", "--matters")[0]["size"] == 12


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
