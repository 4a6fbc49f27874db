"""A savepoint for one mail of many: `Connection.begin_nested` costs more than all the inserts it guards."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from gateway.store.fast import order


@contextmanager
def savepoint(conn: Connection) -> Iterator[None]:
    """What the block wrote is undone if it raises; the transaction around it goes on."""
    order(conn, "SAVEPOINT one_mail")
    try:
        yield
    except BaseException:
        order(conn, "ROLLBACK TO SAVEPOINT one_mail")
        raise
    finally:
        order(conn, "RELEASE SAVEPOINT one_mail")
