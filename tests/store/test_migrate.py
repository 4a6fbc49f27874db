"""The schema: a fresh one equals a migrated one, an old one is brought up to date, anything else is refused."""

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from gateway.errors import Permanent
from gateway.store import migrate, open_store, spool, tables
from gateway.store.backup import dump
from gateway.store.migrate import MAIN, SPOOL, Schema, run_revisions
from gateway.store.restore import restore
from support import postgres
from support.arrivals import new_mail
from support.require import is_wanted

SCHEMAS = pytest.mark.parametrize("schema", [SPOOL, MAIN], ids=lambda schema: schema.name)
DIALECTS = ["sqlite", "postgresql"] if is_wanted("pg") else ["sqlite"]


def opened(folder):
    return open_store(f"sqlite:///{folder}/gateway.db", folder)


def database(store, schema):
    return store.spool if schema is SPOOL else store.main


def shape(conn, schema: Schema):
    """Everything about the tables of one schema that a program could notice."""
    inspector = inspect(conn)
    found = {}
    for name in sorted({*schema.metadata.tables, schema.version.name}):
        found[name] = {
            "columns": [{**c, "type": str(c["type"]), "comment": None} for c in inspector.get_columns(name)],
            "primary": inspector.get_pk_constraint(name),
            "foreign": sorted(inspector.get_foreign_keys(name), key=str),
            "unique": sorted(inspector.get_unique_constraints(name), key=str),
            "indexes": sorted((_index(index) for index in inspector.get_indexes(name)), key=str),
        }
    if conn.dialect.name == "sqlite":
        rows = conn.exec_driver_sql("SELECT name, sql LIKE '%AUTOINCREMENT%' FROM sqlite_master WHERE type = 'table'")
        found["autoincrement"] = sorted(tuple(row) for row in rows)
    else:
        found["sequences"] = sorted(inspector.get_sequence_names())
    return found


def _index(index):
    options = {name: str(value) for name, value in index.get("dialect_options", {}).items()}
    return {**index, "dialect_options": options}


@pytest.fixture(params=DIALECTS)
def two_empty_stores(request, tmp_path):
    """Two stores without tables."""
    if request.param == "sqlite":
        stores = [opened(tmp_path / "one"), opened(tmp_path / "two")]
        yield stores
        for store in stores:
            store.close()
        return
    with postgres.fresh_database() as first, postgres.fresh_database() as second:
        stores = [open_store(url, tmp_path) for url in (first, second)]
        yield stores
        for store in stores:
            store.close()


def test_a_fresh_schema_is_what_all_revisions_make(two_empty_stores):
    """If this fails, `tables.py` changed: `python tests/support/revision.py` prints what the new revision needs."""
    fresh, migrated = two_empty_stores
    migrate.ensure(fresh)
    for schema in (SPOOL, MAIN):
        with database(migrated, schema).write() as conn:
            run_revisions(conn, schema, None)
    for schema in (SPOOL, MAIN):
        with database(fresh, schema).read() as one, database(migrated, schema).read() as two:
            assert shape(one, schema) == shape(two, schema)


@SCHEMAS
def test_the_head_is_the_newest_revision(schema):
    assert ScriptDirectory(str(schema.folder)).get_heads() == [schema.head]


def test_alembic_is_not_loaded_for_a_fresh_database(tmp_path):
    code = (
        "import sys; from pathlib import Path; from gateway.store import migrate, open_store\n"
        f"store = open_store('sqlite:///{tmp_path}/gateway.db', Path('{tmp_path}'))\n"
        "migrate.ensure(store); migrate.ensure(store); store.close()\n"
        "assert not [name for name in sys.modules if name.startswith(('alembic', 'mako'))]"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_ensuring_twice_keeps_everything(store):
    spool.insert_batch(store, [new_mail(1)])
    migrate.ensure(store)
    assert spool.waiting(store).count == 1


# ---- refused -------------------------------------------------------------------------------------------------------


def test_newer_than_the_program(tmp_path):
    store = opened(tmp_path)
    migrate.ensure(store)
    with store.main.write() as conn:
        conn.execute(text("UPDATE gateway_version SET version_num = '0999'"))
    with pytest.raises(Permanent, match=r"made by a newer gateway \(schema 0999, this program knows"):
        migrate.ensure(store)
    store.close()


@pytest.mark.parametrize("sql", ["DELETE FROM spool_version", "UPDATE spool_version SET version_num = 'x'"])
def test_a_version_that_reads_like_nothing(tmp_path, sql):
    store = opened(tmp_path)
    migrate.ensure(store)
    with store.spool.write() as conn:
        conn.execute(text(sql))
    with pytest.raises(Permanent, match=r"spool\.db is damaged: its version reads"):
        migrate.ensure(store)
    store.close()


def test_tables_of_another_program(tmp_path):
    store = opened(tmp_path)
    with store.main.write() as conn:
        conn.execute(text("CREATE TABLE ticket (id INTEGER)"))
    with pytest.raises(Permanent, match="holds tables named ticket that this gateway did not make"):
        migrate.ensure(store)
    store.close()


def test_one_file_missing_beside_one_that_holds_mail(tmp_path):
    """A new spool would give out ids that the tickets know already, and new mail would count as processed."""
    store = opened(tmp_path)
    migrate.ensure(store)
    spool.insert_batch(store, [new_mail(1)])
    store.close()
    for path in tmp_path.glob("gateway.db*"):
        path.unlink()
    store = opened(tmp_path)
    with pytest.raises(Permanent, match=r"gateway\.db is missing or empty while .*spool\.db holds mail"):
        migrate.ensure(store)
    store.close()


def test_a_first_start_that_was_cut_short_goes_on(tmp_path):
    store = opened(tmp_path)
    migrate.ensure(store)
    store.close()
    (tmp_path / "gateway.db").unlink()
    store = opened(tmp_path)
    migrate.ensure(store)
    assert migrate.revisions(store) == {"spool": SPOOL.head, "gateway": MAIN.head}
    store.close()


# ---- brought up to date --------------------------------------------------------------------------------------------

ADD_COLUMN = """
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "{to}", "{after}", None, None
def upgrade():
    with op.batch_alter_table("ticket") as table:
        table.add_column(sa.Column("mood", sa.Text(), nullable=False, server_default="calm"))
        table.alter_column("title", new_column_name="heading")
    {more}
"""


@pytest.fixture
def next_schema(tmp_path, monkeypatch):
    """A function that makes the gateway's schema one revision newer, by a revision that copies the ticket table."""

    def make(more: str = "") -> str:
        folder = tmp_path / "migrations"
        shutil.copytree(MAIN.folder, folder)
        to = f"{int(MAIN.head) + 1:04}"
        (folder / "versions" / f"{to}_next.py").write_text(ADD_COLUMN.format(to=to, after=MAIN.head, more=more))
        newer = Schema(name=MAIN.name, metadata=MAIN.metadata, head=to)
        monkeypatch.setattr(Schema, "folder", property(lambda self: folder if self is newer else SPOOL.folder))
        monkeypatch.setattr(migrate, "MAIN", newer)
        return to

    return make


def columns(store):
    with store.main.read() as conn:
        return {column["name"] for column in inspect(conn).get_columns("ticket")}


def test_an_update_keeps_rows_and_makes_a_copy_first(store, next_schema):
    from support import rows

    spool.insert_batch(store, [new_mail(1)])
    rows.processed(store)
    to = next_schema()
    try:
        migrate.ensure(store)
        assert {"mood", "heading"} <= columns(store)
        with store.main.read() as conn:
            assert conn.execute(text("SELECT heading, mood FROM ticket")).one() == ("lamp", "calm")
            assert conn.execute(text("SELECT version_num FROM gateway_version")).scalar_one() == to
            if store.dialect == "sqlite":
                assert conn.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1
        (copy,) = store.data_dir.glob(f"before-{to}-*")
        assert copy.stat().st_mode & 0o077 == 0
        if store.dialect == "sqlite":
            with closing(sqlite3.connect(copy / "gateway.db")) as conn:
                assert conn.execute("SELECT title FROM ticket").fetchall() == [("lamp",)]
        else:
            read = ["pg_restore", "--data-only", "--table=ticket", "--file=-", str(copy)]
            assert "lamp" in subprocess.run(read, capture_output=True, text=True, check=True).stdout
    finally:
        if store.dialect == "postgresql":  # the database is used by the tests after this one
            _take_back(store)


def _take_back(store):
    with store.main.write() as conn:
        conn.execute(text("ALTER TABLE ticket DROP COLUMN IF EXISTS mood"))
        conn.execute(text("ALTER TABLE ticket RENAME heading TO title"))
        conn.execute(text("UPDATE gateway_version SET version_num = :at"), {"at": MAIN.head})


def test_the_way_back(tmp_path, next_schema, monkeypatch):
    """The copy made before an update is put back by `gateway db restore`, as long as the large mails are there."""
    from support import rows

    folder = tmp_path / "site"
    store = opened(folder)
    migrate.ensure(store)
    spool.insert_batch(store, [new_mail(1)])
    large = store.raw.put(b"a large mail")
    with store.spool.write() as conn:
        conn.execute(tables.spool.update().values(raw_file=large))
    rows.processed(store)
    next_schema()
    migrate.ensure(store)
    store.close()
    (copy,) = folder.glob("before-*")
    monkeypatch.undo()  # the version before is installed again
    store.raw.path(large).rename(tmp_path / "elsewhere")
    with pytest.raises(Permanent, match=r"1 of them are no longer in .*raw, such as"):
        restore(f"sqlite:///{folder}/gateway.db", folder, copy)
    (tmp_path / "elsewhere").rename(store.raw.path(large))
    restore(f"sqlite:///{folder}/gateway.db", folder, copy)
    store = opened(folder)
    migrate.ensure(store)
    assert "title" in columns(store)
    assert store.raw.path(large).exists()
    store.close()


def test_no_update_of_postgresql_without_a_copy(another_store, next_schema, monkeypatch):
    store = another_store()
    if store.dialect != "postgresql":
        pytest.skip("SQLite is copied by the program itself")
    to = next_schema()
    before = columns(store)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(Permanent, match=f"schema {to}.*no pg_dump.*gateway db migrate --copied"):
        migrate.ensure(store)
    assert columns(store) == before
    assert not list(store.data_dir.glob("before-*"))
    try:
        migrate.ensure(store, copied=True)
        assert {"mood", "heading"} <= columns(store)
    finally:
        _take_back(store)


def test_the_copy_of_postgresql_shows_no_password(another_store, next_schema, monkeypatch, tmp_path):
    """`ps` shows the command line of pg_dump to everybody. What a copy before this one left is removed."""
    store = another_store()
    if store.dialect != "postgresql":
        pytest.skip("SQLite is copied by the program itself")
    seen = tmp_path / "seen"
    wrapper = tmp_path / "bin" / "pg_dump"
    wrapper.parent.mkdir()
    real = shutil.which("pg_dump")
    wrapper.write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" "$PGPASSWORD" > {seen}\nexec {real} "$@"\n')
    wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{wrapper.parent}:{os.environ['PATH']}")
    (store.data_dir / "before-0001-20260101T000000.dump.unfinished").write_bytes(b"half")
    with_password = _opened_with("password=hush", store)
    next_schema()
    try:
        migrate.ensure(with_password)
        command, password = seen.read_text().splitlines()
        assert "hush" not in command
        assert password == "hush"
        (copy,) = store.data_dir.glob("before-*")
        assert copy.suffix == ".dump"
        assert copy.stat().st_size
    finally:
        with_password.close()
        _take_back(store)


def test_what_only_a_command_line_can_say_is_refused(another_store, tmp_path):
    store = another_store()
    if store.dialect != "postgresql":
        pytest.skip("SQLite is copied by the program itself")
    with_secret = _opened_with("sslpassword=hush", store)
    with pytest.raises(Permanent, match=r"sslpassword in database\.url would be seen"):
        dump(with_secret, tmp_path / "copy")
    with_secret.close()


def _opened_with(query, store):
    """The same database by a URL that says more."""
    return open_store(f"{store.main.engine.url.render_as_string(hide_password=False)}?{query}", store.data_dir)


def test_an_update_that_fails_leaves_everything_as_it_was(store, next_schema):
    next_schema(more="op.execute('SELECT no_such_column FROM ticket')")
    before = columns(store)
    with pytest.raises(Exception, match="no_such_column"):
        migrate.ensure(store)
    assert columns(store) == before
    with store.main.read() as conn:
        assert conn.execute(text("SELECT version_num FROM gateway_version")).scalar_one() == MAIN.head


def test_an_update_killed_in_the_middle_leaves_everything_as_it_was(tmp_path, next_schema):
    """T121: one transaction, so a killed process is a rolled back one."""
    store = opened(tmp_path / "site")
    migrate.ensure(store)
    next_schema(more="import os; os.kill(os.getpid(), 9)")
    before = columns(store)
    store.close()
    child = os.fork()
    if not child:
        migrate.ensure(opened(tmp_path / "site"))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == 9
    store = opened(tmp_path / "site")
    assert columns(store) == before
    store.close()


def test_an_update_that_would_leave_dangling_references_is_refused(tmp_path, next_schema):
    from support import rows

    store = opened(tmp_path / "site")
    migrate.ensure(store)
    spool.insert_batch(store, [new_mail(1)])
    rows.processed(store)
    next_schema(more="op.execute('DELETE FROM ticket')")
    with pytest.raises(Permanent, match="dangling references"):
        migrate.ensure(store)
    assert "mood" not in columns(store)
    store.close()


def test_tables_have_one_revision_table_each():
    assert Path(SPOOL.folder) != Path(MAIN.folder)
    assert not set(tables.spool_db.tables) & set(tables.main_db.tables)
