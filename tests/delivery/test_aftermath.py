"""What a refusal while we send leads to: the address's score, word to whoever works the ticket, a lighter notice."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gateway import act
from gateway.compose import headers
from gateway.compose.files import File
from gateway.config import Config, Target, load
from gateway.delivery.sender import Sender
from gateway.delivery.smtp import Smarthost, Timing
from gateway.mail import Address, read
from gateway.now import now
from gateway.store import Store, bounces, outbox, tables
from gateway.tickets.actions import Actor, OpenTicket, Send
from support import site
from support.sink import Sink

ANN, DAVE = "ann@example.net", "dave@acme.example"
TOO_LARGE = "552 5.3.4 message size exceeds fixed limit"


@pytest.fixture
def cfg(tmp_path: Path) -> Config:
    return load(site.write(tmp_path, site.edited('rate = "30/min"', 'rate = "0"')), secrets=False)


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as running:
        yield running


@pytest.fixture
def alarms() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def deliver(store: Store, cfg: Config, sink: Sink, alarms: list[tuple[str, str]]) -> Iterator[Callable[[], None]]:
    """Send all that is due, as if every wait were over."""
    target = Target(scheme="smtp", host="127.0.0.1", port=sink.port)
    carrier = Smarthost(target, helo="mail.acme.example", timing=Timing(step=5, final=5))
    sender = Sender(
        store,
        cfg,
        node=store.node,
        wake=threading.Event(),
        carrier=carrier,
        on_alarm=lambda found: alarms.extend(found),
    )

    def run() -> None:
        with store.main.write() as conn:
            conn.execute(tables.outbox.update().values(next_try_at=now() - timedelta(seconds=1)))
        sender.run_once()

    yield run
    carrier.close()


def enqueue(
    store: Store,
    recipient: str = ANN,
    *,
    kind: str = "reply",
    files: tuple[File, ...] = (),
    name: str = "1",
    text: str = "Hello",
) -> None:
    message_id = f"<{name}@mail.acme.example>"
    fields: list[tuple[str, headers.Value]] = [
        ("From", Address(addr="support@acme.example")),
        ("To", Address(addr=recipient)),
        ("Date", now()),
        ("Message-ID", message_id),
    ]
    send = Send(
        ticket=1,
        kind=kind,
        recipient=Address(addr=recipient),
        envelope_from="",
        message_id=message_id,
        subject="Hello",
        data=headers.build(fields, text=text, html="<p>Hello</p>", files=files),
        automatic=kind != "reply",
    )
    with store.main.write() as conn:
        act.apply(conn, [send], Actor(name="mail", at=now()))


@pytest.fixture(autouse=True)
def ticket(store: Store) -> None:
    opened = OpenTicket(number=1, status="new", queue="support", title="Lamp", description="", requester=None)
    with store.main.write() as conn:
        act.apply(conn, [opened], Actor(name="mail", at=now()))


def events(store: Store, kind: str) -> list[dict[str, Any]]:
    with store.main.read() as conn:
        found = conn.execute(select(tables.event.c.data).where(tables.event.c.kind == kind).order_by(tables.event.c.id))
        return list(found.scalars())


def score(store: Store, address: str) -> int:
    with store.main.read() as conn:
        found = bounces.reaches(conn, [address])
    return found[address].score if found else 0


@pytest.mark.parametrize(
    ("stage", "reply", "points"),
    [
        ("rcpt", "550 5.1.1 no such user here", 2),
        ("rcpt", "552 5.2.2 mailbox full", 1),
        ("rcpt", "550 5.7.1 rejected as spam", 0),  # our mail, our name: not the mailbox's fault
        ("rcpt", "554 5.7.1 relaying denied", 0),
        ("dot", TOO_LARGE, 0),
    ],
)
def test_what_a_refusal_counts(
    store: Store, sink: Sink, deliver: Callable[[], None], stage: str, reply: str, points: int
) -> None:
    enqueue(store)
    sink.next(stage, reply)
    deliver()
    assert [row.state for row in outbox.rows(store)] == ["failed"]
    assert score(store, ANN) == points
    (told,) = events(store, "undelivered")
    assert (told["recipient"], told["kind"], told["reply"]) == (ANN, "reply", reply)


def test_a_server_that_is_away_for_days_is_no_failure_of_the_mailbox(
    store: Store, sink: Sink, deliver: Callable[[], None]
) -> None:
    enqueue(store)
    with store.main.write() as conn:
        conn.execute(tables.outbox.update().values(attempts=30, created_at=now() - timedelta(days=9)))
    sink.next("mail", "421 4.3.2 shutting down", times=2)
    deliver()
    assert [(row.state, row.reason) for row in outbox.rows(store)] == [("failed", "gave_up")]
    assert score(store, ANN) == 0
    assert len(events(store, "undelivered")) == 1


def test_a_notice_that_is_too_large_goes_once_more_without_its_files(
    store: Store, sink: Sink, deliver: Callable[[], None]
) -> None:
    scan = File(name="Účet č. 1.pdf", type="application/pdf", content=b"x" * 300_000)
    enqueue(store, DAVE, kind="notice_new", files=(scan,))
    sink.next("dot", TOO_LARGE)
    deliver()
    (row,) = outbox.rows(store)
    assert (row.state, row.reason, row.last_reply) == ("pending", "without_files", TOO_LARGE)
    assert events(store, "files_left_out") == [
        {
            "outbox": row.id,
            "recipient": DAVE,
            "files": ["Účet č. 1.pdf (293 KB)"],
            "reply": TOO_LARGE,
            "to_customer": False,
        }
    ]
    deliver()
    assert [row.state for row in outbox.rows(store)] == ["sent"]
    (received,) = sink.received
    got = read(received.data)
    assert (got.message_id, got.attachments) == ("<1@mail.acme.example>", ())
    assert "refused this mail as too large" in got.text
    assert "- Účet č. 1.pdf (293 KB)" in got.text
    assert (score(store, DAVE), events(store, "delivery_failed")) == (0, [])


def test_what_is_too_large_even_so_fails(store: Store, sink: Sink, deliver: Callable[[], None]) -> None:
    enqueue(store, DAVE, kind="notice_new", files=(File(name="a.pdf", type="application/pdf", content=b"x" * 1000),))
    sink.next("dot", TOO_LARGE, times=2)
    deliver()
    deliver()
    assert [(row.state, row.reason) for row in outbox.rows(store)] == [("failed", "refused")]
    assert len(events(store, "files_left_out")) == 1


def test_the_servers_own_limit_counts_as_a_refusal(store: Store, cfg: Config) -> None:
    with Sink(size_limit=100_000) as small:
        target = Target(scheme="smtp", host="127.0.0.1", port=small.port)
        carrier = Smarthost(target, helo="mail.acme.example")
        sender = Sender(store, cfg, node=store.node, wake=threading.Event(), carrier=carrier)
        files = (File(name="a.pdf", type="application/pdf", content=b"x" * 300_000),)
        enqueue(store, DAVE, kind="notice_new", files=files)
        enqueue(store, ANN, kind="reply", files=files, name="2")
        sender.run_once()
        sender.run_once()
        assert [row.state for row in outbox.rows(store)] == ["sent", "sent"]
        assert [one["to_customer"] for one in events(store, "files_left_out")] == [False, True]
        assert [read(one.data).attachments for one in small.received] == [(), ()]
        enqueue(store, ANN, kind="reply", name="3", text="line\n" * 40_000)
        sender.run_once()
        assert [(row.state, row.reason) for row in outbox.rows(store)][-1] == ("failed", "too_large")
        carrier.close()


def test_an_agents_dead_mailbox_is_told_to_the_admin_and_to_nobody_else(
    store: Store, sink: Sink, deliver: Callable[[], None], alarms: list[tuple[str, str]]
) -> None:
    sink.refused[DAVE] = "550 5.1.1 no such user here"
    for number in range(4):
        enqueue(store, DAVE, kind="notice_new", name=str(number))
        deliver()
    assert [row.state for row in outbox.rows(store)] == ["failed", "failed"]  # the others were not written
    assert events(store, "undelivered") == []
    assert [subject for subject, _ in alarms] == ["mail to dave@acme.example keeps coming back"]
    assert "550 5.1.1 no such user here" in alarms[0][1]
