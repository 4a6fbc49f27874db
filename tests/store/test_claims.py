"""Claims: a row is one node's at a time, comes back when its node dies, and is tried alone after that."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from gateway.errors import Permanent
from gateway.now import now
from gateway.store import spool, tables
from gateway.store.spool import Closed
from support.arrivals import NOON, mail_bytes, new_mail

A, B = "node-a", "node-b"
LATER = timedelta(hours=1)


@pytest.fixture
def three(store):
    """Three mails that wait; their ids."""
    return [accepted.spool_id for accepted in spool.insert_batch(store, [new_mail(n) for n in range(3)])]


def claim(store, node=A, limit=10, **options):
    return spool.claim(store, node=node, limit=limit, now=now(), **options)


def ids(claimed):
    return [one.id for one in claimed]


def pairs(claimed):
    return [(one.id, one.fence) for one in claimed]


def row(store, spool_id):
    with store.spool.read() as conn:
        return conn.execute(select(tables.spool).where(tables.spool.c.id == spool_id)).one()


def run_out(store):
    """The lease of every claimed row ends, by the database's clock."""
    with store.spool.write() as conn:
        conn.execute(update(tables.spool).values(lease_until=NOON))


def done(claimed, state="done", reason=""):
    return [Closed(id=one.id, fence=one.fence, state=state, reason=reason) for one in claimed]


def test_oldest_first_and_no_more_than_asked(store, three):
    assert ids(claim(store, limit=2)) == three[:2]
    assert ids(claim(store, limit=2)) == three[2:]
    assert claim(store) == []


def test_what_a_claim_carries(store, three):
    first = claim(store)[0]
    assert (first.envelope.recipients, first.envelope.peer) == (("support@acme.example",), "192.0.2.1")
    assert (first.source, first.quiet, first.received_at) == ("smtp", False, NOON)
    assert (first.attempts, first.alone, first.fence, first.is_spent) == (0, False, 1, False)
    assert spool.raw_of(store, first) == mail_bytes(0)


def test_large_mail_is_fetched_when_it_is_read(store):
    large = mail_bytes(1, size=200_000)
    spool.insert_batch(store, [new_mail(1, raw=large)])
    claimed = claim(store)[0]
    assert claimed.raw is None
    assert spool.raw_of(store, claimed) == large


def test_bytes_of_a_mail_that_does_not_exist(store):
    with pytest.raises(Permanent, match="no mail 99"):
        spool.raw_of(store, 99)


def test_closing(store, three):
    claimed = claim(store)
    assert spool.close(store, node=A, done=done(claimed[:1]) + done(claimed[1:], "ignored", "loop")) == set()
    assert [(row(store, one).state, row(store, one).reason) for one in three] == [
        ("done", ""),
        ("ignored", "loop"),
        ("ignored", "loop"),
    ]
    assert row(store, three[0]).closed_at is not None
    assert row(store, three[0]).lease_node is None
    run_out(store)
    assert claim(store) == []


def test_two_nodes_share_without_overlap(store, another_store):
    spool.insert_batch(store, [new_mail(n) for n in range(200)])
    other = another_store("node2") if store.dialect == "postgresql" else store
    taken: dict[str, list[int]] = {A: [], B: []}

    def work(mine, node):
        while claimed := claim(mine, node, limit=7):
            taken[node] += ids(claimed)
            assert spool.close(mine, node=node, done=done(claimed)) == set()

    threads = [threading.Thread(target=work, args=pair) for pair in ((store, A), (other, B))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken[A] + taken[B]) == len(set(taken[A] + taken[B])) == 200


def test_a_live_lease_is_respected(store, three):
    claim(store, A)
    assert claim(store, B) == []


def test_who_lost_the_lease_is_refused_by_the_fence(store, three):
    """The worker that slept past its lease (T124) may not close what another has taken, nor give it back."""
    slept = claim(store, A)
    run_out(store)
    taken = claim(store, B)
    assert ids(taken) == three[:1]
    assert spool.close(store, node=A, done=done(slept[:1])) == {three[0]}
    assert spool.give_back(store, node=A, claims=pairs(slept[:1])) == {three[0]}
    assert row(store, three[0]).state == "new"
    with store.spool.write() as conn:
        assert spool.lost(conn, node=A, claims=pairs(slept)) == {three[0]}
        assert spool.lost(conn, node=B, claims=pairs(taken)) == set()
    assert spool.close(store, node=B, done=done(taken)) == set()


def test_an_old_fence_of_the_same_node_is_refused(store, three):
    old = claim(store, A)[:1]
    spool.give_back(store, node=A, claims=pairs(old))
    new = claim(store, A, limit=1)
    assert spool.close(store, node=A, done=done(old)) == {three[0]}
    assert spool.close(store, node=A, done=done(new)) == set()


def test_a_lease_that_ran_out_untaken_may_still_close(store, three):
    claimed = claim(store, A)
    run_out(store)
    assert spool.close(store, node=A, done=done(claimed)) == set()


def test_renewing_keeps_a_claim(store, three):
    claim(store, A)
    run_out(store)
    spool.renew(store, A, three[:2])
    assert ids(claim(store, B)) == three[2:]


# ---- alone ---------------------------------------------------------------------------------------------------------


def test_after_a_death_each_is_tried_alone_and_only_that_counts(store, three):
    claim(store, A)
    assert spool.free_node(store, A) == 3
    assert spool.free_node(store, B) == 0
    first = claim(store, A)
    assert [(one.id, one.attempts, one.alone) for one in first] == [(three[0], 1, True)]
    second = claim(store, A)
    assert [(one.id, one.attempts, one.alone) for one in second] == [(three[1], 1, True)]


def test_a_lease_that_ran_out_counts_as_a_death(store, three):
    claim(store, A)
    run_out(store)
    assert [(one.id, one.attempts, one.alone) for one in claim(store, B)] == [(three[0], 1, True)]


def test_a_poison_mail_is_spent_after_three_lone_deaths_and_its_neighbours_are_not(store, three):
    poison = three[1]
    for _ in range(10):
        claimed = claim(store, A)
        if poison in ids(claimed):
            if claimed[0].is_spent:
                break
            spool.free_node(store, A)  # the process died of it
        else:
            assert not any(one.is_spent for one in claimed)
            spool.close(store, node=A, done=done(claimed))
    assert (claimed[0].id, claimed[0].attempts) == (poison, 4)
    spool.close(store, node=A, done=done(claimed, "quarantined", "kills its readers"))
    assert ids(claim(store, A)) == [three[2]]


def test_those_marked_alone_do_not_come_with_others(store, three):
    first = claim(store, A, limit=1)
    spool.give_back(store, node=A, claims=pairs(first), alone=True, later=timedelta(0))
    assert ids(claim(store, A)) == [three[0]]
    assert ids(claim(store, A)) == three[1:]


def test_a_clean_stop_gives_the_attempt_back(store, three):
    claim(store, A)
    spool.free_node(store, A)
    alone = claim(store, A)
    assert alone[0].attempts == 1
    assert spool.give_back(store, node=A, claims=pairs(alone)) == set()
    assert (row(store, three[0]).attempts, row(store, three[0]).alone) == (0, True)


def test_a_clean_stop_of_a_shared_claim_takes_nothing_away(store, three):
    spool.give_back(store, node=A, claims=pairs(claim(store, A)))
    assert [(one.attempts, one.alone) for one in claim(store, A)] == [(0, False)] * 3


def test_a_failed_lone_attempt_counts_when_told_so(store, three):
    claim(store, A)
    spool.free_node(store, A)
    spool.give_back(store, node=A, claims=pairs(claim(store, A)), count_attempt=True)
    assert claim(store, A)[0].attempts == 2


def test_later_is_later(store, three):
    claimed = claim(store, A)
    spool.give_back(store, node=A, claims=pairs(claimed), later=LATER)
    assert claim(store, A) == []
    assert len(spool.claim(store, node=A, limit=10, now=now() + 2 * LATER)) == 3


def test_waiting(store, three):
    assert spool.waiting(store) == spool.Waiting(count=3, oldest_at=NOON)
    spool.close(store, node=A, done=done(claim(store)))
    assert spool.waiting(store) == spool.Waiting(count=0, oldest_at=None)


def test_deaths_of_the_whole_daemon_prove_nothing_against_a_mail(store, three):
    """Killed again and again while it worked on a mail alone: the mail stays innocent (T126)."""
    for _ in range(10):
        claim(store)
        spool.free_node(store, A, forgive=True)
    (one,) = claim(store)
    assert one.alone
    assert not one.is_spent
    assert one.attempts == 1


def test_a_mail_that_is_there_for_every_death_is_no_bystander(store, three):
    for _ in range(60):
        claimed = claim(store)
        if claimed[0].is_spent:
            return
        spool.free_node(store, A, forgive=True)
    pytest.fail("it was forgiven for ever")
