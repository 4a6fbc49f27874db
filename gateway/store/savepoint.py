"""A savepoint for one mail of many: `Connection.begin_nested` costs more than all the inserts it guards."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection


@contextmanager
def savepoint(conn: Connection) -> Iterator[None]:
    """What the block wrote is undone if it raises; the transaction around it goes on."""
    conn.exec_driver_sql("SAVEPOINT one_mail")
    try:
        yield
    except BaseException:
        conn.exec_driver_sql("ROLLBACK TO SAVEPOINT one_mail")
        raise
    finally:
        conn.exec_driver_sql("RELEASE SAVEPOINT one_mail")
