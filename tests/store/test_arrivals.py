"""Accepting: each delivery once, whatever is sent again, by whom, and when."""

import hashlib
import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from gateway.mail.value import Envelope
from gateway.store import tables
from gateway.store.spool import Accepted, ImapUid, insert_batch, raw_of
from support.arrivals import NOON, mail_bytes, new_mail

spool = tables.spool


def accept(store, *mails, **options):
    return insert_batch(store, list(mails), **options)


def one(store, n=1, **changes):
    return accept(store, new_mail(n, **changes))[0]


def count(store, table=spool):
    with store.spool.read() as conn:
        return conn.execute(select(func.count()).select_from(table)).scalar_one()


def copies(store, spool_id):
    with store.spool.read() as conn:
        return conn.execute(select(spool.c.copies).where(spool.c.id == spool_id)).scalar_one()


def test_a_row_keeps_everything_about_the_arrival(store):
    envelope = Envelope(
        mail_from="", recipients=("support@acme.example",), peer="::1", helo="h", tls="TLSv1.3", auth_user="u"
    )
    mail = new_mail(1, envelope=envelope, source="imap:main", quiet=True)
    accepted = one(store, envelope=envelope, source="imap:main", quiet=True)
    with store.spool.read() as conn:
        row = conn.execute(select(spool)).one()
    assert (row.id, row.source, row.quiet, row.state, row.attempts) == (accepted.spool_id, "imap:main", True, "new", 0)
    assert (row.mail_from, row.recipients, row.peer) == ("", ["support@acme.example"], "::1")
    assert (row.helo, row.tls, row.auth_user, row.received_at) == ("h", "TLSv1.3", "u", NOON)
    assert (row.size, row.sha256) == (len(mail.raw), hashlib.sha256(mail.raw).hexdigest())
    assert raw_of(store, accepted.spool_id) == mail.raw


def test_a_repeat_is_counted_and_changes_nothing(store):
    first = one(store)
    again = one(store, raw=mail_bytes(1, trace="Received: from elsewhere\r\n"), peer="192.0.2.99")
    assert again == Accepted(spool_id=first.spool_id, duplicate=True)
    assert (count(store), copies(store, first.spool_id)) == (1, 1)
    assert raw_of(store, first.spool_id) == mail_bytes(1)


def test_repeats_within_one_batch(store):
    answers = accept(store, new_mail(1), new_mail(2), new_mail(1), new_mail(1))
    assert [answer.duplicate for answer in answers] == [False, False, True, True]
    assert answers[2].spool_id == answers[3].spool_id == answers[0].spool_id
    assert (count(store), copies(store, answers[0].spool_id)) == (2, 2)


@pytest.mark.parametrize(
    ("source", "identity", "later", "duplicate"),
    [
        ("smtp", True, timedelta(days=7), True),
        ("smtp", True, timedelta(days=7, seconds=1), False),
        ("pipe", True, timedelta(days=8), False),
        ("imap:main", True, timedelta(days=4000), True),
        ("smtp", False, timedelta(hours=4), True),
        ("smtp", False, timedelta(hours=4, seconds=1), False),
        ("imap:main", False, timedelta(hours=5), False),
    ],
)
def test_windows(store, source, identity, later, duplicate):
    raw = mail_bytes(1, identity=identity)
    one(store, raw=raw, source=source)
    assert one(store, raw=raw, source=source, received_at=NOON + later).duplicate is duplicate


def test_without_identity_another_peer_is_another_mail(store):
    raw = mail_bytes(1, identity=False)
    ours = one(store, raw=raw, peer="192.0.2.1")
    theirs = one(store, raw=raw, peer="192.0.2.2")
    assert not theirs.duplicate
    assert one(store, raw=raw, peer="192.0.2.1").spool_id == ours.spool_id  # the other did not displace it


def test_beyond_the_window_the_key_goes_over_to_the_new_row(store):
    first = one(store)
    second = one(store, received_at=NOON + timedelta(days=8))
    third = one(store, received_at=NOON + timedelta(days=14))
    assert second.spool_id != first.spool_id
    assert third == Accepted(spool_id=second.spool_id, duplicate=True)
    assert count(store, tables.delivery_key) == 1


def test_another_recipient_is_another_delivery(store):
    one(store)
    assert not one(store, to=["billing@acme.example"]).duplicate


def test_the_sabotage_for_tests_lets_repeats_in(store):
    one(store)
    assert not accept(store, new_mail(1), check_keys=False)[0].duplicate


def test_four_threads_with_the_same_mails(store, another_store):
    """On PostgreSQL these are four nodes; no mail may come in twice, and nobody may wait for ever."""
    stores = (
        [store, *(another_store(f"node{number}") for number in range(3))] if store.dialect != "sqlite" else [store] * 4
    )
    answers: list[list[Accepted]] = []

    def deliver(mine, order):
        answers.append(accept(mine, *(new_mail(n) for n in order)))

    orders = [list(range(30)), list(reversed(range(30)))] * 2
    threads = [threading.Thread(target=deliver, args=pair) for pair in zip(stores, orders, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count(store) == 30
    assert sum(not answer.duplicate for found in answers for answer in found) == 30


# ---- the IMAP ledger -----------------------------------------------------------------------------------------------


def at(uid, uidvalidity=7):
    return ImapUid(account="main", folder="INBOX", uidvalidity=uidvalidity, uid=uid)


def ledger(store):
    table = tables.imap_uid
    with store.spool.read() as conn:
        rows = conn.execute(select(table.c.uidvalidity, table.c.uid, table.c.spool_id))
        return {(row.uidvalidity, row.uid): row.spool_id for row in rows}


def test_a_place_that_is_known_is_a_repeat_and_no_copy(store):
    first = one(store, source="imap:main", imap=at(1))
    again = one(store, source="imap:main", imap=at(1))
    assert again == Accepted(spool_id=first.spool_id, duplicate=True)
    assert (ledger(store), copies(store, first.spool_id)) == ({(7, 1): first.spool_id}, 0)


def test_the_same_mail_at_another_place_points_at_the_first_row(store):
    first = one(store, source="imap:main", imap=at(1))
    new_epoch = one(store, source="imap:main", imap=at(1, uidvalidity=8), received_at=NOON + timedelta(days=365))
    assert new_epoch == Accepted(spool_id=first.spool_id, duplicate=True)
    assert ledger(store) == {(7, 1): first.spool_id, (8, 1): first.spool_id}
    assert (count(store), copies(store, first.spool_id)) == (1, 1)


def test_a_place_seen_and_left_alone_may_still_come_in(store):
    with store.spool.write() as conn:
        conn.execute(tables.imap_uid.insert().values(account="main", folder="INBOX", uidvalidity=7, uid=1))
    accepted = one(store, source="imap:main", imap=at(1))
    assert not accepted.duplicate
    assert ledger(store) == {(7, 1): accepted.spool_id}


def test_a_batch_from_a_mailbox(store):
    batch = [new_mail(n, source="imap:main", imap=at(n)) for n in range(1, 6)]
    batch.append(new_mail(3, source="imap:main", imap=at(9)))  # the same mail, lying there twice
    answers = accept(store, *batch)
    assert [answer.duplicate for answer in answers] == [False] * 5 + [True]
    assert ledger(store)[7, 9] == answers[2].spool_id
    assert accept(store, *batch) == [Accepted(spool_id=answer.spool_id, duplicate=True) for answer in answers]


# ---- large mail ----------------------------------------------------------------------------------------------------


def test_large_mail_lies_in_a_file_on_sqlite(another_store):
    store = another_store(raw_inline_max=100)
    raw = mail_bytes(1, size=200)
    accepted = one(store, raw=raw)
    assert raw_of(store, accepted.spool_id) == raw
    inline = store.dialect == "postgresql"  # there every node must be able to read it
    assert (list(store.raw.names()), count(store, tables.spool_raw)) == (
        ([], 1) if inline else ([hashlib.sha256(raw).hexdigest()], 0)
    )


def test_a_repeat_of_a_large_mail_leaves_no_file_behind(another_store):
    store = another_store(raw_inline_max=100)
    one(store, raw=mail_bytes(1, size=200))
    before = list(store.raw.names())
    again = one(store, raw=mail_bytes(1, size=200, trace="Received: from elsewhere\r\n"))
    assert again.duplicate
    assert list(store.raw.names()) == before
