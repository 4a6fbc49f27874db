"""Exports of other helpdesks, imported by the real command; then a customer's answer comes to the running daemon."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from support.daemon import Daemon
from support.mails import mail
from support.old_helpdesks import ANSWERED, MAP, PDF, SYSTEMS
from support.wait import wait_for
from support.whole_site import make_site

OLD_TAGS = "old_tags = ['\\[Desk #0*(\\d+)\\]']"


class Desk:
    """A site, and commands on it."""

    def __init__(self, folder: Path, database_url: str) -> None:
        url = "sqlite:///data/gateway.db" if database_url.startswith("sqlite") else database_url
        self.config = make_site(folder / "site", database=url)
        text = self.config.read_text()
        self.config.write_text(text.replace('subject_tag = "Acme"', f'subject_tag = "Acme"\n{OLD_TAGS}'))
        self.map = folder / "names.toml"
        self.map.write_text(MAP)
        self.daemon = Daemon(self.config)

    def take_over(self, system: str, path: Path, *more: str, **env: str) -> subprocess.CompletedProcess[str]:
        self.daemon.env.update(env)
        try:
            return self.daemon.command("import", system, str(path), "--map", str(self.map), *more, check=False)
        finally:
            for name in env:
                del self.daemon.env[name]

    def show(self, number: int) -> dict[str, Any]:
        shown: dict[str, Any] = self.daemon.ask("show", str(number))
        return shown


@pytest.fixture
def desk(tmp_path: Path, database_url: str) -> Desk:
    return Desk(tmp_path, database_url)


@pytest.mark.parametrize("system", SYSTEMS)
def test_tickets_keep_numbers_dates_and_mails(tmp_path: Path, system: str) -> None:
    desk, export = Desk(tmp_path, "sqlite"), SYSTEMS[system](tmp_path / "export")
    looked = desk.take_over(system, export, "--dry-run")
    assert looked.returncode == 0, looked.stderr
    assert "3 tickets with 5 articles" in looked.stdout
    assert not (desk.config.parent / "data").exists()  # a look makes nothing
    assert desk.daemon.ask("tickets") == []
    done = desk.take_over(system, export)
    assert (done.returncode, "imported 3 tickets with 5 articles" in done.stdout) == (0, True), done.stderr
    assert_taken_over(desk)
    again = desk.take_over(system, export)
    assert "imported 0 tickets with 0 articles; 3 were here already" in again.stdout
    assert desk.daemon.command("fsck").returncode == 0


def test_they_go_on_here(desk: Desk, tmp_path: Path) -> None:
    assert desk.take_over("rt", SYSTEMS["rt"](tmp_path / "export")).returncode == 0
    assert_taken_over(desk)
    with desk.daemon.start() as daemon:
        # By the Message-ID of what the old helpdesk sent; by its number, from whom it knows; from a stranger.
        daemon.send(mail(subject="Re: lamp", headers=(f"In-Reply-To: {ANSWERED}",), text="Thank you, and when?"))
        daemon.send(mail(subject="Re: [Desk #001042] lamp", text="And the bulb?"))
        daemon.send(mail(sender="Eve <eve@example.com>", subject="Re: [Desk #1042] lamp"), sender="eve@example.com")
        daemon.settled()
        numbers = [ticket["number"] for ticket in daemon.ask("tickets")]
        assert numbers == [1041, 1042, 1050, 1051]  # the stranger's is new, and above all others
        texts = [article["text"].strip() for article in desk.show(1042)["articles"]]
        assert "Thank you, and when?" in texts[3]
        assert "And the bulb?" in texts[4]
        assert daemon.command("explain", "1042").returncode == 0
        assert [b"eve@example.com" in raw for raw in daemon.delivered()] == [True]  # an acknowledgement, nothing else
        assert daemon.command("fsck").returncode == 0


def assert_taken_over(desk: Desk) -> None:
    tickets = {ticket["number"]: ticket for ticket in desk.daemon.ask("tickets")}
    assert {number: one["status"] for number, one in tickets.items()} == {1041: "closed", 1042: "open", 1050: "on_hold"}
    lamp = tickets[1042]
    assert (lamp["subject"], lamp["queue"], lamp["assignee"]) == ("Where is my lamp?", "support", "carol")
    assert lamp["requester"] == "ann@example.net"
    assert lamp["created_at"].startswith("2025-03-01T09:00:00")
    assert tickets[1041]["updated_at"].startswith("2025-02-0")
    shown = desk.show(1042)
    directions = [article["direction"] for article in shown["articles"]]
    assert directions == ["in", "note", "out"]
    assert shown["articles"][0]["author"] == "ann@example.net"
    assert shown["articles"][1]["author"] == "agent:carol"
    assert [article["at"][:13] for article in shown["articles"]] == ["2025-03-01T09", "2025-03-01T10", "2025-03-02T09"]
    assert "Wo ist die Lampe, bitte? Grüße" in shown["articles"][0]["text"]
    assert "It leaves tomorrow." in shown["articles"][2]["text"]
    (bill,) = shown["articles"][0]["attachments"]
    assert (bill["name"], bill["size"]) == ("bill.pdf", len(PDF))
    assert "Too late." in desk.show(1050)["articles"][0]["text"]


def test_killed_in_the_middle_it_is_complete_after_another_run(desk: Desk, tmp_path: Path) -> None:
    export = SYSTEMS["rt"](tmp_path / "export")
    for point in ("import_kept", "import_written"):
        killed = desk.take_over("rt", export, GATEWAY_TEST="1", GATEWAY_FAULT=f"{point}:1:self")
        assert killed.returncode == -9
        assert desk.daemon.command("fsck").returncode == 0  # what is unfinished is set aside, nothing is lost
    assert desk.take_over("rt", export).returncode == 0
    assert_taken_over(desk)
    assert desk.daemon.ask("quarantine", "list") == []
    assert desk.daemon.command("fsck").returncode == 0


def test_what_stands_in_the_way_is_told_before_anything_is_written(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "sqlite")
    export = SYSTEMS["rt"](tmp_path / "export", queue="Field Service")
    (export / "history-1050.json").write_text("<html>504</html>")
    (export / "ticket-9.json").write_text('{"id": "nine"}')
    refused = desk.take_over("rt", export)
    assert refused.returncode == 78
    told = refused.stderr
    assert 'queues: "Field Service" is no name here (2 tickets); write [queues] "Field Service" = "..."' in told
    assert "ticket-1050.json: history-1050.json is no JSON" in told
    assert 'ticket-9.json: the number "nine" is no whole number' in told
    assert told.count("ticket-1050.json") == told.count("nothing was written") == 1
    assert refused.stdout == ""
    assert desk.daemon.ask("tickets") == []
    desk.map.write_text('[queues]\n"Field Service" = "suport"\n[owners]\n')
    told = desk.take_over("rt", export).stderr
    assert 'queues."Field Service": "suport" is not in config.toml, did you mean "support"?' in told
    assert "[owners]: there is no such part; there are queues, agents, statuses" in told
    desk.map.write_text('[queues]\n"*" = "support"\n')
    broken = desk.take_over("rt", export, "--dry-run")
    assert (broken.returncode, "in the way: ticket-9.json: the number" in broken.stdout) == (65, True)
    done = desk.take_over("rt", export, "--leave-out-broken")
    assert done.returncode == 0, done.stderr
    assert "left out: ticket-1050.json: history-1050.json is no JSON" in done.stderr
    assert (
        "imported 2 tickets with 4 articles; 0 were here already, 2 left out; the next ticket gets number 1043"
        in done.stdout
    )
    assert [ticket["number"] for ticket in desk.daemon.ask("tickets")] == [1041, 1042]


@pytest.mark.parametrize(
    ("args", "code", "told"),
    [
        (("osticket", "nothing.xml", "--dry-run"), 66, "nothing.xml: No such file or directory"),
        (("rt", "nothing"), 66, "nothing: No such file or directory"),
        (("osticket", "text.xml"), 65, "text.xml: is no XML"),
        (("zammad", "empty"), 65, "holds no file tickets-*.json"),
        (("zammad", "refused"), 65, 'tickets-1.json says "Not authorized"; was the answer an error page?'),
        (("osticket", "text.xml", "--timezone", "Foo/Bar"), 64, 'there is no zone "Foo/Bar"'),
    ],
)
def test_exit_codes_tell_a_wrong_call_from_a_missing_and_a_broken_export(
    tmp_path: Path, args: tuple[str, ...], code: int, told: str
) -> None:
    config = make_site(tmp_path / "site")
    (tmp_path / "text.xml").write_text("no XML")
    (tmp_path / "empty").mkdir()
    (tmp_path / "refused").mkdir()
    (tmp_path / "refused" / "tickets-1.json").write_text('{"error": "Not authorized"}')
    system, path, *more = args
    done = Daemon(config).command("import", system, str(tmp_path / path), *more, check=False)
    assert (done.returncode, done.stderr.count(told), "Traceback" in done.stderr) == (code, 1, False)


def test_numbers_that_are_taken_refuse_it_and_a_running_daemon_does(desk: Desk, tmp_path: Path) -> None:
    text = desk.config.read_text()
    desk.config.write_text(text.replace(OLD_TAGS, f"{OLD_TAGS}\nnumber_start = 1042"))
    export = SYSTEMS["zammad"](tmp_path / "export")
    with desk.daemon.start() as daemon:
        daemon.send(mail())
        daemon.settled()
        assert [ticket["number"] for ticket in daemon.ask("tickets")] == [1042]
        busy = desk.take_over("zammad", export)
        assert (busy.returncode, "in use by a running gateway" in busy.stderr) == (75, True)
        assert "; stop it first\n" in busy.stderr
    refused = desk.take_over("zammad", export)
    assert (refused.returncode, "have these numbers already: 1042" in refused.stderr) == (78, True)
    assert "take the export over into a site that has none" in refused.stderr
    assert [ticket["number"] for ticket in desk.daemon.ask("tickets")] == [1042]
    assert (
        "mail.number_start: has no effect any more: the next ticket gets number 1043"
        in desk.daemon.command("check").stderr
    )


def test_the_clocks_of_open_tickets_begin_at_the_import(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "sqlite")
    text = desk.config.read_text().replace('title = "Support"', 'title = "Support"\nsla = "standard"')
    sla = '\n[calendars.always]\ntimezone = "UTC"\nmon-sun = "00:00-24:00"\n[sla.standard]\ncalendar = "always"\nresolution = "48 h"\n'
    desk.config.write_text(text + sla)
    assert desk.take_over("rt", SYSTEMS["rt"](tmp_path / "export")).returncode == 0
    with desk.daemon.start() as daemon:
        wait_for(lambda: desk.show(1042)["resolve_due"], 20, "the clock has begun")
        due = {ticket["number"]: (ticket["resolve_due"], ticket["overdue"]) for ticket in daemon.ask("tickets")}
        assert due[1041] == (None, False)
        assert due[1042][0] > "2026"
        assert due[1042][1] is False
        assert daemon.ask("outbox", "list") == []
