"""Whoever works a ticket hears of a letter that did not leave for hours, and of one that went without its files."""

import shutil
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from gateway import delays
from gateway.config import load
from gateway.mail import Address
from gateway.now import now
from gateway.site import Site, load_site
from gateway.store import tables
from gateway.telling.teller import tell_all
from gateway.tickets.actions import Note, Send
from support.desk import Desk
from support.whole_site import REPOSITORY


def letter(ticket: int, recipient: str, *, automatic: bool) -> Send:
    return Send(
        ticket=ticket,
        kind="reply",
        recipient=Address(addr=recipient),
        envelope_from="",
        message_id=f"<{recipient}>",
        subject="Hello",
        data=b"From: support@acme.example\r\n\r\nHello\r\n",
        automatic=automatic,
    )


def shipped(desk: Desk) -> Site:
    """The desk with the shipped templates."""
    shutil.copytree(REPOSITORY / "templates", desk.folder / "templates")
    return load_site(load(desk.config), desk.store)


def set_all(desk: Desk, **values: Any) -> None:
    with desk.store.main.write() as conn:
        conn.execute(tables.outbox.update().values(**values))


def told(desk: Desk) -> list[tuple[str, str]]:
    """Recipient and text of each notice that something did not arrive as it should have."""
    wanted = select(tables.mail.c.recipient, tables.mail_out.c.data).join_from(tables.mail, tables.mail_out)
    with desk.store.main.read() as conn:
        found = conn.execute(wanted.where(tables.mail.c.kind == "notice_undelivered").order_by(tables.mail.c.id))
        return [(row.recipient, " ".join(row.data.decode().split())) for row in found]


def test_a_letter_that_is_hours_late(desk: Desk) -> None:
    number = desk.ticket()
    desk.act(letter(number, "ann@example.net", automatic=False), letter(number, "bo@example.net", automatic=True))
    site = shipped(desk)
    set_all(desk, attempts=5, last_reply="450 4.2.0 greylisted", created_at=now() - timedelta(hours=3, minutes=59))
    delays.look(desk.store, site)
    tell_all(desk.store, site)
    assert told(desk) == []
    set_all(desk, created_at=now() - timedelta(hours=4, seconds=1))
    for _ in range(3):
        delays.look(desk.store, site)
        tell_all(desk.store, site)
    assert sorted(to for to, _ in told(desk)) == ["carol@acme.example", "dave@acme.example"]
    assert "has been on its way to ann@example.net for hours" in told(desk)[0][1]
    assert "The other side said: 450 4.2.0 greylisted" in told(desk)[0][1]


def test_what_was_not_even_tried_counts_from_when_it_was_due(desk: Desk) -> None:
    number = desk.ticket()
    desk.act(letter(number, "ann@example.net", automatic=False))
    site = shipped(desk)
    set_all(
        desk, created_at=now() - timedelta(hours=9), next_try_at=now() - timedelta(hours=3)
    )  # it waited for #cancel
    delays.look(desk.store, site)
    tell_all(desk.store, site)
    assert told(desk) == []
    set_all(desk, next_try_at=now() - timedelta(hours=4, seconds=1))
    delays.look(desk.store, site)
    tell_all(desk.store, site)
    assert len(told(desk)) == 2


def test_a_letter_to_a_customer_that_went_without_its_files(desk: Desk) -> None:
    number = desk.ticket()
    data = {"recipient": "ann@example.net", "files": ["scan.pdf (3.0 MB)"], "reply": "552 5.3.4 too large"}
    desk.act(Note(ticket=number, kind="files_left_out", data={**data, "to_customer": False}))
    site = shipped(desk)
    tell_all(desk.store, site)
    assert told(desk) == []
    desk.act(Note(ticket=number, kind="files_left_out", data={**data, "to_customer": True}))
    tell_all(desk.store, site)
    assert "goes to ann@example.net without its files, which it names" in told(desk)[0][1]
    assert "scan.pdf (3.0 MB)" in told(desk)[0][1]
