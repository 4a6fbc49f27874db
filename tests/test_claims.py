"""What a node has claimed stays its own while it works on it, and only then."""

from datetime import timedelta

from gateway.claims import Claims
from gateway.now import now
from gateway.store import Store, spool, tables
from support.arrivals import new_mail


def _leases_end_in(store: Store, seconds: int) -> None:
    with store.spool.write() as conn:
        conn.execute(tables.spool.update().values(lease_until=now() + timedelta(seconds=seconds)))


def _others(store: Store) -> list[int]:
    """What another node gets when it asks a minute from now."""
    _leases_pass(store, timedelta(seconds=30))
    return [one.id for one in spool.claim(store, node="another", limit=10, now=now())]


def _leases_pass(store: Store, span: timedelta) -> None:
    with store.spool.write() as conn:
        for row in conn.execute(tables.spool.select()).all():
            if row.lease_until is not None:
                earlier = tables.spool.update().where(tables.spool.c.id == row.id)
                conn.execute(earlier.values(lease_until=row.lease_until - span))


def test_what_is_worked_on_is_kept_from_other_nodes(store: Store) -> None:
    spool.insert_batch(store, [new_mail(number) for number in range(3)])
    claims = Claims(store)
    first, second, _ = claims.take(10)
    claims.close([spool.Closed(id=first.id, fence=first.fence, state="done")])
    claims.give_back([(second.id, second.fence)])
    _leases_end_in(store, 10)
    claims.renew()
    assert _others(store) == [second.id]


def test_what_is_not_renewed_is_anybodys(store: Store) -> None:
    spool.insert_batch(store, [new_mail(1)])
    (one,) = Claims(store).take(10)
    _leases_end_in(store, 10)
    Claims(store).renew()  # of a process that has nothing in hand
    assert _others(store) == [one.id]
