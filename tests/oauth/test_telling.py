"""What is told of tokens: since when there is none and what mends it, and of a consent that is about to end."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from gateway.config import load
from gateway.errors import GatewayError
from gateway.health.state import gathered, judged
from gateway.oauth import Account, Keeper, accounts
from gateway.oauth.device import consent
from gateway.renewing import renew
from gateway.site import load_site
from gateway.store import Store, tables
from support.token_stub import TokenStub

CONSENT = "a new consent: gateway auth login imap:main"
Known = tuple[Store, Account]
Told = Callable[[], list[str]]


@pytest.fixture
def told(known: Known, tmp_path: Path) -> Told:
    """What stands in `status` about the account."""
    cfg = load(tmp_path / "site" / "config.toml")
    return lambda: [one.text for one in judged(gathered(known[0], cfg)) if one.key == "token imap:main"]


def refused(known: Known) -> None:
    store, account = known
    with pytest.raises(GatewayError):
        Keeper(store).token(account)


def consented(known: Known) -> None:
    store, account = known
    Keeper(store).keep(account, consent(account, lambda _: None, within=30, sleep=lambda _: None))


def later(store: Store, **ago: int) -> None:
    """As if so much time had passed since."""
    columns = ("ends", "refresh_ends", "refresh_set_at", "failed_at")
    with store.main.write() as conn:
        row = conn.execute(tables.oauth_token.select()).one()
        moved = {name: at - timedelta(**ago) for name in columns if (at := getattr(row, name)) is not None}
        conn.execute(update(tables.oauth_token).values(**moved))


# ---- a failure -----------------------------------------------------------------------------------------------------


def test_since_the_first_failure_in_a_row(known: Known, stub: TokenStub, told: Told) -> None:
    store, _ = known
    stub.refuse = (503, {"error": "temporarily_unavailable"})
    refused(known)
    later(store, hours=3)
    refused(known)
    (text,) = told()
    assert "gets no access token since 3 h" in text
    stub.refuse = None
    Keeper(store).token(known[1])
    assert told() == []
    stub.refuse = (503, {"error": "temporarily_unavailable"})
    with pytest.raises(GatewayError):
        Keeper(store).token(known[1], refused="access-1")
    assert "since 3 h" not in told()[0]


@pytest.mark.parametrize(
    ("answer", "remedy"),
    [
        ((400, {"error": "invalid_grant"}), CONSENT),
        ((400, {"error": "interaction_required"}), CONSENT),
        ((401, {"error": "invalid_client"}), "see client_id and client_secret_file; a secret that ended is made anew at the provider"),
        ((400, {"error": "unauthorized_client"}), "see client_id, and what the application may do at the provider"),
        ((400, {"error": "invalid_scope"}), "see scope"),
        ((400, {"error": "invalid_request"}), "see its [oauth] table, and the application at the provider"),
        ((503, {"error": "temporarily_unavailable"}), ""),
    ],
)  # fmt: skip
def test_what_mends_it(known: Known, stub: TokenStub, told: Told, answer: tuple[int, Any], remedy: str) -> None:
    stub.refuse = answer
    refused(known)
    (text,) = told()
    assert text.partition("; ")[2] == remedy


def test_a_refused_application_needs_no_consent(known: Known, stub: TokenStub, tmp_path: Path) -> None:
    config = tmp_path / "site" / "config.toml"
    config.write_text(config.read_text().replace("refresh_token_file", "client_secret_file"))
    (account,) = accounts(load(config))
    stub.refuse = (400, {"error": "invalid_grant", "error_description": "account not found"})
    with pytest.raises(GatewayError, match=r"not found; see its \[oauth\] table"):
        Keeper(known[0]).token(account)


def test_a_consent_that_no_code_can_give(known: Known, stub: TokenStub, tmp_path: Path) -> None:
    config = tmp_path / "site" / "config.toml"
    config.write_text(config.read_text().replace("device_url", "# device_url"))
    (account,) = accounts(load(config))
    stub.refuse = (400, {"error": "invalid_grant"})
    with pytest.raises(GatewayError, match="a new consent: put a new refresh token into refresh_token_file"):
        Keeper(known[0]).token(account)


# ---- a consent that ends -------------------------------------------------------------------------------------------


def test_a_short_consent_is_told_of_in_its_last_part(known: Known, told: Told) -> None:
    """Five days are less than the week ahead that a long one is told of."""
    consented(known)
    assert told() == []
    later(known[0], days=3)
    assert told() == []
    later(known[0], days=1)
    (text,) = told()
    assert f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d}; gateway auth login imap:main" in text


def test_a_long_consent_is_told_of_a_week_ahead(known: Known, stub: TokenStub, told: Told) -> None:
    stub.refresh_lasts = 90 * 86_400
    consented(known)
    later(known[0], days=82)
    assert told() == []
    later(known[0], days=2)
    assert len(told()) == 1


def test_an_end_that_every_renewal_moves_is_none(known: Known, stub: TokenStub, told: Told, tmp_path: Path) -> None:
    store, _ = known
    whole = load_site(load(tmp_path / "site" / "config.toml"), store)
    stub.lasts, stub.refresh_lasts = 300, 1800
    consented(known)
    later(store, minutes=10)
    renew(store, whole)
    later(store, minutes=25)
    assert told() == []
    renew(store, whole)
    later(store, minutes=10)
    stub.refresh_lasts = 1200  # the session behind it is bounded: from now on the end stays
    renew(store, whole)
    assert told() == []
    later(store, minutes=16)
    assert len(told()) == 1


def test_a_refresh_token_that_ends_before_its_token_is_renewed_in_time(known: Known, stub: TokenStub, tmp_path: Path) -> None:  # fmt: skip
    store, _ = known
    whole = load_site(load(tmp_path / "site" / "config.toml"), store)
    stub.lasts, stub.refresh_lasts = 3600, 1800
    consented(known)
    stub.forms.clear()
    later(store, minutes=15)
    renew(store, whole)
    assert stub.forms == []
    later(store, minutes=6)
    renew(store, whole)
    assert [form["grant_type"] for form in stub.forms] == ["refresh_token"]
