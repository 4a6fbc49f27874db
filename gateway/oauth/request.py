"""One request to a token endpoint, and what its answer means."""

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from gateway.errors import Permanent, Temporary
from gateway.secrecy import Secret

_TIMEOUT = 20.0  # seconds
_MOST = 1 << 20  # bytes of an answer
_USUAL = 3600  # seconds a token is good for where the answer does not say
# Errors that asking again will not mend (RFC 6749 section 5.2, RFC 8628 section 3.5, OpenID Connect section 3.1.2.6).
_FINAL = frozenset(
    "invalid_request invalid_client invalid_grant unauthorized_client unsupported_grant_type invalid_scope "
    "access_denied expired_token interaction_required login_required consent_required".split()
)

_SECRETS = ("client_secret", "refresh_token", "assertion", "device_code")


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """A token as it was given; `refresh` is `""` where the old one stays good, `refresh_ends` None where unknown."""

    access: str
    ends: datetime
    refresh: str = ""
    refresh_ends: datetime | None = None


class Refused(Permanent):
    """The provider gives no token until somebody acts; `error` is its word for why."""

    def __init__(self, text: str, *, error: str) -> None:
        super().__init__(text)
        self.error = error


class Pending(Temporary):
    """The person has not consented yet; `slow_down`: ask less often."""

    def __init__(self, text: str, *, slow_down: bool) -> None:
        super().__init__(text)
        self.slow_down = slow_down


def ask(url: str, form: Mapping[str, str], at: datetime) -> Granted:
    """A token. Raises Temporary or Refused, Pending for a device that waits; no secret stands in their texts."""
    answer = post(url, form)
    access = answer.get("access_token")
    if not isinstance(access, str) or not access:
        raise Temporary(f"{_host(url)} answered without a token")
    return Granted(
        access=access,
        ends=at + timedelta(seconds=_seconds(answer.get("expires_in"), _USUAL)),
        refresh=answer["refresh_token"] if isinstance(answer.get("refresh_token"), str) else "",
        refresh_ends=_ends(answer, at),
    )


def post(url: str, form: Mapping[str, str]) -> Mapping[str, Any]:
    """The JSON object that the endpoint answers with. Raises as `ask`."""
    request = urllib.request.Request(
        url, data=urllib.parse.urlencode(form).encode(), headers={"Accept": "application/json"}
    )
    try:
        with _OPENER.open(request, timeout=_TIMEOUT) as response:
            return _object(response.read(_MOST), url)
    except urllib.error.HTTPError as error:
        with error:
            raise _problem(error.code, error.read(_MOST), url, form) from None
    except OSError as error:
        reason = getattr(error, "reason", error)
        raise Temporary(f"{_host(url)} cannot be reached: {reason}") from None


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A form with a secret goes where it was meant to go, or nowhere."""

    def redirect_request(self, *_: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirects)


def _problem(code: int, body: bytes, url: str, form: Mapping[str, str]) -> Temporary | Refused:
    try:
        answer = _object(body, url)
    except Temporary:
        answer = {}
    error = _without_secrets(str(answer.get("error", ""))[:200], form)[:60]
    if error in ("authorization_pending", "slow_down"):
        return Pending("nobody has consented yet", slow_down=error == "slow_down")
    # Providers' own sentence: its first line has the name of what is wrong.
    told = str(answer.get("error_description", "")).partition("\n")[0].strip().rstrip(".")
    told = _without_secrets(told[:1000], form)[:300]
    text = f"{_host(url)} refuses a token: {code} {error}{f': {told}' if told else ''}"
    return Refused(text, error=error) if error in _FINAL else Temporary(text)


def _without_secrets(said: str, form: Mapping[str, str]) -> str:
    """Without what the form had of ours that nobody else may know."""
    for name in _SECRETS:
        said = Secret(form.get(name, "")).out_of(said)
    return said


def _object(body: bytes, url: str) -> Mapping[str, Any]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise Temporary(f"{_host(url)} answered what is no JSON object")
    return answer


def _ends(answer: Mapping[str, Any], at: datetime) -> datetime | None:
    for name in ("refresh_token_expires_in", "refresh_expires_in"):
        if name in answer and (seconds := _seconds(answer[name], 0)):
            return at + timedelta(seconds=seconds)
    return None


def _seconds(value: object, usual: int) -> int:
    try:
        return max(0, min(int(str(value)), 10**9))
    except ValueError:
        return usual


def _host(url: str) -> str:
    return urllib.parse.urlsplit(url).netloc
