"""`gateway auth login` and `logout`: a person consents that the gateway reads or sends mail, by a code, or no more."""

from datetime import timedelta

from gateway.cli import output
from gateway.cli.main import EX_NOINPUT, Session
from gateway.cli.opening import opened
from gateway.oauth import Keeper, accounts
from gateway.oauth.device import Code, consent


def login(session: Session, name: str, within: timedelta) -> int:
    """The exit code. Raises Temporary where nobody consented in time, Permanent where the provider refuses."""
    with opened(session) as (cfg, store):
        known = {one.name: one for one in accounts(cfg)}
        account = known.get(name)
        if account is None:
            there = f"those that do: {', '.join(known)}" if known else "none does"
            output.warn(f'gateway auth login: "{name}" uses no [oauth] table; {there}')
            return EX_NOINPUT
        granted = consent(account, _show, within=within.total_seconds())
        if not granted.refresh:
            output.warn("the provider gave no refresh token: this consent ends with its first access token")
        Keeper(store).keep(account, granted)
    output.say(f"{name}: consent is kept; it counts at once")
    return 0


def logout(session: Session, name: str) -> int:
    """The exit code."""
    with opened(session) as (_, store):
        if not Keeper(store).forget(name):
            output.warn(f'gateway auth logout: no tokens of "{name}" are kept')
            return EX_NOINPUT
    output.say(f"{name}: its tokens are forgotten; from now on its [oauth] table counts alone")
    return 0


def _show(code: Code) -> None:
    output.say(f"Open {code.where} in a browser, as the user whose mailbox it is, and type: {code.user_code}")
