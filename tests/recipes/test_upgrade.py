"""What docs/upgrade.md says of a start on another version's data."""

import sqlite3
from contextlib import closing
from pathlib import Path

from support.cli import gateway
from support.whole_site import make_site


def test_a_newer_database_is_left_alone_and_systemd_does_not_try_again(tmp_path: Path) -> None:
    config = make_site(tmp_path / "site")
    assert gateway("db", "migrate", "-c", config).returncode == 0
    with closing(sqlite3.connect(config.parent / "data/gateway.db")) as conn:
        (table,) = conn.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '%version%'"
        ).fetchone()
        conn.execute(f"UPDATE {table} SET version_num = '9999'")
        conn.commit()
    done = gateway("run", "-c", config)
    assert done.returncode == 78, done.stderr
    assert "made by a newer gateway (schema 9999, this program knows" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
