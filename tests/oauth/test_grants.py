"""A token counts for what it was granted for; when the settings name something else, it is not used and not sent."""

import subprocess
from pathlib import Path

import pytest

from gateway.config import load
from gateway.errors import Permanent
from gateway.oauth import Account, Keeper, accounts
from gateway.oauth.device import consent
from gateway.store import Store
from support.daemon import PROGRAM, Daemon
from support.token_site import site
from support.token_stub import TokenStub, token_stub
from support.wait import wait_for

SECRET = 'client_secret_file = "client.secret"'


@pytest.fixture
def config(known: tuple[Store, Account], tmp_path: Path, stub: TokenStub) -> Path:
    """A mailbox that nobody has consented to yet, and a secret that nothing names."""
    path = site(tmp_path, stub, refresh="")
    for name in ("client.secret", "refresh.secret"):
        (path.parent / name).write_text("refresh-0")
        (path.parent / name).chmod(0o600)
    return path


def changed(config: Path, old: str, new: str) -> Account:
    text = config.read_text()
    assert old in text
    config.write_text(text.replace(old, new))
    return next(iter(accounts(load(config))))


def consented(store: Store, account: Account) -> Keeper:
    keeper = Keeper(store)
    keeper.keep(account, consent(account, lambda _: None, within=30, sleep=lambda _: None))
    return keeper


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('user = "support@acme.example"', 'user = "billing@acme.example"'),
        ('client_id = "gateway"', 'client_id = "another"'),
        ('scope = "mail"', 'scope = "other mail"'),
        ("/token", "/another/token"),
    ],
)
def test_what_was_granted_for_something_else_is_not_used(
    config: Path, known: tuple[Store, Account], stub: TokenStub, old: str, new: str
) -> None:
    store, _ = known
    before = next(iter(accounts(load(config))))
    keeper = consented(store, before)
    assert keeper.token(before) == "access-1"
    stub.forms.clear()
    after = changed(config, old, new)
    with pytest.raises(Permanent, match="gateway auth login imap:main"):
        keeper.token(after)
    assert stub.forms == [], "neither a token nor a refresh token of before left"
    assert consented(store, after).token(after) == "access-2"


def test_no_other_provider_sees_the_refresh_token(config: Path, known: tuple[Store, Account], stub: TokenStub) -> None:
    store, _ = known
    keeper = consented(store, next(iter(accounts(load(config)))))
    with token_stub() as other:
        after = changed(config, f'device_url = "{stub.url}', f'{SECRET}\ndevice_url = "{other.url}')
        after = changed(config, f'token_url = "{stub.url}', f'token_url = "{other.url}')
        assert keeper.token(after) == "access-1"
        assert [form["grant_type"] for form in other.forms] == ["client_credentials"]


def test_from_a_persons_consent_to_the_applications_own_right(
    config: Path, known: tuple[Store, Account], stub: TokenStub
) -> None:
    store, _ = known
    keeper = consented(store, next(iter(accounts(load(config)))))
    application = changed(config, 'scope = "mail"', f'scope = "mail"\n{SECRET}')
    assert keeper.token(application) == "access-2"
    assert keeper.token(application, refused="access-2") == "access-3"
    assert [form["grant_type"] for form in stub.forms[1:]] == ["client_credentials"] * 2
    keeper.begin([application])
    person = changed(config, SECRET, f'{SECRET}\nrefresh_token_file = "refresh.secret"')
    assert keeper.token(person) == "access-4"
    assert stub.forms[-1]["refresh_token"] == "refresh-0"


def test_a_refresh_token_file_may_go_once_its_token_is_kept(
    config: Path, known: tuple[Store, Account], stub: TokenStub
) -> None:
    store, account = known
    Keeper(store).token(account)
    (without,) = accounts(load(config))
    assert Keeper(store).token(without, refused="access-1") == "access-2"
    assert stub.forms[-1]["refresh_token"] == "refresh-1"


def test_a_consent_for_new_settings_outlives_the_daemon_with_the_old_ones(
    config: Path, known: tuple[Store, Account], stub: TokenStub
) -> None:
    """The settings are changed, a person consents, the daemon still runs by the old ones and renews, then restarts."""
    store, _ = known
    application = changed(config, 'scope = "mail"', f'scope = "mail"\n{SECRET}')
    keeper = Keeper(store)
    keeper.token(application)
    person = changed(config, SECRET, "")
    consented(store, person)
    assert keeper.token(application, refused="access-1") == "access-3"
    assert keeper.token(person) == "access-2"


def test_the_start_forgets_what_the_settings_no_longer_name(
    config: Path, known: tuple[Store, Account], stub: TokenStub
) -> None:
    store, _ = known
    before = next(iter(accounts(load(config))))
    keeper = consented(store, before)
    application = changed(config, 'scope = "mail"', f'scope = "mail"\n{SECRET}')
    keeper.begin([application])
    with pytest.raises(Permanent, match="gateway auth login imap:main"):
        keeper.token(before)
    keeper.token(application)
    keeper.begin([application])
    assert keeper.token(application) == "access-2", "what they name is kept"


def test_gateway_auth_logout(config: Path, known: tuple[Store, Account], stub: TokenStub) -> None:
    store, _ = known
    account = changed(config, 'scope = "mail"', f'scope = "mail"\n{SECRET}')
    keeper = consented(store, account)
    done = logout(config, "imap:main")
    assert (done.returncode, done.stderr) == (0, "")
    assert "imap:main" in done.stdout
    assert logout(config, "imap:main").returncode == 66, "nothing is kept any more"
    assert keeper.token(account) == "access-2"
    assert stub.forms[-1]["grant_type"] == "client_credentials", "the consent was in its way"


def logout(config: Path, name: str) -> subprocess.CompletedProcess[str]:
    command = [*PROGRAM, "-c", str(config), "auth", "logout", name]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_the_daemon_goes_over_to_application_credentials(
    config: Path, known: tuple[Store, Account], stub: TokenStub
) -> None:
    store, _ = known
    account = next(iter(accounts(load(config))))
    consented(store, account)
    changed(config, 'scope = "mail"', f'scope = "mail"\n{SECRET}')
    with Daemon(config) as daemon:
        wait_for(lambda: len(stub.forms) > 1, 30, "it asks for a token")
        assert stub.forms[1]["grant_type"] == "client_credentials"
        told = [line for line in daemon.lines if line["event"] == "tokens_forgotten"]
        assert [line["account"] for line in told] == ["imap:main"]
