"""No two letters share a Message-ID: an answer is judged by what its writer had read, and a mail client hides the
second of two.
"""

import random
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.store import fsck, tables
from gateway.tickets.auth_result import AuthResult
from support.busy_office import BusyOffice

ANN, CAROL = "Ann Novak <ann@example.net>", "Carol Reyes <carol@acme.example>"
KEY = "carol@acme.example"


def shared(office: BusyOffice) -> list[str]:
    """The Message-IDs of more than one letter."""
    wanted = select(tables.mail.c.message_id).where(tables.mail.c.direction == "out")
    with office.desk.store.main.read() as conn:
        return [one for one, times in Counter(conn.execute(wanted).scalars()).items() if times > 1]


@pytest.mark.parametrize("seed", range(3))
def test_of_many_follow_ups_each_told_before_the_next(busy: BusyOffice, seed: int) -> None:
    pick = random.Random(seed)
    busy.post(ANN, "It burns.")
    for number in range(12):
        answered = pick.choice([one for one in busy.letters() if one.to == "ann@example.net"]).mail
        about = pick.choice([one for one in busy.letters() if one.to == KEY]).mail
        match pick.randrange(4):
            case 0:
                busy.post(CAROL, f"Pull the plug, {number} times.", answers=about)
            case 1:
                busy.post(CAROL, pick.choice(["#resolve", "#close", "#open", "#wait", "#assign carol"]), answers=about)
            case _:
                busy.post(ANN, f"It burns more, {number}.", answers=answered)
    assert len(busy.letters()) > 12
    assert shared(busy) == []
    assert fsck.check(busy.desk.store) == []


def test_of_two_follow_ups_in_one_instant(busy: BusyOffice, clock: Path) -> None:
    clock.write_text("2026-11-27T12:00:00+00:00")
    busy.post(ANN, "It burns.")
    for text in ("Send me the bill.", "Do NOT send the bill."):
        busy.post(ANN, text, answers=busy.last("ann@example.net"))
    assert len(busy.mails(KEY, "notice_answered")) == 2
    assert shared(busy) == []


def test_of_two_follow_ups_with_a_backup_put_back_in_between(busy: BusyOffice) -> None:
    """Ids of the time after the backup are given out again, and who wrote then keeps their letter."""
    busy.post(ANN, "It burns.")
    for text in ("Send me the bill.", "Do NOT send the bill."):
        with busy.desk.store.main.write() as conn:
            if conn.dialect.name == "sqlite":
                conn.exec_driver_sql("UPDATE sqlite_sequence SET seq = 0 WHERE name = 'announcement'")
            else:
                conn.exec_driver_sql("ALTER SEQUENCE announcement_id_seq RESTART")
        busy.post(ANN, text, answers=busy.last("ann@example.net"))
    assert len(busy.mails(KEY, "notice_answered")) == 2
    assert shared(busy) == []


def test_what_answers_the_older_of_two_notices_waits(busy: BusyOffice) -> None:
    """Carol had read the first mail alone when she wrote: her answer is not sent as one to the second."""
    busy.post(ANN, "It burns.")
    busy.post(ANN, "Send me the bill.", answers=busy.last("ann@example.net"))
    (first,) = busy.mails(KEY, "notice_answered")
    busy.post(ANN, "Do NOT send the bill.", answers=busy.last("ann@example.net"))
    busy.post(CAROL, "Here is the bill.", answers=first)
    assert busy.states()[-1] == ("held", "something_newer")
    assert busy.mails("ann@example.net", "reply") == []


def test_of_one_mail_that_is_held_twice(busy: BusyOffice) -> None:
    """Once because nobody vouches for it and, once that is overruled, for what it says."""
    busy.post(ANN, "It burns.")
    with busy.believing(lambda mail: AuthResult(from_addr=KEY)):
        busy.post(CAROL, "Write to carol@acme.example then.", answers=busy.last(KEY))
    busy.post(CAROL, "#send", answers=busy.last(KEY))
    assert len(busy.mails(KEY, "notice_held")) == 2
    assert shared(busy) == []
