"""Letters to leads: what they list, and the tickets that look like those they are about."""

import shutil
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest

from gateway import unassigned
from gateway.config import load
from gateway.leads import listed
from gateway.now import now
from gateway.similar import catch_up
from gateway.site import load_site
from gateway.store import outbox, tables
from gateway.store.fast import insert
from support.cli import CHECKOUT
from support.desk import Desk
from support.mails import mail

RULES = '[[rule]]\nname = "in turn"\nset.assign = ["rota"]\n'


def nobody_free(desk: Desk) -> None:
    """Whatever comes waits for an agent, and carol hears of it."""
    desk.rules = RULES
    text = desk.config.read_text()
    desk.config.write_text(text.replace('agents = ["carol", "dave"]', 'agents = ["carol", "dave"]\nlead = "carol"'))
    with desk.store.main.write() as conn:
        for agent in ("carol", "dave"):
            insert(conn, tables.absence, agent=agent, since=now() - timedelta(days=1), until=now() + timedelta(days=1))


def write_in(desk: Desk, *people: str) -> None:
    for person in people:
        sender = f"{person}@example.net"
        desk.take_in(mail(sender=sender, subject="Lamp broken", text="error E-7731 on my lamp"), mail_from=sender)
    desk.work()


def letter(desk: Desk) -> str:
    site = load_site(load(desk.config), desk.store)
    catch_up(desk.store, site.cfg, now())
    unassigned.try_again(desk.store, site)
    (row,) = outbox.rows(desk.store)
    read = message_from_bytes(outbox.bytes_of(desk.store, row.id), policy=default)
    assert isinstance(read, EmailMessage)
    body = read.get_body(preferencelist=("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


@pytest.mark.parametrize("has_templates", [True, False])
def test_the_notice_of_one_ticket_lists_what_looks_like_it(desk: Desk, has_templates: bool) -> None:
    if has_templates:
        shutil.copytree(CHECKOUT / "templates", desk.folder / "templates")
    other = desk.ticket("My lamp is dead", text="it says E-7731", requester="bob@example.org")
    nobody_free(desk)
    write_in(desk, "ann")
    listed = f"Looks like:\n  #{other} My lamp is dead (both name e-7731; " if has_templates else "It looks like #1."
    assert listed in letter(desk)


def test_the_notice_of_a_ticket_that_stands_alone_lists_nothing(desk: Desk) -> None:
    nobody_free(desk)
    write_in(desk, "ann")
    assert "ooks like" not in letter(desk)


def test_the_list_of_many_names_for_each_what_looks_like_it(desk: Desk) -> None:
    nobody_free(desk)
    write_in(desk, "ann", "bob")
    text = letter(desk)
    assert "#1  Lamp broken (support, normal; looks like #2)" in text
    assert "#2  Lamp broken (support, normal; looks like #1)" in text


def test_a_list_is_bounded_and_says_how_much_it_leaves_out() -> None:
    tickets = [(str(number), f"title\r\n{number}") for number in range(1, 1001)]
    lines = list(listed(tickets, shown=2))
    assert lines[:3] == ["#1  title 1", "#2  title 2", ""]
    assert lines[3].startswith("and #3 #4 ")
    assert lines[3].endswith(" #502 and 498 more")
    assert list(listed(tickets[:2], shown=2)) == lines[:2]
