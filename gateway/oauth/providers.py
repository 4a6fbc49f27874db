"""Where each provider gives out tokens, what a request for one says, and what mends a refusal. Pure.

Microsoft: client credentials for a mailbox that an admin opened to the application, or a person's consent. Google: a
service account that may act for the domain's users, or a person's consent.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.errors import Permanent
from gateway.oauth.accounts import Account
from gateway.oauth.rs256 import sign
from gateway.store.oauth import Grant

_MICROSOFT = "https://login.microsoftonline.com/{tenant}/oauth2/v2.0"
_OUTLOOK = "https://outlook.office365.com"
_GOOGLE = "https://oauth2.googleapis.com"
_GMAIL = "https://mail.google.com/"
_MICROSOFT_SCOPES = {"imap": f"{_OUTLOOK}/IMAP.AccessAsUser.All", "smtp": f"{_OUTLOOK}/SMTP.Send"}
_JWT_LIFE = timedelta(hours=1)
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_REFRESH_GRANT = "refresh_token"
_CONSENT_IS_OVER = frozenset({"invalid_grant", "interaction_required", "login_required", "consent_required"})
_REMEDIES = {
    "invalid_client": "see client_id and client_secret_file; a secret that ended is made anew at the provider",
    "unauthorized_client": "see client_id, and what the application may do at the provider",
    "invalid_scope": "see scope",
}
_SETTINGS = "see its [oauth] table, and the application at the provider"

Form = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """`device` is `""` where no device codes are given out."""

    token: str
    device: str = ""


def endpoints(account: Account) -> Endpoints:
    own = account.oauth
    match own.provider:
        case "microsoft":
            base = _MICROSOFT.format(tenant=own.tenant)
            found = Endpoints(token=f"{base}/token", device=f"{base}/devicecode")
        case "google":
            found = Endpoints(token=f"{_GOOGLE}/token")  # it gives no device codes for mail
        case _:
            found = Endpoints(token="")
    return Endpoints(token=own.token_url or found.token, device=own.device_url or found.device)


def scope(account: Account, *, of_person: bool) -> str:
    """What is asked for: the application's own rights, or those that a person consents to."""
    own = account.oauth
    if own.scope:
        return own.scope
    if own.provider == "google":
        return _GMAIL
    return f"{_MICROSOFT_SCOPES[account.use]} offline_access" if of_person else f"{_OUTLOOK}/.default"


def grant(account: Account) -> Grant:
    """What tokens got by these settings are good for. Tokens of another grant are neither used nor sent anywhere."""
    own = account.oauth
    # A secret alone is the application's own right; a person's consent to something else does not stand in its way.
    of_person = own.client_secret_file is None or own.refresh_token_file is not None
    facts = {
        "user": account.user,
        "client_id": own.client_id,
        "token_url": endpoints(account).token,
        "scope": scope(account, of_person=of_person),
        "of": "a person" if of_person else "the application",
    }
    return Grant(account.name, json.dumps(facts))


def to_consent(account: Account) -> str:
    """What a person does to consent."""
    if endpoints(account).device:
        return f"gateway auth login {account.name}"
    return "put a new refresh token into refresh_token_file"


def remedy(account: Account, form: Form, error: str) -> str:
    """What an admin does about the answer `error` to this request."""
    if error in _CONSENT_IS_OVER and form["grant_type"] == _REFRESH_GRANT:
        return f"a new consent: {to_consent(account)}"
    return _REMEDIES.get(error, _SETTINGS)


def renewal(account: Account, refresh_token: str) -> Form:
    """A new token for a person's consent (RFC 6749 section 6)."""
    return {
        "grant_type": _REFRESH_GRANT,
        "refresh_token": refresh_token,
        "scope": scope(account, of_person=True),
        **_client(account),
    }


def own_right(account: Account, at: datetime) -> Form:
    """A token that the application has a right to: client credentials, or a Google service account's assertion.

    Permanent where there is neither.
    """
    secret = account.oauth.client_secret_file
    if secret is None:
        raise Permanent(f"{account.name}: no consent is kept for its settings as they are; {to_consent(account)}")
    text = secret.read()
    if text.lstrip().startswith("{"):
        return {"grant_type": JWT_GRANT, "assertion": _assertion(account, text, at)}
    return {"grant_type": "client_credentials", "scope": scope(account, of_person=False), **_client(account)}


def device_request(account: Account) -> Form:
    """Begin a device login (RFC 8628 section 3.1)."""
    return {"client_id": account.oauth.client_id, "scope": scope(account, of_person=True)}


def device_poll(account: Account, device_code: str) -> Form:
    """Ask whether the person has consented (RFC 8628 section 3.4)."""
    return {"grant_type": DEVICE_GRANT, "device_code": device_code, **_client(account)}


def _client(account: Account) -> Form:
    own = account.oauth
    found = {"client_id": own.client_id}
    if own.client_secret_file is not None:
        found["client_secret"] = own.client_secret_file.read()
    return found


def _assertion(account: Account, text: str, at: datetime) -> str:
    """The signed claim of a service account to act for the mailbox's user (RFC 7523)."""
    try:
        key = json.loads(text)
        issuer, private = key["client_email"], key["private_key"]
    except (ValueError, KeyError, TypeError):
        raise Permanent(f"{account.name}: client_secret_file is no key of a service account") from None
    claims = {
        "iss": issuer,
        "sub": account.user,
        "scope": scope(account, of_person=False),
        "aud": endpoints(account).token,
        "iat": int(at.timestamp()),
        "exp": int((at + _JWT_LIFE).timestamp()),
    }
    header = {"alg": "RS256", "typ": "JWT", "kid": str(key.get("private_key_id", ""))}
    signed = ".".join(_base64(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
    return f"{signed}.{_base64(sign(signed.encode(), private.encode()))}"


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
