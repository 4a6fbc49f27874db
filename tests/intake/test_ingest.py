"""`gateway ingest`, the real program: a pipe's promise, and every shape in which people keep mail."""

import ctypes
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from support.mails import mail
from support.poller import imap_config

PROGRAM = (sys.executable, "-m", "gateway")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    imap_config(tmp_path / "site", 143, max_size="1 MB")  # the largest that any way in takes
    return tmp_path / "site"


def ingest(
    site: Path, *args: object, stdin: bytes | None = None, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run `gateway ingest ARGS`; without `stdin` it is closed."""
    return subprocess.run(
        [*PROGRAM, "-c", str(site / "config.toml"), "ingest", *map(str, args)],
        input=stdin or b"",
        capture_output=True,
        timeout=60,
        check=False,
        env={**os.environ, **(env or {})},
    )


def counts(done: subprocess.CompletedProcess[bytes]) -> tuple[int, int, int, int]:
    told = json.loads(done.stdout)
    return told["read"], told["accepted"], told["known"], told["failed"]


def rows(site: Path, columns: str = "data") -> list[tuple[object, ...]]:
    conn = sqlite3.connect(site / "data" / "spool.db")
    try:
        return conn.execute(f"SELECT {columns} FROM spool JOIN spool_raw ON spool_id = id ORDER BY id").fetchall()
    finally:
        conn.close()


# ---- a pipe --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("args", [(), ("-",)])
def test_mail_on_standard_input(site: Path, args: tuple[str, ...]) -> None:
    raw = mail(to="Billing <billing@acme.example>")
    done = ingest(site, *args, stdin=raw)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == b"read 1, accepted 1, already known 0, failed 0\n"
    assert rows(site, "data, source, quiet, mail_from, recipients") == [
        (raw, "pipe", 0, None, '["billing@acme.example"]')
    ]
    assert counts(ingest(site, *args, "--json", stdin=raw)) == (1, 0, 1, 0)


@pytest.mark.parametrize(
    ("args", "env", "sender", "recipients"),
    [
        (
            ("--from", "<ann@example.net>", "--to", "support+x@acme.example"),
            {},
            "ann@example.net",
            ["support+x@acme.example"],
        ),
        (("--from", ""), {}, "", ["support@acme.example"]),
        ((), {"SENDER": "MAILER-DAEMON", "RECIPIENT": "billing@acme.example"}, "", ["billing@acme.example"]),
        (
            (),
            {"SENDER": "bo@example.net", "RECIPIENT": "gw@host", "ORIGINAL_RECIPIENT": "billing@acme.example"},
            "bo@example.net",
            ["billing@acme.example"],
        ),
        (("--to", "nobody@elsewhere.example"), {}, None, ["support@acme.example"]),
        (
            ("--to", "support@acme.example", "--to", "billing@acme.example"),
            {"RECIPIENT": "x@acme.example"},
            None,
            ["support@acme.example", "billing@acme.example"],
        ),
    ],
)
def test_envelope(
    site: Path, args: tuple[str, ...], env: dict[str, str], sender: str | None, recipients: list[str]
) -> None:
    assert ingest(site, *args, stdin=mail(), env=env).returncode == 0
    assert [(who, json.loads(str(to))) for who, to in rows(site, "mail_from, recipients")] == [(sender, recipients)]


def test_nobody_listening_does_not_make_an_accepted_mail_fail(site: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [*PROGRAM, "-c", str(site / "config.toml"), "ingest"],
            input=mail(),
            stdout=writer,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")
    assert len(rows(site)) == 1


def test_line_of_the_mta_before_the_mail_is_left_out(site: Path) -> None:
    raw = mail()
    assert ingest(site, stdin=b"From ann@example.net Fri Nov 27 09:00:00 2026\n" + raw).returncode == 0
    assert rows(site) == [(raw,)]


def test_nothing_and_too_much_are_refused_for_good(site: Path) -> None:
    empty = ingest(site, stdin=b"\n")
    assert (empty.returncode, empty.stderr) == (65, b"gateway: no mail on standard input\n")
    huge = ingest(site, stdin=mail(text="x" * 1_048_577))
    assert huge.returncode == 65
    assert b"more than the 1,048,576 bytes" in huge.stderr


def test_broken_config_keeps_the_mail_with_the_mta(site: Path) -> None:
    (site / "config.toml").write_text("[gateway\n")
    done = ingest(site, stdin=mail())
    assert done.returncode == 75
    assert done.stderr.count(b"\n") == 1
    assert b"config.toml:1" in done.stderr


def test_missing_config_keeps_the_mail_with_the_mta(site: Path) -> None:
    (site / "config.toml").unlink()
    assert ingest(site, stdin=mail()).returncode == 75


def without_roots_eyes() -> None:
    """From the next exec on root reads what its user may read, as any other user does (capabilities(7))."""
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        assert ctypes.CDLL(None).prctl(24, capability, 0, 0, 0) == 0  # PR_CAPBSET_DROP


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
@pytest.mark.parametrize(("command", "code"), [("ingest", 75), ("tickets", 78)])
def test_a_config_that_the_mtas_user_may_not_read(site: Path, command: str, code: int) -> None:
    config = site / "config.toml"
    config.chmod(0o600)
    os.chown(config, 65_534, 65_534)
    done = subprocess.run(
        [*PROGRAM, "-c", str(config), command], input=mail(), capture_output=True, timeout=60, check=False,
        preexec_fn=without_roots_eyes,
    )  # fmt: skip
    assert b"config.toml: cannot be read: Permission denied" in done.stderr
    assert done.returncode == code


@pytest.mark.parametrize(
    "args",
    [
        ("ingest", "--form", "ann@example.net"),
        ("ingest", "--to"),
        ("ingest", "-", "x.eml"),
        ("--confg", "x", "ingest"),
    ],
    ids=" ".join,
)
def test_a_slip_in_the_alias_keeps_the_mail_with_the_mta(args: tuple[str, ...]) -> None:
    done = subprocess.run([*PROGRAM, *args], input=mail(), capture_output=True, timeout=60, check=False)
    assert done.returncode == 75
    assert done.stderr.count(b"\n") == 1
    assert done.stderr.startswith(b"gateway")


def test_unusable_data_dir_keeps_the_mail_with_the_mta(site: Path) -> None:
    (site / "data").write_text("a file where the folder should be")
    done = ingest(site, stdin=mail())
    assert done.returncode == 75
    assert done.stderr.count(b"\n") == 1


def test_damaged_database_keeps_the_mail_with_the_mta(site: Path) -> None:
    assert ingest(site, stdin=mail()).returncode == 0
    (site / "data" / "spool.db").write_bytes(b"no database" * 1000)
    for end in ("-wal", "-shm"):
        (site / "data" / f"spool.db{end}").unlink(missing_ok=True)
    assert ingest(site, stdin=mail()).returncode == 75


@pytest.mark.timeout(120)
def test_locked_database_keeps_the_mail_with_the_mta(site: Path) -> None:
    assert ingest(site, stdin=mail()).returncode == 0
    conn = sqlite3.connect(site / "data" / "spool.db", isolation_level=None)
    try:
        conn.execute("BEGIN IMMEDIATE")
        done = ingest(site, stdin=mail())
    finally:
        conn.close()
    assert done.returncode == 75
    assert len(rows(site)) == 1


def test_full_disk_keeps_the_mail_with_the_mta(site: Path) -> None:
    config = site / "config.toml"
    config.write_text(config.read_text() + '\n[limits]\nmin_free = "900 TB"\n')
    done = ingest(site, stdin=mail())
    assert done.returncode == 75
    assert b"MB free" in done.stderr


# ---- files ---------------------------------------------------------------------------------------------------------


def test_files_mboxes_maildirs_and_folders_of_them(site: Path, tmp_path: Path) -> None:
    box = tmp_path / "kept"
    single, first, second, third, fourth, sub = (mail() for _ in range(6))
    (box / "deep" / "er").mkdir(parents=True)
    (box / "deep" / "er" / "a.eml").write_bytes(single)
    (box / "deep" / "Inbox").write_bytes(
        b"From ann@example.net Fri Nov 27 09:00:00 2026\n"
        + first
        + b"\nFrom - Fri Nov 27 09:00:01 2026\n"
        + second
        + b"\n"
    )
    (box / "deep" / "Inbox.msf").write_bytes(b"// <!-- <mdb:mork:z v=1.4/> -->\n")
    (box / "deep" / "notes").write_bytes(b"\x00\x01 no mail at all")
    for name in ("cur", "new", "tmp", ".Sent/cur", ".Sent/new"):
        (box / "md" / name).mkdir(parents=True, exist_ok=True)
    (box / "md" / "dovecot-uidlist").write_text("3 V1 N1\n")
    (box / "md" / "tmp" / "1.half").write_bytes(mail())
    (box / "md" / "cur" / "1700000002.x:2,S").write_bytes(fourth)
    (box / "md" / "new" / "1700000001.x").write_bytes(third)
    (box / "md" / ".Sent" / "cur" / "1.x:2,").write_bytes(sub)
    done = ingest(site, box, "--json")
    assert counts(done) == (6, 6, 0, 0), done.stderr
    assert done.returncode == 0
    assert [raw for (raw,) in rows(site)] == [first, second, single, third, fourth, sub]
    assert counts(ingest(site, box, "--json")) == (6, 0, 6, 0)


@pytest.mark.parametrize("flags", [("--import", ""), ("", "--import"), ("--import", "--import"), ("", "")])
def test_a_folder_is_known_however_it_was_read(site: Path, tmp_path: Path, flags: tuple[str, str]) -> None:
    """Whether or not its mails are called old, and whatever their dates."""
    (tmp_path / "in").mkdir()
    for number in range(3):
        raw = f"From: a@b.example\r\nDate: Tue, 05 Mar 201{number} 10:00:00 +0100\r\n\r\nx\r\n".encode()
        (tmp_path / "in" / f"{number}.eml").write_bytes(raw)
    first, again = ([*filter(None, [flag]), tmp_path / "in", "--json"] for flag in flags)
    assert counts(ingest(site, *first)) == (3, 3, 0, 0)
    assert counts(ingest(site, *again)) == (3, 0, 3, 0)


def test_what_is_left_out_is_counted_and_named(site: Path, tmp_path: Path) -> None:
    box = tmp_path / "box"
    box.mkdir()
    (box / "a.eml").write_bytes(mail())
    (box / "notes.txt").write_text("milk, eggs\n")
    (box / "x.bin").write_bytes(b"\x00\x01")
    done = ingest(site, box)
    assert (done.returncode, done.stdout) == (0, b"read 1, accepted 1, already known 0, failed 0, left out 2\n")
    told = done.stderr.decode().splitlines()
    assert [Path(line.split(": ")[1]).name for line in told] == ["notes.txt", "x.bin"]
    assert all(line.endswith(": left out, does not look like a mail") for line in told)
    assert json.loads(ingest(site, box, "--json").stdout)["left_out"] == [str(box / "notes.txt"), str(box / "x.bin")]


def test_old_mail_is_taken_in_the_order_of_its_dates(site: Path, tmp_path: Path) -> None:
    """So that a question comes before its answer, whatever their files are called."""
    raws = {}
    for name, day in (("b-first.mbox", 1), ("c.eml", 2), ("a.eml", 3), ("d-undated.eml", None)):
        date = f"Date: Tue, 0{day} Mar 2019 10:00:00 +0100\r\n" if day else ""
        raws[name] = f"From: a@b.example\r\n{date}Message-ID: <{name}@x>\r\n\r\nx\r\n".encode()
        start = b"From a@b Mon Jan  5 10:00:00 2026\n" if name.endswith("mbox") else b""
        (tmp_path / name).write_bytes(start + raws[name])
    files = sorted([*tmp_path.glob("*.eml"), *tmp_path.glob("*.mbox")])
    assert counts(ingest(site, "--import", *files, "--json")) == (4, 4, 0, 0)
    wanted = ["b-first.mbox", "c.eml", "a.eml", "d-undated.eml"]
    assert [raw for (raw,) in rows(site)] == [raws[name] for name in wanted]


def test_mbox_quoting_is_undone_and_sentences_do_not_split(site: Path, tmp_path: Path) -> None:
    body = "one\n\nFrom time to time we wonder.\n>From the start\n>>From deeper\n> From here\n"
    raw = b"Subject: s\nMessage-ID: <1@x>\n\n" + body.encode()
    box = tmp_path / "m.mbox"
    box.write_bytes(b"From a@b Mon Jan  5 10:00:00 2026\n" + raw + b"\nFrom a@b Mon Jan  5 10:00:00 2026 +0100\n" + raw)
    assert counts(ingest(site, box, "--json")) == (2, 1, 1, 0)
    unquoted = body.replace(">From the", "From the").replace(">>From", ">From")
    assert rows(site) == [(b"Subject: s\nMessage-ID: <1@x>\n\n" + unquoted.encode(),)]


def test_one_bad_file_does_not_stop_the_others(site: Path, tmp_path: Path) -> None:
    good, large = mail(), mail(text="x" * 1_048_577)
    (tmp_path / "good.eml").write_bytes(good)
    (tmp_path / "large.eml").write_bytes(large)
    (tmp_path / "empty.eml").write_bytes(b"")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    names = ["large.eml", "missing.eml", "empty.eml", "picture.png", "good.eml"]
    done = ingest(site, *(tmp_path / name for name in names), "--json")
    assert done.returncode == 1
    assert counts(done) == (5, 1, 0, 4)
    failures = {Path(one["file"]).name: one["error"] for one in json.loads(done.stdout)["failures"]}
    assert failures == {
        "large.eml": "has more than the 1,048,576 bytes that are taken",
        "missing.eml": "No such file or directory",
        "empty.eml": "is empty",
        "picture.png": "does not look like a mail",
    }
    assert rows(site) == [(good,)]


def test_large_mail_in_an_mbox(site: Path, tmp_path: Path) -> None:
    start = b"From a@b Mon Jan  5 10:00:00 2026\n"
    good = mail()
    (tmp_path / "m.mbox").write_bytes(start + mail(text="x" * 1_100_000) + b"\n" + start + good)
    done = ingest(site, tmp_path / "m.mbox")
    assert done.returncode == 1
    assert done.stdout == b"read 2, accepted 1, already known 0, failed 1\n"
    assert b"m.mbox:1: has more than" in done.stderr
    assert rows(site) == [(good,)]


def test_import_files_old_mail_quietly_under_its_own_date(site: Path, tmp_path: Path) -> None:
    dates = {
        "Tue, 05 Mar 2019 10:00:00 +0100": "2019-03-05 09:00:00.000000",
        "Fri, 01 Jan 1904 00:00:00 +0000": None,
        "Fri, 01 Jan 2100 00:00:00 +0000": None,
        "soon": None,
    }
    for number, date in enumerate(dates):
        (tmp_path / f"{number}.eml").write_bytes(f"From: a@b.example\r\nDate: {date}\r\n\r\nx{number}\r\n".encode())
    assert ingest(site, "--import", *sorted(tmp_path.glob("*.eml"))).returncode == 0
    found = rows(site, "source, quiet, received_at")
    assert {(source, quiet) for source, quiet, _ in found} == {("import", 1)}
    for (_, _, at), wanted in zip(found, dates.values(), strict=True):
        assert at == wanted if wanted else str(at) > "2020"


def test_many_mails_are_committed_in_batches(site: Path, tmp_path: Path) -> None:
    start = b"From a@b Mon Jan  5 10:00:00 2026\n"
    (tmp_path / "m.mbox").write_bytes(b"\n".join(start + mail(subject=f"s {number}") for number in range(1000)))
    assert counts(ingest(site, tmp_path / "m.mbox", "--json")) == (1000, 1000, 0, 0)


def test_a_slip_of_a_person_at_a_terminal_is_one_of_usage(site: Path) -> None:
    end, other = os.openpty()
    try:
        for args in (("--form", "x"), ("-", "x.eml"), ()):
            done = subprocess.run(
                [*PROGRAM, "-c", str(site / "config.toml"), "ingest", *args],
                stdin=other, capture_output=True, timeout=60, check=False,
            )  # fmt: skip
            assert done.returncode == 64, args
    finally:
        os.close(end)
        os.close(other)
