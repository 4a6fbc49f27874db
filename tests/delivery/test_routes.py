"""Several ways out: which mail takes which, each at its own pace, by its own connections, none held up by another."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from gateway import act
from gateway.config import Config, load
from gateway.config.at_start import merged
from gateway.delivery.sender import Sender
from gateway.errors import ConfigError
from gateway.health.ways import ways_out
from gateway.mail import Address
from gateway.now import now
from gateway.oauth import accounts
from gateway.store import Store, outbox, tables
from gateway.tickets.actions import Actor, OpenTicket, Send
from support import site
from support.daemon import Daemon
from support.mails import mail
from support.sink import STALL, Sink
from support.wait import wait_for
from support.whole_site import make_site

_IDS = count(1)


def enqueue(
    store: Store,
    recipient: str = "ann@example.net",
    *,
    sender: str = "support@acme.example",
    ticket: int | None = None,
    automatic: bool = True,
    is_alarm: bool = False,
) -> None:
    message_id = f"<{next(_IDS)}@mail.acme.example>"
    send = Send(
        ticket=ticket,
        kind="reply",
        recipient=Address(addr=recipient),
        envelope_from="",
        message_id=message_id,
        subject="Hello",
        data=f"From: {sender}\r\nTo: {recipient}\r\nMessage-ID: {message_id}\r\n\r\nHello\r\n".encode(),
        automatic=automatic,
        sender=sender,
        is_alarm=is_alarm,
    )
    with store.main.write() as conn:
        act.apply(conn, [send], Actor(name="mail", at=now()))


def open_tickets(store: Store, number: int) -> None:
    opened = [
        OpenTicket(number=one, status="new", queue="support", title="Lamp", description="", requester=None)
        for one in range(1, number + 1)
    ]
    with store.main.write() as conn:
        act.apply(conn, opened, Actor(name="mail", at=now()))


def to(sink: Sink, more: str = "") -> str:
    return f'to = "smtp://127.0.0.1:{sink.port}"\n{more}'


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., Config]:
    """A configuration whose [delivery] is this, with these sections besides."""

    def make(delivery: str, more: str = "", *, gateway: str = "", queue: str = "") -> Config:
        text = site.GOOD.replace('to = "maildir:data/sent"\nautomatic_from = "null"\nrate = "30/min"\n', delivery)
        text = text.replace("[mail]\n", f"{gateway}[mail]\n", 1)
        text = text.replace("[queues.billing]\n", f"[queues.billing]\n{queue}") + more
        return load(site.write(tmp_path, text))

    return make


@pytest.fixture
def sinks() -> Iterator[tuple[Sink, Sink, Sink]]:
    with Sink() as one, Sink() as two, Sink() as three:
        yield one, two, three


def sender_of(store: Store, cfg: Config) -> Sender:
    return Sender(store, cfg, node=store.node, wake=threading.Event())


def once(store: Store, cfg: Config) -> int:
    """A sender that is started, takes what is due and stops."""
    sender = sender_of(store, cfg)
    tried = sender.run_once()
    assert sender.stop()
    return tried


def states(store: Store) -> list[str]:
    return [row.state for row in outbox.rows(store)]


# ---- which mail takes which ----------------------------------------------------------------------------------------


def test_by_queue_then_by_domain_then_the_usual_way(
    store: Store, settings: Callable[..., Config], sinks: tuple[Sink, Sink, Sink]
) -> None:
    usual, shop, billing = sinks
    cfg = settings(
        to(usual),
        f'[[delivery.route]]\nfrom_domain = ["shop.example", "other.example"]\n{to(shop)}',
        queue=f'from = "billing@shop.example"\ndelivery = "smtp://127.0.0.1:{billing.port}"\n',
    )
    for sender in ("support@acme.example", "help@shop.example", "billing@shop.example", "a@evilshop.example", ""):
        enqueue(store, f"to.{sender.replace('@', '.at.') or 'x'}@example.net", sender=sender)
    once(store, cfg)
    assert [one.recipients[0].split("@")[0] for one in shop.received] == ["to.help.at.shop.example"]
    assert [one.recipients[0].split("@")[0] for one in billing.received] == ["to.billing.at.shop.example"]
    assert len(usual.received) == 3
    assert cfg.way_of("Help@Shop.example").to.port == shop.port


def test_each_way_has_its_own_signature_and_account(
    store: Store, settings: Callable[..., Config], sinks: tuple[Sink, Sink, Sink], tmp_path: Path
) -> None:
    usual, shop, _ = sinks
    key = ed25519.Ed25519PrivateKey.generate()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    for name, text in (("dkim.pem", pem), ("oauth.secret", b"x")):
        (tmp_path / name).write_bytes(text)
        (tmp_path / name).chmod(0o600)
    cfg = settings(
        to(usual),
        f'[[delivery.route]]\nfrom_domain = "shop.example"\n{to(shop)}dkim_key = "dkim.pem"\ndkim_selector = "s1"\n'
        '[[delivery.route]]\nfrom_domain = "o.example"\nto = "smtps://u@127.0.0.1"\n'
        '[delivery.route.oauth]\nclient_id = "x"\nclient_secret_file = "oauth.secret"\n',
    )
    enqueue(store)
    enqueue(store, sender="a@shop.example")
    once(store, cfg)
    assert [b"DKIM-Signature" in one.data for one in (*usual.received, *shop.received)] == [False, True]
    assert b"d=shop.example" in shop.received[0].data
    assert [(one.name, one.user) for one in accounts(cfg)] == [("delivery:o.example", "u")]


def test_the_daemon_sends_by_a_queues_own_way_while_the_usual_one_stalls(tmp_path: Path) -> None:
    with Sink() as usual, Sink() as own:
        config = make_site(tmp_path / "site", delivery=f"smtp://127.0.0.1:{usual.port}")
        text = config.read_text()
        text = text.replace(
            "[queues.billing]\n",
            '[queues.billing]\nfrom = "billing@acme-shop.example"\n'
            f'delivery = {{ to = "smtp://127.0.0.1:{own.port}", helo = "out.acme-shop.example", '
            'automatic_from = "bounces@acme-shop.example" }\n',
        )
        config.write_text(text)
        usual.next("rcpt", STALL, times=20)
        with Daemon(config) as daemon:
            daemon.send(mail())
            wait_for(lambda: "RCPT" in usual.commands, 20)
            asking = mail(sender="bo@example.net", to="billing@acme.example", subject="refund of an invoice")
            daemon.send(asking, sender="bo@example.net", to="billing@acme.example")
            wait_for(lambda: own.received, 20, "the billing queue's mail left")
            assert own.received[0].mail_from == "bounces@acme-shop.example"
            wait_for(lambda: len(own.received) == 2, 20, "the acknowledgement and the notice")
            assert all(b"billing@acme-shop.example" in one.data.split(b"\r\n")[0] for one in own.received)
            assert usual.received == []
            shown = daemon.command("status", check=False).stdout
            assert "queue:billing" in shown
            sent = [line for line in daemon.lines if line.get("event") == "sent"]
            assert {line["route"] for line in sent} == {"queue:billing"}
            daemon.kill()  # the stalled mail would be waited for


@pytest.mark.parametrize(
    ("queue", "what"),
    [
        ("", "leaves by [delivery]"),
        ('from = "help@acme.example"\n', "[queues.support] writes from help@acme.example too"),
    ],
)
def test_a_queue_that_shares_its_from_is_refused(tmp_path: Path, queue: str, what: str) -> None:
    text = site.GOOD.replace("[queues.billing]\n", f'[queues.billing]\n{queue}delivery = "maildir:data/b"\n')
    if queue:
        text = text.replace("[queues.support]\n", f"[queues.support]\n{queue}")
    with pytest.raises(ConfigError) as refused:
        load(site.write(tmp_path, text))
    (problem,) = refused.value.problems
    line = text.splitlines().index('delivery = "maildir:data/b"') + 1
    assert f"config.toml:{line}: queues.billing.delivery: needs a from of the queue's own" in problem
    assert what in problem


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ('[[delivery.route]]\nto = "maildir:x"\n', "from_domain: is missing"),
        ('[[delivery.route]]\nfrom_domain = "x.example"\n', "to: is missing"),
        ('[[delivery.route]]\nfrom_domain = []\nto = "maildir:x"\n', "is empty: no mail would leave this way"),
        (
            '[[delivery.route]]\nfrom_domain = "x.example"\nto = "maildir:x"\n'
            '[[delivery.route]]\nfrom_domain = ["y.example", "X.example"]\nto = "maildir:y"\n',
            "is a second way out for X.example; route[1] is one",
        ),
        (
            '[[delivery.route]]\nfrom_domain = "x.example"\nto = "smtp://a@127.0.0.1:25"\n',
            "delivery.route[1].to: names a user",
        ),
        (
            '[[delivery.route]]\nfrom_domain = "x.example"\nto = "smtp://r.example"\nconnections = 4\n'
            '[[delivery.route]]\nfrom_domain = "y.example"\nto = "smtp://r.example"\nconnections = 2\n',
            "delivery.route[2].connections: makes 6 connections to r.example; limits.deliveries_per_host allows 5",
        ),
        (
            '[[delivery.route]]\nfrom_domain = "x.example"\nto = "maildir:x"\ndkim_key = "env:HOME"\n',
            "delivery.route[1].dkim_key: needs dkim_selector beside it",
        ),
    ],
)
def test_mistakes_in_routes(tmp_path: Path, more: str, what: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load(site.write(tmp_path, site.GOOD + more))
    assert [one for one in refused.value.problems if what in one], refused.value.problems


def test_what_of_a_way_counts_at_once_and_what_after_a_restart(tmp_path: Path) -> None:
    route = '[[delivery.route]]\nfrom_domain = "x.example"\nto = "maildir:x"\nautomatic_from = "null"\n'
    running = load(site.write(tmp_path, site.GOOD + route))
    changed = route.replace('"null"', '"b@x.example"').replace("maildir:x", "maildir:y")
    kept, waiting = merged(load(site.write(tmp_path, site.GOOD + changed)), running)
    assert waiting == ["[[delivery.route]]"]
    assert kept.way_of("a@x.example").automatic_from == "b@x.example"
    assert kept.way_of("a@x.example").to == running.delivery.route[0].to
    kept, waiting = merged(load(site.write(tmp_path, site.GOOD)), running)
    assert [one.name for one in kept.routes] == ["delivery:x.example", "delivery"]


def test_alarms_take_their_own_way(
    store: Store, settings: Callable[..., Config], sinks: tuple[Sink, Sink, Sink]
) -> None:
    usual, second, _ = sinks
    cfg = settings(to(usual), gateway=f'alarm_delivery = "smtp://127.0.0.1:{second.port}"\n')
    enqueue(store, "a@example.net")
    enqueue(store, "admin@example.net", is_alarm=True)
    once(store, cfg)
    assert [[one.recipients[0] for one in sink.received] for sink in (usual, second)] == [
        ["a@example.net"],
        ["admin@example.net"],
    ]


# ---- pace ----------------------------------------------------------------------------------------------------------


def test_a_days_share_is_not_given_twice_by_a_restart(
    store: Store, settings: Callable[..., Config], sinks: tuple[Sink, Sink, Sink]
) -> None:
    usual, shop, _ = sinks
    cfg = settings(
        to(usual, 'rate = "100/min 5/day"\n'), f'[[delivery.route]]\nfrom_domain = "shop.example"\n{to(shop)}'
    )
    for number in range(8):
        enqueue(store, f"p{number}@example.net")
        enqueue(store, f"q{number}@example.net", sender="a@shop.example")
    assert once(store, cfg) == 5 + 8
    assert once(store, cfg) == 0
    assert (len(usual.received), len(shop.received)) == (5, 8)
    here, there = ways_out(store, cfg, now())
    assert (here.rate, here.waiting, here.trouble) == ("5/day", 3, "")
    assert here.paced is not None
    assert timedelta(hours=23) < here.paced - now() <= timedelta(days=1)
    assert there.paced is None
    with store.main.write() as conn:
        conn.execute(tables.outbox.update().values(sent_at=now() - timedelta(days=1, seconds=1)))
    assert once(store, cfg) == 3, "a new day"


# ---- trouble -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "attempts", "count", "is_trouble"),
    [
        ("unreachable", 2, 9, False),  # a server that is started anew
        ("unreachable", 3, 1, True),
        ("unreachable", 1, 10, True),
        ("no_tls", 1, 1, True),
        ("login_refused", 1, 1, True),
        ("null_sender_refused", 1, 1, True),
        ("refused_for_now", 9, 20, False),  # that is about their mailbox
    ],
)
def test_what_is_trouble_with_a_way(
    store: Store, settings: Callable[..., Config], reason: str, attempts: int, count: int, is_trouble: bool
) -> None:
    cfg = settings('to = "smtp://relay.example"\n', '[[delivery.route]]\nfrom_domain = "x.example"\nto = "maildir:x"\n')
    for _ in range(count):
        enqueue(store, sender="a@x.example")
    with store.main.write() as conn:
        conn.execute(tables.outbox.update().values(reason=reason, attempts=attempts, last_reply="so it said"))
    usual, other = ways_out(store, cfg, now())
    assert (usual.trouble, usual.waiting, other.waiting) == ("", 0, count)
    assert ("so it said" in other.trouble) is is_trouble
    assert ("automatic_from" in other.trouble) is (reason == "null_sender_refused")


# ---- connections ---------------------------------------------------------------------------------------------------


def test_further_connections_while_mail_piles_up_and_none_at_rest(
    store: Store, settings: Callable[..., Config], sinks: tuple[Sink, Sink, Sink]
) -> None:
    """Four connections, of which one hangs in the middle: all else leaves, but not what follows on the same ticket."""
    usual, _, _ = sinks
    cfg = settings(to(usual, "connections = 4\n"))
    open_tickets(store, 100)
    enqueue(store, "stuck@example.net", ticket=1)
    for number in range(2, 101):
        enqueue(store, f"p{number}@example.net", ticket=number)
    for _ in range(60):
        enqueue(store, "after@example.net", ticket=1)
    usual.refused["stuck@example.net"] = STALL
    sender = sender_of(store, cfg)
    before = threading.active_count()
    sender.start()
    try:
        wait_for(lambda: usual.connections > 1, 20, "a second connection")
        wait_for(lambda: states(store).count("sent") >= 68, 20, "all but what the stuck one holds and what follows it")
        assert "after@example.net" not in {one.recipients[0] for one in usual.received}
        assert usual.connections <= 4
        wait_for(lambda: threading.active_count() <= before + 1, 20, "the others have ended")
        usual.refused.clear()
        usual.drop_all()
        wait_for(lambda: states(store).count("sent") >= 99, 20)
    finally:
        usual.drop_all()
        assert sender.stop()
    delivered = [one.recipients[0] for one in usual.received]
    assert len(delivered) == len(set(delivered)) + max(delivered.count("after@example.net") - 1, 0)
