"""Access and refresh tokens: one row an account, and a claim so that one node renews for all."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, or_, select, update

from gateway.store import tables
from gateway.store.engine import Store
from gateway.store.fast import insert_new

_token = tables.oauth_token
CLAIM = timedelta(seconds=60)  # longer than a request may take


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is known of an account's tokens; `""` and None: nothing yet. `failure`: why the last renewal failed."""

    access: str = ""
    ends: datetime | None = None
    refresh: str = ""
    refresh_ends: datetime | None = None
    failed_at: datetime | None = None
    failure: str = ""


def kept(store: Store, account: str) -> Kept:
    with store.main.read() as conn:
        row = conn.execute(select(_token).where(_token.c.account == account)).first()
    if row is None:
        return Kept()
    return Kept(
        access=row.access,
        ends=row.ends,
        refresh=row.refresh,
        refresh_ends=row.refresh_ends,
        failed_at=row.failed_at,
        failure=row.failure,
    )


def claim(store: Store, account: str, at: datetime, *, known: str) -> bool:
    """This node renews the access token `known` now; False where another does, or has just done it.

    Else who read before that renewal and asks after it would renew once more, by a refresh token that is used up.
    """

    def work(conn: Connection) -> bool:
        insert_new(conn, _token, account=account)
        free = or_(_token.c.claimed_until.is_(None), _token.c.claimed_until <= at)
        mine = update(_token).where(_token.c.account == account, _token.c.access == known, free)
        mine = mine.values(claimed_by=store.node, claimed_until=at + CLAIM)
        return conn.execute(mine).rowcount == 1

    return store.main.retrying(work)


def free_node(store: Store, node: str) -> None:
    """What this node was renewing when it died is anybody's."""

    def work(conn: Connection) -> None:
        conn.execute(update(_token).where(_token.c.claimed_by == node).values(claimed_until=None))

    store.main.retrying(work)


def renewed(
    store: Store, account: str, *, access: str, ends: datetime, refresh: str, refresh_ends: datetime | None
) -> None:
    """The new tokens in one commit: there is no moment at which neither the old ones nor these are there."""
    _set(
        store,
        account,
        access=access, ends=ends, refresh=refresh, refresh_ends=refresh_ends,
        claimed_until=None, failed_at=None, failure="",
    )  # fmt: skip


def failed(store: Store, account: str, why: str, at: datetime) -> None:
    _set(store, account, claimed_until=None, failed_at=at, failure=why)


def _set(store: Store, account: str, **values: object) -> None:
    def work(conn: Connection) -> None:
        insert_new(conn, _token, account=account)
        conn.execute(update(_token).where(_token.c.account == account).values(**values))

    store.main.retrying(work)
