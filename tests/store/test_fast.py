"""The short way to the driver stores exactly what SQLAlchemy's own way stores."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import insert as core_insert
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from gateway.store import tables
from gateway.store.fast import insert, insert_many, reserve_ids, rows_in

PRAGUE = timezone(timedelta(hours=1))
ROW = {
    "source": "imap:main",
    "mail_from": None,
    "recipients": ["ä@acme.example", 'quote"d@acme.example'],
    "quiet": True,
    "received_at": datetime(2026, 3, 2, 13, 0, 0, 123456, tzinfo=PRAGUE),
    "size": 3,
    "sha256": "ab" * 32,
    "raw_file": None,
    "state": "new",
    "alone": False,
    "next_at": datetime(2026, 3, 2, tzinfo=UTC),
}


def everything(conn, table=tables.spool):
    return [{k: v for k, v in row._mapping.items() if k != "id"} for row in conn.execute(select(table))]


def test_the_same_as_the_long_way(store):
    with store.spool.write() as conn:
        first = conn.execute(core_insert(tables.spool).values(ROW)).inserted_primary_key[0]
        second = insert(conn, tables.spool, **ROW)
        insert_many(conn, tables.spool, [ROW, ROW])
        rows = everything(conn)
    assert second == first + 1
    assert len(rows) == 4
    assert all(row == rows[0] for row in rows)
    assert rows[0]["received_at"] == ROW["received_at"]
    assert rows[0]["recipients"] == ROW["recipients"]


def test_bytes_with_nul_come_back_exactly(store):
    data = bytes(range(256)) * 3
    with store.spool.write() as conn:
        spool_id = insert(conn, tables.spool, **ROW)
        insert(conn, tables.spool_raw, spool_id=spool_id, data=data)
        assert bytes(conn.execute(select(tables.spool_raw.c.data)).scalar_one()) == data


def test_a_column_that_does_not_exist(store):
    with pytest.raises(TypeError, match="counter has no column valeu"), store.main.write() as conn:
        insert(conn, tables.counter, name="a", valeu=1)


def test_no_rows_is_no_statement(store):
    with store.main.write() as conn:
        insert_many(conn, tables.counter, [])


def test_a_constraint_still_speaks(store):
    with pytest.raises(IntegrityError), store.main.write() as conn:
        insert_many(conn, tables.counter, [{"name": "a", "value": 1}, {"name": "a", "value": 2}])


def test_reserved_ids_are_nobody_elses(store):
    with store.spool.write() as conn:
        first = reserve_ids(conn, tables.spool, 3)
        insert_many(conn, tables.spool, [{"id": spool_id, **ROW} for spool_id in first])
    with store.spool.write() as conn:
        later = insert(conn, tables.spool, **ROW)
        again = reserve_ids(conn, tables.spool, 2)
    assert first == sorted(set(first))
    assert first[-1] < later < again[0] < again[1]


def test_ids_of_rows_that_are_gone_are_not_given_out_again(store):
    with store.spool.write() as conn:
        gone = insert(conn, tables.spool, **ROW)
        conn.execute(tables.spool.delete())
    with store.spool.write() as conn:
        assert reserve_ids(conn, tables.spool, 1)[0] > gone


def test_looking_up_by_many_values(store):
    with store.spool.write() as conn:
        made = [insert(conn, tables.spool, **{**ROW, "sha256": f"{n}'\"%"}) for n in range(4)]
        columns = ("id", "received_at", "recipients", "quiet", "raw_file")
        found = rows_in(conn, tables.spool, "sha256", ["1'\"%", "3'\"%", "none"], columns)
        by_id = rows_in(conn, tables.spool, "id", made[:2], ("sha256",))
        assert rows_in(conn, tables.spool, "id", [], ("id",)) == []
    row = [ROW["received_at"], ROW["recipients"], True, None]
    assert sorted(found) == [[made[1], *row], [made[3], *row]]
    assert sorted(by_id) == [["0'\"%"], ["1'\"%"]]
