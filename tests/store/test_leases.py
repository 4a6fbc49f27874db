"""Named leases: one holder at a time."""

from datetime import timedelta

from sqlalchemy import select

from gateway.store import leases, tables

SHORT = timedelta(seconds=-1)  # has run out already, by the database's clock


def test_one_holder_at_a_time(store):
    held = leases.acquire(store, "imap:main", "a")
    assert held is not None
    assert leases.acquire(store, "imap:main", "b") is None
    assert leases.acquire(store, "imap:other", "b") is not None


def test_the_holder_may_take_it_anew_with_a_higher_fence(store):
    first = leases.acquire(store, "imap:main", "a")
    second = leases.acquire(store, "imap:main", "a")
    assert second.fence > first.fence


def test_a_lease_that_ran_out_goes_to_another_and_its_old_holder_learns_of_it(store):
    """A poller that was stopped for minutes (T48) must not go on as if nothing had happened."""
    slept = leases.acquire(store, "imap:main", "a", lease=SHORT)
    taken = leases.acquire(store, "imap:main", "b")
    assert taken.fence > slept.fence
    assert not leases.renew(store, slept)
    assert leases.renew(store, taken)
    leases.release(store, slept)  # not his to release
    assert leases.acquire(store, "imap:main", "c") is None


def test_released_is_free_at_once(store):
    leases.release(store, leases.acquire(store, "imap:main", "a"))
    assert leases.acquire(store, "imap:main", "b") is not None


def test_renewing_extends(store):
    held = leases.acquire(store, "imap:main", "a", lease=SHORT)
    assert leases.renew(store, held)
    assert leases.acquire(store, "imap:main", "b") is None
    with store.spool.read() as conn:
        assert conn.execute(select(tables.lease.c.node)).scalar_one() == "a"
