"""The tokens of a site: at hand, or renewed by whichever node comes first while the others wait for it."""

import time
from datetime import datetime, timedelta

from gateway.errors import GatewayError, Permanent, Temporary
from gateway.faults import hit
from gateway.now import now
from gateway.oauth import providers, request
from gateway.oauth.accounts import Account
from gateway.oauth.request import Granted
from gateway.store import Store, oauth
from gateway.store.oauth import Kept

AHEAD = timedelta(minutes=5)  # so long before its end a token is renewed (T44)
_WAIT = 30.0  # seconds for another node's renewal
_LOOK_EVERY = 0.1


class Keeper:
    """Gives out tokens. Any thread and any process of any node may ask."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def token(self, account: Account, *, refused: str = "") -> str:
        """A token that is good for some minutes at least. `refused`: one that the server did not take.

        Raises Temporary, and Permanent where an admin has to act.
        """
        until = time.monotonic() + _WAIT
        while True:
            known, at = oauth.kept(self._store, account.name), now()
            if known.access and known.access != refused and known.ends and known.ends - at > AHEAD:
                return known.access
            if oauth.claim(self._store, account.name, at, known=known.access):
                return self._renewed(account, known, refused, at)
            if time.monotonic() > until:
                raise Temporary(f"{account.name}: another node has been renewing its token for too long")
            time.sleep(_LOOK_EVERY)

    def renew_ahead(self, account: Account, within: timedelta) -> None:
        """Renew a token that is in use and ends within that time. Raises as `token`."""
        known, at = oauth.kept(self._store, account.name), now()
        if (
            known.access
            and known.ends
            and known.ends - at <= within
            and oauth.claim(self._store, account.name, at, known=known.access)
        ):
            self._renewed(account, known, "", at)

    def keep(self, account: Account, granted: Granted) -> None:
        """Tokens that a person has just consented to."""
        oauth.renewed(
            self._store,
            account.name,
            access=granted.access, ends=granted.ends, refresh=granted.refresh, refresh_ends=granted.refresh_ends,
        )  # fmt: skip

    def _renewed(self, account: Account, known: Kept, refused: str, at: datetime) -> str:
        try:
            granted, given_with = self._ask(account, known, at)
        except GatewayError as error:
            oauth.failed(self._store, account.name, str(error), at)
            if known.access and known.access != refused and known.ends and known.ends > at:
                return known.access  # it is good for a little while
            raise
        except BaseException:
            oauth.failed(self._store, account.name, "it was interrupted", at)
            raise
        hit("before_token_commit")
        oauth.renewed(
            self._store,
            account.name,
            access=granted.access,
            ends=granted.ends,
            refresh=granted.refresh or given_with,  # some providers give a new one each time, some never
            refresh_ends=granted.refresh_ends or (known.refresh_ends if given_with == known.refresh else None),
        )
        hit("after_token_commit")
        return granted.access

    def _ask(self, account: Account, known: Kept, at: datetime) -> tuple[Granted, str]:
        """What the provider gives, and the refresh token it was asked with."""
        url = providers.endpoints(account).token
        given = account.oauth.refresh_token_file
        of_config = given.read() if given is not None else ""
        problem: Permanent | None = None
        for refresh in dict.fromkeys(one for one in (known.refresh, of_config) if one):
            # The kept one is newer, unless an admin put a fresh consent into the file because it is not good any more.
            try:
                return request.ask(url, providers.renewal(account, refresh), at), refresh
            except Permanent as error:
                problem = error
        if problem is not None:
            raise problem
        return request.ask(url, providers.own_right(account, at), at), ""
