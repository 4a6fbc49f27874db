"""Access tokens are renewed before they end, whether or not anybody needs one just then (T44)."""

from datetime import timedelta

from gateway import log
from gateway.errors import GatewayError
from gateway.oauth import Keeper, accounts
from gateway.site import Site
from gateway.store import Store

RENEW_EVERY = 60  # seconds
_WITHIN = timedelta(minutes=10)  # of its end


def renew(store: Store, site: Site) -> None:
    """One turn of the clock. What fails stays with the token, where `health` finds it."""
    keeper = Keeper(store)
    for account in accounts(site.cfg):
        try:
            keeper.renew_ahead(account, _WITHIN)
        except GatewayError as error:
            log.token_failed(account.name, str(error))
