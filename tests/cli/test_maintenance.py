"""`gateway fsck` and `gateway db`."""

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.store import migrate, open_store, tables
from gateway.store.node import DataLock
from support.desk import Desk
from support.mails import mail


@pytest.fixture
def unstarted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """A desk on SQLite whose site was never started: there is no data yet."""
    return Desk(tmp_path, None, "sqlite:///data/gateway.db", capsys.readouterr)


@pytest.fixture
def on_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    """A desk on SQLite, for what PostgreSQL does with tools of its own."""
    store = open_store(f"sqlite:///{tmp_path}/data/gateway.db", tmp_path / "data")
    migrate.ensure(store)
    yield Desk(tmp_path, store, "sqlite:///data/gateway.db", capsys.readouterr)
    store.close()


def test_files_made_by_a_command_are_their_owners_alone(unstarted: Desk) -> None:
    before = os.umask(0o022)
    try:
        assert unstarted.run("tickets").code == 0
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)
    made = [path for path in (unstarted.folder / "data").rglob("*") if path.is_file()]
    assert "gateway.db" in {path.name for path in made}
    assert {path.name: oct(path.stat().st_mode & 0o077) for path in made} == {path.name: "0o0" for path in made}


def test_fsck_of_a_whole_site_says_what_was_counted(desk: Desk) -> None:
    desk.take_in(mail())
    desk.work()
    desk.take_in(mail())
    assert desk.run("fsck").out == "ok: 2 mails, 1 tickets, 1 articles, 1 outgoing mails\n"
    found = desk.ask("fsck")
    assert (found["ok"], found["findings"], found["counted"]["mails"]) == (True, [], 2)


def test_fsck_of_a_broken_site_exits_1(desk: Desk) -> None:
    desk.take_in(mail())
    desk.work()
    with desk.store.main.write() as conn:
        conn.execute(tables.outbox.delete())
    answer = desk.run("fsck")
    assert answer.code == 1
    assert answer.out.count("\n") == 1
    assert "is in no outbox row" in answer.out
    broken = desk.run("fsck", "--json")
    assert broken.code == 1
    assert len(json.loads(broken.out)["findings"]) == 1


def test_version_says_what_is_there_and_what_is_needed(desk: Desk) -> None:
    found = desk.ask("db", "version")
    assert found["dialect"] == desk.store.dialect
    assert found["schemas"] == [
        {"database": name, "schema": head, "needs": head} for name, head in migrate.HEADS.items()
    ]
    assert "schema" in desk.run("db", "version").out


@pytest.fixture
def older(desk: Desk) -> Iterator[Desk]:
    """A desk whose second database says that it is of an older schema."""
    version = migrate.MAIN.version.update()
    with desk.store.main.write() as conn:
        conn.execute(version.values(version_num="0000"))
    yield desk
    with desk.store.main.write() as conn:
        conn.execute(version.values(version_num=migrate.MAIN.head))


def test_an_older_database_is_left_to_migrate(older: Desk) -> None:
    answer = older.run("tickets", "--json")
    assert (answer.code, answer.out) == (1, "")
    assert "gateway 0000 (this program needs" in answer.err
    assert "run `gateway db migrate`" in answer.err
    status = older.run("status")
    assert (status.code, "the schema is an older one" in status.out) == (2, True)
    assert older.ask("db", "version")["schemas"][1]["schema"] == "0000"


def test_migrate_makes_the_tables_and_keeps_off_a_running_daemon(unstarted: Desk) -> None:
    assert "spool: 0001, was empty\n" in unstarted.run("db", "migrate").out
    assert "spool: 0001, as it was\n" in unstarted.run("db", "migrate").out
    lock = DataLock(unstarted.folder / "data")
    assert unstarted.run("db", "migrate").code == 75
    lock.release()


def test_a_command_before_the_first_start_finds_an_empty_site(unstarted: Desk) -> None:
    assert unstarted.ask("tickets") == []
    assert unstarted.ask("db", "version")["schemas"][0]["schema"] == "0001"


@pytest.mark.parametrize("name", ["copy", "copy.tar.gz", "copy.tar"])
def test_what_was_backed_up_can_be_put_back(on_files: Desk, name: str) -> None:
    large = mail(text="x" * 1_200_000)
    on_files.take_in(large)
    on_files.work()
    (on_files.folder / "data" / "secret").write_text("1:00112233445566778899aabbccddeeff\n")
    (on_files.folder / "data" / "secret").chmod(0o600)
    target = on_files.folder / name
    made = on_files.run("db", "backup", str(target))
    assert (made.code, made.err) == (0, "")
    assert stat.S_IMODE(target.stat().st_mode) & 0o077 == 0
    assert list(on_files.folder.glob(".gateway-*")) == []
    on_files.ticket("after the backup")
    (on_files.folder / "data" / "secret").unlink()
    on_files.store.close()
    back = on_files.run("db", "restore", str(target), "--skip", "10")
    assert (back.code, back.err) == (0, "")
    assert [one["number"] for one in on_files.ask("tickets")] == [1]
    assert on_files.run("fsck").code == 0
    secret = on_files.folder / "data" / "secret"
    assert (secret.read_text()[:4], stat.S_IMODE(secret.stat().st_mode)) == ("1:00", 0o600)
    assert on_files.ticket("new") == 13  # two numbers were used, ten are skipped


def test_a_backup_into_a_folder_that_is_there_is_named_by_the_time(on_files: Desk) -> None:
    (on_files.folder / "backups").mkdir()
    assert on_files.run("db", "backup", str(on_files.folder / "backups")).code == 0
    (made,) = (on_files.folder / "backups").iterdir()
    assert made.name.startswith("gateway-2")
    file = on_files.folder / "there"
    file.write_text("mine")
    again = on_files.run("db", "backup", str(file))
    assert (again.code, file.read_text()) == (73, "mine")


def test_another_secret_is_kept_and_told(on_files: Desk) -> None:
    secret = on_files.folder / "data" / "secret"
    secret.write_text("1:00112233445566778899aabbccddeeff\n")
    on_files.run("db", "backup", str(on_files.folder / "copy"))
    secret.write_text("1:ffeeddccbbaa99887766554433221100\n")
    on_files.store.close()
    answer = on_files.run("db", "restore", str(on_files.folder / "copy"))
    assert answer.code == 0
    assert "is not the secret in the backup" in answer.err
    assert secret.read_text().startswith("1:ff")


def test_restore_refuses_what_is_no_backup_and_a_running_daemon(on_files: Desk) -> None:
    on_files.run("db", "backup", str(on_files.folder / "copy"))
    rubbish = on_files.folder / "rubbish.tar.gz"
    rubbish.write_bytes(b"rubbish")
    assert on_files.run("db", "restore", str(rubbish)).code == 1
    assert on_files.run("db", "restore", str(on_files.folder / "data")).code == 1
    assert on_files.run("db", "restore", str(on_files.folder / "nowhere")).code == 64
    lock = DataLock(on_files.folder / "data")
    assert on_files.run("db", "restore", str(on_files.folder / "copy")).code == 75
    lock.release()
    assert on_files.run("fsck").code == 0


def test_postgresql_is_backed_up_by_its_own_tools_and_told_so_afterwards(desk: Desk) -> None:
    if desk.store.dialect == "sqlite":
        return
    answer = desk.run("db", "backup", str(desk.folder / "copy"))
    assert answer.code == 1
    assert "pg_dump" in answer.err
    assert "gateway.secret_file" in answer.err
    desk.ticket()
    assert desk.run("db", "restored", "2026-11-27T03:00:00+01:00", "--skip", "10").code == 0
    assert desk.ticket() > 11
    assert desk.run("db", "restored", "yesterday").code == 64


@pytest.mark.parametrize(
    "command",
    [
        "tickets", "show", "trace", "status", "fsck", "spool", "spool list", "outbox", "outbox list", "outbox show",
        "outbox retry", "outbox drop", "quarantine", "quarantine list", "quarantine show", "quarantine retry",
        "quarantine discard", "quarantine export", "db", "db backup", "db restore", "db restored", "db migrate",
        "db version",
    ],
)  # fmt: skip
def test_help_makes_sense_alone(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    from gateway.cli.main import run

    assert run([*command.split(), "--help"]) == 0
    shown = capsys.readouterr().out
    assert "Example" in shown
    assert f"gateway {command}" in shown.partition("Example")[2]
