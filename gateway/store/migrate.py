"""The schema: made whole in a fresh database, brought up to date in an older one, refused in a newer or broken one.

Each of the two sets of tables has its own history of numbered revisions (`migrations/spool`, `migrations/gateway`)
and its own version table, so that both also live in one PostgreSQL database. Alembic is imported for an upgrade only.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Column, Connection, MetaData, String, Table, inspect, select

from gateway import log
from gateway.errors import Permanent
from gateway.now import now
from gateway.store import tables
from gateway.store.backup import backup, dump
from gateway.store.database import Database
from gateway.store.engine import Store
from gateway.store.failure import translated


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """One set of tables, its newest revision, and the table that says which revision a database is at."""

    name: str
    metadata: MetaData
    head: str

    @property
    def version(self) -> Table:
        # A MetaData of its own: the version is not part of what the revisions describe.
        return Table(f"{self.name}_version", MetaData(), Column("version_num", String(32), primary_key=True))

    @property
    def folder(self) -> Path:
        return Path(__file__).with_name("migrations") / self.name


SPOOL = Schema(name="spool", metadata=tables.spool_db, head="0001")
MAIN = Schema(name="gateway", metadata=tables.main_db, head="0001")
HEADS = {schema.name: schema.head for schema in (SPOOL, MAIN)}


def ensure(store: Store, *, copied: bool = False) -> None:
    """Create or update the tables of both databases. Raises Permanent for a newer, foreign or damaged database.

    No update without a copy: an SQLite site goes to the folder `data_dir/before-REVISION-TIME`, without its files of
    large mails, a PostgreSQL database to a file of that name. `copied`: somebody else has made one.
    """
    both = ((store.spool, SPOOL), (store.main, MAIN))
    found = [_revision(database, schema) for database, schema in both]
    if found.count(None) == 1:
        _refuse_half(store, missing=store.spool if found[0] is None else store.main)
    behind = []
    for (database, schema), at in zip(both, found, strict=True):
        if at is None:
            _create(database, schema)
        elif at != schema.head:
            behind.append((database, schema, at))
    if not behind:
        return
    copy = None if copied else _copy(store, max(schema.head for _, schema, _ in behind))
    for database, schema, at in behind:
        _upgrade(database, schema)
        log.database_updated(database.name, at, schema.head, to_go_back=_way_back(copy))


def _copy(store: Store, head: str) -> Path:
    """Where the copy is that was made. Half-made ones that were cut short are removed: each is as large as this one."""
    for half in store.data_dir.glob("before-*.unfinished"):
        if half.is_dir():
            shutil.rmtree(half, ignore_errors=True)
        else:
            half.unlink(missing_ok=True)
    copy = store.data_dir / f"before-{head}-{now():%Y%m%dT%H%M%S}"
    if store.dialect == "sqlite":
        backup(store, copy, raw=False)
        return copy
    copy = copy.with_name(f"{copy.name}.dump")
    try:
        dump(store, copy)
    except Permanent as error:
        raise Permanent(
            f"the database is to be brought to schema {head}, and a copy must be made first: {error}; "
            "make one with pg_dump, then run: gateway db migrate --copied"
        )
    return copy


def _way_back(copy: Path | None) -> str:
    """What to do where the new version is not wanted."""
    if copy is None:
        return "stop the gateway, install the version before, put your copy back"
    if copy.suffix == ".dump":
        put_back = f"pg_restore --clean --if-exists --dbname=DATABASE {copy}, then gateway db restored TIME-OF-THE-COPY"
    else:
        put_back = f"gateway db restore {copy}"
    return f"stop the gateway, install the version before, {put_back}"


def _refuse_half(store: Store, *, missing: Database) -> None:
    """One of the two is new: fine where the other holds nothing yet (a first start that was cut short).

    Otherwise its ids would be given out a second time, and new mail be taken for mail that was processed.
    """
    other, rows = (store.main, tables.mail) if missing is store.spool else (store.spool, tables.spool)
    with other.read() as conn:
        if conn.execute(select(rows.c.id).limit(1)).first():
            raise Permanent(
                f"{missing.path or missing.name} is missing or empty while {other.path or other.name} holds mail; "
                "both must come from the same backup"
            )


def revisions(store: Store) -> dict[str, str | None]:
    """The revision of each database by the name of its schema, None where it has no tables of ours."""
    both = ((store.spool, SPOOL), (store.main, MAIN))
    return {schema.name: _revision(database, schema) for database, schema in both}


def _revision(database: Database, schema: Schema) -> str | None:
    """The revision a database is at, None where it is empty of our tables."""
    with database.read() as conn:
        return _read_revision(conn, database, schema)


def _read_revision(conn: Connection, database: Database, schema: Schema) -> str | None:
    present = set(inspect(conn).get_table_names())
    where = database.path or "the PostgreSQL database"
    if schema.version.name not in present:
        strays = sorted(present & set(schema.metadata.tables))
        if strays:
            raise Permanent(f"{where} holds tables named {', '.join(strays[:3])} that this gateway did not make")
        return None
    found = conn.execute(select(schema.version.c.version_num)).scalars().all()
    if len(found) != 1 or not found[0].isdigit():
        raise Permanent(f"{where} is damaged: its version reads {list(found)}; put back a backup")
    if found[0] > schema.head:
        raise Permanent(
            f"{where} was made by a newer gateway (schema {found[0]}, this program knows {schema.head}); "
            "install that version again, or put back a backup"
        )
    return str(found[0])


def _create(database: Database, schema: Schema) -> None:
    with _exclusive(database) as conn:
        if _read_revision(conn, database, schema) is None:  # another process may have been quicker
            schema.metadata.create_all(conn, checkfirst=False)
            schema.version.create(conn)
            conn.execute(schema.version.insert().values(version_num=schema.head))


@contextmanager
def _exclusive(database: Database) -> Iterator[Connection]:
    """A write transaction that no other process enters for the same purpose."""
    with database.write() as conn:
        if database.dialect == "postgresql":
            conn.exec_driver_sql("SELECT pg_advisory_xact_lock(7236837)")
        yield conn


def _upgrade(database: Database, schema: Schema) -> None:
    """All missing revisions in one transaction: afterwards the database is new, or as it was."""
    if database.dialect == "postgresql":
        with _exclusive(database) as conn:
            run_revisions(conn, schema, _read_revision(conn, database, schema))
        return
    with translated(database.name), database.engine.connect() as conn:
        # SQLite alters a table by making it anew, which foreign keys forbid; the pragma is deaf in a transaction.
        driver = conn.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA foreign_keys = OFF").close()
        try:
            with conn.execution_options(begin="BEGIN IMMEDIATE").begin():
                run_revisions(conn, schema, _read_revision(conn, database, schema))
                broken = conn.exec_driver_sql("PRAGMA foreign_key_check").all()
                if broken:
                    raise Permanent(f"{database.path}: the update would leave {len(broken)} dangling references")
        finally:
            driver.execute("PRAGMA foreign_keys = ON").close()


def run_revisions(conn: Connection, schema: Schema, at: str | None) -> None:
    """Run every revision after `at` (all, where it is None) on the caller's transaction and record the newest."""
    from alembic.migration import MigrationContext
    from alembic.operations import Operations
    from alembic.script import ScriptDirectory

    script = ScriptDirectory(str(schema.folder))
    context = MigrationContext.configure(conn, opts={"target_metadata": schema.metadata, "render_as_batch": True})
    revisions = sorted(script.walk_revisions(), key=lambda revision: revision.revision)
    with Operations.context(context):
        for revision in revisions:
            if at is None or revision.revision > at:
                revision.module.upgrade()
    version = schema.version
    if at is None:
        version.create(conn)
        conn.execute(version.insert().values(version_num=revisions[-1].revision))
    else:
        conn.execute(version.update().values(version_num=revisions[-1].revision))
