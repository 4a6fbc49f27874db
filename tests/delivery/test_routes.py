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
from gateway.health.state import Level, gathered, judged
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
    envelope_from: str = "",
) -> None:
    message_id = f"<{next(_IDS)}@mail.acme.example>"
    send = Send(
        ticket=ticket,
        kind="reply",
        recipient=Address(addr=recipient),
        envelope_from=envelope_from,
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


def test_a_days_share_is_one_for_all_nodes_while_they_run(
    store: Store, settings: Callable[..., Config], sinks: tuple[Sink, Sink, Sink], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.delivery.route_sender._READ_EVERY", 0.0)
    usual, _, _ = sinks
    cfg = settings(to(usual, 'rate = "5/day"\n'))
    here, there = sender_of(store, cfg), sender_of(store, cfg)
    assert here.run_once() == there.run_once() == 0
    for number in range(3):
        enqueue(store, f"p{number}@example.net")
    assert here.run_once() == 3
    for number in range(8):
        enqueue(store, f"q{number}@example.net")
    assert there.run_once() == 2
    assert here.run_once() == there.run_once() == 0
    assert here.stop()
    assert there.stop()


def test_where_little_may_leave_what_matters_leaves_first(
    store: Store, settings: Callable[..., Config], sinks: tuple[Sink, Sink, Sink]
) -> None:
    usual, _, _ = sinks
    cfg = settings(to(usual, 'rate = "4/day"\n'))
    for number in range(2):
        enqueue(store, f"notice{number}@example.net")
        enqueue(store, f"answer{number}@example.net", automatic=False)
        enqueue(store, f"alarm{number}@example.net", is_alarm=True)
    assert once(store, cfg) == 4
    left = ["alarm0", "alarm1", "answer0", "answer1"]
    assert [one.recipients[0].split("@")[0] for one in usual.received] == left


# ---- senders -------------------------------------------------------------------------------------------------------


def test_a_sender_that_is_not_taken_just_now_holds_up_no_other(
    store: Store, settings: Callable[..., Config], sinks: tuple[Sink, Sink, Sink]
) -> None:
    """As where the DNS of one of our domains is down: its mail rests for a minute, all else leaves."""
    usual, _, _ = sinks
    usual.refused_senders["shop@broken.example"] = "450 4.1.8 Sender address rejected: Domain not found"
    cfg = settings(to(usual))
    for number in range(40):
        enqueue(
            store,
            f"p{number}@example.net",
            sender="shop@broken.example",
            envelope_from="shop@broken.example",
            automatic=False,
        )
    enqueue(store, "ann@example.net")
    sender = sender_of(store, cfg)
    while sender.run_once():
        pass
    assert sender.stop()
    assert [one.recipients[0] for one in usual.received] == ["ann@example.net"]
    assert usual.commands.count("MAIL") == 2
    assert [one.attempts for one in outbox.rows(store)] == [1] + [0] * 39 + [1]


def test_a_login_that_is_refused_is_not_tried_with_every_mail(
    store: Store, settings: Callable[..., Config], tmp_path: Path
) -> None:
    with Sink(login=("gw", "right")) as sink:
        (tmp_path / "relay.password").write_text("wrong")
        (tmp_path / "relay.password").chmod(0o600)
        cfg = settings(f'to = "smtp://gw@127.0.0.1:{sink.port}"\npassword_file = "relay.password"\n')
        for number in range(5):
            enqueue(store, f"p{number}@example.net")
        sender = sender_of(store, cfg)
        assert sender.run_once() == 1
        assert sender.run_once() == 0
        assert sender.stop()
        assert sink.connections == 1
        assert [(one.state, one.attempts) for one in outbox.rows(store)] == [("pending", 1)] + [("pending", 0)] * 4


@pytest.mark.parametrize("refusal", ["501 5.1.7 bad sender address", "550 5.7.1 not allowed"])
def test_waiting_automatic_mail_leaves_by_the_envelope_that_is_written_now(
    store: Store, settings: Callable[..., Config], sinks: tuple[Sink, Sink, Sink], refusal: str
) -> None:
    usual, _, _ = sinks
    usual.refused_senders["bad@acme.example"] = refusal
    now_in_force = [settings(to(usual, 'automatic_from = "bad@acme.example"\n'))]
    enqueue(store, envelope_from="bad@acme.example")
    enqueue(store, "bo@example.net", envelope_from="support@acme.example", automatic=False)
    sender = Sender(
        store, now_in_force[0], node=store.node, wake=threading.Event(), cfg_in_force=lambda: now_in_force[0]
    )
    sender.run_once()
    assert [(one.state, one.reason) for one in outbox.rows(store)] == [("pending", "sender_refused"), ("sent", "")]
    now_in_force[0] = settings(to(usual, 'automatic_from = "good@acme.example"\n'))
    assert sender.run_once() == 1
    assert sender.stop()
    assert [one.mail_from for one in usual.received] == ["support@acme.example", "good@acme.example"]


def test_a_letter_that_cannot_be_signed_holds_up_no_other(
    store: Store, settings: Callable[..., Config], sinks: tuple[Sink, Sink, Sink], tmp_path: Path
) -> None:
    usual, _, _ = sinks
    key = ed25519.Ed25519PrivateKey.generate()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "dkim.pem").write_bytes(pem)
    (tmp_path / "dkim.pem").chmod(0o600)
    cfg = settings(to(usual, 'dkim_key = "dkim.pem"\ndkim_selector = "s1"\n'))
    enqueue(store, sender="nobody")
    enqueue(store)
    assert once(store, cfg) == 2
    assert [(one.state, one.reason) for one in outbox.rows(store)] == [("failed", "unsound"), ("sent", "")]


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


@pytest.mark.parametrize(("others", "is_trouble"), [(["d@two.example"], True), (["d@EXAMPLE.net"], False)])
def test_the_null_sender_is_no_trouble_where_one_domain_alone_does_not_want_it(
    store: Store, settings: Callable[..., Config], sinks: tuple[Sink, Sink, Sink], others: list[str], is_trouble: bool
) -> None:
    usual, _, _ = sinks
    cfg = settings(to(usual))
    for recipient in ("ann@example.net", *others):
        enqueue(store, recipient)
        usual.refused[recipient] = f"550 5.7.1 null sender not permitted for {recipient}"
    once(store, cfg)
    (one,) = ways_out(store, cfg, now())
    assert one.waiting == 2
    assert ("automatic_from" in one.trouble) is is_trouble


@pytest.mark.parametrize(
    ("minutes", "tries", "is_late"),
    [(59, 6, False), (61, 6, True), (600, 2, False)],
    ids=["young", "old", "tried little"],
)
def test_mail_that_is_tried_in_vain_for_an_hour_is_told(
    store: Store, settings: Callable[..., Config], minutes: int, tries: int, is_late: bool
) -> None:
    """A server that says 451 to all of it, for whatever reason."""
    cfg = settings('to = "smtp://relay.example"\n')
    enqueue(store)
    said = "451 4.7.1 Service unavailable, try again later"
    with store.main.write() as conn:
        values = {"reason": "refused_for_now", "attempts": tries, "last_reply": said}
        written = now() - timedelta(minutes=minutes)
        conn.execute(
            tables.outbox.update().values(created_at=written, next_try_at=now() + timedelta(hours=1), **values)
        )
    told = [one for one in judged(gathered(store, cfg)) if one.key == "outbox delivery"]
    assert [one.level for one in told] == [Level.WARNING] * is_late
    assert all(said in one.text and "smtp://relay.example" in one.text for one in told)


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


def test_what_waits_behind_a_stalled_mail_leaves_by_another_connection(
    store: Store, settings: Callable[..., Config], sinks: tuple[Sink, Sink, Sink], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the stalled connection has claimed too; and nothing is sent twice once it goes on."""
    monkeypatch.setattr("gateway.delivery.route_sender._STALLED", 0.3)
    usual, _, _ = sinks
    cfg = settings(to(usual, "connections = 2\n"))
    usual.next("rcpt", STALL)
    for number in range(6):
        enqueue(store, f"p{number}@example.net")
    sender = sender_of(store, cfg)
    sender.start()
    try:

        def have_left(number: int) -> bool:
            sender.look()  # as the clock does
            return states(store).count("sent") == number

        wait_for(lambda: usual.commands.count("RCPT") == 1, 20)
        enqueue(store, "p6@example.net")
        wait_for(lambda: have_left(6), 20, "all but the first")
        assert states(store)[0] == "sending"
        assert usual.connections == 2
        usual.drop_all()
        wait_for(lambda: states(store)[0] == "pending", 20, "the stalled connection goes on")
        assert outbox.rows(store)[0].reason == "cut_off"
        with store.main.write() as conn:  # as if its wait were over
            conn.execute(tables.outbox.update().where(tables.outbox.c.state == "pending").values(next_try_at=now()))
        enqueue(store, "p7@example.net")
        wait_for(lambda: have_left(8), 20, "it too, when its time has come")
    finally:
        usual.drop_all()
        assert sender.stop()
    assert len({one.recipients for one in usual.received}) == len(usual.received)
    assert [one.attempts for one in outbox.rows(store)][1:] == [1] * 7
