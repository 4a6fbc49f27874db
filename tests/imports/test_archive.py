"""An archive of mail imported by the real command: threads, numbers, dates, and what we wrote ourselves."""

import json
import mailbox
import sqlite3
from pathlib import Path

import pytest

from support.daemon import Daemon
from support.mails import mail
from support.whole_site import make_site

PATTERN = r"\[Desk #(\d+)\]"


def old(date: str, **more: object) -> bytes:
    """A mail of that day of 2025."""
    raw = mail(**more)  # type: ignore[arg-type]
    return raw.replace(b"Date: Fri, 27 Nov 2026 09:00:00 +0000", f"Date: {date} 2025 09:00:00 +0000".encode())


def archive(path: Path) -> Path:
    """An mbox of two matters: one with the old helpdesk's number, and one that has none."""
    box = mailbox.mbox(path)
    ids = ("<ann-1@example.net>", "<desk-2@acme.example>", "<ann-3@example.net>")
    to_ann = {"sender": "Acme Support <support@acme.example>", "to": "ann@example.net"}
    for raw in (
        old("1 Mar", subject="[Desk #1042] Where is my lamp?", message_id=ids[0]),
        old("2 Mar", subject="Re: [Desk #1042] Where is my lamp?", message_id=ids[1], text="It left.",
            headers=(f"In-Reply-To: {ids[0]}",), **to_ann),
        old("3 Mar", subject="AW: [Desk #1042] Where is my lamp?", message_id=ids[2], text="It is here."),
        old("4 Mar", subject="Something else", sender="Bob <bob@example.org>"),
        old("5 Mar", subject="[Desk #1042] mine too", sender="Eve <eve@example.com>"),
    ):  # fmt: skip
        box.add(raw)
    box.close()
    return path


@pytest.fixture
def site(tmp_path: Path, database_url: str) -> Daemon:
    url = "sqlite:///data/gateway.db" if database_url.startswith("sqlite") else database_url
    return Daemon(make_site(tmp_path / "site", database=url))


def assert_taken_over(site: Daemon) -> None:
    tickets = {ticket["number"]: ticket for ticket in site.ask("tickets")}
    assert sorted(tickets) == [1042, 1043, 1044]
    assert tickets[1042]["subject"] == "Where is my lamp?"
    assert tickets[1042]["created_at"].startswith("2025-03-01T09:00:00")
    shown = site.ask("show", "1042")
    assert [article["direction"] for article in shown["articles"]] == ["in", "out", "in"]
    assert [article["at"][:10] for article in shown["articles"]] == ["2025-03-01", "2025-03-02", "2025-03-03"]
    assert {ticket["requester"] for ticket in tickets.values()} == {
        "ann@example.net",
        "bob@example.org",
        "eve@example.com",
    }
    assert {ticket["status"] for ticket in tickets.values()} == {"closed"}  # nobody wrote for a month
    assert site.ask("outbox", "list") == []
    assert site.command("fsck").returncode == 0


def test_an_mbox_becomes_tickets(site: Daemon, tmp_path: Path) -> None:
    box = archive(tmp_path / "old.mbox")
    done = site.command("import", "mail", str(box), "--number-pattern", PATTERN)
    assert done.stdout.startswith("read 5 mails, 0 of them known: 3 opened a ticket, 2 joined one")
    assert_taken_over(site)


def test_killed_in_the_middle_it_is_complete_after_another_run(tmp_path: Path) -> None:
    site, box = Daemon(make_site(tmp_path / "site")), archive(tmp_path / "old.mbox")
    for point in ("archive_accepted", "archive_written"):
        site.env.update(GATEWAY_TEST="1", GATEWAY_FAULT=f"{point}:1:self")
        assert site.command("import", "mail", str(box), "--number-pattern", PATTERN, check=False).returncode == -9
        # No worker takes them up meanwhile, not even one of another node.
        assert len(site.ask("quarantine", "list")) == 5
    del site.env["GATEWAY_FAULT"]
    done = site.command("import", "mail", str(box), "--number-pattern", PATTERN)
    assert done.stdout.startswith("read 5 mails, 5 of them known")
    assert_taken_over(site)


def test_a_number_that_only_strangers_name_is_nobodys(site: Daemon, tmp_path: Path) -> None:
    """Or one mail would set all numbers to come so high that none is read any more."""
    box = archive(tmp_path / "old.mbox")
    eve = old("6 Mar", subject="Win [Desk #999999999999999] now", sender="Eve <eve@example.com>", text="Click.")
    (tmp_path / "eve.eml").write_bytes(eve)
    paths = str(box), str(tmp_path / "eve.eml")
    looked = json.loads(
        site.command("import", "mail", *paths, "--number-pattern", PATTERN, "--dry-run", "--json").stdout
    )
    assert looked == {"mails": 6, "numbers": [1042], "not_kept": [999999999999999]}
    if "sqlite:" in site.config.read_text():
        assert not (site.config.parent / "data").exists()  # a look makes nothing
    assert site.ask("tickets") == []
    done = site.command("import", "mail", *paths, "--number-pattern", PATTERN)
    assert "no ticket keeps them: 999999999999999\n" in done.stderr
    assert [ticket["number"] for ticket in site.ask("tickets")] == [1042, 1043, 1044, 1045]


def test_it_is_known_for_ever_whatever_the_site_was_like(tmp_path: Path) -> None:
    """Who is an agent by now, and a mail that says no date, whose own is the day of the import."""
    site = Daemon(make_site(tmp_path / "site"))
    box = mailbox.mbox(tmp_path / "old.mbox")
    box.add(old("1 Mar", subject="Lamp", sender="Zoe <zoe@acme.example>"))
    undated = mail(subject="Undated", message_id="<undated@example.net>", text="Another matter.")
    box.add(undated.replace(b"Date: Fri, 27 Nov 2026 09:00:00 +0000\r\n", b""))
    box.close()
    site.command("import", "mail", str(tmp_path / "old.mbox"))
    with sqlite3.connect(tmp_path / "site" / "data" / "spool.db") as spool:
        spool.execute("UPDATE delivery_key SET seen_at = '2024-01-01 00:00:00.000000'")
    text = site.config.read_text()
    site.config.write_text(f'{text}\n[agents.zoe]\nname = "Zoe"\naddresses = ["zoe@acme.example"]\n')
    done = site.command("import", "mail", str(tmp_path / "old.mbox"))
    assert done.stdout.startswith("read 2 mails, 2 of them known: 0 opened a ticket")
    assert [ticket["subject"] for ticket in site.ask("tickets")] == ["Lamp", "Undated"]


def test_bad_patterns_and_paths_are_told(tmp_path: Path) -> None:
    site = Daemon(make_site(tmp_path / "site"))
    box = archive(tmp_path / "old.mbox")
    none = site.command("import", "mail", str(box), "--number-pattern", r"\d+", check=False)
    assert (none.returncode, "must have one group, around the number" in none.stderr) == (64, True)
    missing = site.command("import", "mail", str(tmp_path / "nothing"), check=False)
    assert (missing.returncode, missing.stderr) == (66, f"gateway: {tmp_path / 'nothing'}: No such file or directory\n")
