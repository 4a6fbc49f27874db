"""The tokens of a site: at hand, or renewed by whichever node comes first while the others wait for it."""

import time
from collections.abc import Iterable
from datetime import datetime, timedelta

from gateway import log
from gateway.errors import GatewayError, Permanent, Temporary
from gateway.faults import hit
from gateway.now import now
from gateway.oauth import providers, request
from gateway.oauth.accounts import Account
from gateway.oauth.request import Granted, Refused
from gateway.store import Store, oauth
from gateway.store.oauth import Kept

AHEAD = timedelta(minutes=5)  # so long before its end a token is renewed (T44)
_WAIT = 30.0  # seconds for another node's renewal
_LOOK_EVERY = 0.1
_MOVES = timedelta(seconds=30)  # less is the rounding of a provider that names the same end again


class Keeper:
    """Gives out tokens. Any thread and any process of any node may ask."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def begin(self, accounts: Iterable[Account]) -> None:
        """At the start of a node: what it was renewing is anybody's, what the settings no longer name is forgotten."""
        oauth.free_node(self._store, self._store.node)
        for account in accounts:
            if oauth.forget(self._store, account.name, but=providers.grant(account).granted_for):
                log.tokens_forgotten(account.name)

    def token(self, account: Account, *, refused: str = "") -> str:
        """A token that is good for some minutes at least. `refused`: one that the server did not take.

        Raises Temporary, and Permanent where an admin has to act.
        """
        grant, until = providers.grant(account), time.monotonic() + _WAIT
        while True:
            known, at = oauth.kept(self._store, grant), now()
            if known.access and known.access != refused and known.ends and known.ends - at > AHEAD:
                return known.access
            if oauth.claim(self._store, grant, known=known.access):
                return self._renewed(account, known, refused, at)
            if time.monotonic() > until:
                raise Temporary(f"{account.name}: another node has been renewing its token for too long")
            time.sleep(_LOOK_EVERY)

    def renew_ahead(self, account: Account, within: timedelta) -> None:
        """Renew a token that is in use where it, or what it is renewed by, ends within that time. Raises as `token`."""
        grant = providers.grant(account)
        known, at = oauth.kept(self._store, grant), now()
        if known.access and _is_due(known, at, within) and oauth.claim(self._store, grant, known=known.access):
            self._renewed(account, known, "", at)

    def keep(self, account: Account, granted: Granted) -> None:
        """Tokens that a person has just consented to."""
        self._keep(account, granted, Kept(), granted.refresh, now())

    def forget(self, name: str) -> bool:
        """Drop the tokens of an account, whatever they were granted for; whether there were any."""
        return oauth.forget(self._store, name)

    def _renewed(self, account: Account, known: Kept, refused: str, at: datetime) -> str:
        grant = providers.grant(account)
        try:
            granted, given_with = self._ask(account, known, at)
        except GatewayError as error:
            oauth.failed(self._store, grant, str(error), at)
            if known.access and known.access != refused and known.ends and known.ends > at:
                return known.access  # it is good for a little while
            raise
        except BaseException:
            oauth.failed(self._store, grant, "it was interrupted", at)
            raise
        hit("before_token_commit")
        # Some providers give a new refresh token each time, some never.
        self._keep(
            account, granted, known if given_with == known.refresh else Kept(), granted.refresh or given_with, at
        )
        hit("after_token_commit")
        return granted.access

    def _keep(self, account: Account, granted: Granted, before: Kept, refresh: str, at: datetime) -> None:
        """`before`: what is known of the consent that these tokens go on with."""
        refresh_ends, refresh_set_at = _end(granted.refresh_ends, before, at)
        oauth.renewed(
            self._store,
            providers.grant(account),
            access=granted.access,
            ends=granted.ends,
            refresh=refresh,
            refresh_ends=refresh_ends,
            refresh_set_at=refresh_set_at,
        )

    def _ask(self, account: Account, known: Kept, at: datetime) -> tuple[Granted, str]:
        """What the provider gives, and the refresh token it was asked with."""
        given = account.oauth.refresh_token_file
        of_config = given.read() if given is not None else ""
        problem: Permanent | None = None
        for refresh in dict.fromkeys(one for one in (known.refresh, of_config) if one):
            # The kept one is newer, unless an admin put a fresh consent into the file because it is not good any more.
            try:
                return _asked(account, providers.renewal(account, refresh), at), refresh
            except Permanent as error:
                problem = error
        if problem is not None:
            raise problem
        return _asked(account, providers.own_right(account, at), at), ""


def _asked(account: Account, form: providers.Form, at: datetime) -> Granted:
    """A refusal is told with its remedy."""
    try:
        return request.ask(providers.endpoints(account).token, form, at)
    except Refused as refused:
        raise Permanent(f"{refused}; {providers.remedy(account, form, refused.error)}") from None


def _is_due(known: Kept, at: datetime, within: timedelta) -> bool:
    token_ends = known.ends is not None and known.ends - at <= within
    # Some refresh tokens end sooner than the tokens they are for.
    consent_ends = known.refresh_ends is not None and timedelta() < known.refresh_ends - at <= within
    return token_ends or consent_ends


def _end(told: datetime | None, before: Kept, at: datetime) -> tuple[datetime | None, datetime | None]:
    """When the consent ends, as far as anybody told, and when that was set; None where each renewal moves it."""
    ends = told or before.refresh_ends
    if ends is None or before.refresh_ends is None:
        return ends, at if ends else None
    if abs(ends - before.refresh_ends) > _MOVES:
        return ends, None
    return before.refresh_ends, before.refresh_set_at or at
