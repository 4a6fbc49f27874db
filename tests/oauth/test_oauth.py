"""Access tokens: every way to get one, one renewal for all nodes, and what is told where none can be had (T44)."""

import base64
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from sqlalchemy import select, update

from gateway.config import load
from gateway.errors import Permanent, Temporary
from gateway.health import alarms
from gateway.health.state import gathered, judged
from gateway.intake.imap_login import Login, LoginRefused
from gateway.intake.imap_session import ImapSession, Times
from gateway.oauth import Account, Keeper, accounts, providers, request
from gateway.oauth.device import Code, consent
from gateway.renewing import renew
from gateway.site import load_site
from gateway.store import Store, oauth, open_store, tables
from support.daemon import PROGRAM, Daemon
from support.dovecot import Dovecot
from support.mails import mail, parsed
from support.require import require
from support.sink import Sink
from support.token_site import IMAP, site
from support.token_stub import USER, TokenStub
from support.wait import wait_for
from support.whole_site import REPOSITORY, make_site

# ---- one renewal ---------------------------------------------------------------------------------------------------


def test_a_token_is_kept_while_it_is_good(known: tuple[Store, Account], stub: TokenStub) -> None:
    store, account = known
    assert [Keeper(store).token(account) for _ in range(3)] == ["access-1"] * 3
    assert stub.forms == [
        {
            "grant_type": "refresh_token",
            "refresh_token": "refresh-0",
            "scope": "mail",
            "client_id": "gateway",
        }
    ]
    assert oauth.kept(store, providers.grant(account)).refresh == "refresh-1", "the new one counts from now on"


def test_one_that_ends_soon_or_was_refused_is_renewed(known: tuple[Store, Account], stub: TokenStub) -> None:
    store, account = known
    assert Keeper(store).token(account, refused="access-1") == "access-1", "nobody had one to refuse"
    assert Keeper(store).token(account, refused="access-1") == "access-2"
    stub.lasts = 200
    assert Keeper(store).token(account, refused="access-2") == "access-3"
    assert Keeper(store).token(account) == "access-4", "200 s are less than the five minutes ahead"
    assert [form["refresh_token"] for form in stub.forms] == ["refresh-0", "refresh-1", "refresh-2", "refresh-3"]


def test_many_ask_and_one_renews(known: tuple[Store, Account], stub: TokenStub) -> None:
    store, account = known
    got: list[str] = []
    stub.delay.clear()
    threads = [threading.Thread(target=lambda: got.append(Keeper(store).token(account))) for _ in range(8)]
    for thread in threads:
        thread.start()
    stub.delay.set()
    for thread in threads:
        thread.join(30)
    assert got == ["access-1"] * 8
    assert len(stub.forms) == 1


def test_whoever_dies_in_the_middle_holds_up_nobody_for_long(known: tuple[Store, Account], stub: TokenStub) -> None:
    store, account = known
    assert oauth.claim(store, providers.grant(account), known="")
    with store.main.write() as conn:
        conn.execute(update(tables.oauth_token).values(claimed_until=datetime.now(UTC) - timedelta(seconds=1)))
    assert Keeper(store).token(account) == "access-1"


def test_a_node_whose_clock_is_wrong_does_not_renew_beside_another(
    tmp_path: Path, stub: TokenStub, database_url: str, another_store: Callable[..., Store]
) -> None:
    config = site(tmp_path, stub)
    config.write_text(config.read_text().replace("sqlite:///data/gateway.db", database_url))
    store = another_store("site/data")
    (account,) = accounts(load(config))
    stub.lasts = 480
    Keeper(store).token(account)
    assert oauth.claim(store, providers.grant(account), known="access-1")
    clock = tmp_path / "clock"
    clock.write_text((datetime.now(UTC) + timedelta(minutes=2)).isoformat())
    ahead = {**os.environ, "GATEWAY_CLOCK": str(clock), "PYTHONPATH": str(REPOSITORY)}
    run = [sys.executable, "-c", RENEW, str(config), database_url, str(tmp_path / "node2")]
    subprocess.run(run, env=ahead, check=True, timeout=60)
    assert len(stub.forms) == 1
    with store.main.write() as conn:
        conn.execute(update(tables.oauth_token).values(claimed_until=datetime.now(UTC) - timedelta(seconds=1)))
    subprocess.run(run, env=ahead, check=True, timeout=60)
    assert len(stub.forms) == 2, "once the other has had its time, it does"


RENEW = """
import sys
from datetime import timedelta
from pathlib import Path
from gateway.config import load
from gateway.oauth import Keeper, accounts
from gateway.store import open_store
config, url, folder = sys.argv[1:]
store = open_store(url, Path(folder))
for account in accounts(load(Path(config))):
    Keeper(store).renew_ahead(account, timedelta(minutes=10))
store.close()
"""


def test_what_cannot_be_renewed_is_used_to_its_end(known: tuple[Store, Account], stub: TokenStub) -> None:
    store, account = known
    stub.lasts = 200
    Keeper(store).token(account)
    stub.refuse = (503, {"error": "temporarily_unavailable"})
    assert Keeper(store).token(account) == "access-1"
    kept = oauth.kept(store, providers.grant(account))
    assert kept.failed_at is not None
    assert "503" in kept.failure
    assert kept.refresh == "refresh-1"
    stub.refuse = None
    assert Keeper(store).token(account) == "access-2"
    assert oauth.kept(store, providers.grant(account)).failed_at is None


def test_a_fresh_consent_in_the_file_counts_where_the_kept_one_is_over(known: tuple[Store, Account], stub: TokenStub, tmp_path: Path) -> None:  # fmt: skip
    store, account = known
    Keeper(store).token(account)
    stub.refresh = "by hand"
    (tmp_path / "site" / "refresh.secret").write_text("by hand")
    assert Keeper(store).token(account, refused="access-1") == "access-2"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ((400, {"error": "invalid_grant", "error_description": "gone\nTrace ID: 1"}), Permanent),
        ((401, {"error": "invalid_client"}), Permanent),
        ((400, {"error": "invalid_grant", "error_description": "'refresh-0' is gone"}), Permanent),
        ((503, {"error": "no refresh-0"}), Temporary),
        ((500, {}), Temporary),
        ((429, {"error": "slow"}), Temporary),
        ((200, {"token_type": "Bearer"}), Temporary),
    ],
)
def test_refusals(
    known: tuple[Store, Account], stub: TokenStub, answer: tuple[int, Any], kind: type[Exception]
) -> None:
    store, account = known
    stub.refuse = answer
    with pytest.raises(kind) as caught:
        Keeper(store).token(account)
    assert "refresh-0" not in str(caught.value)
    assert "Trace" not in str(caught.value)


def test_nobody_there(known: tuple[Store, Account], stub: TokenStub) -> None:
    store, account = known
    stub.stop()
    with pytest.raises(Temporary, match="cannot be reached"):
        Keeper(store).token(account)
    stub.__init__()  # type: ignore[misc]  # so that the fixture has something to stop
    stub.start()


# ---- the ways to get one -------------------------------------------------------------------------------------------


def test_client_credentials(tmp_path: Path, stub: TokenStub) -> None:
    config = site(tmp_path, stub, refresh="", more='client_secret_file = "client.secret"')
    (config.parent / "client.secret").write_text("s3cret")
    (config.parent / "client.secret").chmod(0o600)
    (account,) = accounts(load(config))
    granted = request.ask(providers.endpoints(account).token, providers.own_right(account, NOW), NOW)
    assert granted.access == "access-1"
    assert stub.forms == [
        {"grant_type": "client_credentials", "scope": "mail", "client_id": "gateway", "client_secret": "s3cret"}
    ]


NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)


def test_a_google_service_account(tmp_path: Path, stub: TokenStub) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    config = site(tmp_path, stub, refresh="", more='client_secret_file = "key.json"')
    named = {
        "type": "service_account",
        "client_email": "gw@p.iam.example",
        "private_key": private,
        "private_key_id": "k1",
    }
    (config.parent / "key.json").write_text(json.dumps(named))
    (config.parent / "key.json").chmod(0o600)
    (account,) = accounts(load(config))
    form = providers.own_right(account, NOW)
    assert form["grant_type"] == providers.JWT_GRANT
    head, claims, signature = form["assertion"].split(".")
    key.public_key().verify(_raw(signature), f"{head}.{claims}".encode(), padding.PKCS1v15(), SHA256())
    assert json.loads(_raw(head)) == {"alg": "RS256", "typ": "JWT", "kid": "k1"}
    assert json.loads(_raw(claims)) == {
        "iss": "gw@p.iam.example", "sub": USER, "scope": "mail", "aud": f"{stub.url}/token",
        "iat": int(NOW.timestamp()), "exp": int(NOW.timestamp()) + 3600,
    }  # fmt: skip


def _raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@pytest.mark.parametrize(
    ("provider", "use", "token", "person", "own"),
    [
        ("microsoft", "imap", "https://login.microsoftonline.com/acme/oauth2/v2.0/token",
         "https://outlook.office365.com/IMAP.AccessAsUser.All offline_access", "https://outlook.office365.com/.default"),
        ("microsoft", "smtp", "https://login.microsoftonline.com/acme/oauth2/v2.0/token",
         "https://outlook.office365.com/SMTP.Send offline_access", "https://outlook.office365.com/.default"),
        ("google", "imap", "https://oauth2.googleapis.com/token", "https://mail.google.com/", "https://mail.google.com/"),
    ],
)  # fmt: skip
def test_the_known_providers(tmp_path: Path, stub: TokenStub, provider: str, use: Any, token: str, person: str, own: str) -> None:  # fmt: skip
    (custom,) = accounts(load(site(tmp_path, stub)))
    oauth_ = custom.oauth.model_copy(update={"provider": provider, "tenant": "acme", "token_url": None, "scope": None})
    account = Account(name="imap:main", user=USER, use=use, oauth=oauth_)
    assert providers.endpoints(account).token == token
    assert providers.scope(account, of_person=True) == person
    assert providers.scope(account, of_person=False) == own


def test_a_person_consents_by_a_code(known: tuple[Store, Account], stub: TokenStub) -> None:
    store, account = known
    stub.pending = 2
    shown: list[Code] = []
    waits: list[float] = []
    granted = consent(account, shown.append, within=30, sleep=waits.append)
    assert shown == [Code(where=f"{stub.url}/activate", user_code="ABCD-EFGH")]
    assert len(waits) == 3
    Keeper(store).keep(account, granted)
    assert Keeper(store).token(account) == granted.access
    with pytest.raises(Temporary, match="nobody consented"):
        consent(account, shown.append, within=0)


def test_gateway_auth_login(tmp_path: Path, stub: TokenStub) -> None:
    config = site(tmp_path, stub, refresh="", more="")
    done = subprocess.run([*PROGRAM, "-c", str(config), "auth", "login", "imap:main"], capture_output=True, text=True, timeout=60, check=False)  # fmt: skip
    assert done.returncode == 0, done
    assert f"Open {stub.url}/activate in a browser" in done.stdout
    assert "type: ABCD-EFGH" in done.stdout
    cfg = load(config)
    store = open_store(cfg.database.url, cfg.gateway.data_dir)
    assert Keeper(store).token(next(iter(accounts(cfg)))) == "access-1"
    store.close()
    other = subprocess.run([*PROGRAM, "-c", str(config), "auth", "login", "delivery"], capture_output=True, text=True, timeout=60, check=False)  # fmt: skip
    assert other.returncode == 66
    assert "those that do: imap:main" in other.stderr


# ---- what is told --------------------------------------------------------------------------------------------------


def test_the_admin_hears_of_the_first_failure_and_before_the_end(known: tuple[Store, Account], stub: TokenStub, tmp_path: Path) -> None:  # fmt: skip
    store, account = known
    config = tmp_path / "site" / "config.toml"
    tomorrow = datetime.now(UTC) + timedelta(days=2)
    text = config.read_text().replace('scope = "mail"', f'scope = "mail"\nclient_secret_ends = {tomorrow:%Y-%m-%d}')
    config.write_text(text)
    cfg = load(config)
    whole = load_site(cfg, store)
    oauth.renewed(
        store,
        providers.grant(account),
        access="a",
        ends=datetime.now(UTC) + timedelta(hours=1),
        refresh="r",
        refresh_ends=tomorrow,
        refresh_set_at=tomorrow - timedelta(days=90),
    )
    for _ in range(2):
        alarms.look(store, whole)
    day = f"{tomorrow:%Y-%m-%d}"
    assert told(store) == {
        "token imap:main": f"the consent of imap:main ends on {day}; gateway auth login imap:main",
        "secret imap:main": f"the client secret of imap:main ends on {day}: make a new one at the provider",
    }
    stub.refuse = (400, {"error": "invalid_grant"})
    with pytest.raises(Permanent):
        Keeper(store).token(account, refused="a")
    assert any("gets no access token" in one.text for one in judged(gathered(store, cfg)))


def told(store: Store) -> dict[str, str]:
    """What the admin was written about tokens: one line of the journal each."""
    with store.main.read() as conn:
        rows = conn.execute(select(tables.event.c.data).where(tables.event.c.kind == "alarm_raised")).scalars().all()
    about = [(row["alarm"], row["text"]) for row in rows if row["alarm"].startswith(("token", "secret"))]
    assert len(about) == len(dict(about))
    return dict(about)


def test_tokens_are_renewed_while_nobody_asks(known: tuple[Store, Account], stub: TokenStub, tmp_path: Path) -> None:
    store, account = known
    whole = load_site(load(tmp_path / "site" / "config.toml"), store)
    renew(store, whole)
    assert stub.forms == [], "nobody used it yet"
    stub.lasts = 500
    Keeper(store).token(account)
    stub.lasts = 3600
    renew(store, whole)
    renew(store, whole)
    assert len(stub.forms) == 2


# ---- the whole way -------------------------------------------------------------------------------------------------


def test_a_mailbox_with_tokens(tmp_path: Path, stub: TokenStub) -> None:
    require("imap")
    server = Dovecot(tokens=stub.url).start()
    try:
        server.fill([mail(subject="By token")], user=USER)
        config = site(tmp_path, stub, port=server.port)
        with Daemon(config) as daemon:
            wait_for(lambda: daemon.ask("tickets"), 30, "the first mail is a ticket")
        stub.good.clear()  # revoked: what the server took a moment ago it takes no more
        server.fill([mail(subject="After the revocation")], user=USER)
        cfg = load(config)
        store = open_store(cfg.database.url, cfg.gateway.data_dir)
        login = Login(cfg.imap[0], Keeper(store))
        with pytest.raises(LoginRefused) as refused:
            ImapSession.connect(cfg.imap[0], Times(), login)
        assert "access-1" not in str(refused.value)
        session = ImapSession.connect(cfg.imap[0], Times(), login)
        assert session.select("INBOX").exists == 1
        session.close()
        store.close()
    finally:
        server.stop()


@pytest.mark.parametrize("fault", ["before_token_commit", "after_token_commit"])
def test_killed_in_the_middle_of_a_renewal(tmp_path: Path, stub: TokenStub, fault: str) -> None:
    """Where a provider takes the refresh token before until the new one is used, nothing is lost."""
    require("imap")
    server = Dovecot(tokens=stub.url).start()
    try:
        server.fill([mail(subject="By token")], user=USER)
        config = site(tmp_path, stub, port=server.port)
        daemon = Daemon(config, env={"GATEWAY_TEST": "1", "GATEWAY_FAULT": f"{fault}:1"}).start(wait=False)
        daemon.wait_dead()
        with Daemon(config) as daemon:
            wait_for(lambda: daemon.ask("tickets"), 60, "the mail is a ticket all the same")
        assert len(stub.forms) == (2 if fault == "before_token_commit" else 1)
    finally:
        server.stop()


@pytest.mark.parametrize("fault", ["before_token_commit", "after_token_commit"])
def test_killed_where_a_refresh_token_is_taken_once(tmp_path: Path, stub: TokenStub, fault: str) -> None:
    """Between the answer and its commit the consent hangs by what nobody has yet; it ends, and the admin is told."""
    stub.once = True
    config = site(tmp_path, stub)
    Daemon(config, env={"GATEWAY_TEST": "1", "GATEWAY_FAULT": f"{fault}:1"}).start(wait=False).wait_dead()
    cfg = load(config)
    store = open_store(cfg.database.url, cfg.gateway.data_dir)
    (account,) = accounts(cfg)
    with Daemon(config) as daemon:
        if fault == "after_token_commit":
            assert Keeper(store).token(account) == "access-1"
        else:
            wait_for(lambda: "a new consent: gateway auth login imap:main" in daemon.command("status", check=False).stdout, 30, "status tells")  # fmt: skip
            Keeper(store).keep(account, consent(account, lambda _: None, within=30, sleep=lambda _: None))
            assert Keeper(store).token(account, refused="access-2") == "access-3", "a new consent is all it takes"
    store.close()


def test_a_way_out_with_tokens(tmp_path: Path, stub: TokenStub) -> None:
    with Sink(tokens=stub.good) as sink:
        config = make_site(tmp_path / "site", delivery=f"smtp://out@127.0.0.1:{sink.port}")
        secret = config.parent / "refresh.secret"
        secret.write_text("refresh-0")
        secret.chmod(0o600)
        own = IMAP[IMAP.index("[imap.oauth]") :].replace("[imap.oauth]", "[delivery.oauth]")
        own = own.format(url=stub.url, more='refresh_token_file = "refresh.secret"')
        config.write_text(config.read_text() + own)
        with Daemon(config) as daemon:
            daemon.send(mail(subject="Hello"))
            wait_for(lambda: sink.received, 30, "the acknowledgement is sent")
            assert parsed(sink.received[0].data)["To"]
            first = len(stub.forms)
            stub.good.clear()
            sink.drop_all()
            daemon.send(mail(subject="Hello again", sender="Bob <bob@example.org>"), sender="bob@example.org")
            count = len(sink.received)
            wait_for(lambda: len(sink.received) > count, 60, "it is sent with a new token")
            assert len(stub.forms) == first + 1
        assert {user for user, _, _ in sink.logins} == {"out"}
