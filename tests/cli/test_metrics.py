"""What watches over the gateway: figures for Prometheus, health and readiness, and letters to the admin."""

import asyncio
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import select, update

from gateway.config import Config, load
from gateway.errors import ConfigError
from gateway.health import alarms
from gateway.health.certificate import ends_at
from gateway.health.lag import EVERY, Lag
from gateway.health.metrics import exposition
from gateway.health.state import Gathered, gathered, judged, of_machine
from gateway.oauth import Keeper, accounts
from gateway.oauth.request import Granted
from gateway.site import load_site
from gateway.store import Store, migrate, open_store, tables
from gateway.store.node import DataLock
from support import postgres
from support.daemon import Daemon
from support.desk import Desk
from support.mails import mail
from support.wait import wait_for
from support.whole_site import make_site

METRICS = '[metrics]\nlisten = "127.0.0.1:{port}"\n'


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask(port: int, path: str, *, token: str = "", method: str = "GET") -> tuple[int, str]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def figures(text: str) -> dict[str, float]:
    """`name{label}` -> value."""
    return {
        f"{one.name}{{{next(iter(one.labels.values()))}}}" if one.labels else one.name: one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


def test_the_figures_of_a_running_gateway(tmp_path: Path) -> None:
    port = free_port()
    with Daemon(make_site(tmp_path / "site", more=METRICS.format(port=port))) as daemon:
        daemon.send(mail())
        daemon.settled(30)
        status, text = ask(port, "/metrics")
        assert status == 200
        found = figures(text)
        assert (found["gateway_tickets_open"], found["gateway_tickets_overdue"]) == (1, 0)
        assert found["gateway_spool_waiting"] == 0
        assert found["gateway_outbox_mails{sent}"] >= 1
        assert found["gateway_level"] == 0
        assert found["gateway_disk_free_bytes"] > 0
        assert found["gateway_loop_lag_seconds"] >= 0
        assert ask(port, "/healthz") == (200, "OK\n")
        assert ask(port, "/readyz") == (200, "ready\n")
        assert ask(port, "/")[0] == 404
        assert ask(port, "/metrics", method="POST")[0] == 405
        with socket.create_connection(("127.0.0.1", port), 20) as wire:  # as some watchers ask
            wire.sendall(b"HEAD /healthz HTTP/1.1\r\n\r\n")
            said = wire.makefile("rb").read()
        assert said.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"Content-Length: 3\r\n" in said
        assert said.endswith(b"\r\n\r\n")
        with socket.create_connection(("127.0.0.1", port), 20) as wire:
            wire.sendall(b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\n\r\n")
            assert wire.recv(100) == b""


def test_what_blocks_in_the_loop_is_seen() -> None:
    """T26."""

    async def held_up() -> tuple[float, float]:
        lag = Lag()
        watching = asyncio.create_task(lag.watch())
        await asyncio.sleep(0)
        before = lag.worst()
        time.sleep(2 * EVERY)
        while not lag.worst():
            await asyncio.sleep(0.01)
        watching.cancel()
        return before, lag.worst()

    before, worst = asyncio.run(held_up())
    assert before == 0
    assert worst > EVERY / 2


def test_a_token_is_asked_for(tmp_path: Path) -> None:
    port = free_port()
    config = make_site(tmp_path / "site", more=METRICS.format(port=port) + 'token_file = "metrics.secret"\n')
    (config.parent / "metrics.secret").write_text("s3cret")
    (config.parent / "metrics.secret").chmod(0o600)
    with Daemon(config):
        assert [ask(port, path)[0] for path in ("/metrics", "/healthz", "/readyz", "/nothing")] == [401] * 4
        assert ask(port, "/metrics", token="wrong")[0] == 401
        assert ask(port, "/metrics", token="s3cret")[0] == 200


def test_only_at_an_address(tmp_path: Path) -> None:
    """A socket would have been taken for every address there is."""
    with pytest.raises(ConfigError, match="is a unix socket"):
        load(make_site(tmp_path / "site", more='[metrics]\nlisten = "unix:/tmp/metrics"\n'))


def test_every_fact_of_status_has_its_figure(desk: Desk) -> None:
    """Each state from the start: an alert on a series that comes with the first failure has nothing to compare."""
    box = '[[imap]]\nname = "main"\nhost = "127.0.0.1"\nuser = "u@acme.example"\ntls = false\n'
    own = 'provider = "custom"\nclient_id = "x"\ntoken_url = "http://127.0.0.1:9/token"\nscope = "mail"\n'
    desk.configure(more=f'{box}[imap.oauth]\n{own}client_secret_file = "s"\nclient_secret_ends = 2030-01-01\n')
    (desk.folder / "s").write_text("x")
    (desk.folder / "s").chmod(0o600)
    cfg, ends = load(desk.config), datetime(2027, 1, 1, tzinfo=UTC)
    (account,) = accounts(cfg)
    granted = Granted(access="a", ends=ends, refresh="r", refresh_ends=ends)
    Keeper(desk.store).keep(account, granted)
    found = figures(exposition(gathered(desk.store, cfg)).decode())
    states = ("pending", "sending", "sent", "failed", "held", "shadowed")
    assert {state: found.get(f"gateway_outbox_mails{{{state}}}") for state in states} == dict.fromkeys(states, 0)
    assert {state: found.get(f"gateway_set_aside{{{state}}}") for state in ("held", "quarantined")} == {
        "held": 0,
        "quarantined": 0,
    }
    assert found["gateway_outbox_failed_by_itself"] == 0
    assert found["gateway_consent_ends_timestamp_seconds{imap:main}"] == ends.timestamp()
    assert (
        found["gateway_client_secret_ends_timestamp_seconds{imap:main}"] == datetime(2030, 1, 1, tzinfo=UTC).timestamp()
    )
    assert found["gateway_token_failing{imap:main}"] == 0
    assert found["gateway_schema_revision{spool}"] == int(migrate.SPOOL.head)
    assert found["gateway_schema_revision{gateway}"] == int(migrate.MAIN.head)
    assert found["gateway_mailbox_unfiled_seconds{main}"] == 0
    assert found["gateway_delivery_oldest_seconds{delivery}"] == 0
    for name in ("unreached", "shadow", "settings_mistakes", "restart_needed"):
        assert found[f"gateway_{name}"] == 0


# ---- alarms --------------------------------------------------------------------------------------------------------


@pytest.fixture
def lock(desk: Desk) -> Iterator[Desk]:
    held = DataLock(desk.folder / "data")  # as if the daemon ran
    yield desk
    held.release()


def letters(store: Store) -> list[str]:
    with store.main.read() as conn:
        kinds = select(tables.mail.c.subject).where(tables.mail.c.direction == "out").order_by(tables.mail.c.id)
        return list(conn.execute(kinds).scalars())


def test_an_alarm_and_its_end_are_told_once(lock: Desk) -> None:
    store, site = lock.store, load_site(load(lock.config), lock.store)
    lock.take_in(mail())
    lock.work()
    alarms.look(store, site)
    before = letters(store)
    hour_ago = datetime.now(UTC) - timedelta(minutes=10)
    with store.spool.write() as conn:
        conn.execute(update(tables.spool).values(state="new", received_at=hour_ago))
    for _ in range(3):
        alarms.look(store, site)
    (told,) = letters(store)[len(before) :]
    assert "critical: mail has been waiting in the spool for" in told
    with store.main.write() as conn:
        conn.execute(
            update(tables.event).where(tables.event.c.kind == "alarm_raised").values(at=hour_ago - timedelta(days=1))
        )
    alarms.look(store, site)
    assert len(letters(store)) == len(before) + 2, "what goes on is told again after a day"
    with store.spool.write() as conn:
        conn.execute(update(tables.spool).values(state="done"))
    for _ in range(2):
        alarms.look(store, site)
    assert "all clear: spool" in letters(store)[-1]
    assert len(letters(store)) == len(before) + 3


def test_while_the_usual_way_is_dead_all_alarms_take_the_other_one(lock: Desk) -> None:
    """The disk runs full while the smarthost refuses our login: a letter by [delivery] would tell nobody."""
    lock.take_in(mail())
    lock.work()
    outbox, store = tables.outbox, lock.store
    with store.main.write() as conn:
        assert conn.execute(update(outbox).values(reason="login_refused", last_reply="535 no", attempts=1)).rowcount
    lock.configure(more='[limits]\nmin_free = "900 TB"\n')
    before = letters(store)
    alarms.look(store, load_site(load(lock.config), store))
    (told,) = letters(store)[len(before) :]
    assert told.startswith("[Acme] critical: only "), "both in one letter, the gravest first"
    assert told.endswith(" and 1 more")
    assert ways(store)[-1] is True
    with store.main.write() as conn:
        conn.execute(update(outbox).values(state="sent", reason=""))
    lock.configure()
    alarms.look(store, load_site(load(lock.config), store))
    subjects = [one.partition(" at ")[0] for one in letters(store)[-2:]]
    assert dict(zip(subjects, ways(store)[-2:], strict=True)) == {
        "[Acme] all clear: disk": False,
        "[Acme] all clear: delivery delivery": True,
    }


def ways(store: Store) -> list[bool]:
    """Of the letters, whether each is to leave by gateway.alarm_delivery."""
    with store.main.read() as conn:
        return list(conn.execute(select(tables.outbox.c.is_alarm).order_by(tables.outbox.c.mail_id)).scalars())


def test_what_one_node_sees_no_other_calls_over(pg_url: str, tmp_path: Path) -> None:
    """Its disk is full, and it alone has a mailbox, which nobody polls."""
    postgres.empty(pg_url)
    (tmp_path / "secret").write_text("x")
    (tmp_path / "secret").chmod(0o600)
    box = f'[[imap]]\nname = "main"\nhost = "127.0.0.1"\nuser = "u"\npassword_file = "{tmp_path / "secret"}"\n'
    with ExitStack() as stack:
        nodes = []
        for name, more in (("one", box), ("two", "")):
            config = make_site(tmp_path / name, limits='min_free = "900 TB"' if more else "", more=more)
            store = open_store(pg_url, config.parent / "data")
            stack.callback(store.close)
            stack.callback(DataLock(config.parent / "data").release)
            nodes.append((store, load_site(load(config), store)))
        (store, one), (_, two) = nodes
        for _ in range(3):
            for node, site in nodes:
                alarms.look(node, site)
        about = [text for text in letters(store) if "disk are free" in text or "all clear" in text]
        assert len(about) == 1
        assert f"(on {store.node})" in about[0]
        with store.main.write() as conn:
            raised = tables.event.c.kind == "alarm_raised"
            conn.execute(update(tables.event).where(raised).values(at=datetime.now(UTC) - timedelta(days=3)))
        alarms.look(nodes[1][0], two)  # the first node was taken away, and reminds nobody
        assert f"disk at {store.node}" in letters(store)[-1]
        assert "all clear" in letters(store)[-1]
        alarms.look(store, one)
        assert "disk are free" in letters(store)[-1]


def test_when_a_certificate_ends(tmp_path: Path) -> None:
    ends = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)
    authority = trustme.CA()
    issued = authority.issue_cert("mail.acme.example", not_after=ends)
    issued.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    issued.private_key_pem.write_to_path(tmp_path / "key.pem")
    assert ends_at((tmp_path / "cert.pem").read_text()) == ends
    for text in ("", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
        with pytest.raises(ValueError):
            ends_at(text)
    config = make_site(tmp_path / "site")
    text = config.read_text().replace("[[smtp]]\n", '[[smtp]]\ntls_cert = "../cert.pem"\ntls_key = "../key.pem"\n', 1)
    config.write_text(text)
    (tmp_path / "key.pem").chmod(0o600)
    cfg = load(config)
    store = open_store(cfg.database.url, cfg.gateway.data_dir)
    migrate.ensure(store)
    concerns = {one.key: one.text for one in judged(gathered(store, cfg))}
    path = config.parent / "../cert.pem"
    assert concerns[f"certificate {path}"] == f"the certificate {path} ends on {ends:%Y-%m-%d}"
    store.close()


def test_certificates_of_one_name_are_told_apart(tmp_path: Path) -> None:
    """Those of Let's Encrypt are all called fullchain.pem."""
    config, authority, listeners = make_site(tmp_path / "site"), trustme.CA(), ""
    for name, days in (("one", 3), ("two", 90), ("three", 90)):
        issued = authority.issue_cert("mail.acme.example", not_after=datetime.now(UTC) + timedelta(days=days))
        (folder := config.parent / name).mkdir()
        issued.cert_chain_pems[0].write_to_path(folder / "fullchain.pem")
        issued.private_key_pem.write_to_path(folder / "key.pem")
        (folder / "key.pem").chmod(0o600)
        files = f'tls_cert = "{name}/fullchain.pem"\ntls_key = "{name}/key.pem"\n'
        listeners += f'[[smtp]]\nlisten = "127.0.0.1:0"\n{files}'
    config.write_text(config.read_text() + listeners)
    cfg = load(config)
    (config.parent / "three/key.pem").write_text("nothing of a key")
    found = of_machine(cfg)
    names = [f"{config.parent}/{name}/fullchain.pem" for name in ("one", "two", "three")]
    assert list(found["certificates"]) == names
    assert list(found["broken_certificates"]) == names[2:]
    told = gathered_without_database(cfg)
    assert {key for key in told if key.startswith("certificate ")} == {f"certificate {names[n]}" for n in (0, 2)}


def gathered_without_database(cfg: Config) -> set[str]:
    found = Gathered(**of_machine(cfg), schemas={}, set_aside={}, problem="")
    return {one.key for one in judged(found)}


def test_it_is_not_ready_where_nothing_is_taken(tmp_path: Path) -> None:
    port = free_port()
    config = make_site(tmp_path / "site", more=METRICS.format(port=port), limits='min_free = "1000 TB"\n')
    with Daemon(config):
        status, text = wait_for(lambda: ask(port, "/readyz"), 10)
        assert status == 503
        told = f"of disk are free in {config.parent}/data, less than limits.min_free (1000 TB): no mail is accepted"
        assert told in text
        assert ask(port, "/healthz")[0] == 503
