"""The report as supervisors get it from a running daemon: by mail at its time, and as pages."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from support.daemon import Daemon
from support.mails import mail
from support.wait import wait_for
from support.whole_site import make_site

REPORT = """
[calendars.office]
timezone = "Europe/Prague"
mon-fri = "09:00-17:00"
[report]
cron = "0 7 * * mon"
to = ["carol", "boss@corp.example"]
html = "pages"
"""
HOSTILE = "<script>alert(1)</script>"


def reports(daemon: Daemon) -> list[EmailMessage]:
    found = [message_from_bytes(raw, policy=policy.default) for raw in daemon.delivered(to_agents=True)]
    told = [one for one in found if isinstance(one, EmailMessage) and str(one["Subject"]).startswith("Report for")]
    return sorted(told, key=lambda one: str(one["To"]).lower())


def awaited(daemon: Daemon, what: str) -> bool:
    return any(line.get("event") == "awaited" and line.get("what") == what for line in daemon.lines)


def lists(daemon: Daemon) -> list[str]:
    found = [message_from_bytes(raw, policy=policy.default) for raw in daemon.delivered(to_agents=True)]
    return [str(one["Subject"]) for one in found if str(one["Subject"]).startswith("Your tickets")]


def part(letter: EmailMessage, kind: str) -> str:
    body = letter.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def test_the_report_of_a_week(tmp_path: Path, database_url: str) -> None:
    """From Monday at seven in Prague to Monday at seven."""
    url = "sqlite:///data/gateway.db" if database_url.startswith("sqlite") else database_url
    config = make_site(tmp_path / "site", database=url, more=REPORT)
    clock = tmp_path / "clock"
    clock.write_text("2026-11-18T10:00:00+01:00")
    with Daemon(config, env={"GATEWAY_CLOCK": str(clock)}) as daemon:
        for number in range(3):
            daemon.send(mail(subject=f"{HOSTILE} {number}"))
        daemon.settled()
        wait_for(lambda: awaited(daemon, "report"), 30, "times count from here on")
        wait_for((tmp_path / "site/pages/index.html").exists, 30, "the pages are there")
        half = tmp_path / "clock.half"
        half.write_text("2026-11-23T07:00:00+01:00")
        half.replace(clock)
        wait_for(lambda: len(reports(daemon)) == 2, 60, "both have their report")
        to_boss, to_carol = reports(daemon)
        assert (to_boss["To"], to_carol["To"]) == ("boss@corp.example", "Carol Reyes <carol@acme.example>")
        assert to_boss["Subject"] == "Report for 16 November 2026, 07:00 CET - 23 November 2026, 07:00 CET"
        assert to_boss["Auto-Submitted"] == "auto-generated"
        text, page = part(to_boss, "plain"), part(to_boss, "html")
        assert "  new: 3\n" in text
        assert "  Support: open 3, new 3\n" in text
        assert 'bgcolor="#4a7ebb"' in page
        assert not [word for word in ("<script", "<img", "http:", "https:", "url(") if word in page.lower()]
        daemon.settled()
        assert daemon.command("fsck").returncode == 0


def test_what_fell_into_an_outage_is_mailed_once_at_the_next_start(tmp_path: Path) -> None:
    """Four weeks of it, and the list of what is open with an agent."""
    config = make_site(tmp_path / "site", more=REPORT)
    wished = config.read_text().replace("[agents.carol]\n", '[agents.carol]\nnotify = ["digest"]\n')
    config.write_text(wished)
    clock = tmp_path / "clock"
    clock.write_text("2026-11-18T10:00:00+01:00")
    with Daemon(config, env={"GATEWAY_CLOCK": str(clock)}) as daemon:
        daemon.send(mail())
        daemon.settled()
        assert daemon.command("do", "1", "assign", "carol").returncode == 0
        wait_for(lambda: awaited(daemon, "report"), 30, "times count from here on")
        wait_for(lambda: awaited(daemon, "digest:carol"), 60, "those of the list too")
    clock.write_text("2026-12-15T10:00:00+01:00")
    for _ in range(2):
        with Daemon(config, env={"GATEWAY_CLOCK": str(clock)}) as daemon:
            wait_for(lambda: len(reports(daemon)) == 2, 60, "both have their report")
            assert (
                reports(daemon)[0]["Subject"] == "Report for 16 November 2026, 07:00 CET - 14 December 2026, 07:00 CET"
            )
            wait_for(lambda: len(lists(daemon)) == 1, 60, "carol has her list")
            assert lists(daemon) == ["Your tickets: 1 open"]
            daemon.settled()
            assert daemon.command("fsck").returncode == 0
