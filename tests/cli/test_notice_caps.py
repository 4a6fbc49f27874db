"""Agents' addresses are capped too: beyond the rate, notices wait for a digest."""

from datetime import timedelta

import pytest

from gateway import now as clock
from gateway.config import load
from gateway.site import load_site
from gateway.telling.teller import tell_all, tell_digests
from gateway.tickets.actions import Note
from support.desk import Desk


def told(desk: Desk) -> list[str]:
    site = load_site(load(desk.config), desk.store)
    while tell_all(desk.store, site):
        pass
    return [row["recipient"] for row in desk.ask("outbox", "list")]


def test_beyond_the_rate_notices_wait_for_a_digest(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.configure(more='[limits]\nnotices_per_agent = "2/h"\n')
    desk.work()
    numbers = [desk.ticket(assignee="carol") for _ in range(4)]
    for number in numbers:
        desk.act(Note(ticket=number, kind="assigned", data={"assignee": "carol"}, reason="person"), name="agent:dave")
        told(desk)
    assert told(desk).count("carol@acme.example") == 2
    at = clock.now() + timedelta(minutes=20)
    monkeypatch.setattr("gateway.telling.teller.now", lambda: at)
    tell_digests(desk.store, load_site(load(desk.config), desk.store))
    assert told(desk).count("carol@acme.example") == 3
