"""What every mail server takes (RFC 5321 section 4.5.1, RFC 2142) is a ticket in the first queue."""

from pathlib import Path

from support.daemon import Daemon
from support.mails import mail
from support.whole_site import make_site

WHO = ("postmaster", "postmaster@acme.example", "abuse@acme.example")


def test_mail_to_the_postmaster(tmp_path: Path) -> None:
    with Daemon(make_site(tmp_path / "site")) as daemon:
        for number, to in enumerate(WHO):
            daemon.send(mail(subject=f"Mail {number} loops", to=to, message_id=f"<{number}@example.net>"), to=to)
        daemon.settled()
        tickets = {(one["queue"], one["subject"], one["requester"]) for one in daemon.ask("tickets")}
        assert tickets == {("support", f"Mail {number} loops", "ann@example.net") for number in range(len(WHO))}
        for number in range(1, len(WHO) + 1):
            assert [one["role"] for one in daemon.ask("show", str(number))["participants"]] == ["requester"]
        assert daemon.command("fsck").returncode == 0
