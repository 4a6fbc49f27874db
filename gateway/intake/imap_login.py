"""How we log in to a mailbox: by a password, or by an access token (XOAUTH2, OAUTHBEARER of RFC 7628)."""

import re

from imapclient.exceptions import LoginError

from gateway.config import Imap
from gateway.errors import Permanent
from gateway.intake.imap_wire import Client
from gateway.oauth import Account, Keeper


class LoginRefused(Permanent):
    """The server does not let us in."""


class Login:
    """Of one mailbox. `tokens` gives out tokens where the account uses them; a token once refused is not used again."""

    def __init__(self, account: Imap, tokens: Keeper | None = None) -> None:
        self._account = account
        self._tokens = tokens
        self._refused = ""

    def secret(self) -> str:
        """The password or a token, before the connection stands: it may take a while. Raises Temporary, Permanent."""
        own = self._account
        if own.oauth is None:
            if own.password_file is None:
                raise Permanent(f"imap.{own.name}: there is no password_file")
            return own.password()
        if self._tokens is None:
            raise Permanent(f"imap.{own.name}: nobody gives out tokens here")
        account = Account(name=f"imap:{own.name}", user=own.user, use="imap", oauth=own.oauth)
        return self._tokens.token(account, refused=self._refused)

    def log_in(self, client: Client, secret: str) -> None:
        """Raises LoginRefused, and imapclient's errors."""
        if self._account.oauth is None:
            _by_password(client, self._account.user, secret)
            return
        try:
            _by_token(client, self._account.user, secret)
        except LoginError:
            self._refused = secret
            raise


def _by_password(client: Client, user: str, password: str) -> None:
    if client.has_capability("AUTH=PLAIN"):
        client.plain_login(user, password)
    elif client.has_capability("LOGINDISABLED"):
        raise LoginRefused("the server accepts no password over this connection")
    else:
        # imaplib quotes the password, but not the user.
        special = re.search(r"[^\w.@+=-]", user, re.ASCII)
        client.login('"{}"'.format(re.sub(r'(["\\])', r"\\\1", user)) if special else user, password)


def _by_token(client: Client, user: str, token: str) -> None:
    if client.has_capability("AUTH=XOAUTH2"):
        client.oauth2_login(user, token)
    elif client.has_capability("AUTH=OAUTHBEARER"):
        client.oauthbearer_login(user, token)
    else:
        raise LoginRefused("the server takes no access tokens: it offers neither XOAUTH2 nor OAUTHBEARER")
