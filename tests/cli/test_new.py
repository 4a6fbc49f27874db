"""`gateway new`: a ticket for somebody who did not write."""

from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.store import outbox, spool, tables
from support.desk import Desk, who


@pytest.fixture
def text(desk: Desk, tmp_path: Path) -> str:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "10-all.toml").write_text(desk.rules)
    file = tmp_path / "text.txt"
    file.write_text("He wants a refund.\n")
    return str(file)


def test_it_is_taken_as_if_they_had_written(desk: Desk, text: str) -> None:
    made = desk.ask("new", "Lamp broke", "--for", "Bob Hill <bob@example.org>", "--file", text)
    assert made == {"ticket": 1, "requester": "bob@example.org", "subject": "Lamp broke", "spool_id": 1}
    shown = desk.ask("show", "1")
    assert (shown["subject"], shown["queue"], shown["tags"]) == ("Lamp broke", "billing", ["money"])
    assert [(one["author"], one["text"].strip()) for one in shown["articles"]] == [
        ("bob@example.org", "He wants a refund.")
    ]
    opened = next(one for one in shown["events"] if one["kind"] == "opened_for")
    assert (opened["actor"], opened["data"]) == (who(), {"requester": "bob@example.org"})
    assert [(row.recipient) for row in outbox.rows(desk.store)] == ["bob@example.org"]
    with desk.store.spool.read() as conn:
        assert conn.execute(select(tables.spool.c.state)).scalars().all() == ["done"]
    assert desk.run("fsck").code == 0


def test_the_queue_that_was_asked_for_stands_against_rules(desk: Desk, text: str) -> None:
    said = desk.run("new", "Refund", "--for", "bob@example.org", "--queue", "supp", "--file", text)
    assert (said.code, said.out) == (0, "#1 was opened for bob@example.org\n")
    assert desk.ask("show", "1")["queue"] == "support"


def test_another_mail_that_waits_is_left_to_the_daemon(desk: Desk, text: str) -> None:
    desk.take_in(b"From: ann@example.net\r\nTo: support@acme.example\r\nSubject: first\r\n\r\nHello.\r\n")
    assert desk.ask("new", "second", "--for", "bob@example.org", "--file", text)["ticket"] == 1
    assert spool.waiting(desk.store).count == 1


@pytest.mark.parametrize(
    ("args", "wrong"),
    [
        (("--for", "carol@acme.example"), "carol@acme.example is an agent's"),
        (("--for", "support@acme.example"), "is one of our own addresses"),
        (("--for", "bob"), '"bob" is no address'),
        (("--for", "bob@example.org", "--queue", "sales"), 'there is no queue "sales"'),
    ],
)
def test_what_cannot_be(desk: Desk, text: str, args: tuple[str, ...], wrong: str) -> None:
    said = desk.run("new", "Lamp", *args, "--file", text)
    assert said.code == 64
    assert wrong in said.err
    assert desk.ask("tickets") == []
