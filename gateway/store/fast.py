"""The hot path's inserts and look-ups: compiled once per table and columns, then handed to the driver as they are.

SQLAlchemy's own `conn.execute(insert(...))` costs several times the insert itself. The statements and the
conversions of values are still SQLAlchemy's; only the way to the driver is shorter.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Connection, Dialect, Select, Table, Text, bindparam, func, select
from sqlalchemy import insert as core_insert
from sqlalchemy import update as core_update
from sqlalchemy.types import TypeEngine

from gateway.store import tables

_Bind = Callable[[Any], Any]


class _Insert:
    """One compiled INSERT: `sql` for one row, `sql_id` for one row and its new id."""

    def __init__(self, table: Table, columns: tuple[str, ...], dialect: Dialect) -> None:
        unknown = [column for column in columns if column not in table.c]
        if unknown:
            raise TypeError(f"{table.name} has no column {', '.join(unknown)}")
        plain = core_insert(table).inline().compile(dialect=dialect, column_keys=list(columns))
        self.sql = str(plain)
        self.order: list[str] | None = list(plain.positiontup) if plain.positiontup else None
        self.sql_id = ""
        if dialect.name == "postgresql" and table.autoincrement_column is not None:
            returning = core_insert(table).returning(table.autoincrement_column)
            self.sql_id = str(returning.compile(dialect=dialect, column_keys=list(columns)))
        self.binds = {column: _bind_of(table.c[column].type, dialect) for column in columns}
        self.in_order = [(column, self.binds[column]) for column in self.order or ()]

    def bound(self, row: Mapping[str, Any]) -> Any:
        if self.order:
            return tuple([row[column] if bind is None else bind(row[column]) for column, bind in self.in_order])
        return {column: value if (bind := self.binds[column]) is None else bind(value) for column, value in row.items()}


def _bind_of(kind: TypeEngine[Any], dialect: Dialect) -> _Bind | None:
    """How a value of this type is handed to the driver; the rows of one mail share their instants."""
    bind = kind.dialect_impl(dialect).bind_processor(dialect)
    return lru_cache(maxsize=64)(bind) if bind is not None and isinstance(kind, tables.Instant) else bind


_compiled: dict[tuple[str, str, tuple[str, ...]], _Insert] = {}


def _insert(conn: Connection, table: Table, columns: tuple[str, ...]) -> _Insert:
    dialect = conn.dialect
    key = (dialect.name, table.name, columns)
    found = _compiled.get(key)
    if found is None:
        found = _compiled[key] = _Insert(table, columns, dialect)
    return found


def insert(conn: Connection, table: Table, **row: Any) -> int:
    """Insert one row; returns the id the database gave it (0 where the table has no automatic id)."""
    statement = _insert(conn, table, tuple(row))
    if statement.sql_id:
        return int(conn.exec_driver_sql(statement.sql_id, statement.bound(row)).scalar_one())
    bound = statement.bound(row)
    if conn.dialect.name == "sqlite":
        return int(_straight(conn, "execute", statement.sql, bound).lastrowid or 0)
    conn.exec_driver_sql(statement.sql, bound)
    return 0


def insert_new(conn: Connection, table: Table, **row: Any) -> None:
    """Insert one row, unless one with the same key is there; the same words on both databases."""
    statement = _insert(conn, table, tuple(row))
    conn.exec_driver_sql(f"{statement.sql} ON CONFLICT DO NOTHING", statement.bound(row))


def insert_many(conn: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all have the columns of the first, in one call of the driver."""
    if rows:
        statement = _insert(conn, table, tuple(rows[0]))
        bound = [statement.bound(row) for row in rows]
        if conn.dialect.name == "sqlite":
            _straight(conn, "executemany", statement.sql, bound)
        else:
            conn.exec_driver_sql(statement.sql, bound)


class _Update:
    """One compiled UPDATE of some columns, in the rows in which others have given values."""

    def __init__(self, table: Table, columns: tuple[str, ...], where: tuple[str, ...], dialect: Dialect) -> None:
        given = {column: bindparam(f"to_{column}", type_=table.c[column].type) for column in columns}
        same = [table.c[column] == bindparam(f"is_{column}", type_=table.c[column].type) for column in where]
        plain = core_update(table).where(*same).values(given).compile(dialect=dialect)
        self.sql = str(plain)
        self.order: list[str] | None = list(plain.positiontup) if plain.positiontup else None
        binds = {f"to_{column}": _bind_of(table.c[column].type, dialect) for column in columns}
        self.binds = binds | {f"is_{column}": _bind_of(table.c[column].type, dialect) for column in where}

    def bound(self, row: Mapping[str, Any]) -> Any:
        values = {name: row[name] if bind is None else bind(row[name]) for name, bind in self.binds.items()}
        return tuple([values[name] for name in self.order]) if self.order else values


_updates: dict[tuple[str, str, tuple[str, ...], tuple[str, ...]], _Update] = {}


def update_where(conn: Connection, table: Table, where: Mapping[str, Any], values: Mapping[str, Any]) -> int:
    """Set `values` in the rows in which each column of `where` has the given value; how many rows that were."""
    key = (conn.dialect.name, table.name, tuple(values), tuple(where))
    found = _updates.get(key)
    if found is None:
        found = _updates[key] = _Update(table, key[2], key[3], conn.dialect)
    given = {f"to_{column}": value for column, value in values.items()}
    bound = found.bound(given | {f"is_{column}": value for column, value in where.items()})
    if conn.dialect.name == "sqlite":
        return int(_straight(conn, "execute", found.sql, bound).rowcount)
    return int(conn.exec_driver_sql(found.sql, bound).rowcount)


_exists: dict[tuple[str, str, tuple[str, ...]], tuple[str, Sequence[tuple[str, _Bind | None]]]] = {}


def is_there(conn: Connection, table: Table, where: Mapping[str, Any]) -> bool:
    """Whether there is a row in which each column of `where` has the given value."""
    key = (conn.dialect.name, table.name, tuple(where))
    if key not in _exists:
        sign = "?" if conn.dialect.name == "sqlite" else "%s"
        same = " AND ".join(f"{table.c[column].name} = {sign}" for column in where)
        read = [(column, _bind_of(table.c[column].type, conn.dialect)) for column in where]
        _exists[key] = (f"SELECT 1 FROM {table.name} WHERE {same} LIMIT 1", read)
    sql, binds = _exists[key]
    bound = tuple(where[column] if bind is None else bind(where[column]) for column, bind in binds)
    if conn.dialect.name == "sqlite":
        return _straight(conn, "execute", sql, bound).fetchone() is not None
    return conn.exec_driver_sql(sql, bound).first() is not None


def order(conn: Connection, sql: str) -> None:
    """Run a statement that takes nothing and gives nothing, such as a savepoint's."""
    if conn.dialect.name == "sqlite":
        _straight(conn, "execute", sql, ())
    else:
        conn.exec_driver_sql(sql)


def _straight(conn: Connection, how: str, sql: str, bound: Any) -> Any:
    """Run it on SQLite's own connection: the cursor.

    What fails is run again through SQLAlchemy, which fails the same way and raises the error that everybody expects.
    """
    driver = conn.connection.driver_connection
    try:
        return getattr(driver, how)(sql, bound)
    except sqlite3.Error:
        return conn.exec_driver_sql(sql, bound)


def reserve_ids(conn: Connection, table: Table, count: int) -> list[int]:
    """Ids for `count` rows about to be inserted in this write transaction, ascending, nobody else's."""
    column = table.autoincrement_column
    if column is None:
        raise TypeError(f"{table.name} has no automatic id")
    if conn.dialect.name == "postgresql":
        sql = f"SELECT nextval(pg_get_serial_sequence('{table.name}', '{column.name}')) FROM generate_series(1, %s)"
        return sorted(int(row[0]) for row in conn.exec_driver_sql(sql, (count,)))
    # The write transaction is the only writer, so the next ids are ours. With AUTOINCREMENT the sequence remembers
    # ids of rows that are gone.
    if table.dialect_options["sqlite"]["autoincrement"]:
        last = conn.exec_driver_sql("SELECT seq FROM sqlite_sequence WHERE name = ?", (table.name,)).scalar()
    else:
        last = conn.exec_driver_sql(f"SELECT max({column.name}) FROM {table.name}").scalar()
    first = (last or 0) + 1
    return list(range(first, first + count))


class _Lookup:
    """One compiled SELECT of some columns by the values of one."""

    def __init__(self, table: Table, columns: tuple[str, ...], by: str, dialect: Dialect) -> None:
        self.as_json = dialect.name == "sqlite"
        matches = "IN (SELECT value FROM json_each(?))" if self.as_json else "= ANY(%s)"
        wanted = [table.c[name] for name in columns]
        self.sql = f"{select(*wanted).compile(dialect=dialect)} WHERE {table.name}.{by} {matches}"
        read = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in wanted]
        self.read = [(place, convert) for place, convert in enumerate(read) if convert is not None]


_lookups: dict[tuple[str, str, str, tuple[str, ...]], _Lookup] = {}


def rows_in(
    conn: Connection, table: Table, by: str, values: Sequence[str] | Sequence[int], columns: tuple[str, ...]
) -> list[list[Any]]:
    """The values of `columns` in all rows whose column `by` (text or integer) is one of `values`."""
    key = (conn.dialect.name, table.name, by, columns)
    found = _lookups.get(key)
    if found is None:
        found = _lookups[key] = _Lookup(table, columns, by, conn.dialect)
    given = json.dumps(values) if found.as_json else list(values)
    if found.as_json:
        return _converted(_straight(conn, "execute", found.sql, (given,)).fetchall(), found.read)
    return _converted(conn.exec_driver_sql(found.sql, (given,)), found.read)


def _converted(rows: Iterable[Sequence[Any]], read: Sequence[tuple[int, _Bind]]) -> list[list[Any]]:
    found = [list(row) for row in rows]
    for row in found:
        for place, convert in read:
            row[place] = convert(row[place])
    return found


def among(column: ColumnElement[Any], name: str, dialect: Dialect) -> ColumnElement[bool]:
    """The condition that a column is one of the values given as `name`, for statements made once and run often.

    Unlike `in_`, it stays the same text however many values there are; `given` makes the parameter.
    """
    if dialect.name == "postgresql":
        return column == func.any(bindparam(name, type_=ARRAY(column.type)))
    return column.in_(select(func.json_each(bindparam(name, type_=Text)).table_valued("value").c.value))


def given(values: Iterable[int] | Iterable[str], dialect: Dialect) -> Any:
    """The values as a parameter of `among`."""
    return list(values) if dialect.name == "postgresql" else json.dumps(list(values))


def one_of(conn: Connection, column: ColumnElement[Any], values: Iterable[int] | Iterable[str]) -> ColumnElement[bool]:
    """The condition that a column is one of these values, be they more than a database takes one by one."""
    is_pg = conn.dialect.name == "postgresql"
    many = bindparam(None, given(values, conn.dialect), type_=ARRAY(column.type) if is_pg else Text, unique=True)
    return column == func.any(many) if is_pg else column.in_(select(func.json_each(many).table_valued("value").c.value))


_selects: dict[tuple[str, int], tuple[str, list[tuple[int, _Bind]]]] = {}


def all_rows(conn: Connection, statement: Select[Any]) -> list[list[Any]]:
    """All rows of a statement that takes no parameters; made once, at module level, for it is compiled once."""
    dialect = conn.dialect
    key = (dialect.name, id(statement))
    if key not in _selects:
        converts = [
            one.type.dialect_impl(dialect).result_processor(dialect, None) for one in statement.selected_columns
        ]
        sql = str(statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
        _selects[key] = sql, [(place, convert) for place, convert in enumerate(converts) if convert is not None]
    sql, read = _selects[key]
    if dialect.name == "sqlite":
        return _converted(_straight(conn, "execute", sql, ()).fetchall(), read)
    return _converted(conn.exec_driver_sql(sql), read)
