"""Ticket numbers: unique and never used again.

PostgreSQL takes each from a sequence, so a number that was not used stays a gap. SQLite looks at the counter while
deciding and moves it in the transaction that opens the tickets, where nobody else may have moved it meanwhile.
"""

from sqlalchemy import ColumnElement, Connection, func, literal_column, select, table, update

from gateway.errors import Conflict
from gateway.store import tables
from gateway.store.engine import Store
from gateway.store.fast import insert
from gateway.store.lookup import last_number


class Numbers:
    """The numbers for one group of mails; `claim` makes them ours in the transaction that writes the tickets."""

    def __init__(self, store: Store, conn: Connection) -> None:
        self._store = store
        self._from_sequence = store.dialect == "postgresql"
        self._start = self._last = 0 if self._from_sequence else last_number(conn)

    def next(self) -> int:
        if self._from_sequence:
            with self._store.main.write() as conn:
                return int(conn.execute(select(func.nextval(tables.ticket_number.name))).scalar_one())
        self._last += 1
        return self._last

    def peek(self, conn: Connection) -> int:
        """The number that the next ticket will have if nobody else opens one before; nothing is taken."""
        if not self._from_sequence:
            return self._last + 1
        upcoming: ColumnElement[int] = literal_column("last_value + CASE WHEN is_called THEN 1 ELSE 0 END")
        return int(conn.execute(select(upcoming).select_from(table(tables.ticket_number.name))).scalar_one())

    def claim(self, conn: Connection) -> None:
        """Raises Conflict where somebody else opened a ticket since."""
        if self._from_sequence or self._last == self._start:
            return
        at = tables.counter.c
        moved = conn.execute(
            update(tables.counter).where(at.name == "ticket", at.value == self._start).values(value=self._last)
        )
        if moved.rowcount:
            return
        if self._start:
            raise Conflict("another process opened a ticket")
        insert(conn, tables.counter, name="ticket", value=self._last)


def begin_at(store: Store, first: int) -> None:
    """See that the next ticket's number is `first` at least. Numbers never go back."""
    if first <= 1:
        return

    def work(conn: Connection) -> None:
        if conn.dialect.name == "postgresql":
            upcoming = "SELECT last_value + CASE WHEN is_called THEN 1 ELSE 0 END FROM ticket_number"
            if int(conn.exec_driver_sql(upcoming).scalar_one()) < first:
                conn.execute(select(func.setval(tables.ticket_number.name, first - 1, True)))
            return
        if last_number(conn) >= first - 1:
            return
        at = tables.counter.c
        if conn.execute(update(tables.counter).where(at.name == "ticket").values(value=first - 1)).rowcount == 0:
            insert(conn, tables.counter, name="ticket", value=first - 1)

    store.main.retrying(work)


def take_number(conn: Connection) -> int:
    """The next number, taken within a write transaction."""
    if conn.dialect.name == "postgresql":
        return int(conn.execute(select(func.nextval(tables.ticket_number.name))).scalar_one())
    number = last_number(conn) + 1
    at = tables.counter.c
    if conn.execute(update(tables.counter).where(at.name == "ticket").values(value=number)).rowcount == 0:
        insert(conn, tables.counter, name="ticket", value=number)
    return number
