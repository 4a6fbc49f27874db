"""Access and refresh tokens: one row a grant, and a claim so that one node renews for all."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, update

from gateway.store import tables
from gateway.store.clock import database_now
from gateway.store.engine import Store
from gateway.store.fast import insert_new

_token = tables.oauth_token
CLAIM = timedelta(seconds=60)  # longer than a request may take


class Grant(NamedTuple):
    """`granted_for`: all that a token of this account is good for. With another one there are other tokens."""

    account: str
    granted_for: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is known of a grant's tokens; `""` and None: nothing yet. `failure`: why renewing fails since `failed_at`.

    `refresh_set_at`: when `refresh_ends` was set; None where each renewal moves it.
    """

    access: str = ""
    ends: datetime | None = None
    refresh: str = ""
    refresh_ends: datetime | None = None
    refresh_set_at: datetime | None = None
    failed_at: datetime | None = None
    failure: str = ""


def kept(store: Store, grant: Grant) -> Kept:
    with store.main.read() as conn:
        row = conn.execute(select(_token).where(_is(grant))).first()
    if row is None:
        return Kept()
    return Kept(
        access=row.access,
        ends=row.ends,
        refresh=row.refresh,
        refresh_ends=row.refresh_ends,
        refresh_set_at=row.refresh_set_at,
        failed_at=row.failed_at,
        failure=row.failure,
    )


def claim(store: Store, grant: Grant, *, known: str) -> bool:
    """This node renews the access token `known` now; False where another does, or has just done it.

    Else who read before that renewal and asks after it would renew once more, by a refresh token that is used up.
    """

    def work(conn: Connection) -> bool:
        at = database_now(conn)
        insert_new(conn, _token, **grant._asdict())
        free = or_(_token.c.claimed_until.is_(None), _token.c.claimed_until <= at)
        mine = update(_token).where(_is(grant), _token.c.access == known, free)
        mine = mine.values(claimed_by=store.node, claimed_until=at + CLAIM)
        return conn.execute(mine).rowcount == 1

    return store.main.retrying(work)


def free_node(store: Store, node: str) -> None:
    """What this node was renewing when it died is anybody's."""

    def work(conn: Connection) -> None:
        conn.execute(update(_token).where(_token.c.claimed_by == node).values(claimed_until=None))

    store.main.retrying(work)


def renewed(
    store: Store,
    grant: Grant,
    *,
    access: str,
    ends: datetime,
    refresh: str,
    refresh_ends: datetime | None,
    refresh_set_at: datetime | None,
) -> None:
    """The new tokens in one commit: there is no moment at which neither the old ones nor these are there."""
    _set(
        store,
        grant,
        access=access, ends=ends, refresh=refresh, refresh_ends=refresh_ends, refresh_set_at=refresh_set_at,
        claimed_until=None, failed_at=None, failure="",
    )  # fmt: skip


def failed(store: Store, grant: Grant, why: str, at: datetime) -> None:
    """It failed; `at` counts for the first time in a row alone."""
    _set(store, grant, claimed_until=None, failed_at=func.coalesce(_token.c.failed_at, at), failure=why)


def forget(store: Store, account: str, *, but: str = "") -> bool:
    """Drop the tokens of an account, save those granted for `but`; whether there were any."""

    def work(conn: Connection) -> bool:
        others = _token.delete().where(_token.c.account == account, _token.c.granted_for != but)
        return conn.execute(others).rowcount > 0

    return store.main.retrying(work)


def _is(grant: Grant) -> ColumnElement[bool]:
    return and_(_token.c.account == grant.account, _token.c.granted_for == grant.granted_for)


def _set(store: Store, grant: Grant, **values: object) -> None:
    def work(conn: Connection) -> None:
        insert_new(conn, _token, **grant._asdict())
        conn.execute(update(_token).where(_is(grant)).values(**values))

    store.main.retrying(work)
