"""A person's consent, given in any browser by a short code (RFC 8628)."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from gateway.errors import Permanent, Temporary
from gateway.now import now
from gateway.oauth import providers, request
from gateway.oauth.accounts import Account
from gateway.oauth.request import Granted, Pending

_EVERY = 5.0  # seconds between two questions, where the provider does not say
_SLOWER = 5.0  # more, each time it asks for that


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """What a person needs: the place to go to and the words to type there."""

    where: str
    user_code: str


def consent(
    account: Account, show: Callable[[Code], None], *, within: float, sleep: Callable[[float], None] = time.sleep
) -> Granted:
    """Ask for a code, `show` it, and wait for the consent.

    Raises Temporary where nobody consented within so many seconds, Permanent where the provider refuses.
    """
    places = providers.endpoints(account)
    if not places.device:
        what = "nobody gives out device codes: write device_url, or put a refresh token into refresh_token_file"
        raise Permanent(f"{account.name}: {what}")
    answer = request.post(places.device, providers.device_request(account))
    code, user_code = answer.get("device_code"), answer.get("user_code")
    where = answer.get("verification_uri") or answer.get("verification_url")
    if not all(isinstance(one, str) and one for one in (code, user_code, where)):
        raise Temporary("the provider gave no device code")
    show(Code(where=str(where), user_code=str(user_code)))
    every = float(answer["interval"]) if isinstance(answer.get("interval"), int | float) else _EVERY
    until = time.monotonic() + within
    while time.monotonic() < until:
        sleep(every)
        try:
            return request.ask(places.token, providers.device_poll(account, str(code)), now())
        except Pending as waits:
            every += _SLOWER if waits.slow_down else 0
    raise Temporary("nobody consented in time")
