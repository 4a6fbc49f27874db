"""`gateway simulate --sla`: the clocks of past tickets are made anew out of the journal as they went in earnest."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gateway.config import load
from gateway.mail import Envelope
from gateway.store import lives, spool, tables
from gateway.tickets.clocks import kept
from gateway.tickets.lived import Lived, lived
from support.clocked import Clocked
from support.desk import Desk

ANN, NAME = "ann@example.net", "Ann Novak <ann@example.net>"
CAROL = "Carol <carol@acme.example>"
SINCE = "2026-11-01"


def do(office: Clocked, number: int, *command: str) -> None:
    answer = office.desk.run("do", str(number), *command)
    assert answer.code == 0, answer
    office.tell()


def agree(office: Clocked) -> dict[int, list[Lived]]:
    """All clocks that ever ran, by ticket; the last of each name is the one that the ticket's row has."""
    site = office.site
    with office.desk.store.main.read() as conn:
        found = {one.number: lived(one, site.promises) for one in lives.lives(conn, datetime(2000, 1, 1, tzinfo=UTC))}
        rows = conn.execute(select(tables.ticket).where(tables.ticket.c.merged_into.is_(None))).all()
    for row in rows:
        stored = kept(row._mapping)
        there = {one.name: one for one in found.get(row.number, ())}
        expected = {name: (one.runs, one.ended) for name, one in stored.of.items()} if stored else {}
        assert {name: (one.clock.runs, one.clock.ended) for name, one in there.items()} == expected, row.number
    return found


def compared(office: Clocked, **changed: str) -> dict[str, Any]:
    text = office.desk.config.read_text()
    for clock, budget in changed.items():
        (line,) = [one for one in text.splitlines() if one.startswith(f"{clock} = ")]
        text = text.replace(line, f"{clock} = {budget}")
    path = office.desk.folder / "other.toml"
    path.write_text(text)
    load(path)
    found: dict[str, Any] = office.desk.ask("simulate", "--sla", str(path), "--since", SINCE)
    return found


def a_life(office: Clocked) -> None:
    """Answered after an hour; asked again, and answered after seven; once more, with a pause, and after two; solved."""
    office.post(NAME, "It burns.")
    agree(office)
    office.to("2026-11-26 10:00").reply("Which printer?")
    office.to("2026-11-27 09:00").post(NAME, "The red one.", answers=office.last(ANN))
    agree(office)
    office.to("2026-11-27 12:00").post(NAME, "Hurry!", answers=office.last(ANN))  # no more time for that
    office.to("2026-11-27 16:00").reply("We send somebody.")
    office.to("2026-11-30 09:00").post(NAME, "Nobody came.", answers=office.last(ANN))
    office.to("2026-11-30 10:00")
    do(office, 1, "hold")
    agree(office)
    office.to("2026-11-30 14:00")
    do(office, 1, "open")
    office.to("2026-11-30 15:00").reply("They are at the door.")
    do(office, 1, "resolve")


def file_old(office: Clocked, headers: str) -> None:
    raw = f"From: {NAME}\r\nTo: support@acme.example\r\n{headers}\r\n\r\nIt burns.\r\n".encode()
    envelope = Envelope(mail_from=ANN, recipients=("support@acme.example",), peer="", helo="")
    old = datetime(2026, 11, 2, tzinfo=UTC)
    mail = spool.NewMail(raw=raw, envelope=envelope, source="import", received_at=old, quiet=True)
    spool.insert_batch(office.desk.store, [mail])
    office.desk.work()
    office.tell()


def test_next_responses_each_with_the_time_it_took(desk: Desk, clock: Path) -> None:
    office = Clocked(desk, clock, more="")
    a_life(office)
    hours = [
        (
            sum((end - start).total_seconds() for start, end in one.clock.runs if end) / 3600,
            f"{one.clock.ended:%d %H:%M}",
        )
        for one in agree(office)[1]
        if one.name == "next_response"
    ]
    assert hours == [(7.0, "27 15:00"), (2.0, "30 14:00")]
    same = compared(office)
    assert same["before"] == same["after"] == {
        "first_response": {"kept": 1, "broken": 0, "none": 0},
        "next_response": {"kept": 1, "broken": 0, "none": 0},
        "resolution": {"kept": 1, "broken": 0, "none": 0},
    }  # fmt: skip
    for budget, outcome in {"7 h": "kept", "6 h": "broken", "119 min": "broken"}.items():
        found = compared(office, next_response=f'"{budget}"')
        assert found["after"]["next_response"][outcome] == 1, budget
    assert found["samples"] == [{"ticket": 1, "clock": "next_response", "before": "kept", "after": "broken"}]


def test_what_waits_still_and_what_was_never_asked(desk: Desk, clock: Path) -> None:
    """One waits for its next response and is late now, one stands still, one never had a further mail."""
    office = Clocked(desk, clock, more="")
    for number, subject in enumerate(("Lamp", "Chair", "Desk"), 1):
        office.to("2026-11-26 09:00").post(NAME, "It burns.", subject=subject)
        office.to("2026-11-26 10:00")
        office.desk.run("do", str(number), "assign", "carol")
    for number in (1, 2, 3):
        letter = office.mails("carol@acme.example", "notice_assigned")[number - 1]
        office.to("2026-11-26 10:30").post(CAROL, "Which one?", answers=letter)
    for number in (1, 2):
        answered = office.mails(ANN, "reply")[number - 1]
        office.to("2026-11-26 11:00").post(NAME, "The red one.", answers=answered)
    office.to("2026-11-26 12:00")
    do(office, 2, "hold")
    agree(office)
    office.to("2026-11-27 12:00")
    found = compared(office, next_response='"30 min"')
    assert found["before"]["next_response"] == {"kept": 1, "broken": 1, "none": 1}
    assert found["after"]["next_response"] == {"kept": 0, "broken": 2, "none": 1}
    assert compared(office, next_response='"3 business days"')["after"]["next_response"]["kept"] == 2


def test_the_priority_of_then_counts(desk: Desk, clock: Path) -> None:
    office = Clocked(desk, clock, more="")
    text = desk.config.read_text()
    table = 'next_response = { urgent = "1 h", high = "2 h", normal = "8 h", low = "8 h" }'
    desk.config.write_text(text.replace('next_response = "1 business day"', table))
    a_life(office)
    do(office, 1, "priority", "urgent")
    office.to("2026-12-01 09:00")
    found = compared(office)
    assert found["before"]["next_response"] == found["after"]["next_response"] == {"kept": 1, "broken": 0, "none": 0}


def test_a_persons_word_on_the_due_time_stands_by_any_promise(desk: Desk, clock: Path) -> None:
    office = Clocked(desk, clock, more="")
    office.post(NAME, "It burns.")
    do(office, 1, "due", "2026-12-01 12:00")
    office.to("2026-11-30 12:00").reply("Done.")
    do(office, 1, "resolve")
    agree(office)
    found = compared(office, resolution='"1 h"')
    assert found["before"]["resolution"] == found["after"]["resolution"] == {"kept": 1, "broken": 0, "none": 0}
    assert found["before"]["first_response"] == {"kept": 0, "broken": 1, "none": 0}


COMMANDS = (
    ("hold",), ("hold", "until", "2026-12-20"), ("wait",), ("open",), ("resolve",), ("close",), ("undo",),
    ("priority", "urgent"), ("priority", "low"), ("move", "billing"), ("move", "support"), ("assign", "dave"),
    ("merge", "2"), ("split",), ("spam",),
)  # fmt: skip


@pytest.mark.parametrize("seed", range(2))
def test_whatever_happens_to_a_ticket(seed: int, desk: Desk, clock: Path) -> None:
    """Commands and mails in any order, some of them refused: the journal says what the clocks have."""
    rng = random.Random(seed)
    office = Clocked(desk, clock, more="")
    at = datetime(2026, 11, 26, 8, tzinfo=UTC)
    for subject in ("Lamp", "Chair"):
        office.post(NAME, "It burns.", subject=subject)
    for _ in range(25):
        at += timedelta(minutes=rng.randint(1, 900))
        office.to(at.isoformat())
        chance = rng.random()
        if chance < 0.3:
            office.post(NAME, "And now?", answers=rng.choice(office.mails(ANN)))
        elif chance < 0.5:
            desk.run("reply", "1", "--file", str(_text(office)))
        else:
            desk.run("do", "1", *rng.choice(COMMANDS))
        office.look()
        agree(office)
    same = compared(office)
    assert same["before"] == same["after"]


def _text(office: Clocked) -> Path:
    file = office.desk.folder / "reply.txt"
    file.write_text("On my way.")
    return file


def test_old_mail_that_was_filed_asked_for_nothing(desk: Desk, clock: Path) -> None:
    """Of two old threads one gets a new mail: its clocks begin with that."""
    office = Clocked(desk, clock, more="")
    for number in (1, 2):
        file_old(office, f"Subject: old {number}\r\nMessage-ID: <old{number}@example.net>")
    file_old(office, "Subject: Re: old 2\r\nMessage-ID: <more@example.net>\r\nIn-Reply-To: <old2@example.net>")
    assert [len(office.articles(number)) for number in (1, 2)] == [1, 2]
    assert agree(office) == {}
    office.to("2026-11-26 11:00").post(NAME, "And now?", subject="[Acme #1] old")
    assert {one.name for one in agree(office)[1]} == {"first_response", "resolution"}
    office.to("2026-11-26 12:00").reply("Now it is well.")
    agree(office)
    found = compared(office)
    assert found["before"]["first_response"] == {"kept": 1, "broken": 0, "none": 0}
    assert found["tickets"] == 1
