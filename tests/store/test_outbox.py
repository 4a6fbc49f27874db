"""The outbox: nothing is forgotten, and after a crash the same bytes go out again."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from gateway.errors import Permanent
from gateway.now import now
from gateway.store import outbox, tables
from gateway.store.outbox import Outcome
from support import rows
from support.arrivals import NOON

A, B = "node-a", "node-b"


@pytest.fixture
def two(store):
    """Two mails of ours that are due; the ids of their outbox rows."""
    with store.main.write() as conn:
        made = [rows.mail_out(conn, b"mail %d" % n, message_id=f"<{n}@acme.example>") for n in range(2)]
        return [rows.outbox(conn, mail_id, envelope_from="a@acme.example") for mail_id in made]


def claim(store, node=A, limit=10):
    return outbox.claim_due(store, node=node, limit=limit, now=now())


def row(store, outbox_id):
    with store.main.read() as conn:
        return conn.execute(select(tables.outbox).where(tables.outbox.c.id == outbox_id)).one()


def run_out(store):
    with store.main.write() as conn:
        conn.execute(update(tables.outbox).values(lease_until=NOON))


def test_a_claim_carries_all_that_sending_needs(store, two):
    due = claim(store)[1]
    assert (due.id, due.data, due.message_id) == (two[1], b"mail 1", "<1@acme.example>")
    assert (due.recipient, due.envelope_from, due.automatic) == ("anna@shop.example", "a@acme.example", True)
    assert (due.attempts, due.fence, due.created_at) == (1, 1, NOON)
    assert row(store, two[1]).state == "sending"


def test_longest_due_first_and_not_before_its_time(store, two):
    with store.main.write() as conn:
        late = rows.outbox(conn, rows.mail_out(conn), next_try_at=now() + timedelta(hours=1))
        early = rows.outbox(conn, rows.mail_out(conn), next_try_at=NOON - timedelta(hours=1))
    assert [due.id for due in claim(store)] == [early, *two]
    assert row(store, late).state == "pending"


def test_a_live_claim_is_respected_and_a_dead_one_is_not(store, two):
    slept = claim(store, A)
    assert claim(store, B) == []
    run_out(store)
    taken = claim(store, B)
    assert [(due.id, due.attempts, due.message_id) for due in taken] == [
        (two[0], 2, "<0@acme.example>"),
        (two[1], 2, "<1@acme.example>"),
    ]
    assert not outbox.record_sent(store, slept[0], node=A, reply="250 ok")
    assert outbox.record_sent(store, taken[0], node=B, reply="250 ok")


def test_outcomes(store, two):
    first, second = claim(store)
    again_at = now() + timedelta(minutes=5)
    assert outbox.record_sent(store, first, node=A, reply="250 ok")
    assert outbox.record_retry(store, second, node=A, at=again_at, reply="451 later")
    sent, waiting = row(store, two[0]), row(store, two[1])
    assert (sent.state, sent.last_reply, sent.sent_at is None, sent.lease_node) == ("sent", "250 ok", False, None)
    assert (waiting.state, waiting.last_reply, waiting.next_try_at) == ("pending", "451 later", again_at)
    assert claim(store) == []
    assert outbox.next_due_at(store) == again_at


def test_many_outcomes_in_one_transaction(store, two):
    first, second = claim(store)
    outcomes = [
        Outcome(id=first.id, fence=first.fence, state="failed", reply="550 no such user", reason="refused"),
        Outcome(id=second.id, fence=second.fence + 1, state="sent", reply="250 ok"),
    ]
    assert outbox.record(store, node=A, outcomes=outcomes) == {second.id}
    assert (row(store, two[0]).state, row(store, two[0]).reason) == ("failed", "refused")
    assert row(store, two[1]).state == "sending"
    assert outbox.next_due_at(store) is not None


def test_a_start_frees_what_the_node_was_sending(store, two):
    claim(store, A)
    assert (outbox.free_node(store, B), outbox.free_node(store, A)) == (0, 2)
    assert [due.attempts for due in claim(store, A)] == [2, 2]


def test_a_clean_stop_gives_the_attempt_back(store, two):
    outbox.give_back(store, node=A, dues=claim(store, A))
    assert [due.attempts for due in claim(store, B)] == [1, 1]


def test_a_claim_that_was_lost_gives_nothing_back(store, two):
    """A connection that stalled longer than its lease; another of the same node is sending by now."""
    slept = claim(store, A)
    run_out(store)
    taken = claim(store, A)
    outbox.give_back(store, node=A, dues=slept)
    assert claim(store, A) == []
    assert outbox.record_sent(store, taken[0], node=A, reply="250 ok")


def test_listing(store, two):
    due = claim(store, limit=1)[0]
    outbox.record_failed(store, due, node=A, reply="550 no", reason="refused")
    assert [(one.id, one.state, one.message_id, one.last_reply) for one in outbox.rows(store)] == [
        (two[0], "failed", "<0@acme.example>", "550 no"),
        (two[1], "pending", "<1@acme.example>", ""),
    ]
    assert [one.id for one in outbox.rows(store, states=["failed"])] == two[:1]
    assert outbox.rows(store, ticket=7) == []


def test_retry_by_hand(store, two):
    due = claim(store, limit=1)[0]
    outbox.record_failed(store, due, node=A, reply="550 no", reason="refused")
    sending = claim(store, limit=1)[0]
    assert outbox.retry(store, [due.id, sending.id, 99]) == {due.id}
    assert [(one.id, one.attempts) for one in claim(store)] == [(due.id, 1)]


def test_the_bytes(store, two):
    assert outbox.bytes_of(store, two[0]) == b"mail 0"
    with pytest.raises(Permanent, match="no mail 99"):
        outbox.bytes_of(store, 99)
