"""What the commands list of the spool, and what a person may do with mail that was set aside."""

import pytest

from gateway.now import now
from gateway.store import fsck, spool
from gateway.store.spool import Closed
from gateway.store.spool_rows import discard, retry, rows, set_aside
from support import rows as make
from support.arrivals import NOON, new_mail


@pytest.fixture
def two_aside(store):
    """Two quarantined mails: one by a rule, so that it was read and recorded, and one that was never read."""
    spool.insert_batch(store, [new_mail(1), new_mail(2)])
    claimed = spool.claim(store, node="x", limit=2, now=now())
    with store.main.write() as conn:
        make.mail_in(conn, claimed[0], verdict="quarantine", from_addr="spam@b.example", subject="win")
    spool.close(
        store,
        node="x",
        done=[
            Closed(id=claimed[0].id, fence=claimed[0].fence, state="quarantined", reason="rule: spam"),
            Closed(id=claimed[1].id, fence=claimed[1].fence, state="quarantined", reason="kills readers"),
        ],
    )
    return [one.id for one in claimed]


def test_what_waits(store):
    spool.insert_batch(store, [new_mail(1), new_mail(2)])
    spool.insert_batch(store, [new_mail(1)])
    claimed = spool.claim(store, node="x", limit=1, now=now())[0]
    first, second = rows(store)
    assert (first.id, first.copies, first.leased_by) == (claimed.id, 1, "x")
    assert (second.copies, second.leased_by, second.received_at, second.state) == (0, None, NOON, "new")
    assert len(rows(store, limit=1)) == 1
    assert rows(store, states=["done"]) == []


def test_the_quarantine(store, two_aside):
    assert [(one.id, one.from_addr, one.subject, one.reason) for one in set_aside(store)] == [
        (two_aside[0], "spam@b.example", "win", "rule: spam"),
        (two_aside[1], "anna@shop.example", "", "kills readers"),
    ]
    assert set_aside(store, state="held") == []


def test_retrying_makes_them_new_as_if_never_read(store, two_aside):
    assert retry(store, [*two_aside, 99], by="test") == set(two_aside)
    first = spool.claim(store, node="x", limit=10, now=now())
    assert [(one.id, one.attempts, one.alone) for one in first] == [(two_aside[0], 1, True)]
    assert set_aside(store) == []
    assert fsck.check(store) == []
    with store.main.write() as conn:
        make.mail_in(conn, first[0])  # the door is open for it again


def test_discarding_keeps_the_mail(store, two_aside):
    assert discard(store, two_aside[:1]) == set(two_aside[:1])
    assert discard(store, two_aside[:1]) == set()
    assert spool.raw_of(store, two_aside[0]) == new_mail(1).raw
    assert rows(store, states=["ignored"])[0].reason == "discarded"
    assert retry(store, two_aside[:1], by="test") == set()
    assert fsck.check(store) == []


def test_a_mail_that_came_to_a_ticket_is_not_tried_again(store, two_aside):
    with store.main.write() as conn:
        conn.execute(make.tables.mail.update().values(ticket=make.ticket(conn, 1)))
    assert retry(store, two_aside, by="test") == {two_aside[1]}
