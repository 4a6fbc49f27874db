"""An id means one thing for ever: keys, journal and letters are made of it. SQLite would give it out again."""

import pytest
from sqlalchemy import delete

from gateway.now import now
from gateway.store import tables
from gateway.store.fast import insert, reserve_ids
from support import rows


def new_row(conn, table):
    """One row of a table of which rows are deleted."""
    at = now()
    values = {
        "mail": {"direction": "in", "kind": "normal", "facts": {}, "auth": {}, "trace": [], "at": at},
        "person": {"tags": [], "created_at": at},
        "reminder": {"ticket": 1, "agent": "carol", "at": at},
        "announcement": {"ticket": 1, "kind": "wrote", "actor": "mail", "at": at, "data": {}},
    }
    return insert(conn, table, **values[table.name])


@pytest.mark.parametrize("name", ["mail", "person", "reminder", "announcement"])
def test_the_id_of_a_row_that_is_gone_never_comes_back(store, name):
    table = tables.main_db.tables[name]
    with store.main.write() as conn:
        rows.ticket(conn, 1)
        given = []
        for _ in range(3):
            given.append(new_row(conn, table))
            conn.execute(delete(table).where(table.c.id == given[-1]))
        given += reserve_ids(conn, table, 2)
    assert given == sorted(set(given))
