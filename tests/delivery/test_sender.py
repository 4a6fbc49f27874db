"""The sender on a real store, against a real server that misbehaves: outcomes, retries, events, crashes (T108-T114)."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway import act
from gateway.config import Target, load
from gateway.delivery.pace import Breaker
from gateway.delivery.sender import Sender
from gateway.delivery.smtp import Smarthost, Timing
from gateway.mail import Address
from gateway.now import now
from gateway.store import outbox, tables
from gateway.tickets.actions import Actor, OpenTicket, Send
from support import site
from support.sink import DROP, Sink
from support.wait import wait_for

_IDS = count(1)


def enqueue(store, recipient="ann@example.net", *, ticket=None, at=None):
    """One composed mail in the outbox; its Message-ID."""
    message_id = f"<{next(_IDS)}@mail.acme.example>"
    data = f"From: support@acme.example\r\nTo: {recipient}\r\nMessage-ID: {message_id}\r\n\r\nHello\r\n".encode()
    send = Send(
        ticket=ticket,
        kind="acknowledgement",
        recipient=Address(addr=recipient),
        envelope_from="",
        message_id=message_id,
        subject="Hello",
        data=data,
        automatic=True,
    )
    with store.main.write() as conn:
        act.apply(conn, [send], Actor(name="mail", at=at or now()))
    return message_id


def open_ticket(store, number=1):
    ticket = OpenTicket(number=number, status="new", queue="support", title="Lamp", description="", requester=None)
    with store.main.write() as conn:
        act.apply(conn, [ticket], Actor(name="mail", at=now()))


def make_due(store):
    """As if the waits were over."""
    with store.main.write() as conn:
        conn.execute(tables.outbox.update().values(next_try_at=now() - timedelta(seconds=1)))


def events(store, *kinds):
    with store.main.read() as conn:
        rows = conn.execute(select(tables.event).where(tables.event.c.kind.in_(kinds)).order_by(tables.event.c.id))
        return list(rows)


@pytest.fixture
def cfg(tmp_path: Path):
    return load(site.write(tmp_path, site.edited('rate = "30/min"', 'rate = "0"')), secrets=False)


@pytest.fixture
def sink():
    with Sink() as running:
        yield running


@pytest.fixture
def sender_to(store, cfg):
    """`sender_to(port)`: a sender to a server on this machine, driven by `run_once`."""
    carriers = []

    def make(port, **options):
        target = Target(scheme="smtp", host="127.0.0.1", port=port)
        carriers.append(Smarthost(target, helo="mail.acme.example", timing=Timing(step=5, final=0.5)))
        return Sender(store, cfg, node=store.node, wake=threading.Event(), carrier=carriers[-1], **options)

    yield make
    for carrier in carriers:
        carrier.close()


def test_what_is_due_is_sent_and_recorded_with_an_event(store, sink, sender_to):
    open_ticket(store)
    ids = [enqueue(store, f"p{n}@example.net", ticket=1) for n in range(5)]
    sender = sender_to(sink.port)
    assert sender.run_once() == 5
    assert sender.run_once() == 0
    assert [row.state for row in outbox.rows(store)] == ["sent"] * 5
    assert {row.last_reply for row in outbox.rows(store)} == {f"250 2.0.0 taken as {n}" for n in range(1, 6)}
    assert [event.data["message_id"] for event in events(store, "sent")] == ids
    assert {event.ticket for event in events(store, "sent")} == {1}
    assert sink.connections == 1


def test_not_now_is_tried_again_with_the_same_bytes(store, sink, sender_to):
    enqueue(store)
    sink.next("rcpt", "451 4.7.1 greylisted, come back")
    sender = sender_to(sink.port)
    sender.run_once()
    (row,) = outbox.rows(store)
    assert (row.state, row.reason, row.attempts) == ("pending", "refused_for_now", 1)
    assert row.last_reply == "451 4.7.1 greylisted, come back"
    assert timedelta(seconds=30) < row.next_try_at - now() <= timedelta(minutes=1)
    assert sender.run_once() == 0
    make_due(store)
    assert sender.run_once() == 1
    assert [row.state for row in outbox.rows(store)] == ["sent"]
    assert sink.received[0].data == outbox.bytes_of(store, row.id)


@pytest.mark.parametrize(
    ("reply", "reason"), [(DROP, "cut_off"), ("421 4.7.0 not to this one", "slow_down")], ids=["dropped", "421"]
)
def test_one_recipient_at_whom_the_server_hangs_up_keeps_to_its_own_waits(store, sink, sender_to, reply, reason):
    """What succeeds besides must not make it due: the way was never gone."""
    sink.refused["bad@example.net"] = reply
    enqueue(store, "bad@example.net")
    sender = sender_to(sink.port, breaker=Breaker(probe_every=0.0))
    for number in range(4):
        sender.run_once()
        enqueue(store, f"p{number}@example.net")
        sender.run_once()
        sender.run_once()
    bad, *others = outbox.rows(store)
    assert [row.state for row in others] == ["sent"] * 4
    assert (bad.state, bad.reason, bad.attempts) == ("pending", reason, 1)
    assert timedelta(seconds=30) < bad.next_try_at - now() <= timedelta(minutes=1)


def test_a_refusal_fails_at_once_and_stands_on_the_ticket(store, sink, sender_to):
    open_ticket(store)
    enqueue(store, "gone@example.net", ticket=1)
    enqueue(store, "ann@example.net", ticket=1)
    sink.refused["gone@example.net"] = "550 5.1.1 <gone@example.net>: no such user here"
    assert sender_to(sink.port).run_once() == 2
    assert [(row.recipient, row.state) for row in outbox.rows(store)] == [
        ("gone@example.net", "failed"),
        ("ann@example.net", "sent"),
    ]
    (event,) = events(store, "delivery_failed")
    assert (event.ticket, event.reason) == (1, "recipient_refused")
    assert event.data["recipient"] == "gone@example.net"
    assert event.data["reply"] == "550 5.1.1 <gone@example.net>: no such user here"


def test_dropped_after_the_dot_goes_again_with_the_same_id_and_bytes(store, sink, sender_to):
    message_id = enqueue(store)
    sink.next("dot", DROP)
    sender = sender_to(sink.port)
    sender.run_once()
    (row,) = outbox.rows(store)
    assert (row.state, row.reason) == ("pending", "no_verdict")
    make_due(store)
    sender.run_once()
    first, second = sink.received
    assert first.data == second.data
    assert message_id.encode() in first.data
    assert [row.state for row in outbox.rows(store)] == ["sent"]


def test_giving_up_after_days_of_trying(store, sink, sender_to):
    open_ticket(store)
    enqueue(store, ticket=1, at=now() - timedelta(days=4))
    with store.main.write() as conn:
        conn.execute(tables.outbox.update().values(attempts=30))
    sink.next("rcpt", "452 4.2.2 mailbox full")
    sender_to(sink.port).run_once()
    (row,) = outbox.rows(store)
    assert (row.state, row.reason, row.last_reply) == ("failed", "gave_up", "452 4.2.2 mailbox full")
    assert [event.reason for event in events(store, "delivery_failed")] == ["gave_up"]


def test_a_server_that_is_away_opens_the_breaker_and_spares_the_rest(store, sender_to):
    for n in range(8):
        enqueue(store, f"p{n}@example.net")
    with Sink() as gone:
        port = gone.port
    breaker = Breaker(limit=3, probe_every=0.0)
    sender = sender_to(port, breaker=breaker)
    assert sender.run_once() == 3
    rows = outbox.rows(store)
    assert Counter((row.state, row.attempts) for row in rows) == {("pending", 1): 3, ("pending", 0): 5}
    assert {row.reason for row in rows if row.attempts} == {"unreachable"}
    assert sender.run_once() == 1  # the probe
    with Sink(port=port):
        assert sender.run_once() == 1
        assert not breaker.is_open
        make_due(store)
        assert sender.run_once() == 7
    assert {row.state for row in outbox.rows(store)} == {"sent"}


def test_the_rate_holds(store, sink, tmp_path: Path):
    cfg = load(site.write(tmp_path, site.edited("30/min", "5/min")), secrets=False)
    carrier = Smarthost(Target(scheme="smtp", host="127.0.0.1", port=sink.port), helo="mail.acme.example")
    sender = Sender(store, cfg, node=store.node, wake=threading.Event(), carrier=carrier)
    for n in range(8):
        enqueue(store, f"p{n}@example.net")
    assert sender.run_once() == 5
    assert sender.run_once() == 0
    assert len(sink.received) == 5
    carrier.close()


def test_one_bad_row_does_not_keep_the_others(store, sink, sender_to):
    enqueue(store, "a@b.c>\r\nRCPT TO:<evil@x.y")
    enqueue(store, "ann@example.net")
    assert sender_to(sink.port).run_once() == 2
    assert [(row.state, row.reason) for row in outbox.rows(store)] == [("failed", "not_an_address"), ("sent", "")]
    assert [r.recipients for r in sink.received] == [("ann@example.net",)]


def test_an_event_that_cannot_be_written_does_not_make_us_send_again(store, sink, sender_to):
    enqueue(store)
    with store.main.write() as conn:
        conn.execute(tables.outbox.update().values(ticket=99))  # there is none
    sender = sender_to(sink.port)
    sender.run_once()
    assert [row.state for row in outbox.rows(store)] == ["sent"]
    assert events(store, "sent") == []


def test_a_stop_gives_back_what_was_not_begun(store, sink, sender_to):
    for n in range(3):
        enqueue(store, f"p{n}@example.net")
    sender = sender_to(sink.port)
    assert sender.stop()
    assert sender.run_once() == 0
    assert [(row.state, row.attempts) for row in outbox.rows(store)] == [("pending", 0)] * 3


def test_a_claim_that_passed_to_another_node_is_not_recorded(store, another_store, sink, cfg):
    enqueue(store)
    other = another_store("node2")

    class Slow(Smarthost):
        def deliver(self, dues):
            with store.main.write() as conn:  # the lease runs out while the mail is on its way
                conn.execute(tables.outbox.update().values(lease_until=datetime(2020, 1, 1, tzinfo=UTC)))
            outbox.claim_due(other, node="other", limit=1, now=now())
            return super().deliver(dues)

    slow = Slow(Target(scheme="smtp", host="127.0.0.1", port=sink.port), helo="mail.acme.example")
    Sender(store, cfg, node=store.node, wake=threading.Event(), carrier=slow).run_once()
    slow.close()
    assert [row.state for row in outbox.rows(store)] == ["sending"]
    assert events(store, "sent") == []


def test_the_thread_sends_when_woken_and_frees_what_it_was_sending(store, cfg, tmp_path: Path):
    enqueue(store)
    outbox.claim_due(store, node=store.node, limit=10, now=now())  # and died
    wake = threading.Event()
    sender = Sender(store, cfg, node=store.node, wake=wake)
    sender.start()
    try:
        wait_for(lambda: [row.state for row in outbox.rows(store)] == ["sent"])
        enqueue(store)
        wake.set()
        wait_for(lambda: [row.state for row in outbox.rows(store)] == ["sent"] * 2)
    finally:
        assert sender.stop()
    assert len(list((tmp_path / "data" / "sent" / "new").iterdir())) == 2


_CHILD = textwrap.dedent(
    """
    import sys, threading
    from pathlib import Path
    from gateway.config import load
    from gateway.delivery.sender import Sender
    from gateway.store import open_store, outbox
    folder = Path(sys.argv[1])
    cfg = load(folder / "config.toml", secrets=False)
    store = open_store(cfg.database.url, cfg.gateway.data_dir)
    outbox.free_node(store, store.node)
    sender = Sender(store, cfg, node=store.node, wake=threading.Event())
    while sender.run_once():
        pass
    store.close()
    """
)


def run_child(folder: Path, fault: str) -> int:
    test = {"GATEWAY_TEST": "1", "GATEWAY_FAULT": fault} if fault else {}
    env = {**os.environ, **test, "PYTHONPATH": str(Path(act.__file__).parents[1])}
    return subprocess.run([sys.executable, "-c", _CHILD, str(folder)], env=env, timeout=60).returncode


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("point", ["before_send", "after_send_before_record"])
@pytest.mark.parametrize("way", ["smtp", "maildir"])
def test_killed_while_sending_nothing_is_lost_and_copies_are_the_same_mail(store, sink, tmp_path: Path, point, way):
    to = f"smtp://127.0.0.1:{sink.port}" if way == "smtp" else "maildir:data/sent"
    text = site.edited('rate = "30/min"', 'rate = "0"').replace("maildir:data/sent", to)
    site.write(tmp_path, text)
    ids = [enqueue(store, f"p{n}@example.net") for n in range(10)]
    kills = 0
    for passing in (1, 2, 3):
        # a batch of the Maildir is recorded at once, so there the second passing may never come
        kills += run_child(tmp_path, f"{point}:{passing}:self") == -signal.SIGKILL
    assert kills
    assert run_child(tmp_path, "") == 0
    assert {row.state for row in outbox.rows(store)} == {"sent"}
    if way == "maildir":
        copies = [path.read_bytes() for path in (tmp_path / "data" / "sent" / "new").iterdir()]
        assert len(copies) == 10
    else:
        copies = [one.data for one in sink.received]
        assert len(copies) <= 10 + kills
        assert len(set(copies)) == 10
    assert all(any(message_id.encode() in copy for copy in copies) for message_id in ids)
