"""Print the operations that lead from the newest revision to the tables as they stand in `tables.py`.

    python tests/support/revision.py spool|gateway [--from-nothing]

Put what it prints into a new file `gateway/store/migrations/NAME/versions/NNNN_what.py` and raise `head` in
`migrate.py`; a test compares both ways of getting a schema.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext

from gateway.store import migrate
from gateway.store.engine import sqlite_engine
from gateway.store.tables import Instant


def _render(kind: str, item: Any, _context: Any) -> str | bool:
    # A revision must not change when the program's own types do.
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, Instant) else False


def operations(schema: migrate.Schema, *, from_nothing: bool) -> str:
    """The body of `upgrade()` for what is missing."""
    with tempfile.TemporaryDirectory() as folder:
        engine = sqlite_engine(Path(folder) / "scratch.db")
        with engine.connect() as conn:
            if not from_nothing:
                with conn.begin():
                    migrate.run_revisions(conn, schema, None)
            context = MigrationContext.configure(
                conn, opts={"include_object": lambda _o, name, *_: name != schema.version.name, "render_item": _render}
            )
            script = produce_migrations(context, schema.metadata)
        engine.dispose()
    assert script.upgrade_ops is not None
    return render_python_code(script.upgrade_ops, render_as_batch=not from_nothing, render_item=_render)


if __name__ == "__main__":
    wanted = {"spool": migrate.SPOOL, "gateway": migrate.MAIN}[sys.argv[1]]
    print(operations(wanted, from_nothing="--from-nothing" in sys.argv))
